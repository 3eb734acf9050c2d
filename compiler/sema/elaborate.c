// SPDX-License-Identifier: MIT
// Networks and circuits made flat.
//
//   circuit Layer(n : int) { port source, out   population P : Cell[n]   connect source -> P ...   out = P }
//   network Two { population In : Poisson[10]   use Layer(10, source = In) as A   use Layer(10, source = A.out) as B }
//
// becomes the populations In, A.P, B.P and the projections In->A.P, A.P->B.P. First every name is declared (parameters, populations,
// inner instances, ports), then connections are made, so that blocks are free of order. One Network is made for each
// set of structural arguments that experiments use.
#include "elaborate.h"

static bool instance_fill(Sema *s, Instance *in, const ArgSource *from);

static Port *port_find(Instance *in, Sym name) {
    Symbol *y = scope_find_here(in->scope, name);
    return y && y->kind == SYMBOL_OTHER && y->tag == TAG_PORT ? y->data : NULL;
}

static void declare_ports(Sema *s, Instance *in, const AstPort *p) {
    for (uint32_t i = 0; i < p->names.n; i++) {
        const AstName *n = (const AstName *)p->names.at[i];
        Port *port = ARENA_NEW(s->arena, Port);
        *port = (Port){.name = n->name, .span = n->base.span, .owner = in};
        Symbol *y = scope_add(s, in->scope, n->name, SYMBOL_OTHER, n->base.span);
        y->tag = TAG_PORT;
        y->data = port;
    }
}

static Instance *instance_new(Sema *s, Instance *parent, const Decl *d, Sym name, Span at) {
    Instance *in = ARENA_NEW(s->arena, Instance);
    in->parent = parent;
    in->name = name;
    in->span = at;
    in->decl = (const AstCircuit *)d->node;
    in->file = d->file;
    in->path = !parent ? "" : parent->path[0] ? sym(arena_printf(s->arena, "%s.%s", parent->path, name)) : name;
    in->scope = scope_new(s->arena, d->file->is_library ? NULL : s->globals);
    in->net = parent ? parent->net : NULL;
    return in;
}

static bool is_recursive(const Instance *in, const AstCircuit *decl) {
    for (; in; in = in->parent)
        if (in->decl == decl) return true;
    return false;
}

// Arguments that are neither a parameter nor a port of the circuit.
static void check_arg_names(Sema *s, Instance *in, const AstList *args) {
    SymVec known = {0};
    for (uint32_t i = 0; i < in->decl->params.n; i++) vec_push(s->arena, &known, AST_AS(Param, in->decl->params.at[i])->name);
    for (uint32_t i = 0; i < in->scope->names.n; i++) {
        const Symbol *y = in->scope->names.val[i];
        if (y->kind == SYMBOL_VAR || (y->kind == SYMBOL_OTHER && y->tag == TAG_PORT)) vec_push(s->arena, &known, y->name);
    }
    for (uint32_t i = 0; args && i < args->n; i++) {
        const AstArg *a = (const AstArg *)args->at[i];
        if (!a->name || params_find(in->decl, a->name) || port_find(in, a->name)) continue;
        Diag *m = diag(s->diags, a->name_span, D_ARG_UNKNOWN, in->decl->is_network ? "network" : "circuit", in->decl->name, a->name);
        Sym near = nearest_name(a->name, known.at, known.n);
        if (near) diag_help(s->diags, m, "did you mean '%s'?", near);
    }
}

static void connect_ports(Sema *s, Instance *in, const AstList *args) {
    for (uint32_t i = 0; i < args->n; i++) {
        const AstArg *a = (const AstArg *)args->at[i];
        Port *p = a->name ? port_find(in, a->name) : NULL;
        if (!p) continue;
        if (p->value) diag(s->diags, a->base.span, D_PORT_TWICE, p->name);
        p->value = a->value;
        p->value_in = in->parent;
    }
    (void)s;
}

// `use Layer(10)` without `as` is called Layer.
static Sym instance_name(const AstInstance *a) { return a->name ? a->name : a->circuit; }

static void declare_let(Sema *s, Instance *in, const AstLet *l) {
    ExprCtx cx = {.where = "a let of a network", .hook = network_hook, .hook_data = in};
    if (l->draw) { diag(s->diags, l->name_span, D_PARAM_DRAW, l->name); return; }
    Expr *e = sema_fold(s, sema_expr(s, in->scope, l->value, &cx));
    TypeSpec t = sema_type(s, l->type, NULL);
    if (t.given && !t.bad) sema_expect_dim(s, e, t.dim, l->name);
    scope_add_expr(s, in->scope, l->name, e, l->name_span);
}

static void declare_instance(Sema *s, Instance *in, const AstInstance *a) {
    Sym name = instance_name(a);
    Symbol *y = scope_add(s, in->scope, name, SYMBOL_OTHER, a->name ? a->name_span : a->circuit_span);
    y->tag = TAG_INSTANCE;
    Decl *d = load_find(&elab(s)->loader, in->file, a->circuit);
    if (!d) {
        Diag *m = diag(s->diags, a->circuit_span, D_UNKNOWN_CIRCUIT, a->circuit);
        Sym near = load_nearest(&elab(s)->loader, in->file, a->circuit);
        if (near) diag_help(s->diags, m, "did you mean '%s'?", near);
        return;
    }
    if (d->node->kind != AST_Circuit || AST_AS(Circuit, d->node)->is_network) {
        Diag *m = diag(s->diags, a->circuit_span, D_NOT_CIRCUIT, a->circuit);
        if (d->node->kind == AST_Model) diag_help(s->diags, m, "a population is written 'population %s : %s[n]'", name, a->circuit);
        else diag_note_at(s->diags, m, d->span, "it is declared here");
        return;
    }
    if (is_recursive(in, (const AstCircuit *)d->node)) { diag(s->diags, a->base.span, D_CIRCUIT_RECURSION, a->circuit); return; }
    Instance *inner = instance_new(s, in, d, name, a->base.span);
    ExprCtx cx = {.where = "an argument of a circuit", .hook = network_hook, .hook_data = in};
    ArgSource from = {.args = &a->args, .scope = in->scope, .cx = &cx, .at = a->base.span};
    vec_push(s->arena, &in->inner, inner);
    y->data = inner;
    instance_fill(s, inner, &from);
}

static void declare_port_value(Sema *s, Instance *in, const AstAlgebraic *a) {
    Port *p = port_find(in, a->name);
    if (!p) {
        Diag *m = diag(s->diags, a->name_span, D_NOT_PORT, a->name);
        diag_help(s->diags, m, "declare it with 'port %s'; a value of a neuron is written POPULATION.NAME = ...", a->name);
        return;
    }
    if (p->value) { diag(s->diags, a->name_span, D_PORT_TWICE, a->name); return; }
    p->value = a->value;
    p->value_in = in;
}

static void declare_member(Sema *s, Instance *in, const Ast *e) {
    switch (e->kind) {
    case AST_Population: pop_declare(s, in, (const AstPopulation *)e); break;
    case AST_Instance: declare_instance(s, in, (const AstInstance *)e); break;
    case AST_Algebraic: declare_port_value(s, in, (const AstAlgebraic *)e); break;
    case AST_Let: declare_let(s, in, (const AstLet *)e); break;
    case AST_ParamDecl: case AST_Port: case AST_Connect: case AST_Assign: case AST_Draw: case AST_Extern: break;
    default: diag(s->diags, e->span, D_NETWORK_MEMBER_KIND, in->decl->is_network ? "network" : "circuit"); break;
    }
}

// Everything but connections.
static bool instance_fill(Sema *s, Instance *in, const ArgSource *from) {
    uint32_t errors = s->diags->errors;
    const AstList *members = &in->decl->members;
    if (in->parent) params_declare(s, in, from);
    for (uint32_t i = 0; i < members->n; i++)
        if (members->at[i]->kind == AST_Port) {
            if (in->decl->is_network) diag(s->diags, members->at[i]->span, D_PORT_IN_NETWORK);
            declare_ports(s, in, (const AstPort *)members->at[i]);
        }
    check_arg_names(s, in, from->args);
    if (in->parent) connect_ports(s, in, from->args);
    for (uint32_t i = 0; i < members->n; i++) declare_member(s, in, members->at[i]);
    for (uint32_t i = 0; i < members->n; i++)
        if (members->at[i]->kind == AST_Assign || members->at[i]->kind == AST_Draw) pop_assign(s, in, members->at[i]);
    return s->diags->errors == errors;
}

static void instance_connect(Sema *s, Instance *in) {
    uint32_t inner = 0;
    for (uint32_t i = 0; i < in->decl->members.n; i++) {
        const Ast *e = in->decl->members.at[i];
        if (e->kind == AST_Connect) connect_statement(s, in, (const AstConnect *)e);
        else if (e->kind == AST_Extern) extern_declare(s, in, (const AstExtern *)e);
        else if (e->kind == AST_Instance && inner < in->inner.n && in->inner.at[inner]->name == instance_name((const AstInstance *)e)) instance_connect(s, in->inner.at[inner++]);
    }
}

static void warn_unused(Sema *s, const Instance *in) {
    if (in->file->is_library) return;
    for (uint32_t i = 0; i < in->scope->names.n; i++) {
        const Symbol *y = in->scope->names.val[i];
        if (y->kind == SYMBOL_VAR && !y->used && !y->var->used) diag(s->diags, y->var->span, D_UNUSED_PARAM, y->name);
    }
    for (uint32_t i = 0; i < in->inner.n; i++) warn_unused(s, in->inner.at[i]);
}

static Made *made_find(Sema *s, const AstCircuit *decl, const Made *now) {
    for (uint32_t i = 0; i < elab(s)->made.n; i++) {
        Made *m = elab(s)->made.at[i];
        if (m->decl != decl || m->values.n != now->values.n || m->root->in_use) continue;     // a second one at the same time is another network
        if (!now->values.n || !memcmp(m->values.at, now->values.at, now->values.n * sizeof(double))) return m;
    }
    return NULL;
}

static Made *made_new(Sema *s, Instance *root) {
    Made *now = ARENA_NEW(s->arena, Made);
    now->decl = root->decl;
    now->root = root;
    for (uint32_t i = 0; i < root->scope->names.n; i++) {
        const Symbol *y = root->scope->names.val[i];
        if (y->kind == SYMBOL_VAR && y->var->kind == VAR_CONST && y->var->init && y->var->init->kind == E_NUM)
            vec_push(s->arena, &now->values, y->var->init->num);
    }
    return now;
}

Instance *elaborate_network(Sema *s, const Decl *d, const AstList *args, Scope *arg_scope, const ExprCtx *arg_cx, Span at) {
    static const AstList none;
    Instance *root = instance_new(s, NULL, d, d->name, at);
    root->net = ARENA_NEW(s->arena, Network);
    *root->net = (Network){.name = d->name, .span = d->span, .arena = s->arena};
    ArgSource from = {.args = args ? args : &none, .scope = arg_scope, .cx = arg_cx, .at = at, .deferred = true};
    params_declare(s, root, &from);
    Made *now = made_new(s, root), *before = made_find(s, root->decl, now);
    if (before) return before->root;
    vec_push(s->arena, &elab(s)->made, now);
    instance_fill(s, root, &from);
    instance_connect(s, root);
    if (!root->net->pops.n && !s->diags->errors) diag(s->diags, d->span, D_NETWORK_EMPTY, d->name);
    root->net->id = s->model->networks.n;
    vec_push(s->arena, &s->model->networks, root->net);
    if (!s->diags->errors) warn_unused(s, root);
    return root;
}

bool elaborate_needs_args(Sema *s, const AstCircuit *decl) {
    (void)s;
    for (uint32_t i = 0; i < decl->params.n; i++)
        if (!AST_AS(Param, decl->params.at[i])->init) return true;
    for (uint32_t i = 0; i < decl->members.n; i++) {
        if (decl->members.at[i]->kind == AST_Port && !decl->is_network) return true;
        if (decl->members.at[i]->kind != AST_ParamDecl || AST_AS(ParamDecl, decl->members.at[i])->is_const) continue;
        const AstParamDecl *p = (const AstParamDecl *)decl->members.at[i];
        for (uint32_t k = 0; k < p->items.n; k++)
            if (!AST_AS(Param, p->items.at[k])->init) return true;
    }
    return false;
}
