// SPDX-License-Identifier: MIT
// Where everything lies. A field that no program and no action writes is constant: a number in the code when all its elements are alike, else
// a table. One that only the experiment writes, always all elements alike, is a single number of the state. The rest are arrays of the
// state. What no spike, state or weight depends on is left out with the assignments to it.
#include "embed_internal.h"
#include "net/fixed.h"
#include <math.h>
#include <stdlib.h>

static const Program *const *programs_of(const Net *n, uint32_t i, const Program *out[7]) {
    if (i < n->pops.n) {
        const NetPop *p = &n->pops.at[i];
        out[0] = p->on_events ? &p->event->constants : &p->step;
        out[1] = p->on_events ? &p->event->reset : NULL;
        out[2] = NULL;
        return out;
    }
    const NetProj *p = &n->projs.at[i - n->pops.n];
    out[0] = &p->on_pre_syn; out[1] = &p->on_pre_src; out[2] = &p->on_post_syn; out[3] = &p->on_post_tgt; out[4] = &p->advance; out[5] = &p->collect; out[6] = NULL;
    return out;
}

static bool read_node(Embed *e, Node n, bool *seen) {
    if (!n || seen[n]) return false;
    seen[n] = true;
    const DagNode *d = dag_at(&e->net->dag, n);
    bool more = false;
    if (d->op == N_FIELD || d->op == N_PRE || d->op == N_POST || d->op == N_TICKFIELD) {
        more = !e->field[d->ref].live;
        e->field[d->ref].live = true;
    }
    more |= read_node(e, d->a, seen);
    more |= read_node(e, d->b, seen);
    return read_node(e, d->c, seen) || more;
}

static bool read_programs(Embed *e, bool *seen) {
    const Net *n = e->net;
    const Program *list[7];
    bool more = false;
    for (uint32_t i = 0; i < n->pops.n + n->projs.n; i++)
        for (const Program *const *p = programs_of(n, i, list); *p; p++)
            for (uint32_t k = 0; k < (*p)->n; k++)
                if (e->field[(*p)->at[k].field].live) more |= read_node(e, (*p)->at[k].value, seen);
    for (uint32_t i = 0; i < n->projs.n; i++)
        for (uint32_t k = 0; k < n->projs.at[i].totals.n; k++) more |= read_node(e, n->projs.at[i].totals.at[k], seen);
    return more;
}

static void mark_live(void *self, uint32_t f, bool written) {
    (void)written;
    ((Embed *)self)->field[f].live = true;
}
static void mark_written(void *self, uint32_t f, bool written) { ((bool *)self)[f] |= written; }

static void find_live(Embed *e) {
    const Net *n = e->net;
    bool *seen = calloc(n->dag.at.n + 1, 1);
    for (uint32_t f = 0; f < n->fields.n; f++) e->field[f].live = n->fields.at[f].role == ROLE_STATE || n->fields.at[f].role == ROLE_WEIGHT;
    if (e->events) events_fields(e, mark_live, e);
    for (uint32_t i = 0; !e->events && i < n->pops.n; i++)
        for (uint32_t k = 0; k < n->pops.at[i].spikes.n; k++) read_node(e, n->pops.at[i].spikes.at[k].cond, seen);
    while (read_programs(e, seen)) {}
    free(seen);
}

bool plan_live(const Embed *e, const Assign *a) { return e->field[a->field].live; }

static bool *find_written(const Embed *e) {
    const Net *n = e->net;
    const Program *list[7];
    bool *written = calloc(n->fields.n + 1, 1);
    for (uint32_t i = 0; i < n->pops.n + n->projs.n; i++)
        for (const Program *const *p = programs_of(n, i, list); *p; p++)
            for (uint32_t k = 0; k < (*p)->n; k++) written[(*p)->at[k].field] = true;
    if (e->events) events_fields(e, mark_written, written);
    return written;
}

const void *plan_values(const Embed *e, uint32_t f) {
    const Field *d = &e->net->fields.at[f];
    if (d->owner == OWNER_POP) return e->image->field[f].init;
    const NetProj *p = &e->net->projs.at[d->index];
    for (uint32_t i = 0; i < p->fields.n; i++)
        if (p->fields.at[i] == f) return e->image->proj[d->index].syn[i];
    fatal("field %u is not of its projection", f);
}

double plan_number(const Embed *e, uint32_t f, const void *values, uint32_t i) {
    if (fixed_field(e->net, f)) return ((const int32_t *)values)[i] / fixed_scale(fixed_field(e->net, f));
    return e->net->fields.at[f].elem == ELEM_TICK ? (double)((const int32_t *)values)[i] : (double)((const float *)values)[i];
}

static uint32_t count_of(const Embed *e, uint32_t f) {
    const Field *d = &e->net->fields.at[f];
    return d->owner == OWNER_POP ? e->net->pops.at[d->index].n : e->image->proj[d->index].nsyn;
}

uint32_t plan_room(Embed *e, uint32_t bytes, uint32_t align) {
    e->used = (e->used + align - 1) / align * align;
    uint32_t at = e->used;
    e->used += bytes;
    return at;
}

// Notes what rounding would make of weights, of which the report has just been told.
static void note_rounding(Embed *e, uint32_t f, uint32_t n) {
    const Field *d = &e->net->fields.at[f];
    if (d->owner != OWNER_PROJ || d->role != ROLE_WEIGHT || !e->report->sizes.n || e->net->projs.at[d->index].drawn || !net_travels(e->net, &e->net->projs.at[d->index])) return;
    EmbedSize *s = &e->report->sizes.at[e->report->sizes.n - 1];
    s->eight = data_packed_bytes(n, 8);
    s->four = data_packed_bytes(n, 4);
}

void plan_size(Embed *e, EmbedSizeKind kind, bool flash, const char *what, uint32_t bytes) {
    if (bytes) vec_push(&e->g->arena, &e->report->sizes, ((EmbedSize){.kind = kind, .flash = flash, .what = what, .bytes = bytes}));
    if (flash) e->report->const_bytes += bytes;
}

const char *plan_owner_name(const Embed *e, uint32_t f) {
    const Field *d = &e->net->fields.at[f];
    const char *path = d->owner == OWNER_POP ? e->net->pops.at[d->index].path : e->net->projs.at[d->index].path;
    return arena_printf(&e->g->arena, "%s.%s", path, d->name);
}

static bool alike(const uint32_t *values, uint32_t n) {
    for (uint32_t i = 1; i < n; i++)
        if (values[i] != values[0]) return false;
    return true;
}

void plan_constant(Embed *e, uint32_t f, const void *values, uint32_t n) {
    Place *p = &e->field[f];
    uint32_t told = e->report->sizes.n;
    bool vectors = e->g->lanes > 1 && e->net->fields.at[f].owner == OWNER_POP;
    if (!n || alike(values, n)) {
        p->kind = PLACE_VALUE;
        p->value = n ? plan_number(e, f, values, 0) : 0;
    } else if (vectors || e->net->fields.at[f].elem == ELEM_TICK || !pack_place(e, f, values, n)) {
        p->kind = PLACE_TABLE;
        p->table = data_reals(e, f, values, n, "field");
        plan_size(e, e->net->fields.at[f].owner == OWNER_PROJ ? SIZE_WEIGHTS : SIZE_INITIAL, true, plan_owner_name(e, f), n * 4);
    }
    if (e->report->sizes.n > told) note_rounding(e, f, n);
}

// Until all are known, offset counts from the record.
static void place_in_record(Embed *e, uint32_t pop, Place *p) {
    p->offset = e->pop[pop].record;
    p->stride = 0;
    e->pop[pop].record += 4;
}
static void place_records(Embed *e) {
    for (uint32_t i = 0; i < e->net->pops.n; i++) e->pop[i].records = plan_room(e, e->pop[i].record * e->net->pops.at[i].n, 4);
    for (uint32_t f = 0; f < e->net->fields.n; f++) {
        Place *p = &e->field[f];
        const PopPlan *pop = &e->pop[e->net->fields.at[f].index];
        if (p->kind != PLACE_ARRAY || p->stride) continue;
        p->stride = pop->record;
        p->offset += pop->records;
    }
}

int plan_extern(const Embed *e, const Extern *x) {
    return x->output || x->var->kind == VAR_VALUE_INPUT ? net_field(e->net, x->pop, x->var) : net_drive_field(e->net, x->pop, x->var);
}

// Without an experiment, what it would drive or present is set from outside: all of it, or what the network names.
bool plan_is_input(const Embed *e, uint32_t f) {
    const Network *m = e->net->model;
    const Field *d = &e->net->fields.at[f];
    if (e->opt.stimulus || d->owner != OWNER_POP || (d->role != ROLE_DRIVE && d->role != ROLE_VALUE)) return false;
    for (uint32_t i = 0; i < m->externs.n; i++)
        if (m->externs.at[i].var && !m->externs.at[i].output && plan_extern(e, &m->externs.at[i]) == (int)f) return true;
    return !m->externs.n;
}

static void place_field(Embed *e, uint32_t f, bool written, bool is_input) {
    const Field *d = &e->net->fields.at[f];
    Place *p = &e->field[f];
    uint32_t n = p->n = count_of(e, f);
    if (!p->live) return;
    const EmbedField *how = &e->image->field[f];
    const void *values = plan_values(e, f);
    bool acted = e->opt.stimulus && how->acted;
    if (!written && !acted && !is_input) {
        bool without_table = d->owner == OWNER_PROJ && e->proj[d->index].rows;
        without_table && !alike(values, n) ? rows_place(e, f) : plan_constant(e, f, values, n);
        return;
    }
    bool single = !written && !is_input && !how->acted_apart && alike(values, n) && n;
    p->kind = single ? PLACE_SCALAR : PLACE_ARRAY;
    uint32_t lanes = e->g->lanes, padded = single ? 1 : d->owner == OWNER_POP ? (n + lanes - 1) / lanes * lanes : n;
    p->stride = 4;
    if (!single && d->owner == OWNER_POP && lanes == 1 && !e->events) place_in_record(e, d->index, p);
    else p->offset = plan_room(e, padded * 4, single ? 4 : 4 * lanes);
    plan_size(e, d->owner == OWNER_POP ? SIZE_STATE : SIZE_SYNAPSES, false, plan_owner_name(e, f), padded * 4);
    if (!alike(values, n)) {
        p->table = data_reals(e, f, values, n, "initial");
        plan_size(e, SIZE_INITIAL, true, plan_owner_name(e, f), n * 4);
    } else p->value = n ? plan_number(e, f, values, 0) : 0;
}

static uint32_t longest_delay(const Embed *e, uint32_t pop) {
    uint32_t longest = 0;
    for (uint32_t i = 0; i < e->net->projs.n; i++) {
        const NetProj *p = &e->net->projs.at[i];
        const EmbedProj *q = &e->image->proj[i];
        for (uint32_t d = 0; p->src == pop && d < q->nclass; d++) longest = q->delay[d] > longest ? q->delay[d] : longest;
        if (p->tgt == pop && (p->on_post_syn.n || p->on_post_tgt.n) && q->post_delay > longest) longest = q->post_delay;
    }
    return longest;
}

static void place_rings(Embed *e) {
    const Net *n = e->net;
    for (uint32_t i = 0; i < n->pops.n; i++) e->pop[i].pos = plan_room(e, 4, 4);
    for (uint32_t i = 0; i < n->pops.n; i++) {
        PopPlan *p = &e->pop[i];
        p->ports = n->pops.at[i].spikes.n;
        p->words = (n->pops.at[i].n + 31) / 32;
        p->slots = longest_delay(e, i) + 2;
        p->ring = plan_room(e, p->words * p->slots * p->ports * 4, 4);
        plan_size(e, SIZE_SPIKES, false, n->pops.at[i].path, p->words * p->slots * p->ports * 4);
    }
}

static void place_constants(Embed *e) {
    e->k_place = ARENA_ARRAY(&e->g->arena, uint32_t, e->net->k.n + 1);
    for (uint32_t s = 0; s < e->net->k.n; s++)
        if (e->opt.stimulus && e->image->k_acted[s]) e->k_place[s] = plan_room(e, e->net->fixed ? 8 : 4, 4) + 1;
}

static void place_connectivity(Embed *e, uint32_t i) {
    const NetProj *p = &e->net->projs.at[i];
    const EmbedProj *q = &e->image->proj[i];
    ProjPlan *o = &e->proj[i];
    if (p->layout != CONN_SPARSE || !q->nsyn || o->rows) return;
    uint32_t before = e->report->const_bytes;
    if (p->on_pre_syn.n || p->advance.n) {
        o->row = data_numbers(e, q->row, (p->src_hi - p->src_lo) * q->nclass + 1, &o->row_type, "row");
        o->col = data_numbers(e, q->col, q->nsyn, &o->col_type, "col");
    }
    if (p->on_post_syn.n) {
        o->colptr = data_numbers(e, q->colptr, p->tgt_hi - p->tgt_lo + 1, &o->colptr_type, "colptr");
        o->colsyn = data_numbers(e, q->colsyn, q->nsyn, &o->colsyn_type, "colsyn");
        o->colsrc = data_numbers(e, q->colsrc, q->nsyn, &o->colsrc_type, "colsrc");
    }
    uint32_t bytes = e->report->const_bytes - before;
    e->report->const_bytes = before;
    plan_size(e, SIZE_INDEX, true, p->path, bytes);
    if (bytes && rows_could_draw(e, i)) e->report->sizes.at[e->report->sizes.n - 1].could_draw = bytes;
}

void plan_make(Embed *e) {
    const Net *n = e->net;
    Arena *a = &e->g->arena;
    e->field = ARENA_ARRAY(a, Place, n->fields.n + 1);
    e->proj = ARENA_ARRAY(a, ProjPlan, n->projs.n + 1);
    e->align = 4 * e->g->lanes;
    if (events_on(n) && e->align < 8) e->align = 8;
    plan_room(e, 4, 4);                                      // the step
    e->pop = ARENA_ARRAY(a, PopPlan, n->pops.n + 1);
    if (events_on(n)) events_plan(e);
    else place_rings(e);
    place_constants(e);
    find_live(e);
    bool *written = find_written(e);
    for (uint32_t i = 0; !e->events && i < n->projs.n; i++) rows_plan(e, i, written);      // the event engine reads tables
    e->kept_from = e->used;
    for (uint32_t f = 0; f < n->fields.n; f++) place_field(e, f, written[f], plan_is_input(e, f));
    free(written);
    place_records(e);
    for (uint32_t i = 0; i < n->projs.n; i++) place_connectivity(e, i);
    e->report->align = e->align;
    e->report->state_bytes = plan_room(e, 0, e->align);
}
