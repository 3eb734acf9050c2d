// SPDX-License-Identifier: MIT
// Arrays of experiments and what is computed from spikes. Arrays live until their ArrayPool goes, or until a loop has made many and nobody
// knows one any more (array_collect).
#ifndef SNN_HOST_ANALYSIS_H
#define SNN_HOST_ANALYSIS_H
#include "snn_program.h"
#include "host/record.h"
#include <stddef.h>

typedef struct DataSet DataSet;
typedef struct SnnArray {
    int64_t n; double *at;                      // at: NULL for a view of a data item
    double step;                                // spacing of the samples (ms; kHz for a spectrum), 0: none
    const DataSet *data; int64_t item;
    struct SnnArray *next;
    int64_t held;                               // by code, outside the variables of the experiment
} SnnArray;
typedef struct ArrayPool { SnnArray *first; size_t fresh, limit; } ArrayPool;     // fresh: bytes since the last collection
SnnArray *array_new(ArrayPool *p, int64_t n);   // zeros; ends the program with a message when memory is short
void array_free_all(ArrayPool *p);
void array_collect(ArrayPool *p, const int64_t *frame, int64_t slots);       // frees arrays that no slot of the frame names, now and then
void array_hold_named(ArrayPool *p, const int64_t *frame, int64_t slots);    // those that a copy of the frame goes on naming
double array_at(const SnnArray *a, int64_t i);
void array_read(const SnnArray *a, int64_t lo, int64_t n, double *out);      // values, without copying the views of data sets as a whole

// From spikes, port 0, neurons [lo, hi). Formulae beside the functions.
double analysis_rate(const Recorder *r, int64_t pop, int64_t lo, int64_t hi);                       // kHz
double analysis_cv_isi(const Recorder *r, int64_t pop, int64_t lo, int64_t hi);                     // NaN: no neuron with 3 spikes
double analysis_correlation(const Recorder *r, int64_t pop, int64_t lo, int64_t hi, double bin);    // NaN: undefined
int64_t analysis_count(const Recorder *r, int64_t pop, int64_t lo, int64_t hi);
SnnArray *analysis_rate_array(ArrayPool *p, const Recorder *r, int64_t pop, int64_t lo, int64_t hi, double bin);
SnnArray *analysis_counts(ArrayPool *p, const Recorder *r, int64_t pop, int64_t lo, int64_t hi);
SnnArray *analysis_first_spike(ArrayPool *p, const Recorder *r, int64_t pop, int64_t lo, int64_t hi);
SnnArray *analysis_isi(ArrayPool *p, const Recorder *r, int64_t pop, int64_t lo, int64_t hi);

// From arrays.
SnnArray *analysis_psd(ArrayPool *p, const SnnArray *a);
double analysis_peak(const SnnArray *a);
double analysis_pearson(const SnnArray *a, const SnnArray *b), analysis_period(const SnnArray *a);
double analysis_mean(const SnnArray *a), analysis_std(const SnnArray *a), analysis_sum(const SnnArray *a);
double analysis_minimum(const SnnArray *a), analysis_maximum(const SnnArray *a), analysis_fraction(const SnnArray *a, double lo, double hi);
int64_t analysis_argmax(const SnnArray *a);
SnnArray *analysis_linspace(ArrayPool *p, double a, double b, int64_t n), *analysis_logspace(ArrayPool *p, double a, double b, int64_t n);
SnnArray *analysis_range(ArrayPool *p, double a, double b, double step);
#endif
