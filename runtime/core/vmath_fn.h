// SPDX-License-Identifier: MIT
// Prototypes of the scalar functions of vmath.c: snn__exp_f64, snn__exp_f32, snn__exp_f64_plain ... and the draws of one counter.
#ifndef SNN_VMATH_FN_H
#define SNN_VMATH_FN_H
#include <stdint.h>
#define FN1(name) double snn__##name##_f64(double x); double snn__##name##_f64_plain(double x); \
    float snn__##name##_f32(float x); float snn__##name##_f32_plain(float x);
#define FN2(name) double snn__##name##_f64(double x, double y); double snn__##name##_f64_plain(double x, double y); \
    float snn__##name##_f32(float x, float y); float snn__##name##_f32_plain(float x, float y);
#include "core/vmath.def"
#undef FN1
#undef FN2
#define COUNTER uint64_t seed, uint32_t c0, uint32_t c1, uint32_t copy, uint64_t when, uint32_t stream
#define DRAW0(name) double snn__##name##_f64(COUNTER); double snn__##name##_f64_plain(COUNTER); \
    float snn__##name##_f32(COUNTER); float snn__##name##_f32_plain(COUNTER);
DRAW0(uniform) DRAW0(normal) DRAW0(exponential)
#undef DRAW0
double snn__poisson_f64(COUNTER, double mean);
double snn__poisson_f64_plain(COUNTER, double mean);
float snn__poisson_f32(COUNTER, float mean);
float snn__poisson_f32_plain(COUNTER, float mean);
double snn__truncnormal_f64(COUNTER, double lo, double hi);
double snn__truncnormal_f64_plain(COUNTER, double lo, double hi);
float snn__truncnormal_f32(COUNTER, float lo, float hi);
float snn__truncnormal_f32_plain(COUNTER, float lo, float hi);
#undef COUNTER
#endif
