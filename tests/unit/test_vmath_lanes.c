// SPDX-License-Identifier: MIT
// The embedded bitcode, compiled for this processor: every function in every number of lanes, bit by bit against the scalar
// functions of the runtime.
#include "support/embed.h"
#include "support/support.h"
#include <math.h>
#include <setjmp.h>
#include <stdlib.h>
#include <cmocka.h>
#include <llvm-c/BitReader.h>
#include <llvm-c/Core.h>
#include <llvm-c/Error.h>
#include <llvm-c/LLJIT.h>
#include <llvm-c/Orc.h>
#include <llvm-c/Target.h>
#include "core/draw.h"
#include "core/vmath_fn.h"

typedef void Call(void **args, void *out);            // wrapper: loads its arguments from args[i], stores the result
typedef struct Shape { const char *type; int lanes; bool single; } Shape;
static const Shape shapes[] = {{"f64", 1, 0}, {"v2f64", 2, 0}, {"v4f64", 4, 0}, {"v8f64", 8, 0}, {"f32", 1, 1}, {"v4f32", 4, 1}, {"v8f32", 8, 1}, {"v16f32", 16, 1}};
static LLVMOrcLLJITRef jit;
static double x[16], y[16];

static void add_wrapper(LLVMModuleRef m, LLVMValueRef fn)
{
    LLVMContextRef c = LLVMGetModuleContext(m);
    LLVMTypeRef ptr = LLVMPointerTypeInContext(c, 0), i64 = LLVMInt64TypeInContext(c), type = LLVMGlobalGetValueType(fn), params[16];
    LLVMTypeRef two[] = {ptr, ptr};
    char name[100];
    snprintf(name, sizeof name, "call_%s", LLVMGetValueName(fn));
    LLVMValueRef w = LLVMAddFunction(m, name, LLVMFunctionType(LLVMVoidTypeInContext(c), two, 2, false)), args[16];
    LLVMBuilderRef b = LLVMCreateBuilderInContext(c);
    LLVMPositionBuilderAtEnd(b, LLVMAppendBasicBlockInContext(c, w, ""));
    LLVMGetParamTypes(type, params);
    unsigned n = LLVMCountParamTypes(type);
    for (unsigned i = 0; i < n; i++) {
        LLVMValueRef at = LLVMConstInt(i64, i, false);
        LLVMValueRef slot = LLVMBuildGEP2(b, ptr, LLVMGetParam(w, 0), &at, 1, "");
        args[i] = LLVMBuildLoad2(b, params[i], LLVMBuildLoad2(b, ptr, slot, ""), "");
        LLVMSetAlignment(args[i], 4);
    }
    LLVMValueRef v = LLVMBuildCall2(b, type, fn, args, n, "");
    if (LLVMGetTypeKind(LLVMTypeOf(v)) != LLVMVoidTypeKind) LLVMSetAlignment(LLVMBuildStore(b, v, LLVMGetParam(w, 1)), 4);
    LLVMBuildRetVoid(b);
    LLVMDisposeBuilder(b);
}
static void check(LLVMErrorRef e)
{
    if (!e) return;
    char *text = LLVMGetErrorMessage(e);
    fail_msg("%s", text);
}
static int open_bitcode(void **state)
{
    (void)state;
    LLVMInitializeNativeTarget();
    LLVMInitializeNativeAsmPrinter();
    const EmbeddedFile *f = embedded_find("core/vmath.bc");
    if (!f) return -1;
    LLVMOrcThreadSafeContextRef ts = LLVMOrcCreateNewThreadSafeContext();
    LLVMContextRef c = LLVMOrcThreadSafeContextGetContext(ts);
    LLVMMemoryBufferRef buffer = LLVMCreateMemoryBufferWithMemoryRange((const char *)f->data, f->size, "vmath.bc", false);
    LLVMModuleRef m;
    if (LLVMParseBitcodeInContext2(c, buffer, &m)) return -1;
    LLVMDisposeMemoryBuffer(buffer);
    static const char *const drop[] = {"target-cpu", "target-features", "tune-cpu", "min-legal-vector-width"};
    for (LLVMValueRef g = LLVMGetFirstFunction(m); g; g = LLVMGetNextFunction(g)) {
        for (size_t i = 0; i < sizeof drop / sizeof *drop; i++)
            LLVMRemoveStringAttributeAtIndex(g, (LLVMAttributeIndex)LLVMAttributeFunctionIndex, drop[i], (unsigned)strlen(drop[i]));
        if (!LLVMIsDeclaration(g) && !strncmp(LLVMGetValueName(g), "snn__", 5) && LLVMGetLinkage(g) == LLVMExternalLinkage) add_wrapper(m, g);
    }
    check(LLVMOrcCreateLLJIT(&jit, NULL));
    LLVMOrcJITDylibRef d = LLVMOrcLLJITGetMainJITDylib(jit);
    LLVMOrcCSymbolMapPair poisson = {LLVMOrcLLJITMangleAndIntern(jit, "snn__draw_poisson"), {(uintptr_t)snn__draw_poisson, {LLVMJITSymbolGenericFlagsExported | LLVMJITSymbolGenericFlagsCallable, 0}}};
    check(LLVMOrcJITDylibDefine(d, LLVMOrcAbsoluteSymbols(&poisson, 1)));
    LLVMOrcDefinitionGeneratorRef libc;             // memset and fma where the processor has none
    check(LLVMOrcCreateDynamicLibrarySearchGeneratorForProcess(&libc, LLVMOrcLLJITGetGlobalPrefix(jit), NULL, NULL));
    LLVMOrcJITDylibAddGenerator(d, libc);
    check(LLVMOrcLLJITAddLLVMIRModule(jit, d, LLVMOrcCreateNewThreadSafeModule(m, ts)));
    LLVMOrcDisposeThreadSafeContext(ts);
    return 0;
}
static int close_bitcode(void **state)
{
    (void)state;
    LLVMErrorRef e = LLVMOrcDisposeLLJIT(jit);
    if (e) LLVMConsumeError(e);
    return 0;
}
static Call *lookup(const char *name, const Shape *s, bool plain)
{
    char text[100];
    snprintf(text, sizeof text, "call_snn__%s_%s%s", name, s->type, plain ? "_plain" : "");
    LLVMOrcExecutorAddress a = 0;
    check(LLVMOrcLLJITLookup(jit, &a, text));
    return (Call *)(uintptr_t)a;
}

static uint64_t seed = 88172645463325252u;
static double rnd(double lo, double hi)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return lo + (hi - lo) * (double)(seed >> 11) * 0x1p-53;
}
static void arguments(int round)
{
    static const double sizes[] = {1e8, 800, 4, 0.1, 1e-9};
    for (int l = 0; l < 16; l++) {
        x[l] = rnd(-sizes[round % 5], sizes[round % 5]);
        y[l] = rnd(-8, 8);
    }
    if (round % 7 == 0) x[round / 7 % 16] = round % 2 ? NAN : INFINITY;
}
static void same(const char *name, const Shape *s, int lane, double got, double want)
{
    if (memcmp(&got, &want, sizeof got) && !(isnan(got) && isnan(want)))
        fail_msg("%s_%s, lane %d: %a, scalar %a (x = %a, y = %a)", name, s->type, lane, got, want, x[lane], y[lane]);
}
// Runs one function on the vectors given as doubles; results as doubles.
static void run(Call *f, const Shape *s, void **fixed, int nfixed, const double *const *vec, int nvec, double *out)
{
    float narrow[2][16], r32[16];
    void *args[10];
    for (int i = 0; i < nfixed; i++) args[i] = fixed[i];
    for (int v = 0; v < nvec; v++) {
        for (int l = 0; l < s->lanes; l++) narrow[v][l] = (float)vec[v][l];
        args[nfixed + v] = s->single ? (void *)narrow[v] : (void *)(uintptr_t)vec[v];
    }
    f(args, s->single ? (void *)r32 : (void *)out);
    for (int l = 0; s->single && l < s->lanes; l++) out[l] = r32[l];
}
typedef struct Fn { const char *name; int args; double (*d[2])(); float (*f[2])(); } Fn;
static void functions(void **state)
{
    (void)state;
    static const Fn fns[] = {
#define FN1(n) {#n, 1, {(double (*)())snn__##n##_f64, (double (*)())snn__##n##_f64_plain}, {(float (*)())snn__##n##_f32, (float (*)())snn__##n##_f32_plain}},
#define FN2(n) {#n, 2, {(double (*)())snn__##n##_f64, (double (*)())snn__##n##_f64_plain}, {(float (*)())snn__##n##_f32, (float (*)())snn__##n##_f32_plain}},
#include "core/vmath.def"
#undef FN1
#undef FN2
    };
    for (size_t k = 0; k < sizeof fns / sizeof *fns; k++)
        for (int plain = 0; plain < 2; plain++)
            for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
                const Shape *s = &shapes[i];
                Call *f = lookup(fns[k].name, s, plain);
                for (int round = 0; round < 400; round++) {
                    double out[16];
                    arguments(round);
                    run(f, s, NULL, 0, (const double *const[]){x, y}, fns[k].args, out);
                    for (int l = 0; l < s->lanes; l++) {
                        double (*d)() = fns[k].d[plain];
                        float (*g)() = fns[k].f[plain];
                        if (!s->single) same(fns[k].name, s, l, out[l], fns[k].args == 1 ? ((double (*)(double))d)(x[l]) : ((double (*)(double, double))d)(x[l], y[l]));
                        else same(fns[k].name, s, l, out[l], fns[k].args == 1 ? ((float (*)(float))g)((float)x[l]) : ((float (*)(float, float))g)((float)x[l], (float)y[l]));
                    }
                }
            }
}
typedef struct Counter { uint64_t seed, when; uint32_t c0[16], c1[16], copy[16], stream; } Counter;
#define AT(c, l) (c)->seed, (c)->c0[l], (c)->c1[l], (c)->copy[l], (c)->when, (c)->stream
static double scalar_draw(const Counter *c, int l, int which, const Shape *s, bool plain)
{
    float xf = (float)x[l], yf = (float)y[l];
#define PICK(n, ...) (s->single ? (plain ? snn__##n##_f32_plain(AT(c, l) __VA_ARGS__) : snn__##n##_f32(AT(c, l) __VA_ARGS__)) \
                                : (plain ? snn__##n##_f64_plain(AT(c, l) __VA_ARGS__) : snn__##n##_f64(AT(c, l) __VA_ARGS__)))
    switch (which) {
    case 0: return PICK(uniform);
    case 1: return PICK(normal);
    case 2: return PICK(exponential);
    case 3: return s->single ? plain ? snn__poisson_f32_plain(AT(c, l), xf) : snn__poisson_f32(AT(c, l), xf) : plain ? snn__poisson_f64_plain(AT(c, l), x[l]) : snn__poisson_f64(AT(c, l), x[l]);
    default: return s->single ? plain ? snn__truncnormal_f32_plain(AT(c, l), xf, yf) : snn__truncnormal_f32(AT(c, l), xf, yf)
                              : plain ? snn__truncnormal_f64_plain(AT(c, l), x[l], y[l]) : snn__truncnormal_f64(AT(c, l), x[l], y[l]);
    }
}
static void draws(void **state)
{
    (void)state;
    static const char *const names[] = {"uniform", "normal", "exponential", "poisson", "truncnormal"};
    for (int which = 0; which < 5; which++)
        for (int plain = 0; plain < 2; plain++)
            for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
                const Shape *s = &shapes[i];
                Call *f = lookup(names[which], s, plain);
                for (int round = 0; round < 200; round++) {
                    Counter c = {.seed = seed * 77, .when = seed >> 20, .stream = (uint32_t)round};
                    double out[16];
                    for (int l = 0; l < 16; l++) {
                        c.c0[l] = (uint32_t)(seed >> l);
                        c.c1[l] = (uint32_t)(seed >> 2 * l);
                        c.copy[l] = (uint32_t)l % 3;
                        x[l] = which == 3 ? rnd(0, round % 3 ? 2 : 90) : rnd(-3, round % 4 ? 3 : 60);
                        y[l] = x[l] + rnd(0.1, 4);
                    }
                    void *fixed[] = {&c.seed, c.c0, c.c1, c.copy, &c.when, &c.stream};
                    run(f, s, fixed, 6, (const double *const[]){x, y}, which < 3 ? 0 : which - 2, out);
                    for (int l = 0; l < s->lanes; l++) same(names[which], s, l, out[l], scalar_draw(&c, l, which, s, plain));
                }
            }
}
// Functions of arrays: small arguments alone, and with others between them.
static void arrays(void **state)
{
    (void)state;
    static const struct { const char *name; double (*d[2])(double); float (*f[2])(float); } fns[] = {
#define FN1(n) {#n, {snn__##n##_f64, snn__##n##_f64_plain}, {snn__##n##_f32, snn__##n##_f32_plain}},
#define FN2(n)
#include "core/vmath.def"
#undef FN1
#undef FN2
    };
    enum { N = 40, ROOM = 48 };
    for (size_t k = 0; k < sizeof fns / sizeof *fns; k++)
        for (int plain = 0; plain < 2; plain++)
            for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
                const Shape *s = &shapes[i];
                if (s->lanes == 1) continue;
                char name[40];
                snprintf(name, sizeof name, "many_%s", fns[k].name);
                Call *f = lookup(name, s, plain);
                for (int round = 0; round < 20; round++) {
                    _Alignas(64) double wide[ROOM], in[ROOM];
                    _Alignas(64) float narrow[ROOM];
                    for (int l = 0; l < ROOM; l++) {
                        in[l] = rnd(-0.3, 0.3) * (round % 2 && l % 7 == 0 ? 200 : 1);
                        narrow[l] = (float)in[l];
                        wide[l] = in[l];
                    }
                    void *at = s->single ? (void *)narrow : (void *)wide;
                    int64_t n = N;
                    f((void *[]){&at, &n}, NULL);
                    for (int l = 0; l < N; l++) {
                        x[l % 16] = in[l];
                        same(name, s, l % 16, s->single ? narrow[l] : wide[l], s->single ? fns[k].f[plain]((float)in[l]) : fns[k].d[plain](in[l]));
                    }
                }
            }
}
// Draws for 64 neighbours at once against those of each.
static void ahead(void **state)
{
    (void)state;
    static const char *const names[] = {"ahead_uniform", "ahead_normal", "ahead_exponential", "ahead_poisson"};
    static const double means[] = {2, 0.01, 0, -1, 40, 64, 64.5, 1e-12, 13.7, NAN};
    for (int which = 0; which < 4; which++)
        for (int plain = 0; plain < 2; plain++)
            for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
                const Shape *s = &shapes[i];
                if (s->lanes == 1) continue;
                Call *f = lookup(names[which], s, plain), *make = lookup("poisson_table", &shapes[0], plain);
                for (int round = 0; round < 20; round++) {
                    _Alignas(64) double out[2 * VM_AHEAD];
                    uint32_t table[VM_POISSON_TABLE], *at = table;
                    rnd(0, 1);
                    uint64_t first = seed & 0x3fffffc0;
                    double mean = means[round % 10];
                    float narrow = (float)mean;
                    Counter c = {.seed = seed * 77, .when = seed >> 20, .stream = (uint32_t)round};
                    void *to = out;
                    int64_t n = 65;
                    if (s->single) mean = narrow;
                    make((void *[]){&mean, &at}, NULL);
                    void *args[] = {&c.seed, &first, &c.when, &c.stream, which == 3 ? s->single ? (void *)&narrow : (void *)&mean : (void *)&n, which == 3 ? (void *)&at : (void *)&to, &n, &to};
                    f(args, NULL);
                    for (int l = 0; l < 2 * VM_AHEAD; l++) {
                        c.c0[l % 16] = (uint32_t)first + (uint32_t)l;
                        x[l % 16] = mean;
                        same(names[which], s, l % 16, s->single ? ((float *)to)[l] : out[l], scalar_draw(&c, l % 16, which, s, plain));
                    }
                }
            }
}
int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(functions), cmocka_unit_test(draws), cmocka_unit_test(ahead), cmocka_unit_test(arrays)};
    return cmocka_run_group_tests(tests, open_bitcode, close_bitcode);
}
