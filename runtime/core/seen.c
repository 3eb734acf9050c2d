// SPDX-License-Identifier: MIT
#include "core/seen.h"
#include "core/value.h"

static void note(double *range, double v) {
    if (v < range[0]) range[0] = v;
    if (v > range[1]) range[1] = v;
}

void seen_neurons(SnnInst *in) {
    for (int64_t f = 0; f < in->net->nfields; f++) {
        const SnnField *d = &in->net->fields[f];
        if (d->owner_kind || d->elem) continue;
        for (int64_t i = 0; i < in->net->pops[d->owner].n; i++) note(in->seen->field + 2 * f, value_get(in, d, in->F[f], i));
    }
}

void seen_synapses(SnnInst *in) {
    for (int64_t p = 0; p < in->net->nprojs; p++) {
        const SnnProj *proj = &in->net->projs[p];
        for (int64_t k = 0; k < proj->nfields; k++) {
            const SnnField *d = &in->net->fields[proj->fields[k]];
            for (int m = 0; !d->elem && m < in->members; m++) {
                const SnnBlock *b = &in->proj[p].block[m];
                for (int64_t e = 0; e < b->nsyn; e++) note(in->seen->field + 2 * proj->fields[k], value_get(in, d, b->S[k], e));
            }
        }
    }
}

void seen_constants(SnnInst *in) {
    for (int64_t i = 0; i < in->net->nk; i++) note(in->seen->k + 2 * i, in->K[i]);
    if ((double)in->step * in->dt > in->seen->ms) in->seen->ms = (double)in->step * in->dt;
}
