// SPDX-License-Identifier: MIT
// Model expressions and statements to DAG nodes. Statements become values: an assignment only changes what a name stands for, an
// `if` becomes a select, so a handler ends as one expression over OLD values for each variable it wrote.
//
//   { x += 1   w = w - A*y }      ->      x <- x + 1      w <- w - A*y        (both over the values before the handler)
#include "build.h"

#define D(e) (&(e)->b->net->dag)

static Node op1(Env *e, NetOp op, Node a) { return dag_op(D(e), op, a, 0, 0); }
static Node op2(Env *e, NetOp op, Node a, Node b) { return dag_op(D(e), op, a, b, 0); }
static Node num(Env *e, double v) { return dag_const(D(e), v); }

static Node as_real(Env *e, Node n) {
    char type = dag_at(D(e), n)->type;
    return type == 'B' ? op1(e, N_B2R, n) : type == 'K' ? op1(e, N_TICK_REAL, n) : n;
}

static Node as_bool(Env *e, Node n) {
    return dag_at(D(e), n)->type == 'B' ? n : op2(e, N_NE, as_real(e, n), num(e, 0));
}

Node lower_real(Env *e, const Expr *x) { return as_real(e, lower_expr(e, x)); }
Node lower_bool(Env *e, const Expr *x) { return as_bool(e, lower_expr(e, x)); }


static PopBuild *side_pop(Env *e, Side side) {
    return side == SIDE_PRE ? e->pre : side == SIDE_POST ? e->post : e->own;
}

// The own view of a neuron's leaf, seen from a synapse: fields become PRE or POST, constants stay.
static Node side_leaf(Env *e, Side side, Node leaf) {
    const DagNode *n = dag_at(D(e), leaf);
    if (side == SIDE_OWN || n->op != N_FIELD) return leaf;
    return dag_leaf(D(e), side == SIDE_PRE ? N_PRE : N_POST, n->ref);
}

// What is presented, and what the experiment drives on top of it.
static Node value_input(Env *e, PopBuild *p, Side side, const Var *v) {
    Node shown = map_node(&p->port, v);
    uint32_t drive = map_node(&p->drive, v);
    shown = shown ? side_leaf(e, side, shown) : num(e, 0);
    return drive ? op2(e, N_ADD, shown, side_leaf(e, side, dag_leaf(D(e), N_FIELD, drive - 1))) : shown;
}

Node lower_side_var(Env *e, Side side, const Var *v) {
    PopBuild *p = side_pop(e, side);
    Node leaf = p ? map_node(&p->var, v) : 0;
    if (leaf) return side_leaf(e, side, leaf);
    if (v->kind == VAR_CONST) return lower_real(e, v->init);
    if (v->kind == VAR_LET || v->kind == VAR_OUTPUT) {
        Env other = {.b = e->b, .body = v->body, .base = &p->var, .own = p, .pre = e->pre, .post = e->post, .own_side = side};
        return lower_real(&other, v->init);
    }
    if (p && v->kind == VAR_VALUE_INPUT) return value_input(e, p, side, v);
    fatal("net: '%s' of a connected neuron has no value", v->name);
}

Node lower_var(Env *e, const Var *v) {
    Node n = map_node(&e->now, v);
    if (n) return n;
    if ((n = map_node(&e->lets, v))) return n;
    if ((n = map_node(e->base, v))) return side_leaf(e, e->own_side, n);
    switch (v->kind) {
    case VAR_CONST: return lower_real(e, v->init);
    case VAR_LET: case VAR_OUTPUT:
        n = as_real(e, lower_expr(e, v->init));
        map_put(e->b->arena, &e->lets, v, (void *)(uintptr_t)n);
        return n;
    case VAR_PARAM:
        if (!v->body) return dag_leaf(D(e), N_K, build_param(e->b, v));
        if (e->own && v->body == e->body) return side_leaf(e, e->own_side, build_pop_param(e->b, e->own, v));
        if (v->init) return lower_real(e, v->init);
        break;
    case VAR_VALUE_INPUT: return e->own ? value_input(e, e->own, e->own_side, v) : num(e, 0);
    case VAR_INPUT:
        if (e->own && (n = map_node(&e->own->port, v))) return side_leaf(e, e->own_side, n);
        return num(e, 0);
    case VAR_LOCAL: return dag_leaf(D(e), N_LOCAL, (uint32_t)v->local);      // of an experiment
    default: break;
    }
    fatal("net: variable '%s' has no value here", v->name);
}

void lower_assign(Env *e, const Var *v, Node value) {
    map_put(e->b->arena, &e->now, v, (void *)(uintptr_t)value);
    e->lets = (PtrMap){0};
}

static Node stream_leaf(Env *e, NetOp op, Node a, Node b) { return dag_op_ref(D(e), op, ++e->b->streams, a, b); }

static Node affine(Env *e, Node shift, Node scale, Node x) { return op2(e, N_ADD, shift, op2(e, N_MUL, scale, x)); }

// A normal draw, truncated by the inverse of its distribution function when the source says `in lo..hi`.
static Node draw_normal(Env *e, const Expr *x, Node mean, Node sd, bool log_scale) {
    if (!x->lo && !x->hi) return affine(e, mean, sd, stream_leaf(e, N_NORMAL, 0, 0));
    Node lo = x->lo ? lower_real(e, x->lo) : 0, hi = x->hi ? lower_real(e, x->hi) : 0;
    if (log_scale) { if (lo) lo = op1(e, N_LOG, lo); if (hi) hi = op1(e, N_LOG, hi); }
    Node a = lo ? op2(e, N_DIV, op2(e, N_SUB, lo, mean), sd) : num(e, -1e30);
    Node b = hi ? op2(e, N_DIV, op2(e, N_SUB, hi, mean), sd) : num(e, 1e30);
    return affine(e, mean, sd, stream_leaf(e, N_TRUNCNORMAL, a, b));
}

static Node draw_exponential(Env *e, const Expr *x, Node mean) {
    if (!x->lo && !x->hi) return op2(e, N_MUL, mean, stream_leaf(e, N_EXPONENTIAL, 0, 0));
    // F(x) = 1 - exp(-x/mean): a uniform between F(lo) and F(hi), inverted
    Node lo = x->lo ? op1(e, N_EXPM1, op1(e, N_NEG, op2(e, N_DIV, lower_real(e, x->lo), mean))) : num(e, 0);
    Node hi = x->hi ? op1(e, N_EXPM1, op1(e, N_NEG, op2(e, N_DIV, lower_real(e, x->hi), mean))) : num(e, -1);
    Node u = affine(e, lo, op2(e, N_SUB, hi, lo), stream_leaf(e, N_UNIFORM, 0, 0));
    return op1(e, N_NEG, op2(e, N_MUL, mean, op1(e, N_LOG1P, u)));
}

static Node draw_uniform(Env *e, const Expr *x, Node lo, Node hi) {
    if (x->lo) lo = op2(e, N_MAX, lo, lower_real(e, x->lo));
    if (x->hi) hi = op2(e, N_MIN, hi, lower_real(e, x->hi));
    return affine(e, lo, op2(e, N_SUB, hi, lo), stream_leaf(e, N_UNIFORM, 0, 0));
}

static Node draw_value(Env *e, const Expr *x) {
    Node a = lower_real(e, x->args.at[0]), b = x->args.n > 1 ? lower_real(e, x->args.at[1]) : 0;
    switch (x->dist) {
    case DIST_uniform: return draw_uniform(e, x, a, b);
    case DIST_normal: return draw_normal(e, x, a, b, false);
    case DIST_lognormal: return op1(e, N_EXP, draw_normal(e, x, op1(e, N_LOG, a), b, true));
    case DIST_exponential: return draw_exponential(e, x, a);
    case DIST_bernoulli: return op1(e, N_B2R, op2(e, N_LT, stream_leaf(e, N_UNIFORM, 0, 0), a));
    case DIST_gamma: a = op2(e, N_MUL, b, stream_leaf(e, N_GAMMA, a, 0)); break;
    case DIST_poisson: a = stream_leaf(e, N_POISSON, a, 0); break;
    case DIST_binomial: a = stream_leaf(e, N_BINOMIAL, a, b); break;
    case DIST_COUNT: break;
    }
    if (x->lo || x->hi) { diag(e->b->diags, x->span, D_NET_TRUNCATION); e->b->failed = true; }
    return a;
}

// One Expr is one draw: reached twice (an argument of an inlined function), it is the same value.
Node lower_draw(Env *e, const Expr *x) {
    Node n = map_node(&e->now, x);
    if (n) return n;
    n = draw_value(e, x);
    map_put(e->b->arena, &e->now, x, (void *)(uintptr_t)n);
    return n;
}

static Node tick_field(Env *e, uint32_t field1) { return dag_leaf(D(e), N_TICKFIELD, field1 - 1); }

// (step - then)*dt for a tick field
static Node since(Env *e, uint32_t field1) {
    Node now = op1(e, N_TICK_REAL, dag_leaf(D(e), N_STEP, 0));
    if (e->at_end) now = op2(e, N_ADD, now, num(e, 1));
    Node steps = op2(e, N_SUB, now, op1(e, N_TICK_REAL, tick_field(e, field1)));
    return op2(e, N_MUL, steps, dag_leaf(D(e), N_K, 0));
}

static Node index_of(Env *e, Side side) {
    Side s = side == SIDE_OWN ? e->own_side : side;
    return dag_leaf(D(e), s == SIDE_PRE ? N_PRE_INDEX : s == SIDE_POST ? N_POST_INDEX : N_INDEX, 0);
}

static const NetPop *side_netpop(Env *e, Side side) {
    PopBuild *p = side_pop(e, side == SIDE_OWN ? e->own_side : side);
    if (!p && side == SIDE_OWN) p = e->own;
    return p ? &e->b->net->pops.at[p->id] : NULL;
}

// Coordinate k of a row-major index: floor(index/stride) mod extent, in whole reals.
static Node coordinate(Env *e, Side side, uint32_t k) {
    const NetPop *p = side_netpop(e, side);
    double stride = 1;
    for (uint32_t i = k + 1; i < p->rank; i++) stride *= p->shape[i];
    Node q = op1(e, N_FLOOR, op2(e, N_DIV, index_of(e, side), num(e, stride)));
    if (k == 0) return q;
    Node n = num(e, p->shape[k]);
    return op2(e, N_SUB, q, op2(e, N_MUL, n, op1(e, N_FLOOR, op2(e, N_DIV, q, n))));
}

// Position field `axis` of a population (made by build_pops when it has a layout).
static Node position(Env *e, Side side, int axis) {
    const NetPop *p = side_netpop(e, side);
    for (uint32_t i = 0; p && i < p->fields.n; i++) {
        const Field *f = &e->b->net->fields.at[p->fields.at[i]];
        if (f->role == ROLE_POSITION && f->name[0] == "xyz"[axis] && !f->name[1])
            return side_leaf(e, side == SIDE_OWN ? e->own_side : side, dag_leaf(D(e), N_FIELD, f->id));
    }
    return num(e, 0);
}

static Node distance(Env *e) {
    const Population *a = side_netpop(e, SIDE_PRE)->model;
    Node sum = 0;
    for (int axis = 0; axis < (int)(a->dims ? a->dims : 1); axis++) {
        Node d = op2(e, N_SUB, position(e, SIDE_PRE, axis), position(e, SIDE_POST, axis));
        if (a->periodic && a->extent[axis] > 0) {      // the nearest image
            Node n = num(e, a->extent[axis]);
            d = op2(e, N_SUB, d, op2(e, N_MUL, n, op1(e, N_ROUND, op2(e, N_DIV, d, n))));
        }
        Node sq = op2(e, N_MUL, d, d);
        sum = sum ? op2(e, N_ADD, sum, sq) : sq;
    }
    return op1(e, N_SQRT, sum);
}

// The solver knows what a normal draw in an equation means; elsewhere it is scaled here.
static Node white_noise(Env *e) {
    Node n = stream_leaf(e, N_NORMAL, 0, 0);
    return e->sampled_noise ? op2(e, N_DIV, n, op1(e, N_SQRT, dag_leaf(D(e), N_K, 0))) : n;
}

static Node lower_special(Env *e, const Expr *x) {
    PopBuild *p = e->own;
    switch (x->special) {
    case SP_T: {
        Node t = dag_leaf(D(e), N_T, 0);
        return e->at_end ? op2(e, N_ADD, t, dag_leaf(D(e), N_K, 0)) : t;
    }
    case SP_DT: return e->dt ? e->dt : dag_leaf(D(e), N_K, 0);
    case SP_INDEX: return index_of(e, x->side);
    case SP_COORD: return coordinate(e, x->side, (uint32_t)x->num);
    case SP_X: return position(e, x->side, 0);
    case SP_Y: return position(e, x->side, 1);
    case SP_Z: return position(e, x->side, 2);
    case SP_ANGLE: return op2(e, N_ATAN2, position(e, x->side, 1), position(e, x->side, 0));
    case SP_DISTANCE: return distance(e);
    case SP_XI: {
        Node n = map_node(&e->now, x);
        if (!n) map_put(e->b->arena, &e->now, x, (void *)(uintptr_t)(n = white_noise(e)));
        return n;
    }
    case SP_SINCE_SPIKE: return op2(e, N_MIN, since(e, p->last), num(e, 1e9));
    case SP_SPIKED_BEFORE: return dag_leaf(D(e), N_FIELD, p->spiked - 1);
    case SP_SINCE_PRESENT: return e->since ? e->since : since(e, p->present);
    case SP_RANK: return dag_leaf(D(e), N_FIELD, p->rank - 1);
    case SP_SIZE: return num(e, side_netpop(e, x->side)->n);
    }
    return 0;
}

static Node lower_binary(Env *e, const Expr *x) {
    Node a, b;
    if (x->op == OP_AND || x->op == OP_OR) return op2(e, x->op == OP_AND ? N_AND : N_OR, lower_bool(e, x->a), lower_bool(e, x->b));
    a = lower_real(e, x->a);
    b = lower_real(e, x->b);
    switch ((BinaryOp)x->op) {
    case OP_ADD: return op2(e, N_ADD, a, b);
    case OP_SUB: return op2(e, N_SUB, a, b);
    case OP_MUL: return op2(e, N_MUL, a, b);
    case OP_DIV: return op2(e, N_DIV, a, b);
    case OP_MOD: return op2(e, N_SUB, a, op2(e, N_MUL, b, op1(e, N_FLOOR, op2(e, N_DIV, a, b))));
    case OP_POW: {
        double p;
        if (dag_is_const(D(e), b, &p) && p == (int)p && p >= -16 && p <= 16) {
            Node y = dag_ipow(D(e), a, (unsigned)(p < 0 ? -p : p));
            return p < 0 ? op2(e, N_DIV, num(e, 1), y) : y;
        }
        if (dag_is_const(D(e), b, &p) && p == 0.5) return op1(e, N_SQRT, a);
        return op2(e, N_POW, a, b);
    }
    case OP_LT: return op2(e, N_LT, a, b);
    case OP_LE: return op2(e, N_LE, a, b);
    case OP_GT: return op2(e, N_LT, b, a);
    case OP_GE: return op2(e, N_LE, b, a);
    case OP_EQ: return op2(e, N_EQ, a, b);
    case OP_NE: return op2(e, N_NE, a, b);
    case OP_AND: case OP_OR: break;
    }
    return 0;
}

// bit(x, k, bits): the k-th most significant of `bits` bits of x in 0..1, x = 1 counting as the largest code.
static Node lower_bit(Env *e, Node x, Node k, Node bits) {
    Node full = op2(e, N_POW, num(e, 2), bits);
    double nb;
    if (dag_is_const(D(e), bits, &nb) && nb >= 0 && nb <= 52) full = num(e, (double)(1ull << (int)nb));
    Node code = op1(e, N_ROUND, op2(e, N_MUL, x, op2(e, N_SUB, full, num(e, 1))));
    Node place = op2(e, N_POW, num(e, 2), op2(e, N_SUB, op2(e, N_SUB, bits, num(e, 1)), k));
    double nk;
    if (dag_is_const(D(e), bits, &nb) && dag_is_const(D(e), k, &nk)) place = num(e, (double)(1ull << (int)(nb - 1 - nk)));
    Node q = op1(e, N_FLOOR, op2(e, N_DIV, code, place));
    return op2(e, N_SUB, q, op2(e, N_MUL, num(e, 2), op1(e, N_FLOOR, op2(e, N_DIV, q, num(e, 2)))));
}

static Node lower_call(Env *e, const Expr *x) {
    Node a = lower_real(e, x->args.at[0]), b = x->args.n > 1 ? lower_real(e, x->args.at[1]) : 0;
    Node zero = num(e, 0), one = num(e, 1);
    switch (x->fn) {
    case FN_exp: return op1(e, N_EXP, a);
    case FN_log: return op1(e, N_LOG, a);
    case FN_log10: return op2(e, N_MUL, op1(e, N_LOG, a), num(e, 0.43429448190325182765));
    case FN_expm1: return op1(e, N_EXPM1, a);
    case FN_log1p: return op1(e, N_LOG1P, a);
    case FN_sin: return op1(e, N_SIN, a);
    case FN_cos: return op1(e, N_COS, a);
    case FN_tan: return op1(e, N_TAN, a);
    case FN_tanh: return op1(e, N_TANH, a);
    case FN_sinh: return op2(e, N_MUL, num(e, 0.5), op2(e, N_SUB, op1(e, N_EXPM1, a), op1(e, N_EXPM1, op1(e, N_NEG, a))));
    case FN_cosh: return op2(e, N_MUL, num(e, 0.5), op2(e, N_ADD, op1(e, N_EXP, a), op1(e, N_EXP, op1(e, N_NEG, a))));
    case FN_atan: return op1(e, N_ATAN, a);
    case FN_atan2: return op2(e, N_ATAN2, a, b);
    case FN_exprel: return op1(e, N_EXPREL, a);
    case FN_sqrt: return op1(e, N_SQRT, a);
    case FN_pow: return op2(e, N_POW, a, b);
    case FN_abs: return op1(e, N_ABS, a);
    case FN_min: return op2(e, N_MIN, a, b);
    case FN_max: return op2(e, N_MAX, a, b);
    case FN_clip: return op2(e, N_MIN, op2(e, N_MAX, a, b), lower_real(e, x->args.at[2]));
    case FN_floor: return op1(e, N_FLOOR, a);
    case FN_ceil: return op1(e, N_CEIL, a);
    case FN_round: return op1(e, N_ROUND, a);
    case FN_sign: return op2(e, N_SUB, op1(e, N_B2R, op2(e, N_LT, zero, a)), op1(e, N_B2R, op2(e, N_LT, a, zero)));
    case FN_step: return dag_op(D(e), N_SELECT, op2(e, N_LE, zero, a), one, zero);
    case FN_mod: return op2(e, N_SUB, a, op2(e, N_MUL, b, op1(e, N_FLOOR, op2(e, N_DIV, a, b))));
    case FN_hypot: return op1(e, N_SQRT, op2(e, N_ADD, op2(e, N_MUL, a, a), op2(e, N_MUL, b, b)));
    case FN_bit: return lower_bit(e, a, b, lower_real(e, x->args.at[2]));
    case FN_COUNT: break;
    }
    return 0;
}

static uint32_t array_number(Net *n, const Var *v) {
    for (uint32_t i = 0; i < n->arrays.n; i++)
        if (n->arrays.at[i].data == v->data) return i;
    uint64_t size = 1;
    for (uint32_t i = 0; i < v->rank; i++) size *= v->shape[i];
    vec_push(n->arena, &n->arrays, ((NetArray){v->name, v->data, size}));
    return n->arrays.n - 1;
}

static Node lower_element(Env *e, const Expr *x) {
    Node flat = 0;
    if (!x->var->data) return dag_op_ref(D(e), N_LOOKUP, ARRAY_LOCAL | (uint32_t)x->var->local, op1(e, N_FLOOR, lower_real(e, x->args.at[0])), 0);
    for (uint32_t i = 0; i < x->args.n; i++) {
        Node k = op1(e, N_FLOOR, lower_real(e, x->args.at[i]));
        flat = flat ? op2(e, N_ADD, op2(e, N_MUL, flat, num(e, x->var->shape[i])), k) : k;
    }
    return dag_op_ref(D(e), N_LOOKUP, array_number(e->b->net, x->var), flat, 0);
}

Node lower_expr(Env *e, const Expr *x) {
    switch (x->kind) {
    case E_NUM: return x->ty == TY_BOOL ? op2(e, N_NE, num(e, x->num), num(e, 0)) : num(e, x->num);
    case E_VAR: return lower_var(e, x->var);
    case E_SIDE: return lower_side_var(e, x->side, x->var);
    case E_SPECIAL: return lower_special(e, x);
    case E_NEG: return op1(e, N_NEG, lower_real(e, x->a));
    case E_NOT: return op1(e, N_NOT, lower_bool(e, x->a));
    case E_BINARY: return lower_binary(e, x);
    case E_COND: {
        Node c = lower_bool(e, x->a);
        if (x->ty == TY_BOOL) return dag_op(D(e), N_SELECT, c, lower_bool(e, x->b), lower_bool(e, x->c));
        return dag_op(D(e), N_SELECT, c, lower_real(e, x->b), lower_real(e, x->c));
    }
    case E_CALL: return lower_call(e, x);
    case E_DRAW: return lower_draw(e, x);
    case E_ELEMENT: return lower_element(e, x);
    case E_CONVOLVE: return map_node(e->kernel, x);
    case E_STRING: case E_ARRAY: case E_POP: case E_XCALL: case E_DATASET: break;
    }
    fatal("net: expression kind %d has no meaning in a program", x->kind);
}

static Node guarded(Env *e, Node guard, Node value, Node old) { return guard ? dag_op(D(e), N_SELECT, guard, value, old) : value; }

static Node combine(Env *e, AssignOp op, Node old, Node value) {
    static const NetOp ops[] = {N_CONST, N_ADD, N_SUB, N_MUL, N_DIV};
    return op == ASSIGN_SET ? value : op2(e, ops[op], old, value);
}

// post.X += value: jumps of one handler on one variable add up; anything else is a plain assignment.
static void assign_side(Env *e, const Stmt *s, Node guard, Effects *fx) {
    Node value = lower_real(e, s->value);
    Arena *a = e->b->arena;
    if (s->op == ASSIGN_ADD || s->op == ASSIGN_SUB) {
        if (s->op == ASSIGN_SUB) value = op1(e, N_NEG, value);
        value = guarded(e, guard, value, num(e, 0));
        Node before = map_node(&fx->post_add, s->var);
        map_put(a, &fx->post_add, s->var, (void *)(uintptr_t)(before ? op2(e, N_ADD, before, value) : value));
        return;
    }
    Node before = map_node(&fx->post_set, s->var), old = before ? before : lower_side_var(e, SIDE_POST, s->var);
    map_put(a, &fx->post_set, s->var, (void *)(uintptr_t)guarded(e, guard, combine(e, s->op, old, value), old));
}

static void lower_refractory(Env *e, const Stmt *s, Node guard, Effects *fx) {
    Node steps = op1(e, N_ROUND, op2(e, N_DIV, lower_real(e, s->value), dag_leaf(D(e), N_K, 0)));
    Node always = guard ? guard : dag_leaf(D(e), N_BTRUE, 0);
    fx->refractory = fx->refractory ? dag_op(D(e), N_SELECT, always, steps, fx->refractory) : steps;
    fx->refractory_guard = fx->refractory_guard ? op2(e, N_OR, fx->refractory_guard, always) : always;
}

void lower_stmts(Env *e, const StmtVec *stmts, Node guard, Effects *fx) {
    for (uint32_t i = 0; i < stmts->n; i++) {
        const Stmt *s = stmts->at[i];
        switch (s->kind) {
        case S_LOCAL:
            lower_assign(e, s->var, lower_expr(e, s->value));
            break;
        case S_ASSIGN:
            if (s->side != SIDE_OWN || e->own_side == SIDE_POST) { assign_side(e, s, guard, fx); break; }
            Node old = lower_var(e, s->var);
            lower_assign(e, s->var, guarded(e, guard, combine(e, s->op, old, lower_real(e, s->value)), old));
            break;
        case S_IF: {
            Node c = lower_bool(e, s->cond), no = op1(e, N_NOT, c);
            lower_stmts(e, &s->then, guard ? op2(e, N_AND, guard, c) : c, fx);
            lower_stmts(e, &s->otherwise, guard ? op2(e, N_AND, guard, no) : no, fx);
            break;
        }
        case S_REFRACTORY: lower_refractory(e, s, guard, fx); break;
        }
    }
}
