// SPDX-License-Identifier: MIT
// How weights are rounded to few bits: `BITS[,target][,pow2]` on the command line.
#ifndef SNN_LEVELS_H
#define SNN_LEVELS_H
#include <stdbool.h>

typedef struct SnnLevels {
    int bits;                    // 0: weights as drawn; else 2 to 16
    bool target;                 // a scale for each target neuron instead of one for the projection
    bool pow2;                   // scales are powers of two
} SnnLevels;
#define LEVELS_HELP "2 to 16 (or 32: as they are), then perhaps ,target or ,pow2 or both"
bool levels_parse(const char *text, SnnLevels *out);      // false: it is none
#endif
