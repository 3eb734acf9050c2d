// SPDX-License-Identifier: MIT
// conv2d(kernel, stride, padding): target (o, y, x) is reached from all planes of the window of kernel x kernel sources at (y, x)*stride - padding.
#include "core/connect/grid.h"
#include <stdlib.h>

static int prepare(Build *b, SnnError *err) {
    Grid *g = b->data = calloc(1, sizeof *g);
    if (!g) return port_error(err, 3, "not enough memory");
    return grid_prepare(b, g, (int64_t)b->arg[0], b->p->nargs > 1 ? (int64_t)b->arg[1] : 1, (int64_t)b->arg[2], err);
}
static void release(Build *b) { free(b->data); }
static void make(const Build *b, int64_t i, Row *r) { grid_row(b->data, i, true, r); }
const SnnConnRule snn__connect_conv2d = { .name = "conv2d", .kind = CONN_ROWS, .sorted = true, .prepare = prepare, .release = release, .make = make };
