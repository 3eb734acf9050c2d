// SPDX-License-Identifier: MIT
// The network IR: what to simulate, no syntax left. One Net per instantiated network: populations and projections with their
// fields (arrays), and programs that are lists of simultaneous assignments `field <- node` over a hash-consed expression DAG.
//
// Every right side reads OLD values: those at the start of the program's run. So a program has no order and any engine may fuse it.
//
// A step of the clock engine, t_k -> t_(k+1):
//   1. for each projection, in order: for each due spike (oldest emission first, then source index): for each synapse of that row with that delay:
//      on_pre.syn assignments (POST targets with mode ADD accumulate).
//   2. for each projection: on_pre.src assignments once per due spike (PRE fields of the source neuron).
//   3. for each projection: for each spike of the target population stamped t_k (with a post_delay of d: t_(k-d)): on_post.syn for each incoming synapse in the order
//      of sources; then, for all projections, on_post.tgt assignments once per spike (POST fields).
//   4. for each projection with a per-step program: `advance` for each synapse (source-major); then its totals, and `collect` for each target.
//      A total has one order of summation whatever the vectors and threads: of the first 16*m sources, number i goes to part i mod 16 in ascending order; parts are
//      added by halves (0 + 8, 1 + 9 ..; then 0 + 4 ..; 0 + 2, 1 + 3; 0 + 1); the sources that are left over follow one by one.
//   5. for each population: `step` program: new values, spikes. A spike here is stamped t_(k+1); with delay m it is due at t_(k+1+m).
#ifndef SNNC_NET_H
#define SNNC_NET_H
#include "sema/model.h"

enum { ARRAY_LOCAL = 1 << 30 };                    // in the ref of a LOOKUP: an array of the experiment, by slot of its frame
typedef uint32_t Node;                              // index into Dag.at; 0 is "none"
typedef enum {
#define OP(NAME, arity, type, text) N_##NAME,
#include "ops.def"
#undef OP
    N_COUNT
} NetOp;
typedef struct DagNode { uint16_t op; uint8_t arity; char type; uint32_t ref; double num; Node a, b, c; } DagNode;
typedef struct Dag { Arena *arena; VEC(DagNode) at; uint32_t *slot; uint32_t nslots; } Dag;

typedef enum { ELEM_REAL, ELEM_TICK } Elem;         // TICK: as wide as a real (int64 beside double, int32 beside float)
typedef enum { OWNER_POP, OWNER_PROJ } OwnerKind;
typedef enum { ROLE_STATE, ROLE_PARAM, ROLE_DERIVED, ROLE_INPUT /* accumulates arrivals, zeroed each step */, ROLE_DRIVE /* written by the experiment */,
               ROLE_LUMPED, ROLE_TRACE, ROLE_WEIGHT, ROLE_HIDDEN, ROLE_RECORDED_LET, ROLE_VALUE /* encoder input */, ROLE_POSITION } FieldRole;
typedef struct Field {
    Sym name; uint32_t id; OwnerKind owner; uint32_t index;    // owner: population or projection number
    Elem elem; FieldRole role; Dim dim; Var *var;              // var: where it comes from, or NULL
    bool uniform_init;                                         // init does not depend on the entity
    const char *why;                                           // placement reason, for explain
} Field;
typedef enum { MODE_SET, MODE_ADD } AssignMode;
typedef struct Assign { uint32_t field; AssignMode mode; Node value; } Assign;
typedef VEC(Assign) Program;
typedef struct SpikeOut { Sym port; Node cond; } SpikeOut;     // cond over old values, B

// A small dense linear system solved when the network is constructed: P = expm(A*dt), n x n row-major. Entries are nodes over K (uniform)
// or over K and own fields (per entity). out[i*n+j]: uniform: K slot + 1; per entity: field id + 1; 0 = entry not needed.
typedef struct Propagator { uint32_t n; Node *a; uint32_t *out; bool per_entity; Node dt; } Propagator;

typedef VEC(Propagator) PropagatorVec;

typedef struct SolveInfo { Var *var; Sym name; Method method; const char *reason; } SolveInfo;
// What the event engine needs to know of a population (pass_events.c). Between events the states obey x' = a x + b, in an order in which a
// slope reads its own state, earlier ones, and that of one partner beside it; the neuron spikes when w x + level reaches 0 from below.
// What each engine is expected to cost one neuron of a population (estimate.c), in microseconds for a second of its life.
typedef struct EngineCost { double rate, arrivals, events, clock; bool known; const char *why; } EngineCost;   // per second; known: estimated; why: the estimate was overruled
enum { ACT_LEVEL, ACT_HOLDS, ACT_TIMED };   // a level that moves; a condition that stands or waits for a time since `present`; times since `present`
// One of several spike rules, or one that a condition guards or that goes by time. `at` is when it can next act, in ms since `present`: -EVENT_NEVER now, EVENT_NEVER not at all.
#define EVENT_NEVER 1e300
typedef struct NetRule {
    int kind; Node at; Node *w, level;          // w, level as in NetEvent: ACT_LEVEL
    Node refractory; Program reset;
    uint32_t at_field, after_field;             // fields: what `at` comes out as; times up to this one are past (ACT_TIMED)
    uint32_t *w_at, level_at, refractory_at;
} NetRule;
typedef struct NetEvent {
    const char *why; Span at;                   // what keeps it on the clock, or NULL
    const char *equation;                       // the rule or equation that does
    uint32_t n; uint32_t *state, *buffer;       // fields; field + 1 of jumps that wait, 0: jumps act at once
    Node *a;                                    // n x n, known at construction (a slot of K, unless it differs between neurons), 0: absent
    Node *b;                                    // n: static between events (K, parameters, drives, presented values), 0: absent
    Node *w, level;                             // as a; static between events. level 0: no threshold
    uint32_t square; Node square_by[2];         // state + 1 whose slope is square_by[0] x^2 + square_by[1] x + b and reads no other; 0: none
    bool edge;                                  // what is above already does not spike
    Node rate;                                  // of a Poisson process, static between events, or 0
    uint64_t held; Node refractory;             // states that stand still for that time (ms) after a spike; 0: none
    Program constants, reset, presented, computed;   // fields of the above; own spike; `on present`; variables without derivative and recorded quantities
    VEC(NetRule) rules; Program rule_times;     // spike rules in their order, where the above does not say all; writes their at_field
    Program settle;                             // the `step` block, which does nothing unless something has happened
    bool reads_since; uint32_t since_field;     // field + 1 of the time since `present`, filled before a program runs
    EngineCost cost;
    uint32_t *a_at, *b_at, *w_at, level_at, rate_at, refractory_at, square_at[2];      // 2*slot + 2 of K, or 2*field + 3; 0: absent
    uint32_t *a_low, *b_low, square_low[2];     // likewise: what rounding takes from these (net_low)
} NetEvent;
typedef enum { ENGINE_AUTO, ENGINE_CLOCK, ENGINE_EVENT } EngineChoice;
typedef struct NetPop {
    Sym path; Population *model; uint32_t id, n, rank, shape[4];
    VEC(uint32_t) fields; Program init;         // init: over K, INDEX, draws and own fields initialised earlier in the list
    Program derive;                             // per-entity constants, redone after `set`
    PropagatorVec propagators;                // per-entity ones, run before `derive`, which may use their entries
    Program step; VEC(SpikeOut) spikes;         // spikes[0] is the port that connections use when none is named
    VEC(SolveInfo) solved; bool is_encoder, is_decoder;
    uint32_t value_field, present_field;        // encoders: field + 1 of the value and of the present tick; 0: none
    uint32_t rank_field;                        // field + 1, filled by the run time at `present`
    NetEvent *event; bool on_events;            // event: also of those that stay on the clock (NULL in the oracle's form)
} NetPop;
typedef struct Placement { Sym name; const char *place; const char *why; } Placement;   // for explain
typedef enum { CONN_SPARSE, CONN_DENSE, CONN_ONE_TO_ONE } ConnLayout;   // DENSE: synapse id = (i - src_lo)*ntgt + (j - tgt_lo); ONE_TO_ONE: id = i - src_lo
typedef struct NetProj {
    Sym path; Projection *model; uint32_t id, src, tgt; uint32_t src_lo, src_hi, tgt_lo, tgt_hi;
    uint32_t spike_port;
    RuleId rule; uint32_t arg_slot[4]; uint32_t nargs; Node pair_prob;  // pair_prob: per-pair probability (where, distance rules) over PRE, POST, indices, or 0
    bool allow_self, allow_multiple, procedural, drawn /* was procedural; kept on this machine for another one */; Sym file; ConnLayout layout;
    bool uniform_delay; Node delay;             // in steps, a real not yet rounded: a K leaf when uniform, else over PRE/POST/indices/draws
    uint32_t post_delay;                        // K slot + 1: steps after which the target's spikes run on_post (dendritic delay of a plastic synapse), 0: none
    uint32_t stream;                            // stream of the connectivity draws
    VEC(uint32_t) fields; Program init;         // per-synapse fields over PRE, POST, indices, draws
    Program on_pre_syn, on_pre_src, on_post_syn, on_post_tgt, advance;
    VEC(Node) totals; Program collect;          // pass_totals.c: what is summed over the sources (over PRE); what each target adds (POST fields, over POST and TOTAL)
    uint32_t bundle; VEC(uint32_t) reach;       // pass_bundles.c: its class (0: none), and what differs within the class: fields of the target
    VEC(Placement) placed;
} NetProj;
typedef struct KDef { Node value; uint32_t param; } KDef;                // slot <- value; param: settable parameter number + 1, or 0
typedef struct NetParam { const char *path; uint32_t slot; Dim dim; double lo, hi; bool ranged; Var *var; Population *pop; Projection *proj; } NetParam;
typedef struct NetArray { Sym name; double *data; uint64_t n; } NetArray;
typedef struct SetupStep { bool is_propagator; uint32_t index; } SetupStep;
typedef struct NetFixed NetFixed;              // fixed.h
typedef struct Net {
    const NetFixed *fixed;                // NULL: floating point
    Arena *arena; Dag dag; Network *model; Sym name; uint32_t id;
    VEC(Field) fields; VEC(NetPop) pops; VEC(NetProj) projs;
    VEC(KDef) k; PropagatorVec propagators;     // K[0] = dt, given by the runtime; a slot whose value is node 0 is written by a propagator
    VEC(SetupStep) setup;                 // order of evaluation of k and propagators
    VEC(NetParam) params; VEC(NetArray) arrays;
    uint32_t streams;                     // numbers of draws given away so far
    PtrMap field_of_pop;                        // see net_field
} Net;

typedef struct NetProgram { Arena arena; Model *model; VEC(Net *) nets; } NetProgram;       // nets parallel to model->networks
typedef struct NetOptions { bool place; bool single_precision, fixed, short_products; EngineChoice engine; } NetOptions;   // place = false: every synapse variable per synapse, no rewrites (the oracle's form)

NetProgram *net_build(Diags *d, Model *m, const NetOptions *o);          // NULL on errors
void net_verify(const Net *n);                                           // fatal() on a broken invariant
void net_print(const Net *n, FILE *out);                                 // --dump=net, re-readable by eye: one line a field, an assignment
void net_explain(const Net *n, FILE *out);                               // snnc explain
void net_free(NetProgram *p);

// Lookups for the experiment: field ids of a model variable.
int net_field(const Net *n, const Population *p, const Var *v);          // the field that holds state/param/recorded let v, or -1
int net_drive_field(const Net *n, const Population *p, const Var *port); // ROLE_DRIVE field of an input port, or -1
int net_param_slot(const Net *n, const Population *p /* NULL: network's own */, const Var *v);   // K slot of a settable parameter, or -1
// What an arriving spike does depends on the target and on what does not change, so that it can be taken along when the spike leaves.
const char *net_event_threads(const Net *n);           // how threads share the events, in words
double net_step_cost(const Net *n, const NetPop *p);    // rough instructions a neuron and step
bool net_travels(const Net *n, const NetProj *p);
int net_pop_index(const Net *n, const Population *p);

// dag.c: makes or finds a node. dag_op folds constants (IEEE-exact operations only) and the identities x*1, x/1, x-0.
Node dag_const(Dag *d, double v);
Node dag_leaf(Dag *d, NetOp op, uint32_t ref);
Node dag_op(Dag *d, NetOp op, Node a, Node b, Node c);
Node dag_with(Dag *d, Node x, Node a, Node b, Node c);                    // x with other operands; x itself when they are its own
Node dag_op_ref(Dag *d, NetOp op, uint32_t ref, Node a, Node b);          // LOOKUP and draws with operands
Node dag_ipow(Dag *d, Node x, unsigned n);
bool dag_is_const(const Dag *d, Node n, double *v);
const char *dag_op_text(NetOp op);
uint8_t dag_op_arity(NetOp op);
static inline const DagNode *dag_at(const Dag *d, Node n) { return &d->at.at[n]; }
// Expression as a frame-slot program for experiments (drive functions etc.) is emitted by gen from Expr directly: net_expr lowers one.
Node net_expr(Net *n, const Expr *e, const Population *own);             // over K, T, INDEX, own fields, LOCAL (VAR_LOCAL of an experiment); for values that drive or fill
#endif
