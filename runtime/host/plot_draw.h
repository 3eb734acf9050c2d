// SPDX-License-Identifier: MIT
// Drawing of panels: axes with round ticks, labels, legends. Lengths are points; a figure is FIGURE_WIDTH wide.
#ifndef SNN_HOST_PLOT_DRAW_H
#define SNN_HOST_PLOT_DRAW_H
#include <cairo.h>
#include <stdbool.h>
#include <stdint.h>

#define FIGURE_WIDTH 720.0
typedef struct PlotAxis { double lo, hi; bool log, bare /* no numbers */; const char *label; } PlotAxis;
typedef struct Panel { cairo_t *c; double x, y, w, h; PlotAxis X, Y; } Panel;
enum { ALIGN_LEFT, ALIGN_CENTRE, ALIGN_RIGHT };

void plot_colour(cairo_t *c, int64_t i, double alpha);                  // of the palette
void plot_grey(cairo_t *c, double level);
void plot_font(cairo_t *c, double size, bool bold);
double plot_text(cairo_t *c, double x, double y, const char *s, int align);   // returns the width
double plot_text_width(cairo_t *c, const char *s);
void plot_axes(const Panel *p);                                         // frame (left and bottom), ticks, numbers, labels
double plot_px(const Panel *p, double x), plot_py(const Panel *p, double y);
void plot_clip(const Panel *p, double margin);                          // to the panel; undone by cairo_restore
void plot_round_range(PlotAxis *a);                                     // widens to something sensible when empty
typedef struct LegendEntry { int64_t colour; char text[160]; bool outline; } LegendEntry;
void plot_legend(cairo_t *c, double x, double y, double w, const LegendEntry *e, int64_t n);   // one or more lines of entries above y
double plot_legend_height(cairo_t *c, double w, const LegendEntry *e, int64_t n);
double plot_nice(double x);                                             // 1, 2 or 5 times a power of ten, at least x
#endif
