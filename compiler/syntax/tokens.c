// SPDX-License-Identifier: MIT
// Tells keywords from names, before the parser sees them, so that the grammar has no contextual words and no conflicts.
//
// A word of keywords.def is a name where an operand is expected (after an operator, a comma, an opening bracket or a keyword), and
// where an item may begin when what follows shows a name: `rate' = ...`, `step = 1 ms`, `input.r_max += 32 Hz`, `at[3] = 0`.
// Everywhere else it is a keyword. A few words are keywords only after a certain other one: `spike with rate`, `input event`.
//     param step = 1 ms          step: a name, after `param`
//     input x in 0..1            input: follows a value, a name follows: keyword; in: the same
//     input.r_max += 32 Hz       input: a '.' follows: a name
// Also closes blocks: when `neuron`, `network`, ... begins a line inside a block, the '}' before it was forgotten.
#include "tokens.h"
#include "parser.h"
#include <stdlib.h>

typedef enum { HARD, TOP, ITEM, CLAUSE } WordClass;
typedef struct Keyword { const char *text; int token; WordClass class; } Keyword;
static const Keyword keywords[] = {
#define KEYWORD(word, class) {#word, KW_##word, class},
#include "keywords.def"
#undef KEYWORD
};
enum { KEYWORDS = sizeof keywords / sizeof *keywords };

int keyword_find(Sym word) {
    static Sym names[KEYWORDS];
    if (!names[0])
        for (int i = 0; i < KEYWORDS; i++) names[i] = sym(keywords[i].text);
    for (int i = 0; i < KEYWORDS; i++)
        if (names[i] == word) return i;
    return -1;
}

int keyword_token(int keyword) { return keywords[keyword].token; }

static const Keyword *keyword_of(int kind) {
    for (int i = 0; i < KEYWORDS; i++)
        if (keywords[i].token == kind) return &keywords[i];
    return NULL;
}

bool keyword_begins_item(int kind) {
    if (kind == IDENT || kind == KW_if || kind == KW_while || kind == FOR_EACH) return true;
    const Keyword *k = keyword_of(kind);
    return k && (k->class == TOP || k->class == ITEM);
}

// After these an operand has ended, or none is open: an item or a clause may follow.
static bool ends_operand(int kind) {
    switch (kind) {
    case IDENT: case NUMBER: case STRING: case KW_true: case KW_false: case KW_rising: case KW_falling:
    case ')': case ']': case '}': case '{': case ';': return true;
    default: return false;
    }
}

static bool begins_operand(int kind) {
    switch (kind) {
    case IDENT: case NUMBER: case STRING: case KW_true: case KW_false: case KW_if: case KW_not: case '(': case '[': case '-': return true;
    default: return false;
    }
}

// Words that are keywords after a certain keyword, where otherwise a name stands.
static bool completes(int before, int word, const Token *next) {
    bool named = next->kind == IDENT && next->text == sym("when");
    switch (before) {
    case KW_spike: return (word == KW_when || word == KW_with || word == KW_once || word == KW_at) && !named;
    case KW_once: return word == KW_at;
    case KW_with: return word == KW_rate;
    case KW_input: return word == KW_event && next->kind == IDENT;
    case KW_extern: return word == KW_input || word == KW_output;
    case KW_delay: return word == KW_axonal && begins_operand(next->kind);
    default: return false;
    }
}

// At the start of an item: does what follows the word show that it is a name?
static bool shows_name(const Token *word, const Token *next) {
    switch (next->kind) {
    case PRIME: return next[1].kind == '=';
    case '=': case '.': case '~': case ADD_SET: case SUB_SET: case MUL_SET: case DIV_SET:
    case ',': case ')': case ']': case ':': case '+': case '*': case '/': case '^': case '<': case '>': return true;
    case '[': return next->span.pos == word->span.pos + word->span.len;
    default: return false;
    }
}

// `for x in`, `for (x, y) in`: a loop; otherwise `for` gives a duration.
static bool for_each(const Token *t) {
    if (t[1].kind == IDENT) return t[2].kind == IDENT && t[2].text == sym("in");
    if (t[1].kind != '(') return false;
    const Token *s = t + 2;
    while (s->kind == IDENT || s->kind == ',') s++;
    return s->kind == ')' && s[1].kind == IDENT && s[1].text == sym("in");
}

static void tell_word(Token *t, int before) {
    int k = keyword_find(t->text);
    if (k < 0 || before == '.') return;
    const Keyword *word = &keywords[k];
    if (word->class == HARD) t->kind = word->token == KW_for && for_each(t) ? FOR_EACH : word->token;
    else if (completes(before, word->token, t + 1)) t->kind = word->token;
    else if (!before || ends_operand(before)) t->kind = shows_name(t, t + 1) ? IDENT : word->token;
}

// `10 sec`: a word that stands right after a bare number on its line and begins nothing was meant as a unit.
static bool meant_as_unit(const Token *number, const Token *word) {
    if (number->kind != NUMBER || number->unit || word->kind != IDENT || word->first || keyword_find(word->text) >= 0) return false;
    switch (word[1].kind) {
    case '=': case PRIME: case '~': case ADD_SET: case SUB_SET: case MUL_SET: case DIV_SET: case '.': case '(': case '[': return false;
    default: return true;
    }
}

static void unknown_unit(Diags *diags, const Token *t) {
    Diag *m = diag(diags, t->span, D_UNKNOWN_UNIT, t->text);
    Sym near = nearest_name(t->text, (const Sym[]){"ms", "mV", "nS", "pF", "pA", "Hz", "kHz", "MOhm", "GOhm", "um", "mM"}, 11);
    if (near) diag_help(diags, m, "did you mean '%s'?", near);
    else diag_note(diags, m, "units are SI symbols with prefixes, such as ms, mV, nS, pF, pA, Hz, MOhm, um, mM, mV/ms");
}

static void tell_words(Diags *diags, Tokens *raw) {
    int before = 0;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < raw->at.n; i++) {
        Token *t = &raw->at.at[i];
        if (kept && meant_as_unit(&raw->at.at[kept - 1], t)) {
            unknown_unit(diags, t);
            continue;
        }
        if (t->kind == IDENT) tell_word(t, before);
        before = t->kind;
        raw->at.at[kept++] = *t;
    }
    raw->at.n = kept;
}

// Puts in the '}' that are missing before a top-level keyword at the start of a line, and at the end of the file.
static void close_blocks(Arena *a, Diags *diags, const Tokens *in, Tokens *out) {
    VEC(Span) open = {0};
    for (uint32_t i = 0; i < in->at.n; i++) {
        const Token *t = &in->at.at[i];
        const Keyword *k = keyword_of(t->kind);
        if (open.n && (t->kind == YYEOF || (t->first && k && k->class == TOP))) {
            diag(diags, open.at[0], D_UNCLOSED);
            Span end = i ? in->at.at[i - 1].span : t->span;
            Token close = {.kind = '}', .span = {end.file, end.pos + end.len, 0}, .made = true};
            for (; open.n; open.n--) vec_push(a, &out->at, close);
        }
        if (t->kind == '{') vec_push(a, &open, t->span);
        if (t->kind == '}' && open.n) open.n--;
        vec_push(a, &out->at, *t);
    }
}

void tokens_read(Arena *a, Diags *diags, uint32_t file, Tokens *out) {
    Tokens raw = {0};
    lexer_scan(a, diags, file, &raw);
    tell_words(diags, &raw);
    *out = raw;
    out->at.at = NULL;
    out->at.n = out->at.cap = 0;
    close_blocks(a, diags, &raw, out);
}

const char *token_text(const Diags *d, const Token *t, StrBuf *b) {
    const char *text = d->src->file.at[t->span.file]->text + t->span.pos;
    int n = (int)(t->span.len > 40 ? 40 : t->span.len);
    b->n = 0;
    if (t->kind == YYEOF) sb_puts(b, "end of the file");
    else if (t->made) sb_puts(b, "end of this block");
    else if (t->kind == NUMBER) sb_printf(b, "number %.*s", n, text);
    else if (t->kind == STRING) sb_puts(b, "a string");
    else if (t->kind == IDENT) sb_printf(b, "name '%.*s'", n, text);
    else sb_printf(b, keyword_of(t->kind) || t->kind == FOR_EACH ? "keyword '%.*s'" : "'%.*s'", n, text);
    return b->s;
}

void tokens_print(Diags *diags, uint32_t file, FILE *out) {
    Arena arena = {0};
    Tokens tokens = {0};
    StrBuf b = {0};
    tokens_read(&arena, diags, file, &tokens);
    for (uint32_t i = 0; i < tokens.at.n; i++) {
        const Token *t = &tokens.at.at[i];
        uint32_t line, column;
        source_line_column(diags->src->file.at[file], t->span.pos, &line, &column);
        fprintf(out, "%u:%u: %s", line, column, token_text(diags, t, &b));
        if (t->kind == NUMBER) fprintf(out, " = %.17g", t->value);
        if (t->kind == STRING) fprintf(out, " of %zu bytes", strlen(t->text));
        fputc('\n', out);
    }
    sb_free(&b);
    arena_free(&arena);
}
