// SPDX-License-Identifier: MIT
// Kernels that differ only in which slots of K, which fields and which streams of draws they use share one body: the numbers travel in
// a table, and each kernel is a small function that hands its own table over.
//
//   E.step: V <- V*k3      I.step: V <- V*k9      ->      body(.., map): f = map[0], k = map[1];  F[f] <- F[f]*K[k]
//
// A network of a thousand populations of one model so costs little more to compile than one population. A body with one user is inlined
// into it, and its table folds away.
#ifndef SNNC_GEN_SHAPE_H
#define SNNC_GEN_SHAPE_H
#include "kernel.h"

typedef enum { SHAPE_K, SHAPE_FIELD, SHAPE_STREAM, SHAPE_KINDS } ShapeKind;
typedef struct ShapeRefs {
    Gen *g;
    const Net *net;
    const NetProj *proj;             // of a projection's kernel, else NULL
    StrBuf key;                      // equal keys: equal bodies
    PtrMap position[SHAPE_KINDS];    // ref + 1 -> place in `ref` + 1
    VEC(uint32_t) ref;
    PtrMap number;                   // node -> its number in the key
} ShapeRefs;
typedef Val ShapeEmit(Gen *g, const Net *net, const void *subject, const ShapeRefs *refs);    // refs NULL: no sharing

void shape_begin(ShapeRefs *s, Gen *g, const Net *net, const NetProj *proj, const char *what);
void shape_root(ShapeRefs *s, Node n);
void shape_program(ShapeRefs *s, const Program *p);
Val shape_finish(ShapeRefs *s, const char *name, ShapeEmit *emit, const void *subject);
Typ shape_type(Gen *g, Typ *params, unsigned n, const ShapeRefs *refs);     // params has room for one more
Val shape_ref(Kernel *k, ShapeKind kind, uint32_t ref);                     // i64, at entry
void shape_close(Gen *g);                                                   // bodies with one user are inlined
#endif
