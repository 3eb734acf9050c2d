// SPDX-License-Identifier: MIT
// The operators of ops.def on fixed-point numbers (net/fixed.h says how formats are chosen). Values are i32; what is uniform is worked out
// in double precision at the kernel's entry and rounded to the format that its use asks for.
#ifndef SNNC_GEN_FIXED_H
#define SNNC_GEN_FIXED_H
#include "kernel.h"
#include "net/fixed.h"

bool fixed_uniform(const Kernel *k, Node n);                     // of a kernel that runs in fixed point: n is computed in doubles
bool fixed_real(const Kernel *k, uint32_t field);                // the field holds fixed-point numbers
Val fixed_emit(Kernel *k, Bld b, Node n, int level);             // n is not uniform
Val fixed_stored(Kernel *k, Node n, uint32_t field);             // as an element of the loop, in the field's format and clamped to it
Val fixed_to_real(Bld b, Val word, const FixedFormat *f, Typ real);          // scalars or vectors; real: the scalar type
Val fixed_nearest(Kernel *k, Bld b, Val x);                       // whole number, ties to even, without a function of the library
Val fixed_from_real(Kernel *k, Bld b, Val x, double scale);      // to nearest, ties to even, saturating
Val fixed_clamped(Kernel *k, Bld b, Val x, const FixedFormat *f);            // to what its field may hold
Val fixed_added(Kernel *k, Bld b, Val x, const FixedFormat *f);              // to what a sum of arrivals may hold; one that cannot fall below 0 does not
Val fixed_sum(Kernel *k, Bld b, Node n, int level);              // fixed_sum.c
// Pieces for fixed_sum.c
Val fixed_operand(Kernel *k, Node n, int level);
Val fixed_shifted(Bld b, Val x, int by);                         // x * 2^-by, downwards
Val fixed_high(Kernel *k, Bld b, Val x, Val y, int shift, bool positive);    // x*y * 2^-shift of numbers with 32 bits
#endif
