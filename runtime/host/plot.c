// SPDX-License-Identifier: MIT
// Lays out the panels of a results folder on one figure and writes it as PNG (two pixels a point and more: 192 dpi) or SVG.
#include "host/plot.h"
#include "host/plot_parts.h"
#include "host/record.h"
#include <cairo-svg.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef enum { PART_RASTER, PART_RATES, PART_TRACES, PART_MAPS, PART_WEIGHTS, PART_TABLE } PartKind;
typedef struct Part { PartKind kind; int64_t index; double height; } Part;
typedef struct Figure { PlotView view; Part *part; int64_t n; double height; cairo_t *c; } Figure;
enum { MARGIN = 14, BETWEEN = 10, PNG_SCALE = 2 };

// `what` is a list such as "raster,rates"; a plural s at the end of a name is forgiven.
static bool listed(const char *list, const char *what) {
    size_t n = strlen(what);
    for (const char *s = list; *s; s += strcspn(s, ","), s += *s == ',') {
        size_t len = strcspn(s, ",");
        if (strncmp(s, what, n) == 0 && (len == n || (len == n + 1 && s[n] == 's'))) return true;
    }
    return false;
}
static bool wanted(const PlotOptions *o, const char *what) { return !o->what || listed(o->what, what); }

static bool below(const Figure *f, const Part *p, PartKind kind) { return p + 1 < f->part + f->n && p[1].kind == kind; }
static bool same_window(const Figure *f) { return plot_raster_view(&f->view).from == f->view.from; }

static double part_height(const Figure *f, const Part *p) {
    const PlotData *d = f->view.d;
    PlotView raster = plot_raster_view(&f->view);
    switch (p->kind) {
    case PART_RASTER: return plot_raster_height(f->c, &raster, below(f, p, PART_RATES) && same_window(f));
    case PART_RATES: return plot_rates_height(f->c, &f->view, p > f->part);
    case PART_TRACES: return plot_traces_height(f->c, &d->report[p->index], below(f, p, PART_TRACES));
    case PART_WEIGHTS: return plot_weights_height(f->c, p->index < d->nreports ? NULL : &d->weights[p->index - d->nreports]);
    case PART_MAPS: return plot_maps_height(d);
    case PART_TABLE: return plot_table_height(&d->table[p->index]);
    }
    return 0;
}

static void part_draw(const Figure *f, const Part *p, double y) {
    const PlotData *d = f->view.d;
    PlotView raster = plot_raster_view(&f->view);
    switch (p->kind) {
    case PART_RASTER: plot_raster(f->c, y, &raster, below(f, p, PART_RATES) && same_window(f)); break;
    case PART_RATES: plot_rates(f->c, y, &f->view, p > f->part); break;
    case PART_TRACES: plot_traces(f->c, y, &f->view, &d->report[p->index], below(f, p, PART_TRACES)); break;
    case PART_WEIGHTS:
        plot_weights(f->c, y, p->index < d->nreports ? &d->report[p->index] : NULL, p->index < d->nreports ? NULL : &d->weights[p->index - d->nreports]);
        break;
    case PART_MAPS: plot_maps(f->c, y, &f->view); break;
    case PART_TABLE: plot_table(f->c, y, &d->table[p->index]); break;
    }
}

static void add(Figure *f, PartKind kind, int64_t index) {
    Part *p = realloc(f->part, (size_t)(f->n + 1) * sizeof *p);
    if (!p) return;
    f->part = p;
    p[f->n++] = (Part){ kind, index, 0 };
}

static void choose(Figure *f) {
    const PlotOptions *o = f->view.o;
    const PlotData *d = f->view.d;
    bool timed = f->view.to > f->view.from;
    if (d->nspikes && timed && wanted(o, "raster")) add(f, PART_RASTER, 0);
    if (d->nspikes && timed && wanted(o, "rates") && (o->what || plot_rates_sensible(&f->view))) add(f, PART_RATES, 0);
    bool map = false;
    for (int64_t i = 0; i < d->nspikes; i++) map |= plot_is_map(&d->spikes[i]);
    if (map && timed && o->what && wanted(o, "maps")) add(f, PART_MAPS, 0);
    for (int64_t i = 0; i < d->nreports; i++)
        if (d->report[i].rows > 1 && timed && wanted(o, "traces") && (!d->report[i].synapses || o->what)) add(f, PART_TRACES, i);
    for (int64_t i = 0; i < d->nreports; i++)
        if (d->report[i].synapses && d->report[i].rows && wanted(o, "weights")) add(f, PART_WEIGHTS, i);
    for (int64_t i = 0; i < d->nweights; i++)
        if (wanted(o, "weights")) add(f, PART_WEIGHTS, d->nreports + i);
    for (int64_t i = 0; i < d->ntables; i++)
        if (d->table[i].rows && d->table[i].columns > 1 && wanted(o, "table")) add(f, PART_TABLE, i);
}

// Panels that share their time axis stand close together.
static double gap_after(const Figure *f, const Part *p) {
    if (p == f->part + f->n - 1) return 0;
    if (p->kind == PART_RASTER && p[1].kind == PART_RATES && same_window(f)) return 0;
    return p->kind == PART_TRACES && p[1].kind == PART_TRACES ? 2 : BETWEEN;
}

static void measure(Figure *f) {
    cairo_surface_t *scratch = cairo_image_surface_create(CAIRO_FORMAT_RGB24, 1, 1);      // to measure text
    f->c = cairo_create(scratch);
    for (Part *p = f->part; p < f->part + f->n; p++) f->height += (p->height = part_height(f, p)) + gap_after(f, p);
    cairo_destroy(f->c), cairo_surface_destroy(scratch);
}

static void draw(Figure *f) {
    cairo_set_source_rgb(f->c, 1, 1, 1);
    cairo_paint(f->c);
    double y = MARGIN;
    for (const Part *p = f->part; p < f->part + f->n; p++) {
        part_draw(f, p, y);
        y += p->height + gap_after(f, p);
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

// Under another name until it is whole, but straight to what is no file, such as a pipe. NULL, or what went wrong.
static const char *write_whole(Figure *f, const char *path, bool svg) {
    struct stat st;
    char part[4416];
    bool apart = stat(path, &st) != 0 || S_ISREG(st.st_mode);
    snprintf(part, sizeof part, "%s%s", path, apart ? ".part" : "");
    FILE *probe = fopen(part, "ab");                    // cairo says only that it cannot write, not why
    if (!probe) return strerror(errno);
    fclose(probe);
    errno = 0;
    cairo_status_t status = write_picture(f, part, svg);
    const char *why = status == CAIRO_STATUS_SUCCESS ? NULL : errno ? strerror(errno) : cairo_status_to_string(status);
    if (!why && apart && rename(part, path)) why = strerror(errno);
    if (why && apart) unlink(part);
    return why;
}

static int report_nothing(const PlotOptions *o) {
    if (o->what) fprintf(stderr, "error: '%s' holds nothing to plot as %s\n", o->dir, o->what);
    else fprintf(stderr, "error: '%s' holds no results to plot (spikes.h5, report_*.h5, *.csv, *.npy)\n", o->dir);
    return 2;
}

static bool known(const char *list) {
    static const char *const all[] = { "raster", "rates", "maps", "traces", "weights", "table" };
    for (const char *s = list; *s; s += strcspn(s, ","), s += *s == ',') {
        char name[40];
        snprintf(name, sizeof name, "%.*s", (int)strcspn(s, ","), s);
        bool found = false;
        for (size_t i = 0; i < sizeof all / sizeof *all; i++) found |= listed(name, all[i]);
        if (!found) return false;
    }
    return *list != 0;
}

// From 0, unless what is known begins late (a discarded start).
static double begin_of(const PlotData *d) {
    if (!(d->begin > 0.05 * d->end) || !(d->end > 0)) return 0;
    double step = plot_nice(d->end) / 100;
    return floor(d->begin / step) * step;
}

static int picture(const PlotOptions *o, const PlotData *d) {
    Figure f = { .view = { o, d, o->has_from ? o->from : begin_of(d), o->has_to ? o->to : d->end } };
    choose(&f);
    if (f.n == 0) { free(f.part); return report_nothing(o); }
    measure(&f);
    char path[4400];
    bool svg = is_svg(o);
    if (o->out) snprintf(path, sizeof path, "%s", o->out);
    else snprintf(path, sizeof path, "%s/%s.%s", o->dir, o->what && !strchr(o->what, ',') ? o->what : "plot", svg ? "svg" : "png");
    const char *why = write_whole(&f, path, svg);
    free(f.part);
    if (why) {
        fprintf(stderr, "error: cannot write '%s': %s\n", path, why);
        return 3;
    }
    if (!o->quiet) printf("%s\n", path);
    return 0;
}

int snn_plot(const PlotOptions *o) {
    struct stat st;
    char err[1200];
    if (stat(o->dir, &st) != 0 || !S_ISDIR(st.st_mode)) { fprintf(stderr, "error: cannot read the folder '%s'\n", o->dir); return 2; }
    if (o->what && !known(o->what)) { fprintf(stderr, "error: --show knows raster, rates, maps, traces, weights and table, not '%s'\n", o->what); return 2; }
    if (o->has_from && o->has_to && !(o->to > o->from)) { fprintf(stderr, "error: the window %g ms to %g ms is empty\n", o->from, o->to); return 2; }
    if (!record_recover(o->dir, err, sizeof err)) fprintf(stderr, "warning: %s\n", err);
    PlotData d;
    plot_read(o->dir, &d);
    int code = picture(o, &d);
    plot_read_free(&d);
    return code;
}
