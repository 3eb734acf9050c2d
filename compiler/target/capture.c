// SPDX-License-Identifier: MIT
// Runs a program in memory and notes what a small machine needs of it: the network as it stands when its first run begins, and what the
// experiment does to it from then on. Nothing of the experiment is interpreted here: fields are compared with what they were, so every
// kind of statement is covered that ends as a changed number, an emitted spike or a forgotten one.
#include "capture.h"
#include "core/event32_host.h"
#include "core/value.h"
#include "host/experiment.h"
#include <stdlib.h>

typedef struct Capture {
    Arena *a;
    const NetProgram *nets;
    EmbedImage *image;
    SnnInst *inst;                   // the one that is captured, NULL before the first run
    void **shadow;                   // by field: what the machine has
    const double *k_shadow;
    int64_t in_flight;               // spikes in the history when the last run ended; on events: how often all was forgotten
    const char *trouble;
    const CaptureWatch *watch;
} Capture;

static size_t field_count(const SnnInst *in, int64_t f) { return (size_t)in->net->pops[in->net->fields[f].owner].n; }
static size_t field_bytes(const SnnInst *in, int64_t f) { return field_count(in, f) * in->real_bytes; }

static void *copied(Arena *a, const void *p, size_t bytes) {
    void *q = arena_alloc(a, bytes ? bytes : 1);
    if (bytes) memcpy(q, p, bytes);
    return q;
}

static uint32_t *copied_words(Arena *a, const uint32_t *p, size_t n) { return p ? copied(a, p, n * sizeof *p) : NULL; }

static void projection(Capture *c, const SnnInst *in, int64_t i) {
    const SnnProj *p = &in->net->projs[i];
    const ProjState *s = &in->proj[i];
    const SnnBlock *b = &s->block[0];
    EmbedProj *e = &c->image->proj[i];
    size_t nsyn = (size_t)b->nsyn, rows = (size_t)(p->src_hi - p->src_lo) * (size_t)s->nclass + 1, cols = (size_t)(p->tgt_hi - p->tgt_lo) + 1;
    *e = (EmbedProj){.nclass = (uint32_t)s->nclass, .nsyn = (uint32_t)nsyn, .tgt_base = (uint32_t)b->tgt_base, .post_delay = (uint32_t)inst_post_delay(in, p)};
    e->delay = copied_words(c->a, s->delay, (size_t)s->nclass);
    int64_t *late = ARENA_ARRAY(c->a, int64_t, s->nclass + 1);
    for (int64_t k = 0; in->events32 && k < s->nclass; k++) late[k] = event32_delay(in, i, k);
    e->late = late;
    if (p->layout == LAYOUT_SPARSE && nsyn) {
        e->row = copied_words(c->a, b->row, rows);
        e->col = copied_words(c->a, b->col, nsyn);
        e->colptr = copied_words(c->a, b->colptr, cols);
        e->colsyn = copied_words(c->a, b->colptr ? b->colsyn : NULL, nsyn);
        e->colsrc = copied_words(c->a, b->colptr ? b->colsrc : NULL, nsyn);
    }
    e->syn = ARENA_ARRAY(c->a, const void *, p->nfields + 1);
    if (s->level) e->level = copied(c->a, s->level, (size_t)s->nlevel * sizeof *e->level);
    e->nlevel = (uint32_t)s->nlevel;
    for (int64_t k = 0; k < p->nfields; k++) e->syn[k] = copied(c->a, b->S[k], nsyn * in->real_bytes);
}

static void snapshot(Capture *c, SnnInst *in) {
    const SnnNet *n = in->net;
    EmbedImage *m = c->image;
    c->inst = in;
    for (uint32_t i = 0; i < c->nets->nets.n; i++)
        if (!strcmp(c->nets->nets.at[i]->name, n->name)) m->net = c->nets->nets.at[i];
    m->dt = in->dt;
    m->seed = in->ctx.seed;
    m->K = copied(c->a, in->K, (size_t)n->nk * sizeof *m->K);
    c->k_shadow = copied(c->a, in->K, (size_t)n->nk * sizeof *m->K);
    m->k_acted = ARENA_ARRAY(c->a, bool, n->nk + 1);
    m->field = ARENA_ARRAY(c->a, EmbedField, n->nfields + 1);
    m->proj = ARENA_ARRAY(c->a, EmbedProj, n->nprojs + 1);
    m->recorded = ARENA_ARRAY(c->a, bool, n->npops + 1);
    m->under_way = ARENA_ARRAY(c->a, uint32_t, n->npops + 1);
    c->shadow = ARENA_ARRAY(c->a, void *, n->nfields + 1);
    for (int64_t f = 0; f < n->nfields; f++) {
        if (n->fields[f].owner_kind) continue;
        m->field[f].init = copied(c->a, in->F[f], field_bytes(in, f));
        c->shadow[f] = copied(c->a, in->F[f], field_bytes(in, f));
    }
    for (int64_t i = 0; i < n->nprojs; i++) projection(c, in, i);
}

static double value_at(const SnnInst *in, int64_t f, const void *p, size_t i) { return value_get(in, &in->net->fields[f], p, (int64_t)i); }

static void act(Capture *c, EmbedAct a) { vec_push(c->a, &c->image->acts, a); }

// One action for what differs between shadow and field: the range from the first to the last difference.
static void compare_field(Capture *c, SnnInst *in, int64_t f, int64_t step) {
    size_t n = field_count(in, f), w = in->real_bytes, lo = 0, hi = n;
    const char *now = in->F[f];
    char *then = c->shadow[f];
    if (!n || !memcmp(now, then, n * w)) return;
    while (!memcmp(now + lo * w, then + lo * w, w)) lo++;
    while (!memcmp(now + (hi - 1) * w, then + (hi - 1) * w, w)) hi--;
    bool alike = true, all = true;
    for (size_t i = lo; i < hi; i++) alike = alike && !memcmp(now + i * w, now + lo * w, w);
    for (size_t i = 0; i < n; i++) all = all && !memcmp(now + i * w, now, w);
    if (all) { lo = 0; hi = n; }
    EmbedAct a = {.step = step, .kind = alike ? ACT_FILL : ACT_COPY, .what = (uint32_t)f, .lo = (uint32_t)lo, .n = (uint32_t)(hi - lo)};
    if (alike) a.value = value_at(in, f, now, lo);
    else a.data = copied(c->a, now + lo * w, (hi - lo) * w);
    act(c, a);
    c->image->field[f].acted = true;
    c->image->field[f].acted_apart |= !all;
    memcpy(then + lo * w, now + lo * w, (hi - lo) * w);
}

static int64_t spikes_in_flight(const SnnInst *in) {
    int64_t n = 0;
    if (in->events32) return in->events32->resets;
    for (int64_t p = 0; p < in->net->npops; p++)
        for (int64_t i = 0; i < (in->pop[p].mask + 1) * in->net->pops[p].nports * in->members; i++) n += in->pop[p].list[i].n;
    return n;
}

static void compare_synapses(Capture *c, SnnInst *in, int64_t i) {
    const SnnProj *p = &in->net->projs[i];
    const SnnBlock *b = &in->proj[i].block[0];
    (void)c;
    for (int64_t k = 0; k < p->nfields; k++) {
        const Field *f = &c->image->net->fields.at[p->fields[k]];
        if (c->shadow[f->id] && memcmp(c->shadow[f->id], b->S[k], (size_t)b->nsyn * in->real_bytes)) {
            if (memcmp(c->image->proj[i].syn[k], b->S[k], (size_t)b->nsyn * in->real_bytes))
                c->trouble = arena_printf(c->a, "the experiment changes %s of the synapses %s between two runs, to other values than they began with", f->name, p->path);
            else act(c, (EmbedAct){.step = in->step, .kind = ACT_RESTORE, .what = (uint32_t)f->id});
        }
    }
}

// Spikes that the experiment wants from now on, in place of those it wanted before and that have not come yet.
static void emitted(Capture *c, const SnnInst *in) {
    const SnnEvents32 *ev = in->events32;
    uint32_t kept = 0, done = ((const Ev32Core *)ev->net.core)->emitted;
    for (uint32_t i = 0; i < c->image->acts.n; i++)
        if (c->image->acts.at[i].kind != ACT_SPIKE || c->image->acts.at[i].step < in->step) c->image->acts.at[kept++] = c->image->acts.at[i];
    c->image->acts.n = kept;
    for (uint32_t i = done; i < ev->net.nemitted; i++) {
        const Ev32Due *d = &ev->net.emitted[i];
        act(c, (EmbedAct){.step = d->at >> EV32_SHIFT, .kind = ACT_SPIKE, .what = d->pop, .lo = d->id, .n = 1, .value = (double)(d->at & ((1 << EV32_SHIFT) - 1))});
    }
}

static void tap_begin(void *self, SnnInst *in, int64_t steps) {
    Capture *c = self;
    if (!c->inst) snapshot(c, in);
    if (c->inst != in) { c->trouble = "the experiment runs more than one network; a small machine gets one (--experiment chooses)"; return; }
    int64_t now = in->step;
    if (in->events32) act(c, (EmbedAct){.step = now, .kind = ACT_BEGIN});
    bool forgot = in->events32 ? spikes_in_flight(in) != c->in_flight : !spikes_in_flight(in) && c->in_flight;
    if (now && forgot) act(c, (EmbedAct){.step = now, .kind = ACT_FORGET});
    for (int64_t s = 0; now && s < in->net->nk; s++) {
        if (in->K[s] == c->k_shadow[s]) continue;
        act(c, (EmbedAct){.step = now, .kind = ACT_CONSTANT, .what = (uint32_t)s, .value = in->K[s]});
        c->image->k_acted[s] = true;
        ((double *)c->k_shadow)[s] = in->K[s];
    }
    for (int64_t f = 0; now && f < in->net->nfields; f++)
        if (!in->net->fields[f].owner_kind) compare_field(c, in, f, now);
    for (int64_t i = 0; now && i < in->net->nprojs; i++) compare_synapses(c, in, i);
    if (in->events32) emitted(c, in);
    c->image->steps = now + steps;
    if (c->watch) c->watch->begin(c->watch->self, in);
}

static void tap_driven(void *self, SnnInst *in, int64_t step) {
    Capture *c = self;
    if (c->inst != in) return;
    for (int64_t f = 0; f < in->net->nfields; f++)
        if ((in->net->fields[f].role == INST_DRIVE || (in->events32 && in->net->fields[f].role == INST_VALUE)) && !in->net->fields[f].owner_kind) compare_field(c, in, f, step);
    for (int64_t p = 0; !in->events32 && p < in->net->npops; p++)
        for (int64_t i = 0; i < in->pop[p].due.n; i++)
            if (in->pop[p].due_step[i] == step) act(c, (EmbedAct){.step = step, .kind = ACT_SPIKE, .what = (uint32_t)p, .lo = in->pop[p].due.at[i], .n = 1});
    if (c->watch) c->watch->step(c->watch->self, in, step);
}

static void tap_end(void *self, SnnInst *in) {
    Capture *c = self;
    if (c->inst != in) return;
    for (int64_t f = 0; f < in->net->nfields; f++)
        if (!in->net->fields[f].owner_kind) memcpy(c->shadow[f], in->F[f], field_bytes(in, f));
    for (int64_t i = 0; i < in->net->nprojs; i++)
        for (int64_t k = 0; k < in->net->projs[i].nfields; k++) {
            size_t bytes = (size_t)in->proj[i].block[0].nsyn * in->real_bytes;
            void **s = &c->shadow[in->net->projs[i].fields[k]];
            if (!*s) *s = arena_alloc(c->a, bytes + 1);
            memcpy(*s, in->proj[i].block[0].S[k], bytes);
        }
    c->in_flight = spikes_in_flight(in);
    for (int64_t p = 0; in->events32 && p < in->net->npops; p++) c->image->under_way[p] = in->events32->peak[p];
    memcpy((double *)c->k_shadow, in->K, (size_t)in->net->nk * sizeof *in->K);
}

// Populations whose spikes the experiment records, wherever the statement stands.
static void recorded(EmbedImage *m, const XVec *body) {
    for (uint32_t i = 0; i < body->n; i++) {
        const XStmt *s = body->at[i];
        int p = s->kind == X_RECORD && s->target && s->target->ty == TY_SPIKES && s->target->pop ? net_pop_index(m->net, s->target->pop) : -1;
        if (p >= 0) m->recorded[p] = true;
        recorded(m, &s->body);
        recorded(m, &s->otherwise);
    }
}

static const Experiment *chosen(const Model *m, const char *name) {
    for (uint32_t i = 0; i < m->experiments.n; i++)
        if (!name || !strcmp(m->experiments.at[i]->name, name)) return m->experiments.at[i];
    return NULL;
}

bool capture_run(Arena *a, const NetProgram *nets, const SnnProgram *program, int argc, char **argv, const char *experiment, const CaptureWatch *watch, EmbedImage *out,
                 const char **error) {
    *out = (EmbedImage){0};
    Capture c = {.a = a, .nets = nets, .image = out, .watch = watch};
    InstTap tap = {tap_begin, tap_driven, tap_end, &c};
    FILE *nowhere = fopen("/dev/null", "w");
    int rc = snn_main_tapped(argc, argv, program, &tap, nowhere);
    if (nowhere) fclose(nowhere);
    if (rc) { *error = "the experiment failed on this machine, so there is nothing to carry over"; return false; }
    if (c.trouble) { *error = c.trouble; return false; }
    if (!out->net) { *error = "the experiment runs no network"; return false; }
    const Experiment *x = chosen(nets->model, experiment);
    if (x) recorded(out, &x->body);
    return true;
}
