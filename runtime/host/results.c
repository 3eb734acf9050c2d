// SPDX-License-Identifier: MIT
// The store behind `print` and `yield`: named columns of numbers in their customary units, and text that waits to be shown.
#include "host/results.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

void results_init(Results *r, FILE *out) {
    memset(r, 0, sizeof *r);
    r->out = out;
}

static void free_columns(ResultColumn *c, int64_t n) {
    for (int64_t i = 0; i < n; i++) free(c[i].name), free(c[i].unit), free(c[i].value);
    free(c);
}

void results_free(Results *r) {
    free(r->text);
    free_columns(r->printed, r->nprinted), free_columns(r->column, r->ncolumns);
    memset(r, 0, sizeof *r);
}

_Noreturn static void no_memory(void) {
    fputs("error: out of memory for the results of the experiment\n", stderr);
    exit(3);
}

static void *need(void *p) {
    if (!p) no_memory();
    return p;
}

void results_text(Results *r, const char *text) {
    if (r->out) { fputs(text, r->out); return; }
    size_t n = strlen(text);
    if (r->ntext + n + 1 > r->captext) {
        r->captext = 2 * (r->ntext + n + 1);
        r->text = need(realloc(r->text, r->captext));
    }
    memcpy(r->text + r->ntext, text, n + 1);
    r->ntext += n;
}

ResultColumn *results_column(ResultColumn **at, int64_t *n, const char *name, const char *unit) {
    for (int64_t i = 0; i < *n; i++)
        if (strcmp((*at)[i].name, name) == 0) return &(*at)[i];
    *at = need(realloc(*at, (size_t)(*n + 1) * sizeof **at));
    ResultColumn *c = &(*at)[(*n)++];
    memset(c, 0, sizeof *c);
    c->name = need(strdup(name)), c->unit = need(strdup(unit ? unit : ""));
    return c;
}

void results_add(ResultColumn *c, double v) {
    if (c->n == c->cap) {
        c->cap = c->cap ? 2 * c->cap : 8;
        c->value = need(realloc(c->value, (size_t)c->cap * sizeof *c->value));
    }
    c->value[c->n++] = v;
}

void results_join(Results *into, Results *from) {
    if (from->text) results_text(into, from->text);
    for (int64_t i = 0; i < from->nprinted; i++) {
        ResultColumn *f = &from->printed[i], *c = results_column(&into->printed, &into->nprinted, f->name, f->unit);
        c->is_array |= f->is_array || c->n > 0;
        for (int64_t k = 0; k < f->n; k++) results_add(c, f->value[k]);
    }
    for (int64_t i = 0; i < from->ncolumns; i++) {
        ResultColumn *f = &from->column[i], *c = results_column(&into->column, &into->ncolumns, f->name, f->unit);
        while (c->n < into->nrows) results_add(c, NAN);
        for (int64_t k = 0; k < f->n; k++) results_add(c, f->value[k]);
    }
    into->nrows += from->nrows;
}

void results_number(char out[32], double v) {
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(out, 32, "%.*g", digits, v);
        if (strtod(out, NULL) == v) return;
    }
}
