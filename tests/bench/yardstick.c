// SPDX-License-Identifier: MIT
// A yardstick: the benchmark networks written out by hand, as a careful programmer would without a compiler for networks. State in
// columns, 64-byte vectors of the C compiler's extension, an exponential of our own, one pass that integrates, tests and resets, then one
// scatter along rows of 32-bit targets; one thread.
//
//   gcc -O3 -march=native [-DREAL=float] yardstick.c -lm
//   yardstick cuba|coba|cobahh|brunel N SECONDS SEED      prints: seconds of the step loop, spikes, mean rate in Hz
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#ifdef __AVX512DQ__
#include <immintrin.h>
#endif

#ifndef REAL
#define REAL double
#endif
#define DT 0.1
typedef REAL Real;
enum { LANES = 64 / sizeof(Real), IS_FLOAT = sizeof(Real) == 4 };
typedef Real Vec __attribute__((vector_size(64)));
typedef __typeof__((Vec){0} > (Vec){0}) Mask;        // whole numbers of the width of Real, -1 where true
typedef uint32_t Word16 __attribute__((vector_size(64)));

static uint64_t rng[4];
static uint64_t rotl(uint64_t x, int k) { return x << k | x >> (64 - k); }
static uint64_t next64(void) {                   // xoshiro256++ (D. Blackman, S. Vigna 2019)
    uint64_t r = rotl(rng[0] + rng[3], 23) + rng[0], t = rng[1] << 17;
    rng[2] ^= rng[0], rng[3] ^= rng[1], rng[1] ^= rng[2], rng[0] ^= rng[3], rng[2] ^= t, rng[3] = rotl(rng[3], 45);
    return r;
}
static double uniform(void) { return (double)(next64() >> 11) * 0x1p-53; }
static double normal(void) { return sqrt(-2 * log(1 - uniform())) * cos(2 * M_PI * uniform()); }
static void seed_rng(uint64_t s) {
    for (int i = 0; i < 4; i++) {
        uint64_t z = s += 0x9E3779B97F4A7C15u;
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u, z = (z ^ z >> 27) * 0x94D049BB133111EBu, rng[i] = z ^ z >> 31;
    }
}

typedef struct Net {
    int n, ne, delay;                                // n is a multiple of LANES in memory; delay in steps beyond the next
    uint32_t *row, *col;                             // row[i] .. row[i + 1]: targets of i
    Real *v, *ge, *gi, *m, *h, *g, *held;            // held: the last step of refractoriness, a whole number
    Real now;                                        // number of the step
    uint32_t *spikes; int nspikes;
    uint32_t **late; int *nlate;                     // spikes of the last steps
    uint32_t threshold[24]; int nthreshold;          // Poisson: how many of these a uniform 32-bit number reaches
    Word16 state[4];                                 // xoshiro128++ (D. Blackman, S. Vigna 2019), one generator a lane
} Net;

static void *memory(size_t bytes) {
    size_t page = 2u << 20, size = (bytes + 256 + page - 1) / page * page;
    void *p = aligned_alloc(page, size);
    madvise(p, size, MADV_HUGEPAGE);
    return memset(p, 0, size);
}
static Real *column(int n) { return memory(((size_t)n + LANES) * sizeof(Real)); }

static void connect_bernoulli(Net *net, double p) {
    size_t cap = (size_t)((double)net->n * net->n * p * 1.1) + 1000, k = 0;
    net->row = memory(((size_t)net->n + 1) * sizeof *net->row), net->col = memory(cap * sizeof *net->col);
    for (int i = 0; i < net->n; i++) {
        net->row[i] = (uint32_t)k;
        for (double j = floor(log(1 - uniform()) / log1p(-p)); j < net->n; j += 1 + floor(log(1 - uniform()) / log1p(-p))) net->col[k++] = (uint32_t)j;
    }
    net->row[net->n] = (uint32_t)k;
}

// Fixed in-degree, then turned round into rows by source.
static void connect_indegree(Net *net, int from_e, int from_i) {
    size_t per = (size_t)(from_e + from_i), total = per * (size_t)net->n;
    uint32_t *src = malloc(total * sizeof *src);
    net->row = memory(((size_t)net->n + 2) * sizeof *net->row), net->col = memory(total * sizeof *net->col);
    for (size_t k = 0; k < total; k++) {
        int e = (int)(k % per) < from_e;
        src[k] = (uint32_t)(e ? uniform() * net->ne : net->ne + uniform() * (net->n - net->ne));
        net->row[src[k] + 2]++;
    }
    for (int i = 0; i < net->n; i++) net->row[i + 2] += net->row[i + 1];
    for (size_t k = 0; k < total; k++) net->col[net->row[src[k] + 1]++] = (uint32_t)(k / per);
    free(src);
}

// ---- vectors ----
static inline Vec pick(Mask m, Vec a, Vec b) { return (Vec)((m & (Mask)a) | (~m & (Mask)b)); }
static inline Vec all(Real x) { return (Vec){0} + x; }
// exp: n = round(x log2 e), r = x - n ln 2 in two parts, a polynomial on |r| <= ln 2 / 2, times 2^n through the bits of the exponent.
static inline Vec vexp(Vec x) {
    const Real magic = IS_FLOAT ? (Real)12582912 : (Real)6755399441055744.0;
    Vec t = x * (Real)1.4426950408889634 + magic, n = t - magic, p;
    Vec r = x - n * (Real)(IS_FLOAT ? 0.693359375 : 0.693147180369123816490);
    r -= n * (Real)(IS_FLOAT ? -2.12194440e-4 : 1.90821492927058770002e-10);
    const int degree = IS_FLOAT ? 6 : 11;
    static const double inverse[] = {1, 1, 1. / 2, 1. / 6, 1. / 24, 1. / 120, 1. / 720, 1. / 5040, 1. / 40320, 1. / 362880, 1. / 3628800, 1. / 39916800};
    p = all((Real)inverse[degree]);
    for (int k = degree - 1; k >= 0; k--) p = p * r + (Real)inverse[k];
    return (Vec)((Mask)p + ((Mask)t << (IS_FLOAT ? 23 : 52)));
}
// y/(exp(y) - 1), by its series near 0
static inline Vec slope(Vec y) {
    Vec small = 1 - y * (Real)0.5;
    Mask near = (y < (Real)1e-6) & (y > (Real)-1e-6);
    return pick(near, small, y / (vexp(pick(near, all(1), y)) - 1));
}

#define AT(column, i) (*(Vec *)(net->column + (i)))
// One bit a lane.
static inline unsigned bits(Mask m) {
#ifdef __AVX512DQ__
    return IS_FLOAT ? (unsigned)_mm512_movepi32_mask((__m512i)m) : (unsigned)_mm512_movepi64_mask((__m512i)m);
#else
    unsigned b = 0;
    for (int k = 0; k < LANES; k++) b |= (unsigned)(m[k] & 1) << k;
    return b;
#endif
}
// Above the threshold and not held: a spike, listed, and held for some steps. Seldom, so what only a spike needs stands behind a branch.
static inline unsigned fire(Net *net, int i, Vec v, Mask free, Real now, Real threshold, Real refractory, Mask *which) {
    *which = (v > threshold) & free;
    unsigned hits = bits(*which);
    if (__builtin_expect(hits, 0)) {
        AT(held, i) = pick(*which, all(now + refractory), AT(held, i));
        for (unsigned b = hits; b; b &= b - 1) net->spikes[net->nspikes++] = (uint32_t)(i + __builtin_ctz(b));
    }
    return hits;
}
// The same, and v goes back to a value; while it is held it keeps what it had.
static inline void fire_reset(Net *net, int i, Vec old, Vec v, Real now, Real threshold, Real refractory, Real reset) {
    Mask free = AT(held, i) < now, which;
    v = pick(free, v, old);
    if (fire(net, i, v, free, now, threshold, refractory, &which)) v = pick(which, all(reset), v);
    AT(v, i) = v;
}

static void add(Real *restrict to, const uint32_t *restrict col, uint32_t n, Real w) {
#pragma GCC unroll 8
    for (uint32_t k = 0; k < n; k++) to[col[k]] += w;
}
static void deliver(Net *net, const uint32_t *spikes, int n, Real *e, Real we, Real *i, Real wi) {
    for (int k = 0; k < n; k++) {
        uint32_t s = spikes[k], a = net->row[s], b = net->row[s + 1];
        if (k + 1 < n)
            for (uint32_t c = net->row[spikes[k + 1]], q = 0; q < 4; q++) __builtin_prefetch(net->col + c + 16 * q);
        if ((int)s < net->ne) add(e, net->col + a, b - a, we);
        else add(i, net->col + a, b - a, wi);
    }
}

// ---- the networks ----
static void cuba_step(Net *net) {
    const double xv = exp(-DT / 20), xe = exp(-DT / 5), xi = exp(-DT / 10);
    const Real pv = (Real)xv, de = (Real)xe, di = (Real)xi, pe = (Real)(5.0 / (20 - 5) * (xv - xe)), pi = (Real)(10.0 / (20 - 10) * (xv - xi)), now = net->now;
    const Real rest = (Real)(-49 * (1 - xv));
    for (int i = 0; i < net->n; i += LANES) {
        Vec v = AT(v, i), ge = AT(ge, i), gi = AT(gi, i);
        AT(ge, i) = ge * de, AT(gi, i) = gi * di;
        fire_reset(net, i, v, v * pv + (ge * pe + (gi * pi + rest)), now, -50, 50, -60);
    }
    deliver(net, net->spikes, net->nspikes, net->ge, (Real)1.62, net->gi, -9);
}

static void coba_step(Net *net) {
    const Real de = (Real)exp(-DT / 5), di = (Real)exp(-DT / 10), now = net->now;
    for (int i = 0; i < net->n; i += LANES) {
        Vec v = AT(v, i), ge = AT(ge, i), gi = AT(gi, i);
        Vec a = 1 + ge + gi, end = (-60 - 80 * gi) / a;
        AT(ge, i) = ge * de, AT(gi, i) = gi * di;
        fire_reset(net, i, v, end + (v - end) * vexp(a * (Real)(-DT / 20)), now, -50, 50, -60);
    }
    deliver(net, net->spikes, net->nspikes, net->ge, (Real)0.6, net->gi, (Real)6.7);
}

// One gate: x' = a (1 - x) - b x over a step.
static inline Vec gate(Vec x, Vec a, Vec b) {
    Vec s = a + b, end = a / s;
    return end + (x - end) * vexp(s * (Real)-DT);
}
static void cobahh_step(Net *net) {
    const Real de = (Real)exp(-DT / 5), di = (Real)exp(-DT / 10), now = net->now;
    for (int i = 0; i < net->n; i += LANES) {
        Mask which;
        Vec v = AT(v, i), ge = AT(ge, i), gi = AT(gi, i), m = AT(m, i), h = AT(h, i), g = AT(g, i), u = v + 63;
        Vec am = (Real)(0.32 * 4) * slope((13 - u) * (Real)0.25), bm = (Real)(0.28 * 5) * slope((u - 40) * (Real)0.2), an = (Real)(0.032 * 5) * slope((15 - u) * (Real)0.2);
        Vec ah = (Real)0.128 * vexp((17 - u) * (Real)(1 / 18.0)), bh = 4 / (1 + vexp((40 - u) * (Real)0.2)), bn = (Real)0.5 * vexp((10 - u) * (Real)0.025);
        Vec gna = 20000 * m * m * m * h, gk = 6000 * (g * g) * (g * g), a = 10 + ge + gi + gna + gk, end = (50 * gna - 90 * gk - 80 * gi - 600) / a;
        AT(m, i) = gate(m, am, bm), AT(h, i) = gate(h, ah, bh), AT(g, i) = gate(g, an, bn);
        v = end + (v - end) * vexp(a * (Real)(-DT / 200));
        AT(v, i) = v, AT(ge, i) = ge * de, AT(gi, i) = gi * di;
        fire(net, i, v, AT(held, i) < now, now, -20, 30, &which);
    }
    deliver(net, net->spikes, net->nspikes, net->ge, 6, net->gi, 67);
}

static inline Word16 turn(Word16 x, int k) { return x << k | x >> (32 - k); }
static inline Word16 uniform16(Word16 *s) {
    Word16 r = turn(s[0] + s[3], 7) + s[0], t = s[1] << 9;
    s[2] ^= s[0], s[3] ^= s[1], s[1] ^= s[2], s[0] ^= s[3], s[2] ^= t, s[3] = turn(s[3], 11);
    return r;
}
static void brunel_input(Net *net) {
    Word16 s[4];
    memcpy(s, net->state, sizeof s);
    for (int i = 0; i < net->n; i += 16) {
        Word16 u = uniform16(s), count = {0};
        for (int k = 0; k < net->nthreshold; k++) count -= (Word16)(u >= net->threshold[k]);
        for (int k = 0; k < 16; k++) net->ge[i + k] = (Real)(int)count[k];
    }
    memcpy(net->state, s, sizeof s);
}
static void brunel_step(Net *net, long step) {
    const Real dv = (Real)exp(-DT / 20), now = net->now;
    int slot = (int)(step % (net->delay + 1)), due = (int)((step + 1) % (net->delay + 1));
    brunel_input(net);
    net->spikes = net->late[slot];
    for (int i = 0; i < net->n; i += LANES) {
        Vec v = AT(v, i), next = (v + AT(gi, i)) * dv + (Real)0.1 * AT(ge, i);
        AT(gi, i) = all(0);
        fire_reset(net, i, v, next, now, 20, 20, 0);
    }
    net->nlate[slot] = net->nspikes;
    deliver(net, net->late[due], net->nlate[due], net->gi, (Real)0.1, net->gi, (Real)-0.5);
}

static void start_brunel(Net *net) {
    connect_indegree(net, 1000, 250);
    net->delay = 15;
    net->late = malloc(16 * sizeof *net->late), net->nlate = calloc(16, sizeof *net->nlate);
    for (int i = 0; i < 16; i++) net->late[i] = malloc(((size_t)net->n + LANES) * sizeof **net->late);
    double p = exp(-2), sum = p;                     // Poisson of mean 2: cut where 32 bits end
    for (int k = 1; sum * 0x1p32 < 0x1p32 - 1; p *= 2.0 / k++, sum += p) net->threshold[net->nthreshold++] = (uint32_t)lround(sum * 0x1p32);
    for (int k = 0; k < 4; k++)
        for (int i = 0; i < 16; i++) net->state[k][i] = (uint32_t)next64();
}
static void start(Net *net, const char *kind) {
    int n = net->n;
    net->v = column(n + 16), net->ge = column(n + 16), net->gi = column(n + 16), net->m = column(n), net->h = column(n), net->g = column(n), net->held = column(n);
    net->spikes = malloc(((size_t)n + LANES) * sizeof *net->spikes);
    for (int i = 0; i < n + LANES; i++) net->held[i] = i < n ? -1 : (Real)INFINITY;      // behind the last neuron nobody spikes
    double unit = !strcmp(kind, "cobahh") ? 10 : 1;
    for (int i = 0; i < n; i++) {
        if (!strcmp(kind, "cuba")) net->v[i] = (Real)(-60 + 10 * uniform());
        else if (strcmp(kind, "brunel")) net->v[i] = (Real)(-65 + 5 * normal()), net->ge[i] = (Real)(unit * (4 + 1.5 * normal())), net->gi[i] = (Real)(unit * (20 + 12 * normal()));
    }
    if (strcmp(kind, "brunel")) connect_bernoulli(net, 80.0 / n);
    else start_brunel(net);
}

int main(int argc, char **argv) {
    if (argc != 5) { fprintf(stderr, "usage: yardstick cuba|coba|cobahh|brunel N SECONDS SEED\n"); return 2; }
    Net net = {.n = atoi(argv[2]), .ne = atoi(argv[2]) * 4 / 5};
    double seconds = atof(argv[3]);
    seed_rng(strtoull(argv[4], NULL, 10));
    start(&net, argv[1]);
    long steps = lround(seconds * 1000 / DT), spikes = 0;
    struct timespec a, b;
    clock_gettime(CLOCK_MONOTONIC, &a);
    for (long s = 0; s < steps; s++) {
        net.nspikes = 0, net.now = (Real)s;
        if (!strcmp(argv[1], "cuba")) cuba_step(&net);
        else if (!strcmp(argv[1], "coba")) coba_step(&net);
        else if (!strcmp(argv[1], "cobahh")) cobahh_step(&net);
        else brunel_step(&net, s);
        spikes += net.nspikes;
    }
    clock_gettime(CLOCK_MONOTONIC, &b);
    printf("%.4f %ld %.3f\n", (double)(b.tv_sec - a.tv_sec) + 1e-9 * (double)(b.tv_nsec - a.tv_nsec), spikes, (double)spikes / net.n / seconds);
    return 0;
}
