// SPDX-License-Identifier: MIT
// snnc explain: what was decided for each population and projection, why, and what it costs in memory.
#include "estimate.h"

static const char *method_name(Method m) {
    switch (m) {
    case SOLVE_AUTO: return "automatic";
    case SOLVE_EXACT: return "exact propagator";
    case SOLVE_EXPEULER: return "exponential Euler";
    case SOLVE_EULER: return "forward Euler";
    case SOLVE_RK2: return "Runge-Kutta 2 (midpoint)";
    case SOLVE_RK4: return "Runge-Kutta 4";
    }
    return "";
}

static const char *role_text(FieldRole r) {
    switch (r) {
    case ROLE_STATE: return "state";
    case ROLE_PARAM: return "parameter of its own for each";
    case ROLE_DERIVED: return "derived constant";
    case ROLE_INPUT: return "arrivals of this step";
    case ROLE_DRIVE: return "driven by the experiment";
    case ROLE_LUMPED: return "synaptic variable, summed over synapses";
    case ROLE_TRACE: return "trace";
    case ROLE_WEIGHT: return "weight";
    case ROLE_HIDDEN: return "bookkeeping";
    case ROLE_RECORDED_LET: return "recorded quantity";
    case ROLE_VALUE: return "presented value";
    case ROLE_POSITION: return "position";
    }
    return "";
}

static void bytes_text(double bytes, char *buf, size_t n) {
    const char *unit[] = {"B", "KiB", "MiB", "GiB"};
    int u = 0;
    while (bytes >= 1024 && u < 3) { bytes /= 1024; u++; }
    snprintf(buf, n, u ? "%.1f %s" : "%.0f %s", bytes, unit[u]);
}

static void explain_fields(const Net *n, const uint32_t *ids, uint32_t count, double entities, FILE *out) {
    char b[32];
    for (uint32_t i = 0; i < count; i++) {
        const Field *f = &n->fields.at[ids[i]];
        bytes_text(entities * 8, b, sizeof b);
        fprintf(out, "    %-24s %-40s %10s%s%s\n", f->name, role_text(f->role), entities > 0 ? b : "8 B each", f->why ? "   " : "", f->why ? f->why : "");
    }
}

static void explain_engine(const NetPop *p, FILE *out) {
    const NetEvent *e = p->event;
    if (!e) return;
    const EngineCost *c = &e->cost;
    if (p->on_events) fprintf(out, "    %-24s %-26s %s\n", "engine", "events", "costs nothing between events; spike times are exact");
    else if (e->why) fprintf(out, "    %-24s %-26s no events: %s %s\n", "engine", "clock", e->equation, e->why);
    else if (c->why) fprintf(out, "    %-24s %-26s %s\n", "engine", "clock", c->why);
    else fprintf(out, "    %-24s %-26s %s\n", "engine", "clock", "could run on events: `engine event` in the experiment, or --engine event");
    if (!c->known || e->why) return;
    double all = p->n * 1e-3;
    fprintf(out, "    %-24s %-26s of %.3g spikes and %.3g arrivals a second: %.3g ms for each second on events, %.3g ms on the clock\n", "estimate", p->on_events ? "events are cheaper" :
            (c->clock - c->events) * all >= 10 ? "not much cheaper" : "little to gain", c->rate, c->arrivals, c->events * all, c->clock * all);
}

// How each state moves from event to event.
static void explain_closed(const Net *n, const NetEvent *e, FILE *out) {
    for (uint32_t k = 0; k < e->n; k++) {
        fprintf(out, "    %-24s %-26s ", n->fields.at[e->state[k]].name, "closed form");
        uint32_t partner = e->n;
        for (uint32_t j = 0; j < e->n; j++)
            if (j != k && e->a[k * e->n + j] && e->a[j * e->n + k]) partner = j;
        if (e->square == k + 1) fputs("quadratic in itself: tangents of the time\n", out);
        else if (partner < e->n) fprintf(out, "exponentials, or waves, with %s\n", n->fields.at[e->state[partner]].name);
        else fputs("exponentials of the time\n", out);
    }
}

static void explain_pop(const Net *n, const NetPop *p, FILE *out) {
    fprintf(out, "\n  population %s: %u x %s\n", p->path, p->n, p->model->body->name);
    explain_engine(p, out);
    if (p->on_events) explain_closed(n, p->event, out);
    for (uint32_t i = 0; i < p->solved.n && !p->on_events; i++)
        fprintf(out, "    %-24s %-26s %s\n", p->solved.at[i].name, method_name(p->solved.at[i].method), p->solved.at[i].reason);
    fputs("    memory\n", out);
    explain_fields(n, p->fields.at, p->fields.n, p->n, out);
}

static const char *rule_text(RuleId r) {
    static const char *const names[] = {
#define RULE(name, args) #name,
#include "sema/rules.def"
#undef RULE
    };
    return names[r];
}

static void explain_proj(const Net *n, const NetProj *p, FILE *out) {
    static const char *const layout[] = {"sparse rows (4 B a synapse)", "dense (no indices)", "one to one (no indices)"};
    double count = estimate_synapses(n, p);
    char b[32];
    const char *kept = p->procedural ? "procedural (drawn anew at each spike)" : layout[p->layout];
    bytes_text(p->procedural ? 0 : (p->layout == CONN_SPARSE ? 4 + 8.0 * p->fields.n : 8.0 * p->fields.n) * count, b, sizeof b);
    fprintf(out, "\n  projection %s: %s, %s\n", p->path, rule_text(p->rule), kept);
    fprintf(out, "    %-24s %s\n", "delay", p->uniform_delay ? "one for all synapses: spike lists wait, no memory" : "differs: rows sorted by delay, then target");
    if (count >= 0) fprintf(out, "    %-24s %.0f expected, %s\n", "synapses", count, b);
    bool weight = false;
    for (uint32_t i = 0; i < p->fields.n; i++) weight |= n->fields.at[p->fields.at[i]].role == ROLE_WEIGHT;
    if (!weight) fprintf(out, "    %-24s %s\n", "weight", "one for all synapses: no memory");
    for (uint32_t i = 0; i < p->placed.n; i++)
        fprintf(out, "    %-24s kept per %-16s %s\n", p->placed.at[i].name, p->placed.at[i].place, p->placed.at[i].why);
    explain_fields(n, p->fields.at, p->fields.n, p->procedural ? 0 : count, out);
    if (p->advance.n) fprintf(out, "    %-24s %s\n", "each step", "visits every synapse (a variable of its own moves or drives its target)");
    if (p->collect.n) fprintf(out, "    %-24s %s\n", "each step", "sums over the sources once, then visits every target (a drive is a sum of products of source and target)");
}

static void explain_parts(const Net *n, FILE *out) {
    for (uint32_t i = 0; i < n->pops.n; i++) explain_pop(n, &n->pops.at[i], out);
    for (uint32_t i = 0; i < n->projs.n; i++) explain_proj(n, &n->projs.at[i], out);
    for (uint32_t i = 0; i < n->params.n; i++) {
        if (!i) fputs("\n  parameters that can be set without compiling again (--set)\n", out);
        fprintf(out, "    %s : %s\n", n->params.at[i].path, dim_text(n->arena, n->params.at[i].dim));
    }
}

void net_explain(const Net *n, FILE *out) {
    uint32_t events = 0;
    for (uint32_t i = 0; i < n->pops.n; i++) events += n->pops.at[i].on_events;
    fprintf(out, "network %s (%s)\n", n->name, !events ? "clock engine" : events == n->pops.n ? "event engine" : "both engines");
    if (events) fprintf(out, "  threads: %s\n", net_event_threads(n));
    if (events) fputs("  order of simultaneous events: arrivals, then spikes; arrivals by projection, source, synapse; spikes by population, neuron\n", out);
    if (events && events == n->pops.n) { explain_parts(n, out); return; }
    fputs("  order of a step, t -> t + dt\n"
          "    1  spikes due at t arrive, projection by projection; the old weight is transmitted, then `on pre` runs\n"
          "    2  `on post` for the spikes stamped t\n"
          "    3  jumps that arrived, `step` blocks, equations to t + dt\n"
          "    4  spike conditions, reset bodies; a spike found here is stamped t + dt\n"
          "    5  recorders\n", out);
    explain_parts(n, out);
}
