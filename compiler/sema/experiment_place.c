// SPDX-License-Identifier: MIT
// Names of an experiment that lead into its networks: net.E, net.layer.E[0:5].V, E.spikes, net.tau_i; bare where unique.
#include "experiment.h"

static Place bad_place(Span at) { return (Place){.kind = PLACE_BAD, .span = at}; }

static Place of_population(Population *pop, uint32_t lo, uint32_t hi, Span at) {
    return (Place){.kind = PLACE_POP, .span = at, .pop = pop, .lo = lo, .hi = hi};
}

static Place of_symbol(XCheck *c, Instance *in, Symbol *y, Span at) {
    y->used = true;
    if (y->kind == SYMBOL_VAR) {
        y->var->used = true;
        return (Place){.kind = y->var->init && y->var->init->bad ? PLACE_BAD : PLACE_PARAM, .span = at, .in = in, .var = y->var};
    }
    if (y->kind == SYMBOL_POP) return y->pop ? of_population(y->pop, 0, y->pop->n, at) : bad_place(at);
    if (y->kind == SYMBOL_OTHER && y->tag == TAG_INSTANCE) return y->data ? (Place){.kind = PLACE_INSTANCE, .span = at, .in = y->data} : bad_place(at);
    if (y->kind == SYMBOL_OTHER && y->tag == TAG_PROJECTION) return (Place){.kind = PLACE_PROJECTION, .span = at, .in = in, .proj = y->data};
    if (y->kind != SYMBOL_OTHER || y->tag != TAG_PORT) return (Place){.kind = PLACE_OTHER, .span = at};
    Group g = {0};
    Port *port = y->data;
    if (!port->value || !group_of(c->s, port->value_in, port->value, &g)) {
        if (!port->value) diag(c->s->diags, at, D_PORT_OPEN, port->name, port->owner->decl->name);
        return bad_place(at);
    }
    if (g.at.n != 1) { diag(c->s->diags, at, D_X_CONCAT, port->name); return bad_place(at); }
    return of_population(g.at.at[0].pop, g.at.at[0].lo, g.at.at[0].hi, at);
}

// ---- bare names ----
typedef struct Found { Instance *in; Symbol *symbol; } Found;
typedef VEC(Found) FoundVec;

static void find_inside(XCheck *c, Instance *in, Sym name, FoundVec *out) {
    for (uint32_t i = 0; i < in->inner.n; i++) {
        Instance *k = in->inner.at[i];
        Symbol *y = scope_find_here(k->scope, name);
        if (y && (y->kind != SYMBOL_OTHER || y->tag != TAG_PORT)) vec_push(c->s->arena, out, ((Found){k, y}));
        find_inside(c, k, name, out);
    }
}

static bool visible(const Used *u, const Scope *sc) {
    for (; sc; sc = sc->parent)
        if (sc == u->scope) return true;
    return false;
}

static Place bare(XCheck *c, Scope *sc, Sym name, Span at) {
    FoundVec found = {0};
    for (uint32_t i = 0; i < c->used.n; i++) {
        Instance *root = c->used.at[i].root;
        Symbol *y = visible(&c->used.at[i], sc) ? scope_find_here(root->scope, name) : NULL;
        bool twice = false;
        for (uint32_t k = 0; k < found.n; k++) twice |= found.at[k].symbol == y;
        if (y && !twice) vec_push(c->s->arena, &found, ((Found){root, y}));
    }
    for (uint32_t i = 0; i < c->used.n && !found.n; i++)
        if (visible(&c->used.at[i], sc)) find_inside(c, c->used.at[i].root, name, &found);
    if (!found.n) return (Place){.kind = PLACE_OTHER, .span = at};
    if (found.n > 1) {
        SymVec names = {0};
        for (uint32_t i = 0; i < found.n; i++) {
            Instance *in = found.at[i].in;
            vec_push(c->s->arena, &names, arena_printf(c->s->arena, "%s.%s%s%s", in->net->name, in->path, in->path[0] ? "." : "", name));
        }
        Diag *m = diag(c->s->diags, at, D_X_AMBIGUOUS, name);
        diag_help(c->s->diags, m, "it could be %s", names_list(c->s, &names));
        return bad_place(at);
    }
    return of_symbol(c, found.at[0].in, found.at[0].symbol, at);
}

static Place named(XCheck *c, Scope *sc, const AstName *n) {
    Symbol *y = scope_find(sc, n->name);
    if (!y) return bare(c, sc, n->name, n->base.span);
    if (y->kind == SYMBOL_OTHER && y->tag == TAG_INSTANCE) return of_symbol(c, NULL, y, n->base.span);
    return (Place){.kind = PLACE_OTHER, .span = n->base.span};
}

// ---- members ----
static Place in_instance(XCheck *c, Instance *in, const AstMember *m) {
    Symbol *y = scope_find_here(in->scope, m->name);
    if (y) return of_symbol(c, in, y, m->base.span);
    SymVec known = {0};
    for (uint32_t i = 0; i < in->scope->names.n; i++) vec_push(c->s->arena, &known, (Sym)in->scope->names.key[i]);
    Diag *d = diag(c->s->diags, m->name_span, D_X_NO_MEMBER, in->decl->is_network ? "network" : "circuit", in->decl->name, m->name);
    Sym near = nearest_name(m->name, known.at, known.n);
    if (near) diag_help(c->s->diags, d, "did you mean '%s'?", near);
    else if (known.n) diag_help(c->s->diags, d, "it has %s", names_list(c->s, &known));
    return bad_place(m->base.span);
}

static Place of_field(XCheck *c, Place pop, const AstMember *m) {
    Body *b = pop.pop->body;
    pop.span = m->base.span;
    Var *v = body_var(b, m->name);
    if (!v && !strcmp(m->name, "spikes")) { pop.kind = PLACE_SPIKES; return pop; }
    for (uint32_t i = 0; i < b->spikes.n && !v; i++)
        if (b->spikes.at[i].port == m->name) { pop.kind = PLACE_SPIKES; pop.port = m->name; return pop; }
    if (v) {
        v->used = true;
        pop.kind = PLACE_FIELD;
        pop.var = v;
        return pop;
    }
    SymVec known = {0};
    body_names(c->s->arena, b, &known);
    vec_push(c->s->arena, &known, sym("spikes"));
    Diag *d = diag(c->s->diags, m->name_span, D_X_NO_FIELD, pop.pop->path, b->name, m->name);
    Sym near = nearest_name(m->name, known.at, known.n);
    if (near) diag_help(c->s->diags, d, "did you mean '%s'?", near);
    else diag_help(c->s->diags, d, "it has %s", names_list(c->s, &known));
    return bad_place(m->base.span);
}

static Var *probe(XCheck *c, Projection *p, Sym name, Var *v, Body *body) {
    for (uint32_t i = 0; i < p->probes.n; i++)
        if (p->probes.at[i].value->var == v) return p->probes.at[i].port;
    Var *port = var_new(c->s, sym(arena_printf(c->s->arena, "%s.%s", name, v->name)), VAR_INPUT, v->dim, v->span);
    vec_push(c->s->arena, &p->probes, ((Probe){port, expr_var(c->s, v, v->span), body}));
    return port;
}

// net.syn.g: the sum over the synapses of each target neuron.
static Place of_projection(XCheck *c, const Place *at, const AstMember *m) {
    Projection *p = at->proj;
    Body *bodies[2] = {p->synapse, p->plastic};
    SymVec known = {0};
    Sym name = m->object->kind == AST_Member ? AST_AS(Member, m->object)->name : m->object->kind == AST_Name ? AST_AS(Name, m->object)->name : p->path;
    for (int k = 0; k < 2; k++)
        for (uint32_t i = 0; bodies[k] && i < bodies[k]->vars.n; i++) {
            Var *v = bodies[k]->vars.at[i];
            if (v->kind != VAR_STATE && v->kind != VAR_LET && v->kind != VAR_WEIGHT) continue;
            vec_push(c->s->arena, &known, v->name);
            if (v->name != m->name) continue;
            Population *pop = p->target.at[0].pop;
            return (Place){.kind = PLACE_FIELD, .span = m->base.span, .pop = pop, .var = probe(c, p, name, v, bodies[k]), .lo = 0, .hi = pop->n};
        }
    Diag *d = diag(c->s->diags, m->name_span, D_X_PROBE, name, m->name);
    Sym near = nearest_name(m->name, known.at, known.n);
    if (near) diag_help(c->s->diags, d, "did you mean '%s'?", near);
    else if (known.n) diag_help(c->s->diags, d, "they have %s", names_list(c->s, &known));
    return bad_place(m->base.span);
}

static Place member(XCheck *c, Scope *sc, const AstMember *m) {
    Place p = place_of(c, sc, m->object);
    switch (p.kind) {
    case PLACE_OTHER: case PLACE_BAD: return p;
    case PLACE_INSTANCE: return in_instance(c, p.in, m);
    case PLACE_POP: return of_field(c, p, m);
    case PLACE_PROJECTION: return of_projection(c, &p, m);
    case PLACE_SPIKES: case PLACE_FIELD: case PLACE_PARAM: break;
    }
    diag(c->s->diags, m->name_span, D_X_MEMBER, m->name);
    return bad_place(m->base.span);
}

// ---- slices ----
static Expr *bound(XCheck *c, Scope *sc, const Ast *e, const char *what) {
    return sema_fold(c->s, x_expr_dim(c, sc, e, DIM_NONE, what));
}

static bool cut_known(XCheck *c, Place *p, const Ast *at, Expr *lo, Expr *hi) {
    int64_t size = p->hi - p->lo;
    double a = lo ? lo->num : 0, b = hi ? hi->num : (double)size;
    const Expr *fraction = lo && a != (double)(int64_t)a ? lo : hi && b != (double)(int64_t)b ? hi : NULL;
    if (fraction) { diag(c->s->diags, fraction->span, D_NOT_WHOLE, "an index", fraction->num); return false; }
    if (a < 0 || b > (double)size) { diag(c->s->diags, at->span, D_SLICE_RANGE, (long long)a, (long long)b, (long long)size); return false; }
    if (a >= b) { diag(c->s->diags, at->span, D_SLICE_EMPTY, (long long)a, (long long)b); return false; }
    p->hi = p->lo + (int64_t)b;
    p->lo += (int64_t)a;
    return true;
}

// E[a:b] and E[i]; bounds that are only known at run time are kept as expressions and checked then.
static Place cut(XCheck *c, Scope *sc, Place p, const AstIndex *ix) {
    Sema *s = c->s;
    Population *pop = p.pop;
    Span at = ix->base.span;
    p.span = at;
    if (ix->indices.n != 1) {
        uint32_t lo, hi;
        ExprCtx cx = c->cx;
        cx.where = "a slice";
        if (!slice_of(s, sc, ix, pop, &cx, &lo, &hi)) return bad_place(at);
        p.single = hi - lo == 1;
        p.lo = lo;
        p.hi = hi;
        return p;
    }
    const Ast *e = ix->indices.at[0];
    const AstRange *r = e->kind == AST_Range ? (const AstRange *)e : NULL;
    Expr *lo = r ? (r->lo ? bound(c, sc, r->lo, "the start of a slice") : NULL) : bound(c, sc, e, "an index");
    Expr *hi = r && r->hi ? bound(c, sc, r->hi, "the end of a slice") : NULL;
    if ((lo && lo->bad) || (hi && hi->bad)) return bad_place(at);
    p.single = !r;
    if (!r) {
        Expr *one = expr_num(s, 1, DIM_NONE, e->span);
        one->ty = TY_INT;
        hi = sema_fold(s, expr_binary(s, OP_ADD, lo, one, e->span));
    }
    if ((!lo || lo->kind == E_NUM) && (!hi || hi->kind == E_NUM)) return cut_known(c, &p, e, lo, hi) ? p : bad_place(at);
    p.lo_expr = lo ? lo : expr_num(s, 0, DIM_NONE, at);
    p.hi_expr = hi ? hi : expr_num(s, (double)(p.hi - p.lo), DIM_NONE, at);
    if (p.lo) {                                                        // a part of a part
        Expr *base = expr_num(s, (double)p.lo, DIM_NONE, at);
        p.lo_expr = expr_binary(s, OP_ADD, p.lo_expr, base, at);
        p.hi_expr = expr_binary(s, OP_ADD, p.hi_expr, base, at);
    }
    return p;
}

Place place_of(XCheck *c, Scope *sc, const Ast *e) {
    if (!e) return bad_place((Span){0});
    if (e->kind == AST_Name) return named(c, sc, (const AstName *)e);
    if (e->kind == AST_Member) return member(c, sc, (const AstMember *)e);
    if (e->kind != AST_Index) return (Place){.kind = PLACE_OTHER, .span = e->span};
    Place p = place_of(c, sc, AST_AS(Index, e)->object);
    if (p.kind == PLACE_POP || p.kind == PLACE_FIELD || p.kind == PLACE_SPIKES) return cut(c, sc, p, (const AstIndex *)e);
    if (p.kind == PLACE_PARAM && p.var->kind == VAR_ARRAY) return (Place){.kind = PLACE_OTHER, .span = e->span};
    if (p.kind == PLACE_INSTANCE || p.kind == PLACE_PARAM) {
        diag(c->s->diags, e->span, D_X_INDEX);
        return bad_place(e->span);
    }
    return p;
}

bool place_population(XCheck *c, Scope *sc, const Ast *e, Place *out) {
    *out = place_of(c, sc, e);
    if (out->kind == PLACE_POP) return true;
    if (out->kind == PLACE_BAD) return false;
    if (out->kind == PLACE_OTHER && c->broken) return false;
    if (out->kind == PLACE_OTHER && e->kind == AST_Name && !scope_find(sc, AST_AS(Name, e)->name)) {
        SymVec known = {0};
        for (uint32_t i = 0; i < c->used.n; i++)
            for (uint32_t k = 0; k < c->used.at[i].root->scope->names.n; k++) vec_push(c->s->arena, &known, (Sym)c->used.at[i].root->scope->names.key[k]);
        Diag *m = diag(c->s->diags, e->span, D_UNKNOWN_POPULATION, AST_AS(Name, e)->name);
        Sym near = nearest_name(AST_AS(Name, e)->name, known.at, known.n);
        if (near) diag_help(c->s->diags, m, "did you mean '%s'?", near);
        else if (!c->used.n) diag_help(c->s->diags, m, "no network is in use: write 'use NETWORK as net'");
        return false;
    }
    Diag *m = diag(c->s->diags, e->span, D_X_NOT_POPULATION);
    if (out->kind == PLACE_INSTANCE) {
        SymVec known = {0};
        for (uint32_t i = 0; i < out->in->pops.n; i++) vec_push(c->s->arena, &known, out->in->pops.at[i]->path);
        diag_help(c->s->diags, m, "its populations are %s", names_list(c->s, &known));
    }
    return false;
}

// ---- values ----
static bool expr_uniform(const Population *pop, const Expr *e) {
    if (!e) return true;
    if (e->kind == E_DRAW) return false;
    if (e->kind == E_SPECIAL && e->special != SP_T && e->special != SP_DT && e->special != SP_SIZE) return false;
    if (e->kind == E_VAR && e->var->body == pop->body && e->var->kind == VAR_PARAM) return place_uniform(pop, e->var);
    for (uint32_t i = 0; i < e->args.n; i++)
        if (!expr_uniform(pop, e->args.at[i])) return false;
    return expr_uniform(pop, e->a) && expr_uniform(pop, e->b) && expr_uniform(pop, e->c);
}

bool place_uniform(const Population *pop, const Var *param) {
    for (uint32_t i = 0; i < pop->varied.n; i++)
        if (pop->varied.at[i] == param) return false;
    for (uint32_t i = 0; i < pop->params.n; i++)
        if (pop->params.at[i].var == param) return expr_uniform(pop, pop->params.at[i].value);
    return !param->draw_per_entity && expr_uniform(pop, param->init);
}

Expr *place_expr(XCheck *c, const Place *p) {
    Expr *e = expr_new(c->s, E_POP, p->span);
    e->pop = p->pop;
    e->slice_lo = p->lo;
    e->slice_hi = p->hi;
    e->slice_lo_expr = p->lo_expr;
    e->slice_hi_expr = p->hi_expr;
    e->text = p->port;
    e->ty = p->kind == PLACE_POP ? TY_POPULATION : p->kind == PLACE_SPIKES ? TY_SPIKES : TY_ARRAY;
    if (p->kind == PLACE_FIELD) {
        e->var = p->var;
        e->dim = p->var->dim;
        if (p->var->kind == VAR_PARAM && place_uniform(p->pop, p->var)) e->ty = TY_REAL;       // one number: read from the parameters
        if (p->var->kind == VAR_CONST) { Expr *k = expr_var(c->s, p->var, p->span); return k; }
    }
    return e;
}
