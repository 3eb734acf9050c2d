// SPDX-License-Identifier: MIT
// Synapses that are not kept: the row of a source is drawn anew, with its fields, whenever the source spikes. All draws of
// connectivity are functions of (seed, stream, source), so it is the row that construction would have stored, entry by entry.
#ifndef SNN_CONNECT_PROCEDURAL_H
#define SNN_CONNECT_PROCEDURAL_H
#include "core/connect/connect.h"

int procedural_new(Build *b);                    // takes the rule's data over; finds the longest delay
void procedural_free(SnnInst *in, int64_t proj);
// Spikes of projections with one delay, straight to the kernel.
void procedural_deliver(SnnInst *in, int64_t proj, int member, SnnCtx *c, int64_t *events);
// The part of a source's row that falls to a member: targets counted from tgt_lo, fields and delays in steps; n < 0 without memory.
typedef struct Regrown { const uint32_t *col; void *const *S; const double *delay; int64_t n; } Regrown;
Regrown procedural_row(SnnInst *in, int64_t proj, int member, uint32_t source);
#endif
