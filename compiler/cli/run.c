// SPDX-License-Identifier: MIT
// snnc run FILE: compiles in memory and starts the experiment at once. What concerns the running program (--seed, --out, ...) is handed
// to the runtime, which a program made by `snnc build` has too, so that both know the same options.
#include "cli.h"
#include "host/experiment.h"

typedef struct RunUser { DriverOptions driver; VEC(char *) pass; } RunUser;     // pass: arguments of the running program

static const Option options[] = {
    CLI_EXPERIMENT,
    {"out", 'o', "DIR", "write spikes, recordings, tables and summary.json there"},
    CLI_SET,
    {"seed", 's', "N", "seed of everything random (default 1)"},
    {"threads", 'j', "N", "worker threads (default 1); the spikes do not depend on it"},
    CLI_PRECISION,
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
    static const char *const runtime_only[] = {"out", "seed", "threads", "resume", "quiet"};
    for (size_t i = 0; i < sizeof runtime_only / sizeof *runtime_only; i++)
        if (!strcmp(o->name, runtime_only[i])) { pass_on(u, o->name, value); return true; }
    if (!strcmp(o->name, "data") || !strcmp(o->name, "experiment")) pass_on(u, o->name, value);
    return cli_driver_option(&u->driver, &command_run, o, value);
}

static bool word(void *user, const char *w) { return cli_driver_file(&((RunUser *)user)->driver, &command_run, w); }

// The settings that the checker did not use up are parameters of the running program.
static void pass_settings(RunUser *u, const Model *m) {
    for (uint32_t i = 0; i < u->driver.set.n; i++) {
        const char *s = u->driver.set.at[i];
        Sym name = sym_n(s, strcspn(s, "="));
        bool used = false;
        for (uint32_t k = 0; k < m->set_used.n; k++) used = used || m->set_used.at[k] == name;
        if (!used) pass_on(u, "set", s);
    }
}

static int start(RunUser *u, Compiled *c, double begin) {
    Jit *jit = NULL;
    const char *error = NULL;
    const SnnProgram *program = target_jit(c->target, c->module, &jit, &error);
    if (!program) {
        fprintf(stderr, "snnc run: %s\n", error);
        target_jit_close(jit);
        return EXIT_FAILED;
    }
    pass_settings(u, c->model);
    vec_push(&u->driver.arena, &u->pass, NULL);
    int rc = snn_main_timed((int)u->pass.n - 1, u->pass.at, program, driver_clock() - begin);
    target_jit_close(jit);
    return rc;
}

static int run_main(int argc, char **argv) {
    RunUser u = {.driver = cli_driver_defaults()};
    double begin = driver_clock();
    vec_push(&u.driver.arena, &u.pass, arena_printf(&u.driver.arena, "snnc run"));
    int rc = cli_options(&command_run, argc, argv, &u, option, word);
    if (!rc && !u.driver.path) rc = (cli_usage(&command_run, "which file?"), EXIT_USAGE);
    if (!rc) {
        Compiled c;
        rc = cli_compile(&u.driver, &command_run, &c);
        if (rc < 0) rc = start(&u, &c, begin);
        driver_free(&c);
    }
    arena_free(&u.driver.arena);
    return rc < 0 ? EXIT_FINE : rc;
}

const Command command_run = {"run", "[OPTIONS] FILE", "compile a file and run its experiment", "Exit code: 0 fine, 1 the file has errors, 2 wrong use, 3 the run failed or was interrupted (what was finished until then is kept).", options, run_main};
