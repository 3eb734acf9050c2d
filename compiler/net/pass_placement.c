// SPDX-License-Identifier: MIT
// Where a synapse's variables live. The proof runs over the checked bodies of one projection (synapse and plasticity together):
//
//   target, lumped  its equation is linear and homogeneous in the lumped variables with coefficients that are the same for all synapses
//                   of a target; events only add to it; nothing reads it but drives that are linear in it: the sum over all synapses
//                   of one target obeys the same equation, so only the sum is kept
//   source          it starts uniform, moves and jumps by values of the source alone, only at presynaptic events, and all delays are
//                   equal: every synapse of one source holds the same value
//   target          the same with postsynaptic events
//   synapse         anything else
//
// Optimistic start, then removal until nothing changes: a variable that loses its place may take others with it.
// Requires: a Projection. Provides: a Place for each state. Example: a conductance g of linear decay -> lumped; the traces of a pair rule -> source and target.
#include "place.h"

static Place *place_at(Placer *p, const Var *v) {
    for (uint32_t i = 0; i < p->n; i++)
        if (p->var[i] == v) return &p->place[i];
    return NULL;
}

Place placement_of(const Placer *p, const Var *v) {
    const Place *q = place_at((Placer *)p, v);
    return q ? *q : PLACE_NONE;
}

static unsigned var_level(Placer *p, const Var *v) {
    const Place *q = place_at(p, v);
    if (q) {
        static const unsigned level[] = {[PLACE_NONE] = 0, [PLACE_LUMPED] = LV_LUMP, [PLACE_SOURCE] = LV_PRE, [PLACE_TARGET] = LV_POST, [PLACE_SYNAPSE] = LV_SYN};
        return level[*q];
    }
    void *local = map_get(&p->local, v);
    if (local) return (unsigned)(uintptr_t)local - 1;
    if (v->kind == VAR_LET || v->kind == VAR_OUTPUT) return place_level(p, v->init);
    if (v->kind == VAR_WEIGHT) return p->weight_uniform ? 0 : LV_SYN;
    if (v->kind == VAR_PARAM && map_get(&p->per_synapse, v)) return LV_SYN;
    return 0;
}

unsigned place_level(Placer *p, const Expr *x) {
    if (!x) return 0;
    unsigned l = 0;
    switch (x->kind) {
    case E_VAR: return var_level(p, x->var);
    case E_SIDE: return x->side == SIDE_PRE ? LV_PRE : LV_POST;
    case E_SPECIAL:
        if (x->special == SP_DISTANCE) return LV_SYN;
        if (x->special == SP_XI) return LV_SYN;
        if (x->special == SP_T || x->special == SP_DT) return 0;
        return x->side == SIDE_PRE ? LV_PRE : x->side == SIDE_POST ? LV_POST : LV_SYN;
    case E_DRAW: return LV_SYN;
    default: break;
    }
    for (uint32_t i = 0; i < x->args.n; i++) l |= place_level(p, x->args.at[i]);
    return l | place_level(p, x->a) | place_level(p, x->b) | place_level(p, x->c);
}

// Degree in the lumped variables: 0 free of them, 1 linear and homogeneous with admissible coefficients, -1 neither.
static int degree(Placer *p, const Expr *x) {
    if (!(place_level(p, x) & LV_LUMP)) return 0;
    if (x->kind == E_VAR) {
        if (placement_of(p, x->var) == PLACE_LUMPED) return 1;
        return x->var->init ? degree(p, x->var->init) : -1;
    }
    if (x->kind == E_NEG) return degree(p, x->a);
    if (x->kind == E_COND) {
        bool same = degree(p, x->b) == 1 && degree(p, x->c) == 1;
        return same && !(place_level(p, x->a) & (LV_LUMP | LV_PRE | LV_SYN)) ? 1 : -1;
    }
    if (x->kind != E_BINARY) return -1;
    int a = degree(p, x->a), b = degree(p, x->b);
    unsigned other = place_level(p, a == 0 ? x->a : x->b) & (LV_PRE | LV_SYN);
    switch ((BinaryOp)x->op) {
    case OP_ADD: case OP_SUB: return a == 1 && b == 1 ? 1 : -1;
    case OP_MUL: return ((a == 1 && b == 0) || (a == 0 && b == 1)) && !other ? 1 : -1;
    case OP_DIV: return a == 1 && b == 0 && !other ? 1 : -1;
    default: return -1;
    }
}

typedef struct Writes { unsigned pre, post; bool in_pre, in_post, only_add; } Writes;   // levels of what handlers write to a variable

static bool reads(const Expr *x, const Var *v) {
    if (!x) return false;
    if (x->kind == E_VAR && (x->var == v || (x->var->kind == VAR_LET && reads(x->var->init, v)))) return true;
    for (uint32_t i = 0; i < x->args.n; i++)
        if (reads(x->args.at[i], v)) return true;
    return reads(x->a, v) || reads(x->b, v) || reads(x->c, v);
}

static void writes_in(Placer *p, const StmtVec *body, const Var *v, OnKind kind, unsigned guard, Writes *w) {
    for (uint32_t i = 0; i < body->n; i++) {
        const Stmt *s = body->at[i];
        if (s->kind == S_LOCAL) map_put(p->arena, &p->local, s->var, (void *)(uintptr_t)(1 + (place_level(p, s->value) | guard)));
        if (s->kind == S_ASSIGN && s->side == SIDE_OWN && s->var == v) {
            unsigned l = guard | place_level(p, s->value);
            if (kind == ON_POST) { w->post |= l; w->in_post = true; } else { w->pre |= l; w->in_pre = true; }
            if (s->op != ASSIGN_ADD && s->op != ASSIGN_SUB) w->only_add = false;
        }
        if (reads(s->value, v) || reads(s->cond, v)) w->only_add = false;
        unsigned inner = guard | (s->cond ? place_level(p, s->cond) : 0);
        writes_in(p, &s->then, v, kind, inner, w);
        writes_in(p, &s->otherwise, v, kind, inner, w);
    }
}

static Writes writes_of(Placer *p, const Var *v) {
    Writes w = {.only_add = true};
    const Body *bodies[2] = {p->synapse, p->plastic};
    for (int k = 0; k < 2; k++)
        for (uint32_t i = 0; bodies[k] && i < bodies[k]->handlers.n; i++)
            writes_in(p, &bodies[k]->handlers.at[i].body, v, bodies[k]->handlers.at[i].kind, 0, &w);
    return w;
}

static const Expr *equation_of(const Body *b, const Var *v) {
    for (uint32_t i = 0; i < b->equations.n; i++)
        if (b->equations.at[i].var == v) return b->equations.at[i].value;
    return NULL;
}

static bool zero_init(const Var *v) { return !v->init || (v->init->kind == E_NUM && v->init->num == 0); }

static const char *lump_fails(Placer *p, const Var *v) {
    const Expr *eq = equation_of(v->body, v);
    Writes w = writes_of(p, v);
    if (!zero_init(v) || map_get(&p->bound, v)) return "it does not start at 0";
    if (w.in_post) return "postsynaptic events change it";
    if (!w.only_add) return "events do more than add to it, or read it";
    if ((w.pre & LV_LUMP)) return "what is added depends on a lumped variable";
    if (eq && degree(p, eq) != 1) return "its equation is not linear and homogeneous with coefficients equal for all synapses of a target";
    if (!eq) return "it has no equation";
    for (uint32_t i = 0; i < v->body->drives.n; i++)
        if (reads(v->body->drives.at[i].value, v) && degree(p, v->body->drives.at[i].value) != 1) return "a drive is not linear in it";
    for (uint32_t i = 0; p->projection && i < p->projection->probes.n; i++) {
        const Expr *value = p->projection->probes.at[i].value;
        if (reads(value, v) && degree(p, value) != 1) return "what the experiment reads is not linear in it";
    }
    for (uint32_t i = 0; i < v->body->equations.n; i++) {
        const Equation *q = &v->body->equations.at[i];
        if (reads(q->value, v) && placement_of(p, q->var) != PLACE_LUMPED) return "an equation of a variable that is not lumped reads it";
    }
    return NULL;
}

static const char *side_fails(Placer *p, const Var *v, bool source) {
    const Expr *eq = equation_of(v->body, v);
    Writes w = writes_of(p, v);
    unsigned allowed = source ? LV_PRE : LV_POST, level = (eq ? place_level(p, eq) : 0) | (source ? w.pre : w.post);
    if (source ? w.in_post : w.in_pre) return source ? "postsynaptic events change it" : "presynaptic events change it";
    if (!eq && !w.in_pre && !w.in_post) return "it never changes";
    if (source && !p->delay_uniform) return "delays differ between the synapses of a source";
    if (v->init && place_level(p, v->init)) return "its start differs between synapses";
    if (map_get(&p->bound, v)) return "its start is given by the projection";
    if (level & ~allowed) return source ? "it depends on more than the source" : "it depends on more than the target";
    return NULL;
}

// Tries the places in order of cost; once refused, a place is not tried again.
static bool demote(Placer *p, uint32_t i) {
    const Var *v = p->var[i];
    const char *why = NULL;
    switch (p->place[i]) {
    case PLACE_LUMPED:
        if (!(why = lump_fails(p, v))) return false;
        p->why[i] = why;
        p->place[i] = PLACE_SOURCE;
        return true;
    case PLACE_SOURCE:
        if (!(why = side_fails(p, v, true))) return false;
        if (!p->why[i] || writes_of(p, v).in_pre) p->why[i] = why;
        p->place[i] = PLACE_TARGET;
        return true;
    case PLACE_TARGET:
        if (!(why = side_fails(p, v, false))) return false;
        if (writes_of(p, v).in_post && !writes_of(p, v).in_pre) p->why[i] = why;
        p->place[i] = PLACE_SYNAPSE;
        return true;
    default: return false;
    }
}

void place_states(Placer *p, bool optimise) {
    const Body *bodies[2] = {p->synapse, p->plastic};
    for (int k = 0; k < 2; k++)
        for (uint32_t i = 0; bodies[k] && i < bodies[k]->vars.n; i++) {
            Var *v = bodies[k]->vars.at[i];
            if (v->kind != VAR_STATE || p->n == PLACE_MAX) continue;
            p->var[p->n] = v;
            p->place[p->n++] = optimise ? PLACE_LUMPED : PLACE_SYNAPSE;
        }
    for (bool again = true; again;) {
        again = false;
        for (uint32_t i = 0; i < p->n; i++) again |= demote(p, i);
    }
    static const char *const good[] = {[PLACE_LUMPED] = "linear, added to by events, read only by linear drives", [PLACE_SOURCE] = "moved by the source alone, all delays equal",
                                       [PLACE_TARGET] = "moved by the target alone", [PLACE_SYNAPSE] = "kept per synapse by choice", [PLACE_NONE] = ""};
    for (uint32_t i = 0; i < p->n; i++)
        if (p->place[i] != PLACE_SYNAPSE || !p->why[i]) p->why[i] = good[p->place[i]];
}
