// SPDX-License-Identifier: MIT
// Recorded variables over time: one panel a report, a line a neuron. Long traces are drawn by the least and greatest value of each
// column of pixels, so that no peak is lost.
#include "host/plot_parts.h"
#include <math.h>
#include <stdio.h>

enum { LINES = 6, COLUMNS = 1400 };
#define TRACES_HEIGHT 130.0

static int64_t lines_of(const PlotReport *r) { return r->width < LINES ? r->width : LINES; }

static int64_t legend(const PlotReport *r, LegendEntry *e) {
    int64_t n = lines_of(r);
    for (int64_t k = 0; k < n; k++) {
        e[k].colour = k, e[k].outline = false;
        snprintf(e[k].text, sizeof e[k].text, "%.60s[%llu]", r->population, (unsigned long long)r->id[k]);
    }
    if (r->width > n) {
        e[n] = (LegendEntry){ 6, "", true };
        snprintf(e[n].text, sizeof e[n].text, "%lld more not shown", (long long)(r->width - n));
        n++;
    }
    return n;
}

double plot_traces_height(cairo_t *c, const PlotReport *r, bool above_traces) {
    LegendEntry e[LINES + 1];
    return 8 + plot_legend_height(c, PLOT_WIDTH, e, legend(r, e)) + TRACES_HEIGHT + (above_traces ? 6 : 40);
}

static void span(const PlotView *v, const PlotReport *r, int64_t *first, int64_t *last) {
    *first = 0, *last = r->rows;
    while (*first < *last && r->t[*first] < v->from - 1e-9) ++*first;
    while (*last > *first && r->t[*last - 1] > v->to + 1e-9) --*last;
}

static void trace(const Panel *p, const PlotView *v, const PlotReport *r, int64_t k, int64_t first, int64_t last) {
    cairo_t *c = p->c;
    int64_t share = (last - first + COLUMNS - 1) / COLUMNS;
    bool pen = false;
    for (int64_t i = first; i < last; i += share) {
        int64_t to = i + share < last ? i + share : last, lo = i, hi = i;
        for (int64_t j = i; j < to; j++) {
            if (r->v[j * r->width + k] < r->v[lo * r->width + k]) lo = j;
            if (r->v[j * r->width + k] > r->v[hi * r->width + k]) hi = j;
        }
        int64_t order[2] = { lo < hi ? lo : hi, lo < hi ? hi : lo };
        for (int m = 0; m < (lo == hi ? 1 : 2); m++) {
            double y = r->v[order[m] * r->width + k], x = plot_px(p, plot_time(v, r->t[order[m]]));
            if (!isfinite(y)) { pen = false; continue; }
            if (pen) cairo_line_to(c, x, plot_py(p, y));
            else cairo_move_to(c, x, plot_py(p, y));
            pen = true;
        }
    }
    cairo_stroke(c);
}

void plot_traces(cairo_t *c, double y, const PlotView *v, const PlotReport *r, bool above_traces) {
    LegendEntry e[LINES + 1];
    int64_t n = legend(r, e), lines = lines_of(r), first, last;
    y += plot_legend_height(c, PLOT_WIDTH, e, n);
    plot_legend(c, PLOT_LEFT, y, PLOT_WIDTH, e, n);
    span(v, r, &first, &last);
    char label[200];
    snprintf(label, sizeof label, "%.110s%s%.58s%s", r->variable, *r->unit ? " (" : "", r->unit, *r->unit ? ")" : "");
    Panel p = { c, PLOT_LEFT, y + 8, PLOT_WIDTH, TRACES_HEIGHT, plot_time_axis(v), { INFINITY, -INFINITY, false, false, label } };
    p.X.bare = above_traces;
    for (int64_t i = first; i < last; i++)
        for (int64_t k = 0; k < lines; k++) {
            double x = r->v[i * r->width + k];
            if (x < p.Y.lo) p.Y.lo = x;
            if (x > p.Y.hi && isfinite(x)) p.Y.hi = x;
        }
    if (!isfinite(p.Y.lo) || !isfinite(p.Y.hi)) p.Y.lo = 0, p.Y.hi = 1;
    plot_round_range(&p.Y);
    plot_clip(&p, 1);
    cairo_set_line_width(c, lines > 3 ? 0.9 : 1.1);
    cairo_set_line_join(c, CAIRO_LINE_JOIN_BEVEL);
    for (int64_t k = lines - 1; k >= 0; k--) {
        plot_colour(c, k, k == 0 ? 1 : 0.8);
        trace(&p, v, r, k, first, last);
    }
    cairo_restore(c);
    plot_axes(&p);
}
