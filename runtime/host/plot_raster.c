// SPDX-License-Identifier: MIT
// Spike raster and population rates. Large populations show evenly spaced neurons (the label says so), so that single spikes stay
// visible; rates are of all neurons.
#include "host/plot_parts.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 600, FEWEST_ROWS = 24, DOTS = 60000, BAND_GAP = 4 };
#define RASTER_HEIGHT 260.0
#define ROW_HEIGHT 16.0
#define MERGED 400
#define RATES_HEIGHT 96.0
#define X_ROOM 40.0

PlotAxis plot_time_axis(const PlotView *v) {
    bool seconds = v->to > 5000;
    double u = seconds ? 1000 : 1;
    return (PlotAxis){ v->from / u, v->to / u, false, false, seconds ? "Time (s)" : "Time (ms)" };
}
double plot_time(const PlotView *v, double ms) { return v->to > 5000 ? ms / 1000 : ms; }

static int64_t seen(const PlotView *v, const PlotSpikes *s) {
    int64_t n = 0;
    for (int64_t i = 0; i < s->count; i++) n += s->t[i] > v->from && s->t[i] <= v->to;
    return n;
}

static int64_t legend(const PlotView *v, LegendEntry *e, int64_t cap) {
    int64_t n = v->d->nspikes < cap ? v->d->nspikes : cap;
    for (int64_t i = 0; i < n; i++) {
        const PlotSpikes *s = &v->d->spikes[i];
        double rate = s->n ? (double)seen(v, s) / (double)s->n / (v->to - v->from) * 1000 : 0;
        e[i].colour = i, e[i].outline = false;
        snprintf(e[i].text, sizeof e[i].text, "%.60s (%lld neuron%s, %.3g Hz)", s->name, (long long)s->n, s->n == 1 ? "" : "s", rate);
    }
    return n;
}

// Rows for each population: all neurons if they fit, else in proportion with a floor for small populations.
static int64_t rows_of(const PlotData *d, const PlotSpikes *s) {
    int64_t total = 0;
    for (int64_t i = 0; i < d->nspikes; i++) total += d->spikes[i].n;
    if (total <= ROWS) return s->n;
    int64_t rows = s->n * ROWS / total;
    if (rows < FEWEST_ROWS) rows = FEWEST_ROWS;
    return rows < s->n ? rows : s->n;
}

static int64_t all_rows(const PlotData *d) {
    int64_t n = 0;
    for (int64_t i = 0; i < d->nspikes; i++) n += rows_of(d, &d->spikes[i]);
    return n;
}

static double raster_room(const PlotData *d) {
    double h = (double)all_rows(d) * ROW_HEIGHT + (double)(d->nspikes - 1) * BAND_GAP;
    return h < RASTER_HEIGHT ? h : RASTER_HEIGHT;
}

PlotView plot_raster_view(const PlotView *v) {
    int64_t spikes = 0, neurons = 0;
    for (int64_t i = 0; i < v->d->nspikes; i++) spikes += seen(v, &v->d->spikes[i]), neurons += v->d->spikes[i].n;
    PlotView r = *v;
    double each = neurons ? (double)spikes / (double)neurons : 0;
    if (each > MERGED && !v->o->has_from) {
        double w = plot_nice((v->to - v->from) * 0.25 * MERGED / each);
        if (w < v->to - v->from) r.from = v->to - w;
    }
    return r;
}

bool plot_rates_sensible(const PlotView *v) {
    int64_t spikes = 0;
    for (int64_t i = 0; i < v->d->nspikes; i++) spikes += seen(v, &v->d->spikes[i]);
    return spikes >= 100;
}

double plot_raster_height(cairo_t *c, const PlotView *v, bool above_rates) {
    LegendEntry e[16];
    return 8 + plot_legend_height(c, PLOT_WIDTH, e, legend(v, e, 16)) + raster_room(v->d) + (above_rates ? 12 : X_ROOM);
}

static void dots(const Panel *p, const PlotView *v, const PlotSpikes *s, double top, double row, int64_t rows, int64_t colour) {
    cairo_t *c = p->c;
    double high = row > 9 ? 9 : row < 1.6 ? 1.6 : row;
    double wide = row > 4 ? 1.1 : 1.0;
    plot_colour(c, colour, 1);
    for (int64_t i = 0; i < s->count; i++) {
        if (s->t[i] <= v->from || s->t[i] > v->to) continue;
        // neuron id is shown in row k when it is the first of the k-th of `rows` equal shares
        int64_t k = (int64_t)s->id[i] * rows / s->n, first = (k * s->n + rows - 1) / rows;
        if ((int64_t)s->id[i] != first) continue;
        double y = top + row * ((double)rows - (double)k - 0.5);
        cairo_rectangle(c, plot_px(p, plot_time(v, s->t[i])) - wide / 2, y - high / 2, wide, high);
    }
    cairo_fill(c);
}

void plot_raster(cairo_t *c, double y, const PlotView *v, bool above_rates) {
    LegendEntry e[16];
    int64_t n = legend(v, e, 16), rows = all_rows(v->d), neurons = 0;
    double head = plot_legend_height(c, PLOT_WIDTH, e, n);
    plot_legend(c, PLOT_LEFT, y + head, PLOT_WIDTH, e, n);
    for (int64_t i = 0; i < v->d->nspikes; i++) neurons += v->d->spikes[i].n;
    char label[100] = "Neuron";
    if (rows < neurons) snprintf(label, sizeof label, "Neuron (%lld of %lld shown)", (long long)rows, (long long)neurons);
    Panel p = { c, PLOT_LEFT, y + head + 8, PLOT_WIDTH, raster_room(v->d), plot_time_axis(v), { 0, 1, false, true, label } };
    p.X.bare = above_rates;
    double gaps = (double)(v->d->nspikes - 1) * BAND_GAP, row = (p.h - gaps) / (double)(rows > 0 ? rows : 1), top = p.y;
    plot_clip(&p, 0);
    for (int64_t i = 0; i < v->d->nspikes; i++) {
        int64_t mine = rows_of(v->d, &v->d->spikes[i]);
        if (mine) dots(&p, v, &v->d->spikes[i], top, row, mine, i);
        top += row * (double)mine + BAND_GAP;
    }
    cairo_restore(c);
    plot_axes(&p);
}

double plot_rates_height(cairo_t *c, const PlotView *v, bool below_raster) {
    LegendEntry e[16];
    return (below_raster ? 0 : 8 + plot_legend_height(c, PLOT_WIDTH, e, legend(v, e, 16))) + RATES_HEIGHT + X_ROOM;
}

static double bin_width(const PlotView *v) {
    int64_t spikes = 0;
    for (int64_t i = 0; i < v->d->nspikes; i++) spikes += seen(v, &v->d->spikes[i]);
    double bins = (double)spikes / 10;                 // about 10 spikes a bin, 20 to 250 bins
    double b = plot_nice((v->to - v->from) / (bins < 20 ? 20 : bins > 250 ? 250 : bins));
    return b < 1 ? 1 : b;
}

// Rates in Hz of each bin; the last bin may be cut by the end of the window.
static double *rates(const PlotView *v, const PlotSpikes *s, double bin, int64_t nbins, double *most) {
    double *a = calloc((size_t)nbins + 1, sizeof *a);
    for (int64_t i = 0; a && i < s->count; i++) {
        int64_t b = (int64_t)ceil((s->t[i] - v->from) / bin - 1e-9) - 1;
        if (b >= 0 && b < nbins) a[b]++;
    }
    for (int64_t b = 0; a && b < nbins; b++) {
        double width = v->to - (v->from + (double)b * bin);
        a[b] *= s->n ? 1000 / ((double)s->n * (width < bin ? width : bin)) : 0;
        if (a[b] > *most) *most = a[b];
    }
    return a;
}

static void staircase(const Panel *p, const PlotView *v, const double *a, double bin, int64_t nbins) {
    for (int64_t b = 0; b < nbins; b++) {
        double t0 = v->from + (double)b * bin, t1 = t0 + bin < v->to ? t0 + bin : v->to;
        cairo_line_to(p->c, plot_px(p, plot_time(v, t0)), plot_py(p, a[b]));
        cairo_line_to(p->c, plot_px(p, plot_time(v, t1)), plot_py(p, a[b]));
    }
}

void plot_rates(cairo_t *c, double y, const PlotView *v, bool below_raster) {
    double bin = bin_width(v), most = 0;
    int64_t nbins = (int64_t)ceil((v->to - v->from) / bin - 1e-9), n = v->d->nspikes;
    if (!below_raster) {
        LegendEntry e[16];
        int64_t ne = legend(v, e, 16);
        y += plot_legend_height(c, PLOT_WIDTH, e, ne);
        plot_legend(c, PLOT_LEFT, y, PLOT_WIDTH, e, ne);
        y += 8;
    }
    double **a = calloc((size_t)n + 1, sizeof *a);
    for (int64_t i = 0; a && i < n; i++) a[i] = rates(v, &v->d->spikes[i], bin, nbins, &most);
    Panel p = { c, PLOT_LEFT, y, PLOT_WIDTH, RATES_HEIGHT, plot_time_axis(v), { 0, most > 0 ? most : 1, false, false, "Rate (Hz)" } };
    plot_round_range(&p.Y);
    plot_clip(&p, 1);
    for (int64_t i = 0; a && i < n; i++) {
        if (!a[i]) continue;
        cairo_new_path(c);
        staircase(&p, v, a[i], bin, nbins);
        plot_colour(c, i, 1);
        cairo_set_line_width(c, 1.1);
        cairo_set_line_join(c, CAIRO_LINE_JOIN_ROUND);
        cairo_stroke_preserve(c);
        cairo_line_to(c, p.x + p.w, p.y + p.h), cairo_line_to(c, p.x, p.y + p.h), cairo_close_path(c);
        plot_colour(c, i, 0.12);
        cairo_fill(c);
        free(a[i]);
    }
    free(a);
    cairo_restore(c);
    plot_axes(&p);
    char note[60];
    snprintf(note, sizeof note, "bins of %g ms", bin);
    plot_font(c, 9, false);
    plot_grey(c, 0.45);
    plot_text(c, p.x + p.w, p.y + p.h + 31, note, ALIGN_RIGHT);
}
