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


// ---- projections: every layout, plastic, against loops written out here ------------------------------------------------------

enum { NS = 7, NT = 53 };      // sources, targets
enum { X, G, Y, W, E };        // fields: source trace; target sum and trace; weight, eligibility

static void build_plastic(Fixture *f, ConnLayout layout, bool own_only) {
    open_net(f);
    Net *n = &f->net;
    vec_push(n->arena, &n->pops, ((NetPop){.path = sym("S"), .n = NS, .rank = 1, .shape = {NS}}));
    vec_push(n->arena, &n->pops, ((NetPop){.path = sym("T"), .n = NT, .rank = 1, .shape = {NT}}));
    NetProj proj = {.path = sym("S->T"), .src = 0, .tgt = 1, .src_hi = NS, .tgt_hi = NT, .layout = layout, .uniform_delay = true};
    vec_push(n->arena, &n->projs, proj);
    add_field(n, "x", OWNER_POP, 0, ELEM_REAL);
    add_field(n, "g", OWNER_POP, 1, ELEM_REAL);
    add_field(n, "y", OWNER_POP, 1, ELEM_REAL);
    add_field(n, "w", OWNER_PROJ, 0, ELEM_REAL);
    add_field(n, "e", OWNER_PROJ, 0, ELEM_REAL);
    uint32_t a = add_k(n, num(n, 0.25), 0), delay = add_k(n, num(n, 5), 0);
    NetProj *p = &n->projs.at[0];
    p->delay = leaf(n, N_K, delay);
    Node w = leaf(n, N_FIELD, W), y = leaf(n, N_POST, Y), x = leaf(n, N_PRE, X);
    assign(n, &p->on_pre_syn, G, MODE_ADD, w);
    assign(n, &p->on_pre_syn, W, MODE_SET, op(n, N_MAX, op(n, N_SUB, w, op(n, N_MUL, leaf(n, N_K, a), y)), num(n, 0)));
    assign(n, &p->on_pre_syn, E, MODE_SET, op(n, N_ADD, w, x));
    assign(n, &p->on_pre_src, X, MODE_SET, op(n, N_ADD, x, num(n, 1)));
    assign(n, &p->on_post_syn, W, MODE_SET, op(n, N_ADD, w, op(n, N_MUL, x, op(n, N_MUL, y, leaf(n, N_K, a)))));
    assign(n, &p->on_post_tgt, Y, MODE_ADD, num(n, 2));
    assign(n, &p->advance, E, MODE_SET, op(n, N_ADD, op(n, N_MUL, leaf(n, N_FIELD, E), x), y));
    if (!own_only) assign(n, &p->advance, G, MODE_ADD, leaf(n, N_FIELD, E));
    assign(n, &p->init, W, MODE_SET, op(n, N_ADD, op(n, N_MUL, leaf(n, N_PRE_INDEX, 0), num(n, 100)), leaf(n, N_POST_INDEX, 0)));
    assign(n, &p->init, E, MODE_SET, op(n, N_MUL, leaf(n, N_FIELD, W), num(n, 2)));
}

typedef struct Synapses { uint32_t src[NS * NT], tgt[NS * NT], n; uint32_t row[NS + 1], col[NS * NT], colptr[NT + 1], colsyn[NS * NT], colsrc[NS * NT]; } Synapses;

static void connect(Synapses *s, ConnLayout layout) {
    memset(s, 0, sizeof *s);
    for (uint32_t i = 0; i < NS; i++) {
        s->row[i] = s->n;
        for (uint32_t j = 0; j < NT; j++) {
            bool there = layout == CONN_DENSE || (layout == CONN_SPARSE ? (i * 5 + j * 3) % 4 == 0 : j == i + 4);
            if (!there) continue;
            s->src[s->n] = i;
            s->tgt[s->n] = s->col[s->n] = j;
            s->n++;
        }
    }
    s->row[NS] = s->n;
    uint32_t m = 0;
    for (uint32_t j = 0; j < NT; j++) {
        s->colptr[j] = m;
        for (uint32_t e = 0; e < s->n; e++)
            if (s->tgt[e] == j) { s->colsyn[m] = e; s->colsrc[m++] = s->src[e]; }
    }
    s->colptr[NT] = m;
}

// The naive form: every synapse in a list, in order of sources.
typedef struct Naive { double x[NS], g[NT], y[NT], w[NS * NT], e[NS * NT]; } Naive;

static void naive_step(Naive *v, bool own_only, const Synapses *s, const uint32_t *pre, int npre, const uint32_t *post, int npost) {
    for (int k = 0; k < npre; k++)
        for (uint32_t c = 0; c < s->n; c++) {
            if (s->src[c] != pre[k]) continue;
            double w = v->w[c], next = w - 0.25 * v->y[s->tgt[c]];
            v->g[s->tgt[c]] += w;
            v->e[c] = w + v->x[s->src[c]];
            v->w[c] = next < 0 ? 0 : next;
        }
    for (int k = 0; k < npre; k++) v->x[pre[k]] += 1;
    for (int k = 0; k < npost; k++)
        for (uint32_t c = 0; c < s->n; c++)
            if (s->tgt[c] == post[k]) v->w[c] += v->x[s->src[c]] * (v->y[post[k]] * 0.25);
    for (int k = 0; k < npost; k++) v->y[post[k]] += 2;
    for (uint32_t c = 0; c < s->n; c++) {
        if (!own_only) v->g[s->tgt[c]] += v->e[c];              // right sides are old values
        v->e[c] = v->e[c] * v->x[s->src[c]] + v->y[s->tgt[c]];
    }
}

static void read_reals(const void *field, int bits, int n, double *out) {
    for (int i = 0; i < n; i++) out[i] = bits == 64 ? ((const double *)field)[i] : (double)((const float *)field)[i];
}

static void check_same(const char *what, const void *field, int bits, int n, const double *expected) {
    double got[NS * NT];
    read_reals(field, bits, n, got);
    for (int i = 0; i < n; i++)
        if (got[i] != expected[i]) fail_msg("%s[%d] is %.17g, not %.17g", what, i, got[i], expected[i]);
}

static void check_plastic(const char *cpu, int bits, ConnLayout layout, bool own_only) {
    Fixture f;
    build_plastic(&f, layout, own_only);
    compile(&f, cpu, bits);
    const SnnNet *net = &f.p->nets[0];
    const SnnProj *p = &net->projs[0];
    double k[4];
    unsigned char set[4] = {0};
    net->setup(k, set);
    assert_true(p->uniform_delay && k[p->delay_slot] == 5);
    static Synapses s;
    connect(&s, layout);
    void *field[5];
    for (int i = 0; i < 5; i++) field[i] = zeroed(NS * NT * 8);
    SnnCtx c = {.F = field, .K = k};
    void *of_block[2] = {field[W], field[E]};
    // Two blocks of targets: each sees its own synapses only. With DENSE and ONE_TO_ONE one block is enough.
    SnnBlock b = {.tgt_hi = NT, .nclass = 1, .row = s.row, .col = s.col, .S = of_block, .colptr = s.colptr, .colsyn = s.colsyn, .colsrc = s.colsrc, .src_hi = NS, .nsyn = s.n, .tgt_base = 4};
    for (uint32_t i = 0; i < NS; i++) {
        p->row_init(&c, i, s.col + s.row[i], NULL, s.row[i], s.row[i + 1] - s.row[i], of_block);
    }
    static Naive v;
    memset(&v, 0, sizeof v);
    for (uint32_t e = 0; e < s.n; e++) { v.w[e] = s.src[e] * 100.0 + s.tgt[e]; v.e[e] = 2 * v.w[e]; }
    check_same("E", field[E], bits, (int)s.n, v.e);
    for (int step = 0; step < 4; step++) {
        uint32_t pre[3] = {0, (uint32_t)step, 6}, post[3] = {1, (uint32_t)(4 + step), 52};
        int npre = step ? 3 : 1, npost = 3;
        p->deliver(&c, &b, pre, npre, 0);
        p->pre_jump(&c, pre, npre);
        p->post(&c, &b, post, npost, 0);
        p->post_jump(&c, post, npost);
        p->advance(&c, &b);
        naive_step(&v, own_only, &s, pre, npre, post, npost);
        check_same("X", field[X], bits, NS, v.x);
        check_same("Y", field[Y], bits, NT, v.y);
        check_same("W", field[W], bits, (int)s.n, v.w);
        check_same("E", field[E], bits, (int)s.n, v.e);
        check_same("G", field[G], bits, NT, v.g);
    }
    for (int i = 0; i < 5; i++) free(field[i]);
    close_net(&f);
}

static void test_plastic(void **state) {
    (void)state;
    for (ConnLayout l = CONN_SPARSE; l <= CONN_ONE_TO_ONE; l++) {
        check_plastic("native", 64, l, false);
        check_plastic("native", 64, l, true);
        check_plastic("x86-64-v3", 64, l, false);
        check_plastic("x86-64-v3", 64, l, true);
        check_plastic("x86-64-v2", 64, l, false);
        check_plastic("x86-64-v2", 64, l, true);
    }
}

// ---- transcendental functions and draws: a lane has the bits of the scalar ------------------------------------------------------

static void build_functions(Fixture *f) {
    open_net(f);
    Net *n = &f->net;
    vec_push(n->arena, &n->pops, ((NetPop){.path = sym("E"), .n = N, .rank = 1, .shape = {N}}));
    static const NetOp one[] = {N_EXP, N_EXPM1, N_EXPREL, N_LOG, N_LOG1P, N_SIN, N_COS, N_TAN, N_TANH, N_ATAN};
    static const NetOp draw0[] = {N_UNIFORM, N_NORMAL, N_EXPONENTIAL};
    NetPop *p = &n->pops.at[0];
    Node x = op(n, N_DIV, op(n, N_ADD, leaf(n, N_INDEX, 0), num(n, 0.5)), num(n, 16));
    Node v[32];
    unsigned m = 0;
    for (size_t i = 0; i < sizeof one / sizeof *one; i++) v[m++] = op(n, one[i], x, 0);
    v[m++] = op(n, N_ATAN2, x, num(n, 2));
    v[m++] = op(n, N_POW, x, num(n, 1.25));
    for (size_t i = 0; i < sizeof draw0 / sizeof *draw0; i++) v[m++] = leaf(n, draw0[i], (uint32_t)i + 1);
    v[m++] = dag_op_ref(&n->dag, N_POISSON, 4, x, 0);
    v[m++] = dag_op_ref(&n->dag, N_POISSON, 9, op(n, N_MUL, x, num(n, 20)), 0);
    v[m++] = dag_op_ref(&n->dag, N_GAMMA, 5, x, 0);
    v[m++] = dag_op_ref(&n->dag, N_BINOMIAL, 6, num(n, 12), num(n, 0.25));
    v[m++] = dag_op_ref(&n->dag, N_TRUNCNORMAL, 7, num(n, -0.5), num(n, 2));
    for (unsigned i = 0; i < m; i++) {
        uint32_t a = add_field(n, "scalar", OWNER_POP, 0, ELEM_REAL), b = add_field(n, "vector", OWNER_POP, 0, ELEM_REAL);
        p = &n->pops.at[0];
        assign(n, &p->init, a, MODE_SET, v[i]);
        assign(n, &p->step, b, MODE_SET, v[i]);
    }
}

static void check_functions(const char *cpu, int bits) {
    Fixture f;
    build_functions(&f);
    compile(&f, cpu, bits);
    const SnnNet *net = &f.p->nets[0];
    int fields = (int)net->nfields, size = bits / 8;
    void **field = calloc((size_t)fields, sizeof *field);
    for (int i = 0; i < fields; i++) field[i] = zeroed((N + PAD) * 8);
    double k[1] = {0.1};
    SnnCtx c = {.F = field, .K = k, .dt = 0.1, .seed = 12345, .step = -1};      // so that the step's counter is construction's
    net->pops[0].init(&c, 0, N);
    net->pops[0].step(&c, 0, N, NULL, NULL);
    for (int i = 0; i < fields; i += 2)
        if (memcmp(field[i], field[i + 1], (size_t)(N * size))) fail_msg("function %d of %s differs in vectors of %d bits", i / 2, cpu, bits);
    double e[N];
    read_reals(field[0], bits, N, e);
    for (int i = 0; i < N; i++) assert_true(fabs(e[i] / exp((i + 0.5) / 16) - 1) < (bits == 64 ? 1e-15 : 4e-7));
    for (int i = 0; i < fields; i++) free(field[i]);
    free(field);
    close_net(&f);
}

static void test_functions(void **state) {
    (void)state;
    check_functions("native", 64);
    check_functions("native", 32);
    check_functions("x86-64-v3", 64);
    check_functions("x86-64-v3", 32);
    check_functions("x86-64-v2", 64);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_integrator), cmocka_unit_test(test_plastic), cmocka_unit_test(test_functions)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
