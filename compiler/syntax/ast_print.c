// SPDX-License-Identifier: MIT
// The tree as S-expressions, made from ast.def, one node a line. Places are left out: two texts with one meaning print alike.
//   (Binary op=2
//     left (Name name=a)
//     right (Number value=1 unit=ms text=1 is_int))
#include "ast.h"

typedef struct Printer { FILE *out; int level; } Printer;

static void print(const Printer *p, const char *label, const Ast *node);

static void print_name(const Printer *p, const char *label, Sym name) {
    if (!name) return;
    fprintf(p->out, " %s=\"", label);
    for (const char *c = name; *c; c++) {
        if (*c == '\n') fputs("\\n", p->out);
        else if (*c == '"' || *c == '\\') fprintf(p->out, "\\%c", *c);
        else fputc(*c, p->out);
    }
    fputc('"', p->out);
}

static void print_list(const Printer *p, const char *label, const AstList *list) {
    for (uint32_t i = 0; i < list->n; i++) print(p, label, list->at[i]);
}

static void print_plain(const Printer *p, const Ast *node) {
#define KID(f)
#define LIST(f)
#define NAME(f) print_name(p, #f, n->f);
#define NUM(f) fprintf(p->out, " %s=%.17g", #f, n->f);
#define FLAG(f) if (n->f) fprintf(p->out, " %s", #f);
#define CODE(f) fprintf(p->out, " %s=%d", #f, n->f);
#define NODE(Name, fields) case AST_##Name: { const Ast##Name *n = (const Ast##Name *)node; (void)n; fields break; }
    switch (node->kind) {
#include "ast.def"
    case AST_COUNT: break;
    }
#undef KID
#undef LIST
#undef NAME
#undef NUM
#undef FLAG
#undef CODE
}

static void print_kids(const Printer *p, const Ast *node) {
#define KID(f) if (n->f) print(p, #f, n->f);
#define LIST(f) print_list(p, #f, &n->f);
#define NAME(f)
#define NUM(f)
#define FLAG(f)
#define CODE(f)
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

static void print(const Printer *p, const char *label, const Ast *node) {
    if (!node) return;
    Printer deeper = {p->out, p->level + 1};
    fprintf(p->out, "\n%*s", 2 * p->level, "");
    if (*label) fprintf(p->out, "%s ", label);
    fprintf(p->out, "(%s", ast_kind_name(node->kind));
    print_name(p, "doc", node->doc);
    print_plain(&deeper, node);
    print_kids(&deeper, node);
    fputc(')', p->out);
}

void ast_print(const Ast *node, FILE *out) {
    Printer p = {out, 0};
    print(&p, "", node);
    fputc('\n', out);
}
