// SPDX-License-Identifier: MIT
// Weights of few bits: each weight of a connection that does not learn becomes the nearest of the 2^bits - 1 levels k*s, |k| < 2^(bits-1),
// where s is chosen for each projection so that its largest weight is a level. The network so computes with what a small memory
// holds, in any precision.
#include "core/connect/connect.h"
#include "core/value.h"

static bool keeps_weights(const SnnProj *p) { return p->nfields && p->may_queue && !p->post && !p->advance && !p->procedural; }

static double largest(const SnnInst *in, int64_t proj, int64_t k) {
    const SnnProj *p = &in->net->projs[proj];
    double most = 0;
    for (int m = 0; m < in->members; m++) {
        const SnnBlock *b = &in->proj[proj].block[m];
        for (int64_t e = 0; e < b->nsyn; e++) most = fmax(most, fabs(value_get(in, &in->net->fields[p->fields[k]], b->S[k], e)));
    }
    return most;
}

void connect_levels(SnnInst *in, int64_t proj) {
    const SnnProj *p = &in->net->projs[proj];
    for (int64_t k = 0; in->weight_bits && keeps_weights(p) && k < p->nfields; k++) {
        const SnnField *f = &in->net->fields[p->fields[k]];
        double step = f->role == INST_WEIGHT ? largest(in, proj, k) / (double)((1 << (in->weight_bits - 1)) - 1) : 0;
        for (int m = 0; step > 0 && m < in->members; m++) {
            const SnnBlock *b = &in->proj[proj].block[m];
            for (int64_t e = 0; e < b->nsyn; e++) value_put(in, f, b->S[k], e, rint(value_get(in, f, b->S[k], e) / step) * step);
        }
    }
}
