// SPDX-License-Identifier: MIT
// Declarations of a model: each name becomes a Var at once; its type and value are found when it is first asked for.
//   param tau = 20 ms           -> VAR_PARAM, a time        state V = E_L     -> the dimension of E_L
//   weight w                    -> the dimension of what the synapse acts on
#include "body.h"
#include <math.h>

typedef struct Decl { Build *bd; const Ast *node; } Decl;
// Declarations outlive the Build on the stack of body.c only in memory, never in time: all are resolved before it ends.

static Var *declare(Build *bd, Sym name, Span at, VarKind kind, const Ast *node, ResolveFn resolve) {
    Var *v = var_new(bd->s, name, kind, DIM_NONE, at);
    v->body = bd->b;
    v->doc = node->doc;
    scope_add_var(bd->s, bd->sc, v);
    vec_push(bd->s->arena, &bd->b->vars, v);
    Decl *d = ARENA_NEW(bd->s->arena, Decl);
    *d = (Decl){bd, node};
    sema_defer(bd->s, v, resolve, d);
    return v;
}

static const char *describe(Build *bd, const Var *v, const char *kind) { return arena_printf(bd->s->arena, "%s '%s'", kind, v->name); }

static TypeSpec type_of(Build *bd, const Ast *type) {
    static const Dim unknown;
    const char *name = type ? AST_AS(Type, type)->name : NULL;
    if (!name || strcmp(name, "weight")) return sema_type(bd->s, type, NULL);
    if (bd->weight) {
        sema_resolve(bd->s, bd->weight);
        TypeSpec t = sema_type(bd->s, type, &bd->weight->dim);
        t.bad = bd->weight->bad;
        return t;
    }
    bool between = bd->b->what == MODEL_PLASTICITY || bd->b->what == MODEL_SYNAPSE;
    TypeSpec t = sema_type(bd->s, type, between ? &unknown : NULL);
    t.bad = true;
    return t;
}

// `in lo..hi` of a declaration
static void set_range(Build *bd, Var *v, const Ast *range) {
    if (!range || range->kind != AST_Range) return;
    const AstRange *r = AST_AS(Range, range);
    ExprCtx cx = body_ctx(bd, 0, "a range");
    Expr *lo = sema_const(bd->s, bd->sc, r->lo, &cx, "the end of a range"), *hi = sema_const(bd->s, bd->sc, r->hi, &cx, "the end of a range");
    if (lo->bad || hi->bad || v->bad || !sema_expect_dim(bd->s, lo, v->dim, "the end of the range") || !sema_expect_dim(bd->s, hi, v->dim, "the end of the range")) return;
    if (lo->num > hi->num) { diag(bd->s->diags, range->span, D_EMPTY_RANGE, lo->num, hi->num); return; }
    v->lo = lo->num;
    v->hi = hi->num;
    v->ranged = true;
}

void sema_not_positive(Sema *s, Span at, const Var *v, double value) {
    diag(s->diags, at, D_TIME_CONSTANT, dim_equal(v->dim, DIM_TIME) ? "time constant" : "capacitance", v->name, value, dim_text(s->arena, v->dim));
}

void sema_check_value(Sema *s, const Var *v, Expr *value, Span at) {
    if (!value || value->bad || v->bad) return;
    const Expr *c = sema_fold_defaults(s, value);
    if (c->kind != E_NUM) return;
    if (v->ranged && !(c->num >= v->lo && c->num <= v->hi)) diag(s->diags, at, D_OUTSIDE_RANGE, c->num, v->name, v->lo, v->hi);
    else if (v->positive && !(c->num > 0)) sema_not_positive(s, at, v, c->num);
}

// A value where only = is written must not be drawn.
static Expr *plain_value(Build *bd, const Ast *e, ExprCtx *cx) {
    if (e->kind == AST_Call && AST_AS(Call, e)->callee && AST_AS(Call, e)->callee->kind == AST_Name) {
        static const char *const dist[] = {
#define DIST(name, arity, discrete) #name,
#include "dist.def"
#undef DIST
        };
        Sym n = AST_AS(Name, AST_AS(Call, e)->callee)->name;
        for (size_t i = 0; i < sizeof dist / sizeof *dist; i++)
            if (!strcmp(dist[i], n) && !sema_find_fn(bd->s, n, e->span.file)) {
                diag(bd->s->diags, e->span, D_DRAW_NEEDS_TILDE);
                return expr_bad(bd->s, e->span);
            }
    }
    return sema_expr(bd->s, bd->sc, e, cx);
}

// Type and value of a param, const, state: the type given, else that of the value.
static void typed_value(Build *bd, Var *v, const AstParam *p, ExprCtx *cx, const char *kind) {
    Sema *s = bd->s;
    TypeSpec t = type_of(bd, p->type);
    if (t.given) { v->dim = t.dim; v->ty = t.ty; }
    v->bad = t.bad;
    v->draw_per_entity = p->draw;
    if (!p->init) return;
    const char *what = describe(bd, v, kind);
    Expr *e = p->draw ? sema_draw_expr(s, bd->sc, p->init, cx, v->dim, !t.given || t.bad, what) : plain_value(bd, p->init, cx);
    v->init = e;
    if (e->bad) { v->bad = v->bad || !t.given; return; }
    if (t.bad) return;
    if (e->ty == TY_ARRAY || t.rank) return;
    if (t.given && t.ty == TY_BOOL) { if (!expr_expect_bool(s, e, what)) v->bad = true; return; }
    if (t.given) {
        const Expr *n = sema_expect_dim(s, e, t.dim, what) && t.ty == TY_INT ? sema_fold_defaults(s, e) : NULL;
        if (n && n->kind == E_NUM && n->num != rint(n->num)) diag(s->diags, e->span, D_NOT_WHOLE, what, n->num);
        return;
    }
    if (e->ty == TY_BOOL) { v->ty = TY_BOOL; return; }
    if (!expr_expect_number(s, e, what)) { v->bad = true; return; }
    expr_settle_free(s, e);
    v->dim = e->dim;
    v->bad = e->bad;
}

static void no_value(Build *bd, Var *v, const char *kind, const char *needs) {
    Diag *d = diag(bd->s->diags, v->span, D_NO_INITIAL_VALUE, kind, v->name, needs);
    if (v->kind == VAR_STATE) diag_help(bd->s->diags, d, "write state %s : mV or state %s = 0", v->name, v->name);
    else diag_help(bd->s->diags, d, "write %s : mV for a value that each use gives, or %s = 1 for a default", v->name, v->name);
    v->bad = true;
}

static void resolve_param(Sema *s, Var *v, void *data) {
    Build *bd = ((Decl *)data)->bd;
    const AstParam *p = AST_AS(Param, ((Decl *)data)->node);
    unsigned own = bd->b->what == MODEL_SYNAPSE || bd->b->what == MODEL_PLASTICITY ? 0 : ALLOW_OWN;
    ExprCtx cx = body_ctx(bd, own, "the default of a parameter");
    typed_value(bd, v, p, &cx, "parameter");
    if (!p->init && !p->type) no_value(bd, v, "parameter", "a default value");
    if (v->init && !v->init->bad && v->init->ty == TY_ARRAY) {
        diag(s->diags, v->init->span, D_WRONG_TYPE, describe(bd, v, "parameter"), "a number", "an array");
        v->bad = true;
    }
    set_range(bd, v, p->range);
    if (v->init && !p->draw) sema_check_value(s, v, v->init, v->init->span);
}

// ---- constants and arrays ----
static uint32_t array_depth(const Expr *e) { return e->kind == E_ARRAY && e->args.n ? 1 + array_depth(e->args.at[0]) : 0; }

static bool flatten(Sema *s, Var *v, const Expr *e, uint32_t level, uint64_t *at) {
    if (level == v->rank) {
        Expr *n = sema_fold_all(s, (Expr *)e);
        if (n->kind != E_NUM || n->bad) {
            const Expr *why = sema_not_constant(n);
            diag(s->diags, e->span, D_NOT_CONSTANT, "an element of an array", why ? span_text(s, why->span) : "a run-time value");
            return false;
        }
        if (!sema_expect_dim(s, (Expr *)e, v->dim, "an element of this array")) return false;
        v->data[(*at)++] = n->num;
        return true;
    }
    if (e->kind != E_ARRAY || e->args.n != v->shape[level]) {
        diag(s->diags, e->span, D_ARRAY_ELEMENTS, v->name, v->shape[level], e->kind == E_ARRAY ? e->args.n : 1);
        return false;
    }
    for (uint32_t i = 0; i < e->args.n; i++)
        if (!flatten(s, v, e->args.at[i], level + 1, at)) return false;
    return true;
}

static Dim first_dim(const Expr *e) {
    while (e->kind == E_ARRAY && e->args.n) e = e->args.at[0];
    return e->dim;
}

bool sema_array(Sema *s, Var *v, Expr *e, const TypeSpec *t, const uint32_t *shape) {
    v->kind = VAR_ARRAY;
    v->ty = TY_ARRAY;
    v->bad = true;
    if (e->bad) return false;
    v->rank = shape ? t->rank : array_depth(e);
    v->dim = t && t->given ? t->dim : first_dim(e);
    v->shape = ARENA_ARRAY(s->arena, uint32_t, v->rank ? v->rank : 1);
    uint64_t n = 1;
    const Expr *level = e;
    for (uint32_t i = 0; i < v->rank; i++) {
        v->shape[i] = shape ? shape[i] : level->args.n;
        n *= v->shape[i];
        if (level->kind == E_ARRAY && level->args.n) level = level->args.at[0];
    }
    uint64_t at = 0;
    if (n > 100000000) return false;
    v->data = ARENA_ARRAY(s->arena, double, n ? n : 1);
    if (!flatten(s, v, e, 0, &at)) return false;
    v->bad = false;
    return true;
}

static void resolve_const(Sema *s, Var *v, void *data) {
    Build *bd = ((Decl *)data)->bd;
    const AstParam *p = AST_AS(Param, ((Decl *)data)->node);
    ExprCtx cx = body_ctx(bd, 0, "a constant");
    TypeSpec t = type_of(bd, p->type);
    if (!p->init) { no_value(bd, v, "constant", "a value"); return; }
    if (p->init->kind == AST_Array) {
        uint32_t shape[8] = {0};
        for (uint32_t i = 0; i < t.rank && i < 8; i++) {
            int64_t n = 0;
            if (!sema_const_int(s, bd->sc, t.dims->at[i], &cx, "the size of an array", 1, &n)) { v->bad = true; return; }
            shape[i] = (uint32_t)n;
        }
        sema_array(s, v, sema_expr(s, bd->sc, p->init, &cx), &t, t.rank && t.rank <= 8 ? shape : NULL);
        return;
    }
    typed_value(bd, v, p, &cx, "constant");
    if (v->bad || v->init->bad) { v->bad = true; return; }
    Expr *e = sema_fold_all(s, v->init);
    const Expr *why = sema_not_constant(e);
    if (why || e->kind != E_NUM) {
        Diag *d = diag(s->diags, v->init->span, D_NOT_CONSTANT, describe(bd, v, "constant"), why ? span_text(s, why->span) : "a run-time value");
        if (why && why->kind == E_VAR && why->var->kind == VAR_PARAM) diag_help(s->diags, d, "write param %s = ... instead of const", v->name);
        v->bad = true;
    } else if (!isfinite(e->num)) {
        diag(s->diags, v->init->span, D_NO_FINITE_VALUE);
        v->bad = true;
    }
    v->init = e;
}

// ---- states, inputs, weight ----
const AstAlgebraic *body_algebraic(const Build *bd, Sym name) {
    for (uint32_t i = 0; i < bd->decl->members.n; i++) {
        const Ast *m = bd->decl->members.at[i];
        if (m->kind == AST_Algebraic && AST_AS(Algebraic, m)->name == name) return AST_AS(Algebraic, m);
    }
    return NULL;
}

static void type_from_equation(Build *bd, Var *v, const AstAlgebraic *a) {
    ExprCtx cx = body_ctx(bd, body_running(bd), "an equation");
    Expr *e = sema_expr(bd->s, bd->sc, a->value, &cx);
    if (!e->bad) expr_expect_number(bd->s, e, describe(bd, v, "the value of"));
    if (!e->bad) expr_settle_free(bd->s, e);
    v->dim = e->dim;
    v->bad = e->bad;
    v->init = NULL;
}

static void resolve_state(Sema *s, Var *v, void *data) {
    Build *bd = ((Decl *)data)->bd;
    const AstParam *p = AST_AS(Param, ((Decl *)data)->node);
    bool between = bd->b->what == MODEL_SYNAPSE || bd->b->what == MODEL_PLASTICITY;
    ExprCtx cx = body_ctx(bd, ALLOW_STATE | (between ? ALLOW_SIDES : ALLOW_OWN), "an initial value");
    const AstAlgebraic *a = body_algebraic(bd, v->name);
    typed_value(bd, v, p, &cx, "state");
    if (!p->init && !p->type) {
        if (a) type_from_equation(bd, v, a);
        else no_value(bd, v, "state", "an initial value");
    } else if (p->init && a) diag(s->diags, p->init->span, D_STEP_AND_INITIAL, v->name);
    set_range(bd, v, p->range);
    if (v->init && !p->draw) sema_check_value(s, v, v->init, v->init->span);
}

static void resolve_input(Sema *s, Var *v, void *data) {
    Build *bd = ((Decl *)data)->bd;
    const AstParam *p = AST_AS(Param, ((Decl *)data)->node);
    TypeSpec t = type_of(bd, p->type);
    v->dim = t.dim;
    v->bad = t.bad;
    if (p->init) diag(s->diags, p->init->span, D_MISPLACED_FORM, "a value for an input");
    set_range(bd, v, p->range);
}

static void resolve_weight(Sema *s, Var *v, void *data) {
    Build *bd = ((Decl *)data)->bd;
    const AstParam *p = AST_AS(Param, ((Decl *)data)->node);
    if (p->type || p->init) {
        ExprCtx cx = body_ctx(bd, p->draw ? ALLOW_DRAW : 0, "the default of a weight");
        TypeSpec t = sema_type(s, p->type, NULL);
        v->dim = t.dim;
        v->bad = t.bad;
        if (!t.bad) typed_value(bd, v, p, &cx, "weight");
    } else {                                        // the dimension of what it acts on
        Var *target = bd->acts_on ? body_target(bd, bd->acts_on, p->name_span) : NULL;
        v->bad = !target || target->bad;
        if (target) v->dim = target->dim;
    }
    set_range(bd, v, p->range);
}

static void declare_weight(Build *bd, const AstWeight *w) {
    for (uint32_t i = 0; i < w->items.n; i++) {
        const AstParam *p = AST_AS(Param, w->items.at[i]);
        if (bd->weight) { diag(bd->s->diags, p->name_span, D_TWO_WEIGHTS); continue; }
        bd->weight = declare(bd, p->name, p->name_span, VAR_WEIGHT, &p->base, resolve_weight);
    }
}

static const AstParam *own_weight(const AstModel *decl) {
    for (uint32_t i = 0; i < decl->members.n; i++)
        if (decl->members.at[i]->kind == AST_Weight && AST_AS(Weight, decl->members.at[i])->items.n) return AST_AS(Param, AST_AS(Weight, decl->members.at[i])->items.at[0]);
    return NULL;
}

// A plasticity rule knows its synapse's weight as w, or by the name it gives it in a weight declaration.
void body_declare_weight(Build *bd) {
    Sema *s = bd->s;
    const AstParam *p = own_weight(bd->decl);
    Var *of = bd->use.synapse ? body_weight(bd->use.synapse) : NULL;
    Var *v = var_new(s, p ? p->name : sym("w"), VAR_WEIGHT, of ? of->dim : DIM_NONE, p ? p->name_span : (Span){0});
    v->body = bd->b;
    v->bad = !of || of->bad;
    v->used = true;
    TypeSpec t = sema_type(s, p ? p->type : NULL, &v->dim);
    if (!v->bad && t.given && !t.bad && !dim_equal(t.dim, v->dim)) diag(s->diags, p->type->span, D_DIM_EXPECTED, "the synapse's weight", dim_phrase(s->arena, v->dim), dim_phrase(s->arena, t.dim));
    scope_add_var(s, bd->sc, v);
    vec_push(s->arena, &bd->b->vars, v);
    bd->weight = v;
}

// ---- computed quantities ----
static void resolve_let(Sema *s, Var *v, void *data) {
    Build *bd = ((Decl *)data)->bd;
    const AstLet *l = AST_AS(Let, ((Decl *)data)->node);
    ExprCtx cx = body_ctx(bd, body_running(bd), "a let");
    TypeSpec t = type_of(bd, l->type);
    const char *what = arena_printf(s->arena, "'%s'", v->name);
    if (!l->value) { v->bad = true; return; }
    Expr *e = l->draw ? sema_draw_expr(s, bd->sc, l->value, &cx, t.dim, !t.given || t.bad, what) : plain_value(bd, l->value, &cx);
    if (!e->bad && t.given && !t.bad && t.ty != TY_BOOL) sema_expect_dim(s, e, t.dim, what);
    if (!e->bad && e->ty != TY_BOOL && expr_expect_number(s, e, what)) expr_settle_free(s, e);
    v->init = e;
    v->ty = e->ty == TY_BOOL ? TY_BOOL : TY_REAL;
    v->dim = t.given && !t.bad ? t.dim : e->dim;
    v->bad = e->bad && !t.given;
    v->draw_per_entity = l->draw;
}

static void resolve_kernel(Sema *s, Var *v, void *data) {
    Build *bd = ((Decl *)data)->bd;
    const AstKernel *k = AST_AS(Kernel, ((Decl *)data)->node);
    ExprCtx cx = body_ctx(bd, 0, "a kernel, which knows its argument and parameters");
    Scope *inner = scope_new(s->arena, bd->sc);
    if (k->since) {
        v->kernel_since = var_new(s, k->since, VAR_LOCAL, DIM_TIME, k->since_span);
        scope_add_var(s, inner, v->kernel_since);
    }
    v->kernel_arg = var_new(s, k->arg, VAR_LOCAL, DIM_TIME, k->arg_span);
    scope_add_var(s, inner, v->kernel_arg);
    v->kernel_body = sema_expr(s, inner, k->value, &cx);
    if (!v->kernel_body->bad && expr_expect_number(s, v->kernel_body, "the value of a kernel")) expr_settle_free(s, v->kernel_body);
    v->dim = v->kernel_body->dim;
    v->bad = v->kernel_body->bad;
}

static void resolve_algebraic(Sema *s, Var *v, void *data) {
    (void)s;
    type_from_equation(((Decl *)data)->bd, v, AST_AS(Algebraic, ((Decl *)data)->node));
}

static void resolve_output(Sema *s, Var *v, void *data) {
    Build *bd = ((Decl *)data)->bd;
    ExprCtx cx = body_ctx(bd, body_running(bd), "an output");
    v->init = sema_expr(s, bd->sc, AST_AS(Output, ((Decl *)data)->node)->value, &cx);
    if (!v->init->bad && expr_expect_number(s, v->init, "an output")) expr_settle_free(s, v->init);
    v->dim = v->init->dim;
    v->bad = v->init->bad;
}

static void declare_items(Build *bd, const AstList *items, VarKind kind, ResolveFn resolve) {
    for (uint32_t i = 0; i < items->n; i++) {
        const AstParam *p = AST_AS(Param, items->at[i]);
        declare(bd, p->name, p->name_span, kind, &p->base, resolve);
    }
}

void body_declare(Build *bd, const Ast *m) {
    bool encoder = bd->b->what == MODEL_ENCODER;
    switch (m->kind) {
    case AST_Param: declare(bd, AST_AS(Param, m)->name, AST_AS(Param, m)->name_span, VAR_PARAM, m, resolve_param); break;
    case AST_ParamDecl: {
        bool c = AST_AS(ParamDecl, m)->is_const;
        declare_items(bd, &AST_AS(ParamDecl, m)->items, c ? VAR_CONST : VAR_PARAM, c ? resolve_const : resolve_param);
        break;
    }
    case AST_State: declare_items(bd, &AST_AS(State, m)->items, VAR_STATE, resolve_state); break;
    case AST_Weight:
        if (bd->b->what == MODEL_SYNAPSE) declare_weight(bd, AST_AS(Weight, m));
        break;
    case AST_Input: {
        const AstInput *in = AST_AS(Input, m);
        declare_items(bd, &in->items, in->is_event ? VAR_EVENT_INPUT : encoder ? VAR_VALUE_INPUT : VAR_INPUT, resolve_input);
        break;
    }
    case AST_Let: declare(bd, AST_AS(Let, m)->name, AST_AS(Let, m)->name_span, VAR_LET, m, resolve_let); break;
    case AST_Kernel: declare(bd, AST_AS(Kernel, m)->name, AST_AS(Kernel, m)->name_span, VAR_KERNEL, m, resolve_kernel); break;
    case AST_Output: declare(bd, AST_AS(Output, m)->name, AST_AS(Output, m)->name_span, VAR_OUTPUT, m, resolve_output); break;
    case AST_Algebraic: {
        const AstAlgebraic *a = AST_AS(Algebraic, m);
        if (!scope_find_here(bd->sc, a->name)) declare(bd, a->name, a->name_span, VAR_STATE, m, resolve_algebraic);
        break;
    }
    default: break;
    }
}
