// SPDX-License-Identifier: MIT
// Building the synapses of one projection. A rule says which targets a source has (rows) or which sources a target has
// (columns); everything else is done here, for all rules alike: self connections, pairwise conditions, blocks, delays, fields.
//
// All draws are functions of (seed, the projection's stream, row or column, running number), so neither threads nor blocks
// matter. Row rules are drawn once into chunks, by ranges of sources, and copied to their place chunk by chunk while chunks are given
// back: no second copy of the whole ever exists. Column rules are drawn twice: to count, and to fill.
#ifndef SNN_CONNECT_H
#define SNN_CONNECT_H
#include "core/inst.h"

// Growing list of neuron indices.
typedef struct Row { uint32_t *at; int64_t n, cap; bool failed; } Row;
bool row_need(Row *r, int64_t more);                    // room for `more` past n; false and failed without memory
void row_free(Row *r);
void row_sort(Row *r, uint32_t *scratch_or_null);       // ascending

typedef struct Build Build;
// Rows: appends the targets (global indices) of source i; ascending when rule->sorted. Columns: appends the sources of target j.
typedef struct SnnConnRule {
    const char *name;
    enum { CONN_ROWS, CONN_COLUMNS } kind;
    bool sorted, multiples;                             // rows come ascending; a pair can occur several times
    int (*prepare)(Build *b, SnnError *err);            // may be NULL; 0 or -1
    void (*release)(Build *b);                          // may be NULL
    double (*expected)(const Build *b);                 // number of synapses, about; NULL: few
    void (*make)(const Build *b, int64_t i, Row *out);
    // Values that the rule itself brings (from_file): delay in steps and weight of copy[k] of (i, tgt[k]); NULL: none
    void (*values)(const Build *b, int64_t i, const uint32_t *tgt, const uint32_t *copy, int64_t n, double *delay, double *weight);
} SnnConnRule;


struct Build {
    SnnInst *in; const SnnProj *p; ProjState *ps; const SnnConnRule *rule; SnnError *err;
    const SnnPop *source, *target;
    int64_t nsrc, ntgt;                                 // of the slices
    bool same;                                          // source and target are one population
    double arg[4]; uint64_t seed; uint32_t stream;
    bool file_delay, file_weight;                       // set by prepare
    void *data;                                         // the rule's own
};
#define RULE(name, arguments) extern const SnnConnRule snn__connect_##name;
#include "snn_rules.def"
#undef RULE

// rows.c and columns.c: fill row and col of all blocks with one class, rows ascending by target
int connect_rows(Build *b);
int connect_columns(Build *b);
// The targets of source i, ascending, without what self connections and conditions take away; prob, cap: a buffer that is kept, at first NULL and 0.
void connect_row(const Build *b, int64_t i, Row *r, double **prob, int64_t *cap);
// finish.c
bool connect_delay_fits(const Build *b, int64_t i, uint32_t tgt, double delay);   // in steps; else false after inst_fail
int connect_finish(Build *b);                           // delay classes, fields, column index
int connect_begin(Build *b, SnnInst *in, int64_t proj, SnnError *err);    // arguments checked, blocks there, empty
bool connect_makes_rows(const SnnInst *in, int64_t proj);     // by a rule that says which targets a source has, and how many there will be
int connect_late(Build *b);                             // late.c: what rounding took from delays, for targets on events
void late_free(const SnnInst *in, ProjState *ps);
int connect_again(Build *b);                            // again.c: only the fields, as connect_finish set them
// Allocates col for the counts that row[1..] holds and makes row offsets of them; 0 or -1.
int connect_offsets(Build *b, SnnBlock *k);
void connect_job(Build *b, void (*job)(void *arg, int member), void *arg);
bool connect_failed(const Build *b);                    // or interrupted: leave
static inline bool connect_self(const Build *b, int64_t i, int64_t j) { return !b->p->allow_self && b->same && i == j; }
#endif
