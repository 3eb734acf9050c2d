// SPDX-License-Identifier: MIT
// Finished rows of a table on disk before the table is: one line a row in DIR/.log/yields,
//   experiment TAB key TAB column TAB unit TAB value TAB column ... NEWLINE
// Lines come in the order in which the runs of a sweep finish; key is the order in the table. A line cut by a kill has no end and is left out.
#include "host/results.h"
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATH = 4300 };
static void log_path(char out[PATH], const char *dir) { snprintf(out, PATH, "%.4200s/.log/yields", dir); }

bool yield_keep(const Results *r, const char *dir, const char *name, int64_t key, int64_t first, char *err, size_t errlen) {
    char path[PATH], num[32];
    log_path(path, dir);
    if (first >= r->nrows) return true;
    FILE *f = fopen(path, "a");
    bool ok = f != NULL;
    for (int64_t i = first; ok && i < r->nrows; i++) {
        fprintf(f, "%s\t%lld", name, (long long)key);
        for (int64_t k = 0; k < r->ncolumns; k++) {
            const ResultColumn *c = &r->column[k];
            if (i >= c->n || isnan(c->value[i])) continue;
            results_number(num, c->value[i]);
            fprintf(f, "\t%s\t%s\t%s", c->name, c->unit, num);
        }
        fputc('\n', f);
    }
    if (ok) ok = !ferror(f);
    int e = errno;
    if (f && fclose(f) != 0) ok = false, e = errno;
    if (!ok) snprintf(err, errlen, "cannot write '%s': %s", path, strerror(e));
    return ok;
}

typedef struct Row { long long key; char *cells; } Row;
static int by_key(const void *a, const void *b) {
    const Row *x = a, *y = b;
    return x->key != y->key ? (x->key > y->key) - (x->key < y->key) : (x->cells > y->cells) - (x->cells < y->cells);
}

static char *next_field(char **s) {
    char *f = *s, *tab = f ? strchr(f, '\t') : NULL;
    *s = tab ? tab + 1 : NULL;
    if (tab) *tab = 0;
    return f;
}

static char *read_file(const char *path) {
    FILE *f = fopen(path, "r");
    char *text = NULL;
    size_t cap = 0;
    ssize_t n = f ? getdelim(&text, &cap, 0, f) : -1;
    if (f) fclose(f);
    if (n < 0) { free(text); return NULL; }
    return text;
}

// Cuts the text into rows; the name of the experiment is that of the last line.
static int64_t find_rows(char *text, Row **rows, char name[220]) {
    int64_t n = 0;
    for (char *s = text, *end; (end = strchr(s, '\n')); s = end + 1) {
        *end = 0;
        char *experiment = next_field(&s), *key = next_field(&s);
        if (!key) continue;
        Row *more = realloc(*rows, (size_t)(n + 1) * sizeof *more);
        if (!more) break;
        *rows = more;
        more[n++] = (Row){ strtoll(key, NULL, 10), s };
        snprintf(name, 220, "%s", experiment);
    }
    return n;
}

bool yield_recover(const char *dir, char *err, size_t errlen) {
    char path[PATH], csv[2 * PATH], name[220] = "";
    log_path(path, dir);
    char *text = read_file(path);
    if (!text) return true;
    Row *rows = NULL;
    Results r;
    results_init(&r, NULL);
    int64_t n = find_rows(text, &rows, name);
    if (n) qsort(rows, (size_t)n, sizeof *rows, by_key);
    for (int64_t i = 0; i < n; i++) {
        for (char *s = rows[i].cells; s;) {
            char *column = next_field(&s), *unit = next_field(&s), *value = next_field(&s);
            if (value) yield_value(&r, column, strtod(value, NULL), unit, 1);
        }
        yield_end(&r);
    }
    snprintf(csv, sizeof csv, "%s/%.200s.csv", dir, name);
    bool ok = yield_csv(&r, csv, err, errlen);
    results_free(&r);
    free(rows), free(text);
    if (ok) unlink(path);
    return ok;
}

void yield_forget(const char *dir) {
    char path[PATH];
    log_path(path, dir);
    unlink(path);
}
