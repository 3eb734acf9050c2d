// SPDX-License-Identifier: MIT
// `run`: all networks of the experiment move on by the same time. On a terminal a line shows how far it is. SIGINT and SIGTERM end the
// run after the step in work.
#include "core/inst.h"
#include "host/experiment.h"
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

void snn__x_run(SnnX *x, double duration, int64_t discard);
double snn__x_now(SnnX *x);

typedef struct Progress { SnnX *x; bool shown, on; double begin, last; unsigned calls; } Progress;
static double seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}
static void show(Progress *p, int64_t done, int64_t steps, double now) {
    char bar[21];
    int filled = (int)(20 * done / steps);
    for (int i = 0; i < 20; i++) bar[i] = i < filled ? '#' : '.';
    bar[20] = 0;
    double elapsed = now - p->begin, bio = (double)done * p->x->dt * 1e-3, left = elapsed * (double)(steps - done) / (double)done;
    fprintf(stderr, "\r[%s] %3d %%  %.3g of %.3g s  %.1f s, %.1f s left, %.3g x real time ", bar, (int)(100 * done / steps), bio,
            (double)steps * p->x->dt * 1e-3, elapsed, left, elapsed > 0 ? bio / elapsed : 0);
    fflush(stderr);
    p->shown = true;
}
static int poll(void *self, int64_t done, int64_t steps) {
    Progress *p = self;
    if (run_interrupted()) return 1;
    if (p->calls++ % 16) return 0;
    if (p->x->folder && record_folder_error(p->x->folder)) return 1;
    if (!p->on) return 0;
    double now = seconds();
    if (now - p->last < 0.1) return 0;
    p->last = now;
    show(p, done, steps, now);
    return 0;
}

static void run_network(SnnX *x, SnnUse *u, int64_t steps, bool discard, double *ms) {
    double now = seconds();
    int64_t first = u->inst->step;
    Progress p = { .x = x, .on = !x->options->quiet && !x->is_sweep_item && isatty(2), .begin = now, .last = now + 0.4 };
    InstControl c = { poll, &p, 1 };
    if (discard) record_discard_begin(u->rec);
    int r = inst_run(u->inst, steps, &c, &x->error);
    x->seconds_simulate += seconds() - now;
    double done = (double)(u->inst->step - first) * x->dt;
    if (done > *ms) { x->biological_ms += done - *ms; *ms = done; }
    if (p.shown) fprintf(stderr, "\r%79s\r", "");
    record_now(u->rec, u->inst->step);
    if (discard) record_discard_end(u->rec);
    bool kept = record_flush(u->rec);
    if (r < 0) longjmp(x->leave, 1);
    const char *why = x->folder ? record_folder_error(x->folder) : NULL;
    if (!kept || why) x_fail(x, 3, "%s", why ? why : "the results could not be written");
    if (r > 0) {
        x->interrupted = true;
        x_fail(x, 3, "interrupted at t = %g ms", (double)u->inst->step * x->dt);
    }
}

void snn__x_run(SnnX *x, double duration, int64_t discard) {
    int64_t steps = x_steps(x, duration, "a run");
    bool any = false;
    double ms = 0;
    for (int64_t i = 0; i < x->nuses; i++) {
        if (!x->use[i].used) continue;
        any = true;
        run_network(x, x_built(x, i), steps, discard != 0, &ms);
    }
    if (!any) x_fail(x, 3, "there is nothing to run before `use NETWORK`");
    x->t += (double)steps * x->dt;
    if (run_interrupted()) { x->interrupted = true; x_fail(x, 3, "interrupted at t = %g ms", x->t); }
}
double snn__x_now(SnnX *x) { return x->t; }
