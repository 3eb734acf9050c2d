// SPDX-License-Identifier: MIT
// Rows of spiking sources lie anywhere in memory; they are asked for before they are needed (ask.c).
#ifndef SNN_ASK_H
#define SNN_ASK_H
#include "core/inst.h"

enum { ASK_ROWS = 4, ASK_BOUNDS = 4, ASK_CLASSES = 2 };     // how far ahead: rows of one class, classes whose bounds, classes whose entries are on their way

int ask_open(SnnInst *in, SnnError *err);        // which projections, and how much of a row
void ask_close(SnnInst *in);
enum { ASK_ALL, ASK_KNOWN, ASK_OTHERS };
void ask_first(const SnnInst *in, int member, int64_t step, int what, int64_t known);      // what is delivered first in this step; lists before `known` are complete
void ask_projection(const SnnInst *in, int member, int64_t proj, int64_t step, int what, int64_t known);             // the same of one projection, if it is to be asked for
void ask_rows(const SnnInst *in, int64_t proj, const SnnBlock *b, const uint32_t *source, int64_t n, int64_t class);
void ask_class(const SnnInst *in, int64_t proj, const SnnBlock *b, int64_t step, int64_t class, bool bounds);
#endif
