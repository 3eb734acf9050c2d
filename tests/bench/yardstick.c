// SPDX-License-Identifier: MIT
// A yardstick: the benchmark networks written out by hand, as one would without a compiler for networks. Plain loops that the C
// compiler vectorises (gcc -O3 -march=native -ffast-math, exp through glibc's vector library), rows of 32-bit targets, one thread.
//
//   yardstick cuba|coba|cobahh|brunel N SECONDS SEED      prints: seconds of the step loop, spikes, mean rate in Hz
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DT 0.1
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
    int n, ne, delay;                            // delay in steps beyond the next
    uint32_t *row, *col;                         // row[i] .. row[i + 1]: targets of i
    double *v, *ge, *gi, *m, *h, *g;
    int *ref; uint32_t *spikes; int nspikes;
    uint32_t **late; int *nlate;                 // spikes of the last steps
    uint16_t poisson[65536];                     // Poisson(2) by inversion on 16 bits
} Net;

static double *column(int n) { return aligned_alloc(64, ((size_t)n * sizeof(double) + 127) / 64 * 64); }

static void connect_bernoulli(Net *net, double p) {
    size_t cap = (size_t)((double)net->n * net->n * p * 1.1) + 1000, k = 0;
    net->row = malloc(((size_t)net->n + 1) * sizeof *net->row), net->col = malloc(cap * sizeof *net->col);
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
    net->row = calloc((size_t)net->n + 2, sizeof *net->row), net->col = malloc(total * sizeof *net->col);
    for (size_t k = 0; k < total; k++) {
        int e = (int)(k % per) < from_e;
        src[k] = (uint32_t)(e ? uniform() * net->ne : net->ne + uniform() * (net->n - net->ne));
        net->row[src[k] + 2]++;
    }
    for (int i = 0; i < net->n; i++) net->row[i + 2] += net->row[i + 1];
    for (size_t k = 0; k < total; k++) net->col[net->row[src[k] + 1]++] = (uint32_t)(k / per);
    free(src);
}

static void add(double *to, const uint32_t *col, uint32_t n, double w) {
    for (uint32_t k = 0; k < n; k++) to[col[k]] += w;
}

static void deliver(Net *net, const uint32_t *spikes, int n, double *e, double we, double *i, double wi) {
    for (int k = 0; k < n; k++) {
        uint32_t s = spikes[k], a = net->row[s], b = net->row[s + 1];
        if ((int)s < net->ne) add(e, net->col + a, b - a, we);
        else add(i, net->col + a, b - a, wi);
    }
}

static void find_spikes(Net *net, double threshold, double reset, int refractory, int resets) {
    double *restrict v = net->v;
    int *restrict ref = net->ref;
    net->nspikes = 0;
    for (int base = 0; base < net->n; base += 64) {
        int end = base + 64 < net->n ? base + 64 : net->n, any = 0;
        for (int i = base; i < end; i++) any |= v[i] > threshold;
        if (!any) continue;
        for (int i = base; i < end; i++) {
            if (!(v[i] > threshold) || ref[i] > 0) continue;
            net->spikes[net->nspikes++] = (uint32_t)i;
            ref[i] = refractory + 1;
            if (resets) v[i] = reset;
        }
    }
}

static void cuba_step(Net *net) {
    static double pv, pe, pi, de, di;
    if (pv == 0) {
        pv = exp(-DT / 20), de = exp(-DT / 5), di = exp(-DT / 10);
        pe = 5.0 / (20 - 5) * (pv - de), pi = 10.0 / (20 - 10) * (pv - di);
    }
    double *restrict v = net->v, *restrict ge = net->ge, *restrict gi = net->gi;
    int *restrict ref = net->ref;
    for (int i = 0; i < net->n; i++) {
        double moved = -49 + (v[i] + 49) * pv + ge[i] * pe + gi[i] * pi;
        v[i] = ref[i] > 0 ? v[i] : moved;
        ge[i] *= de, gi[i] *= di;
        ref[i] -= ref[i] > 0;
    }
    find_spikes(net, -50, -60, 50, 1);
    deliver(net, net->spikes, net->nspikes, ge, 1.62, gi, -9);
}

static void coba_step(Net *net) {
    const double de = exp(-DT / 5), di = exp(-DT / 10);
    double *restrict v = net->v, *restrict ge = net->ge, *restrict gi = net->gi;
    int *restrict ref = net->ref;
    for (int i = 0; i < net->n; i++) {
        double a = 1 + ge[i] + gi[i], end = (-60 - 80 * gi[i]) / a, moved = end + (v[i] - end) * exp(-a * (DT / 20));
        v[i] = ref[i] > 0 ? v[i] : moved;
        ge[i] *= de, gi[i] *= di;
        ref[i] -= ref[i] > 0;
    }
    find_spikes(net, -50, -60, 50, 1);
    deliver(net, net->spikes, net->nspikes, ge, 0.6, gi, 6.7);
}

static double linear_exp(double x, double k) {   // x/(exp(x/k) - 1), regular at 0
    double y = x / k;
    return fabs(y) < 1e-6 ? k * (1 - y / 2) : x / (exp(y) - 1);
}

static void cobahh_step(Net *net) {
    const double de = exp(-DT / 5), di = exp(-DT / 10);
    double *restrict v = net->v, *restrict ge = net->ge, *restrict gi = net->gi, *restrict m = net->m, *restrict h = net->h, *restrict g = net->g;
    int *restrict ref = net->ref;
    for (int i = 0; i < net->n; i++) {
        double u = v[i] + 63, am = 0.32 * linear_exp(13 - u, 4), bm = 0.28 * linear_exp(u - 40, 5), ah = 0.128 * exp((17 - u) / 18);
        double bh = 4 / (1 + exp((40 - u) / 5)), an = 0.032 * linear_exp(15 - u, 5), bn = 0.5 * exp((10 - u) / 40);
        double gna = 20000 * m[i] * m[i] * m[i] * h[i], gk = 6000 * g[i] * g[i] * g[i] * g[i], a = 10 + ge[i] + gi[i] + gna + gk;
        double end = (10 * -60 + gi[i] * -80 + gna * 50 + gk * -90) / a;
        m[i] = am / (am + bm) + (m[i] - am / (am + bm)) * exp(-(am + bm) * DT);
        h[i] = ah / (ah + bh) + (h[i] - ah / (ah + bh)) * exp(-(ah + bh) * DT);
        g[i] = an / (an + bn) + (g[i] - an / (an + bn)) * exp(-(an + bn) * DT);
        v[i] = end + (v[i] - end) * exp(-a * (DT / 200));
        ge[i] *= de, gi[i] *= di;
        ref[i] -= ref[i] > 0;
    }
    find_spikes(net, -20, 0, 30, 0);
    deliver(net, net->spikes, net->nspikes, ge, 6, gi, 67);
}

static void brunel_step(Net *net, long step) {
    const double dv = exp(-DT / 20);
    double *restrict v = net->v;
    int *restrict ref = net->ref;
    int slot = (int)(step % (net->delay + 1));
    for (int i = 0; i < net->n; i += 4) {
        uint64_t bits = next64();
        for (int k = i; k < i + 4 && k < net->n; k++, bits >>= 16) net->ge[k] = net->poisson[bits & 65535];
    }
    for (int i = 0; i < net->n; i++) {
        double moved = (v[i] + net->gi[i]) * dv + 0.1 * net->ge[i];
        v[i] = ref[i] > 0 ? v[i] : moved;
        net->gi[i] = 0;
        ref[i] -= ref[i] > 0;
    }
    find_spikes(net, 20, 0, 20, 1);
    memcpy(net->late[slot], net->spikes, (size_t)net->nspikes * sizeof *net->spikes);
    net->nlate[slot] = net->nspikes;
    int due = (int)((step + 1) % (net->delay + 1));
    deliver(net, net->late[due], net->nlate[due], net->gi, 0.1, net->gi, -0.5);
}

static void start(Net *net, const char *kind) {
    int n = net->n;
    net->v = column(n), net->ge = column(n), net->gi = column(n), net->m = column(n), net->h = column(n), net->g = column(n);
    net->ref = calloc((size_t)n, sizeof *net->ref), net->spikes = malloc((size_t)n * sizeof *net->spikes);
    double unit = !strcmp(kind, "cobahh") ? 10 : 1;
    for (int i = 0; i < n; i++) {
        net->ge[i] = net->gi[i] = net->m[i] = net->h[i] = net->g[i] = 0;
        if (!strcmp(kind, "cuba")) net->v[i] = -60 + 10 * uniform();
        else if (!strcmp(kind, "brunel")) net->v[i] = 0;
        else net->v[i] = -65 + 5 * normal(), net->ge[i] = unit * (4 + 1.5 * normal()), net->gi[i] = unit * (20 + 12 * normal());
    }
    if (strcmp(kind, "brunel")) { connect_bernoulli(net, 80.0 / n); return; }
    connect_indegree(net, 1000, 250);
    net->delay = 15;
    net->late = malloc(16 * sizeof *net->late), net->nlate = calloc(16, sizeof *net->nlate);
    for (int i = 0; i < 16; i++) net->late[i] = malloc((size_t)n * sizeof **net->late);
    double p = exp(-2), sum = p;
    for (int i = 0, k = 0; i < 65536; i++) {
        while ((i + 0.5) / 65536 > sum) k++, p *= 2.0 / k, sum += p;
        net->poisson[i] = (uint16_t)k;
    }
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
