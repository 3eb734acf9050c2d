// SPDX-License-Identifier: MIT
// Walks over synapses on a small machine. The spikes of a step are bits; tables of rows and columns are as narrow as their numbers, and
// layouts with a rule for source and target (all to all, one to one) have no tables.
//
//   deliver(state, bits, class)   rows of the sources that spiked, synapses of one delay class
//   post(state, bits)             columns of the targets that spiked
//   advance(state)                all synapses
//   collect(state)                sums over all sources, what each target takes of them
//   jump(state, bits)             the spiking neurons themselves
//
// On events there is one source or target at a time: its index stands in place of the bits.
#include "embed_internal.h"

typedef struct Walk { Kernel k; Embed *e; const NetProj *p; const EmbedProj *q; const ProjPlan *plan; const Program *program; } Walk;

static Val load_number(Gen *g, Bld b, Val table, Typ type, Val i) {
    return LLVMBuildZExt(b, LLVMBuildLoad2(b, type, emit_gep(g, b, type, table, i), ""), g->i32, "");
}

static bool any_live(const Embed *e, const Program *p) {
    for (uint32_t i = 0; i < p->n; i++)
        if (plan_live(e, &p->at[i])) return true;
    return false;
}

static void walk_open(Walk *w, Embed *e, uint32_t proj, const char *what, const Program *program, unsigned nparams) {
    Gen *g = e->g;
    *w = (Walk){.e = e, .p = &e->net->projs.at[proj], .q = &e->image->proj[proj], .plan = &e->proj[proj], .program = program};
    Typ params[] = {g->ptr, e->events ? g->i32 : g->ptr, g->i32};
    embed_open(&w->k, e, arena_printf(&g->arena, "%s.%s", w->p->path, what), LLVMFunctionType(g->none, params, nparams, false));
    w->k.proj = w->p;
    w->k.fixed = e->net->fixed;
    kernel_demote(&w->k, program);
}

// All right sides from old values, then all stores.
static void assign(Walk *w) {
    Kernel *k = &w->k;
    Val *v = ARENA_ARRAY(&k->g->arena, Val, w->program->n + 1);
    for (uint32_t i = 0; i < w->program->n; i++)
        if (plan_live(w->e, &w->program->at[i])) v[i] = kernel_root(k, w->program->at[i].field, w->program->at[i].value);
    for (uint32_t i = 0; i < w->program->n; i++)
        if (v[i]) kernel_store(k, kernel_target_op(k, w->program->at[i].field), w->program->at[i].field, w->program->at[i].mode, v[i]);
}

// at[ROW] stays in front of the elements' loop; at[ELEMENT] goes on behind it.
static void elements_begin(Kernel *k) {
    Block first = emit_block(k->g, k->fn, "elements");
    Val br = LLVMBuildBr(k->at[LEVEL_ROW], first);
    LLVMPositionBuilderBefore(k->at[LEVEL_ROW], br);
    emit_at_end(k->at[LEVEL_ELEMENT], first);
}

static Val plus(Gen *g, Bld b, Val v, uint32_t n) { return n ? LLVMBuildAdd(b, v, emit_i32(g, n), "") : v; }
static Val minus(Gen *g, Bld b, Val v, uint32_t n) { return n ? LLVMBuildSub(b, v, emit_i32(g, n), "") : v; }

// The synapses of the row of source k.pre, of the classes `first` up to before `last`.
static void row(Walk *w, Val first, Val last) {
    Kernel *k = &w->k;
    Gen *g = k->g;
    Bld b = k->at[LEVEL_ROW], el = k->at[LEVEL_ELEMENT];
    Val offset = minus(g, b, k->pre, w->p->src_lo);
    uint32_t width = w->p->tgt_hi - w->p->tgt_lo;
    if (w->plan->rows) {
        elements_begin(k);
        RowsLoop l = rows_open(k, w->plan);
        k->own = l.element;
        k->post = plus(g, el, l.target, w->p->tgt_lo);
        assign(w);
        rows_close(k, &l);
    } else if (w->p->layout == CONN_SPARSE) {
        Val at = LLVMBuildMul(b, offset, emit_i32(g, w->q->nclass), "");
        Val e0 = load_number(g, b, w->plan->row, w->plan->row_type, LLVMBuildAdd(b, at, first, ""));
        Val e1 = load_number(g, b, w->plan->row, w->plan->row_type, LLVMBuildAdd(b, at, last, ""));
        elements_begin(k);
        Loop l = emit_loop(g, el, el, k->fn, e0, e1);
        k->own = l.i;
        k->post = plus(g, el, load_number(g, el, w->plan->col, w->plan->col_type, l.i), w->p->tgt_lo);
        assign(w);
        emit_loop_close(g, el, &l, emit_i32(g, 1), el);
    } else if (w->p->layout == CONN_DENSE) {
        Val start = LLVMBuildMul(b, offset, emit_i32(g, width), "");
        elements_begin(k);
        Loop l = emit_loop(g, el, el, k->fn, emit_i32(g, 0), emit_i32(g, width));
        k->own = LLVMBuildAdd(el, start, l.i, "");
        k->post = plus(g, el, l.i, w->p->tgt_lo);
        assign(w);
        emit_loop_close(g, el, &l, emit_i32(g, 1), el);
    } else {
        k->own = offset;
        k->post = plus(g, b, offset, w->q->tgt_base);
        elements_begin(k);
        assign(w);
    }
}

static void column(Walk *w) {
    Kernel *k = &w->k;
    Gen *g = k->g;
    Bld b = k->at[LEVEL_ROW], el = k->at[LEVEL_ELEMENT];
    Val offset = minus(g, b, k->post, w->p->tgt_lo);
    uint32_t width = w->p->tgt_hi - w->p->tgt_lo;
    if (w->p->layout == CONN_ONE_TO_ONE) {
        k->own = minus(g, b, k->post, w->q->tgt_base);
        k->pre = plus(g, b, k->own, w->p->src_lo);
        elements_begin(k);
        assign(w);
        return;
    }
    bool sparse = w->p->layout == CONN_SPARSE;
    Val e0 = emit_i32(g, 0), e1 = emit_i32(g, w->p->src_hi - w->p->src_lo);
    if (sparse) {
        e0 = load_number(g, b, w->plan->colptr, w->plan->colptr_type, offset);
        e1 = load_number(g, b, w->plan->colptr, w->plan->colptr_type, plus(g, b, offset, 1));
    }
    elements_begin(k);
    Loop l = emit_loop(g, el, el, k->fn, e0, e1);
    if (sparse) {
        k->own = load_number(g, el, w->plan->colsyn, w->plan->colsyn_type, l.i);
        k->pre = load_number(g, el, w->plan->colsrc, w->plan->colsrc_type, l.i);
    } else {
        k->own = LLVMBuildAdd(el, LLVMBuildMul(el, l.i, emit_i32(g, width), ""), offset, "");
        k->pre = plus(g, el, l.i, w->p->src_lo);
    }
    assign(w);
    emit_loop_close(g, el, &l, emit_i32(g, 1), el);
}

static void for_one(Walk *w, Val **index, unsigned nindex, void (*body)(Walk *w)) {
    Kernel *k = &w->k;
    Block start = emit_block(k->g, k->fn, "start");
    Val br = LLVMBuildBr(k->at[LEVEL_ENTRY], start);
    LLVMPositionBuilderBefore(k->at[LEVEL_ENTRY], br);
    emit_at_end(k->at[LEVEL_ROW], start);
    for (unsigned i = 0; i < nindex; i++) *index[i] = LLVMGetParam(k->fn, 1);
    body(w);
    LLVMBuildRetVoid(k->at[LEVEL_ELEMENT]);
    kernel_close(k);
}

// Runs `body` for each set bit of the neurons lo..hi of a population of `n`; it may leave the builders anywhere.
static void for_spikes(Walk *w, uint32_t lo, uint32_t hi, uint32_t n, Val **index, unsigned nindex, void (*body)(Walk *w)) {
    Kernel *k = &w->k;
    if (w->e->events) { for_one(w, index, nindex, body); return; }
    Gen *g = k->g;
    Bld b = k->at[LEVEL_ROW];
    Block start = emit_block(g, k->fn, "start");
    Val br = LLVMBuildBr(k->at[LEVEL_ENTRY], start);
    LLVMPositionBuilderBefore(k->at[LEVEL_ENTRY], br);
    emit_at_end(b, start);
    BitLoop l = bits_open(g, b, k->fn, LLVMGetParam(k->fn, 1), emit_i32(g, lo / 32), emit_i32(g, (hi + 31) / 32));
    for (unsigned i = 0; i < nindex; i++) *index[i] = l.index;
    if (lo || hi < n) {
        Block inside = emit_block(g, k->fn, "inside");
        Val in = LLVMBuildICmp(b, LLVMIntULT, minus(g, b, l.index, lo), emit_i32(g, hi - lo), "");
        LLVMBuildCondBr(b, in, inside, l.latch);
        emit_at_end(b, inside);
    }
    body(w);
    bits_close(g, k->at[LEVEL_ELEMENT], &l);
    LLVMBuildRetVoid(k->at[LEVEL_ELEMENT]);
    kernel_close(k);
}

static void deliver_body(Walk *w) {
    Val class = w->q->nclass > 1 ? LLVMGetParam(w->k.fn, 2) : emit_i32(w->k.g, 0);
    row(w, class, LLVMBuildAdd(w->k.at[LEVEL_ROW], class, emit_i32(w->k.g, 1), ""));
}
static void post_body(Walk *w) { column(w); }
static void jump_body(Walk *w) { elements_begin(&w->k); assign(w); }

static Val deliver(Embed *e, uint32_t i) {
    Walk w;
    const NetProj *p = &e->net->projs.at[i];
    walk_open(&w, e, i, "deliver", &p->on_pre_syn, e->events || e->image->proj[i].nclass > 1 ? 3 : 2);
    w.k.leaf_level[1] = LEVEL_ROW;
    Val *index[] = {&w.k.pre};
    for_spikes(&w, p->src_lo, p->src_hi, e->net->pops.at[p->src].n, index, 1, deliver_body);
    return w.k.fn;
}

static Val post(Embed *e, uint32_t i) {
    Walk w;
    const NetProj *p = &e->net->projs.at[i];
    walk_open(&w, e, i, "post", &p->on_post_syn, 2);
    w.k.leaf_level[2] = LEVEL_ROW;
    Val *index[] = {&w.k.post};
    for_spikes(&w, p->tgt_lo, p->tgt_hi, e->net->pops.at[p->tgt].n, index, 1, post_body);
    return w.k.fn;
}

static Val jump(Embed *e, uint32_t i, bool pre) {
    Walk w;
    const NetProj *p = &e->net->projs.at[i];
    walk_open(&w, e, i, pre ? "pre_jump" : "post_jump", pre ? &p->on_pre_src : &p->on_post_tgt, 2);
    w.k.assigns_pre = pre;
    Val *index[] = {&w.k.own, &w.k.pre, &w.k.post};
    for_spikes(&w, pre ? p->src_lo : p->tgt_lo, pre ? p->src_hi : p->tgt_hi, e->net->pops.at[pre ? p->src : p->tgt].n, index, 3, jump_body);
    return w.k.fn;
}

static Val advance(Embed *e, uint32_t i) {
    Walk w;
    const NetProj *p = &e->net->projs.at[i];
    walk_open(&w, e, i, "advance", &p->advance, 1);
    Kernel *k = &w.k;
    k->leaf_level[1] = LEVEL_ROW;
    Loop l = emit_loop(e->g, k->at[LEVEL_ENTRY], k->at[LEVEL_ROW], k->fn, emit_i32(e->g, p->src_lo), emit_i32(e->g, p->src_hi));
    k->pre = l.i;
    row(&w, emit_i32(e->g, 0), emit_i32(e->g, w.q->nclass));
    emit_loop_close(e->g, k->at[LEVEL_ELEMENT], &l, emit_i32(e->g, 1), k->at[LEVEL_ELEMENT]);
    LLVMBuildRetVoid(k->at[LEVEL_ELEMENT]);
    kernel_close(k);
    return k->fn;
}

// Sums over the sources, then each target.
static Val collect(Embed *e, uint32_t i) {
    Walk w;
    const NetProj *p = &e->net->projs.at[i];
    walk_open(&w, e, i, "collect", &p->collect, 1);
    Kernel *k = &w.k;
    Bld el = k->at[LEVEL_ELEMENT];
    if (p->totals.n) totals_emit(k, p, 1, emit_i32(e->g, p->src_lo), emit_i32(e->g, p->src_hi));
    Loop l = emit_loop(e->g, k->at[LEVEL_ENTRY], el, k->fn, emit_i32(e->g, p->tgt_lo), emit_i32(e->g, p->tgt_hi));
    k->post = l.i;
    assign(&w);
    emit_loop_close(e->g, el, &l, emit_i32(e->g, 1), el);
    LLVMBuildRetVoid(el);
    kernel_close(k);
    return k->fn;
}

void embed_synapses(Embed *e, uint32_t i) {
    const NetProj *p = &e->net->projs.at[i];
    ProjPlan *o = &e->proj[i];
    if (any_live(e, &p->on_pre_src)) o->pre_jump = jump(e, i, true);
    if (any_live(e, &p->on_post_tgt)) o->post_jump = jump(e, i, false);
    if (any_live(e, &p->collect)) o->collect = collect(e, i);
    if (!e->image->proj[i].nsyn) return;
    if (any_live(e, &p->on_pre_syn)) o->deliver = deliver(e, i);
    if (any_live(e, &p->on_post_syn)) o->post = post(e, i);
    if (any_live(e, &p->advance)) o->advance = advance(e, i);
}
