// SPDX-License-Identifier: MIT
// Projections delivered as one. Where the delays of a source's synapses differ, its row falls into pieces, one a delay, and going to a piece costs more than
// what is done with a few entries. Projections that leave the same neurons and do the same to different populations (SnnProj.bundle)
// therefore share their rows: the fields that they reach stand one population after the other on one axis, so that a target is a number on that axis.
//
// A row is one stretch of memory: the number of its pieces, for each its delay, region and length, then the pieces themselves. A piece holds its
// entries field by field, then 16 bits of each target; a region is 65,536 numbers of the axis. In the step after a spike the row's pieces are noted, not copied, in the lists
// of the steps in which they arrive. Lists are so in the order in which the history would give the pieces: spikes that waited longest first, then
// sources, then targets; and a projection joins only where every target still sees its projections in their order. So a bundle has the bits of its projections.
#ifndef SNN_BUNDLE_H
#define SNN_BUNDLE_H
#include "core/inst.h"

enum { BUNDLE_LEAST = 512 };            // entries of a row and region, on average, from which bundles are made
enum { BUNDLE_REGION = 16 };            // bits

typedef struct BundlePiece { uint16_t delay, region; uint32_t n; } BundlePiece;
typedef struct BundleRow { _Alignas(8) int64_t n; BundlePiece piece[]; } BundleRow;      // entries follow
typedef struct PieceList { SnnPiece *at; int64_t n, cap; } PieceList;
typedef struct BundlePart {             // what falls to one member
    _Alignas(64) BundleRow **row;       // by source; NULL: nothing
    PieceList *slot;                    // by step of arrival
    int64_t *nsyn;                      // by projection
    bool suspect;                       // some value may be no finite number
} BundlePart;
typedef struct BundleChunk { struct BundleChunk *next; size_t bytes, used; } BundleChunk;
typedef struct SnnBundle {
    int64_t n, *proj;                   // projections, ascending; proj[0] lends its kernel and its place in the step
    int64_t src_lo, src_hi, nfields;
    int64_t origin, regions;            // of the axis
    int64_t max_delay, mask;
    BundlePart *part;                   // by member
    BundleChunk **chunk;                // memory of the rows, by [builder][member]
} SnnBundle;

static inline size_t bundle_piece_bytes(const SnnInst *in, const SnnBundle *b, int64_t n) {
    return ((size_t)n * ((size_t)b->nfields * in->real_bytes + sizeof(uint16_t)) + in->real_bytes - 1) & ~(in->real_bytes - 1);
}
static inline char *bundle_entries(const BundleRow *r) { return (char *)(uintptr_t)(r->piece + r->n); }
static inline int64_t bundle_axis(const SnnInst *in, const SnnBundle *b, int64_t q) { return in->axis[in->net->projs[b->proj[q]].tgt] - b->origin; }   // of target 0

// bundle_plan.c: which projections join, before fields are allocated
int bundle_plan(SnnInst *in, int64_t least, SnnError *err);
int bundle_fields(SnnInst *in, SnnError *err);               // fields of bundles' targets, on the axis; the others stay NULL
void bundle_free(SnnInst *in);
// connect/bundles.c: the rows
int bundle_connect(SnnInst *in, SnnBundle *b, SnnError *err);
int bundle_again(SnnInst *in, int64_t proj, int what, SnnError *err);      // fields as at construction; what: as inst_reset
// bundle.c: time
int bundle_open(SnnInst *in, SnnError *err);
void bundle_expand(SnnInst *in, int member, int64_t step);   // the spikes found in the step before this one
void bundle_deliver(SnnInst *in, const SnnBundle *b, int member, SnnCtx *c, int64_t *events);
void bundles_again(SnnInst *in, int member);                 // all lists anew from the history, before a step

// Entries of one projection in the order of source, delay, target.
typedef struct BundleCursor { int64_t piece; char *at; } BundleCursor;
typedef struct BundleWalk { const SnnInst *in; SnnBundle *b; int64_t proj, source, delay; int member; BundleCursor *cursor; char *at; int64_t entry, end, lo; uint32_t target; } BundleWalk;
int bundle_walk(const SnnInst *in, int64_t proj, BundleWalk *w);             // -1: no memory
bool bundle_next(BundleWalk *w);
void *bundle_field(const BundleWalk *w, int64_t k);          // values of the running piece; the entry is w->entry
void bundle_walk_end(BundleWalk *w);
#endif
