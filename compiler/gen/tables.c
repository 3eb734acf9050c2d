// SPDX-License-Identifier: MIT
// The constant tables of runtime/include/snn_program.h. Every member there has 8 bytes, so a struct is the list of its members and an
// inner array is just more of them; the order of the pushes below is the order of the members in the header. A pointer of 32 bits gets
// its other 4 bytes as a member of its own.
#include "emit.h"
#include "net/fixed.h"
#include "snn_program.h"
#include <float.h>
#include <math.h>
#include <stdlib.h>

typedef VEC(Val) Row;

static void put(Gen *g, Row *r, Val v) { vec_push(&g->arena, r, v); }
static void put_int(Gen *g, Row *r, int64_t v) { put(g, r, emit_i64(g, v)); }
static void put_real(Gen *g, Row *r, double v) { put(g, r, LLVMConstReal(g->f64, v)); }
static void put_text(Gen *g, Row *r, const char *s) { put(g, r, emit_text(g, s)); }
static void put_ptr(Gen *g, Row *r, Val v) { put(g, r, v ? v : LLVMConstNull(g->ptr)); }

static Val global(Gen *g, Val init, const char *name) {
    Val v = LLVMAddGlobal(g->mod, LLVMTypeOf(init), name);
    LLVMSetInitializer(v, init);
    LLVMSetGlobalConstant(v, true);
    LLVMSetLinkage(v, LLVMInternalLinkage);
    LLVMSetAlignment(v, 8);
    return v;
}

static Val row_struct(Gen *g, Row *r, size_t bytes) {
    if (r->n * 8 != bytes) fatal("a table's row has %u members, the header's struct %zu", r->n, bytes / 8);
    Row padded = {0};
    for (uint32_t i = 0; i < r->n; i++) {
        put(g, &padded, r->at[i]);
        if (g->narrow_pointers && LLVMGetTypeKind(LLVMTypeOf(r->at[i])) == LLVMPointerTypeKind) put(g, &padded, emit_i32(g, 0));
    }
    Val v = LLVMConstStructInContext(g->ctx, padded.at, padded.n, false);
    r->n = 0;
    return v;
}

static Val table(Gen *g, Row *rows, const char *name) {
    if (!rows->n) return LLVMConstNull(g->ptr);
    return global(g, LLVMConstArray2(LLVMTypeOf(rows->at[0]), rows->at, rows->n), name);
}

static int64_t dim_key(Dim d) {
    int64_t key = 0;
    for (int i = 0; i < 7; i++) key |= (int64_t)(uint8_t)d.e[i] << (8 * i);
    return key;
}

// What must be positive ranges from the least number to infinity.
static void put_range(Gen *g, Row *r, const Var *v) {
    bool positive = v && !v->ranged && v->positive;
    put_int(g, r, v && (v->ranged || positive));
    put_real(g, r, positive ? DBL_MIN : v ? v->lo : 0);
    put_real(g, r, positive ? INFINITY : v ? v->hi : 0);
}

static Val fields(Gen *g, const Net *net) {
    Row rows = {0}, r = {0};
    for (uint32_t i = 0; i < net->fields.n; i++) {
        const Field *f = &net->fields.at[i];
        put_text(g, &r, f->name);
        put_text(g, &r, dim_text(&g->arena, f->dim));
        put_int(g, &r, f->elem);
        put_int(g, &r, f->role);
        put_int(g, &r, f->owner);
        put_int(g, &r, f->index);
        put_real(g, &r, 1);
        const FixedFormat *q = fixed_field(net, i);
        put_int(g, &r, q != NULL);
        put_real(g, &r, q ? fixed_scale(q) : 1);
        put_int(g, &r, q ? fixed_least(q) : 0);
        put_int(g, &r, q ? fixed_most(q) : 0);
        put_range(g, &r, f->role == ROLE_PARAM ? f->var : NULL);
        put(g, &rows, row_struct(g, &r, sizeof(SnnField)));
    }
    return table(g, &rows, "fields");
}

static double param_default(const Net *net, const NetParam *p) {
    double v;
    Node n = net->k.at[p->slot].value;
    if (n && dag_is_const(&net->dag, n, &v)) return v;
    return p->var && p->var->init && p->var->init->kind == E_NUM ? p->var->init->num : NAN;
}

static Val params(Gen *g, const Net *net) {
    Row rows = {0}, r = {0};
    for (uint32_t i = 0; i < net->params.n; i++) {
        const NetParam *p = &net->params.at[i];
        put_text(g, &r, p->path);
        put_text(g, &r, dim_text(&g->arena, p->dim));
        put_int(g, &r, p->slot);
        put_real(g, &r, param_default(net, p));
        bool positive = !p->ranged && p->var && p->var->positive;
        put_real(g, &r, positive ? DBL_MIN : p->lo);
        put_real(g, &r, positive ? INFINITY : p->hi);
        put_int(g, &r, p->ranged || positive);
        put_real(g, &r, 1);
        put_int(g, &r, dim_key(p->dim));
        put(g, &rows, row_struct(g, &r, sizeof(SnnParam)));
    }
    return table(g, &rows, "params");
}

static Val port_names(Gen *g, const NetPop *pop) {
    Row rows = {0};
    for (uint32_t i = 0; i < pop->spikes.n; i++) put_text(g, &rows, pop->spikes.at[i].port ? pop->spikes.at[i].port : "spikes");
    return table(g, &rows, "ports");
}

static Val numbers(Gen *g, const uint32_t *v, uint32_t n, const char *name) {
    Row rows = {0};
    for (uint32_t i = 0; i < n; i++) put_int(g, &rows, v[i]);
    return table(g, &rows, name);
}

static Val rule_table(Gen *g, const NetEvent *e, const EventKernels *k) {
    static const int kind[] = {[ACT_LEVEL] = SNN_RULE_LEVEL, [ACT_HOLDS] = SNN_RULE_HOLDS, [ACT_TIMED] = SNN_RULE_TIMED};
    Row rows = {0}, r = {0};
    for (uint32_t i = 0; i < e->rules.n; i++) {
        const NetRule *q = &e->rules.at[i];
        put_int(g, &r, kind[q->kind]);
        put_ptr(g, &r, q->w ? numbers(g, q->w_at, e->n, "rule.w") : NULL);
        const int64_t at[] = {q->level_at, q->refractory_at, q->at_field, q->after_field};
        for (int j = 0; j < 4; j++) put_int(g, &r, at[j]);
        put_ptr(g, &r, k->rule_reset[i]);
        put(g, &rows, row_struct(g, &r, sizeof(SnnRule)));
    }
    return table(g, &rows, "event.rules");
}

// A spike rule that only compares a draw with one number of all neurons: its slot + 1.
static int64_t chance_slot(const Net *net, const NetPop *p) {
    if (!p->spikes.n || p->on_events) return 0;
    const DagNode *c = dag_at(&net->dag, p->spikes.at[0].cond), *a = c->op == N_LT ? dag_at(&net->dag, c->a) : NULL, *b = a ? dag_at(&net->dag, c->b) : NULL;
    return a && a->op == N_UNIFORM && b->op == N_K ? (int64_t)b->ref + 1 : 0;
}

static Val event_table(Gen *g, const Net *net, const NetPop *p) {
    const NetEvent *e = p->event;
    if (!p->on_events) return NULL;
    Row r = {0};
    EventKernels k = {0};
    events_emit(g, net, p, &k);
    put_int(g, &r, e->n);
    put(g, &r, numbers(g, e->state, e->n, "event.state"));
    put(g, &r, numbers(g, e->buffer, e->n, "event.buffer"));
    put(g, &r, numbers(g, e->a_at, e->n * e->n, "event.a"));
    put(g, &r, numbers(g, e->b_at, e->n, "event.b"));
    put_ptr(g, &r, e->w ? numbers(g, e->w_at, e->n, "event.w") : NULL);
    const int64_t at[] = {e->level_at, e->rate_at, e->refractory_at, (int64_t)e->held, e->edge, e->square, e->square_at[0], e->square_at[1]};
    for (int i = 0; i < 8; i++) put_int(g, &r, at[i]);
    put_ptr(g, &r, k.constants);
    put_ptr(g, &r, k.reset);
    put_ptr(g, &r, k.presented);
    put_ptr(g, &r, k.computed);
    put_ptr(g, &r, k.exp);
    put_int(g, &r, e->rules.n);
    put(g, &r, rule_table(g, e, &k));
    put_ptr(g, &r, k.rule_times);
    put_ptr(g, &r, k.settle);
    put_int(g, &r, e->reads_since ? e->since_field : 0);
    put_ptr(g, &r, k.wait);
    put(g, &r, numbers(g, e->a_low, e->n * e->n, "event.a.low"));
    put(g, &r, numbers(g, e->b_low, e->n, "event.b.low"));
    for (int i = 0; i < 2; i++) put_int(g, &r, e->square_low[i]);
    return global(g, row_struct(g, &r, sizeof(SnnEvent)), "event");
}

static Val populations(Gen *g, const Net *net) {
    Row rows = {0}, r = {0};
    for (uint32_t i = 0; i < net->pops.n; i++) {
        const NetPop *p = &net->pops.at[i];
        PopKernels kernels;
        population_emit(g, net, p, &kernels);
        put_text(g, &r, p->path);
        put_text(g, &r, p->model && p->model->body ? p->model->body->name : "");
        put_int(g, &r, p->n);
        put_int(g, &r, p->rank);
        for (int j = 0; j < 4; j++) put_int(g, &r, p->shape[j]);
        put_int(g, &r, p->spikes.n);
        put(g, &r, port_names(g, p));
        put_ptr(g, &r, kernels.init);
        put_ptr(g, &r, kernels.derive);
        put_ptr(g, &r, kernels.step);
        put_int(g, &r, p->value_field);
        put_int(g, &r, p->present_field);
        put_int(g, &r, p->rank_field);
        put_int(g, &r, p->is_encoder);
        put_int(g, &r, p->is_decoder);
        put_int(g, &r, (int64_t)net_step_cost(net, p));
        put_ptr(g, &r, event_table(g, net, p));
        put_int(g, &r, chance_slot(net, p));
        put(g, &rows, row_struct(g, &r, sizeof(SnnPop)));
    }
    return table(g, &rows, "populations");
}

static bool writes(const Program *p, uint32_t field) {
    for (uint32_t i = 0; i < p->n; i++)
        if (p->at[i].field == field) return true;
    return false;
}

static bool node_reads_pre(const Net *net, Node n, const Program *step, bool *seen) {
    if (!n || seen[n]) return false;
    seen[n] = true;
    const DagNode *d = dag_at(&net->dag, n);
    if (d->op == N_PRE && writes(step, d->ref)) return true;
    return node_reads_pre(net, d->a, step, seen) || node_reads_pre(net, d->b, step, seen) || node_reads_pre(net, d->c, step, seen);
}

bool tables_reads_pre(const Net *net, const NetProj *p) {
    const Program *const programs[] = {&p->on_pre_syn, &p->on_post_syn, &p->advance};
    bool *seen = calloc(net->dag.at.n + 1, 1), yes = false;
    for (int i = 0; i < 3; i++)
        for (uint32_t j = 0; j < programs[i]->n; j++) yes = yes || node_reads_pre(net, programs[i]->at[j].value, &net->pops.at[p->src].step, seen);
    for (uint32_t j = 0; j < p->totals.n; j++) yes = yes || node_reads_pre(net, p->totals.at[j], &net->pops.at[p->src].step, seen);
    free(seen);
    return yes;
}

static Val projection_fields(Gen *g, const NetProj *p) {
    Row rows = {0};
    for (uint32_t i = 0; i < p->fields.n; i++) put_int(g, &rows, p->fields.at[i]);
    return table(g, &rows, "projection.fields");
}

static Val projection_reach(Gen *g, const NetProj *p) {
    Row rows = {0};
    for (uint32_t i = 0; i < p->reach.n; i++) put_int(g, &rows, p->reach.at[i]);
    return table(g, &rows, "projection.reach");
}

static Val projection_row(Gen *g, const Net *net, const NetProj *p) {
    static const char *const rule[] = {
#define RULE(name, args) #name,
#include "sema/rules.def"
#undef RULE
    };
    Row r = {0};
    ProjKernels k = {0};
    projection_emit(g, net, p, &k);
    put_text(g, &r, p->path);
    put_text(g, &r, rule[p->rule]);
    const int64_t ends[] = {p->src, p->tgt, p->src_lo, p->src_hi, p->tgt_lo, p->tgt_hi, p->spike_port, p->rule, p->nargs};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) put_int(g, &r, ends[i]);
    for (int i = 0; i < 4; i++) put_int(g, &r, p->arg_slot[i]);
    put_int(g, &r, p->allow_self);
    put_int(g, &r, p->allow_multiple);
    put_text(g, &r, p->file);
    put_ptr(g, &r, k.pair_prob);
    put_int(g, &r, p->layout);
    put_int(g, &r, p->uniform_delay);
    const DagNode *delay = p->uniform_delay && p->delay ? dag_at(&net->dag, p->delay) : NULL;
    if (delay && delay->op != N_K) fatal("the delay of %s is no slot of K", p->path);
    put_int(g, &r, delay ? delay->ref : 0);
    put_ptr(g, &r, k.pair_delay);
    put_int(g, &r, p->fields.n);
    put(g, &r, projection_fields(g, p));
    put_ptr(g, &r, k.row_init);
    put_ptr(g, &r, k.deliver);
    put_ptr(g, &r, k.pre_jump);
    put_ptr(g, &r, k.post_jump);
    put_ptr(g, &r, k.post);
    put_ptr(g, &r, k.advance);
    put_int(g, &r, tables_reads_pre(net, p));
    put_int(g, &r, p->stream);
    put_int(g, &r, net_travels(net, p) && !p->drawn);
    put_int(g, &r, p->procedural);
    put_int(g, &r, p->post_delay);
    put_int(g, &r, k.pieces ? p->bundle : 0);
    put_ptr(g, &r, k.pieces);
    put_int(g, &r, p->reach.n);
    put(g, &r, projection_reach(g, p));
    put_ptr(g, &r, k.collect);
    return row_struct(g, &r, sizeof(SnnProj));
}

static Val projections(Gen *g, const Net *net) {
    Row rows = {0};
    for (uint32_t i = 0; i < net->projs.n; i++) put(g, &rows, projection_row(g, net, &net->projs.at[i]));
    return table(g, &rows, "projections");
}

static Val arrays(Gen *g, const Net *net) {
    Row rows = {0};
    for (uint32_t i = 0; i < net->arrays.n; i++) put(g, &rows, emit_array(g, &net->arrays.at[i]));
    return table(g, &rows, "arrays");
}

static Val array_lengths(Gen *g, const Net *net) {
    Row rows = {0};
    for (uint32_t i = 0; i < net->arrays.n; i++) put_int(g, &rows, (int64_t)net->arrays.at[i].n);
    return table(g, &rows, "array.lengths");
}

static Val net_row(Gen *g, const Net *net) {
    Row r = {0};
    put_text(g, &r, net->name);
    put_int(g, &r, net->k.n);
    put(g, &r, setup_emit(g, net));
    put_int(g, &r, net->params.n);
    put(g, &r, params(g, net));
    put_int(g, &r, net->fields.n);
    put(g, &r, fields(g, net));
    put_int(g, &r, net->pops.n);
    put(g, &r, populations(g, net));
    put_int(g, &r, net->projs.n);
    put(g, &r, projections(g, net));
    put_int(g, &r, net->arrays.n);
    put(g, &r, arrays(g, net));
    put(g, &r, array_lengths(g, net));
    return row_struct(g, &r, sizeof(SnnNet));
}

static Val experiments(Gen *g, uint32_t *n) {
    Row rows = {0}, r = {0};
    const Model *m = g->program->model;
    *n = m ? m->experiments.n : 0;
    for (uint32_t i = 0; i < *n; i++) {
        const Experiment *x = m->experiments.at[i];
        put_text(g, &r, x->name);
        put_text(g, &r, x->doc ? x->doc : "");
        put(g, &r, experiment_emit(g, x));
        put_int(g, &r, x->frame_slots);
        put(g, &rows, row_struct(g, &r, sizeof(SnnExperiment)));
    }
    return table(g, &rows, "experiments");
}

void tables_emit(Gen *g) {
    Row rows = {0}, r = {0};
    const NetProgram *p = g->program;
    for (uint32_t i = 0; i < p->nets.n; i++) put(g, &rows, net_row(g, p->nets.at[i]));
    uint32_t nx;
    Val x = experiments(g, &nx);
    put_int(g, &r, SNN_ABI_VERSION);
    put_int(g, &r, g->opt.real_bits);
    put_text(g, &r, p->model && p->model->file ? p->model->file : "");
    put_text(g, &r, g->opt.version ? g->opt.version : "");
    put_text(g, &r, g->opt.source_hash ? g->opt.source_hash : "");
    put_int(g, &r, p->nets.n);
    put(g, &r, table(g, &rows, "nets"));
    put_int(g, &r, nx);
    put(g, &r, x);
    put_text(g, &r, g->opt.plain ? "plain" : "fma");
    bool fixed = false;
    for (uint32_t n = 0; n < g->program->nets.n; n++) fixed |= g->program->nets.at[n]->fixed != NULL;
    put_int(g, &r, fixed);
    static const char *const asking[] = {"snn__x_isi", "snn__x_correlation", "snn__x_rate_array", "snn__x_spikes"};
    bool trains = false;
    for (size_t i = 0; i < sizeof asking / sizeof *asking; i++) trains |= LLVMGetNamedFunction(g->mod, asking[i]) != NULL;
    put_int(g, &r, !trains);
    Val program = global(g, row_struct(g, &r, sizeof(SnnProgram)), "snn_program");
    LLVMSetLinkage(program, LLVMExternalLinkage);
}
