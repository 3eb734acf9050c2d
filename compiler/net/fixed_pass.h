// SPDX-License-Identifier: MIT
// What the files of the choice of formats share (pass_fixed.c, fixed_sums.c, fixed_units.c).
#ifndef SNNC_NET_FIXED_PASS_H
#define SNNC_NET_FIXED_PASS_H
#include "fixed.h"
#include <math.h>

enum { WORD = 31, STORED = 30, DEEPEST = 60, SHORT = 15 };      // bits of a value beside its sign; fields keep one to spare
typedef struct Fixed {
    Net *n; NetFixed *f; const FixedSeen *seen;
    bool *written, *added, *negative;                // by field
    bool *done, *inner; FixedRange *range; uint32_t *uses; uint32_t *wanted;    // by node; inner: part of another's sum; wanted: field + 1 that it is stored in
} Fixed;

// pass_fixed.c
FixedRange fixed_range(Fixed *x, Node n);
FixedRange fixed_times(FixedRange a, FixedRange b);
void fixed_each_program(Fixed *x, void (*fn)(Fixed *x, const Program *p));
const Program *const *fixed_programs(const Net *n, uint32_t i, const Program *out[6]);   // those of population i, or of projection i less the populations; ends with NULL
static inline double fixed_largest(double lo, double hi) { return fmax(fabs(lo), fabs(hi)); }
// fixed_sums.c
void fixed_sums(Fixed *x);                           // finds the sums; adds nodes to the DAG for their coefficients
void fixed_settle(Fixed *x, Node n);                 // the numbers of its terms: formats of n and of what it is made of are known
int fixed_product_shift(Fixed *x, Node n, double scale);        // of the product with the variable that the sum is stored in; -1: there is none
// fixed_units.c
void fixed_units(Fixed *x);
#endif
