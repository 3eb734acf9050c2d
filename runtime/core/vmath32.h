// SPDX-License-Identifier: MIT
// Single precision instances (after vmath.h with the same VM_W). exp is computed in single precision; the others go through double
// and are rounded once, so they are correct to 0.51 units in the last place.
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
VM_AI VM_F(r) VM_F(fused)(VM_F(r) a, VM_F(r) b, VM_F(r) c) { return __builtin_fmaf(a, b, c); }
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
VM_AI VM_F(r) VM_F(fused)(VM_F(r) a, VM_F(r) b, VM_F(r) c) { return __builtin_elementwise_fma(a, b, c); }
#endif
#define V VM_F(r)
#define C(x) VM_F(splat)(x)
#define SEL(m, a, b) VM_F(sel)(m, a, b)
#if VM_PLAIN
VM_AI V VM_F(fma)(V a, V b, V c) { return a * b + c; }
#else
VM_AI V VM_F(fma)(V a, V b, V c) { return VM_F(fused)(a, b, c); }
#endif
#define FMA(a, b, c) VM_F(fma)(a, b, c)

VM_AI V VM_F(exp)(V x)
{
    static const float q[] = {VM_EXP_QF};
    V t = FMA(x, C(VM_LOG2EF), C(VM_MAGICF)), n = t - VM_MAGICF;
    V h = FMA(n, C(-VM_LN2F_1), x), l = n * -VM_LN2F_2, r = h + l;
    V p = C(q[4]);
    for (int i = 3; i >= 0; i--) p = FMA(p, r, C(q[i]));
    p = 1.0f + (h + FMA(r * r, p, l));
    V y = VM_F(real)(VM_F(bits)(p) + (VM_F(bits)(t) << 23));
    y = SEL(x <= VM_EXPF_MAX, y, x + VM_INFF);
    return SEL(x < VM_EXPF_MIN, C(0.0f), y);
}
#define FN1(name) VM_AI V VM_F(name)(V x) { return VM_F(narrow)(VM_D(name)(VM_F(widen)(x))); }
#define FN2(name) VM_AI V VM_F(name)(V x, V y) { return VM_F(narrow)(VM_D(name)(VM_F(widen)(x), VM_F(widen)(y))); }
#define VM_SKIP_EXP
#include "core/vmath.def"
#undef VM_SKIP_EXP
#undef FN1
#undef FN2
#undef V
#undef C
#undef SEL
#undef FMA
