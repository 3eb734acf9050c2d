// SPDX-License-Identifier: MIT
// Units. The coherent set (ms, mV, nS, pF, pA, GOhm, kHz; mm for lengths) is chosen so that every SI symbol is a power of ten of it:
// with s = 10^3, V = 10^3, A = 10^12, m = 10^3, mol = 10^9 and kg = V*A*s^3/m^2 = 10^18, all derived symbols follow. So a unit is seven exponents and
// one decimal exponent, and a quantity is its digits with that exponent added: `0.1 ms` is read as "0.1e0" and rounded once, exactly.
//   unit_match("mV^-1/ms) ...") uses 8 bytes: kg^-1 m^-2 s^2 A, 10^0;  unit_match("pA/n") uses 2: n is no unit.
#include "parse.h"
#include <stdlib.h>

// Base exponents in the order of Dim: m, kg, s, A, K, mol, cd; ten: the symbol in coherent units as a power of ten.
typedef struct Symbol { const char *text; int8_t e[7]; int8_t ten; } Symbol;
static const Symbol symbols[] = {
#define UNIT(text, m, kg, s, A, K, mol, cd, ten) {text, {m, kg, s, A, K, mol, cd}, ten},
#define UNIT_PREFIX(text, ten)
#include "snn_units.def"
#undef UNIT
#undef UNIT_PREFIX
};
typedef struct Prefix { const char *text; int ten; } Prefix;
static const Prefix prefixes[] = {
#define UNIT(text, m, kg, s, A, K, mol, cd, ten)
#define UNIT_PREFIX(text, ten) {text, ten},
#include "snn_units.def"
#undef UNIT
#undef UNIT_PREFIX
};

static bool letter(const char *s) {
    unsigned char c = (unsigned char)*s;
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c >= 0x80;
}
static bool digit(char c) { return c >= '0' && c <= '9'; }

static const Symbol *find_symbol(const char *s, size_t n) {
    for (size_t i = 0; i < sizeof symbols / sizeof *symbols; i++)
        if (strlen(symbols[i].text) == n && !memcmp(symbols[i].text, s, n)) return &symbols[i];
    return NULL;
}

// A whole word: a symbol, or a prefix and a symbol. `c` stands before the metre only (cm^2 is customary, a centisecond is not).
static const Symbol *find_word(const char *s, size_t n, int *ten) {
    const Symbol *found = find_symbol(s, n);
    *ten = found ? found->ten : 0;
    if (found) return found;
    if (n == 2 && !memcmp(s, "cm", 2)) { *ten = 1; return find_symbol("m", 1); }
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
        size_t p = strlen(prefixes[i].text);
        if (n <= p || memcmp(s, prefixes[i].text, p)) continue;
        found = find_symbol(s + p, n - p);
        if (found) { *ten = found->ten + prefixes[i].ten; return found; }
    }
    return NULL;
}

// ^n after a symbol: bytes used, 0 when there is none (a fraction such as ^0.5 is a power of the quantity, not of the unit).
static size_t match_power(const char *s, size_t n, int *power) {
    size_t i = 1;
    *power = 1;
    if (!n || s[0] != '^') return 0;
    bool negative = i < n && s[i] == '-';
    i += negative;
    if (i >= n || !digit(s[i])) return 0;
    int value = s[i++] - '0';
    if (i < n && (digit(s[i]) || s[i] == '_' || letter(s + i))) return 0;
    if (i + 1 < n && s[i] == '.' && digit(s[i + 1])) return 0;
    *power = negative ? -value : value;
    return i;
}

typedef struct Sum { int e[7], ten; } Sum;

static size_t match_factor(const char *s, size_t n, int sign, Sum *sum) {
    size_t word = 0;
    int ten, power;
    while (word < n && letter(s + word)) word++;
    if (!word || (word < n && (digit(s[word]) || s[word] == '_'))) return 0;
    const Symbol *found = find_word(s, word, &ten);
    if (!found) return 0;
    size_t used = word + match_power(s + word, n - word, &power);
    for (int i = 0; i < 7; i++) sum->e[i] += sign * power * found->e[i];
    sum->ten += sign * power * ten;
    return used;
}

static bool fits(const Sum *sum) {
    for (int i = 0; i < 7; i++)
        if (abs(sum->e[i]) > 60) return false;
    return abs(sum->ten) <= 300;
}

double unit_quantity(const char *digits, size_t n, int ten) {
    StrBuf text = {0};
    size_t i = 0;
    long exponent = ten;
    for (; i < n && digits[i] != 'e' && digits[i] != 'E'; i++) sb_putc(&text, digits[i]);
    if (i < n) {
        long own = strtol(digits + i + 1, NULL, 10);
        exponent += own > 100000 ? 100000 : own < -100000 ? -100000 : own;      // far beyond double either way
    }
    sb_printf(&text, "e%ld", exponent);
    double value = strtod(text.s, NULL);
    sb_free(&text);
    return value;
}

size_t unit_match(const char *s, size_t n, Unit *out) {
    Sum sum = {0};
    size_t used = n && s[0] == '1' && (n == 1 || s[1] == '/') ? 1 : match_factor(s, n, 1, &sum);
    if (!used || !fits(&sum)) return 0;
    while (used < n && (s[used] == '*' || s[used] == '/')) {
        Sum longer = sum;
        size_t more = match_factor(s + used + 1, n - used - 1, s[used] == '*' ? 1 : -1, &longer);
        if (!more || !fits(&longer)) break;
        sum = longer;
        used += 1 + more;
    }
    if (out) {
        for (int i = 0; i < 7; i++) out->dim.e[i] = (int8_t)(2 * sum.e[i]);
        out->exp10 = sum.ten;
        out->scale = unit_quantity("1", 1, sum.ten);
    }
    return used;
}
