// SPDX-License-Identifier: MIT
// Inside the checker: scopes, contexts of expressions, and who calls whom.
//
//   load.c        files and imports -> declarations by name
//   elaborate*.c  circuits and networks -> populations;  connect*.c -> projections;  experiment*.c -> statements
//   body*.c       one neuron, synapse, plasticity, encoder, decoder declaration -> Body, for the partners it meets
//   expr*.c       one Ast expression -> typed Expr in coherent units;  fold.c: constants;  dim.c: dimensions
//   scope.c       names
//
// Poison: an Expr with `bad` set has been reported (or depends on something that was); every check on it stays silent.
// `flex`: an Expr whose dimension is still free (the literal 0, a kernel's sum over undeclared arrivals); sema_unify settles it.
// The same Expr pointer is the same value: a draw or xi that is reached twice through one pointer (a function's argument) is one draw.
#ifndef SNNC_SEMA_H
#define SNNC_SEMA_H
#include "model.h"

typedef VEC(Sym) SymVec;

// ---- names ----
typedef struct Scope Scope;
typedef enum {
    SYMBOL_VAR,      // var
    SYMBOL_EXPR,     // the name stands for an expression checked already: argument of a fn or a circuit
    SYMBOL_POP,      // pop
    SYMBOL_OTHER     // data: ports, circuit instances, networks, concat groups ... known to elaborate*.c and experiment*.c only
} SymbolKind;
typedef struct Symbol { SymbolKind kind; Sym name; Span span; Var *var; Expr *expr; Population *pop; void *data; int tag; bool used; } Symbol;
struct Scope { Scope *parent; PtrMap names; };

typedef struct BodyKey { const AstModel *decl; Body *pre, *post, *synapse; Var *into; Body *body; } BodyKey;
typedef struct Sema {
    Model *model; Arena *arena;                // arena: the model's own
    Diags *diags; Sources *sources; const SemaOptions *options;
    Scope *globals;                            // constants of the files' top level
    VEC(BodyKey) bodies;                       // memo of sema_body
    const AstFn *fn_stack[32]; uint32_t fn_depth;
    PtrMap pending;                            // Var -> how its type and value are found when first asked for
    Scope *help_scope;                         // where help lines look for a factor of the missing dimension
    void *load;                                // load.c's tables
} Sema;

// Declarations have no order: a Var may be put into scope at once and checked when its name is first met (or by sema_resolve).
typedef void (*ResolveFn)(Sema *s, Var *v, void *data);
void sema_defer(Sema *s, Var *v, ResolveFn resolve, void *data);
void sema_resolve(Sema *s, Var *v);            // once; a circle of definitions is reported

// ---- dimensions (dim.c; more in model.h) ----
extern const Dim DIM_TIME, DIM_RATE, DIM_CAPACITANCE, DIM_LENGTH;
bool dim_pow_exact(Dim a, double p);
double dim_power_of_ten(int k);
const char *dim_word(Dim d);                   // "a voltage" or NULL
const char *dim_phrase(Arena *a, Dim d);       // "a voltage per time (mV/ms)", "a plain number"

Scope *scope_new(Arena *a, Scope *parent);
Symbol *scope_find(Scope *s, Sym name);                              // here or in a parent; NULL when absent
Symbol *scope_find_here(Scope *s, Sym name);
Symbol *scope_add(Sema *s, Scope *sc, Sym name, SymbolKind kind, Span span);   // reports a name given twice here (then returns the new one, unregistered)
Symbol *scope_add_var(Sema *s, Scope *sc, Var *v);
Symbol *scope_add_expr(Sema *s, Scope *sc, Sym name, Expr *e, Span span);
void scope_names(Arena *a, const Scope *s, SymVec *out);              // all visible ones, for nearest_name
void sema_unknown(Sema *s, const Scope *sc, Sym name, Span at);        // E0201 with the nearest name as help

// ---- expressions ----
enum {
    ALLOW_T = 1,            // t, dt
    ALLOW_XI = 2,           // white noise
    ALLOW_DRAW = 4,         // distributions
    ALLOW_OWN = 8,          // index, coordinates, positions, size of the own population (own_pop may be NULL: shape unknown, coordinates refused)
    ALLOW_SPIKES = 16,      // since_spike, spiked_before, convolve
    ALLOW_ENCODER = 32,     // rank
    ALLOW_SIDES = 64,       // pre.NAME, post.NAME, distance (pre/post bodies or populations below; NULL: unknown, silently poison)
    ALLOW_PRESENT = 256,    // since_present
    ALLOW_STATE = 128       // names of the body may be states and inputs (not in defaults of parameters)
};
typedef struct ExprCtx ExprCtx;
struct ExprCtx {
    const char *where;                  // "a delay", "the default of a parameter": "... cannot stand in %s"
    unsigned allow;
    Body *pre, *post;                   // what pre.NAME and post.NAME reach
    Body *own;                          // the body being checked, or NULL
    Population *own_pop, *pre_pop, *post_pop;   // for coordinates and sizes, or NULL
    // Asked first for each Name, Member, Index and Call: experiments and networks know more forms (populations, run-time functions).
    // Returns NULL when the node is not one of theirs.
    Expr *(*hook)(Sema *s, Scope *sc, const Ast *e, const ExprCtx *cx);
    void *hook_data;
};
Expr *sema_expr(Sema *s, Scope *sc, const Ast *e, const ExprCtx *cx);                                    // never NULL; look at ->bad
Expr *sema_expr_dim(Sema *s, Scope *sc, const Ast *e, const ExprCtx *cx, Dim want, const char *what);    // ... and it must have this dimension
Expr *sema_expr_bool(Sema *s, Scope *sc, const Ast *e, const ExprCtx *cx, const char *what);
Expr *sema_draw_expr(Sema *s, Scope *sc, const Ast *e, const ExprCtx *cx, Dim want, bool any_dim, const char *what);   // right side of `~`

// Dimension `want` (what: "the delay", "weight w"): reports E0301 at e when it differs. Settles flex. Returns false (and sets bad) then.
bool sema_expect_dim(Sema *s, Expr *e, Dim want, const char *what);
bool sema_unify(Sema *s, Expr *e, Dim want);            // settles a flexible expression; true when the dimensions agree (silent)
bool sema_is_number(const Expr *e);                     // TY_REAL or TY_INT, not bad

// Type position: `: mV`, `: int`, `: mV[2, 3]`. NULL: dim none, ty real, given = false. weight_dim: what the type `weight` means, or NULL.
typedef struct TypeSpec { bool given, bad; Ty ty; Dim dim; uint32_t rank; const AstList *dims; } TypeSpec;
TypeSpec sema_type(Sema *s, const Ast *type, const Dim *weight_dim);

Expr *expr_new(Sema *s, ExprKind kind, Span span);      // TY_REAL, dimensionless
Expr *expr_num(Sema *s, double v, Dim d, Span span);
Expr *expr_var(Sema *s, Var *v, Span span);             // marks v used
Expr *expr_bad(Sema *s, Span span);
Expr *expr_binary(Sema *s, BinaryOp op, Expr *a, Expr *b, Span span);     // with all checks
Var *var_new(Sema *s, Sym name, VarKind kind, Dim d, Span span);
const char *span_text(Sema *s, Span at);                // the source text, one line, shortened
const char *expr_type_phrase(Sema *s, const Expr *e);   // "a voltage (mV)", "a condition", "a text"

// ---- constants ----
Expr *sema_fold(Sema *s, Expr *e);                      // folds IEEE-exact operations and constants; returns e or a new node, never changes e
Expr *sema_fold_all(Sema *s, Expr *e);                  // ... and functions
Expr *sema_fold_defaults(Sema *s, Expr *e);             // ... with parameters at their defaults: for checks only
Expr *sema_const(Sema *s, Scope *sc, const Ast *e, const ExprCtx *cx, const char *what);      // folded to E_NUM, else reports which name is not constant; bad then
bool sema_const_int(Sema *s, Scope *sc, const Ast *e, const ExprCtx *cx, const char *what, int64_t lo, int64_t *out);  // whole and >= lo (0.8*N must be whole)
double sema_math(FnId fn, const double *args);          // the run time's own functions
double sema_power(double base, double exponent);
const Expr *sema_not_constant(const Expr *e);           // first part that keeps e from being a number, or NULL

// ---- bodies ----
typedef struct BodyUse {
    Body *pre, *post;        // neuron bodies on both sides (synapse, plasticity); NULL: unknown, what depends on them is not checked
    Body *synapse;           // plasticity: the synapse whose weight it changes (its `w`)
    Var *into;               // the target's port, event port or state named by `into`, or NULL
    Span at;                 // the connection, for messages about ports that the target has not
} BodyUse;
// Checked once for each (decl, pre, post, synapse, into); repeated errors of another use at the same place are kept once. use may be NULL for
// neurons, encoders, decoders. decl NULL with use->into: the plain connection `weight w`, on pre { post.INTO += w }.
Body *sema_body(Sema *s, const AstModel *decl, const BodyUse *use);
void sema_check_value(Sema *s, const Var *v, Expr *value, Span at);    // a value (dimension checked) given to a parameter or state: its range, positive time constants and capacitances
void sema_not_positive(Sema *s, Span at, const Var *v, double value);
bool sema_array(Sema *s, Var *v, Expr *e, const TypeSpec *t, const uint32_t *shape);   // e: E_ARRAY of constants -> v as VAR_ARRAY; shape NULL: as written
Var *body_var(const Body *b, Sym name);                 // any declared name of the body or NULL
Var *body_weight(const Body *b);                        // the VAR_WEIGHT or NULL. A plasticity body has one too: it stands for its synapse's weight
void body_names(Arena *a, const Body *b, SymVec *out);
void sema_warn_unused(Sema *s);                         // at the end: parameters, states, inputs that no use of their body needs

// ---- declarations (load.c) ----
const AstModel *sema_find_model(Sema *s, Sym name, Span use);            // reports unknown names; NULL then
const AstFn *sema_find_fn(Sema *s, Sym name, uint32_t from_file);        // silent: NULL when there is none
void sema_fn_names(Sema *s, uint32_t from_file, SymVec *out);            // for "did you mean"
#endif
