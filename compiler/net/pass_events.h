// SPDX-License-Identifier: MIT
// What the files of the event classification share: a population under examination.
#ifndef SNNC_NET_PASS_EVENTS_H
#define SNNC_NET_PASS_EVENTS_H
#include "build.h"
#include "memo.h"

enum { EVENT_STATES = 12, EVENT_RULES = 16 };
// Leaves that become fields when the population is to run on events: the time since `present`; up to when the times of a rule are past.
enum { LEAF_SINCE = 1 << 28, LEAF_PAST };
typedef struct Ev {
    Build *b; PopBuild *p; Net *net; const Body *body; NetEvent *e;
    uint32_t n; uint32_t field[EVENT_STATES]; Node leaf[EVENT_STATES], c[EVENT_STATES][EVENT_STATES], rest[EVENT_STATES]; const Var *var[EVENT_STATES];
    uint32_t order[EVENT_STATES];
    Env env;
} Ev;
typedef struct LevelOf { Node *w, level; } LevelOf;

bool events_refuse(Ev *v, Span at, const char *equation, const char *why);       // false; the first reason is kept
const char *events_moving(const Net *n, Node x);       // what in x moves between events, as words; NULL: nothing does
Env events_env(const Ev *v);                           // a copy to assign in
bool events_draw(const Net *n, Node x);
bool events_level(Ev *v, const SpikeEvent *q, Node f, LevelOf *out);             // f = w x + level, linear in the states
bool events_reset(Ev *v, const SpikeEvent *q, Program *reset, Node *refractory);
// pass_event_rules.c
bool events_rules(Ev *v);                              // several spike rules, or one that goes by time or has a condition beside its level
bool events_settle(Ev *v);                               // a `step` block that does nothing unless something has happened
void events_provide_rules(Net *n, NetPop *np);
#endif
