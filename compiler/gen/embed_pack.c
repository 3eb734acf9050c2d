// SPDX-License-Identifier: MIT
// Constants in fewer bits than 32 that come out as the bits they were. A field with few different values keeps an index of 1, 2, 4 or 8 bits for each
// element and a table of the values. Weights that were rounded to whole multiples of a level, one for a projection or one for each
// target, keep the factor as a signed number of 2, 4, 8 or 16 bits:
//
//   w = palette[index]            w = factor * level            w = factor * level[target]
//
// The product is exact in fixed point, and in floating point it is the product that the rounding formed.
#include "embed_internal.h"
#include "net/fixed.h"
#include <math.h>
#include <stdlib.h>

enum { MOST = 256 };
typedef struct Few { uint32_t entry[MOST], n, *index; unsigned bits; uint32_t bytes; } Few;        // n 0: too many values
typedef struct Multiple { uint32_t *factor; unsigned bits; uint32_t bytes; } Multiple;               // factor NULL: they are not

static Few few(Embed *e, const uint32_t *values, uint32_t n) {
    Few x = {.index = ARENA_ARRAY(&e->g->arena, uint32_t, n + 1)};
    for (uint32_t i = 0; i < n; i++) {
        uint32_t j = 0;
        while (j < x.n && x.entry[j] != values[i]) j++;
        if (j == MOST) return (Few){0};
        if (j == x.n) x.entry[x.n++] = values[i];
        x.index[i] = j;
    }
    for (x.bits = 1; x.n > 1u << x.bits; x.bits *= 2) {}
    x.bytes = data_packed_bytes(n, x.bits) + 4 * x.n;
    return x;
}

// Target of each synapse, counted from the first of the projection.
static uint32_t target_of(const NetProj *p, const EmbedProj *q, uint32_t i) {
    return p->layout == CONN_SPARSE ? q->col[i] : p->layout == CONN_DENSE ? i % (p->tgt_hi - p->tgt_lo) : i;
}

// Does the device's arithmetic make w of it?
static bool exact(const Embed *e, uint32_t f, double factor, double level, double w) {
    const FixedFormat *fixed = fixed_field(e->net, f);
    return fixed ? factor * (double)fixed_number(fixed, level) == (double)fixed_number(fixed, w) : (double)(float)(factor * level) == w;
}

static Multiple multiple(Embed *e, uint32_t f, const void *values, uint32_t n) {
    const Field *d = &e->net->fields.at[f];
    const NetProj *p = d->owner == OWNER_PROJ ? &e->net->projs.at[d->index] : NULL;
    const EmbedProj *q = p ? &e->image->proj[d->index] : NULL;
    if (!q || !q->level || p->fields.at[0] != f) return (Multiple){0};
    Multiple x = {.factor = ARENA_ARRAY(&e->g->arena, uint32_t, n + 1)};
    double most = 0;
    for (uint32_t i = 0; i < n; i++) {
        double level = q->level[q->nlevel > 1 ? target_of(p, q, i) : 0], w = plan_number(e, f, values, i), factor = level > 0 ? rint(w / level) : 0;
        if (fabs(factor) > INT16_MAX || !exact(e, f, factor, level, w)) return (Multiple){0};
        x.factor[i] = (uint32_t)(int32_t)factor;
        most = fmax(most, fabs(factor));
    }
    for (x.bits = 2; most > ldexp(1, (int)x.bits - 1) - 1; x.bits *= 2) {}
    x.bytes = data_packed_bytes(n, x.bits) + (q->nlevel > 1 ? 4 * q->nlevel : 0);
    return x;
}

// In floating point an index takes fewer instructions than a conversion and a product, and far fewer where there is no unit for them: its
// table of values may then cost a quarter more.
static bool prefers_palette(const Embed *e, const Few *x, const Multiple *m) {
    if (!x->n || !m->factor) return x->n > 0;
    if (e->net->fixed) return x->bytes < m->bytes;
    return e->opt.soft_float || x->bytes <= m->bytes + m->bytes / 4;
}

static void place_levels(Embed *e, uint32_t f, Place *p) {
    Gen *g = e->g;
    const NetProj *proj = &e->net->projs.at[e->net->fields.at[f].index];
    const EmbedProj *q = &e->image->proj[e->net->fields.at[f].index];
    const FixedFormat *fixed = fixed_field(e->net, f);
    p->value = q->level[0];
    if (q->nlevel == 1) return;
    Val *v = ARENA_ARRAY(&g->arena, Val, q->nlevel);
    for (uint32_t i = 0; i < q->nlevel; i++) v[i] = fixed ? LLVMConstInt(g->i32, (unsigned long long)fixed_number(fixed, q->level[i]), true) : LLVMConstReal(g->real, q->level[i]);
    p->levels = data_global(e, LLVMConstArray2(fixed ? g->i32 : g->real, v, q->nlevel), "levels");
    p->levels_from = proj->tgt_lo;
}

bool pack_place(Embed *e, uint32_t f, const uint32_t *values, uint32_t n) {
    Few x = few(e, values, n);
    Multiple m = multiple(e, f, values, n);
    bool palette = prefers_palette(e, &x, &m);
    uint32_t bytes = palette ? x.bytes : m.bytes;
    if ((!palette && !m.factor) || bytes >= 4 * n) return false;
    Place *p = &e->field[f];
    p->kind = palette ? PLACE_PALETTE : PLACE_MULTIPLE;
    p->bits = palette ? x.bits : m.bits;
    p->table = data_packed(e, palette ? x.index : m.factor, n, p->bits, palette ? "index" : "factor");
    if (palette) p->palette = data_reals(e, f, x.entry, x.n, "palette");
    else place_levels(e, f, p);
    plan_size(e, e->net->fields.at[f].owner == OWNER_PROJ ? SIZE_WEIGHTS : SIZE_INITIAL, true, plan_owner_name(e, f), bytes);
    return true;
}

// Element i of a packed table as an i32.
static Val entry(Kernel *k, Bld b, const Place *p, Val i, bool is_signed) {
    Gen *g = k->g;
    Typ word = LLVMIntTypeInContext(g->ctx, p->bits > 8 ? 16 : 8);
    if (p->bits >= 8) {
        Val v = LLVMBuildLoad2(b, word, emit_gep(g, b, word, p->table, i), "");
        return is_signed ? LLVMBuildSExt(b, v, g->i32, "") : LLVMBuildZExt(b, v, g->i32, "");
    }
    unsigned each = 8 / p->bits, log_each = each == 8 ? 3 : each == 4 ? 2 : 1, log_bits = p->bits / 2;
    Val byte = LLVMBuildLoad2(b, word, emit_gep(g, b, word, p->table, LLVMBuildLShr(b, i, emit_i32(g, log_each), "")), "");
    Val at = LLVMBuildShl(b, LLVMBuildAnd(b, i, emit_i32(g, each - 1), ""), emit_i32(g, log_bits), "");
    Val v = LLVMBuildAnd(b, LLVMBuildLShr(b, LLVMBuildZExt(b, byte, g->i32, ""), at, ""), emit_i32(g, (1 << p->bits) - 1), "");
    if (!is_signed) return v;
    return LLVMBuildAShr(b, LLVMBuildShl(b, v, emit_i32(g, 32 - p->bits), ""), emit_i32(g, 32 - p->bits), "");
}

static Val level_of(Kernel *k, Bld b, uint32_t f, const Place *p, Typ type) {
    Gen *g = k->g;
    const FixedFormat *fixed = fixed_field(k->net, f);
    if (!p->levels) return fixed ? LLVMConstInt(type, (unsigned long long)fixed_number(fixed, p->value), true) : LLVMConstReal(type, p->value);
    Val i = p->levels_from ? LLVMBuildSub(b, k->post, emit_i32(g, p->levels_from), "") : k->post;
    return LLVMBuildLoad2(b, type, emit_gep(g, b, type, p->levels, i), "level");
}

Val pack_load(Kernel *k, Bld b, NetOp op, uint32_t f) {
    Gen *g = k->g;
    const Place *p = &g->embed->field[f];
    Val i = embed_index(k, op), v = entry(k, b, p, i, p->kind == PLACE_MULTIPLE);
    if (p->kind == PLACE_PALETTE) {
        Typ type = LLVMGetElementType(LLVMGlobalGetValueType(p->palette));
        return LLVMBuildLoad2(b, type, emit_gep(g, b, type, p->palette, v), "");
    }
    if (fixed_field(k->net, f)) return LLVMBuildMul(b, v, level_of(k, b, f, p, g->i32), k->net->fields.at[f].name);
    return LLVMBuildFMul(b, LLVMBuildSIToFP(b, v, g->real, ""), level_of(k, b, f, p, g->real), k->net->fields.at[f].name);
}
