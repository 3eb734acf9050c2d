// SPDX-License-Identifier: MIT
// Data sets: opening by kind, reading values, raw binary. The other formats have files of their own.
#include "host/data.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

size_t data_size(DataType t) {
    static const unsigned char size[] = { 1, 1, 2, 2, 4, 4, 8, 8, 4, 8 };
    return size[t];
}

DataSet *data_new(const char *path) {
    DataSet *d = calloc(1, sizeof *d);
    if (d && !(d->path = strdup(path))) free(d), d = NULL;
    if (d) d->scale = 1;
    return d;
}

void data_free(DataSet *d) {
    if (!d) return;
    free(d->path), free(d->bytes), free(d->label), free(d);
}

// zlib reads plain files as they are, so packed and plain files take the same way.
unsigned char *data_file(const char *path, size_t *n, char *err, size_t errlen) {
    errno = 0;
    gzFile f = gzopen(path, "rb");
    if (!f) { snprintf(err, errlen, "cannot read data '%s': %s", path, errno ? strerror(errno) : "out of memory"); return NULL; }
    gzbuffer(f, 1 << 17);
    unsigned char *buf = NULL;
    size_t cap = 0, used = 0;
    int got = 0;
    do {
        if (used == cap) {
            size_t more = cap ? 2 * cap : 1 << 18;
            unsigned char *b = realloc(buf, more);
            if (!b) { snprintf(err, errlen, "out of memory for the data '%s' (%zu bytes and more)", path, cap); got = -2; break; }
            buf = b, cap = more;
        }
        size_t room = cap - used < 1u << 30 ? cap - used : 1u << 30;
        got = gzread(f, buf + used, (unsigned)room);
        if (got > 0) used += (size_t)got;
    } while (got > 0);
    int code = Z_OK;
    const char *why = gzerror(f, &code);
    if (got == -1 || (got == 0 && code == Z_BUF_ERROR)) {
        snprintf(err, errlen, "the data '%s' ends early or is damaged: %s", path, code == Z_ERRNO ? strerror(errno) : why);
        got = -1;
    }
    gzclose(f);
    if (got < 0) { free(buf); return NULL; }
    *n = used;
    return buf;
}

bool data_option(const char *options, const char *key, char out[64]) {
    size_t n = strlen(key);
    for (const char *s = options; s && *s;) {
        while (*s == ' ' || *s == ',') s++;
        size_t len = strcspn(s, " ,");
        if (len > n && strncmp(s, key, n) == 0 && s[n] == '=') {
            size_t m = len - n - 1 < 63 ? len - n - 1 : 63;
            memcpy(out, s + n + 1, m);
            out[m] = 0;
            return true;
        }
        s += len;
    }
    return false;
}

int64_t data_number(const char *options, const char *key, int64_t otherwise) {
    char text[64];
    return data_option(options, key, text) ? (int64_t)strtod(text, NULL) : otherwise;
}

static bool raw_type(const char *options, DataType *t) {
    int64_t bytes = data_number(options, "bytes", 1);
    bool real = data_number(options, "float", 0) != 0, negative = data_number(options, "signed", 0) != 0;
    if (real) *t = bytes == 8 ? DATA_F64 : DATA_F32;
    else if (bytes == 1) *t = negative ? DATA_I8 : DATA_U8;
    else if (bytes == 2) *t = negative ? DATA_I16 : DATA_U16;
    else if (bytes == 4) *t = negative ? DATA_I32 : DATA_U32;
    else *t = negative ? DATA_I64 : DATA_U64;
    return (size_t)bytes == data_size(*t);
}

static DataSet *data_raw(const char *path, const char *options, char *err, size_t errlen) {
    DataType type;
    int64_t skip = data_number(options, "skip", 0), length = data_number(options, "length", 0);
    if (!raw_type(options, &type) || skip < 0 || length < 0) {
        snprintf(err, errlen, "the options of the raw data '%s' make no sense: bytes is 1, 2, 4 or 8 (float = 1: 4 or 8), skip and length are not negative", path);
        return NULL;
    }
    DataSet *d = data_new(path);
    if (!d || !(d->bytes = data_file(path, &d->nbytes, err, errlen))) { data_free(d); return NULL; }
    size_t values = (size_t)skip <= d->nbytes ? (d->nbytes - (size_t)skip) / data_size(type) : 0;
    if (length == 0) length = (int64_t)values;
    d->type = type, d->at = (size_t)skip, d->length = d->stride = length, d->count = length ? (int64_t)values / length : 0;
    d->swap = data_number(options, "big", 0) != 0;
    if (d->count > 0 && d->nbytes == d->at + (size_t)(d->count * length) * data_size(type)) return d;
    snprintf(err, errlen, "the raw data '%s' has %zu bytes, which is no whole number of items of %lld values (%zu bytes each) after %lld bytes", path,
             d->nbytes, (long long)length, data_size(type), (long long)skip);
    data_free(d);
    return NULL;
}

// One label an item, from a table of one column (or one row), or an .npy vector.
static bool label_file(DataSet *d, const char *path, char *err, size_t errlen) {
    size_t n = strlen(path);
    DataSet *l = n > 4 && strcmp(path + n - 4, ".npy") == 0 ? data_npy(path, err, errlen) : data_csv(path, NULL, err, errlen);
    if (!l) return false;
    bool ok = l->count * l->length == d->count;
    if (!ok) snprintf(err, errlen, "the labels '%s' do not fit '%s': %lld labels for %lld items", path, d->path, (long long)(l->count * l->length), (long long)d->count);
    free(d->label);
    d->label = ok ? malloc(((size_t)d->count + 1) * sizeof *d->label) : NULL;
    if (ok && !d->label) ok = false, snprintf(err, errlen, "out of memory for the labels '%s'", path);
    if (ok) data_read(l, 0, 0, d->count, d->label);
    data_free(l);
    return ok;
}

DataSet *data_open(const char *kind, const char *a, const char *b, const char *options, char *err, size_t errlen) {
    snprintf(err, errlen, "out of memory for the data '%s'", a);
    if (strcmp(kind, "idx") == 0) return data_idx(a, b, err, errlen);
    DataSet *d = NULL;
    if (strcmp(kind, "npy") == 0) d = data_npy(a, err, errlen);
    else if (strcmp(kind, "csv") == 0) d = data_csv(a, options, err, errlen);
    else if (strcmp(kind, "raw") == 0) d = data_raw(a, options, err, errlen);
    else if (strcmp(kind, "sound") == 0) d = data_sound(a, err, errlen);
    else snprintf(err, errlen, "'%s' is no kind of data (idx, csv, raw, npy, sound)", kind);
    if (!d || !b || label_file(d, b, err, errlen)) return d;
    data_free(d);
    return NULL;
}

static uint64_t load(const unsigned char *p, size_t size, bool swap) {
    unsigned char b[8] = { 0 };
    for (size_t i = 0; i < size; i++) b[i] = p[swap ? size - 1 - i : i];
    uint64_t v;
    memcpy(&v, b, 8);
    return v;
}

static double value_at(const DataSet *d, const unsigned char *p) {
    uint64_t v = load(p, data_size(d->type), d->swap);
    uint32_t w = (uint32_t)v;
    float f;
    double g;
    switch (d->type) {
    case DATA_U8: return (double)(uint8_t)v;
    case DATA_I8: return (double)(int8_t)v;
    case DATA_I16: return (double)(int16_t)v;
    case DATA_U16: return (double)(uint16_t)v;
    case DATA_I32: return (double)(int32_t)w;
    case DATA_U32: return (double)w;
    case DATA_I64: return (double)(int64_t)v;
    case DATA_U64: return (double)v;
    case DATA_F32: memcpy(&f, &w, 4); return (double)f;
    case DATA_F64: memcpy(&g, &v, 8); return g;
    }
    return 0;
}

void data_read(const DataSet *d, int64_t item, int64_t lo, int64_t n, double *out) {
    size_t size = data_size(d->type);
    const unsigned char *p = d->bytes + d->at + (size_t)(item * d->stride + d->skip + lo) * size;
    if (d->type == DATA_U8)
        for (int64_t i = 0; i < n; i++) out[i] = (double)p[i] * d->scale;
    else
        for (int64_t i = 0; i < n; i++) out[i] = value_at(d, p + (size_t)i * size) * d->scale;
}
