// SPDX-License-Identifier: MIT
// Units in fixed point. A variable that is only read as a term of sums needs no product in the sum of another when it is kept in a unit in
// which its coefficient there is a power of two:
//
//   V' = V*a + I*b,  I' = I*c,  I += w        J = I*b*2^k   ->   V' = V*a + (J >> k),  J' = J*c,  J += w*b*2^k
//
// k > 0 keeps more bits of J than V has. Whatever is added to J must have its unit as well, or be uniform: weights do, when nothing else
// reads them.
#include "fixed_pass.h"

enum { ROOM = 29, FINEST = 12 };                     // bits of a value with a unit beside its sign: several add up in a word; most of k
static const double NOISE = 0x1p17;                  // most units of V that may be lost by rounding before V forgets them

typedef struct Units { Fixed *x; bool *plain; uint32_t *copied; } Units;     // plain: fields that something else than a sum reads; copied: field + 1 that gets their value

static bool is_own(const DagNode *d, uint32_t field) { return d->op == N_FIELD && d->ref == field; }
static bool is_leaf(const DagNode *d) { return d->op == N_FIELD || d->op == N_PRE || d->op == N_POST; }

// ---- who reads what ----
static void read_by(Units *u, Node n) {
    Fixed *x = u->x;
    const DagNode *d = dag_at(&x->n->dag, n);
    const Node kid[3] = {d->a, d->b, d->c};
    if (x->f->sum[n].n || x->inner[n]) return;       // terms are seen through the sum; factors of terms are not fields
    for (int i = 0; i < d->arity; i++) {
        const DagNode *k = dag_at(&x->n->dag, kid[i]);
        if (is_leaf(k) && !(d->op == N_SELECT && i > 0 && x->wanted[n] == k->ref + 1)) u->plain[k->ref] = true;
    }
}

// May the value be stored in a field with this unit: does no more than sums and the field itself take part in it?
static bool takes(Units *u, Node n, uint32_t field, double scale);
static bool takes_leaf(Units *u, const DagNode *d, uint32_t field, double scale) {
    if (d->ref == field) return true;
    const FixedFormat *own = &u->x->f->field[d->ref];
    const Field *f = &u->x->n->fields.at[d->ref];
    return f->owner == OWNER_PROJ && u->copied[d->ref] == field + 1 && !u->x->written[d->ref] && !u->plain[d->ref] && own->unit == 1 && fixed_largest(own->lo, own->hi) * scale < 0x1p30;
}
static bool takes(Units *u, Node n, uint32_t field, double scale) {
    Fixed *x = u->x;
    const DagNode *d = dag_at(&x->n->dag, n);
    if (x->f->uniform[n]) return fixed_largest(fixed_range(x, n).lo, fixed_range(x, n).hi) * scale < 0x1p30;
    if (is_leaf(d)) return takes_leaf(u, d, field, scale);
    if (x->uses[n] != 1) return false;
    if (x->f->sum[n].n) return fixed_largest(fixed_range(x, n).lo, fixed_range(x, n).hi) * scale < 0x1p31;
    return d->op == N_SELECT && takes(u, d->b, field, scale) && takes(u, d->c, field, scale);
}
typedef struct Stores { Units *u; uint32_t field; double scale, unit; int fraction; bool good; } Stores;
static void store_check(Stores *s, const Program *p) {
    for (uint32_t i = 0; i < p->n; i++) {
        const DagNode *d = dag_at(&s->u->x->n->dag, p->at[i].value);
        if (p->at[i].field == s->field) s->good = s->good && takes(s->u, p->at[i].value, s->field, s->scale);
        else if (is_leaf(d) && d->ref == s->field) s->good = false;
    }
}
static void note_copies(Stores *s, const Program *p) {
    for (uint32_t i = 0; i < p->n; i++) {
        const DagNode *d = dag_at(&s->u->x->n->dag, p->at[i].value);
        if (!is_leaf(d) || d->ref == p->at[i].field) continue;
        if (s->u->copied[d->ref] && s->u->copied[d->ref] != p->at[i].field + 1) s->u->plain[d->ref] = true;
        s->u->copied[d->ref] = p->at[i].field + 1;
    }
}
// What is added to the field as it is gets its format.
static void store_follow(Stores *s, const Program *p) {
    for (uint32_t i = 0; i < p->n; i++) {
        const DagNode *d = dag_at(&s->u->x->n->dag, p->at[i].value);
        if (p->at[i].field != s->field || s->u->x->f->uniform[p->at[i].value] || !is_leaf(d) || d->ref == s->field) continue;
        s->u->x->f->field[d->ref].unit = s->unit;
        s->u->x->f->field[d->ref].fraction = s->fraction;
    }
}
static void each_program(Stores *s, void (*fn)(Stores *, const Program *)) {
    const Net *n = s->u->x->n;
    const Program *list[6];
    for (uint32_t i = 0; i < n->pops.n + n->projs.n; i++)
        for (const Program *const *p = fixed_programs(n, i, list); *p; p++) fn(s, *p);
}

// ---- choice ----
// Steps after which a field forgets what was lost: 1/(1 - |coefficient of itself|).
static double memory(Fixed *x, uint32_t field) {
    double most = 1;
    for (Node n = 1; n < x->n->dag.at.n; n++) {
        if (x->wanted[n] != field + 1) continue;
        for (uint32_t i = 0; i < x->f->sum[n].n; i++) {
            const FixedTerm *t = &x->f->sum[n].term[i];
            if (!is_own(dag_at(&x->n->dag, t->x), field)) continue;
            FixedRange c = t->c ? fixed_range(x, t->c) : (FixedRange){1, 1};
            most = fmax(most, 1 / fmax(1 - fixed_largest(c.lo, c.hi), 0x1p-40));
        }
    }
    return most;
}

// The most k that leaves the term ROOM, or less than 0: it gets no unit.
static int room(const Units *u, const FixedTerm *t, uint32_t into) {
    Fixed *x = u->x;
    const DagNode *d = dag_at(&x->n->dag, t->x);
    if (d->op != N_FIELD || d->ref == into || !t->c || u->plain[d->ref]) return -1;
    const FixedFormat *f = &x->f->field[d->ref];
    const Field *own = &x->n->fields.at[d->ref];
    FixedRange c = fixed_range(x, t->c);
    if (f->unit != 1 || own->owner != x->n->fields.at[into].owner || !(c.lo * c.hi > 0) || fabs(c.hi - c.lo) > fabs(c.lo) * 0x1p-36) return -1;
    int e;
    frexp(fixed_largest(f->lo, f->hi) * fabs(c.lo) * fixed_scale(&x->f->field[into]), &e);
    int k = ROOM - e > FINEST ? FINEST : ROOM - e;
    return k < 0 || memory(x, d->ref) * memory(x, into) > ldexp(NOISE, k) ? -1 : k;
}

static void give(Units *u, const FixedTerm *t, uint32_t into, int k) {
    Fixed *x = u->x;
    uint32_t field = dag_at(&x->n->dag, t->x)->ref;
    FixedFormat *f = &x->f->field[field], *g = &x->f->field[into];
    double unit = fabs(fixed_range(x, t->c).lo) * g->unit;
    Stores s = {u, field, ldexp(unit, g->fraction + k), unit, g->fraction + k, true};
    each_program(&s, store_check);
    if (!s.good) return;
    f->unit = unit;
    f->fraction = g->fraction + k;
    each_program(&s, store_follow);
}

static void units_of(Units *u, Node n, uint32_t into) {
    Fixed *x = u->x;
    const FixedSum *s = &x->f->sum[n];
    int k = FINEST + 1;
    for (uint32_t i = 0; i < s->n; i++) {
        int most = room(u, &s->term[i], into);
        if (most >= 0 && most < k) k = most;
    }
    int shift = x->f->short_products ? fixed_product_shift(x, n, fixed_scale(&x->f->field[into])) : -1;
    if (shift >= 0 && shift < k) k = shift;
    for (uint32_t i = 0; i < s->n; i++)
        if (room(u, &s->term[i], into) >= k) give(u, &s->term[i], into, k);
}

void fixed_units(Fixed *x) {
    Units u = {x, ARENA_ARRAY(x->n->arena, bool, x->n->fields.n + 1), ARENA_ARRAY(x->n->arena, uint32_t, x->n->fields.n + 1)};
    each_program(&(Stores){.u = &u}, note_copies);
    for (Node n = 1; n < x->n->dag.at.n; n++)
        if (x->uses[n]) read_by(&u, n);
    for (uint32_t i = 0; i < x->n->pops.n; i++)      // one unit may make another possible: alpha functions
        for (Node n = 1; n < x->n->dag.at.n; n++)
            if (x->wanted[n] && x->f->sum[n].n) units_of(&u, n, x->wanted[n] - 1);
}
