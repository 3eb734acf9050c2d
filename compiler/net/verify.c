// SPDX-License-Identifier: MIT
// Invariants of a finished Net; a broken one is an error of the compiler, never of the program being compiled.
#include "net.h"

typedef enum { IN_SETUP, IN_INIT, IN_STEP, IN_SYN, IN_SIDE_SRC, IN_SIDE_TGT } Place;
typedef struct Check { const Net *n; Place place; uint32_t pop, proj; const char *where; unsigned char *seen; } Check;

static void require(const Check *c, bool ok, const char *what, Node x) {
    if (!ok) fatal("net %s, %s: %s (node %u, %s)", c->n->name, c->where, what, x, x ? dag_op_text((NetOp)dag_at(&c->n->dag, x)->op) : "none");
}

static bool owned(const Check *c, uint32_t field, OwnerKind kind, uint32_t index) {
    return field < c->n->fields.n && c->n->fields.at[field].owner == kind && c->n->fields.at[field].index == index;
}

static void check_leaf(const Check *c, const DagNode *d, Node x) {
    bool syn = c->place == IN_SYN, setup = c->place == IN_SETUP;
    const NetProj *p = c->proj != UINT32_MAX ? &c->n->projs.at[c->proj] : NULL;
    switch ((NetOp)d->op) {
    case N_K: require(c, d->ref < c->n->k.n, "slot out of range", x); break;
    case N_FIELD: case N_TICKFIELD:
        require(c, !setup && (syn ? owned(c, d->ref, OWNER_PROJ, c->proj) : owned(c, d->ref, OWNER_POP, c->pop)), "field of another owner", x);
        require(c, (c->n->fields.at[d->ref].elem == ELEM_TICK) == (d->op == N_TICKFIELD), "field of another kind", x);
        break;
    case N_PRE: require(c, p && owned(c, d->ref, OWNER_POP, p->src), "not a field of the source", x); break;
    case N_POST: require(c, p && owned(c, d->ref, OWNER_POP, p->tgt), "not a field of the target", x); break;
    case N_PRE_INDEX: case N_POST_INDEX: require(c, p != NULL, "index of a side outside a projection", x); break;
    case N_INDEX: require(c, !setup && !syn, "own index outside a population", x); break;
    case N_TOTAL: require(c, p && c->place == IN_SIDE_TGT && d->ref < p->totals.n, "total of no projection", x); break;
    default: break;
    }
}

static void check_types(const Check *c, const DagNode *d, Node x) {
    char a = d->a ? dag_at(&c->n->dag, d->a)->type : 0, b = d->b ? dag_at(&c->n->dag, d->b)->type : 0, e = d->c ? dag_at(&c->n->dag, d->c)->type : 0;
    switch ((NetOp)d->op) {
    case N_SELECT: require(c, a == 'B' && b == e, "select of unequal types", x); break;
    case N_AND: case N_OR: require(c, a == 'B' && b == 'B', "operands are not conditions", x); break;
    case N_NOT: case N_B2R: require(c, a == 'B', "operand is no condition", x); break;
    case N_TICK_ADD: case N_TICK_LT: case N_TICK_EQ: require(c, a == 'K' && b == 'K', "operands are not ticks", x); break;
    case N_TICK_REAL: require(c, a == 'K', "operand is no tick", x); break;
    default:
        require(c, (d->arity < 1 || a == 'R') && (d->arity < 2 || b == 'R') && (d->arity < 3 || e == 'R'), "operands are not reals", x);
    }
}

static void check_expr(Check *c, Node x) {
    require(c, x != 0 && x < c->n->dag.at.n, "missing expression", x);
    if (c->seen[x]) return;
    c->seen[x] = 1;
    const DagNode *d = dag_at(&c->n->dag, x);
    check_leaf(c, d, x);
    check_types(c, d, x);
    Node kids[3] = {d->a, d->b, d->c};
    for (int i = 0; i < d->arity; i++) check_expr(c, kids[i]);
}

static void check_root(Check *c, Node x, char type) {
    memset(c->seen, 0, c->n->dag.at.n);
    check_expr(c, x);
    require(c, dag_at(&c->n->dag, x)->type == type, "result of another type", x);
}

static void check_program(Check *c, const Program *p) {
    for (uint32_t i = 0; i < p->n; i++) {
        require(c, p->at[i].field < c->n->fields.n, "assignment to no field", p->at[i].value);
        check_root(c, p->at[i].value, c->n->fields.at[p->at[i].field].elem == ELEM_TICK ? 'K' : 'R');
    }
}

static void check_pop(Check *c, const NetPop *p) {
    c->pop = p->id;
    c->proj = UINT32_MAX;
    c->where = p->path;
    c->place = IN_INIT;
    check_program(c, &p->init);
    check_program(c, &p->derive);
    c->place = IN_STEP;
    check_program(c, &p->step);
    for (uint32_t i = 0; i < p->spikes.n; i++) check_root(c, p->spikes.at[i].cond, 'B');
}

static void check_proj(Check *c, const NetProj *p) {
    c->proj = p->id;
    c->where = p->path;
    c->place = IN_SYN;
    const Program *syn[] = {&p->init, &p->on_pre_syn, &p->on_post_syn, &p->advance};
    for (int i = 0; i < 4; i++) check_program(c, syn[i]);
    check_program(c, &p->on_pre_src);
    check_program(c, &p->on_post_tgt);
    for (uint32_t i = 0; i < p->totals.n; i++) check_root(c, p->totals.at[i], 'R');
    c->place = IN_SIDE_TGT;
    check_program(c, &p->collect);
    c->place = IN_SYN;
    check_root(c, p->delay, 'R');
    if (p->pair_prob) check_root(c, p->pair_prob, 'R');
}

void net_verify(const Net *n) {
    Check c = {.n = n, .place = IN_SETUP, .proj = UINT32_MAX, .where = "set-up"};
    c.seen = ARENA_ARRAY(n->arena, unsigned char, n->dag.at.n);
    for (uint32_t i = 0; i < n->k.n; i++)
        if (n->k.at[i].value) check_root(&c, n->k.at[i].value, 'R');
    for (uint32_t i = 0; i < n->pops.n; i++) check_pop(&c, &n->pops.at[i]);
    for (uint32_t i = 0; i < n->projs.n; i++) check_proj(&c, &n->projs.at[i]);
}
