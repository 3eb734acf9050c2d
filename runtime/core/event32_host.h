// SPDX-License-Identifier: MIT
// The event engine in single precision on the host (event32.h): what belongs to one constructed network.
#ifndef SNN_EVENT32_HOST_H
#define SNN_EVENT32_HOST_H
#include "core/event.h"
#include "core/event32.h"

typedef struct SnnEvents32 SnnEvents32;
struct Piece { struct Piece *next; };
struct SnnEvents32 {
    SnnInst *in; Ev32Net net;
    Ev32Pop *pop; Ev32Proj *proj; Ev32Cursor *cursor; Ev32Log *log; Ev32Const *constant; Ev32At *places; Ev32Tables **tables;     // by population
    void (*exp)(float *x, int64_t n); float (*wait)(uint64_t seed, uint32_t id, uint32_t pop, uint32_t count);
    Ev32Due *emitted; float *kept; struct Piece *pieces;
    int64_t resets; uint32_t *peak;                      // how often all was forgotten; by population: most spikes that were under way
};
int events32_open(SnnInst *in, SnnError *err);
void events32_close(SnnInst *in);
void events32_forget(SnnInst *in);                       // reset: no spikes under way, states belong to now
int events32_outside(SnnInst *in, int64_t pop, const int64_t *stamp, const double *offset, const uint32_t *index, int64_t n, SnnError *err);
int events32_run(SnnInst *in, int64_t steps, const InstControl *control);        // as inst_run
Ev32Time event32_delay(const SnnInst *in, int64_t proj, int64_t class);
#endif
