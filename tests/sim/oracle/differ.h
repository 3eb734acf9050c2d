// SPDX-License-Identifier: MIT
// Runs one program three times and compares: optimised machine code; the interpreter on the same Net, which must agree bit by bit; the
// interpreter on the Net without placement (every synapse variable in its synapse), whose synapses must agree up to rounding.
#ifndef ORACLE_DIFFER_H
#define ORACLE_DIFFER_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct DifferOptions {
    int64_t steps;
    uint64_t seed;
    const char *cpu;                // NULL: this machine's
    bool plain, single;
    int threads;
    int64_t bundle;                 // least row length of a bundle (InstOptions)
    double dt, tolerance;           // relative, for the comparison without placement
    double share;                   // > 0: neurons with lumped drives as well, within this fraction of the largest lumped state (small dt)
} DifferOptions;
typedef struct DifferCounts { uint64_t programs, neurons, synapses, spikes, arrivals; } DifferCounts;

// All networks of the file. True when everything agrees; else `why` says where it first does not. refused: the compiler took the
// program for wrong (it showed why).
bool differ(const char *path, const DifferOptions *o, DifferCounts *counts, bool *refused, char *why, size_t size);
#endif
