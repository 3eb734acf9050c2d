// SPDX-License-Identifier: MIT
// Parameters that an experiment gives neuron by neuron:
//
//   net.P[0:10].V_th = -45 mV      net.P.tau ~ normal(10 ms, 1 ms)      net.P.I_ext = 1 pA*index
//
// Such a parameter is an array from the beginning, whatever statement comes first, so it must be known before networks are made. The
// names in the text are enough for that: an array too many costs a little speed, one too few is an error at the statement.
#include "elaborate.h"

static void own_name(const AstName *n, void *data) {
    static const char *const own[] = {"index", "x", "y", "z", "angle", "coord"};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (!strcmp(n->name, own[i])) *(bool *)data = true;
}

static bool differs(const Ast *value) {
    bool d = value && value->kind == AST_Array;
    names_each(value, own_name, &d);
    return d;
}

static const Ast *without_indices(const Ast *e, bool *part) {
    for (; e && e->kind == AST_Index; e = AST_AS(Index, e)->object) *part = true;
    return e;
}

static void target(Sema *s, const Ast *e, bool varied) {
    e = without_indices(e, &varied);
    if (!e || e->kind != AST_Member) return;
    const Ast *object = without_indices(AST_AS(Member, e)->object, &varied);
    if (!varied || !object || (object->kind != AST_Member && object->kind != AST_Name)) return;
    Sym population = object->kind == AST_Member ? AST_AS(Member, object)->name : AST_AS(Name, object)->name;
    vec_push(s->arena, &elab(s)->varied, ((Varied){population, AST_AS(Member, e)->name}));
}

static void statement(const Ast *e, void *data) {
    if (e->kind == AST_Assign) target(data, AST_AS(Assign, e)->target, differs(AST_AS(Assign, e)->value));
    if (e->kind == AST_Set) target(data, AST_AS(Set, e)->target, differs(AST_AS(Set, e)->value));
    if (e->kind == AST_Draw) target(data, AST_AS(Draw, e)->target, true);
}

void varied_collect(Sema *s, const AstExperiment *e) { names_nodes(&e->base, statement, s); }

void varied_mark(Sema *s, Population *pop, Sym name) {
    for (uint32_t i = 0; i < elab(s)->varied.n; i++) {
        const Varied *v = &elab(s)->varied.at[i];
        Var *var = v->population == name ? body_var(pop->body, v->field) : NULL;
        if (var && var->kind == VAR_PARAM) vec_push(s->arena, &pop->varied, var);
    }
}
