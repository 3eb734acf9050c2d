// SPDX-License-Identifier: MIT
// Fixed point: every real of the programs that run is a 32-bit whole number times a power of two. A format is its number of fraction bits;
// a value x is stored as round(x * 2^fraction). Formats come from what a calibration run saw and from interval arithmetic over the
// DAG (pass_fixed.c); construction, parameters and whatever depends on constants alone stay in floating point.
//
// Soundness: a field is clamped when it is stored, so that no value lies outside [lo, hi] of its format; node ranges follow by interval
// arithmetic, so no addition or product overflows. Sums of arrivals add with saturation.
#ifndef SNNC_NET_FIXED_H
#define SNNC_NET_FIXED_H
#include "net.h"

typedef struct FixedRange { double lo, hi; } FixedRange;          // lo > hi: nothing seen
typedef struct FixedFormat { int fraction; double lo, hi; } FixedFormat;
struct NetFixed {
    bool short_products;             // products of 16-bit factors in 32 bits, for cores without a long multiply
    FixedFormat *field;              // of fields of reals
    FixedRange *seen;                // what the calibration saw, for explain
    FixedFormat *node;               // of nodes of reals that are not uniform
    bool *uniform;                   // by node: made of constants, parameters and the time alone
};

// What a calibration run saw: field[f], and k[slot] over all its constants; `ms`: how long it ran.
typedef struct FixedSeen { FixedRange *field, *k; double ms; } FixedSeen;
void net_fixed(Net *n, const FixedSeen *seen, bool short_products);     // sets n->fixed; pass_fixed.c
void net_explain_fixed(const Net *n, FILE *out);                 // explain_fixed.c
static inline const FixedFormat *fixed_field(const Net *n, uint32_t f) { return n->fixed && n->fields.at[f].elem == ELEM_REAL ? &n->fixed->field[f] : NULL; }
int64_t fixed_number(const FixedFormat *f, double x);            // as it is stored: to nearest, saturating
int fixed_fraction(double bound, int bits);                      // the most fraction bits with which |x| <= bound stays below 2^bits
#endif
