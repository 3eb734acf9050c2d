// SPDX-License-Identifier: MIT
// Small services of the Net: fields, constants-table slots, rates of nodes, substitution, lookups for the experiment.
#include "memo.h"
#include "build.h"

uint32_t net_add_field(Net *n, Sym name, OwnerKind owner, uint32_t index, Elem elem, FieldRole role, Dim dim, Var *var) {
    uint32_t id = n->fields.n;
    vec_push(n->arena, &n->fields, ((Field){.name = name, .id = id, .owner = owner, .index = index, .elem = elem, .role = role, .dim = dim, .var = var}));
    if (owner == OWNER_POP) vec_push(n->arena, &n->pops.at[index].fields, id);
    else vec_push(n->arena, &n->projs.at[index].fields, id);
    return id;
}

uint32_t net_add_k(Net *n, Node value) {
    for (uint32_t i = 0; i < n->k.n; i++)
        if (n->k.at[i].value == value && !n->k.at[i].param && value) return i;
    vec_push(n->arena, &n->k, ((KDef){value, 0}));
    vec_push(n->arena, &n->setup, ((SetupStep){false, n->k.n - 1}));
    return n->k.n - 1;
}

Node net_k(Net *n, Node value) {
    NetOp op = (NetOp)dag_at(&n->dag, value)->op;
    return op == N_CONST || op == N_K ? value : dag_leaf(&n->dag, N_K, net_add_k(n, value));
}

void program_set(Net *n, Program *p, uint32_t field, Node value) {
    for (uint32_t i = 0; i < p->n; i++)
        if (p->at[i].field == field && p->at[i].mode == MODE_SET) { p->at[i].value = value; return; }
    vec_push(n->arena, p, ((Assign){field, MODE_SET, value}));
}

void program_add(Net *n, Program *p, uint32_t field, Node value) {
    for (uint32_t i = 0; i < p->n; i++)
        if (p->at[i].field == field && p->at[i].mode == MODE_ADD) {
            p->at[i].value = dag_op(&n->dag, N_ADD, p->at[i].value, value, 0);
            return;
        }
    vec_push(n->arena, p, ((Assign){field, MODE_ADD, value}));
}

static Rate field_rate(const Field *f) {
    return f->role == ROLE_PARAM || f->role == ROLE_DERIVED || f->role == ROLE_POSITION ? STATIC_ENTITY : DYNAMIC;
}

Rate net_rate(const Net *n, Node x) {
    if (!x) return STATIC_UNIFORM;
    const DagNode *d = dag_at(&n->dag, x);
    switch ((NetOp)d->op) {
    case N_CONST: case N_K: case N_BTRUE: return STATIC_UNIFORM;
    case N_INDEX: return STATIC_ENTITY;
    case N_FIELD: return field_rate(&n->fields.at[d->ref]);
    case N_PRE: case N_POST: case N_PRE_INDEX: case N_POST_INDEX: case N_TICKFIELD: case N_STEP: case N_T: case N_TOTAL:
    case N_UNIFORM: case N_NORMAL: case N_EXPONENTIAL: case N_POISSON: case N_GAMMA: case N_BINOMIAL: case N_TRUNCNORMAL: return DYNAMIC;
    default: break;
    }
    Rate r = STATIC_UNIFORM;
    Node kids[3] = {d->a, d->b, d->c};
    for (int i = 0; i < d->arity && r != DYNAMIC; i++) {
        Rate k = net_rate(n, kids[i]);
        if (k > r) r = k;
    }
    return r;
}

// Walks once over the nodes below x, each only once.
static bool depends_walk(const Net *n, Node x, NetOp op, uint32_t ref, const Memo *seen) {
    if (!x || !memo_first(seen, x)) return false;
    const DagNode *d = dag_at(&n->dag, x);
    if (d->op == op && d->ref == ref) return true;
    Node kids[3] = {d->a, d->b, d->c};
    for (int i = 0; i < d->arity; i++)
        if (depends_walk(n, kids[i], op, ref, seen)) return true;
    return false;
}

bool net_depends(const Net *n, Node x, NetOp op, uint32_t ref) {
    Memo seen = memo_new(n->arena, n->dag.at.n);
    return depends_walk(n, x, op, ref, &seen);
}

static bool contains_walk(const Net *n, Node x, Node part, const Memo *seen) {
    if (!x || x < part || !memo_first(seen, x)) return false;       // parts are older than what contains them
    if (x == part) return true;
    const DagNode *d = dag_at(&n->dag, x);
    return contains_walk(n, d->a, part, seen) || contains_walk(n, d->b, part, seen) || contains_walk(n, d->c, part, seen);
}

bool net_contains(const Net *n, Node x, Node part) {
    Memo seen = memo_new(n->arena, n->dag.at.n);
    return x >= part && contains_walk(n, x, part, &seen);
}

static Node subst_walk(Net *n, Node x, const Memo *memo, uint32_t limit) {
    if (!x || x >= limit) return x;
    if (memo_node(memo, x)) return memo_node(memo, x);
    DagNode d = *dag_at(&n->dag, x);
    Node a = subst_walk(n, d.a, memo, limit), b = subst_walk(n, d.b, memo, limit), c = subst_walk(n, d.c, memo, limit);
    return memo_keep(memo, x, dag_with(&n->dag, x, a, b, c));
}

Node net_subst(Net *n, Node x, const Node *leaf, const Node *value, uint32_t count) {
    uint32_t limit = n->dag.at.n;
    Memo memo = memo_new(n->arena, limit);
    for (uint32_t i = 0; i < count; i++)
        if (leaf[i]) memo_keep(&memo, leaf[i], value[i]);
    return subst_walk(n, x, &memo, limit);
}

static Node own_view_walk(Net *n, Node x, NetOp side, const Memo *memo, uint32_t limit) {
    if (!x || x >= limit) return x;
    if (memo_node(memo, x)) return memo_node(memo, x);
    DagNode d = *dag_at(&n->dag, x);
    NetOp index = side == N_PRE ? N_PRE_INDEX : N_POST_INDEX;
    if (d.op == side) return memo_keep(memo, x, dag_leaf(&n->dag, N_FIELD, d.ref));
    if (d.op == index) return memo_keep(memo, x, dag_leaf(&n->dag, N_INDEX, 0));
    Node a = own_view_walk(n, d.a, side, memo, limit), b = own_view_walk(n, d.b, side, memo, limit), c = own_view_walk(n, d.c, side, memo, limit);
    return memo_keep(memo, x, dag_with(&n->dag, x, a, b, c));
}

Node net_own_view(Net *n, Node x, NetOp side) {
    Memo memo = memo_new(n->arena, n->dag.at.n);
    return own_view_walk(n, x, side, &memo, n->dag.at.n);
}

static void map_program(Program *p, NodeMap *map, void *data) {
    for (uint32_t i = 0; i < p->n; i++) p->at[i].value = map(data, p->at[i].value);
}

void net_map_roots(Net *n, NodeMap *map, void *data) {
    for (uint32_t i = 0; i < n->pops.n; i++) {
        NetPop *p = &n->pops.at[i];
        map_program(&p->init, map, data);
        map_program(&p->step, map, data);
        for (uint32_t k = 0; k < p->spikes.n; k++)
            if (p->spikes.at[k].cond) p->spikes.at[k].cond = map(data, p->spikes.at[k].cond);
    }
    for (uint32_t i = 0; i < n->projs.n; i++) {
        NetProj *p = &n->projs.at[i];
        Program *all[] = {&p->init, &p->on_pre_syn, &p->on_pre_src, &p->on_post_syn, &p->on_post_tgt, &p->advance, &p->collect};
        for (int k = 0; k < 7; k++) map_program(all[k], map, data);
        for (uint32_t k = 0; k < p->totals.n; k++) p->totals.at[k] = map(data, p->totals.at[k]);
        if (p->pair_prob) p->pair_prob = map(data, p->pair_prob);
        if (!p->uniform_delay) p->delay = map(data, p->delay);
    }
}

static bool writes(const Program *p, uint32_t field) {
    for (uint32_t i = 0; i < p->n; i++)
        if (p->at[i].field == field) return true;
    return false;
}
static bool node_stays(const Net *n, const NetProj *p, Node x, const Memo *seen) {
    if (!x || !memo_first(seen, x)) return true;
    const DagNode *d = dag_at(&n->dag, x);
    if (d->op == N_PRE || d->op == N_PRE_INDEX || d->op >= N_UNIFORM) return false;
    if ((d->op == N_FIELD || d->op == N_TICKFIELD) && (writes(&p->on_pre_syn, d->ref) || writes(&p->on_post_syn, d->ref) || writes(&p->advance, d->ref))) return false;
    return node_stays(n, p, d->a, seen) && node_stays(n, p, d->b, seen) && node_stays(n, p, d->c, seen);
}

bool net_travels(const Net *n, const NetProj *p) {
    Memo seen = memo_new(n->arena, n->dag.at.n);
    for (uint32_t i = 0; i < p->on_pre_syn.n; i++)
        if (n->fields.at[p->on_pre_syn.at[i].field].owner != OWNER_POP || !node_stays(n, p, p->on_pre_syn.at[i].value, &seen)) return false;
    return true;
}

int net_pop_index(const Net *n, const Population *p) {
    for (uint32_t i = 0; i < n->pops.n; i++)
        if (n->pops.at[i].model == p) return (int)i;
    return -1;
}

static int find_field(const Net *n, const Population *p, const Var *v, bool drive) {
    int pop = net_pop_index(n, p);
    if (pop < 0) return -1;
    const NetPop *np = &n->pops.at[pop];
    for (uint32_t i = 0; i < np->fields.n; i++) {
        const Field *f = &n->fields.at[np->fields.at[i]];
        if (f->var == v && (f->role == ROLE_DRIVE) == drive && f->role != ROLE_INPUT) return (int)f->id;
    }
    return -1;
}

int net_field(const Net *n, const Population *p, const Var *v) { return find_field(n, p, v, false); }
int net_drive_field(const Net *n, const Population *p, const Var *port) { return find_field(n, p, port, true); }

int net_param_slot(const Net *n, const Population *p, const Var *v) {
    for (uint32_t i = 0; i < n->params.n; i++)
        if (n->params.at[i].var == v && n->params.at[i].pop == p) return (int)n->params.at[i].slot;
    return -1;
}

void net_free(NetProgram *p) {
    if (!p) return;
    Arena a = p->arena;
    arena_free(&a);
}
