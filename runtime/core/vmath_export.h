// SPDX-License-Identifier: MIT
// Gives the instances of the current VM_W external names (list at the head of vmath.bc.c).
#if VM_W == 1
#define XD(name) VM_CAT5(snn__, name, _, f64, VM_PROFILE_)
#define XF(name) VM_CAT5(snn__, name, _, f32, VM_PROFILE_)
#elif VM_W == 2
#define XD(name) VM_CAT5(snn__, name, _, v2f64, VM_PROFILE_)
#elif VM_W == 4
#define XD(name) VM_CAT5(snn__, name, _, v4f64, VM_PROFILE_)
#define XF(name) VM_CAT5(snn__, name, _, v4f32, VM_PROFILE_)
#elif VM_W == 8
#define XD(name) VM_CAT5(snn__, name, _, v8f64, VM_PROFILE_)
#define XF(name) VM_CAT5(snn__, name, _, v8f32, VM_PROFILE_)
#else
#define XF(name) VM_CAT5(snn__, name, _, v16f32, VM_PROFILE_)
#endif
#define W VM_D(w)
#define DRAW0(X, T, N) T X(N)(DRAW); T X(N)(DRAW) { return VM_OF(X, N)(DRAW_ARGS); }
#define DRAW1(X, T, N) T X(N)(DRAW, T a); T X(N)(DRAW, T a) { return VM_OF(X, N)(DRAW_ARGS, a); }
#define DRAW2(X, T, N) T X(N)(DRAW, T a, T b); T X(N)(DRAW, T a, T b) { return VM_OF(X, N)(DRAW_ARGS, a, b); }
#define DRAWS(X, T) DRAW0(X, T, uniform) DRAW0(X, T, normal) DRAW0(X, T, exponential) DRAW1(X, T, poisson) DRAW2(X, T, truncnormal)
#define EACH_64 for (; n > 0; n -= VM_AHEAD, first += VM_AHEAD, out += VM_AHEAD)
#define AHEAD0(X, T, N) void X(N)(AHEAD, int64_t n, T *out); void X(N)(AHEAD, int64_t n, T *out) { EACH_64 VM_OF(X, N)(AHEAD_ARGS, out); }
#define AHEAD1(X, T, N) \
    void X(N)(AHEAD, T a, const uint32_t *t, int64_t n, T *out); \
    void X(N)(AHEAD, T a, const uint32_t *t, int64_t n, T *out) { EACH_64 VM_OF(X, N)(AHEAD_ARGS, a, t, out); }
#define AHEADS(X, T) AHEAD0(X, T, ahead_uniform) AHEAD0(X, T, ahead_normal) AHEAD0(X, T, ahead_exponential) AHEAD1(X, T, ahead_poisson)
#define VM_OF(X, N) VM_OF_##X(N)
#define VM_OF_XD(N) VM_D(N)
#define VM_OF_XF(N) VM_F(N)
#ifdef XD
#define FN1(name) VM_D(r) XD(name)(VM_D(r) x); VM_D(r) XD(name)(VM_D(r) x) { return VM_D(name)(x); }
#define FN2(name) VM_D(r) XD(name)(VM_D(r) x, VM_D(r) y); VM_D(r) XD(name)(VM_D(r) x, VM_D(r) y) { return VM_D(name)(x, y); }
#include "core/vmath.def"
#undef FN1
#undef FN2
DRAWS(XD, VM_D(r))
#if VM_W == 1
void XD(poisson_table)(double mean, uint32_t *table);
void XD(poisson_table)(double mean, uint32_t *table) { VM_D(poisson_table)(mean, table); }
#else
AHEADS(XD, double)
#define FN1(name) void XD(many_##name)(double *x, int64_t n); void XD(many_##name)(double *x, int64_t n) { VM_D(many_##name)(x, n); }
#define FN2(name)
#include "core/vmath.def"
#undef FN1
#undef FN2
#endif
#endif
#ifdef XF
#define FN1(name) VM_F(r) XF(name)(VM_F(r) x); VM_F(r) XF(name)(VM_F(r) x) { return VM_F(name)(x); }
#define FN2(name) VM_F(r) XF(name)(VM_F(r) x, VM_F(r) y); VM_F(r) XF(name)(VM_F(r) x, VM_F(r) y) { return VM_F(name)(x, y); }
#include "core/vmath.def"
#undef FN1
#undef FN2
DRAWS(XF, VM_F(r))
#if VM_W > 1
AHEADS(XF, float)
#define FN1(name) void XF(many_##name)(float *x, int64_t n); void XF(many_##name)(float *x, int64_t n) { VM_F(many_##name)(x, n); }
#define FN2(name)
#include "core/vmath.def"
#undef FN1
#undef FN2
#endif
#endif
#undef XD
#undef XF
#undef W
#undef DRAW0
#undef DRAW1
#undef DRAW2
#undef DRAWS
#undef EACH_64
#undef AHEAD0
#undef AHEAD1
#undef AHEADS
#undef AHEAD
#undef AHEAD_ARGS
#undef VM_OF
#undef VM_OF_XD
#undef VM_OF_XF
