// SPDX-License-Identifier: MIT
// The event engine on a small machine: core/event32_engine.h with what the generated module provides. Compiled to bitcode for each instruction set
// and linked into the module, which wraps the functions below as PREFIX_advance_until and so on (gen/embed_events.c). No memory of its own:
// everything lies in the network's state `s`.
#include "embedded/events.h"

typedef void Jump(void *s, uint32_t index);
typedef void Range(void *s, uint32_t lo, uint32_t hi);
typedef void Walk(void *s, uint32_t index, uint32_t class);
float snn__e_exp(float x);                             // by the module
float snn__e_wait(uint64_t seed, uint32_t id, uint32_t pop, uint32_t count);

#define E_EXP(x) snn__e_exp(x)
#define E_WAIT(seed, id, pop, count) snn__e_wait(seed, id, pop, count)
#define E_CLOCK(net, s, t) (E_CORE->now = (t), *(uint32_t *)(s) = (uint32_t)((uint64_t)(t) >> EV32_SHIFT))      // kernels read the step there
#define E_RESET(net, s, p, id) ((Jump *)(p)->reset)(s, id)
#define E_CONSTANTS(net, s, p, lo, hi) ((Range *)(p)->constants)(s, lo, hi)
#define E_DELIVER(net, s, q, index, class) ((Walk *)(q)->deliver)(s, index, class)
#define E_POST(net, s, q, index, class) ((Jump *)(q)->post)(s, index)
#define E_PRE_JUMP(net, s, q, index) ((Jump *)(q)->pre_jump)(s, index)
#define E_POST_JUMP(net, s, q, index) ((Jump *)(q)->post_jump)(s, index)
#define E_TELL(net, s, pop, id, t) tell(net, s, pop, id, t)
#define E_FULL(net, s) (E_CORE->told > (net)->list_full)
#define E_ROOM(net, s, log) false
#define E_PEAK(net, s, log, n) ((void)0)
static void tell(const Ev32Net *net, void *s, uint32_t pop, uint32_t id, int64_t t);
#include "core/event32_engine.h"

static void tell(E_ARGS, uint32_t pop, uint32_t id, Ev32Time t) {
    for (uint32_t k = 0; k < net->nports; k++) {
        const Ev32Port *p = &net->port[k];
        if (p->told && p->pop == pop && id - p->lo < p->n) E_AT(Ev32Told, net->list)[E_CORE->told++] = (Ev32Told){ t, k, id - p->lo };
    }
}

// ---- what the module calls ----

void snn__e_start(E_ARGS) { e_forget(net, s, 0); }
void snn__e_begin(E_ARGS) { e_begin_all(net, s); }
Ev32Time snn__e_next(E_ARGS) {
    Ev32Time t = EV32_NEVER;
    e_next(net, s, &t);
    return t;
}
Ev32Time snn__e_advance(E_ARGS, Ev32Time t) {
    e_advance(net, s, t);
    return snn__e_next(net, s);
}
Ev32Time snn__e_now(E_ARGS) { return E_CORE->now; }
uint32_t snn__e_inject(E_ARGS, uint32_t port, uint32_t id) {
    if (E_FULL(net, s)) return 0;
    if (port < net->nports && id < net->port[port].n) e_inject(net, s, net->port[port].pop, net->port[port].lo + id);
    return 1;
}
// Takes spikes out of the list, the oldest first.
uint32_t snn__e_spikes(E_ARGS, Ev32Spike *out, uint32_t max) {
    Ev32Told *list = E_AT(Ev32Told, net->list);
    uint32_t n = E_CORE->told, taken = n < max ? n : max;
    for (uint32_t i = 0; i < taken; i++)
        out[i] = (Ev32Spike){ list[i].at, (float)(uint32_t)(list[i].at & 0xFFFFFF) * 0x1p-24f, list[i].port, list[i].id };
    for (uint32_t i = taken; i < n; i++) list[i - taken] = list[i];
    E_CORE->told = n - taken;
    return taken;
}
uint32_t snn__e_lost(E_ARGS) { return E_CORE->lost; }
uint32_t snn__e_trouble(E_ARGS) { return E_CORE->endless; }
uint32_t snn__e_events(E_ARGS) { return E_CORE->events; }

static const Ev32Field *field(const Ev32Field *list, uint32_t n, uint32_t number, uint32_t id) { return number < n && id < list[number].n ? &list[number] : 0; }
void snn__e_input(E_ARGS, const Ev32Field *list, uint32_t n, uint32_t number, uint32_t id, float value) {
    const Ev32Field *f = field(list, n, number, id);
    if (!f) return;
    E_AT(float, f->at)[id] = value;
    id += f->lo;
    e_mark(net, s, f->pop, id);
    const Ev32Pop *p = &net->pop[f->pop];
    e_touch(net, s, p, id, E_CORE->now);
    E_CLOCK(net, s, E_CORE->now);
    if (p->constants) E_CONSTANTS(net, s, p, id, id + 1);
    E_AT(uint8_t, net->sure)[p->base + id] = 0;
    e_begin(net, s, f->pop, id);
}
// As it is now; nothing is moved by looking.
float snn__e_state(E_ARGS, const Ev32Field *list, uint32_t n, uint32_t number, uint32_t id) {
    const Ev32Field *f = field(list, n, number, id);
    float z[2 * EV32_STATES + 1];
    if (!f) return 0;
    if (f->state == UINT32_MAX) return E_AT(float, f->at)[id];
    e_peek(net, s, &net->pop[f->pop], f->lo + id, E_CORE->now, z, 0);
    return z[f->state];
}

// ---- what a board's experiment does ----

void snn__e_touch_all(E_ARGS) { e_touch_all(net, s); }
void snn__e_forget(E_ARGS) { e_forget(net, s, E_CORE->now); }
void snn__e_changed(E_ARGS) { e_begin_marked(net, s); }
// A word of the state gets another value: the neurons that read it are marked.
void snn__e_poke(E_ARGS, const Ev32Field *list, uint32_t n, uint32_t at, uint32_t value) {
    uint32_t *word = E_AT(uint32_t, at);
    if (*word == value) return;
    *word = value;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t k = (at - (uint32_t)list[i].at) / 4;
        if (at < list[i].at || k >= list[i].n) continue;
        uint32_t one = list[i].n > 1 || net->pop[list[i].pop].n == 1, lo = list[i].lo + (one ? k : 0), hi = one ? lo + 1 : net->pop[list[i].pop].n;
        for (uint32_t id = lo; id < hi; id++) e_mark(net, s, list[i].pop, id);
    }
}
