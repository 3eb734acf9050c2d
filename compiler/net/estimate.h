// SPDX-License-Identifier: MIT
// What a population costs on either engine, estimated from the file alone: never from a timing, so that the same file gives the same choice everywhere.
#ifndef SNNC_NET_ESTIMATE_H
#define SNNC_NET_ESTIMATE_H
#include "build.h"

void estimate_costs(Build *b);                         // NetPop.event->cost of all populations
bool estimate_prefers_events(const NetPop *p);
double estimate_synapses(const Net *n, const NetProj *p);   // where the rule says them without drawing; -1 otherwise
#endif
