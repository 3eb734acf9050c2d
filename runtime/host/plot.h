// SPDX-License-Identifier: MIT
// `snnc plot`: pictures of a results folder, drawn with cairo.
#ifndef SNN_HOST_PLOT_H
#define SNN_HOST_PLOT_H
#include <stdbool.h>

typedef struct PlotOptions {
    const char *dir;
    const char *what;               // NULL: everything there is; else a list of raster, rates, traces, weights, table, as in "raster,rates"
    const char *out;                // NULL: DIR/plot.png or DIR/WHAT.png (.svg with svg)
    bool svg;                       // also chosen by the ending of out
    bool has_from, has_to; double from, to;     // ms: the window of time that is shown
    bool quiet;                     // do not print the file's name
} PlotOptions;
// Draws and returns an exit code: 0, 2 (wrong use: no such folder, nothing to draw), 3 (cannot write). Messages go to stderr, the picture's name to stdout.
int snn_plot(const PlotOptions *o);
#endif
