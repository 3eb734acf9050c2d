// SPDX-License-Identifier: MIT
// What the compiler hands to the runtime: one constant SnnProgram made of tables and function pointers. gen/ fills these
// structs as LLVM constants, in this order of members; every member has 8 bytes (pointer, int64, double; a pointer of 32 bits the
// first four of them, hence the _Alignas), so that layouts agree. (The embedded targets use their own, smaller contract.)
#ifndef SNN_PROGRAM_H
#define SNN_PROGRAM_H
#include <stdint.h>

#define SNN_ABI_VERSION 1

typedef struct SnnCtx SnnCtx;         // what kernels see of one constructed network
struct SnnCtx {
    _Alignas(8) void **F;                         // base pointer of every field (REAL: double or float; TICK: int64 or int32), 64-byte aligned, padded to 64 bytes past the end
    _Alignas(8) const double *K;                  // constants table
    int64_t step;                     // running step
    double dt, t;                     // ms; t = start of the running step (t_start + step*dt)
    uint64_t seed;                    // key of all draws (already mixed with the sweep's stream)
    _Alignas(8) const double *const *A;           // data arrays
    _Alignas(8) void *runtime;                    // opaque to kernels
};

// One block of a projection: targets [tgt_lo, tgt_hi) of the projection's target slice. Rows of a spiking source neuron i: synapses with
// delay class d are entries row[(i - src_lo)*nclass + d] .. row[(i - src_lo)*nclass + d + 1].
typedef struct SnnBlock {
    int64_t src_lo, tgt_lo, tgt_hi;   // global indices
    int64_t nclass;                   // delay classes (1 when uniform)
    _Alignas(8) const uint32_t *row;              // SPARSE: offsets as above (one more than nsrc*nclass); else NULL
    _Alignas(8) const uint32_t *col;              // SPARSE: target index minus tgt_lo
    _Alignas(8) void **S;                         // per-synapse fields of this block, by position in SnnProj.fields; DENSE: synapse = (i - src_lo)*(tgt_hi - tgt_lo) + (j - tgt_lo); ONE_TO_ONE: i - src_lo
    _Alignas(8) const uint32_t *colptr;           // incoming synapses of target j: colptr[j - tgt_lo] .. (only when the projection has on_post_syn and is SPARSE)
    _Alignas(8) const uint32_t *colsyn, *colsrc;  // synapse entry and source index (global), in the order of sources
    int64_t src_hi; int64_t nsyn;
    int64_t tgt_base;                 // ONE_TO_ONE: target = source - src_lo + tgt_base
} SnnBlock;

typedef struct SnnField { _Alignas(8) const char *name, *unit; int64_t elem /* 0 real, 1 tick */, role /* FieldRole */, owner_kind /* 0 population, 1 projection */, owner; double unit_scale;
    int64_t fixed /* 1: a 32-bit fixed-point number, value * fixed_scale, from least to most; 0: floating point */; double fixed_scale; int64_t fixed_least, fixed_most;
    int64_t ranged; double lo, hi /* as in SnnParam: of a parameter of neurons or synapses */; } SnnField;
typedef struct SnnParam { _Alignas(8) const char *path, *unit; int64_t slot; double def, lo, hi; int64_t ranged; double unit_scale; int64_t dim_key; } SnnParam;   // def in coherent units; value shown = def / unit_scale
// spikes: kernel appends global indices of spiking neurons of [lo, hi) to out[port] + count[port]; lo is a multiple of 64
typedef void SnnInitFn(SnnCtx *c, int64_t lo, int64_t hi);
typedef void SnnStepFn(SnnCtx *c, int64_t lo, int64_t hi, uint32_t *const *out, int64_t *count);
typedef void SnnDeliverFn(SnnCtx *c, const SnnBlock *b, const uint32_t *spikes, int64_t n, int64_t delay_class);
// A piece of a row of a bundle: what one source does with one delay. n entries: field after field, then targets of 16 bits, counted from `lo` of the bundle's targets.
typedef struct SnnPiece { _Alignas(8) const void *at; _Alignas(8) uint32_t n; uint32_t lo; } SnnPiece;
typedef void SnnPiecesFn(SnnCtx *c, int64_t tgt_lo, const SnnPiece *pieces, int64_t n);      // tgt_lo: where the bundle's targets begin, seen from the projection's own target
typedef void SnnJumpFn(SnnCtx *c, const uint32_t *spikes, int64_t n);
typedef void SnnAdvanceFn(SnnCtx *c, const SnnBlock *b);
// construction: one row of candidate or final targets of source i (global indices)
// copy[k] numbers several synapses of one pair (NULL: all 0) and is part of the draws' counter
typedef void SnnPairFn(SnnCtx *c, int64_t src, const uint32_t *tgt, const uint32_t *copy, int64_t n, double *out);   // probability, or delay in steps
typedef void SnnRowInitFn(SnnCtx *c, int64_t src, const uint32_t *tgt, const uint32_t *copy, int64_t first, int64_t n, void **S);   // sets the per-synapse fields at entries first.. of S

// What the event engine needs of a population (compiler/net/net.h: NetEvent). A value that stands between events is coded as
// 2*slot + 2 (of K) or 2*field + 3 (differs between neurons; `constants` fills it), 0: absent.
// One of several spike rules, or one with a time or a condition beside its level: its spikes go to the port of its number.
enum { SNN_RULE_LEVEL, SNN_RULE_HOLDS, SNN_RULE_TIMED };
#define SNN_RULE_NEVER 1e299                                      // at and beyond: never; at minus this and below: now
typedef struct SnnRule {
    int64_t kind; _Alignas(8) const int64_t *w; int64_t level, refractory;    // as in SnnEvent
    int64_t at, past;                                             // fields: its next moment in ms since `present` (a level: may it spike?); TIMED: times up to there are over
    _Alignas(8) SnnInitFn *reset;
} SnnRule;
typedef struct SnnEvent {
    int64_t n; _Alignas(8) const int64_t *state, *buffer;         // fields; field + 1 of jumps that wait, or 0
    _Alignas(8) const int64_t *a, *b, *w;                         // n*n; n; n, or NULL: all coded
    int64_t level, rate, refractory, held, edge;      // coded; coded; coded; bits of states that stand still meanwhile; what is above the level already does not spike
    int64_t square, square_at[2];                     // state + 1 whose slope is quadratic, x' = [0] x^2 + [1] x + b, coded; 0: none
    _Alignas(8) SnnInitFn *constants, *reset, *presented, *computed;   // of neurons [lo, hi); reset: at an own spike. NULL when empty
    _Alignas(8) void (*exp)(double *x, int64_t n);                // x[i] <- e^x[i] - 1, in whole vectors: room for 8 more. In single precision of floats, e^x[i], room for 16
    int64_t nrules; _Alignas(8) const SnnRule *rule;              // then level, rate, reset and refractory above are empty
    _Alignas(8) SnnInitFn *rule_times, *settle;                   // fills the `at` of all rules; after something has happened
    int64_t since;                                                // field + 1 of the time since `present`, to be filled before any of these runs; 0: nobody reads it
    _Alignas(8) float (*wait)(uint64_t seed, uint32_t id, uint32_t pop, uint32_t count);      // single precision: what a Poisson process waits for, in units of its mean; else NULL
    _Alignas(8) const int64_t *a_low, *b_low; int64_t square_low[2];      // coded: what rounding takes from a, b and square_at
} SnnEvent;
typedef struct SnnPop {
    _Alignas(8) const char *path, *model; int64_t n, rank, shape[4];
    int64_t nports; _Alignas(8) const char *const *ports;
    _Alignas(8) SnnInitFn *init, *derive;         // derive may be NULL
    _Alignas(8) SnnStepFn *step;
    int64_t value_field, present_field, rank_field;   // field + 1 or 0
    int64_t is_encoder, is_decoder;
    int64_t step_cost;                // rough instructions per neuron, for sharing out work
    _Alignas(8) const SnnEvent *event;            // NULL: on the clock
    int64_t chance_slot;              // K slot + 1 of the chance of a spike in a step, where it is one number and draws alone decide; 0: none
} SnnPop;
typedef struct SnnProj {
    _Alignas(8) const char *path, *rule_name; int64_t src, tgt, src_lo, src_hi, tgt_lo, tgt_hi, port;
    int64_t rule, nargs, arg_slot[4]; int64_t allow_self, allow_multiple; _Alignas(8) const char *file;
    _Alignas(8) SnnPairFn *pair_prob;             // or NULL
    int64_t layout, uniform_delay, delay_slot;        // uniform: K slot holding the delay in steps (a real, rounded by the runtime), else pair_delay
    _Alignas(8) SnnPairFn *pair_delay;
    int64_t nfields; _Alignas(8) const int64_t *fields;           // global field ids, ROLE_WEIGHT first when present
    _Alignas(8) SnnRowInitFn *row_init;           // NULL when nfields = 0
    _Alignas(8) SnnDeliverFn *deliver; _Alignas(8) SnnJumpFn *pre_jump, *post_jump; _Alignas(8) SnnDeliverFn *post; _Alignas(8) SnnAdvanceFn *advance;   // NULL when empty; post: spikes are targets
    int64_t reads_pre;                // deliver, post, advance or collect read fields of the source population that its step kernel writes
    int64_t stream;                   // stream number of the connectivity draws
    int64_t may_queue;                // deliver reads nothing of the source, and of the synapse only fields that no program of the projection writes
    int64_t procedural;               // rows are not kept
    int64_t post_delay_slot;          // K slot + 1 of the steps after which a target's spike runs post and post_jump (see docs/internals.md), 0: at once
    int64_t bundle; _Alignas(8) SnnPiecesFn *pieces;  // projections of one class (0: none) differ in their targets alone, and may be delivered as one
    int64_t nreach; _Alignas(8) const int64_t *reach; // fields of the target that `pieces` uses, in the order of the class
    _Alignas(8) SnnAdvanceFn *collect; // each step after `advance`: sums over all sources, what each target takes of them; or NULL
} SnnProj;
typedef struct SnnNet {
    _Alignas(8) const char *name; int64_t nk; _Alignas(8) void (*setup)(double *K, const unsigned char *is_set);   // is_set[slot]: keep K[slot] as given
    int64_t nparams; _Alignas(8) const SnnParam *params;
    int64_t nfields; _Alignas(8) const SnnField *fields;
    int64_t npops; _Alignas(8) const SnnPop *pops; int64_t nprojs; _Alignas(8) const SnnProj *projs;
    int64_t narrays; _Alignas(8) const double *const *arrays; _Alignas(8) const int64_t *array_len;
} SnnNet;
typedef struct SnnX SnnX;             // a running experiment (runtime/host)
typedef struct SnnExperiment { _Alignas(8) const char *name, *doc; _Alignas(8) void (*body)(SnnX *x, int64_t *frame); int64_t frame_slots; } SnnExperiment;
typedef struct SnnProgram {
    int64_t abi_version, real_bits; _Alignas(8) const char *file, *version, *source_hash;
    int64_t nnets; _Alignas(8) const SnnNet *nets; int64_t nexperiments; _Alignas(8) const SnnExperiment *experiments;
    _Alignas(8) const char *profile;              // "fma" or "plain"
    int64_t fixed;                    // reals of neurons and synapses are 32-bit fixed-point numbers, real_bits is 32
    int64_t without_trains;           // no experiment asks for intervals, correlations or rates over time: spikes need not be kept in memory
} SnnProgram;
#endif
