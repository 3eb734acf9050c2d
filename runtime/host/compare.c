// SPDX-License-Identifier: MIT
// Two runs side by side. Spikes are paired within each neuron, in order of time: two that are at most a step apart are partners. In a
// chaotic network one spike that differs changes all that follow, so the time of the first difference is told beside the share of pairs;
// after it only rates and irregularity can agree.
#include "host/compare.h"
#include "host/plot_read.h"
#include <json-c/json.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct Spike { uint32_t id; double t; } Spike;
static int by_neuron(const void *a, const void *b) {
    const Spike *x = a, *y = b;
    if (x->id != y->id) return x->id < y->id ? -1 : 1;
    return x->t < y->t ? -1 : x->t > y->t;
}
static Spike *sorted(const double *t, const uint32_t *id, int64_t n) {
    Spike *s = malloc((size_t)(n + 1) * sizeof *s);
    for (int64_t i = 0; s && i < n; i++) s[i] = (Spike){id[i], t[i]};
    if (s) qsort(s, (size_t)n, sizeof *s, by_neuron);
    return s;
}
// Mean distance in time of the first, second, ... spike of each neuron.
static double shift(const Spike *a, int64_t n, const Spike *b, int64_t ref_n) {
    double sum = 0;
    int64_t count = 0;
    for (int64_t i = 0, k = 0; i < n && k < ref_n;) {
        if (a[i].id == b[k].id) sum += fabs(a[i++].t - b[k++].t), count++;
        else if (a[i].id < b[k].id) i++;
        else k++;
    }
    return count ? sum / (double)count : NAN;
}
static void alone(CompareSpikes *out, double t) { out->first_ms = isnan(out->first_ms) || t < out->first_ms ? t : out->first_ms; }

bool compare_spikes(const double *t, const uint32_t *id, int64_t n, const double *ref_t, const uint32_t *ref_id, int64_t ref_n, double step_ms, CompareSpikes *out) {
    *out = (CompareSpikes){.count = n, .reference = ref_n, .shift_ms = NAN, .first_ms = NAN};
    Spike *a = sorted(t, id, n), *b = sorted(ref_t, ref_id, ref_n);
    double reach = step_ms * (1 + 1e-6), sum = 0;       // a step apart in the file: both times are rounded
    for (int64_t i = 0, k = 0; a && b && (i < n || k < ref_n);) {
        bool same = i < n && k < ref_n && a[i].id == b[k].id;
        double apart = same ? fabs(a[i].t - b[k].t) : INFINITY;
        if (apart <= reach) {
            sum += apart;
            if (apart > out->max_ms) out->max_ms = apart;
            out->paired++, i++, k++;
        } else if (k == ref_n || (i < n && by_neuron(&a[i], &b[k]) < 0)) alone(out, a[i++].t);
        else alone(out, b[k++].t);
    }
    if (out->paired) out->mean_ms = sum / (double)out->paired;
    bool ok = a && b;
    out->shift_ms = ok ? shift(a, n, b, ref_n) : NAN;
    free(a), free(b);
    return ok;
}

// ---- the table ----
typedef struct Run { json_object *summary, *populations; PlotData data; const char *name; } Run;
static bool run_open(Run *r, const char *dir, const char *name) {
    char path[4600];
    snprintf(path, sizeof path, "%.4000s/summary.json", dir);
    memset(r, 0, sizeof *r);
    r->name = name;
    r->summary = json_object_from_file(path);
    if (!r->summary || !json_object_object_get_ex(r->summary, "populations", &r->populations)) {
        fprintf(stderr, "snnc compare: there is no summary.json of a run in '%s'\n", dir);
        return false;
    }
    plot_read(dir, &r->data);
    return true;
}
static void run_close(Run *r) {
    plot_read_free(&r->data);
    if (r->summary) json_object_put(r->summary);
}
static double number(json_object *o, const char *key) {
    json_object *v;
    return o && json_object_object_get_ex(o, key, &v) && !json_object_is_type(v, json_type_null) ? json_object_get_double(v) : NAN;
}
static const PlotSpikes *spikes_of(const Run *r, const char *population) {
    for (int64_t i = 0; i < r->data.nspikes; i++)
        if (!strcmp(r->data.spikes[i].name, population)) return &r->data.spikes[i];
    return NULL;
}
static bool is_number(json_object *o) { return json_object_is_type(o, json_type_double) || json_object_is_type(o, json_type_int); }
static void put(json_object *o, const char *key, double v) { json_object_object_add(o, key, isfinite(v) ? json_object_new_double(v) : NULL); }

static void show_spikes(const CompareSpikes *c, FILE *to, json_object *row) {
    double share = c->reference ? (double)c->paired / (double)c->reference : NAN;
    fprintf(to, "  %9.4f %% %9.4f", 100 * share, c->shift_ms);
    if (isnan(c->first_ms)) fprintf(to, "  all the same");
    else fprintf(to, "  %9.1f ms", c->first_ms);
    put(row, "within_one_step", share), put(row, "first_difference_ms", c->first_ms);
    put(row, "shift_ms", c->shift_ms), put(row, "mean_difference_ms", c->mean_ms), put(row, "max_difference_ms", c->max_ms);
}
static json_object *show_population(const Run *a, const Run *b, const char *name, json_object *pa, json_object *pb, double step, FILE *to) {
    json_object *row = json_object_new_object();
    double ra = number(pa, "rate_hz"), rb = number(pb, "rate_hz"), ca = number(pa, "cv_isi"), cb = number(pb, "cv_isi");
    fprintf(to, "%-16s %10.0f %10.0f %9.3f %9.3f %+8.3f %%", name, number(pa, "spikes"), number(pb, "spikes"), ra, rb, 100 * (ra / rb - 1));
    if (isfinite(ca) && isfinite(cb)) fprintf(to, " %7.4f %7.4f", ca, cb);
    else fprintf(to, " %7s %7s", "-", "-");
    put(row, "rate_hz", ra), put(row, "reference_rate_hz", rb), put(row, "rate_deviation", ra / rb - 1), put(row, "cv_isi", ca), put(row, "reference_cv_isi", cb);
    const PlotSpikes *sa = spikes_of(a, name), *sb = spikes_of(b, name);
    CompareSpikes c;
    if (sa && sb && compare_spikes(sa->t, sa->id, sa->count, sb->t, sb->id, sb->count, step, &c)) show_spikes(&c, to, row);
    else fprintf(to, "  (spikes not recorded)");
    fputc('\n', to);
    return row;
}
static json_object *show_all(const Run *a, const Run *b, double step, FILE *to) {
    json_object *rows = json_object_new_object();
    fprintf(to, "%-16s %10s %10s %9s %9s %10s %7s %7s  %11s %9s  first difference\n", "population", "spikes", b->name, "rate Hz", b->name, "deviation", "CV", b->name, "in one step", "shift ms");
    json_object_object_foreach(a->populations, key, pa) {
        json_object *pb;
        if (json_object_object_get_ex(b->populations, key, &pb)) json_object_object_add(rows, key, show_population(a, b, key, pa, pb, step, to));
        else fprintf(to, "%-16s only in one of the two\n", key);
    }
    return rows;
}

// Numbers that both experiments printed or yielded, for example how many of a set of patterns were told right.
static json_object *show_results(const Run *a, const Run *b, FILE *to) {
    json_object *rows = json_object_new_object(), *ra, *rb;
    if (!json_object_object_get_ex(a->summary, "results", &ra) || !json_object_object_get_ex(b->summary, "results", &rb)) return rows;
    json_object_object_foreach(ra, key, va) {
        json_object *vb;
        if (!json_object_object_get_ex(rb, key, &vb) || !is_number(va) || !is_number(vb)) continue;
        double x = json_object_get_double(va), y = json_object_get_double(vb);
        if (!json_object_object_length(rows)) fprintf(to, "%-27s %12s %12s %12s\n", "result", a->name, b->name, "difference");
        fprintf(to, "%-27s %12.6g %12.6g %+12.4g\n", key, x, y, x - y);
        json_object *row = json_object_new_object();
        put(row, "value", x), put(row, "reference", y), put(row, "difference", x - y);
        json_object_object_add(rows, key, row);
    }
    return rows;
}

int compare_folders(const char *dir, const char *name, const char *ref_dir, const char *ref_name, const char *json_path, FILE *to) {
    Run a, b = {0};
    int rc = run_open(&a, dir, name) && run_open(&b, ref_dir, ref_name) ? 0 : 2;
    if (!rc) {
        double sa = number(a.summary, "dt_ms"), sb = number(b.summary, "dt_ms");
        json_object *o = json_object_new_object();
        json_object_object_add(o, "run", json_object_new_string(name));
        json_object_object_add(o, "reference", json_object_new_string(ref_name));
        json_object_object_add(o, "populations", show_all(&a, &b, fmax(sa, sb), to));
        json_object_object_add(o, "results", show_results(&a, &b, to));
        if (json_path && json_object_to_file_ext(json_path, o, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED)) {
            fprintf(stderr, "snnc compare: '%s' cannot be written\n", json_path);
            rc = 3;
        }
        json_object_put(o);
    }
    run_close(&a), run_close(&b);
    return rc;
}
