// SPDX-License-Identifier: MIT
// One kernel under construction: a nest of at most three levels. 0 is the function's entry (what depends on K, the step and the time),
// 1 a row (what depends on the one neuron that all synapses of the row share), 2 the element (neuron or synapse). Each node of the DAG
// is emitted once, at the lowest level it depends on, by that level's builder; level 2 may be a vector of `lanes` elements. So
// hoisting out of loops is decided here and asked of no optimiser.
#ifndef SNNC_GEN_KERNEL_H
#define SNNC_GEN_KERNEL_H
#include "emit.h"

enum { LEVEL_ENTRY, LEVEL_ROW, LEVEL_ELEMENT, LEVELS };
typedef enum { KERNEL_F, KERNEL_K, KERNEL_STEP, KERNEL_T, KERNEL_SEED, KERNEL_A, KERNEL_MEMBERS } KernelMember;

typedef struct Kernel {
    Gen *g;
    const Net *net;
    Val fn, ctx;                     // ctx: SnnCtx*
    Bld at[LEVELS];                  // where code of each level goes
    unsigned lanes;                  // of level 2
    bool aligned;                    // level 2 starts at whole vectors
    Typ real, tick;
    int leaf_level[3];               // of FIELD, PRE, POST leaves
    Val own, pre, post;              // i64 index of the (first) element; own of a projection: synapse entry
    Val post_lo, *post_base;         // post counts from here; by field: base + post_lo
    Val targets;                     // SPARSE in vectors: i64 indices of the lanes' targets, counted from post_lo; else NULL
    Val *total;                      // of the projection, at entry (totals.c)
    Val gap;                         // what is left out of a row, to be added to places behind it (synapse.c)
    Val row_start, col;              // of the row that is walked (synapse.c)
    Val piece, piece_n;              // rows are pieces (SnnPiece): where its fields begin, its length; else NULL
    const NetProj *proj;             // FIELD is a synapse field
    bool assigns_pre;                // fields of populations are those of the source
    Val synapse_base;                // void **S
    bool at_construction;            // draws count no step
    struct Stretch *stretch;         // stretch.c: level 1 is the loop over stretches of neurons; or NULL
    Val copy;                        // i32 number of the synapse among those of its pair, or NULL
    const struct ShapeRefs *refs;    // shape.c: slots and fields come from a table, the last parameter
    Val frame;                       // int64 *frame of an experiment, for LOCAL
    bool fixed;                      // runs in fixed point (fixed.h)
    struct FixedConsts *fixed_consts;
    Val record;                      // embed: the states of the neuron, side by side; or NULL
    bool is_setup;                   // K is the first parameter; reals are doubles whatever the precision
    Val *k_value;                    // slots computed so far
    bool *demoted;                   // by field: written in the loop, so not hoisted
    Val *scalar, *element;           // by node: at its level; as an element of the loop (a vector when lanes > 1)
    uint8_t *level;                  // by node, level + 1
    Val *base;                       // by field: pointer to the array, loaded at entry
    VEC(Node) trail;                 // nodes emitted at level 2, in order
    Val context[KERNEL_MEMBERS];
    LLVMMetadataRef scope; uint32_t scope_file;       // debug.c
} Kernel;

// kernel.c
void kernel_open(Kernel *k, Gen *g, const Net *net, const char *name, Typ type);
void kernel_close(Kernel *k);
void kernel_demote(Kernel *k, const Program *p);                 // fields written in the loop are not hoisted
int kernel_level(Kernel *k, Node n);
uint32_t kernel_mark(const Kernel *k);
void kernel_release(Kernel *k, uint32_t mark);                   // forgets level-2 values made since (their block is left)
void kernel_forget(Kernel *k, int level);                        // forgets values of that level and above
void kernel_know(Kernel *k, Node leaf, Val v);                   // sequential programs: the leaf has this value from here on
Node kernel_field_node(const Kernel *k, uint32_t field);          // its leaf as an own field, 0: no program reads it
Val kernel_context(Kernel *k, KernelMember m);
Val kernel_field_base(Kernel *k, uint32_t field);
Val kernel_load(Kernel *k, NetOp op, uint32_t field, int level);
void kernel_store(Kernel *k, NetOp op, uint32_t field, AssignMode mode, Val value);
NetOp kernel_target_op(const Kernel *k, uint32_t field);         // how a program addresses a field it assigns
Val kernel_post(Kernel *k, Bld b);                               // index of the (first) target, or of each lane's
Val kernel_splat(Kernel *k, Bld b, Val scalar);
Val kernel_index(Kernel *k, Bld b, Val index);                   // i64 vector of the lanes' indices
Typ kernel_widen(const Kernel *k, Typ elem, int level);

Val kernel_root(Kernel *k, uint32_t field, Node n);              // what a program stores in the field, as an element of the loop

// node.c: the operators of ops.def
Val node_operator(Kernel *k, Bld b, Node n, Val *a, int level);               // of operands at that level
Val node_index(Kernel *k, Bld b, const DagNode *d, int level);   // INDEX, PRE_INDEX, POST_INDEX as i32
Val node_own(Kernel *k, Node n);                                 // at its own level
Val node_value(Kernel *k, Node n);                               // as an element of the loop: broadcast when needed

// math.c: transcendental functions and draws from the embedded bitcode. `lanes` 1: scalar
Val math_call(Kernel *k, Bld b, NetOp op, Val *args, unsigned n, unsigned lanes);
Val math_draw(Kernel *k, Bld b, const DagNode *n, Val *args, unsigned nargs);
Val math_when(Kernel *k);                                        // the word of a draw's counter that names the step
Val math_function(Gen *g, const char *name);                     // declaration of a function of the bitcode, NULL when it has none of that name
const char *math_function_name(Kernel *k, const char *text, unsigned lanes);

// stretch.c: draws and functions of a stretch of neurons, array by array
enum { STRETCH = 128 };              // longer ones gain nothing where threads of others share the first cache
typedef struct Stretch {
    uint8_t *stage, *keeper;         // by node: when it is computed (0: in place); the stage that computes and stores a value for later ones
    uint32_t *place;                 // by node: number of its array
    bool *drawn;
    Val base, first, n;              // the arrays; the first neuron, their number
    unsigned stages, draws;
} Stretch;
bool stretch_plan(Kernel *k, const Node *root, uint32_t n);      // for the programs that end in these nodes; false: nothing to gain
void stretch_functions(Kernel *k, Val from, Val to);
Val stretch_value(Kernel *k, Bld b, Node n);                     // NULL: not computed beforehand

// totals.c
void totals_emit(Kernel *k, const NetProj *p, unsigned lanes, Val lo, Val hi);      // sums over the sources lo.. hi; the entry builder goes on behind them

// step.c
Val step_root(Kernel *k, uint32_t field, Node n);                // kernel_root of a step; where the processor keeps subnormal numbers, 0 in their place

// setup.c, population.c
void kernel_sequence(Kernel *k, const Program *p);               // construction: an assignment sees those before it
void propagator_emit(Kernel *k, Bld b, const Propagator *p, Val *entry);   // entry: n*n values, NULL where not asked for
#endif
