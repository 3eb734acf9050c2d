// SPDX-License-Identifier: MIT
// The digits get the unit's power of ten as an exponent, so that a quantity is rounded once, like one in a .snn file.
#include "host/units.h"
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct Symbol { const char *text; int e[7], ten; } Symbol;
static const Symbol symbols[] = {
#define UNIT(text, m, kg, s, A, K, mol, cd, ten) {text, {m, kg, s, A, K, mol, cd}, ten},
#define UNIT_PREFIX(text, ten)
#include "snn_units.def"
#undef UNIT
#undef UNIT_PREFIX
};
typedef struct Prefix { const char *text; int ten; } Prefix;
static const Prefix prefixes[] = {
    {"", 0},
#define UNIT(text, m, kg, s, A, K, mol, cd, ten)
#define UNIT_PREFIX(text, ten) {text, ten},
#include "snn_units.def"
#undef UNIT
#undef UNIT_PREFIX
};
typedef struct Sum { int e[7], ten; } Sum;

static const Symbol *find(const char *s, size_t n, int *ten) {
    for (size_t p = 0; p < sizeof prefixes / sizeof *prefixes; p++) {
        size_t k = strlen(prefixes[p].text);
        if (n <= k || memcmp(s, prefixes[p].text, k)) continue;
        for (size_t i = 0; i < sizeof symbols / sizeof *symbols; i++)
            if (strlen(symbols[i].text) == n - k && !memcmp(symbols[i].text, s + k, n - k)) {
                *ten = symbols[i].ten + prefixes[p].ten;
                return &symbols[i];
            }
    }
    if (n != 2 || memcmp(s, "cm", 2)) return NULL;
    const Symbol *metre = find("m", 1, ten);
    *ten = 1;
    return metre;
}
// A symbol and its power; NULL when there is none at s.
static const char *factor(const char *s, int sign, Sum *sum) {
    size_t n = 0;
    while (isalpha((unsigned char)s[n]) || (unsigned char)s[n] >= 0x80) n++;
    int ten, power = 1;
    const Symbol *u = n ? find(s, n, &ten) : NULL;
    if (!u) return NULL;
    s += n;
    if (*s == '^') {
        char *end;
        power = (int)strtol(s + 1, &end, 10);
        if (end == s + 1 || abs(power) > 9) return NULL;
        s = end;
    }
    for (int i = 0; i < 7; i++) sum->e[i] += sign * power * u->e[i];
    sum->ten += sign * power * ten;
    return s;
}
static const char *unit(const char *s, Sum *sum) {
    if (s[0] == '1' && s[1] == '/') s++;
    else s = factor(s, 1, sum);
    while (s && *s) s = *s == '*' || *s == '/' ? factor(s + 1, *s == '*' ? 1 : -1, sum) : NULL;
    return s;
}

const char *units_quantity(const char *text, double *value, int64_t *key, bool *bare) {
    Sum sum = {0};
    char *end, digits[400];
    strtod(text, &end);
    size_t n = (size_t)(end - text);
    if (!n || n > 300 || strspn(text, "+-.0123456789eE") < n) return "this is no decimal number";
    const char *s = end + strspn(end, " \t");
    *bare = !*s;
    if (*s && !unit(s, &sum)) return "this unit is not known";
    if (abs(sum.ten) > 300) return "this unit is out of range";
    const char *mark = memchr(text, 'e', n);
    if (!mark) mark = memchr(text, 'E', n);
    long own = mark ? strtol(mark + 1, NULL, 10) : 0;
    if (own > 1000 || own < -1000) return "this number is out of range";
    snprintf(digits, sizeof digits, "%.*se%ld", (int)(mark ? mark - text : (long)n), text, own + sum.ten);
    *value = strtod(digits, &end);
    if (*end || !isfinite(*value)) return "this is no finite decimal number";
    *key = 0;
    for (int i = 0; i < 7; i++) *key |= (int64_t)(uint8_t)(int8_t)(2 * sum.e[i]) << (8 * i);
    return NULL;
}
