// SPDX-License-Identifier: MIT
#include "embedded/rows.h"
#define VM_W 1
#define VM_PLAIN 1
#include "core/vmath.h"
#undef VM_W
#undef VM_PLAIN

#define ROWS __attribute__((weak, used))

static void philox(const uint32_t seed[2], uint32_t block, uint32_t source, uint32_t stream, uint32_t out[4])
{
    uint32_t k0 = seed[0], k1 = seed[1], a = block, b = source, c = 0, d = stream << 12;
    for (int round = 0; round < 10; round++) {
        uint64_t p = (uint64_t)0xD2511F53u * a, q = (uint64_t)0xCD9E8D57u * c;
        a = (uint32_t)(q >> 32) ^ b ^ k0;
        c = (uint32_t)(p >> 32) ^ d ^ k1;
        b = (uint32_t)q;
        d = (uint32_t)p;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    out[0] = a, out[1] = b, out[2] = c, out[3] = d;
}

// ---- gaps ----
// -log2((w + 1/2)/2^32) in 24 fraction bits: the true value is at most this, and less than 1.1 units below. The mantissa is squared bit by bit; what
// cutting it to 32 bits loses (2^-31 each time, halved with each bit that follows) stays below 0.05 units in all.
static uint32_t minus_log2(uint32_t w)
{
    uint32_t up = 0, f = 0, m = w, half = 1u << 31;   // w + 1/2 is moved up until its first bit is the highest
    for (; !(m >> 31) && up < 32; up++, half = 0) m = m << 1 | half >> 31;
    for (int i = 0; i < 24; i++) {
        uint64_t s = (uint64_t)m * m;
        uint32_t high = (uint32_t)(s >> 32), bit = high >> 31;
        f = f << 1 | bit;
        m = bit ? high : high << 1 | (uint32_t)s >> 31;
    }
    return ((up + 1) << 24) - f;
}
// Steps to the next hit; at least `room` when there is none within it.
static uint32_t gap(const SnnGapRule *r, uint32_t w, uint32_t at, uint32_t room)
{
    uint32_t l = minus_log2(w);
    uint64_t low = (uint64_t)(l < 2 ? 0 : l - 2) * r->inverse >> r->shift, high = (l + 1) * ((uint64_t)r->inverse + 1) >> r->shift;
    if (low == high) return low < room ? (uint32_t)low : room;
    double exact = vm_log_normal_f64_plain(((double)w + 0.5) * 0x1p-32) * r->scale, j = at, n = (double)at + room;
    return j + exact < n ? (uint32_t)exact : room;
}
ROWS void snn_gap_begin(SnnGapWalk *w, const SnnGapRule *r, uint32_t source)
{
    w->used = SNN_ROW_GROUP;
    w->block = w->at = 0;
    w->source = source;
    w->self = r->without_self ? source - r->first : SNN_ROW_NOBODY;
}
static void refill(SnnGapWalk *w, const SnnGapRule *r)
{
    enum { LANES = SNN_ROW_GROUP / 4 };
    for (uint32_t i = 0; i < LANES; i++) {
        uint32_t out[4];
        philox(r->seed, w->block++, w->source, r->stream, out);
        for (uint32_t k = 0; k < 4; k++) w->word[k * LANES + i] = out[k];
    }
    w->used = 0;
}
ROWS uint32_t snn_gap_next(SnnGapWalk *w, const SnnGapRule *r)
{
    while (w->at < r->targets) {
        if (w->used == SNN_ROW_GROUP) refill(w, r);
        uint32_t hit = w->at + gap(r, w->word[w->used++], w->at, r->targets - w->at);
        w->at = hit + 1;
        if (hit < r->targets && hit != w->self) return hit;
    }
    return SNN_ROW_END;
}

// ---- picks ----
static uint32_t below(SnnPickWalk *w, const SnnPickRule *r, uint32_t n)
{
    for (uint32_t least = -n % n;;) {
        if (!w->left) {
            philox(r->seed, w->block++, w->source, r->stream, w->word);
            w->left = 4;
        }
        uint64_t m = (uint64_t)w->word[4 - w->left--] * n;
        if ((uint32_t)m >= least) return (uint32_t)(m >> 32);
    }
}
ROWS void snn_pick_begin(SnnPickWalk *w, const SnnPickRule *r, uint32_t source)
{
    uint32_t self = source - r->first, k = r->count;
    w->self = r->without_self && self < r->targets ? self : SNN_ROW_NOBODY;
    w->n = r->targets - (w->self != SNN_ROW_NOBODY);
    w->left = w->block = w->at = w->bits = w->rest = 0;
    w->source = source;
    if (r->multiple) { w->rest = w->n ? k : 0; return; }
    for (uint32_t i = 0; i < (w->n + 31) / 32; i++) w->bit[i] = 0;
    w->rest = k > w->n / 2 ? UINT32_MAX : 0;          // those that are left out were drawn
    for (k = w->rest ? w->n - k : k; k;) {
        uint32_t x = below(w, r, w->n), mask = 1u << x % 32;
        k -= !(w->bit[x / 32] & mask);
        w->bit[x / 32] |= mask;
    }
}
ROWS uint32_t snn_pick_next(SnnPickWalk *w, const SnnPickRule *r)
{
    uint32_t x;
    if (r->multiple) {
        if (!w->rest) return SNN_ROW_END;
        w->rest--;
        x = below(w, r, w->n);
    } else {
        while (!w->bits) {
            if (w->at >= w->n) return SNN_ROW_END;
            w->bits = w->bit[w->at / 32] ^ w->rest;
            w->at += 32;
        }
        x = w->at - 32;
        for (uint32_t b = w->bits; !(b & 1); b >>= 1) x++;
        w->bits &= w->bits - 1;
        if (x >= w->n) { w->bits = 0; return SNN_ROW_END; }
    }
    return x + (x >= w->self);
}

// ---- grids ----
static void covering(uint32_t v, uint32_t count, const SnnGridRule *r, uint32_t *lo, uint32_t *hi)
{
    uint32_t end = v + r->padding;                    // the window at o holds places o*stride .. + kernel - 1 of the padded axis
    *lo = end < r->kernel ? 0 : (end - r->kernel + r->stride) / r->stride;
    *hi = end / r->stride + 1 < count ? end / r->stride + 1 : count;
}
ROWS void snn_grid_begin(SnnGridWalk *w, const SnnGridRule *r, uint32_t source)
{
    uint32_t area = r->y * r->x;
    w->c = source / area;
    w->y = source / r->x % r->y;
    w->x = source % r->x;
    covering(w->y, r->oy, r, &w->y0, &w->y1);
    covering(w->x, r->ox, r, &w->x0, &w->x1);
    w->plane = r->all_planes ? 0 : w->c;
    w->last = w->y0 < w->y1 && w->x0 < w->x1 ? r->all_planes ? r->planes : w->c + 1 : 0;
    w->oy = w->y0;
    w->ox = w->x0;
}
ROWS uint32_t snn_grid_next(SnnGridWalk *w, const SnnGridRule *r)
{
    if (w->plane >= w->last) return SNN_ROW_END;
    uint32_t ky = w->y + r->padding - w->oy * r->stride, kx = w->x + r->padding - w->ox * r->stride;
    uint32_t target = (w->plane * r->oy + w->oy) * r->ox + w->ox;
    w->element = ((w->plane * r->source_planes + w->c) * r->kernel + ky) * r->kernel + kx;
    if (++w->ox == w->x1) {
        w->ox = w->x0;
        if (++w->oy == w->y1) {
            w->oy = w->y0;
            w->plane++;
        }
    }
    return target;
}
