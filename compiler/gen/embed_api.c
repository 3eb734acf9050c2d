// SPDX-License-Identifier: MIT
// The functions that firmware calls, and the order of a step (net.h): arrivals of every projection, jumps of sources, synapses onto neurons that
// spiked, jumps of these, synapses that move on their own, neurons. Firmware names ports and fields by small numbers; tables say where they lie.
#include "embed_internal.h"
#include "net/fixed.h"

Val embed_function(Embed *e, const char *what, Typ result, Typ *params, unsigned n) {
    Gen *g = e->g;
    Val fn = LLVMAddFunction(g->mod, arena_printf(&g->arena, "%s_%s", e->opt.prefix, what), LLVMFunctionType(result, params, n, false));
    emit_attributes(g, fn);
    LLVMAddAttributeAtIndex(fn, (LLVMAttributeIndex)LLVMAttributeFunctionIndex, LLVMCreateEnumAttribute(g->ctx, LLVMGetEnumAttributeKindForName("optsize", 7), 0));
    LLVMAddAttributeAtIndex(fn, 1, LLVMCreateEnumAttribute(g->ctx, LLVMGetEnumAttributeKindForName("align", 5), e->align));
    return fn;
}

// ---- the step ----

typedef struct Steps { Embed *e; Bld b; Val fn, state; } Steps;

static Val pos_of(Steps *s, uint32_t pop) { return LLVMBuildLoad2(s->b, s->e->g->i32, embed_state(s->e->g, s->b, s->state, s->e->pop[pop].pos), "pos"); }

// The spikes of a port `back` steps before the running one.
static Val slot(Steps *s, uint32_t pop, Val back, uint32_t port) {
    Gen *g = s->e->g;
    const PopPlan *p = &s->e->pop[pop];
    Val at = pos_of(s, pop);
    if (back) {
        Val i = LLVMBuildSub(s->b, at, back, "");
        at = LLVMBuildSelect(s->b, LLVMBuildICmp(s->b, LLVMIntSLT, i, emit_i32(g, 0), ""), LLVMBuildAdd(s->b, i, emit_i32(g, p->slots), ""), i, "");
    }
    Val ring = embed_state(g, s->b, s->state, p->ring + port * p->words * 4);
    return emit_gep(g, s->b, g->i8, ring, LLVMBuildMul(s->b, at, emit_i32(g, p->words * p->ports * 4), ""));
}

static void call(Steps *s, Val fn, Val a, Val b) {
    Val args[] = {s->state, a, b};
    LLVMBuildCall2(s->b, LLVMGlobalGetValueType(fn), fn, args, LLVMCountParams(fn), "");
}

// fn(state, spikes, class) for every delay class, the longest delay first.
static void by_class(Steps *s, uint32_t proj, Val fn) {
    Gen *g = s->e->g;
    const NetProj *p = &s->e->net->projs.at[proj];
    const EmbedProj *q = &s->e->image->proj[proj];
    if (!fn || !q->nclass) return;
    if (q->nclass == 1) { call(s, fn, slot(s, p->src, emit_i32(g, q->delay[0] + 1), p->spike_port), emit_i32(g, 0)); return; }
    Typ type;
    Val delays = data_numbers(s->e, q->delay, q->nclass, &type, "delays");
    Loop l = emit_loop(g, s->b, s->b, s->fn, emit_i32(g, 0), emit_i32(g, q->nclass));
    Val class = LLVMBuildSub(s->b, emit_i32(g, q->nclass - 1), l.i, "");
    Val d = LLVMBuildZExt(s->b, LLVMBuildLoad2(s->b, type, emit_gep(g, s->b, type, delays, class), ""), g->i32, "");
    call(s, fn, slot(s, p->src, LLVMBuildAdd(s->b, d, emit_i32(g, 1), ""), p->spike_port), class);
    emit_loop_close(g, s->b, &l, emit_i32(g, 1), s->b);
}

static void zero(Embed *e, Bld b, Val at, uint32_t bytes) {
    if (bytes) LLVMBuildMemSet(b, at, LLVMConstNull(e->g->i8), emit_i32(e->g, bytes), 4);
}

static void next_slots(Steps *s) {
    Gen *g = s->e->g;
    for (uint32_t i = 0; i < s->e->net->pops.n; i++) {
        const PopPlan *p = &s->e->pop[i];
        if (!p->ports) continue;
        Val at = LLVMBuildAdd(s->b, pos_of(s, i), emit_i32(g, 1), "");
        at = LLVMBuildSelect(s->b, LLVMBuildICmp(s->b, LLVMIntEQ, at, emit_i32(g, p->slots), ""), emit_i32(g, 0), at, "");
        LLVMBuildStore(s->b, at, embed_state(g, s->b, s->state, p->pos));
        zero(s->e, s->b, slot(s, i, NULL, 0), p->words * p->ports * 4);
    }
    Val step = LLVMBuildLoad2(s->b, g->i32, s->state, "step");
    LLVMBuildStore(s->b, LLVMBuildAdd(s->b, step, emit_i32(g, 1), ""), s->state);
}

static Val fpscr(Embed *e, Bld b, const char *name, Val set) {
    Gen *g = e->g;
    unsigned id = LLVMLookupIntrinsicID(name, strlen(name));
    Val fn = LLVMGetIntrinsicDeclaration(g->mod, id, NULL, 0);
    return LLVMBuildCall2(b, LLVMGlobalGetValueType(fn), fn, &set, set != NULL, "");
}

enum { FPSCR_FLUSH = 1 << 24 };

Val embed_flush_begin(Embed *e, Bld b) {
    if (!e->opt.flush_fpscr) return NULL;
    Val mode = fpscr(e, b, "llvm.arm.get.fpscr", NULL);
    fpscr(e, b, "llvm.arm.set.fpscr", LLVMBuildOr(b, mode, emit_i32(e->g, FPSCR_FLUSH), ""));
    return mode;
}
void embed_flush_end(Embed *e, Bld b, Val mode) {
    if (mode) fpscr(e, b, "llvm.arm.set.fpscr", mode);
}

static Val step_emit_all(Embed *e) {
    Gen *g = e->g;
    const Net *n = e->net;
    Val fn = embed_function(e, "step", g->none, &g->ptr, 1);
    Steps s = {e, emit_builder(g, emit_block(g, fn, "entry")), fn, LLVMGetParam(fn, 0)};
    Val mode = embed_flush_begin(e, s.b);
    for (uint32_t i = 0; i < n->projs.n; i++) by_class(&s, i, e->proj[i].deliver);
    for (uint32_t i = 0; i < n->projs.n; i++) by_class(&s, i, e->proj[i].pre_jump);
    for (int what = 0; what < 2; what++)
        for (uint32_t i = 0; i < n->projs.n; i++) {
            Val f = what ? e->proj[i].post_jump : e->proj[i].post;
            if (f) call(&s, f, slot(&s, n->projs.at[i].tgt, emit_i32(g, e->image->proj[i].post_delay + 1), 0), NULL);
        }
    for (uint32_t i = 0; i < n->projs.n; i++)
        for (int what = 0; what < 2; what++) {
            Val f = what ? e->proj[i].collect : e->proj[i].advance;
            if (f) call(&s, f, NULL, NULL);
        }
    for (uint32_t i = 0; i < n->pops.n; i++)
        if (e->pop[i].step) call(&s, e->pop[i].step, slot(&s, i, NULL, 0), NULL);
    next_slots(&s);
    embed_flush_end(e, s.b, mode);
    LLVMBuildRetVoid(s.b);
    LLVMDisposeBuilder(s.b);
    return fn;
}

// ---- begin ----

static void init_array(Embed *e, Bld b, Val fn, Val state, uint32_t f) {
    Gen *g = e->g;
    const Place *p = &e->field[f];
    Val at = embed_state(g, b, state, p->offset);
    uint32_t n = p->kind == PLACE_SCALAR ? 1 : p->n, align = 4;
    bool apart = p->kind == PLACE_ARRAY && p->stride > 4;
    if (p->table && !apart) { LLVMBuildMemCpy(b, at, align, p->table, align, emit_i32(g, n * 4)); return; }
    bool tick = e->net->fields.at[f].elem == ELEM_TICK;
    const FixedFormat *fixed = fixed_field(e->net, f);
    Val v = tick || fixed ? LLVMConstInt(g->i32, (unsigned long long)(fixed ? fixed_number(fixed, p->value) : (int64_t)p->value), true) : LLVMConstReal(g->real, p->value);
    if (LLVMIsNull(v) && !apart) { zero(e, b, at, n * 4); return; }
    Loop l = emit_loop(g, b, b, fn, emit_i32(g, 0), emit_i32(g, n));
    if (p->table) v = LLVMBuildLoad2(b, g->i32, emit_gep(g, b, g->i32, p->table, l.i), "");
    LLVMBuildStore(b, v, emit_gep(g, b, g->i8, at, LLVMBuildMul(b, l.i, emit_i32(g, apart ? p->stride : 4), "")));
    emit_loop_close(g, b, &l, emit_i32(g, 1), b);
}

// What a reset of the state leaves alone.
static bool outlives_reset(const Field *f) {
    switch (f->role) {
    case ROLE_PARAM: case ROLE_DERIVED: case ROLE_POSITION: case ROLE_DRIVE: case ROLE_VALUE: case ROLE_WEIGHT: return true;
    default: return f->owner == OWNER_PROJ;
    }
}

static Val init_emit(Embed *e, bool reset) {
    Gen *g = e->g;
    Val fn = embed_function(e, reset ? "reset" : "init", g->none, &g->ptr, 1), state = LLVMGetParam(fn, 0);
    Bld b = emit_builder(g, emit_block(g, fn, "entry"));
    zero(e, b, state, e->kept_from);
    for (uint32_t s = 0; !reset && s < e->net->k.n; s++)
        if (e->k_place[s]) LLVMSetAlignment(LLVMBuildStore(b, LLVMConstReal(e->net->fixed ? g->f64 : g->real, e->image->K[s]), embed_state(g, b, state, e->k_place[s] - 1)), 4);
    for (uint32_t f = 0; f < e->net->fields.n; f++) {
        PlaceKind kind = e->field[f].kind;
        if ((kind == PLACE_ARRAY || kind == PLACE_SCALAR) && (!reset || !outlives_reset(&e->net->fields.at[f]))) init_array(e, b, fn, state, f);
    }
    if (e->events) events_init(e, b, state);
    LLVMBuildRetVoid(b);
    LLVMDisposeBuilder(b);
    return fn;
}

// ---- ports and fields by number ----

const char *embed_c_name(Embed *e, const char *a, const char *b) {
    char *s = arena_printf(&e->g->arena, b ? "%s_%s" : "%s", a, b);
    for (char *p = s; *p; p++)
        if (!((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9'))) *p = '_';
    return s;
}

typedef VEC(Val) Rows;
static void row_push(Embed *e, Rows *rows, const uint32_t *v, unsigned n) {
    Val c[8];
    for (unsigned i = 0; i < n; i++) c[i] = emit_i32(e->g, v[i]);
    vec_push(&e->g->arena, rows, LLVMConstArray2(e->g->i32, c, n));
}
static Val rows_global(Embed *e, Rows *rows, unsigned n, const char *name) {
    return data_global(e, LLVMConstArray2(LLVMArrayType2(e->g->i32, n), rows->at, rows->n), name);
}
static Val row_number(Embed *e, Bld b, Val rows, unsigned width, Val index, unsigned member) {
    Gen *g = e->g;
    Val at = LLVMBuildAdd(b, LLVMBuildMul(b, index, emit_i32(g, width), ""), emit_i32(g, member), "");
    return LLVMBuildLoad2(b, g->i32, emit_gep(g, b, g->i32, rows, at), "");
}

enum { PORT_POS, PORT_RING, PORT_SLOT_BYTES, PORT_N, PORT_SLOTS, PORT_WORDS, PORT_FIRST, PORT_MEMBERS };

static void port_row(Embed *e, Rows *rows, const char *name, uint32_t pop, uint32_t k, uint32_t lo, uint32_t n) {
    const PopPlan *p = &e->pop[pop];
    uint32_t v[] = {p->pos, p->ring + k * p->words * 4, p->words * p->ports * 4, n, p->slots, p->words, lo};
    vec_push(&e->g->arena, &e->report->spikes, ((EmbedPort){name, rows->n, n, 0}));
    row_push(e, rows, v, PORT_MEMBERS);
}

static uint32_t spike_rule(const NetPop *p, Sym port) {
    for (uint32_t k = 0; port && k < p->spikes.n; k++)
        if (p->spikes.at[k].port == port) return k;
    return 0;
}

// Where the network names what it shows (extern), these and no others have numbers.
static Rows port_rows(Embed *e) {
    Rows rows = {0};
    const Network *m = e->net->model;
    for (uint32_t i = 0; i < m->externs.n; i++) {
        const Extern *x = &m->externs.at[i];
        int pop = net_pop_index(e->net, x->pop);
        if (!x->var && e->pop[pop].ports) port_row(e, &rows, embed_c_name(e, x->name, NULL), (uint32_t)pop, spike_rule(&e->net->pops.at[pop], x->spike_port), x->lo, x->hi - x->lo);
    }
    for (uint32_t i = 0; i < e->net->pops.n && !m->externs.n; i++)
        for (uint32_t k = 0; k < e->pop[i].ports; k++) {
            const char *port = e->net->pops.at[i].spikes.at[k].port;
            port_row(e, &rows, embed_c_name(e, e->net->pops.at[i].path, e->pop[i].ports > 1 && port ? port : NULL), i, k, 0, e->net->pops.at[i].n);
        }
    return rows;
}

enum { ELEMENT_OFFSET, ELEMENT_N, ELEMENT_LEAST, ELEMENT_MOST, ELEMENT_STRIDE, ELEMENT_MEMBERS };

static void field_row(Embed *e, Rows *rows, void *ports, const char *name, uint32_t f, uint32_t lo, uint32_t n) {
    VEC(EmbedPort) *list = ports;
    const FixedFormat *fixed = fixed_field(e->net, f);
    vec_push(&e->g->arena, list, ((EmbedPort){name, rows->n, n, fixed ? fixed_scale(fixed) : 0}));
    const Place *p = &e->field[f];
    row_push(e, rows, (uint32_t[]){p->offset + p->stride * lo, n, fixed ? (uint32_t)fixed_least(fixed) : 0, fixed ? (uint32_t)fixed_most(fixed) : 0, p->stride}, ELEMENT_MEMBERS);
}

static Rows field_rows(Embed *e, bool inputs, void *ports) {
    Rows rows = {0};
    const Network *m = e->net->model;
    for (uint32_t i = 0; i < m->externs.n; i++) {
        const Extern *x = &m->externs.at[i];
        int f = x->var && x->output != inputs ? plan_extern(e, x) : -1;
        if (f >= 0 && e->field[f].kind == PLACE_ARRAY) field_row(e, &rows, ports, embed_c_name(e, x->name, NULL), (uint32_t)f, x->lo, x->hi - x->lo);
    }
    for (uint32_t f = 0; f < e->net->fields.n && !m->externs.n; f++) {
        const Field *d = &e->net->fields.at[f];
        bool right = inputs ? plan_is_input(e, f) : d->role == ROLE_STATE;
        if (e->field[f].kind == PLACE_ARRAY && d->owner == OWNER_POP && d->elem != ELEM_TICK && right)
            field_row(e, &rows, ports, embed_c_name(e, e->net->pops.at[d->index].path, d->name), f, 0, e->field[f].n);
    }
    return rows;
}

// Goes on only if v < limit; else returns `otherwise` (NULL: nothing).
static void require(Embed *e, Bld b, Val fn, Val v, Val limit, Val otherwise) {
    Block good = emit_block(e->g, fn, "good"), bad = emit_block(e->g, fn, "bad");
    LLVMBuildCondBr(b, LLVMBuildICmp(b, LLVMIntULT, v, limit, ""), good, bad);
    emit_at_end(b, bad);
    if (otherwise) LLVMBuildRet(b, otherwise);
    else LLVMBuildRetVoid(b);
    emit_at_end(b, good);
}

static Val slot_by_number(Embed *e, Bld b, Val state, Val rows, Val port, bool last) {
    Gen *g = e->g;
    Val pos = LLVMBuildLoad2(b, g->i32, emit_gep(g, b, g->i8, state, row_number(e, b, rows, PORT_MEMBERS, port, PORT_POS)), "");
    if (last) {
        Val wrap = LLVMBuildICmp(b, LLVMIntEQ, pos, emit_i32(g, 0), "");
        pos = LLVMBuildSub(b, LLVMBuildSelect(b, wrap, row_number(e, b, rows, PORT_MEMBERS, port, PORT_SLOTS), pos, ""), emit_i32(g, 1), "");
    }
    Val at = LLVMBuildMul(b, pos, row_number(e, b, rows, PORT_MEMBERS, port, PORT_SLOT_BYTES), "");
    return emit_gep(g, b, g->i8, state, LLVMBuildAdd(b, at, row_number(e, b, rows, PORT_MEMBERS, port, PORT_RING), ""));
}

// void inject(state, port, index): the neuron spikes in the coming step.
static void inject_emit(Embed *e, Val rows, uint32_t nports) {
    Gen *g = e->g;
    Typ params[] = {g->ptr, g->i32, g->i32};
    Val fn = embed_function(e, "inject", g->none, params, 3), state = LLVMGetParam(fn, 0), port = LLVMGetParam(fn, 1), index = LLVMGetParam(fn, 2);
    Bld b = emit_builder(g, emit_block(g, fn, "entry"));
    require(e, b, fn, port, emit_i32(g, nports), NULL);
    require(e, b, fn, index, row_number(e, b, rows, PORT_MEMBERS, port, PORT_N), NULL);
    Val bits = slot_by_number(e, b, state, rows, port, false);
    index = LLVMBuildAdd(b, index, row_number(e, b, rows, PORT_MEMBERS, port, PORT_FIRST), "");
    Val at = emit_gep(g, b, g->i32, bits, LLVMBuildLShr(b, index, emit_i32(g, 5), ""));
    Val bit = LLVMBuildShl(b, emit_i32(g, 1), LLVMBuildAnd(b, index, emit_i32(g, 31), ""), "");
    LLVMBuildStore(b, LLVMBuildOr(b, LLVMBuildLoad2(b, g->i32, at, ""), bit, ""), at);
    LLVMBuildRetVoid(b);
    LLVMDisposeBuilder(b);
}

// uint32 spikes(state, port, uint32 *out, uint32 max): neurons that spiked in the last step; returns how many there were.
static void spikes_emit(Embed *e, Val rows, uint32_t nports) {
    Gen *g = e->g;
    Typ params[] = {g->ptr, g->i32, g->ptr, g->i32};
    Val fn = embed_function(e, "spikes", g->i32, params, 4), state = LLVMGetParam(fn, 0), port = LLVMGetParam(fn, 1);
    Bld b = emit_builder(g, emit_block(g, fn, "entry"));
    Val count = LLVMBuildAlloca(b, g->i32, "count");
    LLVMBuildStore(b, emit_i32(g, 0), count);
    require(e, b, fn, port, emit_i32(g, nports), emit_i32(g, 0));
    Val bits = slot_by_number(e, b, state, rows, port, true), words = row_number(e, b, rows, PORT_MEMBERS, port, PORT_WORDS);
    Val first = row_number(e, b, rows, PORT_MEMBERS, port, PORT_FIRST), many = row_number(e, b, rows, PORT_MEMBERS, port, PORT_N);
    BitLoop l = bits_open(g, b, fn, bits, emit_i32(g, 0), words);
    Block mine = emit_block(g, fn, "mine"), keep = emit_block(g, fn, "keep");
    Val own = LLVMBuildSub(b, l.index, first, "");
    LLVMBuildCondBr(b, LLVMBuildICmp(b, LLVMIntULT, own, many, ""), mine, l.latch);
    emit_at_end(b, mine);
    Val n = LLVMBuildLoad2(b, g->i32, count, "");
    LLVMBuildStore(b, LLVMBuildAdd(b, n, emit_i32(g, 1), ""), count);
    LLVMBuildCondBr(b, LLVMBuildICmp(b, LLVMIntULT, n, LLVMGetParam(fn, 3), ""), keep, l.latch);
    emit_at_end(b, keep);
    LLVMBuildStore(b, own, emit_gep(g, b, g->i32, LLVMGetParam(fn, 2), n));
    bits_close(g, b, &l);
    LLVMBuildRet(b, LLVMBuildLoad2(b, g->i32, count, ""));
    LLVMDisposeBuilder(b);
}

// void set_input(state, input, index, value), value state(state, field, index); in fixed point values are the stored numbers
static void element_emit(Embed *e, const char *what, Val rows, uint32_t n, bool store) {
    Gen *g = e->g;
    Typ type = e->net->fixed ? g->i32 : g->real, params[] = {g->ptr, g->i32, g->i32, type};
    Val fn = embed_function(e, what, store ? g->none : type, params, store ? 4 : 3), index = LLVMGetParam(fn, 2), number = LLVMGetParam(fn, 1);
    Val nothing = store ? NULL : LLVMConstNull(type);
    Bld b = emit_builder(g, emit_block(g, fn, "entry"));
    require(e, b, fn, number, emit_i32(g, n), nothing);
    require(e, b, fn, index, row_number(e, b, rows, ELEMENT_MEMBERS, number, ELEMENT_N), nothing);
    Val base = emit_gep(g, b, g->i8, LLVMGetParam(fn, 0), row_number(e, b, rows, ELEMENT_MEMBERS, number, ELEMENT_OFFSET));
    Val at = emit_gep(g, b, g->i8, base, LLVMBuildMul(b, index, row_number(e, b, rows, ELEMENT_MEMBERS, number, ELEMENT_STRIDE), ""));
    if (store) {
        Val v = LLVMGetParam(fn, 3);
        if (e->net->fixed) {                         // what the arithmetic has room for
            v = emit_call_intrinsic(g, b, "llvm.smin", type, (Val[]){v, row_number(e, b, rows, ELEMENT_MEMBERS, number, ELEMENT_MOST)}, 2);
            v = emit_call_intrinsic(g, b, "llvm.smax", type, (Val[]){v, row_number(e, b, rows, ELEMENT_MEMBERS, number, ELEMENT_LEAST)}, 2);
        }
        LLVMBuildStore(b, v, at);
        LLVMBuildRetVoid(b);
    }
    else LLVMBuildRet(b, LLVMBuildLoad2(b, type, at, ""));
    LLVMDisposeBuilder(b);
}

static void events_emit_all(Embed *e) {
    events_tables(e);
    init_emit(e, false);
    if (e->opt.stimulus) board_emit(e);
    else init_emit(e, true);
    events_finish(e);
}

void api_emit(Embed *e) {
    if (e->events) { events_emit_all(e); return; }
    for (uint32_t i = 0; i < e->net->projs.n; i++) embed_synapses(e, i);
    for (uint32_t i = 0; i < e->net->pops.n; i++)
        if (e->net->pops.at[i].step.n || e->net->pops.at[i].spikes.n) embed_step(e, i);
    init_emit(e, false);
    step_emit_all(e);
    if (e->opt.stimulus) { board_emit(e); return; }
    init_emit(e, true);
    e->report->fixed = e->net->fixed;
    Rows ports = port_rows(e), inputs = field_rows(e, true, &e->report->inputs), fields = field_rows(e, false, &e->report->fields);
    Val table = rows_global(e, &ports, PORT_MEMBERS, "ports");
    inject_emit(e, table, ports.n);
    spikes_emit(e, table, ports.n);
    element_emit(e, "set_input", rows_global(e, &inputs, ELEMENT_MEMBERS, "inputs"), inputs.n, true);
    element_emit(e, "state", rows_global(e, &fields, ELEMENT_MEMBERS, "fields"), fields.n, false);
}
