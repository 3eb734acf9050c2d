// SPDX-License-Identifier: MIT
// The rule of a connection: `by NAME(arguments, self = false, multiple = false)`, its arguments and the shapes it asks for.
// NEST's names; PyNN's connector names are synonyms.
#include "elaborate.h"
#include <math.h>
#include <stdlib.h>

static const struct { const char *name, *args; } rules[] = {
#define RULE(name, args) {#name, args},
#include "rules.def"
#undef RULE
};
static const struct { const char *name; RuleId rule; } synonyms[] = {
    {"OneToOne", RULE_one_to_one}, {"AllToAll", RULE_all_to_all}, {"FixedProbability", RULE_pairwise_bernoulli},
    {"DistanceDependentProbability", RULE_pairwise_bernoulli}, {"FixedNumberPre", RULE_fixed_indegree}, {"FixedNumberPost", RULE_fixed_outdegree},
    {"FixedTotalNumber", RULE_fixed_total_number}, {"SmallWorld", RULE_small_world}, {"FromFile", RULE_from_file}};
enum { SYNONYMS = sizeof synonyms / sizeof *synonyms };

typedef struct Rule { Sema *s; Instance *in; Projection *p; const ExprCtx *cx; Span at; const AstList *args; const Ast *given[8]; uint32_t nargs; } Rule;

static bool rule_named(Sema *s, Sym name, Span at, RuleId *out) {
    Sym known[RULE_COUNT + SYNONYMS];
    size_t n = strlen(name), suffix = strlen("Connector");
    if (n > suffix && !strcmp(name + n - suffix, "Connector")) n -= suffix;
    for (int i = 0; i < RULE_COUNT; i++) {
        if (!strcmp(rules[i].name, name)) { *out = (RuleId)i; return true; }
        known[i] = rules[i].name;
    }
    for (int i = 0; i < SYNONYMS; i++) {
        if (strlen(synonyms[i].name) == n && !strncmp(synonyms[i].name, name, n)) { *out = synonyms[i].rule; return true; }
        known[RULE_COUNT + i] = synonyms[i].name;
    }
    Diag *m = diag(s->diags, at, D_RULE_UNKNOWN, name);
    Sym near = nearest_name(name, known, RULE_COUNT + SYNONYMS);
    if (near) { diag_help(s->diags, m, "did you mean '%s'?", near); return false; }
    SymVec all = {0};
    for (int i = 0; i < RULE_COUNT; i++) vec_push(s->arena, &all, known[i]);
    diag_help(s->diags, m, "the rules are %s", names_list(s, &all));
    return false;
}

// The k-th of the names in "kernel stride padding", or the number of names when k is -1.
static uint32_t arg_names(const char *text, Sym *out) {
    uint32_t n = 0;
    while (*text) {
        size_t len = strcspn(text, " ");
        out[n++] = sym_n(text, len);
        text += len + (text[len] == ' ');
    }
    return n;
}

static bool option(const Rule *r, const AstArg *a, bool *to) {
    Expr *e = sema_const(r->s, r->in->scope, a->value, &(ExprCtx){.where = "an option"}, a->name);
    if (e->bad) return false;
    if (e->ty != TY_BOOL) { diag(r->s->diags, a->value->span, D_OPTION_BOOL, a->name); return false; }
    *to = e->num != 0;
    return true;
}

static bool is_option(const Rule *r, const AstArg *a, bool **to) {
    if (!a->name) return false;
    *to = !strcmp(a->name, "self") ? &r->p->allow_self : !strcmp(a->name, "multiple") ? &r->p->allow_multiple
        : !strcmp(a->name, "procedural") ? &r->p->procedural : NULL;
    return *to != NULL;
}

// Sorts the arguments by the names of the rule.
static bool sort_args(Rule *r) {
    Sema *s = r->s;
    Sym names[8];
    const char *rule = rules[r->p->rule].name;
    uint32_t n = arg_names(rules[r->p->rule].args, names), position = 0;
    for (uint32_t i = 0; r->args && i < r->args->n; i++) {
        const AstArg *a = (const AstArg *)r->args->at[i];
        bool *to;
        if (is_option(r, a, &to)) {
            if (!option(r, a, to)) return false;
            continue;
        }
        uint32_t k = a->name ? 0 : position++;
        while (a->name && k < n && names[k] != a->name && !(!strcmp(a->name, "p_connect") && !strcmp(names[k], "p"))) k++;
        if (k >= n) {
            if (!a->name) { diag(s->diags, a->base.span, D_RULE_ARGS, rule, n, n == 1 ? "" : "s"); return false; }
            Diag *m = diag(s->diags, a->base.span, D_RULE_ARG_NAME, rule, a->name);
            diag_help(s->diags, m, "it takes %s%sself, multiple and procedural", rules[r->p->rule].args, n ? ", " : "");
            return false;
        }
        if (r->given[k]) { diag(s->diags, a->base.span, D_ARG_TWICE, names[k]); return false; }
        r->given[k] = a->value;
    }
    r->nargs = n;
    bool optional[8] = {false};
    if (r->p->rule == RULE_conv2d) optional[1] = optional[2] = true;
    if (r->p->rule == RULE_pool2d) optional[1] = true;
    for (uint32_t k = 0; k < n; k++)
        if (!r->given[k] && !optional[k]) { diag(s->diags, r->at, D_RULE_ARG_MISSING, rule, names[k]); return false; }
    return true;
}

static uint32_t side_size(const Slice *c, uint32_t n) {
    uint64_t sum = 0;
    for (uint32_t i = 0; i < n; i++) sum += c[i].hi - c[i].lo;
    return sum > UINT32_MAX ? UINT32_MAX : (uint32_t)sum;
}
static uint32_t sources(const Projection *p) { return side_size(p->source.at, p->source.n); }
static uint32_t targets(const Projection *p) { return side_size(p->target.at, p->target.n); }

static bool push_number(Rule *r, const Ast *e, const char *what, bool sides) {
    ExprCtx cx = *r->cx;
    cx.where = "the argument of a rule";
    cx.allow = sides ? ALLOW_SIDES : 0;
    Expr *v = sema_fold(r->s, sema_expr_dim(r->s, r->in->scope, e, &cx, DIM_NONE, what));
    vec_push(r->s->arena, &r->p->args, v);
    return !v->bad;
}

static bool arg_probability(Rule *r, uint32_t k, bool sides) {
    if (!push_number(r, r->given[k], "the probability", sides)) return false;
    const Expr *e = r->p->args.at[k];
    if (e->kind != E_NUM || (e->num >= 0 && e->num <= 1)) return true;
    diag(r->s->diags, r->given[k]->span, D_RULE_PROBABILITY, e->num);
    return false;
}

static bool arg_whole(Rule *r, uint32_t k, const char *what) {
    if (!push_number(r, r->given[k], what, false)) return false;
    const Expr *e = r->p->args.at[k];
    if (e->kind != E_NUM) return true;
    double near = rint(e->num);
    if (fabs(e->num - near) > 1e-9 * fmax(1, fabs(e->num))) { diag(r->s->diags, r->given[k]->span, D_NOT_WHOLE, what, e->num); return false; }
    r->p->args.at[k] = expr_num(r->s, near, DIM_NONE, e->span);                 // 0.7*1000 is whole when it rounds to it
    e = r->p->args.at[k];
    if (e->num < 0) { diag(r->s->diags, r->given[k]->span, D_RULE_NEGATIVE, what, e->num); return false; }
    return true;
}

// Without `multiple` no neuron can have more partners than there are.
static bool arg_degree(Rule *r, const char *what, uint32_t partners, const char *of) {
    if (!arg_whole(r, 0, what)) return false;
    const Expr *e = r->p->args.at[0];
    bool same = r->p->source.at[0].pop == r->p->target.at[0].pop;
    double most = partners - (!r->p->allow_self && same ? 1.0 : 0.0);
    if (r->p->allow_multiple || e->kind != E_NUM || e->num <= most) return true;
    Diag *m = diag(r->s->diags, r->given[0]->span, D_RULE_DEGREE, what, e->num, most, of);
    diag_help(r->s->diags, m, "allow several synapses of one pair with 'multiple = true'");
    return false;
}

static bool arg_total(Rule *r) {
    if (!arg_whole(r, 0, "the number of synapses")) return false;
    const Expr *e = r->p->args.at[0];
    double most = (double)sources(r->p) * targets(r->p);
    if (r->p->allow_multiple || e->kind != E_NUM || e->num <= most) return true;
    diag(r->s->diags, r->given[0]->span, D_RULE_DEGREE, "the number of synapses", e->num, most, "pairs");
    return false;
}

static bool arg_mean(Rule *r) {
    if (!push_number(r, r->given[0], "the mean number", true)) return false;
    const Expr *e = r->p->args.at[0];
    if (e->kind != E_NUM || e->num >= 0) return true;
    diag(r->s->diags, r->given[0]->span, D_RULE_NEGATIVE, "the mean number", e->num);
    return false;
}

static bool same_population(const Rule *r) {
    const Projection *p = r->p;
    bool same = p->source.n == 1 && p->target.n == 1 && p->source.at[0].pop == p->target.at[0].pop
                && p->source.at[0].lo == p->target.at[0].lo && p->source.at[0].hi == p->target.at[0].hi;
    if (!same) diag(r->s->diags, r->at, D_RULE_SAME, rules[p->rule].name);
    return same;
}

static bool arg_small_world(Rule *r) {
    if (!same_population(r) || !arg_whole(r, 0, "k") || !arg_probability(r, 1, false)) return false;
    const Expr *k = r->p->args.at[0];
    if (k->kind != E_NUM || (fmod(k->num, 2) == 0 && k->num > 0 && k->num < sources(r->p))) return true;
    diag(r->s->diags, r->given[0]->span, D_RULE_SMALL_WORLD, k->num, sources(r->p));
    return false;
}

static bool arg_window(Rule *r, uint32_t k, int64_t least, int64_t otherwise, const char *what) {
    ExprCtx cx = *r->cx;
    cx.where = "the argument of a rule";
    cx.allow = 0;
    int64_t v = otherwise;
    if (r->given[k] && !sema_const_int(r->s, r->in->scope, r->given[k], &cx, what, least, &v)) return false;
    vec_push(r->s->arena, &r->p->args, expr_num(r->s, (double)v, DIM_NONE, r->at));
    return true;
}

static bool arg_file(Rule *r) {
    const Ast *e = r->given[0];
    if (e->kind == AST_String) { r->p->file = AST_AS(String, e)->text; return true; }
    Expr *v = sema_expr(r->s, r->in->scope, e, &(ExprCtx){.where = "the argument of a rule"});
    if (v->bad) return false;
    if (v->kind == E_VAR && v->var->init && v->var->init->kind == E_STRING) v = v->var->init;
    if (v->kind != E_STRING) { diag(r->s->diags, e->span, D_RULE_FILE); return false; }
    r->p->file = v->text;
    return true;
}

static bool check_args(Rule *r) {
    switch (r->p->rule) {
    case RULE_one_to_one:
        if (sources(r->p) == targets(r->p)) return true;
        diag(r->s->diags, r->at, D_RULE_ONE_TO_ONE, sources(r->p), targets(r->p));
        return false;
    case RULE_all_to_all: return true;
    case RULE_pairwise_bernoulli: return arg_probability(r, 0, true);
    case RULE_pairwise_poisson: return arg_mean(r);
    case RULE_symmetric_pairwise_bernoulli: return same_population(r) && arg_probability(r, 0, false);
    case RULE_fixed_indegree: return arg_degree(r, "the in-degree", sources(r->p), "sources");
    case RULE_fixed_outdegree: return arg_degree(r, "the out-degree", targets(r->p), "targets");
    case RULE_fixed_total_number: return arg_total(r);
    case RULE_small_world: return arg_small_world(r);
    case RULE_conv2d: return arg_window(r, 0, 1, 1, "the kernel") && arg_window(r, 1, 1, 1, "the stride") && arg_window(r, 2, 0, 0, "the padding");
    case RULE_pool2d: return arg_window(r, 0, 1, 1, "the kernel") && arg_window(r, 1, 1, r->p->args.n ? (int64_t)r->p->args.at[0]->num : 1, "the stride");
    case RULE_from_file: return arg_file(r);
    case RULE_COUNT: break;
    }
    return false;
}

static bool where_fits(const Rule *r, const Ast *where) {
    RuleId id = r->p->rule;
    if (!where || id == RULE_all_to_all || id == RULE_pairwise_bernoulli || id == RULE_pairwise_poisson || id == RULE_one_to_one) return true;
    Diag *m = diag(r->s->diags, where->span, D_RULE_WHERE, rules[id].name);
    diag_help(r->s->diags, m, "'where' goes with all_to_all, one_to_one, pairwise_bernoulli and pairwise_poisson");
    return false;
}

// A row must follow from its source alone.
static bool procedural_fits(const Rule *r) {
    static const char *const why[RULE_COUNT] = {
        [RULE_fixed_indegree] = "the sources are drawn for each target, so that a source cannot tell its targets without drawing for all of them",
        [RULE_fixed_total_number] = "how many synapses a source has depends on all the others",
        [RULE_symmetric_pairwise_bernoulli] = "half of a row was drawn by other sources",
        [RULE_from_file] = "the pairs of a file have to be kept"};
    if (!r->p->procedural || !why[r->p->rule]) return true;
    Diag *m = diag(r->s->diags, r->at, D_PROCEDURAL_RULE, rules[r->p->rule].name, why[r->p->rule]);
    if (r->p->rule == RULE_fixed_indegree || r->p->rule == RULE_fixed_total_number) diag_help(r->s->diags, m, "fixed_outdegree and pairwise_bernoulli can");
    return false;
}

bool connect_rule(Sema *s, Instance *in, const AstConnect *c, Projection *p, const ExprCtx *cx) {
    Rule r = {.s = s, .in = in, .p = p, .cx = cx};
    const Ast *name = c->rule && c->rule->kind == AST_Call ? AST_AS(Call, c->rule)->callee : c->rule;
    if (!name || name->kind != AST_Name) {
        Diag *m = diag(s->diags, c->rule ? c->rule->span : c->base.span, D_RULE_MISSING);
        diag_help(s->diags, m, "as in 'by all_to_all' or 'by pairwise_bernoulli(0.1)'");
        return false;
    }
    r.at = c->rule->span;
    if (!rule_named(s, AST_AS(Name, name)->name, name->span, &p->rule)) return false;
    r.args = c->rule->kind == AST_Call ? &AST_AS(Call, c->rule)->args : NULL;
    return sort_args(&r) && check_args(&r) && where_fits(&r, c->where) && procedural_fits(&r);
}

// ---- conv2d and pool2d: [channels, height, width] on both sides ----
typedef struct Plane { uint32_t c, h, w; } Plane;

static bool plane_of(Sema *s, const Slice *slices, uint32_t n, Span at, Plane *out) {
    const Population *pop = slices[0].pop;
    if (n != 1 || slices[0].hi - slices[0].lo != pop->n || pop->rank < 2 || pop->rank > 3) {
        Diag *m = diag(s->diags, at, D_CONV_RANK, pop->path, pop->rank);
        diag_help(s->diags, m, "declare it as MODEL[channels, height, width]");
        return false;
    }
    const uint32_t *d = pop->shape + pop->rank - 2;
    *out = (Plane){pop->rank == 3 ? pop->shape[0] : 1, d[0], d[1]};
    return true;
}

bool connect_shapes(Sema *s, const AstConnect *c, Projection *p) {
    if (p->rule != RULE_conv2d && p->rule != RULE_pool2d) return true;
    Plane a, b;
    if (!plane_of(s, p->source.at, p->source.n, c->source->span, &a) || !plane_of(s, p->target.at, p->target.n, c->target->span, &b)) return false;
    double kernel = p->args.at[0]->num, stride = p->args.at[1]->num, padding = p->args.n > 2 ? p->args.at[2]->num : 0;
    double h = floor((a.h + 2 * padding - kernel) / stride) + 1, w = floor((a.w + 2 * padding - kernel) / stride) + 1;
    if (a.h + 2 * padding < kernel || a.w + 2 * padding < kernel) {
        diag(s->diags, c->rule->span, D_CONV_KERNEL, kernel, a.h, a.w);
        return false;
    }
    uint32_t channels = p->rule == RULE_pool2d ? a.c : b.c;
    if (h == b.h && w == b.w && channels == b.c) return true;
    Diag *m = diag(s->diags, c->target->span, D_CONV_SHAPE, p->target.at[0].pop->path, b.c, b.h, b.w);
    diag_help(s->diags, m, "%s gives [%u, %.0f, %.0f]", rules[p->rule].name, channels, h, w);
    return false;
}

// ---- `weight K` with an array K ----
static Expr *side_special(Sema *s, Side side, SpecialId id, double number, Span at) {
    Expr *e = expr_new(s, E_SPECIAL, at);
    e->side = side;
    e->special = id;
    e->num = number;
    return e;
}

static Expr *side_index(Sema *s, Side side, const Slice *c, Span at) {
    Expr *i = side_special(s, side, SP_INDEX, 0, at);
    return c->lo ? expr_binary(s, OP_SUB, i, expr_num(s, c->lo, DIM_NONE, at), at) : i;
}

// pre.y - post.y*stride + padding: the place in the kernel
static Expr *tap(Sema *s, const Projection *p, uint32_t from_end, Span at) {
    uint32_t a = p->source.at[0].pop->rank - 1 - from_end, b = p->target.at[0].pop->rank - 1 - from_end;
    Expr *moved = expr_binary(s, OP_MUL, side_special(s, SIDE_POST, SP_COORD, b, at), p->args.at[1], at);
    Expr *e = expr_binary(s, OP_SUB, side_special(s, SIDE_PRE, SP_COORD, a, at), moved, at);
    return expr_binary(s, OP_ADD, e, p->args.at[2], at);
}

static Expr *wrong_shape(Sema *s, const Var *array, Span at, const char *want) {
    StrBuf b = {0};
    for (uint32_t i = 0; i < array->rank; i++) sb_printf(&b, i ? ", %u" : "%u", array->shape[i]);
    diag(s->diags, at, D_WEIGHT_SHAPE, array->name, b.s ? b.s : "", want);
    sb_free(&b);
    return NULL;
}

static bool has_shape(const Var *array, uint32_t rank, const uint32_t *shape) {
    return array->rank == rank && !memcmp(array->shape, shape, rank * sizeof *shape);
}

static uint32_t coordinate_or_zero(Sema *s, Side side, const Population *pop, Span at, Expr **out) {
    *out = pop->rank == 3 ? side_special(s, side, SP_COORD, 0, at) : expr_num(s, 0, DIM_NONE, at);
    return pop->rank == 3 ? pop->shape[0] : 1;
}

static Expr *conv_weight(Sema *s, Var *array, Projection *p, Expr *e, Span at) {
    Expr *to, *from;
    uint32_t k = (uint32_t)p->args.at[0]->num;
    uint32_t shape[4] = {coordinate_or_zero(s, SIDE_POST, p->target.at[0].pop, at, &to), coordinate_or_zero(s, SIDE_PRE, p->source.at[0].pop, at, &from), k, k};
    if (!has_shape(array, 4, shape))
        return wrong_shape(s, array, at, arena_printf(s->arena, "%u, %u, %u, %u", shape[0], shape[1], shape[2], shape[3]));
    vec_push(s->arena, &e->args, to);
    vec_push(s->arena, &e->args, from);
    vec_push(s->arena, &e->args, tap(s, p, 1, at));
    vec_push(s->arena, &e->args, tap(s, p, 0, at));
    return e;
}

// Convolutions: K[post.c, pre.c, y, x]; one_to_one: W[index]; other rules: W[target, source], both counted within the connected parts.
Expr *connect_array_weight(Sema *s, Var *array, Projection *p, Span at) {
    Expr *e = expr_new(s, E_ELEMENT, at);
    e->var = array;
    e->dim = array->dim;
    if (p->rule == RULE_conv2d) return conv_weight(s, array, p, e, at);
    uint32_t shape[2] = {targets(p), sources(p)};
    Expr *to = side_index(s, SIDE_POST, &p->target.at[0], at), *from = side_index(s, SIDE_PRE, &p->source.at[0], at);
    if (p->rule == RULE_one_to_one) {
        if (!has_shape(array, 1, shape)) return wrong_shape(s, array, at, arena_printf(s->arena, "%u", shape[0]));
        vec_push(s->arena, &e->args, from);
        return e;
    }
    if (p->source.n != 1 || p->target.n != 1 || !has_shape(array, 2, shape))
        return wrong_shape(s, array, at, arena_printf(s->arena, "%u, %u", shape[0], shape[1]));
    vec_push(s->arena, &e->args, to);
    vec_push(s->arena, &e->args, from);
    return e;
}
