// SPDX-License-Identifier: MIT
// Texts and places in them. A Span is small enough to sit on every node; line and column are found when a message is shown.
#ifndef SNNC_SOURCE_H
#define SNNC_SOURCE_H
#include "support/support.h"

typedef struct Span { uint32_t file, pos, len; } Span;    // file: index in Sources (from 0); pos, len in bytes

typedef struct Source { const char *path; const char *shown; char *text; size_t size; uint32_t *line; uint32_t lines; } Source;
typedef struct Sources { Arena arena; VEC(Source *) file; } Sources;

int source_load(Sources *s, const char *path, const char *shown);                        // file index, or -1 with errno set
int source_add(Sources *s, const char *shown, const char *text, size_t size);           // from memory (embedded stdlib, tests)
void source_line_column(const Source *f, uint32_t pos, uint32_t *line, uint32_t *column);   // both from 1; columns in bytes
Span span_join(Span a, Span b);
void sources_free(Sources *s);
#endif
