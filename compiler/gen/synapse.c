// SPDX-License-Identifier: MIT
// Kernels that walk synapses: deliver (rows of spiking sources), post (columns of spiking targets), advance (all of them).
// Each is two loops, rows and elements; the layout says how an element finds its entry, its source and its target:
//
//   SPARSE       entry e = row[..] .. row[..+1], target col[e];  a column lists entries and sources
//   DENSE        entry (i - src_lo)*ntgt + (j - tgt_lo); a row is contiguous, so it is done in vectors, then the rest one by one
//                (so is a row of all to all without self connections, up to its source and behind it)
//   ONE_TO_ONE   entry i - src_lo, target entry + tgt_base
//
// A bundle of projections is delivered piece by piece instead (pieces): an entry's place counts within its piece, its target has 16 bits.
#include "debug.h"
#include "shape.h"
#include "snn_program.h"

enum { B_SRC_LO, B_TGT_LO, B_TGT_HI, B_NCLASS, B_ROW, B_COL, B_S, B_COLPTR, B_COLSYN, B_COLSRC, B_SRC_HI, B_NSYN, B_TGT_BASE };   // SnnBlock

typedef struct Walk { Kernel k; OnKind kind; const Program *program; Val block, src_lo, src_hi, tgt_lo, tgt_hi, width; Loop rows; Block next_row; } Walk;

static Val block_int(Walk *w, unsigned member) { return emit_member(w->k.g, w->k.at[LEVEL_ENTRY], w->k.g->i64, w->block, member); }
static Val block_ptr(Walk *w, unsigned member) { return emit_member(w->k.g, w->k.at[LEVEL_ENTRY], w->k.g->ptr, w->block, member); }

static Val load_index(Kernel *k, Bld b, Val table, Val i) {
    return LLVMBuildZExt(b, LLVMBuildLoad2(b, k->g->i32, emit_gep(k->g, b, k->g->i32, table, i), ""), k->g->i64, "");
}

static void walk_begin(Walk *w, Gen *g, const Net *net, const NetProj *p, const char *name, const Program *program, Typ type, const ShapeRefs *refs) {
    *w = (Walk){.kind = ON_PRE};
    Kernel *k = &w->k;
    kernel_open(k, g, net, arena_printf(&g->arena, "%s.%s.%s%s", net->name, p->path, name, refs ? ".body" : ""), type);
    k->refs = refs;
    if (p->model) debug_function(k, p->model->span);
    k->proj = p;
    k->fixed = net->fixed;
    kernel_demote(k, program);
    w->program = program;
}

// Kernels whose second parameter is a block.
static void walk_open(Walk *w, Gen *g, const Net *net, const NetProj *p, const char *name, const Program *program, unsigned nparams, const ShapeRefs *refs) {
    Typ params[6] = {g->ptr, g->ptr, g->ptr, g->i64, g->i64};
    walk_begin(w, g, net, p, name, program, shape_type(g, params, nparams, refs), refs);
    Kernel *k = &w->k;
    w->block = LLVMGetParam(k->fn, 1);
    w->src_lo = block_int(w, B_SRC_LO);
    w->src_hi = block_int(w, B_SRC_HI);
    w->tgt_lo = block_int(w, B_TGT_LO);
    w->tgt_hi = block_int(w, B_TGT_HI);
    w->width = LLVMBuildSub(k->at[LEVEL_ENTRY], w->tgt_hi, w->tgt_lo, "width");
    k->synapse_base = p->fields.n ? block_ptr(w, B_S) : NULL;
}

static void walk_rows(Walk *w, Val from, Val to) {
    Kernel *k = &w->k;
    w->rows = emit_loop(k->g, k->at[LEVEL_ENTRY], k->at[LEVEL_ROW], k->fn, from, to);
    w->next_row = emit_block(k->g, k->fn, "next");
}

// Goes on with this row only if lo <= index < hi.
static void walk_require(Walk *w, Bld b, Val index, Val lo, Val count) {
    Kernel *k = &w->k;
    Block inside = emit_block(k->g, k->fn, "inside");
    Val offset = LLVMBuildSub(b, index, lo, "");
    LLVMBuildCondBr(b, LLVMBuildICmp(b, LLVMIntULT, offset, count, ""), inside, w->next_row);
    emit_at_end(b, inside);
}

static void walk_close(Walk *w, Bld b) {
    Kernel *k = &w->k;
    LLVMBuildBr(b, w->next_row);
    emit_at_end(b, w->next_row);
    emit_loop_close(k->g, b, &w->rows, emit_i64(k->g, 1), b);
    LLVMBuildRetVoid(b);
    kernel_close(k);
}

static Span walk_place(const Walk *w, const Field *f) {
    Span here = debug_jump(w->k.proj, w->kind, f);
    return w->program == &w->k.proj->advance ? debug_equation(f, here) : here;
}

// All right sides from old values, then all stores.
static void element_emit(Walk *w) {
    Kernel *k = &w->k;
    Val *v = ARENA_ARRAY(&k->g->arena, Val, w->program->n);
    for (uint32_t i = 0; i < w->program->n; i++) {
        debug_at(k, walk_place(w, &k->net->fields.at[w->program->at[i].field]));
        v[i] = kernel_root(k, w->program->at[i].field, w->program->at[i].value);
    }
    for (uint32_t i = 0; i < w->program->n; i++) {
        const Assign *a = &w->program->at[i];
        kernel_store(k, kernel_target_op(k, a->field), a->field, a->mode, v[i]);
    }
}

// One loop over elements from..to of a row, `lanes` at a time; `place` sets own, pre and post from the loop's index.
typedef void PlaceFn(Walk *w, Bld b, Val i);
static void elements_loop(Walk *w, unsigned lanes, Val from, Val to, PlaceFn *place) {
    Kernel *k = &w->k;
    kernel_forget(k, LEVEL_ELEMENT);
    k->lanes = lanes;
    // What a row needs is emitted into the block that leads to its loops and dominates both.
    Loop l = emit_loop(k->g, k->at[LEVEL_ELEMENT], k->at[LEVEL_ELEMENT], k->fn, from, to);
    place(w, k->at[LEVEL_ELEMENT], l.i);
    element_emit(w);
    emit_loop_close(k->g, k->at[LEVEL_ELEMENT], &l, emit_i64(k->g, lanes), k->at[LEVEL_ELEMENT]);
}

// at[ROW] gets a block of its own in front of the elements' loops, so that row code may still be added while they are emitted.
static void elements_begin(Walk *w) {
    Kernel *k = &w->k;
    Block first = emit_block(k->g, k->fn, "elements");
    Val br = LLVMBuildBr(k->at[LEVEL_ROW], first);
    LLVMPositionBuilderBefore(k->at[LEVEL_ROW], br);
    emit_at_end(k->at[LEVEL_ELEMENT], first);
}

static void elements_both(Walk *w, Val count, PlaceFn *place) {
    Kernel *k = &w->k;
    Gen *g = k->g;
    Bld row = k->at[LEVEL_ROW];
    Val whole = LLVMBuildAnd(row, count, emit_i64(g, -(int64_t)g->lanes), "whole");
    if (g->lanes > 1) elements_loop(w, g->lanes, emit_i64(g, 0), whole, place);
    else whole = emit_i64(g, 0);
    elements_loop(w, 1, whole, count, place);
}

static void elements_vector(Walk *w, Val count, PlaceFn *place) {
    elements_begin(w);
    elements_both(w, count, place);
}

// ---- rows of sources ---------------------------------------------------------------------------------------------------------

static void place_sparse(Walk *w, Bld b, Val e) {
    Kernel *k = &w->k;
    k->own = e;
    k->post = load_index(k, b, k->col, e);
}

// In vectors: neighbouring entries, targets anywhere.
static void place_sparse_lanes(Walk *w, Bld b, Val i) {
    Kernel *k = &w->k;
    Val e = LLVMBuildAdd(b, k->row_start, i, "");
    if (k->lanes == 1) { k->targets = NULL; place_sparse(w, b, e); return; }
    Typ narrow = LLVMVectorType(k->g->i32, k->lanes), wide = LLVMVectorType(k->g->i64, k->lanes);
    k->own = e;
    Val targets = LLVMBuildLoad2(b, narrow, emit_gep(k->g, b, k->g->i32, k->col, e), "");
    LLVMSetAlignment(targets, 4);
    k->targets = LLVMBuildZExt(b, targets, wide, "");
}

static void place_dense(Walk *w, Bld b, Val j) {
    Kernel *k = &w->k;
    k->own = LLVMBuildAdd(b, k->row_start, j, "");
    k->post = j;
}

// All to all without self connections: a row is contiguous up to its source and behind it.
static bool has_gap(const NetProj *p) { return p->rule == RULE_all_to_all && p->src == p->tgt && !p->allow_self && !p->pair_prob && p->uniform_delay && !p->procedural; }

static void place_behind(Walk *w, Bld b, Val j) {
    place_dense(w, b, j);
    w->k.post = LLVMBuildAdd(b, j, w->k.gap, "");
}

static void gap_elements(Walk *w, Val offset, Val e0, Val e1) {
    Kernel *k = &w->k;
    Bld b = k->at[LEVEL_ROW];
    Val count = LLVMBuildSub(b, e1, e0, ""), own = LLVMBuildSub(b, LLVMBuildAdd(b, offset, w->src_lo, ""), w->tgt_lo, "");
    Val before = LLVMBuildSelect(b, LLVMBuildICmp(b, LLVMIntULT, own, w->width, ""), own, count, "before");
    Val rest = LLVMBuildSub(b, count, before, ""), behind = LLVMBuildAdd(b, e0, before, "");
    k->gap = LLVMBuildAdd(b, before, emit_i64(k->g, 1), "");
    k->row_start = e0;
    elements_begin(w);
    elements_both(w, before, place_dense);
    k->row_start = behind;
    elements_both(w, rest, place_behind);
}

static Val row_bound(Walk *w, Val class) {
    Kernel *k = &w->k;
    Bld b = k->at[LEVEL_ROW];
    Val table = block_ptr(w, B_ROW);
    return load_index(k, b, table, LLVMBuildAdd(b, LLVMBuildMul(b, k->row_start, block_int(w, B_NCLASS), ""), class, ""));
}

// Synapses of a row may be done together when what they write is their own.
static bool writes_synapses_only(const Walk *w) {
    for (uint32_t i = 0; i < w->program->n; i++)
        if (w->k.net->fields.at[w->program->at[i].field].owner != OWNER_PROJ) return false;
    return true;
}

// Elements of the row of source k.pre. `first`, `last`: delay classes of a SPARSE row to do, from first to before last.
static void row_elements(Walk *w, Val first, Val last) {
    Kernel *k = &w->k;
    Bld b = k->at[LEVEL_ROW];
    Val offset = LLVMBuildSub(b, k->pre, w->src_lo, "offset");
    if (k->proj->layout == CONN_SPARSE) {
        k->col = block_ptr(w, B_COL);
        k->row_start = offset;
        k->post_lo = w->tgt_lo;
        Val e0 = row_bound(w, first), e1 = row_bound(w, last);
        if (has_gap(k->proj)) { gap_elements(w, offset, e0, e1); return; }
        if (writes_synapses_only(w)) {
            k->row_start = e0;
            elements_vector(w, LLVMBuildSub(b, e1, e0, ""), place_sparse_lanes);
            return;
        }
        elements_begin(w);
        elements_loop(w, 1, e0, e1, place_sparse);
    } else if (k->proj->layout == CONN_DENSE) {
        k->row_start = LLVMBuildMul(b, offset, w->width, "");
        k->post_lo = w->tgt_lo;
        elements_vector(w, w->width, place_dense);
    } else {
        Val target = LLVMBuildAdd(b, offset, block_int(w, B_TGT_BASE), "");
        walk_require(w, b, target, w->tgt_lo, w->width);
        elements_begin(w);
        k->own = offset;
        k->post = target;
        element_emit(w);
    }
}

static Val deliver_emit(Gen *g, const Net *net, const void *subject, const ShapeRefs *refs) {
    const NetProj *p = subject;
    Walk w;
    walk_open(&w, g, net, p, "deliver", &p->on_pre_syn, 5, refs);
    Kernel *k = &w.k;
    k->leaf_level[1] = LEVEL_ROW;
    walk_rows(&w, emit_i64(g, 0), LLVMGetParam(k->fn, 3));
    Bld b = k->at[LEVEL_ROW];
    k->pre = load_index(k, b, LLVMGetParam(k->fn, 2), w.rows.i);
    walk_require(&w, b, k->pre, w.src_lo, LLVMBuildSub(k->at[LEVEL_ENTRY], w.src_hi, w.src_lo, ""));
    Val class = LLVMGetParam(k->fn, 4);
    row_elements(&w, class, LLVMBuildAdd(k->at[LEVEL_ENTRY], class, emit_i64(g, 1), ""));
    walk_close(&w, k->at[LEVEL_ELEMENT]);
    return k->fn;
}

// pieces(ctx, tgt_lo, pieces, n): see SnnPiece.
static void place_piece(Walk *w, Bld b, Val e) {
    Kernel *k = &w->k;
    k->own = e;
    k->post = LLVMBuildZExt(b, LLVMBuildLoad2(b, k->g->i16, emit_gep(k->g, b, k->g->i16, k->col, e), ""), k->g->i64, "");
}

static Val pieces_emit(Gen *g, const Net *net, const void *subject, const ShapeRefs *refs) {
    const NetProj *p = subject;
    Walk w;
    Typ params[5] = {g->ptr, g->i64, g->ptr, g->i64};
    walk_begin(&w, g, net, p, "pieces", &p->on_pre_syn, shape_type(g, params, 4, refs), refs);
    Kernel *k = &w.k;
    walk_rows(&w, emit_i64(g, 0), LLVMGetParam(k->fn, 3));
    Bld b = k->at[LEVEL_ROW];
    Val at = emit_gep(g, b, LLVMArrayType2(g->i64, sizeof(SnnPiece) / 8), LLVMGetParam(k->fn, 2), w.rows.i);
    k->piece = emit_member(g, b, g->ptr, at, 0);
    k->piece_n = load_index(k, b, at, emit_i64(g, 2));
    k->post_lo = LLVMBuildAdd(b, LLVMGetParam(k->fn, 1), load_index(k, b, at, emit_i64(g, 3)), "");
    k->col = emit_gep(g, b, k->real, k->piece, LLVMBuildMul(b, k->piece_n, emit_i64(g, p->fields.n), ""));
    elements_begin(&w);
    elements_loop(&w, 1, emit_i64(g, 0), k->piece_n, place_piece);
    walk_close(&w, k->at[LEVEL_ELEMENT]);
    return k->fn;
}

static Val advance_emit(Gen *g, const Net *net, const void *subject, const ShapeRefs *refs) {
    const NetProj *p = subject;
    Walk w;
    walk_open(&w, g, net, p, "advance", &p->advance, 2, refs);
    Kernel *k = &w.k;
    k->leaf_level[1] = LEVEL_ROW;
    walk_rows(&w, w.src_lo, w.src_hi);
    k->pre = w.rows.i;
    row_elements(&w, emit_i64(g, 0), block_int(&w, B_NCLASS));
    walk_close(&w, k->at[LEVEL_ELEMENT]);
    return k->fn;
}

// Each target takes its share of what was summed over the sources.
static void place_target(Walk *w, Bld b, Val j) { (void)b; w->k.post = j; }

static Val collect_emit(Gen *g, const Net *net, const void *subject, const ShapeRefs *refs) {
    const NetProj *p = subject;
    Walk w;
    walk_open(&w, g, net, p, "collect", &p->collect, 2, refs);
    Kernel *k = &w.k;
    if (p->totals.n) totals_emit(k, p, g->lanes, w.src_lo, w.src_hi);
    k->lanes = g->lanes;
    k->post_lo = w.tgt_lo;
    Block targets = emit_block(g, k->fn, "targets");
    LLVMPositionBuilderBefore(k->at[LEVEL_ENTRY], LLVMBuildBr(k->at[LEVEL_ENTRY], targets));
    emit_at_end(k->at[LEVEL_ROW], targets);
    elements_vector(&w, w.width, place_target);
    LLVMBuildRetVoid(k->at[LEVEL_ELEMENT]);
    kernel_close(k);
    return k->fn;
}

// ---- columns of targets ------------------------------------------------------------------------------------------------------

static void place_column_sparse(Walk *w, Bld b, Val x) {
    Kernel *k = &w->k;
    k->own = load_index(k, b, block_ptr(w, B_COLSYN), x);
    k->pre = load_index(k, b, block_ptr(w, B_COLSRC), x);
}

static void place_column_dense(Walk *w, Bld b, Val i) {
    Kernel *k = &w->k;
    k->own = LLVMBuildAdd(b, LLVMBuildMul(b, LLVMBuildSub(b, i, w->src_lo, ""), w->width, ""), k->row_start, "");
    k->pre = i;
}

static void column_elements(Walk *w) {
    Kernel *k = &w->k;
    Bld b = k->at[LEVEL_ROW];
    Val offset = LLVMBuildSub(b, k->post, w->tgt_lo, "offset");
    if (k->proj->layout == CONN_SPARSE) {
        Val table = block_ptr(w, B_COLPTR);
        Val e0 = load_index(k, b, table, offset), e1 = load_index(k, b, table, LLVMBuildAdd(b, offset, emit_i64(k->g, 1), ""));
        elements_begin(w);
        elements_loop(w, 1, e0, e1, place_column_sparse);
    } else if (k->proj->layout == CONN_DENSE) {
        k->row_start = offset;
        elements_begin(w);
        elements_loop(w, 1, w->src_lo, w->src_hi, place_column_dense);
    } else {
        Val own = LLVMBuildSub(b, k->post, block_int(w, B_TGT_BASE), "");
        walk_require(w, b, own, emit_i64(k->g, 0), LLVMBuildSub(k->at[LEVEL_ENTRY], w->src_hi, w->src_lo, ""));
        elements_begin(w);
        k->own = own;
        k->pre = LLVMBuildAdd(b, own, w->src_lo, "");
        element_emit(w);
    }
}

static Val post_emit(Gen *g, const Net *net, const void *subject, const ShapeRefs *refs) {
    const NetProj *p = subject;
    Walk w;
    walk_open(&w, g, net, p, "post", &p->on_post_syn, 5, refs);
    w.kind = ON_POST;
    Kernel *k = &w.k;
    k->leaf_level[2] = LEVEL_ROW;
    walk_rows(&w, emit_i64(g, 0), LLVMGetParam(k->fn, 3));
    Bld b = k->at[LEVEL_ROW];
    k->post = load_index(k, b, LLVMGetParam(k->fn, 2), w.rows.i);
    walk_require(&w, b, k->post, w.tgt_lo, w.width);
    column_elements(&w);
    walk_close(&w, k->at[LEVEL_ELEMENT]);
    return k->fn;
}

static Val shaped(Gen *g, const Net *net, const NetProj *p, const char *what, const Program *program, ShapeEmit *emit) {
    if (!program->n) return NULL;
    ShapeRefs s;
    shape_begin(&s, g, net, p, what);
    sb_printf(&s.key, "%d:%u:%d:", p->layout, p->fields.n, has_gap(p));
    if (program == &p->collect)
        for (uint32_t i = 0; i < p->totals.n; i++) shape_root(&s, p->totals.at[i]);
    shape_program(&s, program);
    return shape_finish(&s, arena_printf(&g->arena, "%s.%s.%s", net->name, p->path, what), emit, p);
}

void synapse_emit(Gen *g, const Net *net, const NetProj *p, ProjKernels *out) {
    out->deliver = shaped(g, net, p, "deliver", &p->on_pre_syn, deliver_emit);
    if (p->bundle && !net->fixed) out->pieces = shaped(g, net, p, "pieces", &p->on_pre_syn, pieces_emit);
    out->post = shaped(g, net, p, "post", &p->on_post_syn, post_emit);
    out->advance = shaped(g, net, p, "advance", &p->advance, advance_emit);
    out->collect = shaped(g, net, p, "collect", &p->collect, collect_emit);
}
