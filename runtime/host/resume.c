// SPDX-License-Identifier: MIT
// The file .sweep-N in the results folder: a head that tells program, parameters, seed and number of runs apart by a hash, then a record for each
// finished run: its number, the bytes of its results, their checksum. A record that is cut off or damaged ends the file.
#include "host/resume.h"
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct Head { char magic[8]; uint64_t program, items; } Head;
typedef struct Record { uint64_t item, bytes, sum; } Record;
typedef struct Bytes { char *at; size_t n, cap, read; bool bad; } Bytes;
struct Resume { char path[4400]; FILE *file; Bytes *done; int64_t n; pthread_mutex_t lock; };

static uint64_t hash(uint64_t h, const void *at, size_t n) {           // FNV-1a
    for (size_t i = 0; i < n; i++) h = (h ^ ((const unsigned char *)at)[i]) * 0x100000001B3u;
    return h;
}
static uint64_t hash_program(const SnnX *x) {
    const RunOptions *o = x->options;
    const SnnProgram *p = o->program;
    uint64_t h = hash(0xCBF29CE484222325u, p->version, strlen(p->version));
    if (p->source_hash) h = hash(h, p->source_hash, strlen(p->source_hash));
    h = hash(h, x->experiment->name, strlen(x->experiment->name));
    h = hash(h, &p->real_bits, sizeof p->real_bits);
    h = hash(h, &x->seed, sizeof x->seed);
    for (int64_t i = 0; i < p->nnets && o->set_base; i++) {
        h = hash(h, o->is_set + o->set_base[i], (size_t)p->nets[i].nk);
        h = hash(h, o->set + o->set_base[i], (size_t)p->nets[i].nk * sizeof *o->set);
    }
    return h;
}

// ---- results as bytes ----
static void put(Bytes *b, const void *at, size_t n) {
    if (b->n + n > b->cap) {
        size_t cap = 2 * (b->n + n) + 256;
        char *p = realloc(b->at, cap);
        if (!p) { b->bad = true; return; }
        b->at = p;
        b->cap = cap;
    }
    if (n) memcpy(b->at + b->n, at, n);
    b->n += n;
}
static void put_number(Bytes *b, int64_t v) { put(b, &v, sizeof v); }
static void put_text(Bytes *b, const char *s) {
    put_number(b, (int64_t)strlen(s));
    put(b, s, strlen(s));
}
static void put_columns(Bytes *b, const ResultColumn *c, int64_t n) {
    put_number(b, n);
    for (int64_t i = 0; i < n; i++) {
        put_text(b, c[i].name);
        put_text(b, c[i].unit);
        put_number(b, c[i].is_array);
        put_number(b, c[i].n);
        put(b, c[i].value, (size_t)c[i].n * sizeof(double));
    }
}
static void get(Bytes *b, void *to, size_t n) {
    if (b->bad || n > b->n - b->read) { b->bad = true; memset(to, 0, n); return; }
    memcpy(to, b->at + b->read, n);
    b->read += n;
}
static int64_t get_number(Bytes *b) {
    int64_t v = 0;
    get(b, &v, sizeof v);
    if (v < 0 || v > (int64_t)b->n) { b->bad = true; v = 0; }
    return v;
}
static char *get_text(Bytes *b) {
    int64_t n = get_number(b);
    char *s = calloc((size_t)n + 1, 1);
    if (s) get(b, s, (size_t)n);
    else b->bad = true;
    return s;
}
static ResultColumn *get_columns(Bytes *b, int64_t *count) {
    int64_t n = get_number(b);
    ResultColumn *c = calloc((size_t)n + 1, sizeof *c);
    *count = 0;
    if (!c) b->bad = true;
    for (int64_t i = 0; !b->bad && i < n; i++) {
        c[i].name = get_text(b);
        c[i].unit = get_text(b);
        c[i].is_array = get_number(b) != 0;
        c[i].n = c[i].cap = get_number(b);
        c[i].value = calloc((size_t)c[i].n + 1, sizeof(double));
        if (c[i].value) get(b, c[i].value, (size_t)c[i].n * sizeof(double));
        else b->bad = true;
        *count = i + 1;
    }
    return c;
}

// ---- the file ----
static void read_records(Resume *r, FILE *f) {
    Record h;
    while (fread(&h, sizeof h, 1, f) == 1 && h.item < (uint64_t)r->n && h.bytes < (1u << 30)) {
        char *at = malloc(h.bytes + 1);
        if (!at || fread(at, 1, h.bytes, f) != h.bytes || hash(0, at, h.bytes) != h.sum) { free(at); return; }
        free(r->done[h.item].at);
        r->done[h.item] = (Bytes){ .at = at, .n = h.bytes };
    }
}
static bool write_record(Resume *r, int64_t item, const Bytes *b) {
    Record h = { (uint64_t)item, b->n, hash(0, b->at, b->n) };
    return fwrite(&h, sizeof h, 1, r->file) == 1 && fwrite(b->at, 1, b->n, r->file) == b->n && fflush(r->file) == 0;
}
// Reads what is there, and writes it anew, so that a damaged end is gone.
static int start(Resume *r, const SnnX *x, SnnError *err) {
    Head head = { "SNNSWP1\n", hash_program(x), (uint64_t)r->n }, old;
    FILE *f = x->options->resume ? fopen(r->path, "rb") : NULL;
    if (f) {
        bool whole = fread(&old, sizeof old, 1, f) == 1;
        bool same = whole && !memcmp(old.magic, head.magic, sizeof head.magic) && old.program == head.program && old.items == head.items;
        if (same) read_records(r, f);
        fclose(f);
        if (whole && !same) return port_error(err, 2, "--resume: '%s' is of another program, other parameters or another seed", r->path);
    }
    r->file = fopen(r->path, "wb");
    if (!r->file) return port_error(err, 3, "cannot write '%s': %s", r->path, strerror(errno));
    bool ok = fwrite(&head, sizeof head, 1, r->file) == 1;
    for (int64_t i = 0; ok && i < r->n; i++)
        if (r->done[i].at) ok = write_record(r, i, &r->done[i]);
    return ok ? 0 : port_error(err, 3, "cannot write '%s': %s", r->path, strerror(errno));
}

Resume *resume_open(const SnnX *x, int64_t number, int64_t n, SnnError *err) {
    if (!x->folder || x->is_sweep_item) return NULL;
    Resume *r = calloc(1, sizeof *r);
    if (r) r->done = calloc((size_t)n + 1, sizeof *r->done);
    if (!r || !r->done) { free(r); port_error(err, 3, "not enough memory for a sweep"); return NULL; }
    r->n = n;
    snprintf(r->path, sizeof r->path, "%s/.sweep-%lld", record_folder_path(x->folder), (long long)number);
    pthread_mutex_init(&r->lock, NULL);
    if (!start(r, x, err)) return r;
    resume_close(r, false);
    return NULL;
}
bool resume_take(Resume *r, int64_t item, Results *into) {
    if (!r || !r->done[item].at) return false;
    Bytes *b = &r->done[item];
    results_init(into, NULL);
    into->text = get_text(b);
    into->ntext = into->captext = into->text ? strlen(into->text) : 0;
    into->printed = get_columns(b, &into->nprinted);
    into->nrows = get_number(b);
    into->column = get_columns(b, &into->ncolumns);
    if (!b->bad) return true;
    results_free(into);
    return false;
}
void resume_keep(Resume *r, int64_t item, const Results *from) {
    if (!r) return;
    Bytes b = {0};
    put_text(&b, from->text ? from->text : "");
    put_columns(&b, from->printed, from->nprinted);
    put_number(&b, from->nrows);
    put_columns(&b, from->column, from->ncolumns);
    pthread_mutex_lock(&r->lock);
    if (r->file && (b.bad || !write_record(r, item, &b))) { fclose(r->file); r->file = NULL; }
    pthread_mutex_unlock(&r->lock);
    free(b.at);
}
void resume_close(Resume *r, bool finished) {
    if (!r) return;
    if (r->file) fclose(r->file);
    if (finished) unlink(r->path);
    for (int64_t i = 0; i < r->n; i++) free(r->done[i].at);
    free(r->done);
    pthread_mutex_destroy(&r->lock);
    free(r);
}
