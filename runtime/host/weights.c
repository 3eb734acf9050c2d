// SPDX-License-Identifier: MIT
// `save weights` and `load weights`: NumPy's .npy, version 1.0, little-endian doubles in coherent units. One projection with all pairs connected becomes a
// matrix [sources, targets]; otherwise the weights are a vector in the order of source, delay, target, one projection after the other.
#include "core/inst.h"
#include "host/experiment.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void snn__x_save(SnnX *x, int64_t net, int64_t proj, const char *what, const char *name);
void snn__x_load(SnnX *x, int64_t net, int64_t proj, const char *what, const char *name);

typedef struct Weights { int64_t *field, *length, nfields, n, rows, cols; } Weights;

static Weights find(SnnX *x, SnnUse *u, int64_t proj) {
    const SnnNet *net = u->net;
    Weights w = { .field = calloc((size_t)net->nprojs + 1, sizeof(int64_t)), .length = calloc((size_t)net->nprojs + 1, sizeof(int64_t)) };
    if (!w.field || !w.length) x_fail(x, 3, "not enough memory");
    for (int64_t p = 0; p < net->nprojs; p++) {
        const SnnProj *d = &net->projs[p];
        if ((proj >= 0 && p != proj) || !d->nfields || net->fields[d->fields[0]].role != INST_WEIGHT) continue;
        w.field[w.nfields] = d->fields[0];
        w.length[w.nfields] = inst_length(u->inst, d->fields[0]);
        w.n += w.length[w.nfields++];
        w.rows = d->src_hi - d->src_lo;
        w.cols = d->tgt_hi - d->tgt_lo;
    }
    if (!w.nfields) {
        free(w.field);
        free(w.length);
        x_fail(x, 3, "no synapses here have weights of their own (constant weights are not stored)");
    }
    return w;
}
static void check_what(SnnX *x, const char *what) {
    if (what && strcmp(what, "weights")) x_fail(x, 3, "'%s' cannot be saved or loaded; 'weights' can", what);
}

static bool write_npy(FILE *f, const Weights *w, const double *v) {
    char head[128], dict[100];
    if (w->nfields == 1 && w->n == w->rows * w->cols)
        snprintf(dict, sizeof dict, "{'descr': '<f8', 'fortran_order': False, 'shape': (%lld, %lld), }", (long long)w->rows, (long long)w->cols);
    else snprintf(dict, sizeof dict, "{'descr': '<f8', 'fortran_order': False, 'shape': (%lld,), }", (long long)w->n);
    memset(head, ' ', sizeof head);                     // the data begins at a multiple of 64 bytes
    memcpy(head, "\x93NUMPY\x01\x00\x76\x00", 10);
    memcpy(head + 10, dict, strlen(dict));
    head[127] = '\n';
    return fwrite(head, 1, sizeof head, f) == sizeof head && fwrite(v, sizeof *v, (size_t)w->n, f) == (size_t)w->n;
}
// Saved files go to the results folder, or where the program was started.
static const char *save_path(SnnX *x, const char *name, char *out, size_t size) {
    if (name[0] == '/' || !x->folder) snprintf(out, size, "%s", name);
    else if (x->group[0]) snprintf(out, size, "%s/%s/%s", record_folder_path(x->folder), x->group, name);
    else snprintf(out, size, "%s/%s", record_folder_path(x->folder), name);
    return out;
}
void snn__x_save(SnnX *x, int64_t net, int64_t proj, const char *what, const char *name) {
    check_what(x, what);
    SnnUse *u = x_built(x, net);
    Weights w = find(x, u, proj);
    double *v = malloc((size_t)(w.n + 1) * sizeof *v);
    char path[8300], part[8310];
    save_path(x, name, path, sizeof path);
    snprintf(part, sizeof part, "%s.part", path);       // a file under its name is whole
    FILE *f = v ? fopen(part, "wb") : NULL;
    int64_t at = 0;
    for (int64_t k = 0; f && k < w.nfields; at += w.length[k++]) inst_read(u->inst, w.field[k], 0, w.length[k], v + at);
    bool ok = f && write_npy(f, &w, v);
    if (f && fclose(f)) ok = false;
    if (ok && rename(part, path)) ok = false;
    int e = errno;
    if (!ok && f) unlink(part);
    free(v);
    free(w.field);
    free(w.length);
    if (!ok) x_fail(x, 3, "cannot save the weights in %s: %s", path, v || f ? strerror(e) : "not enough memory");
}

// Number of doubles that follow the header; -1: not one of our files.
static int64_t read_head(FILE *f) {
    unsigned char fixed[10];
    char dict[65536];
    long long a = 0, b = 1;
    if (fread(fixed, 1, 10, f) != 10 || memcmp(fixed, "\x93NUMPY\x01", 7)) return -1;
    size_t n = (size_t)fixed[8] | (size_t)fixed[9] << 8;
    if (fread(dict, 1, n, f) != n) return -1;
    dict[n < sizeof dict ? n : sizeof dict - 1] = 0;
    const char *shape = strstr(dict, "'shape': (");
    if (!shape || !strstr(dict, "'<f8'") || strstr(dict, "True")) return -1;
    int got = sscanf(shape + 10, "%lld, %lld", &a, &b);
    return got < 1 || a < 0 || b < 0 ? -1 : got == 2 ? a * b : a;
}
static const char *read_weights(FILE *f, const Weights *w, double *v) {
    int64_t n = read_head(f);
    if (n < 0) return "this is no .npy file of doubles";
    if (n != w->n) return "it holds another number of weights than there are synapses";
    return fread(v, sizeof *v, (size_t)n, f) == (size_t)n ? NULL : "it is cut off";
}
void snn__x_load(SnnX *x, int64_t net, int64_t proj, const char *what, const char *name) {
    check_what(x, what);
    SnnUse *u = x_built(x, net);
    char out[8300];
    const char *path = x->folder && !access(save_path(x, name, out, sizeof out), F_OK) ? out : x_path(x, name);
    FILE *f = fopen(path, "rb");
    if (!f) x_fail(x, 3, "cannot load weights from %s: %s", path, strerror(errno));
    Weights w = find(x, u, proj);
    double *v = malloc((size_t)(w.n + 1) * sizeof *v);
    const char *why = v ? read_weights(f, &w, v) : "not enough memory";
    int64_t at = 0;
    for (int64_t k = 0; !why && k < w.nfields; at += w.length[k++]) {
        inst_write(u->inst, w.field[k], 0, w.length[k], v + at);
        SnnError err = {0};
        if (connect_levels(u->inst, u->inst->net->fields[w.field[k]].owner, &err)) why = "not enough memory";
    }
    fclose(f);
    free(v);
    free(w.field);
    free(w.length);
    if (why) x_fail(x, 3, "cannot load weights from %s: %s", path, why);
}
