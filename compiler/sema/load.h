// SPDX-License-Identifier: MIT
// Files and their declarations: the main file, what it imports, and the library on demand.
#ifndef SNNC_LOAD_H
#define SNNC_LOAD_H
#include "syntax/ast.h"
#include "syntax/parse.h"
#include "source/diag.h"

typedef struct LoadedFile LoadedFile;
typedef struct Decl { Sym name; Ast *node; LoadedFile *file; Span span; void *made; } Decl;   // made: free for the checker
typedef VEC(Decl *) DeclVec;

struct LoadedFile {
    uint32_t file; Sym key;              // key: real path, or "stdlib/neuron/NAME.snn"
    const char *dir;                     // folder of the file, "" for the embedded library
    AstFile *ast; bool is_main, is_library, loading;
    PtrMap names;                        // Sym -> Decl: its own declarations
};

typedef struct Loader {
    Arena *arena; Diags *diags; Sources *sources; const char *library_dir;
    VEC(LoadedFile *) files;
    PtrMap by_key;                       // Sym -> LoadedFile
    PtrMap user;                         // Sym -> Decl: main file and the files it imports share one name space
    DeclVec main_decls;                  // in order of declaration
    VEC(Sym) library_files; bool library_listed;   // "stdlib/neuron/NAME.snn", sorted
} Loader;

// Loads `path` with its imports. NULL only when the main file cannot be read; syntax errors are in diags.
LoadedFile *load_main(Loader *l, const char *path);
// The declaration that `name` means in a file: the file's own or (for the user's files) any of the user's files, then the library.
Decl *load_find(Loader *l, const LoadedFile *from, Sym name);
// All top-level names that a search from `from` could find, for "did you mean".
Sym load_nearest(Loader *l, const LoadedFile *from, const char *name);
LoadedFile *load_file_of(const Loader *l, uint32_t file);          // the loaded file of a span
#endif
