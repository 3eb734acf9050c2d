// SPDX-License-Identifier: MIT
// Statements of experiments. A body is void(SnnX*, int64 *frame); it runs from top to bottom and asks the runtime for everything:
//
//   for w in [1, 2] { set net.J = w; run 1 s }    ->    loop { frame[w] = x_at(..); x_set(net, slot, w); x_run(1000, 0) }
#include "debug.h"
#include "experiment.h"

static void statements(Xp *p, const XVec *body);

static Bld at(Xp *p) { return p->k.at[LEVEL_ENTRY]; }
static Val real(Xp *p, double v) { return LLVMConstReal(p->k.g->f64, v); }
static Val integer(Xp *p, int64_t v) { return emit_i64(p->k.g, v); }
static Val number_or(Xp *p, const Expr *e, double otherwise) { return e ? xexpr_number(p, e) : real(p, otherwise); }
static void call(Xp *p, const char *name, Val *args, unsigned n) { xexpr_call(p, name, args, n); }
#define CALL(p, name, ...) call(p, name, (Val[]){__VA_ARGS__}, sizeof((Val[]){__VA_ARGS__}) / sizeof(Val))

static void use(Xp *p, const XStmt *s) {
    Net *n = xexpr_net(p, s->net);
    CALL(p, "x_use", integer(p, n->id));
    for (uint32_t i = 0; i < s->args.n; i++) {
        int slot = net_param_slot(n, NULL, s->args.at[i].var);
        if (slot < 0) fatal("%s has no parameter %s", n->name, s->args.at[i].var->name);
        CALL(p, "x_arg", integer(p, n->id), integer(p, slot), xexpr_number(p, s->args.at[i].value));
    }
}

static int64_t port_number(const Net *n, const Expr *target) {
    const NetPop *pop = &n->pops.at[net_pop_index(n, target->pop)];
    for (uint32_t i = 0; target->text && i < pop->spikes.n; i++)
        if (pop->spikes.at[i].port == target->text) return i;
    return 0;
}

// What a name of a population stands for: a field, or (slot) one number for all.
static int64_t field_of(const Net *n, const Expr *target, bool drive) {
    int f = drive ? net_drive_field(n, target->pop, target->var) : net_field(n, target->pop, target->var);
    return f >= 0 ? f : drive ? net_field(n, target->pop, target->var) : net_drive_field(n, target->pop, target->var);
}

static void record(Xp *p, const XStmt *s) {
    const Expr *t = s->target;
    Net *n = xexpr_net(p, t->pop->network);
    Val lo, hi;
    xexpr_slice(p, t, &lo, &hi);
    if (!t->var) {
        CALL(p, "x_record_spikes", integer(p, n->id), integer(p, net_pop_index(n, t->pop)), integer(p, port_number(n, t)), lo, hi);
        return;
    }
    int64_t f = field_of(n, t, false);
    if (f < 0) fatal("%s.%s is not kept as a field", t->pop->path, t->var->name);
    CALL(p, "x_record_field", integer(p, n->id), integer(p, f), lo, hi, number_or(p, s->every, 0));
}

static void drive(Xp *p, const XStmt *s) {
    const Expr *t = s->target;
    Net *n = xexpr_net(p, t->pop->network);
    int64_t f = field_of(n, t, true);
    if (f < 0) fatal("%s.%s cannot be driven", t->pop->path, t->var->name);
    Val lo, hi, net = integer(p, n->id), field = integer(p, f);
    xexpr_slice(p, t, &lo, &hi);
    Val start = number_or(p, s->start, 0), duration = number_or(p, s->duration, 0);
    if (s->value->ty == TY_ARRAY) CALL(p, "x_drive_array", net, field, lo, hi, xexpr_handle(p, s->value), start, duration);
    else if (!xfn_needed(s->value)) CALL(p, "x_drive", net, field, lo, hi, xexpr_number(p, s->value), start, duration);
    else {
        XFunction f = xfn_emit(p, s->value, t->pop);
        if (s->once) CALL(p, "x_drive_once", net, field, lo, hi, f.fn, f.frame, f.slots, start, duration);
        else CALL(p, "x_drive_fn", net, field, lo, hi, f.fn, f.frame, f.slots, start, duration, integer(p, xfn_moves(s->value)));
    }
}

static void fill(Xp *p, const XStmt *s) {
    const Expr *t = s->target;
    Net *n = xexpr_net(p, t->pop->network);
    int64_t f = field_of(n, t, false);
    Val lo, hi, net = integer(p, n->id), field = integer(p, f);
    int slot = net_param_slot(n, t->pop, t->var);
    if (slot >= 0) { CALL(p, "x_set", net, integer(p, slot), xexpr_number(p, s->value)); return; }
    if (f < 0) fatal("%s.%s is not kept as a field", t->pop->path, t->var->name);
    xexpr_slice(p, t, &lo, &hi);
    if (s->value->ty == TY_ARRAY) CALL(p, "x_fill_array", net, field, lo, hi, xexpr_handle(p, s->value));
    else if (!xfn_needed(s->value)) CALL(p, "x_fill", net, field, lo, hi, xexpr_number(p, s->value));
    else {
        XFunction g = xfn_emit(p, s->value, t->pop);
        CALL(p, "x_fill_fn", net, field, lo, hi, g.fn, g.frame, g.slots);
    }
}

static Val combine(Xp *p, AssignOp op, Val old, Val v) {
    switch (op) {
    case ASSIGN_SET: return v;
    case ASSIGN_ADD: return LLVMBuildFAdd(at(p), old, v, "");
    case ASSIGN_SUB: return LLVMBuildFSub(at(p), old, v, "");
    case ASSIGN_MUL: return LLVMBuildFMul(at(p), old, v, "");
    case ASSIGN_DIV: return LLVMBuildFDiv(at(p), old, v, "");
    }
    return v;
}

static void set(Xp *p, const XStmt *s) {
    const NetProgram *all = p->k.g->program;
    for (uint32_t i = 0; i < all->nets.n; i++) {
        Net *n = all->nets.at[i];
        if ((s->net && n->model != s->net) || (s->pop && n->model != s->pop->network)) continue;
        int slot = net_param_slot(n, s->pop, s->var);
        int f = slot < 0 && s->pop ? net_field(n, s->pop, s->var) : -1;
        if (slot >= 0) {
            Val old = s->op == ASSIGN_SET ? NULL : xexpr_call(p, "x_get", (Val[]){integer(p, i), integer(p, slot)}, 2);
            CALL(p, "x_set", integer(p, i), integer(p, slot), combine(p, s->op, old, xexpr_number(p, s->value)));
            return;
        }
        if (f < 0) continue;
        if (s->op != ASSIGN_SET) fatal("%s.%s differs between neurons and can only be set", s->pop->path, s->var->name);
        CALL(p, "x_fill", integer(p, i), integer(p, f), integer(p, 0), integer(p, s->pop->n), xexpr_number(p, s->value));
        return;
    }
    fatal("%s is no parameter of a network in use", s->var->name);
}

// ---- print and yield ----------------------------------------------------------------------------------------------------------

// The text of an expression in the program, blanks squeezed: what an unnamed result is called.
static const char *source_text(Xp *p, Span at) {
    const Sources *s = p->k.g->program->model->sources;
    if (!s || at.file >= s->file.n || !at.len) return "value";
    char *out = arena_strndup(&p->k.g->arena, s->file.at[at.file]->text + at.pos, at.len), *w = out;
    for (char *r = out; *r; r++) {
        bool blank = *r == ' ' || *r == '\n' || *r == '\t' || *r == '\r';
        if (!blank) *w++ = *r;
        else if (w > out && w[-1] != ' ') *w++ = ' ';
    }
    *w = 0;
    return out;
}

// Most quantities are shown in the coherent unit; rates in Hz, and densities in the units of the literature.
static Val unit(Xp *p, Dim d, Val *scale) {
    static const char *const usual[] = {"Hz", "uA/cm^2", "mS/cm^2", "uF/cm^2"};
    const char *text = dim_text(&p->k.g->arena, d);
    *scale = real(p, 1);
    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++) {
        Unit u = {.scale = 1};
        if (!unit_match(usual[i], strlen(usual[i]), &u) || memcmp(&u.dim, &d, sizeof d)) continue;
        *scale = real(p, u.scale);
        text = usual[i];
    }
    return emit_text(p->k.g, strcmp(text, "1") ? text : "");
}

static void print(Xp *p, const XStmt *s) {
    for (uint32_t i = 0; i < s->items.n; i++) {
        const XItem *it = &s->items.at[i];
        const Expr *e = it->value;
        if (e->ty == TY_STRING) { CALL(p, "x_print_text", xexpr_handle(p, e)); continue; }
        Val name = emit_text(p->k.g, it->name ? it->name : source_text(p, e->span)), scale, u = unit(p, e->dim, &scale);
        if (e->ty == TY_ARRAY) CALL(p, "x_print_array", name, xexpr_handle(p, e), u, scale);
        else CALL(p, "x_print", name, xexpr_number(p, e), u, scale);
    }
    call(p, "x_print_end", NULL, 0);
}

static void yield(Xp *p, const XStmt *s) {
    for (uint32_t i = 0; i < s->items.n; i++) {
        const XItem *it = &s->items.at[i];
        Val name = emit_text(p->k.g, it->name ? it->name : source_text(p, it->value->span)), scale, u = unit(p, it->value->dim, &scale);
        CALL(p, "x_yield", name, xexpr_number(p, it->value), u, scale);
    }
    call(p, "x_yield_end", NULL, 0);
}

// ---- control flow --------------------------------------------------------------------------------------------------------------

static void let(Xp *p, const XStmt *s) {
    Val v, slot = xexpr_slot(p, s->var);
    if (xexpr_is_handle(s->value)) v = xexpr_handle(p, s->value);
    else {
        v = xexpr_number(p, s->value);
        if (s->kind == X_ASSIGN && s->op != ASSIGN_SET) v = combine(p, s->op, LLVMBuildLoad2(at(p), p->k.g->f64, slot, ""), v);
    }
    LLVMBuildStore(at(p), v, slot);
}

static void collect(Xp *p) { CALL(p, "x_collect", p->frame, integer(p, p->experiment->frame_slots)); }

// for i in 0..count { first(i); body }
static void counted(Xp *p, const XStmt *s, Val count, void (*first)(Xp *p, const XStmt *s, Val i, void *data), void *data) {
    Loop l = emit_loop(p->k.g, at(p), p->k.at[LEVEL_ROW], p->k.fn, integer(p, 0), count);
    emit_at_end(at(p), LLVMGetInsertBlock(p->k.at[LEVEL_ROW]));
    first(p, s, l.i, data);
    statements(p, &s->body);
    collect(p);
    emit_loop_close(p->k.g, at(p), &l, integer(p, 1), at(p));
}

typedef struct Range { Val lo, step, handle, offset; } Range;

static void range_item(Xp *p, const XStmt *s, Val i, void *data) {
    Range *r = data;
    Val v = LLVMBuildFAdd(at(p), r->lo, LLVMBuildFMul(at(p), LLVMBuildSIToFP(at(p), i, p->k.g->f64, ""), r->step, ""), "");
    LLVMBuildStore(at(p), v, xexpr_slot(p, s->var));
}

// lo:hi is half open: ceil((hi - lo)/step) turns.
static void for_range(Xp *p, const XStmt *s) {
    Range r = {.lo = xexpr_number(p, s->lo), .step = number_or(p, s->step, 1)};
    Val n = LLVMBuildFDiv(at(p), LLVMBuildFSub(at(p), xexpr_number(p, s->hi), r.lo, ""), r.step, "");
    n = emit_call_intrinsic(p->k.g, at(p), "llvm.ceil", p->k.g->f64, &n, 1);
    counted(p, s, LLVMBuildFPToSI(at(p), n, p->k.g->i64, ""), range_item, &r);
}

static void array_item(Xp *p, const XStmt *s, Val i, void *data) {
    LLVMBuildStore(at(p), xexpr_call(p, "x_at", (Val[]){((Range *)data)->handle, i}, 2), xexpr_slot(p, s->var));
}

static void for_array(Xp *p, const XStmt *s) {
    Range r = {.handle = xexpr_handle(p, s->value)};
    CALL(p, "x_hold", r.handle, integer(p, 1));
    counted(p, s, xexpr_call(p, "x_length", &r.handle, 1), array_item, &r);
    CALL(p, "x_hold", r.handle, integer(p, -1));
}

static void data_item(Xp *p, const XStmt *s, Val i, void *data) {
    Range *r = data;
    Val args[] = {r->handle, LLVMBuildAdd(at(p), i, r->offset, "")};
    LLVMBuildStore(at(p), xexpr_call(p, "x_data_item", args, 2), xexpr_slot(p, s->var));
    if (s->var2) LLVMBuildStore(at(p), xexpr_call(p, "x_data_label", args, 2), xexpr_slot(p, s->var2));
}

// A slice of a data set ends where the data do.
static void for_data(Xp *p, const XStmt *s) {
    const Expr *e = s->value;
    Range r = {.handle = xexpr_handle(p, e), .offset = integer(p, 0)};
    Val hi = xexpr_call(p, "x_data_count", &r.handle, 1);
    if (e->kind == E_DATASET && e->lo) r.offset = xexpr_int(p, e->lo);
    if (e->kind == E_DATASET && e->hi) {
        Val to = xexpr_int(p, e->hi);
        hi = LLVMBuildSelect(at(p), LLVMBuildICmp(at(p), LLVMIntSLT, to, hi, ""), to, hi, "");
    }
    counted(p, s, LLVMBuildSub(at(p), hi, r.offset, ""), data_item, &r);
}

static void while_loop(Xp *p, const XStmt *s) {
    Gen *g = p->k.g;
    Block head = emit_block(g, p->k.fn, "while"), body = emit_block(g, p->k.fn, "do"), end = emit_block(g, p->k.fn, "done");
    LLVMBuildBr(at(p), head);
    emit_at_end(at(p), head);
    LLVMBuildCondBr(at(p), xexpr_truth(p, s->value), body, end);
    emit_at_end(at(p), body);
    statements(p, &s->body);
    collect(p);
    LLVMBuildBr(at(p), head);
    emit_at_end(at(p), end);
}

static void branch(Xp *p, const XStmt *s) {
    Gen *g = p->k.g;
    Block yes = emit_block(g, p->k.fn, "then"), no = emit_block(g, p->k.fn, "else"), end = emit_block(g, p->k.fn, "endif");
    LLVMBuildCondBr(at(p), xexpr_truth(p, s->value), yes, no);
    emit_at_end(at(p), yes);
    statements(p, &s->body);
    LLVMBuildBr(at(p), end);
    emit_at_end(at(p), no);
    statements(p, &s->otherwise);
    LLVMBuildBr(at(p), end);
    emit_at_end(at(p), end);
}

static Val body_function(Gen *g, const Experiment *x, const char *name, const XVec *body);

static void sweep(Xp *p, const XStmt *s) {
    Gen *g = p->k.g;
    Val body = body_function(g, p->experiment, arena_printf(&g->arena, "%s.sweep", p->experiment->name), &s->body);
    Val values = s->value ? xexpr_handle(p, s->value) : LLVMConstNull(g->ptr), repeat = s->repeat ? xexpr_int(p, s->repeat) : integer(p, 1);
    CALL(p, "x_sweep", body, values, integer(p, s->var ? s->var->local : 0), repeat, p->frame, integer(p, p->experiment->frame_slots));
}

// ---- the rest -------------------------------------------------------------------------------------------------------------------

static void present(Xp *p, const XStmt *s) {
    Net *n = xexpr_net(p, s->target->pop->network);
    if (s->every && s->value->ty == TY_DATASET) {
        const Expr *e = s->value;
        Val lo = e->lo ? xexpr_int(p, e->lo) : integer(p, 0), hi = e->hi ? xexpr_int(p, e->hi) : integer(p, INT64_MAX);
        CALL(p, "x_present_data", integer(p, n->id), integer(p, net_pop_index(n, s->target->pop)), xexpr_handle(p, e), lo, hi, xexpr_number(p, s->every));
        return;
    }
    if (s->every) {
        CALL(p, "x_present_series", integer(p, n->id), integer(p, net_pop_index(n, s->target->pop)), xexpr_handle(p, s->value), xexpr_number(p, s->every));
        return;
    }
    CALL(p, "x_present", integer(p, n->id), integer(p, net_pop_index(n, s->target->pop)), xexpr_handle(p, s->value), number_or(p, s->duration, 0));
}

static void emit_spikes(Xp *p, const XStmt *s) {
    Net *n = xexpr_net(p, s->target->pop->network);
    Val lo, hi, pop = integer(p, net_pop_index(n, s->target->pop)), net = integer(p, n->id);
    xexpr_slice(p, s->target, &lo, &hi);
    if (s->text) CALL(p, "x_emit_file", net, pop, lo, hi, emit_text(p->k.g, s->text));
    else if (s->value->ty == TY_STRING) CALL(p, "x_emit_file", net, pop, lo, hi, xexpr_handle(p, s->value));
    else if (s->value->ty == TY_TRAIN) CALL(p, "x_emit_train", net, pop, lo, hi, xexpr_handle(p, s->value));
    else CALL(p, "x_emit", net, pop, lo, hi, xexpr_handle(p, s->value));
}

// For the networks that the experiment uses, or the one that is named.
static void each_net(Xp *p, const XStmt *s, void (*one)(Xp *p, const XStmt *s, Net *n)) {
    if (s->net) { one(p, s, xexpr_net(p, s->net)); return; }
    for (uint32_t i = 0; i < p->experiment->nets.n; i++) one(p, s, xexpr_net(p, p->experiment->nets.at[i]));
}

static void reset(Xp *p, const XStmt *s, Net *n) {
    int what = !s->what || !strcmp(s->what, "state") ? 0 : !strcmp(s->what, "weights") ? 1 : 2;
    CALL(p, "x_reset", integer(p, n->id), integer(p, what));
}

static int64_t stored_projection(const Net *n, const Expr *target) {
    if (!target) return -1;
    for (uint32_t i = 0; target->text && i < n->projs.n; i++)
        if (!strcmp(n->projs.at[i].path, target->text)) return i;
    return -1;
}

static void store(Xp *p, const XStmt *s, Net *n) {
    Val path = s->text ? emit_text(p->k.g, s->text) : xexpr_handle(p, s->value);
    CALL(p, s->kind == X_SAVE ? "x_save" : "x_load", integer(p, n->id), integer(p, stored_projection(n, s->target)), emit_text(p->k.g, s->what), path);
}

static void normalise(Xp *p, const XStmt *s) {
    const Net *n = xexpr_net(p, s->net);
    CALL(p, "x_normalise", integer(p, n->id), integer(p, stored_projection(n, s->target)), xexpr_number(p, s->value));
}

static void data(Xp *p, const XStmt *s) {
    Gen *g = p->k.g;
    Val a[4] = {emit_text(g, s->what ? s->what : "csv"), LLVMConstNull(g->ptr), LLVMConstNull(g->ptr), emit_text(g, s->text ? s->text : "")};
    for (uint32_t i = 0; i < s->args_expr.n && i < 2; i++) a[i + 1] = xexpr_handle(p, s->args_expr.at[i]);
    if (s->args_expr.n > 2) a[3] = xexpr_handle(p, s->args_expr.at[2]);
    Val set = xexpr_call(p, "x_data", a, 4);
    LLVMBuildStore(at(p), set, xexpr_slot(p, s->var));
    if (s->scale) CALL(p, "x_data_scale", set, xexpr_number(p, s->scale));
}

static void statement(Xp *p, const XStmt *s) {
    debug_at(&p->k, s->span);
    switch (s->kind) {
    case X_USE: use(p, s); break;
    case X_DT: CALL(p, "x_dt", xexpr_number(p, s->value)); break;
    case X_SEED: CALL(p, "x_seed", xexpr_number(p, s->value)); break;
    case X_RECORD: record(p, s); break;
    case X_RUN: CALL(p, "x_run", xexpr_number(p, s->duration ? s->duration : s->value), integer(p, s->discard)); break;
    case X_DRIVE: drive(p, s); break;
    case X_PRESENT: present(p, s); break;
    case X_PRINT: print(p, s); break;
    case X_YIELD: yield(p, s); break;
    case X_LET: case X_ASSIGN: let(p, s); break;
    case X_SET: set(p, s); break;
    case X_FILL: case X_DRAW: fill(p, s); break;
    case X_ENGINE: break;                       // the Net has heard of it
    case X_RESET: each_net(p, s, reset); break;
    case X_SAVE: case X_LOAD: each_net(p, s, store); break;
    case X_NORMALISE: normalise(p, s); break;
    case X_DATA: data(p, s); break;
    case X_EMIT: emit_spikes(p, s); break;
    case X_FOR_RANGE: for_range(p, s); break;
    case X_FOR_ARRAY: for_array(p, s); break;
    case X_FOR_DATA: for_data(p, s); break;
    case X_WHILE: while_loop(p, s); break;
    case X_IF: branch(p, s); break;
    case X_SWEEP: sweep(p, s); break;
    case X_CALL:
        if (xexpr_is_handle(s->value)) xexpr_handle(p, s->value);
        else xexpr_number(p, s->value);
        break;
    }
}

static void statements(Xp *p, const XVec *body) {
    for (uint32_t i = 0; i < body->n; i++) statement(p, body->at[i]);
}

static Val body_function(Gen *g, const Experiment *x, const char *name, const XVec *body) {
    static const Net none;
    Xp p = {.experiment = x};
    Typ params[] = {g->ptr, g->ptr};
    kernel_open(&p.k, g, &none, name, LLVMFunctionType(g->none, params, 2, false));
    debug_function(&p.k, x->span);
    p.k.real = g->f64;
    p.k.tick = g->i64;
    p.x = LLVMGetParam(p.k.fn, 0);
    p.frame = LLVMGetParam(p.k.fn, 1);
    statements(&p, body);
    LLVMBuildRetVoid(at(&p));
    kernel_close(&p.k);
    return p.k.fn;
}

Val experiment_emit(Gen *g, const Experiment *x) {
    return body_function(g, x, arena_printf(&g->arena, "%s.experiment", x->name), &x->body);
}
