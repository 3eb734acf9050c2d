// SPDX-License-Identifier: MIT
// Histograms of weights: the last sample of a report as bars with the first as an outline, or one saved file.
#include "host/plot_parts.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WEIGHTS_HEIGHT 140.0
enum { BINS = 40 };
typedef struct Histogram { double count[BINS]; } Histogram;

static void range(const double *v, int64_t n, double *lo, double *hi) {
    for (int64_t i = 0; i < n; i++) {
        if (v[i] < *lo) *lo = v[i];
        if (v[i] > *hi && isfinite(v[i])) *hi = v[i];
    }
}

static void count(Histogram *h, const double *v, int64_t n, double lo, double hi, double *most) {
    memset(h, 0, sizeof *h);
    for (int64_t i = 0; i < n; i++) {
        int64_t b = (int64_t)floor((v[i] - lo) / (hi - lo) * BINS);
        if (isfinite(v[i])) h->count[b < 0 ? 0 : b >= BINS ? BINS - 1 : b]++;
    }
    for (int b = 0; b < BINS; b++)
        if (h->count[b] > *most) *most = h->count[b];
}

static int64_t legend(const PlotReport *r, const PlotWeights *w, LegendEntry *e) {
    if (!r) {
        e[0] = (LegendEntry){ 0, "", false };
        snprintf(e[0].text, sizeof e[0].text, "%.100s (%lld synapses)", w->name, (long long)w->n);
        return 1;
    }
    e[0] = (LegendEntry){ 0, "", false };
    snprintf(e[0].text, sizeof e[0].text, "%.80s (%lld synapses), t = %g s", r->population, (long long)r->width, r->rows ? r->t[r->rows - 1] / 1000 : 0);
    e[1] = (LegendEntry){ 1, "", true };
    snprintf(e[1].text, sizeof e[1].text, "t = %g s", r->rows ? r->t[0] / 1000 : 0);
    return r->rows > 1 ? 2 : 1;
}

static bool matrix(const PlotWeights *w) { return w && w->rows > 1 && w->columns > 1; }
static double image_height(const PlotWeights *w) {
    double h = PLOT_WIDTH * (double)w->rows / (double)w->columns;
    return h < 60 ? 60 : h > 300 ? 300 : h;
}

double plot_weights_height(cairo_t *c, const PlotWeights *w) {
    LegendEntry e[2] = { { 0, "one line", false }, { 0, "", false } };
    return 8 + plot_legend_height(c, PLOT_WIDTH, e, 1) + WEIGHTS_HEIGHT + 40 + (matrix(w) ? 12 + image_height(w) + 40 : 0);
}

// Darker is greater; with weights of both signs blue is positive, red negative.
static uint32_t shade(double v, double lo, double hi) {
    double most = lo < 0 ? (hi > -lo ? hi : -lo) : hi, base = lo < 0 ? 0 : lo, x = most > base ? (fabs(v) - base) / (most - base) : 0;
    if (!isfinite(v)) return 0xc0c0c0;
    if (x < 0) x = 0;
    const double *to = (const double[2][3]){ { 8, 48, 107 }, { 127, 0, 0 } }[v < 0];
    uint32_t rgb = 0;
    for (int k = 0; k < 3; k++) rgb = rgb << 8 | (uint32_t)(250 + (to[k] - 250) * x);
    return rgb;
}

// A pixel shows the mean over its block of weights when there are more weights than pixels.
static void image(cairo_t *c, double y, const PlotWeights *w) {
    Panel p = { c, PLOT_LEFT, y, PLOT_WIDTH, image_height(w), { 0, (double)w->columns, false, false, "Target" }, { (double)w->rows, 0, false, false, "Source" } };
    double lo = INFINITY, hi = -INFINITY;
    range(w->v, w->n, &lo, &hi);
    int64_t nx = w->columns < 1200 ? w->columns : 1200, ny = w->rows < 600 ? w->rows : 600;
    cairo_surface_t *s = cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)nx, (int)ny);
    unsigned char *px = cairo_image_surface_get_data(s);
    for (int64_t i = 0; px && i < ny; i++)
        for (int64_t j = 0; j < nx; j++) {
            double sum = 0;
            int64_t n = 0;
            for (int64_t a = i * w->rows / ny; a < (i + 1) * w->rows / ny; a++)
                for (int64_t b = j * w->columns / nx; b < (j + 1) * w->columns / nx; b++) sum += w->v[a * w->columns + b], n++;
            uint32_t rgb = shade(sum / (double)n, lo, hi);
            memcpy(px + i * cairo_image_surface_get_stride(s) + 4 * j, &rgb, 4);
        }
    cairo_surface_mark_dirty(s);
    cairo_save(c);
    cairo_translate(c, p.x, p.y);
    cairo_scale(c, p.w / (double)nx, p.h / (double)ny);
    cairo_set_source_surface(c, s, 0, 0);
    cairo_pattern_set_filter(cairo_get_source(c), CAIRO_FILTER_NEAREST);
    cairo_rectangle(c, 0, 0, (double)nx, (double)ny);
    cairo_fill(c);
    cairo_restore(c);
    cairo_surface_destroy(s);
    plot_axes(&p);
    char note[100];
    snprintf(note, sizeof note, "white %.3g, %s %.3g", lo < 0 ? 0 : lo, lo < 0 ? "darkest \xc2\xb1" : "darkest", lo < 0 ? (hi > -lo ? hi : -lo) : hi);
    plot_font(c, 9, false);
    plot_grey(c, 0.45);
    plot_text(c, p.x + p.w, p.y + p.h + 31, note, ALIGN_RIGHT);
}

static void bars(const Panel *p, const Histogram *h, double lo, double hi, bool outline) {
    cairo_t *c = p->c;
    double step = (hi - lo) / BINS;
    if (outline) {
        cairo_move_to(c, plot_px(p, lo), plot_py(p, 0));
        for (int b = 0; b < BINS; b++) {
            cairo_line_to(c, plot_px(p, lo + b * step), plot_py(p, h->count[b]));
            cairo_line_to(c, plot_px(p, lo + (b + 1) * step), plot_py(p, h->count[b]));
        }
        cairo_line_to(c, plot_px(p, hi), plot_py(p, 0));
        plot_colour(c, 1, 1);
        cairo_set_line_width(c, 1.3);
        cairo_stroke(c);
        return;
    }
    for (int b = 0; b < BINS; b++) {
        double x = plot_px(p, lo + b * step), y = plot_py(p, h->count[b]);
        cairo_rectangle(c, x + 0.4, y, plot_px(p, lo + (b + 1) * step) - x - 0.8, plot_py(p, 0) - y);
    }
    plot_colour(c, 0, 0.85);
    cairo_fill(c);
}

void plot_weights(cairo_t *c, double y, const PlotReport *r, const PlotWeights *w) {
    LegendEntry e[2];
    int64_t ne = legend(r, w, e), n = r ? r->width : w->n;
    const double *last = r ? r->v + (r->rows > 0 ? r->rows - 1 : 0) * r->width : w->v, *first = r && r->rows > 1 ? r->v : NULL;
    if (r && r->rows == 0) n = 0;
    y += plot_legend_height(c, PLOT_WIDTH, e, ne);
    plot_legend(c, PLOT_LEFT, y, PLOT_WIDTH, e, ne);
    char label[200];
    snprintf(label, sizeof label, "%s%.110s%s%.58s%s", r ? "" : "Weight", r ? r->variable : "", r && *r->unit ? " (" : "", r ? r->unit : "", r && *r->unit ? ")" : "");
    Panel p = { c, PLOT_LEFT, y + 8, PLOT_WIDTH, WEIGHTS_HEIGHT, { INFINITY, -INFINITY, false, false, label }, { 0, 0, false, false, "Synapses" } };
    range(last, n, &p.X.lo, &p.X.hi);
    if (first) range(first, n, &p.X.lo, &p.X.hi);
    if (!isfinite(p.X.lo) || !isfinite(p.X.hi)) p.X.lo = 0, p.X.hi = 1;
    if (p.X.lo > 0 && p.X.lo < 0.3 * p.X.hi) p.X.lo = 0;
    plot_round_range(&p.X);
    Histogram a, b;
    count(&a, last, n, p.X.lo, p.X.hi, &p.Y.hi);
    if (first) count(&b, first, n, p.X.lo, p.X.hi, &p.Y.hi);
    // All weights equal at the beginning make one high bar; it is cut off rather than the rest made invisible.
    double most = 0;
    count(&a, last, n, p.X.lo, p.X.hi, &most);
    if (p.Y.hi > 3 * most && most > 0) p.Y.hi = 1.25 * most;
    plot_round_range(&p.Y);
    plot_clip(&p, 0.5);
    bars(&p, &a, p.X.lo, p.X.hi, false);
    if (first) bars(&p, &b, p.X.lo, p.X.hi, true);
    cairo_restore(c);
    plot_axes(&p);
    if (matrix(w)) image(c, p.y + p.h + 52, w);
}
