// SPDX-License-Identifier: MIT
// What conv2d and pool2d share: populations as stacks of planes [c, y, x] and windows that move over them.
#ifndef SNN_CONNECT_GRID_H
#define SNN_CONNECT_GRID_H
#include "core/connect/connect.h"

typedef struct Grid { int64_t c, y, x, oc, oy, ox, kernel, stride, padding; } Grid;   // source, target, window
int grid_prepare(Build *b, Grid *g, int64_t kernel, int64_t stride, int64_t padding, SnnError *err);
// Targets of source i, at (c, y, x): the windows that hold it, in all planes or in its own.
void grid_row(const Grid *g, int64_t i, bool all_planes, Row *r);
#endif
