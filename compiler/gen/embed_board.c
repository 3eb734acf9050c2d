// SPDX-License-Identifier: MIT
// For an image that runs on a board by itself: the table snn_board (runtime/embedded/board.h), with the network's functions, its memory, what
// the experiment does and which spikes are to be told. In the order of the members of that header.
#include "embed_internal.h"
#include "net/fixed.h"
#include "embedded/board.h"

static Val text(Embed *e, const char *s) { return data_global(e, LLVMConstStringInContext2(e->g->ctx, s, strlen(s), false), "text"); }

static Val table(Embed *e, Val *rows, uint32_t n, const char *name) {
    return n ? data_global(e, LLVMConstArray2(LLVMTypeOf(rows[0]), rows, n), name) : LLVMConstNull(e->g->ptr);
}

static Val record(Embed *e, Val *members, unsigned n) { return LLVMConstStructInContext(e->g->ctx, members, n, false); }

static Val ports(Embed *e, uint32_t *count) {
    Gen *g = e->g;
    VEC(Val) rows = {0};
    bool any = false;
    for (uint32_t i = 0; i < e->net->pops.n; i++) any = any || e->image->recorded[i];
    for (uint32_t i = 0; i < e->net->pops.n; i++) {
        const PopPlan *p = &e->pop[i];
        if (!e->net->pops.at[i].spikes.n) continue;
        const uint32_t v[] = {p->pos, p->ring, p->words * p->ports * 4, p->words, p->slots, !any || e->image->recorded[i]};
        Val m[7] = {text(e, e->net->pops.at[i].path)};
        for (int k = 0; k < 6; k++) m[k + 1] = emit_i32(g, v[k]);
        vec_push(&g->arena, &rows, record(e, m, 7));
    }
    *count = rows.n;
    return table(e, rows.at, rows.n, "board.ports");
}

static uint32_t port_of(const Embed *e, uint32_t pop) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < pop; i++) n += e->net->pops.at[i].spikes.n != 0;
    return n;
}

static uint32_t bits_of(const Embed *e, uint32_t f, double v) {
    if (fixed_field(e->net, f)) return (uint32_t)fixed_number(fixed_field(e->net, f), v);
    float x = (float)v;
    uint32_t bits;
    memcpy(&bits, &x, 4);
    return e->net->fields.at[f].elem == ELEM_TICK ? (uint32_t)(int32_t)v : bits;
}

// Values of all COPY actions on one field: at most 256 different ones are kept as bytes.
typedef struct Palette { bool tried, good; uint32_t n, entry[256]; Val global; } Palette;

static int palette_find(const Palette *p, uint32_t v) {
    for (uint32_t i = 0; i < p->n; i++)
        if (p->entry[i] == v) return (int)i;
    return -1;
}

static void palette_make(Embed *e, Palette *p, uint32_t f) {
    p->tried = p->good = true;
    uint32_t total = 0;
    for (uint32_t i = 0; i < e->image->acts.n; i++) {
        const EmbedAct *a = &e->image->acts.at[i];
        if (a->kind != ACT_COPY || a->what != f) continue;
        total += a->n;
        for (uint32_t k = 0; p->good && k < a->n; k++) {
            uint32_t v = ((const uint32_t *)a->data)[k];
            if (palette_find(p, v) >= 0) continue;
            p->good = p->n < 256;
            if (p->good) p->entry[p->n++] = v;
        }
    }
    p->good = p->good && total + 4 * p->n < 4 * total;
    if (!p->good) return;
    p->global = data_reals(e, f, p->entry, p->n, "palette");
    plan_size(e, SIZE_STIMULUS, true, "values of the stimulus", 4 * p->n);
}

static void copy_data(Embed *e, const EmbedAct *a, Palette *palettes, Val *data, Val *palette) {
    Palette *p = &palettes[a->what];
    if (!p->tried) palette_make(e, p, a->what);
    const uint32_t *v = a->data;
    if (!p->good) {
        *data = data_reals(e, a->what, v, a->n, "stimulus");
        plan_size(e, SIZE_STIMULUS, true, e->net->fields.at[a->what].name, a->n * 4);
        return;
    }
    uint8_t *bytes = arena_alloc(&e->g->arena, a->n);
    for (uint32_t i = 0; i < a->n; i++) bytes[i] = (uint8_t)palette_find(p, v[i]);
    *data = data_bytes(e, bytes, a->n, "stimulus");
    *palette = p->global;
    plan_size(e, SIZE_STIMULUS, true, e->net->fields.at[a->what].name, a->n);
}

// One action in the board's terms (`second`: its second word); false: it changes nothing that is kept.
static bool act_row(Embed *e, const EmbedAct *a, Palette *palettes, bool second, Val *out) {
    Gen *g = e->g;
    uint32_t kind = BOARD_FILL, at = 0, n = a->n, value = 0, stride = 4;
    Val data = LLVMConstNull(g->ptr), palette = data;
    const Place *p = a->kind == ACT_FILL || a->kind == ACT_COPY || a->kind == ACT_RESTORE ? &e->field[a->what] : NULL;
    if (p && p->kind != PLACE_ARRAY && p->kind != PLACE_SCALAR) return false;
    if (p && p->kind == PLACE_ARRAY) stride = p->stride;
    switch (a->kind) {
    case ACT_FILL:
        at = p->kind == PLACE_SCALAR ? p->offset : p->offset + stride * a->lo;
        n = p->kind == PLACE_SCALAR ? 1 : a->n;
        value = bits_of(e, a->what, a->value);
        break;
    case ACT_COPY:
        kind = BOARD_COPY;
        at = p->offset + stride * a->lo;
        copy_data(e, a, palettes, &data, &palette);
        break;
    case ACT_RESTORE:
        at = p->offset;
        n = p->n;
        if (p->table) { kind = BOARD_COPY; data = p->table; }
        else value = bits_of(e, a->what, p->value);
        break;
    case ACT_CONSTANT: {
        if (!e->k_place[a->what]) return false;
        if (e->net->fixed) memcpy(&value, (const char *)&a->value + 4 * second, 4);
        else { float x = (float)a->value; memcpy(&value, &x, 4); }
        at = e->k_place[a->what] - 1 + 4 * second;
        n = 1;
        break;
    }
    case ACT_BEGIN:
        kind = BOARD_BEGIN;
        break;
    case ACT_SPIKE:
        if (e->events) return false;                  // in a table of its own
        kind = BOARD_SPIKE;
        at = port_of(e, a->what);
        n = a->lo;
        break;
    case ACT_FORGET:
        kind = BOARD_FORGET;
        break;
    }
    Val m[] = {emit_i32(g, a->step), emit_i32(g, kind), emit_i32(g, at), emit_i32(g, n), emit_i32(g, value), emit_i32(g, stride / 4), data, palette};
    *out = record(e, m, 8);
    return true;
}

static Val acts(Embed *e, uint32_t *count) {
    VEC(Val) rows = {0};
    Palette *palettes = ARENA_ARRAY(&e->g->arena, Palette, e->net->fields.n + 1);
    for (uint32_t i = 0; i < e->image->acts.n; i++) {
        Val v;
        const EmbedAct *a = &e->image->acts.at[i];
        if (act_row(e, a, palettes, false, &v)) vec_push(&e->g->arena, &rows, v);
        if (a->kind == ACT_CONSTANT && e->net->fixed && act_row(e, a, palettes, true, &v)) vec_push(&e->g->arena, &rows, v);       // a double is two words
    }
    *count = rows.n;
    plan_size(e, SIZE_STIMULUS, true, "actions", rows.n * 32);
    return table(e, rows.at, rows.n, "board.acts");
}

void board_emit(Embed *e) {
    Gen *g = e->g;
    Val state = LLVMAddGlobal(g->mod, LLVMArrayType2(g->i8, e->report->state_bytes), "board.state");
    LLVMSetInitializer(state, LLVMConstNull(LLVMArrayType2(g->i8, e->report->state_bytes)));
    LLVMSetLinkage(state, LLVMInternalLinkage);
    LLVMSetAlignment(state, e->align < 8 ? 8 : e->align);
    uint32_t nports, nacts;
    Val p = ports(e, &nports), a = acts(e, &nacts);
    Val init = LLVMGetNamedFunction(g->mod, arena_printf(&g->arena, "%s_init", e->opt.prefix)), step = LLVMGetNamedFunction(g->mod, arena_printf(&g->arena, "%s_step", e->opt.prefix));
    Val none = LLVMConstNull(g->ptr);
    Val m[] = {emit_i32(g, e->image->steps), emit_i32(g, nports), emit_i32(g, nacts), state, p, a, init, step ? step : none, e->events ? LLVMAddFunction(g->mod, "snn_run_events", LLVMFunctionType(g->none, NULL, 0, false)) : none, e->events ? events_board(e) : none};
    Val board = data_global(e, record(e, m, 10), "snn_board");
    LLVMSetLinkage(board, LLVMExternalLinkage);
}
