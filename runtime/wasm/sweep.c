// SPDX-License-Identifier: MIT
// `sweep` with one thread: the runs one after the other, each an experiment of its own with the seed that it has on other machines.
#include "host/experiment.h"
#include <stdlib.h>
#include <string.h>

typedef void Body(SnnX *x, int64_t *frame);
void snn__x_sweep(SnnX *x, Body *body, const SnnArray *values, int64_t slot, int64_t repeats, const int64_t *frame, int64_t slots);

// An error leaves the whole program (setjmp.h), so what is not freed then goes with its memory.
void snn__x_sweep(SnnX *p, Body *body, const SnnArray *values, int64_t slot, int64_t repeats, const int64_t *frame, int64_t slots) {
    if (repeats < 1) x_fail(p, 3, "a sweep repeated %lld times", (long long)repeats);
    int64_t n = (values ? values->n : 1) * repeats;
    SnnX *x = calloc(1, sizeof *x);
    int64_t *own = calloc((size_t)slots + 1, sizeof *own);
    if (!x || !own) x_fail(p, 3, "not enough memory for a sweep of %lld runs", (long long)n);
    for (int64_t i = 0; i < n; i++) {
        x_open(x, p->options, p->experiment, p);
        x->index = i / repeats;
        x->repeat = i % repeats;
        x->seed = x_mix(p->seed, x->index, x->repeat);
        results_init(&x->results, NULL);
        if (slots) memcpy(own, frame, (size_t)slots * sizeof *own);
        double v = values ? array_at(values, x->index) : 0;
        if (values) memcpy(&own[slot], &v, sizeof v);
        x_body(x, body, own);
        results_join(&p->results, &x->results);
        p->biological_ms += x->biological_ms;
        x_close(x);
    }
    free(own);
    free(x);
}
