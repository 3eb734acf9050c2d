// SPDX-License-Identifier: MIT
// What a step kernel computes for a stretch of neurons at once, array by array, before it walks over their vectors:
//
// - draws that every neuron needs, when their arguments are the same for all: every word of a Philox block is used, and the thresholds of a
//   Poisson distribution are compared with all of them;
// - functions of mathematics, when there are several. A vector's function is a chain of operations that wait for each other, and the chains of
//   one neuron's equations follow each other. In an array they are independent, so that a processor is busy with many of them, and a
//   function's constants stay in registers.
//
//   for each stretch:   draws          r[] = uniform(..)
//                       functions      a[] = argument, for each vector;   exp(a[])           stage 1
//                                      b[] = argument with a[];           exprel(b[])        stage 2: those that need the results of stage 1
//                       vectors        the program, with loads from r[], a[], b[]
//
// Arguments are cheap, so each loop computes what it needs anew; but divisions and the like, when several loops need them, are stored by the first.
// All arrays lie in one piece of memory, those of the same function side by side, so that one call works on them and one register reaches them.
// What only a spike needs stays where it is.
#include "core/draw.h"
#include "shape.h"

enum { FEWEST_FUNCTIONS = 4, DRAWN = 255, KEPT = 254 };

static bool is_function(const DagNode *d) { return d->arity == 1 && d->op >= N_EXP && d->op <= N_ATAN; }

static bool is_costly(const DagNode *d) { return d->op == N_DIV || d->op == N_SQRT || d->op == N_ATAN2 || d->op == N_POW || d->op == N_LOOKUP; }

static bool is_drawn(Kernel *k, const DagNode *d) {
    if (d->op == N_POISSON) return kernel_level(k, d->a) == LEVEL_ENTRY;
    return d->op == N_UNIFORM || d->op == N_NORMAL || d->op == N_EXPONENTIAL;
}

typedef struct Plan { Kernel *k; Stretch *s; uint8_t *depth, *seen; unsigned functions, draws; } Plan;

// Number of functions, one inside the other, that x needs; depth holds it + 1.
static unsigned plan_node(Plan *p, Node x) {
    if (!x) return 0;
    if (p->depth[x]) return p->depth[x] - 1u;
    const DagNode *d = dag_at(&p->k->net->dag, x);
    const Node kid[3] = {d->a, d->b, d->c};
    unsigned most = 0;
    for (int i = 0; i < d->arity; i++) {
        unsigned n = plan_node(p, kid[i]);
        if (n > most) most = n;
    }
    if (is_drawn(p->k, d)) {
        p->s->stage[x] = DRAWN;
        p->draws++;
    } else if (is_function(d) && kernel_level(p->k, x) == LEVEL_ELEMENT && most < KEPT - 2) {
        p->s->stage[x] = (uint8_t)++most;
        p->functions++;
        if (most > p->s->stages) p->s->stages = most;
    }
    p->depth[x] = (uint8_t)(most + 1);
    return most;
}

// What the loop of a stage (stages + 1: the vectors) computes below x. A costly value that was met in an earlier one is kept by that one.
static void plan_kept(Plan *p, Node x, unsigned loop) {
    Stretch *s = p->s;
    const DagNode *d = dag_at(&p->k->net->dag, x);
    if (!x || s->stage[x] || p->seen[x] == loop || kernel_level(p->k, x) != LEVEL_ELEMENT) return;
    if (p->seen[x] && is_costly(d)) {
        if (!s->keeper[x]) s->keeper[x] = p->seen[x];
        return;
    }
    p->seen[x] = (uint8_t)loop;
    const Node kid[3] = {d->a, d->b, d->c};
    for (int i = 0; i < d->arity; i++) plan_kept(p, kid[i], loop);
}

// Every array its place.
static void plan_places(Plan *p) {
    Kernel *k = p->k;
    Stretch *s = p->s;
    uint32_t nodes = k->net->dag.at.n, n = 0;
    for (unsigned stage = 1; stage <= s->stages; stage++)
        for (int op = N_EXP; op <= N_ATAN; op++)
            for (Node x = 1; x < nodes; x++)
                if (s->stage[x] == stage && dag_at(&k->net->dag, x)->op == op) s->place[x] = n++;
    for (Node x = 1; x < nodes; x++)
        if (s->stage[x] == DRAWN || s->keeper[x]) s->place[x] = n++;
    s->base = LLVMBuildAlloca(k->at[LEVEL_ENTRY], LLVMArrayType2(k->real, (uint64_t)n * STRETCH), "");
    LLVMSetAlignment(s->base, 64);
}

bool stretch_plan(Kernel *k, const Node *root, uint32_t n) {
    Gen *g = k->g;
    uint32_t nodes = k->net->dag.at.n;
    if (k->lanes == 1) return false;               // a target without vectors
    Stretch *s = ARENA_ARRAY(&g->arena, Stretch, 1);
    *s = (Stretch){.stage = ARENA_ARRAY(&g->arena, uint8_t, nodes), .keeper = ARENA_ARRAY(&g->arena, uint8_t, nodes), .place = ARENA_ARRAY(&g->arena, uint32_t, nodes), .drawn = ARENA_ARRAY(&g->arena, bool, nodes)};
    Plan p = {k, s, ARENA_ARRAY(&g->arena, uint8_t, nodes), ARENA_ARRAY(&g->arena, uint8_t, nodes), 0, 0};
    for (uint32_t i = 0; i < n; i++) plan_node(&p, root[i]);
    if (p.functions < FEWEST_FUNCTIONS) {
        s->stages = 0;
        for (Node x = 1; x < nodes; x++)
            if (s->stage[x] != DRAWN) s->stage[x] = 0;
    }
    if (!s->stages && !p.draws) return false;
    s->draws = p.draws;
    for (unsigned stage = 1; stage <= s->stages; stage++)
        for (Node x = 1; x < nodes; x++)
            if (s->stage[x] == stage) plan_kept(&p, dag_at(&k->net->dag, x)->a, stage);
    if (s->stages)
        for (uint32_t i = 0; i < n; i++) plan_kept(&p, root[i], s->stages + 1);
    plan_places(&p);
    k->stretch = s;
    return true;
}

static Val array(Kernel *k, Bld b, uint32_t place) { return emit_gep(k->g, b, k->real, k->stretch->base, emit_i64(k->g, (int64_t)place * STRETCH)); }

// The own element of x's array: the place last, as a constant, so that the arrays share an address.
static Val address(Kernel *k, Bld b, Node x) {
    Val own = emit_gep(k->g, b, k->real, k->stretch->base, LLVMBuildSub(b, k->own, k->stretch->first, ""));
    return emit_gep(k->g, b, k->real, own, emit_i64(k->g, (int64_t)k->stretch->place[x] * STRETCH));
}

static void store(Kernel *k, Bld b, Node x, Val v) { LLVMSetAlignment(LLVMBuildStore(b, v, address(k, b, x)), (unsigned)k->g->real_bytes * k->lanes); }

// ---- draws -------------------------------------------------------------------------------------------------------------------

static Val poisson_table(Kernel *k, Val mean) {
    Gen *g = k->g;
    Bld b = k->at[LEVEL_ENTRY];
    Val fn = math_function(g, g->opt.plain ? "snn__poisson_table_f64_plain" : "snn__poisson_table_f64"), table = LLVMBuildAlloca(b, LLVMArrayType2(g->i32, VM_POISSON_TABLE), "");
    LLVMSetAlignment(table, 64);
    if (!fn) fatal("the runtime's bitcode has no tables of thresholds");
    if (k->real != g->f64) mean = LLVMBuildFPExt(b, mean, g->f64, "");
    LLVMBuildCall2(b, LLVMGlobalGetValueType(fn), fn, (Val[]){mean, table}, 2, "");
    return table;
}

static void draw(Kernel *k, Node n) {
    Gen *g = k->g;
    const DagNode *d = dag_at(&k->net->dag, n);
    Stretch *s = k->stretch;
    Val a[8] = {kernel_context(k, KERNEL_SEED), s->first, math_when(k)};
    unsigned nargs = 3;
    s->drawn[n] = true;
    a[nargs++] = LLVMBuildTrunc(k->at[LEVEL_ENTRY], shape_ref(k, SHAPE_STREAM, d->ref), g->i32, "");
    if (d->op == N_POISSON) {
        a[nargs++] = node_own(k, d->a);
        a[nargs++] = poisson_table(k, a[4]);
    }
    a[nargs++] = s->n;
    a[nargs++] = array(k, k->at[LEVEL_ROW], s->place[n]);
    Val fn = math_function(g, math_function_name(k, arena_printf(&g->arena, "ahead_%s", dag_op_text((NetOp)d->op)), k->lanes));
    if (!fn) fatal("the runtime's bitcode makes no draws of %s ahead", dag_op_text((NetOp)d->op));
    LLVMBuildCall2(k->at[LEVEL_ROW], LLVMGlobalGetValueType(fn), fn, a, nargs, "");
}

// ---- functions ---------------------------------------------------------------------------------------------------------------

// One call for the arrays of a whole stretch, else one for each: between them are the places of neurons that are not there. Functions that look at
// the whole array are called for each too.
static void apply(Kernel *k, NetOp op, uint32_t first, uint32_t count) {
    Gen *g = k->g;
    Bld b = k->at[LEVEL_ELEMENT];
    const char *text = dag_op_text(op);
    Val fn = math_function(g, math_function_name(k, arena_printf(&g->arena, "many_%s", text), k->lanes)), n = k->stretch->n;
    if (!fn) fatal("the runtime's bitcode has no %s of an array", text);
    Typ type = LLVMGlobalGetValueType(fn);
    if (count == 1 || op == N_EXPREL) {
        for (uint32_t i = 0; i < count; i++) LLVMBuildCall2(b, type, fn, (Val[]){array(k, b, first + i), n}, 2, "");
        return;
    }
    Val whole = LLVMBuildICmp(b, LLVMIntEQ, n, emit_i64(g, STRETCH), ""), all = emit_i64(g, (int64_t)count * STRETCH);
    Val each = LLVMBuildSelect(b, whole, all, n, ""), step = LLVMBuildSelect(b, whole, all, emit_i64(g, STRETCH), "");
    Loop l = emit_loop(g, b, b, k->fn, emit_i64(g, 0), all);
    LLVMBuildCall2(b, type, fn, (Val[]){emit_gep(g, b, k->real, array(k, b, first), l.i), each}, 2, "");
    emit_loop_close(g, b, &l, step, b);
}

static void stage_loop(Kernel *k, unsigned stage, Val from, Val to) {
    Gen *g = k->g;
    Stretch *s = k->stretch;
    Bld b = k->at[LEVEL_ELEMENT];
    kernel_forget(k, LEVEL_ELEMENT);
    Loop l = emit_loop(g, b, b, k->fn, from, to);
    k->own = l.i;
    for (Node x = 1; x < k->net->dag.at.n; x++) {
        if (s->stage[x] == stage) store(k, b, x, node_value(k, dag_at(&k->net->dag, x)->a));
        else if (s->keeper[x] == stage) store(k, b, x, node_value(k, x));
    }
    emit_loop_close(g, b, &l, emit_i64(g, k->lanes), b);
    for (Node x = 1; x < k->net->dag.at.n; x++)
        if (s->keeper[x] == stage) s->stage[x] = KEPT;
}

void stretch_functions(Kernel *k, Val from, Val to) {
    Stretch *s = k->stretch;
    for (unsigned stage = 1; stage <= s->stages; stage++) {
        stage_loop(k, stage, from, to);
        for (int op = N_EXP; op <= N_ATAN; op++) {
            uint32_t first = UINT32_MAX, count = 0;
            for (Node x = 1; x < k->net->dag.at.n; x++) {
                if (s->stage[x] != stage || dag_at(&k->net->dag, x)->op != op) continue;
                if (s->place[x] < first) first = s->place[x];
                count++;
            }
            if (count) apply(k, (NetOp)op, first, count);
        }
    }
    kernel_forget(k, LEVEL_ELEMENT);
}

Val stretch_value(Kernel *k, Bld b, Node n) {
    if (!k->stretch || !k->stretch->stage[n]) return NULL;
    if (k->stretch->stage[n] == DRAWN && !k->stretch->drawn[n]) draw(k, n);
    Val v = LLVMBuildLoad2(b, kernel_widen(k, k->real, LEVEL_ELEMENT), address(k, b, n), dag_op_text((NetOp)dag_at(&k->net->dag, n)->op));
    LLVMSetAlignment(v, (unsigned)k->g->real_bytes * k->lanes);
    return v;
}
