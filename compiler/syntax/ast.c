// SPDX-License-Identifier: MIT
// What can be said of a node without knowing its kind, made from ast.def.
#include "ast.h"

const char *ast_kind_name(AstKind kind) {
    static const char *const name[] = {
#define NODE(Name, fields) #Name,
#include "ast.def"
#undef NODE
    };
    return name[kind];
}

Ast *ast_new(Arena *a, AstKind kind, Span span) {
    static const size_t size[] = {
#define NODE(Name, fields) sizeof(Ast##Name),
#include "ast.def"
#undef NODE
    };
    Ast *node = arena_alloc(a, size[kind]);
    node->kind = kind;
    node->span = span;
    return node;
}

static void each(const AstList *list, void (*visit)(Ast *, void *), void *context) {
    for (uint32_t i = 0; i < list->n; i++)
        if (list->at[i]) visit(list->at[i], context);
}

void ast_each_kid(const Ast *node, void (*visit)(Ast *kid, void *context), void *context) {
#define KID(f) if (n->f) visit(n->f, context);
#define LIST(f) each(&n->f, visit, context);
#define NAME(f)
#define NUM(f)
#define FLAG(f)
#define CODE(f)
#define NODE(Name, fields) case AST_##Name: { const Ast##Name *n = (const Ast##Name *)node; (void)n; fields break; }
    switch (node->kind) {
#include "ast.def"
    case AST_COUNT: break;
    }
#undef NODE
#undef KID
#undef LIST
#undef NAME
#undef NUM
#undef FLAG
#undef CODE
}
