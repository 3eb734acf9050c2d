// SPDX-License-Identifier: MIT
// A running experiment: what the functions of abi.def share. Generated bodies call snn__x_*; each file of runtime/host that
// implements some of them includes this header.
#ifndef SNN_HOST_EXPERIMENT_H
#define SNN_HOST_EXPERIMENT_H
#include "core/connect/levels.h"
#include "core/seen.h"
#include "core/observe.h"
#include "core/port.h"
#include "host/analysis.h"
#include "host/record.h"
#include "host/results.h"
#include "snn_program.h"
#include <setjmp.h>
#include <stdbool.h>

// One run of the program: the command line and what all experiments of the process share. Read-only while bodies run.
typedef struct RunOptions {
    const SnnProgram *program;
    const char *experiment, *out, *data;        // NULL: the first; no folder is written; only beside the file
    bool quiet, has_seed, resume; uint64_t seed; int threads; double compile_seconds;
    const double *set; const unsigned char *is_set; // K overrides of --set, by [net] then slot: index set_base[net] + slot
    const int64_t *set_base;
    const struct InstTap *tap;                  // sees every network run, or NULL
    FILE *text;                                 // where prints go; NULL: standard output
    SnnLevels levels;                           // of weights of connections that do not learn
    SnnSeen *seen;                              // by network: a calibration run notes its bounds there; NULL: none
} RunOptions;

typedef struct XWish XWish;                     // a recording asked for before the network was constructed
// One network of an experiment. inst and rec are NULL until something needs the network (x_built).
typedef struct SnnUse {
    const SnnNet *net; int64_t number; bool used;
    double *K; unsigned char *is_set;           // arguments of `use` and --set
    SnnInst *inst; Recorder *rec;
    XWish *wish; int64_t nwishes, capwishes;
} SnnUse;

struct SnnX {
    const RunOptions *options; const SnnExperiment *experiment;
    SnnUse *use; int64_t nuses;                 // by number of the network
    double dt; uint64_t seed; int threads; double t;        // t: biological time so far, ms
    ArrayPool pool; Results results; RecordFolder *folder; void *data;   // data: data sets, runtime/host/dataset.c's
    bool written;                               // results are on disk: logs are closed
    bool is_sweep_item; char group[96];         // sub-folder for files of one run of a sweep
    int64_t index, repeat;                      // of that run: its draws are a stream of their own
    bool is_known;                              // that run was finished before an interruption: only its results are read
    int64_t nsweeps;                            // sweeps begun so far
    int64_t ntrains;                            // spike trains changed by chance so far
    char **path; int64_t npaths;                // texts of x_path
    double seconds_construct, seconds_simulate, biological_ms;
    SnnTotals totals;                           // of networks already released
    SnnError error; bool interrupted; jmp_buf leave;
};

// Ends the body: unwinds to whoever started it. code: exit code. The first message stays.
_Noreturn void x_fail(SnnX *x, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));
SnnUse *x_built(SnnX *x, int64_t net);          // constructs the network if need be; then inst and rec are there
// A file named in the experiment: as given when absolute, else beside the .snn file, else in --data. The text lives as long as x.
const char *x_path(SnnX *x, const char *name);

// experiment.c
void x_open(SnnX *x, const RunOptions *o, const SnnExperiment *e, const SnnX *parent);   // parent: of a run of a sweep, or NULL
void x_close(SnnX *x);                          // networks, arrays, results: everything but the folder
int x_body(SnnX *x, void (*body)(SnnX *x, int64_t *frame), int64_t *frame);              // 0, or -1 with x->error
uint64_t x_mix(uint64_t seed, int64_t index, int64_t repeat);
int64_t x_steps(SnnX *x, double ms, const char *what);      // whole steps, with a warning when it is no multiple of dt
// signal.c: the flag of SIGINT and SIGTERM
void run_catch_signals(void);
bool run_interrupted(void);
int experiment_run(const RunOptions *o);        // the chosen experiment, results and summary; returns the exit code
int snn_main(int argc, char **argv, const SnnProgram *program);
// The same for a program just compiled: seconds spent compiling go to summary.json.
int snn_main_timed(int argc, char **argv, const SnnProgram *program, double compile_seconds);
// The same for who wants to see the networks as they run (threads: one); prints go to `text`.
int snn_main_tapped(int argc, char **argv, const SnnProgram *program, const struct InstTap *tap, FILE *text);
int snn_main_seen(int argc, char **argv, const SnnProgram *program, SnnSeen *seen);    // notes bounds, by network
#endif
