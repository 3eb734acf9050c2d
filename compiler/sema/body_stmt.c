// SPDX-License-Identifier: MIT
// Handlers: straight-line code with ifs. Who may change what:
//   neuron    own states                      synapse     own states; in on pre also post.X += (a jump, or an event's weight)
//   encoder, decoder own states               plasticity  own states and the weight
#include "body.h"

typedef struct Place { Build *bd; Scope *sc; int place; } Place;

static const char *place_phrase(int place) {
    switch (place) {
    case PLACE_SPIKE: return "what follows a spike";
    case PLACE_STEP: return "step";
    default: return "a handler";
    }
}

// The handler of an arrival runs for a synapse and does not see the clock of `present`; `step` does.
static ExprCtx stmt_ctx(const Place *p) {
    unsigned allow = body_running(p->bd);
    if (p->place == PLACE_ON_OTHER) allow &= ~(unsigned)ALLOW_PRESENT;
    return body_ctx(p->bd, allow, place_phrase(p->place));
}

// ---- what is assigned to ----
typedef struct Target { Var *var; Side side; } Target;

static Target own_target(const Place *p, const AstName *n) {
    Build *bd = p->bd;
    Sema *s = bd->s;
    Symbol *y = scope_find(p->sc, n->name);
    if (!y) { sema_unknown(s, p->sc, n->name, n->base.span); return (Target){0}; }
    if (y->kind != SYMBOL_VAR) { diag(s->diags, n->base.span, D_CANNOT_ASSIGN, "the argument", n->name); return (Target){0}; }
    Var *v = y->var;
    sema_resolve(s, v);
    if (v->kind == VAR_WEIGHT && bd->b->what == MODEL_SYNAPSE) {
        Diag *d = diag(s->diags, n->base.span, D_WEIGHT_BY_SYNAPSE, v->name);
        diag_help(s->diags, d, "weights are changed by a plasticity rule, named after 'plastic' in a connection");
        return (Target){0};
    }
    bool algebraic = v->kind == VAR_STATE && body_algebraic(bd, v->name);
    if ((v->kind == VAR_STATE && !algebraic && v->body == bd->b) || v->kind == VAR_WEIGHT) return (Target){v, SIDE_OWN};
    Diag *d = diag(s->diags, n->base.span, D_CANNOT_ASSIGN, algebraic ? "a state given by an equation without derivative," : var_kind_phrase(v->kind), v->name);
    if (v->kind == VAR_PARAM) diag_help(s->diags, d, "what changes is a state: state %s = ...", v->name);
    return (Target){0};
}

static Target side_target(const Place *p, const AstMember *m, AssignOp op) {
    Build *bd = p->bd;
    Sema *s = bd->s;
    Sym side = m->object->kind == AST_Name ? AST_AS(Name, m->object)->name : sym("");
    bool pre = !strcmp(side, "pre"), post = !strcmp(side, "post");
    if (!pre && !post) { diag(s->diags, m->base.span, D_MISPLACED_FORM, "this target of an assignment"); return (Target){0}; }
    if (bd->b->what != MODEL_SYNAPSE && bd->b->what != MODEL_PLASTICITY) {
        diag(s->diags, m->base.span, D_NOT_ALLOWED, arena_printf(s->arena, "%s.%s", side, m->name), model_phrase(bd->b->what));
        return (Target){0};
    }
    if (pre) { diag(s->diags, m->base.span, D_ASSIGN_PRE, m->name); return (Target){0}; }
    if (bd->b->what != MODEL_SYNAPSE || p->place != PLACE_ON_PRE || (op != ASSIGN_ADD && op != ASSIGN_SUB)) {
        diag(s->diags, m->base.span, D_ASSIGN_POST, m->name);
        return (Target){0};
    }
    Var *v = body_target(bd, m->name, m->base.span);
    if (!v) return (Target){0};
    if (v->kind != VAR_STATE && v->kind != VAR_EVENT_INPUT && v->kind != VAR_INPUT) {
        diag(s->diags, m->base.span, D_CANNOT_ASSIGN, var_kind_phrase(v->kind), v->name);
        return (Target){0};
    }
    return (Target){v, SIDE_POST};
}

static Target target_of(const Place *p, const Ast *t, AssignOp op) {
    if (t && t->kind == AST_Name) return own_target(p, AST_AS(Name, t));
    if (t && t->kind == AST_Member) return side_target(p, AST_AS(Member, t), op);
    if (t) diag(p->bd->s->diags, t->span, D_MISPLACED_FORM, "this target of an assignment");
    return (Target){0};
}

static Stmt *stmt_new(Sema *s, StmtKind kind, Span span) {
    Stmt *st = ARENA_NEW(s->arena, Stmt);
    *st = (Stmt){.kind = kind, .span = span};
    return st;
}

static Stmt *assign(const Place *p, const Ast *node, const Ast *target, AssignOp op, const Ast *value, bool draw) {
    Sema *s = p->bd->s;
    ExprCtx cx = stmt_ctx(p);
    Target t = target_of(p, target, op);
    bool known = t.var && !t.var->bad;
    bool factor = op == ASSIGN_MUL || op == ASSIGN_DIV;
    Dim want = known && !factor ? t.var->dim : DIM_NONE;
    const char *what = t.var ? arena_printf(s->arena, factor ? "the factor of '%s'" : op == ASSIGN_SET ? "the value of '%s'" : "the change of '%s'", t.var->name) : "the value";
    Expr *e = draw ? sema_draw_expr(s, p->sc, value, &cx, want, !known, what) : sema_expr(s, p->sc, value, &cx);
    if (!t.var) return NULL;
    if (t.var->flex && !e->bad && !e->flex && sema_is_number(e)) { t.var->flex = false; t.var->dim = e->dim; }      // arrivals of the first weight
    else if (known && t.side == SIDE_POST) body_fits_target(p->bd, e, t.var, what);
    else if (known) sema_expect_dim(s, e, want, what);
    else expr_expect_number(s, e, what);
    t.var->written = true;
    Stmt *st = stmt_new(s, S_ASSIGN, node->span);
    st->side = t.side;
    st->var = t.var;
    st->op = op;
    st->value = e;
    return st;
}

// ---- let k = e in a handler ----
static Stmt *local(const Place *p, const AstLet *l) {
    Sema *s = p->bd->s;
    ExprCtx cx = stmt_ctx(p);
    const char *what = arena_printf(s->arena, "'%s'", l->name);
    TypeSpec t = sema_type(s, l->type, p->bd->weight ? &p->bd->weight->dim : NULL);
    Expr *e = l->draw ? sema_draw_expr(s, p->sc, l->value, &cx, t.dim, !t.given || t.bad, what) : sema_expr(s, p->sc, l->value, &cx);
    if (!e->bad && t.given && !t.bad && t.ty != TY_BOOL) sema_expect_dim(s, e, t.dim, what);
    if (!e->bad && e->ty != TY_BOOL && expr_expect_number(s, e, what)) expr_settle_free(s, e);
    Var *v = var_new(s, l->name, VAR_LOCAL, e->dim, l->name_span);
    v->body = p->bd->b;
    v->ty = e->ty == TY_BOOL ? TY_BOOL : TY_REAL;
    v->bad = e->bad;
    v->init = e;
    scope_add_var(s, p->sc, v);
    Stmt *st = stmt_new(s, S_LOCAL, l->base.span);
    st->var = v;
    st->value = e;
    return st;
}

// ---- refractory t hold V ----
static Stmt *refractory(const Place *p, const AstRefractory *r) {
    Sema *s = p->bd->s;
    if (p->place != PLACE_SPIKE) { diag(s->diags, r->base.span, D_MISPLACED_STATEMENT, "refractory", place_phrase(p->place)); return NULL; }
    ExprCtx cx = stmt_ctx(p);
    Stmt *st = stmt_new(s, S_REFRACTORY, r->base.span);
    st->value = sema_expr_dim(s, p->sc, r->duration, &cx, DIM_TIME, "the refractory time");
    if (!st->value->bad) {
        const Expr *c = sema_fold_defaults(s, st->value);
        if (c->kind == E_NUM && c->num < 0) diag(s->diags, r->duration->span, D_NEGATIVE, "the refractory time", c->num, "ms");
    }
    for (uint32_t i = 0; i < r->hold.n; i++) {
        const AstName *n = AST_AS(Name, r->hold.at[i]);
        Symbol *y = scope_find(p->sc, n->name);
        if (!y) sema_unknown(s, p->sc, n->name, n->base.span);
        else if (y->kind != SYMBOL_VAR || y->var->kind != VAR_STATE) diag(s->diags, n->base.span, D_HOLD_NOT_STATE, n->name, y->kind == SYMBOL_VAR ? var_kind_phrase(y->var->kind) : "none");
        else vec_push(s->arena, &st->hold, y->var);
    }
    return st;
}

static Stmt *if_stmt(const Place *p, const AstIf *a) {
    Sema *s = p->bd->s;
    ExprCtx cx = stmt_ctx(p);
    Stmt *st = stmt_new(s, S_IF, a->base.span);
    st->cond = sema_expr_bool(s, p->sc, a->cond, &cx, "what follows if");
    st->then = body_stmts(p->bd, scope_new(s->arena, p->sc), &a->then, p->place);
    st->otherwise = body_stmts(p->bd, scope_new(s->arena, p->sc), &a->otherwise, p->place);
    return st;
}

static Stmt *misplaced(const Place *p, const Ast *n, const char *what) {
    diag(p->bd->s->diags, n->span, D_MISPLACED_STATEMENT, what, place_phrase(p->place));
    return NULL;
}

static Stmt *stmt(const Place *p, const Ast *n) {
    switch (n->kind) {
    case AST_Assign: return assign(p, n, AST_AS(Assign, n)->target, (AssignOp)AST_AS(Assign, n)->op, AST_AS(Assign, n)->value, false);
    case AST_Draw: return assign(p, n, AST_AS(Draw, n)->target, ASSIGN_SET, AST_AS(Draw, n)->value, true);
    case AST_Let: return local(p, AST_AS(Let, n));
    case AST_If: return if_stmt(p, AST_AS(If, n));
    case AST_Refractory: return refractory(p, AST_AS(Refractory, n));
    case AST_While: return misplaced(p, n, "while");
    case AST_For: return misplaced(p, n, "for");
    case AST_Emit: return misplaced(p, n, "emit");
    case AST_ExprStmt: return misplaced(p, n, "a bare expression");
    default: return misplaced(p, n, "this");
    }
}

StmtVec body_stmts(Build *bd, Scope *sc, const AstList *list, int place) {
    StmtVec v = {0};
    Place p = {bd, sc, place};
    for (uint32_t i = 0; i < list->n; i++) {
        Stmt *st = list->at[i] ? stmt(&p, list->at[i]) : NULL;
        if (st) vec_push(bd->s->arena, &v, st);
    }
    for (uint32_t i = 0; i < sc->names.n; i++) {
        const Symbol *y = sc->names.val[i];
        if (y->kind == SYMBOL_VAR && y->var->kind == VAR_LOCAL && !y->var->used && y->var->init) diag(bd->s->diags, y->var->span, D_UNUSED_LOCAL, y->name);
    }
    return v;
}

// ---- on EVENT(w) { ... } ----
static Var *implicit_event(Build *bd, Sym name, Span at) {
    Var *v = var_new(bd->s, name, VAR_EVENT_INPUT, DIM_NONE, at);
    v->body = bd->b;
    vec_push(bd->s->arena, &bd->b->vars, v);
    return v;
}

static const char *known_events(Build *bd) {
    const char *list = bd->b->what == MODEL_SYNAPSE || bd->b->what == MODEL_PLASTICITY ? "pre, post" : bd->b->what == MODEL_DECODER ? "spike, present" : bd->b->what == MODEL_ENCODER ? "present" : "";
    for (uint32_t i = 0; i < bd->b->vars.n; i++)
        if (bd->b->vars.at[i]->kind == VAR_EVENT_INPUT) list = arena_printf(bd->s->arena, "%s%s%s", list, *list ? ", " : "", bd->b->vars.at[i]->name);
    return list;
}

static bool find_event(Build *bd, const AstOn *on, Handler *h) {
    Sema *s = bd->s;
    bool between = bd->b->what == MODEL_SYNAPSE || bd->b->what == MODEL_PLASTICITY;
    Var *v = on->event ? body_var(bd->b, on->event) : NULL;
    if (between && on->event && !strcmp(on->event, "pre")) { h->kind = ON_PRE; return true; }
    if (between && on->event && !strcmp(on->event, "post")) { h->kind = ON_POST; return true; }
    if (!between && !v && on->event && !strcmp(on->event, "present")) { h->kind = ON_PRESENT; return true; }
    h->kind = ON_EVENT;
    if (v && v->kind == VAR_EVENT_INPUT) h->event = v;
    else if (!v && on->event && bd->b->what == MODEL_DECODER && !strcmp(on->event, "spike")) h->event = implicit_event(bd, on->event, on->event_span);
    if (h->event) { h->event->used = true; return true; }
    Diag *d = diag(s->diags, on->event_span, D_UNKNOWN_EVENT, on->event ? on->event : "", arena_printf(s->arena, "%s %s", model_phrase(bd->b->what), bd->b->name));
    const char *list = known_events(bd);
    if (*list) diag_help(s->diags, d, "its events are %s", list);
    else diag_help(s->diags, d, "declare it, as in input event %s : nS", on->event ? on->event : "exc");
    return false;
}

static void handler_once(Build *bd, const AstOn *on, const Handler *h) {
    for (uint32_t i = 0; i < bd->b->handlers.n; i++) {
        const Handler *o = &bd->b->handlers.at[i];
        if (o->kind != h->kind || o->event != h->event) continue;
        Diag *d = diag(bd->s->diags, on->event_span, D_TWO_HANDLERS, on->event);
        diag_note_at(bd->s->diags, d, o->span, "the first is here");
    }
}

void body_on(Build *bd, const AstOn *on) {
    Sema *s = bd->s;
    Handler h = {.span = on->base.span};
    bool found = find_event(bd, on, &h);
    if (found) handler_once(bd, on, &h);
    Scope *inner = scope_new(s->arena, bd->sc);
    if (on->arg && found && !h.event) diag(s->diags, on->arg_span, D_HANDLER_ARGUMENT, on->event);
    if (on->arg) {
        h.arg = var_new(s, on->arg, VAR_LOCAL, h.event ? h.event->dim : DIM_NONE, on->arg_span);
        h.arg->body = bd->b;
        h.arg->bad = !h.event || h.event->bad;
        scope_add_var(s, inner, h.arg);
    }
    h.body = body_stmts(bd, inner, &on->body, h.kind == ON_PRE && found ? PLACE_ON_PRE : h.kind == ON_PRESENT ? PLACE_STEP : PLACE_ON_OTHER);
    if (found) vec_push(s->arena, &bd->b->handlers, h);
}
