// SPDX-License-Identifier: MIT
// One row of synapses at a time, as finish.c and again.c go through them.
#ifndef SNN_CONNECT_WORK_H
#define SNN_CONNECT_WORK_H
#include "core/connect/connect.h"

typedef struct RowWork { uint32_t *tgt, *copy, *syn, *col; double *value, *weight; uint32_t *start; uint16_t *class_of; void **S; int64_t cap; } RowWork;
bool work_need(const Build *b, RowWork *w, int64_t n, int64_t nclass);         // room for n synapses; false without memory
void work_free(const Build *b, RowWork *w);
// Targets (into w->tgt) and copy numbers (w->copy, or NULL: all 0) of entries [first, first + n) of an ascending row.
const uint32_t *work_row(const Build *b, const SnnBlock *k, uint32_t first, int64_t n, RowWork *w);
const uint32_t *work_copies(const Build *b, int64_t n, RowWork *w);            // copy numbers alone, of w->tgt[0..n)
// Sets the fields of source i's synapses onto w->tgt[0..n) at entries S[..][first..]; w->S are buffers for one row.
void work_fields(const Build *b, void **S, int64_t i, const uint32_t *copy, int64_t first, int64_t n, RowWork *w);
void work_place(const Build *b, void **S, int64_t e, const RowWork *w, int64_t from);   // entry e becomes entry `from` of the buffers
// The same for a row that is sorted by class already: w->tgt ascending, w->copy, and w->syn, where each stands; -1 without memory.
int work_sorted(const Build *b, const SnnBlock *k, int64_t i, uint32_t first, int64_t n, RowWork *w);
int work_regular(const Build *b, const SnnBlock *k, RowWork *w); // all fields of a dense or one-to-one block; -1 without memory
#endif
