// SPDX-License-Identifier: MIT
// The checked program. Names are resolved, dimensions hold, units are erased into the coherent set (ms, mV, nS, pF, pA, GOhm,
// kHz); circuits are instantiated into flat populations and projections. Still mathematics as written: nothing is solved or placed.
//
// Bodies of neurons, synapses, ... are checked once per use with the types they meet: a synapse that says post.V is checked for
// every (synapse, plasticity, source model, target model) it is connected with, so a Body belongs to one such use.
#ifndef SNNC_MODEL_H
#define SNNC_MODEL_H
#include "syntax/ast.h"
#include "syntax/parse.h"
#include "source/diag.h"

typedef struct Expr Expr;
typedef struct Var Var;
typedef struct Body Body;
typedef struct Population Population;
typedef struct Projection Projection;
typedef struct Network Network;
typedef struct XStmt XStmt;
typedef struct Experiment Experiment;
typedef VEC(Expr *) ExprVec;
typedef VEC(Var *) VarVec;

typedef enum { TY_REAL, TY_BOOL, TY_INT, TY_STRING, TY_ARRAY, TY_POPULATION, TY_SPIKES, TY_TRAIN, TY_DATASET } Ty;   // INT converts to dimensionless REAL

// Functions known to the language (builtins.def): FN(name, arity, dimension rule). sema, net and gen read the same table.
typedef enum {
#define FN(name, arity, rule) FN_##name,
#include "builtins.def"
#undef FN
    FN_COUNT
} FnId;
// Distributions (dist.def): DIST(name, parameters, discrete)
typedef enum {
#define DIST(name, arity, discrete) DIST_##name,
#include "dist.def"
#undef DIST
    DIST_COUNT
} DistId;

typedef enum {
    E_NUM,        // num, in coherent units (booleans 0/1)
    E_STRING,     // text
    E_VAR,        // var: of the own body, a handler local, a network parameter, an experiment local
    E_SIDE,       // var of the neuron on that side of a connection: side, var  (pre.V, post.I)
    E_SPECIAL,    // special: t, dt, index, coordinates ... on `side` (SIDE_OWN in a neuron)
    E_NEG, E_NOT,
    E_BINARY,     // op (BinaryOp), a, b
    E_COND,       // a ? b : c
    E_CALL,       // fn, args
    E_DRAW,       // dist, args, lo/hi = truncation or NULL: one fresh draw for this place in the program
    E_ELEMENT,    // array (var of kind VAR_ARRAY), args = indices
    E_ARRAY,      // args: literal array
    E_CONVOLVE,   // kernel var, port var (or NULL with `self_spikes`): sum of kernel(t - t_f) (times weight for a port); a: SINCE_SPIKE for a kernel of two times
    // experiments only
    E_POP,        // pop, lo, hi (whole: 0, n), field var or NULL; ty TY_POPULATION, TY_SPIKES (`.spikes`) or TY_ARRAY (a field)
    E_XCALL,      // xfn (xfuncs.def), args
    E_DATASET     // data set local, lo/hi slice
} ExprKind;
typedef enum { SIDE_OWN, SIDE_PRE, SIDE_POST } Side;
typedef enum {
    SP_T,               // time at the start of the step, ms
    SP_DT, SP_INDEX,    // index within the population (row-major)
    SP_COORD,           // coordinate number `num` of a shaped population (0 = slowest)
    SP_X, SP_Y, SP_Z, SP_ANGLE,   // position; angle = atan2(y, x)
    SP_DISTANCE,        // between pre and post (periodic where the layout is)
    SP_XI,              // white noise, 1/sqrt(ms); each occurrence is its own stream
    SP_SINCE_SPIKE,     // time since the own last spike (1e9 ms before the first)
    SP_SPIKED_BEFORE,   // 1 if the neuron spiked in the previous step
    SP_SINCE_PRESENT,   // encoders: time since the last `present` to them; neurons, decoders: to any population
    SP_RANK,            // encoders: rank of the presented value in its population
    SP_SIZE             // number of neurons of the population
} SpecialId;
typedef enum {
#define XFN(name, signature, result, abi) XF_##name,
#include "xfuncs.def"
#undef XFN
    XF_COUNT
} XFnId;

struct Expr {
    ExprKind kind; Ty ty; Span span; Dim dim;
    double num; Sym text; Var *var; Side side; SpecialId special; int op; FnId fn; DistId dist; XFnId xfn;
    Expr *a, *b, *c, *lo, *hi; ExprVec args;
    Population *pop; int64_t slice_lo, slice_hi; Expr *slice_lo_expr, *slice_hi_expr; bool self_spikes;
    Var *port;                // CONVOLVE: the event input whose arrivals are summed (var is the kernel)
    bool bad, flex;           // while checking: reported already; dimension still open
};

typedef enum {
    VAR_CONST,     // value known when compiling (init folded to E_NUM) or an array (VAR_ARRAY)
    VAR_PARAM,     // may be set when running; init is an expression over other parameters, or a draw (per neuron / per synapse)
    // A synapse may say post.EVENT += w in `on pre`: it delivers w to that event input, whose handlers run. A plasticity body's VAR_WEIGHT is
    // its synapse's weight. A VAR_STATE with an algebraic equation is computed from the others each step and needs no initial value.
    VAR_STATE, VAR_LET, VAR_INPUT, VAR_EVENT_INPUT, VAR_VALUE_INPUT /* encoder */, VAR_WEIGHT, VAR_OUTPUT,
    VAR_LOCAL,     // `let` inside a handler or an experiment, loop variable
    VAR_KERNEL, VAR_ARRAY, VAR_DATASET
} VarKind;
struct Var {
    Sym name; VarKind kind; Ty ty; Dim dim; Span span; Sym doc;
    Expr *init;                 // default, initial value, definition of a `let`; draw: E_DRAW inside
    double lo, hi; bool ranged; // declared range
    bool draw_per_entity;       // param/state given by `~`: one value for each neuron (synapse)
    bool used, written;
    bool positive;         // a parameter that divides in an equation and is a time or a capacitance
    bool bad, flex;             // while checking: reported already; dimension still open (undeclared arrivals)
    Body *body;                 // owner, NULL for network and experiment variables
    double *data; uint32_t *shape; uint32_t rank;     // VAR_ARRAY
    Expr *kernel_body; Var *kernel_arg, *kernel_since; // VAR_KERNEL; since: of two arguments, the time since the own last spike, or NULL
    int local;                  // experiments: frame slot
    int id;                     // free for the next stage's side tables
    const char *path;           // network parameters: the name for --set
};

// Handlers: straight-line code with ifs.
typedef enum { S_ASSIGN, S_LOCAL, S_IF, S_REFRACTORY } StmtKind;
typedef struct Stmt Stmt;
typedef VEC(Stmt *) StmtVec;
struct Stmt {
    StmtKind kind; Span span;
    Side side; Var *var; AssignOp op; Expr *value;         // ASSIGN: var on side (OWN: the body's own); LOCAL: var = value
    Expr *cond; StmtVec then, otherwise;                   // IF
    VarVec hold;                                           // REFRACTORY for `value`
};
typedef struct Equation { Var *var; Expr *value; Span span; bool algebraic; } Equation;   // var' = value, or var = value when algebraic
typedef struct SpikeEvent { SpikeHow how; Sym port /* NULL: the only or first */; Expr *cond, *level; bool falling; Expr *at; Var *over_var; Expr *over_lo, *over_hi; StmtVec body; Span span; } SpikeEvent;
typedef enum { ON_PRE, ON_POST, ON_EVENT /* neuron's event input or decoder's spike */, ON_PRESENT } OnKind;
typedef struct Handler { OnKind kind; Var *event; Var *arg /* the arriving weight */; StmtVec body; Span span; } Handler;
typedef struct DriveTerm { Var *port; Expr *value; Span span; } DriveTerm;                // drive post.port = value
typedef enum { SOLVE_AUTO, SOLVE_EXACT, SOLVE_EXPEULER, SOLVE_EULER, SOLVE_RK2, SOLVE_RK4 } Method;
typedef struct SolveChoice { Var *var; Method method; Span span; } SolveChoice;

struct Body {
    ModelWhat what; Sym name; Span span; Sym doc;
    VarVec vars;                         // all, in order of declaration
    VEC(Equation) equations; VEC(SpikeEvent) spikes; VEC(Handler) handlers; VEC(DriveTerm) drives;
    StmtVec step; bool has_step;
    VEC(SolveChoice) solve;
    Body *pre, *post;                    // synapse, plasticity: the neuron bodies it was checked against
};

// A value given to a parameter, state or weight in one population or projection.
typedef struct Binding { Var *var; Expr *value; Span span; } Binding;   // value over network params, specials, draws
typedef VEC(Binding) BindingVec;

typedef enum { POS_NONE, POS_LINE, POS_RING, POS_GRID, POS_RANDOM, POS_EXPR } Layout;
struct Population {
    Sym path;                            // "E", "layer.E": unique in the network
    Body *body; uint32_t n; uint32_t shape[4]; uint32_t rank; Span span;
    BindingVec params, states;           // only what differs from the body's defaults
    VarVec varied;                       // parameters that an experiment gives neuron by neuron
    Layout layout; Expr *position[3]; double extent[3]; bool periodic; uint32_t dims;     // mm
    uint32_t id; Network *network;
};

typedef enum {
#define RULE(name, args) RULE_##name,
#include "rules.def"
#undef RULE
    RULE_COUNT
} RuleId;
// A variable of a projection's synapses as each target neuron sees it, summed over them: port stands for it like an input of the target.
typedef struct Probe { Var *port; Expr *value; Body *body; } Probe;
typedef struct Slice { Population *pop; uint32_t lo, hi; } Slice;
struct Projection {
    Sym path; Span span;                 // "E->I" made unique with #2 ...
    VEC(Slice) source, target;           // several: concat(E, I)
    Sym spike_port;                      // spike rule of the source that is sent, by name; NULL: the first
    RuleId rule; ExprVec args;           // in the order of rules.def; run-time expressions except structural ones (conv2d sizes: E_NUM)
    Expr *where; bool allow_self, allow_multiple, procedural; Sym file;      // file: from_file
    Body *synapse; BindingVec syn_params; Var *weight_var; Expr *weight;      // weight NULL: none given
    Body *plastic; BindingVec plastic_params;
    Expr *delay, *dendritic;             // NULL: 0
    VEC(Probe) probes;                   // what an experiment reads of its synapses
    Var *into;                           // target's input port, event port or state; NULL when the synapse's drives name it
    uint32_t id;
};
// What a program around the network connects: spikes of a part of a population (var NULL), an input that is set, or a state that is read.
typedef struct Extern { Sym name; Span span; bool output; Population *pop; uint32_t lo, hi; Sym spike_port; Var *var; } Extern;
struct Network {
    Sym name; Span span; Arena *arena;
    VarVec params;                       // VAR_PARAM: settable; nested circuits' too, with their paths
    VEC(Population *) pops; VEC(Projection *) projs; VEC(Extern) externs; uint32_t id;
};

// Experiments. Locals live in a frame of 8-byte slots (Var.local): numbers as doubles, arrays and data sets as pointers.
// Fields by kind: USE net args alias. DT SEED value. RECORD target every. RUN duration discard. DRIVE target value duration (NULL: for
// good) start (NULL: now). PRESENT value (array) target duration. PRINT YIELD items. LET ASSIGN var op value. SET var pop op value.
// FILL DRAW target value (DRAW: value is an E_DRAW). RESET what. ENGINE what target (or NULL). SAVE LOAD what target (or NULL) text. NORMALISE target value. DATA var what (kind) args_expr (texts)
// scale. EMIT target, value (array of times) or text (table). FOR_RANGE var lo hi step. FOR_ARRAY var value. FOR_DATA var var2 (label or
// NULL) value (E_DATASET). WHILE IF value body otherwise. SWEEP var value (array) repeat body (var NULL: repeat alone). CALL value.
typedef enum { X_USE, X_DT, X_SEED, X_RECORD, X_RUN, X_DRIVE, X_PRESENT, X_PRINT, X_YIELD, X_LET, X_ASSIGN, X_SET, X_FILL, X_DRAW,
               X_RESET, X_ENGINE, X_SAVE, X_LOAD, X_NORMALISE, X_DATA, X_EMIT, X_FOR_RANGE, X_FOR_ARRAY, X_FOR_DATA, X_WHILE, X_IF, X_SWEEP, X_CALL } XKind;
typedef VEC(XStmt *) XVec;
typedef struct XItem { Sym name; Expr *value; } XItem;
struct XStmt {
    XKind kind; Span span;
    Network *net; BindingVec args; Sym alias;      // USE (args: network params := expr over frame)
    Expr *value, *target, *duration, *every, *start, *scale;   // by kind; target is E_POP (RECORD: one stmt per target; with TY_SPIKES or a field)
    bool discard, once;                            // RUN; DRIVE: the value is taken once, when the statement runs
    VEC(XItem) items;                              // PRINT, YIELD
    Var *var, *var2; Expr *lo, *hi, *step, *repeat; // LET/ASSIGN/SET/loops/SWEEP (value: array to sweep, repeat may be NULL)
    AssignOp op; Population *pop; Sym what, text;  // SET: var of pop (or network param when pop NULL); RESET/SAVE/LOAD what; text: file
    ExprVec args_expr;                             // DATA: call arguments
    XVec body, otherwise;
};
struct Experiment { Sym name; Span span; Sym doc; XVec body; uint32_t frame_slots; VEC(Network *) nets; bool has_dt; };

typedef struct Model { Arena arena; Sources *sources; VEC(Body *) bodies; VEC(Network *) networks; VEC(Experiment *) experiments; const char *file;
    VEC(Sym) set_used; } Model;                  // names of --set that were needed while checking; the others belong to the run time

typedef struct SemaOptions { const char *experiment; const char *const *set; uint32_t nset; const char *data_dir; const char *stdlib_dir; bool all; } SemaOptions;
// Loads `path` and all it imports, checks everything. NULL when there were errors (they are in diags). With all = true (snnc check)
// every declaration is checked even when no experiment uses it.
Model *sema_check(Diags *diags, Sources *sources, const char *path, const SemaOptions *options);
void model_print(const Model *m, FILE *out);         // --dump=model
void model_free(Model *m);
extern const Dim DIM_NONE;
bool dim_equal(Dim a, Dim b);
Dim dim_mul(Dim a, Dim b); Dim dim_div(Dim a, Dim b); Dim dim_pow(Dim a, double p);
const char *dim_text(Arena *a, Dim d);               // nearest customary unit: "mV/ms", "nS", "1"
double dim_scale(Dim d);                             // 1 SI unit in coherent units
#endif
