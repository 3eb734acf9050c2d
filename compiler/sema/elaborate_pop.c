// SPDX-License-Identifier: MIT
// Populations: model, shape, positions, values that differ from the model's defaults.
#include "elaborate.h"
#include <math.h>

enum { POP_MAX = 0x7fffffff };

static const AstModel *pop_model(Sema *s, Instance *in, const AstPopulation *p) {
    Decl *d = load_find(&elab(s)->loader, in->file, p->model);
    if (d && d->node->kind == AST_Circuit) {
        bool network = AST_AS(Circuit, d->node)->is_network;
        Diag *m = diag(s->diags, p->model_span, D_POPULATION_OF_CIRCUIT, p->model, network ? "network" : "circuit");
        if (!network) diag_help(s->diags, m, "an instance of a circuit is written 'use %s(...) as %s'", p->model, p->name);
        return NULL;
    }
    const AstModel *model = sema_find_model(s, p->model, p->model_span);
    if (!model) return NULL;
    if (model->what == MODEL_SYNAPSE || model->what == MODEL_PLASTICITY) {
        Diag *m = diag(s->diags, p->model_span, D_POPULATION_OF, kind_of_model(model->what), p->model);
        diag_note_at(s->diags, m, model->name_span, "it is declared here");
        return NULL;
    }
    return model;
}

static bool pop_shape(Sema *s, Instance *in, const AstPopulation *p, Population *pop) {
    ExprCtx cx = {.where = "a size", .hook = network_hook, .hook_data = in};
    uint64_t n = 1;
    if (p->dims.n > 4) { diag(s->diags, p->dims.at[4]->span, D_SHAPE_RANK, p->name); return false; }
    for (uint32_t i = 0; i < p->dims.n; i++) {
        int64_t size;
        if (!sema_const_int(s, in->scope, p->dims.at[i], &cx, "a size", 1, &size)) return false;
        if (size > POP_MAX || (n *= (uint64_t)size) > POP_MAX) { diag(s->diags, p->dims.at[i]->span, D_SIZE_HUGE, p->name); return false; }
        pop->shape[i] = (uint32_t)size;
    }
    pop->rank = p->dims.n ? p->dims.n : 1;
    if (!p->dims.n) pop->shape[0] = 1;
    pop->n = (uint32_t)n;
    return true;
}

// ---- arguments of models ----
static Var *arg_var(Sema *s, const AstArg *a, uint32_t position, Body *body) {
    SymVec params = {0};
    uint32_t k = 0;
    for (uint32_t i = 0; i < body->vars.n; i++) {
        Var *v = body->vars.at[i];
        if (v->kind != VAR_PARAM) continue;
        vec_push(s->arena, &params, v->name);
        if (!a->name && k++ == position) return v;
    }
    if (!a->name) { diag(s->diags, a->base.span, D_ARGS_MANY, body->name, params.n); return NULL; }
    Var *v = body_var(body, a->name);
    if (v) return v;
    Diag *m = diag(s->diags, a->name_span, D_ARG_UNKNOWN, kind_of_model(body->what), body->name, a->name);
    Sym near = nearest_name(a->name, params.at, params.n);
    if (near) diag_help(s->diags, m, "did you mean '%s'?", near);
    else diag_help(s->diags, m, "its parameters are %s", names_list(s, &params));
    return NULL;
}

static void bind(Sema *s, BindingVec *list, Var *v, Expr *e, Span at) {
    for (uint32_t i = 0; i < list->n; i++)
        if (list->at[i].var == v) { list->at[i] = (Binding){v, e, at}; return; }
    vec_push(s->arena, list, ((Binding){v, e, at}));
}

void bind_args(Sema *s, Scope *sc, const AstList *args, Body *body, const ExprCtx *cx, BindingVec *params, BindingVec *states) {
    PtrMap given = {0};
    for (uint32_t i = 0; i < args->n; i++) {
        const AstArg *a = (const AstArg *)args->at[i];
        Var *v = arg_var(s, a, i, body);
        if (!v) continue;
        if (map_get(&given, v)) { diag(s->diags, a->base.span, D_ARG_TWICE, v->name); continue; }
        map_put(s->arena, &given, v, v);
        bool state = v->kind == VAR_STATE && states;
        if (v->kind == VAR_WEIGHT) {
            Diag *m = diag(s->diags, a->base.span, D_ARG_WEIGHT, v->name);
            diag_help(s->diags, m, "write 'connect ... weight VALUE'");
        } else if (v->kind != VAR_PARAM && !state) {
            diag(s->diags, a->base.span, D_ARG_NOT_PARAM, v->name, body->name);
        } else {
            Expr *e = sema_fold(s, sema_expr_dim(s, sc, a->value, cx, v->dim, v->name));
            if (e->bad) continue;
            sema_check_value(s, v, e, a->value->span);
            bind(s, state ? states : params, v, e, a->base.span);
        }
    }
}

// ---- positions ----
typedef struct Place { Sema *s; Population *pop; Span at; } Place;

static Expr *num(const Place *p, double v, Dim d) { return expr_num(p->s, v, d, p->at); }

static Expr *special(const Place *p, SpecialId id, double coordinate) {
    Expr *e = expr_new(p->s, E_SPECIAL, p->at);
    e->special = id;
    e->num = coordinate;
    e->dim = DIM_NONE;
    return e;
}

static Expr *call1(const Place *p, FnId fn, Expr *a) {
    Expr *e = expr_new(p->s, E_CALL, p->at);
    e->fn = fn;
    vec_push(p->s->arena, &e->args, a);
    return e;
}

static Expr *op(const Place *p, BinaryOp o, Expr *a, Expr *b) { return expr_binary(p->s, o, a, b, p->at); }

// (k + 1/2) * (extent/n): the middle of the k-th of n cells
static Expr *cell(const Place *p, Expr *k, uint32_t n, double extent, Dim length) {
    return op(p, OP_MUL, op(p, OP_ADD, k, num(p, 0.5, DIM_NONE)), num(p, extent / n, length));
}

static void place_line(const Place *p, Dim length) {
    p->pop->position[0] = cell(p, special(p, SP_INDEX, 0), p->pop->n, p->pop->extent[0], length);
}

static void place_ring(const Place *p, Dim length) {
    Expr *turn = op(p, OP_MUL, special(p, SP_INDEX, 0), num(p, 2 * 3.14159265358979323846 / p->pop->n, DIM_NONE));
    p->pop->position[0] = op(p, OP_MUL, num(p, p->pop->extent[0], length), call1(p, FN_cos, turn));
    p->pop->position[1] = op(p, OP_MUL, num(p, p->pop->extent[0], length), call1(p, FN_sin, turn));
    p->pop->dims = 2;
}

// A shaped population uses its last dimensions (x is the fastest); a flat one is laid out in rows of equal length.
static void place_grid(const Place *p, Dim length) {
    Population *pop = p->pop;
    uint32_t d = pop->dims;
    if (pop->rank >= d) {
        for (uint32_t i = 0; i < d; i++)
            pop->position[i] = cell(p, special(p, SP_COORD, pop->rank - 1 - i), pop->shape[pop->rank - 1 - i], pop->extent[i], length);
        return;
    }
    uint32_t side = 1;
    while (pow(side, d) < pop->n) side++;
    Expr *rest = special(p, SP_INDEX, 0);
    for (uint32_t i = 0; i < d; i++) {
        Expr *whole = call1(p, FN_floor, op(p, OP_DIV, rest, num(p, side, DIM_NONE)));
        pop->position[i] = cell(p, op(p, OP_SUB, rest, op(p, OP_MUL, whole, num(p, side, DIM_NONE))), side, pop->extent[i], length);
        rest = whole;
    }
}

static void place_random(const Place *p, Dim length) {
    for (uint32_t i = 0; i < p->pop->dims; i++) {
        Expr *e = expr_new(p->s, E_DRAW, p->at);
        e->dist = DIST_uniform;
        e->dim = length;
        vec_push(p->s->arena, &e->args, num(p, 0, length));
        vec_push(p->s->arena, &e->args, num(p, p->pop->extent[i], length));
        p->pop->position[i] = e;
    }
}

static bool layout_args(Sema *s, Instance *in, const AstCall *call, Population *pop, uint32_t max, Dim length) {
    ExprCtx cx = {.where = "a layout", .hook = network_hook, .hook_data = in};
    for (uint32_t i = 0; i < call->args.n; i++) {
        const AstArg *a = (const AstArg *)call->args.at[i];
        if (a->name && !strcmp(a->name, "periodic")) {
            Expr *e = sema_const(s, in->scope, a->value, &cx, "periodic");
            if (e->bad) return false;
            if (e->ty != TY_BOOL) { diag(s->diags, a->value->span, D_OPTION_BOOL, a->name); return false; }
            pop->periodic = e->num != 0;
            continue;
        }
        if (a->name || pop->dims == max) { diag(s->diags, a->base.span, D_LAYOUT_ARGS, max); return false; }
        Expr *e = sema_const(s, in->scope, a->value, &cx, "an extent");
        if (e->bad || !sema_expect_dim(s, e, length, "an extent")) return false;
        if (!(e->num > 0)) { diag(s->diags, a->value->span, D_LAYOUT_EXTENT); return false; }
        pop->extent[pop->dims++] = e->num;
    }
    if (!pop->dims) { diag(s->diags, call->base.span, D_LAYOUT_ARGS, max); return false; }
    return true;
}

static void place_named(Sema *s, Instance *in, const AstCall *call, Population *pop, Dim length) {
    static const struct { const char *name; Layout layout; uint32_t max; void (*place)(const Place *, Dim); } layouts[] = {
        {"line", POS_LINE, 1, place_line}, {"ring", POS_RING, 1, place_ring}, {"grid", POS_GRID, 3, place_grid}, {"random", POS_RANDOM, 3, place_random}};
    Sym name = call->callee->kind == AST_Name ? AST_AS(Name, call->callee)->name : "";
    for (size_t i = 0; i < sizeof layouts / sizeof *layouts; i++) {
        if (strcmp(layouts[i].name, name)) continue;
        if (!layout_args(s, in, call, pop, layouts[i].max, length)) return;
        pop->layout = layouts[i].layout;
        layouts[i].place(&(Place){s, pop, call->base.span}, length);
        return;
    }
    Sym known[4];
    for (int i = 0; i < 4; i++) known[i] = layouts[i].name;
    Diag *m = diag(s->diags, call->base.span, D_LAYOUT_UNKNOWN, name);
    Sym near = nearest_name(name, known, 4);
    if (near) diag_help(s->diags, m, "did you mean '%s'?", near);
}

static void place_expr(Sema *s, Instance *in, const Ast *e, Population *pop, Dim length) {
    const Ast *one[1] = {e};
    const Ast *const *at = e->kind == AST_Tuple ? (const Ast *const *)AST_AS(Tuple, e)->items.at : one;
    uint32_t n = e->kind == AST_Tuple ? AST_AS(Tuple, e)->items.n : 1;
    if (n > 3) { diag(s->diags, e->span, D_LAYOUT_ARGS, 3u); return; }
    ExprCtx cx = {.where = "a position", .allow = ALLOW_OWN | ALLOW_DRAW, .own_pop = pop, .hook = network_hook, .hook_data = in};
    for (uint32_t i = 0; i < n; i++) {
        Expr *x = sema_fold(s, sema_expr_dim(s, in->scope, at[i], &cx, length, "a position"));
        if (x->bad) return;
        pop->position[i] = x;
    }
    pop->layout = POS_EXPR;
    pop->dims = n;
}

static bool is_layout_call(const Ast *e) {
    if (e->kind != AST_Call || AST_AS(Call, e)->callee->kind != AST_Name) return false;
    Sym f = AST_AS(Name, AST_AS(Call, e)->callee)->name;
#define FN(name, arity, rule) if (!strcmp(f, #name)) return false;
#include "builtins.def"
#undef FN
#define DIST(name, arity, discrete) if (!strcmp(f, #name)) return false;
#include "dist.def"
#undef DIST
    return true;
}

static void pop_position(Sema *s, Instance *in, const Ast *e, Population *pop) {
    Unit mm = {.scale = 1};
    unit_match("mm", 2, &mm);
    if (is_layout_call(e)) place_named(s, in, (const AstCall *)e, pop, mm.dim);
    else place_expr(s, in, e, pop, mm.dim);
}

void pop_declare(Sema *s, Instance *in, const AstPopulation *p) {
    Symbol *y = scope_add(s, in->scope, p->name, SYMBOL_POP, p->name_span);
    const AstModel *model = pop_model(s, in, p);
    Population *pop = ARENA_NEW(s->arena, Population);
    pop->span = p->base.span;
    pop->path = in->path[0] ? sym(arena_printf(s->arena, "%s.%s", in->path, p->name)) : p->name;
    pop->network = in->net;
    bool shaped = pop_shape(s, in, p, pop);
    if (!model || !shaped) return;
    pop->body = sema_body(s, model, NULL);
    if (!pop->body) return;
    ExprCtx cx = {.where = "an argument of a population", .allow = ALLOW_OWN | ALLOW_DRAW, .own_pop = pop, .hook = network_hook, .hook_data = in};
    bind_args(s, in->scope, &p->args, pop->body, &cx, &pop->params, &pop->states);
    varied_mark(s, pop, p->name);
    if (p->position) pop_position(s, in, p->position, pop);
    scan_population(s, pop, p->base.span);
    pop->id = in->net->pops.n;
    vec_push(s->arena, &in->net->pops, pop);
    vec_push(s->arena, &in->pops, pop);
    y->pop = pop;
}

// ---- E.V ~ normal(-65 mV, 5 mV), E.tau = 3 ms, E[0:10].V = ... ----
static Expr *only_there(Sema *s, const Slice *c, Expr *there, Expr *elsewhere, Span at) {
    Place p = {s, c->pop, at};
    Expr *cond = NULL;
    if (c->lo > 0) cond = op(&p, OP_GE, special(&p, SP_INDEX, 0), num(&p, c->lo, DIM_NONE));
    if (c->hi < c->pop->n) {
        Expr *below = op(&p, OP_LT, special(&p, SP_INDEX, 0), num(&p, c->hi, DIM_NONE));
        cond = cond ? op(&p, OP_AND, cond, below) : below;
    }
    Expr *e = expr_new(s, E_COND, at);
    e->dim = there->dim;
    e->a = cond;
    e->b = there;
    e->c = elsewhere;
    return e;
}

// What the other neurons keep: what was given before, or the model's default.
static Expr *value_before(Sema *s, const Population *pop, Var *v, Span at) {
    const BindingVec *list = v->kind == VAR_STATE ? &pop->states : &pop->params;
    for (uint32_t i = 0; i < list->n; i++)
        if (list->at[i].var == v) return list->at[i].value;
    return v->init ? v->init : expr_num(s, 0, v->dim, at);
}

static Var *assigned_var(Sema *s, const AstMember *t, const Group *g) {
    Body *body = g->at.at[0].pop->body;
    Var *v = body_var(body, t->name);
    if (!v) {
        SymVec known = {0};
        body_names(s->arena, body, &known);
        Diag *m = diag(s->diags, t->name_span, D_NO_SUCH_FIELD, kind_of_model(body->what), body->name, t->name);
        Sym near = nearest_name(t->name, known.at, known.n);
        if (near) diag_help(s->diags, m, "did you mean '%s'?", near);
        else diag_help(s->diags, m, "it has %s", names_list(s, &known));
        return NULL;
    }
    if (v->kind != VAR_STATE && v->kind != VAR_PARAM) { diag(s->diags, t->name_span, D_FIELD_NOT_SETTABLE, t->name, body->name); return NULL; }
    return v;
}

void pop_assign(Sema *s, Instance *in, const Ast *statement) {
    bool draw = statement->kind == AST_Draw;
    const Ast *target = draw ? AST_AS(Draw, statement)->target : AST_AS(Assign, statement)->target;
    const Ast *value = draw ? AST_AS(Draw, statement)->value : AST_AS(Assign, statement)->value;
    if (target->kind != AST_Member) { diag(s->diags, target->span, D_NETWORK_ASSIGN); return; }
    Group g;
    if (!group_of(s, in, AST_AS(Member, target)->object, &g)) return;
    for (uint32_t i = 0; i < g.at.n; i++) {
        Slice *c = &g.at.at[i];
        Group one = {0};
        vec_push(s->arena, &one.at, *c);
        Var *v = assigned_var(s, (const AstMember *)target, &one);
        if (!v) return;
        ExprCtx cx = {.where = "an initial value", .allow = ALLOW_OWN | ALLOW_DRAW, .own_pop = c->pop, .hook = network_hook, .hook_data = in};
        if (v->kind == VAR_STATE) cx.allow |= ALLOW_STATE;
        Expr *e = draw ? sema_draw_expr(s, in->scope, value, &cx, v->dim, false, v->name) : sema_expr_dim(s, in->scope, value, &cx, v->dim, v->name);
        e = sema_fold(s, e);
        if (e->bad) return;
        sema_check_value(s, v, e, value->span);
        if (c->hi - c->lo < c->pop->n) {
            e = only_there(s, c, e, value_before(s, c->pop, v, target->span), statement->span);
        }
        bind(s, v->kind == VAR_STATE ? &c->pop->states : &c->pop->params, v, e, statement->span);
    }
}

// E.size: the number of neurons of a population; in initial values of states also its own parameters
Expr *network_hook(Sema *s, Scope *sc, const Ast *e, const ExprCtx *cx) {
    if (e->kind != AST_Member || AST_AS(Member, e)->object->kind != AST_Name) return NULL;
    const AstMember *m = (const AstMember *)e;
    Symbol *y = scope_find(sc, AST_AS(Name, m->object)->name);
    if (!y || y->kind != SYMBOL_POP) return NULL;
    y->used = true;
    if (!y->pop) return expr_bad(s, e->span);
    if (!strcmp(m->name, "size")) {
        Expr *n = expr_num(s, y->pop->n, DIM_NONE, e->span);
        n->ty = TY_INT;
        return n;
    }
    Var *v = cx->own_pop == y->pop && cx->allow & ALLOW_STATE ? body_var(y->pop->body, m->name) : NULL;
    if (v && (v->kind == VAR_PARAM || v->kind == VAR_CONST)) return expr_var(s, v, e->span);       // E.V = E.E_L + 5 mV
    Diag *d = diag(s->diags, e->span, D_NETWORK_MEMBER, m->name, y->name);
    diag_help(s->diags, d, "in a network only '%s.size' can be read; pre.%s and post.%s reach the neurons of a connection", y->name, m->name, m->name);
    return expr_bad(s, e->span);
}
