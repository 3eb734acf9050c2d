// SPDX-License-Identifier: MIT
// See event_queue.h. Source of the idea: R. Brown 1988, Calendar queues, CACM 31.
#include "core/event_queue.h"
#include "core/port.h"
#include <math.h>
#include <string.h>

enum { NOBODY = UINT32_MAX, SLOTS_MIN = 256, LOOK_EVERY = 4096, LIES = 1 << 14, BUCKET_LEAST = 8, BUCKETS_MOST = 4096, AHEAD = 3, WIDE = 32 };

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

// ---- chunks ----

// Room for so many chunks more, whatever is spare.
static int chunk_room(EvQueue *q, int64_t more) {
    if (q->nchunks + more <= q->capchunks) return 0;
    int64_t cap = q->capchunks * 2 + 256;
    EvChunk *at = mem_alloc((size_t)cap * sizeof *at);
    if (!at) return -1;
    if (q->nchunks) memcpy(at, q->chunk, (size_t)q->nchunks * sizeof *at);
    mem_free(q->chunk, (size_t)q->capchunks * sizeof *at);
    q->chunk = at;
    q->capchunks = cap;
    return 0;
}

static uint32_t chunk_new(EvQueue *q) {
    if (q->spare != NOBODY) {
        uint32_t c = q->spare;
        q->spare = q->chunk[c].next;
        return c;
    }
    return chunk_room(q, 1) ? NOBODY : (uint32_t)q->nchunks++;
}

static int write_down(EvQueue *q, int64_t slot, uint32_t id) {
    uint32_t c = q->slot[slot];
    if (c == NOBODY || q->chunk[c].n == QUEUE_CHUNK) {
        uint32_t more = chunk_new(q);
        if (more == NOBODY) return -1;
        q->chunk[more].next = c;
        q->chunk[more].n = 0;
        q->slot[slot] = c = more;
    }
    q->chunk[c].id[q->chunk[c].n++] = id;
    q->written++;
    return 0;
}

// Numbers that wait are written down now: all, or before their bucket is opened those of a slot. There is room for them (write_later).
static void settle_late(EvQueue *q, int64_t slot) {
    int64_t kept = 0;
    for (int64_t i = 0; i < q->nlate; i++) {
        if (slot < 0 || q->late[i].slot == slot) (void)write_down(q, q->late[i].slot, q->late[i].id);
        else q->late[kept++] = q->late[i];
    }
    q->nlate = kept;
}

// First the slot is asked for, when some others have come its chunk.
static int write_later(EvQueue *q, int64_t slot, uint32_t id) {
    if (chunk_room(q, QUEUE_LATE + 1)) return -1;
    if (q->nlate == QUEUE_LATE) {
        for (int64_t i = 0; i < QUEUE_LATE / 2; i++) (void)write_down(q, q->late[i].slot, q->late[i].id);
        memmove(q->late, q->late + QUEUE_LATE / 2, sizeof q->late / 2);
        q->nlate = QUEUE_LATE / 2;
        for (int64_t i = 0; i < q->nlate; i++) {
            uint32_t c = q->slot[q->late[i].slot];
            if (c != NOBODY) mem_ask(&q->chunk[c]);
        }
    }
    mem_ask(&q->slot[slot]);
    q->late[q->nlate].id = id;
    q->late[q->nlate++].slot = (int32_t)slot;
    return 0;
}

static int enter(EvQueue *q, uint32_t id) {
    EvEntry *e = &q->entry[id];
    int64_t bucket = bucket_of(q, e->due);
    if (bucket <= q->current) {
        e->place = QUEUE_SOON;
        return soon_push(q, (EvSoon){ e->due, id });
    }
    e->place = (int32_t)(bucket & (q->nslots - 1));
    q->pending++;
    if (bucket < q->earliest) q->earliest = bucket;
    return write_later(q, e->place, id);
}

void queue_drop(EvQueue *q, uint32_t id) {
    EvEntry *e = &q->entry[id];
    if (e->place >= 0) q->pending--;
    e->place = QUEUE_NONE;                              // where it is written it is now a lie that nobody believes
}

// ---- widths ----

// The numbers in chunks that are true, once each; they are in no slot any more.
static int64_t take_all(EvQueue *q, uint32_t *all) {
    int64_t n = 0;
    for (int64_t i = 0; i < q->nlate; i++) {
        EvEntry *e = &q->entry[q->late[i].id];
        if (e->place != q->late[i].slot) continue;
        e->place = QUEUE_MOVING;
        all[n++] = q->late[i].id;
    }
    q->nlate = 0;
    for (int64_t s = 0; s < q->nslots; s++)
        for (uint32_t c = q->slot[s]; c != NOBODY; c = q->chunk[c].next)
            for (uint32_t k = 0; k < q->chunk[c].n; k++) {
                EvEntry *e = &q->entry[q->chunk[c].id[k]];
                if (e->place != s) continue;
                e->place = QUEUE_MOVING;
                all[n++] = q->chunk[c].id[k];
            }
    return n;
}

// All entries into slots of another number or width. Slower without, not wrong, where memory is missing.
static int rebuild(EvQueue *q, int64_t nslots, int shift, int64_t current) {
    uint32_t *all = mem_alloc((size_t)(q->pending + 1) * sizeof *all), *slot = nslots == q->nslots ? q->slot : mem_alloc((size_t)nslots * sizeof *slot);
    if (!all || !slot) {
        mem_free(all, (size_t)(q->pending + 1) * sizeof *all);
        if (slot != q->slot) mem_free(slot, (size_t)nslots * sizeof *slot);
        return 0;
    }
    size_t bytes = (size_t)(q->pending + 1) * sizeof *all;
    int64_t n = take_all(q, all);
    if (slot != q->slot) mem_free(q->slot, (size_t)q->nslots * sizeof *slot);
    q->slot = slot;
    q->nslots = nslots;
    q->shift = shift;
    q->current = current;
    for (int64_t i = 0; i < q->nsoon; i++)              // what is due before the last of the heap belongs into the heap too
        if (bucket_of(q, q->soon[i].due) > q->current) q->current = bucket_of(q, q->soon[i].due);
    q->earliest = INT64_MAX;
    q->steps = q->moved = q->full = q->pending = q->written = q->nchunks = 0;
    q->spare = NOBODY;
    memset(slot, 0xff, (size_t)nslots * sizeof *slot);
    int failed = 0;
    for (int64_t i = 0; i < n && !failed; i++) failed = enter(q, all[i]);
    mem_free(all, bytes);
    return failed;
}

// How many entries a bucket should have: few, so that the heap stays low, but no more buckets than a cache holds the ends of.
static double crowd(const EvQueue *q) { return fmax(BUCKET_LEAST, (double)q->pending / BUCKETS_MOST); }

// Width for so many entries a bucket, if they go on being as far apart as these: taken from what was met of late, else from what waits.
static int shift_for(const EvQueue *q, EvTime now, bool crowded) {
    double gap = 0, width = q->shift >= 0 ? (double)(INT64_C(1) << q->shift) : 1.0 / (double)(INT64_C(1) << -q->shift);
    if (!crowded && q->moved > 64) gap = width * (double)q->steps / (double)q->moved;
    else {
        double sum = 0, n = 0;
        for (int64_t s = 0; s < q->nslots; s++)
            for (uint32_t c = q->slot[s]; c != NOBODY; c = q->chunk[c].next)
                for (uint32_t k = 0; k < q->chunk[c].n; k++) {
                    const EvEntry *e = &q->entry[q->chunk[c].id[k]];
                    if (e->place != s) continue;
                    sum += fmin(ev_ticks(now, e->due), 1e6);
                    n++;
                }
        gap = 2 * sum / (n * (double)q->pending);
    }
    int shift = (int)floor(log2(crowd(q) * fmax(gap, 1e-12)));
    return shift < -30 ? -30 : shift > 30 ? 30 : shift;
}

static bool too_many(const EvQueue *q) { return (double)q->pending > 0.5 * crowd(q) * (double)q->nslots; }

// Too many entries for the slots, too many in a bucket, or too few. Rebuilding pays off before it is looked at again.
static int adjust(EvQueue *q, EvTime now) {
    int64_t nslots = q->nslots;
    settle_late(q, -1);
    bool crowded = too_many(q);
    int shift = q->shift;
    while ((double)q->pending > 0.25 * crowd(q) * (double)nslots && nslots < INT32_MAX / 2) nslots *= 2;
    if (crowded || (double)q->moved > 1.5 * crowd(q) * (double)q->full || 8 * q->moved + LOOK_EVERY / 2 < q->steps) shift = shift_for(q, now, crowded);
    if (!crowded && shift > q->shift - 2 && shift < q->shift + 2) shift = q->shift;
    q->steps = q->moved = q->full = 0;
    if (nslots == q->nslots && shift == q->shift) return 0;
    EvQueue other = { .shift = shift };
    return rebuild(q, nslots, shift, bucket_of(&other, now));
}

static int64_t first_bucket(EvQueue *q) {
    int64_t first = INT64_MAX;
    settle_late(q, -1);
    for (int64_t s = 0; s < q->nslots; s++)
        for (uint32_t c = q->slot[s]; c != NOBODY; c = q->chunk[c].next)
            for (uint32_t k = 0; k < q->chunk[c].n; k++) {
                const EvEntry *e = &q->entry[q->chunk[c].id[k]];
                if (e->place == s && bucket_of(q, e->due) < first) first = bucket_of(q, e->due);
            }
    return first;
}

// ---- the present ----

// Neurons of buckets to come are asked for, then their states. What buckets with many entries ask for must not push out what others have asked for.
static void ask_ahead(EvQueue *q, int64_t bucket) {
    int ahead = crowd(q) > WIDE ? 1 : AHEAD;
    int64_t mask = q->nslots - 1;
    uint32_t far = q->slot[(bucket + ahead + 2) & mask];
    if (far != NOBODY) mem_ask(&q->chunk[far]);
    for (uint32_t c = q->slot[(bucket + ahead) & mask]; c != NOBODY; c = q->chunk[c].next)
        for (uint32_t k = 0; k < q->chunk[c].n; k++) mem_ask(&q->entry[q->chunk[c].id[k]]);
    for (uint32_t c = q->slot[(bucket + ahead / 2) & mask]; q->ask && c != NOBODY; c = q->chunk[c].next)
        for (uint32_t k = 0; k < q->chunk[c].n; k++) q->ask(q->self, q->chunk[c].id[k]);
}

static int open_bucket(EvQueue *q, int64_t bucket) {
    int64_t slot = bucket & (q->nslots - 1), moved = q->moved;
    uint32_t c = q->slot[slot];
    int failed = 0;
    ask_ahead(q, bucket);
    q->slot[slot] = NOBODY;
    while (c != NOBODY && !failed) {
        EvChunk k = q->chunk[c];                        // chunks may move
        q->chunk[c].next = q->spare;
        q->spare = c;
        q->written -= k.n;
        for (uint32_t i = 0; i < k.n && !failed; i++) {
            EvEntry *e = &q->entry[k.id[i]];
            if (e->place != slot) continue;
            if (bucket_of(q, e->due) != bucket) { failed = write_down(q, slot, k.id[i]); continue; }   // of another turn of the calendar
            e->place = QUEUE_SOON;
            q->pending--;
            q->moved++;
            failed = soon_push(q, (EvSoon){ e->due, k.id[i] });
        }
        c = k.next;
    }
    q->full += q->moved > moved;
    return failed;
}

int queue_put(EvQueue *q, uint32_t id, EvTime due) {
    EvEntry *e = &q->entry[id];
    if (e->place >= 0 && due.tick < INT64_MAX / 4 && bucket_of(q, due) == bucket_of(q, e->due)) { e->due = due; return 0; }
    queue_drop(q, id);
    e->due = due;
    if (due.tick >= INT64_MAX / 4) return 0;            // never
    if (q->written > 4 * q->pending + LIES && rebuild(q, q->nslots, q->shift, q->current)) return -1;
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
            settle_late(q, target & (q->nslots - 1));
            if (q->slot[target & (q->nslots - 1)] != NOBODY && open_bucket(q, target)) return -1;
            target++;
            if (q->nsoon) break;
        }
        q->earliest = target;
        q->steps += target - from;
        if (!q->nsoon && target == give_up) q->earliest = first_bucket(q);
        if (q->moved + q->steps > LOOK_EVERY + q->pending / 2 || too_many(q))
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
    q->nsoon = q->nlate = q->pending = q->written = q->nchunks = q->steps = q->moved = q->full = 0;
    q->spare = NOBODY;
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
    mem_free(q->chunk, (size_t)q->capchunks * sizeof *q->chunk);
    mem_free(q->soon, (size_t)q->capsoon * sizeof *q->soon);
    *q = (EvQueue){0};
}
