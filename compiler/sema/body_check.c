// SPDX-License-Identifier: MIT
// What only the whole body shows: states set twice, the order of initial values, time constants, models that do nothing, unused names.
#include "body.h"

// ---- step against equations: step runs first, so a jump or a clamp (V += a, V = max(V, b)) is fine, but overwriting is a mistake ----
static bool reads(const Expr *e, const Var *v) {
    if (!e) return false;
    if (e->kind == E_VAR && e->var == v) return true;
    const Expr *const kid[] = {e->a, e->b, e->c};
    for (int i = 0; i < 3; i++)
        if (reads(kid[i], v)) return true;
    for (uint32_t i = 0; i < e->args.n; i++)
        if (reads(e->args.at[i], v)) return true;
    return false;
}

static void step_stmts(Build *bd, const StmtVec *v) {
    for (uint32_t i = 0; i < v->n; i++) {
        const Stmt *st = v->at[i];
        if (st->kind == S_IF) {
            step_stmts(bd, &st->then);
            step_stmts(bd, &st->otherwise);
        }
        if (st->kind != S_ASSIGN || st->side != SIDE_OWN || st->op != ASSIGN_SET || reads(st->value, st->var)) continue;
        for (uint32_t k = 0; k < bd->b->equations.n; k++) {
            const Equation *q = &bd->b->equations.at[k];
            if (q->var != st->var) continue;
            Diag *d = diag(bd->s->diags, st->span, D_EQUATION_AND_STEP, st->var->name);
            diag_note_at(bd->s->diags, d, q->span, "the equation is here");
        }
    }
}

// ---- initial values ----
static uint32_t order_of(const Body *b, const Var *v) {
    for (uint32_t i = 0; i < b->vars.n; i++)
        if (b->vars.at[i] == v) return i;
    return UINT32_MAX;
}

static const Var *later_state(const Body *b, const Expr *e, uint32_t order, int depth) {
    if (!e || depth > 64) return NULL;
    if (e->kind == E_VAR && e->var->body == b) {
        if (e->var->kind == VAR_STATE && order_of(b, e->var) >= order) return e->var;
        if (e->var->kind == VAR_LET) return later_state(b, e->var->init, order, depth + 1);
    }
    const Expr *const kid[] = {e->a, e->b, e->c, e->lo, e->hi};
    for (int i = 0; i < 5; i++) {
        const Var *v = later_state(b, kid[i], order, depth + 1);
        if (v) return v;
    }
    for (uint32_t i = 0; i < e->args.n; i++) {
        const Var *v = later_state(b, e->args.at[i], order, depth + 1);
        if (v) return v;
    }
    return NULL;
}

static void initial_order(Build *bd) {
    for (uint32_t i = 0; i < bd->b->vars.n; i++) {
        const Var *v = bd->b->vars.at[i];
        const Var *later = v->kind == VAR_STATE && v->init ? later_state(bd->b, v->init, i, 0) : NULL;
        if (later && later != v) diag(bd->s->diags, v->init->span, D_INITIAL_ORDER, v->name, later->name);
    }
}

// ---- what must be positive: a parameter that divides and is a time or a capacitance (of a membrane or of its area) ----
static bool is_positive_kind(Dim d) { return dim_equal(d, DIM_TIME) || dim_equal(d, DIM_CAPACITANCE) || dim_equal(d, dim_div(DIM_CAPACITANCE, dim_mul(DIM_LENGTH, DIM_LENGTH))); }

static void time_constants(Build *bd, const Expr *e) {
    if (!e || e->bad) return;
    if (e->kind == E_BINARY && e->op == OP_DIV && e->b->kind == E_VAR && e->b->var->body == bd->b && (e->b->var->kind == VAR_PARAM || e->b->var->kind == VAR_CONST) && is_positive_kind(e->b->dim)) {
        Var *v = e->b->var;
        v->positive = true;
        if (v->init && !v->init->bad && v->init->kind != E_DRAW) sema_check_value(bd->s, v, v->init, v->init->span);
    }
    const Expr *const kid[] = {e->a, e->b, e->c};
    for (int i = 0; i < 3; i++) time_constants(bd, kid[i]);
    for (uint32_t i = 0; i < e->args.n; i++) time_constants(bd, e->args.at[i]);
}

static void all_time_constants(Build *bd) {
    for (uint32_t i = 0; i < bd->b->equations.n; i++) time_constants(bd, bd->b->equations.at[i].value);
    for (uint32_t i = 0; i < bd->b->vars.n; i++)
        if (bd->b->vars.at[i]->kind == VAR_LET) time_constants(bd, bd->b->vars.at[i]->init);
}

// ---- models that do nothing ----
static bool acts_on_post(const StmtVec *v) {
    for (uint32_t i = 0; i < v->n; i++) {
        const Stmt *st = v->at[i];
        if (st->kind == S_ASSIGN && st->side == SIDE_POST) return true;
        if (st->kind == S_IF && (acts_on_post(&st->then) || acts_on_post(&st->otherwise))) return true;
    }
    return false;
}

static void effect(Build *bd) {
    Body *b = bd->b;
    Sema *s = bd->s;
    uint32_t states = 0, values = 0;
    for (uint32_t i = 0; i < b->vars.n; i++) {
        states += b->vars.at[i]->kind == VAR_STATE;
        values += b->vars.at[i]->kind == VAR_VALUE_INPUT;
    }
    switch (b->what) {
    case MODEL_NEURON:
        if (!b->spikes.n && states) diag(s->diags, b->span, D_SILENT_NEURON, b->name);
        break;
    case MODEL_ENCODER:
        if (!b->spikes.n) diag(s->diags, b->span, D_NEVER_SPIKES, b->name);
        if (values != 1) {
            Diag *d = diag(s->diags, b->span, D_NO_VALUE_INPUT, b->name, values ? "several input values" : "no input value");
            diag_help(s->diags, d, "declare one, as in input x in 0..1");
        }
        break;
    case MODEL_SYNAPSE: {
        if (!b->post) break;
        bool acts = b->drives.n > 0;
        for (uint32_t i = 0; i < b->handlers.n && !acts; i++) acts = acts_on_post(&b->handlers.at[i].body);
        if (!acts && !bd->acts_on) diag(s->diags, b->span, D_WITHOUT_EFFECT, "synapse", b->name);
        break;
    }
    case MODEL_PLASTICITY: {
        bool acts = body_weight(b) && body_weight(b)->written;
        if (!acts) diag(s->diags, b->span, D_WITHOUT_EFFECT, "plasticity", b->name);
        break;
    }
    case MODEL_DECODER: {
        bool out = false;
        for (uint32_t i = 0; i < b->vars.n; i++) out = out || b->vars.at[i]->kind == VAR_OUTPUT;
        if (!out) diag(s->diags, b->span, D_NO_OUTPUT, b->name);
        break;
    }
    }
}

void body_check(Build *bd) {
    step_stmts(bd, &bd->b->step);
    initial_order(bd);
    all_time_constants(bd);
    effect(bd);
}

// ---- unused names ----
static void warn_var(Sema *s, const Var *v, bool used, bool written) {
    switch (v->kind) {
    case VAR_PARAM: case VAR_CONST: case VAR_ARRAY:
        if (!used) diag(s->diags, v->span, D_UNUSED_PARAMETER, v->name);
        break;
    case VAR_STATE:
        if (!used && !written) diag(s->diags, v->span, D_UNUSED_STATE, v->name);
        else if (!written) diag_help(s->diags, diag(s->diags, v->span, D_CONSTANT_STATE, v->name), "declare it with param");
        break;
    case VAR_INPUT: case VAR_EVENT_INPUT: case VAR_VALUE_INPUT:
        if (!used) diag(s->diags, v->span, D_UNUSED_INPUT, v->name);
        break;
    case VAR_WEIGHT:
        if (!used) diag(s->diags, v->span, D_UNUSED_WEIGHT, v->name);
        break;
    case VAR_LET: case VAR_OUTPUT: case VAR_LOCAL: case VAR_KERNEL: case VAR_DATASET: break;
    }
}

static bool seen_before(const Sema *s, uint32_t at) {
    for (uint32_t i = 0; i < at; i++)
        if (s->bodies.at[i].decl == s->bodies.at[at].decl) return true;
    return false;
}

// A name is unused when no use of its declaration needs it.
void sema_warn_unused(Sema *s) {
    if (s->diags->errors) return;
    for (uint32_t i = 0; i < s->bodies.n; i++) {
        const BodyKey *k = &s->bodies.at[i];
        if (!k->decl || !k->body || seen_before(s, i)) continue;
        for (uint32_t v = 0; v < k->body->vars.n; v++) {
            bool used = false, written = false;
            for (uint32_t j = i; j < s->bodies.n; j++) {
                if (s->bodies.at[j].decl != k->decl || v >= s->bodies.at[j].body->vars.n) continue;
                used = used || s->bodies.at[j].body->vars.at[v]->used;
                written = written || s->bodies.at[j].body->vars.at[v]->written;
            }
            warn_var(s, k->body->vars.at[v], used, written);
        }
    }
}
