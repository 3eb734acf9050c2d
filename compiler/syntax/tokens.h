// SPDX-License-Identifier: MIT
// The tokens of a file, between lexer.l and parser.y; the formatter reads them as well. Kinds are the parser's (build/gen/parser.h).
#ifndef SNNC_TOKENS_H
#define SNNC_TOKENS_H
#include "parse.h"

typedef struct Token {
    int kind; Span span;
    bool first;                     // first token of its line
    Sym text;                       // a word; a string's contents; a number's digits
    Sym unit; Span unit_span;       // number: its unit or NULL
    double value; bool is_int;      // number, in coherent units
    Sym doc;                        // the /// comment before it, or NULL
    bool garbled;                   // a character without meaning stands before it
    bool made;                      // a '}' put in by tokens.c for a block that is never closed
} Token;
typedef struct Comment { Span span; bool alone; } Comment;      // alone: nothing but blanks before it on its line
typedef struct Tokens { VEC(Token) at; VEC(Comment) comments; bool docs; } Tokens;    // the last token is the end of the file

void tokens_read(Arena *a, Diags *diags, uint32_t file, Tokens *out);      // scan, then tell keywords from names
const char *token_text(const Diags *d, const Token *t, StrBuf *b);         // as a message names it: keyword 'in', number 5 mV
int keyword_find(Sym word);                     // index into keywords.def, or -1
int keyword_token(int keyword);
bool keyword_begins_item(int kind);             // a token that can begin a declaration, member or statement

// lexer.l
void lexer_scan(Arena *a, Diags *diags, uint32_t file, Tokens *out);       // words are all IDENT

// parser.y and parse.c
typedef struct Parser {
    Arena *arena; Diags *diags; uint32_t file;
    const Tokens *tokens; uint32_t next;        // next token to hand out
    uint32_t error_at, recovered;               // token of the last error; where the last recovery ended
    uint32_t errors; bool deep; AstFile *result;
} Parser;
void parser_report(Parser *p, const char *const *expected, int n);         // syntax error at token error_at
bool parser_recover(Parser *p, bool top);       // moves `next` to where an item may begin, or to the end of the block; false: give up
void parser_list(Parser *p, AstList *list, Ast *node);                     // appends unless NULL
Ast *parser_node(Parser *p, AstKind kind, Span at, const void *fields, size_t size);
Ast *parser_type(Parser *p, Span at, AstList dims);     // the unit or name that the text at `at` spells
Ast *parser_truncated(Parser *p, Ast *call, Ast *range);
Ast *parser_number(Parser *p, const Token *t);
Ast *parser_sweep(Parser *p, Span at, AstList heads, Ast *repeat, AstList body);
Ast *parser_import(Parser *p, Span at, const AstList *names);
void parser_share_doc(Ast *declaration, AstList items);                    // a declaration's comment also belongs to its only item
void parser_doc(const Parser *p, Ast *node, Span at);                         // the comment before `at` belongs to the node
void parser_clause(Parser *p, AstConnect *c, const AstConnect *more, Span at);     // adds a clause of `connect`
void parser_check_body(Parser *p, const AstList *body, bool experiment);   // refuses statements of the other world
#endif
