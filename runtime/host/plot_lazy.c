// SPDX-License-Identifier: MIT
// Cairo is loaded when a picture is drawn, not when the program starts (see hdf5_lazy.c for the way and the reason).
#include <cairo-svg.h>
#include <cairo.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

static void *find(const char *name) {
    static void *library;
    if (!library) library = dlopen("libcairo.so.2", RTLD_NOW | RTLD_LOCAL);
    void *p = library ? dlsym(library, name) : NULL;
    if (p) return p;
    fprintf(stderr, "error: the drawing library cannot be loaded: %s\n", dlerror());
    exit(3);
}

#define LAZY(R, name, params, args) \
    R name params {                 \
        static R(*real) params;      \
        if (!real) real = (R(*) params)find(#name); \
        return real args;              \
    }
#define LAZY_VOID(name, params, args) \
    void name params {                \
        static void(*real) params;     \
        if (!real) real = (void(*) params)find(#name); \
        real args;                     \
    }

LAZY_VOID(cairo_arc, (cairo_t *a, double b, double c, double d, double e, double f), (a, b, c, d, e, f))
LAZY_VOID(cairo_clip, (cairo_t *a), (a))
LAZY_VOID(cairo_close_path, (cairo_t *a), (a))
LAZY(cairo_t *, cairo_create, (cairo_surface_t *a), (a))
LAZY_VOID(cairo_destroy, (cairo_t *a), (a))
LAZY_VOID(cairo_fill, (cairo_t *a), (a))
LAZY(cairo_pattern_t *, cairo_get_source, (cairo_t *a), (a))
LAZY(cairo_surface_t *, cairo_image_surface_create, (cairo_format_t a, int b, int c), (a, b, c))
LAZY(unsigned char *, cairo_image_surface_get_data, (cairo_surface_t *a), (a))
LAZY(int, cairo_image_surface_get_stride, (cairo_surface_t *a), (a))
LAZY_VOID(cairo_line_to, (cairo_t *a, double b, double c), (a, b, c))
LAZY_VOID(cairo_move_to, (cairo_t *a, double b, double c), (a, b, c))
LAZY_VOID(cairo_new_path, (cairo_t *a), (a))
LAZY_VOID(cairo_paint, (cairo_t *a), (a))
LAZY_VOID(cairo_pattern_set_filter, (cairo_pattern_t *a, cairo_filter_t b), (a, b))
LAZY_VOID(cairo_rectangle, (cairo_t *a, double b, double c, double d, double e), (a, b, c, d, e))
LAZY_VOID(cairo_restore, (cairo_t *a), (a))
LAZY_VOID(cairo_rotate, (cairo_t *a, double b), (a, b))
LAZY_VOID(cairo_save, (cairo_t *a), (a))
LAZY_VOID(cairo_scale, (cairo_t *a, double b, double c), (a, b, c))
LAZY_VOID(cairo_select_font_face, (cairo_t *a, const char *b, cairo_font_slant_t c, cairo_font_weight_t d), (a, b, c, d))
LAZY_VOID(cairo_set_font_size, (cairo_t *a, double b), (a, b))
LAZY_VOID(cairo_set_line_cap, (cairo_t *a, cairo_line_cap_t b), (a, b))
LAZY_VOID(cairo_set_line_join, (cairo_t *a, cairo_line_join_t b), (a, b))
LAZY_VOID(cairo_set_line_width, (cairo_t *a, double b), (a, b))
LAZY_VOID(cairo_set_source_rgb, (cairo_t *a, double b, double c, double d), (a, b, c, d))
LAZY_VOID(cairo_set_source_rgba, (cairo_t *a, double b, double c, double d, double e), (a, b, c, d, e))
LAZY_VOID(cairo_set_source_surface, (cairo_t *a, cairo_surface_t *b, double c, double d), (a, b, c, d))
LAZY_VOID(cairo_show_text, (cairo_t *a, const char *b), (a, b))
LAZY(cairo_status_t, cairo_status, (cairo_t *a), (a))
LAZY(const char *, cairo_status_to_string, (cairo_status_t a), (a))
LAZY_VOID(cairo_stroke, (cairo_t *a), (a))
LAZY_VOID(cairo_stroke_preserve, (cairo_t *a), (a))
LAZY_VOID(cairo_surface_destroy, (cairo_surface_t *a), (a))
LAZY_VOID(cairo_surface_finish, (cairo_surface_t *a), (a))
LAZY_VOID(cairo_surface_mark_dirty, (cairo_surface_t *a), (a))
LAZY(cairo_status_t, cairo_surface_status, (cairo_surface_t *a), (a))
LAZY(cairo_status_t, cairo_surface_write_to_png, (cairo_surface_t *a, const char *b), (a, b))
LAZY(cairo_surface_t *, cairo_svg_surface_create, (const char *a, double b, double c), (a, b, c))
LAZY_VOID(cairo_text_extents, (cairo_t *a, const char *b, cairo_text_extents_t *c), (a, b, c))
LAZY_VOID(cairo_translate, (cairo_t *a, double b, double c), (a, b, c))
