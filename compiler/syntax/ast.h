// SPDX-License-Identifier: MIT
// The syntax tree: plain structs made from ast.def, frozen once parsed. Nothing here knows what a name means.
#ifndef SNNC_AST_H
#define SNNC_AST_H
#include "source/source.h"

typedef enum {
#define NODE(Name, fields) AST_##Name,
#include "ast.def"
#undef NODE
    AST_COUNT
} AstKind;

typedef struct Ast { AstKind kind; Span span; Sym doc; uint32_t depth; } Ast;   // depth: levels below, at most AST_DEEPEST, so walks may recurse
enum { AST_DEEPEST = 400 };
typedef struct AstList { Ast **at; uint32_t n, cap; } AstList;      // a VEC(Ast *), see vec_push

#define KID(f) Ast *f;
#define LIST(f) AstList f;
#define NAME(f) Sym f; Span f##_span;
#define NUM(f) double f;
#define FLAG(f) bool f;
#define CODE(f) int f;
#define NODE(Name, fields) typedef struct Ast##Name { Ast base; fields } Ast##Name;
#include "ast.def"
#undef NODE
#undef KID
#undef LIST
#undef NAME
#undef NUM
#undef FLAG
#undef CODE

#define AST_AS(Name, node) ((Ast##Name *)(node))     // the caller has looked at node->kind

typedef enum { OP_ADD, OP_SUB, OP_MUL, OP_DIV, OP_MOD, OP_POW, OP_LT, OP_LE, OP_GT, OP_GE, OP_EQ, OP_NE, OP_AND, OP_OR } BinaryOp;
typedef enum { OP_NEG, OP_NOT } UnaryOp;
typedef enum { ASSIGN_SET, ASSIGN_ADD, ASSIGN_SUB, ASSIGN_MUL, ASSIGN_DIV } AssignOp;
typedef enum { MODEL_NEURON, MODEL_SYNAPSE, MODEL_PLASTICITY, MODEL_ENCODER, MODEL_DECODER } ModelWhat;
typedef enum { SPIKE_WHEN, SPIKE_CROSSES, SPIKE_RATE, SPIKE_ONCE_AT, SPIKE_AT } SpikeHow;

Ast *ast_new(Arena *a, AstKind kind, Span span);
const char *ast_kind_name(AstKind kind);
void ast_each_kid(const Ast *node, void (*visit)(Ast *kid, void *context), void *context);   // kids in the order of ast.def, none NULL
void ast_print(const Ast *node, FILE *out);          // --dump=ast: one S-expression a node
#endif
