// SPDX-License-Identifier: MIT
// Costs of the two engines, estimated. A mean neuron of each population, its parameters, drives and weights at their means, is followed for some seconds without
// arrivals: it spikes by itself at some rate or comes to rest at some distance from its threshold. At rest, an arrival brings it nearer by the largest
// effect that it has on the threshold variable; so many arrivals as fill the distance make a spike. From rates of sources, numbers of synapses
// and these effects follow the rates of all populations, by going round a few times.
//
//   S -> P, 1 Hz, one to one, 25 mV of 20 mV to go   ->   P: 1 spike and 1 arrival a second
//
// What cannot be estimated (means of what is not known, drives that differ or move) counts as NOMINAL. The constants of cost were measured (docs/engines.md).
#include "estimate.h"
#include <math.h>

enum { STATES = 12, LIFE = 20000, ROUNDS = 40 };
#define NOMINAL 10.0                                   // spikes a second of a neuron of which nothing is known
#define HIGHEST 100.0                                  // where excitation feeds itself, no estimate goes beyond this
#define ARRIVAL_NS(states) (40.0 + 20.0 * (states))
#define SPIKE_NS(states) ((states) > 0 ? 600.0 : 250.0)
#define VISIT_NS(states) (50.0 + 50.0 * (states))      // a sample, or a drive that moves
#define STEP_NS(cost) (0.015 * (cost))                 // per instruction of the step, vectors and all
#define CLOCK_ARRIVAL_NS 4.0
#define MARGIN 3.0                                     // so much cheaper must events be
#define LEAST_US 10000.0                               // and save so much for each second of the whole population

typedef struct Guess {
    Build *b; Net *net; double dt;
    const NetPop *pop; const NetProj *proj;            // whose fields FIELD means
    const double *x;                                   // states of the mean neuron, or NULL: as they begin
    int depth;
} Guess;

// ---- means ----

static double mean(Guess *g, Node x);

static const Node *program_value(const Program *p, uint32_t field) {
    for (uint32_t i = 0; i < p->n; i++)
        if (p->at[i].field == field) return &p->at[i].value;
    return NULL;
}

// The constant that experiments drive a field with; 0 without drives, NAN when they move, differ or are not known.
static double driven_walk(const Guess *g, const XVec *body, const Field *f, double found, bool *any) {
    for (uint32_t i = 0; i < body->n; i++) {
        const XStmt *s = body->at[i];
        if ((s->kind == X_DRIVE || s->kind == X_PRESENT || s->kind == X_FILL || s->kind == X_DRAW) && s->target && s->target->pop == g->pop->model &&
            (s->kind != X_DRIVE || !s->target->var || s->target->var == f->var)) {
            double v = s->kind == X_DRIVE && s->value->kind == E_NUM ? s->value->num : NAN;
            found = *any && !(v == found) ? NAN : v;
            *any = true;
        }
        found = driven_walk(g, &s->body, f, found, any);
        found = driven_walk(g, &s->otherwise, f, found, any);
    }
    return found;
}
static double driven(const Guess *g, const Field *f) {
    double found = 0;
    bool any = false;
    for (uint32_t i = 0; i < g->b->model->experiments.n; i++) found = driven_walk(g, &g->b->model->experiments.at[i]->body, f, found, &any);
    return found;
}

static double field_mean(Guess *g, uint32_t field) {
    const Field *f = &g->net->fields.at[field];
    const NetEvent *e = g->pop ? g->pop->event : NULL;
    for (uint32_t k = 0; e && g->x && k < e->n; k++)
        if (e->state[k] == field) return g->x[k];
    if (g->pop && (f->role == ROLE_DRIVE || f->role == ROLE_VALUE)) return driven(g, f);
    const Node *v = program_value(f->owner == OWNER_PROJ ? &g->net->projs.at[f->index].init : &g->net->pops.at[f->index].init, field);
    if (!v && f->owner == OWNER_POP) v = program_value(&g->net->pops.at[f->index].derive, field);
    return v ? mean(g, *v) : NAN;
}

static double draw_mean(Guess *g, const DagNode *d) {
    switch ((NetOp)d->op) {
    case N_UNIFORM: return 0.5;
    case N_NORMAL: return 0;
    case N_EXPONENTIAL: return 1;
    case N_POISSON: case N_GAMMA: return mean(g, d->a);
    case N_BINOMIAL: return mean(g, d->a) * mean(g, d->b);
    default: return NAN;
    }
}

static double mean(Guess *g, Node x) {
    const DagNode *d = dag_at(&g->net->dag, x);
    if (!x || g->depth > 60) return x ? NAN : 0;
    if (d->op >= N_UNIFORM) return draw_mean(g, d);
    g->depth++;
    double a = d->arity > 0 && d->type == 'R' ? mean(g, d->a) : 0, b = d->arity > 1 && d->type == 'R' ? mean(g, d->b) : 0, r = NAN;
    switch ((NetOp)d->op) {
    case N_CONST: r = d->num; break;
    case N_K: r = d->ref == 0 ? g->dt : g->net->k.at[d->ref].value ? mean(g, g->net->k.at[d->ref].value) : NAN; break;
    case N_FIELD: r = field_mean(g, d->ref); break;
    case N_INDEX: r = g->pop ? (g->pop->n - 1) / 2.0 : NAN; break;
    case N_NEG: r = -a; break;
    case N_ADD: r = a + b; break;
    case N_SUB: r = a - b; break;
    case N_MUL: r = a * b; break;
    case N_DIV: r = a / b; break;
    case N_FMA: r = fma(a, b, mean(g, d->c)); break;
    case N_MIN: r = fmin(a, b); break;
    case N_MAX: r = fmax(a, b); break;
    case N_ABS: r = fabs(a); break;
    case N_SQRT: r = sqrt(a); break;
    case N_EXP: r = exp(a); break;
    case N_LOG: r = log(a); break;
    default: break;
    }
    g->depth--;
    return r;
}

// ---- the life of a mean neuron ----

typedef struct Neuron { uint32_t n; double a[STATES][STATES], b[STATES], w[STATES], level, refractory, h; } Neuron;

static bool neuron_of(Guess *g, Neuron *y) {
    const NetEvent *e = g->pop->event;
    double fastest = 0, sum = 0;
    y->n = e->n;
    for (uint32_t i = 0; i < e->n; i++) {
        double row = 0;
        for (uint32_t j = 0; j < e->n; j++) sum += y->a[i][j] = mean(g, e->a[i * e->n + j]);
        row = fabs(y->a[i][i]);
        y->b[i] = mean(g, e->b[i]);
        y->w[i] = e->w ? mean(g, e->w[i]) : 0;
        fastest = fmax(fastest, row);
        sum += row + y->b[i] + y->w[i];
    }
    y->level = mean(g, e->level);
    y->refractory = mean(g, e->refractory);
    y->h = fastest > 0 ? 0.1 / fastest : 1;
    return isfinite(sum + y->level + y->refractory);
}

static double level_of(const Neuron *y, const double *x, double level) {
    for (uint32_t i = 0; i < y->n; i++) level += y->w[i] * x[i];
    return level;
}

static void slope(const Neuron *y, const double *x, bool driven_too, double *d) {
    for (uint32_t i = 0; i < y->n; i++) {
        d[i] = driven_too ? y->b[i] : 0;
        for (uint32_t j = 0; j < y->n; j++) d[i] += y->a[i][j] * x[j];
    }
}
// The midpoint rule; what is estimated here need not be exact.
static void move(const Neuron *y, double *x, bool driven_too) {
    double d[STATES], mid[STATES] = {0};
    slope(y, x, driven_too, d);
    for (uint32_t i = 0; i < y->n; i++) mid[i] = x[i] + y->h / 2 * d[i];
    slope(y, mid, driven_too, d);
    for (uint32_t i = 0; i < y->n; i++) x[i] += y->h * d[i];
}

// Spikes a second without arrivals; NAN: not known. gap: how far from the threshold it comes to rest, in units of the threshold variable.
static double alone(Guess *g, const Neuron *y, double *gap) {
    const NetEvent *e = g->pop->event;
    double x[STATES], counted = 0, spikes = 0;
    g->x = NULL;
    for (uint32_t k = 0; k < e->n; k++) x[k] = field_mean(g, e->state[k]);
    for (int s = 0; s < LIFE; s++) {
        move(y, x, true);
        if (s > LIFE / 4) counted += y->h;
        if (level_of(y, x, y->level) < 0) continue;
        double after[STATES];
        g->x = x;
        for (uint32_t k = 0; k < e->n; k++) {
            const Node *v = program_value(&e->reset, e->state[k]);
            after[k] = v ? mean(g, *v) : x[k];
        }
        g->x = NULL;
        memcpy(x, after, sizeof x);
        if (s > LIFE / 4) { counted += y->refractory; spikes++; }
    }
    *gap = -level_of(y, x, y->level);
    return isfinite(*gap) ? spikes / counted * 1000 : NAN;
}

// The largest effect of one arrival over projection p on the threshold variable of its targets; NAN: not known.
static double effect(Guess *g, const Neuron *y, const NetProj *p) {
    const NetEvent *e = g->pop->event;
    double x[STATES] = {0}, most = 0;
    for (uint32_t i = 0; i < p->on_pre_syn.n; i++) {
        const Assign *s = &p->on_pre_syn.at[i];
        if (g->net->fields.at[s->field].owner == OWNER_PROJ) continue;       // what is learned counts as it begins
        uint32_t k = 0;
        while (k < e->n && e->state[k] != s->field && (!e->buffer[k] || e->buffer[k] != s->field + 1)) k++;
        if (k == e->n || s->mode != MODE_ADD) return NAN;
        x[k] += mean(g, s->value);
    }
    for (int s = 0; s < LIFE / 20; s++) {
        most = fmax(most, level_of(y, x, 0));
        move(y, x, false);
    }
    return level_of(y, x, 0) == level_of(y, x, 0) ? most : NAN;
}

// ---- rates ----

// Share of a spike of its target that one arrival over p makes.
static double share_of(Guess *g, const NetProj *p) {
    Neuron y = {0};
    double gap;
    g->pop = &g->net->pops.at[p->tgt];
    const NetEvent *e = g->pop->event;
    if (e->why || !e->level) return 0;
    if (!neuron_of(g, &y) || !isfinite(alone(g, &y, &gap))) return 0;
    double push = effect(g, &y, p);
    return !(push < gap) || !(gap > 0) ? 1 : push / gap;
}

// Spikes a second that need no arrivals.
static double own_rate(Guess *g) {
    const NetEvent *e = g->pop->event;
    double rate = NAN, gap;
    Neuron y = {0};
    if (!e->why && e->rate) rate = 1000 * mean(g, e->rate);
    else if (!e->why && e->level && neuron_of(g, &y)) rate = alone(g, &y, &gap);
    return rate >= 0 && rate < 1e6 ? rate : NOMINAL;
}

double estimate_synapses(const Net *n, const NetProj *p) {
    double ns = p->src_hi - p->src_lo, nt = p->tgt_hi - p->tgt_lo, a = 0;
    bool known = p->nargs && n->k.at[p->arg_slot[0]].value && dag_is_const(&n->dag, n->k.at[p->arg_slot[0]].value, &a);
    if (p->pair_prob) return -1;
    switch (p->rule) {
    case RULE_one_to_one: return ns;
    case RULE_all_to_all: return p->allow_self || p->src != p->tgt ? ns * nt : ns * nt - (ns < nt ? ns : nt);
    case RULE_pairwise_bernoulli: case RULE_symmetric_pairwise_bernoulli: case RULE_pairwise_poisson: return known ? a * ns * nt : -1;
    case RULE_fixed_indegree: return known ? a * nt : -1;
    case RULE_fixed_outdegree: return known ? a * ns : -1;
    case RULE_fixed_total_number: return known ? a : -1;
    default: return -1;
    }
}

// Synapses for each neuron of the whole target population; where the rule does not say, all pairs.
static double indegree(const Net *n, const NetProj *p) {
    double count = estimate_synapses(n, p), all = (double)(p->src_hi - p->src_lo) * (p->tgt_hi - p->tgt_lo);
    return (count < 0 ? all : count) / fmax(1, n->pops.at[p->tgt].n);
}

static void rates(Guess *g, const double *share) {
    Net *n = g->net;
    double *own = ARENA_ARRAY(g->b->arena, double, n->pops.n + 1);
    for (uint32_t i = 0; i < n->pops.n; i++) {
        g->pop = &n->pops.at[i];
        own[i] = g->pop->event->cost.rate = own_rate(g);
    }
    for (int round = 0; round < ROUNDS; round++)
        for (uint32_t i = 0; i < n->pops.n; i++) {
            EngineCost *c = &n->pops.at[i].event->cost;
            double more = 0;
            c->arrivals = 0;
            for (uint32_t k = 0; k < n->projs.n; k++) {
                const NetProj *p = &n->projs.at[k];
                if (p->tgt != i) continue;
                double arrivals = indegree(n, p) * n->pops.at[p->src].event->cost.rate;
                c->arrivals += arrivals;
                more += arrivals * share[k];
            }
            c->rate = fmin(own[i] + more, fmax(HIGHEST, own[i]));
        }
}

// ---- costs ----

static double time_step(const Build *b) {
    for (uint32_t i = 0; i < b->model->experiments.n; i++) {
        const XVec *body = &b->model->experiments.at[i]->body;
        for (uint32_t k = 0; k < body->n; k++)
            if (body->at[k]->kind == X_DT && body->at[k]->value->kind == E_NUM && body->at[k]->value->num > 0) return body->at[k]->value->num;
    }
    return 0.1;
}

// Visits a second beside events: samples bring all states of the network to their time, drives that move or are not known come each step.
static double visits_walk(const Guess *g, const XVec *body) {
    double sum = 0;
    for (uint32_t i = 0; i < body->n; i++) {
        const XStmt *s = body->at[i];
        if (s->kind == X_RECORD && s->target && s->target->ty != TY_SPIKES)
            sum += 1000 / (s->every && s->every->kind == E_NUM && s->every->num > 0 ? s->every->num : g->dt);
        if (s->kind == X_DRIVE && s->target && s->target->pop == g->pop->model && s->value->kind != E_NUM && !s->once) sum += 1000 / g->dt;
        sum += visits_walk(g, &s->body) + visits_walk(g, &s->otherwise);
    }
    return sum;
}

double net_step_cost(const Net *n, const NetPop *p) {
    Arena a = {0};
    VEC(Node) todo = {0};
    bool *seen = ARENA_ARRAY(&a, bool, n->dag.at.n);
    for (uint32_t i = 0; i < p->step.n; i++) vec_push(&a, &todo, p->step.at[i].value);
    for (uint32_t i = 0; i < p->spikes.n; i++) vec_push(&a, &todo, p->spikes.at[i].cond);
    double cost = 2;
    while (todo.n) {
        Node x = todo.at[--todo.n];
        if (!x || seen[x]) continue;
        seen[x] = true;
        const DagNode *d = dag_at(&n->dag, x);
        cost += d->op >= N_UNIFORM ? 40 : d->op >= N_EXP && d->op <= N_POW ? 20 : d->op == N_DIV || d->op == N_SQRT ? 4 : 1;
        vec_push(&a, &todo, d->a);
        vec_push(&a, &todo, d->b);
        vec_push(&a, &todo, d->c);
    }
    arena_free(&a);
    return cost;
}

void estimate_costs(Build *b) {
    Net *n = b->net;
    Guess g = { .b = b, .net = n, .dt = time_step(b) };
    double *share = ARENA_ARRAY(b->arena, double, n->projs.n + 1);
    for (uint32_t k = 0; k < n->projs.n; k++) share[k] = share_of(&g, &n->projs.at[k]);
    rates(&g, share);
    for (uint32_t i = 0; i < n->pops.n; i++) {
        EngineCost *c = &n->pops.at[i].event->cost;
        double visits = 0, states = n->pops.at[i].event->n;
        g.pop = &n->pops.at[i];
        for (uint32_t k = 0; k < b->model->experiments.n; k++) visits = fmax(visits, visits_walk(&g, &b->model->experiments.at[k]->body));
        c->events = 1e-3 * (c->arrivals * ARRIVAL_NS(states) + c->rate * SPIKE_NS(states) + visits * VISIT_NS(states));
        c->clock = 1e-3 * (1000 / g.dt * STEP_NS(net_step_cost(n, g.pop)) + c->arrivals * CLOCK_ARRIVAL_NS);
        c->known = true;
    }
}

bool estimate_prefers_events(const NetPop *p) {
    const EngineCost *c = &p->event->cost;
    return c->clock >= MARGIN * c->events && (c->clock - c->events) * p->n >= LEAST_US;
}
