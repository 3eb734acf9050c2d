// SPDX-License-Identifier: MIT
// One state whose slope is quadratic in itself, v' = c2 v^2 + c1 v + c0 with coefficients that stand, in closed form. About the turning point m of the slope, u = v - m obeys
//
//   u' = c2 u^2 + d    u(t) = (u + d s)/(1 - c2 u s)    s = tan(k t)/k, t or tanh(k t)/k    k^2 = |c2 d|    for c2 d above, at, below 0
//
// and the time from u to w is s = (w - u)/(d + c2 u w), unless the slope vanishes between them.
#ifndef SNN_EVENT_SQUARE_H
#define SNN_EVENT_SQUARE_H

typedef struct EvSquare { double c2, m, d, k; } EvSquare;
EvSquare square_of(double c2, double c1, double c0);       // c2 not 0
double square_move(const EvSquare *q, double v, double t);
double square_time(const EvSquare *q, double v, double to);     // > 0; -1: never comes there
#endif
