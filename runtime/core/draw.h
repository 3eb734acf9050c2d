// SPDX-License-Identifier: MIT
// Draws whose number of random words is not fixed (rejection methods), one at a time. Parameters as in vdraw.h.
#ifndef SNN_DRAW_H
#define SNN_DRAW_H
#include <stdint.h>
#define VM_POISSON_INVERSION 64.0                 // means up to here by inversion, in vectors
enum { VM_AHEAD = 64, VM_POISSON_TABLE = 256 };   // neurons whose draws are made at once; words of a table of thresholds
double snn__draw_poisson(int64_t seed, int64_t c0, int64_t c1, int64_t copy, int64_t when, int64_t stream, double mean);
double snn__draw_gamma(int64_t seed, int64_t c0, int64_t c1, int64_t copy, int64_t when, int64_t stream, double shape);
double snn__draw_binomial(int64_t seed, int64_t c0, int64_t c1, int64_t copy, int64_t when, int64_t stream, double n, double p);
#endif
