// SPDX-License-Identifier: MIT
// Lays out the panels of a results folder on one figure and writes it as PNG (two pixels a point and more: 192 dpi) or SVG.
#include "host/plot.h"
#include "host/plot_parts.h"
#include "host/record.h"
#include <cairo-svg.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

typedef enum { PART_RASTER, PART_RATES, PART_TRACES, PART_WEIGHTS, PART_TABLE } PartKind;
typedef struct Part { PartKind kind; int64_t index; double height; } Part;
typedef struct Figure { PlotView view; Part *part; int64_t n; double height; cairo_t *c; } Figure;
enum { MARGIN = 14, BETWEEN = 10, PNG_SCALE = 2 };

static bool wanted(const PlotOptions *o, const char *what) { return !o->what || strcmp(o->what, what) == 0; }
static bool rates_too(const Figure *f) { return wanted(f->view.o, "rates") || wanted(f->view.o, "raster"); }

static double part_height(const Figure *f, const Part *p) {
    const PlotData *d = f->view.d;
    switch (p->kind) {
    case PART_RASTER: return plot_raster_height(f->c, &f->view, rates_too(f));
    case PART_RATES: return plot_rates_height(f->c, &f->view, wanted(f->view.o, "raster"));
    case PART_TRACES: return plot_traces_height(f->c, &f->view, &d->report[p->index]);
    case PART_WEIGHTS: return plot_weights_height(f->c, NULL);
    case PART_TABLE: return plot_table_height(&d->table);
    }
    return 0;
}

static void part_draw(const Figure *f, const Part *p, double y) {
    const PlotData *d = f->view.d;
    switch (p->kind) {
    case PART_RASTER: plot_raster(f->c, y, &f->view, rates_too(f)); break;
    case PART_RATES: plot_rates(f->c, y, &f->view, wanted(f->view.o, "raster")); break;
    case PART_TRACES: plot_traces(f->c, y, &f->view, &d->report[p->index]); break;
    case PART_WEIGHTS:
        plot_weights(f->c, y, p->index < d->nreports ? &d->report[p->index] : NULL, p->index < d->nreports ? NULL : &d->weights[p->index - d->nreports]);
        break;
    case PART_TABLE: plot_table(f->c, y, &d->table); break;
    }
}

static void add(Figure *f, PartKind kind, int64_t index) {
    Part *p = realloc(f->part, (size_t)(f->n + 1) * sizeof *p);
    if (!p) return;
    f->part = p;
    p[f->n] = (Part){ kind, index, 0 };
    p[f->n].height = part_height(f, &p[f->n]);
    f->height += p[f->n].height + (f->n ? BETWEEN : 0);
    f->n++;
}

static void choose(Figure *f) {
    const PlotOptions *o = f->view.o;
    const PlotData *d = f->view.d;
    bool timed = f->view.to > f->view.from;
    if (d->nspikes && timed && wanted(o, "raster")) add(f, PART_RASTER, 0);
    if (d->nspikes && timed && rates_too(f)) {
        if (f->n) f->height -= BETWEEN;
        add(f, PART_RATES, 0);
    }
    for (int64_t i = 0; i < d->nreports; i++)
        if (d->report[i].rows > 1 && timed && wanted(o, "traces") && (!d->report[i].synapses || o->what)) add(f, PART_TRACES, i);
    for (int64_t i = 0; i < d->nreports; i++)
        if (d->report[i].synapses && d->report[i].rows && wanted(o, "weights")) add(f, PART_WEIGHTS, i);
    for (int64_t i = 0; i < d->nweights; i++)
        if (wanted(o, "weights")) add(f, PART_WEIGHTS, d->nreports + i);
    if (d->table.rows && d->table.columns > 1 && wanted(o, "table")) add(f, PART_TABLE, 0);
}

static void draw(Figure *f) {
    cairo_set_source_rgb(f->c, 1, 1, 1);
    cairo_paint(f->c);
    double y = MARGIN;
    for (int64_t i = 0; i < f->n; i++) {
        part_draw(f, &f->part[i], y);
        bool joined = f->part[i].kind == PART_RASTER && i + 1 < f->n && f->part[i + 1].kind == PART_RATES;
        y += f->part[i].height + (joined ? 0 : BETWEEN);
    }
}

static bool is_svg(const PlotOptions *o) {
    size_t n = o->out ? strlen(o->out) : 0;
    if (n > 4 && strcmp(o->out + n - 4, ".svg") == 0) return true;
    if (n > 4 && strcmp(o->out + n - 4, ".png") == 0) return false;
    return o->svg;
}

static cairo_status_t write_picture(Figure *f, const char *path, bool svg) {
    double h = f->height + 2 * MARGIN;
    cairo_surface_t *s = svg ? cairo_svg_surface_create(path, FIGURE_WIDTH, h)
                             : cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)(FIGURE_WIDTH * PNG_SCALE), (int)(h * PNG_SCALE));
    f->c = cairo_create(s);
    if (!svg) cairo_scale(f->c, PNG_SCALE, PNG_SCALE);
    draw(f);
    cairo_status_t status = cairo_status(f->c);
    cairo_destroy(f->c);
    if (!svg && status == CAIRO_STATUS_SUCCESS) status = cairo_surface_write_to_png(s, path);
    cairo_surface_finish(s);
    if (status == CAIRO_STATUS_SUCCESS) status = cairo_surface_status(s);
    cairo_surface_destroy(s);
    return status;
}

static int report_nothing(const PlotOptions *o) {
    if (o->what) fprintf(stderr, "error: '%s' holds nothing to plot as %s\n", o->dir, o->what);
    else fprintf(stderr, "error: '%s' holds no results to plot (spikes.h5, report_*.h5, results.csv)\n", o->dir);
    return 2;
}

static bool known(const char *what) {
    static const char *const all[] = { "raster", "rates", "traces", "weights", "table" };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (strcmp(what, all[i]) == 0) return true;
    return false;
}

static int picture(const PlotOptions *o, const PlotData *d) {
    Figure f = { .view = { o, d, o->has_from ? o->from : 0, o->has_to ? o->to : d->end } };
    cairo_surface_t *scratch = cairo_image_surface_create(CAIRO_FORMAT_RGB24, 1, 1);      // to measure text
    f.c = cairo_create(scratch);
    choose(&f);
    cairo_destroy(f.c), cairo_surface_destroy(scratch);
    if (f.n == 0) { free(f.part); return report_nothing(o); }
    char path[4400];
    bool svg = is_svg(o);
    if (o->out) snprintf(path, sizeof path, "%s", o->out);
    else snprintf(path, sizeof path, "%s/%s.%s", o->dir, o->what ? o->what : "plot", svg ? "svg" : "png");
    cairo_status_t status = write_picture(&f, path, svg);
    free(f.part);
    if (status != CAIRO_STATUS_SUCCESS) {
        fprintf(stderr, "error: cannot write '%s': %s\n", path, cairo_status_to_string(status));
        return 3;
    }
    if (!o->quiet) printf("%s\n", path);
    return 0;
}

int snn_plot(const PlotOptions *o) {
    struct stat st;
    char err[1200];
    if (stat(o->dir, &st) != 0 || !S_ISDIR(st.st_mode)) { fprintf(stderr, "error: '%s' is no folder of results\n", o->dir); return 2; }
    if (o->what && !known(o->what)) { fprintf(stderr, "error: --what is raster, rates, traces, weights or table, not '%s'\n", o->what); return 2; }
    if (o->has_from && o->has_to && !(o->to > o->from)) { fprintf(stderr, "error: the window %g ms to %g ms is empty\n", o->from, o->to); return 2; }
    if (!record_recover(o->dir, err, sizeof err)) fprintf(stderr, "warning: %s\n", err);
    PlotData d;
    plot_read(o->dir, &d);
    int code = picture(o, &d);
    plot_read_free(&d);
    return code;
}
