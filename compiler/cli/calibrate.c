// SPDX-License-Identifier: MIT
// Before anything can be compiled in fixed point, the experiment runs once in double precision and the bounds of all that moves are noted.
// The run is a process of its own, so that it prints nothing and leaves nothing; the bounds come back through shared memory.
#include "cli.h"
#include "host/experiment.h"
#include <math.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static size_t doubles_needed(const NetProgram *p) {
    size_t n = 0;
    for (uint32_t i = 0; i < p->nets.n; i++) n += 2 * (p->nets.at[i]->fields.n + (size_t)p->nets.at[i]->k.n) + 1;
    return n;
}

// One piece of shared memory: for each network its fields, its constants, its time.
static SnnSeen *seen_by_net(Arena *a, const NetProgram *p, double *at) {
    SnnSeen *seen = ARENA_ARRAY(a, SnnSeen, p->nets.n + 1);
    for (uint32_t i = 0; i < p->nets.n; i++) {
        const Net *n = p->nets.at[i];
        uint32_t pairs = n->fields.n + n->k.n;
        for (uint32_t k = 0; k < pairs; k++) at[2 * k] = INFINITY, at[2 * k + 1] = -INFINITY;
        seen[i] = (SnnSeen){at, at + 2 * n->fields.n, 0};
        at += 2 * pairs + 1;
    }
    return seen;
}

static int run_in_child(Compiled *c, ArgVec *pass, SnnSeen *seen) {
    if (!freopen("/dev/null", "w", stdout)) return EXIT_FAILED;
    Jit *jit = NULL;
    const char *error = NULL;
    const SnnProgram *program = target_jit(c->target, c->module, &jit, &error);
    if (!program) { fprintf(stderr, "snnc: %s\n", error); return EXIT_FAILED; }
    int rc = snn_main_seen((int)pass->n - 1, pass->at, program, seen);
    for (uint32_t i = 0; i < c->nets->nets.n; i++) seen[i].k[2 * c->nets->nets.at[i]->k.n] = seen[i].ms;
    return rc;
}

static FixedSeen *kept(Arena *a, const NetProgram *p, const SnnSeen *seen) {
    FixedSeen *out = ARENA_ARRAY(a, FixedSeen, p->nets.n + 1);
    for (uint32_t i = 0; i < p->nets.n; i++) {
        const Net *n = p->nets.at[i];
        out[i] = (FixedSeen){ARENA_ARRAY(a, FixedRange, n->fields.n + 1), ARENA_ARRAY(a, FixedRange, n->k.n + 1), seen[i].k[2 * n->k.n]};
        memcpy(out[i].field, seen[i].field, n->fields.n * sizeof(FixedRange));
        memcpy(out[i].k, seen[i].k, n->k.n * sizeof(FixedRange));
    }
    return out;
}

static int measure(DriverOptions *o, const Command *c, Compiled *done, const ArgVec *args) {
    ArgVec pass = {0};
    vec_push(&o->arena, &pass, arena_printf(&o->arena, "snnc %s", c->name));
    vec_push(&o->arena, &pass, arena_printf(&o->arena, "--quiet"));
    for (uint32_t i = 0; args && i < args->n; i++) vec_push(&o->arena, &pass, args->at[i]);
    driver_pass_settings(o, done->model, &o->arena, &pass);
    vec_push(&o->arena, &pass, NULL);
    size_t bytes = (doubles_needed(done->nets) + 1) * sizeof(double);
    double *shared = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) { fprintf(stderr, "snnc %s: not enough memory\n", c->name); return EXIT_FAILED; }
    SnnSeen *seen = seen_by_net(&o->arena, done->nets, shared);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        int rc = run_in_child(done, &pass, seen);
        fflush(NULL);
        _exit(rc);
    }
    int rc = child < 0 ? -1 : child_wait(child);
    if (rc < 0) rc = EXIT_FAILED;
    if (!rc) o->seen = kept(&o->arena, done->nets, seen);
    munmap(shared, bytes);
    return rc;
}

int cli_calibrate(DriverOptions *o, const Command *c, const ArgVec *args) {
    if (o->net.engine == ENGINE_EVENT) { cli_usage(c, "fixed point belongs to the clock engine: leave --engine event or --precision fixed away"); return EXIT_USAGE; }
    o->net.engine = ENGINE_CLOCK;
    DriverOptions plain = *o;
    plain.net.fixed = false;
    plain.stop_after = STAGE_ALL;
    plain.dump = 0;
    plain.target = plain.cpu = NULL;
    Compiled done;
    int rc = cli_compile(&plain, c, &done);
    o->arena = plain.arena;
    o->set = plain.set;
    if (rc < 0) rc = measure(o, c, &done, args);
    driver_free(&done);
    return rc == EXIT_FINE ? -1 : rc;
}
