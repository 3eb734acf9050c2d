// SPDX-License-Identifier: MIT
// What a network loses on a small machine, told before anything is written there: the experiment runs twice more on this machine, once in the
// machine's arithmetic with its weights, once in double precision with weights as they are, and both are compared. The runs are those of
// `snnc run --compare double,unrounded`, in a process of its own.
#include "build_deviation.h"
#include "host/compare.h"
#include "host/files.h"
#include <errno.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static void word(Arena *a, ArgVec *v, const char *s) { vec_push(a, v, arena_strndup(a, s, strlen(s))); }

static void arguments(DriverOptions *o, const TargetKind *kind, const char *dir, ArgVec *v) {
    Arena *a = &o->arena;
    bool plain = o->plain || kind->plain;
    const char *const words[] = {"run", "--quiet", "--engine", "clock", "--precision", o->net.fixed ? "fixed" : "float", "--compare", "double,unrounded", "--out", dir,
                                 "--arithmetic", o->net.fixed ? o->net.short_products ? "short" : "long" : plain ? "plain" : "fma"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) word(a, v, words[i]);
    for (uint32_t i = 0; i < o->set.n; i++) { word(a, v, "--set"); word(a, v, o->set.at[i]); }
    for (uint32_t i = 0; i < o->run.n; i++) word(a, v, o->run.at[i]);
    word(a, v, "--");
    word(a, v, o->path);
    vec_push(a, v, NULL);
}

static int run_both(const ArgVec *v, const char *log) {
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        int rc = freopen("/dev/null", "w", stdout) && freopen(log, "w", stderr) ? command_run.main((int)v->n - 1, v->at) : EXIT_FAILED;
        fflush(NULL);
        _exit(rc);
    }
    int status = 0;
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR) {}
    return child < 0 || !WIFEXITED(status) ? EXIT_FAILED : WEXITSTATUS(status);
}

static double number(json_object *o, const char *key) {
    json_object *v;
    return o && json_object_object_get_ex(o, key, &v) ? json_object_get_double(v) : 0;
}

// What energy depends on: how often a neuron is moved on and a synapse acts in a second of the network's time.
static void tell_work(Arena *a, const char *dir) {
    json_object *summary = json_object_from_file(arena_printf(a, "%s/summary.json", dir)), *populations = NULL;
    double neurons = 0, seconds = number(summary, "biological_seconds"), dt = number(summary, "dt_ms");
    if (summary && json_object_object_get_ex(summary, "populations", &populations)) {
        json_object_object_foreach(populations, key, p) {
            (void)key;
            neurons += number(p, "count");
        }
    }
    if (seconds > 0 && dt > 0)
        fprintf(stderr, "in a second of its time: %.0f steps of a neuron, %.0f synaptic events (what each costs: docs/embedded.md)\n", 1000 / dt * neurons, number(summary, "synaptic_events") / seconds);
    if (summary) json_object_put(summary);
}

void build_deviation(DriverOptions *o, const TargetKind *kind) {
    Arena *a = &o->arena;
    char dir[] = "/tmp/snnc-deviation-XXXXXX";
    if (!mkdtemp(dir)) { fprintf(stderr, "snnc build: no folder can be made in /tmp: %s\n", strerror(errno)); return; }
    ArgVec v = {0};
    const char *out = arena_printf(a, "%s/run", dir);
    arguments(o, kind, out, &v);
    if (run_both(&v, arena_printf(a, "%s/log", dir))) fprintf(stderr, "snnc build: the experiment could not be compared with double precision (snnc run --compare double tells more)\n");
    else {
        fprintf(stderr, "on %s against double precision with weights as they are:\n", kind->name);
        compare_folders(out, kind->name, arena_printf(a, "%s/compared", out), "double", NULL, stderr);
        tell_work(a, out);
    }
    files_remove_folder(dir);
}
