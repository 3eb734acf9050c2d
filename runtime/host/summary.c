// SPDX-License-Identifier: MIT
// summary.json. Its keys are fixed (scripts rely on them); numbers are written with all their digits, undefined ones as null.
#include "host/summary.h"
#include "host/analysis.h"
#include <errno.h>
#include <json-c/json.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

int64_t summary_peak_rss(void) {
    struct rusage u;
    return getrusage(RUSAGE_SELF, &u) == 0 ? (int64_t)u.ru_maxrss * 1024 : 0;
}

static json_object *number(double v) {
    if (!isfinite(v)) return NULL;                 // json-c's null
    char text[32];
    results_number(text, v);
    return json_object_new_double_s(v, text);
}

static void put(json_object *o, const char *key, json_object *v) { json_object_object_add(o, key, v); }
static json_object *integer(int64_t v) { return json_object_new_int64(v); }
static json_object *text_or_null(const char *s) { return s ? json_object_new_string(s) : NULL; }

static json_object *population(const Recorder *r, int64_t p) {
    const SnnPop *pop = &r->net->pops[p];
    json_object *o = json_object_new_object();
    put(o, "count", integer(pop->n));
    put(o, "spikes", integer(pop->nports ? r->train[p][0].total : 0));
    put(o, "rate_hz", number(pop->nports ? analysis_rate(r, p, 0, pop->n) * 1000 : 0));
    put(o, "cv_isi", number(pop->nports ? analysis_cv_isi(r, p, 0, pop->n) : NAN));
    if (pop->rank > 1) {
        json_object *shape = json_object_new_array();
        for (int64_t i = 0; i < pop->rank; i++) json_object_array_add(shape, integer(pop->shape[i]));
        put(o, "shape", shape);
    }
    return o;
}

static json_object *populations(const Summary *s) {
    json_object *o = json_object_new_object();
    for (int64_t k = 0; k < s->nrecorders; k++) {
        const Recorder *r = s->recorder[k];
        for (int64_t p = 0; r && p < r->net->npops; p++) {
            char name[600];
            snprintf(name, sizeof name, "%.250s%s%.300s", s->nrecorders > 1 ? r->net->name : "", s->nrecorders > 1 ? "." : "", r->net->pops[p].path);
            put(o, name, population(r, p));
        }
    }
    return o;
}

static json_object *column(const ResultColumn *c, int64_t rows, bool list) {
    if (!list) return number(c->value[c->n - 1]);
    json_object *a = json_object_new_array();
    for (int64_t i = 0; i < rows; i++) json_object_array_add(a, i < c->n ? number(c->value[i]) : NULL);
    return a;
}

static json_object *results(const Results *r) {
    json_object *o = json_object_new_object();
    if (!r) return o;
    for (int64_t i = 0; i < r->nprinted; i++) put(o, r->printed[i].name, column(&r->printed[i], r->printed[i].n, r->printed[i].is_array));
    for (int64_t i = 0; i < r->ncolumns && r->nrows; i++) put(o, r->column[i].name, column(&r->column[i], r->nrows, true));
    return o;
}

static json_object *document(const Summary *s) {
    json_object *o = json_object_new_object(), *sec = json_object_new_object();
    put(o, "snnc", text_or_null(s->version));
    put(o, "file", text_or_null(s->file));
    put(o, "seed", json_object_new_uint64(s->seed));
    put(o, "dt_ms", number(s->dt_ms));
    put(o, "precision", text_or_null(s->precision));
    put(o, "engine", text_or_null(s->engine));
    put(o, "threads", integer(s->threads));
    put(o, "complete", json_object_new_boolean(s->complete));
    put(sec, "compile", number(s->compile)), put(sec, "construct", number(s->construct)), put(sec, "simulate", number(s->simulate));
    put(o, "seconds", sec);
    put(o, "biological_seconds", number(s->biological_seconds));
    put(o, "peak_rss_bytes", integer(summary_peak_rss()));
    put(o, "synapses", integer(s->synapses));
    put(o, "synaptic_events", integer(s->synaptic_events));
    put(o, "plastic_updates", integer(s->plastic_updates));
    put(o, "populations", populations(s));
    put(o, "results", results(s->results));
    return o;
}

bool summary_write(const Summary *s, const char *path, char *err, size_t errlen) {
    json_object *o = document(s);
    const char *text = json_object_to_json_string_ext(o, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED | JSON_C_TO_STRING_NOSLASHESCAPE);
    char tmp[4300];
    snprintf(tmp, sizeof tmp, "%.4200s.tmp", path);
    FILE *f = fopen(tmp, "w");
    bool ok = f && fputs(text, f) >= 0 && fputc('\n', f) != EOF;
    if (f && fclose(f) != 0) ok = false;
    if (ok) ok = rename(tmp, path) == 0;
    if (!ok) {
        snprintf(err, errlen, "cannot write '%s': %s", path, strerror(errno));
        if (f) unlink(tmp);
    }
    json_object_put(o);
    return ok;
}
