// SPDX-License-Identifier: MIT
// NumPy's .npy (format 1 to 3; "numpy.lib.format"): magic, version, length of the head, a Python dictionary as text, values.
// The first axis counts the items; an array of one axis is one item.
#include "host/data.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *value_of(const char *head, const char *key) {
    const char *s = strstr(head, key);
    s = s ? strchr(s + strlen(key), ':') : NULL;
    return s ? s + 1 + strspn(s + 1, " ") : NULL;
}

static bool npy_type(DataSet *d, const char *s) {
    if (!s || (*s != '\'' && *s != '"')) return false;
    static const struct { const char *name; DataType type; } known[] = { { "u1", DATA_U8 }, { "b1", DATA_U8 }, { "i1", DATA_I8 }, { "i2", DATA_I16 },
        { "u2", DATA_U16 }, { "i4", DATA_I32 }, { "u4", DATA_U32 }, { "i8", DATA_I64 }, { "u8", DATA_U64 }, { "f4", DATA_F32 }, { "f8", DATA_F64 } };
    d->swap = s[1] == '>';
    if (!strchr("<>|=", s[1])) return false;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strncmp(s + 2, known[i].name, 2) == 0 && s[4] == s[0]) { d->type = known[i].type; return true; }
    return false;
}

static bool npy_shape(DataSet *d, const char *s) {
    if (!s || *s != '(') return false;
    int64_t dim[32];
    int n = 0;
    for (s++; *s && *s != ')' && n < 32;) {
        char *end;
        long long v = strtoll(s, &end, 10);
        if (end == s || v < 0 || v > (long long)1 << 40) return false;
        dim[n++] = v;
        s = end + strspn(end, ", ");
    }
    if (*s != ')') return false;
    d->count = n > 1 ? dim[0] : 1, d->length = n == 1 ? dim[0] : 1;
    for (int i = 1; i < n; i++) {
        if (dim[i] && d->length > ((int64_t)1 << 40) / dim[i]) return false;
        d->length *= dim[i];
    }
    d->stride = d->length;
    return true;
}

static bool npy_head(DataSet *d, char *err, size_t errlen) {
    const unsigned char *b = d->bytes;
    size_t wide = d->nbytes > 6 && b[6] >= 2 ? 4 : 2, len = 0;
    if (d->nbytes < 8 + wide || memcmp(b, "\x93NUMPY", 6) != 0) { snprintf(err, errlen, "'%s' is not a NumPy .npy file", d->path); return false; }
    for (size_t i = 0; i < wide; i++) len |= (size_t)b[8 + i] << (8 * i);
    d->at = 8 + wide + len;
    char *head = d->at <= d->nbytes ? strndup((const char *)b + 8 + wide, len) : NULL;
    if (!head) { snprintf(err, errlen, "the .npy file '%s' ends within its head", d->path); return false; }
    const char *order = value_of(head, "'fortran_order'");
    bool known = npy_type(d, value_of(head, "'descr'")), shaped = npy_shape(d, value_of(head, "'shape'")), fortran = order && strncmp(order, "True", 4) == 0;
    free(head);
    if (!known || !shaped || (fortran && d->count > 1)) {
        snprintf(err, errlen, "the .npy file '%s' %s", d->path, !known ? "has values that are not plain numbers" : !shaped ? "has a damaged shape"
                 : "is in column order (Fortran); save it with numpy.ascontiguousarray");
        return false;
    }
    unsigned __int128 need = (unsigned __int128)(uint64_t)d->count * (uint64_t)d->length * data_size(d->type) + d->at;
    if (need <= d->nbytes) return true;
    snprintf(err, errlen, "the .npy file '%s' is too short: %lld x %lld values need %llu bytes, it has %zu", d->path, (long long)d->count,
             (long long)d->length, (unsigned long long)need, d->nbytes);
    return false;
}

DataSet *data_npy(const char *a, char *err, size_t errlen) {
    DataSet *d = data_new(a);
    if (d && (d->bytes = data_file(a, &d->nbytes, err, errlen)) && npy_head(d, err, errlen)) return d;
    data_free(d);
    return NULL;
}
