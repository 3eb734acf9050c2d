// SPDX-License-Identifier: MIT
// A hand-written loop over leaky integrate-and-fire neurons with an exponential current, an input for each neuron, a refractory period and
// spikes as bits, as one would write it for a small machine: what generated code is compared with (embedded.py). Also arrivals over one delay.
//
// States of a neuron lie side by side. Currents are kept in what they add to the voltage in a step, so that one product remains for the
// voltage and one for the current; in fixed point the voltage is relative to rest and the products are upper halves, or of 16-bit factors.
#include <stdint.h>

enum { N = 256, STEPS = 1000, FAN = 26 };
#if defined FIXED
typedef int32_t real;
enum { V_BITS = 22, MORE = 7 };                      // fraction bits of the voltage, and further ones of currents
#define REAL(x) ((real)((x) * (1 << V_BITS)))
#define CURRENT(x) ((real)((x) * (1 << V_BITS) * (1 << MORE)))
#if defined SHORT
static inline real current_left(real i) { return i + (((i >> 11) * (int32_t)((0.967 - 1) * (1 << 17))) >> 6); }
#define LEAK ((0.995 - 1) * (1 << 22))
static inline real voltage(real v, real i, real in, int32_t leak) { return v + (((v >> 15) * leak + i + in) >> MORE); }
#else
static inline real high(real a, int32_t q32) { return (real)(((int64_t)a * q32) >> 32); }
static inline real current_left(real i) { return (real)(((uint64_t)(uint32_t)i * (uint32_t)(0.967 * 4294967296)) >> 32); }
#define LEAK ((0.995 - 1) * 4294967296)
static inline real voltage(real v, real i, real in, int32_t leak) { return v + high(v, leak) + ((i + in) >> MORE); }
#endif
#else
typedef float real;
#define REAL(x) ((real)(x))
#define CURRENT(x) ((real)(x))
static inline real current_left(real i) { return i * 0.967f; }
#define LEAK 0
static inline real voltage(real v, real i, real in, int32_t leak) { (void)leak; return v * 0.995f + (i + in); }
#endif

typedef struct Cell { real V, I, input; int32_t until; } Cell;
static Cell cell[N];
static uint32_t bits[N / 32], spikes;
static uint8_t target[N][FAN];

static inline void one(Cell *c, int32_t now, int32_t leak)
{
    real v = c->V, i = c->I;
    c->I = current_left(i);
    if (__builtin_expect(now < c->until, 0)) return;
    v = voltage(v, i, c->input, leak);
    if (__builtin_expect(v >= REAL(20), 0)) {
        uint32_t k = (uint32_t)(c - cell);
        v = REAL(10);
        c->until = now + 20;
        bits[k >> 5] |= (uint32_t)1 << (k & 31);
    }
    c->V = v;
}
__attribute__((noinline, used)) void ref_step(int32_t now)
{
    int32_t leak = (int32_t)LEAK;
    __asm__("" : "+r"(leak));                        // the compiler would write more than the one multiplication for a constant that it knows
    for (Cell *c = cell; c != cell + N; c += 4) {
        one(c, now, leak);
        one(c + 1, now, leak);
        one(c + 2, now, leak);
        one(c + 3, now, leak);
    }
}
__attribute__((noinline, used)) void ref_deliver(void)
{
    for (uint32_t w = 0; w < N / 32; w++)
        for (uint32_t b = bits[w]; b; b &= b - 1) {
            const uint8_t *t = target[w * 32 + (uint32_t)__builtin_ctz(b)];
            for (uint32_t k = 0; k < FAN; k++) cell[t[k]].I += CURRENT(0.001875);
        }
}
int main(void)
{
    for (uint32_t i = 0; i < N; i++) {
        cell[i].V = (real)(REAL(20) / N) * (real)i;
        cell[i].input = CURRENT(0.105) + (real)(CURRENT(0.005) / N) * (real)i;
        for (uint32_t k = 0; k < FAN; k++) target[i][k] = (uint8_t)(i * 7 + k * 31);
    }
    for (int32_t k = 0; k < STEPS; k++) {
        ref_deliver();
        for (uint32_t w = 0; w < N / 32; w++) spikes += (uint32_t)__builtin_popcount(bits[w]);
        for (uint32_t w = 0; w < N / 32; w++) bits[w] = 0;
        ref_step(k);
    }
    return (int)spikes;
}
