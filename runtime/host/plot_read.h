// SPDX-License-Identifier: MIT
// What plot reads of a results folder: spikes.h5, report_*.h5, tables (*.csv), weights (*.npy), summary.json.
#ifndef SNN_HOST_PLOT_READ_H
#define SNN_HOST_PLOT_READ_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct PlotSpikes { char name[260]; int64_t n /* neurons recorded */, count; double *t; uint32_t *id /* from the first recorded */; int64_t rows, columns /* of its shape, 0: none */; } PlotSpikes;
typedef struct PlotReport {
    char population[260], variable[120], unit[60]; bool synapses;
    int64_t rows, width; double *t, *v; uint64_t *id;           // v[row*width + k]
} PlotReport;
typedef struct PlotTable { char name[260]; char **head; double *v; int64_t rows, columns; } PlotTable;
typedef struct PlotWeights { char name[260]; double *v; int64_t n, rows, columns; } PlotWeights;     // of a saved .npy file; a matrix [sources, targets] or one row
typedef struct PlotData {
    PlotSpikes *spikes; int64_t nspikes;
    PlotReport *report; int64_t nreports;
    PlotWeights *weights; int64_t nweights;
    PlotTable *table; int64_t ntables;
    double begin, end;                                          // ms: first and last time anything is known of
} PlotData;
void plot_read(const char *dir, PlotData *d);                   // what cannot be read is left out, with a warning on stderr
void plot_read_free(PlotData *d);
#endif
