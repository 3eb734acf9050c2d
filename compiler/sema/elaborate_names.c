// SPDX-License-Identifier: MIT
// Walks over trees in search of names, generated from ast.def so that no node is forgotten.
#include "elaborate.h"

typedef struct Walk { void (*name)(const AstName *, void *); void (*member)(const AstMember *, void *); void (*any)(const Ast *, void *); void *data; } Walk;

static void walk(const Ast *e, const Walk *w) {
    if (!e) return;
    if (e->kind == AST_Name && w->name) w->name((const AstName *)e, w->data);
    if (e->kind == AST_Member && w->member) w->member((const AstMember *)e, w->data);
    if (w->any) w->any(e, w->data);
    switch (e->kind) {
#define KID(f) walk(n->f, w);
#define LIST(f) for (uint32_t i = 0; i < n->f.n; i++) walk(n->f.at[i], w);
#define NAME(f)
#define NUM(f)
#define FLAG(f)
#define CODE(f)
#define NODE(Name, fields) case AST_##Name: { const Ast##Name *n = (const Ast##Name *)e; (void)n; fields break; }
#include "syntax/ast.def"
#undef NODE
#undef KID
#undef LIST
#undef NAME
#undef NUM
#undef FLAG
#undef CODE
    case AST_COUNT: break;
    }
}

void names_each(const Ast *e, void (*f)(const AstName *n, void *data), void *data) {
    walk(e, &(Walk){.name = f, .data = data});
}

void names_members(const Ast *e, void (*f)(const AstMember *m, void *data), void *data) {
    walk(e, &(Walk){.member = f, .data = data});
}

void names_nodes(const Ast *e, void (*f)(const Ast *e, void *data), void *data) {
    walk(e, &(Walk){.any = f, .data = data});
}
