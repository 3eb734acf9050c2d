// SPDX-License-Identifier: MIT
// Single precision instances (after vmath.h with the same VM_W), computed in floats by the methods of vmath.h with shorter polynomials. Errors in units
// in the last place: exp 1, log, log1p, sin, cos, tanh, atan 2, expm1, exprel, exprelinv 3. pow forms its product in double and is rounded
// once (0.51), as are tan and atan2, and in profile `plain` sin and cos, whose reduction needs the fused operation.
#if VM_W == 1
typedef float VM_F(r);
typedef uint32_t VM_F(u);
typedef int VM_F(m);
VM_AI VM_D(r) VM_F(widen)(VM_F(r) x) { return (double)x; }
VM_AI VM_F(r) VM_F(narrow)(VM_D(r) x) { return (float)x; }
VM_AI VM_F(r) VM_F(splat)(float x) { return x; }
VM_AI VM_F(u) VM_F(bits)(VM_F(r) x) { uint32_t u; __builtin_memcpy(&u, &x, sizeof u); return u; }
VM_AI VM_F(r) VM_F(real)(VM_F(u) u) { float x; __builtin_memcpy(&x, &u, sizeof x); return x; }
VM_AI VM_F(r) VM_F(sel)(VM_F(m) m, VM_F(r) a, VM_F(r) b) { return m ? a : b; }
VM_AI int VM_F(any)(VM_F(m) m) { return m; }
VM_AI VM_F(r) VM_F(sqrt)(VM_F(r) x) { return __builtin_sqrtf(x); }
VM_AI VM_F(r) VM_F(fused)(VM_F(r) a, VM_F(r) b, VM_F(r) c) { return __builtin_fmaf(a, b, c); }
VM_AI VM_F(r) VM_F(whole)(VM_F(u) u) { return (float)(int32_t)u; }
#else
typedef float VM_F(r) __attribute__((vector_size(VM_W * 4)));
typedef uint32_t VM_F(u) __attribute__((vector_size(VM_W * 4)));
typedef int32_t VM_F(m) __attribute__((vector_size(VM_W * 4)));
VM_AI VM_D(r) VM_F(widen)(VM_F(r) x) { return __builtin_convertvector(x, VM_D(r)); }
VM_AI VM_F(r) VM_F(narrow)(VM_D(r) x) { return __builtin_convertvector(x, VM_F(r)); }
VM_AI VM_F(r) VM_F(splat)(float x) { return (VM_F(r)){0} + x; }
VM_AI VM_F(u) VM_F(bits)(VM_F(r) x) { return (VM_F(u))x; }
VM_AI VM_F(r) VM_F(real)(VM_F(u) u) { return (VM_F(r))u; }
VM_AI VM_F(r) VM_F(sel)(VM_F(m) m, VM_F(r) a, VM_F(r) b) { return (VM_F(r))(((VM_F(u))m & (VM_F(u))a) | (~(VM_F(u))m & (VM_F(u))b)); }
VM_AI int VM_F(any)(VM_F(m) m) { return __builtin_reduce_or(m) != 0; }
VM_AI VM_F(r) VM_F(sqrt)(VM_F(r) x) { return __builtin_elementwise_sqrt(x); }
VM_AI VM_F(r) VM_F(fused)(VM_F(r) a, VM_F(r) b, VM_F(r) c) { return __builtin_elementwise_fma(a, b, c); }
VM_AI VM_F(r) VM_F(whole)(VM_F(u) u) { return __builtin_convertvector((VM_F(m))u, VM_F(r)); }
#endif
#define V VM_F(r)
#define U VM_F(u)
#define M VM_F(m)
#define C(x) VM_F(splat)(x)
#define SEL(m, a, b) VM_F(sel)(m, a, b)
#define BITS(x) VM_F(bits)(x)
#define REAL(x) VM_F(real)(x)
#if VM_PLAIN
VM_AI V VM_F(fma)(V a, V b, V c) { return a * b + c; }
#else
VM_AI V VM_F(fma)(V a, V b, V c) { return VM_F(fused)(a, b, c); }
#endif
#define FMA(a, b, c) VM_F(fma)(a, b, c)
#define HORNER(x, c) VM_F(horner)(x, c, (int)(sizeof(c) / sizeof *(c)))
#define POLY(x, c) VM_F(poly)(x, c, (int)(sizeof(c) / sizeof *(c)))
VM_AI V VM_F(abs)(V x) { return REAL(BITS(x) & ~VM_SIGNF); }
VM_AI V VM_F(poly)(V x, const float *c, int n)     // even and odd coefficients apart
{
    V z = x * x, a = C(c[n - 1]), b = C(c[n - 2]);
    for (int i = n - 3; i >= 0; i -= 2) a = FMA(z, a, C(c[i]));
    for (int i = n - 4; i >= 0; i -= 2) b = FMA(z, b, C(c[i]));
    return n % 2 ? FMA(x, b, a) : FMA(x, a, b);
}
VM_AI V VM_F(horner)(V x, const float *c, int n)   // fewer operations, each waits for the one before
{
    V p = C(c[n - 1]);
    for (int i = n - 2; i >= 0; i--) p = FMA(x, p, C(c[i]));
    return p;
}

// ---- exponentials ----------------------------------------------------------------------------------------------------------
VM_AI V VM_F(exp)(V x)
{
    static const float q[] = {VM_EXP_QF};
    V t = FMA(x, C(VM_LOG2EF), C(VM_MAGICF)), n = t - VM_MAGICF;
    V r = FMA(n, C(-VM_LN2F_2), FMA(n, C(-VM_LN2F_1), x));
    V p = VM_PLAIN ? 1.0f + FMA(r * r, POLY(r, q), r) : FMA(r, FMA(r, HORNER(r, q), C(1.0f)), C(1.0f));   // fused, the shorter form is also the better one
    V y = REAL(BITS(p) + (BITS(t) << 23));
    y = SEL(x <= VM_EXPF_MAX, y, x + VM_INFF);
    return SEL(x < VM_EXPF_MIN, C(0.0f), y);
}
// (e^x - 1)/2^41, and exprel where n = 0, for x up to VM_EXPF_TOP, which makes infinity or 0 of what follows. The number added for rounding holds the
// exponent of 2^-41, so that n + 86, shifted, is 2^(n - 41).
VM_AI V VM_F(exprel_parts)(V x, V *small, M *near)
{
    static const float q[] = {VM_EXP_QF};
    V y = SEL(C(-18.0f) > x, C(-18.0f), x), t = FMA(y, C(VM_LOG2EF), C(VM_MAGICF_2M41)), n = t - VM_MAGICF_2M41;
    V r = FMA(n, C(-VM_LN2F_2), FMA(n, C(-VM_LN2F_1), y));
    V s = REAL(BITS(t) << 23);
    *small = FMA(r, HORNER(r, q), C(1.0f));
    *near = n == 0.0f;
    return FMA(s, r * *small, s - 0x1p-41f);
}
VM_AI V VM_F(exprel_far)(V x)
{
    M near;
    V small, z = SEL(C(VM_EXPF_TOP) < x, C(VM_EXPF_TOP), x), e = VM_F(exprel_parts)(z, &small, &near);
    return SEL(near, small, e / (z * 0x1p-41f));
}
VM_AI V VM_F(exprel_near)(V x)
{
    static const float q[] = {VM_EXP_QF};
    return FMA(x, HORNER(x, q), C(1.0f));
}
VM_AI M VM_F(exprel_is_far)(V x) { return FMA(x, C(VM_LOG2EF), C(VM_MAGICF_2M41)) != VM_MAGICF_2M41; }
VM_AI V VM_F(exprel)(V x) { return VM_F(any)(VM_F(exprel_is_far)(x)) ? VM_F(exprel_far)(x) : VM_F(exprel_near)(x); }
VM_AI V VM_F(exprelinv)(V x)
{
    M near;
    V small, z = SEL(C(VM_EXPF_TOP) < x, C(VM_EXPF_TOP), x), e = VM_F(exprel_parts)(z, &small, &near);
    return SEL(VM_F(abs)(x) < 0x1p-25f, C(1.0f), z * 0x1p-41f / e);
}
VM_AI V VM_F(expm1)(V x)
{
    M near;
    V small, z = SEL(C(VM_EXPF_TOP) < x, C(VM_EXPF_TOP), x), e = VM_F(exprel_parts)(z, &small, &near);
    return SEL(near, x * small, e * 0x1p41f);
}
VM_AI V VM_F(tanh)(V x)
{
    static const float c[] = {VM_TANH_TF};
    V a = VM_F(abs)(x), z = a * a;
    V small = FMA(a * z, POLY(z, c), a);
    V e = VM_F(exp)(2.0f * SEL(a > 12.0f, C(12.0f), a));
    V y = SEL(a < 0.625f, small, 1.0f - 2.0f / (e + 1.0f));
    return REAL(BITS(y) | (BITS(x) & VM_SIGNF));
}

// ---- logarithms ------------------------------------------------------------------------------------------------------------
VM_AI V VM_F(log_reduce)(V x, V *k)
{
    U u = BITS(x) + (VM_BITSF_1 - VM_BITSF_SQRTH);
    *k = VM_F(whole)((u >> 23) - 127u);
    return REAL((u & VM_MANTISSAF) + VM_BITSF_SQRTH);
}
VM_AI V VM_F(log_sum)(V f, V k, V c)
{
    static const float r[] = {VM_LOG_RF};
    V s = f / (2.0f + f), z = s * s, h = 0.5f * f * f;
    V tail = FMA(s, FMA(z, POLY(z, r), h), FMA(k, C(VM_LN2F_2), c));
    return k * VM_LN2F_1 - ((h - tail) - f);
}
VM_AI V VM_F(log_special)(V x, V y)
{
    y = SEL(x < VM_INFF, y, x + x);
    y = SEL(x < 0.0f, C(VM_NANF), y);
    return SEL(x == 0.0f, C(-VM_INFF), y);
}
VM_AI V VM_F(log)(V x)
{
    M tiny = x < 0x1p-126f;
    V k, m = VM_F(log_reduce)(SEL(tiny, x * 0x1p24f, x), &k);
    k = k - SEL(tiny, C(24.0f), C(0.0f));
    return VM_F(log_special)(x, VM_F(log_sum)(m - 1.0f, k, C(0.0f)));
}
VM_AI V VM_F(log1p)(V x)
{
    V k, u = 1.0f + x;
    V c = SEL(x < 1.0f, x - (u - 1.0f), 1.0f - (u - x));
    V m = VM_F(log_reduce)(u, &k);
    M near = k == 0.0f;
    V f = SEL(near, x, m - 1.0f);
    V y = VM_F(log_sum)(f, k, SEL(near, C(0.0f), c / u));
    y = VM_F(log_special)(u, y);
    return SEL(VM_F(abs)(x) < 0x1p-25f, x, y);
}

// ---- circular functions ----------------------------------------------------------------------------------------------------
VM_AI V VM_F(sin_kernel)(V r)
{
    static const float s[] = {VM_SIN_SF};
    V z = r * r;
    return FMA(r * z, POLY(z, s), r);
}
VM_AI V VM_F(cos_kernel)(V r)
{
    static const float c[] = {VM_COS_CF};
    V z = r * r;
    return FMA(z * z, POLY(z, c), FMA(z, C(-0.5f), C(1.0f)));
}
VM_AI V VM_F(sin_quadrant)(V r, U q)
{
    M odd = (q & 1) != 0;
    return REAL(BITS(SEL(odd, VM_F(cos_kernel)(r), VM_F(sin_kernel)(r))) ^ ((q & 2) << 30));
}
#if !VM_PLAIN
// x - n pi/2: the first fused operation is exact, the others round what is left; n in the low bits of *q. |x| <= VM_PIO2F_LIMIT.
VM_AI V VM_F(pio2_reduce)(V x, U *q)
{
    V t = FMA(x, C(VM_TWO_OVER_PIF), C(VM_MAGICF)), n = t - VM_MAGICF;
    *q = BITS(t);
    return FMA(n, C(-VM_PIO2F_3), FMA(n, C(-VM_PIO2F_2), FMA(n, C(-VM_PIO2F_1), x)));
}
VM_AI V VM_F(sin)(V x)
{
    U q;
    V r = VM_F(pio2_reduce)(x, &q), y = SEL(x == 0.0f, x, VM_F(sin_quadrant)(r, q));
    M far = (VM_F(abs)(x) <= VM_PIO2F_LIMIT) == 0;
    return VM_F(any)(far) ? SEL(far, VM_F(narrow)(VM_D(sin)(VM_F(widen)(x))), y) : y;
}
VM_AI V VM_F(cos)(V x)
{
    U q;
    V r = VM_F(pio2_reduce)(x, &q), y = VM_F(sin_quadrant)(r, q + 1);
    M far = (VM_F(abs)(x) <= VM_PIO2F_LIMIT) == 0;
    return VM_F(any)(far) ? SEL(far, VM_F(narrow)(VM_D(cos)(VM_F(widen)(x))), y) : y;
}
#endif
VM_AI V VM_F(atan)(V x)
{
    static const float c[] = {VM_ATAN_AF};
    V a = VM_F(abs)(x);
    M steep = a > 1.0f;
    V n = SEL(steep, C(1.0f), a), d = SEL(steep, a, C(1.0f));
    M turn = n > 0.41421356f * d;
    V t = SEL(turn, n - d, n) / SEL(turn, n + d, d), z = t * t;
    t = t + FMA(t * z, POLY(z, c), SEL(turn, C((float)(VM_PIO4_HI - (float)VM_PIO4_HI)), C(0.0f)));
    t = SEL(turn, (float)VM_PIO4_HI + t, t);
    t = SEL(steep, (float)VM_PIO2_HI - t, t);
    t = REAL(BITS(t) | (BITS(x) & VM_SIGNF));
    return SEL(x == x, t, x);
}

// ---- through double --------------------------------------------------------------------------------------------------------
#define FN1(name) VM_AI V VM_F(name)(V x) { return VM_F(narrow)(VM_D(name)(VM_F(widen)(x))); }
#define FN2(name) VM_AI V VM_F(name)(V x, V y) { return VM_F(narrow)(VM_D(name)(VM_F(widen)(x), VM_F(widen)(y))); }
#if VM_PLAIN
FN1(sin) FN1(cos)
#endif
FN1(tan) FN2(atan2)
#undef FN1
#undef FN2
VM_AI V VM_F(pow)(V x, V y)
{
    V ax = VM_F(abs)(x), ay = VM_F(abs)(y);
    VM_D(r) l = VM_D(log_normal)(VM_F(widen)(SEL((ax > 0.0f) & (ax < VM_INFF), ax, C(1.0f))));
    V yc = SEL(y > 0x1p66f, C(0x1p66f), SEL(y < -0x1p66f, C(-0x1p66f), y)), r = VM_F(narrow)(VM_D(exp)(VM_F(widen)(yc) * l));
    r = SEL(r < 0x1p-126f, C(0.0f), r);
    r = SEL((ax == 0.0f) | (ax == VM_INFF), SEL((ax == 0.0f) == (y < 0.0f), C(VM_INFF), C(0.0f)), r);
    V shifted = SEL(ay < 0x1p23f, ay + 0x1p23f, ay);                  // the unit bit is the lowest
    M whole = SEL(ay < 0x1p23f, shifted - 0x1p23f, ay) == ay, odd = whole & (ay < 0x1p24f) & ((BITS(shifted) & 1) != 0);
    M minus = (BITS(x) >> 31) != 0;
    r = SEL(minus & odd, -r, r);
    r = SEL((x < 0.0f) & (x > -VM_INFF) & (whole == 0), C(VM_NANF), r);
    r = SEL((x == x) & (y == y), r, x + y);
    return SEL((y == 0.0f) | (x == 1.0f), C(1.0f), r);
}
#undef V
#undef U
#undef M
#undef C
#undef SEL
#undef BITS
#undef REAL
#undef FMA
#undef POLY
#undef HORNER
