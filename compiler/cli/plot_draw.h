// SPDX-License-Identifier: MIT
// A figure: panels one below the other on a Cairo surface, each with axes, ticks at round numbers and labels with units.
#ifndef SNNC_PLOT_DRAW_H
#define SNNC_PLOT_DRAW_H
#include <stdbool.h>
#include <stdint.h>

typedef struct Figure Figure;
typedef struct Panel {
    Figure *figure; int number; double x0, y0, w, h;      // plot area in points
    double xmin, xmax, ymin, ymax;                        // shown range
} Panel;

Figure *figure_new(const char *path, int panels, const char **error);      // path ends in .png or .svg; NULL: *error says why
bool figure_close(Figure *f, const char **error);
// Opens the next panel with its axes. An empty range is widened.
Panel panel_open(Figure *f, const char *title, const char *xlabel, const char *ylabel, double xmin, double xmax, double ymin, double ymax);
void panel_line(Panel *p, int color, const double *x, const double *y, int64_t n, int64_t stride);    // y[i*stride]; gaps at NaN
void panel_points(Panel *p, int color, double size, const double *x, const double *y, int64_t n);
void panel_dot(Panel *p, int color, double size, double x, double y);
void panel_bar(Panel *p, int color, double x0, double x1, double y);
void panel_image(Panel *p, const double *v, int64_t rows, int64_t cols, double lo, double hi);
void panel_legend(Panel *p, int color, int line, const char *text);
void panel_close(Panel *p);
#endif
