// SPDX-License-Identifier: MIT
// snnc plot DIR: one picture of what a run left behind. Panels from top to bottom: spike raster, population rates, traces, tables, weights;
// each only where there is something to show.
#include "cli.h"
#include "plot_data.h"
#include "plot_draw.h"
#include <math.h>
#include <stdlib.h>

enum { SHOW_RASTER = 1, SHOW_RATES = 2, SHOW_TRACES = 4, SHOW_TABLES = 8, SHOW_WEIGHTS = 16, SHOW_ALL = 31 };
enum { MAX_DOTS = 60000, MAX_LINES = 6, MAX_TABLE_PANELS = 6 };
typedef struct PlotUser { const char *dir, *out; double from, to; unsigned show; Figure *figure; PlotData data; double tscale; const char *tlabel; } PlotUser;

static const Option options[] = {
    {"output", 'o', "FILE", "the picture, .png or .svg (default DIR/plot.png)"},
    {"show", 0, "PARTS", "raster, rates, traces, tables, weights (several by commas; default all)"},
    {"from", 0, "MS", "begin of the time shown"},
    {"to", 0, "MS", "end of the time shown"},
    {0}};

static const struct { const char *name; unsigned bit; } parts[] = {{"raster", SHOW_RASTER}, {"rates", SHOW_RATES}, {"traces", SHOW_TRACES}, {"tables", SHOW_TABLES}, {"weights", SHOW_WEIGHTS}};

static bool show_option(PlotUser *u, const char *value) {
    u->show = 0;
    for (const char *p = value; *p;) {
        size_t n = strcspn(p, ",");
        unsigned bit = 0;
        for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
            if (strlen(parts[i].name) == n && !memcmp(parts[i].name, p, n)) bit = parts[i].bit;
        if (!bit) return cli_usage(&command_plot, "--show knows raster, rates, traces, tables and weights, not '%.*s'", (int)n, p);
        u->show |= bit;
        p += n + (p[n] == ',');
    }
    return true;
}

static bool option(void *user, const Option *o, const char *value) {
    PlotUser *u = user;
    if (!strcmp(o->name, "output")) { u->out = value; return true; }
    if (!strcmp(o->name, "show")) return show_option(u, value);
    char *end;
    double v = strtod(value, &end);
    if (end == value || *end) return cli_usage(&command_plot, "--%s wants a time in ms, not '%s'", o->name, value);
    *(strcmp(o->name, "from") ? &u->to : &u->from) = v;
    return true;
}

static bool word(void *user, const char *w) {
    PlotUser *u = user;
    if (u->dir) return cli_usage(&command_plot, "one folder at a time: '%s' or '%s'?", u->dir, w);
    u->dir = w;
    return true;
}

// The time range of everything that has one; long runs are labelled in seconds.
static void find_time(PlotUser *u) {
    double lo = INFINITY, hi = -INFINITY;
    for (uint32_t i = 0; i < u->data.spikes.n; i++)
        for (int64_t k = 0; k < u->data.spikes.at[i].n; k++) lo = fmin(lo, u->data.spikes.at[i].t[k]), hi = fmax(hi, u->data.spikes.at[i].t[k]);
    for (uint32_t i = 0; i < u->data.traces.n; i++) {
        const PlotTrace *t = &u->data.traces.at[i];
        lo = fmin(lo, t->t[0]), hi = fmax(hi, t->t[t->rows - 1]);
    }
    if (!(hi >= lo)) lo = 0, hi = 1;
    if (lo > 0 && lo < 0.1 * hi) lo = 0;
    if (isnan(u->from)) u->from = lo;
    if (isnan(u->to)) u->to = hi;
    u->tscale = u->to - u->from > 10000 ? 1000 : 1;
    u->tlabel = u->tscale > 1 ? "time (s)" : "time (ms)";
}

// Populations stacked from below. Of a large network every k-th neuron is drawn, so that the picture stays legible and small.
static void draw_raster(PlotUser *u) {
    int64_t cells = 0, dots = 0, base = 0;
    for (uint32_t i = 0; i < u->data.spikes.n; i++) {
        const PlotSpikes *s = &u->data.spikes.at[i];
        cells += s->cells;
        for (int64_t k = 0; k < s->n; k++) dots += s->t[k] >= u->from && s->t[k] <= u->to;
    }
    int64_t every = dots / MAX_DOTS + 1;
    const char *label = every > 1 ? arena_printf(&u->data.arena, "neuron (1 of %lld)", (long long)every) : "neuron";
    Panel p = panel_open(u->figure, "spikes", u->tlabel, label, u->from / u->tscale, u->to / u->tscale, -0.5, (double)cells - 0.5);
    double size = fmax(0.8, fmin(3, p.h / (double)(cells / every + 1)));
    for (uint32_t i = 0; i < u->data.spikes.n; i++) {
        const PlotSpikes *s = &u->data.spikes.at[i];
        for (int64_t k = 0; k < s->n; k++)
            if ((int64_t)s->id[k] % every == 0 && s->t[k] >= u->from && s->t[k] <= u->to) panel_dot(&p, (int)i, size, s->t[k] / u->tscale, (double)(base + (int64_t)s->id[k]));
        base += s->cells;
    }
    for (uint32_t i = 0; i < u->data.spikes.n; i++) panel_legend(&p, (int)i, (int)i, u->data.spikes.at[i].name);
    panel_close(&p);
}

static double round_up(double v) {
    double ten = pow(10, floor(log10(v))), r = v / ten;
    return ten * (r <= 1 ? 1 : r <= 2 ? 2 : r <= 5 ? 5 : 10);
}

static void draw_rates(PlotUser *u) {
    double bin = round_up((u->to - u->from) / 250), top = 0;
    int64_t n = (int64_t)ceil((u->to - u->from) / bin - 1e-9);
    if (n < 1) n = 1;
    double *y = ARENA_ARRAY(&u->data.arena, double, n * u->data.spikes.n), *x = ARENA_ARRAY(&u->data.arena, double, n);
    for (int64_t k = 0; k < n; k++) x[k] = (u->from + ((double)k + 0.5) * bin) / u->tscale;
    for (uint32_t i = 0; i < u->data.spikes.n; i++) {
        const PlotSpikes *s = &u->data.spikes.at[i];
        for (int64_t k = 0; k < s->n; k++) {
            int64_t b = (int64_t)floor((s->t[k] - u->from) / bin);
            if (s->t[k] >= u->from && b >= 0 && b < n) y[i * n + b] += 1000 / (bin * (double)(s->cells ? s->cells : 1));
        }
        for (int64_t b = 0; b < n; b++) top = fmax(top, y[i * n + b]);
    }
    const char *title = arena_printf(&u->data.arena, "population rates (bins of %g ms)", bin);
    Panel p = panel_open(u->figure, title, u->tlabel, "rate (Hz)", u->from / u->tscale, u->to / u->tscale, 0, top > 0 ? 1.08 * top : 1);
    for (uint32_t i = 0; i < u->data.spikes.n; i++) panel_line(&p, (int)i, x, y + i * n, n, 1);
    for (uint32_t i = 0; i < u->data.spikes.n; i++) panel_legend(&p, (int)i, (int)i, u->data.spikes.at[i].name);
    panel_close(&p);
}

static void draw_trace(PlotUser *u, const PlotTrace *t) {
    int64_t lines = t->cols < MAX_LINES ? t->cols : MAX_LINES;
    double lo = INFINITY, hi = -INFINITY, *x = ARENA_ARRAY(&u->data.arena, double, t->rows + 1);
    for (int64_t r = 0; r < t->rows; r++) {
        x[r] = t->t[r] / u->tscale;
        for (int64_t c = 0; c < lines; c++) lo = fmin(lo, t->data[r * t->cols + c]), hi = fmax(hi, t->data[r * t->cols + c]);
    }
    double margin = 0.05 * (hi - lo);
    const char *dot = strrchr(t->name, '.'), *var = dot ? dot + 1 : t->name;
    const char *label = *t->unit && strcmp(t->unit, "1") ? arena_printf(&u->data.arena, "%s (%s)", var, t->unit) : var;
    Panel p = panel_open(u->figure, t->name, u->tlabel, label, u->from / u->tscale, u->to / u->tscale, lo - margin, hi + margin);
    for (int64_t c = 0; c < lines; c++) panel_line(&p, (int)c, x, t->data + c, t->rows, t->cols);
    for (int64_t c = 0; c < lines && t->id; c++) panel_legend(&p, (int)c, (int)c, arena_printf(&u->data.arena, "neuron %llu", (unsigned long long)t->id[c]));
    panel_close(&p);
}

// Tables: every column against the first. A first column that rises strictly is a curve, anything else a cloud of points.
static void draw_table(PlotUser *u, const PlotTable *t) {
    double *x = ARENA_ARRAY(&u->data.arena, double, t->rows + 1), *y = ARENA_ARRAY(&u->data.arena, double, t->rows + 1);
    bool curve = true;
    double xlo = INFINITY, xhi = -INFINITY;
    for (int64_t r = 0; r < t->rows; r++) {
        x[r] = t->cell[r * t->cols];
        curve = curve && (!r || x[r] > x[r - 1]);
        xlo = fmin(xlo, x[r]), xhi = fmax(xhi, x[r]);
    }
    for (int64_t c = 1; c < t->cols && c <= MAX_TABLE_PANELS; c++) {
        double lo = INFINITY, hi = -INFINITY;
        for (int64_t r = 0; r < t->rows; r++) y[r] = t->cell[r * t->cols + c], lo = fmin(lo, y[r]), hi = fmax(hi, y[r]);
        double m = 0.06 * (hi - lo), mx = curve ? 0 : 0.03 * (xhi - xlo);
        Panel p = panel_open(u->figure, t->name, t->head[0], t->head[c], xlo - mx, xhi + mx, lo - m, hi + m);
        if (curve) panel_line(&p, (int)c - 1, x, y, t->rows, 1);
        panel_points(&p, (int)c - 1, 5, x, y, t->rows);
        panel_close(&p);
    }
}

static void draw_histogram(PlotUser *u, const PlotArray *a) {
    enum { BINS = 50 };
    int64_t n = a->rows * a->cols, count[BINS] = {0}, top = 1;
    double lo = INFINITY, hi = -INFINITY;
    for (int64_t i = 0; i < n; i++) lo = fmin(lo, a->at[i]), hi = fmax(hi, a->at[i]);
    if (!(hi > lo)) hi = lo + 1;
    for (int64_t i = 0; i < n; i++) {
        int64_t b = (int64_t)((a->at[i] - lo) / (hi - lo) * BINS);
        if (b >= 0) count[b < BINS ? b : BINS - 1]++;
    }
    for (int b = 0; b < BINS; b++) top = count[b] > top ? count[b] : top;
    Panel p = panel_open(u->figure, a->name, "weight", "synapses", lo, hi, 0, 1.08 * (double)top);
    for (int b = 0; b < BINS; b++) panel_bar(&p, 0, lo + (hi - lo) * b / BINS, lo + (hi - lo) * (b + 1) / BINS, (double)count[b]);
    panel_close(&p);
    if (a->rows < 2) return;
    p = panel_open(u->figure, a->name, "target", "source", -0.5, (double)a->cols - 0.5, (double)a->rows - 0.5, -0.5);
    panel_image(&p, a->at, a->rows, a->cols, lo, hi);
    panel_close(&p);
}

static int count_panels(const PlotUser *u) {
    const PlotData *d = &u->data;
    int n = 0;
    if (d->spikes.n) n += !!(u->show & SHOW_RASTER) + !!(u->show & SHOW_RATES);
    if (u->show & SHOW_TRACES) n += (int)d->traces.n;
    for (uint32_t i = 0; u->show & SHOW_TABLES && i < d->tables.n; i++) n += (int)(d->tables.at[i].cols - 1 < MAX_TABLE_PANELS ? d->tables.at[i].cols - 1 : MAX_TABLE_PANELS);
    for (uint32_t i = 0; u->show & SHOW_WEIGHTS && i < d->arrays.n; i++) n += 1 + (d->arrays.at[i].rows > 1);
    return n;
}

static void draw(PlotUser *u) {
    const PlotData *d = &u->data;
    if (d->spikes.n && u->show & SHOW_RASTER) draw_raster(u);
    if (d->spikes.n && u->show & SHOW_RATES) draw_rates(u);
    for (uint32_t i = 0; u->show & SHOW_TRACES && i < d->traces.n; i++) draw_trace(u, &d->traces.at[i]);
    for (uint32_t i = 0; u->show & SHOW_TABLES && i < d->tables.n; i++) draw_table(u, &d->tables.at[i]);
    for (uint32_t i = 0; u->show & SHOW_WEIGHTS && i < d->arrays.n; i++) draw_histogram(u, &d->arrays.at[i]);
}

static int plot(PlotUser *u) {
    const char *error = NULL;
    if (!plot_data_read(&u->data, u->dir, &error)) { cli_usage(&command_plot, "%s", error); return EXIT_USAGE; }
    int panels = count_panels(u);
    if (!panels) {
        cli_usage(&command_plot, "'%s' holds nothing to show: no spikes.h5, report_*.h5, *.csv or *.npy", u->dir);
        return EXIT_USAGE;
    }
    const char *out = u->out ? u->out : arena_printf(&u->data.arena, "%s/plot.png", u->dir);
    find_time(u);
    u->figure = figure_new(out, panels, &error);
    if (!u->figure) { cli_usage(&command_plot, "%s", error); return EXIT_USAGE; }
    draw(u);
    if (!figure_close(u->figure, &error)) {
        fprintf(stderr, "snnc plot: cannot write '%s': %s\n", out, error);
        return EXIT_FAILED;
    }
    printf("%s\n", out);
    return EXIT_FINE;
}

static int plot_main(int argc, char **argv) {
    PlotUser u = {.from = NAN, .to = NAN, .show = SHOW_ALL};
    int rc = cli_options(&command_plot, argc, argv, &u, option, word);
    if (!rc && !u.dir) rc = (cli_usage(&command_plot, "which folder? (what `snnc run --out DIR` wrote)"), EXIT_USAGE);
    if (!rc) rc = plot(&u);
    arena_free(&u.data.arena);
    return rc < 0 ? EXIT_FINE : rc;
}

const Command command_plot = {"plot", "[OPTIONS] DIR", "draw what a run left in its folder", NULL, options, plot_main};
