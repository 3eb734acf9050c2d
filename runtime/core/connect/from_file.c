// SPDX-License-Identifier: MIT
// from_file(path): a table with a row for each synapse: source, target and perhaps weight and delay (ms). Neurons are counted from the
// begin of the slices. A first line of names may order the columns; # begins a comment; commas, semicolons and blanks separate.
#include "core/connect/connect.h"
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { SOURCE, TARGET, WEIGHT, DELAY, COLUMNS };
static const char *const names[COLUMNS] = { "source", "target", "weight", "delay" };
typedef struct Edge { uint32_t source, target; int64_t line; double weight, delay; } Edge;
typedef struct Table { Edge *edge; int64_t n, cap, *begin; int column[COLUMNS]; bool started; } Table;    // column: position or -1

static char *next_word(char **at) {
    char *s = *at + strspn(*at, " \t,;\r\n");
    if (!*s || *s == '#') return NULL;
    char *end = s + strcspn(s, " \t,;\r\n");
    if (*end) *end++ = 0;
    *at = end;
    return s;
}
static int read_names(const Build *b, Table *t, char **word, int n, SnnError *err) {
    for (int c = 0; c < COLUMNS; c++) {
        t->column[c] = -1;
        for (int w = 0; w < n; w++)
            if (!strncasecmp(word[w], names[c], strlen(names[c]))) t->column[c] = w;
    }
    if (t->column[SOURCE] >= 0 && t->column[TARGET] >= 0) return 0;
    return port_error(err, 3, "%s: the first line of %s names no columns source and target", b->p->path, b->p->file);
}
static int read_edge(const Build *b, Table *t, char **word, int n, int64_t line, SnnError *err) {
    double v[COLUMNS] = {0};
    for (int c = 0; c < COLUMNS; c++) {
        if (t->column[c] < 0) continue;
        char *end = "";
        if (t->column[c] >= n) return port_error(err, 3, "%s:%lld: no %s", b->p->file, (long long)line, names[c]);
        v[c] = strtod(word[t->column[c]], &end);
        if (*end || !isfinite(v[c])) return port_error(err, 3, "%s:%lld: the %s is no number: %s", b->p->file, (long long)line, names[c], word[t->column[c]]);
    }
    for (int c = SOURCE; c <= TARGET; c++) {
        int64_t most = c == SOURCE ? b->nsrc : b->ntgt;
        if (v[c] != floor(v[c]) || v[c] < 0 || v[c] >= (double)most)
            return port_error(err, 3, "%s:%lld: %s %s is not one of 0 to %lld", b->p->file, (long long)line, names[c], word[t->column[c]], (long long)most - 1);
    }
    if (t->n == t->cap) {
        int64_t cap = t->cap * 2 + 1024;
        Edge *e = realloc(t->edge, (size_t)cap * sizeof *e);
        if (!e) return port_error(err, 3, "not enough memory for the connections of %s", b->p->file);
        t->edge = e;
        t->cap = cap;
    }
    t->edge[t->n++] = (Edge){ (uint32_t)(v[SOURCE] + (double)b->p->src_lo), (uint32_t)(v[TARGET] + (double)b->p->tgt_lo), line, v[WEIGHT], v[DELAY] / b->in->dt };
    return 0;
}
static int read_line(const Build *b, Table *t, char *text, int64_t line, SnnError *err) {
    char *word[16], *at = text;
    int n = 0;
    while (n < 16 && (word[n] = next_word(&at))) n++;
    if (!n) return 0;
    if (!t->started) {
        t->started = true;
        if (isalpha((unsigned char)word[0][0]) || word[0][0] == '"') return read_names(b, t, word, n, err);
        for (int c = 0; c < COLUMNS; c++) t->column[c] = c < n || c <= TARGET ? c : -1;
    }
    return read_edge(b, t, word, n, line, err);
}
static int read_file(const Build *b, Table *t, FILE *f, SnnError *err) {
    char *text = NULL;
    size_t cap = 0;
    int r = 0;
    for (int64_t line = 1; !r && getline(&text, &cap, f) >= 0; line++) r = read_line(b, t, text, line, err);
    if (!r && ferror(f)) r = port_error(err, 3, "%s: %s", b->p->file, strerror(errno));
    free(text);
    return r;
}
static int by_pair(const void *a, const void *b) {
    const Edge *x = a, *y = b;
    if (x->source != y->source) return x->source < y->source ? -1 : 1;
    if (x->target != y->target) return x->target < y->target ? -1 : 1;
    return x->line < y->line ? -1 : x->line > y->line;
}

static int check_table(Build *b, const Table *t, SnnError *err) {
    const SnnProj *p = b->p;
    b->file_weight = t->started && t->column[WEIGHT] >= 0;
    b->file_delay = t->started && t->column[DELAY] >= 0;
    if (b->file_weight && (!p->nfields || b->in->net->fields[p->fields[0]].role != INST_WEIGHT))
        return port_error(err, 3, "%s: %s has weights, but these connections keep none of their own: give a weight in the .snn file", p->path, p->file);
    if (b->file_delay && p->uniform_delay) {
        bool equal = true;
        for (int64_t e = 1; e < t->n; e++) equal &= t->edge[e].delay == t->edge[0].delay;
        if (!equal && p->pre_jump) return port_error(err, 3, "%s: the delays in %s differ, but these connections keep state once per source", p->path, p->file);
    }
    return 0;
}
static int prepare(Build *b, SnnError *err) {
    Table *t = b->data = calloc(1, sizeof *t);
    if (!t) return port_error(err, 3, "not enough memory");
    if (!b->p->file) return port_error(err, 3, "%s: from_file without a file", b->p->path);
    FILE *f = port_open(b->p->file);
    if (!f) return port_error(err, 3, "%s: cannot open %s: %s", b->p->path, b->p->file, strerror(errno));
    int r = read_file(b, t, f, err);
    fclose(f);
    if (r || check_table(b, t, err)) return -1;
    qsort(t->edge, (size_t)t->n, sizeof *t->edge, by_pair);
    t->begin = calloc((size_t)b->nsrc + 1, sizeof *t->begin);
    if (!t->begin) return port_error(err, 3, "not enough memory for the connections of %s", b->p->file);
    for (int64_t e = 0; e < t->n; e++) t->begin[t->edge[e].source - b->p->src_lo + 1]++;
    for (int64_t i = 0; i < b->nsrc; i++) t->begin[i + 1] += t->begin[i];
    return 0;
}
static void release(Build *b) {
    Table *t = b->data;
    if (!t) return;
    free(t->edge);
    free(t->begin);
    free(t);
}
static void make(const Build *b, int64_t i, Row *r) {
    const Table *t = b->data;
    const int64_t *begin = t->begin + (i - b->p->src_lo);
    if (!row_need(r, begin[1] - begin[0])) return;
    for (int64_t e = begin[0]; e < begin[1]; e++) r->at[r->n++] = t->edge[e].target;
}
static void values(const Build *b, int64_t i, const uint32_t *tgt, const uint32_t *copy, int64_t n, double *delay, double *weight) {
    const Table *t = b->data;
    int64_t e = t->begin[i - b->p->src_lo];
    for (int64_t k = 0; k < n; k++) {               // both lists ascend; copies lie side by side
        while (t->edge[e].target != tgt[k]) e++;
        const Edge *x = &t->edge[e + (copy ? copy[k] : 0)];
        if (delay) delay[k] = x->delay;
        if (weight) weight[k] = x->weight;
    }
}
const SnnConnRule snn__connect_from_file = {
    .name = "from_file", .kind = CONN_ROWS, .sorted = true, .multiples = true, .prepare = prepare, .release = release, .make = make, .values = values };
