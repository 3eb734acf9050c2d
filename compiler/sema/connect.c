// SPDX-License-Identifier: MIT
// `connect` statements to projections.
//
//   connect E -> (E, I) by pairwise_bernoulli(0.02) via Exp(tau = 5 ms) weight 6 nS delay 1 ms
//
// makes E->E and E->I. A tuple on either side multiplies; concat(E, I) stays one projection. The synapse is checked against the
// models on both sides, so its body belongs to this pair of models.
#include "elaborate.h"
#include "expr.h"
#include <math.h>

typedef struct Conn { Sema *s; Instance *in; const AstConnect *c; Projection *p; Body *pre, *post; ExprCtx cx; } Conn;

static bool groups_of(Sema *s, Instance *in, const Ast *e, GroupVec *out) {
    if (!e) return false;
    if (e->kind != AST_Tuple) {
        Group g;
        if (!group_of(s, in, e, &g)) return false;
        vec_push(s->arena, out, g);
        return true;
    }
    bool ok = true;
    for (uint32_t i = 0; i < AST_AS(Tuple, e)->items.n; i++) ok &= groups_of(s, in, AST_AS(Tuple, e)->items.at[i], out);
    return ok;
}

static const char *group_text(Sema *s, const Group *g) {
    StrBuf b = {0};
    for (uint32_t i = 0; i < g->at.n; i++) {
        const Slice *c = &g->at.at[i];
        sb_printf(&b, "%s%s", i ? "+" : "", c->pop->path);
        if (c->hi - c->lo < c->pop->n) sb_printf(&b, "[%u:%u]", c->lo, c->hi);
    }
    const char *text = arena_strndup(s->arena, b.s ? b.s : "", b.n);
    sb_free(&b);
    return text;
}

static Sym unique_path(Sema *s, const Network *net, const char *from, const char *to) {
    Sym base = sym(arena_printf(s->arena, "%s->%s", from, to)), path = base;
    for (uint32_t n = 2, again = 1; again; n++) {
        again = 0;
        for (uint32_t i = 0; i < net->projs.n; i++) again |= net->projs.at[i]->path == path;
        if (again) path = sym(arena_printf(s->arena, "%s#%u", base, n));
    }
    return path;
}

static Body *common_body(Sema *s, const Group *g) {
    Body *b = g->at.at[0].pop->body;
    for (uint32_t i = 1; i < g->at.n; i++)
        if (g->at.at[i].pop->body != b) {
            diag(s->diags, g->span, D_CONCAT_MIXED, b->name, g->at.at[i].pop->body->name);
            return NULL;
        }
    return b;
}

// ---- where spikes act ----
static void ports_of(Sema *s, const Body *b, bool states, SymVec *out) {
    for (uint32_t i = 0; i < b->vars.n; i++) {
        VarKind k = b->vars.at[i]->kind;
        if (k == VAR_INPUT || k == VAR_EVENT_INPUT || (states && k == VAR_STATE)) vec_push(s->arena, out, b->vars.at[i]->name);
    }
}

static Var *into_var(const Conn *x) {
    Sema *s = x->s;
    Sym name = x->c->into;
    Var *v = body_var(x->post, name);
    if (v && (v->kind == VAR_INPUT || v->kind == VAR_EVENT_INPUT || v->kind == VAR_STATE)) return v;
    SymVec known = {0};
    ports_of(s, x->post, true, &known);
    Diag *m = v ? diag(s->diags, x->c->into_span, D_INTO_KIND, name, x->post->name) : diag(s->diags, x->c->into_span, D_INTO_UNKNOWN, kind_of_model(x->post->what), x->post->name, name);
    Sym near = nearest_name(name, known.at, known.n);
    if (near && !v) diag_help(s->diags, m, "did you mean '%s'?", near);
    else diag_help(s->diags, m, "its ports and states are %s", names_list(s, &known));
    return NULL;
}

static Var *only_event_input(const Body *b) {
    Var *found = NULL;
    for (uint32_t i = 0; i < b->vars.n; i++) {
        if (b->vars.at[i]->kind != VAR_EVENT_INPUT) continue;
        if (found) return NULL;
        found = b->vars.at[i];
    }
    return found;
}

static const AstModel *model_named(Sema *s, const Ast *e, ModelWhat want, const AstList **args) {
    static const AstList none;
    const Ast *callee = e->kind == AST_Call ? AST_AS(Call, e)->callee : e;
    *args = e->kind == AST_Call ? &AST_AS(Call, e)->args : &none;
    if (callee->kind != AST_Name) { diag(s->diags, e->span, D_CONNECT_MODEL, kind_of_model(want)); return NULL; }
    const AstModel *m = sema_find_model(s, AST_AS(Name, callee)->name, callee->span);
    if (!m || (ModelWhat)m->what == want) return m;
    Diag *d = diag(s->diags, callee->span, D_CONNECT_MODEL_KIND, m->name, kind_of_model(m->what), kind_of_model(want));
    diag_note_at(s->diags, d, m->name_span, "it is declared here");
    return NULL;
}

// ---- what a synapse asks of its partners: said at the connection, not inside the library ----
typedef struct Needs { const Conn *x; const AstModel *model; bool ok; Span at; } Needs;

static bool is_special(Sym name) {
    const Special *sp = special_find(name);
    return (sp && sp->side) || (strlen(name) == 1 && strchr("ick", name[0]));       // coordinates of shaped populations
}

static void need_member(const AstMember *m, void *data) {
    Needs *n = data;
    Sema *s = n->x->s;
    if (m->object->kind != AST_Name) return;
    Sym side = AST_AS(Name, m->object)->name;
    bool post = !strcmp(side, "post");
    if (!post && strcmp(side, "pre")) return;
    const Body *b = post ? n->x->post : n->x->pre;
    if (body_var(b, m->name) || is_special(m->name)) return;
    n->ok = false;
    Diag *d = diag(s->diags, n->at, D_SYNAPSE_NEEDS, kind_of_model(n->model->what), n->model->name, side, m->name, kind_of_model(b->what), b->name);
    diag_note_at(s->diags, d, m->base.span, "it is used here");
    SymVec known = {0};
    body_names(s->arena, b, &known);
    Sym near = nearest_name(m->name, known.at, known.n);
    if (near) diag_help(s->diags, d, "did you mean '%s'?", near);
}

static void need_port(Needs *n, const AstDrive *drive) {
    Sema *s = n->x->s;
    if (drive->target->kind != AST_Member) return;
    const AstMember *m = (const AstMember *)drive->target;
    if (m->object->kind != AST_Name || strcmp(AST_AS(Name, m->object)->name, "post")) return;
    const Var *v = body_var(n->x->post, m->name);
    if (v && v->kind == VAR_INPUT) return;
    n->ok = false;
    Diag *d = diag(s->diags, n->at, D_SYNAPSE_PORT, n->model->name, m->name, n->x->post->name);
    diag_note_at(s->diags, d, m->base.span, "it is driven here");
    SymVec known = {0};
    ports_of(s, n->x->post, false, &known);
    Sym near = nearest_name(m->name, known.at, known.n);
    if (near) diag_help(s->diags, d, "did you mean '%s'?", near);
    else diag_help(s->diags, d, "the inputs of '%s' are %s; choose one with 'into'", n->x->post->name, names_list(s, &known));
}

static bool partners_fit(const Conn *x, const AstModel *model, Span at, bool has_into) {
    Needs n = {.x = x, .model = model, .ok = true, .at = at};
    for (uint32_t i = 0; i < model->members.n; i++) {
        const Ast *e = model->members.at[i];
        if (e->kind == AST_Drive) {
            if (!has_into) need_port(&n, (const AstDrive *)e);
            names_members(AST_AS(Drive, e)->value, need_member, &n);
        } else if (!(has_into && e->kind == AST_On)) {
            names_members(e, need_member, &n);
        }
    }
    return n.ok;
}

static bool connect_synapse(Conn *x) {
    Sema *s = x->s;
    Projection *p = x->p;
    if (x->c->into && !(p->into = into_var(x))) return false;
    if (!x->c->via) {
        if (!p->into) p->into = only_event_input(x->post);
        if (!p->into && x->post->what == MODEL_DECODER) return true;              // its `on spike` takes the spikes themselves
        if (!p->into) {
            Diag *m = diag(s->diags, x->c->base.span, D_VIA_MISSING, x->post->name);
            SymVec known = {0};
            ports_of(s, x->post, true, &known);
            diag_help(s->diags, m, "add 'via SYNAPSE', or 'into NAME' with one of %s", names_list(s, &known));
            return false;
        }
        p->synapse = sema_body(s, NULL, &(BodyUse){.pre = x->pre, .post = x->post, .into = p->into, .at = x->c->base.span});
        return p->synapse != NULL;
    }
    const AstList *args;
    const AstModel *model = model_named(s, x->c->via, MODEL_SYNAPSE, &args);
    if (!model || !partners_fit(x, model, x->c->via->span, p->into != NULL)) return false;
    p->synapse = sema_body(s, model, &(BodyUse){.pre = x->pre, .post = x->post, .into = p->into, .at = x->c->base.span});
    if (!p->synapse) return false;
    ExprCtx cx = x->cx;
    cx.where = "an argument of a synapse";
    bind_args(s, x->in->scope, args, p->synapse, &cx, &p->syn_params, NULL);
    return true;
}

// An array in a weight stands for its element that belongs to the synapse: `weight K`, `weight gain*K`.
static Expr *weight_hook(Sema *s, Scope *sc, const Ast *e, const ExprCtx *cx) {
    Conn *x = cx->hook_data;
    Symbol *y = e->kind == AST_Name ? scope_find(sc, AST_AS(Name, e)->name) : NULL;
    if (y && y->kind == SYMBOL_VAR && y->var->kind == VAR_ARRAY) {
        y->used = true;
        y->var->used = true;
        Expr *element = y->var->init && y->var->init->bad ? NULL : connect_array_weight(s, y->var, x->p, e->span);
        return element ? element : expr_bad(s, e->span);
    }
    ExprCtx network = *cx;
    network.hook = x->cx.hook;
    network.hook_data = x->cx.hook_data;
    return network_hook(s, sc, e, &network);
}

static bool connect_weight(Conn *x) {
    Sema *s = x->s;
    Projection *p = x->p;
    p->weight_var = p->synapse ? body_weight(p->synapse) : NULL;
    const Ast *w = x->c->weight;
    if (!p->weight_var) {
        if (w) diag(s->diags, w->span, D_WEIGHT_NONE, p->synapse ? p->synapse->name : x->post->name);
        return !w;
    }
    if (!w) {
        if (p->weight_var->init) return true;
        if (!x->c->via && x->post->what == MODEL_DECODER && dim_equal(p->weight_var->dim, DIM_NONE)) {
            p->weight = expr_num(s, 1, DIM_NONE, x->c->base.span);                 // a decoder counts spikes
            return true;
        }
        Diag *m = diag(s->diags, x->c->base.span, D_WEIGHT_MISSING, p->synapse->name);
        diag_help(s->diags, m, "write 'weight VALUE' in %s", dim_text(s->arena, p->weight_var->dim));
        return false;
    }
    ExprCtx cx = x->cx;
    cx.where = "a weight";
    cx.hook = weight_hook;
    cx.hook_data = x;
    p->weight = sema_fold(s, sema_expr_dim(s, x->in->scope, w, &cx, p->weight_var->dim, "the weight"));
    return !p->weight->bad;
}

static Expr *delay_of(Conn *x, const Ast *e, const char *what) {
    if (!e) return NULL;
    Unit ms = {.scale = 1};
    unit_match("ms", 2, &ms);
    ExprCtx cx = x->cx;
    cx.where = "a delay";
    Expr *d = sema_fold(x->s, sema_expr_dim(x->s, x->in->scope, e, &cx, ms.dim, what));
    if (!d->bad && d->kind == E_NUM && d->num < 0) diag(x->s->diags, e->span, D_DELAY_NEGATIVE, d->num);
    if (!d->bad && d->kind == E_NUM && d->num > 1e7) diag(x->s->diags, e->span, D_DELAY_HUGE, d->num);
    return d;
}

static bool connect_plastic(Conn *x) {
    Sema *s = x->s;
    Projection *p = x->p;
    if (!x->c->plastic) return true;
    if (!p->weight_var) {
        diag(s->diags, x->c->plastic->span, D_PLASTIC_WEIGHT, p->synapse ? p->synapse->name : x->post->name);
        return false;
    }
    const AstList *args;
    const AstModel *model = model_named(s, x->c->plastic, MODEL_PLASTICITY, &args);
    if (!model || !partners_fit(x, model, x->c->plastic->span, false)) return false;
    if (p->procedural) { diag(s->diags, x->c->plastic->span, D_PROCEDURAL_PLASTIC); return false; }
    p->plastic = sema_body(s, model, &(BodyUse){.pre = x->pre, .post = x->post, .synapse = p->synapse, .at = x->c->base.span});
    if (!p->plastic) return false;
    ExprCtx cx = x->cx;
    cx.where = "an argument of a plasticity";
    bind_args(s, x->in->scope, args, p->plastic, &cx, &p->plastic_params, NULL);
    return true;
}

static void connect_where(Conn *x) {
    if (!x->c->where) return;
    ExprCtx cx = x->cx;
    cx.where = "the condition of a connection";
    cx.allow = ALLOW_SIDES;
    x->p->where = sema_fold(x->s, sema_expr_bool(x->s, x->in->scope, x->c->where, &cx, "the condition after 'where'"));
}

static bool check_sides(const Conn *x) {
    Sema *s = x->s;
    if (x->post->what == MODEL_ENCODER) {
        Diag *m = diag(s->diags, x->c->target->span, D_TARGET_ENCODER, x->post->name);
        diag_help(s->diags, m, "values reach an encoder by 'present VALUES to POPULATION' in an experiment");
        return false;
    }
    return true;
}

// What never spikes may still be read: by a synapse that only drives.
static bool check_source(const Conn *x) {
    Sema *s = x->s;
    if (x->pre->spikes.n || s->diags->errors || (x->p->synapse && !x->p->synapse->handlers.n && x->p->synapse->drives.n)) return true;
    diag(s->diags, x->c->source->span, D_SOURCE_SILENT, kind_of_model(x->pre->what), x->pre->name);
    return false;
}

// `connect ... as NAME`: experiments reach its synapses by that name.
static void name_projection(Sema *s, Instance *in, const AstConnect *c, Projection *p) {
    Symbol *y = scope_find_here(in->scope, c->alias);
    if (p->target.n > 1 || (y && y->tag == TAG_PROJECTION && ((Projection *)y->data)->span.pos == p->span.pos)) {
        Diag *d = diag(s->diags, c->alias_span, D_PROJECTION_NAME, c->alias);
        diag_help(s->diags, d, p->target.n > 1 ? "connect to each of the populations of 'concat' by a statement of its own" : "one statement for each pair with a name of its own, as in: connect %s -> %s ... as %s_%s",
                  p->source.at[0].pop->path, p->target.at[0].pop->path, c->alias, p->target.at[0].pop->path);
        return;
    }
    y = scope_add(s, in->scope, c->alias, SYMBOL_OTHER, c->alias_span);
    y->tag = TAG_PROJECTION;
    y->data = p;
}

static void connect_one(Sema *s, Instance *in, const AstConnect *c, const Group *from, const Group *to) {
    Body *pre = common_body(s, from), *post = common_body(s, to);
    if (!pre || !post) return;
    Projection *p = ARENA_NEW(s->arena, Projection);
    p->span = c->base.span;
    for (uint32_t i = 0; i < from->at.n; i++) vec_push(s->arena, &p->source, from->at.at[i]);
    for (uint32_t i = 0; i < to->at.n; i++) vec_push(s->arena, &p->target, to->at.at[i]);
    p->allow_self = p->allow_multiple = true;
    p->spike_port = from->port;
    if (to->port) { diag(s->diags, to->span, D_GROUP_EXPRESSION); return; }
    Conn x = {.s = s, .in = in, .c = c, .p = p, .pre = pre, .post = post};
    x.cx = (ExprCtx){.where = "a connection", .allow = ALLOW_SIDES | ALLOW_DRAW, .pre = pre, .post = post,
                     .pre_pop = from->at.at[0].pop, .post_pop = to->at.at[0].pop, .hook = network_hook, .hook_data = in};
    if (!check_sides(&x)) return;
    bool ok = connect_rule(s, in, c, p, &x.cx);
    ok = ok && connect_shapes(s, c, p);
    if (!connect_synapse(&x) || !check_source(&x)) return;
    ok &= connect_weight(&x);
    p->delay = delay_of(&x, c->delay, "the delay");
    p->dendritic = delay_of(&x, c->dendritic, "the dendritic delay");
    connect_where(&x);
    ok &= connect_plastic(&x);
    ok = ok && scan_projection(s, p);
    if (!ok) return;
    p->path = unique_path(s, in->net, group_text(s, from), group_text(s, to));
    p->id = in->net->projs.n;
    vec_push(s->arena, &in->net->projs, p);
    if (c->alias) name_projection(s, in, c, p);
}

void connect_statement(Sema *s, Instance *in, const AstConnect *c) {
    GroupVec from = {0}, to = {0};
    bool ok = groups_of(s, in, c->source, &from);
    ok &= groups_of(s, in, c->target, &to);
    if (!ok) return;
    for (uint32_t i = 0; i < from.n; i++)
        for (uint32_t k = 0; k < to.n; k++) connect_one(s, in, c, &from.at[i], &to.at[k]);
}
