// SPDX-License-Identifier: MIT
// One element of a field as a number: fields hold doubles, floats, ticks, or 32-bit fixed-point numbers.
#ifndef SNN_VALUE_H
#define SNN_VALUE_H
#include "core/inst.h"
#include <math.h>

static inline double value_get(const SnnInst *in, const SnnField *f, const void *at, int64_t i) {
    if (f->fixed) return ((const int32_t *)at)[i] / f->fixed_scale;
    if (in->real_bits == 32) return f->elem ? (double)((const int32_t *)at)[i] : (double)((const float *)at)[i];
    return f->elem ? (double)((const int64_t *)at)[i] : ((const double *)at)[i];
}
// To nearest; a fixed-point number stays where the arithmetic can use it.
static inline int32_t value_fixed(const SnnField *f, double v) {
    double x = rint(v * f->fixed_scale);
    return (int32_t)(x >= (double)f->fixed_most ? f->fixed_most : x <= (double)f->fixed_least ? f->fixed_least : x == x ? (int64_t)x : 0);
}
static inline void value_put(const SnnInst *in, const SnnField *f, void *at, int64_t i, double v) {
    if (f->fixed) ((int32_t *)at)[i] = value_fixed(f, v);
    else if (in->real_bits == 32) {
        if (f->elem) ((int32_t *)at)[i] = (int32_t)lrint(v);
        else ((float *)at)[i] = (float)v;
    } else if (f->elem) ((int64_t *)at)[i] = llrint(v);
    else ((double *)at)[i] = v;
}
#endif
