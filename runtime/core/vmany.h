// SPDX-License-Identifier: MIT
// Functions of arrays, in place (after vmath32.h, vectors only): whole vectors, so up to VM_W - 1 numbers past the n-th are computed too.
#define EACH(R, T, f) _Pragma("clang loop unroll(disable)") for (int64_t i = 0; i < n; i += VM_W) { \
        R v; \
        __builtin_memcpy(&v, x + i, sizeof v); \
        v = f(v); \
        __builtin_memcpy(x + i, &v, sizeof v); \
    }
#define FN1(name) \
    VM_AI void VM_D(many_##name)(double *x, int64_t n) { EACH(VM_D(r), double, VM_D(name)) } \
    VM_AI void VM_F(many_##name)(float *x, int64_t n) { EACH(VM_F(r), float, VM_F(name)) }
FN1(exp) FN1(expm1) FN1(exprelinv) FN1(log) FN1(log1p) FN1(sin) FN1(cos) FN1(tan) FN1(tanh) FN1(atan)
#undef FN1
// The short form is for arrays that need no other.
#define EXPREL(R, M, T, name, is_far, any, near, far) \
    VM_AI void name(T *x, int64_t n) \
    { \
        M some = {0}; \
        for (int64_t i = 0; i < n; i += VM_W) { \
            R v; \
            __builtin_memcpy(&v, x + i, sizeof v); \
            some |= is_far(v); \
        } \
        if (any(some)) EACH(R, T, far) \
        else EACH(R, T, near) \
    }
EXPREL(VM_D(r), VM_D(m), double, VM_D(many_exprel), VM_D(exprel_is_far), VM_D(any), VM_D(exprel_near), VM_D(exprel_far))
EXPREL(VM_F(r), VM_F(m), float, VM_F(many_exprel), VM_F(exprel_is_far), VM_F(any), VM_F(exprel_near), VM_F(exprel_far))
#undef EXPREL
#undef EACH
