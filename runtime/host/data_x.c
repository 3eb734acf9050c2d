// SPDX-License-Identifier: MIT
// The data functions of abi.def. Files are read once a process and shared by all runs of a sweep; each use has a head of its own
// (scale) in x->data.
#include "host/data.h"
#include "host/experiment.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

SnnArray *array_view(ArrayPool *p, const DataSet *d, int64_t item, int64_t n);      // analysis_array.c

typedef struct Loaded { char *key; DataSet *set; struct Loaded *next; } Loaded;
static Loaded *loaded;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static DataSet *load_once(const char *kind, const char *a, const char *b, const char *options, char *err, size_t errlen) {
    char key[4096];
    snprintf(key, sizeof key, "%s\n%s\n%s\n%s", kind, a, b ? b : "", options ? options : "");
    pthread_mutex_lock(&lock);
    Loaded *l = loaded;
    while (l && strcmp(l->key, key) != 0) l = l->next;
    DataSet *d = l ? l->set : data_open(kind, a, b, options, err, errlen);
    if (!l && d && (l = calloc(1, sizeof *l))) {
        l->key = strdup(key), l->set = d, l->next = loaded;
        if (l->key) loaded = l;
        else free(l);
    }
    pthread_mutex_unlock(&lock);
    return d;
}

DataSet *snn__x_data(SnnX *x, const char *kind, const char *a, const char *b, const char *options);
void snn__x_data_scale(SnnX *x, DataSet *d, double scale);
int64_t snn__x_data_count(SnnX *x, const DataSet *d);
SnnArray *snn__x_data_item(SnnX *x, const DataSet *d, int64_t i);
double snn__x_data_label(SnnX *x, const DataSet *d, int64_t i);
double snn__x_items(SnnX *x, const DataSet *d), snn__x_interval(SnnX *x, const DataSet *d);

DataSet *snn__x_data(SnnX *x, const char *kind, const char *a, const char *b, const char *options) {
    char err[1000];
    DataSet *d = load_once(kind, x_path(x, a), b && *b ? x_path(x, b) : NULL, options, err, sizeof err), *own = malloc(sizeof *own);
    if (!d) { free(own); x_fail(x, 3, "%s", err); }
    if (!own) x_fail(x, 3, "out of memory for the data '%s'", a);
    *own = *d;
    own->next = x->data;
    x->data = own;
    return own;
}

void data_x_release(SnnX *x) {
    for (DataSet *d = x->data, *next; d; d = next) {
        next = d->next;
        free(d);
    }
    x->data = NULL;
}

static void check(SnnX *x, const DataSet *d, int64_t i) {
    if (i < 0 || i >= d->count) x_fail(x, 3, "item %lld of the data '%s' does not exist: it has %lld", (long long)i, d->path, (long long)d->count);
}

void snn__x_data_scale(SnnX *x, DataSet *d, double scale) { (void)x; d->scale = scale; }
int64_t snn__x_data_count(SnnX *x, const DataSet *d) { (void)x; return d->count; }
SnnArray *snn__x_data_item(SnnX *x, const DataSet *d, int64_t i) {
    check(x, d, i);
    return array_view(&x->pool, d, i, d->length);
}
double snn__x_items(SnnX *x, const DataSet *d) { (void)x; return (double)d->count; }
double snn__x_interval(SnnX *x, const DataSet *d) {
    if (!(d->interval > 0)) x_fail(x, 3, "the data '%s' say nothing about the time between their items (sounds do)", d->path);
    return d->interval;
}
double snn__x_data_label(SnnX *x, const DataSet *d, int64_t i) {
    check(x, d, i);
    if (!d->label) x_fail(x, 3, "the data '%s' has no labels", d->path);
    return d->label[i];
}
