// SPDX-License-Identifier: MIT
// Calls: functions of the language (builtins.def), distributions (dist.def), kernels, and fn declarations, which are inlined.
#include "expr.h"

static const struct { const char *name; unsigned arity; char rule; } BUILTIN[] = {
#define FN(name, arity, rule) {#name, arity, rule},
#include "builtins.def"
#undef FN
};
static const struct { const char *name; unsigned arity; } DIST[] = {
#define DIST(name, arity, discrete) {#name, arity},
#include "dist.def"
#undef DIST
};

static int builtin_find(Sym n) {
    for (int i = 0; i < FN_COUNT; i++)
        if (!strcmp(BUILTIN[i].name, n)) return i;
    return -1;
}

static int dist_find(Sym n) {
    for (int i = 0; i < DIST_COUNT; i++)
        if (!strcmp(DIST[i].name, n)) return i;
    return -1;
}

static void wrong_count(Sema *s, Span at, const char *what, unsigned want, unsigned got) {
    const char *takes = want == 0 ? "no arguments" : arena_printf(s->arena, "%u argument%s", want, want == 1 ? "" : "s");
    diag(s->diags, at, D_ARGUMENT_COUNT, what, takes, got, got == 1 ? "is" : "are");
}

// Positional arguments; a named one is an error. `in = lo..hi` is left to distributions.
static ExprVec positional(Sema *s, Scope *sc, const AstCall *c, const ExprCtx *cx, const char *what, const AstRange **in) {
    ExprVec v = {0};
    for (uint32_t i = 0; i < c->args.n; i++) {
        const AstArg *a = AST_AS(Arg, c->args.at[i]);
        if (a->name && in && !strcmp(a->name, "in") && a->value && a->value->kind == AST_Range) { *in = AST_AS(Range, a->value); continue; }
        if (a->name) diag(s->diags, a->name_span, D_UNKNOWN_ARGUMENT, what, a->name);
        vec_push(s->arena, &v, sema_expr(s, sc, a->value, cx));
    }
    return v;
}

// ---- functions of the language ----
static bool same_dims(Sema *s, Expr *e) {
    Dim d = DIM_NONE;
    bool have = false;
    for (uint32_t i = 0; i < e->args.n && !have; i++)
        if (!e->args.at[i]->flex) { d = e->args.at[i]->dim; have = true; }
    e->dim = d;
    e->flex = !have;
    for (uint32_t i = 0; i < e->args.n && have; i++) {
        Expr *a = e->args.at[i];
        if (sema_unify(s, a, d)) continue;
        Diag *m = diag(s->diags, e->span, D_DIM_MISMATCH, arena_printf(s->arena, "take %s of", BUILTIN[e->fn].name), dim_phrase(s->arena, d), dim_phrase(s->arena, a->dim));
        expr_dim_help(s, m, a, d);
        return false;
    }
    return true;
}

static bool plain_args(Sema *s, Expr *e) {
    for (uint32_t i = 0; i < e->args.n; i++) {
        Expr *a = e->args.at[i];
        if (sema_unify(s, a, DIM_NONE)) continue;
        Diag *m = diag(s->diags, a->span, D_DIM_FUNCTION, BUILTIN[e->fn].name, dim_phrase(s->arena, a->dim));
        expr_dim_notes(s, m, a);
        expr_dim_help(s, m, a, DIM_NONE);
        const char *w = dim_word(a->dim);
        if (w) diag_help(s->diags, m, "divide it by %s", w);
        return false;
    }
    return true;
}

static bool apply_rule(Sema *s, Expr *e) {
    Expr *a = e->args.at[0];
    switch (BUILTIN[e->fn].rule) {
    case '0': return plain_args(s, e);
    case 'S': return same_dims(s, e);
    case 'B': {
        bool ok = same_dims(s, e);
        if (ok && e->flex)
            for (uint32_t i = 0; i < e->args.n; i++) expr_settle_free(s, e->args.at[i]);
        e->flex = false;
        e->dim = DIM_NONE;
        return ok;
    }
    case 'A':
        e->dim = a->dim;
        e->flex = a->flex;
        if (a->ty == TY_INT) e->ty = TY_INT;
        return true;
    case 'N':
        expr_settle_free(s, a);
        return !a->bad;
    case 'Q':
        expr_settle_free(s, a);
        if (!dim_pow_exact(a->dim, 0.5)) {
            diag(s->diags, e->span, D_POWER_FRACTION, dim_phrase(s->arena, a->dim), 0.5);
            return false;
        }
        e->dim = dim_pow(a->dim, 0.5);
        return true;
    }
    return true;
}

Expr *expr_builtin(Sema *s, FnId fn, ExprVec args, Span span) {
    if (fn == FN_pow && args.n == 2) return expr_binary(s, OP_POW, args.at[0], args.at[1], span);
    Expr *e = expr_new(s, E_CALL, span);
    e->fn = fn;
    e->args = args;
    for (uint32_t i = 0; i < args.n; i++) {
        expr_expect_number(s, args.at[i], arena_printf(s->arena, "the argument of %s", BUILTIN[fn].name));
        if (args.at[i]->bad) e->bad = true;
    }
    if (!e->bad && !apply_rule(s, e)) e->bad = true;
    if ((fn == FN_min || fn == FN_max || fn == FN_clip) && !e->bad) {
        e->ty = TY_INT;
        for (uint32_t i = 0; i < args.n; i++)
            if (args.at[i]->ty != TY_INT) e->ty = TY_REAL;
    }
    return e;
}

static Expr *builtin(Sema *s, Scope *sc, const AstCall *c, FnId fn, const ExprCtx *cx) {
    ExprVec args = positional(s, sc, c, cx, BUILTIN[fn].name, NULL);
    unsigned arity = BUILTIN[fn].arity;
    if ((fn == FN_min || fn == FN_max) && args.n > 2) {              // min(a, b, c) is min(min(a, b), c)
        Expr *e = args.at[0];
        for (uint32_t i = 1; i < args.n; i++) {
            ExprVec two = {0};
            vec_push(s->arena, &two, e);
            vec_push(s->arena, &two, args.at[i]);
            e = expr_builtin(s, fn, two, c->base.span);
        }
        return e;
    }
    if (args.n != arity) {
        wrong_count(s, c->base.span, BUILTIN[fn].name, arity, args.n);
        return expr_bad(s, c->base.span);
    }
    return expr_builtin(s, fn, args, c->base.span);
}

// ---- distributions ----
static void dist_constant(Sema *s, DistId d, const Expr *e, const char *what, double lo, double hi, const char *want) {
    const Expr *c = sema_fold_all(s, (Expr *)e);
    if (c->kind == E_NUM && !c->bad && !(c->num >= lo && c->num <= hi)) diag(s->diags, e->span, D_DRAW_PARAMETER, what, DIST[d].name, want, c->num);
}

static void dist_dims(Sema *s, Expr *e) {
    Expr **a = e->args.at;
    switch (e->dist) {
    case DIST_uniform: case DIST_normal: {
        e->flex = a[0]->flex && a[1]->flex;
        e->dim = a[0]->flex ? a[1]->dim : a[0]->dim;
        if (e->flex) break;
        sema_unify(s, a[0], e->dim);
        if (!sema_expect_dim(s, a[1], e->dim, e->dist == DIST_uniform ? "the upper end" : "the standard deviation")) e->bad = true;
        break;
    }
    case DIST_lognormal:
        expr_settle_free(s, a[0]);
        e->dim = a[0]->dim;
        if (!sema_expect_dim(s, a[1], DIM_NONE, "the sigma of lognormal")) e->bad = true;
        break;
    case DIST_exponential:
        expr_settle_free(s, a[0]);
        e->dim = a[0]->dim;
        break;
    case DIST_gamma:
        if (!sema_expect_dim(s, a[0], DIM_NONE, "the shape of gamma")) e->bad = true;
        expr_settle_free(s, a[1]);
        e->dim = a[1]->dim;
        break;
    case DIST_poisson: case DIST_bernoulli: case DIST_binomial:
        for (uint32_t i = 0; i < e->args.n; i++)
            if (!sema_expect_dim(s, a[i], DIM_NONE, "the parameter of a count")) e->bad = true;
        break;
    case DIST_COUNT: break;
    }
}

// Parameters that are known must make sense.
static void dist_limits(Sema *s, Expr *e) {
    Expr **a = e->args.at;
    const double huge = 1e300;
    switch (e->dist) {
    case DIST_normal: dist_constant(s, e->dist, a[1], "the standard deviation", 0, huge, "0 or more"); break;
    case DIST_lognormal: dist_constant(s, e->dist, a[1], "the sigma", 0, huge, "0 or more"); break;
    case DIST_gamma: dist_constant(s, e->dist, a[0], "the shape", 1e-300, huge, "positive"); break;
    case DIST_poisson: dist_constant(s, e->dist, a[0], "the mean", 0, huge, "0 or more"); break;
    case DIST_bernoulli: dist_constant(s, e->dist, a[0], "the probability", 0, 1, "in 0..1"); break;
    case DIST_binomial:
        dist_constant(s, e->dist, a[0], "the number of trials", 0, huge, "0 or more");
        dist_constant(s, e->dist, a[1], "the probability", 0, 1, "in 0..1");
        break;
    case DIST_uniform: case DIST_exponential: case DIST_COUNT: break;
    }
}

static void check_ends(Sema *s, const Expr *lo, const Expr *hi, Span at) {
    const Expr *a = sema_fold_all(s, (Expr *)lo), *b = sema_fold_all(s, (Expr *)hi);
    if (a->kind == E_NUM && b->kind == E_NUM && !a->bad && !b->bad && a->num > b->num) diag(s->diags, at, D_EMPTY_RANGE, a->num, b->num);
}

static void truncate_draw(Sema *s, Scope *sc, Expr *e, const AstRange *in, const ExprCtx *cx) {
    ExprCtx plain = *cx;
    plain.allow &= ~(unsigned)ALLOW_DRAW;
    if (!in->lo || !in->hi) { diag(s->diags, in->base.span, D_MISPLACED_FORM, "an open range"); e->bad = true; return; }
    e->lo = sema_expr_dim(s, sc, in->lo, &plain, e->dim, "the lower bound");
    e->hi = sema_expr_dim(s, sc, in->hi, &plain, e->dim, "the upper bound");
    if (e->lo->bad || e->hi->bad) e->bad = true;
    else check_ends(s, e->lo, e->hi, in->base.span);
}

static Expr *distribution(Sema *s, Scope *sc, const AstCall *c, DistId d, const ExprCtx *cx) {
    const AstRange *in = NULL;
    Span at = c->base.span;
    if (!(cx->allow & ALLOW_DRAW)) {
        Diag *m = diag(s->diags, at, D_NOT_ALLOWED, "a distribution", cx->where);
        diag_help(s->diags, m, "it is drawn into a name of a neuron, let k ~ %s(...), or into a state or parameter, P.v ~ %s(...)", DIST[d].name, DIST[d].name);
        return expr_bad(s, at);
    }
    ExprVec args = positional(s, sc, c, cx, DIST[d].name, &in);
    if (args.n != DIST[d].arity) {
        wrong_count(s, at, DIST[d].name, DIST[d].arity, args.n);
        return expr_bad(s, at);
    }
    Expr *e = expr_new(s, E_DRAW, at);
    e->dist = d;
    e->args = args;
    for (uint32_t i = 0; i < args.n; i++)
        if (!expr_expect_number(s, args.at[i], "the parameter of a distribution")) e->bad = true;
    if (!e->bad) dist_dims(s, e);
    if (!e->bad) dist_limits(s, e);
    if (!e->bad && d == DIST_uniform) check_ends(s, args.at[0], args.at[1], at);
    if (in) truncate_draw(s, sc, e, in, cx);
    return e;
}

static Expr *find_draw(Expr *e) { return (Expr *)expr_find(e, E_DRAW); }

Expr *sema_draw_expr(Sema *s, Scope *sc, const Ast *e, const ExprCtx *cx, Dim want, bool any_dim, const char *what) {
    ExprCtx draws = *cx;
    draws.allow |= ALLOW_DRAW;
    Expr *x = sema_expr(s, sc, e, &draws);
    if (x->bad) return x;
    if (!find_draw(x)) {
        Diag *m = diag(s->diags, x->span, D_NOT_A_DISTRIBUTION);
        diag_help(s->diags, m, "write = for a value that is not drawn");
        x->bad = true;
        return x;
    }
    if (!any_dim) sema_expect_dim(s, x, want, what);
    else if (expr_expect_number(s, x, what)) expr_settle_free(s, x);
    return x;
}

// ---- kernels, convolve, rank, coord ----
static Var *arrivals(Sema *s, Scope *sc, Span at, const ExprCtx *cx) {
    Sym n = sym("arrivals");
    Symbol *y = scope_find(sc, n);
    if (y && y->kind == SYMBOL_VAR) return y->var;
    Scope *body = sc;                                    // the body's own scope is the one below the globals
    while (body->parent && body->parent != s->globals) body = body->parent;
    Var *v = var_new(s, n, VAR_EVENT_INPUT, DIM_NONE, at);
    v->flex = v->used = true;
    Body *b = cx->own;
    if (b) { v->body = b; vec_push(s->arena, &b->vars, v); }
    scope_add_var(s, body, v);
    return v;
}

static Expr *convolve(Sema *s, Scope *sc, const AstCall *c, const ExprCtx *cx) {
    Expr *e = expr_new(s, E_CONVOLVE, c->base.span);
    if (!(cx->allow & ALLOW_SPIKES)) { diag(s->diags, e->span, D_NOT_ALLOWED, "convolve", cx->where); e->bad = true; return e; }
    if (c->args.n != 2) { wrong_count(s, e->span, "convolve", 2, c->args.n); e->bad = true; return e; }
    const Ast *k = AST_AS(Arg, c->args.at[0])->value, *p = AST_AS(Arg, c->args.at[1])->value;
    Symbol *ks = k && k->kind == AST_Name ? scope_find(sc, AST_AS(Name, k)->name) : NULL;
    if (!ks || ks->kind != SYMBOL_VAR || ks->var->kind != VAR_KERNEL) {
        diag(s->diags, k ? k->span : e->span, D_CONVOLVE_KERNEL);
        e->bad = true;
        return e;
    }
    e->var = ks->var;
    sema_resolve(s, e->var);
    e->var->used = true;
    e->bad = e->var->bad;
    e->dim = e->var->dim;
    if (e->var->kernel_since) {
        e->a = expr_new(s, E_SPECIAL, e->span);
        e->a->special = SP_SINCE_SPIKE;
        e->a->dim = DIM_TIME;
    }
    Sym pn = p && p->kind == AST_Name ? AST_AS(Name, p)->name : NULL;
    Symbol *ps = pn ? scope_find(sc, pn) : NULL;
    if (pn && !ps && !strcmp(pn, "self")) { e->self_spikes = true; return e; }
    if (pn && !ps && !strcmp(pn, "arrivals")) e->port = arrivals(s, sc, p->span, cx);
    else if (ps && ps->kind == SYMBOL_VAR && ps->var->kind == VAR_EVENT_INPUT) e->port = ps->var;
    if (!e->port) { diag(s->diags, p ? p->span : e->span, D_CONVOLVE_PORT); e->bad = true; return e; }
    sema_resolve(s, e->port);
    e->port->used = true;
    e->bad = e->bad || e->port->bad;
    e->flex = e->port->flex && !e->bad;
    e->dim = dim_mul(e->var->dim, e->port->dim);
    return e;
}

// rank(x): the rank of the presented value within its population
static Expr *rank(Sema *s, Scope *sc, const AstCall *c, const ExprCtx *cx) {
    Expr *e = expr_new(s, E_SPECIAL, c->base.span);
    e->special = SP_RANK;
    e->ty = TY_INT;
    if (!(cx->allow & ALLOW_ENCODER)) { diag(s->diags, e->span, D_NOT_ALLOWED, "rank", cx->where); e->bad = true; return e; }
    if (c->args.n != 1) { wrong_count(s, e->span, "rank", 1, c->args.n); e->bad = true; return e; }
    Expr *a = sema_expr(s, sc, AST_AS(Arg, c->args.at[0])->value, cx);
    if (!a->bad && !(a->kind == E_VAR && a->var->kind == VAR_VALUE_INPUT)) {
        diag(s->diags, a->span, D_WRONG_TYPE, "the argument of rank", "the input value", expr_type_phrase(s, a));
        e->bad = true;
    }
    e->bad = e->bad || a->bad;
    return e;
}

// coord(k): coordinate number k of a shaped population, 0 the slowest
static Expr *coord(Sema *s, Scope *sc, const AstCall *c, const ExprCtx *cx) {
    Expr *e = expr_new(s, E_SPECIAL, c->base.span);
    e->special = SP_COORD;
    e->ty = TY_INT;
    if (!(cx->allow & ALLOW_OWN)) { diag(s->diags, e->span, D_NOT_ALLOWED, "coord", cx->where); e->bad = true; return e; }
    if (c->args.n != 1) { wrong_count(s, e->span, "coord", 1, c->args.n); e->bad = true; return e; }
    int64_t k = 0;
    if (!sema_const_int(s, sc, AST_AS(Arg, c->args.at[0])->value, cx, "the number of a coordinate", 0, &k)) e->bad = true;
    if (k > 3) { diag(s->diags, e->span, D_INDEX_BOUNDS, (long long)k, 4LL); e->bad = true; }
    e->num = (double)k;
    return e;
}

// ---- fn: inlined, its arguments are values under the parameters' names ----
static Expr *fn_argument(Sema *s, Scope *sc, const AstCall *c, const AstFn *f, uint32_t i, const ExprCtx *cx) {
    const AstParam *p = AST_AS(Param, f->params.at[i]);
    uint32_t place = 0;
    for (uint32_t k = 0; k < c->args.n; k++) {
        const AstArg *a = AST_AS(Arg, c->args.at[k]);
        if (a->name ? a->name == p->name : place++ == i) return sema_expr(s, sc, a->value, cx);
    }
    return NULL;
}

static bool check_names(Sema *s, const AstCall *c, const AstFn *f) {
    bool all = true;
    for (uint32_t k = 0; k < c->args.n; k++) {
        const AstArg *a = AST_AS(Arg, c->args.at[k]);
        bool known = !a->name;
        for (uint32_t i = 0; i < f->params.n && !known; i++) known = AST_AS(Param, f->params.at[i])->name == a->name;
        if (!known) diag(s->diags, a->name_span, D_UNKNOWN_ARGUMENT, arena_printf(s->arena, "fn %s", f->name), a->name);
        all = all && known;
    }
    return all;
}

static Expr *fn_default(Sema *s, const AstParam *p, Scope *inner, const ExprCtx *pure) {
    return p->init ? sema_expr(s, inner, p->init, pure) : NULL;
}

enum { LARGEST = 50000, DEEPEST = 20 };

// Nodes of e written out as a tree, counted up to `most`.
static uint32_t tree_size(const Expr *e, uint32_t most) {
    if (!e || !most) return 0;
    uint32_t n = 1;
    const Expr *const kid[] = {e->a, e->b, e->c};
    for (int i = 0; i < 3 && n < most; i++) n += tree_size(kid[i], most - n);
    for (uint32_t i = 0; i < e->args.n && n < most; i++) n += tree_size(e->args.at[i], most - n);
    return n;
}

static bool too_large(Sema *s, const Expr *e, Sym name, Span at) {
    if (tree_size(e, LARGEST) < LARGEST) return false;
    diag(s->diags, at, D_FN_TOO_LARGE, name);
    return true;
}

static Expr *fn_call(Sema *s, Scope *sc, const AstCall *c, const AstFn *f, const ExprCtx *cx) {
    Span at = c->base.span;
    for (uint32_t i = 0; i < s->fn_depth; i++)
        if (s->fn_stack[i] == f) { diag(s->diags, at, D_RECURSION, f->name); return expr_bad(s, at); }
    if (s->fn_depth == DEEPEST) { diag(s->diags, at, D_FN_TOO_LARGE, f->name); return expr_bad(s, at); }
    if (!check_names(s, c, f)) return expr_bad(s, at);
    ExprCtx pure = {.where = "a fn: give it as an argument"};
    Scope *inner = scope_new(s->arena, s->globals);
    bool bad = false, missing = false;
    for (uint32_t i = 0; i < f->params.n; i++) {
        const AstParam *p = AST_AS(Param, f->params.at[i]);
        Expr *a = fn_argument(s, sc, c, f, i, cx);
        if (!a) a = fn_default(s, p, inner, &pure);
        if (!a) { missing = true; continue; }
        TypeSpec t = sema_type(s, p->type, NULL);
        const char *what = arena_printf(s->arena, "argument '%s' of fn %s", p->name, f->name);
        if (t.given && t.ty == TY_BOOL) expr_expect_bool(s, a, what);
        else if (t.given && !t.bad) sema_expect_dim(s, a, t.dim, what);
        bad = bad || a->bad;
        scope_add_expr(s, inner, p->name, a, p->name_span);
    }
    if (missing || c->args.n > f->params.n) {
        wrong_count(s, at, arena_printf(s->arena, "fn %s", f->name), f->params.n, c->args.n);
        return expr_bad(s, at);
    }
    if (bad) return expr_bad(s, at);
    s->fn_stack[s->fn_depth++] = f;
    Expr *body = sema_expr(s, inner, f->body, &pure);
    s->fn_depth--;
    TypeSpec t = sema_type(s, f->type, NULL);
    if (t.given && t.ty == TY_BOOL) expr_expect_bool(s, body, "the value of this fn");
    else if (t.given && !t.bad) sema_expect_dim(s, body, t.dim, arena_printf(s->arena, "the value of fn %s", f->name));
    if (!body->bad && !too_large(s, body, f->name, at)) {                       // messages about the result point at the call
        Expr *e = ARENA_NEW(s->arena, Expr);
        *e = *body;
        if (!e->flex && e->kind != E_DRAW && !(e->kind == E_SPECIAL && e->special == SP_XI)) { e->span = at; return e; }
        return body;
    }
    return expr_bad(s, at);
}

static Expr *kernel_call(Sema *s, Scope *sc, const AstCall *c, Var *k, const ExprCtx *cx) {
    Span at = c->base.span;
    sema_resolve(s, k);
    k->used = true;
    uint32_t count = k->kernel_since ? 2 : 1;
    if (c->args.n != count) { wrong_count(s, at, k->name, count, c->args.n); return expr_bad(s, at); }
    Expr *a[2], *e = k->kernel_body;
    bool bad = k->bad;
    for (uint32_t i = 0; i < count; i++) {
        a[i] = sema_expr_dim(s, sc, AST_AS(Arg, c->args.at[i])->value, cx, DIM_TIME, "the argument of a kernel");
        bad |= a[i]->bad;
    }
    if (bad) return expr_bad(s, at);
    for (uint32_t i = 0; i < count; i++) e = expr_substitute(s, e, i + 1 < count ? k->kernel_since : k->kernel_arg, a[i]);
    return too_large(s, e, k->name, at) ? expr_bad(s, at) : e;
}

// e with every use of `from` replaced by `to`. What does not contain it is shared.
Expr *expr_substitute(Sema *s, Expr *e, const Var *from, Expr *to) {
    if (!e) return NULL;
    if (e->kind == E_VAR && e->var == from) return to;
    Expr *a = expr_substitute(s, e->a, from, to), *b = expr_substitute(s, e->b, from, to), *c = expr_substitute(s, e->c, from, to);
    bool same = a == e->a && b == e->b && c == e->c;
    ExprVec args = {0};
    for (uint32_t i = 0; i < e->args.n; i++) {
        vec_push(s->arena, &args, expr_substitute(s, e->args.at[i], from, to));
        same = same && args.at[i] == e->args.at[i];
    }
    if (same) return e;
    Expr *n = ARENA_NEW(s->arena, Expr);
    *n = *e;
    n->a = a;
    n->b = b;
    n->c = c;
    n->args = args;
    return n;
}

static void unknown_function(Sema *s, Scope *sc, Sym n, Span at) {
    SymVec names = {0};
    for (int i = 0; i < FN_COUNT; i++) vec_push(s->arena, &names, sym(BUILTIN[i].name));
    for (int i = 0; i < DIST_COUNT; i++) vec_push(s->arena, &names, sym(DIST[i].name));
    sema_fn_names(s, at.file, &names);
    Diag *d = diag(s->diags, at, D_UNKNOWN_FUNCTION, n);
    Sym near = nearest_name(n, names.at, names.n);
    if (scope_find(sc, n)) diag_help(s->diags, d, "'%s' is a name; write * to multiply", n);
    else if (near) diag_help(s->diags, d, "did you mean '%s'?", near);
}

Expr *expr_call(Sema *s, Scope *sc, const AstCall *c, const ExprCtx *cx) {
    if (!c->callee || c->callee->kind != AST_Name) {
        diag(s->diags, c->base.span, D_MISPLACED_FORM, "this call");
        return expr_bad(s, c->base.span);
    }
    Sym n = AST_AS(Name, c->callee)->name;
    Symbol *y = scope_find(sc, n);
    if (y && y->kind == SYMBOL_VAR && y->var->kind == VAR_KERNEL) return kernel_call(s, sc, c, y->var, cx);
    const AstFn *f = sema_find_fn(s, n, c->base.span.file);
    if (f) return fn_call(s, sc, c, f, cx);
    int id = builtin_find(n);
    if (id >= 0) return builtin(s, sc, c, (FnId)id, cx);
    id = dist_find(n);
    if (id >= 0) return distribution(s, sc, c, (DistId)id, cx);
    if (!strcmp(n, "convolve")) return convolve(s, sc, c, cx);
    if (!strcmp(n, "rank")) return rank(s, sc, c, cx);
    if (!strcmp(n, "coord")) return coord(s, sc, c, cx);
    unknown_function(s, sc, n, c->callee->span);
    for (uint32_t i = 0; i < c->args.n; i++) sema_expr(s, sc, AST_AS(Arg, c->args.at[i])->value, cx);
    return expr_bad(s, c->base.span);
}
