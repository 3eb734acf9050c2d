// SPDX-License-Identifier: MIT
// a*b + c rounded once, for cores whose FPU knows single precision only. 128-bit sums: the product exactly, the addend shifted to it.
#ifndef SNN_SOFTFMA_H
#define SNN_SOFTFMA_H
#define SF_BITS 64
#include "softfloat.h"

typedef struct SfWide { uint64_t hi, lo; } SfWide;

SF_FN SfWide sf_right(SfWide v, int n)            // with a sticky last bit
{
    if (n <= 0) return v;
    if (n > 127) return (SfWide){0, (v.hi | v.lo) != 0};
    uint64_t lost = n >= 64 ? (v.lo | (n > 64 ? v.hi << (128 - n) : 0)) : v.lo << (64 - n);
    SfWide r = n >= 64 ? (SfWide){0, n == 64 ? v.hi : v.hi >> (n - 64)} : (SfWide){v.hi >> n, v.lo >> n | v.hi << (64 - n)};
    r.lo |= lost != 0;
    return r;
}
SF_FN SfWide sf_left(SfWide v, int n)
{
    if (n <= 0) return v;
    return n >= 64 ? (SfWide){n == 64 ? v.lo : v.lo << (n - 64), 0} : (SfWide){v.hi << n | v.lo >> (64 - n), v.lo << n};
}

SF_FN uint64_t sf_fma64(uint64_t a, uint64_t b, uint64_t c)
{
    a = sf_flush64(a);
    b = sf_flush64(b);
    c = sf_flush64(c);
    const uint64_t sign_bit = (uint64_t)1 << 63, inf = (uint64_t)2047 << 52;
    uint64_t am = a & ~sign_bit, bm = b & ~sign_bit, cm = c & ~sign_bit;
    if (cm == inf && am < inf && bm < inf) return c;
    if (am >= inf || bm >= inf || cm >= inf || !am || !bm) return sf_add64(sf_mul64(a, b), c);
    if (!cm) return sf_mul64(a, b);
    uint64_t sign = (a ^ b) & sign_bit;
    int ep = sf_exponent64(a) + sf_exponent64(b) - 1023, ec = sf_exponent64(c);      // weight of the leading bit at place 104
    SfWide p, q = sf_left((SfWide){0, sf_significand64(c)}, 52 + 20);
    sf_wide64(sf_significand64(a), sf_significand64(b), &p.hi, &p.lo);
    p = sf_left(p, 20);                            // leading bit at place 124 (or 125)
    int e = ep, d = ep - ec;
    if (d > 0) q = sf_right(q, d);
    else { p = sf_right(p, -d); e = ec; }
    SfWide s;
    if (((c & sign_bit) ^ sign) == 0) s = (SfWide){p.hi + q.hi + (p.lo + q.lo < p.lo), p.lo + q.lo};
    else {
        if (q.hi > p.hi || (q.hi == p.hi && q.lo > p.lo)) { SfWide t = p; p = q; q = t; sign ^= sign_bit; }
        s = (SfWide){p.hi - q.hi - (p.lo < q.lo), p.lo - q.lo};
    }
    if (!(s.hi | s.lo)) return 0;
    while (!(s.hi >> 62)) { s = sf_left(s, 1); e--; }                               // leading bit to place 126
    if (s.hi >> 63) { s = sf_right(s, 1); e++; }
    uint64_t m = s.hi >> 7 | ((s.hi & 127) | s.lo ? 1 : 0);                          // place 126 - 64 - 7 = 55 = MANT + 3
    return sf_round64(sign, e + 2, m);
}
#endif
