// SPDX-License-Identifier: MIT
// A declaration as HTML: its comment, what can be set, what it is connected by, its equations typeset from the tree, its text.
// The comment keeps its paragraphs; lines that begin with `Word:` (Source:, Ports:, Example:) become entries. Indented lines are the equations
// in plain text: left out where the tree has them, else kept as they are.
#include "doc_html.h"
#include "syntax/mathml.h"
#include <ctype.h>
#include <errno.h>
#include <unistd.h>

// Text of a comment; `words` between grave accents are code.
static void prose(StrBuf *out, const char *s, size_t n) {
    for (size_t i = 0, k; i < n; i += k) {
        const char *end = s[i] == '`' ? memchr(s + i + 1, '`', n - i - 1) : NULL;
        k = end ? (size_t)(end - s) + 1 - i : i + 1 < n ? 1 + (size_t)strcspn(s + i + 1, "`") : 1;
        if (k > n - i) k = n - i;
        sb_puts(out, end ? "<code>" : "");
        mathml_text(out, s + i + (end ? 1 : 0), end ? k - 2 : k);
        sb_puts(out, end ? "</code>" : "");
    }
}

static void text(StrBuf *out, const char *s) { prose(out, s, strlen(s)); }

void doc_html_open(StrBuf *out, const char *title, const char *root) {
    sb_puts(out, "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                 "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>");
    text(out, title);
    sb_printf(out, "</title>\n<link rel=\"icon\" href=\"data:,\">\n<link rel=\"stylesheet\" href=\"%sstyle.css\">\n</head>\n<body>\n"
                   "<header><a href=\"%sindex.html\">snnc library</a></header>\n<main>\n", root, root);
}

void doc_html_close(StrBuf *out) { sb_puts(out, "</main>\n</body>\n</html>\n"); }

bool doc_html_write(const char *path, const StrBuf *page) {
    char temporary[4096];
    snprintf(temporary, sizeof temporary, "%s.tmp", path);
    FILE *f = fopen(temporary, "w");
    bool good = f && fwrite(page->s, 1, page->n, f) == page->n;
    if (f && fclose(f)) good = false;
    if (good) good = !rename(temporary, path);
    if (!good) {
        fprintf(stderr, "snnc doc: cannot write '%s': %s\n", path, strerror(errno));
        if (f) unlink(temporary);
    }
    return good;
}

// The comment ------------------------------------------------------------------------------------------------------------------------

typedef enum { BLOCK_NONE, BLOCK_PARAGRAPH, BLOCK_CODE, BLOCK_ENTRY, BLOCK_EXAMPLE } Block;

// "Source: ..." -> 6, else 0: one capitalised word (or two) before a colon at the start of a line.
static size_t entry_key(const char *line, size_t n) {
    size_t i = 0, words = 1;
    if (!n || !isupper((unsigned char)*line)) return 0;
    for (; i < n && (isalpha((unsigned char)line[i]) || (line[i] == ' ' && ++words <= 2)); i++) {}
    return i < n && line[i] == ':' && (i + 1 == n || line[i + 1] == ' ') ? i : 0;
}

static void close_block(StrBuf *out, Block b) {
    if (b == BLOCK_EXAMPLE) sb_puts(out, "</code>");
    if (b == BLOCK_CODE) sb_puts(out, "</pre>\n");
    else if (b != BLOCK_NONE) sb_puts(out, "</p>\n");
}

static void open_block(StrBuf *out, Block b, const char *key, size_t n) {
    if (b == BLOCK_PARAGRAPH) sb_puts(out, "<p>");
    if (b == BLOCK_CODE) sb_puts(out, "<pre>");
    if (n) sb_printf(out, "<p class=\"entry\"><b>%.*s</b> %s", (int)n, key, b == BLOCK_EXAMPLE ? "<code>" : "");
}

static Block next_block(Block now, const char *line, size_t n, size_t key) {
    if (!n) return BLOCK_NONE;
    if (n > 4 && !strncmp(line, "    ", 4) && now != BLOCK_EXAMPLE) return BLOCK_CODE;
    if (key) return key == 7 && !strncmp(line, "Example", 7) ? BLOCK_EXAMPLE : BLOCK_ENTRY;
    return now == BLOCK_ENTRY || now == BLOCK_EXAMPLE ? now : BLOCK_PARAGRAPH;
}

static void comment(StrBuf *out, const char *doc, bool code_too) {
    Block block = BLOCK_NONE;
    for (const char *p = doc; p && *p;) {
        size_t n = strcspn(p, "\n"), key = p == doc ? 0 : entry_key(p, n);
        Block next = next_block(block, p, n, key);
        bool code = next == BLOCK_CODE;
        if (next != block || key) {
            close_block(out, block);
            if (code && !code_too) next = BLOCK_NONE;
            open_block(out, next, p, key);
        } else sb_putc(out, '\n');
        size_t skip = code ? 4 : key ? key + 1 : 0;
        while (!code && skip < n && p[skip] == ' ') skip++;
        if (next == BLOCK_CODE || next == BLOCK_EXAMPLE) mathml_text(out, p + skip, n - skip);
        else if (next != BLOCK_NONE) prose(out, p + skip, n - skip);
        block = next;
        p += n + (p[n] == '\n');
    }
    close_block(out, block);
}

// Tables -----------------------------------------------------------------------------------------------------------------------------

static void math(StrBuf *out, const Ast *e) {
    sb_puts(out, "<math>");
    mathml_expr(out, e);
    sb_puts(out, "</math>");
}

static void symbol(StrBuf *out, const char *name) {
    sb_puts(out, "<math>");
    mathml_name(out, name);
    sb_puts(out, "</math>");
}

static void unit(StrBuf *out, const AstParam *p) {
    const AstType *t = p->type ? AST_AS(Type, p->type) : NULL;
    const Ast *init = p->init && p->init->kind == AST_Unary ? AST_AS(Unary, p->init)->operand : p->init;
    const char *u = t ? t->name : init && init->kind == AST_Number ? AST_AS(Number, init)->unit : NULL;
    if (!u) return;
    if (t && !t->is_unit) {
        text(out, u);
        return;
    }
    sb_puts(out, "<math>");
    mathml_unit(out, u);
    sb_puts(out, "</math>");
}

// The default without its unit when that stands in the next column.
static void initial(StrBuf *out, const AstParam *p) {
    const Ast *e = p->init;
    if (!e) return;
    bool minus = e->kind == AST_Unary && AST_AS(Unary, e)->op == OP_NEG;
    const Ast *inner = minus ? AST_AS(Unary, e)->operand : e;
    if (inner->kind == AST_Number && !p->draw) {
        AstNumber bare = *AST_AS(Number, inner);
        bare.unit = NULL;
        sb_puts(out, minus ? "<math><mo form=\"prefix\">−</mo>" : "<math>");
        mathml_expr(out, &bare.base);
        sb_puts(out, "</math>");
        return;
    }
    if (p->draw) sb_puts(out, "<math><mo>∼</mo></math> ");
    math(out, e);
}

static void table_row(StrBuf *out, const AstParam *p, const char *note, bool start) {
    sb_puts(out, "<tr><td>");
    symbol(out, p->name);
    sb_puts(out, "</td><td><code>");
    text(out, p->name);
    sb_puts(out, "</code></td>");
    if (start) {
        sb_puts(out, "<td class=\"number\">");
        initial(out, p);
        sb_puts(out, "</td>");
    }
    sb_puts(out, "<td>");
    unit(out, p);
    sb_puts(out, "</td><td>");
    if (p->range) {
        sb_puts(out, "<math><mo form=\"prefix\">∈</mo>");
        mathml_expr(out, p->range);
        sb_puts(out, "</math> ");
    }
    if (note) sb_printf(out, "%s ", note);
    if (p->base.doc) text(out, p->base.doc);
    sb_puts(out, "</td></tr>\n");
}

static const AstList *table_items(const Ast *a, const char **note) {
    *note = NULL;
    if (a->kind == AST_ParamDecl) {
        if (AST_AS(ParamDecl, a)->is_const) *note = "(constant)";
        return &AST_AS(ParamDecl, a)->items;
    }
    if (a->kind == AST_Weight) {
        *note = "weight of a connection";
        return &AST_AS(Weight, a)->items;
    }
    if (a->kind == AST_Input) {
        *note = AST_AS(Input, a)->is_event ? "arriving spikes" : "input";
        return &AST_AS(Input, a)->items;
    }
    return a->kind == AST_State ? &AST_AS(State, a)->items : NULL;
}

typedef enum { TABLE_SET, TABLE_PORTS, TABLE_STATES } Table;

static bool in_table(const Ast *a, Table t) {
    if (t == TABLE_SET) return a->kind == AST_ParamDecl;
    if (t == TABLE_PORTS) return a->kind == AST_Input || a->kind == AST_Weight;
    return a->kind == AST_State;
}

static void table(StrBuf *out, const AstList *params, const AstList *members, Table t) {
    static const char *const heads[] = {"<h2>Parameters</h2>", "<h2>Ports</h2>", "<h2>State</h2>"};
    static const char *const third[] = {"<th>default</th>", "", "<th>start</th>"};
    const char *note;
    bool any = t == TABLE_SET && params->n;
    for (uint32_t i = 0; i < members->n; i++) any |= in_table(members->at[i], t);
    if (!any) return;
    sb_printf(out, "%s\n<table>\n<tr><th></th><th>name</th>%s<th>unit</th><th></th></tr>\n", heads[t], third[t]);
    for (uint32_t i = 0; t == TABLE_SET && i < params->n; i++) table_row(out, AST_AS(Param, params->at[i]), NULL, true);
    for (uint32_t i = 0; i < members->n; i++) {
        if (!in_table(members->at[i], t)) continue;
        const AstList *items = table_items(members->at[i], &note);
        for (uint32_t j = 0; j < items->n; j++) table_row(out, AST_AS(Param, items->at[j]), note, t != TABLE_PORTS);
    }
    sb_puts(out, "</table>\n");
}

// Equations --------------------------------------------------------------------------------------------------------------------------

static void statements(StrBuf *out, const AstList *body);

static void span(StrBuf *out, const Source *s, Span at) {
    sb_puts(out, "<code>");
    mathml_text(out, s->text + at.pos, at.len);
    sb_puts(out, "</code>");
}

static void formula(StrBuf *out, const Ast *a) {
    sb_puts(out, "<div class=\"formula\"><math displaystyle=\"true\">");
    mathml_formula(out, a);
    sb_puts(out, "</math></div>\n");
}

static void condition(StrBuf *out, const char *before, const Ast *e, const char *after) {
    sb_puts(out, before);
    math(out, e);
    sb_puts(out, after);
}

static void refractory(StrBuf *out, const AstRefractory *r) {
    condition(out, "<p>refractory for ", r->duration, "");
    for (uint32_t i = 0; i < r->hold.n; i++) {
        sb_puts(out, i ? ", " : " with ");
        math(out, r->hold.at[i]);
    }
    sb_puts(out, r->hold.n ? " held</p>\n" : "</p>\n");
}

static void branch(StrBuf *out, const AstIf *f) {
    condition(out, "<p>if ", f->cond, "</p>\n");
    statements(out, &f->then);
    if (!f->otherwise.n) return;
    sb_puts(out, "<p>otherwise</p>\n");
    statements(out, &f->otherwise);
}

static void statements(StrBuf *out, const AstList *body) {
    sb_puts(out, "<div class=\"block\">\n");
    for (uint32_t i = 0; i < body->n; i++) {
        const Ast *a = body->at[i];
        if (mathml_is_formula(a)) formula(out, a);
        else if (a->kind == AST_Refractory) refractory(out, AST_AS(Refractory, a));
        else if (a->kind == AST_If) branch(out, AST_AS(If, a));
        else if (a->kind == AST_Emit) condition(out, "<p>a spike of ", AST_AS(Emit, a)->target, "</p>\n");
    }
    sb_puts(out, "</div>\n");
}

static void spike(StrBuf *out, const AstSpike *s) {
    sb_puts(out, "<p><b>Spike</b> ");
    if (s->port) {
        sb_puts(out, "<code>");
        text(out, s->port);
        sb_puts(out, "</code> ");
    }
    if (s->how == SPIKE_RATE) condition(out, "with rate ", s->cond, "");
    else if (s->how == SPIKE_CROSSES) {
        condition(out, "when ", s->cond, " crosses ");
        math(out, s->level);
        sb_printf(out, " %s", s->edge ? s->edge : "rising");
    } else if (s->how != SPIKE_WHEN) {
        condition(out, s->how == SPIKE_ONCE_AT ? "once at <math><mi>t</mi><mo>=</mo></math>" : "at <math><mi>t</mi><mo>=</mo></math>", s->at, "");
        if (s->var) {
            sb_puts(out, " for each ");
            symbol(out, s->var);
            condition(out, " of ", s->over, "");
        }
    }
    if (s->cond && s->how != SPIKE_RATE && s->how != SPIKE_CROSSES) condition(out, " when ", s->cond, "");
    sb_puts(out, s->body.n ? ", then</p>\n" : "</p>\n");
    if (s->body.n) statements(out, &s->body);
}

static void handler(StrBuf *out, const AstOn *o) {
    if (!strcmp(o->event, "pre")) sb_puts(out, "<p><b>At each spike that arrives</b></p>\n");
    else if (!strcmp(o->event, "post")) sb_puts(out, "<p><b>At each spike of the target</b></p>\n");
    else {
        sb_puts(out, "<p><b>At each event</b> <code>");
        text(out, o->event);
        sb_puts(out, "</code>");
        if (o->arg) {
            sb_puts(out, " of size ");
            symbol(out, o->arg);
        }
        sb_puts(out, "</p>\n");
    }
    statements(out, &o->body);
}

static bool has_equation(const Ast *a) {
    return mathml_is_formula(a) || a->kind == AST_Spike || a->kind == AST_On || a->kind == AST_Step || a->kind == AST_Solve;
}

static void solve(StrBuf *out, const AstSolve *s) {
    sb_puts(out, "<p>Solved by <code>");
    text(out, s->method);
    sb_puts(out, "</code>: ");
    for (uint32_t i = 0; i < s->names.n; i++) condition(out, i ? ", " : "", s->names.at[i], "");
    sb_puts(out, "</p>\n");
}

static bool any_equation(const AstList *members) {
    for (uint32_t i = 0; i < members->n; i++)
        if (has_equation(members->at[i])) return true;
    return false;
}

static void equations(StrBuf *out, const AstList *members, const char *title) {
    if (!any_equation(members)) return;
    sb_printf(out, "<h2>%s</h2>\n<div class=\"equations\">\n", title);
    for (uint32_t i = 0; i < members->n; i++) {
        const Ast *a = members->at[i];
        if (mathml_is_formula(a)) formula(out, a);
        else if (a->kind == AST_Spike) spike(out, AST_AS(Spike, a));
        else if (a->kind == AST_On) handler(out, AST_AS(On, a));
        else if (a->kind == AST_Solve) solve(out, AST_AS(Solve, a));
        else if (a->kind == AST_Step) {
            sb_puts(out, "<p><b>In each step</b></p>\n");
            statements(out, &AST_AS(Step, a)->body);
        }
    }
    sb_puts(out, "</div>\n");
}

// Circuits ---------------------------------------------------------------------------------------------------------------------------

static void parts(StrBuf *out, const Source *s, const AstList *members, bool ports) {
    bool any = false;
    for (uint32_t i = 0; i < members->n; i++) {
        const Ast *a = members->at[i];
        bool mine = ports ? a->kind == AST_Port : a->kind == AST_Population || a->kind == AST_Connect || a->kind == AST_Instance;
        if (!mine) continue;
        if (!any) sb_puts(out, ports ? "<h2>Ports</h2>\n<ul>\n" : "<h2>Populations and connections</h2>\n<ul>\n");
        any = true;
        sb_puts(out, "<li>");
        if (a->doc) {
            text(out, a->doc);
            sb_puts(out, ": ");
        }
        span(out, s, a->span);
        sb_puts(out, "</li>\n");
    }
    if (any) sb_puts(out, "</ul>\n");
}

// Declarations -----------------------------------------------------------------------------------------------------------------------

static void heading(StrBuf *out, const char *what, const char *name) {
    sb_printf(out, "<h1 id=\"%s\"><small>%s</small> ", name, what);
    text(out, name);
    sb_puts(out, "</h1>\n");
}

static void declaration(StrBuf *out, const Source *s, const Ast *a) {
    static const char *const what[] = {"neuron", "synapse", "plasticity", "encoder", "decoder"};
    static const AstList none = {0};
    const AstModel *m = a->kind == AST_Model ? AST_AS(Model, a) : NULL;
    const AstCircuit *c = a->kind == AST_Circuit ? AST_AS(Circuit, a) : NULL;
    const AstFn *f = a->kind == AST_Fn ? AST_AS(Fn, a) : NULL;
    const AstExperiment *e = a->kind == AST_Experiment ? AST_AS(Experiment, a) : NULL;
    if (!m && !c && !f && !e) return;
    heading(out, m ? what[m->what] : c ? c->is_network ? "network" : "circuit" : f ? "function" : "experiment", m ? m->name : c ? c->name : f ? f->name : e->name);
    const AstList *params = m ? &m->params : c ? &c->params : f ? &f->params : &none, *members = m ? &m->members : c ? &c->members : &none;
    comment(out, a->doc, !m || !any_equation(members));
    equations(out, members, c ? "Definitions" : "Equations");
    table(out, params, members, TABLE_SET);
    table(out, &none, members, TABLE_PORTS);
    if (c) parts(out, s, members, true);
    table(out, &none, members, TABLE_STATES);
    if (c) parts(out, s, members, false);
    if (f) {
        sb_puts(out, "<div class=\"formula\"><math displaystyle=\"true\">");
        mathml_expr(out, f->body);
        sb_puts(out, "</math></div>\n");
    }
    sb_puts(out, "<h2>Text</h2>\n<pre><code>");
    mathml_text(out, s->text + a->span.pos, a->span.len);
    sb_puts(out, "</code></pre>\n");
}

static bool named(const Ast *a, const char *name) {
    Sym own = a->kind == AST_Model ? AST_AS(Model, a)->name : a->kind == AST_Circuit ? AST_AS(Circuit, a)->name : NULL;
    return own && !strcmp(own, name);
}

void doc_html_file(StrBuf *out, const Source *source, const AstFile *file, const char *first) {
    for (int pass = 0; pass < 2; pass++)
        for (uint32_t i = 0; i < file->items.n; i++)
            if (named(file->items.at[i], first) == !pass) declaration(out, source, file->items.at[i]);
}
