// SPDX-License-Identifier: MIT
// Rows of connections that are not kept: who a source connects to is worked out when it spikes, from the same counters as construction uses
// (core/connect), and comes out in the same order. A walk takes room on the caller's stack and gives one target after the other,
// counted from the first of the target slice; SNN_ROW_END ends it.
#ifndef SNN_ROWS_H
#define SNN_ROWS_H
#include <stdint.h>

enum { SNN_ROW_GROUP = 32 };
#define SNN_ROW_END UINT32_MAX
#define SNN_ROW_NOBODY UINT32_MAX

// pairwise_bernoulli: `scale` is 1/log(1 - p); a gap is floor(log(u)*scale), or -log2(u)*inverse/2^(shift - 24) where both ways surely agree.
typedef struct SnnGapRule { double scale; uint32_t seed[2], stream, targets, first /* target's number in its population */, without_self, inverse, shift; } SnnGapRule;
// What follows from `scale`: for whoever makes the rule. Needs a probability of at least 1e-9.
static inline void snn_gap_rule(SnnGapRule *r)
{
    double inverse = -0.693147180559945309417 * r->scale;
    r->shift = 24;
    if (!(inverse > 0)) { r->inverse = 0; return; }       // probability 1: every gap is 0
    for (; inverse < 2147483648.0; inverse *= 2) r->shift++;
    r->inverse = (uint32_t)inverse;
}
typedef struct SnnGapWalk { uint32_t word[SNN_ROW_GROUP], used, block, at, source, self; } SnnGapWalk;
void snn_gap_begin(SnnGapWalk *w, const SnnGapRule *r, uint32_t source);
uint32_t snn_gap_next(SnnGapWalk *w, const SnnGapRule *r);

// fixed_outdegree: k of n targets. Distinct ones come ascending from `bit`, of which there are as many as the targets need; with repetition as drawn.
typedef struct SnnPickRule { uint32_t seed[2], stream, targets, first, without_self, count, multiple; } SnnPickRule;
typedef struct SnnPickWalk { uint32_t word[4], left, block, source, self, n, rest, at, bits, bit[]; } SnnPickWalk;
void snn_pick_begin(SnnPickWalk *w, const SnnPickRule *r, uint32_t source);
uint32_t snn_pick_next(SnnPickWalk *w, const SnnPickRule *r);

// conv2d, pool2d: the windows that hold the source, in all planes or in its own. `element` is the place in the kernel, [plane, source's plane, y, x].
typedef struct SnnGridRule { uint32_t y, x, planes, oy, ox, kernel, stride, padding, all_planes, source_planes; } SnnGridRule;
typedef struct SnnGridWalk { uint32_t c, y, x, y0, y1, x0, x1, plane, last, oy, ox, element; } SnnGridWalk;
void snn_grid_begin(SnnGridWalk *w, const SnnGridRule *r, uint32_t source);
uint32_t snn_grid_next(SnnGridWalk *w, const SnnGridRule *r);
#endif
