// SPDX-License-Identifier: MIT
// pool2d(kernel, stride): target (c, y, x) is reached from the window of kernel x kernel sources of its own plane. Without a stride
// the windows do not overlap.
#include "core/connect/grid.h"
#include <stdlib.h>

static int prepare(Build *b, SnnError *err) {
    Grid *g = b->data = calloc(1, sizeof *g);
    if (!g) return port_error(err, 3, "not enough memory");
    int64_t kernel = (int64_t)b->arg[0];
    if (grid_prepare(b, g, kernel, b->p->nargs > 1 ? (int64_t)b->arg[1] : kernel, 0, err)) return -1;
    return g->c == g->oc ? 0 : port_error(err, 3, "%s: pool2d keeps the planes, but there are %lld and %lld", b->p->path, (long long)g->c, (long long)g->oc);
}
static void release(Build *b) { free(b->data); }
static void make(const Build *b, int64_t i, Row *r) { grid_row(b->data, i, false, r); }
const SnnConnRule snn__connect_pool2d = { .name = "pool2d", .kind = CONN_ROWS, .sorted = true, .prepare = prepare, .release = release, .make = make };
