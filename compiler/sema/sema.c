// SPDX-License-Identifier: MIT
// The checker as one list: load, constants, experiments (which make the networks they use), networks that no experiment uses, and with
// options->all every model of the main file by itself.
#include "elaborate.h"

const AstModel *sema_find_model(Sema *s, Sym name, Span use) {
    Loader *l = &elab(s)->loader;
    const LoadedFile *from = load_file_of(l, use.file);
    Decl *d = from ? load_find(l, from, name) : NULL;
    if (d && d->node->kind == AST_Model) return (const AstModel *)d->node;
    if (d) {
        Diag *m = diag(s->diags, use, D_NOT_MODEL, name);
        diag_note_at(s->diags, m, d->span, "it is declared here");
        return NULL;
    }
    Diag *m = diag(s->diags, use, D_UNKNOWN_MODEL, name);
    Sym near = from ? load_nearest(l, from, name) : NULL;
    if (near) diag_help(s->diags, m, "did you mean '%s'?", near);
    return NULL;
}

const AstFn *sema_find_fn(Sema *s, Sym name, uint32_t from_file) {
    Loader *l = &elab(s)->loader;
    const LoadedFile *from = load_file_of(l, from_file);
    Decl *d = from ? load_find(l, from, name) : NULL;
    return d && d->node->kind == AST_Fn ? (const AstFn *)d->node : NULL;
}

void sema_fn_names(Sema *s, uint32_t from_file, SymVec *out) {
    Loader *l = &elab(s)->loader;
    const LoadedFile *from = load_file_of(l, from_file);
    const PtrMap *names = !from ? NULL : from->is_library ? &from->names : &l->user;
    for (uint32_t i = 0; names && i < names->n; i++)
        if (((Decl *)names->val[i])->node->kind == AST_Fn) vec_push(s->arena, out, (Sym)names->key[i]);
}

static bool network_used(Sema *s, const AstCircuit *decl) {
    for (uint32_t i = 0; i < elab(s)->made.n; i++)
        if (elab(s)->made.at[i]->decl == decl) return true;
    return false;
}

static void check_experiments(Sema *s) {
    const DeclVec *decls = &elab(s)->loader.main_decls;
    const char *only = s->options->experiment;
    bool found = !only;
    SymVec known = {0};
    DeclVec wanted = {0};
    for (uint32_t i = 0; i < decls->n; i++) {
        Decl *d = decls->at[i];
        if (d->node->kind != AST_Experiment) continue;
        vec_push(s->arena, &known, d->name);
        bool meant = !only || !strcmp(only, d->name);
        found |= meant;
        if (meant || s->options->all) vec_push(s->arena, &wanted, d);
    }
    for (uint32_t i = 0; i < wanted.n; i++) varied_collect(s, (const AstExperiment *)wanted.at[i]->node);
    for (uint32_t i = 0; i < wanted.n; i++) experiment_check(s, wanted.at[i]);
    if (found) return;
    Diag *m = diag(s->diags, (Span){.file = UINT32_MAX}, D_X_UNKNOWN_EXPERIMENT, only);
    Sym near = nearest_name(only, known.at, known.n);
    if (near) diag_help(s->diags, m, "did you mean '%s'?", near);
    else diag_help(s->diags, m, "there are %s", names_list(s, &known));
}

// Networks that no experiment uses, as far as their parameters have defaults.
static void check_networks(Sema *s) {
    const DeclVec *decls = &elab(s)->loader.main_decls;
    for (uint32_t i = 0; i < decls->n; i++) {
        const Decl *d = decls->at[i];
        if (d->node->kind != AST_Circuit) continue;
        const AstCircuit *n = (const AstCircuit *)d->node;
        if (!n->is_network && !s->options->all) continue;                // a circuit alone is only looked at by `check`
        if (network_used(s, n) || elaborate_needs_args(s, n)) continue;
        if (s->options->all || !s->model->experiments.n) elaborate_network(s, d, NULL, s->globals, &(ExprCtx){.where = "a network"}, d->span);
    }
}

static bool checked_body(const Sema *s, const AstModel *decl) {
    for (uint32_t i = 0; i < s->bodies.n; i++)
        if (s->bodies.at[i].decl == decl) return true;
    return false;
}

static void check_models(Sema *s) {
    const DeclVec *decls = &elab(s)->loader.main_decls;
    for (uint32_t i = 0; i < decls->n; i++) {
        const Decl *d = decls->at[i];
        if (d->node->kind == AST_Model && !checked_body(s, (const AstModel *)d->node)) sema_body(s, (const AstModel *)d->node, &(BodyUse){0});
    }
}

static bool check_all(Sema *s, const char *path) {
    uint32_t errors = s->diags->errors;
    if (!load_main(&elab(s)->loader, path) || s->diags->errors > errors) return false;
    params_globals(s);
    check_experiments(s);
    check_networks(s);
    if (s->options->all) check_models(s);
    if (s->diags->errors == errors) sema_warn_unused(s);
    s->model->set_used.n = 0;
    for (uint32_t i = 0; i < elab(s)->set_used.n; i++) vec_push(s->arena, &s->model->set_used, elab(s)->set_used.at[i]);
    return s->diags->errors == errors;
}

Model *sema_check(Diags *diags, Sources *sources, const char *path, const SemaOptions *options) {
    static const SemaOptions none;
    Arena arena = {0};
    Model *m = ARENA_NEW(&arena, Model);
    m->arena = arena;
    m->sources = sources;
    m->file = path;
    Sema s = {.model = m, .arena = &m->arena, .diags = diags, .sources = sources, .options = options ? options : &none};
    Elab e = {.loader = {.arena = &m->arena, .diags = diags, .sources = sources, .library_dir = s.options->stdlib_dir}};
    s.load = &e;
    s.globals = scope_new(s.arena, NULL);
    if (check_all(&s, path)) return m;
    model_free(m);
    return NULL;
}

void model_free(Model *m) {
    Arena arena = m->arena;                              // the model itself lives in it
    arena_free(&arena);
}
