// SPDX-License-Identifier: MIT
// See differ.h.
#include "differ.h"
#include "core/fpmode.h"
#include "core/inst.h"
#include "driver.h"
#include "interp.h"
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>

typedef struct Seen { int64_t stamp; uint32_t index; } Seen;
typedef struct SpikeLog { VEC(Seen) at; Arena *arena; } SpikeLog;
typedef struct Case {
    const DifferOptions *o;
    DifferCounts *counts;
    char *why;
    size_t size;
    const char *name;
    Arena arena;
    SnnInst *inst;
    const SnnNet *code_net;
    SpikeLog *log;
    double *drive;                  // by field
} Case;

__attribute__((format(printf, 2, 3))) static bool unlike(Case *c, const char *format, ...)
{
    int n = snprintf(c->why, c->size, "%s: ", c->name);
    va_list ap;
    va_start(ap, format);
    vsnprintf(c->why + n, c->size - (size_t)n, format, ap);
    va_end(ap);
    return false;
}
static void on_spikes(void *self, int64_t stamp, const uint32_t *index, int64_t n)
{
    SpikeLog *l = self;
    for (int64_t i = 0; i < n; i++) vec_push(l->arena, &l->at, ((Seen){stamp, index[i]}));
}

// ---- what drives the network: each driven field gets a constant of its own, taken off half way ---------------------------------
static double drive_of(const Field *f)
{
    return 1.75 + f->index;
}
static void drive_oracle(Oracle *o, int64_t steps)
{
    for (uint32_t f = 0; f < o->net->fields.n; f++) {
        const Field *d = &o->net->fields.at[f];
        if (d->role != ROLE_DRIVE || (o->step != 0 && o->step != steps / 2)) continue;
        for (uint32_t i = 0; i < oracle_length(o, f); i++) o->F[f][i].r = o->step ? 0 : drive_of(d);
    }
}
// Values for encoders, in 0..1, presented at the start; equal ones rank by their numbers.
static double shown(uint32_t i) { return (double)(i * 37 % 101) / 100; }
static void present_oracle(Oracle *o)
{
    for (uint32_t p = 0; p < o->net->pops.n; p++) {
        const NetPop *q = &o->net->pops.at[p];
        for (uint32_t i = 0; q->present_field && !q->is_encoder && i < q->n; i++) o->F[q->present_field - 1][i].k = 0;
        for (uint32_t i = 0; q->value_field && i < q->n; i++) {
            uint32_t rank = 0;
            for (uint32_t j = 0; j < q->n; j++) rank += shown(j) > shown(i) || (shown(j) == shown(i) && j < i);
            o->F[q->value_field - 1][i].r = o->single ? (double)(float)shown(i) : shown(i);
            if (q->present_field) o->F[q->present_field - 1][i].k = 0;
            if (q->rank_field) o->F[q->rank_field - 1][i].r = rank;
        }
    }
}
static bool present_code(Case *c, const Net *n)
{
    SnnError e = {0};
    for (uint32_t p = 0; p < n->pops.n; p++) {
        const NetPop *q = &n->pops.at[p];
        double *v = ARENA_ARRAY(&c->arena, double, q->n + 1);
        for (uint32_t i = 0; i < q->n; i++) v[i] = shown(i);
        if (q->value_field && inst_present(c->inst, p, v, q->n, &e) < 0) return unlike(c, "%s", e.text);
    }
    return true;
}
static bool drive_code(Case *c, const Net *n)
{
    SnnError e = {0};
    if (!present_code(c, n)) return false;
    for (uint32_t f = 0; f < n->fields.n; f++) {
        const Field *d = &n->fields.at[f];
        if (d->role != ROLE_DRIVE || d->owner != OWNER_POP) continue;
        Drive v = {.field = f, .lo = 0, .hi = n->pops.at[d->index].n, .from = 0, .until = c->o->steps / 2, .value = drive_of(d)};
        if (inst_drive(c->inst, &v, &e)) return unlike(c, "%s", e.text);
    }
    return true;
}

// ---- running ---------------------------------------------------------------------------------------------------------------------
static bool connect_as(Case *c, Oracle *o)
{
    for (uint32_t p = 0; p < o->net->projs.n; p++) {
        int64_t n = inst_synapses(c->inst, p);
        uint32_t *src = ARENA_ARRAY(&c->arena, uint32_t, n + 1), *tgt = ARENA_ARRAY(&c->arena, uint32_t, n + 1), *delay = ARENA_ARRAY(&c->arena, uint32_t, n + 1);
        inst_edges(c->inst, p, src, tgt, delay);
        const char *wrong = oracle_connect(o, p, (uint32_t)n, src, tgt, delay);
        if (wrong) return unlike(c, "%s: %s", o->net->projs.at[p].path, wrong);
        c->counts->synapses += (uint64_t)n;
    }
    return true;
}
static bool run_code(Case *c, const Net *n)
{
    SnnError e = {0};
    c->log = ARENA_ARRAY(&c->arena, SpikeLog, n->pops.n * ORACLE_PORTS + 1);
    for (uint32_t p = 0; p < n->pops.n; p++)
        for (uint32_t port = 0; port < n->pops.at[p].spikes.n; port++) {
            SpikeLog *l = &c->log[p * ORACLE_PORTS + port];
            l->arena = &c->arena;
            observe_spikes(c->inst, p, port, 0, n->pops.at[p].n, on_spikes, l);
        }
    if (!drive_code(c, n)) return false;
    if (inst_run(c->inst, c->o->steps, NULL, &e) < 0) return unlike(c, "the run failed: %s", e.text);
    return true;
}

// ---- comparing --------------------------------------------------------------------------------------------------------------------
static bool same_spikes_as_code(Case *c, const Oracle *o)
{
    for (uint32_t p = 0; p < o->net->pops.n; p++)
        for (uint32_t port = 0; port < o->net->pops.at[p].spikes.n; port++) {
            const SpikeLog *l = &c->log[p * ORACLE_PORTS + port];
            const OracleSpikes *s = &o->spikes[p * ORACLE_PORTS + port];
            for (uint32_t i = 0; i < l->at.n || i < s->n; i++)
                if (i >= l->at.n || i >= s->n || l->at.at[i].stamp != s->at[i].step + 1 || l->at.at[i].index != s->at[i].index)
                    return unlike(c, "spike %u of %s: code says (%lld, %d), interpreter (%lld, %d)", i, o->net->pops.at[p].path,
                                  i < l->at.n ? (long long)l->at.at[i].stamp : -1, i < l->at.n ? (int)l->at.at[i].index : -1,
                                  i < s->n ? (long long)s->at[i].step + 1 : -1, i < s->n ? (int)s->at[i].index : -1);
            c->counts->spikes += s->n;
        }
    return true;
}
static bool same_fields_as_code(Case *c, const Oracle *o)
{
    for (uint32_t f = 0; f < o->net->fields.n; f++) {
        uint32_t n = oracle_length(o, f);
        double *v = ARENA_ARRAY(&c->arena, double, n + 1);
        const Field *d = &o->net->fields.at[f];
        inst_read(c->inst, f, 0, n, v);
        for (uint32_t i = 0; i < n; i++) {
            double w = oracle_value(o, f, i);
            if (v[i] != w && !(isnan(v[i]) && isnan(w)))
                return unlike(c, "%s[%u] of %s: code has %.17g, interpreter %.17g", d->name, i,
                              d->owner == OWNER_POP ? o->net->pops.at[d->index].path : o->net->projs.at[d->index].path, v[i], w);
        }
    }
    return true;
}
// ---- placed against bare ------------------------------------------------------------------------------------------------------------
// Both are interpreted in step. A lumped drive enters the neuron's exact propagator, a bare one is held over the step, so neurons
// may differ by an error of the method; therefore the bare neurons are set to the placed ones after each step, and what is compared is
// everything that placement moved: each trace with the traces of its synapses, each lumped state with the sum over its synapses.

static const char *local_name(const Field *f)
{
    const char *dot = strrchr(f->name, '.');
    return dot ? dot + 1 : f->name;
}
// The synapses' field of what `f` holds: the same variable, or, where projections share a lumped one, that of the same name.
static const Field *own_field(const Net *n, const NetProj *p, const Field *f)
{
    const Field *named = NULL;
    for (uint32_t i = 0; i < p->fields.n; i++) {
        const Field *d = &n->fields.at[p->fields.at[i]];
        if (d->var == f->var) return d;
        if (!named && !strcmp(d->name, local_name(f))) named = d;
    }
    return named;
}
static bool writes(const Program *p, uint32_t field)
{
    for (uint32_t i = 0; i < p->n; i++)
        if (p->at[i].field == field) return true;
    return false;
}
// The same field in the other Net, for what an equation or a handler moves.
static const Field *twin(const Net *n, const Field *f)
{
    if (f->role != ROLE_STATE && f->role != ROLE_WEIGHT && f->role != ROLE_PARAM && f->role != ROLE_HIDDEN) return NULL;
    for (uint32_t g = 0; g < n->fields.n; g++) {
        const Field *d = &n->fields.at[g];
        if (d->owner == f->owner && d->index == f->index && d->var == f->var && !strcmp(d->name, f->name) && d->role == f->role && d->elem == f->elem) return d;
    }
    return NULL;
}
static bool near(const Case *c, double x, double y, double scale) { return x == y || fabs(x - y) <= c->o->tolerance * scale || (isnan(x) && isnan(y)); }
static bool same_trace(Case *c, const Oracle *a, const Oracle *b, const Field *t, const NetProj *p, bool source)
{
    const Field *s = own_field(b->net, &b->net->projs.at[p->id], t);
    if (!s) return true;
    const OracleEdges *d = &b->edges[p->id];
    for (uint32_t i = 0; i < d->n; i++) {
        uint32_t at = source ? d->src[i] : d->tgt[i];
        double x = oracle_value(a, t->id, at), y = oracle_value(b, s->id, i);
        if (!near(c, x, y, fabs(x))) return unlike(c, "step %lld, %s[%u]: placed %.17g, synapse %u has %.17g", (long long)a->step, t->name, at, x, i, y);
    }
    return true;
}
static bool same_sum(Case *c, const Oracle *a, const Oracle *b, const Field *l)
{
    uint32_t n = oracle_length(a, l->id);
    double *sum = calloc(2 * (size_t)n + 1, sizeof *sum), *scale = sum + n;
    bool found = false, good = true;
    for (uint32_t p = 0; p < a->net->projs.n; p++) {
        if (!writes(&a->net->projs.at[p].on_pre_syn, l->id)) continue;
        const Field *s = own_field(b->net, &b->net->projs.at[p], l);
        for (uint32_t i = 0; s && i < b->edges[p].n; i++) {
            double v = oracle_value(b, s->id, i);
            sum[b->edges[p].tgt[i]] += v;
            scale[b->edges[p].tgt[i]] += fabs(v);
            found = true;
        }
    }
    for (uint32_t j = 0; found && good && j < n; j++)
        if (!near(c, oracle_value(a, l->id, j), sum[j], scale[j]))
            good = unlike(c, "step %lld, %s[%u]: lumped %.17g, sum over the synapses %.17g", (long long)a->step, l->name, j, oracle_value(a, l->id, j), sum[j]);
    free(sum);
    return good;
}
static bool same_twin(Case *c, const Oracle *a, const Oracle *b, const Field *f)
{
    const Field *t = twin(b->net, f);
    for (uint32_t i = 0; t && i < oracle_length(a, f->id); i++) {
        double x = oracle_value(a, f->id, i), y = oracle_value(b, t->id, i);
        if (!near(c, x, y, fmax(1, fabs(x)))) 
            return unlike(c, "step %lld, %s[%u] of %s: placed %.17g, bare %.17g", (long long)a->step, f->name, i,
                          f->owner == OWNER_POP ? a->net->pops.at[f->index].path : a->net->projs.at[f->index].path, x, y);
    }
    return true;
}
static bool has_lumped(const Net *n)
{
    for (uint32_t f = 0; f < n->fields.n; f++)
        if (n->fields.at[f].role == ROLE_LUMPED) return true;
    return false;
}
static bool spiked(const Oracle *o, uint32_t pop, uint32_t neuron)
{
    for (uint32_t k = pop * ORACLE_PORTS; k < (pop + 1) * ORACLE_PORTS; k++)
        for (uint32_t i = o->spikes[k].n; i-- > 0 && o->spikes[k].at[i].step == o->step - 1;)
            if (o->spikes[k].at[i].index == neuron) return true;
    return false;
}
// White noise enters a held and an exact step with different weights, so such neurons are left out.
static bool draws(const Dag *d, Node n, bool *been)
{
    if (!n || been[n]) return false;
    been[n] = true;
    const DagNode *x = dag_at(d, n);
    return x->op == N_NORMAL || draws(d, x->a, been) || draws(d, x->b, been) || draws(d, x->c, been);
}
static bool noisy(const Net *n, uint32_t pop)
{
    bool *been = calloc(n->dag.at.n, sizeof *been), found = false;
    const Program *p = &n->pops.at[pop].step;
    for (uint32_t i = 0; i < p->n; i++) found |= draws(&n->dag, p->at[i].value, been);
    free(been);
    return found;
}
// With a small dt the error of holding a drive over one step is far below the drive's own share in the step: states must be near.
static bool same_share(Case *c, const Oracle *a, const Oracle *b, const Field *f)
{
    const Field *t = f->role == ROLE_STATE && f->owner == OWNER_POP ? twin(b->net, f) : NULL;
    if (t && noisy(a->net, f->index)) return true;
    double largest = 0;
    for (uint32_t l = 0; t && l < a->net->fields.n; l++)
        for (uint32_t i = 0; a->net->fields.at[l].role == ROLE_LUMPED && i < oracle_length(a, l); i++) largest = fmax(largest, fabs(oracle_value(a, l, i)));
    for (uint32_t i = 0; t && i < oracle_length(a, f->id); i++) {
        double x = oracle_value(a, f->id, i), y = oracle_value(b, t->id, i);
        if (spiked(a, f->index, i) || spiked(b, f->index, i) || fabs(x - y) <= c->o->share * (0.1 + largest)) continue;
        return unlike(c, "step %lld, %s[%u] of %s: placed %.17g, bare %.17g, lumped up to %g", (long long)a->step, f->name, i, a->net->pops.at[f->index].path, x, y, largest);
    }
    return true;
}
static bool same_placed(Case *c, const Oracle *a, const Oracle *b)
{
    bool good = true, lumped = has_lumped(a->net);
    for (uint32_t f = 0; good && f < a->net->fields.n; f++) {
        const Field *d = &a->net->fields.at[f];
        if (d->owner == OWNER_PROJ || !lumped) good = same_twin(c, a, b, d);
        if (good && lumped && c->o->share > 0) good = same_share(c, a, b, d);
        if (good && d->role == ROLE_LUMPED) good = same_sum(c, a, b, d);
        for (uint32_t p = 0; good && d->role == ROLE_TRACE && p < a->net->projs.n; p++) {
            const NetProj *q = &a->net->projs.at[p];
            if (writes(&q->on_pre_src, f)) good = same_trace(c, a, b, d, q, true);
            if (good && writes(&q->on_post_tgt, f)) good = same_trace(c, a, b, d, q, false);
        }
    }
    return good;
}
static void follow(const Oracle *a, Oracle *b)
{
    for (uint32_t f = 0; f < a->net->fields.n; f++) {
        const Field *d = &a->net->fields.at[f], *t = d->owner == OWNER_POP ? twin(b->net, d) : NULL;
        for (uint32_t i = 0; t && i < oracle_length(a, f); i++) b->F[t->id][i] = a->F[f][i];
    }
    for (uint32_t p = 0; p < a->net->pops.n * ORACLE_PORTS; p++) {
        OracleSpikes *to = &b->spikes[p];
        const OracleSpikes *from = &a->spikes[p];
        while (to->n && to->at[to->n - 1].step == a->step - 1) to->n--;      // what b itself found in this step
        for (uint32_t i = to->n; i < from->n; i++) vec_push(&b->arena, to, from->at[i]);
    }
}
// Interprets both Nets in step; a is left at the end.
static bool interpret(Case *c, Oracle *a, Oracle *b)
{
    if (!connect_as(c, a) || !connect_as(c, b)) return false;
    bool lumped = has_lumped(a->net);
    present_oracle(a);
    present_oracle(b);
    for (int64_t k = 0; k < c->o->steps; k++) {
        drive_oracle(a, c->o->steps);
        drive_oracle(b, c->o->steps);
        oracle_step(a);
        oracle_step(b);
        if (!same_placed(c, a, b)) return false;
        if (!lumped)
            for (uint32_t p = 0; p < a->net->pops.n * ORACLE_PORTS; p++)
                if (a->spikes[p].n != b->spikes[p].n) return unlike(c, "step %lld: %s spikes %u times placed, %u times bare", (long long)k, a->net->pops.at[p / ORACLE_PORTS].path, a->spikes[p].n, b->spikes[p].n);
        follow(a, b);
    }
    return true;
}

static bool compare(Case *c, const Net *placed, const Net *bare)
{
    if (!run_code(c, placed)) return false;
    uint64_t mode = fpmode_flush();
    Oracle *a = oracle_new(placed, c->o->dt, c->o->seed, c->o->plain, c->o->single), *b = oracle_new(bare, c->o->dt, c->o->seed, c->o->plain, c->o->single);
    bool good = interpret(c, a, b);
    fpmode_restore(mode);
    good = good && same_spikes_as_code(c, a) && same_fields_as_code(c, a);
    oracle_free(b);
    oracle_free(a);
    for (uint32_t p = 0; p < placed->pops.n; p++) c->counts->neurons += placed->pops.at[p].n;
    c->counts->programs++;
    return good;
}
static bool differ_net(const DifferOptions *o, const SnnProgram *p, uint32_t i, const Net *placed, const Net *bare, DifferCounts *counts, char *why, size_t size)
{
    Case c = {.o = o, .counts = counts, .why = why, .size = size, .name = placed->name, .code_net = &p->nets[i]};
    InstOptions io = {.dt = o->dt, .seed = o->seed, .threads = o->threads, .bundle = o->bundle, .real_bits = o->single ? 32 : 64};
    SnnError e = {0};
    c.inst = inst_new(c.code_net, &io, &e);
    bool good = c.inst ? compare(&c, placed, bare) : unlike(&c, "construction failed: %s", e.text);
    inst_free(c.inst);
    arena_free(&c.arena);
    return good;
}
bool differ(const char *path, const DifferOptions *o, DifferCounts *counts, bool *refused, char *why, size_t size)
{
    DriverOptions d = {.path = path, .net = {.place = true, .single_precision = o->single}, .stop_after = STAGE_ALL, .cpu = o->cpu, .plain = o->plain};
    Compiled c;
    Jit *jit = NULL;
    bool good = true;
    const char *error = NULL;
    *refused = driver_compile(&d, &c) != DRIVER_DONE;
    if (*refused) {
        snprintf(why, size, "%s is refused", path);
        driver_free(&c);
        return false;
    }
    NetProgram *bare = net_build(&c.diags, c.model, &(NetOptions){.place = false, .single_precision = o->single});
    const SnnProgram *p = target_jit(c.target, c.module, &jit, &error);
    if (!bare || !p) good = snprintf(why, size, "%s: %s", path, error ? error : "no Net without placement") < 0;
    for (uint32_t i = 0; bare && getenv("ORACLE_PRINT") && i < bare->nets.n; i++) net_print(bare->nets.at[i], stdout);
    for (uint32_t i = 0; good && i < c.nets->nets.n; i++) {
        net_verify(bare->nets.at[i]);
        good = differ_net(o, p, i, c.nets->nets.at[i], bare->nets.at[i], counts, why, size);
    }
    target_jit_close(jit);
    if (bare) net_free(bare);
    driver_free(&c);
    return good;
}
