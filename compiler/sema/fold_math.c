// SPDX-License-Identifier: MIT
// The one place where the checker computes a function: with the run time's own routines and the formulae by which the Net lowers the
// functions, so a constant has the bits that a program would have computed.
#include "expr.h"
#include "core/vmath_fn.h"
#include <math.h>

static double int_power(double x, unsigned n) {
    if (n == 0) return 1;
    if (n == 1) return x;
    double half = int_power(x, n / 2), sq = half * half;
    return n % 2 ? sq * x : sq;
}

double sema_power(double a, double p) {
    if (p == (int)p && p >= -16 && p <= 16) return p < 0 ? 1 / int_power(a, (unsigned)-p) : int_power(a, (unsigned)p);
    return p == 0.5 ? sqrt(a) : snn__pow_f64(a, p);
}

static double bit(double x, double k, double bits) {
    double full = snn__pow_f64(2, bits), code = round(x * (full - 1)), q = floor(code / snn__pow_f64(2, bits - 1 - k));
    return q - 2 * floor(q / 2);
}

double sema_math(FnId fn, const double *x) {
    switch (fn) {
    case FN_exp: return snn__exp_f64(x[0]);
    case FN_log: return snn__log_f64(x[0]);
    case FN_log10: return snn__log_f64(x[0]) * 0.43429448190325182765;
    case FN_expm1: return snn__expm1_f64(x[0]);
    case FN_log1p: return snn__log1p_f64(x[0]);
    case FN_sin: return snn__sin_f64(x[0]);
    case FN_cos: return snn__cos_f64(x[0]);
    case FN_tan: return snn__tan_f64(x[0]);
    case FN_tanh: return snn__tanh_f64(x[0]);
    case FN_sinh: return 0.5 * (snn__expm1_f64(x[0]) - snn__expm1_f64(-x[0]));
    case FN_cosh: return 0.5 * (snn__exp_f64(x[0]) + snn__exp_f64(-x[0]));
    case FN_atan: return snn__atan_f64(x[0]);
    case FN_atan2: return snn__atan2_f64(x[0], x[1]);
    case FN_exprel: return snn__exprel_f64(x[0]);
    case FN_sqrt: return sqrt(x[0]);
    case FN_pow: return sema_power(x[0], x[1]);
    case FN_abs: return fabs(x[0]);
    case FN_min: return x[1] < x[0] ? x[1] : x[0];
    case FN_max: return x[0] < x[1] ? x[1] : x[0];
    case FN_clip: { double v = x[0] < x[1] ? x[1] : x[0]; return x[2] < v ? x[2] : v; }
    case FN_floor: return floor(x[0]);
    case FN_ceil: return ceil(x[0]);
    case FN_round: return round(x[0]);
    case FN_sign: return (x[0] > 0) - (x[0] < 0);
    case FN_step: return x[0] >= 0;
    case FN_mod: return x[0] - x[1] * floor(x[0] / x[1]);
    case FN_hypot: return sqrt(x[0] * x[0] + x[1] * x[1]);
    case FN_bit: return bit(x[0], x[1], x[2]);
    case FN_COUNT: break;
    }
    return NAN;
}
