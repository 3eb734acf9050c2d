// SPDX-License-Identifier: MIT
// Projections that leave the same neurons and do the same to their targets, wherever these are, may be kept and delivered as one: a spike then
// meets one long row instead of many short ones.
//
//   E -> A: A.I += w    E -> B: B.I += w    E -> C: C.I += w        one class: field 0 of the target += own field 0
//
// Requires: final programs. Provides: NetProj.bundle, equal for projections of one class (0: none), and NetProj.reach, the fields of the target in the
// order in which the programs mention them; two of a class differ in nothing else. The run time decides which of a class it joins.
#include "build.h"
#include "memo.h"

typedef struct Key { const Net *net; NetProj *p; Memo number; uint32_t nodes; StrBuf text; bool ok; } Key;

static void put_reach(Key *k, uint32_t field) {
    uint32_t i = 0;
    while (i < k->p->reach.n && k->p->reach.at[i] != field) i++;
    if (i == k->p->reach.n) vec_push(k->net->arena, &k->p->reach, field);
    sb_printf(&k->text, "t%u.%d", i, k->net->fields.at[field].elem);
}
static void put_own(Key *k, uint32_t field) {
    uint32_t i = 0;
    while (i < k->p->fields.n && k->p->fields.at[i] != field) i++;
    sb_printf(&k->text, "s%u", i);
}

static void put_node(Key *k, Node x) {
    if (!x || !k->ok) return;
    uint64_t *number = memo_at(&k->number, x);
    if (*number) { sb_printf(&k->text, "#%u", (unsigned)*number); return; }
    *number = ++k->nodes;
    const DagNode *d = dag_at(&k->net->dag, x);
    sb_printf(&k->text, "(%u ", d->op);
    switch ((NetOp)d->op) {
    case N_CONST: sb_printf(&k->text, "%a", d->num); break;
    case N_K: case N_LOOKUP: sb_printf(&k->text, "%u", d->ref); break;
    case N_FIELD: put_own(k, d->ref); break;
    case N_POST: put_reach(k, d->ref); break;
    case N_STEP: case N_T: case N_BTRUE: break;
    default: k->ok = d->arity > 0 && d->op < N_UNIFORM;        // who and where the neurons are must not matter
    }
    const Node kid[3] = {d->a, d->b, d->c};
    for (int i = 0; i < d->arity; i++) put_node(k, kid[i]);
    sb_putc(&k->text, ')');
}

static bool plain(const Net *n, const NetProj *p) {
    if (p->layout != CONN_SPARSE || p->procedural || p->uniform_delay || !p->on_pre_syn.n || !net_travels(n, p)) return false;
    for (uint32_t i = 0; i < p->fields.n; i++)
        if (n->fields.at[p->fields.at[i]].elem != ELEM_REAL) return false;
    return !p->on_pre_src.n && !p->on_post_syn.n && !p->on_post_tgt.n && !p->advance.n && !p->collect.n;
}

static Sym class_of(Net *n, NetProj *p) {
    Key k = {.net = n, .p = p, .number = memo_new(n->arena, n->dag.at.n), .ok = true};
    sb_printf(&k.text, "%u %u %u %u %u ", p->src, p->src_lo, p->src_hi, p->spike_port, p->fields.n);
    for (uint32_t i = 0; i < p->on_pre_syn.n; i++) {
        put_reach(&k, p->on_pre_syn.at[i].field);
        sb_puts(&k.text, p->on_pre_syn.at[i].mode == MODE_ADD ? "+=" : "=");
        put_node(&k, p->on_pre_syn.at[i].value);
    }
    Sym s = k.ok ? sym_n(k.text.s, k.text.n) : NULL;
    sb_free(&k.text);
    return s;
}

void pass_bundles(Net *n) {
    PtrMap number = {0};
    uint32_t classes = 0;
    for (uint32_t i = 0; i < n->projs.n; i++) {
        NetProj *p = &n->projs.at[i];
        Sym class = plain(n, p) ? class_of(n, p) : NULL;
        if (!class) continue;
        uint32_t is = (uint32_t)(uintptr_t)map_get(&number, (void *)(uintptr_t)class);
        if (!is) map_put(n->arena, &number, (void *)(uintptr_t)class, (void *)(uintptr_t)(is = ++classes));
        p->bundle = is;
    }
}
