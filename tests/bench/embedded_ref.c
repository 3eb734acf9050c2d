// SPDX-License-Identifier: MIT
// A hand-written loop over leaky integrate-and-fire neurons with an exponential current, an input for each neuron, a refractory period and
// spikes as bits, as one would write it for a small machine: what generated code is compared with (embedded.py). Also arrivals over one delay.
#include <stdint.h>

enum { N = 256, STEPS = 1000, FAN = 26 };
#if defined FIXED
// Voltages and currents with 16 bits after the point, factors as Q15 products of upper halves.
typedef int32_t real;
static inline real product(real a, int32_t q15)
{
#if defined SHORT
    return (a >> 15) * q15 + (((a & 0x7fff) * q15) >> 15);      // 32-bit products only
#else
    return (real)(((int64_t)a * q15) >> 15);
#endif
}
#define REAL(x) ((real)((x) * 65536))
#define FACTOR(x) ((int32_t)((x) * 32768))
#else
typedef float real;
static inline real product(real a, float f) { return a * f; }
#define REAL(x) ((real)(x))
#define FACTOR(x) ((float)(x))
#endif

static real V[N], I[N], input[N];
static int32_t until[N];
static uint32_t bits[N / 32], spikes;
static uint8_t target[N][FAN];

__attribute__((noinline, used)) void ref_step(int32_t now)
{
    for (uint32_t i = 0; i < N; i++) {
        real v = V[i], c = I[i];
        I[i] = product(c, FACTOR(0.967));
        if (now < until[i]) continue;
        v = product(v, FACTOR(0.995)) + product(c, FACTOR(0.0005)) + input[i];
        if (v >= REAL(20)) {
            v = REAL(10);
            until[i] = now + 20;
            bits[i >> 5] |= (uint32_t)1 << (i & 31);
            spikes++;
        }
        V[i] = v;
    }
}
__attribute__((noinline, used)) void ref_deliver(void)
{
    for (uint32_t w = 0; w < N / 32; w++)
        for (uint32_t b = bits[w]; b; b &= b - 1) {
            const uint8_t *t = target[w * 32 + (uint32_t)__builtin_ctz(b)];
            for (uint32_t k = 0; k < FAN; k++) I[t[k]] += REAL(3.75);
        }
}
int main(void)
{
    for (uint32_t i = 0; i < N; i++) {
        V[i] = (real)(REAL(20) / N) * (real)i;
        input[i] = REAL(0.105) + (real)(REAL(0.005) / N) * (real)i;
        for (uint32_t k = 0; k < FAN; k++) target[i][k] = (uint8_t)(i * 7 + k * 31);
    }
    for (int32_t k = 0; k < STEPS; k++) {
        ref_deliver();
        for (uint32_t w = 0; w < N / 32; w++) bits[w] = 0;
        ref_step(k);
    }
    return (int)spikes;
}
