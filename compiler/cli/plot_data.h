// SPDX-License-Identifier: MIT
// What a folder of results holds, read back for plotting: spikes.h5, report_*.h5, tables (*.csv), weights (*.npy).
#ifndef SNNC_PLOT_DATA_H
#define SNNC_PLOT_DATA_H
#include "support/support.h"

typedef struct PlotSpikes { const char *name; int64_t n, cells; double *t; uint64_t *id; } PlotSpikes;                     // t in ms
typedef struct PlotTrace { const char *name, *unit; int64_t rows, cols; double *data, *t; uint64_t *id; } PlotTrace;      // data[row*cols + col]
typedef struct PlotTable { const char *name; int64_t rows, cols; const char **head; double *cell; } PlotTable;            // cell[row*cols + col]
typedef struct PlotArray { const char *name; int64_t rows, cols; double *at; } PlotArray;                                  // rows 1: a vector
typedef struct PlotData {
    Arena arena;
    VEC(PlotSpikes) spikes; VEC(PlotTrace) traces; VEC(PlotTable) tables; VEC(PlotArray) arrays;
} PlotData;

bool plot_data_read(PlotData *d, const char *folder, const char **error);      // false: the folder cannot be read
#endif
