// SPDX-License-Identifier: MIT
// snnc build FILE: a program (or object, assembly, LLVM text) that needs neither snnc nor LLVM to run.
#include "cli.h"

typedef struct BuildUser { DriverOptions driver; const char *out; EmitKind emit; } BuildUser;

static const Option options[] = {
    {"output", 'o', "OUT", "the file to write; - for standard output with asm and llvm"},
    {"emit", 0, "KIND", "exe (default), obj, asm or llvm"},
    {"debug", 'g', NULL, "put the lines of the .snn files in, for gdb"},
    {"target", 0, "TARGET", "host (default), or aarch64 for objects and assembly of 64-bit Arm"},
    CLI_EXPERIMENT, CLI_SET, CLI_PRECISION, CLI_CODE, CLI_DATA, CLI_DUMP,
    {0}};

static const struct { const char *name, *ending; EmitKind kind; } kinds[] = {{"exe", "", EMIT_EXE}, {"obj", ".o", EMIT_OBJECT}, {"asm", ".s", EMIT_ASM}, {"llvm", ".ll", EMIT_LLVM}};
enum { NKINDS = sizeof kinds / sizeof *kinds };

static bool option(void *user, const Option *o, const char *value) {
    BuildUser *u = user;
    if (!strcmp(o->name, "debug")) { u->driver.debug = true; return true; }
    if (!strcmp(o->name, "output")) { u->out = value; return true; }
    if (strcmp(o->name, "emit")) return cli_driver_option(&u->driver, &command_build, o, value);
    for (int i = 0; i < NKINDS; i++)
        if (!strcmp(kinds[i].name, value)) { u->emit = kinds[i].kind; return true; }
    return cli_usage(&command_build, "--emit is exe, obj, asm or llvm, not '%s'", value);
}

static bool word(void *user, const char *w) { return cli_driver_file(&((BuildUser *)user)->driver, &command_build, w); }

// Where nothing was said: the file's own name with the kind's ending, in the current folder.
static const char *default_output(Arena *a, const char *file, EmitKind kind) {
    const char *slash = strrchr(file, '/'), *base = slash ? slash + 1 : file, *dot = strrchr(base, '.'), *ending = "";
    for (int i = 0; i < NKINDS; i++)
        if (kinds[i].kind == kind) ending = kinds[i].ending;
    int n = (int)(dot && dot > base ? dot - base : (long)strlen(base));
    return arena_printf(a, "%.*s%s", n, base, *ending ? ending : dot ? "" : ".out");
}

static int emit(BuildUser *u, Compiled *c) {
    const char *error = NULL, *out = u->out ? u->out : default_output(&u->driver.arena, u->driver.path, u->emit);
    if (target_emit(c->target, c->module, u->emit, out, &error)) return EXIT_FINE;
    fprintf(stderr, "snnc build: %s\n", error);
    return EXIT_FAILED;
}

static int build_main(int argc, char **argv) {
    BuildUser u = {.driver = cli_driver_defaults(), .emit = EMIT_EXE};
    int rc = cli_options(&command_build, argc, argv, &u, option, word);
    if (!rc && !u.driver.path) rc = (cli_usage(&command_build, "which file?"), EXIT_USAGE);
    if (!rc) {
        Compiled c;
        rc = cli_compile(&u.driver, &command_build, &c);
        if (rc < 0) rc = emit(&u, &c);
        driver_free(&c);
    }
    arena_free(&u.driver.arena);
    return rc < 0 ? EXIT_FINE : rc;
}

const Command command_build = {"build", "[OPTIONS] FILE", "make a program, an object, assembly or LLVM text",
                               "The program takes the run-time options of 'snnc run' and lists its parameters with --help.", options, build_main};
