// SPDX-License-Identifier: MIT
// What the event engine of small machines (events.c) and the generated module know of each other, beside core/event32.h.
#ifndef SNN_EMBEDDED_EVENTS_H
#define SNN_EMBEDDED_EVENTS_H
#include "core/event32.h"

// Neurons lo .. lo + n - 1. n: elements at `at`; 1 in a larger population: the same for all. state: number among those of the population, or UINT32_MAX.
typedef struct Ev32Field { uint32_t pop, lo, n, state; Ev32At at; } Ev32Field;
typedef struct Ev32Spike { Ev32Time at; float offset; uint32_t port, id; } Ev32Spike;
#endif
