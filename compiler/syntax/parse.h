// SPDX-License-Identifier: MIT
// Text to tree. Errors go to `diags`; what could be recovered is in the tree.
#ifndef SNNC_PARSE_H
#define SNNC_PARSE_H
#include "ast.h"
#include "source/diag.h"

AstFile *parse_file(Arena *a, Diags *diags, uint32_t file);
void tokens_print(Diags *diags, uint32_t file, FILE *out);                   // --dump=tokens
char *format_file(Arena *a, Diags *diags, uint32_t file);                    // canonical layout, comments kept; NULL when it has errors

// Units, shared by lexer and checker (units.c in syntax/): the longest valid unit expression at the start of s.
typedef struct Dim { int8_t e[7]; } Dim;   // doubled exponents of m, kg, s, A, K, mol, cd (so that sqrt(s) fits)
typedef struct Unit { Dim dim; double scale; int exp10; } Unit;   // value in coherent units (ms, mV, nS, pF, pA, GOhm, kHz) = number * scale; scale = 10^exp10
size_t unit_match(const char *s, size_t n, Unit *out);                       // bytes used, 0 when none: "mV^-1/ms" is one unit
double unit_quantity(const char *digits, size_t n, int exp10);               // digits (n bytes, may have an exponent) * 10^exp10, rounded once
#endif
