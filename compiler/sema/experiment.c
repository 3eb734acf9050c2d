// SPDX-License-Identifier: MIT
// One experiment, from top to bottom. Locals get a slot in the frame each; names of networks are resolved by experiment_place.c.
#include "experiment.h"
#include <math.h>

XStmt *x_stmt(XCheck *c, XKind kind, Span at) {
    XStmt *st = ARENA_NEW(c->s->arena, XStmt);
    st->kind = kind;
    st->span = at;
    return st;
}

static void push(XCheck *c, XVec *out, XStmt *st) { vec_push(c->s->arena, out, st); }

// ---- use ----
static const Decl *network_named(XCheck *c, const AstUse *u) {
    Sema *s = c->s;
    const Decl *d = load_find(&elab(s)->loader, c->file, u->network);
    if (!d) {
        Diag *m = diag(s->diags, u->network_span, D_X_UNKNOWN_NETWORK, u->network);
        Sym near = load_nearest(&elab(s)->loader, c->file, u->network);
        if (near) diag_help(s->diags, m, "did you mean '%s'?", near);
        return NULL;
    }
    if (d->node->kind == AST_Circuit && AST_AS(Circuit, d->node)->is_network) return d;
    Diag *m = diag(s->diags, u->network_span, D_X_NOT_NETWORK, u->network);
    if (d->node->kind == AST_Circuit) diag_help(s->diags, m, "it is a circuit; declare a network that has it inside: network N { use %s(...) as part }", u->network);
    else diag_note_at(s->diags, m, d->span, "it is declared here");
    return NULL;
}

static void use_args(XCheck *c, Scope *sc, const AstUse *u, Instance *root, XStmt *st) {
    Sema *s = c->s;
    for (uint32_t i = 0; i < u->args.n; i++) {
        const AstArg *a = (const AstArg *)u->args.at[i];
        Sym name = a->name ? a->name : i < root->decl->params.n ? AST_AS(Param, root->decl->params.at[i])->name : NULL;
        Symbol *y = name ? scope_find_here(root->scope, name) : NULL;
        if (!y || y->kind != SYMBOL_VAR || y->var->kind != VAR_PARAM || y->var->bad) continue;      // structural, or reported
        Expr *e = sema_fold(s, x_expr_dim(c, sc, a->value, y->var->dim, name));
        if (e->bad) continue;
        if (e->kind == E_NUM && y->var->ranged && !(e->num >= y->var->lo && e->num <= y->var->hi))
            diag(s->diags, a->value->span, D_OUTSIDE_RANGE, e->num, name, y->var->lo, y->var->hi);
        vec_push(s->arena, &st->args, ((Binding){.var = y->var, .value = e, .span = a->base.span}));
    }
}

static void use(XCheck *c, Scope *sc, const AstUse *u, XVec *out) {
    Sema *s = c->s;
    Sym alias = u->alias ? u->alias : u->network;
    const Decl *d = network_named(c, u);
    ExprCtx cx = c->cx;
    cx.where = "a structural argument";
    Instance *root = d ? elaborate_network(s, d, &u->args, sc, &cx, u->base.span) : NULL;
    Symbol *y = scope_add(s, sc, alias, SYMBOL_OTHER, u->alias ? u->alias_span : u->network_span);
    y->tag = TAG_INSTANCE;
    y->data = root;
    if (!root) { c->broken = true; return; }
    XStmt *st = x_stmt(c, X_USE, u->base.span);
    st->net = root->net;
    st->alias = alias;
    use_args(c, sc, u, root, st);
    vec_push(s->arena, &c->used, ((Used){root, sc}));
    root->in_use = true;
    bool listed = false;
    for (uint32_t i = 0; i < c->x->nets.n; i++) listed |= c->x->nets.at[i] == root->net;
    if (!listed) vec_push(s->arena, &c->x->nets, root->net);
    push(c, out, st);
}

// ---- dt, seed, run ----
static void dt(XCheck *c, Scope *sc, const AstDt *d, XVec *out) {
    XStmt *st = x_stmt(c, X_DT, d->base.span);
    st->value = sema_fold(c->s, x_expr_dim(c, sc, d->value, dim_of_unit("ms"), "the time step"));
    if (!st->value->bad && st->value->kind == E_NUM && !(st->value->num > 0)) diag(c->s->diags, d->value->span, D_X_POSITIVE, "the time step");
    c->has_dt = c->x->has_dt = true;
    push(c, out, st);
}

static void seed(XCheck *c, Scope *sc, const AstSeed *d, XVec *out) {
    XStmt *st = x_stmt(c, X_SEED, d->base.span);
    st->value = sema_fold(c->s, x_expr_dim(c, sc, d->value, DIM_NONE, "the seed"));
    const Expr *e = st->value;
    if (!e->bad && e->kind == E_NUM && (e->num < 0 || e->num != floor(e->num) || e->num > 9007199254740992.0)) diag(c->s->diags, d->value->span, D_X_SEED, e->num);
    push(c, out, st);
}

static void run(XCheck *c, Scope *sc, const AstRun *r, XVec *out) {
    XStmt *st = x_stmt(c, X_RUN, r->base.span);
    st->discard = r->discard;
    st->duration = sema_fold(c->s, x_expr_dim(c, sc, r->duration, dim_of_unit("ms"), "the duration"));
    if (!st->duration->bad && st->duration->kind == E_NUM && st->duration->num < 0) diag(c->s->diags, r->duration->span, D_X_NEGATIVE_TIME, "the duration", st->duration->num);
    if (!c->used.n && !c->broken) {
        Diag *m = diag(c->s->diags, r->base.span, D_X_RUN_WITHOUT_USE);
        diag_help(c->s->diags, m, "write 'use NETWORK as net' before");
    }
    push(c, out, st);
}

// ---- let, print, yield, calls ----
static void let(XCheck *c, Scope *sc, const AstLet *l, XVec *out) {
    Sema *s = c->s;
    XStmt *st = x_stmt(c, X_LET, l->base.span);
    if (l->draw) {
        diag_help(s->diags, diag(s->diags, l->name_span, D_NOT_ALLOWED, "a drawn value", "an experiment"), "states and parameters are drawn: P.v ~ uniform(0 mV, 1 mV)");
        st->value = expr_bad(s, l->value->span);
    } else st->value = x_expr(c, sc, l->value);
    if (!st->value->bad && st->value->kind == E_POP && st->value->ty == TY_ARRAY) st->value = x_array(c, sc, l->value, l->name);
    st->value = sema_fold(s, st->value);
    Ty ty = st->value->ty;
    if (!st->value->bad && (ty == TY_POPULATION || ty == TY_SPIKES || ty == TY_DATASET)) {
        diag(s->diags, l->value->span, D_X_LET_VALUE, l->name);
        st->value = expr_bad(s, l->value->span);
    }
    TypeSpec t = sema_type(s, l->type, NULL);
    if (t.given && !t.bad && !st->value->bad) x_dimension(c, st->value, t.dim, l->name);
    if (st->value->flex) sema_unify(s, st->value, DIM_NONE);
    st->var = x_local(c, sc, l->name, ty, t.given ? t.dim : st->value->dim, l->name_span);
    if (st->value->bad) st->var->bad = true;
    push(c, out, st);
}

static void items(XCheck *c, Scope *sc, const AstList *args, XStmt *st) {
    Sema *s = c->s;
    for (uint32_t i = 0; i < args->n; i++) {
        const AstArg *a = (const AstArg *)args->at[i];
        Expr *e = x_expr(c, sc, a->value);
        if (e->bad) continue;
        if (e->kind == E_POP && e->ty == TY_ARRAY) e = x_array(c, sc, a->value, "what is printed");
        if (e->ty == TY_POPULATION || e->ty == TY_SPIKES || e->ty == TY_TRAIN || e->ty == TY_DATASET) {
            Diag *m = diag(s->diags, a->value->span, D_X_PRINT_VALUE);
            if (e->ty == TY_TRAIN) diag_help(s->diags, m, "print times(%s), or indices(%s)", span_text(s, a->value->span), span_text(s, a->value->span));
            else if (e->ty != TY_DATASET) diag_help(s->diags, m, "print rate(%s), or counts(%s)", span_text(s, a->value->span), span_text(s, a->value->span));
            continue;
        }
        if (st->kind == X_YIELD && e->ty == TY_STRING) { diag(s->diags, a->value->span, D_X_YIELD_TEXT); continue; }
        if (e->flex) sema_unify(s, e, DIM_NONE);
        Sym name = a->name ? a->name : e->kind == E_STRING ? NULL : sym(span_text(s, a->value->span));
        for (uint32_t k = 0; k < st->items.n && name; k++)
            if (st->items.at[k].name == name && st->kind == X_YIELD) diag(s->diags, a->base.span, D_X_ITEM_TWICE, name);
        vec_push(s->arena, &st->items, ((XItem){.name = name, .value = sema_fold(s, e)}));
    }
}

static void print_or_yield(XCheck *c, Scope *sc, XKind kind, const AstList *args, Span at, XVec *out) {
    XStmt *st = x_stmt(c, kind, at);
    items(c, sc, args, st);
    push(c, out, st);
}

// No function of experiments has an effect, so a call alone is a mistake.
static void call(XCheck *c, Scope *sc, const AstExprStmt *e) {
    if (!x_expr(c, sc, e->value)->bad) diag(c->s->diags, e->base.span, D_X_NO_EFFECT);
}

// ---- reset, save, load, data ----
static void engine(XCheck *c, Scope *sc, const AstEngine *g, XVec *out) {
    static const char *const known[] = {"auto", "clock", "event"};
    XStmt *st = x_stmt(c, X_ENGINE, g->base.span);
    st->what = g->what;
    bool ok = false;
    for (int i = 0; i < 3; i++) ok |= !strcmp(known[i], g->what);
    if (!ok) { diag(c->s->diags, g->what_span, D_X_ENGINE, g->what); return; }
    Place p;
    if (g->target) {
        if (!place_population(c, sc, g->target, &p)) return;
        st->target = place_expr(c, &p);
        if (st->target->slice_lo != 0 || st->target->slice_hi != p.pop->n || st->target->slice_lo_expr || st->target->slice_hi_expr) {
            diag(c->s->diags, g->target->span, D_X_ENGINE_OF);
            return;
        }
    }
    push(c, out, st);
}

static void reset(XCheck *c, const AstReset *r, XVec *out) {
    static const char *const known[] = {"state", "weights", "all"};
    XStmt *st = x_stmt(c, X_RESET, r->base.span);
    st->what = r->what;
    bool ok = false;
    for (int i = 0; i < 3; i++) ok |= !strcmp(known[i], r->what);
    if (!ok) {
        Diag *m = diag(c->s->diags, r->what_span, D_X_RESET, r->what);
        Sym near = nearest_name(r->what, known, 3);
        if (near) diag_help(c->s->diags, m, "did you mean 'reset %s'?", near);
        return;
    }
    if (c->used.n == 1) st->net = c->used.at[0].root->net;             // else all that are in use
    push(c, out, st);
}

// `of E` names the weights onto E: of its only connection, or of the only plastic one.
static Sym stored_projection(XCheck *c, const Place *p, Span at) {
    VEC(const Projection *) all = {0}, plastic = {0};
    SymVec names = {0};
    for (uint32_t i = 0; i < p->pop->network->projs.n; i++) {
        const Projection *q = p->pop->network->projs.at[i];
        if (q->target.at[0].pop != p->pop || !q->weight_var) continue;
        vec_push(c->s->arena, &all, q);
        vec_push(c->s->arena, &names, q->path);
        if (q->plastic) vec_push(c->s->arena, &plastic, q);
    }
    if (plastic.n == 1) return plastic.at[0]->path;
    if (all.n == 1) return all.at[0]->path;
    Diag *m = diag(c->s->diags, at, D_X_SAVE_WHICH, p->pop->path, names_list(c->s, &names));
    if (all.n) diag_help(c->s->diags, m, "without 'of' all weights of the network are stored");
    return NULL;
}

static const Var *projection_weight(const Place *p, Sym path) {
    const Projection *found = NULL;
    for (uint32_t i = 0; i < p->pop->network->projs.n && !found; i++)
        if (p->pop->network->projs.at[i]->path == path) found = p->pop->network->projs.at[i];
    return found->weight_var;
}

static void save_or_load(XCheck *c, Scope *sc, XKind kind, Sym what, Span what_at, const Ast *target, const Ast *path, Span at, XVec *out) {
    XStmt *st = x_stmt(c, kind, at);
    st->what = what;
    if (strcmp(what, "weights") && strcmp(what, "state")) { diag(c->s->diags, what_at, D_X_SAVE, kind == X_SAVE ? "saved" : "loaded", what); return; }
    if (!path) return;
    st->text = AST_AS(String, path)->text;
    Place p;
    if (target) {
        if (!place_population(c, sc, target, &p)) return;
        st->target = place_expr(c, &p);
        st->pop = p.pop;
        st->net = p.pop->network;
        if (!(st->target->text = stored_projection(c, &p, target->span))) return;
    } else if (!c->used.n) {
        if (!c->broken) diag(c->s->diags, at, D_X_RUN_WITHOUT_USE);
        return;
    } else if (c->used.n == 1) {
        st->net = c->used.at[0].root->net;
    }
    push(c, out, st);
}

// The weights onto each neuron of E are scaled so that they sum to a value.
static void normalise(XCheck *c, Scope *sc, const AstNormalise *n, XVec *out) {
    XStmt *st = x_stmt(c, X_NORMALISE, n->base.span);
    st->what = n->what;
    Place p;
    if (strcmp(n->what, "weights")) { diag(c->s->diags, n->what_span, D_X_NORMALISE, n->what); return; }
    if (!place_population(c, sc, n->target, &p)) return;
    st->target = place_expr(c, &p);
    st->pop = p.pop;
    st->net = p.pop->network;
    if (!(st->target->text = stored_projection(c, &p, n->target->span))) return;
    st->value = x_expr_dim(c, sc, n->value, projection_weight(&p, st->target->text)->dim, "the sum of the weights");
    push(c, out, st);
}

static const struct { const char *name; uint32_t least, most; const char *options; } sources[] = {
    {"idx", 1, 2, " "}, {"csv", 1, 2, " label "}, {"raw", 1, 2, " bytes float signed big skip length "}, {"npy", 1, 2, " "}, {"sound", 1, 1, " "}};
enum { SOURCES = sizeof sources / sizeof *sources };

static int source_named(XCheck *c, const AstData *d) {
    const Ast *callee = d->value && d->value->kind == AST_Call ? AST_AS(Call, d->value)->callee : NULL;
    Sym name = callee && callee->kind == AST_Name ? AST_AS(Name, callee)->name : "";
    Sym known[SOURCES];
    for (int i = 0; i < SOURCES; i++) {
        if (!strcmp(sources[i].name, name)) return i;
        known[i] = sources[i].name;
    }
    Diag *m = diag(c->s->diags, d->value ? d->value->span : d->base.span, D_X_DATA_SOURCE);
    Sym near = nearest_name(name, known, SOURCES);
    if (near) diag_help(c->s->diags, m, "did you mean '%s'?", near);
    return -1;
}

// Named arguments travel as text, "columns=3,header=1", to the reader of that kind of file.
static bool data_args(XCheck *c, Scope *sc, const AstCall *call, int k, XStmt *st) {
    Sema *s = c->s;
    StrBuf options = {0};
    bool ok = true;
    for (uint32_t i = 0; i < call->args.n; i++) {
        const AstArg *a = (const AstArg *)call->args.at[i];
        if (a->name && !strstr(sources[k].options, arena_printf(s->arena, " %s ", a->name))) {
            diag(s->diags, a->name_span, D_UNKNOWN_ARGUMENT, sources[k].name, a->name);
            ok = false;
        } else if (a->name) {
            Expr *e = sema_const(s, sc, a->value, &c->cx, a->name);
            if (e->bad) { ok = false; continue; }
            sb_printf(&options, "%s%s=%.17g", options.n ? "," : "", a->name, e->num);
        } else if (a->value->kind != AST_String) {
            diag(s->diags, a->value->span, D_X_FILE_NAME);
            ok = false;
        } else {
            vec_push(s->arena, &st->args_expr, sema_expr(s, sc, a->value, &c->cx));
        }
    }
    st->text = sym(options.s ? options.s : "");
    sb_free(&options);
    if (ok && (st->args_expr.n < sources[k].least || st->args_expr.n > sources[k].most)) { diag(s->diags, call->base.span, D_X_DATA_FILES, sources[k].name, sources[k].most); ok = false; }
    return ok;
}

static void data(XCheck *c, Scope *sc, const AstData *d, XVec *out) {
    XStmt *st = x_stmt(c, X_DATA, d->base.span);
    int k = source_named(c, d);
    bool ok = k >= 0 && data_args(c, sc, (const AstCall *)d->value, k, st);
    if (d->scale) st->scale = sema_fold(c->s, x_expr_dim(c, sc, d->scale, DIM_NONE, "the scale of a data set"));
    st->var = x_local(c, sc, d->name, TY_DATASET, DIM_NONE, d->name_span);
    if (!ok) return;
    st->what = sources[k].name;
    push(c, out, st);
}

void x_statement(XCheck *c, Scope *sc, const Ast *e, XVec *out) {
    if (!e) return;
    switch (e->kind) {
    case AST_Use: use(c, sc, (const AstUse *)e, out); break;
    case AST_Dt: dt(c, sc, (const AstDt *)e, out); break;
    case AST_Seed: seed(c, sc, (const AstSeed *)e, out); break;
    case AST_Record: x_record(c, sc, (const AstRecord *)e, out); break;
    case AST_Run: run(c, sc, (const AstRun *)e, out); break;
    case AST_Drive: x_drive(c, sc, (const AstDrive *)e, out); break;
    case AST_Present: x_present(c, sc, (const AstPresent *)e, out); break;
    case AST_Print: print_or_yield(c, sc, X_PRINT, &AST_AS(Print, e)->args, e->span, out); break;
    case AST_Yield: print_or_yield(c, sc, X_YIELD, &AST_AS(Yield, e)->args, e->span, out); break;
    case AST_Let: let(c, sc, (const AstLet *)e, out); break;
    case AST_Assign: x_assign(c, sc, AST_AS(Assign, e)->target, AST_AS(Assign, e)->op, AST_AS(Assign, e)->value, e->span, out); break;
    case AST_Set: x_assign(c, sc, AST_AS(Set, e)->target, ASSIGN_SET, AST_AS(Set, e)->value, e->span, out); break;
    case AST_Draw: x_draw(c, sc, (const AstDraw *)e, out); break;
    case AST_Reset: reset(c, (const AstReset *)e, out); break;
    case AST_Engine: engine(c, sc, (const AstEngine *)e, out); break;
    case AST_Save: save_or_load(c, sc, X_SAVE, AST_AS(Save, e)->what, AST_AS(Save, e)->what_span, AST_AS(Save, e)->target, AST_AS(Save, e)->path, e->span, out); break;
    case AST_Normalise: normalise(c, sc, (const AstNormalise *)e, out); break;
    case AST_Load: save_or_load(c, sc, X_LOAD, AST_AS(Load, e)->what, AST_AS(Load, e)->what_span, AST_AS(Load, e)->target, AST_AS(Load, e)->path, e->span, out); break;
    case AST_Data: data(c, sc, (const AstData *)e, out); break;
    case AST_Emit: x_emit(c, sc, (const AstEmit *)e, out); break;
    case AST_For: x_for(c, sc, (const AstFor *)e, out); break;
    case AST_While: x_while(c, sc, (const AstWhile *)e, out); break;
    case AST_If: x_if(c, sc, (const AstIf *)e, out); break;
    case AST_Sweep: x_sweep(c, sc, (const AstSweep *)e, out); break;
    case AST_ExprStmt: call(c, sc, (const AstExprStmt *)e); break;
    default: break;                                      // the parser lets nothing else into an experiment
    }
}

void experiment_check(Sema *s, const Decl *d) {
    const AstExperiment *e = (const AstExperiment *)d->node;
    XCheck c = {.s = s, .file = d->file};
    c.x = ARENA_NEW(s->arena, Experiment);
    *c.x = (Experiment){.name = e->name, .span = e->base.span, .doc = e->base.doc};
    c.cx = (ExprCtx){.where = "an experiment", .hook = x_hook, .hook_data = &c};
    x_block(&c, s->globals, &e->body, &c.x->body);
    vec_push(s->arena, &s->model->experiments, c.x);
}
