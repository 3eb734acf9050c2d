// SPDX-License-Identifier: MIT
// When each neuron is to be looked at next: at most one time per neuron, which may be moved or taken away at no cost. A calendar of buckets of
// equal width, each a chain of chunks of numbers; the bucket of the present is a heap, so that many equal times do no harm. What a neuron is due for stands with the
// neuron alone: a number in a chunk or in the heap counts only if the neuron says the same, so moving and taking away never go to a chunk, and who opens a
// bucket knows who comes next and asks for their memory. Chunks lie anywhere: a number waits until some others have come before it is written down, while its chunk is on its way. Bucket widths are powers of two of a tick and follow the density of what is taken out, so the cost of an
// entry does not depend on how many wait.
//
// Time is a whole tick and an offset in [0, 1): as fine after 10^10 ticks as at 0. Order: time, then number of the neuron.
#ifndef SNN_EVENT_QUEUE_H
#define SNN_EVENT_QUEUE_H
#include <stdbool.h>
#include <stdint.h>

typedef struct EvTime { int64_t tick; double off; } EvTime;
static inline bool ev_before(EvTime a, EvTime b) { return a.tick != b.tick ? a.tick < b.tick : a.off < b.off; }
static inline double ev_ticks(EvTime from, EvTime to) { return (double)(to.tick - from.tick) + (to.off - from.off); }
EvTime ev_later(EvTime t, double ticks);               // t + ticks (>= 0); at 10^15 ticks and beyond: never comes

// place: bucket slot, or one of QUEUE_*.
typedef struct EvEntry {
    _Alignas(32) EvTime due; int32_t place;
    int32_t sure;                                      // SURE: due is a spike; else there is none before it; QUIET: and nothing has arrived since that was found
} EvEntry;
typedef struct EvSoon { EvTime due; uint32_t id; } EvSoon;
enum { QUEUE_CHUNK = 14, QUEUE_LATE = 8 };
typedef struct EvChunk { _Alignas(64) uint32_t next, n, id[QUEUE_CHUNK]; } EvChunk;
typedef void EvAskFn(void *self, uint32_t id);         // asks for the memory of a neuron that is due soon
typedef struct EvQueue {
    EvEntry *entry; int64_t n; bool shared;            // by neuron; shared: belongs to others
    uint32_t *slot; int64_t nslots; int shift;         // bucket = time in units of 2^shift ticks; slot = bucket mod nslots: its first chunk
    EvChunk *chunk; int64_t nchunks, capchunks; uint32_t spare;              // spare: chain of those that are free
    int64_t current, earliest, pending, written;       // buckets up to `current` are in the heap; none in a slot before `earliest`; entries in slots; numbers in chunks
    EvSoon *soon; int64_t nsoon, capsoon;              // the heap, with some entries that are no longer true
    struct { uint32_t id; int32_t slot; } late[QUEUE_LATE]; int64_t nlate;   // a ring of numbers on their way into chunks
    int64_t steps, moved, full;                        // since the width was last looked at: buckets passed, entries moved, buckets that had some
    EvAskFn *ask; void *self;
} EvQueue;
enum { QUEUE_NONE = -1, QUEUE_SOON = -2, QUEUE_MOVING = -3 };

int queue_open(EvQueue *q, EvEntry *shared, int64_t n, EvTime now);   // shared: entries that several queues share out, or NULL; -1: not enough memory
void queue_close(EvQueue *q);
int queue_put(EvQueue *q, uint32_t id, EvTime due);    // in place of what the neuron had
void queue_drop(EvQueue *q, uint32_t id);
// The first entry that is due before `limit` (at it: with `also`); -1: none.
int64_t queue_first(EvQueue *q, EvTime limit, bool also);
void queue_clear(EvQueue *q, EvTime now);             // its entries: queue_forget
void queue_forget(EvEntry *entry, int64_t n);
static inline bool queue_has(const EvQueue *q, uint32_t id) { return q->entry[id].place != QUEUE_NONE; }
#endif
