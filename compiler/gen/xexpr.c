// SPDX-License-Identifier: MIT
// Expressions of experiments: numbers, arrays (handles owned by the runtime) and what is asked of running networks.
#include "experiment.h"

static Bld at(Xp *p) { return p->k.at[LEVEL_ENTRY]; }
static Val real(Xp *p, double v) { return LLVMConstReal(p->k.g->f64, v); }
static Val integer(Xp *p, int64_t v) { return emit_i64(p->k.g, v); }

Val xexpr_call(Xp *p, const char *name, Val *args, unsigned n) {
    Val all[16] = {p->x};
    for (unsigned i = 0; i < n; i++) all[i + 1] = args[i];
    return emit_runtime_call(p->k.g, at(p), name, all, n + 1);
}

Val xexpr_slot(Xp *p, const Var *v) { return emit_gep(p->k.g, at(p), p->k.g->i64, p->frame, integer(p, v->local)); }

Net *xexpr_net(Xp *p, const Network *n) {
    const NetProgram *all = p->k.g->program;
    for (uint32_t i = 0; i < all->nets.n; i++)
        if (!n || all->nets.at[i]->model == n) return all->nets.at[i];
    fatal("experiment %s uses a network that was not built", p->experiment->name);
}

bool xexpr_is_handle(const Expr *e) { return e->ty == TY_ARRAY || e->ty == TY_TRAIN || e->ty == TY_DATASET || e->ty == TY_STRING; }

Val xexpr_int(Xp *p, const Expr *e) {
    Val v = xexpr_number(p, e);
    Typ types[2] = {p->k.g->i64, p->k.g->f64};
    unsigned id = LLVMLookupIntrinsicID("llvm.fptosi.sat", 15);
    Val fn = LLVMGetIntrinsicDeclaration(p->k.g->mod, id, types, 2);
    v = emit_call_intrinsic(p->k.g, at(p), "llvm.round", p->k.g->f64, &v, 1);
    return LLVMBuildCall2(at(p), LLVMIntrinsicGetType(p->k.g->ctx, id, types, 2), fn, &v, 1, "");
}

void xexpr_slice(Xp *p, const Expr *e, Val *lo, Val *hi) {
    *lo = e->slice_lo_expr ? xexpr_int(p, e->slice_lo_expr) : integer(p, e->slice_lo);
    *hi = e->slice_hi_expr ? xexpr_int(p, e->slice_hi_expr) : integer(p, e->slice_hi);
}

// ---- functions of experiments -------------------------------------------------------------------------------------------------

static const struct { const char *name, *signature, *abi; } xfn[] = {
#define XFN(name, signature, result, abi) {#name, signature, #abi},
#include "sema/xfuncs.def"
#undef XFN
};

static int64_t field_of(Net *n, const Expr *e) {
    int f = net_field(n, e->pop, e->var);
    if (f < 0) f = net_drive_field(n, e->pop, e->var);
    if (f < 0) fatal("%s.%s is not kept as a field", e->pop->path, e->var->name);
    return f;
}

static Val parameter(Xp *p, const Population *pop, const Var *v, const Network *network);

// A parameter that is one number for all neurons: that number for each.
static Val uniform_values(Xp *p, const Expr *e) {
    Val v = parameter(p, e->pop, e->var, e->pop->network), lo, hi;
    xexpr_slice(p, e, &lo, &hi);
    Val n = LLVMBuildSIToFP(at(p), LLVMBuildSub(at(p), hi, lo, ""), p->k.g->f64, "");
    return xexpr_call(p, "x_linspace", (Val[]){v, v, n}, 3);
}

static Val field_values(Xp *p, const Expr *e) {
    Net *n = xexpr_net(p, e->pop->network);
    if (net_param_slot(n, e->pop, e->var) >= 0) return uniform_values(p, e);
    Val a[4] = {integer(p, n->id), integer(p, field_of(n, e))};
    xexpr_slice(p, e, &a[2], &a[3]);
    return xexpr_call(p, "x_values", a, 4);
}

static int64_t projection_of(Net *n, const char *path) {
    for (uint32_t i = 0; i < n->projs.n; i++)
        if (!strcmp(n->projs.at[i].path, path)) return i;
    fatal("there is no projection %s", path);
}

static Val weights(Xp *p, const Expr *e) {
    const Expr *who = e->args.at[0];
    Net *n = xexpr_net(p, who->pop ? who->pop->network : NULL);
    Val a[] = {integer(p, n->id), integer(p, who->pop ? net_pop_index(n, who->pop) : -1), integer(p, who->pop ? -1 : projection_of(n, who->text))};
    return xexpr_call(p, "x_weights", a, 3);
}

static int64_t port_of(Net *n, const Expr *e) {
    const NetPop *pop = &n->pops.at[net_pop_index(n, e->pop)];
    for (uint32_t i = 0; e->text && i < pop->spikes.n; i++)
        if (pop->spikes.at[i].port == e->text) return i;
    return 0;
}

static unsigned argument(Xp *p, char letter, const Expr *e, Val *a, unsigned n) {
    Net *net;
    switch (letter) {
    case 'Q':                                                        // as P, then the port
        n = argument(p, 'P', e, a, n);
        a[n] = integer(p, port_of(xexpr_net(p, e->pop->network), e));
        return n + 1;
    case 'P': case 'S':
        net = xexpr_net(p, e->pop->network);
        a[n] = integer(p, net->id);
        a[n + 1] = integer(p, net_pop_index(net, e->pop));
        xexpr_slice(p, e, &a[n + 2], &a[n + 3]);
        return n + 4;
    case 'F':
        net = xexpr_net(p, e->pop->network);
        a[n] = integer(p, net->id);
        a[n + 1] = integer(p, field_of(net, e));
        xexpr_slice(p, e, &a[n + 2], &a[n + 3]);
        return n + 4;
    case 'A': case 'K': case 'D': a[n] = xexpr_handle(p, e); return n + 1;
    default: a[n] = xexpr_number(p, e); return n + 1;
    }
}

static Val experiment_function(Xp *p, const Expr *e) {
    if (e->xfn == XF_weights) return weights(p, e);
    if (e->xfn == XF_values) return field_values(p, e->args.at[0]);
    const char *name = arena_printf(&p->k.g->arena, "x_%s", xfn[e->xfn].abi);
    if (e->xfn == XF_rate && e->args.n > 1) name = "x_rate_array";
    Val a[12];
    unsigned n = 0, i = 0;
    for (const char *s = xfn[e->xfn].signature; *s && i < e->args.n; s++)
        if (*s != '?') n = argument(p, *s, e->args.at[i++], a, n);
    if (e->xfn == XF_correlation && e->args.n < 2) a[n++] = real(p, 5);       // ms
    return xexpr_call(p, name, a, n);
}

static Val as_number(Xp *p, Val v) { return LLVMTypeOf(v) == p->k.g->i64 ? LLVMBuildSIToFP(at(p), v, p->k.g->f64, "") : v; }

// ---- functions of mathematics: lowered by the Net, so that they mean the same everywhere ----------------------------------------

static Expr *temporary(Xp *p, const Expr *e, PtrMap *value) {
    Arena *a = &p->k.g->arena;
    Expr *copy = ARENA_NEW(a, Expr);
    *copy = *e;
    if (e->kind == E_NUM) return copy;
    Var *v = ARENA_NEW(a, Var);
    *v = (Var){.name = "value", .kind = VAR_LOCAL, .local = (int)(p->experiment->frame_slots + (uint32_t)++p->temporaries)};
    map_put(a, value, (void *)(uintptr_t)v->local, xexpr_number(p, e));
    *copy = (Expr){.kind = E_VAR, .ty = TY_REAL, .var = v};
    return copy;
}

static Val mathematics(Xp *p, const Expr *e) {
    Gen *g = p->k.g;
    PtrMap value = {0};
    Expr copy = *e;
    copy.args = (ExprVec){0};
    if (e->a) copy.a = temporary(p, e->a, &value);
    if (e->b) copy.b = temporary(p, e->b, &value);
    for (uint32_t i = 0; i < e->args.n; i++) vec_push(&g->arena, &copy.args, temporary(p, e->args.at[i], &value));
    Net scratch = {.arena = &g->arena, .dag = {.arena = &g->arena}};
    Node n = net_expr(&scratch, &copy, NULL);
    Kernel k = p->k;
    k.net = &scratch;
    k.scalar = ARENA_ARRAY(&g->arena, Val, scratch.dag.at.n);
    k.element = ARENA_ARRAY(&g->arena, Val, scratch.dag.at.n);
    k.level = ARENA_ARRAY(&g->arena, uint8_t, scratch.dag.at.n);
    for (uint32_t i = 1; i < scratch.dag.at.n; i++)
        if (scratch.dag.at.at[i].op == N_LOCAL) k.scalar[i] = map_get(&value, (void *)(uintptr_t)scratch.dag.at.at[i].ref);
    return node_own(&k, n);
}

// ---- numbers ------------------------------------------------------------------------------------------------------------------

static Val parameter(Xp *p, const Population *pop, const Var *v, const Network *network) {
    const NetProgram *all = p->k.g->program;
    for (uint32_t i = 0; i < all->nets.n; i++) {
        int slot = !network || all->nets.at[i]->model == network ? net_param_slot(all->nets.at[i], pop, v) : -1;
        if (slot >= 0) return xexpr_call(p, "x_get", (Val[]){integer(p, i), integer(p, slot)}, 2);
    }
    return v->init ? xexpr_number(p, v->init) : real(p, 0);
}

static Val variable(Xp *p, const Expr *e) {
    const Var *v = e->var;
    if (v->kind == VAR_CONST && v->init) return xexpr_number(p, v->init);
    if (v->kind == VAR_PARAM) return parameter(p, NULL, v, NULL);
    return LLVMBuildLoad2(at(p), p->k.g->f64, xexpr_slot(p, v), v->name);
}

// A parameter of a population is one number; a state or a parameter that differs between neurons is the first of the slice.
static Val population_number(Xp *p, const Expr *e) {
    Net *n = xexpr_net(p, e->pop->network);
    if (e->var->kind == VAR_PARAM && net_param_slot(n, e->pop, e->var) >= 0) return parameter(p, e->pop, e->var, e->pop->network);
    return xexpr_call(p, "x_at", (Val[]){field_values(p, e), integer(p, 0)}, 2);
}

static bool is_condition(const Expr *e) {
    return e->kind == E_NOT || (e->kind == E_BINARY && e->op >= OP_LT);
}

static Val arithmetic(Xp *p, const Expr *e) {
    if (e->op == OP_MOD || e->op == OP_POW) return mathematics(p, e);
    Val a = xexpr_number(p, e->a), b = xexpr_number(p, e->b);
    switch ((BinaryOp)e->op) {
    case OP_ADD: return LLVMBuildFAdd(at(p), a, b, "");
    case OP_SUB: return LLVMBuildFSub(at(p), a, b, "");
    case OP_MUL: return LLVMBuildFMul(at(p), a, b, "");
    default: return LLVMBuildFDiv(at(p), a, b, "");
    }
}

// Row-major, by the declared shape.
static Val flat_index(Xp *p, const Expr *e) {
    Val flat = xexpr_int(p, e->args.at[0]);
    for (uint32_t i = 1; i < e->args.n; i++)
        flat = LLVMBuildAdd(at(p), LLVMBuildMul(at(p), flat, integer(p, e->var->shape[i]), ""), xexpr_int(p, e->args.at[i]), "");
    return flat;
}

Val xexpr_number(Xp *p, const Expr *e) {
    Gen *g = p->k.g;
    if (is_condition(e)) return LLVMBuildUIToFP(at(p), xexpr_truth(p, e), g->f64, "");
    switch (e->kind) {
    case E_NUM: return real(p, e->num);
    case E_VAR: return variable(p, e);
    case E_SPECIAL:
        if (e->special == SP_DT) return xexpr_call(p, "x_get", (Val[]){integer(p, 0), integer(p, 0)}, 2);
        if (e->special == SP_T) return xexpr_call(p, "x_now", NULL, 0);
        break;
    case E_NEG: return LLVMBuildFNeg(at(p), xexpr_number(p, e->a), "");
    case E_BINARY: return arithmetic(p, e);
    case E_COND: {
        Val c = xexpr_truth(p, e->a), yes = xexpr_number(p, e->b);
        return LLVMBuildSelect(at(p), c, yes, xexpr_number(p, e->c), "");
    }
    case E_CALL: return mathematics(p, e);
    case E_ELEMENT: {
        Expr array = {.kind = E_VAR, .ty = TY_ARRAY, .var = e->var};           // var NULL: an element of the array a
        return xexpr_call(p, "x_at", (Val[]){xexpr_handle(p, e->var ? &array : e->a), flat_index(p, e)}, 2);
    }
    case E_POP: if (e->var) return population_number(p, e); break;
    case E_XCALL: return as_number(p, experiment_function(p, e));
    default: break;
    }
    fatal("an expression of kind %d is no number in experiment %s", e->kind, p->experiment->name);
}

Val xexpr_truth(Xp *p, const Expr *e) {
    if (e->kind == E_NOT) return LLVMBuildNot(at(p), xexpr_truth(p, e->a), "");
    if (e->kind == E_BINARY && (e->op == OP_AND || e->op == OP_OR)) {
        Val a = xexpr_truth(p, e->a), b = xexpr_truth(p, e->b);
        return e->op == OP_AND ? LLVMBuildAnd(at(p), a, b, "") : LLVMBuildOr(at(p), a, b, "");
    }
    if (!is_condition(e)) return LLVMBuildFCmp(at(p), LLVMRealUNE, xexpr_number(p, e), real(p, 0), "");
    static const LLVMRealPredicate predicate[] = {LLVMRealOLT, LLVMRealOLE, LLVMRealOGT, LLVMRealOGE, LLVMRealOEQ, LLVMRealUNE};
    Val a = xexpr_number(p, e->a), b = xexpr_number(p, e->b);
    return LLVMBuildFCmp(at(p), predicate[e->op - OP_LT], a, b, "");
}

// ---- arrays -------------------------------------------------------------------------------------------------------------------

Val xexpr_alloca(Xp *p, Typ type, const char *name) {
    Block entry = LLVMGetEntryBasicBlock(p->k.fn);
    Bld b = LLVMCreateBuilderInContext(p->k.g->ctx);
    Val first = LLVMGetFirstInstruction(entry);
    if (first) LLVMPositionBuilderBefore(b, first);
    else LLVMPositionBuilderAtEnd(b, entry);
    Val space = LLVMBuildAlloca(b, type, name);
    LLVMDisposeBuilder(b);
    return space;
}

static uint32_t literal_size(const Expr *e) {
    uint32_t n = 0;
    if (e->kind != E_ARRAY) return 1;
    for (uint32_t i = 0; i < e->args.n; i++) n += literal_size(e->args.at[i]);
    return n;
}

// Stores the numbers of a nested array in row-major order from element i on; the element after them results.
static uint32_t literal_store(Xp *p, const Expr *e, Val space, uint32_t i) {
    if (e->kind != E_ARRAY) {
        Val v = xexpr_number(p, e);
        LLVMBuildStore(at(p), v, emit_gep(p->k.g, at(p), p->k.g->f64, space, integer(p, i)));
        return i + 1;
    }
    for (uint32_t j = 0; j < e->args.n; j++) i = literal_store(p, e->args.at[j], space, i);
    return i;
}

static Val literal_array(Xp *p, const Expr *e) {
    uint32_t n = literal_size(e);
    Val space = xexpr_alloca(p, LLVMArrayType2(p->k.g->f64, n + 1), "array");
    literal_store(p, e, space, 0);
    return xexpr_call(p, "x_array", (Val[]){space, integer(p, n)}, 2);
}

static Val constant_array(Xp *p, const Var *v) {
    Gen *g = p->k.g;
    uint64_t n = 1;
    for (uint32_t i = 0; i < v->rank; i++) n *= v->shape[i];
    Val data = LLVMConstStringInContext2(g->ctx, (const char *)v->data, n * 8, true), global = LLVMAddGlobal(g->mod, LLVMTypeOf(data), v->name);
    LLVMSetInitializer(global, data);
    LLVMSetGlobalConstant(global, true);
    LLVMSetLinkage(global, LLVMInternalLinkage);
    LLVMSetAlignment(global, 8);
    return xexpr_call(p, "x_array", (Val[]){global, integer(p, (int64_t)n)}, 2);
}

// array op number, number op array, array op array of the same length
static Val array_arithmetic(Xp *p, const Expr *e) {
    if (e->kind == E_NEG) return xexpr_call(p, "x_array_op", (Val[]){xexpr_handle(p, e->a), integer(p, OP_MUL), real(p, -1), real(p, 0)}, 4);
    bool left = e->a->ty == TY_ARRAY;
    if (left && e->b->ty == TY_ARRAY) return xexpr_call(p, "x_arrays_op", (Val[]){xexpr_handle(p, e->a), integer(p, e->op), xexpr_handle(p, e->b)}, 3);
    Val array = xexpr_handle(p, left ? e->a : e->b), number = xexpr_number(p, left ? e->b : e->a);
    return xexpr_call(p, "x_array_op", (Val[]){array, integer(p, e->op), number, real(p, left ? 0 : 1)}, 4);
}

Val xexpr_handle(Xp *p, const Expr *e) {
    Gen *g = p->k.g;
    switch (e->kind) {
    case E_STRING: return emit_text(g, e->text);
    case E_VAR:
        if (e->var->data) return constant_array(p, e->var);
        if ((e->var->kind == VAR_CONST || e->var->kind == VAR_ARRAY) && e->var->init) return xexpr_handle(p, e->var->init);
        return LLVMBuildLoad2(at(p), g->ptr, xexpr_slot(p, e->var), e->var->name);
    case E_DATASET: return LLVMBuildLoad2(at(p), g->ptr, xexpr_slot(p, e->var), e->var->name);
    case E_ARRAY: return literal_array(p, e);
    case E_POP: if (e->var) return field_values(p, e); break;
    case E_XCALL: return experiment_function(p, e);
    case E_NEG: case E_BINARY: return array_arithmetic(p, e);
    default: break;
    }
    fatal("an expression of kind %d is no array in experiment %s", e->kind, p->experiment->name);
}
