// SPDX-License-Identifier: MIT
// What every instance of vmath.h shares: names, constants, and the far argument reduction (scalar; integer arithmetic).
#undef VM_D
#undef VM_F
#undef VM_AT
#undef DRAW
#undef DRAW_ARGS
#undef VM_PROFILE_
#if VM_PLAIN
#define VM_PROFILE_ _plain
#else
#define VM_PROFILE_
#endif
#ifndef SNN_VMATH_BASE_H
#define SNN_VMATH_BASE_H
#include "core/draw.h"
#include "core/vmath_coef.h"
#include <stdint.h>
typedef uint32_t vm_word16 __attribute__((vector_size(64)));
#define VM_AI static inline __attribute__((always_inline, unused))
#define VM_CAT5_(a, b, c, d, e) a##b##c##d##e
#define VM_CAT5(a, b, c, d, e) VM_CAT5_(a, b, c, d, e)
#define VM_INF __builtin_inf()
#define VM_NAN __builtin_nan("")
#define VM_DOUBLE_MAX 0x1.fffffffffffffp1023
#define VM_MAGIC 0x1.8p52                          // adding it rounds to the nearest whole number, kept in the low bits
#define VM_SIGN 0x8000000000000000u
#define VM_MANTISSA 0x000fffffffffffffu
#define VM_BITS_1 0x3ff0000000000000u
#define VM_BITS_SQRTH 0x3fe6a09e667f3bcdu          // sqrt(1/2)
#define VM_BITS_2P52 0x4330000000000000u
#define VM_BITS_2M64 0x3bf0000000000000u
#define VM_INFF __builtin_inff()
#define VM_NANF __builtin_nanf("")
#define VM_SIGNF 0x80000000u
#define VM_MANTISSAF 0x007fffffu
#define VM_BITSF_1 0x3f800000u
#define VM_BITSF_SQRTH 0x3f3504f3u
#define VM_PIO2F_LIMIT 1e5f
#define VM_MAGICF 0x1.8p23f
#define VM_MAGICF_2M41 (0x1.8p23f + 86.0f)        // 86: the exponent field of 2^-41
#define VM_LOG2EF 0x1.715476p+0f
#define VM_EXPF_TOP 115.0f
#define VM_LN2_HALF 0x1.62e42fefa39efp-2           // just below ln2/2
#define VM_EXPF_MAX 0x1.62e42ep+6f
#define VM_EXPF_MIN -0x1.5d589ep+6f
#define VM_EXP_MAX 0x1.62e42fefa39efp+9            // largest x with finite e^x
#define VM_EXP_MIN -0x1.6232bdd7abcd2p+9           // smallest x with normal e^x
#define VM_PIO2_LIMIT 1e6                          // up to here n*(pi/2 in 33-bit pieces) is exact

// x mod pi/2 for |x| >= VM_PIO2_LIMIT (Payne and Hanek 1983): the product of x's 53 bits with a window of 224 bits of 2/pi. Returns the
// quadrant (mod 4); the rest in [-pi/4, pi/4] as a pair. Not finite: NaN.
static __attribute__((noinline, unused)) uint64_t snn__pio2_far(double x, double *hi, double *lo)
{
    static const uint32_t words[] = {VM_TWO_OVER_PI_WORDS};
    uint64_t u, m;
    __builtin_memcpy(&u, &x, sizeof u);
    int e = (int)(u >> 52 & 0x7ff) - 1075;
    if (e == 0x7ff - 1075) {
        *hi = *lo = x - x;
        return 0;
    }
    m = (u & VM_MANTISSA) | 0x0010000000000000u;
    int first = e >= 34 ? (e - 2) / 32 : 0;        // earlier words contribute multiples of 4
    uint32_t p[9] = {0};                           // m * window, least significant word first
    for (int half = 0; half < 2; half++) {
        uint64_t f = half ? m >> 32 : m & 0xffffffffu, carry = 0;
        for (int i = 0; i < 7; i++) {
            carry += f * words[first + 6 - i] + p[i + half];
            p[i + half] = (uint32_t)carry;
            carry >>= 32;
        }
        p[7 + half] += (uint32_t)carry;
    }
    int s = 32 * (first + 7) - e;                  // bits behind the point
    uint32_t f[6];                                 // f[0]: two integer bits and 30 bits of fraction, then 32 bits each
    for (int k = 0; k < 6; k++) {
        int low = s + 2 - 32 * (k + 1), w = low >> 5, b = low & 31;   // low: position of the word's lowest bit
        uint64_t two = (w >= 0 && w < 9 ? p[w] : 0) | (uint64_t)(w + 1 >= 0 && w + 1 < 9 ? p[w + 1] : 0) << 32;
        f[k] = (uint32_t)(two >> b);
    }
    uint64_t q = f[0] >> 30;
    f[0] &= 0x3fffffffu;
    int neg = f[0] >> 29;
    if (neg) {                                     // fraction - 1, as a negated fraction
        q++;
        for (int k = 0; k < 6; k++) f[k] = ~f[k];
        f[0] &= 0x3fffffffu;
    }
    double h = 0, l = 0, unit = 0x1p-30;
    for (int k = 0; k < 6; k++, unit *= 0x1p-32) {
        double v = f[k] * unit, sum = h + v;
        l += v - (sum - h);
        h = sum;
    }
    // (h + l) * pi/2 with Dekker's product
    double t = h * 134217729.0, hh = t - (t - h), hl = h - hh, c = VM_PIO2_HI, tc = c * 134217729.0, ch = tc - (tc - c), cl = c - ch;
    double prod = h * c, err = ((hh * ch - prod) + hh * cl + hl * ch) + hl * cl + (h * VM_PIO2_LO + l * c);
    int minus = neg != (x < 0);
    double y = prod + err, rest = err - (y - prod);
    *hi = minus ? -y : y;
    *lo = minus ? -rest : rest;
    return x < 0 ? 0u - q : q;
}
#endif
// Functions not inlined (static, scalar) carry the prefix by which the generator knows what to adapt to its target.
#undef VM_OUT
#define VM_OUT(name) VM_CAT5(snn__, name, _, f64, VM_PROFILE_)
#if VM_W == 1
#define VM_D(name) VM_CAT5(vm_, name, _, f64, VM_PROFILE_)
#define VM_F(name) VM_CAT5(vm_, name, _, f32, VM_PROFILE_)
#elif VM_W == 2
#define VM_D(name) VM_CAT5(vm_, name, _, v2f64, VM_PROFILE_)
#define VM_F(name) VM_CAT5(vm_, name, _, v2f32, VM_PROFILE_)
#elif VM_W == 4
#define VM_D(name) VM_CAT5(vm_, name, _, v4f64, VM_PROFILE_)
#define VM_F(name) VM_CAT5(vm_, name, _, v4f32, VM_PROFILE_)
#elif VM_W == 8
#define VM_D(name) VM_CAT5(vm_, name, _, v8f64, VM_PROFILE_)
#define VM_F(name) VM_CAT5(vm_, name, _, v8f32, VM_PROFILE_)
#else
#define VM_D(name) VM_CAT5(vm_, name, _, v16f64, VM_PROFILE_)
#define VM_F(name) VM_CAT5(vm_, name, _, v16f32, VM_PROFILE_)
#endif
