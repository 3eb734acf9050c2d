// SPDX-License-Identifier: MIT
// Tables of event32.h from those of event_modes.h: rounded to floats, with the terms that are there. A coefficient of a chain that is rounding of
// double precision only would, in floats, be a sign that a true zero does not have: it is left out.
#include "core/event32.h"
#include "core/event_modes.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct ModesStore { float rate[EV_PARTS], part_rate[EV_PARTS * (EV_ORDER + 1)]; Ev32Part part[EV_PARTS]; uint16_t first[EV_STATES + 1]; Ev32Term term[EV_TERMS]; } ModesStore;
typedef struct ChainStore { float rate[EV_CHAIN], bound[EV_CHAIN]; uint16_t first[EV_CHAIN + 1]; Ev32Term term[EV_CHAIN * (2 * EV_STATES + 1)]; } ChainStore;
struct Ev32Tables { ModesStore modes[2]; ChainStore chain[3]; EvModes free, still; EvLevel level; EvRoom room[2]; EvLevelRoom level_room; };

static bool modes_convert(const EvModes *m, ModesStore *s, Ev32Modes *out) {
    uint32_t rates = 0;
    if (m->waves) return false;
    for (int k = 0; k < m->nrates; k++) s->rate[k] = (float)m->rate[k];
    for (int k = m->nrates; k < m->nparts; k++) {
        const EvPart *p = &m->part[k];
        static const uint32_t kinds[] = { [PART_ONE] = EV32_ONE, [PART_POWER] = EV32_POWER, [PART_APART] = EV32_APART, [PART_CLOSE] = EV32_CLOSE };
        if (p->kind < PART_ONE || p->kind > PART_CLOSE || p->m >= EV32_RATES) return false;
        s->part[k - m->nrates] = (Ev32Part){ .kind = kinds[p->kind], .m = (uint32_t)p->m, .low = p->low, .high = p->high, .rates = rates, .inverse = (float)p->inverse, .spread = (float)p->spread };
        if (p->kind != PART_CLOSE) continue;
        int one = 0;                                       // the exponential of the first rate comes behind the rates, -1: it is 1
        while (one < m->nrates && m->rate[one] != p->rate[0]) one++;
        if (p->rate[0] == 0) one = -1;
        else if (one == m->nrates) return false;
        for (int i = 0; i <= p->m; i++) s->part_rate[rates++] = (float)p->rate[i];
        s->part_rate[rates++] = (float)one;
    }
    for (int i = 0; i <= m->n; i++) s->first[i] = m->first[i];
    for (int t = 0; t < m->nterms; t++) s->term[t] = (Ev32Term){ m->term[t].part, m->term[t].source, (float)m->term[t].c };
    *out = (Ev32Modes){ (uint32_t)m->nrates, (uint32_t)m->nparts, s->rate, s->part, s->part_rate, s->first, s->term };
    return true;
}

// What the terms of row k + 1 were summed from, for the entry of state j.
static double magnitude(const EvChain *c, int k, int n, const double *a, int j) {
    double s = fabs(c->rate[k] * c->row[k * n + j]);
    for (int i = 0; i < n; i++) s += fabs(a[i * n + j] * c->row[k * n + i]);
    return s;
}

static void chain_convert(const EvChain *c, int n, const double *a, ChainStore *s, Ev32Chain *out) {
    int terms = 0;
    for (int k = 0; k < c->m; k++) {
        s->rate[k] = (float)c->rate[k];
        s->bound[k] = (float)c->bound[k];
        s->first[k] = (uint16_t)terms;
        for (int j = 0; j < n; j++)
            if (c->row[k * n + j] != 0 && (!k || fabs(c->row[k * n + j]) > 1e-12 * magnitude(c, k - 1, n, a, j))) s->term[terms++] = (Ev32Term){ 0, (uint16_t)j, (float)c->row[k * n + j] };
        for (int j = 0; j < n; j++)
            if (c->row_b[k * n + j] != 0) s->term[terms++] = (Ev32Term){ 0, (uint16_t)(n + j), (float)c->row_b[k * n + j] };
        if (c->row_level[k] != 0) s->term[terms++] = (Ev32Term){ 0, (uint16_t)(2 * n), (float)c->row_level[k] };
    }
    s->first[c->m] = (uint16_t)terms;
    *out = (Ev32Chain){ (uint32_t)c->m, s->rate, s->bound, s->first, s->term };
}

Ev32Tables *event32_tables(uint32_t n, const double *a, const double *w, uint64_t held, const bool *has_b, Ev32Pop *out) {
    Ev32Tables *t = n <= EV_STATES ? calloc(1, sizeof *t) : NULL;
    if (!t) return NULL;
    bool ok = modes_build(&t->free, &t->room[0], (int)n, a, NULL, 0, has_b, 0) && modes_build(&t->still, &t->room[1], (int)n, a, NULL, held, has_b, 0);
    if (ok && w) ok = modes_level(&t->level, &t->level_room, &t->free, a, w);
    ok = ok && modes_convert(&t->free, &t->modes[0], &out->free) && modes_convert(&t->still, &t->modes[1], &out->still);
    if (!ok) { free(t); return NULL; }
    out->states = n;
    out->held = (uint32_t)held;
    out->has_level = w != NULL;
    out->lone = n == 1 && t->free.nrates == 1;
    if (!w) return t;
    out->patience = (float)t->level.patience;
    chain_convert(&t->level.zero, (int)n, a, &t->chain[0], &out->zero);
    chain_convert(&t->level.peak, (int)n, a, &t->chain[1], &out->peak);
    chain_convert(&t->level.slope, (int)n, a, &t->chain[2], &out->slope);
    return t;
}

void event32_tables_free(Ev32Tables *t) { free(t); }

uint32_t event32_scratch(const Ev32Pop *p, uint32_t npops) {
    uint32_t most = 0;
    for (uint32_t i = 0; i < npops; i++) {
        uint32_t parts = p[i].free.nparts > p[i].still.nparts ? p[i].free.nparts : p[i].still.nparts;
        uint32_t need = parts + 2 * (p[i].zero.m + 3) * (p[i].zero.m + 1);
        most = need > most ? need : most;
    }
    return most;
}
