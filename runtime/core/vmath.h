// SPDX-License-Identifier: MIT
// Elementary functions as a template over the number of lanes. Every operation is one IEEE operation written out (the compiler may
// not contract), so one lane of a vector has exactly the bits of the scalar version, on every processor.
// Included many times: VM_W lanes (1; by clang also 2, 4, 8, 16), VM_PLAIN 1: multiply and add in place of fused multiply-add.
// Double precision here, single precision in vmath32.h, draws in vdraw.h. Names: VM_D(exp) is vm_exp_v8f64 or vm_exp_v8f64_plain.
// Errors are bounded by 1.5 units in the last place (pow: 2, exprel and exprelinv: 2.5); subnormal results of exp and pow are flushed to zero.
#include "core/vmath_base.h"

// ---- lanes -----------------------------------------------------------------------------------------------------------------
#if VM_W == 1
typedef double VM_D(r);
typedef uint64_t VM_D(u);
typedef int VM_D(m);
typedef uint32_t VM_D(w);
#else
typedef double VM_D(r) __attribute__((vector_size(VM_W * 8)));
typedef uint64_t VM_D(u) __attribute__((vector_size(VM_W * 8)));
typedef int64_t VM_D(m) __attribute__((vector_size(VM_W * 8)));
typedef uint32_t VM_D(w) __attribute__((vector_size(VM_W * 4)));
#endif
#define V VM_D(r)
#define U VM_D(u)
#define M VM_D(m)
#define C(x) VM_D(splat)(x)

#if VM_W == 1
#define VM_AT(v, i) (v)
VM_AI V VM_D(splat)(double x) { return x; }
VM_AI U VM_D(usplat)(uint64_t x) { return x; }
VM_AI U VM_D(bits)(V x) { U u; __builtin_memcpy(&u, &x, sizeof u); return u; }
VM_AI V VM_D(real)(U u) { V x; __builtin_memcpy(&x, &u, sizeof x); return x; }
VM_AI V VM_D(sel)(M m, V a, V b) { return m ? a : b; }
VM_AI U VM_D(usel)(M m, U a, U b) { return m ? a : b; }
VM_AI int VM_D(any)(M m) { return m; }
VM_AI V VM_D(sqrt)(V x) { return __builtin_sqrt(x); }
VM_AI V VM_D(fused)(V a, V b, V c) { return __builtin_fma(a, b, c); }
#else
#define VM_AT(v, i) (v)[i]
VM_AI V VM_D(splat)(double x) { return (V){0} + x; }
VM_AI U VM_D(usplat)(uint64_t x) { return (U){0} + x; }
VM_AI U VM_D(bits)(V x) { return (U)x; }
VM_AI V VM_D(real)(U u) { return (V)u; }
VM_AI V VM_D(sel)(M m, V a, V b) { return (V)(((U)m & (U)a) | (~(U)m & (U)b)); }
VM_AI U VM_D(usel)(M m, U a, U b) { return ((U)m & a) | (~(U)m & b); }
VM_AI int VM_D(any)(M m) { return __builtin_reduce_or(m) != 0; }
VM_AI V VM_D(sqrt)(V x) { return __builtin_elementwise_sqrt(x); }
VM_AI V VM_D(fused)(V a, V b, V c) { return __builtin_elementwise_fma(a, b, c); }
#endif
#if VM_PLAIN
VM_AI V VM_D(fma)(V a, V b, V c) { return a * b + c; }
#else
VM_AI V VM_D(fma)(V a, V b, V c) { return VM_D(fused)(a, b, c); }
#endif
#define FMA(a, b, c) VM_D(fma)(a, b, c)
#define SEL(m, a, b) VM_D(sel)(m, a, b)
#define BITS(x) VM_D(bits)(x)
#define REAL(x) VM_D(real)(x)
VM_AI V VM_D(abs)(V x) { return REAL(BITS(x) & ~VM_SIGN); }
// In groups of four coefficients (Estrin 1960), the groups by Horner's rule: a chain of n/4 + 2 operations in place of n, so that a
// processor finds more of them ready at a time. Costs one multiplication more.
VM_AI V VM_D(poly)(V x, const double *c, int n)
{
    V x2 = x * x, x4 = x2 * x2, p = C(0.0);
    for (int first = (n - 1) / 4 * 4, i = first; i >= 0; i -= 4) {
        V q = i + 1 < n ? FMA(C(c[i + 1]), x, C(c[i])) : C(c[i]);
        if (i + 3 < n) q = FMA(x2, FMA(C(c[i + 3]), x, C(c[i + 2])), q);
        else if (i + 2 < n) q = FMA(x2, C(c[i + 2]), q);
        p = i == first ? q : FMA(x4, p, q);
    }
    return p;
}
#define POLY(x, c) VM_D(poly)(x, c, (int)(sizeof(c) / sizeof *(c)))

// ---- pairs of doubles (hi + lo, Dekker 1971; Knuth's two-sum) --------------------------------------------------------------
typedef struct VM_D(dd) { V hi, lo; } VM_D(dd);
#define DD VM_D(dd)
VM_AI DD VM_D(two_sum)(V a, V b)
{
    V s = a + b, t = s - a;
    return (DD){s, (a - (s - t)) + (b - t)};
}
VM_AI DD VM_D(fast_sum)(V a, V b)                 // |a| >= |b| or a = 0
{
    V s = a + b;
    return (DD){s, b - (s - a)};
}
#if VM_PLAIN
VM_AI DD VM_D(two_prod)(V a, V b)
{
    V ta = a * 134217729.0, tb = b * 134217729.0;
    V ah = ta - (ta - a), bh = tb - (tb - b), al = a - ah, bl = b - bh, p = a * b;
    return (DD){p, ((ah * bh - p) + ah * bl + al * bh) + al * bl};
}
#else
VM_AI DD VM_D(two_prod)(V a, V b)
{
    V p = a * b;
    return (DD){p, FMA(a, b, -p)};
}
#endif
VM_AI DD VM_D(dd_mul)(DD a, DD b)
{
    DD p = VM_D(two_prod)(a.hi, b.hi);
    return VM_D(fast_sum)(p.hi, p.lo + (a.hi * b.lo + a.lo * b.hi));
}
VM_AI DD VM_D(dd_div)(DD n, DD d)                  // one Newton correction of the quotient
{
    V inv = 1.0 / d.hi, q = n.hi * inv;
    DD p = VM_D(two_prod)(q, d.hi);
    V rest = (n.hi - p.hi) - p.lo + n.lo - q * d.lo;
    return VM_D(fast_sum)(q, rest * inv);
}

// ---- exponentials ----------------------------------------------------------------------------------------------------------
// x = n ln2 + hi + lo with hi exact; n in the low bits of `t`.
VM_AI DD VM_D(exp_reduce)(V x, V *t)
{
    *t = FMA(x, C(VM_LOG2E), C(VM_MAGIC));
    V n = *t - VM_MAGIC;
    return (DD){FMA(n, C(-VM_LN2_1), x), n * -VM_LN2_2};
}
VM_AI V VM_D(exp)(V x)
{
    static const double q[] = {VM_EXP_Q};
    V t = FMA(x, C(VM_LOG2E), C(VM_MAGIC)), n = t - VM_MAGIC;
    V r = FMA(n, C(-VM_LN2_2), FMA(n, C(-VM_LN2_1), x));              // the inner product is exact
    V p = 1.0 + FMA(r * r, POLY(r, q), r);
    V y = REAL(BITS(p) + (BITS(t) << 52));
    y = SEL(x <= VM_EXP_MAX, y, x + VM_INF);
    return SEL(x < VM_EXP_MIN, C(0.0), y);
}
// (e^x - 1)/2^64 as a pair, -45 < x < 720. The scale leaves exprel and Dekker's product room above.
VM_AI DD VM_D(expm1_scaled)(V x)
{
    static const double q[] = {VM_EXP_Q_LONG};
    V t;
    x = SEL(x < -45.0, C(-45.0), SEL(x > 720.0, C(720.0), x));
    DD r = VM_D(exp_reduce)(x, &t);
    V s = REAL((BITS(t) << 52) + VM_BITS_2M64);
    V h = r.hi + r.lo, tail = FMA(h * h, POLY(h, q), r.lo);
    DD y = VM_D(two_sum)(s - 0x1p-64, s * r.hi);
    return VM_D(fast_sum)(y.hi, FMA(s, tail, y.lo));
}
VM_AI V VM_D(expm1)(V x)
{
    DD y = VM_D(expm1_scaled)(x);
    V r = (y.hi + y.lo) * 0x1p64;
    return SEL(VM_D(abs)(x) < 0x1p-54, x, SEL(x > VM_EXP_MAX, x + VM_INF, r));
}
// What exprel and its reciprocal share: (e^x - 1)/2^64 in *e for -45 <= x <= 720 (held there), and exprel itself in *small, good where
// n = 0 (*near): then e^x - 1 is the polynomial p = r + r^2 g; with any other n the sum 2^n p + (2^n - 1) cannot cancel. The scale leaves room above.
VM_AI V VM_D(exprel_parts)(V x, V *small, M *near)
{
    static const double q[] = {VM_EXP_Q_LONG};
    V y = SEL(C(-45.0) > x, C(-45.0), x), t = FMA(y, C(VM_LOG2E), C(VM_MAGIC)), n = t - VM_MAGIC;
    V r = FMA(n, C(-VM_LN2_2), FMA(n, C(-VM_LN2_1), y)), g = POLY(r, q);
    V s = REAL((BITS(t) << 52) + VM_BITS_2M64);
    *small = FMA(r, g, C(1.0));
    *near = n == 0.0;
    return FMA(s, FMA(r * r, g, r), s - 0x1p-64);
}
// (e^x - 1)/x at the cost of one exp and one division, within 2.5 ulp. Above 720 the quotient overflows by itself, below -45 it is -1/x to the bit.
VM_AI V VM_D(exprel_far)(V x)
{
    M near;
    V small, z = SEL(C(720.0) < x, C(720.0), x), e = VM_D(exprel_parts)(z, &small, &near);
    return SEL(near, small, e / z * 0x1p64);
}
// Steps that are small against their time constants need neither the reduction nor the division: the same bits where n = 0.
VM_AI V VM_D(exprel_near)(V x)
{
    static const double q[] = {VM_EXP_Q_LONG};
    return FMA(x, POLY(x, q), C(1.0));
}
VM_AI M VM_D(exprel_is_far)(V x) { return FMA(x, C(VM_LOG2E), C(VM_MAGIC)) != VM_MAGIC; }
VM_AI V VM_D(exprel)(V x) { return VM_D(any)(VM_D(exprel_is_far)(x)) ? VM_D(exprel_far)(x) : VM_D(exprel_near)(x); }
// x/(e^x - 1), the reciprocal of exprel with the same single division: what rate functions of ion channels are made of. Within 2.5 ulp.
VM_AI V VM_D(exprelinv)(V x)
{
    M near;
    V small, z = SEL(C(720.0) < x, C(720.0), x), e = VM_D(exprel_parts)(z, &small, &near);
    V y = SEL(near, C(1.0), x * 0x1p-64) / SEL(near, small, e);
    return SEL(x > 720.0, C(0.0), y);
}
VM_AI V VM_D(tanh)(V x)
{
    static const double c[] = {VM_TANH_T};
    V a = VM_D(abs)(x), z = a * a;
    V small = FMA(a * z, POLY(z, c), a);
    V e = VM_D(exp)(2.0 * SEL(a > 25.0, C(25.0), a));
    V y = SEL(a < 0.625, small, 1.0 - 2.0 / (e + 1.0));
    return REAL(BITS(y) | (BITS(x) & VM_SIGN));
}

// ---- logarithms ------------------------------------------------------------------------------------------------------------
// x = 2^k m with m in [sqrt(1/2), sqrt(2)); x normal and positive.
VM_AI V VM_D(log_reduce)(V x, V *k)
{
    U u = BITS(x) + (VM_BITS_1 - VM_BITS_SQRTH);
    *k = REAL((u >> 52) | VM_BITS_2P52) - (0x1p52 + 1023.0);
    return REAL((u & VM_MANTISSA) + VM_BITS_SQRTH);
}
// k ln2 + log(1 + f) + c, c a small correction: log(1 + f) = f - (f^2/2 - s(f^2/2 + R(s^2))), s = f/(2 + f).
VM_AI V VM_D(log_sum)(V f, V k, V c)
{
    static const double r[] = {VM_LOG_R};
    V s = f / (2.0 + f), z = s * s, h = 0.5 * f * f;
    V tail = FMA(s, FMA(z, POLY(z, r), h), FMA(k, C(VM_LN2_2), c));
    return k * VM_LN2_1 - ((h - tail) - f);
}
VM_AI V VM_D(log_special)(V x, V y)
{
    y = SEL(x < VM_INF, y, x + x);
    y = SEL(x < 0.0, C(VM_NAN), y);
    return SEL(x == 0.0, C(-VM_INF), y);
}
VM_AI V VM_D(log_normal)(V x)                      // x normal, positive, finite
{
    V k, m = VM_D(log_reduce)(x, &k);
    return VM_D(log_sum)(m - 1.0, k, C(0.0));
}
VM_AI V VM_D(log)(V x)
{
    M tiny = x < 0x1p-1022;
    V k, m = VM_D(log_reduce)(SEL(tiny, x * 0x1p54, x), &k);
    k = k - SEL(tiny, C(54.0), C(0.0));
    return VM_D(log_special)(x, VM_D(log_sum)(m - 1.0, k, C(0.0)));
}
VM_AI V VM_D(log1p)(V x)
{
    V k, u = 1.0 + x;
    V c = SEL(x < 1.0, x - (u - 1.0), 1.0 - (u - x));
    V m = VM_D(log_reduce)(u, &k);
    M near = k == 0.0;
    V f = SEL(near, x, m - 1.0);
    V y = VM_D(log_sum)(f, k, SEL(near, C(0.0), c / u));
    y = VM_D(log_special)(u, y);
    return SEL(VM_D(abs)(x) < 0x1p-54, x, y);
}

// ---- circular functions ----------------------------------------------------------------------------------------------------
// r = x - n pi/2 as a pair; n modulo 4 in the low bits of *q.
VM_AI DD VM_D(pio2_reduce)(V x, U *q)
{
    V t = FMA(x, C(VM_TWO_OVER_PI), C(VM_MAGIC)), n = t - VM_MAGIC;
    V a = x - n * VM_PIO2_1;                       // exact, as are the products with the first three pieces
    DD b = VM_D(two_sum)(a, -(n * VM_PIO2_2));
    DD c = VM_D(two_sum)(b.hi, -(n * VM_PIO2_3));
    DD r = VM_D(fast_sum)(c.hi, c.lo + (b.lo - n * VM_PIO2_4));
    *q = BITS(t);
    M big = VM_D(abs)(x) >= VM_PIO2_LIMIT;
    if (VM_D(any)(big))
        for (int i = 0; i < VM_W; i++) {
            double v = VM_AT(x, i);
            if (!(__builtin_fabs(v) >= VM_PIO2_LIMIT)) continue;
            double hi, lo;
            VM_AT(*q, i) = snn__pio2_far(v, &hi, &lo);
            VM_AT(r.hi, i) = hi;
            VM_AT(r.lo, i) = lo;
        }
    return r;
}
VM_AI V VM_D(sin_kernel)(DD r)
{
    static const double s[] = {VM_SIN_S};
    V z = r.hi * r.hi;
    return r.hi + FMA(r.hi * z, POLY(z, s), r.lo * (1.0 - 0.5 * z));
}
VM_AI V VM_D(cos_kernel)(DD r)
{
    static const double c[] = {VM_COS_C};
    V z = r.hi * r.hi, h = 0.5 * z, w = 1.0 - h;
    return w + (((1.0 - w) - h) + (z * z * POLY(z, c) - r.hi * r.lo));
}
// sin(r + q pi/2)
VM_AI V VM_D(sin_quadrant)(DD r, U q)
{
    M odd = (q & 1) != 0;
    V y = SEL(odd, VM_D(cos_kernel)(r), VM_D(sin_kernel)(r));
    return REAL(BITS(y) ^ ((q & 2) << 62));
}
VM_AI V VM_D(sin)(V x)
{
    U q;
    DD r = VM_D(pio2_reduce)(x, &q);
    return SEL(x == 0.0, x, VM_D(sin_quadrant)(r, q));
}
VM_AI V VM_D(cos)(V x)
{
    U q;
    DD r = VM_D(pio2_reduce)(x, &q);
    return VM_D(sin_quadrant)(r, q + 1);
}
VM_AI V VM_D(sin_turns)(V v, V *cosine)            // sin and cos of 2 pi v, 0 <= v < 1
{
    V w = 4.0 * v, t = w + VM_MAGIC, f = w - (t - VM_MAGIC);
    DD r = {f * VM_PIO2_HI, C(0.0)};
    M odd = (BITS(t) & 1) != 0;
    V s = VM_D(sin_kernel)(r), c = VM_D(cos_kernel)(r);
    *cosine = REAL(BITS(SEL(odd, s, c)) ^ (((BITS(t) + 1) & 2) << 62));
    return REAL(BITS(SEL(odd, c, s)) ^ ((BITS(t) & 2) << 62));
}
VM_AI V VM_D(cos_turns)(V v)
{
    V c;
    VM_D(sin_turns)(v, &c);
    return c;
}
VM_AI V VM_D(tan)(V x)
{
    static const double s[] = {VM_SIN_S}, c[] = {VM_COS_C};
    U q;
    DD r = VM_D(pio2_reduce)(x, &q);
    V z = r.hi * r.hi, h = 0.5 * z, w = 1.0 - h;
    DD sn = VM_D(fast_sum)(r.hi, FMA(r.hi * z, POLY(z, s), r.lo * w));
    DD cs = VM_D(fast_sum)(w, ((1.0 - w) - h) + (z * z * POLY(z, c) - r.hi * r.lo));
    M odd = (q & 1) != 0;
    DD n = {SEL(odd, -cs.hi, sn.hi), SEL(odd, -cs.lo, sn.lo)}, d = {SEL(odd, sn.hi, cs.hi), SEL(odd, sn.lo, cs.lo)};
    DD y = VM_D(dd_div)(n, d);
    return SEL(x == 0.0, x, y.hi + y.lo);
}
// atan(y/x) for y, x >= 0 as a pair: the smaller over the larger; above tan(pi/8) turned back by pi/4.
VM_AI DD VM_D(atan_core)(V y, V x)
{
    static const double c[] = {VM_ATAN_A};
    M steep = y > x;
    V a = SEL(steep, x, y), b = SEL(steep, y, x);
    V scale = SEL(b > 0x1p900, C(0x1p-200), SEL(b < 0x1p-800, C(0x1p200), C(1.0)));
    a *= scale;
    b *= scale;
    M turn = a > 0.41421356237309503 * b;
    DD sum = VM_D(fast_sum)(b, a), dif = VM_D(two_sum)(a, -b), zero = {C(0.0), C(0.0)};
    DD n = {SEL(turn, dif.hi, a), SEL(turn, dif.lo, zero.lo)}, d = {SEL(turn, sum.hi, b), SEL(turn, sum.lo, zero.lo)};
    DD t = VM_D(dd_div)(n, d);
    V z = t.hi * t.hi;
    t.lo = FMA(t.hi * z, POLY(z, c), t.lo);
    DD r = VM_D(two_sum)(SEL(turn, C(VM_PIO4_HI), zero.hi), t.hi);
    r.lo += t.lo + SEL(turn, C(VM_PIO4_LO), zero.lo);
    DD f = VM_D(two_sum)(C(VM_PIO2_HI), -r.hi);
    f.lo += VM_PIO2_LO - r.lo;
    return (DD){SEL(steep, f.hi, r.hi), SEL(steep, f.lo, r.lo)};
}
VM_AI V VM_D(atan)(V x)
{
    V a = VM_D(abs)(x);
    DD r = VM_D(atan_core)(SEL(a > 0x1p60, C(0x1p60), a), C(1.0));
    V y = r.hi + r.lo;
    y = SEL(a < 0x1p-27, a, y);
    y = REAL(BITS(y) | (BITS(x) & VM_SIGN));
    return SEL(x == x, y, x);
}
VM_AI V VM_D(atan2)(V y, V x)
{
    V ay = VM_D(abs)(y), ax = VM_D(abs)(x);
    M both = ((ay == VM_INF) & (ax == VM_INF)) | ((ay == 0.0) & (ax == 0.0));
    M iy = ay == VM_INF, ix = ax == VM_INF;
    V py = SEL(both, SEL(iy, C(1.0), C(0.0)), SEL(iy, C(1.0), SEL(ix, C(0.0), ay)));
    V px = SEL(both, C(1.0), SEL(ix, C(1.0), SEL(iy, C(0.0), ax)));
    DD r = VM_D(atan_core)(py, px);
    M left = (BITS(x) >> 63) != 0;
    DD f = VM_D(two_sum)(C(VM_PI_HI), -r.hi);
    V a = SEL(left, f.hi + (f.lo + (VM_PI_LO - r.lo)), r.hi + r.lo);
    a = REAL(BITS(a) | (BITS(y) & VM_SIGN));
    return SEL((x == x) & (y == y), a, x + y);
}

// ---- powers ----------------------------------------------------------------------------------------------------------------
// log(x) as a pair with about 2^-66 relative error; x positive, finite.
VM_AI DD VM_D(log_dd)(V x)
{
    static const double c[] = {VM_POW_R};
    M tiny = x < 0x1p-1022;
    V k, m = VM_D(log_reduce)(SEL(tiny, x * 0x1p54, x), &k);
    k = k - SEL(tiny, C(54.0), C(0.0));
    DD f = {m - 1.0, C(0.0)}, d = VM_D(two_sum)(m, C(1.0));
    DD s = VM_D(dd_div)(f, d), z = VM_D(dd_mul)(s, s);
    DD p = VM_D(fast_sum)(C(VM_TWO_THIRDS_HI), z.hi * POLY(z.hi, c) + VM_TWO_THIRDS_LO);
    DD w = VM_D(dd_mul)(VM_D(dd_mul)(z, p), s);
    DD a = VM_D(fast_sum)(2.0 * s.hi, w.hi);
    a.lo += 2.0 * s.lo + w.lo;
    DD b = VM_D(two_sum)(k * VM_LN2P_1, k * VM_LN2P_2), y = VM_D(two_sum)(b.hi, a.hi);
    return VM_D(fast_sum)(y.hi, y.lo + ((b.lo + k * VM_LN2P_3) + a.lo));
}
VM_AI V VM_D(exp_dd)(DD x)                         // e^(hi + lo)
{
    static const double q[] = {VM_EXP_Q_LONG};
    V t, c = SEL(x.hi > 800.0, C(800.0), SEL(x.hi < -800.0, C(-800.0), x.hi));
    DD r = VM_D(exp_reduce)(c, &t);
    V l = r.lo + x.lo, h = r.hi + l, g = h * h * POLY(h, q);
    V p = 1.0 + (r.hi + (l + g));
    V y = REAL(BITS(p) + (BITS(t) << 52));
    y = SEL(c <= VM_EXP_MAX, y, C(VM_INF));
    return SEL(c < VM_EXP_MIN, C(0.0), y);
}
VM_AI V VM_D(pow)(V x, V y)
{
    V ax = VM_D(abs)(x), ay = VM_D(abs)(y);
    V yc = SEL(y > 0x1p66, C(0x1p66), SEL(y < -0x1p66, C(-0x1p66), y));
    DD l = VM_D(log_dd)(ax), e = VM_D(two_prod)(yc, l.hi);
    e.lo += yc * l.lo;
    V r = VM_D(exp_dd)(e);
    r = SEL((ax == 0.0) | (ax == VM_INF), SEL((ax == 0.0) == (y < 0.0), C(VM_INF), C(0.0)), r);
    V shifted = SEL(ay < 0x1p52, ay + 0x1p52, ay);                    // the unit bit is the lowest
    M whole = (SEL(ay < 0x1p52, shifted - 0x1p52, ay) == ay), odd = whole & (ay < 0x1p53) & ((BITS(shifted) & 1) != 0);
    M minus = (BITS(x) >> 63) != 0;
    r = SEL(minus & odd, -r, r);
    r = SEL((x < 0.0) & (x > -VM_INF) & (whole == 0), C(VM_NAN), r);
    r = SEL((x == x) & (y == y), r, x + y);
    return SEL((y == 0.0) | (x == 1.0), C(1.0), r);
}
#undef V
#undef U
#undef M
#undef C
#undef DD
#undef FMA
#undef SEL
#undef BITS
#undef REAL
#undef POLY
