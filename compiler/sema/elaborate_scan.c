// SPDX-License-Identifier: MIT
// Positions and coordinates: a model that reads them needs populations that have them. Bodies know nothing of populations, so this
// is asked where a population or a connection is made.
#include "elaborate.h"

typedef struct Scan { Sema *s; const Population *own, *pre, *post; Span at; bool ok; } Scan;

static void scan_expr(Scan *c, const Expr *e);

static const Population *needed(const Scan *c, const Expr *e) {
    return e->side == SIDE_PRE ? c->pre : e->side == SIDE_POST ? c->post : c->own;
}

static void no_position(Scan *c, const Expr *e, const Population *pop) {
    c->ok = false;
    bool here = c->at.len > 0 && c->own;                              // the model is innocent: say it at the population
    Diag *m = diag(c->s->diags, here ? c->at : e->span, D_NO_POSITION, pop->path);
    if (here) diag_note_at(c->s->diags, m, e->span, "it is needed here");
    diag_help(c->s->diags, m, "give it one, as in 'population %s : %s[...] at grid(1 mm, 1 mm)'", pop->path, pop->body->name);
}

static void scan_special(Scan *c, const Expr *e) {
    if (e->special == SP_DISTANCE && c->pre && c->post) {
        const Population *none = c->pre->layout == POS_NONE ? c->pre : c->post->layout == POS_NONE ? c->post : NULL;
        if (none) { no_position(c, e, none); return; }
        if (c->pre->dims == c->post->dims) return;
        diag(c->s->diags, e->span, D_DISTANCE_DIMS, c->pre->path, c->pre->dims, c->post->path, c->post->dims);
        c->ok = false;
        return;
    }
    const Population *pop = needed(c, e);
    if (!pop) return;
    bool place = e->special == SP_X || e->special == SP_Y || e->special == SP_Z || e->special == SP_ANGLE;
    if (place && pop->layout == POS_NONE) no_position(c, e, pop);
    if (e->special != SP_COORD || e->num < pop->rank) return;
    c->ok = false;
    Diag *m = diag(c->s->diags, c->own ? c->at : e->span, D_NO_COORDINATE, pop->path, pop->rank, e->num);
    if (c->own) diag_note_at(c->s->diags, m, e->span, "it is needed here");
}

static void scan_expr(Scan *c, const Expr *e) {
    if (!e || e->bad || !c->ok) return;
    if (e->kind == E_SPECIAL) scan_special(c, e);
    for (uint32_t i = 0; i < e->args.n; i++) scan_expr(c, e->args.at[i]);
    const Expr *const kids[] = {e->a, e->b, e->c, e->lo, e->hi};
    for (int i = 0; i < 5; i++) scan_expr(c, kids[i]);
}

static void scan_stmts(Scan *c, const StmtVec *v) {
    for (uint32_t i = 0; i < v->n; i++) {
        const Stmt *s = v->at[i];
        scan_expr(c, s->value);
        scan_expr(c, s->cond);
        scan_stmts(c, &s->then);
        scan_stmts(c, &s->otherwise);
    }
}

static void scan_body(Scan *c, const Body *b) {
    for (uint32_t i = 0; i < b->vars.n; i++) scan_expr(c, b->vars.at[i]->init);
    for (uint32_t i = 0; i < b->equations.n; i++) scan_expr(c, b->equations.at[i].value);
    for (uint32_t i = 0; i < b->drives.n; i++) scan_expr(c, b->drives.at[i].value);
    for (uint32_t i = 0; i < b->handlers.n; i++) scan_stmts(c, &b->handlers.at[i].body);
    for (uint32_t i = 0; i < b->spikes.n; i++) {
        const SpikeEvent *e = &b->spikes.at[i];
        const Expr *const parts[] = {e->cond, e->level, e->at, e->over_lo, e->over_hi};
        for (int k = 0; k < 5; k++) scan_expr(c, parts[k]);
        scan_stmts(c, &e->body);
    }
    scan_stmts(c, &b->step);
}

bool scan_population(Sema *s, const Population *pop, Span at) {
    Scan c = {.s = s, .own = pop, .at = at, .ok = true};
    scan_body(&c, pop->body);
    return c.ok;
}

bool scan_projection(Sema *s, const Projection *p) {
    Scan c = {.s = s, .pre = p->source.at[0].pop, .post = p->target.at[0].pop, .ok = true};
    for (uint32_t i = 0; i < p->args.n; i++) scan_expr(&c, p->args.at[i]);
    const Expr *const parts[] = {p->weight, p->delay, p->dendritic, p->where};
    for (int i = 0; i < 4; i++) scan_expr(&c, parts[i]);
    for (uint32_t i = 0; i < p->syn_params.n; i++) scan_expr(&c, p->syn_params.at[i].value);
    for (uint32_t i = 0; i < p->plastic_params.n; i++) scan_expr(&c, p->plastic_params.at[i].value);
    if (p->synapse) scan_body(&c, p->synapse);
    if (p->plastic) scan_body(&c, p->plastic);
    return c.ok;
}
