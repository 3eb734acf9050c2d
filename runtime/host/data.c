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

static bool type_named(const char *name, DataType *t) {
    static const char *const names[] = { "u8", "i8", "i16", "u16", "i32", "u32", "i64", "u64", "f32", "f64" };
    for (int i = 0; i < 10; i++)
        if (strcmp(name, names[i]) == 0) { *t = (DataType)i; return true; }
    return false;
}

static int64_t shape_product(const char *s) {
    int64_t n = 1;
    while (*s) {
        char *end;
        long long v = strtoll(s, &end, 10);
        if (end == s || v <= 0 || v > 1 << 30 || n > (1 << 30) / v) return -1;
        n *= v;
        s = *end == 'x' || *end == '*' ? end + 1 : end;
        if (s == end && *s) return -1;
    }
    return n;
}

static DataSet *data_raw(const char *path, const char *options, char *err, size_t errlen) {
    char text[64];
    DataType type = DATA_U8;
    int64_t skip = 0, length = 0;
    if (data_option(options, "type", text) && !type_named(text, &type)) {
        snprintf(err, errlen, "the type '%s' of the raw data '%s' is none of u8 i8 i16 u16 i32 u32 i64 u64 f32 f64", text, path);
        return NULL;
    }
    if (data_option(options, "skip", text)) skip = strtoll(text, NULL, 10);
    if (data_option(options, "shape", text) && (length = shape_product(text)) < 0) {
        snprintf(err, errlen, "the shape '%s' of the raw data '%s' is not of the form 28x28", text, path);
        return NULL;
    }
    DataSet *d = data_new(path);
    if (!d || !(d->bytes = data_file(path, &d->nbytes, err, errlen))) { data_free(d); return NULL; }
    size_t values = skip >= 0 && (size_t)skip <= d->nbytes ? (d->nbytes - (size_t)skip) / data_size(type) : 0;
    if (length == 0) length = (int64_t)values;
    d->type = type, d->at = (size_t)skip, d->length = d->stride = length, d->count = length ? (int64_t)values / length : 0;
    d->swap = data_option(options, "big", text) && strcmp(text, "0") != 0;
    if (d->count > 0 && d->nbytes == d->at + (size_t)(d->count * length) * data_size(type)) return d;
    snprintf(err, errlen, "the raw data '%s' has %zu bytes, which is no whole number of items of %lld values (%zu bytes each) after %lld bytes", path,
             d->nbytes, (long long)length, data_size(type), (long long)skip);
    data_free(d);
    return NULL;
}

DataSet *data_open(const char *kind, const char *a, const char *b, const char *options, char *err, size_t errlen) {
    snprintf(err, errlen, "out of memory for the data '%s'", a);
    if (strcmp(kind, "idx") == 0) return data_idx(a, b, err, errlen);
    if (strcmp(kind, "npy") == 0) return data_npy(a, err, errlen);
    if (strcmp(kind, "csv") == 0) return data_csv(a, options, err, errlen);
    if (strcmp(kind, "raw") == 0) return data_raw(a, options, err, errlen);
    snprintf(err, errlen, "'%s' is no kind of data (idx, csv, raw, npy)", kind);
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
