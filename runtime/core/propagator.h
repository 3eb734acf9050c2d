// SPDX-License-Identifier: MIT
// Exact step of a linear system.
#ifndef SNN_PROPAGATOR_H
#define SNN_PROPAGATOR_H
#include <stdint.h>
// P = e^(A dt), n x n, row-major. Entries without a path in the graph of A are exactly 0.
void snn__propagator(int64_t n, const double *A, double dt, double *P);
#endif
