// SPDX-License-Identifier: MIT
// Floating point made of integers (runtime/embedded) against this processor, which flushes subnormal numbers: the same bits, on numbers from
// all corners. A NaN only has to be one.
#include "core/fpmode.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>
#define SF_BITS 32
#include "embedded/softfloat.h"
#undef SF_BITS
#include "embedded/softfma.h"

enum { ROUNDS = 300000 };
static uint64_t state = 88172645463325252u;
static uint64_t next(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    return state ^= state << 17;
}
static float f32(uint32_t u) { float x; memcpy(&x, &u, 4); return x; }
static uint32_t u32(float x) { uint32_t u; memcpy(&u, &x, 4); return u; }
static double f64(uint64_t u) { double x; memcpy(&x, &u, 8); return x; }
static uint64_t u64(double x) { uint64_t u; memcpy(&u, &x, 8); return u; }

// Any bits; near one; subnormal and tiny; powers of two; ones and zeros in the last places; huge; alike in size.
static uint32_t pick32(void)
{
    uint64_t r = next();
    uint32_t v = (uint32_t)r, e = (uint32_t)(r >> 32) & 0xffff;
    switch (r >> 48 & 7) {
    case 0: return v;
    case 1: return (v & 0x807fffffu) | (e % 20 + 118) << 23;
    case 2: return (v & 0x807fffffu) | e % 4 << 23;
    case 3: return v & 0xff800000u;
    case 4: return (v & 0x80000007u) | 127u << 23 | (e & 1 ? 0x7ffff8u : 0);
    case 5: return (v & 0x807fffffu) | (250 + e % 6) << 23;
    default: return (v & 0x807fffffu) | (e % 6 + 124) << 23;
    }
}
static uint64_t pick64(void)
{
    uint64_t v = next(), r = next(), e = r >> 8 & 0xffff, keep = v & 0x800fffffffffffffu;
    switch (r & 7) {
    case 0: return v;
    case 1: return keep | (e % 40 + 1003) << 52;
    case 2: return keep | e % 4 << 52;
    case 3: return v & 0xfff0000000000000u;
    case 4: return (v & 0x8000000000000007u) | (uint64_t)1023 << 52 | (e & 1 ? 0xffffffffffff8u : 0);
    case 5: return keep | (2040 + e % 8) << 52;
    default: return keep | (e % 8 + 1020) << 52;
    }
}

// A processor may judge before rounding what it flushes: then the smallest normal number stands for a zero.
static void same32(const char *what, uint32_t a, uint32_t b, uint32_t got, float want)
{
    if (isnan(want) && (got & 0x7fffffffu) > 0x7f800000u) return;
    if ((got & 0x7fffffffu) == 0x00800000u && want == 0) return;
    if (got != u32(want)) fail_msg("%s of %08x and %08x: %08x instead of %08x", what, a, b, got, u32(want));
}
static void same64(const char *what, uint64_t a, uint64_t b, uint64_t got, double want)
{
    if (isnan(want) && (got & ~((uint64_t)1 << 63)) > (uint64_t)2047 << 52) return;
    if ((got & ~((uint64_t)1 << 63)) == (uint64_t)1 << 52 && want == 0) return;
    if (got != u64(want)) fail_msg("%s of %016llx and %016llx: %016llx instead of %016llx", what, (unsigned long long)a, (unsigned long long)b, (unsigned long long)got, (unsigned long long)u64(want));
}

static void single(void **s)
{
    (void)s;
    uint64_t mode = fpmode_flush();
    for (int i = 0; i < ROUNDS; i++) {
        uint32_t a = pick32(), b = pick32();
        volatile float x = f32(a), y = f32(b);
        same32("+", a, b, sf_add32(a, b), x + y);
        same32("-", a, b, sf_sub32(a, b), x - y);
        same32("*", a, b, sf_mul32(a, b), x * y);
        same32("/", a, b, sf_div32(a, b), x / y);
        same32("sqrt", a, a, sf_sqrt32(a), sqrtf(x));
        assert_int_equal(sf_compare32(a, b), x < y ? -1 : x == y ? 0 : x > y ? 1 : 2);
        if (fabsf(x) < 2e9f) assert_int_equal(sf_to_signed32(a, INT32_MAX), (int32_t)x);
    }
    fpmode_restore(mode);
}
static void double_(void **s)
{
    (void)s;
    uint64_t mode = fpmode_flush();
    for (int i = 0; i < ROUNDS; i++) {
        uint64_t a = pick64(), b = pick64(), c = pick64();
        volatile double x = f64(a), y = f64(b);
        same64("+", a, b, sf_add64(a, b), x + y);
        same64("-", a, b, sf_sub64(a, b), x - y);
        same64("*", a, b, sf_mul64(a, b), x * y);
        if (i & 1) c = u64(-(x * y)) + next() % 5 - 2;           // cancels all but the product's lower half
        same64("fma", a, b, sf_fma64(a, b, c), fma(x, y, f64(c)));
        assert_int_equal(sf_compare64(a, b), x < y ? -1 : x == y ? 0 : x > y ? 1 : 2);
        if (i % 4) continue;
        same64("/", a, b, sf_div64(a, b), x / y);
        same64("sqrt", a, a, sf_sqrt64(a), sqrt(x));
        same64("floor", a, a, sf_whole64(a, 1), floor(x));
        same64("ceil", a, a, sf_whole64(a, 2), ceil(x));
        same64("round to even", a, a, sf_whole64(a, 0), nearbyint(x));
        same64("round", a, a, sf_whole64(a, 4), round(x));
        if (fabs(x) < 9e18) assert_true(sf_to_signed64(a, INT64_MAX) == (int64_t)x);
    }
    fpmode_restore(mode);
}
static void conversions(void **s)
{
    (void)s;
    for (int i = 0; i < ROUNDS; i++) {
        int64_t v = (int64_t)(next() >> next() % 64);
        if (i & 1) v = -v;
        same64("int64", (uint64_t)v, 0, sf_from_i6464(v), (double)v);
        same32("int64", (uint32_t)v, 0, sf_from_i6432(v), (float)v);
    }
    assert_int_equal(sf_to_signed64(u64(1e300), INT32_MAX), INT32_MAX);              // what does not fit becomes the nearest that does
    assert_int_equal(sf_to_signed64(u64(-1e300), INT32_MAX), INT32_MIN);
    assert_int_equal(sf_to_unsigned64(u64(-1.5), UINT32_MAX), 0);
    assert_int_equal(sf_to_signed64(u64(NAN), INT32_MAX), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(single), cmocka_unit_test(double_), cmocka_unit_test(conversions)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
