// SPDX-License-Identifier: MIT
// Debug information (build -g): which line of the .snn files an instruction belongs to. Kernels belong to a model's or network's
// declaration; each assigned value carries the place of its equation or statement, and what it shares with others that of the first.
#include "debug.h"
#include <llvm-c/DebugInfo.h>
#include <stdlib.h>
#include <unistd.h>

static const LLVMDWARFSourceLanguage LANGUAGE_C = LLVMDWARFSourceLanguageC11;    // expressions in a debugger are read as C

static const Source *source_of(Gen *g, Span at) {
    const Sources *s = g->program->model ? g->program->model->sources : NULL;
    return s && at.file < s->file.n ? s->file.at[at.file] : NULL;
}

static LLVMMetadataRef file_of(Gen *g, const Source *s) {
    LLVMMetadataRef f = map_get(&g->debug_files, s);
    if (f) return f;
    char folder[4096];
    const char *path = s->path ? s->path : s->shown;
    if (!getcwd(folder, sizeof folder)) folder[0] = 0;
    f = LLVMDIBuilderCreateFile(g->debug, path, strlen(path), folder, strlen(folder));
    map_put(&g->arena, &g->debug_files, s, f);
    return f;
}

static void module_flag(Gen *g, const char *name, unsigned v) {
    LLVMAddModuleFlag(g->mod, LLVMModuleFlagBehaviorWarning, name, strlen(name), LLVMValueAsMetadata(emit_i32(g, v)));
}

void debug_open(Gen *g) {
    const Sources *s = g->program->model ? g->program->model->sources : NULL;
    if (!g->opt.debug || !s || !s->file.n) return;
    g->debug = LLVMCreateDIBuilder(g->mod);
    module_flag(g, "Debug Info Version", 3);
    module_flag(g, "Dwarf Version", 4);
    const char *producer = arena_printf(&g->arena, "snnc %s", g->opt.version ? g->opt.version : "");
    g->debug_unit = LLVMDIBuilderCreateCompileUnit(g->debug, LANGUAGE_C, file_of(g, s->file.at[0]), producer, strlen(producer), true, "", 0, 0, "", 0,
        LLVMDWARFEmissionFull, 0, false, false, "", 0, "", 0);
}

void debug_finish(Gen *g) {
    if (!g->debug) return;
    LLVMDIBuilderFinalize(g->debug);
    LLVMDisposeDIBuilder(g->debug);
    g->debug = NULL;
}

void debug_function(Kernel *k, Span at) {
    Gen *g = k->g;
    const Source *s = g->debug ? source_of(g, at) : NULL;
    if (!s) return;
    uint32_t line, column;
    size_t n;
    source_line_column(s, at.pos, &line, &column);
    const char *name = LLVMGetValueName2(k->fn, &n);
    LLVMMetadataRef file = file_of(g, s), type = LLVMDIBuilderCreateSubroutineType(g->debug, file, NULL, 0, LLVMDIFlagZero);
    k->scope = LLVMDIBuilderCreateFunction(g->debug, file, name, n, name, n, file, line, type, true, true, line, LLVMDIFlagZero, true);
    k->scope_file = at.file;
    LLVMSetSubprogram(k->fn, k->scope);
    debug_at(k, at);
}

void debug_at(Kernel *k, Span at) {
    Gen *g = k->g;
    const Source *s = g->debug && k->scope ? source_of(g, at) : NULL;
    if (!s || !at.len) return;
    uint32_t line, column;
    source_line_column(s, at.pos, &line, &column);
    LLVMMetadataRef scope = k->scope;
    if (at.file != k->scope_file) scope = LLVMDIBuilderCreateLexicalBlockFile(g->debug, scope, file_of(g, s), 0);
    LLVMMetadataRef place = LLVMDIBuilderCreateDebugLocation(g->ctx, line, column, scope, NULL);
    for (int i = 0; i < LEVELS; i++) LLVMSetCurrentDebugLocation2(k->at[i], place);
}

// ---- places of what a Net contains ---------------------------------------------------------------------------------------------

Span debug_equation(const Field *f, Span otherwise) {
    const Body *b = f->var ? f->var->body : NULL;
    for (uint32_t i = 0; b && i < b->equations.n; i++)
        if (b->equations.at[i].var == f->var) return b->equations.at[i].span;
    return otherwise;
}

// The statement that assigns v, or a refractory statement for what is not a variable of the model.
static bool find_statement(const StmtVec *all, const Var *v, Span *out) {
    for (uint32_t i = 0; i < all->n; i++) {
        const Stmt *s = all->at[i];
        if ((v && s->kind == S_ASSIGN && s->var == v) || (!v && s->kind == S_REFRACTORY)) { *out = s->span; return true; }
        if (s->kind == S_IF && (find_statement(&s->then, v, out) || find_statement(&s->otherwise, v, out))) return true;
    }
    return false;
}

Span debug_reset(const Body *b, uint32_t port, const Field *f) {
    if (!b || port >= b->spikes.n) return (Span){0};
    Span at = b->spikes.at[port].span;
    find_statement(&b->spikes.at[port].body, f->var, &at);
    return at;
}

static bool find_handler(const Body *b, OnKind kind, const Var *v, Span *out) {
    for (uint32_t i = 0; b && i < b->handlers.n; i++) {
        const Handler *h = &b->handlers.at[i];
        if (h->kind != kind) continue;
        *out = h->span;
        if (find_statement(&h->body, v, out)) return true;
    }
    return false;
}

Span debug_jump(const NetProj *p, OnKind kind, const Field *f) {
    Span at = p->model ? p->model->span : (Span){0};
    if (p->model && !find_handler(p->model->plastic, kind, f->var, &at)) find_handler(p->model->synapse, kind, f->var, &at);
    return at;
}
