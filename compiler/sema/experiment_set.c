// SPDX-License-Identifier: MIT
// Statements of an experiment that act on neurons: record, drive, present, emit, and assignments. What an assignment means follows
// from its target: a local (X_ASSIGN), a parameter (X_SET), a state or a parameter per neuron (X_FILL, X_DRAW).
#include "experiment.h"

static void push(XCheck *c, XVec *out, XStmt *st) { vec_push(c->s->arena, out, st); }

static void set_net(XStmt *st, const Place *p) {
    st->net = p->pop ? p->pop->network : p->in ? p->in->net : NULL;
    st->pop = p->pop;
}

// ---- record ----
static bool recordable(XCheck *c, const Place *p) {
    VarKind k = p->var->kind;
    if (k == VAR_STATE || k == VAR_LET || k == VAR_INPUT || k == VAR_OUTPUT) return true;
    if (k == VAR_PARAM && !place_uniform(p->pop, p->var)) return true;
    Diag *m = diag(c->s->diags, p->span, D_X_RECORD_FIELD, p->var->name);
    if (k == VAR_PARAM) diag_help(c->s->diags, m, "it is one number that changes only when it is set; print it instead");
    return false;
}

static void record_one(XCheck *c, Scope *sc, const Ast *e, Expr *every, XVec *out) {
    Place p = place_of(c, sc, e);
    if (p.kind == PLACE_BAD) return;
    if (p.kind == PLACE_OTHER) {
        const Ast *object = e->kind == AST_Member ? AST_AS(Member, e)->object : e;
        if (place_population(c, sc, object, &p)) diag(c->s->diags, e->span, D_X_RECORD);
        return;
    }
    if (p.kind == PLACE_PROJECTION) { diag(c->s->diags, e->span, D_X_PROJECTION_VALUE); return; }
    if (p.kind == PLACE_INSTANCE || p.kind == PLACE_PARAM) {
        Diag *m = diag(c->s->diags, e->span, D_X_RECORD);
        diag_help(c->s->diags, m, "as in 'record net.E.spikes' or 'record net.E[0:5].V every 1 ms'");
        return;
    }
    if (p.kind == PLACE_POP) p.kind = PLACE_SPIKES;
    if (p.kind == PLACE_SPIKES && every) { diag(c->s->diags, every->span, D_X_RECORD_EVERY); return; }
    if (p.kind == PLACE_SPIKES && !p.pop->body->spikes.n && !c->s->diags->errors) {
        diag(c->s->diags, e->span, D_SOURCE_SILENT, kind_of_model(p.pop->body->what), p.pop->body->name);
        return;
    }
    if (p.kind == PLACE_FIELD && !recordable(c, &p)) return;
    XStmt *st = x_stmt(c, X_RECORD, e->span);
    st->target = place_expr(c, &p);
    if (p.kind == PLACE_FIELD && st->target->kind == E_POP) st->target->ty = TY_ARRAY;
    st->every = every;
    set_net(st, &p);
    push(c, out, st);
}

void x_record(XCheck *c, Scope *sc, const AstRecord *r, XVec *out) {
    Expr *every = NULL;
    if (r->every) {
        every = sema_fold(c->s, x_expr_dim(c, sc, r->every, dim_of_unit("ms"), "the time between samples"));
        if (every->bad) return;
        if (every->kind == E_NUM && !(every->num > 0)) diag(c->s->diags, every->span, D_X_POSITIVE, "the time between samples");
    }
    for (uint32_t i = 0; i < r->targets.n; i++) record_one(c, sc, r->targets.at[i], every, out);
}

// ---- times ----
static Expr *duration_of(XCheck *c, Scope *sc, const Ast *e, const char *what) {
    if (!e) return NULL;
    Expr *d = sema_fold(c->s, x_expr_dim(c, sc, e, dim_of_unit("ms"), what));
    if (!d->bad && d->kind == E_NUM && d->num < 0) diag(c->s->diags, e->span, D_X_NEGATIVE_TIME, what, d->num);
    return d;
}

// ---- drive ----
static bool driven_port(XCheck *c, Scope *sc, const Ast *e, Place *p) {
    *p = place_of(c, sc, e);
    if (p->kind == PLACE_BAD) return false;
    if (p->kind == PLACE_FIELD && p->var->body && (p->var->kind == VAR_INPUT || p->var->kind == VAR_VALUE_INPUT)) return true;
    if (p->kind == PLACE_OTHER && e->kind == AST_Member && !place_population(c, sc, AST_AS(Member, e)->object, p)) return false;
    Diag *m = diag(c->s->diags, e->span, D_X_DRIVE_TARGET);
    if (p->pop) {
        SymVec known = {0};
        for (uint32_t i = 0; i < p->pop->body->vars.n; i++)
            if (p->pop->body->vars.at[i]->kind == VAR_INPUT || p->pop->body->vars.at[i]->kind == VAR_VALUE_INPUT) vec_push(c->s->arena, &known, p->pop->body->vars.at[i]->name);
        diag_help(c->s->diags, m, "the inputs of '%s' are %s", p->pop->body->name, names_list(c->s, &known));
    }
    return false;
}

void x_drive(XCheck *c, Scope *sc, const AstDrive *d, XVec *out) {
    Place p;
    if (!driven_port(c, sc, d->target, &p)) return;
    ExprCtx saved = c->cx;
    c->cx.where = "a stimulus";
    c->cx.allow = ALLOW_OWN | ALLOW_DRAW | (d->draw ? 0 : ALLOW_T | ALLOW_XI);
    c->cx.own_pop = p.pop;
    XStmt *st = x_stmt(c, X_DRIVE, d->base.span);
    const char *what = arena_printf(c->s->arena, "what drives '%s'", p.var->name);
    st->once = d->draw;
    st->value = sema_fold(c->s, d->draw ? sema_draw_expr(c->s, sc, d->value, &c->cx, p.var->dim, false, what) : x_expr(c, sc, d->value));
    c->cx = saved;
    if (!st->value->bad && st->value->ty != TY_ARRAY && !sema_is_number(st->value)) diag(c->s->diags, d->value->span, D_X_NUMBER, "a stimulus");
    else x_dimension(c, st->value, p.var->dim, what);
    st->target = place_expr(c, &p);
    st->duration = duration_of(c, sc, d->duration, "the duration of a stimulus");
    st->start = duration_of(c, sc, d->start, "the start of a stimulus");
    set_net(st, &p);
    st->var = p.var;
    push(c, out, st);
}

// ---- present ----
static void presented_range(XCheck *c, const Var *input, Expr *e) {
    if (e->bad || !input->ranged) return;
    for (uint32_t i = 0; e->kind == E_ARRAY && i < e->args.n; i++) presented_range(c, input, e->args.at[i]);
    const Expr *v = e->ty == TY_ARRAY ? e : sema_fold(c->s, e);
    if (v->kind == E_NUM && !(v->num >= input->lo && v->num <= input->hi)) diag(c->s->diags, e->span, D_OUTSIDE_RANGE, v->num, input->name, input->lo, input->hi);
}

// A value for each place of the leading dimensions is spread over the others.
static bool leading(const Population *pop, uint32_t n) {
    uint32_t places = 1;
    for (uint32_t d = 0; d + 1 < pop->rank; d++)
        if ((places *= pop->shape[d]) == n) return true;
    return false;
}

// One number is the value of every neuron; a list has one for each.
static Expr *for_each_neuron(XCheck *c, const Population *pop, Expr *e) {
    Sema *s = c->s;
    if (e->bad) return e;
    if (e->kind == E_ARRAY && e->args.n != pop->n && !leading(pop, e->args.n) && (!e->args.n || e->args.at[0]->ty != TY_ARRAY))
        diag(s->diags, e->span, D_X_PRESENT_SIZE, e->args.n, pop->path, pop->n);
    if (e->ty == TY_ARRAY) return e;
    Expr *all = expr_new(s, pop->n == 1 ? E_ARRAY : E_XCALL, e->span);
    all->xfn = XF_linspace;
    all->ty = TY_ARRAY;
    all->dim = e->dim;
    vec_push(s->arena, &all->args, e);
    if (pop->n == 1) return all;
    Expr *n = expr_num(s, pop->n, DIM_NONE, e->span);
    n->ty = TY_INT;
    vec_push(s->arena, &all->args, e);
    vec_push(s->arena, &all->args, n);
    return all;
}

// present SERIES to E every T: the items of a data set one after the other, or as many values of an array at a time as E has neurons.
static void present_series(XCheck *c, Scope *sc, const AstPresent *a, XStmt *st, Place *p, const Var *input, XVec *out) {
    Expr *e = st->value;
    if (!e->bad && e->kind == E_POP && e->ty == TY_ARRAY) st->value = e = x_array(c, sc, a->value, "a presented series");
    if (!e->bad && e->ty != TY_ARRAY && e->ty != TY_DATASET) {
        diag(c->s->diags, a->value->span, D_X_ARRAY, "a presented series");
        return;
    }
    if (input && e->ty == TY_ARRAY && !e->bad) x_dimension(c, e, input->dim, "what is presented");
    if (input) presented_range(c, input, e);
    st->every = duration_of(c, sc, a->every, "the time of each item");
    st->target = place_expr(c, p);
    set_net(st, p);
    push(c, out, st);
}

void x_present(XCheck *c, Scope *sc, const AstPresent *a, XVec *out) {
    Place p;
    if (!place_population(c, sc, a->target, &p)) return;
    if (p.pop->body->what != MODEL_ENCODER) {
        Diag *m = diag(c->s->diags, a->target->span, D_X_PRESENT_TARGET, p.pop->path, kind_of_model(p.pop->body->what), p.pop->body->name);
        diag_help(c->s->diags, m, "values are presented to a population of an encoder, as in 'population In : Poisson[784]'");
        return;
    }
    if (p.lo_expr || p.hi - p.lo < p.pop->n) { diag(c->s->diags, a->target->span, D_X_PRESENT_PART, p.pop->path); return; }
    Var *input = NULL;
    for (uint32_t i = 0; i < p.pop->body->vars.n && !input; i++)
        if (p.pop->body->vars.at[i]->kind == VAR_VALUE_INPUT) input = p.pop->body->vars.at[i];
    XStmt *st = x_stmt(c, X_PRESENT, a->base.span);
    st->value = x_expr(c, sc, a->value);
    if (a->every) { present_series(c, sc, a, st, &p, input, out); return; }
    if (!st->value->bad && st->value->kind == E_POP && st->value->ty == TY_ARRAY) st->value = x_array(c, sc, a->value, "what is presented");
    if (!st->value->bad && st->value->ty != TY_ARRAY && !sema_is_number(st->value)) {
        diag(c->s->diags, a->value->span, D_X_ARRAY, "what is presented");
        st->value->bad = true;
    }
    if (input && !st->value->bad) x_dimension(c, st->value, input->dim, "what is presented");
    if (input) presented_range(c, input, st->value);
    st->value = for_each_neuron(c, p.pop, st->value);
    st->target = place_expr(c, &p);
    if (!a->duration) diag(c->s->diags, a->base.span, D_X_PRESENT_DURATION);
    st->duration = duration_of(c, sc, a->duration, "the duration of a presentation");
    set_net(st, &p);
    push(c, out, st);
}

// ---- emit ----
void x_emit(XCheck *c, Scope *sc, const AstEmit *e, XVec *out) {
    Place p;
    if (!place_population(c, sc, e->target, &p)) return;
    if (!p.pop->body->spikes.n && p.pop->body->what != MODEL_NEURON) {
        diag(c->s->diags, e->target->span, D_SOURCE_SILENT, kind_of_model(p.pop->body->what), p.pop->body->name);
        return;
    }
    XStmt *st = x_stmt(c, X_EMIT, e->base.span);
    st->target = place_expr(c, &p);
    if (e->at && e->at->kind == AST_String) {
        if (!e->from) diag(c->s->diags, e->at->span, D_X_EMIT_FILE);
        st->text = AST_AS(String, e->at)->text;
    } else if (e->from) {
        st->value = x_train(c, sc, e->at, "what follows 'from', when it is no file,");
    } else {
        Expr *x = e->at && e->at->kind == AST_Array ? x_array(c, sc, e->at, "times of spikes") : x_expr(c, sc, e->at);
        if (!x->bad && x->ty != TY_ARRAY) {                                     // one time: an array of one
            Expr *one = expr_new(c->s, E_ARRAY, x->span);
            one->ty = TY_ARRAY;
            one->dim = x->dim;
            one->flex = x->flex;
            vec_push(c->s->arena, &one->args, x);
            x = one;
        }
        x_dimension(c, x, dim_of_unit("ms"), "a time of a spike");
        for (uint32_t i = 0; x->kind == E_ARRAY && i < x->args.n; i++) {
            Expr *t = sema_fold(c->s, x->args.at[i]);
            if (t->kind == E_NUM && t->num < 0) diag(c->s->diags, t->span, D_X_NEGATIVE_TIME, "a time of a spike", t->num);
        }
        st->value = x;
    }
    set_net(st, &p);
    push(c, out, st);
}

// ---- assignments ----
// `a += x` of an array is `a = a + x`, element by element, x an array or a number.
static Expr *array_updated(Sema *s, Var *v, int op, Expr *value, Span at) {
    static const BinaryOp by[] = {[ASSIGN_ADD] = OP_ADD, [ASSIGN_SUB] = OP_SUB, [ASSIGN_MUL] = OP_MUL, [ASSIGN_DIV] = OP_DIV};
    Expr *old = expr_new(s, E_VAR, at), *e = expr_new(s, E_BINARY, at);
    old->var = v;
    old->ty = e->ty = TY_ARRAY;
    old->dim = e->dim = v->dim;
    e->op = by[op];
    e->a = old;
    e->b = value;
    return e;
}

static void assign_local(XCheck *c, Scope *sc, Symbol *y, int op, const Ast *value, Span at, XVec *out) {
    Var *v = y->var;
    if (v->kind != VAR_LOCAL) {
        Diag *m = diag(c->s->diags, at, D_X_ASSIGN_CONST, v->name);
        diag_note_at(c->s->diags, m, v->span, "it is declared here");
        return;
    }
    XStmt *st = x_stmt(c, X_ASSIGN, at);
    st->var = v;
    st->op = (AssignOp)op;
    st->value = x_expr(c, sc, value);
    v->written = true;
    if (st->value->bad) return;
    bool scales = op == ASSIGN_MUL || op == ASSIGN_DIV;
    bool array = st->value->ty == TY_ARRAY;
    if (v->ty != TY_ARRAY && array) diag(c->s->diags, value->span, D_X_NUMBER, v->name);
    else if (v->ty == TY_ARRAY && !array && (op == ASSIGN_SET || !sema_is_number(st->value))) diag(c->s->diags, value->span, D_X_ASSIGN_TYPE, v->name);
    else if ((v->ty == TY_STRING) != (st->value->ty == TY_STRING) || (v->ty == TY_BOOL) != (st->value->ty == TY_BOOL)) diag(c->s->diags, value->span, D_X_ASSIGN_TYPE, v->name);
    else if (v->ty != TY_STRING && v->ty != TY_BOOL) x_dimension(c, st->value, scales ? DIM_NONE : v->dim, v->name);
    if (v->ty == TY_INT && st->value->ty == TY_REAL) v->ty = TY_REAL;
    if (v->ty == TY_ARRAY && op != ASSIGN_SET) {
        st->value = array_updated(c->s, v, op, st->value, at);
        st->op = ASSIGN_SET;
    }
    push(c, out, st);
}

static Expr *assigned_value(XCheck *c, Scope *sc, const Place *p, int op, const Ast *value) {
    bool scales = op == ASSIGN_MUL || op == ASSIGN_DIV;
    ExprCtx saved = c->cx;
    if (p->pop) {
        c->cx.allow |= ALLOW_OWN;
        c->cx.own_pop = p->pop;
    }
    Expr *e = sema_fold(c->s, x_expr(c, sc, value));
    c->cx = saved;
    if (e->bad) return e;
    if (e->ty != TY_ARRAY && e->ty != TY_REAL && e->ty != TY_INT && e->ty != TY_BOOL) { diag(c->s->diags, value->span, D_X_NUMBER, p->var->name); return expr_bad(c->s, value->span); }
    if (!x_dimension(c, e, scales ? DIM_NONE : p->var->dim, p->var->name)) return e;
    const Var *v = p->var;
    if (op == ASSIGN_SET && e->kind == E_NUM && v->ranged && !(e->num >= v->lo && e->num <= v->hi)) diag(c->s->diags, value->span, D_OUTSIDE_RANGE, e->num, v->name, v->lo, v->hi);
    if (op == ASSIGN_SET && e->kind == E_NUM && v->positive && !(e->num > 0)) sema_not_positive(c->s, value->span, v, e->num);
    return e;
}

static void assign_param(XCheck *c, Scope *sc, const Place *p, int op, const Ast *value, Span at, XVec *out) {
    if (p->var->kind != VAR_PARAM) {
        Diag *m = diag(c->s->diags, at, D_X_ASSIGN_CONST, p->var->name);
        diag_note_at(c->s->diags, m, p->var->span, "it is fixed when the network is made");
        return;
    }
    bool part = p->pop && (p->lo_expr || p->hi - p->lo < p->pop->n);
    if (part) {
        Diag *m = diag(c->s->diags, at, D_X_SET_PART, p->var->name, p->pop->path);
        diag_help(c->s->diags, m, "give each neuron its own in the network, as in '%s.%s ~ ...' or an expression of index", p->pop->path, p->var->name);
        return;
    }
    XStmt *st = x_stmt(c, X_SET, at);
    st->var = p->var;
    st->op = (AssignOp)op;
    st->value = assigned_value(c, sc, p, op, value);
    if (st->value->ty == TY_ARRAY) diag(c->s->diags, value->span, D_X_NUMBER, p->var->name);
    set_net(st, p);
    push(c, out, st);
}

// `E.V += e` is `E.V = E.V + e` in each neuron.
static Expr *from_old(XCheck *c, const Place *p, int op, Expr *e, Span at) {
    static const BinaryOp binary[] = {[ASSIGN_ADD] = OP_ADD, [ASSIGN_SUB] = OP_SUB, [ASSIGN_MUL] = OP_MUL, [ASSIGN_DIV] = OP_DIV};
    if (op == ASSIGN_SET || e->bad) return e;
    if (e->ty != TY_ARRAY) return expr_binary(c->s, binary[op], expr_var(c->s, p->var, at), e, at);
    Diag *m = diag(c->s->diags, at, D_X_FILL_OP, p->var->name);
    diag_help(c->s->diags, m, "an array of values is put there by '='; one value or an expression of index may be combined");
    return expr_bad(c->s, at);
}

static void fill_field(XCheck *c, Scope *sc, const Place *p, int op, const Ast *value, Span at, XVec *out) {
    XStmt *st = x_stmt(c, X_FILL, at);
    st->target = place_expr(c, p);
    st->var = p->var;
    st->value = from_old(c, p, op, assigned_value(c, sc, p, op, value), at);
    set_net(st, p);
    push(c, out, st);
}

void x_assign(XCheck *c, Scope *sc, const Ast *target, int op, const Ast *value, Span at, XVec *out) {
    Symbol *y = target->kind == AST_Name ? scope_find(sc, AST_AS(Name, target)->name) : NULL;
    if (y && y->kind == SYMBOL_VAR) { assign_local(c, sc, y, op, value, at, out); return; }
    Place p = place_of(c, sc, target);
    switch (p.kind) {
    case PLACE_BAD: return;
    case PLACE_PARAM: assign_param(c, sc, &p, op, value, at, out); return;
    case PLACE_FIELD:
        if (p.var->kind == VAR_STATE || (p.var->kind == VAR_PARAM && !place_uniform(p.pop, p.var))) { fill_field(c, sc, &p, op, value, at, out); return; }
        if (p.var->kind == VAR_PARAM || p.var->kind == VAR_CONST) { assign_param(c, sc, &p, op, value, at, out); return; }
        break;
    case PLACE_OTHER:
        if (target->kind == AST_Name) {
            Diag *m = diag(c->s->diags, target->span, D_UNKNOWN_NAME, AST_AS(Name, target)->name);
            diag_help(c->s->diags, m, "a new name is declared by 'let %s = ...'", AST_AS(Name, target)->name);
            return;
        }
        if (target->kind == AST_Member && !place_population(c, sc, AST_AS(Member, target)->object, &p)) return;
        break;
    case PLACE_INSTANCE: case PLACE_POP: case PLACE_SPIKES: case PLACE_PROJECTION: break;
    }
    diag(c->s->diags, target->span, D_X_ASSIGN_TARGET);
}

void x_draw(XCheck *c, Scope *sc, const AstDraw *d, XVec *out) {
    Place p = place_of(c, sc, d->target);
    if (p.kind == PLACE_BAD) return;
    if (p.kind != PLACE_FIELD || (p.var->kind != VAR_STATE && p.var->kind != VAR_PARAM)) { diag(c->s->diags, d->target->span, D_X_DRAW_TARGET); return; }
    if (p.var->kind == VAR_PARAM && place_uniform(p.pop, p.var)) { diag(c->s->diags, d->target->span, D_X_DRAW_UNIFORM, p.var->name, p.pop->path, p.var->name); return; }
    ExprCtx cx = c->cx;
    cx.where = "a drawn value";
    cx.allow |= ALLOW_OWN | ALLOW_DRAW;
    cx.own_pop = p.pop;
    XStmt *st = x_stmt(c, X_DRAW, d->base.span);
    st->value = sema_fold(c->s, sema_draw_expr(c->s, sc, d->value, &cx, p.var->dim, false, p.var->name));
    st->target = place_expr(c, &p);
    st->var = p.var;
    set_net(st, &p);
    push(c, out, st);
}
