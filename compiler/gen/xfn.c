// SPDX-License-Identifier: MIT
// Values of experiments that differ from neuron to neuron or move with time become functions of their own, which the runtime calls:
//   drive E.I = 100 pA * sin(f*t)   ->   void f(SnnCtx*, const int64 *frame, lo, hi, out): out[i - lo] = ...
#include "debug.h"
#include "experiment.h"

bool xfn_needed(const Expr *e) {
    if (!e) return false;
    if (e->kind == E_DRAW || (e->kind == E_SPECIAL && e->special != SP_DT && e->special != SP_SIZE)) return true;
    if (e->kind == E_VAR && e->var->body) return true;
    if (xfn_needed(e->a) || xfn_needed(e->b) || xfn_needed(e->c) || xfn_needed(e->lo) || xfn_needed(e->hi)) return true;
    for (uint32_t i = 0; i < e->args.n; i++)
        if (xfn_needed(e->args.at[i])) return true;
    return false;
}

bool xfn_moves(const Expr *e) {
    if (!e) return false;
    if (e->kind == E_DRAW) return true;
    if (e->kind == E_SPECIAL && (e->special == SP_T || e->special == SP_XI || (e->special >= SP_SINCE_SPIKE && e->special <= SP_RANK))) return true;
    if (e->kind == E_VAR && e->var->body && e->var->kind != VAR_PARAM && e->var->kind != VAR_CONST) return true;
    if (xfn_moves(e->a) || xfn_moves(e->b) || xfn_moves(e->c) || xfn_moves(e->lo) || xfn_moves(e->hi)) return true;
    for (uint32_t i = 0; i < e->args.n; i++)
        if (xfn_moves(e->args.at[i])) return true;
    return false;
}

static bool reads_fields(const Net *n, Node x, bool *seen) {
    if (!x || seen[x]) return false;
    seen[x] = true;
    const DagNode *d = dag_at(&n->dag, x);
    return d->op == N_FIELD || d->op == N_TICKFIELD || reads_fields(n, d->a, seen) || reads_fields(n, d->b, seen) || reads_fields(n, d->c, seen);
}

// ---- what is asked of the running network: asked once, before the function is handed over, and put behind the frame ---------------

typedef struct Asked { Xp *p; VEC(Val) value; PtrMap copies; } Asked;

static Expr *with_answers(Asked *q, const Expr *e) {
    Gen *g = q->p->k.g;
    if (!e) return NULL;
    Expr *copy = map_get(&q->copies, e);       // a draw that is reached twice stays one draw
    if (copy) return copy;
    copy = ARENA_NEW(&g->arena, Expr);
    map_put(&g->arena, &q->copies, e, copy);
    *copy = *e;
    if (e->kind == E_XCALL || e->kind == E_POP) {
        Var *v = ARENA_NEW(&g->arena, Var);
        *v = (Var){.name = "answer", .kind = VAR_LOCAL, .local = (int)(q->p->experiment->frame_slots + q->value.n)};
        vec_push(&g->arena, &q->value, xexpr_number(q->p, e));
        *copy = (Expr){.kind = E_VAR, .ty = TY_REAL, .dim = e->dim, .span = e->span, .var = v};
        return copy;
    }
    copy->a = with_answers(q, e->a);
    copy->b = with_answers(q, e->b);
    copy->c = with_answers(q, e->c);
    copy->lo = with_answers(q, e->lo);
    copy->hi = with_answers(q, e->hi);
    copy->args = (ExprVec){0};
    for (uint32_t i = 0; i < e->args.n; i++) vec_push(&g->arena, &copy->args, with_answers(q, e->args.at[i]));
    return copy;
}

static void hand_over(Asked *q, XFunction *f) {
    Xp *p = q->p;
    Gen *g = p->k.g;
    Bld b = p->k.at[LEVEL_ENTRY];
    uint32_t own = p->experiment->frame_slots, all = own + q->value.n;
    f->frame = p->frame;
    f->slots = emit_i64(g, all);
    if (!q->value.n) return;
    f->frame = xexpr_alloca(p, LLVMArrayType2(g->i64, all), "frame");
    LLVMBuildMemCpy(b, f->frame, 8, p->frame, 8, emit_i64(g, 8 * (int64_t)own));
    for (uint32_t i = 0; i < q->value.n; i++) LLVMBuildStore(b, q->value.at[i], emit_gep(g, b, g->i64, f->frame, emit_i64(g, own + i)));
}

static Val function_emit(Xp *p, const Expr *e, const Population *own) {
    Gen *g = p->k.g;
    Net *net = xexpr_net(p, own->network);
    Node value = net_expr(net, e, own);
    Kernel k;
    Typ params[] = {g->ptr, g->ptr, g->i64, g->i64, g->ptr};
    kernel_open(&k, g, net, arena_printf(&g->arena, "%s.%s.value", p->experiment->name, own->path), LLVMFunctionType(g->none, params, 5, false));
    debug_function(&k, e->span);
    k.frame = LLVMGetParam(k.fn, 1);
    if (!reads_fields(net, value, ARENA_ARRAY(&g->arena, bool, net->dag.at.n + 1))) { k.real = g->f64; k.tick = g->i64; }      // doubles where no field forces the precision
    Bld b = k.at[LEVEL_ELEMENT];
    Val lo = LLVMGetParam(k.fn, 2);
    Loop l = emit_loop(g, k.at[LEVEL_ENTRY], b, k.fn, lo, LLVMGetParam(k.fn, 3));
    k.own = l.i;
    Val v = node_value(&k, value);
    if (k.real != g->f64) v = LLVMBuildFPExt(b, v, g->f64, "");
    LLVMBuildStore(b, v, emit_gep(g, b, g->f64, LLVMGetParam(k.fn, 4), LLVMBuildSub(b, l.i, lo, "")));
    emit_loop_close(g, b, &l, emit_i64(g, 1), b);
    LLVMBuildRetVoid(b);
    kernel_close(&k);
    return k.fn;
}

XFunction xfn_emit(Xp *p, const Expr *e, const Population *own) {
    Asked q = {.p = p};
    XFunction f;
    const Expr *value = with_answers(&q, e);
    f.fn = function_emit(p, value, own);
    hand_over(&q, &f);
    return f;
}
