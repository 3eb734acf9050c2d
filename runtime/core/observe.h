// SPDX-License-Identifier: MIT
// How recorders and analyses hear of a running network. Observers are called by the thread that runs the step loop, never
// two at once; with none registered a step costs nothing more. All calls of one step come before the next step ends.
//
// stamp is the step number at whose beginning time the event lies: a spike found while the state moved from t_k to t_(k+1) has
// stamp k+1, and a sample with stamp k shows the state at t_k.
#ifndef SNN_OBSERVE_H
#define SNN_OBSERVE_H
#include <stdint.h>
typedef struct SnnInst SnnInst;

// index: ascending neuron numbers within [lo, hi) of the observer, n > 0. Valid during the call only.
typedef void SnnSpikeFn(void *self, int64_t stamp, const uint32_t *index, int64_t n);
// The state is at rest during the call: read it with inst_read.
typedef void SnnSampleFn(void *self, int64_t stamp);

// Both return a handle > 0 for unobserve, or -1 without memory. Not to be called from inside an observer.
int64_t observe_spikes(SnnInst *in, int64_t pop, int64_t port, int64_t lo, int64_t hi, SnnSpikeFn *fn, void *self);
// Samples are due when stamp is a multiple of every (>= 1). The first comes at the end of the next step that is due;
// who wants the state at the time of registering calls fn at once.
int64_t observe_samples(SnnInst *in, int64_t every, SnnSampleFn *fn, void *self);
// While spikes are told: exact time of the one spike within its step (SnnInst.offset), or NULL.
const double *observe_offset(const SnnInst *in);
void unobserve(SnnInst *in, int64_t handle);

// Reads entities [lo, hi) of a field into out, in coherent units (ticks as numbers). Fields of a projection are numbered in the order
// of source, delay, target, whatever the blocks are.
void inst_read(const SnnInst *in, int64_t field, int64_t lo, int64_t hi, double *out);
void inst_write(SnnInst *in, int64_t field, int64_t lo, int64_t hi, const double *values);
int64_t inst_length(const SnnInst *in, int64_t field);                     // neurons or synapses
int64_t inst_synapses(const SnnInst *in, int64_t proj);
// Ends of all synapses of a projection in the same order; any of the arrays may be NULL. delay in steps.
void inst_edges(const SnnInst *in, int64_t proj, uint32_t *source, uint32_t *target, uint32_t *delay);
typedef struct SnnTotals { int64_t spikes, synaptic_events, plastic_updates, synapses; } SnnTotals;
void inst_totals(const SnnInst *in, SnnTotals *out);
int64_t inst_pop_spikes(const SnnInst *in, int64_t pop);                   // all ports 0, since construction
#endif
