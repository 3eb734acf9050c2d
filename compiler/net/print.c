// SPDX-License-Identifier: MIT
// The Net as text (--dump=net): one line a field, an assignment, a constants-table slot. Shared subexpressions are named where they
// are used more than once in a program, so the text is as long as the DAG and not as its tree.
#include "net.h"

typedef struct Printer { const Net *n; FILE *out; uint32_t *uses; uint32_t *name; uint32_t names; } Printer;

static void print_expr(Printer *p, Node x);

static void print_kids(Printer *p, const DagNode *d) {
    Node kids[3] = {d->a, d->b, d->c};
    for (int i = 0; i < d->arity; i++) {
        if (i) fputs(", ", p->out);
        print_expr(p, kids[i]);
    }
}

static void print_node(Printer *p, Node x) {
    const DagNode *d = dag_at(&p->n->dag, x);
    const char *text = dag_op_text((NetOp)d->op);
    switch ((NetOp)d->op) {
    case N_CONST: fprintf(p->out, "%.17g", d->num); return;
    case N_K: fprintf(p->out, "k%u", d->ref); return;
    case N_TOTAL: fprintf(p->out, "total%u", d->ref); return;
    case N_FIELD: case N_TICKFIELD: fprintf(p->out, "%s", p->n->fields.at[d->ref].name); return;
    case N_PRE: case N_POST: fprintf(p->out, "%s.%s", text, p->n->fields.at[d->ref].name); return;
    case N_ADD: case N_SUB: case N_MUL: case N_DIV: case N_LT: case N_LE: case N_EQ: case N_NE: case N_AND: case N_OR:
        fputc('(', p->out);
        print_expr(p, d->a);
        fprintf(p->out, " %s ", text);
        print_expr(p, d->b);
        fputc(')', p->out);
        return;
    case N_NEG: fputs("-", p->out); print_expr(p, d->a); return;
    default: break;
    }
    fputs(text, p->out);
    if (d->ref) fprintf(p->out, "#%u", d->ref);
    if (!d->arity) return;
    fputc('(', p->out);
    print_kids(p, d);
    fputc(')', p->out);
}

static void print_expr(Printer *p, Node x) {
    if (p->name[x]) { fprintf(p->out, "%%%u", p->name[x]); return; }
    print_node(p, x);
}

static void count(Printer *p, Node x) {
    if (p->uses[x]++) return;
    const DagNode *d = dag_at(&p->n->dag, x);
    Node kids[3] = {d->a, d->b, d->c};
    for (int i = 0; i < d->arity; i++) count(p, kids[i]);
}

static void print_shared(Printer *p, Node x, unsigned char *done) {
    if (done[x]) return;
    done[x] = 1;
    const DagNode *d = dag_at(&p->n->dag, x);
    Node kids[3] = {d->a, d->b, d->c};
    for (int i = 0; i < d->arity; i++) print_shared(p, kids[i], done);
    if (p->uses[x] < 2 || !d->arity) return;
    fprintf(p->out, "      %%%u = ", p->names + 1);
    print_node(p, x);
    fputc('\n', p->out);
    p->name[x] = ++p->names;
}

static void print_program(Printer *p, const char *title, const Program *prog, const SpikeOut *spikes, uint32_t nspikes) {
    if (!prog->n && !nspikes) return;
    uint32_t n = p->n->dag.at.n;
    unsigned char *done = ARENA_ARRAY(p->n->arena, unsigned char, n);
    memset(p->uses, 0, n * sizeof *p->uses);
    memset(p->name, 0, n * sizeof *p->name);
    p->names = 0;
    fprintf(p->out, "    %s\n", title);
    for (uint32_t i = 0; i < prog->n; i++) count(p, prog->at[i].value);
    for (uint32_t i = 0; i < nspikes; i++) count(p, spikes[i].cond);
    for (uint32_t i = 0; i < prog->n; i++) print_shared(p, prog->at[i].value, done);
    for (uint32_t i = 0; i < nspikes; i++) print_shared(p, spikes[i].cond, done);
    for (uint32_t i = 0; i < prog->n; i++) {
        const Field *f = &p->n->fields.at[prog->at[i].field];
        fprintf(p->out, "      %s %s ", f->name, prog->at[i].mode == MODE_ADD ? "+=" : "<-");
        print_expr(p, prog->at[i].value);
        fputc('\n', p->out);
    }
    for (uint32_t i = 0; i < nspikes; i++) {
        fprintf(p->out, "      spike %s when ", spikes[i].port ? spikes[i].port : "spikes");
        print_expr(p, spikes[i].cond);
        fputc('\n', p->out);
    }
}

static void print_field(Printer *p, uint32_t id) {
    static const char *const role[] = {"state", "param", "derived", "input", "drive", "lumped", "trace", "weight", "hidden", "let", "value", "position"};
    const Field *f = &p->n->fields.at[id];
    fprintf(p->out, "    field %s : %s %s\n", f->name, role[f->role], f->elem == ELEM_TICK ? "tick" : "real");
}

static void print_setup(Printer *p) {
    fputs("  setup\n    k0 = dt\n", p->out);
    for (uint32_t i = 0; i < p->n->setup.n; i++) {
        uint32_t k = p->n->setup.at[i].index;
        if (!p->n->setup.at[i].is_propagator) {
            fprintf(p->out, "    k%u = ", k);
            memset(p->name, 0, p->n->dag.at.n * sizeof *p->name);
            print_expr(p, p->n->k.at[k].value);
            if (p->n->k.at[k].param) fprintf(p->out, "    param %s", p->n->params.at[p->n->k.at[k].param - 1].path);
            fputc('\n', p->out);
            continue;
        }
        const Propagator *q = &p->n->propagators.at[k];
        fprintf(p->out, "    propagator %ux%u", q->n, q->n);
        for (uint32_t e = 0; e < q->n * q->n; e++)
            if (q->a[e]) { fprintf(p->out, " a[%u,%u]=", e / q->n, e % q->n); print_expr(p, q->a[e]); }
        for (uint32_t e = 0; e < q->n * q->n; e++)
            if (q->out[e]) fprintf(p->out, " p[%u,%u]->k%u", e / q->n, e % q->n, q->out[e] - 1);
        fputc('\n', p->out);
    }
}

static void print_proj(Printer *p, const NetProj *q) {
    static const char *const layout[] = {"sparse", "dense", "one to one"};
    fprintf(p->out, "  projection %s : %s[%u:%u] -> %s[%u:%u] %s\n", q->path, p->n->pops.at[q->src].path, q->src_lo, q->src_hi, p->n->pops.at[q->tgt].path,
            q->tgt_lo, q->tgt_hi, layout[q->layout]);
    for (uint32_t i = 0; i < q->fields.n; i++) print_field(p, q->fields.at[i]);
    fputs("    delay ", p->out);
    memset(p->name, 0, p->n->dag.at.n * sizeof *p->name);
    print_expr(p, q->delay);
    fputs(" steps\n", p->out);
    print_program(p, "init", &q->init, NULL, 0);
    print_program(p, "on pre, each synapse", &q->on_pre_syn, NULL, 0);
    print_program(p, "on pre, source", &q->on_pre_src, NULL, 0);
    print_program(p, "on post, each synapse", &q->on_post_syn, NULL, 0);
    print_program(p, "on post, target", &q->on_post_tgt, NULL, 0);
    print_program(p, "each step", &q->advance, NULL, 0);
    for (uint32_t i = 0; i < q->totals.n; i++) {
        fprintf(p->out, "    total%u = sum of ", i);
        memset(p->name, 0, p->n->dag.at.n * sizeof *p->name);
        print_expr(p, q->totals.at[i]);
        fputc('\n', p->out);
    }
    print_program(p, "each step, target", &q->collect, NULL, 0);
}

void net_print(const Net *n, FILE *out) {
    Printer p = {.n = n, .out = out};
    p.uses = ARENA_ARRAY(n->arena, uint32_t, n->dag.at.n);
    p.name = ARENA_ARRAY(n->arena, uint32_t, n->dag.at.n);
    fprintf(out, "network %s\n", n->name);
    print_setup(&p);
    for (uint32_t i = 0; i < n->pops.n; i++) {
        const NetPop *q = &n->pops.at[i];
        fprintf(out, "  population %s[%u] : %s\n", q->path, q->n, q->model->body->name);
        for (uint32_t k = 0; k < q->fields.n; k++) print_field(&p, q->fields.at[k]);
        print_program(&p, "init", &q->init, NULL, 0);
        print_program(&p, "derive", &q->derive, NULL, 0);
        print_program(&p, "step", &q->step, q->spikes.at, q->spikes.n);
    }
    for (uint32_t i = 0; i < n->projs.n; i++) print_proj(&p, &n->projs.at[i]);
}
