// SPDX-License-Identifier: MIT
// snnc explain FILE: which solver was derived for every equation and why, where each variable lives, the order of a step, the memory.
#include "cli.h"

static const Option options[] = {
    {"experiment", 'e', "NAME", "explain the networks of this experiment only"},
    CLI_SET,
    CLI_DATA,
    CLI_PRECISION,
    CLI_ENGINE,
    {"arithmetic", 0, "A", "in fixed point: long (default) or short, 16-bit factors"},
    CLI_DUMP,
    {0}};

static bool option(void *user, const Option *o, const char *value) { return cli_driver_option(user, &command_explain, o, value); }

static bool word(void *user, const char *w) { return cli_driver_file(user, &command_explain, w); }

static int explain_main(int argc, char **argv) {
    DriverOptions o = cli_driver_defaults();
    int rc = cli_options(&command_explain, argc, argv, &o, option, word);
    if (!rc && !o.path) rc = (cli_usage(&command_explain, "which file?"), EXIT_USAGE);
    if (!rc && o.net.fixed && !o.dump && (rc = cli_calibrate(&o, &command_explain, NULL)) < 0) rc = 0;
    if (!rc) {
        Compiled c;
        if (o.stop_after > STAGE_NET) o.stop_after = STAGE_NET;
        if (cli_compile(&o, &command_explain, &c) == EXIT_ERRORS) rc = EXIT_ERRORS;
        for (uint32_t i = 0; !rc && !o.dump && c.nets && i < c.nets->nets.n; i++) {
            net_explain(c.nets->nets.at[i], stdout);
            if (c.nets->nets.at[i]->fixed) net_explain_fixed(c.nets->nets.at[i], stdout);
        }
        driver_free(&c);
    }
    arena_free(&o.arena);
    return rc < 0 ? EXIT_FINE : rc;
}

const Command command_explain = {"explain", "[OPTIONS] FILE", "show what was derived: solvers, placement, order of a step, memory", NULL, options, explain_main};
