// SPDX-License-Identifier: MIT
// Places of the program for a debugger. Everything here does nothing unless debug information was asked for.
#ifndef SNNC_GEN_DEBUG_H
#define SNNC_GEN_DEBUG_H
#include "kernel.h"

void debug_open(Gen *g);
void debug_finish(Gen *g);
void debug_function(Kernel *k, Span at);               // the function's declaration; call after kernel_open
void debug_at(Kernel *k, Span at);                     // what is emitted from here on belongs there
Span debug_equation(const Field *f, Span otherwise);   // of the variable that the field holds
Span debug_reset(const Body *b, uint32_t port, const Field *f);
Span debug_jump(const NetProj *p, OnKind kind, const Field *f);
#endif
