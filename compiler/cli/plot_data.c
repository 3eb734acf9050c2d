// SPDX-License-Identifier: MIT
#include "plot_data.h"
#include <dirent.h>
#include <errno.h>
#include <hdf5.h>
#include <math.h>
#include <stdlib.h>

static bool ends_with(const char *s, const char *end) {
    size_t n = strlen(s), k = strlen(end);
    return n >= k && !strcmp(s + n - k, end);
}

static int by_text(const void *a, const void *b) { return strcmp(*(const char *const *)a, *(const char *const *)b); }

// ---- HDF5 ----
static int64_t dims_of(hid_t set, hsize_t dim[2]) {
    hid_t space = H5Dget_space(set);
    dim[0] = dim[1] = 1;
    int rank = H5Sget_simple_extent_ndims(space);
    if (rank == 1 || rank == 2) H5Sget_simple_extent_dims(space, dim, NULL);
    H5Sclose(space);
    return rank == 1 || rank == 2 ? (int64_t)(dim[0] * dim[1]) : -1;
}

// A data set as doubles or as 64-bit integers; NULL when it is missing.
static void *read_set(Arena *a, hid_t at, const char *name, hid_t type, hsize_t dim[2]) {
    if (H5Lexists(at, name, H5P_DEFAULT) <= 0) return NULL;
    hid_t set = H5Dopen2(at, name, H5P_DEFAULT);
    if (set < 0) return NULL;
    int64_t n = dims_of(set, dim);
    void *p = n < 0 ? NULL : arena_alloc(a, (size_t)n * 8 + 8);
    if (n > 0 && H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, p) < 0) p = NULL;
    H5Dclose(set);
    return p;
}

static const char *read_text_attr(Arena *a, hid_t at, const char *name) {
    if (H5Aexists(at, name) <= 0) return "";
    hid_t attr = H5Aopen(at, name, H5P_DEFAULT), type = H5Aget_type(attr);
    size_t n = H5Tget_size(type);
    char *text = arena_alloc(a, n + 1);
    if (H5Tis_variable_str(type) > 0 || H5Aread(attr, type, text) < 0) text[0] = 0;
    H5Tclose(type);
    H5Aclose(attr);
    return text;
}

typedef struct Names { Arena *arena; VEC(const char *) at; } Names;

static herr_t collect(hid_t group, const char *name, const H5L_info_t *info, void *user) {
    Names *n = user;
    (void)group, (void)info;
    vec_push(n->arena, &n->at, arena_strndup(n->arena, name, strlen(name)));
    return 0;
}

static void each_group(PlotData *d, const char *path, const char *root, void (*fn)(PlotData *, hid_t, const char *, const char *)) {
    hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    if (file < 0) return;
    hid_t top = H5Lexists(file, root, H5P_DEFAULT) > 0 ? H5Gopen2(file, root, H5P_DEFAULT) : -1;
    Names names = {.arena = &d->arena};
    if (top >= 0) H5Literate(top, H5_INDEX_NAME, H5_ITER_INC, NULL, collect, &names);
    for (uint32_t i = 0; i < names.at.n; i++) {
        hid_t g = H5Gopen2(top, names.at.at[i], H5P_DEFAULT);
        if (g >= 0) fn(d, g, names.at.at[i], path);
        if (g >= 0) H5Gclose(g);
    }
    if (top >= 0) H5Gclose(top);
    H5Fclose(file);
}

static void read_spikes(PlotData *d, hid_t g, const char *name, const char *path) {
    hsize_t dim[2], ids[2];
    PlotSpikes s = {.name = name};
    (void)path;
    s.t = read_set(&d->arena, g, "timestamps", H5T_NATIVE_DOUBLE, dim);
    s.id = read_set(&d->arena, g, "node_ids", H5T_NATIVE_UINT64, ids);
    if (!s.t || !s.id || dim[0] != ids[0]) return;
    s.n = (int64_t)dim[0];
    if (H5Aexists(g, "node_count") > 0) {
        hid_t a = H5Aopen(g, "node_count", H5P_DEFAULT);
        if (H5Aread(a, H5T_NATIVE_INT64, &s.cells) < 0) s.cells = 0;
        H5Aclose(a);
    }
    for (int64_t i = 0; i < s.n; i++)
        if ((int64_t)s.id[i] >= s.cells) s.cells = (int64_t)s.id[i] + 1;
    vec_push(&d->arena, &d->spikes, s);
}

// report_E_V.h5 of population E becomes "E.V"; what is not named so keeps the file's name.
static const char *trace_name(PlotData *d, const char *population, const char *path) {
    const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
    size_t n = strlen(population);
    if (!strncmp(base, "report_", 7) && !strncmp(base + 7, population, n) && base[7 + n] == '_') {
        const char *var = base + 8 + n;
        return arena_printf(&d->arena, "%s.%.*s", population, (int)(strlen(var) - 3), var);
    }
    return population;
}

static void read_trace(PlotData *d, hid_t g, const char *name, const char *path) {
    hsize_t dim[2], at[2];
    PlotTrace t = {.name = trace_name(d, name, path), .unit = ""};
    t.data = read_set(&d->arena, g, "data", H5T_NATIVE_DOUBLE, dim);
    if (!t.data) return;
    t.rows = (int64_t)dim[0], t.cols = (int64_t)dim[1];
    hid_t set = H5Dopen2(g, "data", H5P_DEFAULT);
    t.unit = read_text_attr(&d->arena, set, "units");
    H5Dclose(set);
    double *time = read_set(&d->arena, g, "mapping/time", H5T_NATIVE_DOUBLE, at);
    t.id = read_set(&d->arena, g, "mapping/node_ids", H5T_NATIVE_UINT64, at);
    t.t = ARENA_ARRAY(&d->arena, double, t.rows + 1);
    for (int64_t i = 0; i < t.rows; i++) t.t[i] = time ? time[0] + (double)i * time[2] : (double)i;
    if (t.rows && t.cols) vec_push(&d->arena, &d->traces, t);
}

// ---- tables ----
static char *read_text(Arena *a, const char *path, size_t *n) {
    FILE *f = fopen(path, "rb");
    if (!f) return NULL;
    fseek(f, 0, SEEK_END);
    long size = ftell(f);
    rewind(f);
    char *text = arena_alloc(a, (size_t)(size < 0 ? 0 : size) + 1);
    *n = size > 0 ? fread(text, 1, (size_t)size, f) : 0;
    fclose(f);
    return text;
}

static const char *next_field(Arena *a, const char **p) {
    const char *s = *p;
    bool quoted = *s == '"';
    size_t n = quoted ? strcspn(s + 1, "\"\n") : strcspn(s, ",\r\n");
    const char *field = arena_strndup(a, quoted ? s + 1 : s, n);
    s += n + (quoted ? 1 + (s[n + 1] == '"') : 0);
    *p = s;
    return field;
}

static void read_csv(PlotData *d, const char *path, const char *name) {
    size_t size;
    const char *p = read_text(&d->arena, path, &size);
    PlotTable t = {.name = name};
    VEC(const char *) head = {0};
    VEC(double) cell = {0};
    if (!p || !*p) return;
    for (;; p++) {
        vec_push(&d->arena, &head, next_field(&d->arena, &p));
        if (*p != ',') break;
    }
    while (*p) {
        p += strspn(p, "\r\n");
        if (!*p) break;
        for (uint32_t c = 0; c < head.n; c++) {
            const char *field = next_field(&d->arena, &p);
            char *end;
            double v = strtod(field, &end);
            vec_push(&d->arena, &cell, end == field ? NAN : v);
            if (*p == ',') p++;
        }
        p += strcspn(p, "\n");
    }
    t.cols = head.n, t.head = head.at, t.cell = cell.at, t.rows = cell.n / head.n;
    if (t.rows) vec_push(&d->arena, &d->tables, t);
}

// ---- NumPy arrays (format 1.0 and 2.0, little-endian floating point, C order) ----
static void read_npy(PlotData *d, const char *path, const char *name) {
    size_t size;
    const char *p = read_text(&d->arena, path, &size);
    if (!p || size < 12 || memcmp(p, "\x93NUMPY", 6)) return;
    size_t wide = p[6] == 1 ? 2 : 4, head = 0;
    for (size_t i = 0; i < wide; i++) head |= (size_t)(unsigned char)p[8 + i] << 8 * i;
    size_t at = 8 + wide + head;
    if (at > size) return;
    const char *text = arena_strndup(&d->arena, p + 8 + wide, head), *shape = strstr(text, "'shape'");
    bool f8 = strstr(text, "<f8"), f4 = strstr(text, "<f4");
    if (!shape || !(shape = strchr(shape, '(')) || (!f8 && !f4)) return;
    int64_t dim[2] = {1, 1}, rank = 0;
    for (char *s = (char *)shape + 1; *s && *s != ')'; s++) {
        if (*s < '0' || *s > '9') continue;
        int64_t v = strtoll(s, &s, 10);
        if (rank < 1) dim[0] = v; else dim[1] *= v;
        rank++;
        s--;
    }
    int64_t n = (int64_t)((size - at) / (f8 ? 8 : 4));
    if (dim[0] * dim[1] < n) n = dim[0] * dim[1];
    PlotArray a = {.name = name, .rows = rank > 1 ? dim[0] : 1, .cols = rank > 1 ? dim[1] : n, .at = ARENA_ARRAY(&d->arena, double, n + 1)};
    for (int64_t i = 0; i < n; i++) {
        float f;
        if (f8) memcpy(&a.at[i], p + at + 8 * (size_t)i, 8);
        else memcpy(&f, p + at + 4 * (size_t)i, 4), a.at[i] = (double)f;
    }
    if (n && n == a.rows * a.cols) vec_push(&d->arena, &d->arrays, a);
}

bool plot_data_read(PlotData *d, const char *folder, const char **error) {
    DIR *dir = opendir(folder);
    if (!dir) { *error = arena_printf(&d->arena, "cannot read '%s': %s", folder, strerror(errno)); return false; }
    VEC(const char *) name = {0};
    for (struct dirent *e; (e = readdir(dir));) vec_push(&d->arena, &name, arena_strndup(&d->arena, e->d_name, strlen(e->d_name)));
    closedir(dir);
    if (name.n) qsort(name.at, name.n, sizeof *name.at, by_text);
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    for (uint32_t i = 0; i < name.n; i++) {
        const char *path = arena_printf(&d->arena, "%s/%s", folder, name.at[i]);
        const char *bare = arena_strndup(&d->arena, name.at[i], strlen(name.at[i]) > 4 ? strlen(name.at[i]) - 4 : 0);
        if (!strcmp(name.at[i], "spikes.h5")) each_group(d, path, "/spikes", read_spikes);
        else if (!strncmp(name.at[i], "report_", 7) && ends_with(name.at[i], ".h5")) each_group(d, path, "/report", read_trace);
        else if (ends_with(name.at[i], ".csv")) read_csv(d, path, bare);
        else if (ends_with(name.at[i], ".npy")) read_npy(d, path, bare);
    }
    return true;
}
