// SPDX-License-Identifier: MIT
// The network that a program constructs and what its experiment does to it, seen by running it here (capture.c).
#ifndef SNNC_CAPTURE_H
#define SNNC_CAPTURE_H
#include "gen/embed.h"
#include "snn_program.h"

struct SnnInst;
// Who else wants to look at the network: before a run and in each step, when the drives are in place.
typedef struct CaptureWatch { void (*begin)(void *self, struct SnnInst *in); void (*step)(void *self, struct SnnInst *in, int64_t step); void *self; } CaptureWatch;

// argv: of the running program (--seed, --set, --data). False with a text in *error.
bool capture_run(Arena *a, const NetProgram *nets, const SnnProgram *program, int argc, char **argv, const char *experiment, const CaptureWatch *watch, EmbedImage *out,
                 const char **error);
#endif
