// SPDX-License-Identifier: MIT
// Draws of 64 neighbouring neurons at once, the same numbers that vdraw.h gives one by one (same VM_W, after vdraw.h; clang only): a step
// kernel asks for these before it walks over the neurons. `first` is a multiple of 64. Every word of every block is used.
#define V VM_D(r)
#define U VM_D(u)
#define F VM_F(r)
#define AHEAD uint64_t seed, uint64_t first, uint64_t when, uint32_t stream
#define AHEAD_ARGS seed, first, when, stream
#define PUT(to, v) __builtin_memcpy(to, &(v), sizeof(v))
// The counters block, block + 1 ... with c1 = 0.
VM_AI VM_D(words) VM_D(ahead_words)(uint64_t seed, uint64_t block, uint64_t when, uint32_t stream)
{
    VM_D(w) c0;
    for (int i = 0; i < VM_W; i++) c0[i] = (uint32_t)(block + (uint64_t)i);
    return VM_D(draw_words)(seed, c0, (VM_D(w)){0}, (VM_D(w)){0}, when, stream);
}
// Draws of two words: 16 blocks for 32 neurons, the second halves for those from 16 on.
#define HALVES(i) for (int half_ = 0; half_ < VM_AHEAD; half_ += 32) for (int i = half_; i < half_ + 16; i += VM_W)
#define WORDS(i) VM_D(ahead_words)(seed, (first + (uint64_t)(i & ~31)) / 2 + (uint64_t)(i & 15), when, stream)
VM_AI void VM_D(ahead_uniform)(AHEAD, double *out)
{
    HALVES(i) {
        VM_D(words) w = WORDS(i);
        V one = VM_D(unit)(w.w0, w.w1), two = VM_D(unit)(w.w2, w.w3);
        PUT(out + i, one);
        PUT(out + i + 16, two);
    }
}
VM_AI void VM_D(ahead_exponential)(AHEAD, double *out)
{
    HALVES(i) {
        VM_D(words) w = WORDS(i);
        V one = -VM_D(log_normal)(1.0 - VM_D(unit)(w.w0, w.w1)), two = -VM_D(log_normal)(1.0 - VM_D(unit)(w.w2, w.w3));
        PUT(out + i, one);
        PUT(out + i + 16, two);
    }
}
VM_AI void VM_D(ahead_normal)(AHEAD, double *out)
{
    HALVES(i) {
        VM_D(words) w = WORDS(i);
        V one, two = VM_D(sin_turns)(VM_D(unit)(w.w2, w.w3), &one), radius = VM_D(normal_radius)(w);
        one *= radius;
        two *= radius;
        PUT(out + i, one);
        PUT(out + i + 16, two);
    }
}
// Draws of one word: 16 blocks for 64 neurons.
VM_AI void VM_D(ahead_word)(AHEAD, uint32_t *out)
{
    for (int i = 0; i < 16; i += VM_W) {
        VM_D(words) w = VM_D(ahead_words)(seed, first / 4 + (uint64_t)i, when, stream);
        U four[4] = {w.w0, w.w1, w.w2, w.w3};
        for (int k = 0; k < 4; k++) {
            VM_D(w) v = __builtin_convertvector(four[k], VM_D(w));
            PUT(out + 16 * k + i, v);
        }
    }
}
// The number of thresholds (VM_D(poisson_table)) that each word reaches, in place of the word.
VM_AI void VM_D(ahead_count)(const uint32_t *table, uint32_t *word)
{
    vm_word16 w[4], n[4] = {{0}, {0}, {0}, {0}};
    __builtin_memcpy(w, word, sizeof w);
    const uint32_t *t = table + 2, *end = t + table[0];
    for (const uint32_t *usual = t + (table[1] >> 1); t < usual; t++)
        for (int i = 0; i < 4; i++) n[i] -= (vm_word16)(w[i] >= *t);
    if (t < end && __builtin_reduce_or((w[0] >= *t) | (w[1] >= *t) | (w[2] >= *t) | (w[3] >= *t)))
        for (; t < end; t++)
            for (int i = 0; i < 4; i++) n[i] -= (vm_word16)(w[i] >= *t);
    __builtin_memcpy(word, n, sizeof n);
}
#define POISSON(name, T, R) \
    VM_AI void name(AHEAD, T mean, const uint32_t *table, T *out) \
    { \
        _Alignas(64) uint32_t word[VM_AHEAD]; \
        if (table[1] & 1) { \
            for (int i = 0; i < VM_AHEAD; i++) out[i] = (T)snn__draw_poisson((int64_t)seed, (int64_t)first + i, 0, 0, (int64_t)when, stream, (double)mean); \
            return; \
        } \
        VM_D(ahead_word)(AHEAD_ARGS, word); \
        VM_D(ahead_count)(table, word); \
        for (int i = 0; i < VM_AHEAD; i += VM_W) { \
            VM_D(w) n; \
            __builtin_memcpy(&n, word + i, sizeof n); \
            R x = __builtin_convertvector((VM_D(count))n, R); \
            PUT(out + i, x); \
        } \
    }
typedef int32_t VM_D(count) __attribute__((vector_size(VM_W * 4)));
POISSON(VM_D(ahead_poisson), double, V)
POISSON(VM_F(ahead_poisson), float, F)
#undef POISSON

VM_AI void VM_F(ahead_normal)(AHEAD, float *out)
{
    HALVES(i) {
        VM_D(words) w = WORDS(i);
        F one, two = VM_F(sin_turns)(VM_F(first_bits)(w.w2, w.w3), &one), radius = VM_F(normal_radius)(VM_F(first_bits)(w.w0, w.w1));
        one *= radius;
        two *= radius;
        PUT(out + i, one);
        PUT(out + i + 16, two);
    }
}
VM_AI void VM_F(ahead_exponential)(AHEAD, float *out)
{
    HALVES(i) {
        VM_D(words) w = WORDS(i);
        F one = VM_F(minus_log)(VM_F(first_bits)(w.w0, w.w1)), two = VM_F(minus_log)(VM_F(first_bits)(w.w2, w.w3));
        PUT(out + i, one);
        PUT(out + i + 16, two);
    }
}
VM_AI void VM_F(ahead_uniform)(AHEAD, float *out)
{
    HALVES(i) {
        VM_D(words) w = WORDS(i);
        F one = VM_F(narrow)(VM_D(small_real)(w.w0 >> 8) * 0x1p-24), two = VM_F(narrow)(VM_D(small_real)(w.w2 >> 8) * 0x1p-24);
        PUT(out + i, one);
        PUT(out + i + 16, two);
    }
}
#undef V
#undef U
#undef F
#undef PUT
#undef HALVES
#undef WORDS
