// SPDX-License-Identifier: MIT
// The event engine in single precision: what small machines run, and what `--precision float --engine event` runs on the host, from the same source
// (event32_engine.h), so that both give the same bits. Ideas and words are those of event.h; what differs is what little memory asks for:
//
//   - A moment is a whole number of 2^-24 ticks, which is as fine as a float offset, and 64 bits compare and add exactly without an FPU.
//   - Tables of a population (modes, chains) have the size that they need, and stand in constant memory.
//   - The queue is a heap of neurons: one entry each, so it cannot overflow. The spikes under way are rings of fixed size on a small machine; a spike
//     that finds no room is counted. Nothing is allocated.
//
// What the engine keeps lies in the network's state, at places that Ev32Net names.
#ifndef SNN_EVENT32_H
#define SNN_EVENT32_H
#include <stdbool.h>
#include <stdint.h>

typedef int64_t Ev32Time;
enum { EV32_SHIFT = 24, EV32_STATES = 12, EV32_RATES = 8 /* of one part */, EV32_CHAIN = 14 };
#define EV32_NEVER INT64_MAX
#if UINTPTR_MAX > UINT32_MAX
typedef uint32_t Ev32Id;
#else
typedef uint16_t Ev32Id;                               // of a neuron or cursor
#endif
typedef uintptr_t Ev32At;                              // a place: distance from the state's begin (on the host: an address)
#define EV32_NOWHERE ((Ev32At)-1)

enum { EV32_ONE = 1, EV32_POWER, EV32_APART, EV32_CLOSE };
typedef struct Ev32Part { uint32_t kind, m, low, high, rates; float inverse, spread; } Ev32Part;      // rates: the first of m + 1
typedef struct Ev32Term { uint16_t part, source; float c; } Ev32Term;
typedef struct Ev32Modes { uint32_t nrates, nparts; const float *rate; const Ev32Part *part; const float *part_rate; const uint16_t *first; const Ev32Term *term; } Ev32Modes;   // part: those from nrates on
typedef struct Ev32Chain { uint32_t m; const float *rate, *bound; const uint16_t *first; const Ev32Term *term; } Ev32Chain;     // source: state, n + slope, 2 n: the level
enum { EV32_ABSENT, EV32_NUMBER, EV32_SHARED, EV32_EACH };
typedef struct Ev32Const { uint32_t kind; float value; Ev32At at; } Ev32Const;

typedef struct Ev32Pop {
    uint32_t n, states, base /* number of neuron 0 */, log, held, has_level, has_buffer, lone;
    float patience;
    Ev32Modes free, still; Ev32Chain zero, peak, slope;   // still: while held
    const Ev32At *x, *buffer;                          // by state; NOWHERE: no buffer
    const Ev32Const *b; Ev32Const level, rate, refractory;
    Ev32At until, count;                               // Ev32Time, uint32_t by neuron, or NOWHERE
    void (*reset)(void), (*constants)(void);           // as event32_engine.h's user calls them; NULL: none
} Ev32Pop;
enum { EV32_SPARSE, EV32_DENSE, EV32_ONE_TO_ONE };
typedef struct Ev32Proj {
    uint32_t src, tgt, src_lo, src_hi, tgt_lo, tgt_hi, layout, nclass, tgt_base, touch_src /* an arrival reads the source */, reads_pre;
    uint32_t row_bytes, col_bytes, colptr_bytes, colsrc_bytes;
    const void *row, *col, *colptr, *colsrc;
    void (*deliver)(void), (*pre_jump)(void), (*post)(void), (*post_jump)(void);
} Ev32Proj;
typedef struct Ev32Cursor { uint32_t proj, class, log; Ev32Time delay; } Ev32Cursor;       // in the order of projections
typedef struct Ev32Log { uint32_t cap; Ev32At at, id, head; } Ev32Log;                     // Ev32Time, Ev32Id [cap]; head: uint32_t
typedef struct Ev32Due { Ev32Time at; uint32_t pop, id; } Ev32Due;
typedef struct Ev32Port { uint32_t pop, lo, n, told; } Ev32Port;                           // neurons whose spikes the outside makes or, if told, is told

typedef struct Ev32Core {
    Ev32Time now, same_at; uint32_t same_id, same; // spikes without end
    uint32_t heap, ready;                              // entries
    uint32_t emitted, lost, events, told;              // told: spikes in the list for the outside
    uint32_t endless;                                  // number + 1 of a neuron that spikes without end
} Ev32Core;
typedef struct Ev32Net {
    uint32_t npops, nprojs, ncursors, nlogs, neurons, nemitted, nports, list_cap, list_full;    // list_full: with more, a spike that several ports tell may not fit
    float ms, units;                                   // of one 2^-24 tick; such ticks in a ms
    uint64_t seed;
    const Ev32Pop *pop; const Ev32Proj *proj; const Ev32Cursor *cursor; const Ev32Log *log; const Ev32Due *emitted; const Ev32Port *port;    // emitted: by time
    Ev32At core, due, last, heap, place, sure;         // due, last: Ev32Time; heap, place: Ev32Id; sure: uint8_t; by neuron
    Ev32At position, left, ready;                      // uint32_t, uint32_t, Ev32Id by cursor
    Ev32At scratch;                                    // floats: parts, then points of the search
    Ev32At list;                                       // Ev32Told [list_cap]
} Ev32Net;
typedef struct Ev32Told { Ev32Time at; uint32_t port, id; } Ev32Told;

// event32_tables.c: from the matrices in double precision (event_modes.h).
struct EvModes;
typedef struct Ev32Tables Ev32Tables;
Ev32Tables *event32_tables(uint32_t n, const double *a, const double *w /* NULL: no threshold */, uint64_t held, const bool *has_b, Ev32Pop *out);   // NULL: chained too long, or no memory
void event32_tables_free(Ev32Tables *t);
uint32_t event32_scratch(const Ev32Pop *p, uint32_t npops);      // floats
#endif
