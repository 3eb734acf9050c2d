// SPDX-License-Identifier: MIT
// summary.json: what ran, how long, how much, and what came out.
#ifndef SNN_HOST_SUMMARY_H
#define SNN_HOST_SUMMARY_H
#include "host/record.h"
#include "host/results.h"

typedef struct Summary {
    const char *version, *file, *precision, *engine;
    uint64_t seed; double dt_ms; int threads; bool complete;
    double compile, construct, simulate;        // seconds
    double biological_seconds;
    int64_t synapses, synaptic_events, plastic_updates;
    const Recorder *const *recorder; int64_t nrecorders;   // the networks; names get the network's name in front when there are several
    const Results *results;
} Summary;
// Writes under a temporary name, then renames. False and a message on failure.
bool summary_write(const Summary *s, const char *path, char *err, size_t errlen);
int64_t summary_peak_rss(void);                 // bytes
#endif
