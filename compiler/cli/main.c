// SPDX-License-Identifier: MIT
// snnc SUBCOMMAND ...: picks the subcommand. To add one: a file in this folder, a line in cli.h and in the table below.
#include "cli.h"
#include "support/support.h"
#include <errno.h>

static const Command *const commands[] = {&command_run, &command_build, &command_check, &command_explain, &command_fmt, &command_plot, &command_compare, &command_doc};
enum { NCOMMANDS = sizeof commands / sizeof *commands };

static void usage(FILE *out) {
    fprintf(out, "Usage: snnc SUBCOMMAND ...\nA compiler for spiking neural networks, version " SNNC_VERSION ".\n\n");
    for (int i = 0; i < NCOMMANDS; i++) fprintf(out, "  %-9s %s\n", commands[i]->name, commands[i]->summary);
    fprintf(out, "\n'snnc SUBCOMMAND --help' lists the options of one. A first try:\n\n    snnc run examples/coba/coba.snn\n");
}

// What went to a full disk is lost without a word unless somebody asks.
static int written(const Command *c, int rc) {
    if (rc || (!fflush(stdout) && !ferror(stdout))) return rc;
    fprintf(stderr, "snnc %s: cannot write to standard output: %s\n", c->name, strerror(errno));
    return EXIT_FAILED;
}

int main(int argc, char **argv) {
    if (argc < 2) { usage(stderr); return EXIT_USAGE; }
    const char *name = argv[1];
    if (!strcmp(name, "--help") || !strcmp(name, "-h") || (!strcmp(name, "help") && argc == 2)) { usage(stdout); return EXIT_FINE; }
    if (!strcmp(name, "--version")) { printf("snnc " SNNC_VERSION "\n"); return EXIT_FINE; }
    bool help = !strcmp(name, "help");
    if (help) name = argv[2];
    Sym candidates[NCOMMANDS];
    for (int i = 0; i < NCOMMANDS; i++) {
        candidates[i] = sym(commands[i]->name);
        if (strcmp(name, commands[i]->name)) continue;
        if (help) { cli_help(commands[i]); return EXIT_FINE; }
        return written(commands[i], commands[i]->main(argc - 1, argv + 1));
    }
    Sym near = nearest_name(sym(name), candidates, NCOMMANDS);
    fprintf(stderr, "snnc: there is no subcommand '%s'", name);
    if (near) fprintf(stderr, "; did you mean '%s'?", near);
    size_t n = strlen(name);
    if (!near && n > 4 && !strcmp(name + n - 4, ".snn")) fprintf(stderr, "; to run a file: snnc run %s", name);
    fprintf(stderr, "\nTry 'snnc --help'.\n");
    return EXIT_USAGE;
}
