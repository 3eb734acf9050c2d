// SPDX-License-Identifier: MIT
// Loads the main file, its imports, and library files on demand.
//
//   import "cells.snn"      a file, relative to the importing one
//   import neuron.NAME      one file of the library;  import neuron: all of that folder
//
// The user's files share one name space. A library file sees its own declarations and the library, never the user's, so that a user's
// own model does not change what a library circuit is made of. A name that no file declares is looked for in the library by its file
// name (stdlib/*/NAME.snn): the library needs no import.
#include "load.h"
#include "support/embed.h"
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>

static LoadedFile *load_import(Loader *l, LoadedFile *from, AstImport *im);

static const char *dir_of(Arena *a, const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? arena_strndup(a, path, (size_t)(slash - path)) : ".";
}

static void list_embedded(Loader *l) {
    for (size_t i = 0; i < embedded_count; i++) {
        const char *p = embedded_files[i].path;
        size_t n = strlen(p);
        if (!strncmp(p, "stdlib/", 7) && n > 4 && !strcmp(p + n - 4, ".snn")) vec_push(l->arena, &l->library_files, sym(p));
    }
}

static void list_folder(Loader *l, const char *folder) {
    DIR *d = opendir(arena_printf(l->arena, "%s/%s", l->library_dir, folder));
    if (!d) return;
    for (struct dirent *e; (e = readdir(d));) {
        size_t n = strlen(e->d_name);
        if (n > 4 && e->d_name[0] != '.' && !strcmp(e->d_name + n - 4, ".snn"))
            vec_push(l->arena, &l->library_files, sym(arena_printf(l->arena, "stdlib/%s/%s", folder, e->d_name)));
    }
    closedir(d);
}

static int by_text(const void *a, const void *b) { return strcmp(*(const Sym *)a, *(const Sym *)b); }

static void list_library(Loader *l) {
    if (l->library_listed) return;
    l->library_listed = true;
    if (!l->library_dir) {
        list_embedded(l);
    } else {
        DIR *d = opendir(l->library_dir);
        for (struct dirent *e; d && (e = readdir(d));)
            if (e->d_name[0] != '.') list_folder(l, e->d_name);
        if (d) closedir(d);
    }
    if (l->library_files.n) qsort(l->library_files.at, l->library_files.n, sizeof(Sym), by_text);     // readdir's order is chance
}

static Sym library_model_name(Sym file) {
    const char *base = strrchr(file, '/') + 1;
    return sym_n(base, strlen(base) - 4);
}

static bool decl_name(const Ast *node, Sym *name, Span *span) {
    switch (node->kind) {
    case AST_Model: *name = AST_AS(Model, node)->name; *span = AST_AS(Model, node)->name_span; return true;
    case AST_Fn: *name = AST_AS(Fn, node)->name; *span = AST_AS(Fn, node)->name_span; return true;
    case AST_Circuit: *name = AST_AS(Circuit, node)->name; *span = AST_AS(Circuit, node)->name_span; return true;
    case AST_Experiment: *name = AST_AS(Experiment, node)->name; *span = AST_AS(Experiment, node)->name_span; return true;
    case AST_Param: *name = AST_AS(Param, node)->name; *span = AST_AS(Param, node)->name_span; return true;
    default: return false;
    }
}

static void declare(Loader *l, LoadedFile *f, Ast *node) {
    Decl *d = ARENA_NEW(l->arena, Decl);
    d->node = node;
    d->file = f;
    if (!decl_name(node, &d->name, &d->span) || !d->name) return;
    PtrMap *space = f->is_library ? &f->names : &l->user;
    Decl *old = map_get(space, d->name);
    if (old) {
        Diag *m = diag(l->diags, d->span, D_DUPLICATE_DECLARATION, d->name);
        diag_note_at(l->diags, m, old->span, "'%s' is declared here", d->name);
        return;
    }
    map_put(l->arena, &f->names, d->name, d);
    if (!f->is_library) map_put(l->arena, &l->user, d->name, d);
    if (f->is_main) vec_push(l->arena, &l->main_decls, d);
}

static void load_items(Loader *l, LoadedFile *f) {
    for (uint32_t i = 0; i < f->ast->items.n; i++)
        if (f->ast->items.at[i]->kind == AST_Import) load_import(l, f, AST_AS(Import, f->ast->items.at[i]));
    for (uint32_t i = 0; i < f->ast->items.n; i++) {
        Ast *node = f->ast->items.at[i];
        if (node->kind == AST_ParamDecl) {
            for (uint32_t k = 0; k < AST_AS(ParamDecl, node)->items.n; k++) declare(l, f, AST_AS(ParamDecl, node)->items.at[k]);
        } else {
            declare(l, f, node);
        }
    }
}

static LoadedFile *add_file(Loader *l, int index, Sym key, const char *dir, bool is_main, bool is_library) {
    LoadedFile *f = ARENA_NEW(l->arena, LoadedFile);
    f->file = (uint32_t)index;
    f->key = key;
    f->dir = dir;
    f->is_main = is_main;
    f->is_library = is_library;
    map_put(l->arena, &l->by_key, key, f);
    vec_push(l->arena, &l->files, f);
    f->ast = parse_file(l->arena, l->diags, f->file);
    f->loading = true;
    if (f->ast) load_items(l, f);
    f->loading = false;
    return f;
}

static LoadedFile *load_library(Loader *l, Sym path) {
    LoadedFile *f = map_get(&l->by_key, path);
    if (f) return f;
    int index;
    if (l->library_dir) {
        const char *file = arena_printf(l->arena, "%s/%s", l->library_dir, path + strlen("stdlib/"));
        index = source_load(l->sources, file, file);
    } else {
        const EmbeddedFile *e = embedded_find(path);
        index = e ? source_add(l->sources, path, (const char *)e->data, e->size) : -1;
    }
    return index < 0 ? NULL : add_file(l, index, path, "", false, true);
}

// import neuron.NAME-> stdlib/neuron/NAME.snn; import neuron -> all of stdlib/neuron/
static LoadedFile *import_library(Loader *l, AstImport *im) {
    list_library(l);
    const char *dot = strchr(im->path, '.');
    const char *wanted = dot ? arena_printf(l->arena, "stdlib/%.*s/%s.snn", (int)(dot - im->path), im->path, dot + 1)
                             : arena_printf(l->arena, "stdlib/%s/", im->path);
    LoadedFile *last = NULL;
    VEC(Sym) known = {0};
    for (uint32_t i = 0; i < l->library_files.n; i++) {
        Sym file = l->library_files.at[i];
        const char *p = file + strlen("stdlib/"), *slash = strchr(p, '/');
        if (dot ? !strcmp(file, wanted) : !strncmp(file, wanted, strlen(wanted))) last = load_library(l, file);
        vec_push(l->arena, &known, sym(arena_printf(l->arena, "%.*s.%.*s", (int)(slash - p), p, (int)(strlen(slash) - 5), slash + 1)));
        vec_push(l->arena, &known, sym_n(p, (size_t)(slash - p)));
    }
    if (last) return last;
    Diag *m = diag(l->diags, im->path_span.len ? im->path_span : im->base.span, D_IMPORT_LIBRARY, im->path);
    Sym near = nearest_name(im->path, known.at, known.n);
    if (near) diag_help(l->diags, m, "did you mean 'import %s'?", near);
    return NULL;
}

static void report_cycle(Loader *l, LoadedFile *to, AstImport *im) {
    Diag *m = diag(l->diags, im->base.span, D_IMPORT_CYCLE, im->path);
    bool inside = false;
    for (uint32_t i = 0; i < l->files.n; i++) {
        LoadedFile *f = l->files.at[i];
        inside |= f == to;
        if (inside && f->loading) diag_note(l->diags, m, "%s is being loaded", l->sources->file.at[f->file]->shown);
    }
}

static LoadedFile *load_import(Loader *l, LoadedFile *from, AstImport *im) {
    if (!im->path) return NULL;
    if (!im->is_file) return import_library(l, im);
    if (from->is_library) return NULL;
    const char *path = im->path[0] == '/' || !strcmp(from->dir, ".") ? im->path : arena_printf(l->arena, "%s/%s", from->dir, im->path);
    char *real = realpath(path, NULL);
    Sym key = sym(real ? real : path);
    free(real);
    LoadedFile *f = map_get(&l->by_key, key);
    if (f) {
        if (f->loading) report_cycle(l, f, im);
        return f;
    }
    int index = source_load(l->sources, path, path);
    if (index < 0) {
        diag(l->diags, im->path_span.len ? im->path_span : im->base.span, D_IMPORT_FILE, im->path, strerror(errno));
        return NULL;
    }
    return add_file(l, index, key, dir_of(l->arena, path), false, false);
}

LoadedFile *load_main(Loader *l, const char *path) {
    int index = -1;
    for (uint32_t i = 0; i < l->sources->file.n && index < 0; i++)        // given from memory (tests, editors)
        if (!strcmp(l->sources->file.at[i]->shown, path)) index = (int)i;
    if (index < 0) index = source_load(l->sources, path, path);
    if (index < 0) {
        diag(l->diags, (Span){.file = UINT32_MAX}, D_CANNOT_READ, path, strerror(errno));
        return NULL;
    }
    char *real = realpath(path, NULL);
    Sym key = sym(real ? real : path);
    free(real);
    return add_file(l, index, key, dir_of(l->arena, path), true, false);
}

static Decl *find_in_library(Loader *l, Sym name) {
    list_library(l);
    for (uint32_t i = 0; i < l->library_files.n; i++) {
        if (library_model_name(l->library_files.at[i]) != name) continue;
        LoadedFile *f = load_library(l, l->library_files.at[i]);
        Decl *d = f ? map_get(&f->names, name) : NULL;
        if (d) return d;
    }
    for (uint32_t i = 0; i < l->files.n; i++) {                           // helpers beside an imported library model
        LoadedFile *f = l->files.at[i];
        Decl *d = f->is_library ? map_get(&f->names, name) : NULL;
        if (d) return d;
    }
    return NULL;
}

Decl *load_find(Loader *l, const LoadedFile *from, Sym name) {
    Decl *d = map_get(&from->names, name);
    if (!d && !from->is_library) d = map_get(&l->user, name);
    return d ? d : find_in_library(l, name);
}

Sym load_nearest(Loader *l, const LoadedFile *from, const char *name) {
    VEC(Sym) known = {0};
    if (!from->is_library)
        for (uint32_t i = 0; i < l->user.n; i++) vec_push(l->arena, &known, (Sym)l->user.key[i]);
    for (uint32_t i = 0; i < from->names.n; i++) vec_push(l->arena, &known, (Sym)from->names.key[i]);
    list_library(l);
    for (uint32_t i = 0; i < l->library_files.n; i++) vec_push(l->arena, &known, library_model_name(l->library_files.at[i]));
    return nearest_name(name, known.at, known.n);
}

LoadedFile *load_file_of(const Loader *l, uint32_t file) {
    for (uint32_t i = 0; i < l->files.n; i++)
        if (l->files.at[i]->file == file) return l->files.at[i];
    return NULL;
}
