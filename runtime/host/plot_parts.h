// SPDX-License-Identifier: MIT
// The kinds of panels. Each has a height, known before the figure is made, and is drawn with its top at y.
#ifndef SNN_HOST_PLOT_PARTS_H
#define SNN_HOST_PLOT_PARTS_H
#include "host/plot.h"
#include "host/plot_draw.h"
#include "host/plot_read.h"

typedef struct PlotView { const PlotOptions *o; const PlotData *d; double from, to; } PlotView;    // ms
#define PLOT_LEFT 66.0
#define PLOT_RIGHT 22.0
#define PLOT_WIDTH (FIGURE_WIDTH - PLOT_LEFT - PLOT_RIGHT)

PlotAxis plot_time_axis(const PlotView *v);         // in ms, or in s for long windows
double plot_time(const PlotView *v, double ms);     // in the axis' unit

double plot_raster_height(cairo_t *c, const PlotView *v, bool above_rates);
void plot_raster(cairo_t *c, double y, const PlotView *v, bool above_rates);
double plot_rates_height(cairo_t *c, const PlotView *v, bool below_raster);
void plot_rates(cairo_t *c, double y, const PlotView *v, bool below_raster);
PlotView plot_raster_view(const PlotView *v);       // the window of the raster: shorter where dots would merge
bool plot_rates_sensible(const PlotView *v);        // enough spikes for a histogram over time
double plot_traces_height(cairo_t *c, const PlotReport *r, bool above_traces);
void plot_traces(cairo_t *c, double y, const PlotView *v, const PlotReport *r, bool above_traces);
// Histograms of weights: of a report (first and last sample) or of a file, whose matrix is shown as an image below.
double plot_weights_height(cairo_t *c, const PlotWeights *w);
void plot_weights(cairo_t *c, double y, const PlotReport *r, const PlotWeights *w);
bool plot_is_map(const PlotSpikes *s);               // recorded as a whole, with rows and columns
double plot_maps_height(const PlotData *d);
void plot_maps(cairo_t *c, double y, const PlotView *v);
double plot_table_height(const PlotTable *t);
void plot_table(cairo_t *c, double y, const PlotTable *t);
#endif
