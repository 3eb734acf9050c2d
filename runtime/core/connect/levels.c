// SPDX-License-Identifier: MIT
// Weights of few bits: each weight of a connection that does not learn becomes the nearest of the 2^bits - 1 levels k*s, |k| < 2^(bits-1),
// where s is chosen for each projection, or for each of its target neurons, so that the largest weight is a level. The network so computes
// with what a small memory holds, in any precision.
//
// s is a number of single precision, so that k*s is exact in double precision and rounded once in single precision: the product that a machine
// forms from a stored k has the bits of the weight. In fixed point s is a whole number of units, and so is k*s.
#include "core/connect/connect.h"
#include "core/value.h"
#include <stdlib.h>
#include <string.h>

bool levels_parse(const char *text, SnnLevels *out) {
    *out = (SnnLevels){0};
    char *end;
    long bits = text[0] >= '0' && text[0] <= '9' ? strtol(text, &end, 10) : 0;
    if ((bits < 2 || bits > 16) && bits != 32) return false;
    while (*end == ',') {
        size_t n = strcspn(++end, ",");
        if (n == 6 && !memcmp(end, "target", n)) out->target = true;
        else if (n == 4 && !memcmp(end, "pow2", n)) out->pow2 = true;
        else return false;
        end += n;
    }
    out->bits = bits == 32 ? 0 : (int)bits;
    return !*end;
}

static bool keeps_weights(const SnnInst *in, const SnnProj *p) {
    return p->nfields && in->net->fields[p->fields[0]].role == INST_WEIGHT && p->may_queue && !p->post && !p->advance && !p->procedural;
}

// Target of entry e of a block, counted from the projection's first.
static int64_t target_of(const SnnProj *p, const SnnBlock *b, int64_t e) {
    int64_t base = b->tgt_lo - p->tgt_lo;
    if (p->layout == LAYOUT_SPARSE) return base + b->col[e];
    return base + (p->layout == LAYOUT_DENSE ? e % (b->tgt_hi - b->tgt_lo) : e);
}

static void largest(const SnnInst *in, int64_t proj, double *most, int64_t n) {
    const SnnProj *p = &in->net->projs[proj];
    for (int m = 0; m < in->members; m++) {
        const SnnBlock *b = &in->proj[proj].block[m];
        for (int64_t e = 0; e < b->nsyn; e++) {
            double *at = &most[n > 1 ? target_of(p, b, e) : 0];
            *at = fmax(*at, fabs(value_get(in, &in->net->fields[p->fields[0]], b->S[0], e)));
        }
    }
}

static double scale(const SnnInst *in, const SnnField *f, double most, int64_t levels) {
    double s = most / (double)levels;
    int e;
    if (!(s > 0)) return 0;
    if (in->levels.pow2) s = frexp(s, &e) == 0.5 ? s : ldexp(1, e);
    if (!f->fixed) return (double)(float)s;
    double units = rint(s * f->fixed_scale);         // stored numbers are whole multiples of it
    return (units < 1 ? 1 : units) / f->fixed_scale;
}

static double nearest(double w, double s, int64_t levels) {
    if (!(s > 0)) return 0;
    double k = rint(w / s);
    return (k > (double)levels ? (double)levels : k < -(double)levels ? -(double)levels : k) * s + 0.0;       // no negative zero
}

int connect_levels(SnnInst *in, int64_t proj, SnnError *err) {
    const SnnProj *p = &in->net->projs[proj];
    ProjState *ps = &in->proj[proj];
    if (!in->levels.bits || !keeps_weights(in, p)) return 0;
    const SnnField *f = &in->net->fields[p->fields[0]];
    int64_t levels = ((int64_t)1 << (in->levels.bits - 1)) - 1;
    free(ps->level);
    ps->nlevel = in->levels.target ? p->tgt_hi - p->tgt_lo : 1;
    if (!(ps->level = calloc((size_t)ps->nlevel + 1, sizeof *ps->level))) return port_error(err, 3, "not enough memory for the weights of %s", p->path);
    largest(in, proj, ps->level, ps->nlevel);
    for (int64_t i = 0; i < ps->nlevel; i++) ps->level[i] = scale(in, f, ps->level[i], levels);
    for (int m = 0; m < in->members; m++) {
        const SnnBlock *b = &ps->block[m];
        for (int64_t e = 0; e < b->nsyn; e++)
            value_put(in, f, b->S[0], e, nearest(value_get(in, f, b->S[0], e), ps->level[ps->nlevel > 1 ? target_of(p, b, e) : 0], levels));
    }
    return 0;
}
