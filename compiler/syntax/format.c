// SPDX-License-Identifier: MIT
// One canonical layout. Works on the tokens, so that every comment and every line break the author chose inside a block stays; the tree
// only says which tokens begin an item. Formatting twice changes nothing, and the tree of the result is the tree of the text.
//   neuron A{ param a=1 mV , b = 2*mV_x   input I:pA }   ->   neuron A { param a = 1 mV, b = 2*mV_x; input I : pA }
// - four blanks a level; a line that continues an item is four deeper; at most one empty line in a row
// - a block stays on one line if it was on one line; its items are parted by ';', which is dropped at the end of a line
// - `* / ^` are tight unless the author parted them; after a number with a unit they are always parted, because 10 mV/s is one quantity
// - comments behind code are aligned in runs of lines
#include "tokens.h"
#include "parser.h"
#include <stdlib.h>

typedef struct Line { const char *code, *comment; int indent; bool blank; } Line;
typedef struct Layout {
    Arena *arena; const Source *source; const Token *t; uint32_t n;
    bool *item;                         // token begins an item
    uint32_t *match;                    // of '{' and '}': the other one
    VEC(Line) lines; StrBuf code; bool open; int indent; bool blank;
    int depth, round, square;           // open braces, parentheses, brackets
    bool range; int range_round;        // the next ':' is a range, because an `in` was seen within so many parentheses
    uint32_t single;                    // '{' of the outermost block on one line that is open, + 1
} Layout;

static void mark_items(Ast *node, void *context) {
    Layout *l = context;
    if (node->kind > AST_File && node->kind != AST_Param && node->kind != AST_Arg) {
        uint32_t lo = 0, hi = l->n;
        while (hi - lo > 1) {
            uint32_t mid = lo + (hi - lo) / 2;
            if (l->t[mid].span.pos <= node->span.pos) lo = mid;
            else hi = mid;
        }
        int before = lo ? l->t[lo - 1].kind : 0;
        l->item[lo] = before != ',' && before != KW_else;
    }
    ast_each_kid(node, mark_items, context);
}

static void match_braces(Layout *l) {
    VEC(uint32_t) open = {0};
    for (uint32_t i = 0; i < l->n; i++) {
        if (l->t[i].kind == '{') vec_push(l->arena, &open, i);
        if (l->t[i].kind != '}' || !open.n) continue;
        uint32_t o = open.at[--open.n];
        l->match[o] = i;
        l->match[i] = o;
    }
}

static uint32_t end_of(Span s) { return s.pos + s.len; }

static int newlines(const Layout *l, uint32_t from, uint32_t to) {
    int n = 0;
    for (uint32_t i = from; i < to; i++) n += l->source->text[i] == '\n';
    return n;
}

// Lines ------------------------------------------------------------------------------------------------------------------------------

static void end_line(Layout *l) {
    if (!l->open) return;
    Line line = {arena_strndup(l->arena, l->code.s ? l->code.s : "", l->code.n), NULL, l->indent, l->blank && l->lines.n};
    vec_push(l->arena, &l->lines, line);
    l->code.n = 0;
    l->open = false;
}

static void begin_line(Layout *l, int indent, bool blank) {
    end_line(l);
    l->open = true;
    l->indent = indent;
    l->blank = blank;
}

static int width(const char *s) {
    int n = 0;
    for (; *s; s++) n += (*s & 0xC0) != 0x80;
    return n;
}

// Comments of neighbouring lines of one depth share a column.
static bool same_run(const Line *a, const Line *b) { return a->comment && b->comment && !b->blank && a->indent == b->indent; }

static int run_column(const Line *first, const Line *end) {
    int column = 0;
    for (const Line *j = first; j < end && (j == first || same_run(j - 1, j)); j++) {
        int w = j->indent + width(j->code);
        if (w > column) column = w;
    }
    return column;
}

static void print_lines(const Layout *l, StrBuf *out) {
    int column = 0;
    for (uint32_t i = 0; i < l->lines.n; i++) {
        const Line *line = &l->lines.at[i];
        if (line->blank) sb_putc(out, '\n');
        sb_printf(out, "%*s%s", *line->code || line->comment ? line->indent : 0, "", line->code);
        if (line->comment) {
            if (!i || !same_run(line - 1, line)) column = run_column(line, l->lines.at + l->lines.n);
            sb_printf(out, "%*s%s", column + 2 - line->indent - width(line->code), "", line->comment);
        }
        sb_putc(out, '\n');
    }
}

// Blanks -----------------------------------------------------------------------------------------------------------------------------

static bool ends_operand(const Token *t) {
    switch (t->kind) {
    case IDENT: case NUMBER: case STRING: case KW_true: case KW_false: case ')': case ']': return true;
    default: return false;
    }
}

static bool unary(const Layout *l, uint32_t i) { return l->t[i].kind == '-' && (!i || !ends_operand(&l->t[i - 1])); }

static bool tight_operator(int kind) { return kind == '*' || kind == '/' || kind == '^' || kind == '%'; }

// 10 mV / s: without blanks the variable would be read as a part of the unit.
static bool would_join(const Layout *l, uint32_t op) {
    const Token *number = &l->t[op - 1], *next = &l->t[op + 1];
    if (number->kind != NUMBER || !number->unit) return false;
    char text[200];
    snprintf(text, sizeof text, "%s%c%.*s", number->unit, l->t[op].kind, (int)(next->span.len > 60 ? 60 : next->span.len),
             l->source->text + next->span.pos);
    return unit_match(text, strlen(text), NULL) > strlen(number->unit);
}

// The blanks around * / % are the author's, unless they are needed.
static bool parted(const Layout *l, uint32_t op) {
    if (!op) return false;
    return would_join(l, op) || (l->t[op].kind != '^' && end_of(l->t[op - 1].span) != l->t[op].span.pos);
}

static bool blank_before(const Layout *l, uint32_t i) {
    const Token *t = &l->t[i], *b = t - 1;
    if (t->kind == ',' || t->kind == ';' || t->kind == ')' || t->kind == ']' || t->kind == '.' || t->kind == DOTS || t->kind == PRIME) return false;
    if (b->kind == '(' || b->kind == '[' || b->kind == '.' || b->kind == DOTS) return false;
    if (b->kind == '-' && unary(l, i - 1)) return false;
    if (t->kind == '(' && (b->kind == IDENT || b->kind == ']')) return false;
    if (t->kind == '[' && (b->kind == IDENT || b->kind == ']' || b->kind == ')' || b->kind == NUMBER)) return false;
    if (tight_operator(t->kind)) return parted(l, i);
    if (tight_operator(b->kind)) return parted(l, i - 1);
    if (t->kind == ':' || b->kind == ':') return !l->range && !l->square;
    return true;
}

static void put_token(Layout *l, uint32_t i) {
    const Token *t = &l->t[i];
    if (t->kind == NUMBER) sb_printf(&l->code, t->unit ? "%s %s" : "%s", t->text, t->unit);
    else sb_printf(&l->code, "%.*s", (int)t->span.len, l->source->text + t->span.pos);
}

// Tokens -----------------------------------------------------------------------------------------------------------------------------

static bool on_one_line(const Layout *l, uint32_t brace) {
    uint32_t other = l->match[brace];
    uint32_t from = brace < other ? brace : other, to = brace < other ? other : brace;
    return !newlines(l, l->t[from].span.pos, l->t[to].span.pos);
}

static int continued(const Layout *l, uint32_t i) {
    bool closes = l->t[i].kind == ')' || l->t[i].kind == ']';
    return 4 * l->depth + (closes && l->round + l->square <= 1 ? 0 : 4);
}

// Where token i goes: 1 and 2 are a new line (2 with an empty one before it), 0 is the same line.
static int breaks(const Layout *l, uint32_t i, bool after_comment, int lines) {
    const Token *t = &l->t[i];
    int before = i ? l->t[i - 1].kind : 0, forced = after_comment ? 1 : 0;
    if (t->kind == '{' || (t->kind == KW_else && before == '}')) return forced;
    if (t->kind == '}') return !on_one_line(l, i) || forced;
    if (before == '{') return !on_one_line(l, i - 1) || forced ? (after_comment && lines > 1 ? 2 : 1) : 0;
    if (!l->item[i]) return forced || lines > 0;
    if (lines > 1) return 2;
    if (lines > 0 || forced || !l->depth) return 1;
    return before == '}' && !l->single;
}

static void track(Layout *l, uint32_t i) {
    switch (l->t[i].kind) {
    case '(': l->round++; break;
    case ')': l->round--; break;
    case '[': l->square++; break;
    case ']': l->square--; break;
    case ',': if (l->round <= l->range_round) l->range = false; break;
    case KW_in: l->range = true; l->range_round = l->round; break;
    case '{':
        l->range = false;
        if (!l->single && on_one_line(l, i)) l->single = i + 1;
        l->depth++;
        break;
    case '}': if (l->single == l->match[i] + 1) l->single = 0; break;
    default: break;
    }
}

static void place_token(Layout *l, uint32_t i, bool after_comment, int lines) {
    const Token *t = &l->t[i];
    if (t->kind == ';') return;
    if (t->kind == '}') l->depth--;
    if (l->item[i]) l->range = false;
    int how = breaks(l, i, after_comment, lines);
    bool starts = l->item[i] || t->kind == '}' || t->kind == '{' || (i && (l->t[i - 1].kind == '{' || l->t[i - 1].kind == '}'));
    if (how || !l->open) begin_line(l, starts ? 4 * l->depth : continued(l, i), how == 2);
    else if (l->item[i] && i && l->t[i - 1].kind != '{') sb_puts(&l->code, "; ");
    else if (blank_before(l, i)) sb_putc(&l->code, ' ');
    put_token(l, i);
    track(l, i);
}

static void place_comment(Layout *l, const Comment *c, uint32_t next, int lines) {
    const char *text = arena_strndup(l->arena, l->source->text + c->span.pos, c->span.len);
    if (!c->alone && (l->open || l->lines.n)) {
        end_line(l);
        Line *line = &l->lines.at[l->lines.n - 1];
        if (!line->comment) { line->comment = text; return; }
    }
    bool starts = next >= l->n || l->item[next] || l->t[next].kind == '}' || l->t[next].kind == '{' || l->t[next].kind == YYEOF ||
                  (next && l->t[next - 1].kind == '}');
    bool first = next && l->t[next - 1].kind == '{' && end_of(l->t[next - 1].span) <= c->span.pos && lines;
    begin_line(l, 4 * l->depth + (starts ? 0 : 4), lines > 1 && !(first && l->lines.n && !l->lines.at[l->lines.n - 1].comment));
    sb_puts(&l->code, text);
    end_line(l);
}

static void lay_out(Layout *l, const Tokens *tokens) {
    uint32_t c = 0, end = 0;
    bool after_comment = false;
    for (uint32_t i = 0; i < l->n; i++) {
        for (; c < tokens->comments.n && tokens->comments.at[c].span.pos < l->t[i].span.pos + (l->t[i].kind == YYEOF); c++) {
            const Comment *comment = &tokens->comments.at[c];
            place_comment(l, comment, i, newlines(l, end, comment->span.pos));
            end = end_of(comment->span);
            after_comment = true;
        }
        if (l->t[i].kind == YYEOF) break;
        place_token(l, i, after_comment, newlines(l, end, l->t[i].span.pos));
        end = end_of(l->t[i].span);
        if (l->t[i].kind != ';') after_comment = false;
    }
    end_line(l);
}

char *format_file(Arena *a, Diags *diags, uint32_t file) {
    Tokens tokens = {0};
    uint32_t errors = diags->errors;
    AstFile *tree = parse_file(a, diags, file);
    if (diags->errors > errors) return NULL;
    tokens_read(a, diags, file, &tokens);
    Layout l = {.arena = a, .source = diags->src->file.at[file], .t = tokens.at.at, .n = tokens.at.n};
    l.item = ARENA_ARRAY(a, bool, l.n);
    l.match = ARENA_ARRAY(a, uint32_t, l.n);
    mark_items(&tree->base, &l);
    match_braces(&l);
    lay_out(&l, &tokens);
    StrBuf out = {0};
    print_lines(&l, &out);
    char *text = arena_strndup(a, out.s ? out.s : "", out.n);
    sb_free(&out);
    sb_free(&l.code);
    return text;
}
