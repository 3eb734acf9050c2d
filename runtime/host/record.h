// SPDX-License-Identifier: MIT
// What is remembered of a running network: per-neuron spike statistics (always), spike trains in compact form (for analysis), and
// what the experiment records, appended to logs in the results folder.
//
// A RecordFolder is the --out folder of one program run. A Recorder belongs to one constructed network; several share a folder.
// Steps are those of the spikes' stamps (core/observe.h). All functions of one Recorder are called from one thread at a time; a
// RecordFolder locks itself.
#ifndef SNN_HOST_RECORD_H
#define SNN_HOST_RECORD_H
#include "core/observe.h"
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
// Converts what a killed run left in a folder. False and a message when that fails or when a run is still writing there.
bool record_recover(const char *dir, char *err, size_t errlen);

// --- recorder of one network ---
typedef struct SpikeCell { int64_t first, last, present_first; uint64_t sum_sq; uint32_t n, present_n;
    double first_off, last_off, extra; } SpikeCell;     // events: exact time minus stamp in steps, 0 or below; what sum_sq lacks by it   // steps; first, last, sum_sq, n since the last discard
typedef struct SpikeStep { int64_t step, start; } SpikeStep;
enum { RECORD_WAITING = 16 };
typedef struct SpikeTrain {                     // one port of one population since the last discard
    struct Recorder *owner; int64_t pop, port;
    int64_t total;                              // spikes
    SpikeCell *cell;                            // per neuron; up to date after record_settle
    struct { int64_t step; double off; uint32_t id; } waiting[RECORD_WAITING]; int nwaiting;   // spikes that their cells have not heard of yet
    SpikeStep *step; int64_t nsteps, capsteps;  // steps with spikes; their spikes are id[step[i].start .. step[i+1].start]
    uint32_t *id; int64_t nids, capids;
    bool dropped;                               // trains were given up (over the memory limit); statistics go on
} SpikeTrain;
typedef struct Recorder Recorder;
struct Recorder {
    const SnnNet *net; SnnInst *inst; double dt;
    SpikeTrain **train;                         // [pop][port]
    int64_t start, now, present;                // steps: begin of the analysed window, last step seen, last `present`
    const double *offset;                       // of the spikes heard of now (SnnInst.offset)
    bool discarding;                            // between discard_begin and discard_end nothing is kept
    bool failed;                                // writing failed (record_folder_error tells): stop the run with exit code 3
    int64_t train_limit, train_total;           // ids kept in memory over all trains
    RecordFolder *folder; char group[96];       // sub-folder for the files, "" for the folder itself
    struct RecordItem **item; int64_t nitems;   // what goes to logs
    double t0, flushed;                         // time of step 0 in ms; wall clock of the last flush
};

Recorder *record_new(const SnnNet *net, double dt, RecordFolder *folder /* or NULL */, const char *group);   // NULL: out of memory
bool record_attach(Recorder *r, SnnInst *in);   // observes the spikes of all populations; false: out of memory
void record_free(Recorder *r);                  // before or after the instance goes, but before the folder
// What goes to files, after record_attach. Samples begin with the present state. False: record_folder_error tells (exit code 3).
bool record_add_spikes(Recorder *r, int64_t pop, int64_t port, int64_t lo, int64_t hi);
bool record_add_field(Recorder *r, int64_t field, int64_t lo, int64_t hi /* < 0: all */, double every_ms, bool single);
void record_settle(SpikeTrain *t);                          // before its cells are read
void record_now(Recorder *r, int64_t step);     // tells the time: after each `run` and before any analysis
bool record_flush(Recorder *r);                 // at the end of `run`; also by itself about once a second
void record_present(Recorder *r);
void record_discard_begin(Recorder *r);
void record_discard_end(Recorder *r);           // after record_now; statistics and trains begin anew here
void record_spikes(Recorder *r, int64_t pop, int64_t port, int64_t step, const uint32_t *ids, int64_t n);   // what the observers call
static inline double record_time(const Recorder *r, int64_t step) { return r->t0 + (double)step * r->dt; }
#endif
