// SPDX-License-Identifier: MIT
// `print`: name = value with its customary unit, several on a line. Six digits on the terminal, all of them in summary.json.
#include "host/experiment.h"
#include <stdlib.h>

enum { SHOWN = 12 };                                // elements of an array that are shown

static void separate(Results *r) {
    if (r->line_open) results_text(r, ", ");
    r->line_open = true;
}

void print_value(Results *r, const char *name, double value, const char *unit, double scale) {
    char text[400];
    double shown = value / scale;
    const char *u = unit ? unit : "";
    separate(r);
    snprintf(text, sizeof text, "%.200s%s%.6g%s%.60s", name ? name : "", name && *name ? " = " : "", shown, *u ? " " : "", u);
    results_text(r, text);
    if (!name || !*name) return;
    ResultColumn *c = results_column(&r->printed, &r->nprinted, name, unit);
    if (c->n > 0) c->is_array = true;
    results_add(c, shown);
}

void print_array(Results *r, const char *name, const double *v, int64_t n, const char *unit, double scale) {
    char text[300];
    separate(r);
    snprintf(text, sizeof text, "%.200s%s[", name ? name : "", name && *name ? " = " : "");
    results_text(r, text);
    for (int64_t i = 0; i < n && i < SHOWN; i++) {
        snprintf(text, sizeof text, "%s%.6g", i ? ", " : "", v[i] / scale);
        results_text(r, text);
    }
    if (n > SHOWN) snprintf(text, sizeof text, ", ... %lld in all", (long long)n), results_text(r, text);
    snprintf(text, sizeof text, "]%s%.60s", unit && *unit ? " " : "", unit ? unit : "");
    results_text(r, text);
    if (!name || !*name) return;
    ResultColumn *c = results_column(&r->printed, &r->nprinted, name, unit);
    c->is_array = true;
    for (int64_t i = 0; i < n; i++) results_add(c, v[i] / scale);
}

void print_text(Results *r, const char *text) {
    separate(r);
    results_text(r, text);
}

void print_end(Results *r) {
    results_text(r, "\n");
    r->line_open = false;
    if (r->out) fflush(r->out);
}

void snn__x_print(SnnX *x, const char *name, double value, const char *unit, double scale);
void snn__x_print_array(SnnX *x, const char *name, const SnnArray *a, const char *unit, double scale);
void snn__x_print_text(SnnX *x, const char *text);
void snn__x_print_end(SnnX *x);

void snn__x_print(SnnX *x, const char *name, double value, const char *unit, double scale) { print_value(&x->results, name, value, unit, scale); }
void snn__x_print_array(SnnX *x, const char *name, const SnnArray *a, const char *unit, double scale) {
    double *v = malloc((size_t)(a->n + 1) * sizeof *v);
    if (!v) x_fail(x, 3, "out of memory for printing %lld numbers", (long long)a->n);
    array_read(a, 0, a->n, v);
    print_array(&x->results, name, v, a->n, unit, scale);
    free(v);
}
void snn__x_print_text(SnnX *x, const char *text) { print_text(&x->results, text); }
void snn__x_print_end(SnnX *x) { print_end(&x->results); }
