// SPDX-License-Identifier: MIT
// Internal to net/: what is known about a population or projection while its programs are being built.
#ifndef SNNC_NET_BUILD_H
#define SNNC_NET_BUILD_H
#include "net.h"

// A state that moves by a differential equation; deriv is over the leaves FIELD(field) of the own entity.
typedef struct Flow { uint32_t field; Node deriv; Method wanted; Var *var; Sym name; } Flow;
typedef VEC(Flow) FlowVec;

typedef struct KernelInput { const Var *port; uint32_t field; } KernelInput;
typedef VEC(KernelInput) KernelInputVec;
typedef struct KernelReset { uint32_t field; Node value; } KernelReset;
typedef VEC(KernelReset) KernelResetVec;
typedef VEC(struct Chain *) ChainVec;

typedef struct PopBuild {
    uint32_t id;                 // index in net->pops
    PtrMap var;                  // Var* -> leaf node (K or FIELD) of parameters and states
    PtrMap buffered;             // states (Var*) whose jumps wait in a buffer: held by a refractory period, or watched for a crossing
    PtrMap buffer;               // Var* of a state -> field + 1 of that buffer, made when something jumps on it
    PtrMap drive;                // Var* of a port -> field + 1 written by experiments
    PtrMap port;                 // Var* of a port -> node: sum of its contributions, over own fields
    PtrMap syn_input;            // Var* of a port -> field + 1: per-synapse contributions of this step
    PtrMap recorded;             // Var* of a `let` -> field + 1
    FlowVec flows;               // the neuron's own states, then lumped and trace states
    uint32_t until, last, spiked, present, rank;   // hidden fields + 1, 0: not needed
    VarVec held;                 // states that some refractory period holds
    VarVec probes;               // what experiments read of synapses: like inputs, but nothing in the neuron sees them
    PtrMap convolve;             // Expr* (E_CONVOLVE) -> node over own fields
    KernelInputVec kernel_inputs; // fields to which an arrival at a port (or an own spike: port NULL) adds
    KernelResetVec kernel_resets; // what an own spike sets such fields to, over the kernels' fields before it
    ChainVec chains;             // states of kernels
} PopBuild;

typedef struct Build { Model *model; Net *net; Diags *diags; Arena *arena; PopBuild *pop; uint32_t streams; const NetOptions *options; PtrMap param_slot; bool failed; } Build;

// Where an expression is evaluated. Vars are looked up in `now` first (values as they stand), then in `base` (leaves).
typedef struct Env {
    Build *b; const Body *body;
    PtrMap now;                  // Var* -> Node: assigned or bound so far
    PtrMap lets;                 // memo of `let`s, valid until the next assignment
    PtrMap *base;                // Var* -> Node
    PopBuild *own;               // population whose neuron is the own entity, or NULL
    PopBuild *pre, *post;        // connected populations in a projection program, or NULL
    Side own_side;               // SIDE_OWN: own fields are FIELD; SIDE_PRE/POST: the body is seen from a synapse
    PtrMap *kernel;              // Expr* (E_CONVOLVE) -> Node
    bool at_end;                 // t and since_spike are taken at the end of the step
    Node since, dt;              // since_present, dt as nodes of their own (on events); 0: by steps
    bool sampled_noise;          // xi is its mean over a step, normal(0, 1)/sqrt(dt): outside equations
} Env;

Node lower_expr(Env *e, const Expr *x);               // real or tick or bool node, as the expression is
Node lower_real(Env *e, const Expr *x);
Node lower_bool(Env *e, const Expr *x);
Node lower_var(Env *e, const Var *v);
Node lower_side_var(Env *e, Side side, const Var *v);
Node lower_draw(Env *e, const Expr *x);
void lower_assign(Env *e, const Var *v, Node value);
// Runs statements on env->now; `guard` (0: always) is the condition under which they run. Refractory statements set *until_steps.
typedef struct Effects { Node refractory; Node refractory_guard; PtrMap post_add; PtrMap post_set; bool bad; } Effects;
void lower_stmts(Env *e, const StmtVec *s, Node guard, Effects *fx);

uint32_t build_param(Build *b, const Var *v);          // K slot of a network parameter, made when first asked for
Node build_pop_param(Build *b, PopBuild *p, const Var *v);   // leaf of a population's parameter, made when first asked for
static inline Node map_node(const PtrMap *m, const void *key) { return m ? (Node)(uintptr_t)map_get(m, key) : 0; }
static inline void map_put_node(Arena *a, PtrMap *m, const void *key, Node n) { map_put(a, m, key, (void *)(uintptr_t)n); }
Env pop_env(Build *b, PopBuild *p);                    // own view, leaves only
uint32_t pop_jump_field(Build *b, PopBuild *p, Var *state);   // where jumps on a state are added
uint32_t pop_syn_input(Build *b, PopBuild *p, Var *port);   // field that collects this step's contributions to a port

uint32_t net_add_field(Net *n, Sym name, OwnerKind owner, uint32_t index, Elem elem, FieldRole role, Dim dim, Var *var);
Node net_low(Net *n, Node x);                          // what rounding takes from x, to first order; 0: nothing that is known
uint32_t net_add_k(Net *n, Node value);                // slot; static uniform value
Node net_k(Net *n, Node value);                        // value as a K leaf (constants and K leaves stay)
void program_set(Net *n, Program *p, uint32_t field, Node value);
void program_add(Net *n, Program *p, uint32_t field, Node value);

typedef enum { STATIC_UNIFORM, STATIC_ENTITY, DYNAMIC } Rate;
Rate net_rate(const Net *n, Node x);
bool net_depends(const Net *n, Node x, NetOp op, uint32_t ref);      // does x contain this leaf?
bool net_contains(const Net *n, Node x, Node part);
Node net_subst(Net *n, Node x, const Node *leaf, const Node *value, uint32_t count);

Node net_own_view(Net *n, Node x, NetOp side);         // PRE or POST fields of x become own fields: a synapse's expression seen from inside the neuron
typedef Node NodeMap(void *data, Node x);
void net_map_roots(Net *n, NodeMap *map, void *data);   // rewrites every expression of every program

// rewrite.c: every expression of a complete net, each node once, knowing how often it is used. `one` gives the new node for an old one.
typedef struct Rewrite Rewrite;
struct Rewrite { Net *net; uint32_t *uses; Node *memo; uint32_t limit; unsigned char *seen; Node (*one)(Rewrite *r, DagNode n, Node x); };
void rewrite_net(Net *n, Node (*one)(Rewrite *r, DagNode n, Node x));
Node rewrite(Rewrite *r, Node x);
Node rewrite_kids(Rewrite *r, DagNode n, Node x);      // x with rewritten operands

bool build_pops(Build *b);                             // fields, parameters, initial values
void build_kernels(Build *b, PopBuild *p);             // convolutions -> linear states
bool build_projs(Build *b);                            // placement and handlers
void totals_split(Net *n, NetProj *p);                 // pass_totals.c
void build_steps(Build *b);                            // population step programs
// solve.c: `start[i]` value of flow i at the start of the step, held[i]: B node or 0 (then the state stands still); next[i] is written
typedef struct SolveCtx { Net *net; FlowVec *flows; const Node *start, *held; Node *next; bool allow_propagator_per_entity; PropagatorVec *entity_propagators; OwnerKind owner; uint32_t owner_index; SolveInfo *info; } SolveCtx;
void solve_flows(SolveCtx *s);
// Taking apart: x as sum c[i]*leaf[i] + b (0: absent). False when it is not linear in the leaves.
bool quadratic_of(Net *n, Node leaf, Node x, Node *c);  // x = c[0] + c[1] leaf + c[2] leaf^2; 0: absent. False: it is not
bool solve_affine(Net *net, const Node *leaf, uint32_t n, Node x, Node *c, Node *b);
void events_classify(Build *b, PopBuild *p);          // NetPop.event, while the population's ports are complete and its slopes as written
void events_projections(Net *n);                      // what connections ask of the populations at their ends
void events_provide(Net *n, NetPop *np, bool lows);               // slots and fields for the run time, of a population that runs on events
bool events_only_deliver(Net *n, const NetProj *p);    // it neither learns nor reads its source
bool events_read(const Net *n, const Program *p, NetOp side);   // fields of PRE or POST that move
bool events_demote(NetEvent *e, Span at, const char *equation, const char *why);   // keeps the first reason
void pass_engines(Build *b);                           // which populations run on events
void pass_singular(Net *n);                            // removable singularities
Node net_desingular(Net *n, Node x);                   // ... of one expression, before its slope is taken apart
void pass_hoist(Net *n);                               // static subexpressions -> K slots and derived fields
void pass_bundles(Net *n);                             // projections that may be kept as one
void pass_affine(Net *n);                              // uniform factors of inputs, multiplied at set-up
void pass_fma(Net *n);                                 // a*b + c -> fma where the product has no other use
#endif
