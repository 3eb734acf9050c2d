// SPDX-License-Identifier: MIT
// What an expression must be: expected dimensions and types, and the messages that name both sides.
//   V' is a voltage per time (mV/ms), but its right side is a current per time (pA/ms)
//     note: -g_L*(V - E_L) is pA, I is pA, tau is ms
//     help: divide by a capacitance, as in (...) / C
#include "sema.h"
#include "expr.h"

bool sema_is_number(const Expr *e) { return !e->bad && (e->ty == TY_REAL || e->ty == TY_INT); }

const char *span_text(Sema *s, Span at) {
    if (at.file >= s->sources->file.n) return "...";
    const Source *f = s->sources->file.at[at.file];
    enum { MOST = 40 };
    char out[MOST + 4];
    size_t n = 0;
    bool blank = false;
    for (size_t i = at.pos; i < at.pos + (size_t)at.len && i < f->size; i++) {
        char c = f->text[i];
        if (c == '\n' || c == '\t' || c == ' ') { blank = n > 0; continue; }
        if (n + blank >= MOST) { memcpy(out + MOST - 3, "...", 3); n = MOST; blank = false; break; }
        if (blank) out[n++] = ' ';
        blank = false;
        out[n++] = c;
    }
    while (n > 0 && n < MOST && (out[n - 1] & 0xC0) == 0xC0) n--;      // no half UTF-8 letter at the end
    return arena_strndup(s->arena, out, n);
}

const char *expr_type_phrase(Sema *s, const Expr *e) {
    switch (e->ty) {
    case TY_REAL: case TY_INT: return dim_phrase(s->arena, e->dim);
    case TY_BOOL: return "a condition";
    case TY_STRING: return "a text";
    case TY_ARRAY: return "an array";
    case TY_POPULATION: return "a population";
    case TY_SPIKES: return "spikes";
    case TY_TRAIN: return "a spike train";
    case TY_DATASET: return "a data set";
    }
    return "";
}

static void settle(Sema *s, Expr *e, Dim want);

static void settle_kid(Sema *s, Expr *e, Dim want) {
    if (e && e->flex) settle(s, e, want);
}

static void settle(Sema *s, Expr *e, Dim want) {
    e->flex = false;
    e->dim = want;
    if (e->kind == E_CONVOLVE) {
        if (!e->port->flex) { e->dim = dim_mul(e->port->dim, e->var->dim); return; }
        e->port->flex = false;
        e->port->dim = dim_div(want, e->var->dim);
        return;
    }
    if (e->kind == E_BINARY && (e->op == OP_MUL || e->op == OP_DIV)) return;     // zero times something
    settle_kid(s, e->a, want);
    settle_kid(s, e->b, want);
    if (e->kind == E_COND) settle_kid(s, e->c, want);
    for (uint32_t i = 0; i < e->args.n; i++) settle_kid(s, e->args.at[i], want);
}

bool sema_unify(Sema *s, Expr *e, Dim want) {
    if (e->bad) return true;
    if (e->flex) settle(s, e, want);
    return dim_equal(e->dim, want);
}

// A free dimension that nothing settles: the literal zero is a plain number; arrivals must be declared.
void expr_settle_free(Sema *s, Expr *e) {
    if (e->bad || !e->flex) return;
    const Expr *c = expr_find(e, E_CONVOLVE);
    if (c && c->port->flex) {
        diag(s->diags, c->span, D_ARRIVALS_DIM);
        c->port->flex = false;
        c->port->bad = true;
        e->bad = true;
    }
    settle(s, e, e->dim);
}

const Expr *expr_find(const Expr *e, ExprKind kind) {
    if (!e || e->kind == kind) return e;
    const Expr *const kid[] = {e->a, e->b, e->c, e->lo, e->hi};
    for (int i = 0; i < 5; i++) {
        const Expr *f = kid[i] ? expr_find(kid[i], kind) : NULL;
        if (f) return f;
    }
    for (uint32_t i = 0; i < e->args.n; i++) {
        const Expr *f = expr_find(e->args.at[i], kind);
        if (f) return f;
    }
    return NULL;
}

typedef struct Parts { const char *text; uint32_t n; } Parts;

static void add_part(Sema *s, Parts *p, const Expr *e) {
    if (p->n >= 5 || e->bad || (e->kind == E_NUM && dim_equal(e->dim, DIM_NONE))) return;
    p->text = arena_printf(s->arena, "%s%s%s is %s", p->text, p->n ? ", " : "", span_text(s, e->span), dim_text(s->arena, e->dim));
    p->n++;
}

static void collect_terms(Sema *s, Parts *p, const Expr *e) {
    if (e->kind == E_BINARY && (e->op == OP_ADD || e->op == OP_SUB)) {
        collect_terms(s, p, e->a);
        collect_terms(s, p, e->b);
    } else add_part(s, p, e);
}

static void collect_factors(Sema *s, Parts *p, const Expr *e) {
    if (e->kind == E_NEG) collect_factors(s, p, e->a);
    else if (e->kind == E_BINARY && e->op == OP_DIV && e->a->kind == E_BINARY && e->a->op == OP_MUL) {      // a product over something
        add_part(s, p, e->a);
        collect_factors(s, p, e->b);
    } else if (e->kind == E_BINARY && (e->op == OP_MUL || e->op == OP_DIV)) {
        collect_factors(s, p, e->a);
        collect_factors(s, p, e->b);
    } else collect_terms(s, p, e);
}

// The parts of a sum or product with their units.
void expr_dim_notes(Sema *s, Diag *d, const Expr *e) {
    Parts p = {.text = ""};
    collect_factors(s, &p, e);
    if (p.n > 1 || (p.n == 1 && e->kind == E_BINARY)) diag_note(s->diags, d, "%s", p.text);
}

static Sym name_of_dim(Sema *s, Dim d) {
    for (const Scope *sc = s->help_scope; sc; sc = sc->parent)
        for (uint32_t i = 0; i < sc->names.n; i++) {
            const Symbol *y = sc->names.val[i];
            if (y->kind == SYMBOL_VAR && !y->var->bad && (y->var->kind == VAR_PARAM || y->var->kind == VAR_CONST) && y->var->ty == TY_REAL && dim_equal(y->var->dim, d)) return y->name;
        }
    return NULL;
}

// A help line when one factor repairs it.
void expr_dim_help(Sema *s, Diag *d, const Expr *e, Dim want) {
    Dim over = dim_div(e->dim, want), under = dim_div(want, e->dim);
    const Expr *lit = e->kind == E_NEG ? e->a : e;
    if (lit->kind == E_NUM && dim_equal(e->dim, DIM_NONE)) {
        if (dim_word(want) || dim_equal(want, DIM_RATE)) diag_help(s->diags, d, "give the number a unit, as in %s %s", span_text(s, e->span), dim_equal(want, DIM_RATE) ? "kHz" : dim_text(s->arena, want));
        return;
    }
    if (dim_equal(e->dim, DIM_NONE) || dim_equal(want, DIM_NONE)) return;
    Sym n;
    if (e->kind == E_BINARY && e->op == OP_DIV && !e->a->bad) {          // another divisor instead of the one that stands there
        Dim other = dim_div(e->a->dim, want);
        if (dim_word(other) && (n = name_of_dim(s, other))) {
            diag_help(s->diags, d, "divide by %s, as in (...) / %s", dim_word(other), n);
            return;
        }
    }
    if (dim_word(over)) {
        n = name_of_dim(s, over);
        diag_help(s->diags, d, n ? "divide by %s, as in (...) / %s" : "divide by %s", dim_word(over), n);
    } else if (dim_word(under)) {
        n = name_of_dim(s, under);
        diag_help(s->diags, d, n ? "multiply by %s, as in (...) * %s" : "multiply by %s", dim_word(under), n);
    }
}

bool expr_expect_number(Sema *s, Expr *e, const char *what) {
    if (e->bad) return false;
    if (e->ty == TY_REAL || e->ty == TY_INT) return true;
    Diag *d = diag(s->diags, e->span, D_NOT_A_NUMBER, what, expr_type_phrase(s, e));
    if (e->ty == TY_BOOL) diag_help(s->diags, d, "write if ... then 1 else 0");
    e->bad = true;
    return false;
}

bool sema_expect_dim(Sema *s, Expr *e, Dim want, const char *what) {
    if (!expr_expect_number(s, e, what)) return false;
    if (sema_unify(s, e, want)) return !e->bad;
    Diag *d = diag(s->diags, e->span, D_DIM_EXPECTED, what, dim_phrase(s->arena, want), dim_phrase(s->arena, e->dim));
    expr_dim_notes(s, d, e);
    expr_dim_help(s, d, e, want);
    e->bad = true;
    return false;
}

bool expr_expect_bool(Sema *s, Expr *e, const char *what) {
    if (e->bad) return false;
    if (e->ty == TY_BOOL) return true;
    Diag *d = diag(s->diags, e->span, D_NOT_A_CONDITION, what, expr_type_phrase(s, e));
    if (e->ty == TY_REAL || e->ty == TY_INT) diag_help(s->diags, d, "compare it, as in %s > 0", span_text(s, e->span));
    e->bad = true;
    return false;
}

TypeSpec sema_type(Sema *s, const Ast *type, const Dim *weight_dim) {
    TypeSpec t = {.ty = TY_REAL};
    if (!type) return t;
    const AstType *a = AST_AS(Type, type);
    t.given = true;
    t.rank = a->dims.n;
    t.dims = &a->dims;
    if (a->is_unit) {
        Unit u;
        size_t n = strlen(a->name);
        if (!strcmp(a->name, "1")) return t;
        if (unit_match(a->name, n, &u) == n) t.dim = u.dim;
        else t.bad = true;
    } else if (!strcmp(a->name, "int")) t.ty = TY_INT;
    else if (!strcmp(a->name, "bool")) t.ty = TY_BOOL;
    else if (!strcmp(a->name, "real")) t.ty = TY_REAL;
    else if (!strcmp(a->name, "weight")) {
        if (weight_dim) t.dim = *weight_dim;
        else {
            Diag *d = diag(s->diags, a->name_span, D_UNKNOWN_TYPE, a->name);
            diag_help(s->diags, d, "the type 'weight' exists in synapses and plasticity rules");
            t.bad = true;
            return t;
        }
    } else t.bad = true;
    if (t.bad) diag(s->diags, a->name_span, D_UNKNOWN_TYPE, a->name);
    return t;
}
