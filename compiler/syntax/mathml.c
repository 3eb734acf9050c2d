// SPDX-License-Identifier: MIT
// The tree typeset. A walk by precedence that writes parentheses only where the two-dimensional form needs them: a fraction bar, a root and
// a superscript hold their parts together by themselves.
//   tau_m*exp(-s/tau_m)^2   ->   tau with subscript m, thin space, e to the -s/tau_m in parentheses, squared
// Names are split at '_': what follows is a subscript (upright, as labels are); Greek letters are spelt out in the text. In superscripts and
// subscripts (`small`) a quotient stays on its line.
#include "mathml.h"
#include <ctype.h>

enum { P_COND, P_OR, P_AND, P_NOT, P_COMPARE, P_ADD, P_MUL, P_NEG, P_POW, P_ATOM };

typedef struct Writer { StrBuf *out; bool small; } Writer;
typedef struct Pair { const char *word, *sign; } Pair;

static const Pair greek[] = {
    {"alpha", "α"}, {"beta", "β"}, {"gamma", "γ"}, {"delta", "δ"}, {"epsilon", "ε"}, {"eps", "ε"}, {"zeta", "ζ"}, {"eta", "η"}, {"theta", "θ"},
    {"iota", "ι"}, {"kappa", "κ"}, {"lambda", "λ"}, {"mu", "μ"}, {"nu", "ν"}, {"xi", "ξ"}, {"pi", "π"}, {"rho", "ρ"}, {"sigma", "σ"}, {"tau", "τ"},
    {"phi", "φ"}, {"chi", "χ"}, {"psi", "ψ"}, {"omega", "ω"}, {"Gamma", "Γ"}, {"Delta", "Δ"}, {"Theta", "Θ"}, {"Lambda", "Λ"}, {"Xi", "Ξ"},
    {"Pi", "Π"}, {"Sigma", "Σ"}, {"Phi", "Φ"}, {"Psi", "Ψ"}, {"Omega", "Ω"}, {NULL, NULL}};
static const Pair labels[] = {{"plus", "+"}, {"minus", "−"}, {"inf", "∞"}, {NULL, NULL}};

static void write(const Writer *w, const Ast *e);

static const char *lookup(const Pair *table, const char *s, size_t n) {
    for (; table->word; table++)
        if (strlen(table->word) == n && !memcmp(table->word, s, n)) return table->sign;
    return NULL;
}

void mathml_text(StrBuf *out, const char *text, size_t n) {
    for (size_t i = 0; i < n; i++) {
        char c = text[i];
        if (c == '&') sb_puts(out, "&amp;");
        else if (c == '<') sb_puts(out, "&lt;");
        else if (c == '>') sb_puts(out, "&gt;");
        else if (c == '"') sb_puts(out, "&quot;");
        else sb_putc(out, c);
    }
}

// Names and numbers ------------------------------------------------------------------------------------------------------------------

static void tag(StrBuf *out, const char *open, const char *text, size_t n, const char *close) {
    sb_puts(out, open);
    mathml_text(out, text, n);
    sb_puts(out, close);
}

static void word(StrBuf *out, const char *s, size_t n) {
    const char *sign = lookup(greek, s, n);
    if (sign) tag(out, "<mi>", sign, strlen(sign), "</mi>");
    else tag(out, "<mi>", s, n, "</mi>");
}

// A label: "m", "th", "Na", "plus"; parts joined by '_' are parted by commas.
static void label(StrBuf *out, const char *s) {
    sb_puts(out, "<mrow>");
    for (bool first = true; *s; first = false) {
        size_t n = strcspn(s, "_");
        const char *sign = lookup(labels, s, n);
        if (!sign) sign = lookup(greek, s, n);
        if (n && !first) sb_puts(out, "<mo>,</mo>");
        if (n && isdigit((unsigned char)*s) && strspn(s, "0123456789") == n) tag(out, "<mn>", s, n, "</mn>");
        else if (n) tag(out, "<mi mathvariant=\"normal\">", sign ? sign : s, sign ? strlen(sign) : n, "</mi>");
        s += n + (s[n] == '_');
    }
    sb_puts(out, "</mrow>");
}

void mathml_name(StrBuf *out, const char *name) {
    size_t n = strcspn(name, "_"), digits = n;
    if (!n || !name[n] || !name[n + 1]) n = strlen(name);             // no underscore with something on both sides
    const char *sub = name[n] ? name + n + 1 : NULL;
    if (!sub) {
        for (digits = n; digits > 1 && isdigit((unsigned char)name[digits - 1]); digits--) {}
        if (digits < n) sub = name + digits, n = digits;
    }
    if (!sub) {
        word(out, name, n);
        return;
    }
    sb_puts(out, "<msub>");
    word(out, name, n);
    label(out, sub);
    sb_puts(out, "</msub>");
}

static void unit_symbol(StrBuf *out, const char *s, size_t n) {
    bool micro = n > 1 && *s == 'u';
    sb_puts(out, "<mi mathvariant=\"normal\">");
    if (micro) sb_puts(out, "μ"), s++, n--;
    if (n >= 3 && !memcmp(s + n - 3, "Ohm", 3)) {
        mathml_text(out, s, n - 3);
        sb_puts(out, "Ω");
    } else mathml_text(out, s, n);
    sb_puts(out, "</mi>");
}

void mathml_unit(StrBuf *out, const char *unit) {
    sb_puts(out, "<mrow>");
    for (const char *s = unit; *s;) {
        size_t n = strcspn(s, "*/^ "), p = 0;
        if (*s == '/') sb_puts(out, "<mo lspace=\"0\" rspace=\"0\">/</mo>"), s++;
        else if (*s == '*') sb_puts(out, "<mo lspace=\"0.1em\" rspace=\"0.1em\">⋅</mo>"), s++;
        else if (!n) s++;
        else {
            if (s[n] == '^') p = strcspn(s + n + 1, "*/^ ");
            if (p) sb_puts(out, "<msup>");
            if (isdigit((unsigned char)*s)) tag(out, "<mn>", s, n, "</mn>");
            else unit_symbol(out, s, n);
            s += n;
            if (!p) continue;
            bool minus = s[1] == '-';
            sb_puts(out, minus ? "<mrow><mo>−</mo>" : "<mrow>");
            tag(out, "<mn>", s + 1 + minus, p - minus, "</mn></mrow></msup>");
            s += 1 + p;
        }
    }
    sb_puts(out, "</mrow>");
}

static void number(StrBuf *out, const AstNumber *n) {
    size_t digits = strcspn(n->text, "eE");
    tag(out, "<mn>", n->text, digits, "</mn>");
    if (n->text[digits]) {
        const char *p = n->text + digits + 1;
        bool minus = *p == '-';
        sb_printf(out, "<mo>×</mo><msup><mn>10</mn><mrow>%s<mn>%s</mn></mrow></msup>", minus ? "<mo>−</mo>" : "", p + (*p == '-' || *p == '+'));
    }
    if (n->unit) {
        sb_puts(out, "<mspace width=\"0.2em\"/>");
        mathml_unit(out, n->unit);
    }
}

// Precedence -------------------------------------------------------------------------------------------------------------------------

static const char *callee(const Ast *e) {
    if (e->kind != AST_Call || AST_AS(Call, e)->callee->kind != AST_Name) return "";
    return AST_AS(Name, AST_AS(Call, e)->callee)->name;
}

static const Ast *argument(const AstCall *c, uint32_t i) { return AST_AS(Arg, c->args.at[i])->value; }

static bool is_negation(const Ast *e) { return e->kind == AST_Unary && AST_AS(Unary, e)->op == OP_NEG; }

static int binary_precedence(const Writer *w, const AstBinary *b) {
    switch ((BinaryOp)b->op) {
    case OP_ADD: case OP_SUB: return P_ADD;
    case OP_MUL: case OP_MOD: return P_MUL;
    case OP_DIV: return w->small ? P_MUL : is_negation(b->left) ? P_NEG : P_ATOM;
    case OP_POW: return P_POW;
    case OP_LT: case OP_LE: case OP_GT: case OP_GE: case OP_EQ: case OP_NE: return P_COMPARE;
    case OP_AND: return P_AND;
    case OP_OR: return P_OR;
    }
    return P_ATOM;
}

static int precedence(const Writer *w, const Ast *e) {
    if (e->kind == AST_Binary) return binary_precedence(w, AST_AS(Binary, e));
    if (e->kind == AST_Unary) return is_negation(e) ? P_NEG : P_NOT;
    if (e->kind == AST_Cond) return P_COND;
    if (e->kind == AST_Number) return AST_AS(Number, e)->unit || strpbrk(AST_AS(Number, e)->text, "eE") ? P_MUL : P_ATOM;
    if (e->kind == AST_Name && !strcmp(AST_AS(Name, e)->name, "since_spike")) return P_ADD;
    const char *f = callee(e);
    if (!strcmp(f, "expm1") || !strcmp(f, "log1p")) return P_ADD;
    if (!strcmp(f, "exp") || !strcmp(f, "pow")) return P_POW;
    if (!strcmp(f, "mod") || !strcmp(f, "convolve")) return P_MUL;
    return P_ATOM;
}

static bool begins_with_minus(const Ast *e) {
    while (e->kind == AST_Binary) e = AST_AS(Binary, e)->left;
    return is_negation(e);
}

static bool begins_with_digit(const Ast *e) {
    while (e->kind == AST_Binary && AST_AS(Binary, e)->op != OP_DIV) e = AST_AS(Binary, e)->left;
    return e->kind == AST_Number;
}

static bool ends_with_number(const Ast *e) {
    while (e->kind == AST_Binary && AST_AS(Binary, e)->op == OP_MUL) e = AST_AS(Binary, e)->right;
    return e->kind == AST_Number && (AST_AS(Number, e)->unit || strpbrk(AST_AS(Number, e)->text, "eE"));
}

static void bracketed(const Writer *w, const Ast *e, const char *open, const char *close) {
    sb_printf(w->out, "<mrow><mo>%s</mo>", open);
    write(w, e);
    sb_printf(w->out, "<mo>%s</mo></mrow>", close);
}

static void at_least(const Writer *w, const Ast *e, int level) {
    if (precedence(w, e) < level) bracketed(w, e, "(", ")");
    else write(w, e);
}

static void row(const Writer *w, const Ast *e) {
    sb_puts(w->out, "<mrow>");
    write(w, e);
    sb_puts(w->out, "</mrow>");
}

static void small_row(const Writer *w, const Ast *e) {
    Writer s = {w->out, true};
    row(&s, e);
}

// Operators --------------------------------------------------------------------------------------------------------------------------

static void fraction(const Writer *w, const Ast *top, const Ast *bottom) {
    if (is_negation(top)) {
        sb_puts(w->out, "<mo form=\"prefix\">−</mo>");
        top = AST_AS(Unary, top)->operand;
    }
    sb_puts(w->out, "<mfrac>");
    row(w, top);
    row(w, bottom);
    sb_puts(w->out, "</mfrac>");
}

static void power(const Writer *w, const Ast *base, const Ast *exponent) {
    sb_puts(w->out, "<msup>");
    if (precedence(w, base) < P_ATOM || (base->kind == AST_Binary && AST_AS(Binary, base)->op == OP_DIV)) bracketed(w, base, "(", ")");
    else row(w, base);
    small_row(w, exponent);
    sb_puts(w->out, "</msup>");
}

static void product(const Writer *w, const Ast *left, const Ast *right) {
    at_least(w, left, P_MUL);
    if (begins_with_digit(right) && precedence(w, right) > P_NEG) sb_puts(w->out, "<mo>×</mo>");
    else if (ends_with_number(left)) sb_puts(w->out, "<mo>⋅</mo>");
    else sb_puts(w->out, "<mo>\u2062</mo><mspace width=\"0.17em\"/>");
    at_least(w, right, P_NEG + 1);
}

static void sum(const Writer *w, const char *sign, const Ast *left, const Ast *right, int level) {
    at_least(w, left, P_ADD);
    sb_printf(w->out, "<mo>%s</mo>", sign);
    if (begins_with_minus(right) && precedence(w, right) >= level) bracketed(w, right, "(", ")");
    else at_least(w, right, level);
}

static void infix(const Writer *w, const char *sign, const Ast *left, const Ast *right, int level) {
    at_least(w, left, level);
    sb_printf(w->out, "<mo>%s</mo>", sign);
    at_least(w, right, level);
}

static void binary(const Writer *w, const AstBinary *b) {
    switch ((BinaryOp)b->op) {
    case OP_ADD: sum(w, "+", b->left, b->right, P_ADD); break;
    case OP_SUB: sum(w, "−", b->left, b->right, P_MUL); break;
    case OP_MUL: product(w, b->left, b->right); break;
    case OP_DIV:
        if (!w->small) fraction(w, b->left, b->right);
        else {
            at_least(w, b->left, P_MUL);
            sb_puts(w->out, "<mo>/</mo>");
            at_least(w, b->right, P_NEG + 1);
        }
        break;
    case OP_MOD: infix(w, "mod", b->left, b->right, P_NEG); break;
    case OP_POW: power(w, b->left, b->right); break;
    case OP_LT: infix(w, "&lt;", b->left, b->right, P_ADD); break;
    case OP_LE: infix(w, "≤", b->left, b->right, P_ADD); break;
    case OP_GT: infix(w, "&gt;", b->left, b->right, P_ADD); break;
    case OP_GE: infix(w, "≥", b->left, b->right, P_ADD); break;
    case OP_EQ: infix(w, "=", b->left, b->right, P_ADD); break;
    case OP_NE: infix(w, "≠", b->left, b->right, P_ADD); break;
    case OP_AND: infix(w, "∧", b->left, b->right, P_AND); break;
    case OP_OR: infix(w, "∨", b->left, b->right, P_OR); break;
    }
}

// Calls ------------------------------------------------------------------------------------------------------------------------------

static void list(const Writer *w, const AstList *l, uint32_t from) {
    bool first = true;
    for (uint32_t i = from; i < l->n; i++) {
        const Ast *e = l->at[i];
        if (e->kind == AST_Arg && AST_AS(Arg, e)->name && !strcmp(AST_AS(Arg, e)->name, "in")) continue;
        if (!first) sb_puts(w->out, "<mo>,</mo>");
        first = false;
        if (e->kind == AST_Arg && AST_AS(Arg, e)->name) {
            mathml_name(w->out, AST_AS(Arg, e)->name);
            sb_puts(w->out, "<mo>=</mo>");
        }
        row(w, e->kind == AST_Arg ? AST_AS(Arg, e)->value : e);
    }
}

static void exponential(const Writer *w, const Ast *x) {
    sb_puts(w->out, "<msup><mi mathvariant=\"normal\">e</mi>");
    small_row(w, x);
    sb_puts(w->out, "</msup>");
}

// Functions with a notation of their own, by their number of arguments; false: an ordinary call.
static bool notation1(const Writer *w, const char *f, const Ast *x) {
    if (!strcmp(f, "exp") && x->depth < 12) exponential(w, x);
    else if (!strcmp(f, "sqrt")) {
        sb_puts(w->out, "<msqrt>");
        row(w, x);
        sb_puts(w->out, "</msqrt>");
    } else if (!strcmp(f, "abs")) bracketed(w, x, "|", "|");
    else if (!strcmp(f, "floor")) bracketed(w, x, "⌊", "⌋");
    else if (!strcmp(f, "ceil")) bracketed(w, x, "⌈", "⌉");
    else if (!strcmp(f, "expm1")) {
        exponential(w, x);
        sb_puts(w->out, "<mo>−</mo><mn>1</mn>");
    } else if (!strcmp(f, "exprel")) {
        sb_puts(w->out, "<mfrac><mrow>");
        exponential(w, x);
        sb_puts(w->out, "<mo>−</mo><mn>1</mn></mrow>");
        row(w, x);
        sb_puts(w->out, "</mfrac>");
    } else return false;
    return true;
}

static bool notation2(const Writer *w, const char *f, const Ast *x, const Ast *y) {
    if (!strcmp(f, "pow")) power(w, x, y);
    else if (!strcmp(f, "mod")) infix(w, "mod", x, y, P_NEG);
    else if (!strcmp(f, "convolve")) infix(w, "∗", x, y, P_NEG);
    else return false;
    return true;
}

static void function_name(const Writer *w, const Ast *f) {
    static const Pair names[] = {{"log", "<mi>ln</mi>"}, {"log10", "<msub><mi>log</mi><mn>10</mn></msub>"}, {"step", "<mi mathvariant=\"normal\">Θ</mi>"},
                                 {"sign", "<mi>sgn</mi>"}, {NULL, NULL}};
    const char *name = f->kind == AST_Name ? AST_AS(Name, f)->name : "", *sign = lookup(names, name, strlen(name));
    if (sign) sb_puts(w->out, sign);
    else write(w, f);
}

static void call(const Writer *w, const AstCall *c) {
    const char *f = callee(&c->base);
    bool special = (c->args.n == 1 && notation1(w, f, argument(c, 0))) || (c->args.n == 2 && notation2(w, f, argument(c, 0), argument(c, 1)));
    if (!special && c->args.n == 1 && !strcmp(f, "log1p")) {
        sb_puts(w->out, "<mi>ln</mi><mo>(</mo><mn>1</mn><mo>+</mo>");
        at_least(w, argument(c, 0), P_ADD);
        sb_puts(w->out, "<mo>)</mo>");
    } else if (!special) {
        function_name(w, c->callee);
        sb_puts(w->out, "<mrow><mo>(</mo>");
        list(w, &c->args, 0);
        sb_puts(w->out, "<mo>)</mo></mrow>");
    }
    const AstArg *last = c->args.n ? AST_AS(Arg, c->args.at[c->args.n - 1]) : NULL;
    if (last && last->name && !strcmp(last->name, "in")) {
        sb_puts(w->out, "<mo>∈</mo>");
        write(w, last->value);
    }
}

// The rest ---------------------------------------------------------------------------------------------------------------------------

// if a then x else if b then y else z: one brace, a row for each branch.
static void cases(const Writer *w, const Ast *e) {
    sb_puts(w->out, "<mrow><mo>{</mo><mtable columnalign=\"left\">");
    for (; e; e = e->kind == AST_Cond ? AST_AS(Cond, e)->otherwise : NULL) {
        const AstCond *c = e->kind == AST_Cond ? AST_AS(Cond, e) : NULL;
        sb_puts(w->out, "<mtr><mtd>");
        row(w, c ? c->then : e);
        sb_puts(w->out, c ? "</mtd><mtd><mtext>if </mtext>" : "</mtd><mtd><mtext>otherwise</mtext>");
        if (c) row(w, c->cond);
        sb_puts(w->out, "</mtd></mtr>");
    }
    sb_puts(w->out, "</mtable></mrow>");
}

static void array(const Writer *w, const AstArray *a) {
    bool matrix = a->items.n && a->items.at[0]->kind == AST_Array;
    sb_printf(w->out, "<mrow><mo>[</mo>%s", matrix ? "<mtable>" : "");
    if (!matrix) list(w, &a->items, 0);
    for (uint32_t i = 0; matrix && i < a->items.n; i++) {
        sb_puts(w->out, "<mtr><mtd>");
        if (a->items.at[i]->kind == AST_Array) list(w, &AST_AS(Array, a->items.at[i])->items, 0);
        else write(w, a->items.at[i]);
        sb_puts(w->out, "</mtd></mtr>");
    }
    sb_printf(w->out, "%s<mo>]</mo></mrow>", matrix ? "</mtable>" : "");
}

// pre.V: V with the subscript pre; E[3]: E with the subscript 3.
static void subscript(const Writer *w, const Ast *base, const char *name, const Ast *under, const AstList *indices) {
    Writer small = {w->out, true};
    sb_puts(w->out, "<msub><mrow>");
    if (name) mathml_name(w->out, name);
    else at_least(w, base, P_ATOM);
    sb_puts(w->out, "</mrow><mrow>");
    if (under) write(&small, under);
    if (indices) list(&small, indices, 0);
    sb_puts(w->out, "</mrow></msub>");
}

static void range(const Writer *w, const AstRange *r) {
    sb_puts(w->out, r->closed ? "<mo>[</mo>" : "");
    if (r->lo) write(w, r->lo);
    sb_puts(w->out, r->closed ? "<mo>,</mo>" : "<mo>:</mo>");
    if (r->hi) write(w, r->hi);
    sb_puts(w->out, r->closed ? "<mo>]</mo>" : "");
}

static void name(const Writer *w, const AstName *n) {
    if (!strcmp(n->name, "since_spike")) sb_puts(w->out, "<mi>t</mi><mo>−</mo><mover><mi>t</mi><mo>^</mo></mover>");
    else mathml_name(w->out, n->name);
}

static void unary(const Writer *w, const AstUnary *u) {
    sb_printf(w->out, "<mo form=\"prefix\">%s</mo>", u->op == OP_NEG ? "−" : "¬");
    at_least(w, u->operand, u->op == OP_NEG ? P_MUL : P_NOT + 1);
}

static void write(const Writer *w, const Ast *e) {
    if (e->kind == AST_Number) number(w->out, AST_AS(Number, e));
    else if (e->kind == AST_Name) name(w, AST_AS(Name, e));
    else if (e->kind == AST_Binary) binary(w, AST_AS(Binary, e));
    else if (e->kind == AST_Unary) unary(w, AST_AS(Unary, e));
    else if (e->kind == AST_Call) call(w, AST_AS(Call, e));
    else if (e->kind == AST_Arg) row(w, AST_AS(Arg, e)->value);
    else if (e->kind == AST_Member) subscript(w, NULL, AST_AS(Member, e)->name, AST_AS(Member, e)->object, NULL);
    else if (e->kind == AST_Index) subscript(w, AST_AS(Index, e)->object, NULL, NULL, &AST_AS(Index, e)->indices);
    else if (e->kind == AST_Cond) cases(w, e);
    else if (e->kind == AST_Array) array(w, AST_AS(Array, e));
    else if (e->kind == AST_Range) range(w, AST_AS(Range, e));
    else if (e->kind == AST_Bool) sb_printf(w->out, "<mtext>%s</mtext>", AST_AS(Bool, e)->value ? "true" : "false");
    else if (e->kind == AST_String) tag(w->out, "<mtext>", AST_AS(String, e)->text, strlen(AST_AS(String, e)->text), "</mtext>");
    else if (e->kind == AST_Tuple) {
        sb_puts(w->out, "<mo>(</mo>");
        list(w, &AST_AS(Tuple, e)->items, 0);
        sb_puts(w->out, "<mo>)</mo>");
    }
}

void mathml_expr(StrBuf *out, const Ast *expr) { row(&(Writer){out, false}, expr); }

// Formulas ---------------------------------------------------------------------------------------------------------------------------

static void assign(const Writer *w, const AstAssign *a) {
    static const BinaryOp op[] = {[ASSIGN_ADD] = OP_ADD, [ASSIGN_SUB] = OP_SUB, [ASSIGN_MUL] = OP_MUL, [ASSIGN_DIV] = OP_DIV};
    AstBinary changed = {.base = {.kind = AST_Binary}, .op = (int)op[a->op], .left = a->target, .right = a->value};
    write(w, a->target);
    sb_puts(w->out, "<mo>←</mo>");
    write(w, a->op == ASSIGN_SET ? a->value : &changed.base);
}

static void named(StrBuf *out, const char *name, const char *first, const char *arg, const char *sign) {
    mathml_name(out, name);
    if (arg) {
        sb_puts(out, "<mo>(</mo>");
        if (first) {
            mathml_name(out, first);
            sb_puts(out, "<mo>,</mo>");
        }
        mathml_name(out, arg);
        sb_puts(out, "<mo>)</mo>");
    }
    sb_printf(out, "<mo>%s</mo>", sign);
}

bool mathml_is_formula(const Ast *a) {
    return a->kind == AST_Equation || a->kind == AST_Let || a->kind == AST_Algebraic || a->kind == AST_Kernel || a->kind == AST_Assign || a->kind == AST_Draw
        || a->kind == AST_Output || a->kind == AST_ExprStmt || a->kind == AST_Drive;
}

void mathml_formula(StrBuf *out, const Ast *a) {
    Writer w = {out, false};
    sb_puts(out, "<mrow>");
    if (a->kind == AST_Equation) {
        sb_puts(out, "<mfrac><mrow><mi mathvariant=\"normal\">d</mi>");
        mathml_name(out, AST_AS(Equation, a)->name);
        sb_puts(out, "</mrow><mrow><mi mathvariant=\"normal\">d</mi><mi>t</mi></mrow></mfrac><mo>=</mo>");
        write(&w, AST_AS(Equation, a)->value);
    } else if (a->kind == AST_Let) {
        named(out, AST_AS(Let, a)->name, NULL, NULL, AST_AS(Let, a)->draw ? "∼" : "=");
        write(&w, AST_AS(Let, a)->value);
    } else if (a->kind == AST_Algebraic) {
        named(out, AST_AS(Algebraic, a)->name, NULL, NULL, "=");
        write(&w, AST_AS(Algebraic, a)->value);
    } else if (a->kind == AST_Output) {
        named(out, AST_AS(Output, a)->name, NULL, NULL, "=");
        write(&w, AST_AS(Output, a)->value);
    } else if (a->kind == AST_Kernel) {
        named(out, AST_AS(Kernel, a)->name, AST_AS(Kernel, a)->since, AST_AS(Kernel, a)->arg, "=");
        write(&w, AST_AS(Kernel, a)->value);
    } else if (a->kind == AST_Draw) {
        write(&w, AST_AS(Draw, a)->target);
        sb_puts(out, "<mo>∼</mo>");
        write(&w, AST_AS(Draw, a)->value);
    } else if (a->kind == AST_Drive) {
        write(&w, AST_AS(Drive, a)->target);
        sb_puts(out, "<mo>⟵</mo>");
        write(&w, AST_AS(Drive, a)->value);
    } else if (a->kind == AST_Assign) assign(&w, AST_AS(Assign, a));
    else if (a->kind == AST_ExprStmt) write(&w, AST_AS(ExprStmt, a)->value);
    sb_puts(out, "</mrow>");
}
