// SPDX-License-Identifier: MIT
// The interpreter of the Net on hand-made expressions and on a network small enough to follow by hand.
#include "../sim/oracle/interp.c"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

typedef struct Fixture { Net net; Arena arena; } Fixture;
static Node num(Net *n, double v) { return dag_const(&n->dag, v); }
static Node op(Net *n, NetOp o, Node a, Node b, Node c) { return dag_op(&n->dag, o, a, b, c); }
static Node field(Net *n, NetOp o, uint32_t f) { return dag_leaf(&n->dag, o, f); }
static uint32_t add_field(Fixture *x, const char *name, OwnerKind owner, uint32_t index, Elem elem)
{
    Net *n = &x->net;
    vec_push(&x->arena, &n->fields, ((Field){.name = sym(name), .id = n->fields.n, .owner = owner, .index = index, .elem = elem}));
    if (owner == OWNER_POP) vec_push(&x->arena, &n->pops.at[index].fields, n->fields.n - 1);
    else vec_push(&x->arena, &n->projs.at[index].fields, n->fields.n - 1);
    return n->fields.n - 1;
}
static void assign(Fixture *x, Program *p, uint32_t f, AssignMode mode, Node v) { vec_push(&x->arena, p, ((Assign){f, mode, v})); }
static void open_net(Fixture *x)
{
    memset(x, 0, sizeof *x);
    x->net.arena = x->net.dag.arena = &x->arena;
    vec_push(&x->arena, &x->net.k, ((KDef){num(&x->net, 0.1), 0}));
    vec_push(&x->arena, &x->net.setup, ((SetupStep){false, 0}));
}
static void operators(void **state)
{
    (void)state;
    Fixture x;
    open_net(&x);
    Net *n = &x.net;
    vec_push(&x.arena, &n->pops, ((NetPop){.path = sym("P"), .n = 2}));
    uint32_t f = add_field(&x, "v", OWNER_POP, 0, ELEM_REAL), t = add_field(&x, "k", OWNER_POP, 0, ELEM_TICK);
    Node v = field(n, N_FIELD, f), k = field(n, N_TICKFIELD, t), step = field(n, N_STEP, 0), nan = num(n, NAN);
    const struct { Node node; double want; } real[] = {
        {op(n, N_FMA, v, v, num(n, -6.25)), 0}, {op(n, N_MIN, v, num(n, 2), 0), 2}, {op(n, N_MAX, v, num(n, 2), 0), 2.5},
        {op(n, N_MAX, num(n, 1), op(n, N_MUL, v, nan, 0), 0), 1}, {op(n, N_ROUND, v, 0, 0), 3}, {op(n, N_FLOOR, op(n, N_NEG, v, 0, 0), 0, 0), -3},
        {op(n, N_TICK_REAL, op(n, N_TICK_ADD, k, op(n, N_TICK, v, 0, 0), 0), 0, 0), 9}, {op(n, N_SELECT, op(n, N_LT, v, num(n, 2.5), 0), num(n, 1), num(n, -1)), -1},
        {op(n, N_B2R, op(n, N_AND, op(n, N_LE, v, num(n, 2.5), 0), op(n, N_NOT, op(n, N_NE, v, v, 0), 0, 0), 0), 0, 0), 1},
        {op(n, N_EXP, op(n, N_SUB, v, v, 0), 0, 0), 1}, {op(n, N_POW, v, num(n, 2), 0), 6.25}, {field(n, N_INDEX, 0), 1}};
    Node before = op(n, N_TICK_LT, step, k, 0);
    Oracle *o = oracle_new(n, 0.1, 1, false, false);
    o->F[f][1].r = 2.5;
    o->F[t][1].k = 7;
    for (size_t i = 0; i < sizeof real / sizeof *real; i++) assert_true(oracle_eval(o, real[i].node, 1, false).r == real[i].want);
    assert_true(isnan(oracle_eval(o, op(n, N_MAX, op(n, N_MUL, v, nan, 0), num(n, 1), 0), 1, false).r));
    assert_true(oracle_eval(o, before, 1, false).b);
    o->step = 7;
    assert_false(oracle_eval(o, before, 1, false).b);
    oracle_free(o);
    arena_free(&x.arena);
}
// A source that fires in every third step; two synapses with delays 0 and 2; the target sums weights, which shrink at each arrival.
static void network(void **state)
{
    (void)state;
    Fixture x;
    open_net(&x);
    Net *n = &x.net;
    vec_push(&x.arena, &n->pops, ((NetPop){.path = sym("A"), .id = 0, .n = 1}));
    vec_push(&x.arena, &n->pops, ((NetPop){.path = sym("B"), .id = 1, .n = 2}));
    vec_push(&x.arena, &n->projs, ((NetProj){.path = sym("A->B"), .src = 0, .tgt = 1, .src_hi = 1, .tgt_hi = 2}));
    uint32_t c = add_field(&x, "c", OWNER_POP, 0, ELEM_REAL), s = add_field(&x, "s", OWNER_POP, 1, ELEM_REAL), w = add_field(&x, "w", OWNER_PROJ, 0, ELEM_REAL);
    NetProj *p = &n->projs.at[0];
    p->delay = op(n, N_MUL, num(n, 2), field(n, N_POST_INDEX, 0), 0);
    assign(&x, &n->pops.at[0].step, c, MODE_SET, op(n, N_ADD, field(n, N_FIELD, c), num(n, 1), 0));
    Node third = op(n, N_SUB, field(n, N_FIELD, c), op(n, N_MUL, num(n, 3), op(n, N_FLOOR, op(n, N_DIV, field(n, N_FIELD, c), num(n, 3), 0), 0, 0), 0), 0);
    vec_push(&x.arena, &n->pops.at[0].spikes, ((SpikeOut){sym("spikes"), op(n, N_EQ, third, num(n, 0), 0)}));
    assign(&x, &p->init, w, MODE_SET, num(n, 8));
    assign(&x, &p->on_pre_syn, s, MODE_ADD, field(n, N_FIELD, w));
    assign(&x, &p->on_pre_syn, w, MODE_SET, op(n, N_MUL, field(n, N_FIELD, w), num(n, 0.5), 0));
    Oracle *o = oracle_new(n, 0.1, 1, false, false);
    const uint32_t src[] = {0, 0}, tgt[] = {0, 1}, delay[] = {0, 2}, wrong[] = {0, 1};
    assert_non_null(oracle_connect(o, 0, 2, src, tgt, wrong));
    assert_null(oracle_connect(o, 0, 2, src, tgt, delay));
    static const double want[6][2] = {{0, 0}, {8, 0}, {8, 0}, {8, 8}, {12, 8}, {12, 8}};      // spikes in steps 0 and 3; with delay m they act in step + 1 + m
    for (int k = 0; k < 6; k++) {
        oracle_step(o);
        assert_true(oracle_value(o, s, 0) == want[k][0] && oracle_value(o, s, 1) == want[k][1]);
    }
    assert_int_equal(o->spikes[0].n, 2);
    oracle_free(o);
    arena_free(&x.arena);
}
int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(operators), cmocka_unit_test(network)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
