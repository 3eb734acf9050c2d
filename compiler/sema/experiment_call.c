// SPDX-License-Identifier: MIT
// Functions of experiments, by their signatures in xfuncs.def.
#include "experiment.h"

static const struct { const char *name, *signature; char result; } functions[] = {
#define XFN(name, signature, result, abi) {#name, signature, result},
#include "xfuncs.def"
#undef XFN
};

static int find_function(Sym name) {
    for (int i = 0; i < XF_COUNT; i++)
        if (!strcmp(functions[i].name, name)) return i;
    return -1;
}

// Functions and distributions of the language, which are known everywhere.
static const char *const others[] = {
#define FN(name, arity, rule) #name,
#include "builtins.def"
#undef FN
#define DIST(name, arity, discrete) #name,
#include "dist.def"
#undef DIST
    "rank", "coord", "convolve"};

static bool is_known(Sym name) {
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (!strcmp(others[i], name)) return true;
    return false;
}

static const char *letter_text(char letter) {
    switch (letter) {
    case 'P': case 'Q': case 'S': return "a population";
    case 'K': return "a spike train";
    case 'D': return "a data set";
    case 'F': return "a state or parameter of a population, as in E.V";
    case 'A': return "an array";
    case 'T': case 't': case 'd': return "a time";
    case 'i': return "a whole number";
    default: return "a number";
    }
}

// Rates and counts are those of the first spike rule; `spikes` takes any.
static bool other_rule(const Place *p) { return p->kind == PLACE_SPIKES && p->port && p->pop->body->spikes.n && p->pop->body->spikes.at[0].port != p->port; }

static Expr *population_arg(XCheck *c, Scope *sc, const Ast *e, char letter, const char *name) {
    Place p = place_of(c, sc, e);
    if (letter != 'Q' && other_rule(&p)) {
        diag_help(c->s->diags, diag(c->s->diags, e->span, D_X_ARGUMENT, name, "a population"), "the spikes of a named rule are spikes(%s), their number is length(times(spikes(%s)))",
                  span_text(c->s, e->span), span_text(c->s, e->span));
        return expr_bad(c->s, e->span);
    }
    if (p.kind == PLACE_POP || p.kind == PLACE_SPIKES) return place_expr(c, &p);
    if (p.kind == PLACE_BAD) return expr_bad(c->s, e->span);
    if (p.kind == PLACE_OTHER && !place_population(c, sc, e, &p)) return expr_bad(c->s, e->span);
    diag(c->s->diags, e->span, D_X_ARGUMENT, name, "a population");
    return expr_bad(c->s, e->span);
}

static Expr *field_arg(XCheck *c, Scope *sc, const Ast *e, const char *name) {
    Place p = place_of(c, sc, e);
    if (p.kind == PLACE_BAD) return expr_bad(c->s, e->span);
    if (p.kind == PLACE_FIELD && (p.var->kind == VAR_STATE || p.var->kind == VAR_PARAM || p.var->kind == VAR_LET || p.var->kind == VAR_OUTPUT || p.var->kind == VAR_INPUT)) {
        Expr *x = place_expr(c, &p);
        if (x->kind == E_POP) x->ty = TY_ARRAY;
        return x;
    }
    diag(c->s->diags, e->span, D_X_ARGUMENT, name, letter_text('F'));
    return expr_bad(c->s, e->span);
}

static Expr *data_arg(XCheck *c, Scope *sc, const Ast *e, const char *name) {
    Expr *x = x_expr(c, sc, e);
    if (x->bad || (x->ty == TY_DATASET && !x->lo && !x->hi)) return x;
    diag(c->s->diags, e->span, D_X_ARGUMENT, name, letter_text('D'));
    return expr_bad(c->s, e->span);
}

static Expr *one_arg(XCheck *c, Scope *sc, const Ast *e, char letter, const char *name) {
    const char *what = arena_printf(c->s->arena, "the argument of %s", name);
    switch (letter) {
    case 'P': case 'Q': case 'S': return population_arg(c, sc, e, letter, name);
    case 'F': return field_arg(c, sc, e, name);
    case 'A': return x_array(c, sc, e, what);
    case 'D': return data_arg(c, sc, e, name);
    case 'K': return x_train(c, sc, e, what);
    case 'T': case 't': case 'd': return x_expr_dim(c, sc, e, dim_of_unit("ms"), what);
    case 'i': case 'u': return x_expr_dim(c, sc, e, DIM_NONE, what);
    default: {
        Expr *x = x_expr(c, sc, e);
        if (!x->bad && !sema_is_number(x)) { diag(c->s->diags, x->span, D_X_NUMBER, what); return expr_bad(c->s, e->span); }
        return x;
    }
    }
}

// Numbers and arrays of one call share their dimension: linspace(1 ms, 5 ms, 3), fraction(isi(E), 0 ms, 5 ms).
static bool same_dimension(XCheck *c, Expr *call, const char *signature) {
    Expr *first = NULL;
    for (uint32_t i = 0; i < call->args.n; i++) {
        char letter = signature[i];
        Expr *a = call->args.at[i];
        if (letter != 'r' && letter != 'A') continue;
        if (!first) { first = a; continue; }
        if (first->flex && !a->flex) { sema_unify(c->s, first, a->dim); continue; }
        if (!x_dimension(c, a, first->dim, "this argument, like the first,")) return false;
    }
    if (first) call->dim = first->dim;
    return true;
}

static Dim weights_dim(const Population *pop) {
    for (uint32_t i = 0; i < pop->network->projs.n; i++) {
        const Projection *p = pop->network->projs.at[i];
        if (p->weight_var && p->target.at[0].pop == pop) return p->weight_var->dim;
    }
    return DIM_NONE;
}

static void result_of(XCheck *c, Expr *e, int f) {
    Dim first = e->dim;
    e->ty = TY_REAL;
    e->dim = DIM_NONE;
    switch (functions[f].result) {
    case 'H': e->dim = dim_of_unit("Hz"); break;
    case 'T': e->dim = dim_of_unit("ms"); break;
    case '=': e->dim = first; break;
    case 'i': e->ty = TY_INT; break;
    case 'K': e->ty = TY_TRAIN; break;
    case 'A':
        e->ty = TY_ARRAY;
        e->dim = first;
        if (f == XF_counts || f == XF_ranks) e->dim = DIM_NONE;
        if (f == XF_first_spike || f == XF_isi || f == XF_times) e->dim = dim_of_unit("ms");
        if (f == XF_values) e->dim = e->args.at[0]->dim;
        if (f == XF_weights) e->dim = weights_dim(e->args.at[0]->pop);
        if (f == XF_psd) e->dim = dim_pow(e->args.at[0]->dim, 2);
        break;
    default: break;
    }
    if (f == XF_rate && e->args.n == 2) e->ty = TY_ARRAY;
    (void)c;
}

static void check_positive(XCheck *c, const Expr *e, const char *signature) {
    for (uint32_t i = 0; i < e->args.n; i++)
        if (signature[i] == 'T' && e->args.at[i]->kind == E_NUM && !(e->args.at[i]->num > 0))
            diag(c->s->diags, e->args.at[i]->span, D_X_POSITIVE, "the width of a bin");
}

static Expr *checked_call(XCheck *c, Scope *sc, const AstCall *call, int f) {
    Sema *s = c->s;
    const char *name = functions[f].name;
    Expr *e = expr_new(s, E_XCALL, call->base.span);
    e->xfn = (XFnId)f;
    char letters[8] = {0};
    uint32_t n = 0, least = UINT32_MAX;
    for (const char *p = functions[f].signature; *p; p++) {
        if (*p == '?') least = n;
        else letters[n++] = *p;
    }
    if (least == UINT32_MAX) least = n;
    if (call->args.n < least || call->args.n > n) {
        const char *takes = least == n ? arena_printf(s->arena, "%u argument%s", n, n == 1 ? "" : "s") : arena_printf(s->arena, "%u to %u arguments", least, n);
        Diag *m = diag(s->diags, call->base.span, D_ARGUMENT_COUNT, name, takes, call->args.n, call->args.n == 1 ? "is" : "are");
        if (n) diag_help(s->diags, m, "the first is %s", letter_text(letters[0]));
        return expr_bad(s, call->base.span);
    }
    for (uint32_t i = 0; i < call->args.n; i++) {
        const AstArg *a = (const AstArg *)call->args.at[i];
        if (a->name) { diag(s->diags, a->name_span, D_UNKNOWN_ARGUMENT, name, a->name); return expr_bad(s, call->base.span); }
        Expr *x = sema_fold(s, one_arg(c, sc, a->value, letters[i], name));
        if (x->bad) return expr_bad(s, call->base.span);
        vec_push(s->arena, &e->args, x);
    }
    if (!same_dimension(c, e, letters)) return expr_bad(s, call->base.span);
    check_positive(c, e, letters);
    result_of(c, e, f);
    return e;
}

Expr *x_call(XCheck *c, Scope *sc, const AstCall *call) {
    if (call->callee->kind != AST_Name) return NULL;
    Sym name = AST_AS(Name, call->callee)->name;
    int f = find_function(name);
    bool own = sema_find_fn(c->s, name, call->base.span.file) != NULL;
    if (f >= 0 && !own) return checked_call(c, sc, call, f);
    if (own || is_known(name) || scope_find(sc, name)) return NULL;
    SymVec known = {0};
    for (int i = 0; i < XF_COUNT; i++) vec_push(c->s->arena, &known, functions[i].name);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) vec_push(c->s->arena, &known, others[i]);
    sema_fn_names(c->s, call->base.span.file, &known);
    Diag *m = diag(c->s->diags, call->callee->span, D_UNKNOWN_FUNCTION, name);
    Sym near = nearest_name(name, known.at, known.n);
    if (near) diag_help(c->s->diags, m, "did you mean '%s'?", near);
    return expr_bad(c->s, call->base.span);
}
