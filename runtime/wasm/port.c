// SPDX-License-Identifier: MIT
// What the core asks of its platform, in WebAssembly: memory from the C library's heap, one thread, no files, no signals.
#include "core/port.h"
#include "host/data.h"
#include "host/experiment.h"
#include "host/files.h"
#include "host/log.h"
#include "host/resume.h"
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { PAD = 128 };
static size_t used;

void *mem_alloc(size_t bytes) {
    size_t all = (bytes + PAD + 63) & ~(size_t)63;
    void *p = bytes < SIZE_MAX / 2 ? aligned_alloc(64, all) : NULL;
    if (!p) return NULL;
    memset(p, 0, all);
    used += bytes;
    return p;
}
void mem_free(void *p, size_t bytes) {
    if (!p) return;
    used -= bytes;
    free(p);
}
void *mem_resize(void *p, size_t old_bytes, size_t bytes) {
    void *q = mem_alloc(bytes);
    if (!q) return NULL;
    if (p) memcpy(q, p, old_bytes < bytes ? old_bytes : bytes);
    mem_free(p, old_bytes);
    return q;
}
size_t mem_room(void) { return SIZE_MAX - used; }        // how far the memory may grow is not told
size_t mem_used(void) { return used; }

struct SnnTeam { int one; };
static SnnTeam alone = {1};
SnnTeam *team_new(int members) { return members == 1 ? &alone : NULL; }
void team_free(SnnTeam *t) { (void)t; }
int team_size(const SnnTeam *t) { return t->one; }
void team_run(SnnTeam *t, void (*job)(void *arg, int member), void *arg) { (void)t, job(arg, 0); }
void team_barrier(SnnTeam *t) { (void)t; }

int port_error(SnnError *e, int code, const char *format, ...) {
    if (e->code) return -1;
    e->code = code;
    va_list ap;
    va_start(ap, format);
    vsnprintf(e->text, sizeof e->text, format, ap);
    va_end(ap);
    return -1;
}
void port_warn(const char *format, ...) {
    va_list ap;
    va_start(ap, format);
    fprintf(stderr, "warning: ");
    vfprintf(stderr, format, ap);
    fprintf(stderr, "\n");
    va_end(ap);
}
bool port_interrupted(void) { return false; }
bool run_interrupted(void) { return false; }
FILE *port_open(const char *name) { (void)name, errno = ENOENT; return NULL; }
void files_find(const char *name, char *out, size_t size) { snprintf(out, size, "%s", name); }

// A program with files is refused by the compiler; these are called with no folder and do nothing.
const char *record_folder_error(RecordFolder *f) { (void)f; return NULL; }
void record_folder_fail(RecordFolder *f, const char *text) { (void)f, (void)text; }
const char *record_folder_path(const RecordFolder *f) { (void)f; return ""; }
bool log_append(Log *g, int64_t step, uint32_t n, const uint32_t *id, const double *v) { (void)g, (void)step, (void)n, (void)id, (void)v; return true; }
bool log_flush(Log *g) { (void)g; return true; }
bool log_end(Log *g) { (void)g; return true; }
const char *log_error(const Log *g) { (void)g; return ""; }
void log_header(LogHeader *h, uint32_t kind, const char *population, const char *variable) { (void)h, (void)kind, (void)population, (void)variable; }
Log *record_folder_log(RecordFolder *f, LogHeader *h);
Log *record_folder_log(RecordFolder *f, LogHeader *h) { (void)f, (void)h; return NULL; }
bool yield_keep(const Results *r, const char *dir, const char *name, int64_t key, int64_t first, char *err, size_t errlen) {
    (void)r, (void)dir, (void)name, (void)key, (void)first, (void)err, (void)errlen;
    return true;
}
void data_x_release(SnnX *x) { (void)x; }
void data_read(const DataSet *d, int64_t item, int64_t lo, int64_t n, double *out) { (void)d, (void)item, (void)lo, memset(out, 0, (size_t)n * sizeof *out); }

// One processor: memory is asked for when it is needed.
MemAhead *mem_ahead_open(size_t bytes) { (void)bytes; return NULL; }
void *mem_ahead_take(MemAhead *a) { (void)a; return NULL; }
void mem_ahead_close(MemAhead *a) { (void)a; }
