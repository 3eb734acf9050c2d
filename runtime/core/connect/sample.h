// SPDX-License-Identifier: MIT
// Samples of whole numbers, with and without repetition.
#ifndef SNN_CONNECT_SAMPLE_H
#define SNN_CONNECT_SAMPLE_H
#include "core/connect/connect.h"
#include "core/connect/draw.h"

// Appends k numbers of [lo, hi) to r, each equally likely; `without` (or -1) is left out. Ascending; distinct ones unless
// `multiple`. k must not exceed what there is.
void sample_numbers(Draws *d, int64_t lo, int64_t hi, int64_t without, int64_t k, bool multiple, Row *r);
// Whole value of argument a, within 0..most when most >= 0; -1 and an error otherwise.
int64_t sample_count(const Build *b, int a, int64_t most, SnnError *err);
#endif
