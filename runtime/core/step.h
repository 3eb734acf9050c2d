// SPDX-License-Identifier: MIT
// One call of inst_run on its way through step.c.
#ifndef SNN_STEP_H
#define SNN_STEP_H
#include "core/inst.h"

typedef struct StepRun {
    SnnInst *in; int64_t first, last;           // steps [first, last)
    const InstControl *control; int64_t poll_every;
    bool any_pre_jump, any_post, any_post_jump, any_advance;
    _Atomic int stopped;
} StepRun;
void step_drive(SnnInst *in, Member *w, int m, bool begin, bool on_events);      // drives that begin or end in this step, or move
bool step_drive_due(const SnnInst *in, int64_t drive, int64_t k, bool begin, bool on_events);
bool step_sample_due(const SnnInst *in, int64_t stamp);
void step_notify_samples(SnnInst *in, int64_t stamp);
int step_keep(SpikeList *l, const uint32_t *s, int64_t n);      // appends s[0..n) to l; -1: out of memory
#endif
