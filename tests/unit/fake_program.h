// SPDX-License-Identifier: MIT
// A network of one or two populations and one projection, with kernels written by hand in place of generated code, for test_connect.c and
// test_inst.c. All tables are built at run time in a FakeNet.
#ifndef FAKE_PROGRAM_H
#define FAKE_PROGRAM_H
#include "core/connect/draw.h"
#include "core/inst.h"
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <setjmp.h>
#include <cmocka.h>
#undef RULE
enum { R_one_to_one, R_all_to_all, R_pairwise_bernoulli, R_pairwise_poisson, R_symmetric_pairwise_bernoulli, R_fixed_indegree, R_fixed_outdegree,
       R_fixed_total_number, R_small_world, R_conv2d, R_pool2d, R_from_file };
enum { K_DT, K_A0, K_A1, K_A2, K_DELAY, K_DRIVE, NK };
enum { F_V, F_G, F_IN, F_W, F_U };              // V, g, drive of population 0 (or the target); weight and a second field of the projection

typedef struct FakeNet {
    SnnNet net; SnnPop pop[2]; SnnProj proj[2]; SnnField field[8]; double K[NK]; unsigned char is_set[NK]; int64_t proj_fields[2]; const char *port[1];
} FakeNet;

// A number that depends on the pair alone, in [0, 1).
static inline double fake_hash(uint64_t a, uint64_t b, uint64_t c) {
    uint32_t ctr[4] = { (uint32_t)a, (uint32_t)b, (uint32_t)c, 0xABCD }, w[4];
    draw_philox(77, ctr, w);
    return w[0] * 0x1p-32;
}
static inline void fake_setup(double *K, const unsigned char *is_set) { (void)K; (void)is_set; }
static inline void fake_row_init(SnnCtx *c, int64_t src, const uint32_t *tgt, const uint32_t *copy, int64_t first, int64_t n, void **S) {
    (void)c;
    for (int64_t k = 0; k < n; k++) ((double *)S[0])[first + k] = 1 + fake_hash((uint64_t)src, tgt[k], copy ? copy[k] : 0);
}
static inline void fake_delay(SnnCtx *c, int64_t src, const uint32_t *tgt, const uint32_t *copy, int64_t n, double *out) {
    (void)c;
    for (int64_t k = 0; k < n; k++) out[k] = 2 + (double)(int)(20 * fake_hash(tgt[k], (uint64_t)src, 100 + (copy ? copy[k] : 0)));
}
static inline void fake_prob(SnnCtx *c, int64_t src, const uint32_t *tgt, const uint32_t *copy, int64_t n, double *out) {
    (void)c; (void)copy;
    for (int64_t k = 0; k < n; k++) out[k] = (src + tgt[k]) % 3 == 0 ? 0.5 : 0;
}

// nsrc sources in population 0; targets in population 1, or in population 0 as well when ntgt is 0.
static inline void fake_net(FakeNet *f, int64_t nsrc, int64_t ntgt, int rule, int nargs, ...) {
    memset(f, 0, sizeof *f);
    va_list ap;
    va_start(ap, nargs);
    for (int a = 0; a < nargs; a++) { f->K[K_A0 + a] = va_arg(ap, double); f->is_set[K_A0 + a] = 1; }
    va_end(ap);
    f->is_set[K_DELAY] = f->is_set[K_DRIVE] = 1;
    f->port[0] = "spikes";
    f->pop[0] = (SnnPop){ .path = "A", .model = "m", .n = nsrc, .rank = 1, .shape = { nsrc }, .nports = 1, .ports = f->port };
    f->pop[1] = (SnnPop){ .path = "B", .model = "m", .n = ntgt ? ntgt : nsrc, .rank = 1, .shape = { ntgt }, .nports = 1, .ports = f->port };
    int64_t tgt = ntgt ? 1 : 0, n = ntgt ? ntgt : nsrc;
    f->field[F_V] = (SnnField){ .name = "V", .unit = "mV", .role = INST_STATE, .owner_kind = 0, .owner = tgt, .unit_scale = 1 };
    f->field[F_G] = (SnnField){ .name = "g", .unit = "nS", .role = INST_INPUT, .owner_kind = 0, .owner = tgt, .unit_scale = 1 };
    f->field[F_IN] = (SnnField){ .name = "I", .unit = "pA", .role = INST_DRIVE, .owner_kind = 0, .owner = tgt, .unit_scale = 1 };
    f->field[F_W] = (SnnField){ .name = "w", .unit = "nS", .role = INST_WEIGHT, .owner_kind = 1, .owner = 0, .unit_scale = 1 };
    f->proj_fields[0] = F_W;
    f->proj[0] = (SnnProj){ .path = "A->B", .src = 0, .tgt = tgt, .src_hi = nsrc, .tgt_hi = n, .rule = rule, .nargs = nargs, .arg_slot = { K_A0, K_A1, K_A2 },
                            .allow_self = 1, .allow_multiple = 1, .uniform_delay = 1, .delay_slot = K_DELAY, .stream = 5 };
    f->net = (SnnNet){ .name = "fake", .nk = NK, .setup = fake_setup, .nfields = 4, .fields = f->field, .npops = 2, .pops = f->pop, .nprojs = 1, .projs = f->proj };
}
static inline void fake_weights(FakeNet *f) {
    f->proj[0].nfields = 1;
    f->proj[0].fields = f->proj_fields;
    f->proj[0].row_init = fake_row_init;
}
static inline void fake_delays(FakeNet *f) {
    f->proj[0].uniform_delay = 0;
    f->proj[0].pair_delay = fake_delay;
}
static int fake_share;                          // members a thread, 0: as the runtime chooses
static inline SnnInst *fake_inst(const FakeNet *f, uint64_t seed, int threads, SnnError *err) {
    InstOptions o = { .dt = 0.1, .seed = seed, .threads = threads, .real_bits = 64, .K = f->K, .is_set = f->is_set, .share = fake_share };
    return inst_new(&f->net, &o, err);
}
typedef struct Edges { int64_t n; uint32_t *src, *tgt, *delay; double *w; } Edges;
static inline Edges fake_edges(const SnnInst *in, int64_t proj, bool weights) {
    Edges e = { .n = inst_synapses(in, proj) };
    e.src = malloc((size_t)(e.n + 1) * 4);
    e.tgt = malloc((size_t)(e.n + 1) * 4);
    e.delay = malloc((size_t)(e.n + 1) * 4);
    e.w = calloc((size_t)e.n + 1, 8);
    inst_edges(in, proj, e.src, e.tgt, e.delay);
    if (weights) inst_read(in, F_W, 0, e.n, e.w);
    return e;
}
static inline void fake_edges_free(Edges *e) { free(e->src); free(e->tgt); free(e->delay); free(e->w); }
static inline void assert_same_edges(const Edges *a, const Edges *b) {
    assert_int_equal(a->n, b->n);
    assert_memory_equal(a->src, b->src, (size_t)a->n * 4);
    assert_memory_equal(a->tgt, b->tgt, (size_t)a->n * 4);
    assert_memory_equal(a->delay, b->delay, (size_t)a->n * 4);
    assert_memory_equal(a->w, b->w, (size_t)a->n * 8);
}
#endif
