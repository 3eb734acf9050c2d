// SPDX-License-Identifier: MIT
// One expression of the syntax tree -> a typed Expr in coherent units. Names are looked up in the scope first, then among the specials,
// so a variable may be called x, size or index. Functions are inlined (expr_call.c), operators are in expr_ops.c.
#include "expr.h"
#include <math.h>

static const Special SPECIALS[] = {
    {"t", SP_T, {{0, 0, 2, 0, 0, 0, 0}}, TY_REAL, ALLOW_T, false},
    {"dt", SP_DT, {{0, 0, 2, 0, 0, 0, 0}}, TY_REAL, ALLOW_T, false},
    {"index", SP_INDEX, {{0}}, TY_INT, ALLOW_OWN, true},
    {"size", SP_SIZE, {{0}}, TY_INT, ALLOW_OWN, true},
    {"x", SP_X, {{2, 0, 0, 0, 0, 0, 0}}, TY_REAL, ALLOW_OWN, true},
    {"y", SP_Y, {{2, 0, 0, 0, 0, 0, 0}}, TY_REAL, ALLOW_OWN, true},
    {"z", SP_Z, {{2, 0, 0, 0, 0, 0, 0}}, TY_REAL, ALLOW_OWN, true},
    {"angle", SP_ANGLE, {{0}}, TY_REAL, ALLOW_OWN, true},
    {"distance", SP_DISTANCE, {{2, 0, 0, 0, 0, 0, 0}}, TY_REAL, ALLOW_SIDES, false},
    {"xi", SP_XI, {{0, 0, -1, 0, 0, 0, 0}}, TY_REAL, ALLOW_XI, false},
    {"since_spike", SP_SINCE_SPIKE, {{0, 0, 2, 0, 0, 0, 0}}, TY_REAL, ALLOW_SPIKES, true},
    {"spiked_before", SP_SPIKED_BEFORE, {{0}}, TY_REAL, ALLOW_SPIKES, true},
    {"since_present", SP_SINCE_PRESENT, {{0, 0, 2, 0, 0, 0, 0}}, TY_REAL, ALLOW_PRESENT, false},
};
enum { NSPECIALS = sizeof SPECIALS / sizeof *SPECIALS };

const Special *special_find(Sym name) {
    for (int i = 0; i < NSPECIALS; i++)
        if (!strcmp(SPECIALS[i].name, name)) return &SPECIALS[i];
    return NULL;
}

Expr *expr_new(Sema *s, ExprKind kind, Span span) {
    Expr *e = ARENA_NEW(s->arena, Expr);
    e->kind = kind;
    e->span = span;
    return e;
}

Expr *expr_num(Sema *s, double v, Dim d, Span span) {
    Expr *e = expr_new(s, E_NUM, span);
    e->num = v;
    e->dim = d;
    return e;
}

Expr *expr_bad(Sema *s, Span span) {
    Expr *e = expr_new(s, E_NUM, span);
    e->bad = true;
    return e;
}

Expr *expr_var(Sema *s, Var *v, Span span) {
    sema_resolve(s, v);
    v->used = true;
    Expr *e = expr_new(s, E_VAR, span);
    e->var = v;
    e->ty = v->kind == VAR_ARRAY ? TY_ARRAY : v->ty;
    e->dim = v->dim;
    e->bad = v->bad;
    return e;
}

Var *var_new(Sema *s, Sym name, VarKind kind, Dim d, Span span) {
    Var *v = ARENA_NEW(s->arena, Var);
    *v = (Var){.name = name, .kind = kind, .dim = d, .span = span};
    return v;
}

typedef struct Pending { ResolveFn resolve; void *data; bool busy, done; } Pending;

void sema_defer(Sema *s, Var *v, ResolveFn resolve, void *data) {
    Pending *p = ARENA_NEW(s->arena, Pending);
    *p = (Pending){.resolve = resolve, .data = data};
    map_put(s->arena, &s->pending, v, p);
}

void sema_resolve(Sema *s, Var *v) {
    Pending *p = map_get(&s->pending, v);
    if (!p || p->done) return;
    if (p->busy) {
        if (!v->bad) diag(s->diags, v->span, D_DEFINITION_CYCLE, v->name);
        v->bad = true;
        return;
    }
    p->busy = true;
    p->resolve(s, v, p->data);
    p->busy = false;
    p->done = true;
}

const char *var_kind_phrase(VarKind k) {
    switch (k) {
    case VAR_CONST: return "a constant";
    case VAR_PARAM: return "a parameter";
    case VAR_STATE: return "a state";
    case VAR_LET: return "a computed quantity";
    case VAR_INPUT: return "an input";
    case VAR_EVENT_INPUT: return "an event input";
    case VAR_VALUE_INPUT: return "the input value";
    case VAR_WEIGHT: return "the weight";
    case VAR_OUTPUT: return "an output";
    case VAR_LOCAL: return "a local quantity";
    case VAR_KERNEL: return "a kernel";
    case VAR_ARRAY: return "an array";
    case VAR_DATASET: return "a data set";
    }
    return "";
}

// ---- numbers (the lexer has brought them to coherent units) ----
// `2 mV^-1*V^2`: the unit goes on to the end, also where V is a variable that was meant.
static void unit_or_variable(Sema *s, Scope *sc, const AstNumber *n) {
    for (const char *at = strpbrk(n->unit, "*/"); at; at = strpbrk(at + 1, "*/")) {
        size_t len = strcspn(at + 1, "*/^");
        Symbol *y = scope_find(sc, sym_n(at + 1, len));
        if (!y || y->kind != SYMBOL_VAR) continue;
        Diag *m = diag(s->diags, n->unit_span, D_UNIT_VARIABLE, y->name, n->unit);
        diag_note_at(s->diags, m, y->span, "the variable is declared here");
        diag_help(s->diags, m, "blanks around the sign make it the variable: '%.*s %c %s'", (int)(at - n->unit), n->unit, *at, at + 1);
        return;
    }
}

static Expr *number(Sema *s, Scope *sc, const AstNumber *n) {
    Expr *e = expr_num(s, n->value, DIM_NONE, n->base.span);
    if (n->unit) {
        unit_or_variable(s, sc, n);
        Unit u = {.scale = 1};
        size_t len = strlen(n->unit);
        if (unit_match(n->unit, len, &u) != len) {
            diag(s->diags, n->unit_span, D_UNKNOWN_TYPE, n->unit);
            return expr_bad(s, n->base.span);
        }
        e->dim = u.dim;
    } else {
        e->ty = n->is_int ? TY_INT : TY_REAL;
        e->flex = n->value == 0;
    }
    if (e->num - e->num != 0) {
        diag(s->diags, e->span, D_NO_FINITE_VALUE);
        e->bad = true;
    }
    return e;
}

// ---- names ----
static Expr *refuse(Sema *s, Span at, const char *what, const ExprCtx *cx) {
    diag(s->diags, at, D_NOT_ALLOWED, what, cx->where);
    return expr_bad(s, at);
}

static Expr *special(Sema *s, const Special *sp, Side side, Span at) {
    (void)s;
    Expr *e = expr_new(s, E_SPECIAL, at);
    e->special = sp->id;
    e->side = side;
    e->ty = sp->ty;
    e->dim = sp->dim;
    return e;
}

// Names of the coordinates of a shaped population, slowest first: i; y, x; c, y, x; k, c, y, x.
static int coordinate_of(Sym name, uint32_t rank) {
    static const char *const names[5] = {"", "i", "yx", "cyx", "kcyx"};
    if (strlen(name) != 1 || rank > 4) return -1;
    const char *p = strchr(names[rank], name[0]);
    return p && *p ? (int)(p - names[rank]) : -1;
}

static Expr *coordinate(Sema *s, int k, Side side, Span at) {
    Expr *e = expr_new(s, E_SPECIAL, at);
    e->special = SP_COORD;
    e->num = k;
    e->side = side;
    e->ty = TY_INT;
    return e;
}

// Coordinates, positions, index and size of a population; NULL when the name is none of them.
static Expr *population_special(Sema *s, Sym name, const Population *pop, Side side, Span at) {
    if (pop && pop->layout == POS_NONE) {
        int k = coordinate_of(name, pop->rank);
        if (k >= 0) return coordinate(s, k, side, at);
        if (!strcmp(name, "c") || !strcmp(name, "x") || !strcmp(name, "y") || !strcmp(name, "z") || !strcmp(name, "angle")) {
            Diag *d = diag(s->diags, at, D_COORDINATE, pop->path, pop->rank, name);
            diag_help(s->diags, d, "give the population a position, as in population %s : ... at ring(1 mm)", pop->path);
            return expr_bad(s, at);
        }
    }
    const Special *sp = special_find(name);
    return sp && sp->side ? special(s, sp, side, at) : NULL;
}

static Expr *special_name(Sema *s, Scope *sc, Sym name, Span at, const ExprCtx *cx) {
    if (!strcmp(name, "pi")) return expr_num(s, 3.14159265358979323846, DIM_NONE, at);
    const Special *sp = special_find(name);
    bool coord = cx->own_pop && coordinate_of(name, cx->own_pop->rank) >= 0;
    if (!sp && !(coord && cx->allow & ALLOW_OWN)) {
        if (!strcmp(name, "pre") || !strcmp(name, "post")) return refuse(s, at, arena_printf(s->arena, "'%s' alone", name), cx);
        if (!cx->own && cx->own_pop && cx->own_pop->body && body_var(cx->own_pop->body, name)) {
            Diag *d = diag(s->diags, at, D_UNKNOWN_NAME, name);
            diag_help(s->diags, d, "here the names of the network are known; what each neuron of %s has is computed with inside %s, as in 'let c = a + b*%s'", cx->own_pop->path,
                      cx->own_pop->body->name, name);
            return expr_bad(s, at);
        }
        sema_unknown(s, sc, name, at);
        return expr_bad(s, at);
    }
    if (sp && !(sp->allow & cx->allow)) {
        Diag *d = diag(s->diags, at, D_NOT_ALLOWED, arena_printf(s->arena, "'%s'", name), cx->where);
        if (sp->side && cx->allow & ALLOW_SIDES) diag_help(s->diags, d, "say of which side: pre.%s or post.%s", name, name);
        return expr_bad(s, at);
    }
    Expr *e = cx->allow & ALLOW_OWN ? population_special(s, name, cx->own_pop, SIDE_OWN, at) : NULL;
    return e ? e : special(s, sp, SIDE_OWN, at);
}

static Expr *variable(Sema *s, Var *v, Span at, const ExprCtx *cx) {
    bool moves = v->kind == VAR_STATE || v->kind == VAR_INPUT || v->kind == VAR_LET;
    if (moves && v->body && !(cx->allow & ALLOW_STATE)) return refuse(s, at, arena_printf(s->arena, "%s ('%s')", var_kind_phrase(v->kind), v->name), cx);
    if (v->kind == VAR_EVENT_INPUT || v->kind == VAR_KERNEL) {
        v->used = true;
        Diag *d = diag(s->diags, at, D_NOT_A_VALUE, v->name, var_kind_phrase(v->kind));
        if (v->kind == VAR_EVENT_INPUT) diag_help(s->diags, d, "its arrivals act in on %s(w) { ... }", v->name);
        return expr_bad(s, at);
    }
    return expr_var(s, v, at);
}

static Expr *name(Sema *s, Scope *sc, const AstName *n, const ExprCtx *cx) {
    Symbol *y = scope_find(sc, n->name);
    Span at = n->base.span;
    if (!y) return special_name(s, sc, n->name, at, cx);
    y->used = true;
    switch (y->kind) {
    case SYMBOL_VAR: return variable(s, y->var, at, cx);
    case SYMBOL_EXPR: return y->expr;
    case SYMBOL_POP: diag(s->diags, at, D_NOT_A_VALUE, n->name, "a population"); break;
    case SYMBOL_OTHER: diag(s->diags, at, D_NOT_A_VALUE, n->name, "part of the network"); break;
    }
    return expr_bad(s, at);
}

// ---- pre.NAME, post.NAME ----
// Times since a spike or a presentation are kept in steps, which only the neuron itself reads.
static bool reads_clock(const Expr *e) {
    if (!e) return false;
    if (e->kind == E_SPECIAL && (e->special == SP_SINCE_SPIKE || e->special == SP_SINCE_PRESENT)) return true;
    if (e->kind == E_VAR && (e->var->kind == VAR_LET || e->var->kind == VAR_OUTPUT) && reads_clock(e->var->init)) return true;
    for (uint32_t i = 0; i < e->args.n; i++)
        if (reads_clock(e->args.at[i])) return true;
    return reads_clock(e->a) || reads_clock(e->b) || reads_clock(e->c);
}

static Expr *side_member(Sema *s, Side side, const AstMember *m, const ExprCtx *cx) {
    Body *b = side == SIDE_PRE ? cx->pre : cx->post;
    Population *pop = side == SIDE_PRE ? cx->pre_pop : cx->post_pop;
    Span at = m->base.span;
    Var *v = b ? body_var(b, m->name) : NULL;
    if (!v) {
        Expr *e = population_special(s, m->name, pop, side, at);
        if (e) return e;
        if (!b) return expr_bad(s, at);
        const char *of = side == SIDE_PRE ? "pre" : "post";
        Diag *d = diag(s->diags, m->name_span, D_NO_MEMBER, arena_printf(s->arena, "%s (neuron %s)", of, b->name), m->name);
        SymVec names = {0};
        body_names(s->arena, b, &names);
        Sym near = nearest_name(m->name, names.at, names.n);
        if (near) diag_help(s->diags, d, "did you mean %s.%s?", of, near);
        return expr_bad(s, at);
    }
    sema_resolve(s, v);
    v->used = true;
    if (v->kind == VAR_CONST) return expr_var(s, v, at);
    if (v->kind != VAR_PARAM && v->kind != VAR_STATE && v->kind != VAR_LET && v->kind != VAR_OUTPUT && v->kind != VAR_VALUE_INPUT) {
        diag(s->diags, at, D_NOT_A_VALUE, v->name, var_kind_phrase(v->kind));
        return expr_bad(s, at);
    }
    if ((v->kind == VAR_LET || v->kind == VAR_OUTPUT) && reads_clock(v->init)) {
        Diag *d = diag(s->diags, at, D_NOT_ALLOWED, arena_printf(s->arena, "'%s', which looks at the clock of its neuron,", v->name), cx->where);
        diag_help(s->diags, d, "keep it as a state: step { ... = since_present }");
        return expr_bad(s, at);
    }
    Expr *e = expr_new(s, E_SIDE, at);
    e->side = side;
    e->var = v;
    e->ty = v->ty;
    e->dim = v->dim;
    e->bad = v->bad;
    return e;
}

static Expr *member(Sema *s, Scope *sc, const AstMember *m, const ExprCtx *cx) {
    if (m->object->kind == AST_Name) {
        Sym n = AST_AS(Name, m->object)->name;
        bool pre = !strcmp(n, "pre");
        if ((pre || !strcmp(n, "post")) && !scope_find(sc, n)) {
            if (!(cx->allow & ALLOW_SIDES)) return refuse(s, m->base.span, arena_printf(s->arena, "%s.%s", n, m->name), cx);
            return side_member(s, pre ? SIDE_PRE : SIDE_POST, m, cx);
        }
        Symbol *y = scope_find(sc, n);
        if (!y) {
            sema_unknown(s, sc, n, m->object->span);
            return expr_bad(s, m->base.span);
        }
        y->used = true;
        diag(s->diags, m->base.span, D_NO_MEMBER, arena_printf(s->arena, "'%s'", n), m->name);
        return expr_bad(s, m->base.span);
    }
    diag(s->diags, m->base.span, D_MISPLACED_FORM, "a member");
    return expr_bad(s, m->base.span);
}

// ---- arrays ----
// false: reported
static bool check_bound(Sema *s, const Expr *i, uint32_t n) {
    const Expr *c = sema_fold(s, (Expr *)i);
    if (c->kind != E_NUM || c->bad) return true;
    if (fabs(c->num) > 1e15 || c->num != rint(c->num)) diag(s->diags, i->span, D_NOT_WHOLE, "an index", c->num);
    else if (c->num < 0 || c->num >= n) diag(s->diags, i->span, D_INDEX_BOUNDS, (long long)c->num, (long long)n);
    else return true;
    return false;
}

static Expr *element(Sema *s, Scope *sc, const AstIndex *x, const ExprCtx *cx) {
    Symbol *y = x->object->kind == AST_Name ? scope_find(sc, AST_AS(Name, x->object)->name) : NULL;
    Span at = x->base.span;
    if (y && y->kind == SYMBOL_VAR) sema_resolve(s, y->var);
    if (!y || y->kind != SYMBOL_VAR || y->var->kind != VAR_ARRAY) {
        if (y && y->kind == SYMBOL_VAR && y->var->bad) return expr_bad(s, at);
        if (x->object->kind == AST_Name && !y) sema_unknown(s, sc, AST_AS(Name, x->object)->name, x->object->span);
        else diag(s->diags, x->object->span, D_NOT_AN_ARRAY, span_text(s, x->object->span));
        return expr_bad(s, at);
    }
    Var *v = y->var;
    v->used = y->used = true;
    Expr *e = expr_new(s, E_ELEMENT, at);
    e->var = v;
    e->dim = v->dim;
    e->bad = v->bad;
    if (x->indices.n != v->rank && !v->bad) {
        diag(s->diags, at, D_INDEX_RANK, v->name, v->rank, x->indices.n);
        e->bad = true;
    }
    for (uint32_t i = 0; i < x->indices.n; i++) {
        Expr *k = sema_expr_dim(s, sc, x->indices.at[i], cx, DIM_NONE, "an index");
        if (k->bad || (!e->bad && v->shape && !check_bound(s, k, v->shape[i]))) e->bad = true;
        vec_push(s->arena, &e->args, k);
    }
    return e;
}

static Expr *array(Sema *s, Scope *sc, const AstArray *a, const ExprCtx *cx) {
    Expr *e = expr_new(s, E_ARRAY, a->base.span);
    e->ty = TY_ARRAY;
    if (!a->items.n) {
        diag(s->diags, a->base.span, D_EMPTY_ARRAY);
        e->bad = true;
    }
    bool have = false;
    for (uint32_t i = 0; i < a->items.n; i++) {
        Expr *k = sema_expr(s, sc, a->items.at[i], cx);
        bool nested = !k->bad && k->ty == TY_ARRAY;
        if (!k->bad && !nested) expr_expect_number(s, k, "an element");
        if (k->bad) e->bad = true;
        else if (!k->flex && !have) { e->dim = k->dim; have = true; }
        vec_push(s->arena, &e->args, k);
    }
    for (uint32_t i = 0; i < e->args.n; i++)
        if (e->args.at[i]->ty != TY_ARRAY && !sema_expect_dim(s, e->args.at[i], e->dim, "an element of this array")) e->bad = true;
    return e;
}

// ---- conditions ----
static Expr *cond(Sema *s, Scope *sc, const AstCond *c, const ExprCtx *cx) {
    Expr *e = expr_new(s, E_COND, c->base.span);
    e->a = sema_expr_bool(s, sc, c->cond, cx, "what follows if");
    e->b = sema_expr(s, sc, c->then, cx);
    e->c = sema_expr(s, sc, c->otherwise, cx);
    e->bad = e->a->bad || e->b->bad || e->c->bad;
    if (e->bad) return e;
    e->ty = e->b->ty == TY_INT ? e->c->ty : e->b->ty;
    if (e->b->ty == TY_BOOL || e->c->ty == TY_BOOL) {
        if (!expr_expect_bool(s, e->b, "this branch") || !expr_expect_bool(s, e->c, "this branch")) e->bad = true;
        return e;
    }
    if (!expr_expect_number(s, e->b, "a branch") || !expr_expect_number(s, e->c, "a branch")) { e->bad = true; return e; }
    e->flex = e->b->flex && e->c->flex;
    Dim d = e->b->flex ? e->c->dim : e->b->dim;
    if (!e->flex && (!sema_unify(s, e->b, d) || !sema_unify(s, e->c, d))) {
        diag(s->diags, e->span, D_DIM_MISMATCH, "choose between", dim_phrase(s->arena, e->b->dim), dim_phrase(s->arena, e->c->dim));
        e->bad = true;
    }
    e->dim = d;
    return e;
}

static Expr *misplaced(Sema *s, const Ast *e, const char *what) {
    diag(s->diags, e->span, D_MISPLACED_FORM, what);
    return expr_bad(s, e->span);
}

static Expr *dispatch(Sema *s, Scope *sc, const Ast *e, const ExprCtx *cx) {
    switch (e->kind) {
    case AST_Number: return number(s, sc, AST_AS(Number, e));
    case AST_String: {
        Expr *t = expr_new(s, E_STRING, e->span);
        t->ty = TY_STRING;
        t->text = AST_AS(String, e)->text;
        return t;
    }
    case AST_Bool: {
        Expr *b = expr_num(s, AST_AS(Bool, e)->value, DIM_NONE, e->span);
        b->ty = TY_BOOL;
        return b;
    }
    case AST_Name: return name(s, sc, AST_AS(Name, e), cx);
    case AST_Member: return member(s, sc, AST_AS(Member, e), cx);
    case AST_Index: return element(s, sc, AST_AS(Index, e), cx);
    case AST_Call: return expr_call(s, sc, AST_AS(Call, e), cx);
    case AST_Unary: return expr_unary(s, (UnaryOp)AST_AS(Unary, e)->op, sema_expr(s, sc, AST_AS(Unary, e)->operand, cx), e->span);
    case AST_Binary: {
        Expr *a = sema_expr(s, sc, AST_AS(Binary, e)->left, cx), *b = sema_expr(s, sc, AST_AS(Binary, e)->right, cx);
        return expr_binary(s, (BinaryOp)AST_AS(Binary, e)->op, a, b, e->span);
    }
    case AST_Cond: return cond(s, sc, AST_AS(Cond, e), cx);
    case AST_Array: return array(s, sc, AST_AS(Array, e), cx);
    case AST_Range: return misplaced(s, e, "a range");
    case AST_Tuple: return misplaced(s, e, "a list in parentheses");
    default: return misplaced(s, e, "this");
    }
}

Expr *sema_expr(Sema *s, Scope *sc, const Ast *e, const ExprCtx *cx) {
    if (!e) return expr_bad(s, (Span){0});               // the parser has reported what is missing here
    bool asks = e->kind == AST_Name || e->kind == AST_Member || e->kind == AST_Index || e->kind == AST_Call;
    if (asks && cx->hook) {
        Expr *h = cx->hook(s, sc, e, cx);
        if (h) return h;
    }
    return dispatch(s, sc, e, cx);
}

Expr *sema_expr_dim(Sema *s, Scope *sc, const Ast *e, const ExprCtx *cx, Dim want, const char *what) {
    Expr *x = sema_expr(s, sc, e, cx);
    sema_expect_dim(s, x, want, what);
    return x;
}

Expr *sema_expr_bool(Sema *s, Scope *sc, const Ast *e, const ExprCtx *cx, const char *what) {
    Expr *x = sema_expr(s, sc, e, cx);
    expr_expect_bool(s, x, what);
    return x;
}
