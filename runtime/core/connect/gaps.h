// SPDX-License-Identifier: MIT
// Exponential gaps in groups: -log(u) for 32 uniform u at a time. The rules that walk along a row with random steps spend their time here, so
// it is written as loops over lanes, compiled for each width of vectors; the bits do not depend on it.
#ifndef SNN_CONNECT_GAPS_H
#define SNN_CONNECT_GAPS_H
#include "core/connect/draw.h"

enum { GAPS = 32 };
typedef struct Gaps { uint64_t key; uint32_t counter[4]; int used; double at[GAPS]; } Gaps;
static inline Gaps gaps_of(uint64_t seed, uint32_t stream, uint32_t entity) { return (Gaps){ .key = seed, .counter = { 0, entity, 0, stream << 12 }, .used = GAPS }; }
void gaps_fill(Gaps *g);                        // at: logarithms of numbers in (0, 1)
static inline double gaps_next(Gaps *g) {
    if (g->used == GAPS) gaps_fill(g);
    return g->at[g->used++];
}
#endif
