// SPDX-License-Identifier: MIT
// Loads texts and finds lines. The table of line starts is made once a file, so line and column are a binary search.
// Every text ends in two NUL bytes that are not counted in its size: the scanner works in place on them.
#include "source.h"
#include <errno.h>
#include <stdlib.h>

static void find_lines(Arena *a, Source *f) {
    uint32_t n = 1;
    for (size_t i = 0; i < f->size; i++) n += f->text[i] == '\n';
    f->line = ARENA_ARRAY(a, uint32_t, n);
    f->lines = 1;
    for (size_t i = 0; i < f->size; i++)
        if (f->text[i] == '\n') f->line[f->lines++] = (uint32_t)i + 1;
}

static int add(Sources *s, const char *path, const char *shown, char *text, size_t size) {
    Source *f = ARENA_NEW(&s->arena, Source);
    f->path = arena_strndup(&s->arena, path, strlen(path));
    f->shown = arena_strndup(&s->arena, shown, strlen(shown));
    f->text = text;
    f->size = size;
    find_lines(&s->arena, f);
    vec_push(&s->arena, &s->file, f);
    return (int)s->file.n - 1;
}

int source_add(Sources *s, const char *shown, const char *text, size_t size) {
    if (size >= UINT32_MAX / 2) { errno = EFBIG; return -1; }
    char *copy = arena_alloc(&s->arena, size + 2);
    if (size) memcpy(copy, text, size);
    return add(s, shown, shown, copy, size);
}

// Reads to the end rather than asking for the size, so that pipes work too.
static char *read_all(FILE *in, size_t *size) {
    size_t cap = 1 << 14, n = 0;
    char *text = NULL;
    for (;;) {
        char *more = realloc(text, cap);
        if (!more) { free(text); errno = ENOMEM; return NULL; }
        text = more;
        n += fread(text + n, 1, cap - n, in);
        if (n < cap) break;
        if (cap >= UINT32_MAX / 2) { free(text); errno = EFBIG; return NULL; }
        cap *= 2;
    }
    if (ferror(in)) { free(text); return NULL; }
    *size = n;
    return text;
}

// Standard input can be read once, but a compiler may want its text again (a second precision, a calibration): it is kept until the end.
static int load_stdin(Sources *s) {
    static char *text;
    static size_t size;
    if (!text && !(text = read_all(stdin, &size))) return -1;
    return source_add(s, "<stdin>", text, size);
}

int source_load(Sources *s, const char *path, const char *shown) {
    if (!strcmp(path, "-")) return load_stdin(s);
    FILE *in = fopen(path, "rb");
    if (!in) return -1;
    size_t size = 0;
    char *text = read_all(in, &size);
    int error = errno;
    fclose(in);
    errno = error;
    if (!text) return -1;
    int file = source_add(s, shown, text, size);
    if (file >= 0) s->file.at[file]->path = arena_strndup(&s->arena, path, strlen(path));
    free(text);
    return file;
}

void source_line_column(const Source *f, uint32_t pos, uint32_t *line, uint32_t *column) {
    uint32_t lo = 0, hi = f->lines;     // the last line that starts at or before pos is in lo..hi-1
    while (hi - lo > 1) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (f->line[mid] <= pos) lo = mid;
        else hi = mid;
    }
    *line = lo + 1;
    *column = pos - f->line[lo] + 1;
}

Span span_join(Span a, Span b) {
    if (a.file != b.file) return a;
    uint32_t from = a.pos < b.pos ? a.pos : b.pos;
    uint32_t a_end = a.pos + a.len, b_end = b.pos + b.len;
    return (Span){a.file, from, (a_end > b_end ? a_end : b_end) - from};
}

void sources_free(Sources *s) {
    arena_free(&s->arena);
    *s = (Sources){0};
}
