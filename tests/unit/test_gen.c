// SPDX-License-Identifier: MIT
// Generated kernels against a scalar evaluation of the same DAG, on networks built by hand.
#include "gen/gen.h"
#include "target/target.h"
#include <math.h>
#include <setjmp.h>
#include <stdlib.h>
#include <cmocka.h>

enum { N = 100, PAD = 64 };

typedef struct Fixture { Net net; NetProgram program; Arena arena; Target *target; GenModule *module; Jit *jit; const SnnProgram *p; } Fixture;

static Node op(Net *n, NetOp o, Node a, Node b) { return dag_op(&n->dag, o, a, b, 0); }
static Node leaf(Net *n, NetOp o, uint32_t ref) { return dag_leaf(&n->dag, o, ref); }
static Node num(Net *n, double v) { return dag_const(&n->dag, v); }

static uint32_t add_field(Net *n, const char *name, OwnerKind owner, uint32_t index, Elem elem) {
    Field f = {.name = sym(name), .id = n->fields.n, .owner = owner, .index = index, .elem = elem};
    vec_push(n->arena, &n->fields, f);
    if (owner == OWNER_POP) vec_push(n->arena, &n->pops.at[index].fields, f.id);
    else vec_push(n->arena, &n->projs.at[index].fields, f.id);
    return f.id;
}

static uint32_t add_k(Net *n, Node value, uint32_t param) {
    vec_push(n->arena, &n->k, ((KDef){value, param}));
    vec_push(n->arena, &n->setup, ((SetupStep){false, n->k.n - 1}));
    return n->k.n - 1;
}

static void assign(Net *n, Program *p, uint32_t field, AssignMode mode, Node value) { vec_push(n->arena, p, ((Assign){field, mode, value})); }

static void open_net(Fixture *f) {
    memset(f, 0, sizeof *f);
    f->net.arena = f->net.dag.arena = &f->arena;
    f->net.name = sym("test");
    add_k(&f->net, num(&f->net, 0.1), 0);
}

static void compile(Fixture *f, const char *cpu, int bits) {
    Net *n = &f->net;
    f->program = (NetProgram){0};
    vec_push(&f->arena, &f->program.nets, n);
    const char *error = NULL;
    f->target = target_open(&f->arena, "host", cpu, &error);
    assert_non_null(f->target);
    GenOptions o = {.real_bits = bits};
    target_configure(f->target, &o);
    f->module = gen_module(&f->program, &o);
    target_optimise(f->target, f->module);
    if (getenv("DUMP")) target_emit(f->target, f->module, getenv("DUMP")[0] == 'a' ? EMIT_ASM : EMIT_LLVM, "-", &error);
    f->p = target_jit(f->target, f->module, &f->jit, &error);
    if (!f->p) fail_msg("%s", error);
}

static void close_net(Fixture *f) {
    target_jit_close(f->jit);
    target_close(f->target);
    gen_free(f->module);
    arena_free(&f->arena);
}

// A leaky integrator with a refractory period: V, refractory end (tick), current I; K: dt, V_th, decay, t_ref in steps.
enum { V, UNTIL, I };
static void build_integrator(Fixture *f) {
    open_net(f);
    Net *n = &f->net;
    vec_push(n->arena, &n->pops, ((NetPop){.path = sym("E"), .n = N, .rank = 1, .shape = {N}}));
    NetPop *p = &n->pops.at[0];
    add_field(n, "V", OWNER_POP, 0, ELEM_REAL);
    add_field(n, "until", OWNER_POP, 0, ELEM_TICK);
    add_field(n, "I", OWNER_POP, 0, ELEM_REAL);
    uint32_t tau = add_k(n, num(n, 20), 1), th = add_k(n, num(n, 10), 2);
    uint32_t a = add_k(n, op(n, N_SUB, num(n, 1), op(n, N_DIV, leaf(n, N_K, 0), leaf(n, N_K, tau))), 0);
    uint32_t ref = add_k(n, num(n, 3), 3);
    vec_push(n->arena, &n->params, ((NetParam){.path = "E.tau", .slot = tau}));
    Node v = leaf(n, N_FIELD, V), i = leaf(n, N_FIELD, I), held = op(n, N_TICK_LT, leaf(n, N_STEP, 0), leaf(n, N_TICKFIELD, UNTIL));
    Node moved = dag_op(&n->dag, N_FMA, v, leaf(n, N_K, a), i), next = dag_op(&n->dag, N_SELECT, held, v, moved);
    Node spike = op(n, N_AND, op(n, N_NOT, held, 0), op(n, N_LE, leaf(n, N_K, th), next));
    Node until = op(n, N_TICK_ADD, op(n, N_TICK_ADD, leaf(n, N_STEP, 0), op(n, N_TICK, num(n, 1), 0)), op(n, N_TICK, leaf(n, N_K, ref), 0));
    assign(n, &p->step, V, MODE_SET, dag_op(&n->dag, N_SELECT, spike, op(n, N_MUL, i, num(n, -1)), next));
    assign(n, &p->step, UNTIL, MODE_SET, dag_op(&n->dag, N_SELECT, spike, until, leaf(n, N_TICKFIELD, UNTIL)));
    assign(n, &p->step, I, MODE_SET, num(n, 0.5));
    vec_push(n->arena, &p->spikes, ((SpikeOut){sym("spikes"), spike}));
    assign(n, &p->init, I, MODE_SET, op(n, N_ADD, leaf(n, N_INDEX, 0), num(n, 0.25)));
    assign(n, &p->init, V, MODE_SET, op(n, N_MUL, leaf(n, N_FIELD, I), num(n, 2)));
    n->pops.at[0] = *p;
}

static void *zeroed(size_t bytes) {
    void *p = aligned_alloc(64, (bytes + 255) / 64 * 64);
    memset(p, 0, (bytes + 255) / 64 * 64);
    return p;
}

static void check_integrator(const char *cpu, int bits) {
    Fixture f;
    build_integrator(&f);
    compile(&f, cpu, bits);
    const SnnNet *net = &f.p->nets[0];
    double k[8] = {0}, t_seen = 0;
    unsigned char set[8] = {[1] = 1};
    k[1] = 10;
    net->setup(k, set);
    assert_true(k[0] == 0.1 && k[1] == 10 && k[2] == 10 && k[3] == 1 - 0.1 / 10);
    (void)t_seen;
    void *field[3];
    for (int i = 0; i < 3; i++) field[i] = zeroed((N + PAD) * 8);
    SnnCtx c = {.F = field, .K = k, .dt = k[0]};
    net->pops[0].init(&c, 0, N);
    double v[N], in[N];
    int64_t until[N] = {0};
    for (int i = 0; i < N; i++) { in[i] = i + 0.25; v[i] = in[i] * 2; }
    for (c.step = 0; c.step < 40; c.step++) {
        uint32_t list[N], *out[1] = {list};
        int64_t count[1] = {0};
        net->pops[0].step(&c, 0, 64, out, count);
        net->pops[0].step(&c, 64, N, out, count);
        int64_t expected = 0;
        for (int i = 0; i < N; i++) {
            bool held = c.step < until[i];
            double next = held ? v[i] : bits == 64 ? fma(v[i], k[3], in[i]) : (double)fmaf((float)v[i], (float)k[3], (float)in[i]);
            bool spike = !held && next >= 10;
            v[i] = spike ? -in[i] : next;
            if (spike) {
                until[i] = c.step + 1 + 3;
                assert_int_equal(list[expected], i);
                expected++;
            }
            in[i] = 0.5;
            double got = bits == 64 ? ((double *)field[V])[i] : (double)((float *)field[V])[i];
            assert_true(got == v[i]);
        }
        assert_int_equal(count[0], expected);
    }
    for (int i = 0; i < 3; i++) free(field[i]);
    close_net(&f);
}

static void test_integrator(void **state) {
    (void)state;
    check_integrator("native", 64);
    check_integrator("native", 32);
    check_integrator("x86-64-v3", 64);
    check_integrator("generic", 64);
    check_integrator("generic", 32);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_integrator)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
