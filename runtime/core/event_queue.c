// SPDX-License-Identifier: MIT
// See event_queue.h. Source of the idea: R. Brown 1988, Calendar queues, CACM 31.
#include "core/event_queue.h"
#include "core/port.h"
#include <math.h>
#include <string.h>

enum { NOBODY = UINT32_MAX, SLOTS_MIN = 256, LOOK_EVERY = 4096 };

EvTime ev_later(EvTime t, double ticks) {
    if (!(ticks < 1e15)) return (EvTime){ INT64_MAX / 2, 0 };
    double whole = floor(ticks), off = t.off + (ticks - whole);
    if (off >= 1) { off -= 1; whole += 1; }
    return (EvTime){ t.tick + (int64_t)whole, off };
}

static int64_t bucket_of(const EvQueue *q, EvTime t) {
    if (q->shift >= 0) return t.tick >> q->shift;
    double scale = (double)(INT64_C(1) << -q->shift);
    return t.tick * (INT64_C(1) << -q->shift) + (int64_t)(t.off * scale);
}

static bool soon_before(EvSoon a, EvSoon b) { return ev_before(a.due, b.due) || (!ev_before(b.due, a.due) && a.id < b.id); }

static int soon_push(EvQueue *q, EvSoon s) {
    if (q->nsoon == q->capsoon) {
        int64_t cap = q->capsoon * 2 + 64;
        EvSoon *at = mem_resize(q->soon, (size_t)q->capsoon * sizeof *at, (size_t)cap * sizeof *at);
        if (!at) return -1;
        q->soon = at;
        q->capsoon = cap;
    }
    int64_t i = q->nsoon++;
    for (; i > 0 && soon_before(s, q->soon[(i - 1) / 2]); i = (i - 1) / 2) q->soon[i] = q->soon[(i - 1) / 2];
    q->soon[i] = s;
    return 0;
}

static void soon_pop(EvQueue *q) {
    EvSoon s = q->soon[--q->nsoon];
    int64_t i = 0;
    for (;;) {
        int64_t k = 2 * i + 1;
        if (k >= q->nsoon) break;
        if (k + 1 < q->nsoon && soon_before(q->soon[k + 1], q->soon[k])) k++;
        if (!soon_before(q->soon[k], s)) break;
        q->soon[i] = q->soon[k];
        i = k;
    }
    if (q->nsoon) q->soon[i] = s;
}

static void link_in(EvQueue *q, uint32_t id, int64_t bucket) {
    EvEntry *e = &q->entry[id];
    int64_t slot = bucket & (q->nslots - 1);
    uint32_t head = q->slot[slot];
    e->place = (int32_t)slot;
    e->prev = NOBODY;
    e->next = head;
    if (head != NOBODY) q->entry[head].prev = id;
    q->slot[slot] = id;
    q->pending++;
    if (bucket < q->earliest) q->earliest = bucket;
}

static void link_out(EvQueue *q, uint32_t id) {
    EvEntry *e = &q->entry[id];
    if (e->prev != NOBODY) q->entry[e->prev].next = e->next;
    else q->slot[e->place] = e->next;
    if (e->next != NOBODY) q->entry[e->next].prev = e->prev;
    q->pending--;
}

static int enter(EvQueue *q, uint32_t id) {
    EvEntry *e = &q->entry[id];
    int64_t bucket = bucket_of(q, e->due);
    if (bucket > q->current) { link_in(q, id, bucket); return 0; }
    e->place = QUEUE_SOON;
    return soon_push(q, (EvSoon){ e->due, id });
}

void queue_drop(EvQueue *q, uint32_t id) {
    EvEntry *e = &q->entry[id];
    if (e->place >= 0) link_out(q, id);
    e->place = QUEUE_NONE;                              // in the heap it is now a lie that nobody believes
}

// All entries into slots of another number or width.
static int rebuild(EvQueue *q, int64_t nslots, int shift, EvTime now) {
    uint32_t *slot = q->slot;
    if (nslots != q->nslots) {
        slot = mem_alloc((size_t)nslots * sizeof *slot);
        if (!slot) return 0;                            // slower, not wrong
    }
    uint32_t all = NOBODY;
    for (int64_t s = 0; s < q->nslots; s++)
        while (q->slot[s] != NOBODY) {
            uint32_t id = q->slot[s];
            link_out(q, id);
            q->entry[id].next = all;
            all = id;
        }
    if (slot != q->slot) mem_free(q->slot, (size_t)q->nslots * sizeof *slot);
    q->slot = slot;
    q->nslots = nslots;
    q->shift = shift;
    q->current = bucket_of(q, now);
    for (int64_t i = 0; i < q->nsoon; i++)              // what is due before the last of the heap belongs into the heap too
        if (bucket_of(q, q->soon[i].due) > q->current) q->current = bucket_of(q, q->soon[i].due);
    q->earliest = INT64_MAX;
    q->steps = q->moved = q->full = 0;
    memset(slot, 0xff, (size_t)nslots * sizeof *slot);
    while (all != NOBODY) {
        uint32_t id = all;
        all = q->entry[id].next;
        if (enter(q, id)) return -1;
    }
    return 0;
}

// Width for a few entries a bucket, if entries go on being as far apart as these: taken from what was met of late, else from what waits.
static int shift_for(const EvQueue *q, EvTime now, bool crowded) {
    double gap = 0, width = q->shift >= 0 ? (double)(INT64_C(1) << q->shift) : 1.0 / (double)(INT64_C(1) << -q->shift);
    if (!crowded && q->moved > 64) gap = width * (double)q->steps / (double)q->moved;
    else {
        double sum = 0;
        for (int64_t s = 0; s < q->nslots; s++)
            for (uint32_t id = q->slot[s]; id != NOBODY; id = q->entry[id].next) sum += fmin(ev_ticks(now, q->entry[id].due), 1e6);
        gap = 2 * sum / ((double)q->pending * (double)q->pending);
    }
    int shift = (int)floor(log2(6 * fmax(gap, 1e-12)));
    return shift < -30 ? -30 : shift > 30 ? 30 : shift;
}

// Too many entries for the slots, too many in a bucket, or too few. Rebuilding pays off before it is looked at again.
static int adjust(EvQueue *q, EvTime now) {
    int64_t nslots = q->nslots;
    bool crowded = q->pending > 4 * nslots;
    int shift = q->shift;
    while (q->pending > 2 * nslots && nslots < INT32_MAX / 2) nslots *= 2;
    if (crowded || q->moved > 8 * q->full || q->steps > 8 * q->moved + LOOK_EVERY / 2) shift = shift_for(q, now, crowded);
    if (!crowded && shift > q->shift - 2 && shift < q->shift + 2) shift = q->shift;
    q->steps = q->moved = q->full = 0;
    return nslots == q->nslots && shift == q->shift ? 0 : rebuild(q, nslots, shift, now);
}

static int64_t first_bucket(const EvQueue *q) {
    int64_t first = INT64_MAX;
    for (int64_t s = 0; s < q->nslots; s++)
        for (uint32_t id = q->slot[s]; id != NOBODY; id = q->entry[id].next) {
            int64_t b = bucket_of(q, q->entry[id].due);
            if (b < first) first = b;
        }
    return first;
}

static int open_bucket(EvQueue *q, int64_t bucket) {
    uint32_t id = q->slot[bucket & (q->nslots - 1)], ahead = q->slot[(bucket + 6) & (q->nslots - 1)];
    int64_t moved = q->moved;
    if (ahead != NOBODY) mem_ask(&q->entry[ahead]);
    while (id != NOBODY) {
        uint32_t next = q->entry[id].next;
        if (bucket_of(q, q->entry[id].due) == bucket) {
            link_out(q, id);
            q->entry[id].place = QUEUE_SOON;
            if (soon_push(q, (EvSoon){ q->entry[id].due, id })) return -1;
            q->moved++;
        }
        id = next;
    }
    q->full += q->moved > moved;
    return 0;
}

int queue_put(EvQueue *q, uint32_t id, EvTime due) {
    queue_drop(q, id);
    q->entry[id].due = due;
    if (due.tick >= INT64_MAX / 4) return 0;            // never
    return enter(q, id);
}

int64_t queue_first(EvQueue *q, EvTime limit, bool also) {
    for (;;) {
        while (q->nsoon) {
            EvSoon s = q->soon[0];
            const EvEntry *e = &q->entry[s.id];
            if (e->place == QUEUE_SOON && e->due.tick == s.due.tick && e->due.off == s.due.off)
                return ev_before(s.due, limit) || (also && !ev_before(limit, s.due)) ? (int64_t)s.id : -1;
            soon_pop(q);
        }
        int64_t last = bucket_of(q, limit), target = q->current + 1;
        if (q->current >= last) return -1;
        if (!q->pending || q->earliest > last) { q->current = last; return -1; }
        if (target < q->earliest) target = q->earliest;
        int64_t from = target, give_up = target + q->nslots;
        while (target <= last && target < give_up) {
            q->current = target;
            if (q->slot[target & (q->nslots - 1)] != NOBODY && open_bucket(q, target)) return -1;
            target++;
            if (q->nsoon) break;
        }
        q->earliest = target;
        q->steps += target - from;
        if (!q->nsoon && target == give_up) q->earliest = first_bucket(q);
        if (q->moved + q->steps > LOOK_EVERY + q->pending / 2 || q->pending > 4 * q->nslots)
            if (adjust(q, q->nsoon ? q->soon[0].due : (EvTime){ q->shift >= 0 ? q->current << q->shift : q->current >> -q->shift, 0 })) return -1;
    }
}

void queue_forget(EvEntry *entry, int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        entry[i].due = (EvTime){ INT64_MAX / 2, 0 };
        entry[i].place = QUEUE_NONE;
    }
}

void queue_clear(EvQueue *q, EvTime now) {
    memset(q->slot, 0xff, (size_t)q->nslots * sizeof *q->slot);
    q->nsoon = q->pending = q->steps = q->moved = q->full = 0;
    q->current = bucket_of(q, now);
    q->earliest = INT64_MAX;
}

int queue_open(EvQueue *q, EvEntry *shared, int64_t n, EvTime now) {
    *q = (EvQueue){ .n = n, .shared = shared != NULL, .nslots = SLOTS_MIN };
    q->entry = shared ? shared : mem_alloc((size_t)(n + 1) * sizeof *q->entry);
    q->slot = mem_alloc((size_t)q->nslots * sizeof *q->slot);
    if (!q->entry || !q->slot) return -1;
    if (!shared) queue_forget(q->entry, n);
    queue_clear(q, now);
    return 0;
}

void queue_close(EvQueue *q) {
    if (!q->shared) mem_free(q->entry, (size_t)(q->n + 1) * sizeof *q->entry);
    mem_free(q->slot, (size_t)q->nslots * sizeof *q->slot);
    mem_free(q->soon, (size_t)q->capsoon * sizeof *q->soon);
    *q = (EvQueue){0};
}
