// SPDX-License-Identifier: MIT
// Expressions and statements of the tree as MathML (presentation markup, the part that browsers share).
#ifndef SNNC_MATHML_H
#define SNNC_MATHML_H
#include "ast.h"

void mathml_text(StrBuf *out, const char *text, size_t n);      // with & < > " as entities
void mathml_name(StrBuf *out, const char *name);                // tau_m: a Greek letter with a subscript
void mathml_unit(StrBuf *out, const char *unit);                // mV^-1/ms, upright
void mathml_expr(StrBuf *out, const Ast *expr);
bool mathml_is_formula(const Ast *item);                        // a declaration or statement that mathml_formula can write
void mathml_formula(StrBuf *out, const Ast *item);              // an equation, definition, kernel or assignment
#endif
