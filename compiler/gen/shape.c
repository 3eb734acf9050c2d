// SPDX-License-Identifier: MIT
// The key of a kernel is its DAG written out with slots, fields and streams numbered in the order in which they are met.
#include "shape.h"
#include <inttypes.h>

typedef struct Shape { Val fn; uint32_t uses; } Shape;

static void *as_key(uint32_t v) { return (void *)(uintptr_t)(v + 1); }

static uint32_t position(ShapeRefs *s, ShapeKind kind, uint32_t ref) {
    uint32_t at = (uint32_t)(uintptr_t)map_get(&s->position[kind], as_key(ref));
    if (at) return at - 1;
    vec_push(&s->g->arena, &s->ref, ref);
    map_put(&s->g->arena, &s->position[kind], as_key(ref), (void *)(uintptr_t)s->ref.n);
    return s->ref.n - 1;
}

// Fields of synapses are addressed by their place in the projection, those of populations through the table.
static void field_key(ShapeRefs *s, uint32_t f) {
    const Field *d = &s->net->fields.at[f];
    for (uint32_t i = 0; d->owner == OWNER_PROJ && i < s->proj->fields.n; i++)
        if (s->proj->fields.at[i] == f) { sb_printf(&s->key, "S%u.%d", i, d->elem); return; }
    sb_printf(&s->key, "f%u.%d", position(s, SHAPE_FIELD, f), d->elem);
}

static void ref_key(ShapeRefs *s, const DagNode *d) {
    uint64_t bits;
    memcpy(&bits, &d->num, 8);
    switch ((NetOp)d->op) {
    case N_CONST: sb_printf(&s->key, "%" PRIx64, bits); break;
    case N_K: sb_printf(&s->key, "k%u", position(s, SHAPE_K, d->ref)); break;
    case N_FIELD: case N_TICKFIELD: case N_PRE: case N_POST: field_key(s, d->ref); break;
    case N_UNIFORM: case N_NORMAL: case N_EXPONENTIAL: case N_POISSON: case N_GAMMA: case N_BINOMIAL: case N_TRUNCNORMAL:
        sb_printf(&s->key, "s%u", position(s, SHAPE_STREAM, d->ref));
        break;
    default: sb_printf(&s->key, "%u", d->ref); break;
    }
}

void shape_root(ShapeRefs *s, Node n) {
    if (!n) { sb_puts(&s->key, "-,"); return; }
    uint32_t seen = (uint32_t)(uintptr_t)map_get(&s->number, as_key(n));
    if (seen) { sb_printf(&s->key, "#%u,", seen); return; }
    const DagNode *d = dag_at(&s->net->dag, n);
    sb_printf(&s->key, "(%u ", d->op);
    ref_key(s, d);
    sb_putc(&s->key, ' ');
    const Node kid[3] = {d->a, d->b, d->c};
    for (int i = 0; i < d->arity; i++) shape_root(s, kid[i]);
    sb_puts(&s->key, "),");
    map_put(&s->g->arena, &s->number, as_key(n), (void *)(uintptr_t)(s->number.n + 1));
}

void shape_program(ShapeRefs *s, const Program *p) {
    for (uint32_t i = 0; i < p->n; i++) {
        field_key(s, p->at[i].field);
        sb_puts(&s->key, p->at[i].mode == MODE_ADD ? "+=" : "=");
        shape_root(s, p->at[i].value);
    }
}

void shape_begin(ShapeRefs *s, Gen *g, const Net *net, const NetProj *proj, const char *what) {
    *s = (ShapeRefs){.g = g, .net = net, .proj = proj};
    sb_printf(&s->key, "%s:", what);
    if (net->fixed) sb_printf(&s->key, "%u:", g->serial++);            // formats differ, so bodies do
}

Typ shape_type(Gen *g, Typ *params, unsigned n, const ShapeRefs *refs) {
    if (refs) params[n++] = g->ptr;
    return LLVMFunctionType(g->none, params, n, false);
}

static Val table(ShapeRefs *s, const char *name) {
    Gen *g = s->g;
    Val *v = ARENA_ARRAY(&g->arena, Val, s->ref.n + 1);
    for (uint32_t i = 0; i < s->ref.n; i++) v[i] = emit_i32(g, s->ref.at[i]);
    Val t = LLVMAddGlobal(g->mod, LLVMArrayType2(g->i32, s->ref.n), name);
    LLVMSetInitializer(t, LLVMConstArray2(g->i32, v, s->ref.n));
    LLVMSetGlobalConstant(t, true);
    LLVMSetLinkage(t, LLVMPrivateLinkage);
    return t;
}

static Val wrapper(ShapeRefs *s, Val body, const char *name) {
    Gen *g = s->g;
    Typ params[16], type = LLVMGlobalGetValueType(body);
    unsigned n = LLVMCountParams(body) - 1;
    LLVMGetParamTypes(type, params);
    Val fn = emit_function(g, name, LLVMFunctionType(g->none, params, n, false)), args[16];
    for (unsigned i = 0; i < n; i++) args[i] = LLVMGetParam(fn, i);
    args[n] = table(s, arena_printf(&g->arena, "%s.map", name));
    Bld b = emit_builder(g, emit_block(g, fn, "entry"));
    LLVMSetTailCall(LLVMBuildCall2(b, type, body, args, n + 1, ""), true);
    LLVMBuildRetVoid(b);
    LLVMDisposeBuilder(b);
    return fn;
}

// With debug information every kernel keeps a body, since lines belong to one model.
Val shape_finish(ShapeRefs *s, const char *name, ShapeEmit *emit, const void *subject) {
    Gen *g = s->g;
    Val fn;
    if (g->debug) fn = emit(g, s->net, subject, NULL);
    else {
        Sym key = sym_n(s->key.s, s->key.n);
        Shape *shape = map_get(&g->shapes, key);
        if (!shape) {
            shape = ARENA_NEW(&g->arena, Shape);
            shape->fn = emit(g, s->net, subject, s);
            map_put(&g->arena, &g->shapes, key, shape);
        }
        shape->uses++;
        fn = wrapper(s, shape->fn, name);
    }
    sb_free(&s->key);
    return fn;
}

Val shape_ref(Kernel *k, ShapeKind kind, uint32_t ref) {
    Gen *g = k->g;
    if (!k->refs) return emit_i64(g, ref);
    uint32_t at = (uint32_t)(uintptr_t)map_get(&k->refs->position[kind], as_key(ref));
    if (!at) fatal("a reference of kind %d is not in its kernel's key", kind);
    Bld b = k->at[LEVEL_ENTRY];
    Val v = LLVMBuildLoad2(b, g->i32, emit_gep(g, b, g->i32, LLVMGetLastParam(k->fn), emit_i64(g, at - 1)), "");
    return LLVMBuildZExt(b, v, g->i64, "");
}

void shape_close(Gen *g) {
    for (uint32_t i = 0; i < g->shapes.n; i++) {
        Shape *s = g->shapes.val[i];
        if (s->uses > 1) continue;
        LLVMAddAttributeAtIndex(s->fn, (LLVMAttributeIndex)LLVMAttributeFunctionIndex, LLVMCreateEnumAttribute(g->ctx, LLVMGetEnumAttributeKindForName("alwaysinline", 12), 0));
    }
}
