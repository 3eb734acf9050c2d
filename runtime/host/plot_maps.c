// SPDX-License-Identifier: MIT
// Maps: the spikes of each population with a shape of rows and columns in the window, as rates, a pixel a neuron; up to four side by side.
// Dimensions before the last two (channels) stand below each other.
#include "host/plot_parts.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ACROSS = 4 };
#define MAP_GAP 18.0
#define MAP_HEAD 18.0
#define MAP_FOOT 20.0

bool plot_is_map(const PlotSpikes *s) { return s->rows > 1 && s->columns > 1; }

static int64_t maps(const PlotData *d) {
    int64_t n = 0;
    for (int64_t i = 0; i < d->nspikes; i++) n += plot_is_map(&d->spikes[i]);
    return n;
}

// All maps have one width; a row of them is as high as its highest.
static double width(const PlotData *d) {
    int64_t n = maps(d), k = n < ACROSS ? (n < 2 ? 2 : n) : ACROSS;
    return (PLOT_WIDTH - (double)(k - 1) * MAP_GAP) / (double)k;
}

static double height(const PlotSpikes *s, double w) { return w * (double)s->rows / (double)s->columns; }

static double row_height(const PlotData *d, int64_t row) {
    double most = 0;
    int64_t k = 0;
    for (int64_t i = 0; i < d->nspikes; i++)
        if (plot_is_map(&d->spikes[i]) && k++ / ACROSS == row && height(&d->spikes[i], width(d)) > most) most = height(&d->spikes[i], width(d));
    return MAP_HEAD + most + MAP_FOOT;
}

double plot_maps_height(const PlotData *d) {
    double h = 0;
    for (int64_t row = 0; row * ACROSS < maps(d); row++) h += row_height(d, row);
    return h;
}

static double *rates(const PlotView *v, const PlotSpikes *s, double *most) {
    double *r = calloc((size_t)s->n, sizeof *r);
    for (int64_t i = 0; r && i < s->count; i++)
        if (s->t[i] >= v->from && s->t[i] <= v->to) r[s->id[i]] += 1000 / (v->to - v->from);
    *most = 0;
    for (int64_t i = 0; r && i < s->n; i++) *most = r[i] > *most ? r[i] : *most;
    return r;
}

static void pixels(cairo_t *c, double x, double y, double w, const PlotSpikes *s, const double *r, double most) {
    cairo_surface_t *image = cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)s->columns, (int)s->rows);
    unsigned char *px = cairo_image_surface_get_data(image);
    for (int64_t i = 0; px && i < s->n; i++) {
        uint32_t grey = (uint32_t)(most > 0 ? 255 * r[i] / most + 0.5 : 0), rgb = grey << 16 | grey << 8 | grey;       // brighter is more
        memcpy(px + i / s->columns * cairo_image_surface_get_stride(image) + 4 * (i % s->columns), &rgb, 4);
    }
    cairo_surface_mark_dirty(image);
    cairo_save(c);
    cairo_translate(c, x, y);
    cairo_scale(c, w / (double)s->columns, w / (double)s->columns);
    cairo_set_source_surface(c, image, 0, 0);
    cairo_pattern_set_filter(cairo_get_source(c), CAIRO_FILTER_NEAREST);
    cairo_rectangle(c, 0, 0, (double)s->columns, (double)s->rows);
    cairo_fill(c);
    cairo_restore(c);
    cairo_surface_destroy(image);
}

static void map(const PlotView *v, cairo_t *c, double x, double y, double w, const PlotSpikes *s) {
    double most;
    double *r = rates(v, s, &most);
    if (!r) return;
    plot_font(c, 11, false);
    plot_grey(c, 0.1);
    plot_text(c, x, y + MAP_HEAD - 5, s->name, ALIGN_LEFT);
    pixels(c, x, y + MAP_HEAD, w, s, r, most);
    char note[80];
    snprintf(note, sizeof note, "black 0, white %.3g Hz", most);
    plot_font(c, 9, false);
    plot_grey(c, 0.45);
    plot_text(c, x + w, y + MAP_HEAD + height(s, w) + 12, note, ALIGN_RIGHT);
    free(r);
}

void plot_maps(cairo_t *c, double y, const PlotView *v) {
    double w = width(v->d);
    int64_t k = 0;
    for (int64_t i = 0; i < v->d->nspikes; i++) {
        if (!plot_is_map(&v->d->spikes[i])) continue;
        map(v, c, PLOT_LEFT + (double)(k % ACROSS) * (w + MAP_GAP), y, w, &v->d->spikes[i]);
        if (++k % ACROSS == 0) y += row_height(v->d, k / ACROSS - 1);
    }
}
