// SPDX-License-Identifier: MIT
// The table of a sweep: its first column along x, a small panel for each other column. Rows of equal x are repeats: their mean with
// error bars of one standard deviation. A second column that runs through a few values for each x (a nested sweep) becomes colours.
#include "host/plot_parts.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FEW = 8 };
#define CELL_HEIGHT 150.0
#define CELL_ROOM 44.0
#define COLUMN_GAP 74.0

typedef struct Group { double x, z, mean, sd; int64_t n; } Group;
static double at(const PlotTable *t, int64_t row, int64_t k) { return t->v[row * t->columns + k]; }

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static int64_t distinct(const PlotTable *t, int64_t k, double *out) {
    int64_t n = 0, m = 0;
    for (int64_t i = 0; i < t->rows; i++)
        if (isfinite(at(t, i, k))) out[n++] = at(t, i, k);
    qsort(out, (size_t)n, sizeof *out, by_value);
    for (int64_t i = 0; i < n; i++)
        if (m == 0 || out[i] != out[m - 1]) out[m++] = out[i];
    return m;
}

// Whether column 1 is a second swept variable: few values, each met with each x equally often.
static int64_t nested(const PlotTable *t, double *zs) {
    double *xs = malloc((size_t)(t->rows + 1) * sizeof *xs);
    int64_t nz = 0;
    if (xs && t->columns > 2) {
        int64_t nx = distinct(t, 0, xs), n = distinct(t, 1, zs);
        if (n > 1 && n <= FEW && nx > 1 && t->rows % (nx * n) == 0) nz = n;
        for (int64_t i = 0; nz && i < nx; i++)
            for (int64_t k = 0; nz && k < n; k++) {
                int64_t met = 0;
                for (int64_t r = 0; r < t->rows; r++) met += at(t, r, 0) == xs[i] && at(t, r, 1) == zs[k];
                if (met != t->rows / (nx * n)) nz = 0;
            }
    }
    free(xs);
    return nz;
}

static int by_x(const void *a, const void *b) {
    const Group *g = a, *h = b;
    return (g->x > h->x) - (g->x < h->x);
}

static int64_t groups(const PlotTable *t, int64_t k, bool by_z, double z, Group *g) {
    int64_t n = 0;
    for (int64_t i = 0; i < t->rows; i++) {
        double x = at(t, i, 0), y = at(t, i, k);
        if (!isfinite(x) || !isfinite(y) || (by_z && at(t, i, 1) != z)) continue;
        int64_t m = 0;
        while (m < n && g[m].x != x) m++;
        if (m == n) g[n++] = (Group){ x, z, 0, 0, 0 };
        double d = y - g[m].mean;                    // Welford's update
        g[m].n++;
        g[m].mean += d / (double)g[m].n;
        g[m].sd += d * (y - g[m].mean);
    }
    for (int64_t m = 0; m < n; m++) g[m].sd = g[m].n > 1 ? sqrt(g[m].sd / (double)(g[m].n - 1)) : 0;
    qsort(g, (size_t)n, sizeof *g, by_x);
    return n;
}

static void x_range(const PlotTable *t, PlotAxis *a) {
    double *xs = malloc((size_t)(t->rows + 1) * sizeof *xs);
    int64_t n = xs ? distinct(t, 0, xs) : 0;
    a->lo = n ? xs[0] : 0, a->hi = n ? xs[n - 1] : 1;
    if (n >= 4 && xs[0] > 0 && a->hi / a->lo >= 10) {
        double ratio = pow(a->hi / a->lo, 1.0 / (double)(n - 1));
        a->log = true;
        for (int64_t i = 1; i < n; i++) a->log &= fabs(xs[i] / xs[i - 1] / ratio - 1) < 0.02;
    }
    if (a->log) a->lo /= 1.08, a->hi *= 1.08;
    else {
        double room = 0.04 * (a->hi - a->lo);
        if (!(room > 0)) plot_round_range(a);
        else a->lo -= room, a->hi += room;
    }
    free(xs);
}

static int64_t cells(const PlotTable *t, int64_t nz) { return t->columns - 1 - (nz > 0); }
static int64_t across(const PlotTable *t, int64_t nz) { return cells(t, nz) > 1 ? 2 : 1; }

double plot_table_height(const PlotTable *t) {
    double *zs = malloc((size_t)(t->rows + 1) * sizeof *zs);
    int64_t nz = zs ? nested(t, zs) : 0, n = cells(t, nz), a = across(t, nz);
    free(zs);
    return (nz ? 24 : 4) + (double)((n + a - 1) / a) * (CELL_HEIGHT + CELL_ROOM);
}

static void line(const Panel *p, const Group *g, int64_t n, int64_t colour) {
    cairo_t *c = p->c;
    plot_colour(c, colour, 1);
    cairo_set_line_width(c, 1.2);
    cairo_set_line_join(c, CAIRO_LINE_JOIN_ROUND);
    for (int64_t i = 0; i < n; i++) cairo_line_to(c, plot_px(p, g[i].x), plot_py(p, g[i].mean));
    cairo_stroke(c);
    cairo_set_line_width(c, 1);
    for (int64_t i = 0; i < n; i++) {
        double x = plot_px(p, g[i].x), y = plot_py(p, g[i].mean);
        if (g[i].sd > 0) {
            double up = plot_py(p, g[i].mean + g[i].sd), down = plot_py(p, g[i].mean - g[i].sd);
            cairo_move_to(c, x, up), cairo_line_to(c, x, down);
            cairo_move_to(c, x - 2.5, up), cairo_line_to(c, x + 2.5, up), cairo_move_to(c, x - 2.5, down), cairo_line_to(c, x + 2.5, down);
            cairo_stroke(c);
        }
        cairo_arc(c, x, y, 2.4, 0, 2 * M_PI);
        cairo_fill(c);
    }
}

static bool never_negative(const PlotTable *t, int64_t k) {
    for (int64_t i = 0; i < t->rows; i++)
        if (at(t, i, k) < 0) return false;
    return true;
}

static void cell(Panel *p, const PlotTable *t, int64_t k, int64_t nz, const double *zs, Group *g) {
    int64_t lines = nz ? nz : 1;
    p->Y = (PlotAxis){ INFINITY, -INFINITY, false, false, t->head[k] };
    for (int64_t z = 0; z < lines; z++) {
        int64_t n = groups(t, k, nz > 0, nz ? zs[z] : 0, g);
        for (int64_t i = 0; i < n; i++) {
            if (g[i].mean - g[i].sd < p->Y.lo) p->Y.lo = g[i].mean - g[i].sd;
            if (g[i].mean + g[i].sd > p->Y.hi) p->Y.hi = g[i].mean + g[i].sd;
        }
    }
    if (!(p->Y.lo <= p->Y.hi)) p->Y.lo = 0, p->Y.hi = 1;
    if (p->X.log && p->Y.lo > 0 && p->Y.hi / p->Y.lo >= 3) p->Y.log = true, p->Y.lo /= 1.15, p->Y.hi *= 1.15;     // powers are straight lines
    else {
        if (p->Y.lo > 0 ? p->Y.lo < 0.5 * p->Y.hi : never_negative(t, k)) p->Y.lo = 0;
        plot_round_range(&p->Y);
    }
    plot_clip(p, 3);
    for (int64_t z = 0; z < lines; z++) line(p, g, groups(t, k, nz > 0, nz ? zs[z] : 0, g), z);
    cairo_restore(p->c);
    plot_axes(p);
    int64_t least = INT64_MAX, most = 0, n = groups(t, k, nz > 0, nz ? zs[0] : 0, g);
    for (int64_t i = 0; i < n; i++) least = g[i].n < least ? g[i].n : least, most = g[i].n > most ? g[i].n : most;
    if (most < 2) return;
    char note[80];
    if (least == most) snprintf(note, sizeof note, "mean \xc2\xb1 s.d. of %lld", (long long)most);
    else snprintf(note, sizeof note, "mean \xc2\xb1 s.d. of %lld to %lld", (long long)least, (long long)most);
    plot_font(p->c, 9, false);
    plot_grey(p->c, 0.45);
    plot_text(p->c, p->x + p->w, p->y + p->h + 31, note, ALIGN_RIGHT);
}

void plot_table(cairo_t *c, double y, const PlotTable *t) {
    double *zs = malloc((size_t)(t->rows + 1) * sizeof *zs);
    Group *g = malloc((size_t)(t->rows + 1) * sizeof *g);
    int64_t nz = zs && g ? nested(t, zs) : 0, n = cells(t, nz), a = across(t, nz);
    LegendEntry e[FEW];
    for (int64_t z = 0; z < nz; z++) {
        e[z].colour = z, e[z].outline = false;
        snprintf(e[z].text, sizeof e[z].text, "%.80s = %g", t->head[1], zs[z]);
    }
    if (nz) y += 16, plot_legend(c, PLOT_LEFT, y, PLOT_WIDTH, e, nz), y += 8;
    else y += 4;
    double w = (PLOT_WIDTH - (double)(a - 1) * COLUMN_GAP) / (double)a;
    for (int64_t i = 0; zs && g && i < n; i++) {
        Panel p = { c, PLOT_LEFT + (double)(i % a) * (w + COLUMN_GAP), y + (double)(i / a) * (CELL_HEIGHT + CELL_ROOM), w, CELL_HEIGHT, { .lo = 0 }, { .lo = 0 } };
        x_range(t, &p.X);
        p.X.label = t->head[0];
        cell(&p, t, i + 1 + (nz > 0), nz, zs, g);
    }
    free(zs), free(g);
}
