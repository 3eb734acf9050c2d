// SPDX-License-Identifier: MIT
// A naive interpreter of the Net: scalars, one node after the other, in the order written at the head of net/net.h. It shares
// no code with the generator or the step loop; of the runtime it uses the elementary functions, the draws and the propagator,
// and it is told which synapses exist.
#ifndef ORACLE_INTERP_H
#define ORACLE_INTERP_H
#include "net/net.h"

typedef union Cell { double r; int64_t k; bool b; } Cell;
typedef struct OracleSpike { int64_t step; uint32_t index; } OracleSpike;      // step in which it was found
typedef VEC(OracleSpike) OracleSpikes;
typedef struct OracleEdges { uint32_t n, *src, *tgt, *delay, *copy; uint32_t *row; } OracleEdges;   // ordered by source, delay, target; row[i]: first of source i
typedef struct Oracle {
    Arena arena;
    const Net *net;
    bool plain, single;
    bool in_setup;                   // the constants table is made of doubles whatever the precision
    double dt;
    uint64_t seed;
    int64_t step;
    double *K;
    Cell **F;                        // by field, then entity
    OracleEdges *edges;              // by projection
    OracleSpikes *spikes;            // by population and port: pop*ORACLE_PORTS + port
    Cell *value;                     // by node
    double *total;                   // of the projection whose targets collect
    uint64_t *epoch, now;            // value[n] is of this entity when epoch[n] == now
} Oracle;
enum { ORACLE_PORTS = 8 };

// Constants and populations, as at construction. single: every result is rounded to single precision, as its operation defines.
Oracle *oracle_new(const Net *net, double dt, uint64_t seed, bool plain, bool single);
// The synapses of a projection; NULL, or what differs between the given delays and the Net's. Sets the fields of the synapses.
const char *oracle_connect(Oracle *o, uint32_t proj, uint32_t n, const uint32_t *src, const uint32_t *tgt, const uint32_t *delay);
void oracle_step(Oracle *o);
double oracle_value(const Oracle *o, uint32_t field, uint32_t i);              // ticks as numbers
uint32_t oracle_length(const Oracle *o, uint32_t field);
void oracle_free(Oracle *o);

// One node for one entity, for tests of the operators: own is the entity of a population program.
Cell oracle_eval(Oracle *o, Node n, uint32_t own, bool construction);
#endif
