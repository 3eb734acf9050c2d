// SPDX-License-Identifier: MIT
// Arrivals that wait. Where delays differ much, a row falls into many short pieces, one for each delay, and fetching a piece from memory when its time
// has come costs more than what is done with it. Then a source's whole row is read once, in the step after the spike, and each piece
// is appended to the queue of the step in which it arrives; queues are written and read in order, which memory is good at.
//
// A queue holds what its pieces hold, in the order in which the history would give them (spikes that waited longest first, then
// sources, then targets), so both ways of delivery have the same bits. The kernel sees a queue as a row of a block of its own. Asked of the
// projection: the kernel reads nothing of the source, and of the synapse only fields that nothing changes while time runs.
#ifndef SNN_QUEUE_H
#define SNN_QUEUE_H
#include "core/inst.h"

enum { QUEUE_PIECE = 2, QUEUE_FIELDS = 6 };                      // pieces that are longer on average are taken from their rows directly
bool queue_serves(const SnnInst *in, int64_t proj);          // this projection's arrivals wait in queues
int queue_new(SnnInst *in, SnnError *err);       // of all projections that they serve
void queue_free(SnnInst *in);
void queue_expand(SnnInst *in, int member, int64_t step);      // the spikes found in the step before this one, of all projections
void queue_deliver(SnnInst *in, int64_t proj, int member, SnnCtx *c, int64_t *events);
void queue_again(SnnInst *in, int member);      // all queues anew from the spike history, before a step
#endif
