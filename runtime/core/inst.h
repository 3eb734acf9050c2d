// SPDX-License-Identifier: MIT
// One constructed network. inst_new evaluates the constants table, allocates and initialises the fields and builds the projections;
// inst_run moves it through time. Used by the experiment layer and, in-process, by tests.
//
//     InstOptions o = { .dt = 0.1, .seed = 1, .threads = 2, .real_bits = 64 };
//     SnnError err = {0};
//     SnnInst *in = inst_new(&program.nets[0], &o, &err);
//     observe_spikes(in, 0, 0, 0, n, on_spikes, me);
//     inst_run(in, 10000, NULL, &err);
//     inst_free(in);
//
// Work is shared by target ranges: member m of the team owns neurons [cut[m], cut[m+1]) of every population, all blocks onto them,
// and writes nothing else, so sums run in one order whatever the number of threads.
//
// Time within step k:  spikes found are stamped k+1 and kept in slot k & mask of the population's history; a spike of step e
// arrives over a delay of m steps in step e + 1 + m. A slot holds one list per port and member, each ascending.
#ifndef SNN_INST_H
#define SNN_INST_H
#include "core/connect/levels.h"
#include "core/observe.h"
#include "core/port.h"
#include "core/seen.h"
#include "snn_program.h"
#include <stdatomic.h>
#include <stdbool.h>

// Roles of fields (SnnField.role), as the compiler numbers them.
enum { INST_STATE, INST_PARAM, INST_DERIVED, INST_INPUT, INST_DRIVE, INST_LUMPED, INST_TRACE, INST_WEIGHT, INST_HIDDEN, INST_LET, INST_VALUE, INST_POSITION };
enum { LAYOUT_SPARSE, LAYOUT_DENSE, LAYOUT_ONE_TO_ONE };
enum { INST_CHECK_EVERY = 1000 };               // steps between looks for values that are no numbers

typedef struct InstOptions {
    double dt; uint64_t seed; int threads, real_bits;
    const double *K; const unsigned char *is_set;        // overrides by slot, or NULL
    int share;                                           // members a thread, 0: what seems best
    SnnLevels levels;                                    // of weights of connections that do not learn
    int64_t bundle;                                      // least row length of a bundle, 0: what seems best, -1: none
    SnnSeen *seen;                                       // a calibration run notes its bounds there; one thread
} InstOptions;

typedef struct SpikeList { uint32_t *at; int64_t n, cap; } SpikeList;
typedef struct PopState {
    int64_t *cut;                               // members + 1 bounds
    SpikeList *list;                            // [slot][port][thread]
    int64_t mask;                               // slots - 1, slots a power of two
    int64_t *spikes;                            // by member: found so far on port 0
    int64_t *ask, nask;                         // projections from here whose rows are asked for ahead (ask.h)
    SpikeList due; int64_t *due_step;           // spikes to be emitted: ascending (step found, index)
} PopState;
typedef struct ProjState {
    SnnBlock *block;                            // one per member; empty: nsyn = 0
    int64_t nclass; uint32_t *delay;            // delay in steps of each class, ascending
    int64_t max_delay; bool built;
    int64_t reach;                              // entries of a row and class that are asked for before they are needed
    struct SnnProcedural *procedural; int64_t implied;   // rows are drawn when they are needed (connect/procedural.h); how many synapses that stands for
    double **late, *least;                      // NULL, or by member and synapse: ticks that its delay lies behind its class, and the least of each class (connect/late.c)
    bool queued; int64_t queue_mask;            // arrivals wait in queues (queue.h), slots a power of two
    size_t *field_bytes;                        // of one entry
    double *level; int64_t nlevel;              // weights of few bits: what one level is, for all or for each target; NULL: they are as drawn
    struct SnnBundle *bundle;                   // delivered together with others (bundle.h): blocks are empty; NULL: by itself
} ProjState;
typedef void InstFillFn(SnnCtx *c, const int64_t *frame, int64_t lo, int64_t hi, double *out);   // out[0] belongs to neuron lo
typedef struct Drive { int64_t field, lo, hi, from, until; double value; InstFillFn *fn; int64_t *frame; bool moves; } Drive;   // frame: malloc'ed, the drive's own; moves: fn differs from step to step
typedef struct SpikeObserver { int64_t handle, pop, port, lo, hi; SnnSpikeFn *fn; void *self; } SpikeObserver;
typedef struct SampleObserver { int64_t handle, every; SnnSampleFn *fn; void *self; } SampleObserver;
// Who wants to see a network as it is run: at the begin and the end of each inst_run, and in each step when the experiment's drives are in place.
typedef struct InstTap { void (*begin)(void *self, SnnInst *in, int64_t steps); void (*driven)(void *self, SnnInst *in, int64_t step);
                         void (*end)(void *self, SnnInst *in); void *self; } InstTap;
typedef struct Member {                         // what one thread needs, apart from the others' cache lines
    _Alignas(64) SnnCtx ctx;
    uint32_t **out; int64_t *count; uint32_t *scratch; int64_t scratch_cap;
    double *drive; int64_t drive_cap;
    int64_t events, plastic;
    int64_t known, known_before;                // lists of all members are complete before this step (between the last two barriers; between those before)
} Member;

struct SnnEvents; struct SnnEvents32;           // event.h, event32_host.h
struct SnnInst {
    const SnnNet *net; int real_bits; size_t real_bytes;
    double *K; unsigned char *is_set; void **F;
    SnnCtx ctx;                                 // for set-up and the calling thread
    SnnTeam *team; int threads, share, members; // each thread has `share` members, one after the other
    Member *member;
    PopState *pop; ProjState *proj;
    int64_t step; double dt;
    bool queued; struct SnnQueues *queues;      // some projection has queues; by member
    SnnSeen *seen; SnnLevels levels;
    struct SnnBundle *bundle; int64_t nbundles, *axis, *line;    // by population: number of neuron 0 on the axis; by field: equal for those in line
    struct Way *way; int64_t nways;             // arrive.c: one member; none: each step looks everything up
    bool stale;                                 // queues no longer hold what history and synapses say
    int64_t apart;                              // steps that members may be apart: a barrier after so many
    bool sync;                                  // phases of a step need barriers: somebody reads another member's neurons
    const SnnProj *rounded;         // the first one whose delays were no whole numbers of steps; NULL: none
    Drive *drive; int64_t ndrives, capdrives;
    SpikeObserver *spike_observer; int64_t nspike_observers;
    SampleObserver *sample_observer; int64_t nsample_observers; int64_t next_handle;
    struct SnnEvents *events;                   // NULL: all populations are on the clock
    struct SnnEvents32 *events32;               // the same in single precision: then all populations are on events
    const double *offset;                       // of the one spike that observers hear of: it was at stamp - 1 + offset, with 0 at stamp; NULL: as 0
    uint32_t *merged; int64_t merged_cap;       // lists of all members of one port, for observers
    _Atomic int64_t stop_step;                  // members leave at the end of this step
    _Atomic int failed; SnnError error;         // written by the one member that sets failed
    atomic_flag failing;
    const InstTap *tap;                         // or NULL; one member only
};

SnnInst *inst_new(const SnnNet *net, const InstOptions *o, SnnError *err);     // NULL and an error
void inst_free(SnnInst *in);

// Called by the running thread about every `every` steps; a result other than 0 ends the run after the step.
typedef struct InstControl { int (*poll)(void *self, int64_t done, int64_t steps); void *self; int64_t every; } InstControl;
// 0: all steps done; 1: stopped by poll; -1: an error. The network stays usable for reading in every case.
int inst_run(SnnInst *in, int64_t steps, const InstControl *control, SnnError *err);

// Changes of a constructed network, between runs.
int inst_set(SnnInst *in, int64_t slot, double value, SnnError *err);          // a parameter; what was derived from it follows
void inst_derive(SnnInst *in, int64_t pop);                                     // after per-neuron parameters were written
int inst_reset(SnnInst *in, int what, SnnError *err);                           // 0 state, 1 weights, 2 both; time goes on
int inst_drive(SnnInst *in, const Drive *d, SnnError *err);                     // takes frame over; until: step, or INT64_MAX
int inst_emit(SnnInst *in, int64_t pop, const int64_t *stamp, const uint32_t *index, int64_t n, SnnError *err);   // stamps >= the running step
int64_t inst_present(SnnInst *in, int64_t pop, const double *value, int64_t n, SnnError *err);                     // encoder input, from now

static inline SpikeList *inst_list(const SnnInst *in, int64_t pop, int64_t step, int64_t port, int thread) {
    const PopState *p = &in->pop[pop];
    return &p->list[(((step & p->mask) * in->net->pops[pop].nports) + port) * in->threads + thread];
}
// First position in ascending a[0..n) that is not below x.
static inline int64_t inst_lower(const uint32_t *a, int64_t n, int64_t x) {
    int64_t lo = 0;
    while (n > 0) {
        int64_t half = n / 2;
        if ((int64_t)a[lo + half] < x) { lo += half + 1; n -= half + 1; }
        else n = half;
    }
    return lo;
}
// The part of a list with sources in [lo, hi): its length.
static inline int64_t inst_clip(const SpikeList *l, int64_t lo, int64_t hi, const uint32_t **first) {
    int64_t a = 0, b = l->n;
    if (b && l->at[0] < lo) a = inst_lower(l->at, b, lo);
    if (b > a && l->at[b - 1] >= hi) b = inst_lower(l->at, b, hi);
    *first = b > a ? l->at + a : l->at;        // an empty list may have no memory
    return b - a;
}
// Steps between a target's spike and its effect on the synapses of p.
static inline int64_t inst_post_delay(const SnnInst *in, const SnnProj *p) {
    return p->post_delay_slot ? (int64_t)(in->K[p->post_delay_slot - 1] + 0.5) : 0;
}
// state.c
int range_params(const SnnInst *in, SnnError *err);      // range.c: declared ranges, positive time constants
void range_rates(const SnnInst *in);                      // warns of rates that are too high for the step
int range_neurons(const SnnInst *in, SnnError *err);
int range_synapses(const SnnInst *in, SnnError *err);
int range_field(const SnnInst *in, int64_t field, int64_t lo, int64_t hi, SnnError *err);
int inst_fields(SnnInst *in, SnnError *err);             // allocates and initialises the fields of all populations
int inst_history(SnnInst *in, SnnError *err);            // spike lists as deep as the delays ask for
int inst_check(SnnInst *in, int member, bool synapses);  // looks for NaN; -1 after inst_fail
bool inst_all_finite(const void *at, int64_t lo, int64_t hi, int real_bits);
void inst_fail(SnnInst *in, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));   // from any member
void inst_job(SnnInst *in, void (*job)(void *arg, int member), void *arg);     // for every member, in parallel
// step.c
void inst_step_job(void *run, int member);
// connect/connect.c
int connect_all(SnnInst *in, SnnError *err);
double connect_expected(SnnInst *in, int64_t proj);                            // number of synapses, about; 0: not known before they are drawn
int connect_rows_again(SnnInst *in, int64_t proj, SnnError *err);              // sets the per-synapse fields anew, as at construction
int connect_levels(SnnInst *in, int64_t proj, SnnError *err);                  // levels.c: rounds weights to few bits, when asked for
int connect_normalise(SnnInst *in, int64_t proj, double total, SnnError *err);   // weights onto each target sum to total; -1: no memory
void connect_free(SnnInst *in);
#endif
