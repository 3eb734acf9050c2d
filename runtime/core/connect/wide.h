// SPDX-License-Identifier: MIT
// Passes over a row of synapses that construction makes for every row: in vectors as wide as the processor has, with the same results at any width.
#ifndef SNN_CONNECT_WIDE_H
#define SNN_CONNECT_WIDE_H
#include <stdbool.h>
#include <stdint.h>

// The numbers of the bits that are set in `bit`, ascending, plus `base`; rank[w]: how many stand before word w. Up to 16 numbers past the last one are overwritten.
int64_t wide_list(const uint64_t *bit, int64_t words, uint32_t base, uint32_t *out, uint32_t *rank);
// How many equal numbers stand before each of an ascending list.
void wide_copies(const uint32_t *at, uint32_t *copy, int64_t n);
// Delays as whole steps, to nearest, ties to even; the bounds of what was seen go on from their old values. False: some delay is outside 0..most allowed.
typedef struct WideDelays { double least, most; } WideDelays;
bool wide_delays(const double *value, int64_t n, double limit, uint16_t *out, WideDelays *seen);
#endif
