// SPDX-License-Identifier: MIT
// Writing and reading of logs; the format is told in log.h. Chunks are gathered in memory and written with one write() each, so
// that a kill can cut at most the chunk under way.
#include "host/log.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#define CHUNK_MAGIC 0x4b434e53u
enum { CHUNK_BYTES = 1 << 16, CHUNK_LIMIT = 1 << 30 };
static const char log_magic[8] = "SNNLOG1\n";

struct Log { int fd; uint32_t kind; char *path, *error; unsigned char *buf; size_t used, cap; };
typedef struct ChunkHead { uint32_t magic, bytes, crc, zero; } ChunkHead;
typedef struct RecordHead { int64_t step; uint32_t count, flags; } RecordHead;
_Static_assert(sizeof(LogHeader) % 8 == 0, "records stay aligned");

void log_header(LogHeader *h, uint32_t kind, const char *population, const char *variable) {
    memset(h, 0, sizeof *h);
    memcpy(h->magic, log_magic, sizeof log_magic);
    h->kind = kind;
    h->bytes = sizeof *h;
    h->unit_scale = 1;
    snprintf(h->population, sizeof h->population, "%s", population);
    snprintf(h->variable, sizeof h->variable, "%s", variable ? variable : "");
}

static uint32_t header_crc(const LogHeader *h) {
    return (uint32_t)crc32(0, (const unsigned char *)h, (uInt)offsetof(LogHeader, crc));
}

static bool write_all(int fd, const void *p, size_t n) {
    const char *at = p;
    while (n > 0) {
        ssize_t w = write(fd, at, n);
        if (w < 0 && errno == EINTR) continue;
        if (w <= 0) { if (w == 0) errno = ENOSPC; return false; }
        at += w, n -= (size_t)w;
    }
    return true;
}

static void fail(Log *g) {
    if (g->error) return;
    char text[512];
    snprintf(text, sizeof text, "cannot write '%s': %s", g->path, strerror(errno));
    g->error = strdup(text);
}

Log *log_create(const char *path, LogHeader *h, char *err, size_t errlen) {
    h->crc = header_crc(h);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0 || !write_all(fd, h, sizeof *h)) {
        snprintf(err, errlen, "cannot write '%s': %s", path, strerror(errno));
        if (fd >= 0) close(fd);
        return NULL;
    }
    Log *g = calloc(1, sizeof *g);
    if (g) g->cap = sizeof(ChunkHead) + CHUNK_BYTES, g->buf = malloc(g->cap), g->path = strdup(path);
    if (!g || !g->buf || !g->path) {
        snprintf(err, errlen, "out of memory for the log '%s'", path);
        if (g) free(g->buf), free(g->path), free(g);
        close(fd);
        return NULL;
    }
    g->fd = fd, g->kind = h->kind, g->used = sizeof(ChunkHead);
    return g;
}

static bool reserve(Log *g, size_t bytes) {
    if (g->used + bytes > g->cap && !log_flush(g)) return false;
    if (g->used + bytes <= g->cap) return true;
    unsigned char *b = realloc(g->buf, g->used + bytes);
    if (!b) { errno = ENOMEM; fail(g); return false; }
    g->buf = b, g->cap = g->used + bytes;
    return true;
}

bool log_append(Log *g, int64_t step, uint32_t count, const uint32_t *ids, const double *values) {
    if (g->error || g->fd < 0) return false;
    size_t idbytes = ids ? ((size_t)count * 4 + 7) / 8 * 8 : 0, valbytes = values ? (size_t)count * 8 : 0;
    if (!reserve(g, sizeof(RecordHead) + idbytes + valbytes)) return false;
    RecordHead head = { step, count, ids && values ? LOG_OFFSETS : 0 };
    unsigned char *at = g->buf + g->used;
    memcpy(at, &head, sizeof head);
    at += sizeof head;
    if (ids) {
        memset(at + idbytes - (idbytes ? 8 : 0), 0, idbytes ? 8 : 0);
        memcpy(at, ids, (size_t)count * 4);
        at += idbytes;
    }
    if (values && count) memcpy(at, values, valbytes);
    g->used += sizeof head + idbytes + valbytes;
    return true;
}

bool log_flush(Log *g) {
    if (g->error) return false;
    if (g->fd < 0 || g->used == sizeof(ChunkHead)) return true;
    uint32_t bytes = (uint32_t)(g->used - sizeof(ChunkHead));
    ChunkHead head = { CHUNK_MAGIC, bytes, (uint32_t)crc32(0, g->buf + sizeof head, bytes), 0 };
    memcpy(g->buf, &head, sizeof head);
    size_t n = g->used;
    g->used = sizeof(ChunkHead);
    if (!write_all(g->fd, g->buf, n)) { fail(g); return false; }
    return true;
}

const char *log_error(const Log *g) { return g->error; }
const char *log_path(const Log *g) { return g->path; }

bool log_end(Log *g) {
    if (g->fd < 0) return !g->error;
    log_flush(g);
    if (close(g->fd) != 0) fail(g);
    g->fd = -1;
    free(g->buf);
    g->buf = NULL;
    return !g->error;
}

void log_free(Log *g) {
    log_end(g);
    free(g->path), free(g->error), free(g);
}

struct LogReader { FILE *f; uint32_t kind; bool damaged; unsigned char *buf; size_t at, used, cap; };

LogReader *log_open(const char *path, LogHeader *h, char *err, size_t errlen) {
    FILE *f = fopen(path, "rb");
    if (!f) { snprintf(err, errlen, "cannot read '%s': %s", path, strerror(errno)); return NULL; }
    bool whole = fread(h, sizeof *h, 1, f) == 1 && memcmp(h->magic, log_magic, 8) == 0 && h->bytes == sizeof *h && h->crc == header_crc(h);
    LogReader *r = whole ? calloc(1, sizeof *r) : NULL;
    if (!r) {
        snprintf(err, errlen, "'%s' is not a log of recorded results (its header is damaged or of another version)", path);
        fclose(f);
        return NULL;
    }
    r->f = f, r->kind = h->kind;
    return r;
}

static bool next_chunk(LogReader *r) {
    ChunkHead head;
    size_t got = fread(&head, 1, sizeof head, r->f);
    if (got == 0) return false;
    r->damaged = true;                             // until the chunk proves whole
    if (got != sizeof head || head.magic != CHUNK_MAGIC || head.bytes > CHUNK_LIMIT) return false;
    if (head.bytes > r->cap) {
        unsigned char *b = realloc(r->buf, head.bytes);
        if (!b) return false;
        r->buf = b, r->cap = head.bytes;
    }
    if (fread(r->buf, 1, head.bytes, r->f) != head.bytes || (uint32_t)crc32(0, r->buf, head.bytes) != head.crc) return false;
    r->damaged = false;
    r->at = 0, r->used = head.bytes;
    return true;
}

bool log_next(LogReader *r, LogRecord *out) {
    if (r->damaged) return false;
    while (r->at == r->used)
        if (!next_chunk(r)) return false;
    RecordHead head;
    r->damaged = r->used - r->at < sizeof head;
    if (r->damaged) return false;
    memcpy(&head, r->buf + r->at, sizeof head);
    size_t idbytes = r->kind == LOG_SPIKES ? ((size_t)head.count * 4 + 7) / 8 * 8 : 0;
    size_t valbytes = r->kind == LOG_REPORT || (head.flags & LOG_OFFSETS) ? (size_t)head.count * 8 : 0;
    r->damaged = r->used - r->at - sizeof head < idbytes + valbytes;
    if (r->damaged) return false;
    unsigned char *data = r->buf + r->at + sizeof head;
    out->step = head.step, out->count = head.count;
    out->ids = idbytes ? (const uint32_t *)(const void *)data : NULL;
    out->values = valbytes ? (const double *)(const void *)(data + idbytes) : NULL;
    r->at += sizeof head + idbytes + valbytes;
    return true;
}

bool log_damaged(const LogReader *r) { return r->damaged; }
void log_rewind(LogReader *r) {
    fseek(r->f, (long)sizeof(LogHeader), SEEK_SET);
    r->damaged = false, r->at = r->used = 0;
}
void log_done(LogReader *r) {
    fclose(r->f);
    free(r->buf), free(r);
}
