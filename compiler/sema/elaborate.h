// SPDX-License-Identifier: MIT
// Inside elaborate*.c, connect*.c and experiment*.c: instances of circuits and networks while they are being made flat.
//
// An Instance is one use of a circuit or network declaration: its constants and parameters with the values of this use, its populations
// (already in the Network's flat list), the instances inside it and its ports. It stays after elaboration, because experiments reach
// populations by the same names.
#ifndef SNNC_ELABORATE_H
#define SNNC_ELABORATE_H
#include "sema.h"
#include "load.h"

typedef struct Instance Instance;
typedef VEC(Instance *) InstanceVec;
typedef VEC(Slice) SliceVec;
typedef struct Group { SliceVec at; Span span; Sym port; } Group;    // a population, a part of one, or several as one (concat); port: E.burst
typedef VEC(Group) GroupVec;

enum { TAG_INSTANCE = 1, TAG_PORT, TAG_STRUCTURAL, TAG_DATA, TAG_PROJECTION };        // of SYMBOL_OTHER

typedef struct Port {
    Sym name; Span span; Instance *owner;
    const Ast *value; Instance *value_in;       // what it stands for and the instance whose names that uses; NULL: not connected
    bool resolving;
} Port;

struct Instance {
    Instance *parent; Sym name, path; Span span;           // path: "" for the network itself, "layer" or "layer.inner" inside
    const AstCircuit *decl; const LoadedFile *file; Scope *scope; Network *net;
    InstanceVec inner; VEC(Population *) pops;
    bool in_use;                                           // of a network: taken into use, not yet left
};

// A network made for one set of structural arguments.
typedef struct Made { const AstCircuit *decl; VEC(double) values; Instance *root; } Made;

typedef struct Varied { Sym population, field; } Varied;

typedef struct Elab {                                      // what Sema.load points to
    Loader loader; VEC(Made *) made; PtrMap structural;    // AstCircuit -> PtrMap of structural names
    VEC(Sym) set_used;
    VEC(Varied) varied;                                    // what experiments give neuron by neuron
} Elab;
static inline Elab *elab(Sema *s) { return (Elab *)s->load; }

// elaborate.c
Instance *elaborate_network(Sema *s, const Decl *d, const AstList *args, Scope *arg_scope, const ExprCtx *arg_cx, Span at);   // NULL: reported
bool elaborate_needs_args(Sema *s, const AstCircuit *decl);      // some parameter has no default, or a port must be connected
// elaborate_params.c
void params_globals(Sema *s);
typedef struct ArgSource { const AstList *args; Scope *scope; const ExprCtx *cx; Span at; bool deferred; } ArgSource;   // deferred: arguments of non-structural parameters are set at run time
void params_declare(Sema *s, Instance *in, const ArgSource *from);
bool params_is_structural(Sema *s, const AstCircuit *decl, Sym name);
const AstParam *params_find(const AstCircuit *decl, Sym name);
// elaborate_names.c
void names_each(const Ast *e, void (*f)(const AstName *n, void *data), void *data);      // every Name below e
void names_members(const Ast *e, void (*f)(const AstMember *m, void *data), void *data);   // every Member below e
void names_nodes(const Ast *e, void (*f)(const Ast *e, void *data), void *data);           // every node
// elaborate_array.c: const K : mV[2, 3] = load("k.npy") | [ ... ]
Var *array_declare(Sema *s, Scope *sc, const AstParam *p, const TypeSpec *type, const LoadedFile *file);
// elaborate_pop.c
void pop_declare(Sema *s, Instance *in, const AstPopulation *p);
void pop_assign(Sema *s, Instance *in, const Ast *statement);    // E.V ~ ..., E.V = ...
void bind_args(Sema *s, Scope *sc, const AstList *args, Body *body, const ExprCtx *cx, BindingVec *params, BindingVec *states);
Expr *network_hook(Sema *s, Scope *sc, const Ast *e, const ExprCtx *cx);      // E.size
// elaborate_group.c
bool group_of(Sema *s, Instance *in, const Ast *e, Group *out);               // one group; reports
Instance *instance_of(Sema *s, Instance *in, const Ast *e);                   // an instance's name or NULL (silent)
bool slice_of(Sema *s, Scope *sc, const AstIndex *ix, Population *pop, const ExprCtx *cx, uint32_t *lo, uint32_t *hi);
uint32_t group_size(const Group *g);
const char *names_list(Sema *s, const SymVec *names);                         // "a, b and c"
const char *kind_of_model(ModelWhat w);
// elaborate_scan.c: positions and coordinates that models and connections read
bool scan_population(Sema *s, const Population *pop, Span at);
bool scan_projection(Sema *s, const Projection *p);
// elaborate_extern.c
void extern_declare(Sema *s, Instance *in, const AstExtern *e);  // once everything else is there
// connect.c
void connect_statement(Sema *s, Instance *in, const AstConnect *c);
// connect_rule.c
bool connect_rule(Sema *s, Instance *in, const AstConnect *c, Projection *p, const ExprCtx *cx);
bool connect_shapes(Sema *s, const AstConnect *c, Projection *p);
Expr *connect_array_weight(Sema *s, Var *array, Projection *p, Span at);
// experiment_varied.c: parameters that experiments give neuron by neuron
void varied_collect(Sema *s, const AstExperiment *e);
void varied_mark(Sema *s, Population *pop, Sym name);            // fills pop->varied
// experiment.c
void experiment_check(Sema *s, const Decl *d);
// experiment_expr.c: in experiment.h
#endif
