// SPDX-License-Identifier: MIT
// Net -> a self-contained module for small machines: state in one block of memory that its owner passes by pointer, everything that does
// not change in constant tables, no allocation, no libraries. What construction decides (constants, initial values, who is connected to
// whom) is not computed again on the machine: the compiler constructs the network itself and hands over what it got (EmbedImage).
#ifndef SNNC_GEN_EMBED_H
#define SNNC_GEN_EMBED_H
#include "gen/gen.h"

// One constructed projection. Arrays as in SnnBlock, with targets counted from tgt_lo.
typedef struct EmbedProj {
    uint32_t nclass, nsyn; const uint32_t *delay;
    const uint32_t *row, *col, *colptr, *colsyn, *colsrc;      // NULL where the layout needs none
    const void **syn;                                          // by position in NetProj.fields: nsyn elements
    const double *level; uint32_t nlevel;                      // weights (fields[0]) are whole multiples of it: one for all or one for each target; NULL: they are not
    uint32_t tgt_base, post_delay;
    const int64_t *late;                                       // on events: the delays in 2^-24 steps
} EmbedProj;

// What the experiment does while the network runs, in order of time. FILL: elements lo..lo+n of a field become `value`. COPY: they become
// data[0..n). SPIKE: neuron lo of population `what` is made to spike in this step (on events: `value` * 2^-24 of a step later). CONSTANT: slot `what` becomes `value`. FORGET: no spike is
// under way any more. RESTORE: fields of a projection's synapses are as in the beginning. BEGIN: on events, a
// run begins.
typedef enum { ACT_FILL, ACT_COPY, ACT_SPIKE, ACT_CONSTANT, ACT_FORGET, ACT_RESTORE, ACT_BEGIN } EmbedActKind;
typedef struct EmbedAct { int64_t step; EmbedActKind kind; uint32_t what, lo, n; double value; const void *data; } EmbedAct;
typedef VEC(EmbedAct) EmbedActs;

typedef struct EmbedField { const void *init; bool acted; bool acted_apart; } EmbedField;   // acted: some action writes it; apart: not all elements alike

typedef struct EmbedImage {
    const Net *net;
    double dt; uint64_t seed; int64_t steps;
    const double *K; bool *k_acted;                            // constants table; slots that an action changes
    EmbedField *field;                                         // by field of the Net; init NULL for those of synapses
    EmbedProj *proj;
    EmbedActs acts;
    bool *recorded;                                            // by population: the experiment records its spikes
    uint32_t *under_way;                                       // on events, by population: most spikes on their way to synapses at once
} EmbedImage;

typedef struct EmbedOptions {
    const char *prefix;                // of the exported functions
    bool stimulus;                     // with the experiment's actions and a table of them, for a board's image
    bool flush_fpscr;                  // an Arm FPU keeps subnormal numbers unless told otherwise: net_step does
    bool rows;                         // runtime/embedded/rows.c is linked: connections need no tables
    bool soft_float;                   // floating point is a call
    bool helium;                       // conditions of vectors are Arm's predicates
    const char *events;                // the event engine for this instruction set: embedded/EVENTS/events.bc
    uint32_t queue;                    // room for so many spikes under way from each population on events; 0: what is needed, as far as that is known
} EmbedOptions;

// Where the bytes went, for the report and the header.
typedef enum { SIZE_STATE, SIZE_SPIKES, SIZE_SYNAPSES, SIZE_INDEX, SIZE_WEIGHTS, SIZE_INITIAL, SIZE_STIMULUS, SIZE_EVENTS, SIZE_KINDS } EmbedSizeKind;
// could_draw: bytes that `procedural = true` would save. eight, four: what `--weights 8` and 4 would take; 0: these options do not apply.
typedef struct EmbedSize { EmbedSizeKind kind; bool flash; const char *what; uint32_t bytes, could_draw, eight, four; } EmbedSize;
typedef struct EmbedPort { const char *name; uint32_t number, n; double scale; } EmbedPort;       // C names
typedef struct EmbedReport {
    uint32_t state_bytes, const_bytes, align;
    const char *trouble;                        // what the network asks for and the machine cannot, or NULL
    bool events; double dt;                     // it runs on events
    bool fixed;                                 // values are fixed-point numbers, `scale` of them are 1
    VEC(EmbedSize) sizes;
    VEC(EmbedPort) spikes, inputs, fields;      // numbers that net_inject, net_spikes; net_set_input; net_state take
} EmbedReport;

GenModule *gen_embed(const NetProgram *program, const EmbedImage *image, const GenOptions *options, const EmbedOptions *embed, EmbedReport *report);
void embed_header(StrBuf *out, const char *prefix, const char *file, const EmbedReport *r, uint32_t stack_bytes);    // the C header
#endif
