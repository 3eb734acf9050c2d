// SPDX-License-Identifier: MIT
// snnc plot DIR: a picture of what a run left in its folder; the drawing is runtime/host/plot.c.
#include "cli.h"
#include "host/plot.h"
#include <stdlib.h>

static const Option options[] = {
    {"output", 'o', "FILE", "the picture, .png or .svg (default DIR/plot.png, of one part alone DIR/PART.png)"},
    {"show", 0, "PARTS", "raster, rates, maps, traces, weights, table (several by commas; default: everything there is but maps)"},
    {"svg", 0, NULL, "draw SVG instead of PNG"},
    {"from", 0, "MS", "begin of the time shown"},
    {"to", 0, "MS", "end of the time shown"},
    {"quiet", 'q', NULL, "do not print the picture's name"},
    {0}};

static bool option(void *user, const Option *o, const char *value) {
    PlotOptions *p = user;
    switch (o->name[0]) {
    case 'o': p->out = value; return true;
    case 'q': p->quiet = true; return true;
    case 's':
        if (!value) { p->svg = true; return true; }
        p->what = value;                           // snn_plot knows the parts
        return true;
    }
    char *end;
    double ms = strtod(value, &end);
    if (end == value || *end) return cli_usage(&command_plot, "--%s wants a time in ms, not '%s'", o->name, value);
    if (!strcmp(o->name, "from")) p->from = ms, p->has_from = true;
    else p->to = ms, p->has_to = true;
    return true;
}

static bool word(void *user, const char *w) {
    PlotOptions *p = user;
    if (p->dir) return cli_usage(&command_plot, "one folder at a time: '%s' or '%s'?", p->dir, w);
    p->dir = w;
    return true;
}

static int plot_main(int argc, char **argv) {
    PlotOptions p = {0};
    int rc = cli_options(&command_plot, argc, argv, &p, option, word);
    if (!rc && !p.dir) rc = (cli_usage(&command_plot, "which folder? (what `snnc run --out DIR` wrote)"), EXIT_USAGE);
    if (!rc) rc = snn_plot(&p);
    return rc < 0 ? EXIT_FINE : rc;
}

const Command command_plot = {"plot", "[OPTIONS] DIR", "draw what a run left in its folder", NULL, options, plot_main};
