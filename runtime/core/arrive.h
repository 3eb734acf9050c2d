// SPDX-License-Identifier: MIT
// What arrives at synapses in a step (arrive.c).
#ifndef SNN_ARRIVE_H
#define SNN_ARRIVE_H
#include "core/inst.h"

void arrive(SnnInst *in, Member *w, int member, int64_t proj);   // through one projection, into the member's neurons
int arrive_open(SnnInst *in, SnnError *err);
void arrive_close(SnnInst *in);
void arrive_begin(SnnInst *in);                  // of a run: makes SnnInst.way, empty where there are several members
void arrive_ways(SnnInst *in, Member *w);        // through all projections
void arrive_ask(const SnnInst *in, int64_t step);   // asks for what comes first in this step
#endif
