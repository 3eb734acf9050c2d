// SPDX-License-Identifier: MIT
// Arithmetic of IEEE numbers with integers, for cores without floating point: a template over the width, which gives sf_add32, sf_add64, ...
// on the bits of the numbers. Rounding is to nearest, ties to even. Subnormal numbers are zeros, as operands and as results, judged after
// rounding: the same as on a processor that flushes them, so results have its bits (NaNs apart, of which there is one).
//
//   sf_round##W(sign, exponent, m): m is the significand with three bits more, the last of them sticky, its leading bit at SF_HIDDEN << 3.
#if !defined SF_BITS
#error "set SF_BITS to 32 or 64"
#endif
#include <stdint.h>
#undef SF
#undef SF_U
#undef SF_MANT
#undef SF_EMAX
#if SF_BITS == 32
#define SF_U uint32_t
#define SF_MANT 23
#define SF_EMAX 255
#define SF(name) sf_##name##32
#else
#define SF_U uint64_t
#define SF_MANT 52
#define SF_EMAX 2047
#define SF(name) sf_##name##64
#endif
#define SF_HIDDEN ((SF_U)1 << SF_MANT)
#define SF_SIGN ((SF_U)1 << (SF_BITS - 1))
#define SF_INF ((SF_U)SF_EMAX << SF_MANT)
#define SF_NAN (SF_INF | SF_HIDDEN >> 1)
#define SF_BIAS (SF_EMAX / 2)
#ifndef SF_FN
#define SF_FN static inline __attribute__((unused))
#endif

SF_FN int SF(exponent)(SF_U a) { return (int)(a >> SF_MANT) & SF_EMAX; }
SF_FN SF_U SF(significand)(SF_U a) { return (a & (SF_HIDDEN - 1)) | SF_HIDDEN; }
SF_FN SF_U SF(flush)(SF_U a) { return SF(exponent)(a) ? a : a & SF_SIGN; }

SF_FN int SF(leading)(SF_U m)                     // zeros before the first bit
{
    int n = 0;
    for (int step = SF_BITS / 2; step; step /= 2)
        if (!(m >> (SF_BITS - step))) { m <<= step; n += step; }
    return n;
}

SF_FN SF_U SF(round)(SF_U sign, int e, SF_U m)
{
    SF_U r = m >> 3;
    unsigned rest = (unsigned)m & 7;
    if (rest > 4 || (rest == 4 && (r & 1))) r++;
    if (r >> (SF_MANT + 1)) { r >>= 1; e++; }
    if (e <= 0) return sign;
    if (e >= SF_EMAX) return sign | SF_INF;
    return sign | (SF_U)e << SF_MANT | (r & (SF_HIDDEN - 1));
}

// Any m > 0 with its sticky last bit: brought to the place where `round` wants it.
SF_FN SF_U SF(normal)(SF_U sign, int e, SF_U m)
{
    int shift = SF(leading)(m) - (SF_BITS - 1 - SF_MANT - 3);
    if (shift > 0) return SF(round)(sign, e - shift, m << shift);
    if (shift < 0) m = m >> -shift | ((m & (((SF_U)1 << -shift) - 1)) != 0);
    return SF(round)(sign, e - shift, m);
}

SF_FN SF_U SF(add)(SF_U a, SF_U b)
{
    a = SF(flush)(a);
    b = SF(flush)(b);
    SF_U am = a & ~SF_SIGN, bm = b & ~SF_SIGN;
    if (am > SF_INF || bm > SF_INF) return SF_NAN;
    if (am == SF_INF) return bm == SF_INF && a != b ? SF_NAN : a;
    if (bm == SF_INF) return b;
    if (!am) return bm ? b : a & b;
    if (!bm) return a;
    if (bm > am) { SF_U t = a; a = b; b = t; }
    int e = SF(exponent)(a), d = e - SF(exponent)(b);
    SF_U x = SF(significand)(a) << 3, y = SF(significand)(b) << 3, sign = a & SF_SIGN;
    if (d > SF_MANT + 3) y = 1;
    else y = y >> d | ((y & (((SF_U)1 << d) - 1)) != 0);
    if ((a ^ b) & SF_SIGN) {
        x -= y;
        return x ? SF(normal)(sign, e, x) : 0;
    }
    x += y;
    if (x >> (SF_MANT + 4)) { x = x >> 1 | (x & 1); e++; }
    return SF(round)(sign, e, x);
}
SF_FN SF_U SF(sub)(SF_U a, SF_U b) { return SF(add)(a, b ^ SF_SIGN); }

#if SF_BITS == 32
SF_FN void sf_wide32(uint32_t a, uint32_t b, uint32_t *hi, uint32_t *lo)
{
    uint64_t p = (uint64_t)a * b;
    *hi = (uint32_t)(p >> 32);
    *lo = (uint32_t)p;
}
#else
SF_FN void sf_wide64(uint64_t a, uint64_t b, uint64_t *hi, uint64_t *lo)
{
    uint32_t a0 = (uint32_t)a, a1 = (uint32_t)(a >> 32), b0 = (uint32_t)b, b1 = (uint32_t)(b >> 32);
    uint64_t p00 = (uint64_t)a0 * b0, p01 = (uint64_t)a0 * b1, p10 = (uint64_t)a1 * b0, p11 = (uint64_t)a1 * b1;
    uint64_t mid = (p00 >> 32) + (uint32_t)p01 + (uint32_t)p10;
    *lo = mid << 32 | (uint32_t)p00;
    *hi = p11 + (p01 >> 32) + (p10 >> 32) + (mid >> 32);
}
#endif

SF_FN SF_U SF(mul)(SF_U a, SF_U b)
{
    a = SF(flush)(a);
    b = SF(flush)(b);
    SF_U am = a & ~SF_SIGN, bm = b & ~SF_SIGN, sign = (a ^ b) & SF_SIGN, hi, lo;
    if (am > SF_INF || bm > SF_INF) return SF_NAN;
    if (am == SF_INF || bm == SF_INF) return am && bm ? sign | SF_INF : SF_NAN;
    if (!am || !bm) return sign;
    // The product of significands has its leading bit at place 2*MANT or one above; the high word is to begin at MANT + 3.
    SF(wide)(SF(significand)(a), SF(significand)(b) << (SF_BITS - SF_MANT - 1), &hi, &lo);      // leading bit of hi: MANT or MANT - 1
    SF_U m = hi << 4 | lo >> (SF_BITS - 4) | ((lo << 4) != 0);
    int e = SF(exponent)(a) + SF(exponent)(b) - SF_BIAS + 1;
    if (m >> (SF_MANT + 4)) { m = m >> 1 | (m & 1); return SF(round)(sign, e, m); }
    return SF(round)(sign, e - 1, m);
}

SF_FN SF_U SF(div)(SF_U a, SF_U b)
{
    a = SF(flush)(a);
    b = SF(flush)(b);
    SF_U am = a & ~SF_SIGN, bm = b & ~SF_SIGN, sign = (a ^ b) & SF_SIGN;
    if (am > SF_INF || bm > SF_INF) return SF_NAN;
    if (am == SF_INF) return bm == SF_INF ? SF_NAN : sign | SF_INF;
    if (bm == SF_INF) return sign;
    if (!bm) return am ? sign | SF_INF : SF_NAN;
    if (!am) return sign;
    SF_U x = SF(significand)(a), y = SF(significand)(b), q = 0;
    int e = SF(exponent)(a) - SF(exponent)(b) + SF_BIAS;
    if (x < y) { x <<= 1; e--; }
    for (int i = 0; i < SF_MANT + 4; i++) {
        q <<= 1;
        if (x >= y) { x -= y; q |= 1; }
        x <<= 1;
    }
    return SF(round)(sign, e, q | (x != 0));
}

SF_FN SF_U SF(sqrt)(SF_U a)
{
    a = SF(flush)(a);
    SF_U m = a & ~SF_SIGN;
    if (!m) return a;
    if (a & SF_SIGN || m > SF_INF) return SF_NAN;
    if (m == SF_INF) return a;
    int e = SF(exponent)(a) - SF_BIAS;
    SF_U x = SF(significand)(a), root = 0, rest = 0;
    if (e & 1) x <<= 1;
    e = (e - (e & 1)) / 2 + SF_BIAS;
    // Two bits of the radicand a turn: MANT/2 + 1 turns for what there is, then zeros.
    for (int i = 0; i < SF_MANT + 4; i++) {
        int place = SF_MANT - 2 * i;
        SF_U two = place >= 0 ? x >> place : place == -1 ? x << 1 : 0;
        rest = rest << 2 | (two & 3);
        SF_U trial = root << 2 | 1;
        root <<= 1;
        if (rest >= trial) { rest -= trial; root |= 1; }
    }
    return SF(round)(0, e, root | (rest != 0));
}

// -1, 0, 1; 2 when they cannot be compared
SF_FN int SF(compare)(SF_U a, SF_U b)
{
    a = SF(flush)(a);
    b = SF(flush)(b);
    SF_U am = a & ~SF_SIGN, bm = b & ~SF_SIGN;
    if (am > SF_INF || bm > SF_INF) return 2;
    if (!(am | bm) || a == b) return 0;
    if ((a ^ b) & SF_SIGN) return a & SF_SIGN ? -1 : 1;
    return (am < bm) == !(a & SF_SIGN) ? -1 : 1;
}

SF_FN SF_U SF(from_u64)(uint64_t v, SF_U sign)
{
    if (!v) return 0;
    int n = 0;
    while (!(v >> 63)) { v <<= 1; n++; }           // leading bit to place 63
    int drop = 63 - (SF_MANT + 3);
    SF_U m = drop > 0 ? (SF_U)(v >> drop) | ((v & (((uint64_t)1 << drop) - 1)) != 0) : (SF_U)v;
    return SF(round)(sign, SF_BIAS + 63 - n, m);
}
SF_FN SF_U SF(from_i64)(int64_t v) { return v < 0 ? SF(from_u64)(-(uint64_t)v, SF_SIGN) : SF(from_u64)((uint64_t)v, 0); }

// Towards zero. What does not fit becomes the nearest number that does.
SF_FN uint64_t SF(magnitude)(SF_U a, uint64_t most)
{
    int e = SF(exponent)(a) - SF_BIAS;
    if (SF(exponent)(a) == SF_EMAX) return (a & (SF_HIDDEN - 1)) ? 0 : most;
    if (e < 0) return 0;
    if (e > 63) return most;
    uint64_t m = SF(significand)(a), v = e >= SF_MANT ? m << (e - SF_MANT) : m >> (SF_MANT - e);
    return v > most ? most : v;
}
SF_FN int64_t SF(to_signed)(SF_U a, int64_t most)
{
    if (a & SF_SIGN) return (int64_t)-SF(magnitude)(a, (uint64_t)most + 1);
    return (int64_t)SF(magnitude)(a, (uint64_t)most);
}
SF_FN uint64_t SF(to_unsigned)(SF_U a, uint64_t most) { return a & SF_SIGN ? 0 : SF(magnitude)(a, most); }

// To a whole number: mode 0 to nearest even, 1 down, 2 up, 3 towards zero, 4 to nearest, halves away from zero.
SF_FN SF_U SF(whole)(SF_U a, int mode)
{
    int e = SF(exponent)(a) - SF_BIAS;
    if (e >= SF_MANT) return a;
    a = SF(flush)(a);
    if (!(a & ~SF_SIGN)) return a;
    SF_U one = (SF_U)SF_BIAS << SF_MANT, sign = a & SF_SIGN;
    if (e < 0) {
        SF_U half = one - SF_HIDDEN, m = a & ~SF_SIGN;
        int away = mode == 0 ? m > half : mode == 1 ? sign != 0 : mode == 2 ? sign == 0 : mode == 4 ? m >= half : 0;
        return sign | (away ? one : 0);
    }
    SF_U unit = (SF_U)1 << (SF_MANT - e), part = a & (unit - 1), low = a - part;
    int up = mode == 0 ? part > unit / 2 || (part == unit / 2 && (low & unit)) : mode == 1 ? sign && part : mode == 2 ? !sign && part : mode == 4 ? part >= unit / 2 : 0;
    return up ? low + unit : low;
}
