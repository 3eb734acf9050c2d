// SPDX-License-Identifier: MIT
// Fixed point: every real of the programs that run is a 32-bit whole number times a power of two. A format is its number of fraction bits;
// a value x is stored as round(x * unit * 2^fraction). Formats come from what a calibration run saw and from interval arithmetic over the
// DAG (pass_fixed.c); construction, parameters and whatever depends on constants alone stay in floating point.
//
// What is linear is worked out as one sum (fixed_sums.c), V*a + I*b + d, whatever way the equations were written in. A variable that is
// only ever read as a term of another's sum may have a unit in which its coefficient there is a power of two (fixed_units.c), so that the sum
// needs no product for it.
//
// Soundness: a field is clamped when it is stored, so that no value lies outside [lo, hi] of its format; node ranges follow by interval
// arithmetic, so no sum or product overflows in the end. Sums of arrivals add with saturation.
#ifndef SNNC_NET_FIXED_H
#define SNNC_NET_FIXED_H
#include "net.h"

typedef struct FixedRange { double lo, hi; } FixedRange;          // lo > hi: nothing seen
typedef struct FixedFormat { int fraction; double lo, hi, unit; double excess; } FixedFormat;   // excess: of a field, what rounding adds to it on average, in its own numbers
// What x contributes to a sum, in units of the sum: sign * x * 2^-lift, and when `product`, (x >> cut) * C >> shift with
// C = round((c' - sign) * 2^(cut + shift)), where c' is the coefficient c between these formats. What is shifted alike is added up before.
typedef struct FixedTerm {
    Node x, c;                       // c: uniform, 0: it is 1
    int sign, lift, cut, shift;
    bool product, alone;             // alone: what is shifted alike together would not fit a word
    bool positive;                   // the product is one of unsigned numbers
} FixedTerm;
typedef struct FixedSum { FixedTerm *term; uint32_t n; Node rest; int rest_shift; } FixedSum;      // rest: uniform, 0: none
struct NetFixed {
    bool short_products;             // products of 16-bit factors in 32 bits, for cores without a long multiply
    FixedFormat *field;              // of fields of reals
    FixedRange *seen;                // what the calibration saw, for explain
    FixedFormat *node;               // of nodes of reals that are not uniform
    bool *uniform;                   // by node: made of constants, parameters and the time alone
    FixedSum *sum;                   // by node: what is worked out as one sum; n = 0: the others
    uint32_t limit;                  // of nodes
};

// What a calibration run saw: field[f], and k[slot] over all its constants; `ms`: how long it ran.
typedef struct FixedSeen { FixedRange *field, *k; double ms; } FixedSeen;
void net_fixed(Net *n, const FixedSeen *seen, bool short_products);     // sets n->fixed; pass_fixed.c
void net_explain_fixed(const Net *n, FILE *out);                 // explain_fixed.c
static inline const FixedFormat *fixed_field(const Net *n, uint32_t f) { return n->fixed && n->fields.at[f].elem == ELEM_REAL ? &n->fixed->field[f] : NULL; }
double fixed_scale(const FixedFormat *f);                        // unit * 2^fraction
int64_t fixed_number(const FixedFormat *f, double x);            // as it is stored: to nearest, clamped
int64_t fixed_least(const FixedFormat *f), fixed_most(const FixedFormat *f);     // numbers that a field is clamped to
int fixed_fraction(double bound, int bits);                      // the most fraction bits with which |x| <= bound stays below 2^bits
#endif
