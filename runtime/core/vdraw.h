// SPDX-License-Identifier: MIT
// Draws as a template beside vmath.h (same VM_W, after vmath32.h). Philox 4x32-10 (Salmon, Moraes, Dror, Shaw 2011) turns a counter into
// four random words; the counter names the draw, so nothing is stored and any order of evaluation gives the same numbers.
//   c0, c1   entity: own index and 0, or target and source      copy   several synapses of one pair
//   when     step + 1, or 0 at construction                      stream site of the draw in the program
// Neighbours share blocks, so that none of the words is thrown away: a draw of two words has the half c0/16 mod 2 of block c0/32*16 + c0 mod 16,
// a draw of one word the word c0/16 mod 4 of block c0/64*16 + c0 mod 16. vahead.h makes those of 64 neighbours at once.
#define V VM_D(r)
#define U VM_D(u)
#define M VM_D(m)
#define W VM_D(w)
#define C(x) VM_D(splat)(x)
#define SEL(m, a, b) VM_D(sel)(m, a, b)
#define DRAW uint64_t seed, W c0, W c1, W copy, uint64_t when, uint32_t stream
#define DRAW_ARGS seed, c0, c1, copy, when, stream

typedef struct VM_D(words) { U w0, w1, w2, w3; } VM_D(words);
#if VM_W == 1
VM_AI U VM_D(wide)(W w) { return w; }
#else
VM_AI U VM_D(wide)(W w) { return __builtin_convertvector(w, U); }
#endif
#define LOW 0xffffffffu
// One block; words sit in the low halves. Upper halves carry rubbish between rounds, which the products ignore.
VM_AI VM_D(words) VM_D(philox)(U c0, U c1, U c2, U c3, U k0, U k1)
{
#pragma GCC unroll 10
    for (int round = 0; round < 10; round++) {
        U p0 = (c0 & LOW) * 0xD2511F53u, p1 = (c2 & LOW) * 0xCD9E8D57u;
        c0 = (p1 >> 32) ^ c1 ^ k0;
        c2 = (p0 >> 32) ^ c3 ^ k1;
        c1 = p1;
        c3 = p0;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    return (VM_D(words)){c0 & LOW, c1 & LOW, c2 & LOW, c3 & LOW};
}
VM_AI VM_D(words) VM_D(draw_words)(DRAW)
{
    U k0 = VM_D(usplat)(seed & LOW), k1 = (seed >> 32) + VM_D(wide)(copy) * 0x9E3779B9u;
    U step = VM_D(usplat)(when & LOW), site = VM_D(usplat)((uint64_t)(stream << 12 | (uint32_t)(when >> 32 & 0xfff)));
    return VM_D(philox)(VM_D(wide)(c0), VM_D(wide)(c1), step, site, k0, k1);
}
VM_AI V VM_D(small_real)(U u) { return VM_D(real)(u | VM_BITS_2P52) - 0x1p52; }      // whole number below 2^52
VM_AI V VM_D(unit)(U a, U b)                        // [0, 1) with 53 bits
{
    return (VM_D(small_real)(a >> 5) * 0x1p26 + VM_D(small_real)(b >> 6)) * 0x1p-53;
}
// The block that an entity shares with 1 << `more` - 1 others, and its number among them.
VM_AI W VM_D(share)(W c0, int more) { return (c0 >> (4 + more) << 4) | (c0 & 15); }
typedef struct VM_D(half) { U a, b; M second; } VM_D(half);
VM_AI VM_D(half) VM_D(draw_half)(DRAW)
{
    M second = (VM_D(wide)(c0) & 16) != 0;
    c0 = VM_D(share)(c0, 1);
    VM_D(words) w = VM_D(draw_words)(DRAW_ARGS);
    return (VM_D(half)){VM_D(usel)(second, w.w2, w.w0), VM_D(usel)(second, w.w3, w.w1), second};
}
VM_AI U VM_D(draw_word)(DRAW)
{
    M high = (VM_D(wide)(c0) & 32) != 0, odd = (VM_D(wide)(c0) & 16) != 0;
    c0 = VM_D(share)(c0, 2);
    VM_D(words) w = VM_D(draw_words)(DRAW_ARGS);
    return VM_D(usel)(high, VM_D(usel)(odd, w.w3, w.w2), VM_D(usel)(odd, w.w1, w.w0));
}
// Box and Muller 1958: the radius and the angle of a pair of normal numbers; the first is the cosine branch, the second the sine.
VM_AI V VM_D(normal_radius)(VM_D(words) w) { return VM_D(sqrt)(-2.0 * VM_D(log_normal)(1.0 - VM_D(unit)(w.w0, w.w1))); }
VM_AI V VM_D(box_muller)(VM_D(words) w) { return VM_D(normal_radius)(w) * VM_D(cos_turns)(VM_D(unit)(w.w2, w.w3)); }
VM_AI V VM_D(uniform)(DRAW)
{
    VM_D(half) h = VM_D(draw_half)(DRAW_ARGS);
    return VM_D(unit)(h.a, h.b);
}
VM_AI V VM_D(normal)(DRAW)
{
    M second = (VM_D(wide)(c0) & 16) != 0;
    c0 = VM_D(share)(c0, 1);
    VM_D(words) w = VM_D(draw_words)(DRAW_ARGS);
    V cosine, sine = VM_D(sin_turns)(VM_D(unit)(w.w2, w.w3), &cosine);
    return VM_D(normal_radius)(w) * SEL(second, sine, cosine);
}
VM_AI V VM_D(exponential)(DRAW) { return -VM_D(log_normal)(1.0 - VM_D(uniform)(DRAW_ARGS)); }

// Conditioned on lo..hi: a normal number, when it lies there; else another draw (attempt 1) says where in lo..hi, by the inverse of the distribution function. Inside with
// probability p, and either way distributed as asked for. A number that lies outside is rare in most uses, and an inversion costs as much as ten numbers.
#if VM_W == 1
#include "core/vnormal.h"
static __attribute__((noinline, unused)) double VM_OUT(trunc_again)(DRAW, double lo, double hi)
{
    seed = (seed & ~(uint64_t)LOW) | ((seed + 0x85EBCA6Bu) & LOW);
    return VM_OUT(trunc_at)(VM_D(uniform)(DRAW_ARGS), lo, hi);
}
VM_AI V VM_D(truncnormal)(DRAW, V lo, V hi)
{
    V x = VM_D(normal)(DRAW_ARGS);
    return x >= lo && x <= hi ? x : VM_OUT(trunc_again)(DRAW_ARGS, lo, hi);
}
#else
VM_AI V VM_D(truncnormal)(DRAW, V lo, V hi)
{
    V x = VM_D(normal)(DRAW_ARGS);
    M inside = (x >= lo) & (x <= hi);
    if (VM_D(any)(~inside))
        for (int i = 0; i < VM_W; i++)
            if (!inside[i]) x[i] = VM_OUT(trunc_again)(seed, c0[i], c1[i], copy[i], when, stream, lo[i], hi[i]);
    return x;
}
#endif

// Inversion: the number of partial sums of the distribution function that are <= u, a multiple of 2^-32. Larger means: draw.c.
VM_AI V VM_D(poisson)(DRAW, V mean)
{
    V u = VM_D(small_real)(VM_D(draw_word)(DRAW_ARGS)) * 0x1p-32, n = C(0.0);
    M far = mean > VM_POISSON_INVERSION;
    V m = SEL((mean > 0.0) & (mean <= VM_POISSON_INVERSION), mean, C(0.0)), p = VM_D(exp)(-m), sum = p;
    M open = u >= sum;
    for (double k = 1; k < VM_POISSON_TABLE - 2 && VM_D(any)(open); k += 1) {
        n = SEL(open, C(k), n);
        p = p * (m * (1.0 / k));
        sum = sum + p;
        open = open & (u >= sum);
    }
    if (VM_D(any)(far))
        for (int i = 0; i < VM_W; i++)
            if (VM_AT(mean, i) > VM_POISSON_INVERSION)
                VM_AT(n, i) = snn__draw_poisson((int64_t)seed, VM_AT(c0, i), VM_AT(c1, i), VM_AT(copy, i), (int64_t)when, stream, VM_AT(mean, i));
    return SEL(mean == mean, n, mean);
}

#if VM_W == 1
// The same for one mean and many words: table[2], table[3] ... are the words from which on the number is at least 1, 2 ...; table[0] says
// how many there are, bit 0 of table[1] whether the mean is one of those that need draw.c instead, the other bits how many are all that nearly all words need.
VM_AI void VM_D(poisson_table)(double mean, uint32_t *table)
{
    double m = mean > 0.0 ? mean : 0.0, p = VM_D(exp)(-m), sum = p;
    uint32_t n = 0;
    uint32_t usual = 0, far = !(mean <= VM_POISSON_INVERSION);
    for (double k = 1; !far && n < VM_POISSON_TABLE - 3 && sum <= 0x1.fffffffep-1; k += 1) {      // the largest word
        table[2 + n++] = (uint32_t)__builtin_ceil(sum * 0x1p32);
        usual += sum < 1.0 - 0x1p-10;
        p = p * (m * (1.0 / k));
        sum = sum + p;
    }
    table[0] = n;
    table[1] = usual << 1 | far;
}
#endif

// Single precision: uniform takes the upper 24 bits of the first word. Normal and exponential numbers are computed in floats from the first 32 of the 53 bits
// that double precision takes, so they are its numbers to the rounding of floats, truncated ones beside an end excepted. Counts are the double ones, rounded.
#define F VM_F(r)
#if VM_W == 1
VM_AI VM_F(u) VM_F(low)(U w) { return (uint32_t)w; }
VM_AI F VM_F(positive)(VM_F(u) u) { return (float)u; }
VM_AI VM_F(m) VM_F(narrow_mask)(M m) { return m; }
#else
VM_AI VM_F(u) VM_F(low)(U w) { return __builtin_convertvector(w, VM_F(u)); }
VM_AI F VM_F(positive)(VM_F(u) u) { return __builtin_convertvector(u, F); }
VM_AI VM_F(m) VM_F(narrow_mask)(M m) { return __builtin_convertvector(m, VM_F(m)); }
#endif
VM_AI VM_F(u) VM_F(first_bits)(U a, U b) { return VM_F(low)((a & ~(uint64_t)31) | (b & LOW) >> 27); }
VM_AI F VM_F(minus_log)(VM_F(u) w)                  // -log(1 - u), u = (w + 1/2)/2^32
{
    F k, m = VM_F(log_reduce)((VM_F(positive)(~w) + 0.5f) * 0x1p-32f, &k);
    F near = (VM_F(positive)(w) + 0.5f) * -0x1p-32f;                  // keeps its digits where 1 - u has lost them
    return -VM_F(log_sum)(VM_F(sel)(k == 0.0f, near, m - 1.0f), k, VM_F(splat)(0.0f));
}
VM_AI F VM_F(normal_radius)(VM_F(u) w) { return VM_F(sqrt)(2.0f * VM_F(minus_log)(w)); }
VM_AI F VM_F(sin_turns)(VM_F(u) w, F *cosine)       // sin and cos of 2 pi w/2^32
{
    VM_F(u) q = (w + 0x20000000u) >> 30;
    F r = VM_F(whole)(w - (q << 30)) * (float)(VM_PIO2_HI * 0x1p-30), s = VM_F(sin_kernel)(r), c = VM_F(cos_kernel)(r);
    VM_F(m) odd = (q & 1) != 0;
    *cosine = VM_F(real)(VM_F(bits)(VM_F(sel)(odd, s, c)) ^ (((q + 1) & 2) << 30));
    return VM_F(real)(VM_F(bits)(VM_F(sel)(odd, c, s)) ^ ((q & 2) << 30));
}
VM_AI F VM_F(uniform)(DRAW)
{
    return VM_F(narrow)(VM_D(small_real)(VM_D(draw_half)(DRAW_ARGS).a >> 8) * 0x1p-24);
}
VM_AI F VM_F(normal)(DRAW)
{
    M second = (VM_D(wide)(c0) & 16) != 0;
    c0 = VM_D(share)(c0, 1);
    VM_D(words) w = VM_D(draw_words)(DRAW_ARGS);
    F cosine, sine = VM_F(sin_turns)(VM_F(first_bits)(w.w2, w.w3), &cosine);
    return VM_F(normal_radius)(VM_F(first_bits)(w.w0, w.w1)) * VM_F(sel)(VM_F(narrow_mask)(second), sine, cosine);
}
VM_AI F VM_F(exponential)(DRAW)
{
    VM_D(half) h = VM_D(draw_half)(DRAW_ARGS);
    return VM_F(minus_log)(VM_F(first_bits)(h.a, h.b));
}
#if VM_W == 1
VM_AI F VM_F(truncnormal)(DRAW, F lo, F hi)
{
    F x = VM_F(normal)(DRAW_ARGS);
    return x >= lo && x <= hi ? x : (float)VM_OUT(trunc_again)(DRAW_ARGS, lo, hi);
}
#else
VM_AI F VM_F(truncnormal)(DRAW, F lo, F hi)
{
    F x = VM_F(normal)(DRAW_ARGS);
    VM_F(m) inside = (x >= lo) & (x <= hi);
    if (VM_F(any)(~inside))
        for (int i = 0; i < VM_W; i++)
            if (!inside[i]) x[i] = (float)VM_OUT(trunc_again)(seed, c0[i], c1[i], copy[i], when, stream, lo[i], hi[i]);
    return x;
}
#endif
VM_AI F VM_F(poisson)(DRAW, F mean) { return VM_F(narrow)(VM_D(poisson)(DRAW_ARGS, VM_F(widen)(mean))); }
#undef F
#undef LOW
#undef V
#undef U
#undef M
#undef W
#undef C
#undef SEL
