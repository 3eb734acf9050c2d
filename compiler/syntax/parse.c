// SPDX-License-Identifier: MIT
// What the grammar's actions call: nodes, messages and recovery.
//
// After a syntax error the rest of the item is passed over: up to the next line that can begin an item, a ';', or the end of the
// block; a block that opens on the way is passed over as a whole, because its contents belong to the broken header.
#include "tokens.h"
#include "parser.h"
#include <stdlib.h>

enum { MAX_ERRORS = 50, MAX_LISTED = 4 };

static Sym doc_at(const Parser *p, uint32_t pos) {
    if (!p->tokens->docs) return NULL;
    uint32_t lo = 0, hi = p->tokens->at.n;
    while (hi - lo > 1) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (p->tokens->at.at[mid].span.pos <= pos) lo = mid;
        else hi = mid;
    }
    const Token *t = &p->tokens->at.at[lo];
    return t->span.pos == pos ? t->doc : NULL;
}

static void deeper(Ast *kid, void *context) {
    uint32_t *depth = context;
    if (kid->depth >= *depth) *depth = kid->depth + 1;
}

Ast *parser_node(Parser *p, AstKind kind, Span at, const void *fields, size_t size) {
    Ast *node = ast_new(p->arena, kind, at);
    memcpy(node, fields, size);
    node->kind = kind;
    node->span = at;
    node->doc = kind >= AST_File ? doc_at(p, at.pos) : NULL;
    node->depth = 1;
    ast_each_kid(node, deeper, &node->depth);
    if (node->depth <= AST_DEEPEST || kind == AST_File || kind == AST_Connect) return node;
    if (!p->deep) diag(p->diags, at, D_TOO_DEEP);
    p->deep = true;
    p->errors++;
    AstNumber *zero = (AstNumber *)ast_new(p->arena, AST_Number, at);     // the deep part is cut off; the tree stays walkable
    zero->text = sym("0");
    zero->is_int = true;
    zero->base.depth = 1;
    return &zero->base;
}

void parser_list(Parser *p, AstList *list, Ast *node) {
    if (node) vec_push(p->arena, list, node);
}

#define NODE(Kind, at, ...) parser_node(p, AST_##Kind, at, &(Ast##Kind){.base = {0}, __VA_ARGS__}, sizeof(Ast##Kind))

Ast *parser_number(Parser *p, const Token *t) {
    return NODE(Number, t->span, .value = t->value, .unit = t->unit, .unit_span = t->unit_span, .text = t->text,
                .text_span = t->span, .is_int = t->is_int);
}

// The grammar has taken a word or words joined by * / ^; the text without blanks is a unit or, when a single word, a name.
Ast *parser_type(Parser *p, Span at, AstList dims) {
    const char *s = p->diags->src->file.at[at.file]->text + at.pos;
    Unit unit;
    bool is_unit = unit_match(s, at.len, &unit) == at.len;
    bool word = true;
    for (uint32_t i = 0; i < at.len; i++) word = word && s[i] != '*' && s[i] != '/' && s[i] != '^' && s[i] != ' ' && s[i] != '\n';
    Sym name = sym_n(s, at.len);
    if (!is_unit && (!word || (s[0] >= '0' && s[0] <= '9'))) {
        Diag *m = diag(p->diags, at, D_UNKNOWN_UNIT, name);
        p->errors++;
        if (memchr(s, ' ', at.len)) diag_help(p->diags, m, "a unit is written without blanks, as in mV/ms");
        name = sym("1");
        is_unit = true;
    }
    return NODE(Type, at, .name = name, .name_span = at, .is_unit = is_unit, .dims = dims);
}

Ast *parser_truncated(Parser *p, Ast *call, Ast *range) {
    if (!call || call->kind != AST_Call) {
        diag(p->diags, range->span, D_NO_DISTRIBUTION);
        p->errors++;
        return call;
    }
    AstCall *c = AST_AS(Call, call);
    parser_list(p, &c->args, NODE(Arg, range->span, .name = sym("in"), .name_span = range->span, .value = range));
    c->base.span = span_join(call->span, range->span);
    return call;
}

Ast *parser_sweep(Parser *p, Span at, AstList heads, Ast *repeat, AstList body) {
    Ast *inner = NULL;
    for (uint32_t i = heads.n; i-- > 0;) {
        if (heads.at[i]->kind != AST_Sweep) continue;      // cut off by parser_node
        AstSweep *head = AST_AS(Sweep, heads.at[i]);
        AstList in = body;
        if (inner) {
            in = (AstList){0};
            parser_list(p, &in, inner);
        }
        inner = NODE(Sweep, at, .var = head->var, .var_span = head->var_span, .iter = head->iter, .repeat = inner ? NULL : repeat, .body = in);
    }
    return inner;
}

// neuron.NAME: the names joined by points.
Ast *parser_import(Parser *p, Span at, const AstList *names) {
    StrBuf b = {0};
    for (uint32_t i = 0; i < names->n; i++) sb_printf(&b, "%s%s", i ? "." : "", AST_AS(Name, names->at[i])->name);
    Sym path = sym_n(b.s, b.n);
    sb_free(&b);
    return NODE(Import, at, .path = path, .path_span = span_join(names->at[0]->span, names->at[names->n - 1]->span));
}

void parser_doc(const Parser *p, Ast *node, Span at) { node->doc = doc_at(p, at.pos); }

void parser_share_doc(Ast *declaration, AstList items) {
    if (items.n == 1 && !items.at[0]->doc) items.at[0]->doc = declaration->doc;
}

void parser_clause(Parser *p, AstConnect *c, const AstConnect *more, Span at) {
    const char *twice = NULL;
#define TAKE(field, word) if (more->field) { if (c->field) twice = word; else c->field = more->field; }
    TAKE(rule, "by") TAKE(where, "where") TAKE(via, "via") TAKE(weight, "weight") TAKE(delay, "delay") TAKE(dendritic, "dendritic")
    TAKE(plastic, "plastic") TAKE(into, "into") TAKE(alias, "as")
#undef TAKE
    if (more->into == c->into) c->into_span = more->into ? more->into_span : c->into_span;
    if (more->alias == c->alias) c->alias_span = more->alias ? more->alias_span : c->alias_span;
    if (twice) {
        diag(p->diags, at, D_CLAUSE_TWICE, twice);
        p->errors++;
    }
    c->base.span = span_join(c->base.span, at);
    uint32_t depth = c->base.depth;
    ast_each_kid(&c->base, deeper, &depth);
    c->base.depth = depth;
}

typedef struct Check { Parser *p; bool experiment; } Check;

static void check_statement(Ast *s, void *context) {
    const Check *c = context;
    bool experiment_only = false, handler_only = s->kind == AST_Refractory;
    switch (s->kind) {
    case AST_Use: case AST_Dt: case AST_Seed: case AST_Engine: case AST_Record: case AST_Run: case AST_Present: case AST_Print: case AST_Yield:
    case AST_Sweep: case AST_Set: case AST_Reset: case AST_Save: case AST_Load: case AST_Normalise: case AST_Data: case AST_Emit: case AST_Drive:
    case AST_While: case AST_For: experiment_only = true; break;
    case AST_If: ast_each_kid(s, check_statement, context); return;
    default: break;
    }
    if (c->experiment ? !handler_only : !experiment_only) return;
    const Parser *p = c->p;
    const char *text = p->diags->src->file.at[p->file]->text + s->span.pos;
    int n = 0;
    while (text[n] >= 'a' && text[n] <= 'z') n++;
    char word[32];
    snprintf(word, sizeof word, "%.*s", n, text);
    diag(p->diags, (Span){p->file, s->span.pos, (uint32_t)n}, D_MISPLACED, word, c->experiment ? "an experiment" : "a handler");
    c->p->errors++;
}

void parser_check_body(Parser *p, const AstList *body, bool experiment) {
    Check c = {p, experiment};
    for (uint32_t i = 0; i < body->n; i++) check_statement(body->at[i], &c);
}

// Messages ---------------------------------------------------------------------------------------------------------------------------

static bool in_set(const char *const *set, int n, const char *name) {
    for (int i = 0; i < n; i++)
        if (!strcmp(set[i], name)) return true;
    return false;
}

static const char *const expression_start[] = {"a number", "a string", "a name", "true", "false", "'-'", "not", "'('", "'['", "if"};
static const char *const operators[] = {"'+'", "'-'", "'*'", "'/'", "'%'", "'^'", "'<'", "'>'", "<=", ">=", "==", "!=", "and", "or", "'('", "'['", "'.'", ".."};
#define COUNT(a) ((int)(sizeof(a) / sizeof *(a)))

// Replaces whole families of tokens by one word each; what is left is listed as it is.
static const char *families(const char *const *set, int n, bool *expression, bool *operator) {
    *expression = in_set(set, n, "a number") && in_set(set, n, "'('");
    *operator = in_set(set, n, "'+'") && in_set(set, n, "'*'");
    if (in_set(set, n, "neuron") && in_set(set, n, "network")) return "a declaration such as 'neuron', 'network' or 'experiment'";
    if (in_set(set, n, "spike") && in_set(set, n, "state")) return "a declaration such as 'param', 'state' or 'spike'";
    if (in_set(set, n, "population") && in_set(set, n, "connect")) return "a declaration such as 'population' or 'connect'";
    if (in_set(set, n, "let") && in_set(set, n, "while")) return "a statement";
    return NULL;
}

static bool starts_item(const char *name) {
    if (!strcmp(name, "a name") || !strcmp(name, "';'") || !strcmp(name, "if") || !strcmp(name, "while") || !strcmp(name, "for")) return true;
    int k = keyword_find(sym(name));
    return k >= 0 && keyword_begins_item(keyword_token(k));
}

typedef struct Listed { const char *at[MAX_LISTED + 1]; int n; } Listed;

static void list(Listed *l, const char *text) {
    if (l->n <= MAX_LISTED) l->at[l->n++] = text;
}

static void list_expected(Listed *l, const char *const *set, int n) {
    bool expression, operator;
    const char *item = families(set, n, &expression, &operator);
    if (expression) list(l, "an expression");
    for (int pass = 0; pass < 3; pass++)        // closing brackets, then punctuation, then words: what is forgotten most comes first
        for (int i = 0; i < n; i++) {
            bool closes = !strcmp(set[i], "')'") || !strcmp(set[i], "']'") || !strcmp(set[i], "'}'");
            if (pass != (closes ? 0 : set[i][0] == '\'' ? 1 : 2)) continue;
            if (expression && in_set(expression_start, COUNT(expression_start), set[i])) continue;
            if (operator && in_set(operators, COUNT(operators), set[i])) continue;
            if (item && starts_item(set[i])) continue;
            list(l, set[i]);
        }
    if (item) list(l, item);
    if (operator && l->n < 2) list(l, "an operator");
    if (!l->n) list(l, "something else");
}

static void quote(StrBuf *b, const char *name) {
    bool plain = name[0] == '\'' || !strncmp(name, "a ", 2) || !strncmp(name, "an ", 3) || !strncmp(name, "the ", 4) || !strcmp(name, "something else");
    sb_printf(b, plain ? "%s" : "'%s'", name);
}

// What people bring from other notations.
static void advise(Parser *p, Diag *m, const Token *t, bool in_expression) {
    const Token *before = t > p->tokens->at.at ? t - 1 : t;
    if (t->kind == '*' && before->kind == '*') diag_help(p->diags, m, "a power is written ^");
    else if (t->kind == '=' && in_expression) diag_help(p->diags, m, "equality is written ==");
    else if (t->kind == '/' && before->kind == IDENT && t[1].kind == IDENT && t[1].text == sym("dt"))
        diag_help(p->diags, m, "a derivative is written %s' = ...", before->text + (before->text[0] == 'd' && before->text[1]));
    else if (t->kind == PRIME) diag_help(p->diags, m, "a text stands in double quotes");
    else if (before->kind == IDENT && (before->text == sym("elif") || before->text == sym("elseif"))) diag_help(p->diags, m, "write 'else if'");
}

void parser_report(Parser *p, const char *const *expected, int n) {
    p->error_at = p->next ? p->next - 1 : 0;
    if (p->errors >= MAX_ERRORS) return;
    p->errors++;
    const Token *t = &p->tokens->at.at[p->error_at];
    if (t->garbled || (p->error_at && t[-1].garbled)) return;       // its cause has been reported
    Listed l = {0};
    list_expected(&l, expected, n);
    StrBuf b = {0}, what = {0};
    for (int i = 0; i < l.n && i < MAX_LISTED; i++) {
        if (i) sb_puts(&b, i + 1 < l.n || l.n > MAX_LISTED ? ", " : " or ");
        quote(&b, l.at[i]);
    }
    if (l.n > MAX_LISTED) sb_puts(&b, " ...");
    Diag *m = diag(p->diags, t->span, D_SYNTAX, token_text(p->diags, t, &what), b.s);
    if (p->errors == MAX_ERRORS) diag(p->diags, t->span, D_TOO_MANY_ERRORS);
    advise(p, m, t, in_set(expected, n, "'+'") || in_set(expected, n, "a number"));
    sb_free(&b);
    sb_free(&what);
}

bool parser_recover(Parser *p, bool top) {
    const Token *t = p->tokens->at.at;
    uint32_t end = p->tokens->at.n - 1, i = p->error_at;
    if (p->errors >= MAX_ERRORS) return false;
    if (i < p->recovered) i = p->recovered;
    if (i == p->recovered && i < end && p->recovered && !(t[i].kind == '}' && !top)) i++;     // always forward
    for (uint32_t depth = 0; i < end; i++) {
        if (t[i].kind == '{') depth++;
        else if (t[i].kind == '}' && depth) depth--;
        else if (depth) continue;
        else if (t[i].kind == '}' && !top) break;
        else if (t[i].kind == ';') { i++; break; }
        else if (t[i].first && keyword_begins_item(t[i].kind)) break;
    }
    p->recovered = p->next = i;
    return true;
}

AstFile *parse_file(Arena *a, Diags *diags, uint32_t file) {
    Tokens tokens = {0};
    tokens_read(a, diags, file, &tokens);
    Parser p = {.arena = a, .diags = diags, .file = file, .tokens = &tokens};
    yyparse(&p);
    if (!p.result) {
        Span all = {file, 0, (uint32_t)diags->src->file.at[file]->size};
        p.result = (AstFile *)ast_new(a, AST_File, all);
    }
    return p.result;
}
