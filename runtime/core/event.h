// SPDX-License-Identifier: MIT
// The event engine of one network. A neuron is touched only when something happens to it: a spike arrives, it spikes itself, somebody looks at it.
// Its state moves there by its closed form (event_modes.h); whether it is going to spike is judged after each arrival, at first by two
// cheap bounds, then by a search for the first crossing. A neuron has at most one entry in the queue: its spike, or a time before which it cannot.
//
// Order of events: (time; arrivals before spikes; arrivals by projection, source, synapse, spikes by population and neuron). A spike of zero
// delay arrives at its own time, before other spikes of that time.
//
// The neurons of all populations are shared out between units, one a thread, each with a queue and with its own place in the logs. What a unit does reads and
// writes its own neurons only, so which unit a neuron belongs to changes nothing; event_team.c says how long units may run without hearing from each other.
//
// Populations on the clock hear of the spikes of a step through the usual lists, and theirs arrive here at the exact time t_k + delay.
#ifndef SNN_EVENT_H
#define SNN_EVENT_H
#include "core/event_modes.h"
#include "core/event_queue.h"
#include "core/event_square.h"
#include "core/inst.h"

enum { EV_MANY = 64 };                                   // neurons that are worked on together
typedef struct EvSpike { EvTime at; uint32_t id; } EvSpike;
// The spikes of one port, in order of time, as long as some connection still waits for them. Position p is at[p & (cap - 1)].
typedef struct EvLog { EvSpike *at; int64_t cap, head; } EvLog;
// One delay of one connection: how far it has read the log of its source.
typedef struct EvCursor { int64_t proj, class, log, position; EvTime delay, next; bool waiting; } EvCursor;     // waiting: nothing to read
typedef struct EvForm { EvModes free, held; EvLevel level; double *key; size_t bytes; } EvForm;     // of all neurons whose coefficients are these
typedef struct EvPop {
    const SnnEvent *d; const SnnPop *pop; int64_t index, n, base, log;     // base: number of neuron 0 in the queue
    EvForm **form; int64_t nforms, capforms; uint32_t *kind;     // by neuron; NULL: all are of form 0
    bool has_level, has_buffer, feeds_clock;
    double *x[EV_STATES], *buffer[EV_STATES];            // fields
    EvEntry *cell; bool rests; uint32_t *count; double *drawn;   // of neuron 0 in the queue; there is a refractory period; own draws, the rates of the last ones
    EvTime *last, *until; uint8_t *mark; float (*low)[EV_FINE];                 // the state belongs to this time; end of refractoriness; what else is to be looked at when something arrives; what rounding took from the fine states
    double *still; size_t still_bytes; int64_t stride, at_fine, at_zero, at_peak, at_slope, at_square;     // per neuron (stride 0: the same for all): b, then what it gives to the chains
    bool alike;                                          // all neurons have the same: that of neuron 0 is looked at
    struct EvRule *rule;                                 // event_rules.c: levels of several rules; or NULL
} EvPop;
typedef struct EvRule { SnnEvent event; EvPop level; } EvRule;
static inline const EvForm *form_of(const EvPop *p, uint32_t id) { return p->form[p->kind ? p->kind[id] : 0]; }
enum { EV_WAITS = 1, EV_RESTS = 2 };                     // marks: may have an entry in the queue; may be refractory after `last`
typedef struct EvDue { EvTime at; int64_t pop; uint32_t id; } EvDue;
typedef struct EvOut { EvTime at; uint32_t pop, id; bool own; uint8_t port; } EvOut;    // own: the neuron's own spike, not one from outside
typedef struct EvWait { EvTime at; uint32_t cursor, source, entry; int member; } EvWait;      // one synapse's arrival (event_late.c)
typedef struct EvUnit {
    _Alignas(64) struct SnnEvents *ev; Member *w; int first, last;        // members whose neurons these are
    EvQueue queue; EvCursor *cursor; uint32_t *ready; int64_t nready;     // heap of cursors that have something to read
    EvWait *wait; int64_t nwait, capwait;                // heap: arrivals with delays of their own, within a tick
    int64_t emitted_at, done;                            // place among the spikes from outside; events so far
    EvOut *out; int64_t nout, told, capout;              // found in this window
    int64_t same; uint64_t same_id; EvTime same_at;      // spikes without end
} EvUnit;
struct SnnEvents {
    SnnInst *in; Member *w; bool pure;                   // pure: no population is on the clock
    EvPop *pop; EvEntry *entry; EvTime *last, *until; uint8_t *mark; float (*low)[EV_FINE]; int64_t nentries;     // of all neurons: an arrival touches as few lines of memory as can be
    EvUnit *unit; int nunits; EvTime look, end; double span; int64_t work; bool dismissed;   // shortest delay; end of the window, most ticks of one, events of the last
    int64_t *log_of; EvLog *log; int64_t nlogs;           // by population: number of the log of its port 0, or -1
    int64_t ncursors;
    EvDue *emitted; int64_t nemitted, capemitted;        // spikes from outside, by time
    double offset;                                       // of the spike that observers hear of
    double *kept; int64_t kept_cap;                      // states while somebody looks
};

// event_open.c
int events_open(SnnInst *in, SnnError *err);             // makes in->events when some population runs on events
void events_close(SnnInst *in);
int events_outside(SnnInst *in, int64_t pop, const int64_t *stamp, const double *offset, const uint32_t *index, int64_t n, SnnError *err);   // offset: NULL: 0
void events_begin(struct SnnEvents *ev);                 // a run begins: what was changed since takes effect
void events_sync(struct SnnEvents *ev, EvTime t);        // all fields show the state at t
void events_show(struct SnnEvents *ev, EvTime t, bool show);   // the same for a moment; then as it was
void events_forget(struct SnnEvents *ev);                // reset: no spikes under way, states belong to now
bool events_alone(const SnnNet *net);                    // they run on one thread: somebody reads, at a spike, neurons that others may own
void events_restart(struct SnnEvents *ev, EvPop *p, int64_t lo, int64_t hi, EvTime t);    // what these do next
// event_form.c
int forms_make(const struct SnnEvents *ev, EvPop *p, SnnError *err);
void forms_free(EvPop *p);
void events_constants(struct SnnEvents *ev, EvPop *p, int64_t lo, int64_t hi);   // what drives and parameters change
void events_driven(struct SnnEvents *ev, EvPop *p, int64_t lo, int64_t hi, EvTime t);
// event.c
void event_touch(struct SnnEvents *ev, EvPop *p, const uint32_t *id, int64_t n, EvTime t);
void event_touch_one(const struct SnnEvents *ev, EvPop *p, uint32_t id, EvTime t);
void event_begin(EvUnit *u, EvPop *p, uint32_t id, EvTime t);
void event_move(const struct SnnEvents *ev, const EvPop *p, uint32_t id, EvTime from, EvTime to, EvState *x, EvState *out);
void event_program(EvPop *p, SnnInitFn *program, Member *w, uint32_t id);     // reset, presented: what they set has no low word
double event_constant(const struct SnnEvents *ev, int64_t code, uint32_t id);   // of SnnEvent, for one neuron
void event_judge(EvUnit *u, EvPop *p, uint32_t id, EvTime t, bool search);
void event_ask(void *unit, uint32_t number);              // for the memory of a neuron
void event_ctx(EvUnit *u, EvTime t);                     // kernels see this time
void event_arrived(EvUnit *u, EvPop *p, const uint32_t *id, int64_t n, EvTime t);   // jumps that waited act; does what was promised still hold?
void event_wake(EvUnit *u, EvCursor *c);                 // something new to read, perhaps
void event_put(EvUnit *u, EvPop *p, uint32_t id, EvTime t, int rule);            // spikes at t by that rule, if nothing happens before
int event_rule_due(const EvPop *p, uint32_t id);         // the rule by which it is going to spike; -1: none
double event_crossing(const EvPop *p, uint32_t id, EvState *x);             // ms from state x to the spike, -1: never
EvTime event_next(EvUnit *u, EvTime limit);              // of the next event; limit: none before
void event_run(EvUnit *u, EvTime limit);                 // all events of a unit before limit
void event_drop(EvUnit *u, EvPop *p, uint32_t id);        // takes its entry from the queue
void event_jump(EvPop *p, uint32_t id, int64_t state, double v);
void event_rests(EvUnit *u, EvPop *p, uint32_t id);
void event_settle(EvUnit *u, EvPop *p, uint32_t id, EvTime t, double safe);
// event_many.c: at most EV_MANY neurons of a population that fits; without edges
bool many_fits(const EvPop *p);
void many_touch(struct SnnEvents *ev, EvPop *p, const uint32_t *id, int64_t n, EvTime t);   // any number
void many_arrived(EvUnit *u, EvPop *p, const uint32_t *id, int64_t n, EvTime t);
// event_late.c
void late_expand(EvUnit *u, const EvCursor *c, EvSpike s);
void late_arrive(EvUnit *u);                             // the first of the heap
// event_rules.c
int rules_open(EvPop *p, SnnError *err);
int rules_forms(const struct SnnEvents *ev, EvPop *p, SnnError *err);
void rules_constants(struct SnnEvents *ev, EvPop *p, int64_t lo, int64_t hi);
void rules_close(EvPop *p);
void rules_since(const struct SnnEvents *ev, const EvPop *p, uint32_t id, EvTime t);       // programs that ask see the time since `present`
void rules_settle(SnnCtx *ctx, const struct SnnEvents *ev, const EvPop *p, uint32_t id, EvTime t);   // something has happened
void rules_judge(EvUnit *u, EvPop *p, uint32_t id, EvTime now);
void rules_spike(EvUnit *u, EvPop *p, uint32_t id, int64_t r, EvTime t);
void rules_presented(EvUnit *u, EvPop *p, uint32_t id);
// event_team.c
void event_spiked(EvUnit *u, EvPop *p, uint32_t id, EvTime t, bool from_outside, int port);
void event_heard(struct SnnEvents *ev, int64_t log, EvTime t, uint32_t id);     // a spike enters the log of its source
void event_advance(struct SnnEvents *ev, EvTime limit);  // all events before limit; thread 0, while others are in event_serve
void event_serve(struct SnnEvents *ev, int thread);
void event_dismiss(struct SnnEvents *ev);                // thread 0: the others may go
// event_run.c
int events_run(SnnInst *in, int64_t steps, const InstControl *control);         // a network that is pure; as inst_run
void events_step(SnnInst *in, int64_t k, bool begin);    // before step k of a network of both kinds
int64_t event_appointment(const SnnInst *in, int64_t k, int64_t last);          // the next step up to `last` at which something besides events is to be done
void events_heard(SnnInst *in, int64_t k);               // after it: spikes of populations on the clock
static inline EvTime ev_delayed(EvTime t, EvTime delay) {
    t.tick += delay.tick;
    t.off += delay.off;
    if (t.off >= 1) { t.off -= 1; t.tick++; }
    return t;
}
static inline bool events_own(const SnnInst *in, int64_t pop) { return (in->events || in->events32) && in->net->pops[pop].event; }
#endif
