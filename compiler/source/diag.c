// SPDX-License-Identifier: MIT
// Collects messages and shows them in the order of the text:
//   coba.snn:14:10: error[E0207]: V' is a voltage per time (mV/ms), but its right side is a current per time (pA/ms)
//      14 |     V' = (-g_L*(V - E_L) + I) / tau
//         |          ^~~~~~~~~~~~~~~~~~~~~~~~~~
//         = note: -g_L*(V - E_L) is pA, I is pA, tau is ms
//         = help: divide by a capacitance, as in (...) / C
// A message whose span lies in no file (a file that cannot be read) is shown without place.
#include "diag.h"
#include <stdlib.h>

typedef struct Note { const char *word, *text; bool placed; Span at; } Note;
struct Diag { DiagId id; Span at; const char *text; uint32_t order; VEC(Note) notes; };

static const struct { const char *code, *text; Severity severity; } table[] = {
#define DIAG(code, id, severity, text) {code, text, severity},
#include "diag.def"
#undef DIAG
};

static const char *vformat(Arena *a, const char *fmt, va_list ap) {
    StrBuf b = {0};
    sb_vprintf(&b, fmt, ap);
    const char *text = arena_strndup(a, b.s, b.n);
    sb_free(&b);
    return text;
}

static bool same_place(Span a, Span b) { return a.file == b.file && a.pos == b.pos && a.len == b.len; }

Diag *diag(Diags *d, Span at, DiagId id, ...) {
    va_list ap;
    va_start(ap, id);
    const char *text = vformat(&d->arena, table[id].text, ap);
    va_end(ap);
    bool placed = d->src && at.file < d->src->file.n;
    for (uint32_t i = 0; i < d->all.n; i++) {
        Diag *m = d->all.at[i];
        if (m->id == id && same_place(m->at, at) && (placed || !strcmp(m->text, text))) {
            // A repeated message gets a scratch copy, so that its notes are not hung on the first one twice.
            Diag *scratch = ARENA_NEW(&d->arena, Diag);
            *scratch = (Diag){.id = id, .at = at, .text = text};
            return scratch;
        }
    }
    Diag *m = ARENA_NEW(&d->arena, Diag);
    *m = (Diag){.id = id, .at = at, .text = text, .order = d->all.n};
    vec_push(&d->arena, &d->all, m);
    if (table[id].severity == SEV_ERROR) d->errors++;
    else d->warnings++;
    return m;
}

void diag_note(Diags *d, Diag *m, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    Note note = {.word = "note", .text = vformat(&d->arena, fmt, ap)};
    va_end(ap);
    vec_push(&d->arena, &m->notes, note);
}

void diag_note_at(Diags *d, Diag *m, Span at, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    Note note = {.word = "note", .text = vformat(&d->arena, fmt, ap), .placed = true, .at = at};
    va_end(ap);
    vec_push(&d->arena, &m->notes, note);
}

void diag_help(Diags *d, Diag *m, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    Note note = {.word = "help", .text = vformat(&d->arena, fmt, ap)};
    va_end(ap);
    vec_push(&d->arena, &m->notes, note);
}

typedef struct Look { FILE *out; const char *bold, *error, *warning, *note, *dim, *off; } Look;

static const Source *source_of(const Diags *d, Span at) {
    return d->src && at.file < d->src->file.n ? d->src->file.at[at.file] : NULL;
}

static void show_place(const Diags *d, Span at, const Look *l) {
    const Source *f = source_of(d, at);
    if (!f) { fprintf(l->out, "%ssnnc: ", l->bold); return; }
    uint32_t line, column;
    source_line_column(f, at.pos, &line, &column);
    fprintf(l->out, "%s%s:%u:%u: ", l->bold, f->shown, line, column);
}

// The part of a line that is shown: all of it, or the surroundings of `pos` when it is long.
typedef struct Part { uint32_t from, to; bool cut; } Part;
enum { SHOWN = 160, BEFORE = 60 };

static Part shown_part(const char *text, uint32_t start, uint32_t end, uint32_t pos) {
    Part part = {start, end, false};
    if (end - start > SHOWN && pos > start + BEFORE) {
        part.from = pos - BEFORE;
        part.cut = true;
        while (part.from < pos && (text[part.from] & 0xC0) == 0x80) part.from++;
    }
    if (part.to - part.from > SHOWN) {
        part.to = part.from + SHOWN;
        while (part.to > part.from && (text[part.to] & 0xC0) == 0x80) part.to--;
    }
    return part;
}

// One column of the screen for each character: tabs are kept so that the mark stays below its text, and the later bytes of a
// UTF-8 sequence are passed over.
static void show_mark(const Look *l, const char *text, Part part, Span at) {
    if (part.cut) fputs("   ", l->out);
    for (uint32_t i = part.from; i < at.pos; i++)
        if ((text[i] & 0xC0) != 0x80) fputc(text[i] == '\t' ? '\t' : ' ', l->out);
    fputc('^', l->out);
    for (uint32_t i = at.pos + 1; i < at.pos + at.len && i < part.to; i++)
        if ((text[i] & 0xC0) != 0x80) fputc('~', l->out);
}

static void show_text(const Look *l, const char *text, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)text[i];
        fputc(c < 32 && c != '\t' ? '?' : c, l->out);        // no control sequences from a file reach the terminal
    }
}

static void show_line(const Diags *d, Span at, const char *tone, const Look *l) {
    const Source *f = source_of(d, at);
    if (!f) return;
    uint32_t line, column;
    source_line_column(f, at.pos, &line, &column);
    uint32_t start = f->line[line - 1], end = line < f->lines ? f->line[line] - 1 : (uint32_t)f->size;
    if (end > start && f->text[end - 1] == '\r') end--;
    Part part = shown_part(f->text, start, end, at.pos);
    fprintf(l->out, "%s%5u |%s %s", l->dim, line, l->off, part.cut ? "..." : "");
    show_text(l, f->text + part.from, part.to - part.from);
    fprintf(l->out, "%s\n%s      |%s %s", part.to < end ? "..." : "", l->dim, l->off, tone);
    show_mark(l, f->text, part, at);
    fprintf(l->out, "%s\n", l->off);
}

static void show_one(const Diags *d, const Diag *m, const Look *l) {
    bool error = table[m->id].severity == SEV_ERROR;
    const char *tone = error ? l->error : l->warning;
    show_place(d, m->at, l);
    fprintf(l->out, "%s%s[%s]:%s%s %s%s\n", tone, error ? "error" : "warning", table[m->id].code, l->off, l->bold, m->text, l->off);
    show_line(d, m->at, tone, l);
    for (uint32_t i = 0; i < m->notes.n; i++) {
        const Note *n = &m->notes.at[i];
        if (!n->placed) {
            fprintf(l->out, "      = %s%s:%s %s\n", l->note, n->word, l->off, n->text);
            continue;
        }
        show_place(d, n->at, l);
        fprintf(l->out, "%s%s:%s %s\n", l->note, n->word, l->off, n->text);
        show_line(d, n->at, l->note, l);
    }
}

static int by_place(const void *pa, const void *pb) {
    const Diag *a = *(Diag *const *)pa, *b = *(Diag *const *)pb;
    if (a->at.file != b->at.file) return a->at.file < b->at.file ? -1 : 1;
    if (a->at.pos != b->at.pos) return a->at.pos < b->at.pos ? -1 : 1;
    if (table[a->id].severity != table[b->id].severity) return table[a->id].severity < table[b->id].severity ? -1 : 1;
    return a->order < b->order ? -1 : 1;
}

static void show_counts(const Diags *d, const Look *l) {
    if (!d->errors && !d->warnings) return;
    if (d->errors) fprintf(l->out, "%u error%s", d->errors, d->errors == 1 ? "" : "s");
    if (d->errors && d->warnings) fputs(", ", l->out);
    if (d->warnings) fprintf(l->out, "%u warning%s", d->warnings, d->warnings == 1 ? "" : "s");
    fputc('\n', l->out);
}

void diag_show(Diags *d, FILE *out, bool color) {
    static const Look plain = {NULL, "", "", "", "", "", ""};
    static const Look bright = {NULL, "\033[1m", "\033[1;31m", "\033[1;35m", "\033[1;36m", "\033[34m", "\033[0m"};
    Look look = color ? bright : plain;
    look.out = out;
    if (d->all.n) qsort(d->all.at, d->all.n, sizeof *d->all.at, by_place);
    for (uint32_t i = 0; i < d->all.n; i++) show_one(d, d->all.at[i], &look);
    show_counts(d, &look);
}

void diags_free(Diags *d) {
    arena_free(&d->arena);
    *d = (Diags){.src = d->src};
}
