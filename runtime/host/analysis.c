// SPDX-License-Identifier: MIT
// What is computed from spikes. The analysed window is (start, now]: from the last discard (or the construction) to the present; a
// spike belongs to the step that found it, so a spike stamped `start` does not count and one stamped `now` does.
#include "host/analysis.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const SpikeTrain *train_of(const Recorder *r, int64_t pop) {
    record_settle(&r->train[pop][0]);
    return &r->train[pop][0];
}
static bool whole(const Recorder *r, int64_t pop, int64_t lo, int64_t hi) { return lo == 0 && hi == r->net->pops[pop].n; }

static int64_t spikes_in(const Recorder *r, int64_t pop, int64_t lo, int64_t hi) {
    const SpikeTrain *t = train_of(r, pop);
    if (whole(r, pop, lo, hi)) return t->total;
    int64_t n = 0;
    for (int64_t i = lo; i < hi; i++) n += t->cell[i].n;
    return n;
}

// Spikes per neuron and time.
double analysis_rate(const Recorder *r, int64_t pop, int64_t lo, int64_t hi) {
    double ms = (double)(r->now - r->start) * r->dt;
    return ms > 0 && hi > lo ? (double)spikes_in(r, pop, lo, hi) / ((double)(hi - lo) * ms) : 0;
}

// Of one neuron with n >= 3 spikes, m = n - 1 intervals of sum S and sum of squares Q (whole steps):
// CV = sqrt(Q/m - (S/m)^2) / (S/m) = sqrt(m Q - S^2) / S, the radicand exact. The mean over neurons in their order.
double analysis_cv_isi(const Recorder *r, int64_t pop, int64_t lo, int64_t hi) {
    const SpikeTrain *t = train_of(r, pop);
    double sum = 0;
    int64_t used = 0;
    for (int64_t i = lo; i < hi; i++) {
        const SpikeCell *c = &t->cell[i];
        if (c->n < 3) continue;
        unsigned __int128 s = (unsigned __int128)(c->last - c->first), q = c->sum_sq;
        double exact = c->last_off - c->first_off, m = c->n - 1;       // what the event engine's times lie beside whole steps
        double rest = m * c->extra - 2 * (double)s * exact - exact * exact;
        sum += sqrt(fmax((double)((c->n - 1) * q - s * s) + rest, 0)) / ((double)s + exact);
        used++;
    }
    return used ? sum / (double)used : NAN;
}

int64_t analysis_count(const Recorder *r, int64_t pop, int64_t lo, int64_t hi) {
    int64_t n = 0;
    const SpikeTrain *t = train_of(r, pop);
    for (int64_t i = lo; i < hi; i++) n += t->cell[i].present_n;
    return n;
}

SnnArray *analysis_counts(ArrayPool *p, const Recorder *r, int64_t pop, int64_t lo, int64_t hi) {
    SnnArray *a = array_new(p, hi - lo);
    for (int64_t i = lo; i < hi; i++) a->at[i - lo] = train_of(r, pop)->cell[i].present_n;
    return a;
}

// ms since the last `present`, or -1.
SnnArray *analysis_first_spike(ArrayPool *p, const Recorder *r, int64_t pop, int64_t lo, int64_t hi) {
    SnnArray *a = array_new(p, hi - lo);
    for (int64_t i = lo; i < hi; i++) {
        const SpikeCell *c = &train_of(r, pop)->cell[i];
        a->at[i - lo] = c->present_n ? (double)(c->present_first - r->present) * r->dt : -1;
    }
    return a;
}

static int64_t bin_steps(const Recorder *r, double bin) {
    double m = round(bin / r->dt);
    return m >= 1 ? (int64_t)m : 1;
}

// A(t) of Gerstner & Kistler (2002), eq. 1.10: spikes in bin k, (start + k*m, start + (k+1)*m] steps, per neuron and time. The bin is
// rounded to whole steps; a last bin that is not full is left out.
SnnArray *analysis_rate_array(ArrayPool *p, const Recorder *r, int64_t pop, int64_t lo, int64_t hi, double bin) {
    const SpikeTrain *t = train_of(r, pop);
    int64_t m = bin_steps(r, bin), nbins = (r->now - r->start) / m;
    SnnArray *a = array_new(p, nbins);
    a->step = (double)m * r->dt;
    for (int64_t k = 0; k < t->nsteps; k++) {
        int64_t b = (t->step[k].step - r->start - 1) / m, from = t->step[k].start, to = k + 1 < t->nsteps ? t->step[k + 1].start : t->nids;
        if (b < 0 || b >= nbins) continue;
        if (whole(r, pop, lo, hi)) { a->at[b] += (double)(to - from); continue; }
        for (int64_t i = from; i < to; i++) a->at[b] += t->id[i] >= lo && t->id[i] < hi;
    }
    double per = (double)(hi - lo) * a->step;
    for (int64_t b = 0; per > 0 && b < nbins; b++) a->at[b] /= per;
    return a;
}

// Inter-spike intervals (ms), neuron after neuron, in time.
SnnArray *analysis_isi(ArrayPool *p, const Recorder *r, int64_t pop, int64_t lo, int64_t hi) {
    const SpikeTrain *t = train_of(r, pop);
    int64_t *at = calloc((size_t)(hi - lo) + 1, sizeof *at), *last = malloc(((size_t)(hi - lo) + 1) * sizeof *last), n = 0;
    for (int64_t i = lo; at && i < hi; i++) at[i - lo] = n, n += t->cell[i].n > 1 ? t->cell[i].n - 1 : 0;
    SnnArray *a = array_new(p, at && last && !t->dropped ? n : 0);
    for (int64_t i = 0; last && i < hi - lo; i++) last[i] = -1;
    for (int64_t k = 0; a->n && k < t->nsteps; k++) {
        int64_t to = k + 1 < t->nsteps ? t->step[k + 1].start : t->nids;
        for (int64_t i = t->step[k].start; i < to; i++) {
            int64_t j = (int64_t)t->id[i] - lo;
            if (j < 0 || j >= hi - lo) continue;
            if (last[j] >= 0) a->at[at[j]++] = (double)(t->step[k].step - last[j]) * r->dt;
            last[j] = t->step[k].step;
        }
    }
    free(at), free(last);
    return a;
}

// Mean Pearson correlation over all pairs i < j of the counts c_i in bins, without a pass over pairs. With standardised counts
// z_i = (c_i - mean_i)/sd_i of the N neurons whose counts vary, the mean over pairs of <z_i z_j> is
// (<(sum_i z_i)^2> - N) / (N (N - 1)), because <z_i^2> = 1. So one array of bins is enough, whatever N is, and no neuron is left out.
double analysis_correlation(const Recorder *r, int64_t pop, int64_t lo, int64_t hi, double bin) {
    const SpikeTrain *t = train_of(r, pop);
    int64_t m = bin_steps(r, bin), nbins = (r->now - r->start) / m, n = hi - lo, used = 0;
    if (nbins < 2 || n < 2 || t->dropped) return NAN;
    double *z = calloc((size_t)nbins, sizeof *z), *sum = calloc((size_t)n, sizeof *sum), *sq = calloc((size_t)n, sizeof *sq);
    int64_t *bin_of = malloc((size_t)n * sizeof *bin_of), *held = calloc((size_t)n, sizeof *held);
    double result = NAN, offset = 0;
    if (!z || !sum || !sq || !bin_of || !held) goto done;
    // Counts of one neuron arrive in time: `held` counts the bin under way; it is booked when the next one begins.
    for (int pass = 0; pass < 2; pass++) {
        for (int64_t i = 0; i < n; i++) bin_of[i] = -1, held[i] = 0;
        for (int64_t k = 0; k < t->nsteps; k++) {
            int64_t b = (t->step[k].step - r->start - 1) / m, to = k + 1 < t->nsteps ? t->step[k + 1].start : t->nids;
            if (b < 0 || b >= nbins) continue;
            for (int64_t i = t->step[k].start; i < to; i++) {
                int64_t j = (int64_t)t->id[i] - lo;
                if (j < 0 || j >= n) continue;
                if (pass == 1) { z[b] += sq[j]; continue; }         // sq: now 1/sd
                if (bin_of[j] != b) sq[j] += (double)held[j] * (double)held[j], held[j] = 0, bin_of[j] = b;
                held[j]++, sum[j]++;
            }
        }
        if (pass == 1) break;
        for (int64_t i = 0; i < n; i++) {
            double var = ((double)nbins * (sq[i] + (double)held[i] * (double)held[i]) - sum[i] * sum[i]) / ((double)nbins * (double)nbins);
            sq[i] = var > 0 ? 1 / sqrt(var) : 0;
            used += var > 0;
            offset += sum[i] / (double)nbins * sq[i];
        }
    }
    double total = 0;
    for (int64_t b = 0; b < nbins; b++) total += (z[b] - offset) * (z[b] - offset);
    if (used >= 2) result = (total / (double)nbins - (double)used) / ((double)used * (double)(used - 1));
done:
    free(z), free(sum), free(sq), free(bin_of), free(held);
    return result;
}
