// SPDX-License-Identifier: MIT
// What the tests of the front end share: a text in memory, its tree and messages as strings.
#ifndef SNNC_TEST_FRONT_H
#define SNNC_TEST_FRONT_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include "syntax/parse.h"

typedef struct Front { Sources sources; Diags diags; Arena arena; } Front;

static inline void front_begin(Front *f) {
    *f = (Front){0};
    f->diags.src = &f->sources;
}

static inline void front_end(Front *f) {
    arena_free(&f->arena);
    diags_free(&f->diags);
    sources_free(&f->sources);
}

static inline uint32_t front_add(Front *f, const char *text) {
    int file = source_add(&f->sources, "test.snn", text, strlen(text));
    assert_true(file >= 0);
    return (uint32_t)file;
}

// The caller frees what these return.
static __attribute__((noinline, unused)) char *front_messages(Front *f) {
    char *text = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&text, &n);
    diag_show(&f->diags, out, false);
    fclose(out);
    return text;
}

// Not inlined: gcc 12 takes the stream's pointer for a dangling one where it sees through fclose.
static __attribute__((noinline, unused)) char *front_tree(Front *f, const char *source) {
    char *text = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&text, &n);
    ast_print(&parse_file(&f->arena, &f->diags, front_add(f, source))->base, out);
    fclose(out);
    return text;
}
#endif
