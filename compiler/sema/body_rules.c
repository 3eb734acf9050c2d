// SPDX-License-Identifier: MIT
// What a model does by itself: equations, drives, spike rules, choice of method.
#include "body.h"

// A plasticity rule also moves the weight that it changes.
static bool moves(const Build *bd, const Var *v) {
    return v->body == bd->b && (v->kind == VAR_STATE || (v->kind == VAR_WEIGHT && bd->b->what == MODEL_PLASTICITY));
}

static Var *own_state(Build *bd, Sym name, Span at, DiagId not_state) {
    Symbol *y = scope_find(bd->sc, name);
    if (!y) { sema_unknown(bd->s, bd->sc, name, at); return NULL; }
    if (y->kind == SYMBOL_VAR && moves(bd, y->var)) return y->var;
    const char *kind = y->kind == SYMBOL_VAR ? var_kind_phrase(y->var->kind) : "no state";
    if (not_state == D_HOLD_NOT_STATE) diag(bd->s->diags, at, not_state, name, kind);
    else diag(bd->s->diags, at, not_state, name);
    return NULL;
}

// ---- x' = e,  x = e ----
static bool once(Build *bd, const Var *v, Span at) {
    for (uint32_t i = 0; i < bd->b->equations.n; i++) {
        if (bd->b->equations.at[i].var != v) continue;
        Diag *d = diag(bd->s->diags, at, D_TWO_EQUATIONS, v->name);
        diag_note_at(bd->s->diags, d, bd->b->equations.at[i].span, "the first is here");
        return false;
    }
    return true;
}

static void right_side(Build *bd, Var *v, Expr *e, bool derivative) {
    Sema *s = bd->s;
    Dim want = derivative ? dim_div(v->dim, DIM_TIME) : v->dim;
    const char *left = arena_printf(s->arena, derivative ? "%s'" : "%s", v->name);
    if (e->bad || v->bad || !expr_expect_number(s, e, arena_printf(s->arena, "the right side of %s", left)) || sema_unify(s, e, want)) return;
    Diag *d = diag(s->diags, e->span, D_EQUATION_DIM, left, dim_phrase(s->arena, want), dim_phrase(s->arena, e->dim));
    expr_dim_notes(s, d, e);
    expr_dim_help(s, d, e, want);
    e->bad = true;
}

static void equation(Build *bd, const Ast *node, Sym name, Span name_span, const Ast *value, bool derivative) {
    Sema *s = bd->s;
    ExprCtx cx = body_ctx(bd, body_running(bd), "an equation");
    Symbol *y = scope_find(bd->sc, name);
    if (!y && derivative) {
        Diag *d = diag(s->diags, name_span, D_EQUATION_WITHOUT_STATE, name);
        SymVec names = {0};
        body_names(s->arena, bd->b, &names);
        Sym near = nearest_name(name, names.at, names.n);
        if (near) diag_help(s->diags, d, "did you mean %s'?", near);
        else diag_help(s->diags, d, "declare it: state %s = ...", name);
        sema_expr(s, bd->sc, value, &cx);
        return;
    }
    Var *v = own_state(bd, name, name_span, D_EQUATION_WITHOUT_STATE);
    if (!v || !once(bd, v, name_span)) return;
    Expr *e = sema_expr(s, bd->sc, value, &cx);
    right_side(bd, v, e, derivative);
    v->written = true;
    Equation q = {.var = v, .value = e, .span = node->span, .algebraic = !derivative};
    vec_push(s->arena, &bd->b->equations, q);
}

// ---- drive post.PORT = e ----
static void drive(Build *bd, const AstDrive *d) {
    Sema *s = bd->s;
    ExprCtx cx = body_ctx(bd, body_running(bd), "a drive");
    Sym port = NULL;
    Span at = d->target ? d->target->span : d->base.span;
    if (d->target && d->target->kind == AST_Member && AST_AS(Member, d->target)->object->kind == AST_Name && !strcmp(AST_AS(Name, AST_AS(Member, d->target)->object)->name, "post"))
        port = AST_AS(Member, d->target)->name;
    else if (d->target && d->target->kind == AST_Name) port = AST_AS(Name, d->target)->name;
    if (!port) { diag(s->diags, at, D_MISPLACED_FORM, "this target of drive"); return; }
    if (d->duration || d->start) diag(s->diags, d->base.span, D_MISPLACED_FORM, "a duration of a drive");
    Var *v = body_target(bd, port, at);
    Expr *e = sema_expr(s, bd->sc, d->value, &cx);
    if (!v) return;
    if (v->kind != VAR_INPUT) {
        Diag *m = diag(s->diags, at, D_DRIVE_TARGET, v->name, var_kind_phrase(v->kind));
        if (v->kind == VAR_STATE) diag_help(s->diags, m, "a jump at an arrival is on pre { post.%s += w }", v->name);
        return;
    }
    body_fits_target(bd, e, v, arena_printf(s->arena, "the drive of post.%s", v->name));
    v->written = true;
    DriveTerm t = {.port = v, .value = e, .span = d->base.span};
    vec_push(s->arena, &bd->b->drives, t);
}

// ---- spike rules ----
static void check_port(Build *bd, const AstSpike *a) {
    for (uint32_t i = 0; i < bd->b->spikes.n; i++) {
        const SpikeEvent *o = &bd->b->spikes.at[i];
        if (o->port != a->port) continue;
        Diag *d = a->port ? diag(bd->s->diags, a->port_span, D_TWO_SPIKES, a->port) : diag(bd->s->diags, a->base.span, D_TWO_SPIKES, "spike");
        diag_note_at(bd->s->diags, d, o->span, "the first is here");
        if (!a->port) diag_help(bd->s->diags, d, "name one of them, as in spike burst when ...");
    }
}

static void warn_constant(Sema *s, Expr *cond) {
    if (cond->bad || cond->kind == E_NUM) return;              // `spike when false` is meant
    const Expr *c = sema_fold_all(s, cond);
    if (c->kind == E_NUM) diag(s->diags, cond->span, D_CONSTANT_CONDITION, c->num != 0 ? "true" : "false");
}

static void crossing(Build *bd, SpikeEvent *e, const AstSpike *a, const ExprCtx *cx) {
    Sema *s = bd->s;
    e->cond = sema_expr(s, bd->sc, a->cond, cx);
    e->level = sema_expr(s, bd->sc, a->level, cx);
    e->falling = a->edge && !strcmp(a->edge, "falling");
    if (!expr_expect_number(s, e->cond, "what crosses") || e->level->bad) return;
    expr_settle_free(s, e->cond);
    if (!e->cond->bad) sema_expect_dim(s, e->level, e->cond->dim, "the level");
}

static void series(Build *bd, SpikeEvent *e, const AstSpike *a, Scope *inner, const ExprCtx *cx) {
    Sema *s = bd->s;
    e->over_var = var_new(s, a->var, VAR_LOCAL, DIM_NONE, a->var_span);
    e->over_var->ty = TY_INT;
    e->over_var->body = bd->b;
    scope_add_var(s, inner, e->over_var);
    if (!a->over || a->over->kind != AST_Range) { diag(s->diags, a->over ? a->over->span : a->base.span, D_WRONG_TYPE, "what follows 'in'", "a range such as 0:8", "none"); return; }
    const AstRange *r = AST_AS(Range, a->over);
    if (r->closed) { diag(s->diags, r->base.span, D_WRONG_TYPE, "what follows 'in'", "a range such as 0:8", "a range of values"); return; }
    e->over_lo = r->lo ? sema_expr_dim(s, bd->sc, r->lo, cx, DIM_NONE, "the first number") : expr_num(s, 0, DIM_NONE, r->base.span);
    if (!r->hi) { diag(s->diags, r->base.span, D_MISPLACED_FORM, "an open range"); return; }
    e->over_hi = sema_expr_dim(s, bd->sc, r->hi, cx, DIM_NONE, "the end of the range");
}

static void spike(Build *bd, const AstSpike *a) {
    Sema *s = bd->s;
    ExprCtx cx = body_ctx(bd, body_running(bd), "a spike rule");
    SpikeEvent e = {.how = (SpikeHow)a->how, .port = a->port, .span = a->base.span};
    Scope *inner = scope_new(s->arena, bd->sc);
    check_port(bd, a);
    switch (e.how) {
    case SPIKE_WHEN:
        e.cond = sema_expr_bool(s, bd->sc, a->cond, &cx, "what follows when");
        warn_constant(s, e.cond);
        break;
    case SPIKE_CROSSES: crossing(bd, &e, a, &cx); break;
    case SPIKE_RATE: e.cond = sema_expr_dim(s, bd->sc, a->cond, &cx, DIM_RATE, "the rate"); break;
    case SPIKE_AT:
        series(bd, &e, a, inner, &cx);
        // fall through
    case SPIKE_ONCE_AT:
        e.at = sema_expr_dim(s, inner, a->at, &cx, DIM_TIME, "the time of the spike");
        if (a->cond) e.cond = sema_expr_bool(s, inner, a->cond, &cx, "what follows when");
        break;
    }
    e.body = body_stmts(bd, inner, &a->body, PLACE_SPIKE);
    vec_push(s->arena, &bd->b->spikes, e);
}

// ---- solve V, m by rk4 ----
static const struct { const char *name; Method method; } METHOD[] = {
    {"auto", SOLVE_AUTO}, {"exact", SOLVE_EXACT}, {"expeuler", SOLVE_EXPEULER}, {"euler", SOLVE_EULER}, {"rk2", SOLVE_RK2}, {"rk4", SOLVE_RK4},
};
enum { NMETHODS = sizeof METHOD / sizeof *METHOD };

static int method_find(Sema *s, const AstSolve *a) {
    SymVec names = {0};
    for (int i = 0; i < NMETHODS; i++) {
        if (a->method && !strcmp(METHOD[i].name, a->method)) return i;
        vec_push(s->arena, &names, sym(METHOD[i].name));
    }
    Diag *d = diag(s->diags, a->method_span, D_UNKNOWN_METHOD, a->method ? a->method : "");
    Sym near = a->method ? nearest_name(a->method, names.at, names.n) : NULL;
    if (near) diag_help(s->diags, d, "did you mean '%s'?", near);
    else diag_help(s->diags, d, "the methods are auto, exact, expeuler, euler, rk2, rk4");
    return -1;
}

static bool has_derivative(const AstModel *decl, Sym name) {
    for (uint32_t i = 0; i < decl->members.n; i++)
        if (decl->members.at[i]->kind == AST_Equation && AST_AS(Equation, decl->members.at[i])->name == name) return true;
    return false;
}

static void solve(Build *bd, const AstSolve *a) {
    int m = method_find(bd->s, a);
    for (uint32_t i = 0; i < a->names.n; i++) {
        const AstName *n = AST_AS(Name, a->names.at[i]);
        Var *v = own_state(bd, n->name, n->base.span, D_SOLVE_WITHOUT_EQUATION);
        if (!v) continue;
        if (!has_derivative(bd->decl, v->name)) diag(bd->s->diags, n->base.span, D_SOLVE_WITHOUT_EQUATION, v->name);
        else if (m >= 0) {
            SolveChoice c = {.var = v, .method = METHOD[m].method, .span = a->base.span};
            vec_push(bd->s->arena, &bd->b->solve, c);
        }
    }
}

static void step(Build *bd, const AstStep *a) {
    if (bd->b->has_step) diag(bd->s->diags, a->base.span, D_TWO_STEPS);
    bd->b->has_step = true;
    StmtVec v = body_stmts(bd, scope_new(bd->s->arena, bd->sc), &a->body, PLACE_STEP);
    for (uint32_t i = 0; i < v.n; i++) vec_push(bd->s->arena, &bd->b->step, v.at[i]);
}

void body_rule(Build *bd, const Ast *m) {
    switch (m->kind) {
    case AST_Equation: equation(bd, m, AST_AS(Equation, m)->name, AST_AS(Equation, m)->name_span, AST_AS(Equation, m)->value, true); break;
    case AST_Algebraic: equation(bd, m, AST_AS(Algebraic, m)->name, AST_AS(Algebraic, m)->name_span, AST_AS(Algebraic, m)->value, false); break;
    case AST_Drive: drive(bd, AST_AS(Drive, m)); break;
    case AST_Spike: spike(bd, AST_AS(Spike, m)); break;
    case AST_Solve: solve(bd, AST_AS(Solve, m)); break;
    case AST_Step: step(bd, AST_AS(Step, m)); break;
    case AST_On: body_on(bd, AST_AS(On, m)); break;
    default: break;
    }
}
