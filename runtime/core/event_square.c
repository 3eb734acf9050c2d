// SPDX-License-Identifier: MIT
// See event_square.h. Where the slope has two zeros, everything is written in M = 1 - e^(-2 k t), so that nothing is lost near them.
#include "core/event_square.h"
#include "core/vmath_fn.h"
#include <math.h>
#include <stdbool.h>

EvSquare square_of(double c2, double c1, double c0) {
    EvSquare q = { .c2 = c2, .m = -0.5 * c1 / c2 };
    double square = c1 * c1, low = fma(c1, c1, -square), product = 4 * c2 * c0, lost = fma(4 * c2, c0, -product);
    q.d = ((product - square) + (lost - low)) / (4 * c2);      // c0 - c1^2/(4 c2), its difference to rounding
    q.k = sqrt(fabs(c2 * q.d));
    return q;
}

static bool turns(const EvSquare *q) { return q->c2 * q->d > 0; }

double square_move(const EvSquare *q, double v, double t) {
    double u = v - q->m, k = q->k;
    if (t == 0) return v;
    if (k == 0) return q->m + u / (1 - q->c2 * u * t);
    if (turns(q)) {
        double s = snn__sin_f64(k * t), c = snn__cos_f64(k * t);
        return q->m + (u * c + q->d / k * s) / (c - q->c2 / k * u * s);
    }
    double gone = -snn__expm1_f64(-2 * k * t), left = 2 - gone;
    return q->m + (u * left + q->d / k * gone) / (left - q->c2 / k * u * gone);
}

double square_time(const EvSquare *q, double v, double to) {
    double u = v - q->m, w = to - q->m, way = to - v, k = q->k, c2 = q->c2;
    if (way == 0) return 0;
    if (turns(q)) {
        double sign = q->d > 0 ? 1 : -1;
        return way * sign > 0 ? snn__atan2_f64(k * way * sign, (q->d + c2 * u * w) * sign) / k : -1;
    }
    double at = (c2 * u - k) * (c2 * u + k), end = (c2 * w - k) * (c2 * w + k);      // c2 times the slopes
    bool apart = (c2 * u - k > 0) == (c2 * w - k > 0) && (c2 * u + k > 0) == (c2 * w + k > 0);
    if (!apart || !(at * c2 * way > 0) || !(end * c2 * way > 0)) return -1;
    if (k == 0) return way / (c2 * u * w);
    return 0.5 * snn__log1p_f64(2 * k * way * c2 / ((c2 * u - k) * (c2 * w + k))) / k;
}
