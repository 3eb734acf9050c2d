// SPDX-License-Identifier: MIT
// What `--resume` needs: the results of every finished run of a sweep, kept in the results folder while the sweep goes on.
#ifndef SNN_HOST_RESUME_H
#define SNN_HOST_RESUME_H
#include "host/experiment.h"

typedef struct Resume Resume;
// For sweep number `number` of an experiment with n runs. With --resume the runs that were finished before are read; otherwise an old file is
// forgotten. NULL when no results are written, or (failed) after an error in *err: the file belongs to another program.
Resume *resume_open(const SnnX *x, int64_t number, int64_t n, SnnError *err);
bool resume_take(Resume *r, int64_t item, Results *into);       // results of a run finished before; NULL r: false
void resume_keep(Resume *r, int64_t item, const Results *from); // from any thread; a write that fails only costs the resuming
void resume_close(Resume *r, bool finished);                    // finished: the file goes
#endif
