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
// Arguments are cheap, so each loop computes what it needs anew. What only a spike needs stays where it is.
#include "core/draw.h"
#include "shape.h"

enum { FEWEST_FUNCTIONS = 4, DRAWN = 255 };

static bool is_function(const DagNode *d) { return d->arity == 1 && d->op >= N_EXP && d->op <= N_ATAN; }

static bool is_drawn(Kernel *k, const DagNode *d) {
    if (d->op == N_POISSON) return kernel_level(k, d->a) == LEVEL_ENTRY;
    return d->op == N_UNIFORM || d->op == N_NORMAL || d->op == N_EXPONENTIAL;
}

typedef struct Plan { Kernel *k; Stretch *s; uint8_t *depth; unsigned functions, draws; } Plan;

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
    } else if (is_function(d) && kernel_level(p->k, x) == LEVEL_ELEMENT && most < DRAWN - 2) {
        p->s->stage[x] = (uint8_t)++most;
        p->functions++;
        if (most > p->s->stages) p->s->stages = most;
    }
    p->depth[x] = (uint8_t)(most + 1);
    return most;
}

bool stretch_plan(Kernel *k, const Node *root, uint32_t n) {
    Gen *g = k->g;
    uint32_t nodes = k->net->dag.at.n;
    if (k->lanes == 1) return false;               // a target without vectors
    Stretch *s = ARENA_ARRAY(&g->arena, Stretch, 1);
    *s = (Stretch){.stage = ARENA_ARRAY(&g->arena, uint8_t, nodes), .at = ARENA_ARRAY(&g->arena, Val, nodes)};
    Plan p = {k, s, ARENA_ARRAY(&g->arena, uint8_t, nodes), 0, 0};
    for (uint32_t i = 0; i < n; i++) plan_node(&p, root[i]);
    if (p.functions < FEWEST_FUNCTIONS) {
        s->stages = 0;
        for (Node x = 1; x < nodes; x++)
            if (s->stage[x] != DRAWN) s->stage[x] = 0;
    }
    if (!s->stages && !p.draws) return false;
    s->draws = p.draws;
    k->stretch = s;
    return true;
}

static Val array(Kernel *k, Typ elem, unsigned n) {
    Val v = LLVMBuildAlloca(k->at[LEVEL_ENTRY], LLVMArrayType2(elem, n), "");
    LLVMSetAlignment(v, 64);
    return v;
}

static Val address(Kernel *k, Bld b, Node x) {
    if (!k->stretch->at[x]) k->stretch->at[x] = array(k, k->real, STRETCH);
    return emit_gep(k->g, b, k->real, k->stretch->at[x], LLVMBuildSub(b, k->own, k->stretch->first, ""));
}

// ---- draws -------------------------------------------------------------------------------------------------------------------

static Val poisson_table(Kernel *k, Val mean) {
    Gen *g = k->g;
    Bld b = k->at[LEVEL_ENTRY];
    Val fn = math_function(g, g->opt.plain ? "snn__poisson_table_f64_plain" : "snn__poisson_table_f64"), table = array(k, g->i32, VM_POISSON_TABLE);
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
    s->at[n] = array(k, k->real, STRETCH);
    a[nargs++] = LLVMBuildTrunc(k->at[LEVEL_ENTRY], shape_ref(k, SHAPE_STREAM, d->ref), g->i32, "");
    if (d->op == N_POISSON) {
        a[nargs++] = node_own(k, d->a);
        a[nargs++] = poisson_table(k, a[4]);
    }
    a[nargs++] = s->n;
    a[nargs++] = s->at[n];
    Val fn = math_function(g, math_function_name(k, arena_printf(&g->arena, "ahead_%s", dag_op_text((NetOp)d->op)), k->lanes));
    if (!fn) fatal("the runtime's bitcode makes no draws of %s ahead", dag_op_text((NetOp)d->op));
    LLVMBuildCall2(k->at[LEVEL_ROW], LLVMGlobalGetValueType(fn), fn, a, nargs, "");
}

// ---- functions ---------------------------------------------------------------------------------------------------------------

static void apply(Kernel *k, Node n) {
    Gen *g = k->g;
    const char *text = dag_op_text((NetOp)dag_at(&k->net->dag, n)->op);
    Val fn = math_function(g, math_function_name(k, arena_printf(&g->arena, "many_%s", text), k->lanes));
    if (!fn) fatal("the runtime's bitcode has no %s of an array", text);
    LLVMBuildCall2(k->at[LEVEL_ELEMENT], LLVMGlobalGetValueType(fn), fn, (Val[]){k->stretch->at[n], k->stretch->n}, 2, "");
}

void stretch_functions(Kernel *k, Val from, Val to) {
    Gen *g = k->g;
    Stretch *s = k->stretch;
    Bld b = k->at[LEVEL_ELEMENT];
    for (unsigned stage = 1; stage <= s->stages; stage++) {
        kernel_forget(k, LEVEL_ELEMENT);
        Loop l = emit_loop(g, b, b, k->fn, from, to);
        k->own = l.i;
        for (Node x = 1; x < k->net->dag.at.n; x++) {
            if (s->stage[x] != stage) continue;
            Val v = node_value(k, dag_at(&k->net->dag, x)->a);
            LLVMSetAlignment(LLVMBuildStore(b, v, address(k, b, x)), (unsigned)g->real_bytes * k->lanes);
        }
        emit_loop_close(g, b, &l, emit_i64(g, k->lanes), b);
        for (Node x = 1; x < k->net->dag.at.n; x++)
            if (s->stage[x] == stage) apply(k, x);
    }
    kernel_forget(k, LEVEL_ELEMENT);
}

Val stretch_value(Kernel *k, Bld b, Node n) {
    if (!k->stretch || !k->stretch->stage[n]) return NULL;
    if (k->stretch->stage[n] == DRAWN && !k->stretch->at[n]) draw(k, n);
    Val v = LLVMBuildLoad2(b, kernel_widen(k, k->real, LEVEL_ELEMENT), address(k, b, n), dag_op_text((NetOp)dag_at(&k->net->dag, n)->op));
    LLVMSetAlignment(v, (unsigned)k->g->real_bytes * k->lanes);
    return v;
}
