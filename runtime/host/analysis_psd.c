// SPDX-License-Identifier: MIT
// Power spectral density by Welch's method (P. D. Welch, IEEE Trans. Audio Electroacoust. 15:70, 1967) with periodic Hann windows,
// half overlapping, the mean of each segment taken off. One-sided density: its sum times the frequency spacing is the variance.
//
// The segment is the largest power of two that leaves about 8 of them (n/4 samples), of all n samples when there are fewer than 256.
// Twiddle factors come from square roots alone (half-angle formulae), so spectra do not depend on the processor's sine.
#include "host/analysis.h"
#include <math.h>
#include <stdlib.h>

typedef struct Cx { double re, im; } Cx;
static Cx mul(Cx a, Cx b) { return (Cx){ a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re }; }

// w[k] = exp(-2 pi i k/n), k < n, n a power of two: products of exp(-2 pi i 2^b/n), which half-angle formulae give.
static void twiddles(Cx *w, int64_t n) {
    Cx root = { -1, 0 };                             // exp(-2 pi i/2)
    w[0] = (Cx){ 1, 0 };
    if (n == 1) return;
    int64_t stride = n / 2;
    w[stride] = root;
    while (stride > 1) {
        stride /= 2;
        double c = root.re, half = sqrt((1 + c) / 2);
        root = root.re == -1 ? (Cx){ 0, -1 } : (Cx){ half, root.im / (2 * half) };
        for (int64_t k = stride; k < n; k += 2 * stride) w[k] = k == stride ? root : mul(w[k - stride], root);
    }
}

static void fft(Cx *a, int64_t n, const Cx *w) {
    for (int64_t i = 1, j = 0; i < n; i++) {         // bit reversal
        int64_t bit = n >> 1;
        for (; j & bit; bit >>= 1) j ^= bit;
        j ^= bit;
        if (i < j) { Cx t = a[i]; a[i] = a[j]; a[j] = t; }
    }
    for (int64_t len = 2; len <= n; len *= 2)
        for (int64_t i = 0; i < n; i += len)
            for (int64_t k = 0; k < len / 2; k++) {
                Cx u = a[i + k], v = mul(a[i + k + len / 2], w[k * (n / len)]);
                a[i + k] = (Cx){ u.re + v.re, u.im + v.im };
                a[i + k + len / 2] = (Cx){ u.re - v.re, u.im - v.im };
            }
}

static int64_t segment_length(int64_t n) {
    int64_t most = n < 256 ? n : n / 4, len = 1;
    while (2 * len <= most) len *= 2;
    return len;
}

SnnArray *analysis_psd(ArrayPool *p, const SnnArray *a) {
    int64_t len = segment_length(a->n), half = len / 2, segments = 0;
    if (a->n < 4) return array_new(p, 0);
    SnnArray *out = array_new(p, half + 1), *values = array_new(p, a->n);
    Cx *w = malloc((size_t)len * sizeof *w), *x = malloc((size_t)len * sizeof *x);
    array_read(a, 0, a->n, values->at);
    double h = a->step > 0 ? a->step : 1, power = 0;
    out->step = 1 / ((double)len * h);
    if (!w || !x) { out->n = 0; goto done; }
    twiddles(w, len);
    for (int64_t i = 0; i < len; i++) power += 0.25 * (1 - w[i].re) * (1 - w[i].re);
    for (int64_t from = 0; from + len <= a->n; from += half, segments++) {
        double mean = 0;
        for (int64_t i = 0; i < len; i++) mean += values->at[from + i];
        mean /= (double)len;
        for (int64_t i = 0; i < len; i++) x[i] = (Cx){ (values->at[from + i] - mean) * 0.5 * (1 - w[i].re), 0 };
        fft(x, len, w);
        for (int64_t k = 0; k <= half; k++) out->at[k] += x[k].re * x[k].re + x[k].im * x[k].im;
    }
    for (int64_t k = 0; k <= half; k++) out->at[k] *= (k == 0 || k == half ? 1 : 2) * h / (power * (double)segments);
done:
    free(w), free(x);
    return out;
}

// Frequency of the highest value of a spectrum, 0 excepted, refined by the parabola through it and its neighbours.
double analysis_peak(const SnnArray *a) {
    int64_t best = 0;
    for (int64_t k = 1; k < a->n; k++)
        if (a->at[k] > (best ? a->at[best] : 0)) best = k;
    if (best == 0) return NAN;
    double at = (double)best;
    if (best > 1 && best + 1 < a->n) {
        double l = a->at[best - 1], m = a->at[best], r = a->at[best + 1], curve = l - 2 * m + r;
        if (curve < 0) at += 0.5 * (l - r) / curve;
    }
    return at * a->step;
}

// The autocorrelation without bias, c(k) = sum_i d_i d_(i+k)/(n - k) of the deviations d from the mean, for lags k < m <= n: the spectrum's power,
// transformed back, of the array with as many zeros behind it.
static bool autocorrelation(const SnnArray *a, double *c, int64_t m) {
    int64_t len = 1;
    while (len < 2 * a->n) len *= 2;
    Cx *w = malloc((size_t)len * sizeof *w), *x = calloc((size_t)len, sizeof *x);
    bool ok = w && x;
    double mean = analysis_mean(a);
    if (ok) {
        twiddles(w, len);
        for (int64_t i = 0; i < a->n; i++) x[i].re = a->at[i] - mean;
        fft(x, len, w);
        for (int64_t i = 0; i < len; i++) x[i] = (Cx){ x[i].re * x[i].re + x[i].im * x[i].im, 0 };
        fft(x, len, w);                              // of something even: forward and back are the same but for the factor len
        for (int64_t k = 0; k < m; k++) c[k] = x[k].re / ((double)len * (double)(a->n - k));
    }
    free(w), free(x);
    return ok;
}

// The first maximum behind the first zero that is within a fifth of the largest one there: noise may make a multiple of the period the largest.
static int64_t first_peak(const double *c, int64_t m) {
    int64_t zero = 1;
    double most = 0;
    while (zero < m && c[zero] > 0) zero++;
    for (int64_t k = zero; k + 1 < m; k++) most = c[k] > most ? c[k] : most;
    for (int64_t k = zero; k + 1 < m; k++)
        if (c[k] >= 0.8 * most && c[k] > 1e-9 * c[0] && c[k] >= c[k - 1] && c[k] > c[k + 1]) return k;
    return 0;
}

double analysis_period(const SnnArray *a) {
    int64_t m = a->n / 2;
    double *c = malloc((size_t)(m + 1) * sizeof *c), period = NAN;
    int64_t k = c && m > 2 && autocorrelation(a, c, m) ? first_peak(c, m) : 0;
    if (k > 0) {
        double left = c[k - 1], right = c[k + 1], bend = left - 2 * c[k] + right;
        period = ((double)k + (bend < 0 ? 0.5 * (left - right) / bend : 0)) * a->step;
    }
    free(c);
    return period;
}
