// SPDX-License-Identifier: MIT
// snnc compare DIR REFERENCE: how far two runs are apart; the work is in runtime/host/compare.c. `snnc run --compare P` uses it too.
#include "cli.h"
#include "host/compare.h"
#include <stdlib.h>

typedef struct CompareUser { const char *dir[2], *json; int n; } CompareUser;
static const Option options[] = {{"json", 0, "FILE", "write the figures there too"}, {0}};

static bool option(void *user, const Option *o, const char *value) {
    (void)o;
    ((CompareUser *)user)->json = value;
    return true;
}
static bool word(void *user, const char *w) {
    CompareUser *u = user;
    if (u->n == 2) return cli_usage(&command_compare, "two folders, not three: what is '%s'?", w);
    u->dir[u->n++] = w;
    return true;
}
static int compare_main(int argc, char **argv) {
    CompareUser u = {0};
    int rc = cli_options(&command_compare, argc, argv, &u, option, word);
    if (!rc && u.n < 2) rc = (cli_usage(&command_compare, "which two folders? (what `snnc run --out DIR` wrote)"), EXIT_USAGE);
    if (!rc) rc = compare_folders(u.dir[0], u.dir[0], u.dir[1], "reference", u.json, stdout);
    return rc < 0 ? EXIT_FINE : rc;
}

const Command command_compare = {"compare", "[OPTIONS] DIR REFERENCE", "tell how far the spikes of two runs are apart", "Spikes are paired neuron by neuron; partners are at most one step apart.", options, compare_main};
