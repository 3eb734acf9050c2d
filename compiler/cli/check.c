// SPDX-License-Identifier: MIT
// snnc check FILE...: every error with its place, code is not generated. Declarations that no experiment uses are checked as well.
#include "cli.h"

typedef struct CheckUser { DriverOptions driver; VEC(const char *) file; Arena arena; bool quiet; } CheckUser;

static const Option options[] = {
    {"quiet", 'q', NULL, "say nothing about files that are fine"},
    CLI_EXPERIMENT,
    CLI_SET,
    CLI_DATA,
    CLI_DUMP,
    {0}};

static bool option(void *user, const Option *o, const char *value) {
    CheckUser *u = user;
    if (!strcmp(o->name, "quiet")) { u->quiet = true; return true; }
    return cli_driver_option(&u->driver, &command_check, o, value);
}

static bool word(void *user, const char *w) {
    CheckUser *u = user;
    vec_push(&u->arena, &u->file, w);
    return true;
}

static int check_main(int argc, char **argv) {
    CheckUser u = {.driver = cli_driver_defaults()};
    u.driver.sema.all = true;
    int rc = cli_options(&command_check, argc, argv, &u, option, word);
    if (!rc && !u.file.n) rc = (cli_usage(&command_check, "which file?"), EXIT_USAGE);
    if (u.driver.stop_after > STAGE_NET) u.driver.stop_after = STAGE_NET;
    for (uint32_t i = 0; rc != EXIT_USAGE && rc >= 0 && i < u.file.n; i++) {
        Compiled c;
        u.driver.path = u.file.at[i];
        if (cli_compile(&u.driver, &command_check, &c) == EXIT_ERRORS) rc = EXIT_ERRORS;
        else if (!u.quiet && !u.driver.dump) printf("%s: no errors\n", u.file.at[i]);
        driver_free(&c);
    }
    arena_free(&u.arena);
    arena_free(&u.driver.arena);
    return rc < 0 ? EXIT_FINE : rc;
}

const Command command_check = {"check", "[OPTIONS] FILE...", "report every error of a file, with its place", "Exit code: 0 no errors, 1 errors, 2 wrong use.", options, check_main};
