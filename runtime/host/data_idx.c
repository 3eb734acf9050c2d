// SPDX-License-Identifier: MIT
// IDX, the format of the MNIST files: bytes 0, 0, type, number of dimensions; then each dimension as a big-endian 32-bit number; then
// values, big-endian. The first dimension counts the items.
#include "host/data.h"
#include <stdio.h>
#include <stdlib.h>

static bool idx_type(unsigned char code, DataType *t) {
    switch (code) {
    case 0x08: *t = DATA_U8; return true;
    case 0x09: *t = DATA_I8; return true;
    case 0x0b: *t = DATA_I16; return true;
    case 0x0c: *t = DATA_I32; return true;
    case 0x0d: *t = DATA_F32; return true;
    case 0x0e: *t = DATA_F64; return true;
    }
    return false;
}

static bool idx_head(DataSet *d, const char *path, char *err, size_t errlen) {
    const unsigned char *b = d->bytes;
    if (d->nbytes < 4 || b[0] || b[1] || !idx_type(b[2], &d->type) || b[3] < 1 || b[3] > 8) {
        snprintf(err, errlen, "'%s' is not an IDX file: it does not begin with 0, 0, a type and a number of dimensions", path);
        return false;
    }
    d->at = 4 + 4 * (size_t)b[3], d->length = 1, d->swap = true;
    if (d->nbytes < d->at) { snprintf(err, errlen, "the IDX file '%s' ends within its head (%zu of %zu bytes)", path, d->nbytes, d->at); return false; }
    for (int i = 0; i < b[3]; i++) {
        const unsigned char *p = b + 4 + 4 * i;
        int64_t dim = (int64_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
        if (i == 0) d->count = dim;
        else if (dim > 0 && d->length > (1 << 30) / dim) { snprintf(err, errlen, "an item of the IDX file '%s' would have more than 2^30 values", path); return false; }
        else d->length *= dim;
    }
    d->stride = d->length;
    unsigned __int128 need = (unsigned __int128)d->count * (uint64_t)d->length * data_size(d->type) + d->at;
    if (need <= d->nbytes) return true;
    snprintf(err, errlen, "the IDX file '%s' is too short: %lld items of %lld values need %llu bytes, it has %zu", path, (long long)d->count,
             (long long)d->length, (unsigned long long)need, d->nbytes);
    return false;
}

static DataSet *idx_open(const char *path, char *err, size_t errlen) {
    DataSet *d = data_new(path);
    if (d && (d->bytes = data_file(path, &d->nbytes, err, errlen)) && idx_head(d, path, err, errlen)) return d;
    data_free(d);
    return NULL;
}

DataSet *data_idx(const char *a, const char *b, char *err, size_t errlen) {
    DataSet *d = idx_open(a, err, errlen);
    if (!d || !b) return d;
    DataSet *labels = idx_open(b, err, errlen);
    bool ok = labels && labels->length == 1 && labels->count == d->count;
    if (labels && !ok)
        snprintf(err, errlen, "the labels '%s' do not fit '%s': %lld labels of %lld values for %lld items", b, a, (long long)labels->count,
                 (long long)labels->length, (long long)d->count);
    if (ok && !(d->label = malloc(((size_t)d->count + 1) * sizeof *d->label))) ok = false, snprintf(err, errlen, "out of memory for the labels '%s'", b);
    if (ok) data_read(labels, 0, 0, d->count, d->label);
    data_free(labels);
    if (ok) return d;
    data_free(d);
    return NULL;
}
