// SPDX-License-Identifier: MIT
// See interp.h. A program runs for one entity (a neuron, a synapse, a source or a target) at a time: all right sides first, then all
// assignments; construction instead is a sequence, in which an assignment sees those before it.
#include "interp.h"
#include <math.h>
#include "core/draw.h"
#include "core/propagator.h"
#include "core/vmath_fn.h"

// Who a program runs for. Population programs: own = index. Projection programs: own = synapse, pre, post. Jumps: pre = post, one neuron.
typedef struct Entity { uint32_t own, pre, post, copy; bool pair, construction; } Entity;

static Cell eval(Oracle *o, Node n, const Entity *e);
static double real(Oracle *o, Node n, const Entity *e) { return eval(o, n, e).r; }

static Cell draw(Oracle *o, const DagNode *d, const Entity *e)
{
    uint32_t c0 = e->pair ? e->post : e->own, c1 = e->pair ? e->pre : 0, copy = e->construction ? e->copy : 0;
    uint64_t when = e->construction ? 0 : (uint64_t)o->step + 1;
    double a = d->a ? real(o, d->a, e) : 0, b = d->b ? real(o, d->b, e) : 0;
    bool f = o->single && !o->in_setup, p = o->plain;
#define AT o->seed, c0, c1, copy, when, d->ref
#define DRAW(name, ...) return (Cell){.r = f ? p ? snn__##name##_f32_plain(AT __VA_ARGS__) : snn__##name##_f32(AT __VA_ARGS__) \
                                             : p ? snn__##name##_f64_plain(AT __VA_ARGS__) : snn__##name##_f64(AT __VA_ARGS__)}
    float af = (float)a, bf = (float)b;
    switch ((NetOp)d->op) {
    case N_UNIFORM: DRAW(uniform);
    case N_NORMAL: DRAW(normal);
    case N_EXPONENTIAL: DRAW(exponential);
    case N_POISSON: return (Cell){.r = f ? p ? snn__poisson_f32_plain(AT, af) : snn__poisson_f32(AT, af) : p ? snn__poisson_f64_plain(AT, a) : snn__poisson_f64(AT, a)};
    case N_TRUNCNORMAL: return (Cell){.r = f ? p ? snn__truncnormal_f32_plain(AT, af, bf) : snn__truncnormal_f32(AT, af, bf)
                                             : p ? snn__truncnormal_f64_plain(AT, a, b) : snn__truncnormal_f64(AT, a, b)};
    case N_GAMMA: return (Cell){.r = snn__draw_gamma((int64_t)o->seed, c0, c1, copy, (int64_t)when, d->ref, a)};
    case N_BINOMIAL: return (Cell){.r = snn__draw_binomial((int64_t)o->seed, c0, c1, copy, (int64_t)when, d->ref, a, b)};
    default: fatal("oracle: %s is no draw", dag_op_text((NetOp)d->op));
    }
}
static Cell leaf(Oracle *o, const DagNode *d, const Entity *e)
{
    switch ((NetOp)d->op) {
    case N_CONST: return (Cell){.r = d->num};
    case N_K: return (Cell){.r = o->K[d->ref]};
    case N_FIELD: case N_TICKFIELD: return o->F[d->ref][e->own];
    case N_PRE: return o->F[d->ref][e->pre];
    case N_POST: return o->F[d->ref][e->post];
    case N_STEP: return (Cell){.k = o->step};
    case N_T: return (Cell){.r = (double)o->step * o->dt};
    case N_INDEX: return (Cell){.r = e->own};
    case N_PRE_INDEX: return (Cell){.r = e->pre};
    case N_POST_INDEX: return (Cell){.r = e->post};
    case N_BTRUE: return (Cell){.b = true};
    case N_TOTAL: return (Cell){.r = o->total[d->ref]};
    default: fatal("oracle: operator %s is no leaf", dag_op_text((NetOp)d->op));
    }
}
static int64_t to_tick(const Oracle *o, double x)
{
    double r = rint(x);
    if (isnan(r)) return 0;
    if (o->single && !o->in_setup) return r >= 0x1p31 ? INT32_MAX : r < -0x1p31 ? INT32_MIN : (int64_t)r;
    return r >= 0x1p63 ? INT64_MAX : r < -0x1p63 ? INT64_MIN : (int64_t)r;
}
static double lookup(const NetArray *a, double x)
{
    double last = (double)a->n - 1, at = x > 0 ? x : 0;
    return a->data[(uint64_t)(at < last ? at : last)];
}
static double function(const Oracle *o, NetOp op, double x, double y)
{
    bool f = o->single && !o->in_setup;
    float xf = (float)x, yf = (float)y;
    switch (op) {
#define FN1_OP(OP, name) case N_##OP: return f ? o->plain ? snn__##name##_f32_plain(xf) : snn__##name##_f32(xf) : o->plain ? snn__##name##_f64_plain(x) : snn__##name##_f64(x);
    FN1_OP(EXP, exp) FN1_OP(EXPM1, expm1) FN1_OP(EXPREL, exprel) FN1_OP(EXPRELINV, exprelinv) FN1_OP(LOG, log) FN1_OP(LOG1P, log1p) FN1_OP(SIN, sin) FN1_OP(COS, cos)
    FN1_OP(TAN, tan) FN1_OP(TANH, tanh) FN1_OP(ATAN, atan)
    case N_ATAN2: return f ? o->plain ? snn__atan2_f32_plain(xf, yf) : snn__atan2_f32(xf, yf) : o->plain ? snn__atan2_f64_plain(x, y) : snn__atan2_f64(x, y);
    case N_POW: return f ? o->plain ? snn__pow_f32_plain(xf, yf) : snn__pow_f32(xf, yf) : o->plain ? snn__pow_f64_plain(x, y) : snn__pow_f64(x, y);
    default: fatal("oracle: operator %s is unknown", dag_op_text(op));
    }
}
static double fused(const Oracle *o, double a, double b, double c)
{
    bool f = o->single && !o->in_setup;
    if (o->plain) return (f ? (double)(float)(a * b) : a * b) + c;
    return f ? (double)fmaf((float)a, (float)b, (float)c) : fma(a, b, c);
}
static Cell operator(Oracle *o, const DagNode *d, const Cell *v)
{
    double a = v[0].r, b = v[1].r;
    switch ((NetOp)d->op) {
    case N_TICK: return (Cell){.k = to_tick(o, a)};
    case N_TICK_ADD: return (Cell){.k = v[0].k + v[1].k};
    case N_TICK_REAL: return (Cell){.r = (double)v[0].k};
    case N_TICK_LT: return (Cell){.b = v[0].k < v[1].k};
    case N_TICK_EQ: return (Cell){.b = v[0].k == v[1].k};
    case N_NEG: return (Cell){.r = -a};
    case N_ADD: return (Cell){.r = a + b};
    case N_SUB: return (Cell){.r = a - b};
    case N_MUL: return (Cell){.r = a * b};
    case N_DIV: return (Cell){.r = a / b};
    case N_FMA: return (Cell){.r = fused(o, a, b, v[2].r)};
    case N_MIN: return (Cell){.r = b < a ? b : a};
    case N_MAX: return (Cell){.r = a < b ? b : a};
    case N_ABS: return (Cell){.r = fabs(a)};
    case N_SQRT: return (Cell){.r = sqrt(a)};
    case N_FLOOR: return (Cell){.r = floor(a)};
    case N_CEIL: return (Cell){.r = ceil(a)};
    case N_ROUND: return (Cell){.r = round(a)};
    case N_LT: return (Cell){.b = a < b};
    case N_LE: return (Cell){.b = a <= b};
    case N_EQ: return (Cell){.b = a == b};
    case N_NE: return (Cell){.b = a != b};
    case N_AND: return (Cell){.b = v[0].b && v[1].b};
    case N_OR: return (Cell){.b = v[0].b || v[1].b};
    case N_NOT: return (Cell){.b = !v[0].b};
    case N_SELECT: return v[0].b ? v[1] : v[2];
    case N_B2R: return (Cell){.r = v[0].b ? 1.0 : 0.0};
    case N_LOOKUP: return (Cell){.r = lookup(&o->net->arrays.at[d->ref], a)};
    default: return (Cell){.r = function(o, (NetOp)d->op, a, b)};
    }
}
// A select is of the type of what it selects.
static char type_of(const Oracle *o, Node n)
{
    const DagNode *d = dag_at(&o->net->dag, n);
    return d->type == 'A' ? type_of(o, d->b) : d->type;
}
static Cell eval(Oracle *o, Node n, const Entity *e)
{
    if (o->epoch[n] == o->now) return o->value[n];
    const DagNode *d = dag_at(&o->net->dag, n);
    const Node kid[3] = {d->a, d->b, d->c};
    Cell v[3] = {{0}}, r;
    if (d->op >= N_UNIFORM && d->op <= N_TRUNCNORMAL) {
        r = draw(o, d, e);
    } else if (d->arity == 0) {
        r = leaf(o, d, e);
    } else {
        for (int i = 0; i < d->arity; i++) v[i] = eval(o, kid[i], e);
        r = operator(o, d, v);
    }
    // For + - * / and the square root of single numbers, rounding the double result once more is exact.
    if (o->single && !o->in_setup && type_of(o, n) == 'R') r.r = (double)(float)r.r;
    o->epoch[n] = o->now;
    return o->value[n] = r;
}
Cell oracle_eval(Oracle *o, Node n, uint32_t own, bool construction)
{
    Entity e = {.own = own, .construction = construction};
    o->now++;
    return eval(o, n, &e);
}

// ---- programs -----------------------------------------------------------------------------------------------------------------

// Which entity an assigned field belongs to: the program's own, or the source's or target's population.
typedef enum { OWN, AT_PRE, AT_POST } Place;
static Cell *cell(Oracle *o, uint32_t field, Place other, const Entity *e)
{
    bool of_pop = o->net->fields.at[field].owner == OWNER_POP;
    return &o->F[field][!of_pop || other == OWN ? e->own : other == AT_PRE ? e->pre : e->post];
}
static void put(Oracle *o, const Assign *a, Place other, const Entity *e, Cell v)
{
    Cell *c = cell(o, a->field, other, e);
    if (a->mode == MODE_ADD) v.r += c->r;
    if (o->single && o->net->fields.at[a->field].elem == ELEM_REAL) v.r = (double)(float)v.r;
    *c = v;
}
static void run(Oracle *o, const Program *p, Place other, const Entity *e)
{
    Cell v[256];
    if (p->n > 256) fatal("oracle: a program of %u assignments", p->n);
    o->now++;
    for (uint32_t i = 0; i < p->n; i++) v[i] = eval(o, p->at[i].value, e);
    for (uint32_t i = 0; i < p->n; i++) put(o, &p->at[i], other, e, v[i]);
}
static void sequence(Oracle *o, const Program *p, const Entity *e)
{
    for (uint32_t i = 0; i < p->n; i++) {
        o->now++;
        Cell v = eval(o, p->at[i].value, e);
        put(o, &p->at[i], OWN, e, v);
    }
}
static void propagate(Oracle *o, const Propagator *p, const Entity *e, Cell *(*out)(Oracle *, uint32_t, const Entity *))
{
    uint32_t nn = p->n * p->n;
    double *a = arena_alloc(&o->arena, nn * sizeof *a), *r = arena_alloc(&o->arena, nn * sizeof *r);
    o->now++;
    for (uint32_t i = 0; i < nn; i++) a[i] = p->a[i] ? real(o, p->a[i], e) : 0;
    snn__propagator(p->n, a, real(o, p->dt, e), r);
    for (uint32_t i = 0; i < nn; i++)
        if (p->out[i]) out(o, p->out[i] - 1, e)->r = r[i];
}
static void round_fields(Oracle *o, const Propagator *p, const Entity *e)
{
    for (uint32_t i = 0; o->single && i < p->n * p->n; i++)
        if (p->out[i]) o->F[p->out[i] - 1][e->own].r = (double)(float)o->F[p->out[i] - 1][e->own].r;
}
static Cell *slot_of(Oracle *o, uint32_t slot, const Entity *e)
{
    (void)e;
    return (Cell *)&o->K[slot];
}
static Cell *field_of(Oracle *o, uint32_t field, const Entity *e) { return &o->F[field][e->own]; }

// ---- construction -------------------------------------------------------------------------------------------------------------

static void constants(Oracle *o)
{
    const Net *n = o->net;
    Entity none = {.construction = true};
    o->K = ARENA_ARRAY(&o->arena, double, n->k.n);
    o->K[0] = o->dt;
    o->in_setup = true;
    for (uint32_t i = 0; i < n->setup.n; i++) {
        const SetupStep *s = &n->setup.at[i];
        if (s->is_propagator) {
            propagate(o, &n->propagators.at[s->index], &none, slot_of);
        } else if (s->index && n->k.at[s->index].value) {
            o->now++;
            o->K[s->index] = real(o, n->k.at[s->index].value, &none);
        }
    }
    o->in_setup = false;
}
Oracle *oracle_new(const Net *net, double dt, uint64_t seed, bool plain, bool single)
{
    Arena arena = {0};
    Oracle *o = ARENA_NEW(&arena, Oracle);
    *o = (Oracle){.arena = arena, .net = net, .plain = plain, .single = single, .dt = dt, .seed = seed};
    o->value = ARENA_ARRAY(&o->arena, Cell, net->dag.at.n);
    o->epoch = ARENA_ARRAY(&o->arena, uint64_t, net->dag.at.n);
    o->F = ARENA_ARRAY(&o->arena, Cell *, net->fields.n + 1);
    o->edges = ARENA_ARRAY(&o->arena, OracleEdges, net->projs.n + 1);
    o->spikes = ARENA_ARRAY(&o->arena, OracleSpikes, net->pops.n * ORACLE_PORTS + 1);
    uint32_t totals = 1;
    for (uint32_t p = 0; p < net->projs.n; p++) totals = net->projs.at[p].totals.n > totals ? net->projs.at[p].totals.n : totals;
    o->total = ARENA_ARRAY(&o->arena, double, totals);
    constants(o);
    for (uint32_t f = 0; f < net->fields.n; f++)
        if (net->fields.at[f].owner == OWNER_POP) o->F[f] = ARENA_ARRAY(&o->arena, Cell, net->pops.at[net->fields.at[f].index].n);
    for (uint32_t p = 0; p < net->pops.n; p++) {
        const NetPop *pop = &net->pops.at[p];
        for (uint32_t i = 0; i < pop->n; i++) {
            Entity e = {.own = i, .construction = true};
            sequence(o, &pop->init, &e);
            for (uint32_t k = 0; k < pop->propagators.n; k++) {
                propagate(o, &pop->propagators.at[k], &e, field_of);
                round_fields(o, &pop->propagators.at[k], &e);
            }
            sequence(o, &pop->derive, &e);
        }
    }
    return o;
}
static uint32_t delay_of(Oracle *o, const NetProj *p, Entity e)
{
    o->now++;
    o->in_setup = p->uniform_delay;
    uint32_t d = p->delay ? (uint32_t)rint(real(o, p->delay, &e)) : 0;
    o->in_setup = false;
    return d;
}
// Several synapses of one pair are numbered before they are sorted by delay: each takes the lowest free number with its delay.
static bool number_copies(Oracle *o, const NetProj *p, OracleEdges *d)
{
    for (uint32_t s = 0; s < d->n; s++) {
        uint32_t total = 0;
        for (uint32_t x = d->row[d->src[s]]; x < d->row[d->src[s] + 1]; x++) total += d->tgt[x] == d->tgt[s];
        bool found = false;
        for (uint32_t c = 0; c < total && !found; c++) {
            bool taken = false;
            for (uint32_t x = d->row[d->src[s]]; x < s; x++) taken |= d->tgt[x] == d->tgt[s] && d->copy[x] == c;
            Entity e = {.own = s, .pre = d->src[s], .post = d->tgt[s], .copy = c, .pair = true, .construction = true};
            if (taken || delay_of(o, p, e) != d->delay[s]) continue;
            d->copy[s] = c;
            found = true;
        }
        if (!found) return false;
    }
    return true;
}
static uint32_t *keep(Oracle *o, const uint32_t *v, uint32_t n)
{
    uint32_t *to = ARENA_ARRAY(&o->arena, uint32_t, n + 1);
    if (n && v) memcpy(to, v, n * sizeof *to);
    return to;
}
const char *oracle_connect(Oracle *o, uint32_t proj, uint32_t n, const uint32_t *src, const uint32_t *tgt, const uint32_t *delay)
{
    const NetProj *p = &o->net->projs.at[proj];
    OracleEdges *d = &o->edges[proj];
    uint32_t nsrc = o->net->pops.at[p->src].n;
    *d = (OracleEdges){n, keep(o, src, n), keep(o, tgt, n), keep(o, delay, n), keep(o, NULL, n), ARENA_ARRAY(&o->arena, uint32_t, nsrc + 1)};
    for (uint32_t s = 0; s < n; s++) d->row[src[s] + 1]++;
    for (uint32_t i = 0; i < nsrc; i++) d->row[i + 1] += d->row[i];
    if (!number_copies(o, p, d)) return "the delays of the synapses are not those of the Net";
    for (uint32_t f = 0; f < p->fields.n; f++) o->F[p->fields.at[f]] = ARENA_ARRAY(&o->arena, Cell, n + 1);
    for (uint32_t s = 0; s < n; s++) {
        Entity e = {.own = s, .pre = src[s], .post = tgt[s], .copy = d->copy[s], .pair = true, .construction = true};
        sequence(o, &p->init, &e);
    }
    return NULL;
}

// ---- a step -------------------------------------------------------------------------------------------------------------------

// Calls fn for each spike of a population's port found in step `step`, within [lo, hi).
typedef void SpikeFn(Oracle *o, const NetProj *p, uint32_t neuron, uint32_t delay);
static void each_spike(Oracle *o, const NetProj *p, uint32_t pop, uint32_t port, int64_t step, uint32_t lo, uint32_t hi, uint32_t delay, SpikeFn *fn)
{
    const OracleSpikes *s = &o->spikes[pop * ORACLE_PORTS + port];
    for (uint32_t i = 0; i < s->n; i++)
        if (s->at[i].step == step && s->at[i].index >= lo && s->at[i].index < hi) fn(o, p, s->at[i].index, delay);
}
// Due spikes, those with the longest delay first; a delay counts when some synapse has it, or when it is the projection's own.
static void each_due(Oracle *o, const NetProj *p, SpikeFn *fn)
{
    const OracleEdges *d = &o->edges[p->id];
    Entity none = {0};
    uint32_t only = p->uniform_delay ? delay_of(o, p, none) : 0, longest = only;
    for (uint32_t s = 0; s < d->n; s++) longest = d->delay[s] > longest ? d->delay[s] : longest;
    for (uint32_t delay = longest + 1; delay-- > 0;) {
        bool any = delay == only && (p->uniform_delay || !d->n);
        for (uint32_t s = 0; s < d->n; s++) any |= d->delay[s] == delay;
        if (any) each_spike(o, p, p->src, p->spike_port, o->step - 1 - delay, p->src_lo, p->src_hi, delay, fn);
    }
}
static Entity synapse(const OracleEdges *d, uint32_t s) { return (Entity){.own = s, .pre = d->src[s], .post = d->tgt[s], .pair = true}; }
static void arrive(Oracle *o, const NetProj *p, uint32_t i, uint32_t delay)
{
    const OracleEdges *d = &o->edges[p->id];
    for (uint32_t s = d->row[i]; s < d->row[i + 1]; s++) {
        Entity e = synapse(d, s);
        if (d->delay[s] == delay) run(o, &p->on_pre_syn, AT_POST, &e);
    }
}
static void jump_source(Oracle *o, const NetProj *p, uint32_t i, uint32_t delay)
{
    (void)delay;
    Entity e = {.own = i, .pre = i, .post = i};
    run(o, &p->on_pre_src, AT_PRE, &e);
}
static void jump_target(Oracle *o, const NetProj *p, uint32_t i, uint32_t delay)
{
    (void)delay;
    Entity e = {.own = i, .pre = i, .post = i};
    run(o, &p->on_post_tgt, AT_POST, &e);
}
static void post_synapses(Oracle *o, const NetProj *p, uint32_t j, uint32_t delay)
{
    (void)delay;
    const OracleEdges *d = &o->edges[p->id];
    for (uint32_t s = 0; s < d->n; s++) {
        Entity e = synapse(d, s);
        if (d->tgt[s] == j) run(o, &p->on_post_syn, AT_POST, &e);
    }
}
static void step_population(Oracle *o, const NetPop *p)
{
    bool hit[ORACLE_PORTS];
    for (uint32_t i = 0; i < p->n; i++) {
        Entity e = {.own = i};
        o->now++;
        for (uint32_t k = 0; k < p->spikes.n; k++) hit[k] = eval(o, p->spikes.at[k].cond, &e).b;
        run(o, &p->step, OWN, &e);
        for (uint32_t k = 0; k < p->spikes.n; k++)
            if (hit[k]) vec_push(&o->arena, &o->spikes[p->id * ORACLE_PORTS + k], ((OracleSpike){o->step, i}));
    }
}
// The order of net.h.
static double total(Oracle *o, const NetProj *p, Node value)
{
    double part[16] = {0}, sum;
    uint32_t whole = p->src_lo + (p->src_hi - p->src_lo) / 16 * 16;
#define ROUND(x) (o->single ? (double)(float)(x) : (x))
#define OF(i) (o->now++, real(o, value, &(Entity){.own = i, .pre = i, .post = i}))
    for (uint32_t i = p->src_lo; i < whole; i++) {
        double *to = &part[(i - p->src_lo) % 16];
        *to = ROUND(*to + OF(i));
    }
    for (int half = 8; half; half /= 2)
        for (int l = 0; l < half; l++) part[l] = ROUND(part[l] + part[l + half]);
    sum = part[0];
    for (uint32_t i = whole; i < p->src_hi; i++) sum = ROUND(sum + OF(i));
    return sum;
}
static void collect(Oracle *o, const NetProj *p)
{
    for (uint32_t t = 0; t < p->totals.n; t++) o->total[t] = total(o, p, p->totals.at[t]);
    for (uint32_t j = p->tgt_lo; p->collect.n && j < p->tgt_hi; j++) {
        Entity e = {.own = j, .pre = j, .post = j};
        run(o, &p->collect, AT_POST, &e);
    }
}
static int64_t post_delay(const Oracle *o, const NetProj *p) { return p->post_delay ? (int64_t)rint(o->K[p->post_delay - 1]) : 0; }
void oracle_step(Oracle *o)
{
    const Net *n = o->net;
#define EACH_PROJECTION(p) for (const NetProj *p = n->projs.at; p < n->projs.at + n->projs.n; p++)
    EACH_PROJECTION(p) if (p->on_pre_syn.n) each_due(o, p, arrive);
    EACH_PROJECTION(p) if (p->on_pre_src.n) each_due(o, p, jump_source);
    EACH_PROJECTION(p) if (p->on_post_syn.n) each_spike(o, p, p->tgt, 0, o->step - 1 - post_delay(o, p), p->tgt_lo, p->tgt_hi, 0, post_synapses);
    EACH_PROJECTION(p) if (p->on_post_tgt.n) each_spike(o, p, p->tgt, 0, o->step - 1 - post_delay(o, p), p->tgt_lo, p->tgt_hi, 0, jump_target);
    EACH_PROJECTION(p) {
        for (uint32_t s = 0; p->advance.n && s < o->edges[p->id].n; s++) {
            Entity e = synapse(&o->edges[p->id], s);
            run(o, &p->advance, AT_POST, &e);
        }
        collect(o, p);
    }
    for (uint32_t p = 0; p < n->pops.n; p++) step_population(o, &n->pops.at[p]);
    o->step++;
}
double oracle_value(const Oracle *o, uint32_t field, uint32_t i)
{
    return o->net->fields.at[field].elem == ELEM_TICK ? (double)o->F[field][i].k : o->F[field][i].r;
}
uint32_t oracle_length(const Oracle *o, uint32_t field)
{
    const Field *f = &o->net->fields.at[field];
    return f->owner == OWNER_POP ? o->net->pops.at[f->index].n : o->edges[f->index].n;
}
void oracle_free(Oracle *o)
{
    Arena a = o->arena;
    arena_free(&a);
}
