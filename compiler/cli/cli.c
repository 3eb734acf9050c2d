// SPDX-License-Identifier: MIT
// Options from tables: `--name value`, `--name=value`, `-o value`, options before and after file names, `--` ends them.
// A misspelt option is answered with the nearest one.
#include "cli.h"
#include "core/connect/levels.h"
#include <stdlib.h>
#include <unistd.h>

bool cli_usage(const Command *c, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    fprintf(stderr, "snnc %s: ", c->name);
    vfprintf(stderr, fmt, ap);
    fprintf(stderr, "\nTry 'snnc %s --help'.\n", c->name);
    va_end(ap);
    return false;
}

bool cli_weights(const Command *c, const char *value) {
    SnnLevels levels;
    return levels_parse(value, &levels) || cli_usage(c, "--weights wants " LEVELS_HELP ", not '%s'", value);
}

void cli_help(const Command *c) {
    printf("Usage: snnc %s %s\n%s\n", c->name, c->synopsis, c->summary);
    if (c->options[0].help) printf("\n");
    for (const Option *o = c->options; o->help; o++) {
        char left[64];
        snprintf(left, sizeof left, "%s%c%s%s%s%s%s", o->letter ? "-" : "", o->letter ? o->letter : ' ', o->letter && o->name ? ", " : o->letter ? "" : "   ",
                 o->name ? "--" : "", o->name ? o->name : "", o->arg ? " " : "", o->arg ? o->arg : "");
        printf("  %-26s %s\n", left, o->help);
    }
    if (c->details) printf("\n%s\n", c->details);
}

static const Option *find_long(const Command *c, const char *name, size_t n) {
    for (const Option *o = c->options; o->help; o++)
        if (o->name && strlen(o->name) == n && !memcmp(o->name, name, n)) return o;
    return NULL;
}

static const Option *find_letter(const Command *c, char letter) {
    for (const Option *o = c->options; o->help; o++)
        if (o->letter == letter) return o;
    return NULL;
}

static bool unknown(const Command *c, const char *name, size_t n) {
    Sym candidates[64];
    size_t count = 0;
    for (const Option *o = c->options; o->help && count < 64; o++)
        if (o->name) candidates[count++] = sym(o->name);
    Sym text = sym_n(name, n), near = nearest_name(text, candidates, count);
    if (near) return cli_usage(c, "there is no option '--%s'; did you mean '--%s'?", text, near);
    return cli_usage(c, "there is no option '--%s'", text);
}

// One argument that begins with '-'. `*i` moves on when its value is the next argument.
static bool one_option(const Command *c, int argc, char **argv, int *i, void *user, OptionFn *option) {
    const char *a = argv[*i], *value = NULL;
    const Option *o;
    if (a[1] == '-') {
        const char *eq = strchr(a, '=');
        size_t n = eq ? (size_t)(eq - a - 2) : strlen(a + 2);
        if (!(o = find_long(c, a + 2, n))) return unknown(c, a + 2, n);
        if (eq) value = eq + 1;
    } else {
        if (!(o = find_letter(c, a[1]))) return cli_usage(c, "there is no option '-%c'", a[1]);
        if (a[2]) value = a + 2;
    }
    if (!o->arg && value) return cli_usage(c, "'%s' takes no value", a);
    if (o->arg && !value) {
        if (*i + 1 >= argc) return cli_usage(c, "'%s' needs a value (%s)", a, o->arg);
        value = argv[++*i];
    }
    return option(user, o, value);
}

int cli_options(const Command *c, int argc, char **argv, void *user, OptionFn *option, WordFn *word) {
    bool only_words = false;
    for (int i = 1; i < argc; i++) {
        const char *a = argv[i];
        if (!only_words && !strcmp(a, "--")) { only_words = true; continue; }
        if (only_words || a[0] != '-' || !a[1]) {
            if (!word(user, a)) return EXIT_USAGE;
            continue;
        }
        if (!strcmp(a, "--help") || !strcmp(a, "-h")) { cli_help(c); return -1; }
        if (!one_option(c, argc, argv, &i, user, option)) return EXIT_USAGE;
    }
    return 0;
}

DriverOptions cli_driver_defaults(void) {
    return (DriverOptions){.net = {.place = true}, .stop_after = STAGE_ALL, .color = isatty(STDERR_FILENO) && !getenv("NO_COLOR")};
}

static int stage_find(const char *name, size_t n) {
    for (int i = 0; i < STAGE_ALL; i++)
        if (strlen(stage_names[i]) == n && !memcmp(stage_names[i], name, n)) return i;
    return -1;
}

static bool dump_option(DriverOptions *o, const Command *c, const char *value) {
    for (const char *p = value; *p;) {
        size_t n = strcspn(p, ",");
        int s = stage_find(p, n);
        if (s < 0) return cli_usage(c, "--dump knows tokens, ast, model, net, llvm and asm, not '%.*s'", (int)n, p);
        o->dump |= 1u << s;
        p += n + (p[n] == ',');
    }
    return true;
}

bool cli_driver_option(DriverOptions *o, const Command *c, const Option *opt, const char *value) {
    if (!strcmp(opt->name, "experiment")) { o->sema.experiment = value; return true; }
    if (!strcmp(opt->name, "data")) { o->sema.data_dir = value; return true; }
    if (!strcmp(opt->name, "dump")) return dump_option(o, c, value);
    if (!strcmp(opt->name, "set")) {
        if (!strchr(value, '=') || value[0] == '=') return cli_usage(c, "--set wants NAME=VALUE, as in --set tau=3ms, not '%s'", value);
        vec_push(&o->arena, &o->set, value);
        return true;
    }
    if (!strcmp(opt->name, "stop-after")) {
        int s = stage_find(value, strlen(value));
        if (s < 0) return cli_usage(c, "--stop-after knows tokens, ast, model, net, llvm and asm, not '%s'", value);
        o->stop_after = (Stage)s;
        return true;
    }
    if (!strcmp(opt->name, "precision")) {
        o->net.single_precision = !strcmp(value, "float");
        o->net.fixed = !strcmp(value, "fixed");
        return o->net.single_precision || o->net.fixed || !strcmp(value, "double") || cli_usage(c, "--precision is double, float or fixed, not '%s'", value);
    }
    if (!strcmp(opt->name, "cpu")) { o->cpu = value; return true; }
    if (!strcmp(opt->name, "target")) { o->target = value; return true; }
    if (!strcmp(opt->name, "arithmetic")) {
        o->plain = !strcmp(value, "plain");
        o->net.short_products = !strcmp(value, "short");
        return o->plain || o->net.short_products || !strcmp(value, "fma") || !strcmp(value, "long") || cli_usage(c, "--arithmetic is fma or plain, in fixed point long or short, not '%s'", value);
    }
    if (!strcmp(opt->name, "engine")) {
        o->net.engine = !strcmp(value, "event") ? ENGINE_EVENT : !strcmp(value, "clock") ? ENGINE_CLOCK : ENGINE_AUTO;
        return o->net.engine != ENGINE_AUTO || !strcmp(value, "auto") || cli_usage(c, "--engine is auto, clock or event, not '%s'", value);
    }
    fatal("option --%s is in a table and nowhere else", opt->name);
}

bool cli_driver_file(DriverOptions *o, const Command *c, const char *word) {
    if (o->path) return cli_usage(c, "one file at a time: '%s' or '%s'?", o->path, word);
    o->path = word;
    return true;
}

int cli_compile(DriverOptions *o, const Command *c, Compiled *out) {
    switch (driver_compile(o, out)) {
    case DRIVER_DONE: return -1;
    case DRIVER_STOPPED: return EXIT_FINE;
    case DRIVER_ERRORS: return EXIT_ERRORS;
    case DRIVER_FAILED: fprintf(stderr, "snnc %s: %s\n", c->name, out->trouble ? out->trouble : "failed"); return EXIT_FAILED;
    case DRIVER_REFUSED: cli_usage(c, "%s", out->trouble); return EXIT_USAGE;
    }
    return EXIT_USAGE;
}
