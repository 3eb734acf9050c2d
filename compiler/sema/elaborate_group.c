// SPDX-License-Identifier: MIT
// Names of populations in circuits and networks: E, E[0:100], layer.E, a port, concat(E, I).
#include "elaborate.h"

const char *names_list(Sema *s, const SymVec *names) {
    if (!names->n) return "none";
    StrBuf b = {0};
    for (uint32_t i = 0; i < names->n && i < 24; i++)
        sb_printf(&b, "%s%s", !i ? "" : i + 1 == names->n ? " and " : ", ", names->at[i]);
    const char *text = arena_strndup(s->arena, b.s, b.n);
    sb_free(&b);
    return text;
}

const char *kind_of_model(ModelWhat w) {
    switch (w) {
    case MODEL_NEURON: return "neuron";
    case MODEL_SYNAPSE: return "synapse";
    case MODEL_PLASTICITY: return "plasticity";
    case MODEL_ENCODER: return "encoder";
    case MODEL_DECODER: return "decoder";
    }
    return "model";
}

uint32_t group_size(const Group *g) {
    uint64_t n = 0;
    for (uint32_t i = 0; i < g->at.n; i++) n += g->at.at[i].hi - g->at.at[i].lo;
    return n > UINT32_MAX ? UINT32_MAX : (uint32_t)n;
}

static void reachable_names(Sema *s, const Instance *in, SymVec *out) {
    for (uint32_t i = 0; i < in->scope->names.n; i++) {
        const Symbol *y = in->scope->names.val[i];
        if (y->kind == SYMBOL_POP || y->kind == SYMBOL_OTHER) vec_push(s->arena, out, y->name);
    }
}

static bool group_of_port(Sema *s, Port *port, Span at, Group *out) {
    if (!port->value) {
        Diag *m = diag(s->diags, at, D_PORT_OPEN, port->name, port->owner->decl->name);
        diag_help(s->diags, m, "inside the circuit write '%s = POPULATION', or give the argument '%s = POPULATION' where the circuit is used", port->name, port->name);
        return false;
    }
    if (port->resolving) { diag(s->diags, at, D_PORT_CIRCLE, port->name); return false; }
    port->resolving = true;
    bool ok = group_of(s, port->value_in, port->value, out);
    port->resolving = false;
    out->span = at;
    return ok;
}

static bool group_named(Sema *s, Instance *in, Sym name, Span at, Group *out) {
    Symbol *y = scope_find_here(in->scope, name);
    if (!y) y = scope_find(in->scope, name);
    if (!y) {
        SymVec known = {0};
        reachable_names(s, in, &known);
        Diag *m = diag(s->diags, at, D_UNKNOWN_POPULATION, name);
        Sym near = nearest_name(name, known.at, known.n);
        if (near) diag_help(s->diags, m, "did you mean '%s'?", near);
        else if (known.n) diag_help(s->diags, m, "known here: %s", names_list(s, &known));
        return false;
    }
    y->used = true;
    if (y->kind == SYMBOL_POP) {
        if (!y->pop) return false;                 // its declaration has been reported
        vec_push(s->arena, &out->at, ((Slice){.pop = y->pop, .lo = 0, .hi = y->pop->n}));
        return true;
    }
    if (y->kind == SYMBOL_OTHER && y->tag == TAG_PORT) return group_of_port(s, y->data, at, out);
    if (y->kind == SYMBOL_OTHER && y->tag == TAG_INSTANCE) {
        if (!y->data) return false;
        SymVec known = {0};
        reachable_names(s, y->data, &known);
        Diag *m = diag(s->diags, at, D_GROUP_INSTANCE, name);
        diag_help(s->diags, m, "choose a part of it: %s", names_list(s, &known));
        return false;
    }
    if (y->kind == SYMBOL_VAR && y->var->init && y->var->init->bad) return false;
    diag(s->diags, at, D_NOT_POPULATION, name);
    return false;
}

Instance *instance_of(Sema *s, Instance *in, const Ast *e) {
    Sym name = e->kind == AST_Name ? AST_AS(Name, e)->name : e->kind == AST_Member ? AST_AS(Member, e)->name : NULL;
    Instance *where = e->kind == AST_Member ? instance_of(s, in, AST_AS(Member, e)->object) : in;
    if (!name || !where) return NULL;
    Symbol *y = scope_find_here(where->scope, name);
    if (!y || y->kind != SYMBOL_OTHER || y->tag != TAG_INSTANCE) return NULL;
    y->used = true;
    return y->data;
}

// ---- slices ----
typedef struct Cut { int64_t lo, hi; bool single, whole; } Cut;

static bool cut_of(Sema *s, Scope *sc, const Ast *e, const ExprCtx *cx, int64_t size, Cut *c) {
    *c = (Cut){0, size, false, false};
    if (e->kind == AST_Range) {
        const AstRange *r = (const AstRange *)e;
        if (r->lo && !sema_const_int(s, sc, r->lo, cx, "the start of a slice", 0, &c->lo)) return false;
        if (r->hi && !sema_const_int(s, sc, r->hi, cx, "the end of a slice", 0, &c->hi)) return false;
        c->whole = c->lo == 0 && c->hi == size;
    } else {
        if (!sema_const_int(s, sc, e, cx, "an index", 0, &c->lo)) return false;
        c->hi = c->lo + 1;
        c->single = true;
    }
    if (c->hi > size || c->lo > size) { diag(s->diags, e->span, D_SLICE_RANGE, (long long)c->lo, (long long)c->hi, (long long)size); return false; }
    if (c->lo >= c->hi) { diag(s->diags, e->span, D_SLICE_EMPTY, (long long)c->lo, (long long)c->hi); return false; }
    return true;
}

// Row-major: one index counts through the whole population; several (as many as it has dimensions, or fewer from the left) name a
// contiguous block: single indices, then at most one range, then everything.
bool slice_of(Sema *s, Scope *sc, const AstIndex *ix, Population *pop, const ExprCtx *cx, uint32_t *lo, uint32_t *hi) {
    uint32_t k = ix->indices.n;
    if (k == 1) {
        Cut c;
        if (!cut_of(s, sc, ix->indices.at[0], cx, pop->n, &c)) return false;
        *lo = (uint32_t)c.lo;
        *hi = (uint32_t)c.hi;
        return true;
    }
    if (k > pop->rank || !k) { diag(s->diags, ix->base.span, D_SLICE_RANK, k, pop->path, pop->rank); return false; }
    uint64_t stride = pop->n, start = 0, length = pop->n;
    bool ranged = false;
    for (uint32_t i = 0; i < k; i++) {
        Cut c;
        if (!cut_of(s, sc, ix->indices.at[i], cx, pop->shape[i], &c)) return false;
        stride /= pop->shape[i];
        if (ranged && !c.whole) { diag(s->diags, ix->base.span, D_SLICE_GAPS, pop->path); return false; }
        if (ranged) continue;
        start += (uint64_t)c.lo * stride;
        length = (uint64_t)(c.hi - c.lo) * stride;
        ranged = !c.single;
    }
    *lo = (uint32_t)start;
    *hi = (uint32_t)(start + length);
    return true;
}

static bool group_sliced(Sema *s, Instance *in, const AstIndex *ix, Group *out) {
    if (!group_of(s, in, ix->object, out)) return false;
    if (out->at.n != 1) { diag(s->diags, ix->base.span, D_SLICE_CONCAT); return false; }
    Slice *c = &out->at.at[0];
    ExprCtx cx = {.where = "a slice", .hook = network_hook, .hook_data = in};
    uint32_t lo, hi;
    Population part = *c->pop;
    if (c->hi - c->lo != part.n) { part.n = part.shape[0] = c->hi - c->lo; part.rank = 1; }     // a part of a part
    if (!slice_of(s, in->scope, ix, &part, &cx, &lo, &hi)) return false;
    *c = (Slice){.pop = c->pop, .lo = c->lo + lo, .hi = c->lo + hi};
    return true;
}

static bool group_concat(Sema *s, Instance *in, const AstCall *call, Group *out) {
    bool ok = true;
    for (uint32_t i = 0; i < call->args.n; i++) {
        Group part = {0};
        if (!group_of(s, in, AST_AS(Arg, call->args.at[i])->value, &part)) { ok = false; continue; }
        for (uint32_t k = 0; k < part.at.n; k++) vec_push(s->arena, &out->at, part.at.at[k]);
    }
    if (ok && !out->at.n) { diag(s->diags, call->base.span, D_CONCAT_EMPTY); return false; }
    return ok;
}

// E.burst: a spike rule by name; E.spikes: the first.
static bool spike_rule(const Group *g, Sym name, Sym *port) {
    const Body *b = g->at.at[0].pop->body;
    if (body_var(b, name)) return false;
    *port = NULL;
    if (!strcmp(name, "spikes")) return true;
    *port = name;
    for (uint32_t i = 0; i < b->spikes.n; i++)
        if (b->spikes.at[i].port == name) return true;
    return false;
}

bool group_of(Sema *s, Instance *in, const Ast *e, Group *out) {
    *out = (Group){.span = e->span};
    switch (e->kind) {
    case AST_Name: return group_named(s, in, AST_AS(Name, e)->name, e->span, out);
    case AST_Index: return group_sliced(s, in, (const AstIndex *)e, out);
    case AST_Member: {
        Instance *where = instance_of(s, in, AST_AS(Member, e)->object);
        if (where) return group_named(s, where, AST_AS(Member, e)->name, e->span, out);
        Group object;
        if (!group_of(s, in, AST_AS(Member, e)->object, &object)) return false;
        if (spike_rule(&object, AST_AS(Member, e)->name, &object.port)) {
            object.span = e->span;
            *out = object;
            return true;
        }
        diag(s->diags, AST_AS(Member, e)->name_span, D_NO_SPIKE_RULE, kind_of_model(object.at.at[0].pop->body->what), object.at.at[0].pop->body->name, AST_AS(Member, e)->name);
        return false;
    }
    case AST_Call: {
        const AstCall *call = (const AstCall *)e;
        if (call->callee->kind == AST_Name && !strcmp(AST_AS(Name, call->callee)->name, "concat")) return group_concat(s, in, call, out);
        break;
    }
    default: break;
    }
    diag(s->diags, e->span, D_GROUP_EXPRESSION);
    return false;
}
