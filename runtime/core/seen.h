// SPDX-License-Identifier: MIT
// A calibration run notes between which bounds every field and every constant stays, for the choice of fixed-point formats.
#ifndef SNN_SEEN_H
#define SNN_SEEN_H
#include <stdint.h>
typedef struct SnnInst SnnInst;

// field[2*f], field[2*f + 1]: least and largest value of field f; k likewise by slot; the first above the second: nothing seen yet. Of one
// network, by one thread at a time.
typedef struct SnnSeen { double *field, *k, ms; } SnnSeen;
void seen_neurons(SnnInst *in);         // within a step: before the neurons move (all that arrived is in their inputs) and after
void seen_synapses(SnnInst *in);        // all fields of synapses
void seen_constants(SnnInst *in);       // and the time
#endif
