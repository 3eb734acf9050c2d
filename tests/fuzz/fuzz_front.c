// SPDX-License-Identifier: MIT
// Fuzz target for scanner, parser, messages and formatter: no text may crash them; a text without errors must be laid out so that
// a second time changes nothing and the tree stays.
#include "syntax/parse.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *dump(Arena *a, Diags *d, uint32_t file) {
    char *text = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&text, &n);
    ast_print(&parse_file(a, d, file)->base, out);
    fclose(out);
    return text;
}

static void show(Diags *d) {
    char *text = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&text, &n);
    diag_show(d, out, true);
    fclose(out);
    free(text);
}

static void check_layout(Sources *s, Arena *a, Diags *d, uint32_t file) {
    char *once = format_file(a, d, file);
    if (!once) return;
    uint32_t again = (uint32_t)source_add(s, "once", once, strlen(once));
    char *twice = format_file(a, d, again);
    if (!twice) fatal("the laid out text has errors");
    if (strcmp(once, twice)) fatal("laying out twice changes the text");
    char *before = dump(a, d, file), *after = dump(a, d, again);
    if (strcmp(before, after)) fatal("laying out changes the tree");
    free(before);
    free(after);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    Sources s = {0};
    Diags d = {.src = &s};
    Arena a = {0};
    uint32_t file = (uint32_t)source_add(&s, "fuzz", (const char *)data, size);
    parse_file(&a, &d, file);
    if (d.errors) show(&d);
    else check_layout(&s, &a, &d, file);
    arena_free(&a);
    diags_free(&d);
    sources_free(&s);
    return 0;
}
