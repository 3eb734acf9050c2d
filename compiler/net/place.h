// SPDX-License-Identifier: MIT
// Placement of a projection's variables (pass_placement.c).
#ifndef SNNC_NET_PLACE_H
#define SNNC_NET_PLACE_H
#include "net.h"

enum { LV_PRE = 1, LV_POST = 2, LV_SYN = 4, LV_LUMP = 8, PLACE_MAX = 48 };   // what an expression depends on
typedef enum { PLACE_NONE, PLACE_LUMPED, PLACE_SOURCE, PLACE_TARGET, PLACE_SYNAPSE } Place;
typedef struct Placer {
    Arena *arena; const Body *synapse, *plastic;
    const Projection *projection;            // for what experiments read of it
    bool weight_uniform, delay_uniform;
    PtrMap per_synapse;          // parameters that differ between synapses (keys)
    PtrMap bound;                // states whose start the projection gives (keys)
    PtrMap local;                // handler locals: 1 + level
    Var *var[PLACE_MAX]; Place place[PLACE_MAX]; const char *why[PLACE_MAX]; uint32_t n;
} Placer;
void place_states(Placer *p, bool optimise);
Place placement_of(const Placer *p, const Var *v);
unsigned place_level(Placer *p, const Expr *x);
#endif
