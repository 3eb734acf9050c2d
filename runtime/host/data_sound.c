// SPDX-License-Identifier: MIT
// Sound files (WAV, FLAC, Ogg and what else libsndfile reads): an item is a frame, its values are the channels, in -1..1. The library is
// loaded when the first sound is opened, so that programs without sound start as quickly as ever and do not need it.
#include "host/data.h"
#include <dlfcn.h>
#include <sndfile.h>
#include <stdio.h>
#include <stdlib.h>

static const char soname[] = "libsndfile.so.1";
typedef struct Library {
    SNDFILE *(*open)(const char *path, int mode, SF_INFO *info);
    sf_count_t (*read)(SNDFILE *f, double *out, sf_count_t frames);
    int (*close)(SNDFILE *f);
    const char *(*why)(SNDFILE *f);
} Library;

static bool load(Library *l, char *err, size_t errlen) {
    void *so = dlopen(soname, RTLD_NOW | RTLD_LOCAL);
    if (!so) { snprintf(err, errlen, "sound files are read by libsndfile, which cannot be loaded (Debian: libsndfile1): %s", dlerror()); return false; }
    l->open = (SNDFILE * (*)(const char *, int, SF_INFO *)) dlsym(so, "sf_open");
    l->read = (sf_count_t(*)(SNDFILE *, double *, sf_count_t))dlsym(so, "sf_readf_double");
    l->close = (int (*)(SNDFILE *))dlsym(so, "sf_close");
    l->why = (const char *(*)(SNDFILE *))dlsym(so, "sf_strerror");
    if (l->open && l->read && l->close && l->why) return true;
    snprintf(err, errlen, "%s lacks a function that is needed to read sound files", soname);
    return false;
}

// All frames; the length of the head is not believed, because a truncated file has fewer.
static bool read_all(const Library *l, SNDFILE *f, DataSet *d, const SF_INFO *info, char *err, size_t errlen) {
    sf_count_t cap = 0, got;
    do {
        if (d->count == cap) {
            cap = cap ? 2 * cap : 65536;
            unsigned char *more = realloc(d->bytes, (size_t)cap * (size_t)info->channels * sizeof(double));
            if (!more) { snprintf(err, errlen, "out of memory for the sound '%s'", d->path); return false; }
            d->bytes = more;
        }
        got = l->read(f, (double *)(void *)d->bytes + d->count * info->channels, cap - d->count);
        if (got > 0) d->count += got;
    } while (got > 0);
    if (d->count > 0) return true;
    snprintf(err, errlen, "the sound '%s' holds no samples", d->path);
    return false;
}

DataSet *data_sound(const char *path, char *err, size_t errlen) {
    Library l;
    SF_INFO info = { 0 };
    DataSet *d = data_new(path);
    if (!d || !load(&l, err, errlen)) { data_free(d); return NULL; }
    SNDFILE *f = l.open(path, SFM_READ, &info);
    if (!f) { snprintf(err, errlen, "cannot read the sound '%s': %s", path, l.why(NULL)); data_free(d); return NULL; }
    bool ok = read_all(&l, f, d, &info, err, errlen);
    l.close(f);
    d->type = DATA_F64, d->length = d->stride = info.channels, d->nbytes = (size_t)(d->count * d->length) * sizeof(double);
    d->interval = 1000.0 / info.samplerate;
    if (ok) return d;
    data_free(d);
    return NULL;
}
