// SPDX-License-Identifier: MIT
// Window o along one axis of n places covers o*stride - padding .. + kernel - 1; there are (n + 2*padding - kernel)/stride + 1 windows.
#include "core/connect/grid.h"

static int planes(const Build *b, const SnnPop *p, int64_t lo, int64_t hi, int64_t *c, int64_t *y, int64_t *x, SnnError *err) {
    if (p->rank < 2 || p->rank > 3) return port_error(err, 3, "%s: %s needs populations of shape [y, x] or [planes, y, x]; %s has not", b->p->path, b->rule->name, p->path);
    if (lo != 0 || hi != p->n) return port_error(err, 3, "%s: %s needs whole populations, not slices", b->p->path, b->rule->name);
    *c = p->rank == 3 ? p->shape[0] : 1;
    *y = p->shape[p->rank - 2];
    *x = p->shape[p->rank - 1];
    return 0;
}
static int64_t windows(int64_t n, const Grid *g) {
    int64_t room = n + 2 * g->padding - g->kernel;
    return room < 0 ? 0 : room / g->stride + 1;
}
int grid_prepare(Build *b, Grid *g, int64_t kernel, int64_t stride, int64_t padding, SnnError *err) {
    *g = (Grid){ .kernel = kernel, .stride = stride, .padding = padding };
    if (kernel < 1 || stride < 1) return port_error(err, 3, "%s: %s needs kernel and stride of at least 1", b->p->path, b->rule->name);
    if (planes(b, b->source, b->p->src_lo, b->p->src_hi, &g->c, &g->y, &g->x, err)) return -1;
    if (planes(b, b->target, b->p->tgt_lo, b->p->tgt_hi, &g->oc, &g->oy, &g->ox, err)) return -1;
    int64_t y = windows(g->y, g), x = windows(g->x, g);
    if (y == g->oy && x == g->ox) return 0;
    return port_error(err, 3, "%s: %s makes planes of %lld x %lld out of %lld x %lld, but %s has %lld x %lld", b->p->path, b->rule->name, (long long)y, (long long)x,
                      (long long)g->y, (long long)g->x, b->target->path, (long long)g->oy, (long long)g->ox);
}
// Windows [*lo, *hi) that cover place v.
static void covering(int64_t v, int64_t count, const Grid *g, int64_t *lo, int64_t *hi) {
    int64_t least = v + g->padding - g->kernel + 1;
    *lo = least <= 0 ? 0 : (least + g->stride - 1) / g->stride;
    *hi = (v + g->padding) / g->stride + 1;
    if (*hi > count) *hi = count;
}
void grid_row(const Grid *g, int64_t i, bool all_planes, Row *r) {
    int64_t c = i / (g->y * g->x), y = i / g->x % g->y, x = i % g->x, y0, y1, x0, x1;
    covering(y, g->oy, g, &y0, &y1);
    covering(x, g->ox, g, &x0, &x1);
    if (y0 >= y1 || x0 >= x1) return;
    int64_t first = all_planes ? 0 : c, last = all_planes ? g->oc : c + 1;
    if (!row_need(r, (last - first) * (y1 - y0) * (x1 - x0))) return;
    for (int64_t oc = first; oc < last; oc++)
        for (int64_t oy = y0; oy < y1; oy++)
            for (int64_t ox = x0; ox < x1; ox++) r->at[r->n++] = (uint32_t)((oc * g->oy + oy) * g->ox + ox);
}
