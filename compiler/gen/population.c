// SPDX-License-Identifier: MIT
// Construction of a population: initial values and per-neuron constants. Here a program is a sequence: an assignment sees those before it.
#include "debug.h"
#include "shape.h"

void kernel_sequence(Kernel *k, const Program *p) {
    for (uint32_t i = 0; i < p->n; i++) {
        uint32_t f = p->at[i].field;
        if (k->net->fields.at[f].var) debug_at(k, k->net->fields.at[f].var->span);
        Val v = node_value(k, p->at[i].value);
        kernel_store(k, kernel_target_op(k, f), f, MODE_SET, v);
        Node leaf = kernel_field_node(k, f);
        if (leaf) kernel_know(k, leaf, v);
    }
}

static void entity_propagator(Kernel *k, const Propagator *p) {
    Gen *g = k->g;
    Bld b = k->at[LEVEL_ELEMENT];
    Val *entry = ARENA_ARRAY(&g->arena, Val, p->n * p->n);
    propagator_emit(k, b, p, entry);
    for (uint32_t i = 0; i < p->n * p->n; i++) {
        if (!p->out[i]) continue;
        Val v = k->real == g->f64 ? entry[i] : LLVMBuildFPTrunc(b, entry[i], k->real, "");
        kernel_store(k, N_FIELD, p->out[i] - 1, MODE_SET, v);
    }
}

static Val entities_emit(Gen *g, const Net *net, const NetPop *pop, const char *what, const Program *p, bool propagators, const ShapeRefs *refs) {
    Kernel k;
    Typ params[4] = {g->ptr, g->i64, g->i64};
    kernel_open(&k, g, net, arena_printf(&g->arena, "%s.%s.%s%s", net->name, pop->path, what, refs ? ".body" : ""), shape_type(g, params, 3, refs));
    k.refs = refs;
    if (pop->model) debug_function(&k, pop->model->span);
    k.at_construction = true;
    Loop l = emit_loop(g, k.at[LEVEL_ENTRY], k.at[LEVEL_ELEMENT], k.fn, LLVMGetParam(k.fn, 1), LLVMGetParam(k.fn, 2));
    k.own = l.i;
    for (uint32_t i = 0; propagators && i < pop->propagators.n; i++) entity_propagator(&k, &pop->propagators.at[i]);
    kernel_sequence(&k, p);
    emit_loop_close(g, k.at[LEVEL_ELEMENT], &l, emit_i64(g, 1), k.at[LEVEL_ELEMENT]);
    LLVMBuildRetVoid(k.at[LEVEL_ELEMENT]);
    kernel_close(&k);
    return k.fn;
}

static Val init_body(Gen *g, const Net *net, const void *pop, const ShapeRefs *refs) {
    return entities_emit(g, net, pop, "init", &((const NetPop *)pop)->init, false, refs);
}

static Val init_emit(Gen *g, const Net *net, const NetPop *pop) {
    ShapeRefs s;
    shape_begin(&s, g, net, NULL, "init");
    shape_program(&s, &pop->init);
    return shape_finish(&s, arena_printf(&g->arena, "%s.%s.init", net->name, pop->path), init_body, pop);
}

void population_emit(Gen *g, const Net *net, const NetPop *pop, PopKernels *out) {
    out->init = init_emit(g, net, pop);
    bool derives = pop->derive.n || pop->propagators.n;
    out->derive = derives ? entities_emit(g, net, pop, "derive", &pop->derive, true, NULL) : NULL;
    out->step = step_emit(g, net, pop);
}
