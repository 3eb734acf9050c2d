// SPDX-License-Identifier: MIT
// `yield`: rows of one table, written as CSV (RFC 4180, units in the head) and shown aligned.
#include "host/experiment.h"
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void yield_value(Results *r, const char *name, double value, const char *unit, double scale) {
    ResultColumn *c = results_column(&r->column, &r->ncolumns, name, unit);
    while (c->n < r->nrows) results_add(c, NAN);
    if (c->n > r->nrows) c->value[c->n - 1] = value / scale;       // the same name twice in a row: the last counts
    else results_add(c, value / scale);
}

void yield_end(Results *r) { r->nrows++; }

static double cell(const ResultColumn *c, int64_t row) { return row < c->n ? c->value[row] : NAN; }

static void csv_head(FILE *f, const ResultColumn *c) {
    char text[512];
    snprintf(text, sizeof text, "%.300s%s%.100s%s", c->name, *c->unit ? " (" : "", c->unit, *c->unit ? ")" : "");
    if (!strpbrk(text, ",\"\n")) { fputs(text, f); return; }
    fputc('"', f);
    for (const char *s = text; *s; s++) {
        if (*s == '"') fputc('"', f);
        fputc(*s, f);
    }
    fputc('"', f);
}

static void csv_body(const Results *r, FILE *f) {
    for (int64_t k = 0; k < r->ncolumns; k++) {
        if (k) fputc(',', f);
        csv_head(f, &r->column[k]);
    }
    fputc('\n', f);
    for (int64_t i = 0; i < r->nrows; i++) {
        for (int64_t k = 0; k < r->ncolumns; k++) {
            char num[32] = "";
            double v = cell(&r->column[k], i);
            if (!isnan(v)) results_number(num, v);
            fprintf(f, "%s%s", k ? "," : "", num);
        }
        fputc('\n', f);
    }
}

bool yield_csv(const Results *r, const char *path, char *err, size_t errlen) {
    if (r->nrows == 0) return true;
    char tmp[4300];
    snprintf(tmp, sizeof tmp, "%.4200s.tmp", path);
    FILE *f = fopen(tmp, "w");
    bool ok = f != NULL;
    if (f) {
        csv_body(r, f);
        ok = !ferror(f);
        if (fclose(f) != 0) ok = false;
    }
    if (ok && rename(tmp, path) == 0) return true;
    snprintf(err, errlen, "cannot write '%s': %s", path, strerror(errno));
    if (f) unlink(tmp);
    return false;
}

static int cell_text(char out[32], double v) {
    return isnan(v) ? snprintf(out, 32, "-") : snprintf(out, 32, "%.6g", v);
}

static int column_width(const Results *r, const ResultColumn *c) {
    char num[32];
    size_t w = strlen(c->name) > strlen(c->unit) ? strlen(c->name) : strlen(c->unit);
    for (int64_t i = 0; i < r->nrows; i++) {
        size_t n = (size_t)cell_text(num, cell(c, i));
        if (n > w) w = n;
    }
    return (int)w;
}

void yield_table(const Results *r, FILE *out) {
    if (r->nrows == 0) return;
    int *width = malloc((size_t)r->ncolumns * sizeof *width);
    if (!width) return;
    bool units = false;
    for (int64_t k = 0; k < r->ncolumns; k++) width[k] = column_width(r, &r->column[k]), units |= r->column[k].unit[0] != 0;
    for (int64_t k = 0; k < r->ncolumns; k++) fprintf(out, "%s%*s", k ? "  " : "", width[k], r->column[k].name);
    fputc('\n', out);
    for (int64_t k = 0; units && k < r->ncolumns; k++) fprintf(out, "%s%*s%s", k ? "  " : "", width[k], r->column[k].unit, k + 1 == r->ncolumns ? "\n" : "");
    for (int64_t i = 0; i < r->nrows; i++) {
        for (int64_t k = 0; k < r->ncolumns; k++) {
            char num[32];
            cell_text(num, cell(&r->column[k], i));
            fprintf(out, "%s%*s", k ? "  " : "", width[k], num);
        }
        fputc('\n', out);
    }
    free(width);
}

void snn__x_yield(SnnX *x, const char *name, double value, const char *unit, double scale);
void snn__x_yield_end(SnnX *x);
void snn__x_yield(SnnX *x, const char *name, double value, const char *unit, double scale) { yield_value(&x->results, name, value, unit, scale); }
void snn__x_yield_end(SnnX *x) {
    yield_end(&x->results);
    if (x->is_sweep_item || !x->folder) return;            // a sweep keeps the rows of each finished run
    char err[600];
    bool ok = yield_keep(&x->results, record_folder_path(x->folder), x->experiment->name, (x->results.nrows - 1) << 20, x->results.nrows - 1, err, sizeof err);
    if (!ok) x_fail(x, 3, "%s", err);
}
