// SPDX-License-Identifier: MIT
// One neuron, synapse, plasticity rule, encoder or decoder, checked for the partners it meets.
//   1. every name is declared (its type is found when first asked for: members have no order)
//   2. equations, drives, spike rules, handlers    3. what only the whole shows (body_check.c)
#include "body.h"

const char *model_phrase(ModelWhat w) {
    switch (w) {
    case MODEL_NEURON: return "a neuron";
    case MODEL_SYNAPSE: return "a synapse";
    case MODEL_PLASTICITY: return "a plasticity rule";
    case MODEL_ENCODER: return "an encoder";
    case MODEL_DECODER: return "a decoder";
    }
    return "";
}

static bool between_neurons(const Build *bd) { return bd->b->what == MODEL_SYNAPSE || bd->b->what == MODEL_PLASTICITY; }

ExprCtx body_ctx(const Build *bd, unsigned allow, const char *where) {
    return (ExprCtx){.where = where, .allow = allow, .pre = bd->use.pre, .post = bd->use.post, .own = bd->b};
}

unsigned body_running(const Build *bd) {
    unsigned both = ALLOW_T | ALLOW_STATE;
    if (between_neurons(bd)) return both | ALLOW_SIDES;
    return both | ALLOW_XI | ALLOW_OWN | ALLOW_SPIKES | ALLOW_PRESENT | (bd->b->what == MODEL_ENCODER ? ALLOW_ENCODER : 0);
}

Var *body_var(const Body *b, Sym name) {
    for (uint32_t i = 0; i < b->vars.n; i++)
        if (b->vars.at[i]->name == name) return b->vars.at[i];
    return NULL;
}

Var *body_weight(const Body *b) {
    for (uint32_t i = 0; i < b->vars.n; i++)
        if (b->vars.at[i]->kind == VAR_WEIGHT) return b->vars.at[i];
    return NULL;
}

void body_names(Arena *a, const Body *b, SymVec *out) {
    for (uint32_t i = 0; i < b->vars.n; i++) vec_push(a, out, b->vars.at[i]->name);
}

static void list_ports(Sema *s, Diag *d, const Body *post) {
    const char *list = "";
    uint32_t n = 0;
    for (uint32_t i = 0; i < post->vars.n; i++) {
        const Var *v = post->vars.at[i];
        if (v->kind != VAR_INPUT && v->kind != VAR_EVENT_INPUT) continue;
        list = arena_printf(s->arena, "%s%s%s", list, n++ ? ", " : "", v->name);
    }
    if (n) diag_help(s->diags, d, "its inputs are %s: choose one by 'into'", list);
    else diag_help(s->diags, d, "give the neuron an input, as in input I : pA");
}

Var *body_target(Build *bd, Sym name, Span at) {
    Sema *s = bd->s;
    if (bd->use.into) {
        if (!bd->acts_on_many) return bd->use.into;
        diag(s->diags, bd->use.at.len ? bd->use.at : at, D_INTO_AMBIGUOUS, bd->b->name);
        return NULL;
    }
    if (!bd->use.post) return NULL;
    Var *v = body_var(bd->use.post, name);
    if (v) {
        sema_resolve(s, v);
        v->used = true;
        return v;
    }
    Diag *d = diag(s->diags, bd->use.at.len ? bd->use.at : at, D_NO_SUCH_PORT, bd->use.post->name, name, bd->b->name);
    if (bd->use.at.len) diag_note_at(s->diags, d, at, "the synapse acts on it here");
    list_ports(s, d, bd->use.post);
    return NULL;
}

void body_fits_target(Build *bd, Expr *e, const Var *v, const char *what) {
    Sema *s = bd->s;
    if (v->bad || !bd->use.at.len) {
        if (!v->bad) sema_expect_dim(s, e, v->dim, what);
        return;
    }
    if (!expr_expect_number(s, e, what) || sema_unify(s, e, v->dim)) return;
    Diag *d = diag(s->diags, bd->use.at, D_TARGET_DIM, bd->b->name, v->name, bd->use.post->name, dim_phrase(s->arena, v->dim), dim_phrase(s->arena, e->dim));
    diag_note_at(s->diags, d, e->span, "what it gives is here");
    if (bd->weight) diag_note(s->diags, d, "its weight '%s' is %s", bd->weight->name, dim_text(s->arena, bd->weight->dim));
    e->bad = true;
}

// ---- what may stand where ----
enum { N = 1 << MODEL_NEURON, S = 1 << MODEL_SYNAPSE, P = 1 << MODEL_PLASTICITY, E = 1 << MODEL_ENCODER, D = 1 << MODEL_DECODER };

static unsigned allowed_in(AstKind k) {
    switch (k) {
    case AST_ParamDecl: case AST_State: case AST_Let: case AST_Equation: case AST_Solve: return N | S | P | E | D;
    case AST_Algebraic: return N | E | D;
    case AST_Input: return N | E | D;
    case AST_Weight: return S | P;
    case AST_Kernel: return N | D;
    case AST_Spike: return N | E;
    case AST_On: return N | S | P | E | D;
    case AST_Step: return N | E | D;
    case AST_Drive: return S;
    case AST_Output: return D;
    default: return 0;
    }
}

static const char *member_phrase(AstKind k) {
    switch (k) {
    case AST_Algebraic: return "an equation without derivative";
    case AST_Input: return "input";
    case AST_Weight: return "weight";
    case AST_Kernel: return "kernel";
    case AST_Spike: return "spike";
    case AST_On: return "on";
    case AST_Step: return "step";
    case AST_Drive: return "drive";
    case AST_Output: return "output";
    default: return "this";
    }
}

static bool member_fits(Build *bd, const Ast *m) {
    if (allowed_in(m->kind) & 1u << bd->b->what) return true;
    Diag *d = diag(bd->s->diags, m->span, D_MISPLACED_MEMBER, member_phrase(m->kind), model_phrase(bd->b->what));
    if (m->kind == AST_Drive) diag_help(bd->s->diags, d, "a neuron receives through an input; a synapse drives it");
    if (m->kind == AST_Weight) diag_help(bd->s->diags, d, "weights belong to synapses");
    return false;
}

// ---- what a synapse acts on ----
static void note_target(Build *bd, Sym name) {
    if (bd->acts_on && bd->acts_on != name) bd->acts_on_many = true;
    bd->acts_on = name;
}

static void scan_stmts(Build *bd, const AstList *list) {
    for (uint32_t i = 0; i < list->n; i++) {
        const Ast *n = list->at[i];
        if (n->kind == AST_If) {
            scan_stmts(bd, &AST_AS(If, n)->then);
            scan_stmts(bd, &AST_AS(If, n)->otherwise);
        }
        const Ast *t = n->kind == AST_Assign ? AST_AS(Assign, n)->target : NULL;
        const AstMember *m = t && t->kind == AST_Member ? AST_AS(Member, t) : NULL;
        if (m && m->object->kind == AST_Name && !strcmp(AST_AS(Name, m->object)->name, "post")) note_target(bd, m->name);
    }
}

static void scan_targets(Build *bd) {
    for (uint32_t i = 0; i < bd->decl->members.n; i++) {
        const Ast *n = bd->decl->members.at[i];
        if (n->kind == AST_On) scan_stmts(bd, &AST_AS(On, n)->body);
        const Ast *t = n->kind == AST_Drive ? AST_AS(Drive, n)->target : NULL;
        if (t && t->kind == AST_Member) note_target(bd, AST_AS(Member, t)->name);
        else if (t && t->kind == AST_Name) note_target(bd, AST_AS(Name, t)->name);
    }
}

// ---- the plain connection: the weight goes straight to the target ----
static Body *direct(Sema *s, const BodyUse *use) {
    Var *into = use->into;
    if (!into) return NULL;
    Body *b = ARENA_NEW(s->arena, Body);
    *b = (Body){.what = MODEL_SYNAPSE, .name = sym("direct"), .span = use->at, .pre = use->pre, .post = use->post};
    Var *w = var_new(s, sym("w"), VAR_WEIGHT, into->dim, use->at);
    w->body = b;
    w->used = into->used = into->written = true;
    vec_push(s->arena, &b->vars, w);
    Stmt *st = ARENA_NEW(s->arena, Stmt);
    *st = (Stmt){.kind = S_ASSIGN, .span = use->at, .side = SIDE_POST, .var = into, .op = ASSIGN_ADD, .value = expr_var(s, w, use->at)};
    Handler h = {.kind = ON_PRE, .span = use->at};
    vec_push(s->arena, &h.body, st);
    vec_push(s->arena, &b->handlers, h);
    return b;
}

static Body *build(Sema *s, const AstModel *decl, const BodyUse *use) {
    Build bd = {.s = s, .decl = decl, .use = *use, .b = ARENA_NEW(s->arena, Body), .sc = scope_new(s->arena, s->globals)};
    *bd.b = (Body){.what = (ModelWhat)decl->what, .name = decl->name, .span = decl->name_span, .doc = decl->base.doc, .pre = use->pre, .post = use->post};
    Scope *outer = s->help_scope;
    s->help_scope = bd.sc;
    scan_targets(&bd);
    if (bd.b->what == MODEL_PLASTICITY) body_declare_weight(&bd);
    for (uint32_t i = 0; i < decl->params.n; i++) body_declare(&bd, decl->params.at[i]);
    for (uint32_t i = 0; i < decl->members.n; i++)
        if (decl->members.at[i]->kind != AST_Algebraic && member_fits(&bd, decl->members.at[i])) body_declare(&bd, decl->members.at[i]);
    for (uint32_t i = 0; i < decl->members.n; i++)
        if (decl->members.at[i]->kind == AST_Algebraic && member_fits(&bd, decl->members.at[i])) body_declare(&bd, decl->members.at[i]);
    for (uint32_t i = 0; i < bd.b->vars.n; i++) sema_resolve(s, bd.b->vars.at[i]);
    for (uint32_t i = 0; i < decl->members.n; i++)
        if (allowed_in(decl->members.at[i]->kind) & 1u << bd.b->what) body_rule(&bd, decl->members.at[i]);
    body_check(&bd);
    s->help_scope = outer;
    return bd.b;
}

Body *sema_body(Sema *s, const AstModel *decl, const BodyUse *use) {
    static const BodyUse none;
    if (!use) use = &none;
    for (uint32_t i = 0; i < s->bodies.n; i++) {
        const BodyKey *k = &s->bodies.at[i];
        if (k->decl == decl && k->pre == use->pre && k->post == use->post && k->synapse == use->synapse && k->into == use->into) return k->body;
    }
    Body *b = decl ? build(s, decl, use) : direct(s, use);
    BodyKey k = {decl, use->pre, use->post, use->synapse, use->into, b};
    vec_push(s->arena, &s->bodies, k);
    if (b) vec_push(s->arena, &s->model->bodies, b);
    return b;
}
