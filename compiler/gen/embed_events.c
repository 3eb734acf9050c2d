// SPDX-License-Identifier: MIT
// A network that runs on events on a small machine: the tables of core/event32.h as constants, kernels of single neurons and rows, room for the
// engine's numbers in the state, and the engine itself, bitcode of runtime/embedded/events.c for the instruction set. Tables are made from the
// constants of the constructed network by the runtime's own functions, so they are the host's.
#include "embed_internal.h"
#include "core/event32.h"
#include "core/event_modes.h"
#include "embedded/events.h"
#include "support/embed.h"
#include <llvm-c/BitReader.h>
#include <llvm-c/Linker.h>
#include <llvm-c/Target.h>
#include <math.h>
#include <stdlib.h>

enum { LIST_SPIKES = 16 };                  // at least so many spikes can wait for the outside; the engine stops when there may be no room

typedef struct EmbedEvents {
    Ev32Pop *pop; Ev32Tables **tables;
    VEC(Ev32Port) port; VEC(const char *) port_name;
    uint32_t neurons, ncursors, list, at_once /* at most so many ports tell one spike */;
    uint32_t core, due, last, heap, place, sure, position, left, ready, scratch, told;
    uint32_t *until, *count, *log_at, *log_id, *log_head, *log_cap;            // by population; cap 0: nobody hears it
    uint32_t id_bytes;
    Val net, inputs, fields; uint32_t ninputs, nfields;
} EmbedEvents;

bool events_on(const Net *n) {
    bool any = false;
    for (uint32_t i = 0; i < n->pops.n; i++) any = any || n->pops.at[i].on_events;
    return any;
}

// ---- constants and places ----

static Val word_of(const Gen *g, uint64_t v) { return LLVMConstInt(g->narrow_pointers ? g->i32 : g->i64, v, true); }
static Val number(const Gen *g, double v) { return LLVMConstReal(g->f32, v); }
static Val record(Gen *g, Val *m, unsigned n) { return LLVMConstStructInContext(g->ctx, m, n, false); }
static Val null(const Gen *g) { return LLVMConstNull(g->ptr); }

static double value_of(const Embed *e, uint32_t code) { return code ? e->image->K[(code - 2) / 2] : 0; }       // of a coefficient, the same for all neurons
static bool changes(const Embed *e, uint32_t code) { return code && e->opt.stimulus && e->image->k_acted[(code - 2) / 2]; }

// Coefficients are in tables: an experiment that changes them between its runs would need other ones.
static void check_coefficients(Embed *e, const NetPop *pop) {
    const NetEvent *v = pop->event;
    bool moves = false;
    for (uint32_t i = 0; i < v->n * v->n; i++) moves = moves || changes(e, v->a_at[i]);
    for (uint32_t i = 0; v->w_at && i < v->n; i++) moves = moves || changes(e, v->w_at[i]);
    if (moves) e->report->trouble = arena_printf(&e->g->arena, "the experiment changes a coefficient of the equations of '%s' between two runs; on a small machine the event engine has them in constant memory", pop->path);
}

static void make_tables(Embed *e, EmbedEvents *v, uint32_t i) {
    const NetPop *pop = &e->net->pops.at[i];
    const NetEvent *d = pop->event;
    double a[EV_STATES * EV_STATES], w[EV_STATES];
    bool has_b[EV_STATES];
    check_coefficients(e, pop);
    for (uint32_t k = 0; k < d->n * d->n; k++) a[k] = value_of(e, d->a_at[k]);
    for (uint32_t k = 0; k < d->n; k++) {
        has_b[k] = d->b_at[k] != 0;
        w[k] = d->w_at ? value_of(e, d->w_at[k]) : 0;
    }
    v->tables[i] = event32_tables(d->n, a, d->level_at ? w : NULL, d->held, has_b, &v->pop[i]);
    if (!v->tables[i]) fatal("the equations of %s are chained too long", pop->path);       // the host's run would have failed before
    v->pop[i].n = pop->n;
    v->pop[i].base = v->neurons;
    v->neurons += pop->n;
}

// The most spikes of a population that can be under way for `ticks`: each neuron one, and one more for each refractory time. 0: not known.
static uint32_t bound_by_rest(const Embed *e, uint32_t pop, double ticks) {
    const NetEvent *d = e->net->pops.at[pop].event;
    if (!d->refractory_at || d->refractory_at & 1) return 0;
    double rest = e->image->K[(d->refractory_at - 2) / 2] / e->image->dt;
    if (!(rest > 0) || ticks / rest > 1e6) return 0;
    return e->net->pops.at[pop].n * ((uint32_t)(ticks / rest) + 1);
}

static void plan_log(Embed *e, EmbedEvents *v, uint32_t pop) {
    double ticks = -1;
    for (uint32_t i = 0; i < e->net->projs.n; i++) {
        const EmbedProj *q = &e->image->proj[i];
        for (uint32_t c = 0; e->net->projs.at[i].src == pop && c < q->nclass; c++) ticks = fmax(ticks, (double)q->late[c] * 0x1p-24);
    }
    if (ticks < 0) return;
    uint32_t cap = e->opt.queue ? e->opt.queue : e->opt.stimulus ? e->image->under_way[pop] : bound_by_rest(e, pop, ticks);
    if (!cap) cap = e->opt.stimulus ? 1 : 2 * e->net->pops.at[pop].n;
    v->log_cap[pop] = cap;
    v->log_at[pop] = plan_room(e, cap * 8, 8);
    v->log_id[pop] = plan_room(e, cap * v->id_bytes, 4);
    v->log_head[pop] = plan_room(e, 4, 4);
    plan_size(e, SIZE_SPIKES, false, e->net->pops.at[pop].path, cap * (8 + v->id_bytes) + 4);
}

static void plan_neurons(Embed *e, EmbedEvents *v) {
    uint32_t before = e->used, n = v->neurons;
    v->core = plan_room(e, sizeof(Ev32Core), 8);
    v->due = plan_room(e, n * 8, 8);
    v->last = plan_room(e, n * 8, 8);
    v->heap = plan_room(e, (n + 1) * v->id_bytes, 4);
    v->place = plan_room(e, n * v->id_bytes, 4);
    v->sure = plan_room(e, n, 1);
    for (uint32_t i = 0; i < e->net->pops.n; i++) {
        const NetPop *pop = &e->net->pops.at[i];
        v->until[i] = pop->event->refractory_at ? plan_room(e, pop->n * 8, 8) : UINT32_MAX;
        v->count[i] = pop->event->rate_at ? plan_room(e, pop->n * 4, 4) : UINT32_MAX;
    }
    v->position = plan_room(e, v->ncursors * 4, 4);
    v->left = plan_room(e, v->ncursors * 4, 4);
    v->ready = plan_room(e, (v->ncursors + 1) * v->id_bytes, 4);
    v->scratch = plan_room(e, event32_scratch(v->pop, e->net->pops.n) * 4, 4);
    v->told = plan_room(e, v->list * (uint32_t)sizeof(Ev32Told), 8);
    plan_size(e, SIZE_EVENTS, false, "one entry a neuron", e->used - before);
}

static void add_port(Embed *e, EmbedEvents *v, const char *name, Ev32Port port) {
    uint32_t same = port.told;
    for (uint32_t k = 0; k < v->port.n; k++) same += port.told && v->port.at[k].told && v->port.at[k].pop == port.pop;
    if (same > v->at_once) v->at_once = same;
    vec_push(&e->g->arena, &v->port, port);
    vec_push(&e->g->arena, &v->port_name, name);
}

// What spikes the outside makes and is told: on a board those that are recorded (numbers as in embed_board.c), in firmware what the network names, or all.
static void plan_ports(Embed *e, EmbedEvents *v) {
    const Network *m = e->net->model;
    bool board = e->opt.stimulus, any = false, named = !board && m->externs.n;
    for (uint32_t i = 0; i < e->net->pops.n; i++) any = any || e->image->recorded[i];
    for (uint32_t i = 0; named && i < m->externs.n; i++) {
        const Extern *x = &m->externs.at[i];
        uint32_t pop = (uint32_t)net_pop_index(e->net, x->pop);
        if (!x->var && e->net->pops.at[pop].spikes.n) add_port(e, v, embed_c_name(e, x->name, NULL), (Ev32Port){pop, x->lo, x->hi - x->lo, x->output});
    }
    for (uint32_t i = 0; i < e->net->pops.n && !named; i++) {
        const NetPop *p = &e->net->pops.at[i];
        if (p->spikes.n) add_port(e, v, embed_c_name(e, p->path, NULL), (Ev32Port){i, 0, p->n, !board || !any || e->image->recorded[i]});
    }
    v->list = v->at_once > LIST_SPIKES ? v->at_once : LIST_SPIKES;
}

void events_plan(Embed *e) {
    Arena *a = &e->g->arena;
    uint32_t n = e->net->pops.n + 1;
    EmbedEvents *v = e->events = ARENA_NEW(a, EmbedEvents);
    *v = (EmbedEvents){.pop = ARENA_ARRAY(a, Ev32Pop, n), .tables = ARENA_ARRAY(a, Ev32Tables *, n), .until = ARENA_ARRAY(a, uint32_t, n), .count = ARENA_ARRAY(a, uint32_t, n),
                       .log_at = ARENA_ARRAY(a, uint32_t, n), .log_id = ARENA_ARRAY(a, uint32_t, n), .log_head = ARENA_ARRAY(a, uint32_t, n), .log_cap = ARENA_ARRAY(a, uint32_t, n),
                       .id_bytes = e->g->narrow_pointers ? 2 : 4};
    plan_ports(e, v);
    for (uint32_t i = 0; i < e->net->pops.n; i++) make_tables(e, v, i);
    for (uint32_t i = 0; i < e->net->projs.n; i++) v->ncursors += e->image->proj[i].nclass;
    if (v->id_bytes == 2 && (v->neurons > UINT16_MAX - 1 || v->ncursors > UINT16_MAX - 1))
        e->report->trouble = "the event engine of a small machine takes 65534 neurons, and as many delays";
    plan_neurons(e, v);
    for (uint32_t i = 0; i < e->net->pops.n; i++) plan_log(e, v, i);
}

// The fields that the engine reads and writes by itself, beside those of programs.
void events_fields(const Embed *e, void (*field)(void *self, uint32_t f, bool written), void *self) {
    for (uint32_t i = 0; i < e->net->pops.n; i++) {
        const NetEvent *d = e->net->pops.at[i].event;
        for (uint32_t k = 0; k < d->n; k++) {
            field(self, d->state[k], true);
            if (d->buffer[k]) field(self, d->buffer[k] - 1, true);
            if (d->b_at[k] & 1) field(self, (d->b_at[k] - 3) / 2, true);
        }
        const uint32_t at[] = {d->level_at, d->rate_at, d->refractory_at};
        for (int k = 0; k < 3; k++)
            if (at[k] & 1) field(self, (at[k] - 3) / 2, true);
    }
}

// ---- kernels ----

// fn(state, index), or fn(state, lo, hi): a program of neurons. All right sides are old values.
static Val program_kernel(Embed *e, const NetPop *pop, const char *what, const Program *p, bool range) {
    Gen *g = e->g;
    Kernel k;
    Typ params[] = {g->ptr, g->i32, g->i32};
    if (!p->n) return null(g);
    embed_open(&k, e, arena_printf(&g->arena, "%s.%s", pop->path, what), LLVMFunctionType(g->none, params, range ? 3 : 2, false));
    Bld b = k.at[LEVEL_ELEMENT];
    Loop l = {0};
    if (range) l = emit_loop(g, k.at[LEVEL_ENTRY], b, k.fn, LLVMGetParam(k.fn, 1), LLVMGetParam(k.fn, 2));
    k.own = range ? l.i : LLVMGetParam(k.fn, 1);
    Val *v = ARENA_ARRAY(&g->arena, Val, p->n);
    for (uint32_t i = 0; i < p->n; i++)
        if (plan_live(e, &p->at[i])) v[i] = kernel_root(&k, p->at[i].field, p->at[i].value);
    for (uint32_t i = 0; i < p->n; i++)
        if (v[i]) kernel_store(&k, N_FIELD, p->at[i].field, p->at[i].mode, v[i]);
    if (range) emit_loop_close(g, b, &l, emit_i32(g, 1), b);
    LLVMBuildRetVoid(b);
    kernel_close(&k);
    return k.fn;
}

// float exp(float), under the name that the engine calls.
static Val exp_kernel(Embed *e) {
    Gen *g = e->g;
    Kernel k;
    kernel_open(&k, g, e->net, "snn__e_exp", LLVMFunctionType(g->f32, &g->f32, 1, false));
    Val x = LLVMGetParam(k.fn, 0);
    LLVMBuildRet(k.at[LEVEL_ELEMENT], math_call(&k, k.at[LEVEL_ELEMENT], N_EXP, &x, 1, 1));
    kernel_close(&k);
    return k.fn;
}

// ---- tables ----

static Val array(Embed *e, Typ type, Val *at, uint32_t n, const char *name) {
    if (!n) return null(e->g);
    e->report->const_bytes += n * (uint32_t)(LLVMABISizeOfType(LLVMGetModuleDataLayout(e->g->mod), type));
    return data_global(e, LLVMConstArray2(type, at, n), name);
}
static Val floats(Embed *e, const float *at, uint32_t n, const char *name) {
    Val *v = ARENA_ARRAY(&e->g->arena, Val, n + 1);
    for (uint32_t i = 0; i < n; i++) v[i] = number(e->g, (double)at[i]);
    return array(e, e->g->f32, v, n, name);
}
static Val halves(Embed *e, const uint16_t *at, uint32_t n, const char *name) {
    Typ type = LLVMInt16TypeInContext(e->g->ctx);
    Val *v = ARENA_ARRAY(&e->g->arena, Val, n + 1);
    for (uint32_t i = 0; i < n; i++) v[i] = LLVMConstInt(type, at[i], false);
    return array(e, type, v, n, name);
}
static Val terms(Embed *e, const Ev32Term *at, uint32_t n, const char *name) {
    Gen *g = e->g;
    Typ half = LLVMInt16TypeInContext(g->ctx);
    Val *v = ARENA_ARRAY(&g->arena, Val, n + 1);
    for (uint32_t i = 0; i < n; i++) v[i] = record(g, (Val[]){LLVMConstInt(half, at[i].part, false), LLVMConstInt(half, at[i].source, false), number(g, (double)at[i].c)}, 3);
    return array(e, n ? LLVMTypeOf(v[0]) : g->i32, v, n, name);
}

static Val modes_record(Embed *e, const Ev32Modes *m, uint32_t n) {
    Gen *g = e->g;
    uint32_t nparts = m->nparts - m->nrates, rates = 0;
    Val *part = ARENA_ARRAY(&g->arena, Val, nparts + 1);
    for (uint32_t i = 0; i < nparts; i++) {
        const Ev32Part *p = &m->part[i];
        const uint32_t w[] = {p->kind, p->m, p->low, p->high, p->rates};
        Val v[7];
        for (int k = 0; k < 5; k++) v[k] = emit_i32(g, w[k]);
        v[5] = number(g, (double)p->inverse);
        v[6] = number(g, (double)p->spread);
        part[i] = record(g, v, 7);
        if (p->kind == EV32_CLOSE) rates = p->rates + p->m + 2;
    }
    Val v[] = {emit_i32(g, m->nrates), emit_i32(g, m->nparts), floats(e, m->rate, m->nrates, "event.rates"), array(e, nparts ? LLVMTypeOf(part[0]) : g->i32, part, nparts, "event.parts"),
               floats(e, m->part_rate, rates, "event.close"), halves(e, m->first, n + 1, "event.first"), terms(e, m->term, m->first[n], "event.terms")};
    return record(g, v, 7);
}
static Val chain_record(Embed *e, const Ev32Chain *c) {
    Gen *g = e->g;
    Val v[] = {emit_i32(g, c->m), floats(e, c->rate, c->m, "event.rate"), floats(e, c->bound, c->m, "event.bound"), c->m ? halves(e, c->first, c->m + 1, "event.row") : null(g),
               c->m ? terms(e, c->term, c->first[c->m], "event.chain") : null(g)};
    return record(g, v, 5);
}

static Val constant_record(Embed *e, uint32_t code) {
    Gen *g = e->g;
    uint32_t kind = EV32_ABSENT, at = 0, slot = (code - 2) / 2;
    double value = 0;
    if (code & 1) {
        const Place *p = &e->field[(code - 3) / 2];
        kind = EV32_EACH;
        at = p->offset;
    } else if (code && e->k_place[slot]) {
        kind = EV32_SHARED;
        at = e->k_place[slot] - 1;
    } else if (code) {
        kind = EV32_NUMBER;
        value = (double)(float)e->image->K[slot];
    }
    return record(g, (Val[]){emit_i32(g, kind), number(g, value), word_of(g, at)}, 3);
}
static Val place_word(const Gen *g, uint32_t at) { return at == UINT32_MAX ? LLVMConstInt(g->narrow_pointers ? g->i32 : g->i64, UINT64_MAX, true) : word_of(g, at); }

static Val pop_record(Embed *e, EmbedEvents *v, uint32_t i) {
    Gen *g = e->g;
    const NetPop *pop = &e->net->pops.at[i];
    const NetEvent *d = pop->event;
    const Ev32Pop *p = &v->pop[i];
    Val x[EV_STATES], buffer[EV_STATES], b[EV_STATES];
    bool has_buffer = false;
    for (uint32_t k = 0; k < d->n; k++) {
        x[k] = word_of(g, e->field[d->state[k]].offset);
        buffer[k] = place_word(g, d->buffer[k] ? e->field[d->buffer[k] - 1].offset : UINT32_MAX);
        b[k] = constant_record(e, d->b_at[k]);
        has_buffer = has_buffer || d->buffer[k];
    }
    Typ word = g->narrow_pointers ? g->i32 : g->i64;
    const uint32_t w[] = {p->n, p->states, p->base, v->log_cap[i] ? i : UINT32_MAX, p->held, p->has_level, has_buffer, p->lone};
    Val m[26];
    unsigned n = 0;
    for (size_t k = 0; k < sizeof w / sizeof *w; k++) m[n++] = emit_i32(g, w[k]);
    m[n++] = number(g, (double)p->patience);
    m[n++] = modes_record(e, &p->free, d->n);
    m[n++] = modes_record(e, &p->still, d->n);
    m[n++] = chain_record(e, &p->zero);
    m[n++] = chain_record(e, &p->peak);
    m[n++] = chain_record(e, &p->slope);
    m[n++] = array(e, word, x, d->n, "event.states");
    m[n++] = array(e, word, buffer, d->n, "event.buffers");
    m[n++] = array(e, d->n ? LLVMTypeOf(b[0]) : g->i32, b, d->n, "event.slopes");
    m[n++] = constant_record(e, d->level_at);
    m[n++] = constant_record(e, d->rate_at);
    m[n++] = constant_record(e, d->refractory_at);
    m[n++] = place_word(g, v->until[i]);
    m[n++] = place_word(g, v->count[i]);
    m[n++] = program_kernel(e, pop, "reset", &d->reset, false);
    m[n++] = program_kernel(e, pop, "constants", &d->constants, true);
    return record(g, m, n);
}

static Val or_null(const Gen *g, Val v) { return v ? v : null(g); }
static uint32_t bytes_of(const Gen *g, Typ t) { return t ? LLVMGetIntTypeWidth(t) / 8 : ((void)g, 0u); }

static Val proj_record(Embed *e, uint32_t i) {
    Gen *g = e->g;
    const NetProj *p = &e->net->projs.at[i];
    const ProjPlan *o = &e->proj[i];
    static const uint32_t layouts[] = {[CONN_SPARSE] = EV32_SPARSE, [CONN_DENSE] = EV32_DENSE, [CONN_ONE_TO_ONE] = EV32_ONE_TO_ONE};
    bool reads = tables_reads_pre(e->net, p);
    const uint32_t w[] = {p->src, p->tgt, p->src_lo, p->src_hi, p->tgt_lo, p->tgt_hi, layouts[p->layout], e->image->proj[i].nclass, e->image->proj[i].tgt_base, reads || p->on_pre_src.n, reads,
                          bytes_of(g, o->row_type), bytes_of(g, o->col_type), bytes_of(g, o->colptr_type), bytes_of(g, o->colsrc_type)};
    Val m[23];
    unsigned n = 0;
    for (int k = 0; k < 15; k++) m[n++] = emit_i32(g, w[k]);
    Val more[] = {o->row, o->col, o->colptr, o->colsrc, o->deliver, o->pre_jump, o->post, o->post_jump};
    for (int k = 0; k < 8; k++) m[n++] = or_null(g, more[k]);
    return record(g, m, n);
}

static Val rows(Embed *e, Val *at, uint32_t n, const char *name) { return n ? array(e, LLVMTypeOf(at[0]), at, n, name) : null(e->g); }

static Val emitted_table(Embed *e, uint32_t *count) {
    Gen *g = e->g;
    VEC(Val) v = {0};
    for (uint32_t i = 0; i < e->image->acts.n; i++) {
        const EmbedAct *a = &e->image->acts.at[i];
        if (a->kind != ACT_SPIKE || !e->opt.stimulus) continue;
        vec_push(&g->arena, &v, record(g, (Val[]){LLVMConstInt(g->i64, (uint64_t)a->step << EV32_SHIFT | (uint64_t)a->value, false), emit_i32(g, a->what), emit_i32(g, a->lo)}, 3));
    }
    *count = v.n;
    return rows(e, v.at, v.n, "event.emitted");
}

static Val net_record(Embed *e, EmbedEvents *v) {
    Gen *g = e->g;
    uint32_t npops = e->net->pops.n, nprojs = e->net->projs.n, nemitted, c = 0;
    Val *pop = ARENA_ARRAY(&g->arena, Val, npops + 1), *proj = ARENA_ARRAY(&g->arena, Val, nprojs + 1), *cursor = ARENA_ARRAY(&g->arena, Val, v->ncursors + 1), *log = ARENA_ARRAY(&g->arena, Val, npops + 1), *port = ARENA_ARRAY(&g->arena, Val, v->port.n + 1);
    for (uint32_t i = 0; i < npops; i++) pop[i] = pop_record(e, v, i);
    for (uint32_t i = 0; i < nprojs; i++) {
        proj[i] = proj_record(e, i);
        for (uint32_t k = 0; k < e->image->proj[i].nclass; k++)
            cursor[c++] = record(g, (Val[]){emit_i32(g, i), emit_i32(g, k), emit_i32(g, e->net->projs.at[i].src), LLVMConstInt(g->i64, (uint64_t)e->image->proj[i].late[k], false)}, 4);
    }
    for (uint32_t i = 0; i < npops; i++) log[i] = record(g, (Val[]){emit_i32(g, v->log_cap[i]), word_of(g, v->log_at[i]), word_of(g, v->log_id[i]), word_of(g, v->log_head[i])}, 4);
    for (uint32_t i = 0; i < v->port.n; i++) {
        const Ev32Port *p = &v->port.at[i];
        port[i] = record(g, (Val[]){emit_i32(g, p->pop), emit_i32(g, p->lo), emit_i32(g, p->n), emit_i32(g, p->told)}, 4);
    }
    Val due = emitted_table(e, &nemitted);
    const uint32_t w[] = {npops, nprojs, v->ncursors, npops, v->neurons, nemitted, v->port.n, v->list, v->list - (v->at_once ? v->at_once : 1)};
    const uint32_t at[] = {v->core, v->due, v->last, v->heap, v->place, v->sure, v->position, v->left, v->ready, v->scratch, v->told};
    Val m[32];
    unsigned n = 0;
    for (size_t k = 0; k < sizeof w / sizeof *w; k++) m[n++] = emit_i32(g, w[k]);
    m[n++] = number(g, (double)(float)(e->image->dt * 0x1p-24));
    m[n++] = number(g, (double)(float)(0x1p24 / e->image->dt));
    m[n++] = LLVMConstInt(g->i64, e->image->seed, false);
    m[n++] = rows(e, pop, npops, "event.pops");
    m[n++] = rows(e, proj, nprojs, "event.projs");
    m[n++] = rows(e, cursor, v->ncursors, "event.cursors");
    m[n++] = rows(e, log, npops, "event.logs");
    m[n++] = due;
    m[n++] = rows(e, port, v->port.n, "event.ports");
    for (size_t k = 0; k < sizeof at / sizeof *at; k++) m[n++] = word_of(g, at[k]);
    return rows(e, (Val[]){record(g, m, n)}, 1, "event.net");
}

typedef struct FieldRows { VEC(Val) row; bool inputs; } FieldRows;

static void field_row(Embed *e, FieldRows *v, const char *name, uint32_t f, uint32_t lo, uint32_t n) {
    Gen *g = e->g;
    const Field *d = &e->net->fields.at[f];
    const NetEvent *t = e->net->pops.at[d->index].event;
    uint32_t state = UINT32_MAX;
    for (uint32_t k = 0; k < t->n; k++)
        if (t->state[k] == f) state = k;
    EmbedPort port = {name, v->row.n, n, 0};
    if (v->inputs) vec_push(&g->arena, &e->report->inputs, port);
    else vec_push(&g->arena, &e->report->fields, port);
    vec_push(&g->arena, &v->row, record(g, (Val[]){emit_i32(g, d->index), emit_i32(g, lo), emit_i32(g, n), emit_i32(g, state), word_of(g, e->field[f].offset + 4 * lo)}, 5));
}

// Fields by number: drives and presented values (inputs), states; in firmware those that the network names, or all.
static Val field_table(Embed *e, bool inputs, uint32_t *count) {
    FieldRows v = {.inputs = inputs};
    const Network *m = e->net->model;
    bool named = !e->opt.stimulus && m->externs.n;
    for (uint32_t i = 0; named && i < m->externs.n; i++) {
        const Extern *x = &m->externs.at[i];
        int f = x->var && x->output != inputs ? plan_extern(e, x) : -1;
        if (f >= 0 && e->field[f].kind == PLACE_ARRAY) field_row(e, &v, embed_c_name(e, x->name, NULL), (uint32_t)f, x->lo, x->hi - x->lo);
    }
    for (uint32_t f = 0; f < e->net->fields.n && !named; f++) {
        const Field *d = &e->net->fields.at[f];
        const Place *p = &e->field[f];
        bool value = d->role == ROLE_VALUE && e->opt.stimulus;
        if (d->owner != OWNER_POP || d->elem == ELEM_TICK || (inputs ? d->role != ROLE_DRIVE && !value : d->role != ROLE_STATE)) continue;
        if (p->kind != PLACE_ARRAY && !(e->opt.stimulus && p->kind == PLACE_SCALAR)) continue;
        field_row(e, &v, embed_c_name(e, e->net->pops.at[d->index].path, d->name), f, 0, p->kind == PLACE_SCALAR ? 1 : p->n);
    }
    *count = v.row.n;
    return rows(e, v.row.at, v.row.n, inputs ? "event.inputs" : "event.fields");
}

// ---- functions ----

static Val engine(Embed *e, const char *what, Typ result, Typ *params, unsigned n) {
    Gen *g = e->g;
    const char *name = arena_printf(&g->arena, "snn__e_%s", what);
    Val fn = LLVMGetNamedFunction(g->mod, name);
    return fn ? fn : LLVMAddFunction(g->mod, name, LLVMFunctionType(result, params, n, false));
}

// PREFIX_what(state, ...) = engine's function(net, state, [table, n,] ...).
static Val wrap(Embed *e, const char *what, const char *theirs, Typ result, Typ *params, unsigned n, Val table, uint32_t ntable) {
    Gen *g = e->g;
    Typ p[8] = {g->ptr}, q[8] = {g->ptr, g->ptr, g->ptr, g->i32};
    unsigned skip = table ? 4 : 2;
    for (unsigned i = 0; i < n; i++) p[1 + i] = q[skip + i] = params[i];
    Val fn = embed_function(e, what, result, p, n + 1), target = engine(e, theirs, result, q, skip + n);
    Bld b = emit_builder(g, emit_block(g, fn, "entry"));
    Val a[8] = {e->events->net, LLVMGetParam(fn, 0), table, table ? emit_i32(g, ntable) : NULL};
    for (unsigned i = 0; i < n; i++) a[skip + i] = LLVMGetParam(fn, 1 + i);
    Val mode = embed_flush_begin(e, b), v = LLVMBuildCall2(b, LLVMGlobalGetValueType(target), target, a, skip + n, "");
    embed_flush_end(e, b, mode);
    if (result == g->none) LLVMBuildRetVoid(b);
    else LLVMBuildRet(b, v);
    LLVMDisposeBuilder(b);
    return fn;
}

// A function of the engine's bitcode: linked when it is called, and compiled like the rest of the module.
static void adopt(Embed *e, Val fn) {
    static const char *const drop[] = {"target-cpu", "target-features", "tune-cpu", "min-legal-vector-width", "stack-protector-buffer-size"};
    for (size_t i = 0; i < sizeof drop / sizeof *drop; i++)
        LLVMRemoveStringAttributeAtIndex(fn, (LLVMAttributeIndex)LLVMAttributeFunctionIndex, drop[i], (unsigned)strlen(drop[i]));
    emit_attributes(e->g, fn);
    LLVMSetLinkage(fn, LLVMLinkOnceODRLinkage);
}

static void link_engine(Embed *e) {
    Gen *g = e->g;
    const char *path = arena_printf(&g->arena, "embedded/%s/events.bc", e->opt.events);
    const EmbeddedFile *f = embedded_find(path);
    LLVMModuleRef m;
    if (!f || LLVMGetBitcodeModuleInContext2(g->ctx, LLVMCreateMemoryBufferWithMemoryRange((const char *)f->data, f->size, "events.bc", false), &m)) fatal("this compiler was built without '%s'", path);
    for (Val v = LLVMGetFirstFunction(m); v; v = LLVMGetNextFunction(v))
        if (!LLVMIsDeclaration(v)) adopt(e, v);
    LLVMSetTarget(m, g->opt.triple);
    LLVMSetDataLayout(m, g->opt.layout);
    if (LLVMLinkModules2(g->mod, m)) fatal("the embedded events.bc cannot be linked");
    for (Val v = LLVMGetFirstFunction(g->mod); v; v = LLVMGetNextFunction(v)) {
        const char *name = LLVMGetValueName(v);
        if (!LLVMIsDeclaration(v) && (!strncmp(name, "snn__e_", 7) || LLVMGetLinkage(v) == LLVMLinkOnceODRLinkage) && strncmp(name, "snn__exp", 8)) LLVMSetLinkage(v, LLVMInternalLinkage);
    }
}

// What a board's program calls (embedded/board.h: SnnBoardEvents), in the order of its members.
Val events_board(Embed *e) {
    Gen *g = e->g;
    EmbedEvents *v = e->events;
    Typ p[] = {g->ptr, g->ptr, g->i64}, poke[] = {g->ptr, g->ptr, g->ptr, g->i32, g->i32, g->i32}, take[] = {g->ptr, g->ptr, g->ptr, g->i32};
    Val m[] = {v->net, or_null(g, v->inputs), emit_i32(g, v->ninputs), engine(e, "advance", g->i64, p, 3), engine(e, "next", g->i64, p, 2), engine(e, "begin", g->none, p, 2),
               engine(e, "touch_all", g->none, p, 2), engine(e, "forget", g->none, p, 2), engine(e, "changed", g->none, p, 2), engine(e, "poke", g->none, poke, 6),
               engine(e, "spikes", g->i32, take, 4), engine(e, "lost", g->i32, p, 2), engine(e, "trouble", g->i32, p, 2), engine(e, "events", g->i32, p, 2)};
    return data_global(e, record(g, m, 14), "board.events");
}

static void api(Embed *e) {
    Gen *g = e->g;
    EmbedEvents *v = e->events;
    Typ time = g->i64, index[] = {g->i32, g->i32, g->real}, list[] = {g->ptr, g->i32};
    wrap(e, "advance_until", "advance", g->i64, &time, 1, NULL, 0);
    wrap(e, "next_event", "next", g->i64, NULL, 0, NULL, 0);
    wrap(e, "now", "now", g->i64, NULL, 0, NULL, 0);
    wrap(e, "inject", "inject", g->i32, index, 2, NULL, 0);
    wrap(e, "spikes", "spikes", g->i32, list, 2, NULL, 0);
    wrap(e, "lost", "lost", g->i32, NULL, 0, NULL, 0);
    wrap(e, "set_input", "input", g->none, index, 3, or_null(g, v->inputs), v->ninputs);
    wrap(e, "state", "state", g->real, index, 2, or_null(g, v->fields), v->nfields);
    for (uint32_t i = 0; i < v->port.n; i++) vec_push(&g->arena, &e->report->spikes, ((EmbedPort){v->port_name.at[i], i, v->port.at[i].n, 0}));
}

// Calls to be made when the fields have their first values.
void events_init(Embed *e, Bld b, Val state) {
    Gen *g = e->g;
    Typ p[] = {g->ptr, g->ptr};
    Val a[] = {e->events->net, state}, start = engine(e, "start", g->none, p, 2), begin = engine(e, "begin", g->none, p, 2), mode = embed_flush_begin(e, b);
    LLVMBuildCall2(b, LLVMGlobalGetValueType(start), start, a, 2, "");
    if (!e->opt.stimulus) LLVMBuildCall2(b, LLVMGlobalGetValueType(begin), begin, a, 2, "");        // a board does it when its experiment runs
    embed_flush_end(e, b, mode);
}

void events_tables(Embed *e) {
    EmbedEvents *v = e->events;
    for (uint32_t i = 0; i < e->net->projs.n; i++) embed_synapses(e, i);
    uint32_t before = e->report->const_bytes;
    v->inputs = field_table(e, true, &v->ninputs);
    v->fields = e->opt.stimulus ? NULL : field_table(e, false, &v->nfields);
    v->net = net_record(e, v);
    for (uint32_t i = 0; i < e->net->pops.n; i++) event32_tables_free(v->tables[i]);
    uint32_t bytes = e->report->const_bytes - before;
    e->report->const_bytes = before;
    plan_size(e, SIZE_EVENTS, true, "tables", bytes);
    LLVMSetLinkage(exp_kernel(e), LLVMExternalLinkage);       // until the engine is linked
    LLVMSetLinkage(events_wait(e->g, e->net, "snn__e_wait"), LLVMExternalLinkage);
}

void events_finish(Embed *e) {
    e->report->events = true;
    e->report->dt = e->image->dt;
    if (!e->opt.stimulus) api(e);
    link_engine(e);
}

// The time of the running event in ms, which kernels may read.
Val events_time(Kernel *k, Bld b) {
    Gen *g = k->g;
    Val now = LLVMBuildLoad2(b, g->i64, embed_state(g, b, k->ctx, g->embed->events->core), "now");
    return LLVMBuildFMul(b, LLVMBuildSIToFP(b, now, g->f64, ""), LLVMConstReal(g->f64, 0x1p-24 * g->embed->image->dt), "t");
}
