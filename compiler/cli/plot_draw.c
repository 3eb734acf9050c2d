// SPDX-License-Identifier: MIT
#include "plot_draw.h"
#include <cairo.h>
#include <cairo-svg.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WIDTH = 900, HEIGHT = 230, LEFT = 82, RIGHT = 20, TOP = 30, BOTTOM = 46 };
struct Figure { cairo_surface_t *surface; cairo_t *cr; const char *path; bool svg; int panels, opened; };

// Okabe and Ito's colours, which remain apart for colour-blind readers.
static const double palette[][3] = {{0, 0.447, 0.698}, {0.835, 0.369, 0}, {0, 0.62, 0.451}, {0.8, 0.475, 0.655}, {0.902, 0.624, 0}, {0.337, 0.706, 0.914}, {0.2, 0.2, 0.2}};
enum { NCOLORS = sizeof palette / sizeof *palette };

static void set_color(cairo_t *cr, int color, double alpha) {
    const double *c = palette[color % NCOLORS];
    cairo_set_source_rgba(cr, c[0], c[1], c[2], alpha);
}

static bool has_ending(const char *s, const char *end) {
    size_t n = strlen(s), k = strlen(end);
    return n > k && !strcmp(s + n - k, end);
}

Figure *figure_new(const char *path, int panels, const char **error) {
    bool svg = has_ending(path, ".svg"), png = has_ending(path, ".png");
    if (!svg && !png) { *error = "the picture's name must end in .png or .svg"; return NULL; }
    Figure *f = calloc(1, sizeof *f);
    if (!f) { *error = "out of memory"; return NULL; }
    int height = panels * HEIGHT, scale = svg ? 1 : 2;
    f->path = path, f->svg = svg, f->panels = panels;
    f->surface = svg ? cairo_svg_surface_create(path, WIDTH, height) : cairo_image_surface_create(CAIRO_FORMAT_RGB24, WIDTH * scale, height * scale);
    f->cr = cairo_create(f->surface);
    if (cairo_status(f->cr)) {
        *error = cairo_status_to_string(cairo_status(f->cr));
        cairo_destroy(f->cr), cairo_surface_destroy(f->surface), free(f);
        return NULL;
    }
    cairo_scale(f->cr, scale, scale);
    cairo_set_source_rgb(f->cr, 1, 1, 1);
    cairo_paint(f->cr);
    cairo_select_font_face(f->cr, "sans-serif", CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_NORMAL);
    return f;
}

bool figure_close(Figure *f, const char **error) {
    cairo_status_t s = f->svg ? CAIRO_STATUS_SUCCESS : cairo_surface_write_to_png(f->surface, f->path);
    if (f->svg) cairo_surface_finish(f->surface), s = cairo_surface_status(f->surface);
    if (s) *error = cairo_status_to_string(s);
    cairo_destroy(f->cr);
    cairo_surface_destroy(f->surface);
    free(f);
    return s == CAIRO_STATUS_SUCCESS;
}

static double px(const Panel *p, double x) { return p->x0 + (x - p->xmin) / (p->xmax - p->xmin) * p->w; }
static double py(const Panel *p, double y) { return p->y0 + p->h - (y - p->ymin) / (p->ymax - p->ymin) * p->h; }

enum { ALIGN_LEFT, ALIGN_CENTRE, ALIGN_RIGHT };
static void text(cairo_t *cr, double x, double y, int align, const char *s) {
    cairo_text_extents_t e;
    cairo_text_extents(cr, s, &e);
    cairo_move_to(cr, x - (align == ALIGN_CENTRE ? e.x_advance / 2 : align == ALIGN_RIGHT ? e.x_advance : 0), y);
    cairo_show_text(cr, s);
}

// The distance of about `want` ticks over a range: 1, 2 or 5 times a power of ten.
static double tick_step(double range, int want) {
    double raw = range / want, ten = pow(10, floor(log10(raw))), r = raw / ten;
    return ten * (r < 1.5 ? 1 : r < 3.5 ? 2 : r < 7.5 ? 5 : 10);
}

static void draw_ticks(Panel *p, bool horizontal) {
    cairo_t *cr = p->figure->cr;
    double lo = horizontal ? p->xmin : p->ymin, hi = horizontal ? p->xmax : p->ymax, step = tick_step(hi - lo, horizontal ? 9 : 4);
    cairo_set_font_size(cr, 11);
    for (double k = ceil(lo / step - 1e-9); k * step <= hi + 1e-9 * step; k++) {
        char label[32];
        double v = k * step, x = horizontal ? px(p, v) : p->x0, y = horizontal ? p->y0 + p->h : py(p, v);
        snprintf(label, sizeof label, "%.6g", fabs(v) < 1e-9 * step ? 0 : v);
        cairo_set_source_rgb(cr, 0.88, 0.88, 0.88);
        cairo_move_to(cr, horizontal ? x : p->x0, horizontal ? p->y0 : y);
        cairo_line_to(cr, horizontal ? x : p->x0 + p->w, y);
        cairo_set_line_width(cr, 0.6);
        cairo_stroke(cr);
        cairo_set_source_rgb(cr, 0.15, 0.15, 0.15);
        if (horizontal) text(cr, x, y + 15, ALIGN_CENTRE, label);
        else text(cr, x - 7, y + 4, ALIGN_RIGHT, label);
    }
}

static void draw_labels(Panel *p, const char *title, const char *xlabel, const char *ylabel) {
    cairo_t *cr = p->figure->cr;
    cairo_set_source_rgb(cr, 0.1, 0.1, 0.1);
    cairo_set_font_size(cr, 12);
    text(cr, p->x0 + p->w / 2, p->y0 + p->h + 33, ALIGN_CENTRE, xlabel);
    cairo_save(cr);
    cairo_translate(cr, p->x0 - 58, p->y0 + p->h / 2);
    cairo_rotate(cr, -M_PI / 2);
    text(cr, 0, 0, ALIGN_CENTRE, ylabel);
    cairo_restore(cr);
    cairo_set_font_size(cr, 13);
    text(cr, p->x0, p->y0 - 9, ALIGN_LEFT, title);
}

Panel panel_open(Figure *f, const char *title, const char *xlabel, const char *ylabel, double xmin, double xmax, double ymin, double ymax) {
    if (!(xmax > xmin)) xmin -= 0.5, xmax = xmin + 1;
    if (!(ymax > ymin)) { double d = ymin != 0 ? fabs(ymin) / 10 : 1; ymin -= d, ymax += d; }
    Panel p = {.figure = f, .number = f->opened, .x0 = LEFT, .y0 = TOP + f->opened * HEIGHT, .w = WIDTH - LEFT - RIGHT, .h = HEIGHT - TOP - BOTTOM,
               .xmin = xmin, .xmax = xmax, .ymin = ymin, .ymax = ymax};
    f->opened++;
    draw_ticks(&p, true);
    draw_ticks(&p, false);
    draw_labels(&p, title, xlabel, ylabel);
    cairo_save(f->cr);
    cairo_rectangle(f->cr, p.x0, p.y0, p.w, p.h);
    cairo_clip(f->cr);
    return p;
}

void panel_close(Panel *p) {
    cairo_t *cr = p->figure->cr;
    cairo_restore(cr);
    cairo_set_source_rgb(cr, 0.4, 0.4, 0.4);
    cairo_set_line_width(cr, 0.8);
    cairo_rectangle(cr, p->x0, p->y0, p->w, p->h);
    cairo_stroke(cr);
}

// A long line is thinned to what the width can show: the extremes of every half point.
void panel_line(Panel *p, int color, const double *x, const double *y, int64_t n, int64_t stride) {
    cairo_t *cr = p->figure->cr;
    bool pen = false;
    set_color(cr, color, 1);
    cairo_set_line_width(cr, 1.1);
    cairo_set_line_join(cr, CAIRO_LINE_JOIN_ROUND);
    for (int64_t i = 0; i < n;) {
        double v = y[i * stride], at = px(p, x[i]), lo = v, hi = v;
        if (isnan(v)) { pen = false; i++; continue; }
        int64_t j = i + 1;
        for (; j < n && px(p, x[j]) < at + 0.5 && px(p, x[j]) >= at && !isnan(y[j * stride]); j++) lo = fmin(lo, y[j * stride]), hi = fmax(hi, y[j * stride]);
        pen ? cairo_line_to(cr, at, py(p, v)) : cairo_move_to(cr, at, py(p, v));
        if (j - i > 2) cairo_line_to(cr, at, py(p, lo)), cairo_line_to(cr, at, py(p, hi)), cairo_line_to(cr, at, py(p, y[(j - 1) * stride]));
        else if (j - i == 2) cairo_line_to(cr, px(p, x[j - 1]), py(p, y[(j - 1) * stride]));
        pen = true;
        i = j;
    }
    cairo_stroke(cr);
}

void panel_dot(Panel *p, int color, double size, double x, double y) {
    cairo_t *cr = p->figure->cr;
    set_color(cr, color, 1);
    cairo_rectangle(cr, px(p, x) - size / 2, py(p, y) - size / 2, size, size);
    cairo_fill(cr);
}

void panel_points(Panel *p, int color, double size, const double *x, const double *y, int64_t n) {
    cairo_t *cr = p->figure->cr;
    set_color(cr, color, 0.75);
    for (int64_t i = 0; i < n; i++) {
        if (isnan(x[i]) || isnan(y[i])) continue;
        cairo_arc(cr, px(p, x[i]), py(p, y[i]), size / 2, 0, 2 * M_PI);
        cairo_fill(cr);
    }
}

void panel_bar(Panel *p, int color, double x0, double x1, double y) {
    cairo_t *cr = p->figure->cr;
    set_color(cr, color, 0.85);
    cairo_rectangle(cr, px(p, x0) + 0.5, py(p, y), px(p, x1) - px(p, x0) - 1, py(p, 0) - py(p, y));
    cairo_fill(cr);
}

void panel_image(Panel *p, const double *v, int64_t rows, int64_t cols, double lo, double hi) {
    cairo_t *cr = p->figure->cr;
    double w = p->w / (double)cols, h = p->h / (double)rows;
    for (int64_t r = 0; r < rows; r++)
        for (int64_t c = 0; c < cols; c++) {
            double g = hi > lo ? 1 - (v[r * cols + c] - lo) / (hi - lo) : 1;
            cairo_set_source_rgb(cr, g, g, g);
            cairo_rectangle(cr, p->x0 + (double)c * w, p->y0 + (double)r * h, w + 0.5, h + 0.5);
            cairo_fill(cr);
        }
}

void panel_legend(Panel *p, int color, int line, const char *s) {
    cairo_t *cr = p->figure->cr;
    cairo_text_extents_t e;
    cairo_reset_clip(cr);
    cairo_set_font_size(cr, 11);
    cairo_text_extents(cr, s, &e);
    double y = p->y0 + 14 + 14 * line, x = p->x0 + p->w - 8;
    cairo_set_source_rgba(cr, 1, 1, 1, 0.8);
    cairo_rectangle(cr, x - e.x_advance - 16, y - 10, e.x_advance + 20, 14);
    cairo_fill(cr);
    set_color(cr, color, 1);
    cairo_rectangle(cr, x - e.x_advance - 13, y - 7, 8, 8);
    cairo_fill(cr);
    cairo_set_source_rgb(cr, 0.1, 0.1, 0.1);
    text(cr, x, y, ALIGN_RIGHT, s);
}
