// SPDX-License-Identifier: MIT
// Names: a scope is a map with a parent. Specials and functions are no names of a scope, so a variable may be called x, size or exp.
#include "sema.h"

Scope *scope_new(Arena *a, Scope *parent) {
    Scope *s = ARENA_NEW(a, Scope);
    s->parent = parent;
    return s;
}

Symbol *scope_find_here(Scope *s, Sym name) { return map_get(&s->names, name); }

Symbol *scope_find(Scope *s, Sym name) {
    for (; s; s = s->parent) {
        Symbol *y = scope_find_here(s, name);
        if (y) return y;
    }
    return NULL;
}

Symbol *scope_add(Sema *s, Scope *sc, Sym name, SymbolKind kind, Span span) {
    Symbol *y = ARENA_NEW(s->arena, Symbol), *old = scope_find_here(sc, name);
    *y = (Symbol){.kind = kind, .name = name, .span = span};
    if (!old) {
        map_put(s->arena, &sc->names, name, y);
        return y;
    }
    Diag *d = diag(s->diags, span, D_DECLARED_TWICE, name);
    if (old->span.len) diag_note_at(s->diags, d, old->span, "first declared here");
    return y;
}

Symbol *scope_add_var(Sema *s, Scope *sc, Var *v) {
    Symbol *y = scope_add(s, sc, v->name, SYMBOL_VAR, v->span);
    y->var = v;
    return y;
}

Symbol *scope_add_expr(Sema *s, Scope *sc, Sym name, Expr *e, Span span) {
    Symbol *y = scope_add(s, sc, name, SYMBOL_EXPR, span);
    y->expr = e;
    return y;
}

void scope_names(Arena *a, const Scope *s, SymVec *out) {
    for (; s; s = s->parent)
        for (uint32_t i = 0; i < s->names.n; i++) vec_push(a, out, s->names.key[i]);
}

void sema_unknown(Sema *s, const Scope *sc, Sym name, Span at) {
    SymVec names = {0};
    scope_names(s->arena, sc, &names);
    Diag *d = diag(s->diags, at, D_UNKNOWN_NAME, name);
    Sym near = nearest_name(name, names.at, names.n);
    if (near) diag_help(s->diags, d, "did you mean '%s'?", near);
}
