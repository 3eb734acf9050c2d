// SPDX-License-Identifier: MIT
// Files for small machines: an object with the helpers that its instruction set lacks, or an image linked for a board. What is linked in
// (start-up code, helpers, the board's linker script) rides inside the compiler; only the linker is a program of its own.
#include "internal.h"
#include "support/embed.h"
#include <stdlib.h>
#include <unistd.h>

typedef VEC(char *) Args;

static void arg(Arena *a, Args *v, const char *s) { vec_push(a, v, arena_strndup(a, s, strlen(s))); }

static const char *linker(void) {
    static const char *const names[] = {"/usr/bin/ld.lld-19", "/usr/lib/llvm-19/bin/ld.lld", "/usr/local/bin/ld.lld"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!access(names[i], X_OK)) return names[i];
    return "ld.lld";
}

// A file of the compiler's own, written to the folder.
static const char *unpack(Arena *a, const char *folder, const char *name, const char **error) {
    const EmbeddedFile *f = embedded_find(name);
    if (!f) { *error = arena_printf(a, "this compiler was built without '%s'", name); return NULL; }
    const char *slash = strrchr(name, '/'), *path = arena_printf(a, "%s/%s", folder, slash ? slash + 1 : name);
    FILE *out = fopen(path, "wb");
    bool ok = out && fwrite(f->data, 1, f->size, out) == f->size;
    if (out) ok = fclose(out) == 0 && ok;
    if (ok) return path;
    *error = arena_printf(a, "cannot write '%s'", path);
    return NULL;
}

static void forget(Arena *a, const char *folder) {
    static const char *const names[] = {"net.o", "start.o", "help.o", "rows.o", "board.ld", "sections.ld"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) unlink(arena_printf(a, "%s/%s", folder, names[i]));
    rmdir(folder);
}

// rows.o where the module calls it, else NULL.
static const char *rows_of(Target *t, GenModule *m, const char *folder, const char **error) {
    return sizes_rows(m) ? unpack(t->arena, folder, arena_printf(t->arena, "embedded/%s/rows.o", t->kind->helpers), error) : NULL;
}

static bool link_image(Target *t, GenModule *m, const char *folder, const char *net, const char *path, const char **error) {
    Arena *a = t->arena;
    const char *isa = t->kind->helpers, *start = unpack(a, folder, arena_printf(a, "embedded/%s/start.o", isa), error);
    const char *help = start ? unpack(a, folder, arena_printf(a, "embedded/%s/help.o", isa), error) : NULL;
    const char *script = help ? unpack(a, folder, t->kind->board->script, error) : NULL;
    if (!script || !unpack(a, folder, "embedded/boards/sections.ld", error)) return false;
    Args v = {0};
    const char *const words[] = {linker(), "--gc-sections", "-L", folder, "-T", script, "-o", path, start, net, help, rows_of(t, m, folder, error)};
    for (size_t i = 0; i < sizeof words / sizeof *words && words[i]; i++) arg(a, &v, words[i]);
    vec_push(a, &v, NULL);
    return link_spawn(a, v.at, "the image", error);
}

static bool join_object(Target *t, GenModule *m, const char *folder, const char *net, const char *path, const char **error) {
    Arena *a = t->arena;
    const char *help = unpack(a, folder, arena_printf(a, "embedded/%s/help.o", t->kind->helpers), error);
    if (!help) return false;
    Args v = {0};
    const char *const words[] = {linker(), "-r", "-o", path, net, help, rows_of(t, m, folder, error)};
    for (size_t i = 0; i < sizeof words / sizeof *words && words[i]; i++) arg(a, &v, words[i]);
    vec_push(a, &v, NULL);
    return link_spawn(a, v.at, "the object", error);
}

static bool in_folder(Target *t, GenModule *m, const char *path, bool image, const char **error) {
    char folder[] = "/tmp/snncXXXXXX";
    if (!mkdtemp(folder)) { *error = "cannot make a temporary folder in /tmp"; return false; }
    const char *net = arena_printf(t->arena, "%s/net.o", folder);
    bool ok = object_file(t, m, net, error) && (image ? link_image : join_object)(t, m, folder, net, path, error);
    unlink(arena_printf(t->arena, "%s/%s", folder, t->kind->board ? strrchr(t->kind->board->script, '/') + 1 : "board.ld"));
    forget(t->arena, folder);
    return ok;
}

bool target_image(Target *t, GenModule *m, const char *path, const char **error) {
    if (!t->kind->board) { *error = arena_printf(t->arena, "the target '%s' has no board: use --emit obj,header", t->kind->name); return false; }
    return in_folder(t, m, path, true, error);
}

bool target_object(Target *t, GenModule *m, const char *path, const char **error) {
    return t->kind->helpers ? in_folder(t, m, path, false, error) : object_file(t, m, path, error);
}
