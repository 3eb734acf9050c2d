// SPDX-License-Identifier: MIT
// What the subcommands share: reading options from a table, the options of the pipeline, and the exit codes. One file a subcommand;
// main.c only picks one.
#ifndef SNNC_CLI_H
#define SNNC_CLI_H
#include "driver.h"

enum { EXIT_FINE = 0, EXIT_ERRORS = 1, EXIT_USAGE = 2, EXIT_FAILED = 3 };

// One option: `arg` names its argument (NULL: a switch), `help` is its line in --help. A table ends with {0}.
typedef struct Option { const char *name; char letter; const char *arg, *help; } Option;
typedef struct Command { const char *name, *synopsis, *summary, *details; const Option *options; int (*main)(int argc, char **argv); } Command;

// Walks the arguments after the subcommand: calls `option` for each option and `word` for each other argument. Either returns false to
// reject (it has said why). Returns 0 to go on, EXIT_USAGE on wrong use, -1 when --help was asked for and printed.
typedef bool OptionFn(void *user, const Option *o, const char *value);
typedef bool WordFn(void *user, const char *word);
int cli_options(const Command *c, int argc, char **argv, void *user, OptionFn *option, WordFn *word);
void cli_help(const Command *c);
bool cli_weights(const Command *c, const char *value);                             // is it BITS[,target][,pow2]? else says so
bool cli_usage(const Command *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));   // says what is wrong; returns false

// The options of the pipeline, for the tables of those subcommands that compile.
#define CLI_EXPERIMENT {"experiment", 'e', "NAME", "the experiment to take, when the file has several"}
#define CLI_SET {"set", 0, "NAME=VALUE", "give a parameter or constant another value, as in --set tau=3ms"}
#define CLI_DATA {"data", 0, "DIR", "look here for data files that are not beside the .snn file"}
#define CLI_PRECISION {"precision", 0, "P", "double (default), float or fixed"}
#define CLI_ENGINE {"engine", 0, "E", "auto (default), clock or event"}
#define CLI_CODE CLI_ENGINE, {"arithmetic", 0, "A", "fma (default) or plain: without fused multiply-add; in fixed point long (default) or short: 16-bit factors"}, \
                 {"cpu", 0, "CPU", "native, generic, x86-64-v2, x86-64-v3, x86-64-v4 or a name LLVM knows"}
#define CLI_DUMP {"dump", 0, "STAGES", "print what a stage made: tokens, ast, model, net, llvm, asm (several by commas)"}, \
                 {"stop-after", 0, "STAGE", "end after this stage"}
DriverOptions cli_driver_defaults(void);
bool cli_driver_option(DriverOptions *o, const Command *c, const Option *opt, const char *value);   // false: the value makes no sense
int cli_compile(DriverOptions *o, const Command *c, Compiled *out);      // driver_compile; -1: go on, else the exit code
// Fixed point: runs the experiment once in double precision and sets o->seen. args: of the running program, or NULL. -1: go on, else the exit code.
int cli_calibrate(DriverOptions *o, const Command *c, const ArgVec *args);
bool cli_driver_file(DriverOptions *o, const Command *c, const char *word);                         // the one FILE argument

extern const Command command_run, command_build, command_check, command_explain, command_fmt, command_plot, command_compare, command_doc;
#endif
