// SPDX-License-Identifier: MIT
// Reading a results folder back. Every file stands alone: one that is damaged is named and left out.
#include "host/plot_read.h"
#include "host/data.h"
#include "host/hdf5_file.h"
#include <dirent.h>
#include <json-c/json.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH = 4600 };

static void *read_all(hid_t at, const char *name, hid_t type, size_t size, int64_t *n) {
    hid_t d = H5Dopen2(at, name, H5P_DEFAULT), s = d >= 0 ? H5Dget_space(d) : -1;
    int64_t count = s >= 0 ? H5Sget_simple_extent_npoints(s) : -1;
    void *p = count >= 0 ? malloc((size_t)(count + 1) * size) : NULL;
    if (p && count > 0 && H5Dread(d, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, p) < 0) free(p), p = NULL;
    if (s >= 0) H5Sclose(s);
    if (d >= 0) H5Dclose(d);
    if (p) *n = count;
    return p;
}

static void read_text(hid_t at, const char *object, const char *attr, char *out, size_t n) {
    out[0] = 0;
    if (H5Aexists_by_name(at, object, attr, H5P_DEFAULT) <= 0) return;
    hid_t a = H5Aopen_by_name(at, object, attr, H5P_DEFAULT, H5P_DEFAULT), type = H5Aget_type(a);
    if (H5Tget_class(type) == H5T_STRING && !H5Tis_variable_str(type) && H5Tget_size(type) < n) {
        size_t size = H5Tget_size(type);
        if (H5Aread(a, type, out) < 0) size = 0;
        out[size] = 0;
    }
    H5Tclose(type), H5Aclose(a);
}

static int64_t read_integer(hid_t at, const char *name, int64_t otherwise) {
    if (H5Aexists(at, name) <= 0) return otherwise;
    int64_t v = otherwise;
    hid_t a = H5Aopen(at, name, H5P_DEFAULT);
    if (H5Aread(a, H5T_NATIVE_INT64, &v) < 0) v = otherwise;
    H5Aclose(a);
    return v;
}

static bool read_spikes(hid_t group, const char *name, PlotSpikes *s) {
    memset(s, 0, sizeof *s);
    snprintf(s->name, sizeof s->name, "%s", name);
    hid_t g = H5Gopen2(group, name, H5P_DEFAULT);
    int64_t nt = -1, ni = -2;
    if (g < 0) return false;
    s->t = read_all(g, "timestamps", H5T_NATIVE_DOUBLE, sizeof(double), &nt);
    s->id = read_all(g, "node_ids", H5T_NATIVE_UINT32, sizeof(uint32_t), &ni);
    int64_t from = read_integer(g, "recorded_from", 0), to = read_integer(g, "recorded_to", read_integer(g, "node_count", 0));
    H5Gclose(g);
    if (!s->t || !s->id || nt != ni) { free(s->t), free(s->id); return false; }
    s->count = nt, s->n = to - from;
    for (int64_t i = 0; i < nt; i++) {
        s->id[i] -= (uint32_t)from;
        if (s->id[i] >= s->n) s->n = (int64_t)s->id[i] + 1;
    }
    return true;
}

typedef bool EachFn(hid_t group, const char *name, PlotData *d);
static bool each_child(hid_t f, const char *group, EachFn *fn, PlotData *d) {
    hid_t g = H5Gopen2(f, group, H5P_DEFAULT);
    H5G_info_t info;
    bool ok = g >= 0 && H5Gget_info(g, &info) >= 0;
    for (hsize_t i = 0; ok && i < info.nlinks; i++) {
        char name[260];
        ok = H5Lget_name_by_idx(g, ".", H5_INDEX_NAME, H5_ITER_INC, i, name, sizeof name, H5P_DEFAULT) > 0 && fn(g, name, d);
    }
    if (g >= 0) H5Gclose(g);
    return ok;
}

static void known_time(PlotData *d, double first, double last) {
    if (first < d->begin) d->begin = first;
    if (last > d->end) d->end = last;
}

static bool add_spikes(hid_t g, const char *name, PlotData *d) {
    PlotSpikes *s = realloc(d->spikes, (size_t)(d->nspikes + 1) * sizeof *s);
    if (!s) return false;
    d->spikes = s;
    if (!read_spikes(g, name, &s[d->nspikes])) return false;
    PlotSpikes *now = &s[d->nspikes++];
    if (now->count) known_time(d, now->t[0], now->t[now->count - 1]);
    return true;
}

static bool sample_times(hid_t g, PlotReport *r) {
    int64_t n = 0;
    if (H5Lexists(g, "mapping/timestamps", H5P_DEFAULT) > 0) {
        r->t = read_all(g, "mapping/timestamps", H5T_NATIVE_DOUBLE, sizeof(double), &n);
        return r->t && n == r->rows;
    }
    double *range = read_all(g, "mapping/time", H5T_NATIVE_DOUBLE, sizeof(double), &n);
    bool ok = range && n == 3 && (r->t = malloc((size_t)(r->rows + 1) * sizeof *r->t));
    for (int64_t i = 0; ok && i < r->rows; i++) r->t[i] = range[0] + (double)i * range[2];
    free(range);
    return ok;
}

static bool add_report(hid_t group, const char *name, PlotData *d) {
    PlotReport *all = realloc(d->report, (size_t)(d->nreports + 1) * sizeof *all), *r;
    if (!all) return false;
    d->report = all, r = &all[d->nreports];
    memset(r, 0, sizeof *r);
    snprintf(r->population, sizeof r->population, "%s", name);
    hid_t g = H5Gopen2(group, name, H5P_DEFAULT);
    int64_t values = 0;
    if (g < 0) return false;
    char owner[60];
    read_text(g, ".", "owner", owner, sizeof owner);
    r->synapses = strcmp(owner, "projection") == 0;
    read_text(g, "data", "units", r->unit, sizeof r->unit);
    read_text(g, "data", "variable_name", r->variable, sizeof r->variable);
    r->id = read_all(g, "mapping/node_ids", H5T_NATIVE_UINT64, sizeof(uint64_t), &r->width);
    r->v = read_all(g, "data", H5T_NATIVE_DOUBLE, sizeof(double), &values);
    r->rows = r->width ? values / r->width : 0;
    bool ok = r->id && r->v && sample_times(g, r);
    H5Gclose(g);
    if (!ok) { free(r->id), free(r->v), free(r->t); return false; }
    if (r->rows) known_time(d, r->t[0], r->t[r->rows - 1]);
    if (strcmp(r->unit, "1") == 0) r->unit[0] = 0;
    d->nreports++;
    return true;
}

static void read_hdf5(const char *path, const char *group, EachFn *fn, PlotData *d) {
    char err[400];
    if (!hdf5_lazy_load(err, sizeof err)) { fprintf(stderr, "warning: %s; '%s' is left out\n", err, path); return; }
    H5E_auto2_t show;
    void *show_data;
    H5Eget_auto2(H5E_DEFAULT, &show, &show_data);
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    hid_t f = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    if (f < 0 || !each_child(f, group, fn, d)) fprintf(stderr, "warning: '%s' cannot be read and is left out\n", path);
    if (f >= 0) H5Fclose(f);
    H5Eset_auto2(H5E_DEFAULT, show, show_data);
}

// One field of a line of CSV (RFC 4180, one line a record); returns what follows its comma, or NULL at the end.
static char *csv_field(char *s, char **field) {
    char *out = s, *at = s;
    *field = s;
    bool quoted = *at == '"';
    if (quoted) at++;
    for (; *at; at++) {
        if (quoted && *at == '"') {
            if (at[1] == '"') at++;
            else { quoted = false; continue; }
        } else if (!quoted && *at == ',') { *out = 0; return at + 1; }
        *out++ = *at;
    }
    *out = 0;
    return NULL;
}

static bool csv_line(FILE *f, char **line, size_t *cap) {
    ssize_t n = getline(line, cap, f);
    if (n < 0) return false;
    while (n > 0 && ((*line)[n - 1] == '\n' || (*line)[n - 1] == '\r')) (*line)[--n] = 0;
    return true;
}

static void read_table(const char *path, const char *name, PlotData *d) {
    FILE *f = fopen(path, "r");
    char *line = NULL, *field;
    size_t cap = 0;
    PlotTable *all = f ? realloc(d->table, (size_t)(d->ntables + 1) * sizeof *all) : NULL;
    if (!all) {
        if (f) fclose(f);
        return;
    }
    d->table = all;
    PlotTable *t = memset(&all[d->ntables++], 0, sizeof *t);
    snprintf(t->name, sizeof t->name, "%.*s", (int)strlen(name) - 4, name);
    if (csv_line(f, &line, &cap))
        for (char *s = line; s;) {
            s = csv_field(s, &field);
            char **head = realloc(t->head, (size_t)(t->columns + 1) * sizeof *head);
            if (!head) break;
            t->head = head, head[t->columns++] = strdup(field);
        }
    while (csv_line(f, &line, &cap)) {
        double *v = realloc(t->v, (size_t)((t->rows + 1) * t->columns) * sizeof *v);
        if (!v) break;
        t->v = v;
        char *s = line;
        for (int64_t k = 0; k < t->columns; k++) {
            field = "";
            if (s) s = csv_field(s, &field);
            v[t->rows * t->columns + k] = *field ? strtod(field, NULL) : NAN;
        }
        t->rows++;
    }
    free(line);
    fclose(f);
}

static void read_weights(const char *path, const char *name, PlotData *d) {
    char err[600];
    DataSet *s = data_open("npy", path, NULL, NULL, err, sizeof err);
    PlotWeights *w = s ? realloc(d->weights, (size_t)(d->nweights + 1) * sizeof *w) : NULL;
    if (!s) fprintf(stderr, "warning: %s; it is left out\n", err);
    if (w) {
        d->weights = w, w += d->nweights;
        snprintf(w->name, sizeof w->name, "%s", name);
        w->n = s->count * s->length, w->rows = s->count, w->columns = s->length;
        w->v = malloc((size_t)(w->n + 1) * sizeof *w->v);
        if (w->v) data_read(s, 0, 0, w->n, w->v), d->nweights++;
    }
    data_free(s);
}

static double known_end(const char *path) {
    json_object *o = json_object_from_file(path), *v;
    double end = o && json_object_object_get_ex(o, "biological_seconds", &v) ? 1000 * json_object_get_double(v) : 0;
    if (o) json_object_put(o);
    return end;
}

// Rows and columns of the populations that have a shape: all dimensions but the last one, the last one. A shape of another number of neurons is none.
static void shape_of(json_object *population, PlotSpikes *s) {
    json_object *shape;
    if (!json_object_object_get_ex(population, "shape", &shape) || !json_object_is_type(shape, json_type_array)) return;
    size_t rank = json_object_array_length(shape);
    int64_t left = s->n, columns = 1;
    for (size_t k = 0; k < rank; k++) {
        columns = json_object_get_int64(json_object_array_get_idx(shape, k));
        if (columns < 1 || left % columns) return;
        left /= columns;
    }
    if (rank > 1 && left == 1) s->rows = s->n / columns, s->columns = columns;
}

static void known_shapes(const char *path, PlotData *d) {
    json_object *o = json_object_from_file(path), *all, *p;
    for (int64_t i = 0; o && json_object_object_get_ex(o, "populations", &all) && i < d->nspikes; i++)
        if (json_object_object_get_ex(all, d->spikes[i].name, &p)) shape_of(p, &d->spikes[i]);
    if (o) json_object_put(o);
}

static bool ends(const char *s, const char *with) {
    size_t n = strlen(s), m = strlen(with);
    return n >= m && strcmp(s + n - m, with) == 0;
}

// Populations in the order of their names, numbers in them by value: g9 before g10.
static int by_name(const void *a, const void *b) { return strverscmp(((const PlotSpikes *)a)->name, ((const PlotSpikes *)b)->name); }

static int plain(const struct dirent *e) { return e->d_name[0] != '.'; }

void plot_read(const char *dir, PlotData *d) {
    memset(d, 0, sizeof *d);
    d->begin = INFINITY;
    struct dirent **file = NULL;
    int n = scandir(dir, &file, plain, alphasort);
    for (int i = 0; i < n; i++) {
        char path[PATH];
        const char *name = file[i]->d_name;
        snprintf(path, sizeof path, "%.4000s/%s", dir, name);
        if (strcmp(name, "spikes.h5") == 0) read_hdf5(path, "spikes", add_spikes, d);
        else if (strncmp(name, "report_", 7) == 0 && ends(name, ".h5")) read_hdf5(path, "report", add_report, d);
        else if (ends(name, ".csv")) read_table(path, name, d);
        else if (ends(name, ".npy")) read_weights(path, name, d);
        else if (strcmp(name, "summary.json") == 0 && known_end(path) > d->end) d->end = known_end(path);
        free(file[i]);
    }
    free(file);
    char summary[PATH];
    snprintf(summary, sizeof summary, "%.4000s/summary.json", dir);
    known_shapes(summary, d);
    if (d->nspikes) qsort(d->spikes, (size_t)d->nspikes, sizeof *d->spikes, by_name);
}

void plot_read_free(PlotData *d) {
    for (int64_t i = 0; i < d->nspikes; i++) free(d->spikes[i].t), free(d->spikes[i].id);
    for (int64_t i = 0; i < d->nreports; i++) free(d->report[i].t), free(d->report[i].v), free(d->report[i].id);
    for (int64_t i = 0; i < d->nweights; i++) free(d->weights[i].v);
    for (int64_t k = 0; k < d->ntables; k++) {
        for (int64_t i = 0; i < d->table[k].columns; i++) free(d->table[k].head[i]);
        free(d->table[k].head), free(d->table[k].v);
    }
    free(d->spikes), free(d->report), free(d->weights), free(d->table);
}
