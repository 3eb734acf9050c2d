// SPDX-License-Identifier: MIT
// Constant tables of a module for small machines, each in the narrowest type that holds its numbers.
#include "embed_internal.h"
#include "net/fixed.h"

Val data_global(Embed *e, Val init, const char *name) {
    Val v = LLVMAddGlobal(e->g->mod, LLVMTypeOf(init), name);
    LLVMSetInitializer(v, init);
    LLVMSetGlobalConstant(v, true);
    LLVMSetLinkage(v, LLVMInternalLinkage);
    return v;
}

Val data_bytes(Embed *e, const void *at, size_t n, const char *name) {
    return data_global(e, LLVMConstStringInContext2(e->g->ctx, at, n, true), name);
}

Val data_packed(Embed *e, const uint32_t *at, uint32_t n, unsigned bits, const char *name) {
    uint32_t bytes = data_packed_bytes(n, bits);
    uint8_t *to = arena_alloc(&e->g->arena, bytes + 1);
    memset(to, 0, bytes);
    for (uint32_t i = 0; i < n; i++)
        for (unsigned b = 0; b < bits; b += 8) to[(i * bits + b) / 8] |= (uint8_t)((at[i] >> b & ((1u << (bits < 8 ? bits : 8)) - 1)) << (i * bits) % 8);
    Val t = data_bytes(e, to, bytes, name);
    LLVMSetAlignment(t, bits > 8 ? 2 : 1);
    return t;
}

// Elements of a field, padded so that a whole vector may be read at the end.
Val data_reals(Embed *e, uint32_t field, const void *values, uint32_t n, const char *name) {
    Gen *g = e->g;
    uint32_t padded = (n + g->lanes - 1) / g->lanes * g->lanes;
    bool tick = e->net->fields.at[field].elem == ELEM_TICK;
    const FixedFormat *fixed = fixed_field(e->net, field);
    Typ type = tick ? g->tick : fixed ? g->i32 : g->real;
    Val *v = ARENA_ARRAY(&g->arena, Val, padded + 1);
    for (uint32_t i = 0; i < padded; i++) {
        double x = plan_number(e, field, values, i < n ? i : n - 1);
        v[i] = fixed ? LLVMConstInt(type, (unsigned long long)fixed_number(fixed, x), true) : tick ? LLVMConstInt(type, (unsigned long long)(int64_t)x, true) : LLVMConstReal(type, x);
    }
    Val t = data_global(e, LLVMConstArray2(type, v, padded), name);
    LLVMSetAlignment(t, 4 * g->lanes);
    return t;
}

Val data_numbers(Embed *e, const uint32_t *at, uint32_t n, Typ *type, const char *name) {
    Gen *g = e->g;
    uint32_t most = 0;
    for (uint32_t i = 0; i < n; i++) most = at[i] > most ? at[i] : most;
    unsigned bytes = most < 256 ? 1 : most < 65536 ? 2 : 4;
    *type = LLVMIntTypeInContext(g->ctx, 8 * bytes);
    Val *v = ARENA_ARRAY(&g->arena, Val, n + 1);
    for (uint32_t i = 0; i < n; i++) v[i] = LLVMConstInt(*type, at[i], false);
    e->report->const_bytes += n * bytes;
    return data_global(e, LLVMConstArray2(*type, v, n), name);
}
