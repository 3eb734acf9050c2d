// SPDX-License-Identifier: MIT
// extern input touch = S[0:8]   extern input current = P.I   extern output level = P.V: names by which firmware or a page reaches a network.
#include "elaborate.h"

static const char *kind_text(const Var *v) {
    switch (v->kind) {
    case VAR_INPUT: return "an input";
    case VAR_VALUE_INPUT: return "a presented value";
    case VAR_EVENT_INPUT: return "an event input";
    case VAR_STATE: return "a state";
    case VAR_PARAM: return "a parameter";
    case VAR_LET: return "a computed quantity";
    default: return "something else";
    }
}

static bool fits(const Extern *x) {
    return x->output ? x->var->kind == VAR_STATE : x->var->kind == VAR_INPUT || x->var->kind == VAR_VALUE_INPUT;
}

static void wrong_kind(Sema *s, const AstMember *m, const Extern *x) {
    Diag *d = diag(s->diags, m->name_span, x->output ? D_EXTERN_OUTPUT : D_EXTERN_INPUT, x->var->name, x->pop->path, kind_text(x->var));
    if (x->output) diag_help(s->diags, d, "an output is a population (its spikes) or a state of one");
    else if (x->var->kind == VAR_EVENT_INPUT) diag_help(s->diags, d, "let spikes come from a population of their own, and connect it");
    else diag_help(s->diags, d, "an input is a population (which then spikes) or an input of one");
}

// P.I, layer.P[0:4].V: the variable of the population, NULL where the expression names spikes.
static Var *variable_of(Sema *s, Instance *in, const Ast *e, Group *g) {
    const AstMember *m = e->kind == AST_Member ? (const AstMember *)e : NULL;
    if (!m || instance_of(s, in, m->object) || !group_of(s, in, m->object, g)) return NULL;
    return g->at.n ? body_var(g->at.at[0].pop->body, m->name) : NULL;
}

void extern_declare(Sema *s, Instance *in, const AstExtern *e) {
    if (!in->decl->is_network) { diag(s->diags, e->base.span, D_EXTERN_IN_CIRCUIT); return; }
    uint32_t errors = s->diags->errors;
    Extern x = {.name = e->name, .span = e->name_span, .output = e->is_output};
    Group g = {0};
    x.var = variable_of(s, in, e->value, &g);
    if (s->diags->errors != errors || (!x.var && !group_of(s, in, e->value, &g))) return;
    if (g.at.n != 1) { diag(s->diags, e->value->span, D_EXTERN_PARTS, e->name); return; }
    x.pop = g.at.at[0].pop;
    x.lo = g.at.at[0].lo;
    x.hi = g.at.at[0].hi;
    x.spike_port = x.var ? NULL : g.port;
    if (x.var && !fits(&x)) { wrong_kind(s, (const AstMember *)e->value, &x); return; }
    for (uint32_t i = 0; i < in->net->externs.n; i++)
        if (in->net->externs.at[i].name == x.name) {
            Diag *d = diag(s->diags, e->name_span, D_EXTERN_TWICE, x.name);
            diag_note_at(s->diags, d, in->net->externs.at[i].span, "the other one is here");
            return;
        }
    if (x.var) x.var->used = true;
    vec_push(s->arena, &in->net->externs, x);
}
