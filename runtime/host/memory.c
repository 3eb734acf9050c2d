// SPDX-License-Identifier: MIT
// Large memory for fields and synapses. Small pieces come from aligned_alloc, large ones from mmap with huge pages asked for.
//
// Linux grants more than there is and kills whoever touches it, so before a large piece is taken the system is asked what is left:
// the least of MemAvailable, the control group's limit and the address-space limit. A small reserve stays for everybody else.
#include "core/port.h"
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

enum { PAD = 128, LARGE = 1 << 21 };
static const size_t RESERVE = (size_t)64 << 20;
static atomic_size_t used;

static size_t read_number(const char *path, size_t otherwise) {
    FILE *f = fopen(path, "r");
    if (!f) return otherwise;
    unsigned long long v;
    size_t r = fscanf(f, "%llu", &v) == 1 ? (size_t)v : otherwise;
    fclose(f);
    return r;
}
static size_t available_memory(void) {
    FILE *f = fopen("/proc/meminfo", "r");
    if (!f) return SIZE_MAX;
    char line[128];
    unsigned long long kib;
    size_t r = SIZE_MAX;
    while (fgets(line, sizeof line, f))
        if (sscanf(line, "MemAvailable: %llu", &kib) == 1) r = (size_t)kib << 10;
    fclose(f);
    return r;
}
static size_t least(size_t a, size_t b) { return a < b ? a : b; }

// Bytes that can still be taken.
size_t mem_room(void) {
    size_t r = available_memory();
    size_t limit = read_number("/sys/fs/cgroup/memory.max", SIZE_MAX);
    if (limit != SIZE_MAX) {
        size_t now = read_number("/sys/fs/cgroup/memory.current", 0);
        r = least(r, limit > now ? limit - now : 0);
    }
    struct rlimit l;
    if (!getrlimit(RLIMIT_AS, &l) && l.rlim_cur != RLIM_INFINITY) {
        size_t has = atomic_load(&used);
        r = least(r, l.rlim_cur > has ? l.rlim_cur - has : 0);
    }
    return r > RESERVE ? r - RESERVE : 0;
}

static size_t whole_pages(size_t bytes) { return (bytes + PAD + 4095) & ~(size_t)4095; }

static void *take(size_t bytes) {
    size_t all = whole_pages(bytes);
    if (bytes > SIZE_MAX / 2 || all > mem_room()) return NULL;
    char *p = mmap(NULL, all + LARGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED) return NULL;
    size_t head = -(uintptr_t)p & (LARGE - 1);           // huge pages begin at multiples of their size
    if (head) munmap(p, head);
    munmap(p + head + all, LARGE - head);
    madvise(p + head, all, MADV_HUGEPAGE);
    return p + head;
}

void *mem_alloc(size_t bytes) {
    void *p;
    if (bytes >= LARGE) p = take(bytes);
    else if ((p = aligned_alloc(64, (bytes + PAD + 63) & ~(size_t)63))) memset(p, 0, (bytes + PAD + 63) & ~(size_t)63);
    if (p) atomic_fetch_add(&used, bytes);
    return p;
}

void mem_free(void *p, size_t bytes) {
    if (!p) return;
    atomic_fetch_sub(&used, bytes);
    if (bytes >= LARGE) munmap(p, whole_pages(bytes));
    else free(p);
}

void *mem_resize(void *p, size_t old_bytes, size_t bytes) {
    if (p && old_bytes >= LARGE && bytes >= LARGE) {
        if (bytes > old_bytes && whole_pages(bytes) - whole_pages(old_bytes) > mem_room()) return NULL;
        void *q = mremap(p, whole_pages(old_bytes), whole_pages(bytes), MREMAP_MAYMOVE);
        if (q == MAP_FAILED) return NULL;
        atomic_fetch_add(&used, bytes - old_bytes);
        return q;
    }
    void *q = mem_alloc(bytes);
    if (!q) return NULL;
    if (p) memcpy(q, p, old_bytes < bytes ? old_bytes : bytes);
    mem_free(p, old_bytes);
    return q;
}

size_t mem_used(void) { return atomic_load(&used); }
