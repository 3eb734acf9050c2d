// SPDX-License-Identifier: MIT
// The command line of a running program: of `snnc run` and of what `snnc build` makes.
#include "host/experiment.h"
#include "host/units.h"
#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

const SnnExperiment *program_experiment(const SnnProgram *p, const char *name);    // program.c

typedef struct Args { bool built; RunOptions o; double *set; unsigned char *is_set; int64_t *base; const char *self; bool help, version; } Args;
typedef enum { EXPERIMENT, OUT, SET, SEED, THREADS, WEIGHTS, DATA, RESUME, QUIET, HELP, VERSION } OptId;
typedef struct Opt { OptId id; const char *name; char letter; const char *arg, *help; } Opt;
static const Opt opts[] = {
    {EXPERIMENT, "experiment", 'e', "NAME", "the experiment to run, when there are several"},
    {OUT, "out", 'o', "DIR", "write spikes, recordings, tables and summary.json there"},
    {SET, "set", 0, "NAME=VALUE", "give a parameter another value, as in --set tau=3ms"},
    {SEED, "seed", 's', "N", "seed of everything random (default 1)"},
    {THREADS, "threads", 'j', "N", "worker threads (default 1); the spikes do not depend on it"},
    {WEIGHTS, "weights", 0, "BITS", "round weights of connections that do not learn: 2 to 16 bits[,target][,pow2]"},
    {DATA, "data", 0, "DIR", "look here for data files that are not beside the .snn file"},
    {RESUME, "resume", 0, NULL, "go on with a sweep that was interrupted (with the same --out)"},
    {QUIET, "quiet", 'q', NULL, "no progress, no closing report"},
    {HELP, "help", 'h', NULL, "this text"},
    {VERSION, "version", 0, NULL, "the version of the compiler"},
};
enum { NOPTS = sizeof opts / sizeof *opts };

static int usage(const Args *a, const char *format, const char *one, const char *two) {
    fprintf(stderr, "%s: ", a->self);
    fprintf(stderr, format, one, two);
    fprintf(stderr, "\nTry '%s --help'.\n", a->self);
    return 2;
}

// ---- --help ----
static bool positive(const SnnParam *p) { return p->ranged && p->lo == DBL_MIN && isinf(p->hi); }     // a time constant
static void show_param(const SnnParam *p) {
    double scale = p->unit_scale != 0 ? p->unit_scale : 1;
    const char *unit = !strcmp(p->unit, "1") ? "" : p->unit;
    printf("  %-28s ", p->path);
    if (p->def == p->def) printf("default %.10g%s%s", p->def / scale, *unit ? " " : "", unit);
    else printf("computed%s%s%s", *unit ? " (" : "", unit, *unit ? ")" : "");
    if (positive(p)) printf(", positive");
    else if (p->ranged) printf(", range %g to %g", p->lo / scale, p->hi / scale);
    putchar('\n');
}
static void help(const Args *a) {
    const SnnProgram *p = a->o.program;
    printf("Usage: %s [OPTIONS]\nRuns %s, compiled by snnc %s.\n\nOptions:\n", a->self, p->file, p->version);
    for (int i = 0; i < NOPTS; i++) {
        char left[60];
        snprintf(left, sizeof left, "%c%c%s --%s%s%s", opts[i].letter ? '-' : ' ', opts[i].letter ? opts[i].letter : ' ', opts[i].letter ? "," : " ", opts[i].name,
                 opts[i].arg ? " " : "", opts[i].arg ? opts[i].arg : "");
        printf("  %-26s %s\n", left, opts[i].help);
    }
    printf("\nExperiments:\n");
    for (int64_t i = 0; i < p->nexperiments; i++) printf("  %-28s %s\n", p->experiments[i].name, p->experiments[i].doc ? p->experiments[i].doc : "");
    for (int64_t n = 0; n < p->nnets; n++) {
        if (p->nets[n].nparams) printf("\nParameters of %s, for --set:\n", p->nets[n].name);
        for (int64_t i = 0; i < p->nets[n].nparams; i++) show_param(&p->nets[n].params[i]);
    }
    printf("\nExit code: 0 fine, 2 wrong use, 3 the run failed or was interrupted (what was finished until then is kept).\n");
}

// ---- --set ----
static int wrong_value(const Args *a, const SnnParam *p, const char *text, const char *why) {
    fprintf(stderr, "%s: --set %s: %s: '%s' (the parameter is in %s)\n", a->self, p->path, why, text, !strcmp(p->unit, "1") ? "plain numbers" : p->unit);
    return 2;
}
static int set_param(Args *a, int64_t net, const SnnParam *p, const char *text) {
    double v;
    int64_t key;
    bool bare;
    const char *why = units_quantity(text, &v, &key, &bare);
    if (why) return wrong_value(a, p, text, why);
    if (key != p->dim_key && !(bare && v == 0)) return wrong_value(a, p, text, bare ? "a unit is missing" : "the unit does not fit");
    if (positive(p) && !(v >= p->lo)) return wrong_value(a, p, text, "it must be positive");
    if (p->ranged && (v < p->lo || v > p->hi)) {
        fprintf(stderr, "%s: --set %s: %s is outside its range of %g to %g %s\n", a->self, p->path, text, p->lo, p->hi, p->unit);
        return 2;
    }
    a->set[a->base[net] + p->slot] = v;
    a->is_set[a->base[net] + p->slot] = 1;
    return 0;
}
static size_t distance(const char *a, const char *b) {      // edits from one name to the other, names up to 63 letters
    size_t n = strlen(a), m = strlen(b), row[64];
    if (n > 63 || m > 63) return 99;
    for (size_t j = 0; j <= m; j++) row[j] = j;
    for (size_t i = 1; i <= n; i++) {
        size_t corner = row[0];
        row[0] = i;
        for (size_t j = 1; j <= m; j++) {
            size_t best = corner + (a[i - 1] != b[j - 1]), up = row[j];
            if (up + 1 < best) best = up + 1;
            if (row[j - 1] + 1 < best) best = row[j - 1] + 1;
            corner = up;
            row[j] = best;
        }
    }
    return row[m];
}
static int unknown_param(const Args *a, const char *name) {
    const SnnProgram *p = a->o.program;
    const char *near = NULL;
    size_t least = strlen(name) / 3 + 1;
    for (int64_t n = 0; n < p->nnets; n++)
        for (int64_t i = 0; i < p->nets[n].nparams; i++) {
            size_t d = distance(name, p->nets[n].params[i].path);
            if (d <= least) { least = d; near = p->nets[n].params[i].path; }
        }
    if (near) return usage(a, "--set: there is no parameter '%s'; did you mean '%s'?", name, near);
    return usage(a, "--set: there is no parameter '%s'%s", name, "");
}
// A name may be the parameter's whole path or its end after a dot, when only one network's parameter ends so.
static bool names(const char *path, const char *name) {
    size_t n = strlen(path), k = strlen(name);
    return !strcmp(path, name) || (n > k + 1 && path[n - k - 1] == '.' && !strcmp(path + n - k, name));
}
static int set(Args *a, const char *text) {
    const SnnProgram *p = a->o.program;
    const char *equals = strchr(text, '=');
    char name[256];
    if (a->built && p->fixed) return usage(a, "--set: the formats of a fixed-point program were chosen for the parameters it was built with; 'snnc build --set %s' makes another%s", text, "");
    if (!equals || equals == text || equals - text > 255) return usage(a, "--set wants NAME=VALUE, not '%s'%s", text, "");
    snprintf(name, sizeof name, "%.*s", (int)(equals - text), text);
    bool exact = false, found = false;
    for (int64_t n = 0; n < p->nnets; n++)
        for (int64_t i = 0; i < p->nets[n].nparams; i++) exact |= !strcmp(p->nets[n].params[i].path, name);
    for (int64_t n = 0; n < p->nnets; n++) {
        int64_t hits = 0;
        for (int64_t i = 0; i < p->nets[n].nparams; i++) {
            const SnnParam *q = &p->nets[n].params[i];
            if (exact ? strcmp(q->path, name) : !names(q->path, name)) continue;
            if (hits++ && !exact) return usage(a, "--set: several parameters are called '%s', for example '%s': give the whole name", name, q->path);
            int rc = set_param(a, n, q, equals + 1);
            if (rc) return rc;
            found = true;
        }
    }
    return found ? 0 : unknown_param(a, name);
}

// ---- options ----
static int whole_number(const Args *a, const char *name, const char *text, uint64_t most, uint64_t *out) {
    char *end;
    errno = 0;
    unsigned long long v = strtoull(text, &end, 0);
    bool number = end != text && !*end && !strchr(text, '-');
    char wanted[96];
    snprintf(wanted, sizeof wanted, "--%s wants a whole number", name);
    if (number && (errno == ERANGE || v > most)) snprintf(wanted, sizeof wanted, "--%s wants a whole number of at most %llu", name, (unsigned long long)most);
    if (!number || errno || v > most) return usage(a, "%s, not '%s'", wanted, text);
    *out = v;
    return 0;
}
static int option(Args *a, const Opt *opt, const char *value) {
    uint64_t v = 0;
    int rc = 0;
    switch (opt->id) {
    case EXPERIMENT: a->o.experiment = value; break;
    case OUT: a->o.out = value; break;
    case SET: return set(a, value);
    case SEED:
        rc = whole_number(a, "seed", value, UINT64_MAX, &a->o.seed);
        a->o.has_seed = true;
        break;
    case THREADS:
        rc = whole_number(a, "threads", value, 1024, &v);
        if (!rc && !v) rc = usage(a, "--threads wants at least 1%s%s", "", "");
        a->o.threads = (int)v;
        break;
    case WEIGHTS:
        if (!levels_parse(value, &a->o.levels)) rc = usage(a, "--weights wants " LEVELS_HELP ", not '%s'%s", value, "");
        break;
    case DATA: a->o.data = value; break;
    case RESUME: a->o.resume = true; break;
    case QUIET: a->o.quiet = true; break;
    case HELP: a->help = true; break;
    case VERSION: a->version = true; break;
    }
    return rc;
}
static int parse(Args *a, int argc, char **argv) {
    for (int i = 1; i < argc; i++) {
        const char *s = argv[i], *value = NULL;
        const Opt *opt = NULL;
        size_t n = strcspn(s, "=");
        for (int k = 0; k < NOPTS; k++) {
            bool is_long = s[0] == '-' && s[1] == '-' && strlen(opts[k].name) == n - 2 && !strncmp(s + 2, opts[k].name, n - 2);
            if (is_long || (s[0] == '-' && s[1] && s[1] == opts[k].letter && !s[2])) opt = &opts[k];
        }
        if (!opt) return usage(a, s[0] == '-' ? "there is no option '%s'%s" : "what is '%s'?%s", s, "");
        if (s[1] == '-' && s[n] == '=') value = s + n + 1;
        if (!opt->arg && value) return usage(a, "--%s takes no value%s", opt->name, "");
        if (opt->arg && !value && i + 1 == argc) return usage(a, "--%s wants %s", opt->name, opt->arg);
        if (opt->arg && !value) value = argv[++i];
        int rc = option(a, opt, value);
        if (rc) return rc;
    }
    return 0;
}

static int prepare(Args *a) {
    const SnnProgram *p = a->o.program;
    if (p->abi_version != SNN_ABI_VERSION) return usage(a, "this program was compiled for another version of the runtime%s%s", "", "");
    int64_t slots = 0;
    a->base = calloc((size_t)p->nnets + 1, sizeof *a->base);
    for (int64_t n = 0; a->base && n < p->nnets; n++) { a->base[n] = slots; slots += p->nets[n].nk; }
    a->set = calloc((size_t)slots + 1, sizeof *a->set);
    a->is_set = calloc((size_t)slots + 1, 1);
    if (!a->base || !a->set || !a->is_set) return usage(a, "not enough memory%s%s", "", "");
    a->o.set = a->set;
    a->o.is_set = a->is_set;
    a->o.set_base = a->base;
    return 0;
}

static int run_main(Args *a, int argc, char **argv) {
    const SnnProgram *program = a->o.program;
    int rc = prepare(a);
    if (!rc) rc = parse(a, argc, argv);
    if (!rc && a->o.resume && !a->o.out) rc = usage(a, "--resume goes with --out, the folder of the sweep that was interrupted%s%s", "", "");
    if (!rc && a->help) help(a);
    else if (!rc && a->version) printf("snnc %s\n", program->version);
    else if (!rc && !program_experiment(program, a->o.experiment))
        rc = a->o.experiment ? usage(a, "there is no experiment '%s'%s", a->o.experiment, "") : usage(a, "%s has no experiment%s", program->file, "");
    else if (!rc) rc = experiment_run(&a->o);
    if (!rc && (fflush(stdout) || ferror(stdout))) {
        fprintf(stderr, "%s: cannot write to standard output: %s\n", a->self, strerror(errno));
        rc = 3;
    }
    free(a->base);
    free(a->set);
    free(a->is_set);
    return rc;
}

int snn_main_timed(int argc, char **argv, const SnnProgram *program, double compile_seconds) {
    Args a = { .o = { .program = program, .seed = 1, .threads = 1, .compile_seconds = compile_seconds }, .self = argc ? argv[0] : "snn" };
    return run_main(&a, argc, argv);
}
int snn_main_tapped(int argc, char **argv, const SnnProgram *program, const struct InstTap *tap, FILE *text) {
    Args a = { .o = { .program = program, .seed = 1, .threads = 1, .tap = tap, .text = text }, .self = argc ? argv[0] : "snn" };
    return run_main(&a, argc, argv);
}
int snn_main_seen(int argc, char **argv, const SnnProgram *program, SnnSeen *seen) {
    Args a = { .o = { .program = program, .seed = 1, .threads = 1, .seen = seen }, .self = argc ? argv[0] : "snn" };
    return run_main(&a, argc, argv);
}
int snn_main(int argc, char **argv, const SnnProgram *program) {
    Args a = { .built = true, .o = { .program = program, .seed = 1, .threads = 1 }, .self = argc ? argv[0] : "snn" };
    return run_main(&a, argc, argv);
}
