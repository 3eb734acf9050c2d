// SPDX-License-Identifier: MIT
// Panels, axes, legends. The palette is that of Okabe & Ito (2008), which colour-blind readers can tell apart.
#include "host/plot_draw.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

static const double palette[][3] = { { 0.00, 0.45, 0.70 }, { 0.84, 0.37, 0.00 }, { 0.00, 0.62, 0.45 }, { 0.80, 0.47, 0.65 },
                                     { 0.90, 0.62, 0.00 }, { 0.34, 0.71, 0.91 }, { 0.35, 0.35, 0.35 }, { 0.55, 0.35, 0.20 } };
enum { COLOURS = sizeof palette / sizeof *palette };

void plot_colour(cairo_t *c, int64_t i, double alpha) {
    const double *p = palette[i % COLOURS];
    cairo_set_source_rgba(c, p[0], p[1], p[2], alpha);
}

void plot_grey(cairo_t *c, double level) { cairo_set_source_rgb(c, level, level, level); }

void plot_font(cairo_t *c, double size, bool bold) {
    cairo_select_font_face(c, "Helvetica, Arial, sans-serif", CAIRO_FONT_SLANT_NORMAL, bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
    cairo_set_font_size(c, size);
}

double plot_text_width(cairo_t *c, const char *s) {
    cairo_text_extents_t e;
    cairo_text_extents(c, s, &e);
    return e.x_advance;
}

double plot_text(cairo_t *c, double x, double y, const char *s, int align) {
    double w = plot_text_width(c, s);
    cairo_move_to(c, x - (align == ALIGN_CENTRE ? w / 2 : align == ALIGN_RIGHT ? w : 0), y);
    cairo_show_text(c, s);
    return w;
}

static double place(const PlotAxis *a, double v) {
    if (a->log) return (log(v) - log(a->lo)) / (log(a->hi) - log(a->lo));
    return (v - a->lo) / (a->hi - a->lo);
}
double plot_px(const Panel *p, double x) { return p->x + p->w * place(&p->X, x); }
double plot_py(const Panel *p, double y) { return p->y + p->h * (1 - place(&p->Y, y)); }

void plot_clip(const Panel *p, double margin) {
    cairo_save(p->c);
    cairo_rectangle(p->c, p->x - margin, p->y - margin, p->w + 2 * margin, p->h + 2 * margin);
    cairo_clip(p->c);
}

double plot_nice(double x) {
    double p = pow(10, floor(log10(x)));
    double m = x / p;
    return p * (m <= 1.000001 ? 1 : m <= 2.000001 ? 2 : m <= 5.000001 ? 5 : 10);
}

void plot_round_range(PlotAxis *a) {
    if (!(a->hi > a->lo)) {
        double around = isfinite(a->lo) ? a->lo : 0, by = around != 0 ? fabs(around) * 0.1 : 1;
        a->lo = around - by, a->hi = around + by;
    }
    if (a->log) return;
    double step = plot_nice((a->hi - a->lo) / 5) / 2;
    a->lo = floor(a->lo / step + 1e-9) * step, a->hi = ceil(a->hi / step - 1e-9) * step;
}

static int decimals(double step) {
    int d = (int)ceil(-log10(step) - 1e-9);
    return d > 0 ? d : 0;
}

// A number with a true minus sign; powers of ten on logarithmic axes keep their plain form.
static void number_text(char out[40], double v, double step) {
    char t[32];
    if (fabs(v) < step * 1e-6) v = 0;
    if (v != 0 && (fabs(v) >= 1e6 || step < 1e-5)) snprintf(t, sizeof t, "%.3g", v);
    else snprintf(t, sizeof t, "%.*f", decimals(step), v);
    char *o = out;
    for (const char *s = t; *s; s++) {
        if (*s == '-') { memcpy(o, "\xe2\x88\x92", 3); o += 3; }
        else *o++ = *s;
    }
    *o = 0;
}

typedef struct Tick { double at; char text[40]; bool minor; } Tick;
enum { TICKS = 64 };

static int linear_ticks(const PlotAxis *a, double length, double room, Tick *t) {
    double lo = fmin(a->lo, a->hi), hi = fmax(a->lo, a->hi), step = plot_nice((hi - lo) * room / length);
    int n = 0;
    for (double k = ceil(lo / step - 1e-9); k * step <= hi + step * 1e-9 && n < TICKS; k++, n++) {
        t[n].at = k * step, t[n].minor = false;
        number_text(t[n].text, k * step, step);
    }
    return n;
}

static int log_ticks(const PlotAxis *a, Tick *t) {
    int n = 0;
    double decades = log10(a->hi / a->lo);
    for (int e = (int)floor(log10(a->lo)); e <= (int)ceil(log10(a->hi)) && n < TICKS; e++)
        for (int m = 1; m < 10 && n < TICKS; m++) {
            double v = m * pow(10, e);
            if (v < a->lo * (1 - 1e-9) || v > a->hi * (1 + 1e-9)) continue;
            t[n].at = v;
            t[n].minor = !(m == 1 || (decades < 2.5 && (m == 2 || m == 5)));
            snprintf(t[n].text, sizeof t[n].text, "%g", v);
            n++;
        }
    return n;
}

static void label_font(cairo_t *c, const char *label, double room) {
    plot_font(c, 11, false);
    double w = plot_text_width(c, label);
    if (w > room) plot_font(c, 11 * room / w < 7 ? 7 : 11 * room / w, false);
}

static void x_axis(const Panel *p) {
    Tick t[TICKS];
    cairo_t *c = p->c;
    double bottom = p->y + p->h;
    int n = p->X.log ? log_ticks(&p->X, t) : linear_ticks(&p->X, p->w, 70, t);
    plot_font(c, 10, false);
    for (int i = 0; i < n; i++) {
        double x = plot_px(p, t[i].at);
        cairo_move_to(c, x, bottom), cairo_line_to(c, x, bottom + (t[i].minor ? 2.5 : 4)), cairo_stroke(c);
        if (!t[i].minor && !p->X.bare) plot_text(c, x, bottom + 15, t[i].text, ALIGN_CENTRE);
    }
    if (!p->X.label || p->X.bare) return;
    label_font(c, p->X.label, p->w);
    plot_text(c, p->x + p->w / 2, bottom + 31, p->X.label, ALIGN_CENTRE);
}

static void y_axis(const Panel *p) {
    Tick t[TICKS];
    cairo_t *c = p->c;
    int n = p->Y.log ? log_ticks(&p->Y, t) : linear_ticks(&p->Y, p->h, 24, t);
    plot_font(c, 10, false);
    for (int i = 0; i < n && !p->Y.bare; i++) {
        double y = plot_py(p, t[i].at);
        cairo_move_to(c, p->x, y), cairo_line_to(c, p->x - (t[i].minor ? 2.5 : 4), y), cairo_stroke(c);
        if (!t[i].minor) plot_text(c, p->x - 7, y + 3.5, t[i].text, ALIGN_RIGHT);
    }
    if (!p->Y.label) return;
    label_font(c, p->Y.label, p->h + 16);
    cairo_save(c);
    cairo_translate(c, p->x - 46, p->y + p->h / 2);
    cairo_rotate(c, -M_PI / 2);
    plot_text(c, 0, 0, p->Y.label, ALIGN_CENTRE);
    cairo_restore(c);
}

void plot_axes(const Panel *p) {
    cairo_t *c = p->c;
    plot_grey(c, 0.15);
    cairo_set_line_width(c, 0.8);
    cairo_set_line_cap(c, CAIRO_LINE_CAP_SQUARE);
    cairo_move_to(c, p->x, p->y), cairo_line_to(c, p->x, p->y + p->h), cairo_line_to(c, p->x + p->w, p->y + p->h);
    cairo_stroke(c);
    cairo_set_line_cap(c, CAIRO_LINE_CAP_BUTT);
    x_axis(p);
    y_axis(p);
}

enum { ENTRY_GAP = 18, LINE = 15, KEY = 14 };

double plot_legend_height(cairo_t *c, double w, const LegendEntry *e, int64_t n) {
    plot_font(c, 10.5, false);
    double at = 0;
    int lines = n > 0;
    for (int64_t i = 0; i < n; i++) {
        double need = KEY + plot_text_width(c, e[i].text);
        if (at > 0 && at + need > w) lines++, at = 0;
        at += need + ENTRY_GAP;
    }
    return lines * LINE;
}

void plot_legend(cairo_t *c, double x, double y, double w, const LegendEntry *e, int64_t n) {
    double top = y - plot_legend_height(c, w, e, n), at = 0;
    for (int64_t i = 0; i < n; i++) {
        double need = KEY + plot_text_width(c, e[i].text);
        if (at > 0 && at + need > w) top += LINE, at = 0;
        plot_colour(c, e[i].colour, 1);
        cairo_rectangle(c, x + at + 0.5, top + 1.5, 8, 8);
        cairo_set_line_width(c, 1.2);
        if (e[i].outline) cairo_stroke(c);
        else cairo_fill(c);
        plot_grey(c, 0.15);
        plot_text(c, x + at + KEY, top + 9.5, e[i].text, ALIGN_LEFT);
        at += need + ENTRY_GAP;
    }
}
