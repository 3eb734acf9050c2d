// SPDX-License-Identifier: MIT
// Messages: collected while a stage runs, then sorted by place and shown with carets. Every message is a line in diag.def.
#ifndef SNNC_DIAG_H
#define SNNC_DIAG_H
#include "source.h"

typedef enum { SEV_ERROR, SEV_WARNING } Severity;
typedef enum {
#define DIAG(code, id, severity, text) D_##id,
#include "diag.def"
#undef DIAG
    D_COUNT
} DiagId;

typedef struct Diag Diag;
typedef struct Diags { Arena arena; Sources *src; VEC(Diag *) all; uint32_t errors, warnings; } Diags;

// Reports a message at a place; arguments fit the printf text in diag.def. The same id at the same place is kept once.
// Returns the message so that notes and a help line can be hung on it (never NULL).
Diag *diag(Diags *d, Span at, DiagId id, ...);
void diag_note(Diags *d, Diag *m, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void diag_note_at(Diags *d, Diag *m, Span at, const char *fmt, ...) __attribute__((format(printf, 4, 5)));
void diag_help(Diags *d, Diag *m, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void diag_show(Diags *d, FILE *out, bool color);      // sorted by file and position, most severe first at one place
void diags_free(Diags *d);
#endif
