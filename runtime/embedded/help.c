// SPDX-License-Identifier: MIT
// What compiled code calls for where its core has no instruction: memory, 64-bit integers, floating point, under the names of the Arm run-time
// ABI (IHI 0043) and of the RISC-V psABI's libgcc. Each stands in a section of its own, so that the linker keeps what is called.
//
// On Arm these functions take numbers in core registers whatever the rest of the program does, hence their parameters are bits. On RISC-V with
// FPU, single-precision numbers come in floating registers.
#include <stddef.h>
#include <stdint.h>
#define SF_BITS 32
#include "embedded/softfloat.h"
#undef SF_BITS
#include "embedded/softfma.h"

#define HELPER __attribute__((weak, used))
#define HIDE __attribute__((no_builtin))

// ---- memory ----
HELPER HIDE void *memcpy(void *restrict to, const void *restrict from, size_t n)
{
    char *t = to;
    const char *f = from;
    if (!(((uintptr_t)t | (uintptr_t)f) & 3))
        for (; n >= 4; n -= 4, t += 4, f += 4) *(uint32_t *)t = *(const uint32_t *)f;
    while (n--) *t++ = *f++;
    return to;
}
HELPER HIDE void *memmove(void *to, const void *from, size_t n)
{
    char *t = to;
    const char *f = from;
    if (t <= f) return memcpy(to, from, n);
    while (n--) t[n] = f[n];
    return to;
}
HELPER HIDE void *memset(void *to, int c, size_t n)
{
    char *t = to;
    uint32_t word = (uint8_t)c * 0x01010101u;
    if (!((uintptr_t)t & 3))
        for (; n >= 4; n -= 4, t += 4) *(uint32_t *)t = word;
    while (n--) *t++ = (char)c;
    return to;
}

// ---- integers ----
static inline uint64_t divide64(uint64_t a, uint64_t b, uint64_t *rest)
{
    uint64_t q = 0, r = 0;
    for (int i = 63; i >= 0; i--) {
        r = r << 1 | (a >> i & 1);
        if (r >= b) { r -= b; q |= (uint64_t)1 << i; }
    }
    *rest = r;
    return q;
}
static inline uint64_t magnitude64(int64_t a) { return a < 0 ? -(uint64_t)a : (uint64_t)a; }
HELPER int64_t __divdi3(int64_t a, int64_t b)
{
    uint64_t r, q = divide64(magnitude64(a), magnitude64(b), &r);
    return (int64_t)((a ^ b) < 0 ? -q : q);
}

#if defined __arm__
HELPER HIDE void __aeabi_memcpy(void *t, const void *f, size_t n) { memcpy(t, f, n); }
HELPER HIDE void __aeabi_memcpy4(void *t, const void *f, size_t n) { memcpy(t, f, n); }
HELPER HIDE void __aeabi_memcpy8(void *t, const void *f, size_t n) { memcpy(t, f, n); }
HELPER HIDE void __aeabi_memmove(void *t, const void *f, size_t n) { memmove(t, f, n); }
HELPER HIDE void __aeabi_memmove4(void *t, const void *f, size_t n) { memmove(t, f, n); }
HELPER HIDE void __aeabi_memmove8(void *t, const void *f, size_t n) { memmove(t, f, n); }
HELPER HIDE void __aeabi_memset(void *t, size_t n, int c) { memset(t, c, n); }
HELPER HIDE void __aeabi_memset4(void *t, size_t n, int c) { memset(t, c, n); }
HELPER HIDE void __aeabi_memset8(void *t, size_t n, int c) { memset(t, c, n); }
HELPER HIDE void __aeabi_memclr(void *t, size_t n) { memset(t, 0, n); }
HELPER HIDE void __aeabi_memclr4(void *t, size_t n) { memset(t, 0, n); }
HELPER HIDE void __aeabi_memclr8(void *t, size_t n) { memset(t, 0, n); }

HELPER uint64_t __aeabi_lmul(uint64_t a, uint64_t b)
{
    uint32_t a0 = (uint32_t)a, b0 = (uint32_t)b, x = a0 & 0xffff, y = a0 >> 16, u = b0 & 0xffff, v = b0 >> 16;
    uint32_t low = x * u, m1 = y * u + (low >> 16), m2 = x * v + (m1 & 0xffff);      // 16-bit halves: no core register overflows
    uint32_t hi = y * v + (m1 >> 16) + (m2 >> 16) + a0 * (uint32_t)(b >> 32) + (uint32_t)(a >> 32) * b0;
    return (uint64_t)hi << 32 | (m2 << 16 | (low & 0xffff));
}
// Shifts of double words, written with shifts of words.
typedef union Two { uint64_t v; struct { uint32_t lo, hi; } w; } Two;
HELPER uint64_t __aeabi_llsl(uint64_t a, int n)
{
    Two t = {a};
    if (n >= 32) return (Two){.w = {0, t.w.lo << (n - 32)}}.v;
    return n ? (Two){.w = {t.w.lo << n, t.w.hi << n | t.w.lo >> (32 - n)}}.v : a;
}
HELPER uint64_t __aeabi_llsr(uint64_t a, int n)
{
    Two t = {a};
    if (n >= 32) return (Two){.w = {t.w.hi >> (n - 32), 0}}.v;
    return n ? (Two){.w = {t.w.lo >> n | t.w.hi << (32 - n), t.w.hi >> n}}.v : a;
}
HELPER uint64_t __aeabi_lasr(uint64_t a, int n)
{
    Two t = {a};
    int32_t hi = (int32_t)t.w.hi;
    if (n >= 32) return (Two){.w = {(uint32_t)(hi >> (n - 32)), (uint32_t)(hi >> 31)}}.v;
    return n ? (Two){.w = {t.w.lo >> n | t.w.hi << (32 - n), (uint32_t)(hi >> n)}}.v : a;
}

static inline uint32_t divide32(uint32_t a, uint32_t b, uint32_t *rest)
{
    uint32_t q = 0, r = 0;
    for (int i = 31; i >= 0; i--) {
        r = r << 1 | (a >> i & 1);
        if (r >= b) { r -= b; q |= (uint32_t)1 << i; }
    }
    *rest = r;
    return q;
}
// A quotient in r0 and a rest in r1 travel as one 64-bit number.
HELPER uint64_t __aeabi_uidivmod(uint32_t a, uint32_t b)
{
    uint32_t r, q = divide32(a, b, &r);
    return (uint64_t)r << 32 | q;
}
HELPER uint32_t __aeabi_uidiv(uint32_t a, uint32_t b) { return (uint32_t)__aeabi_uidivmod(a, b); }
HELPER uint64_t __aeabi_idivmod(int32_t a, int32_t b)
{
    uint32_t r, q = divide32(a < 0 ? -(uint32_t)a : (uint32_t)a, b < 0 ? -(uint32_t)b : (uint32_t)b, &r);
    return (uint64_t)(a < 0 ? -r : r) << 32 | ((a ^ b) < 0 ? -q : q);
}
HELPER int32_t __aeabi_idiv(int32_t a, int32_t b) { return (int32_t)__aeabi_idivmod(a, b); }
// Four words in r0 to r3: the quotient and the rest, which a vector of the base standard has there.
typedef uint32_t Four __attribute__((vector_size(16)));
HELPER __attribute__((pcs("aapcs"))) Four __aeabi_ldivmod(int64_t a, int64_t b)
{
    uint64_t q = (uint64_t)__divdi3(a, b), r = (uint64_t)a - __aeabi_lmul(q, (uint64_t)b);
    return (Four){(uint32_t)q, (uint32_t)(q >> 32), (uint32_t)r, (uint32_t)(r >> 32)};
}
HELPER uint64_t __udivdi3(uint64_t a, uint64_t b) { uint64_t r; return divide64(a, b, &r); }
HELPER uint64_t __umoddi3(uint64_t a, uint64_t b) { uint64_t r; divide64(a, b, &r); return r; }

#define FLOAT uint32_t
#define FLOAT_BITS(x) (x)
#define FLOAT_OF(bits) (bits)
#define RESULT(suffix) __aeabi_##suffix
#define COMPARE(name, W, U, test) HELPER int __aeabi_##name(U a, U b) { int c = sf_compare##W(a, b); return test; }
#define FADD __aeabi_fadd
#define FSUB __aeabi_fsub
#define FMUL __aeabi_fmul
#define FDIV __aeabi_fdiv
#define DADD __aeabi_dadd
#define DSUB __aeabi_dsub
#define DMUL __aeabi_dmul
#define DDIV __aeabi_ddiv
#define F2D __aeabi_f2d
#define D2F __aeabi_d2f
#define F2IZ __aeabi_f2iz
#define F2UIZ __aeabi_f2uiz
#define F2LZ __aeabi_f2lz
#define F2ULZ __aeabi_f2ulz
#define D2IZ __aeabi_d2iz
#define D2UIZ __aeabi_d2uiz
#define D2LZ __aeabi_d2lz
#define D2ULZ __aeabi_d2ulz
#define I2F __aeabi_i2f
#define UI2F __aeabi_ui2f
#define L2F __aeabi_l2f
#define UL2F __aeabi_ul2f
#define I2D __aeabi_i2d
#define UI2D __aeabi_ui2d
#define L2D __aeabi_l2d
#define UL2D __aeabi_ul2d
#if !defined __ARM_FP
COMPARE(fcmpeq, 32, uint32_t, c == 0)
COMPARE(fcmplt, 32, uint32_t, c == -1)
COMPARE(fcmple, 32, uint32_t, c == -1 || c == 0)
COMPARE(fcmpgt, 32, uint32_t, c == 1)
COMPARE(fcmpge, 32, uint32_t, c == 1 || c == 0)
COMPARE(fcmpun, 32, uint32_t, c == 2)
#endif
COMPARE(dcmpeq, 64, uint64_t, c == 0)
COMPARE(dcmplt, 64, uint64_t, c == -1)
COMPARE(dcmple, 64, uint64_t, c == -1 || c == 0)
COMPARE(dcmpgt, 64, uint64_t, c == 1)
COMPARE(dcmpge, 64, uint64_t, c == 1 || c == 0)
COMPARE(dcmpun, 64, uint64_t, c == 2)
#else
HELPER uint64_t __udivdi3(uint64_t a, uint64_t b) { uint64_t r; return divide64(a, b, &r); }
HELPER uint64_t __umoddi3(uint64_t a, uint64_t b) { uint64_t r; divide64(a, b, &r); return r; }
typedef union Two { uint64_t v; struct { uint32_t lo, hi; } w; } Two;
HELPER uint64_t __ashldi3(uint64_t a, int n)
{
    Two t = {a};
    if (n >= 32) return (Two){.w = {0, t.w.lo << (n - 32)}}.v;
    return n ? (Two){.w = {t.w.lo << n, t.w.hi << n | t.w.lo >> (32 - n)}}.v : a;
}
HELPER uint64_t __lshrdi3(uint64_t a, int n)
{
    Two t = {a};
    if (n >= 32) return (Two){.w = {t.w.hi >> (n - 32), 0}}.v;
    return n ? (Two){.w = {t.w.lo >> n | t.w.hi << (32 - n), t.w.hi >> n}}.v : a;
}
HELPER uint64_t __ashrdi3(uint64_t a, int n)
{
    Two t = {a};
    int32_t hi = (int32_t)t.w.hi;
    if (n >= 32) return (Two){.w = {(uint32_t)(hi >> (n - 32)), (uint32_t)(hi >> 31)}}.v;
    return n ? (Two){.w = {t.w.lo >> n | t.w.hi << (32 - n), (uint32_t)(hi >> n)}}.v : a;
}
#if defined __riscv_float_abi_single
#define FLOAT float
static inline uint32_t FLOAT_BITS(float x) { uint32_t u; __builtin_memcpy(&u, &x, 4); return u; }
static inline float FLOAT_OF(uint32_t u) { float x; __builtin_memcpy(&x, &u, 4); return x; }
#else
#define FLOAT uint32_t
#define FLOAT_BITS(x) (x)
#define FLOAT_OF(bits) (bits)
#endif
// The result of these is compared with 0; what cannot be compared makes the comparison false.
#define COMPARE(name, W, U, unordered) HELPER int name(U a, U b) { int c = sf_compare##W(a, b); return c == 2 ? unordered : c; }
#define FADD __addsf3
#define FSUB __subsf3
#define FMUL __mulsf3
#define FDIV __divsf3
#define DADD __adddf3
#define DSUB __subdf3
#define DMUL __muldf3
#define DDIV __divdf3
#define F2D __extendsfdf2
#define D2F __truncdfsf2
#define F2IZ __fixsfsi
#define F2UIZ __fixunssfsi
#define F2LZ __fixsfdi
#define F2ULZ __fixunssfdi
#define D2IZ __fixdfsi
#define D2UIZ __fixunsdfsi
#define D2LZ __fixdfdi
#define D2ULZ __fixunsdfdi
#define I2F __floatsisf
#define UI2F __floatunsisf
#define L2F __floatdisf
#define UL2F __floatundisf
#define I2D __floatsidf
#define UI2D __floatunsidf
#define L2D __floatdidf
#define UL2D __floatundidf
#if !defined __riscv_flen
COMPARE(__eqsf2, 32, uint32_t, 1)
COMPARE(__nesf2, 32, uint32_t, 1)
COMPARE(__ltsf2, 32, uint32_t, 1)
COMPARE(__lesf2, 32, uint32_t, 1)
COMPARE(__gtsf2, 32, uint32_t, -1)
COMPARE(__gesf2, 32, uint32_t, -1)
HELPER int __unordsf2(uint32_t a, uint32_t b) { return sf_compare32(a, b) == 2; }
#endif
COMPARE(__eqdf2, 64, uint64_t, 1)
COMPARE(__nedf2, 64, uint64_t, 1)
COMPARE(__ltdf2, 64, uint64_t, 1)
COMPARE(__ledf2, 64, uint64_t, 1)
COMPARE(__gtdf2, 64, uint64_t, -1)
COMPARE(__gedf2, 64, uint64_t, -1)
HELPER int __unorddf2(uint64_t a, uint64_t b) { return sf_compare64(a, b) == 2; }
#endif

// ---- single precision ----
#if !defined __ARM_FP && !defined __riscv_flen
HELPER uint32_t FADD(uint32_t a, uint32_t b) { return sf_add32(a, b); }
HELPER uint32_t FSUB(uint32_t a, uint32_t b) { return FADD(a, b ^ 0x80000000u); }
HELPER uint32_t FMUL(uint32_t a, uint32_t b) { return sf_mul32(a, b); }
HELPER uint32_t FDIV(uint32_t a, uint32_t b) { return sf_div32(a, b); }
HELPER int32_t F2IZ(uint32_t a) { return (int32_t)sf_to_signed32(a, INT32_MAX); }
HELPER uint32_t F2UIZ(uint32_t a) { return (uint32_t)sf_to_unsigned32(a, UINT32_MAX); }
HELPER uint32_t I2F(int32_t a) { return sf_from_i6432(a); }
HELPER uint32_t UI2F(uint32_t a) { return sf_from_u6432(a, 0); }
#endif
HELPER int64_t F2LZ(FLOAT a) { return sf_to_signed32(FLOAT_BITS(a), INT64_MAX); }
HELPER uint64_t F2ULZ(FLOAT a) { return sf_to_unsigned32(FLOAT_BITS(a), UINT64_MAX); }
HELPER FLOAT L2F(int64_t a) { return FLOAT_OF(sf_from_i6432(a)); }
HELPER FLOAT UL2F(uint64_t a) { return FLOAT_OF(sf_from_u6432(a, 0)); }

// ---- double precision ----
HELPER uint64_t DADD(uint64_t a, uint64_t b) { return sf_add64(a, b); }
HELPER uint64_t DSUB(uint64_t a, uint64_t b) { return DADD(a, b ^ (uint64_t)1 << 63); }
HELPER uint64_t DMUL(uint64_t a, uint64_t b) { return sf_mul64(a, b); }
HELPER uint64_t DDIV(uint64_t a, uint64_t b) { return sf_div64(a, b); }
HELPER int32_t D2IZ(uint64_t a) { return (int32_t)sf_to_signed64(a, INT32_MAX); }
HELPER uint32_t D2UIZ(uint64_t a) { return (uint32_t)sf_to_unsigned64(a, UINT32_MAX); }
HELPER int64_t D2LZ(uint64_t a) { return sf_to_signed64(a, INT64_MAX); }
HELPER uint64_t D2ULZ(uint64_t a) { return sf_to_unsigned64(a, UINT64_MAX); }
HELPER uint64_t I2D(int32_t a) { return sf_from_i6464(a); }
HELPER uint64_t UI2D(uint32_t a) { return sf_from_u6464(a, 0); }
HELPER uint64_t L2D(int64_t a) { return sf_from_i6464(a); }
HELPER uint64_t UL2D(uint64_t a) { return sf_from_u6464(a, 0); }

HELPER uint64_t F2D(FLOAT x)
{
    uint32_t a = sf_flush32(FLOAT_BITS(x)), e = (a >> 23) & 255;
    uint64_t sign = (uint64_t)(a & 0x80000000u) << 32, m = (uint64_t)(a & 0x7fffff) << 29;
    if (e == 255) return sign | (uint64_t)2047 << 52 | m;
    return e ? sign | (uint64_t)(e + 1023 - 127) << 52 | m : sign;
}
HELPER FLOAT D2F(uint64_t a)
{
    uint32_t sign = (uint32_t)(a >> 32) & 0x80000000u, inf = 0x7f800000u;
    int e = sf_exponent64(a);
    uint64_t m = sf_significand64(a);
    if (!e) return FLOAT_OF(sign);
    if (e == 2047) return FLOAT_OF(a << 12 ? inf | 0x400000u : sign | inf);
    int drop = 52 - 26;
    return FLOAT_OF(sf_round32(sign, e - 1023 + 127, (uint32_t)(m >> drop) | ((m & ((1u << drop) - 1)) != 0)));
}

// ---- functions of <math.h> that instructions stand for elsewhere ----
static inline uint64_t bits_of(double x) { uint64_t u; __builtin_memcpy(&u, &x, 8); return u; }
static inline double of_bits(uint64_t u) { double x; __builtin_memcpy(&x, &u, 8); return x; }
static inline uint32_t bits_of_float(float x) { uint32_t u; __builtin_memcpy(&u, &x, 4); return u; }
static inline float of_float_bits(uint32_t u) { float x; __builtin_memcpy(&x, &u, 4); return x; }
#define WHOLE(name, mode) \
    HELPER HIDE double name(double x) { return of_bits(sf_whole64(bits_of(x), mode)); } \
    HELPER HIDE float name##f(float x) { return of_float_bits(sf_whole32(bits_of_float(x), mode)); }
WHOLE(roundeven, 0)
WHOLE(floor, 1)
WHOLE(ceil, 2)
WHOLE(trunc, 3)
WHOLE(round, 4)
HELPER HIDE double sqrt(double x) { return of_bits(sf_sqrt64(bits_of(x))); }
HELPER HIDE float sqrtf(float x) { return of_float_bits(sf_sqrt32(bits_of_float(x))); }
HELPER HIDE double fma(double a, double b, double c) { return of_bits(sf_fma64(bits_of(a), bits_of(b), bits_of(c))); }
