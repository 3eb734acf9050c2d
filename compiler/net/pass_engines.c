// SPDX-License-Identifier: MIT
// Which populations run on events: those for which it is asked, and with `engine auto` those of which the estimate (estimate.c) says that they are much cheaper so.
//
//   connect In -> E plastic ...    In, E could run on events, In is asked for  ->  refused: a connection that learns keeps both ends on one engine
//
// Requires: NetPop.event. Provides: NetPop.on_events. An engine that was chosen and not asked for gives way where a connection forbids it.
#include "build.h"
#include "estimate.h"

// What is asked for by the command line, else by the experiments that use the network; -1: they disagree.
static int wish(Build *b, const NetPop *np) {
    if (b->options->engine != ENGINE_AUTO) return (int)b->options->engine;
    int found = ENGINE_AUTO;
    bool told = false;
    for (uint32_t i = 0; i < b->model->experiments.n; i++) {
        const Experiment *x = b->model->experiments.at[i];
        bool uses = false, said = false;
        for (uint32_t k = 0; k < x->nets.n; k++) uses |= x->nets.at[k] == b->net->model;
        int here = ENGINE_AUTO;
        for (uint32_t k = 0; uses && k < x->body.n; k++) {
            const XStmt *s = x->body.at[k];
            if (s->kind != X_ENGINE || (s->target && s->target->pop != np->model)) continue;
            here = !strcmp(s->what, "event") ? ENGINE_EVENT : !strcmp(s->what, "clock") ? ENGINE_CLOCK : ENGINE_AUTO;
            said = true;
        }
        if (!uses) continue;
        if (told && found != here) return -1;
        found = here;
        told = true;
        (void)said;
    }
    return found;
}

static void refuse_forced(Build *b, const NetPop *np) {
    const NetEvent *e = np->event;
    diag(b->diags, e->at, D_NET_ENGINE_EVENT, np->path, arena_printf(b->arena, "%s %s", e->equation, e->why));
    b->failed = true;
}

// A connection between the engines only delivers; otherwise both ends stay on the clock.
static bool part_engines(Build *b) {
    Net *n = b->net;
    for (uint32_t i = 0; i < n->projs.n; i++) {
        const NetProj *p = &n->projs.at[i];
        NetPop *s = &n->pops.at[p->src], *t = &n->pops.at[p->tgt];
        if (s->on_events == t->on_events || events_only_deliver(n, p)) continue;
        NetPop *np = s->on_events ? s : t;
        events_demote(np->event, p->model->span, arena_printf(n->arena, "connection %s:", p->path), "it learns, or reads its source, between the engines");
        np->on_events = false;
        if (wish(b, np) == ENGINE_EVENT) refuse_forced(b, np);
        return true;
    }
    return false;
}

// ---- circles without delay ----

// Can an arrival of p by itself make its target spike? It can when it writes a state that the level reads.
static bool can_fire(const Net *n, const NetProj *p) {
    const NetEvent *e = n->pops.at[p->tgt].event;
    if (!e->level) return false;
    for (uint32_t i = 0; i < p->on_pre_syn.n; i++)
        for (uint32_t k = 0; k < e->n; k++)
            if (e->w[k] && (p->on_pre_syn.at[i].field == e->state[k] || p->on_pre_syn.at[i].field + 1 == e->buffer[k])) return true;
    return false;
}

static bool zero_delay(const Net *n, const NetProj *p) {
    double x;
    if (!p->uniform_delay) return false;
    Node k = p->delay;
    if (dag_at(&n->dag, k)->op == N_K) k = n->k.at[dag_at(&n->dag, k)->ref].value;
    if (dag_is_const(&n->dag, k, &x)) return x == 0;
    return dag_at(&n->dag, k)->op == N_DIV && dag_is_const(&n->dag, dag_at(&n->dag, k)->a, &x) && x == 0;
}

// From one population to another by connections without delay; with `firing` by those alone that act on a threshold of a population on events.
static bool reaches(const Net *n, uint32_t from, uint32_t to, bool firing, bool *seen) {
    if (from == to) return true;
    if (seen[from]) return false;
    seen[from] = true;
    for (uint32_t i = 0; i < n->projs.n; i++) {
        const NetProj *p = &n->projs.at[i];
        if (p->src != from || !zero_delay(n, p) || (firing && (!n->pops.at[p->tgt].on_events || !can_fire(n, p)))) continue;
        if (reaches(n, p->tgt, to, firing, seen)) return true;
    }
    return false;
}

// A connection of a circle that would never end its instant, or that goes through both engines; NULL: there is none.
static const NetProj *circle(Build *b, bool *mixed) {
    const Net *n = b->net;
    for (uint32_t i = 0; i < n->projs.n; i++) {
        const NetProj *p = &n->projs.at[i];
        bool from = n->pops.at[p->src].on_events, to = n->pops.at[p->tgt].on_events;
        *mixed = from != to;
        if ((!from && !to) || !zero_delay(n, p) || (!*mixed && !can_fire(n, p))) continue;
        bool *seen = ARENA_ARRAY(b->arena, bool, n->pops.n + 1);
        if (reaches(n, p->tgt, p->src, !*mixed, seen)) return p;
    }
    return NULL;
}

// What nobody asked for goes back to the clock, else the circle is refused. True: look again.
static bool leave_circle(Build *b, const int *wished) {
    Net *n = b->net;
    bool mixed, left = false;
    const NetProj *p = circle(b, &mixed);
    if (!p) return false;
    for (uint32_t i = 0; i < n->pops.n; i++) {
        NetPop *np = &n->pops.at[i];
        if (!np->on_events || wished[i] != ENGINE_AUTO) continue;
        np->on_events = false;
        np->event->cost.why = arena_printf(n->arena, "%s would close a circle without delay", p->path);
        left = true;
    }
    if (left) return true;
    const char *source = n->pops.at[p->src].path;
    Diag *m = mixed ? diag(b->diags, p->model->span, D_NET_ENGINE_MIXED, source) : diag(b->diags, p->model->span, D_NET_ENGINE_CIRCLE, source);
    diag_help(b->diags, m, mixed ? "give one of the connections a delay above 0" : "give the connection a delay above 0, or let it act on a current");
    b->failed = true;
    return false;
}

// ---- threads ----

// Shortest delay in ms, where the file says it; -1: not known.
static double delay_ms(const Net *n, const NetProj *p) {
    double x;
    if (!p->uniform_delay) return -1;
    Node k = p->delay;
    if (dag_at(&n->dag, k)->op == N_K) k = n->k.at[dag_at(&n->dag, k)->ref].value;
    const DagNode *d = dag_at(&n->dag, k);
    return d->op == N_DIV && dag_is_const(&n->dag, d->a, &x) && dag_at(&n->dag, d->b)->op == N_K && dag_at(&n->dag, d->b)->ref == 0 ? x : -1;
}

const char *net_event_threads(const Net *n) {
    const NetProj *shortest = NULL;
    for (uint32_t i = 0; i < n->projs.n; i++) {
        const NetProj *p = &n->projs.at[i];
        if (!n->pops.at[p->src].on_events || !n->pops.at[p->tgt].on_events) continue;
        if (p->on_pre_src.n || events_read(n, &p->on_pre_syn, N_PRE) || events_read(n, &p->on_post_syn, N_PRE))
            return arena_printf(n->arena, "one for all events: the synapses of %s read or change variables of their source", p->path);
        if (zero_delay(n, p)) return arena_printf(n->arena, "one for all events: %s has no delay, so nobody can run ahead", p->path);
        if (!shortest || delay_ms(n, p) < delay_ms(n, shortest)) shortest = p;
    }
    if (!shortest) return "each does the events of its neurons; no population on events waits for another";
    double d = delay_ms(n, shortest);
    return d < 0 ? arena_printf(n->arena, "each does the events of its neurons and runs ahead by the shortest delay between them (%s)", shortest->path) :
                   arena_printf(n->arena, "each does the events of its neurons and runs ahead by the shortest delay between them, %g ms (%s)", d, shortest->path);
}

// ---- where nobody asks ----

// Does some statement take the spike times of a population into the experiment?
static bool reads_times(const Expr *e, const Population *p) {
    if (!e) return false;
    if (e->kind == E_XCALL && (e->xfn == XF_spikes || e->xfn == XF_first_spike))
        for (uint32_t i = 0; i < e->args.n; i++)
            if (e->args.at[i]->pop == p) return true;
    for (uint32_t i = 0; i < e->args.n; i++)
        if (reads_times(e->args.at[i], p)) return true;
    return reads_times(e->a, p) || reads_times(e->b, p) || reads_times(e->c, p);
}
static bool body_reads_times(const XVec *body, const Population *p) {
    for (uint32_t i = 0; i < body->n; i++) {
        const XStmt *s = body->at[i];
        const Expr *const e[] = {s->value, s->target, s->duration, s->every, s->start, s->scale, s->lo, s->hi, s->step, s->repeat};
        for (uint32_t k = 0; k < sizeof e / sizeof *e; k++)
            if (reads_times(e[k], p)) return true;
        for (uint32_t k = 0; k < s->items.n; k++)
            if (reads_times(s->items.at[k].value, p)) return true;
        if (body_reads_times(&s->body, p) || body_reads_times(&s->otherwise, p)) return true;
    }
    return false;
}

// On the clock, spikes that go by time are stamped one step later: what subtracts that step must find it. Where nobody asked, such a population keeps its engine.
static const char *keeps_clock(Build *b, const NetPop *np) {
    const Net *n = b->net;
    bool timed = false;
    for (uint32_t r = 0; r < np->event->rules.n; r++) timed |= np->event->rules.at[r].kind != ACT_LEVEL;
    for (uint32_t i = 0; timed && i < b->model->experiments.n; i++)
        if (body_reads_times(&b->model->experiments.at[i]->body, np->model)) return "the experiment reads its spike times, which on events are those of the rule, not one step later";
    for (uint32_t i = 0; np->event->settle.n && i < n->projs.n; i++)
        if (n->projs.at[i].tgt == np->id && !n->pops.at[n->projs.at[i].src].on_events) return "its `step` block takes spikes of the clock, which are stamped one step later";
    return NULL;
}

static void keep(Build *b, const int *wished) {
    Net *n = b->net;
    for (bool again = true; again;) {
        again = false;
        for (uint32_t i = 0; i < n->pops.n; i++) {
            NetPop *np = &n->pops.at[i];
            const char *why = np->on_events && wished[i] == ENGINE_AUTO ? keeps_clock(b, np) : NULL;
            if (!why) continue;
            np->on_events = false;
            np->event->cost.why = why;
            again = true;
        }
    }
}

static void choose(Build *b, const int *wished) {
    Net *n = b->net;
    bool any = false;
    for (uint32_t i = 0; i < n->pops.n; i++) any |= wished[i] == ENGINE_AUTO && !n->pops.at[i].event->why;
    if (!any) return;
    estimate_costs(b);
    for (uint32_t i = 0; i < n->pops.n; i++)
        if (wished[i] == ENGINE_AUTO && !n->pops.at[i].event->why) n->pops.at[i].on_events = estimate_prefers_events(&n->pops.at[i]);
    keep(b, wished);
}

// The engine in single precision has no clock beside it.
static void check_single(Build *b) {
    const NetPop *on = NULL, *off = NULL;
    for (uint32_t i = 0; i < b->net->pops.n; i++)
        if (b->net->pops.at[i].on_events) on = &b->net->pops.at[i];
        else off = &b->net->pops.at[i];
    if (!b->options->single_precision || !on || !off) return;
    const NetEvent *e = off->event;
    Diag *m = diag(b->diags, e->why ? e->at : off->model->span, D_NET_ENGINE_SINGLE, off->path, on->path);
    if (e->why) diag_help(b->diags, m, "%s cannot run on events: %s %s", off->path, e->equation, e->why);
    else diag_help(b->diags, m, "'engine event' without 'of' is for all populations");
    b->failed = true;
}

void pass_engines(Build *b) {
    Net *n = b->net;
    events_projections(n);
    int *w = ARENA_ARRAY(b->arena, int, n->pops.n + 1);
    for (uint32_t i = 0; i < n->pops.n; i++) {
        NetPop *np = &n->pops.at[i];
        w[i] = wish(b, np);
        if (w[i] < 0) { diag(b->diags, np->model->span, D_NET_ENGINE_TWO, np->path); b->failed = true; return; }
        np->on_events = w[i] == ENGINE_EVENT && !np->event->why;
        if (w[i] == ENGINE_EVENT && np->event->why) refuse_forced(b, np);
    }
    if (!b->failed && !b->options->single_precision) choose(b, w);            // where it is not asked for, floats stay on the clock
    while (!b->failed && part_engines(b)) {}
    while (!b->failed && leave_circle(b, w)) {}
    if (!b->failed) keep(b, w);
    check_single(b);
    if (b->failed) return;
    for (uint32_t i = 0; i < n->pops.n; i++)
        if (n->pops.at[i].on_events) events_provide(n, &n->pops.at[i], !b->options->single_precision);
}
