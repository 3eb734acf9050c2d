// SPDX-License-Identifier: MIT
// How far two runs of one experiment are apart: rates, irregularity, and spike times paired neuron by neuron. Made for precisions and
// engines: the same file and seed, other arithmetic.
#ifndef SNN_HOST_COMPARE_H
#define SNN_HOST_COMPARE_H
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

typedef struct CompareSpikes {          // of one population whose spikes both runs recorded
    int64_t count, reference;           // spikes in all
    int64_t paired;                     // spikes of the reference that have a partner at most one step away, each partner taken once
    double mean_ms, max_ms;             // |difference| of the paired ones
    double shift_ms;                    // mean |difference| of the n-th spikes of the same neuron, as far as both have one; NaN: there are none
    double first_ms;                    // the earliest spike of either run without a partner; NaN: all have one
} CompareSpikes;
// Times in ms, sorted; `id` names the neuron of each spike. false: no memory.
bool compare_spikes(const double *t, const uint32_t *id, int64_t n, const double *ref_t, const uint32_t *ref_id, int64_t ref_n, double step_ms, CompareSpikes *out);

// Compares what two runs left in their folders and prints a table to `to`; with json_path also writes it there. Returns an exit code: 0,
// 2 (a folder without a summary.json), 3 (cannot write). `name` and `ref_name` head the columns.
int compare_folders(const char *dir, const char *name, const char *ref_dir, const char *ref_name, const char *json_path, FILE *to);
#endif
