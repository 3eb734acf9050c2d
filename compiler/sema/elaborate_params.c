// SPDX-License-Identifier: MIT
// Constants and parameters of files, circuits and networks.
//
// A parameter is structural when it must be known before anything can be built: it is typed `: int`, or a size, a slice, a layout, a
// constant, or a structural parameter of an inner circuit mentions it. Structural parameters are numbers here (VAR_CONST); all others
// become VAR_PARAM, set at run time by a path such as "tau" or "layer.tau". Which value counts: for the network itself argument,
// then --set, then default; inside, --set of the full path, then argument, then default.
#include "elaborate.h"
#include <math.h>
#include <stdlib.h>

// ---- which parameters are structural ----
typedef struct Marks { Sema *s; const AstCircuit *decl; PtrMap *names; bool grew; } Marks;

static void mark_name(const AstName *n, void *data) {
    Marks *m = data;
    if (!params_find(m->decl, n->name) || map_get(m->names, n->name)) return;
    map_put(m->s->arena, m->names, n->name, (void *)n);
    m->grew = true;
}

static void mark_indices(const Ast *e, Marks *m) {
    if (!e) return;
    switch (e->kind) {
    case AST_Index:
        for (uint32_t i = 0; i < AST_AS(Index, e)->indices.n; i++) names_each(AST_AS(Index, e)->indices.at[i], mark_name, m);
        break;
    case AST_Tuple:
        for (uint32_t i = 0; i < AST_AS(Tuple, e)->items.n; i++) mark_indices(AST_AS(Tuple, e)->items.at[i], m);
        break;
    case AST_Call:
        for (uint32_t i = 0; i < AST_AS(Call, e)->args.n; i++) mark_indices(AST_AS(Arg, AST_AS(Call, e)->args.at[i])->value, m);
        break;
    case AST_Member: mark_indices(AST_AS(Member, e)->object, m); break;
    default: break;
    }
}

static void mark_connect(const AstConnect *c, Marks *m) {
    mark_indices(c->source, m);
    mark_indices(c->target, m);
    const Ast *callee = c->rule && c->rule->kind == AST_Call ? AST_AS(Call, c->rule)->callee : NULL;
    Sym rule = callee && callee->kind == AST_Name ? AST_AS(Name, callee)->name : NULL;
    if (rule && (!strcmp(rule, "conv2d") || !strcmp(rule, "pool2d"))) names_each(c->rule, mark_name, m);
}

static void mark_instance(const AstInstance *a, Marks *m) {
    Decl *d = load_find(&elab(m->s)->loader, load_file_of(&elab(m->s)->loader, a->base.span.file), a->circuit);
    if (!d || d->node->kind != AST_Circuit || (const AstCircuit *)d->node == m->decl) return;
    const AstCircuit *inner = (const AstCircuit *)d->node;
    for (uint32_t i = 0; i < a->args.n; i++) {
        const AstArg *arg = (const AstArg *)a->args.at[i];
        Sym name = arg->name ? arg->name : i < inner->params.n ? AST_AS(Param, inner->params.at[i])->name : NULL;
        if (name && params_is_structural(m->s, inner, name)) names_each(arg->value, mark_name, m);
    }
}

static void mark_param(const AstParam *p, bool is_const, Marks *m) {
    const AstType *t = (const AstType *)p->type;
    for (uint32_t i = 0; t && i < t->dims.n; i++) names_each(t->dims.at[i], mark_name, m);
    if (t && !t->is_unit && t->name && !strcmp(t->name, "int") && !map_get(m->names, p->name)) {
        map_put(m->s->arena, m->names, p->name, (void *)p);
        m->grew = true;
    }
    if (is_const || map_get(m->names, p->name)) names_each(p->init, mark_name, m);
}

static void mark_members(const AstCircuit *decl, Marks *m) {
    for (uint32_t i = 0; i < decl->params.n; i++) mark_param((const AstParam *)decl->params.at[i], false, m);
    for (uint32_t i = 0; i < decl->members.n; i++) {
        const Ast *e = decl->members.at[i];
        if (e->kind == AST_Population) {
            const AstPopulation *p = (const AstPopulation *)e;
            for (uint32_t k = 0; k < p->dims.n; k++) names_each(p->dims.at[k], mark_name, m);
            if (p->position && p->position->kind == AST_Call) names_each(p->position, mark_name, m);
        } else if (e->kind == AST_Connect) {
            mark_connect((const AstConnect *)e, m);
        } else if (e->kind == AST_Instance) {
            mark_instance((const AstInstance *)e, m);
        } else if (e->kind == AST_Algebraic) {
            mark_indices(AST_AS(Algebraic, e)->value, m);
        } else if (e->kind == AST_ParamDecl) {
            const AstParamDecl *d = (const AstParamDecl *)e;
            for (uint32_t k = 0; k < d->items.n; k++) mark_param((const AstParam *)d->items.at[k], d->is_const, m);
        }
    }
}

bool params_is_structural(Sema *s, const AstCircuit *decl, Sym name) {
    PtrMap *names = map_get(&elab(s)->structural, decl);
    if (!names) {
        names = ARENA_NEW(s->arena, PtrMap);
        map_put(s->arena, &elab(s)->structural, decl, names);
        Marks m = {.s = s, .decl = decl, .names = names};
        do { m.grew = false; mark_members(decl, &m); } while (m.grew);
    }
    return map_get(names, name) != NULL;
}

const AstParam *params_find(const AstCircuit *decl, Sym name) {
    for (uint32_t i = 0; i < decl->params.n; i++)
        if (AST_AS(Param, decl->params.at[i])->name == name) return (const AstParam *)decl->params.at[i];
    for (uint32_t i = 0; i < decl->members.n; i++) {
        if (decl->members.at[i]->kind != AST_ParamDecl) continue;
        const AstParamDecl *d = (const AstParamDecl *)decl->members.at[i];
        for (uint32_t k = 0; k < d->items.n; k++)
            if (AST_AS(Param, d->items.at[k])->name == name) return (const AstParam *)d->items.at[k];
    }
    return NULL;
}

// ---- --set ----
static const char *set_text(Sema *s, const char *path) {
    size_t n = strlen(path);
    const char *found = NULL;
    for (uint32_t i = 0; i < s->options->nset; i++) {
        const char *a = s->options->set[i];
        if (!strncmp(a, path, n) && a[n] == '=') found = a + n + 1;
    }
    return found;
}

// "3 ms", "-0.5", "true" -> a number; reports anything else. Names the option as used, so that the run time does not look for it.
static Expr *set_value(Sema *s, const char *path, Span at) {
    const char *text = set_text(s, path);
    if (!text) return NULL;
    vec_push(s->arena, &elab(s)->set_used, sym(path));
    if (!strcmp(text, "true") || !strcmp(text, "false")) {
        Expr *e = expr_num(s, !strcmp(text, "true"), DIM_NONE, at);
        e->ty = TY_BOOL;
        return e;
    }
    char *end;
    double v = strtod(text, &end);
    bool any = end != text;
    while (*end == ' ') end++;
    Unit unit = {.dim = DIM_NONE, .scale = 1};
    size_t used = *end ? unit_match(end, strlen(end), &unit) : 0;
    if (!any || end[used] || !isfinite(v)) {
        diag(s->diags, at, D_SET_VALUE, path, text);
        return expr_bad(s, at);
    }
    Expr *e = expr_num(s, v * unit.scale, unit.dim, at);
    if (!used && v == floor(v) && !strpbrk(text, ".eE")) e->ty = TY_INT;
    return e;
}

// ---- values ----
typedef struct Item { const AstParam *p; bool is_const, header; enum { NEW, BUSY, DONE, CIRCLE } state; } Item;
typedef struct Items { Sema *s; Instance *in; const ArgSource *from; VEC(Item) at; Scope *scope; const LoadedFile *file; const char *prefix; PtrMap arg_of; } Items;

static void item_make(Items *all, uint32_t i);

static void item_need(const AstName *n, void *data) {
    Items *all = data;
    for (uint32_t i = 0; i < all->at.n; i++)
        if (all->at.at[i].p->name == n->name) item_make(all, i);
}

static void item_range(Items *all, const AstParam *p, Var *v) {
    if (!p->range) return;
    const AstRange *r = (const AstRange *)p->range;
    ExprCtx cx = {.where = "a range"};
    Expr *lo = r->lo ? sema_const(all->s, all->scope, r->lo, &cx, "the lower end of a range") : NULL;
    Expr *hi = r->hi ? sema_const(all->s, all->scope, r->hi, &cx, "the upper end of a range") : NULL;
    if (!lo || !hi || lo->bad || hi->bad) return;
    if (!sema_expect_dim(all->s, lo, v->dim, "the lower end of the range") || !sema_expect_dim(all->s, hi, v->dim, "the upper end of the range")) return;
    v->ranged = true;
    v->lo = lo->num;
    v->hi = hi->num;
    if (v->lo > v->hi) diag(all->s->diags, p->range->span, D_EMPTY_RANGE, v->lo, v->hi);
    else if (v->init && v->init->kind == E_NUM && !(v->init->num >= v->lo && v->init->num <= v->hi)) {
        diag(all->s->diags, v->init->span, D_OUTSIDE_RANGE, v->init->num, p->name, v->lo, v->hi);
        v->init = expr_bad(all->s, v->init->span);
    }
}

// The dimension that was declared, or the value's; and whole numbers for `: int`.
static bool item_type(Items *all, const AstParam *p, const TypeSpec *t, Expr *e, Var *v) {
    if (t->given) {
        v->dim = t->dim;
        v->ty = t->ty;
        if (e->bad || !sema_expect_dim(all->s, e, t->dim, p->name)) return false;
        if (t->ty == TY_INT && e->kind == E_NUM && e->num != floor(e->num)) {
            diag(all->s->diags, e->span, D_NOT_WHOLE, p->name, e->num);
            return false;
        }
        return true;
    }
    v->dim = e->dim;
    v->ty = e->ty;
    return !e->bad;
}

static Expr *item_default(Items *all, const Item *it, bool constant) {
    Sema *s = all->s;
    const AstParam *p = it->p;
    ExprCtx cx = {.where = constant ? "a constant" : "the default of a parameter", .hook = network_hook, .hook_data = all->in};
    if (constant) return sema_const(s, all->scope, p->init, &cx, p->name);
    return sema_fold(s, sema_expr(s, all->scope, p->init, &cx));
}

// The value of --set, of the dimension that the declaration has.
static Expr *item_set(Items *all, const Item *it, const TypeSpec *t, const char *path) {
    Sema *s = all->s;
    Expr *e = set_value(s, path, it->p->name_span);
    if (!e || e->bad) return e;
    Dim want = t->dim;
    if (!t->given && it->p->init) {
        Expr *d = item_default(all, it, true);
        if (d->bad || d->flex) return d->bad ? d : e;
        want = d->dim;
    }
    if (sema_unify(s, e, want)) return e;
    diag(s->diags, it->p->name_span, D_SET_UNIT, path, set_text(s, path), dim_phrase(s->arena, e->dim), it->p->name, dim_phrase(s->arena, want));
    return expr_bad(s, it->p->name_span);
}

static const AstArg *item_arg(const Items *all, Sym name) { return map_get(&all->arg_of, name); }

static Expr *item_arg_value(Items *all, const AstArg *a, const AstParam *p, bool constant) {
    const ArgSource *f = all->from;
    if (constant) return sema_const(all->s, f->scope, a->value, f->cx, p->name);
    return sema_fold(all->s, sema_expr(all->s, f->scope, a->value, f->cx));
}

static Expr *item_missing(Items *all, const Item *it, const TypeSpec *t) {
    Sema *s = all->s;
    const AstParam *p = it->p;
    if (it->is_const || !all->from) {
        diag(s->diags, p->name_span, D_CONST_VALUE, p->name);
    } else if (!all->from->deferred || params_is_structural(s, all->in->decl, p->name)) {
        Diag *m = diag(s->diags, all->from->at, D_PARAM_MISSING, all->in->decl->name, p->name);
        diag_note_at(s->diags, m, p->name_span, "it is declared here without a default");
    } else if (!t->given) {
        diag(s->diags, p->name_span, D_PARAM_TYPE, p->name);
    } else {
        return expr_num(s, 0, t->dim, p->name_span);     // given by `use` at run time
    }
    return expr_bad(s, p->name_span);
}

static Expr *item_value(Items *all, const Item *it, const TypeSpec *t, bool constant) {
    const AstParam *p = it->p;
    bool nested = all->in && all->in->parent;
    const char *path = arena_printf(all->s->arena, "%s%s", all->prefix, p->name);
    const AstArg *a = all->from ? item_arg(all, p->name) : NULL;
    if (a && all->from->deferred && !constant) a = NULL;
    Expr *e = NULL;
    if (constant && nested) e = item_set(all, it, t, path);
    if (!e && a) e = item_arg_value(all, a, p, constant);
    if (!e && constant && !nested) e = item_set(all, it, t, path);
    if (!e && p->init) e = item_default(all, it, constant);
    return e ? e : item_missing(all, it, t);
}

static void item_text(Items *all, const AstParam *p, Var *v) {     // const path = "file.csv"
    v->ty = TY_STRING;
    v->init = expr_new(all->s, E_STRING, p->init->span);
    v->init->ty = TY_STRING;
    v->init->text = AST_AS(String, p->init)->text;
}

static bool item_is_array(const AstParam *p, const TypeSpec *t) {
    if (t->rank) return true;
    if (!p->init) return false;
    if (p->init->kind == AST_Array) return true;
    if (p->init->kind != AST_Call || AST_AS(Call, p->init)->callee->kind != AST_Name) return false;
    return !strcmp(AST_AS(Name, AST_AS(Call, p->init)->callee)->name, "load");
}

static void item_bind(Items *all, const Item *it, Var *v) {
    Sema *s = all->s;
    scope_add_var(s, all->scope, v);
    v->doc = it->p->base.doc;
    if (v->kind == VAR_PARAM && all->in) {
        v->path = sym(arena_printf(s->arena, "%s%s", all->prefix, v->name));
        vec_push(s->arena, &all->in->net->params, v);
    }
}

static void item_circle(Items *all, Item *it) {
    Sema *s = all->s;
    diag(s->diags, it->p->name_span, D_PARAM_CIRCLE, it->p->name);
    it->state = CIRCLE;
    Var *v = var_new(s, it->p->name, VAR_CONST, DIM_NONE, it->p->name_span);
    v->init = expr_bad(s, it->p->name_span);
    v->bad = true;
    scope_add_var(s, all->scope, v);
}

static void item_make(Items *all, uint32_t i) {
    Sema *s = all->s;
    Item *it = &all->at.at[i];
    const AstParam *p = it->p;
    if (it->state == DONE || it->state == CIRCLE) return;
    if (it->state == BUSY) { item_circle(all, it); return; }
    it->state = BUSY;
    names_each(p->type, item_need, all);
    names_each(p->init, item_need, all);
    it = &all->at.at[i];
    if (it->state == CIRCLE) return;
    it->state = DONE;
    TypeSpec t = sema_type(s, p->type, NULL);
    if (item_is_array(p, &t) && (it->is_const || !all->in)) {
        Var *v = array_declare(s, all->scope, p, &t, all->file);
        if (v) item_bind(all, it, v);
        return;
    }
    bool constant = it->is_const || params_is_structural(s, all->in->decl, p->name);
    Var *v = var_new(s, p->name, constant ? VAR_CONST : VAR_PARAM, DIM_NONE, p->name_span);
    if (p->init && p->init->kind == AST_String) {
        item_text(all, p, v);
    } else if (p->draw) {
        diag(s->diags, p->name_span, D_PARAM_DRAW, p->name);
        v->init = expr_bad(s, p->name_span);
    } else {
        v->init = item_value(all, it, &t, constant);
        if (!item_type(all, p, &t, v->init, v)) v->init = expr_bad(s, v->init->span);
        else item_range(all, p, v);
    }
    v->bad = v->init->bad;
    item_bind(all, it, v);
}

static void items_collect(Items *all, const AstList *list, bool is_const, bool header) {
    for (uint32_t i = 0; i < list->n; i++) {
        const AstParam *p = (const AstParam *)list->at[i];
        if (p->name) vec_push(all->s->arena, &all->at, ((Item){.p = p, .is_const = is_const, .header = header}));
    }
}

// Pairs arguments with parameters: by name, or in the order of the header.
static void match_args(Items *all) {
    Sema *s = all->s;
    const AstCircuit *decl = all->in->decl;
    const AstList *args = all->from->args;
    for (uint32_t i = 0; args && i < args->n; i++) {
        const AstArg *a = (const AstArg *)args->at[i];
        Sym name = a->name;
        if (!name && i < decl->params.n) name = AST_AS(Param, decl->params.at[i])->name;
        if (!name) { diag(s->diags, a->base.span, D_ARGS_MANY, decl->name, decl->params.n); continue; }
        const Item *it = NULL;
        for (uint32_t k = 0; k < all->at.n; k++)
            if (all->at.at[k].p->name == name) it = &all->at.at[k];
        if (it && it->is_const) { diag(s->diags, a->base.span, D_ARG_CONST, name, decl->name); continue; }
        if (map_get(&all->arg_of, name)) diag(s->diags, a->base.span, D_ARG_TWICE, name);
        if (it) map_put(s->arena, &all->arg_of, name, (void *)a);
    }
}

void params_declare(Sema *s, Instance *in, const ArgSource *from) {
    Items all = {.s = s, .in = in, .from = from, .scope = in->scope, .file = in->file};
    all.prefix = in->path[0] ? arena_printf(s->arena, "%s.", in->path) : "";
    items_collect(&all, &in->decl->params, false, true);
    for (uint32_t i = 0; i < in->decl->members.n; i++)
        if (in->decl->members.at[i]->kind == AST_ParamDecl)
            items_collect(&all, &AST_AS(ParamDecl, in->decl->members.at[i])->items, AST_AS(ParamDecl, in->decl->members.at[i])->is_const, false);
    match_args(&all);
    for (uint32_t i = 0; i < all.at.n; i++) item_make(&all, i);
}

// Constants at the top level of the user's files.
void params_globals(Sema *s) {
    Items all = {.s = s, .scope = s->globals, .prefix = ""};
    Loader *l = &elab(s)->loader;
    for (uint32_t i = 0; i < l->user.n; i++) {
        Decl *d = l->user.val[i];
        if (d->node->kind != AST_Param) continue;
        vec_push(s->arena, &all.at, ((Item){.p = (const AstParam *)d->node, .is_const = true}));
        all.file = d->file;
    }
    for (uint32_t i = 0; i < all.at.n; i++) item_make(&all, i);
}
