// SPDX-License-Identifier: MIT
// A kernel as a sum of terms   c * u^m * s^k * exp(rate*s + grow*u) * wave(freq*s)   in the time s since an arrival and, for kernels of
// two arguments, the time u since the own last spike. `part` says for which arrivals a term counts: those after the last spike (s < u),
// those before, or all. Coefficients, rates and frequencies are kept in one canonical form, so that equal ones are found equal.
#ifndef SNNC_KERNEL_TERMS_H
#define SNNC_KERNEL_TERMS_H
#include "build.h"

enum { TERM_MAX = 24, POWER_MAX = 5, FACTOR_MAX = 8, SUM_MAX = 6 };
typedef struct Mono { double num; int n; Node f[FACTOR_MAX]; } Mono;     // num * product of the factors, in ascending order
typedef struct Sum { int n; Mono m[SUM_MAX]; } Sum;                       // n = 0: zero
typedef enum { PART_ALL, PART_NEW, PART_OLD } Part;
typedef enum { WAVE_NONE, WAVE_COS, WAVE_SIN } Wave;
typedef struct Term { Mono c; Sum rate, grow, freq; int k, m; Wave wave; Part part; } Term;
typedef struct Terms { const char *why; int n; Term t[TERM_MAX]; } Terms; // why: what keeps it from being such a sum, or NULL

const Terms *kernel_terms(Net *n, Node body, Node s, Node u);             // u: 0 for a kernel of one argument
Node kernel_mono(Net *n, const Mono *m);
Node kernel_sum(Net *n, const Sum *s);                                    // 0 when it is zero
bool kernel_sum_equal(const Sum *a, const Sum *b);
bool kernel_sum_add(Sum *to, const Sum *s, double sign);                  // false: too many parts
#endif
