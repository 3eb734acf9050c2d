// SPDX-License-Identifier: MIT
// Tables of numbers as text: one item a line, numbers separated by commas, semicolons, tabs or blanks; lines that begin with # and
// empty ones are passed over; a first line that holds a word is a head. Option label = k takes column k (from 1; negative: from the end) as the label.
#include "host/data.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct Table { double *v; int64_t n, cap, width, rows; } Table;

static bool add(Table *t, double v) {
    if (t->n == t->cap) {
        int64_t cap = t->cap ? 2 * t->cap : 1024;
        double *p = realloc(t->v, (size_t)cap * sizeof *p);
        if (!p) return false;
        t->v = p, t->cap = cap;
    }
    t->v[t->n++] = v;
    return true;
}

// One line; *bad is the first thing that is not a number.
static int64_t read_line(Table *t, const char *s, const char **bad) {
    int64_t n = 0;
    *bad = NULL;
    for (s += strspn(s, " \t"); *s; n++) {
        char *end;
        double v = strtod(s, &end);
        if (end == s || !strchr(" \t,;\r", *end)) { *bad = s; return n; }
        if (!add(t, v)) { *bad = "(out of memory)"; return n; }
        s = end + strspn(end, " \t\r");
        if (*s == ',' || *s == ';') {
            s += 1 + strspn(s + 1, " \t\r");
            if (!*s) { *bad = "an empty place"; return n; }
        }
    }
    return n;
}

static bool read_table(Table *t, char *text, const char *path, char *err, size_t errlen) {
    int64_t line = 0;
    for (char *s = text, *next; s; s = next) {
        next = strchr(s, '\n');
        if (next) *next++ = 0;
        line++;
        const char *bad, *p = s + strspn(s, " \t\r");
        if (*p == 0 || *p == '#') continue;
        int64_t before = t->n, n = read_line(t, s, &bad);
        if (bad && t->rows == 0 && before == 0 && n == 0) { t->n = 0; continue; }       // the head
        if (bad) { snprintf(err, errlen, "%s:%lld: '%.*s' is not a number", path, (long long)line, (int)strcspn(bad, ",;\r"), bad); return false; }
        if (t->rows == 0) t->width = n;
        if (n != t->width) {
            snprintf(err, errlen, "%s:%lld: %lld numbers where the lines before have %lld", path, (long long)line, (long long)n, (long long)t->width);
            return false;
        }
        t->rows++;
    }
    if (t->rows > 0) return true;
    snprintf(err, errlen, "the table '%s' holds no numbers", path);
    return false;
}

// The column of the label leaves the values.
static bool take_labels(DataSet *d, const char *options, char *err, size_t errlen) {
    int64_t label = data_number(options, "label", 0), at = label > 0 ? label - 1 : d->length + label, w = d->length;
    if (label == 0) return true;
    if (at < 0 || at >= w || w < 2) {
        snprintf(err, errlen, "label = %lld of the table '%s': it has %lld column%s, and one must be left", (long long)label, d->path, (long long)w, w == 1 ? "" : "s");
        return false;
    }
    double *v = (double *)(void *)d->bytes;
    if (!(d->label = malloc((size_t)d->count * sizeof *d->label))) { snprintf(err, errlen, "out of memory for the data '%s'", d->path); return false; }
    for (int64_t i = 0; i < d->count; i++) {
        d->label[i] = v[i * w + at];
        memmove(v + i * (w - 1), v + i * w, (size_t)at * sizeof *v);
        memmove(v + i * (w - 1) + at, v + i * w + at + 1, (size_t)(w - 1 - at) * sizeof *v);
    }
    d->length = d->stride = w - 1;
    return true;
}

DataSet *data_csv(const char *a, const char *options, char *err, size_t errlen) {
    DataSet *d = data_new(a);
    size_t n = 0;
    char *text = d ? (char *)data_file(a, &n, err, errlen) : NULL, *ended = text ? realloc(text, n + 1) : NULL;
    if (!ended) { free(text); data_free(d); return NULL; }
    ended[n] = 0;
    Table t = { 0 };
    bool ok = read_table(&t, ended, a, err, errlen);
    free(ended);
    d->bytes = (unsigned char *)t.v;
    d->type = DATA_F64, d->nbytes = (size_t)t.n * sizeof(double), d->count = t.rows, d->length = d->stride = t.width;
    if (ok && take_labels(d, options, err, errlen)) return d;
    data_free(d);
    return NULL;
}
