// SPDX-License-Identifier: MIT
// --dump=model: the checked program as text, one line a thing. Numbers are in coherent units (ms, mV, nS, pF, pA, GOhm, kHz) with 17
// digits where needed, so that two dumps are equal exactly when the models are.
#include "model.h"

static const char *const FN_NAME[] = {
#define FN(name, arity, rule) #name,
#include "builtins.def"
#undef FN
};
static const char *const DIST_NAME[] = {
#define DIST(name, arity, discrete) #name,
#include "dist.def"
#undef DIST
};
static const char *const XFN_NAME[] = {
#define XFN(name, signature, result, abi) #name,
#include "xfuncs.def"
#undef XFN
};
static const char *const RULE_NAME[] = {
#define RULE(name, args) #name,
#include "rules.def"
#undef RULE
};
static const char *const OP_TEXT[] = {"+", "-", "*", "/", "%", "^", "<", "<=", ">", ">=", "==", "!=", "and", "or"};
static const char *const ASSIGN_TEXT[] = {"=", "+=", "-=", "*=", "/="};
static const char *const SIDE_TEXT[] = {"", "pre.", "post."};
static const char *const WHAT_TEXT[] = {"neuron", "synapse", "plasticity", "encoder", "decoder"};

typedef struct Printer { FILE *out; Arena *arena; } Printer;

static void expr(const Printer *p, const Expr *e);

static void number(FILE *out, double v) {
    char text[40];
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, v);
        double back;
        if (sscanf(text, "%lf", &back) == 1 && back == v) break;
    }
    fputs(text, out);
}

static void list(const Printer *p, const ExprVec *v) {
    for (uint32_t i = 0; i < v->n; i++) {
        if (i) fputs(", ", p->out);
        expr(p, v->at[i]);
    }
}

static void special(const Printer *p, const Expr *e) {
    static const char *const names[] = {"t", "dt", "index", "coord", "x", "y", "z", "angle", "distance", "xi", "since_spike", "spiked_before", "since_present", "rank", "size"};
    fprintf(p->out, "%s%s", SIDE_TEXT[e->side], names[e->special]);
    if (e->special == SP_COORD) fprintf(p->out, "(%.0f)", e->num);
}

static void population(const Printer *p, const Expr *e) {
    fputs(e->pop->path, p->out);
    if (e->slice_lo_expr) {
        fputc('[', p->out);
        expr(p, e->slice_lo_expr);
        fputc(':', p->out);
        expr(p, e->slice_hi_expr);
        fputc(']', p->out);
    } else if (e->slice_lo || e->slice_hi != e->pop->n) {
        fprintf(p->out, "[%lld:%lld]", (long long)e->slice_lo, (long long)e->slice_hi);
    }
    if (e->ty == TY_SPIKES) fprintf(p->out, ".%s", e->text ? e->text : "spikes");
    else if (e->var) fprintf(p->out, ".%s", e->var->name);
}

static void draw(const Printer *p, const Expr *e) {
    fprintf(p->out, "%s(", DIST_NAME[e->dist]);
    list(p, &e->args);
    fputc(')', p->out);
    if (!e->lo) return;
    fputs(" in ", p->out);
    expr(p, e->lo);
    fputs("..", p->out);
    expr(p, e->hi);
}

static void call(const Printer *p, const char *name, const ExprVec *args) {
    fprintf(p->out, "%s(", name);
    list(p, args);
    fputc(')', p->out);
}

static void expr(const Printer *p, const Expr *e) {
    FILE *out = p->out;
    if (!e) { fputs("none", out); return; }
    switch (e->kind) {
    case E_NUM: number(out, e->num); break;
    case E_STRING: fprintf(out, "\"%s\"", e->text); break;
    case E_VAR: fputs(e->var->path ? e->var->path : e->var->name, out); break;
    case E_SIDE: fprintf(out, "%s%s", SIDE_TEXT[e->side], e->var->name); break;
    case E_SPECIAL: special(p, e); break;
    case E_NEG: fputs("(-", out); expr(p, e->a); fputc(')', out); break;
    case E_NOT: fputs("(not ", out); expr(p, e->a); fputc(')', out); break;
    case E_BINARY: fputc('(', out); expr(p, e->a); fprintf(out, " %s ", OP_TEXT[e->op]); expr(p, e->b); fputc(')', out); break;
    case E_COND: fputs("(if ", out); expr(p, e->a); fputs(" then ", out); expr(p, e->b); fputs(" else ", out); expr(p, e->c); fputc(')', out); break;
    case E_CALL: call(p, FN_NAME[e->fn], &e->args); break;
    case E_DRAW: draw(p, e); break;
    case E_ELEMENT:
        if (e->var) fputs(e->var->name, out);
        else expr(p, e->a);
        fputc('[', out); list(p, &e->args); fputc(']', out);
        break;
    case E_ARRAY: fputc('[', out); list(p, &e->args); fputc(']', out); break;
    case E_CONVOLVE: fprintf(out, "convolve(%s, %s)", e->var->name, e->self_spikes ? "self" : e->port ? e->port->name : "arrivals"); break;
    case E_POP: population(p, e); break;
    case E_XCALL: call(p, XFN_NAME[e->xfn], &e->args); break;
    case E_DATASET:
        fputs(e->var->name, out);
        if (e->lo || e->hi) { fputc('[', out); if (e->lo) expr(p, e->lo); fputc(':', out); if (e->hi) expr(p, e->hi); fputc(']', out); }
        break;
    }
}

static void labelled(const Printer *p, const char *label, const Expr *e) {
    if (!e) return;
    fprintf(p->out, " %s ", label);
    expr(p, e);
}

// ---- bodies ----
static void var(const Printer *p, const Var *v) {
    static const char *const kinds[] = {"const", "param", "state", "let", "input", "input event", "input value", "weight", "output", "local", "kernel", "array", "data"};
    fprintf(p->out, "    %s %s : %s", kinds[v->kind], v->name, dim_text(p->arena, v->dim));
    if (v->rank) {
        fputs(" [", p->out);
        for (uint32_t i = 0; i < v->rank; i++) fprintf(p->out, i ? ", %u" : "%u", v->shape[i]);
        fputc(']', p->out);
    }
    labelled(p, v->draw_per_entity ? "~" : "=", v->init);
    if (v->kernel_body) { fprintf(p->out, " (%s%s%s)", v->kernel_since ? v->kernel_since->name : "", v->kernel_since ? ", " : "", v->kernel_arg ? v->kernel_arg->name : ""); labelled(p, "=", v->kernel_body); }
    if (v->ranged) { fputs(" in ", p->out); number(p->out, v->lo); fputs("..", p->out); number(p->out, v->hi); }
    fputc('\n', p->out);
}

static void stmts(const Printer *p, const StmtVec *v, int depth);

static void stmt(const Printer *p, const Stmt *s, int depth) {
    FILE *out = p->out;
    fprintf(out, "%*s", 4 * depth, "");
    switch (s->kind) {
    case S_ASSIGN: fprintf(out, "%s%s %s ", SIDE_TEXT[s->side], s->var->name, ASSIGN_TEXT[s->op]); expr(p, s->value); fputc('\n', out); break;
    case S_LOCAL: fprintf(out, "let %s = ", s->var->name); expr(p, s->value); fputc('\n', out); break;
    case S_IF:
        fputs("if ", out); expr(p, s->cond); fputc('\n', out);
        stmts(p, &s->then, depth + 1);
        if (s->otherwise.n) { fprintf(out, "%*selse\n", 4 * depth, ""); stmts(p, &s->otherwise, depth + 1); }
        break;
    case S_REFRACTORY:
        fputs("refractory ", out); expr(p, s->value);
        for (uint32_t i = 0; i < s->hold.n; i++) fprintf(out, "%s%s", i ? ", " : " hold ", s->hold.at[i]->name);
        fputc('\n', out);
        break;
    }
}

static void stmts(const Printer *p, const StmtVec *v, int depth) {
    for (uint32_t i = 0; i < v->n; i++) stmt(p, v->at[i], depth);
}

static void spike(const Printer *p, const SpikeEvent *e) {
    static const char *const how[] = {"when", "crosses", "with rate", "once", "at"};
    fprintf(p->out, "    spike %s%s%s", e->port ? e->port : "", e->port ? " " : "", how[e->how]);
    if (e->at) { fputc(' ', p->out); expr(p, e->at); }
    if (e->over_var) { fprintf(p->out, " for %s in ", e->over_var->name); expr(p, e->over_lo); fputc(':', p->out); expr(p, e->over_hi); }
    if (e->cond) { fputs(e->at ? " when " : " ", p->out); expr(p, e->cond); }
    labelled(p, e->falling ? "falling through" : "rising through", e->level);
    fputc('\n', p->out);
    stmts(p, &e->body, 2);
}

static void handler(const Printer *p, const Handler *h) {
    static const char *const on[] = {"pre", "post", "event", "present"};
    fprintf(p->out, "    on %s", h->event ? h->event->name : on[h->kind]);
    if (h->arg) fprintf(p->out, "(%s)", h->arg->name);
    fputc('\n', p->out);
    stmts(p, &h->body, 2);
}

static void body(const Printer *p, const Body *b) {
    static const char *const methods[] = {"auto", "exact", "expeuler", "euler", "rk2", "rk4"};
    FILE *out = p->out;
    fprintf(out, "%s %s", WHAT_TEXT[b->what], b->name ? b->name : "(plain)");
    if (b->pre || b->post) fprintf(out, " for %s -> %s", b->pre ? b->pre->name : "?", b->post ? b->post->name : "?");
    fputc('\n', out);
    for (uint32_t i = 0; i < b->vars.n; i++) var(p, b->vars.at[i]);
    for (uint32_t i = 0; i < b->equations.n; i++) {
        const Equation *q = &b->equations.at[i];
        fprintf(out, "    %s%s = ", q->var->name, q->algebraic ? "" : "'");
        expr(p, q->value);
        fputc('\n', out);
    }
    for (uint32_t i = 0; i < b->drives.n; i++) { fprintf(out, "    drive %s = ", b->drives.at[i].port->name); expr(p, b->drives.at[i].value); fputc('\n', out); }
    if (b->has_step) { fputs("    step\n", out); stmts(p, &b->step, 2); }
    for (uint32_t i = 0; i < b->spikes.n; i++) spike(p, &b->spikes.at[i]);
    for (uint32_t i = 0; i < b->handlers.n; i++) handler(p, &b->handlers.at[i]);
    for (uint32_t i = 0; i < b->solve.n; i++) fprintf(out, "    solve %s by %s\n", b->solve.at[i].var->name, methods[b->solve.at[i].method]);
}

// ---- networks ----
static void bindings(const Printer *p, const char *label, const BindingVec *v) {
    for (uint32_t i = 0; i < v->n; i++) {
        fprintf(p->out, "        %s%s = ", label, v->at[i].var->name);
        expr(p, v->at[i].value);
        fputc('\n', p->out);
    }
}

static void pop(const Printer *p, const Population *q) {
    static const char *const layouts[] = {"", "line", "ring", "grid", "random", "position"};
    fprintf(p->out, "    population %s : %s[", q->path, q->body->name);
    for (uint32_t i = 0; i < q->rank; i++) fprintf(p->out, i ? ", %u" : "%u", q->shape[i]);
    fputs("]\n", p->out);
    bindings(p, "", &q->params);
    bindings(p, "state ", &q->states);
    if (q->layout == POS_NONE) return;
    fprintf(p->out, "        at %s%s", layouts[q->layout], q->periodic ? " periodic" : "");
    for (uint32_t i = 0; i < q->dims; i++) { fputs(i ? ", " : " ", p->out); expr(p, q->position[i]); }
    fputc('\n', p->out);
}

static void slices(FILE *out, const Slice *at, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
        fprintf(out, "%s%s", i ? "+" : "", at[i].pop->path);
        if (at[i].lo || at[i].hi != at[i].pop->n) fprintf(out, "[%u:%u]", at[i].lo, at[i].hi);
    }
}

static void proj(const Printer *p, const Projection *q) {
    FILE *out = p->out;
    fprintf(out, "    connect %s: ", q->path);
    slices(out, q->source.at, q->source.n);
    if (q->spike_port) fprintf(out, ".%s", q->spike_port);
    fputs(" -> ", out);
    slices(out, q->target.at, q->target.n);
    fputs(" by ", out);
    call(p, RULE_NAME[q->rule], &q->args);
    if (q->file) fprintf(out, " \"%s\"", q->file);
    if (!q->allow_self) fputs(" self = false", out);
    if (!q->allow_multiple) fputs(" multiple = false", out);
    if (q->procedural) fputs(" procedural = true", out);
    labelled(p, "where", q->where);
    fputc('\n', out);
    if (q->synapse) fprintf(out, "        via %s%s%s\n", q->synapse->name ? q->synapse->name : "(plain)", q->into ? " into " : "", q->into ? q->into->name : "");
    bindings(p, "synapse ", &q->syn_params);
    if (q->plastic) fprintf(out, "        plastic %s\n", q->plastic->name);
    bindings(p, "plastic ", &q->plastic_params);
    if (!q->weight && !q->delay && !q->dendritic) return;
    fputs("       ", out);
    labelled(p, "weight", q->weight);
    labelled(p, "delay", q->delay);
    labelled(p, "dendritic", q->dendritic);
    fputc('\n', out);
}

static void network(const Printer *p, const Network *n) {
    fprintf(p->out, "network %s\n", n->name);
    for (uint32_t i = 0; i < n->params.n; i++) {
        const Var *v = n->params.at[i];
        fprintf(p->out, "    param %s : %s", v->path, dim_text(p->arena, v->dim));
        labelled(p, "=", v->init);
        fputc('\n', p->out);
    }
    for (uint32_t i = 0; i < n->pops.n; i++) pop(p, n->pops.at[i]);
    for (uint32_t i = 0; i < n->projs.n; i++) proj(p, n->projs.at[i]);
    for (uint32_t i = 0; i < n->externs.n; i++) {
        const Extern *x = &n->externs.at[i];
        fprintf(p->out, "    extern %s %s = %s[%u:%u]", x->output ? "output" : "input", x->name, x->pop->path, x->lo, x->hi);
        fprintf(p->out, "%s%s\n", x->var || x->spike_port ? "." : "", x->var ? x->var->name : x->spike_port ? x->spike_port : "");
    }
}

// ---- experiments ----
static void xblock(const Printer *p, const XVec *v, int depth);

static void xstmt(const Printer *p, const XStmt *s, int depth) {
    static const char *const names[] = {"use", "dt", "seed", "record", "run", "drive", "present", "print", "yield", "let", "assign", "set", "fill", "draw",
                                        "reset", "engine", "save", "load", "normalise", "data", "emit", "for", "for", "for", "while", "if", "sweep", "call"};
    FILE *out = p->out;
    fprintf(out, "%*s%s", 4 * depth, "", s->kind == X_RUN && s->discard ? "discard" : names[s->kind]);
    if (s->net) fprintf(out, " %s", s->net->name);
    if (s->alias) fprintf(out, " as %s", s->alias);
    if (s->what) fprintf(out, " %s", s->what);
    if (s->var) fprintf(out, " %s%s%s", s->kind == X_SET && s->pop ? s->pop->path : "", s->kind == X_SET && s->pop ? "." : "", s->var->path ? s->var->path : s->var->name);
    if (s->var2) fprintf(out, ", %s", s->var2->name);
    if (s->target) { fputc(' ', out); expr(p, s->target); }
    if (s->lo || s->hi) { fputs(" from ", out); expr(p, s->lo); fputs(" to ", out); expr(p, s->hi); }
    labelled(p, s->kind == X_ASSIGN || s->kind == X_SET || s->kind == X_FILL ? ASSIGN_TEXT[s->op] : "=", s->value);
    labelled(p, "for", s->duration);
    labelled(p, "every", s->every);
    labelled(p, "from", s->start);
    labelled(p, "scale", s->scale);
    labelled(p, "repeat", s->repeat);
    if (s->args_expr.n) { fputc(' ', out); list(p, &s->args_expr); }
    if (s->text && *s->text) fprintf(out, " \"%s\"", s->text);
    for (uint32_t i = 0; i < s->items.n; i++) { fprintf(out, "%s%s = ", i ? ", " : " ", s->items.at[i].name ? s->items.at[i].name : "text"); expr(p, s->items.at[i].value); }
    for (uint32_t i = 0; i < s->args.n; i++) { fprintf(out, "%s%s = ", i ? ", " : " with ", s->args.at[i].var->name); expr(p, s->args.at[i].value); }
    fputc('\n', out);
    xblock(p, &s->body, depth + 1);
    if (s->otherwise.n) { fprintf(out, "%*selse\n", 4 * depth, ""); xblock(p, &s->otherwise, depth + 1); }
}

static void xblock(const Printer *p, const XVec *v, int depth) {
    for (uint32_t i = 0; i < v->n; i++) xstmt(p, v->at[i], depth);
}

void model_print(const Model *m, FILE *out) {
    Arena arena = {0};
    Printer p = {out, &arena};
    for (uint32_t i = 0; i < m->bodies.n; i++) body(&p, m->bodies.at[i]);
    for (uint32_t i = 0; i < m->networks.n; i++) network(&p, m->networks.at[i]);
    for (uint32_t i = 0; i < m->experiments.n; i++) {
        fprintf(out, "experiment %s\n", m->experiments.at[i]->name);
        xblock(&p, &m->experiments.at[i]->body, 1);
    }
    arena_free(&arena);
}
