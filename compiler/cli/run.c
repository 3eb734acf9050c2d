// SPDX-License-Identifier: MIT
// snnc run FILE: compiles in memory and starts the experiment at once. What concerns the running program (--seed, --out, ...) is handed
// to the runtime, which a program made by `snnc build` has too, so that both know the same options.
#include "cli.h"
#include "host/compare.h"
#include "host/experiment.h"
#include "host/files.h"
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

// pass: arguments of the running program. `compare` is the precision to compare with, `unrounded`: and with weights as they are; `mode` and `weights`
// what was given for the main run.
typedef struct RunUser { DriverOptions driver; ArgVec pass; const char *out, *compare, *mode, *weights; bool unrounded; } RunUser;

static const Option options[] = {
    CLI_EXPERIMENT,
    {"out", 'o', "DIR", "write spikes, recordings, tables and summary.json there"},
    CLI_SET,
    {"seed", 's', "N", "seed of everything random (default 1)"},
    {"weights", 0, "BITS", "round weights of connections that do not learn: 2 to 16 bits[,target][,pow2]"},
    {"threads", 'j', "N", "worker threads (default 1); the spikes do not depend on it"},
    CLI_PRECISION,
    {"compare", 0, "P", "run again in precision P (or P,unrounded: and without --weights) and tell how far rates, spike times and results are apart"},
    CLI_CODE,
    CLI_DATA,
    {"resume", 0, NULL, "go on with a sweep that was interrupted (with the same --out)"},
    {"quiet", 'q', NULL, "no progress, no closing report"},
    CLI_DUMP,
    {0}};

static void pass_on(RunUser *u, const char *name, const char *value) {
    Arena *a = &u->driver.arena;
    vec_push(a, &u->pass, arena_printf(a, "--%s", name));
    if (value) vec_push(a, &u->pass, arena_strndup(a, value, strlen(value)));
}

static bool option(void *user, const Option *o, const char *value) {
    RunUser *u = user;
    if (!strcmp(o->name, "out")) u->out = value;
    if (!strcmp(o->name, "precision")) u->mode = value;
    if (!strcmp(o->name, "compare")) {
        DriverOptions probe = u->driver;
        size_t n = strcspn(value, ",");
        u->unrounded = !strcmp(value + n, ",unrounded");
        value = u->compare = u->unrounded ? arena_strndup(&u->driver.arena, value, n) : value;
        return cli_driver_option(&probe, &command_run, &(Option){"precision", 0, NULL, NULL}, value);
    }
    if (!strcmp(o->name, "weights") && !cli_weights(&command_run, u->weights = value)) return false;
    static const char *const runtime_only[] = {"out", "seed", "threads", "resume", "quiet", "weights"};
    for (size_t i = 0; i < sizeof runtime_only / sizeof *runtime_only; i++)
        if (!strcmp(o->name, runtime_only[i])) { pass_on(u, o->name, value); return true; }
    if (!strcmp(o->name, "data") || !strcmp(o->name, "experiment")) pass_on(u, o->name, value);
    return cli_driver_option(&u->driver, &command_run, o, value);
}

static bool word(void *user, const char *w) { return cli_driver_file(&((RunUser *)user)->driver, &command_run, w); }

static int start(RunUser *u, Compiled *c, double begin) {
    Jit *jit = NULL;
    const char *error = NULL;
    const SnnProgram *program = target_jit(c->target, c->module, &jit, &error);
    if (!program) {
        fprintf(stderr, "snnc run: %s\n", error);
        target_jit_close(jit);
        return EXIT_FAILED;
    }
    driver_pass_settings(&u->driver, c->model, &u->driver.arena, &u->pass);
    vec_push(&u->driver.arena, &u->pass, NULL);
    int rc = snn_main_timed((int)u->pass.n - 1, u->pass.at, program, driver_clock() - begin);
    target_jit_close(jit);
    return rc;
}

// What the running program is told, without where to write: for a calibration.
static int calibrate(RunUser *u) {
    ArgVec args = {0};
    for (uint32_t i = 1; i < u->pass.n; i++)
        if (!strcmp(u->pass.at[i], "--out") || !strcmp(u->pass.at[i], "--threads")) i++;
        else if (strcmp(u->pass.at[i], "--resume")) vec_push(&u->driver.arena, &args, u->pass.at[i]);
    return cli_calibrate(&u->driver, &command_run, &args);
}

static int compile_and_start(RunUser *u, double begin) {
    int rc = u->driver.net.fixed && u->driver.stop_after > STAGE_NET ? calibrate(u) : -1;
    if (rc >= 0) return rc;
    Compiled c;
    rc = cli_compile(&u->driver, &command_run, &c);
    if (rc < 0) rc = start(u, &c, begin);
    driver_free(&c);
    return rc;
}

// ---- --compare ----
// The second run, with everything alike but the precision. It is a process of its own, whose output nobody wants to see twice.
static int run_reference(RunUser *u, const char *dir) {
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        if (!freopen("/dev/null", "w", stdout)) _exit(EXIT_FAILED);
        cli_driver_option(&u->driver, &command_run, &(Option){"precision", 0, NULL, NULL}, u->compare);
        pass_on(u, "out", dir);
        pass_on(u, "quiet", NULL);
        if (u->unrounded) pass_on(u, "weights", "32");
        int rc = compile_and_start(u, driver_clock());
        fflush(NULL);
        _exit(rc);
    }
    int rc = child < 0 ? -1 : child_wait(child);
    return rc < 0 ? EXIT_FAILED : rc;
}

// Without --out both runs go to a folder that is removed at the end.
static int run_compared(RunUser *u) {
    Arena *a = &u->driver.arena;
    char scratch[] = "/tmp/snnc-compare-XXXXXX";
    const char *out = u->out;
    if (!out && !mkdtemp(scratch)) { fprintf(stderr, "snnc run: no folder can be made in /tmp: %s\n", strerror(errno)); return EXIT_FAILED; }
    if (!out) pass_on(u, "out", out = arena_printf(a, "%s/run", scratch));
    const char *reference = arena_printf(a, "%s/compared", out);
    uint32_t given = u->pass.n;
    int rc = compile_and_start(u, driver_clock());
    u->pass.n = given;
    bool ran = rc == EXIT_FINE && u->driver.stop_after == STAGE_ALL;
    if (ran) rc = run_reference(u, reference);
    if (ran && !rc) {
        printf("\n%s%s%s against %s%s, same file and seed:\n", u->mode ? u->mode : "double", u->weights ? " with --weights " : "", u->weights ? u->weights : "", u->compare,
               u->unrounded ? " without" : "");
        rc = compare_folders(out, "run", reference, u->compare, u->out ? arena_printf(a, "%s/compare.json", out) : NULL, stdout);
    }
    if (!u->out) files_remove_folder(scratch);
    return rc;
}

static int run_main(int argc, char **argv) {
    RunUser u = {.driver = cli_driver_defaults()};
    double begin = driver_clock();
    vec_push(&u.driver.arena, &u.pass, arena_printf(&u.driver.arena, "snnc run"));
    int rc = cli_options(&command_run, argc, argv, &u, option, word);
    if (!rc && !u.driver.path) rc = (cli_usage(&command_run, "which file?"), EXIT_USAGE);
    if (!rc) rc = u.compare ? run_compared(&u) : compile_and_start(&u, begin);
    arena_free(&u.driver.arena);
    return rc < 0 ? EXIT_FINE : rc;
}

const Command command_run = {"run", "[OPTIONS] FILE", "compile a file and run its experiment", "Exit code: 0 fine, 1 the file has errors, 2 wrong use, 3 the run failed or was interrupted (what was finished until then is kept).", options, run_main};
