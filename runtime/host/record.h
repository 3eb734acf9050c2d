// SPDX-License-Identifier: MIT
// What is remembered of a running network: per-neuron spike statistics (always), spike trains in compact form (for analysis), and
// what the experiment records, appended to logs in the results folder.
//
// A RecordFolder is the --out folder of one program run. A Recorder belongs to one constructed network; several share a folder.
// Steps are those of the spikes' stamps: a spike found while stepping from t_k to t_(k+1) has step k+1. All functions of one
// Recorder are called from one thread at a time; a RecordFolder locks itself.
#ifndef SNN_HOST_RECORD_H
#define SNN_HOST_RECORD_H
#include "snn_program.h"
#include <stdbool.h>
#include <stddef.h>

// --- results folder ---
typedef struct RecordFolder RecordFolder;
// Makes the folder, proves that it can be written, and converts logs that an earlier, killed run left there. NULL and a message otherwise (exit 2).
RecordFolder *record_folder(const char *dir, char *err, size_t errlen);
const char *record_folder_path(const RecordFolder *f);
const char *record_folder_error(RecordFolder *f);           // NULL, or the first failure of writing (exit 3)
void record_folder_fail(RecordFolder *f, const char *text); // notes a failure of somebody else's file
// Closes the logs and turns them into spikes.h5 and report_*.h5. Logs stay where that fails. False and a message on any failure.
bool record_folder_finish(RecordFolder *f, char *err, size_t errlen);
void record_folder_free(RecordFolder *f);

// --- recorder of one network ---
typedef struct SpikeCell { int64_t first, last, present_first; uint64_t sum_sq; uint32_t n, present_n; } SpikeCell;   // steps; first, last, sum_sq, n since the last discard
typedef struct SpikeStep { int64_t step, start; } SpikeStep;
typedef struct SpikeTrain {                     // one port of one population since the last discard
    int64_t total;                              // spikes
    SpikeCell *cell;                            // per neuron
    SpikeStep *step; int64_t nsteps, capsteps;  // steps with spikes; their spikes are id[step[i].start .. step[i+1].start]
    uint32_t *id; int64_t nids, capids;
    bool dropped;                               // trains were given up (over the memory limit); statistics go on
} SpikeTrain;
typedef struct Recorder Recorder;
struct Recorder {
    const SnnNet *net; double dt;
    SpikeTrain **train;                         // [pop][port]
    int64_t start, now, present;                // steps: begin of the analysed window, last step seen, last `present`
    bool discarding;                            // between discard_begin and discard_end nothing is kept
    int64_t train_limit, train_total;           // ids kept in memory over all trains
    RecordFolder *folder; char group[96];       // sub-folder for the files, "" for the folder itself
    struct RecordItem *item; int64_t nitems;    // what goes to logs
    double t0, flushed;                         // time of step 0 in ms; wall clock of the last flush
};

Recorder *record_new(const SnnNet *net, double dt, RecordFolder *folder /* or NULL */, const char *group);   // NULL: out of memory
void record_free(Recorder *r);
bool record_add_spikes(Recorder *r, int64_t pop, int64_t port, int64_t lo, int64_t hi);     // false: record_folder_error tells
bool record_add_field(Recorder *r, int64_t field, int64_t lo, int64_t hi, double every_ms, bool single);   // neurons [lo, hi); synapses of a projection when the field is a projection's
// Each step, in this order: the spikes of each population and port that has any, then the end of the step. Samples are taken at the end of a step (time = its stamp).
void record_spikes(Recorder *r, int64_t pop, int64_t port, int64_t step, const uint32_t *ids, int64_t n);
bool record_step(Recorder *r, int64_t step, void *const *fields);      // false: writing failed (stop the run)
bool record_start(Recorder *r, void *const *fields);                   // samples the state before the first step (step = now)
bool record_flush(Recorder *r);                                        // at the end of `run`; also by itself about once a second
void record_present(Recorder *r);
void record_discard_begin(Recorder *r);
void record_discard_end(Recorder *r);                                  // statistics and trains begin anew here
static inline double record_time(const Recorder *r, int64_t step) { return r->t0 + (double)step * r->dt; }
#endif
