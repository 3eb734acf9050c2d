// SPDX-License-Identifier: MIT
// snnc build FILE: a program (or object, assembly, LLVM text) that needs neither snnc nor LLVM to run. For a small machine: an image that
// runs the experiment on its board, or an object with a C header to be called from firmware. For the web: a folder.
#include "build_deviation.h"
#include "build_memory.h"
#include "cli.h"
#include <sys/stat.h>
#include <stdlib.h>

typedef struct BuildUser { DriverOptions driver; const char *out, *weights; EmitKind emit; bool emit_given, header, list, report, page, module, wide, fused; } BuildUser;   // wide, fused: asked for by name

static const Option options[] = {
    {"output", 'o', "OUT", "the file to write; - for standard output with asm and llvm"},
    {"emit", 0, "KIND", "exe (default), obj, asm or llvm; for small machines also obj,header; for wasm32 page (default) or module"},
    {"debug", 'g', NULL, "put the lines of the .snn files in, for gdb"},
    {"target", 0, "TARGET", "host (default) or one of --list-targets"},
    {"list-targets", 0, NULL, "what code can be made for"},
    {"prefix", 0, "NAME", "small machines: what the functions' names begin with (default: net)"},
    {"report", 0, NULL, "small machines: what takes how much memory, and how far spikes and results are from double precision"},
    {"weights", 0, "BITS", "small machines: round weights of connections that do not learn: 2 to 16 bits[,target][,pow2]"},
    {"queue", 0, "N", "small machines, on events: room for so many spikes under way from each population"},
    {"seed", 's', "N", "small machines: seed of everything random (default 1)"},
    CLI_EXPERIMENT, CLI_SET, CLI_PRECISION, CLI_CODE, CLI_DATA, CLI_DUMP,
    {0}};

static const struct { const char *name, *ending; EmitKind kind; } kinds[] = {{"exe", "", EMIT_EXE}, {"obj", ".o", EMIT_OBJECT}, {"asm", ".s", EMIT_ASM}, {"llvm", ".ll", EMIT_LLVM}};
enum { NKINDS = sizeof kinds / sizeof *kinds };

static bool emit_option(BuildUser *u, const char *value) {
    const char *p = value;
    bool known = *p != 0;
    u->emit_given = true;
    u->page = !strcmp(value, "page");
    u->module = !strcmp(value, "module");
    if (u->page || u->module) return true;
    while (known && *p) {
        size_t n = strcspn(p, ",");
        known = false;
        if (n == 6 && !memcmp(p, "header", 6)) { u->header = known = true; u->emit = EMIT_OBJECT; }
        for (int i = 0; i < NKINDS; i++)
            if (strlen(kinds[i].name) == n && !memcmp(kinds[i].name, p, n)) { u->emit = kinds[i].kind; known = true; }
        p += n + (p[n] == ',');
    }
    return known || cli_usage(&command_build, "--emit is exe, obj, asm, llvm, obj,header, page or module, not '%s'", value);
}

static bool prefix_option(BuildUser *u, const char *value) {
    bool good = *value && !(*value >= '0' && *value <= '9');
    for (const char *p = value; *p; p++) good = good && ((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9') || *p == '_');
    u->driver.prefix = value;
    return good || cli_usage(&command_build, "--prefix wants a name as in C, not '%s'", value);
}

static bool queue_option(BuildUser *u, const char *value) {
    char *end;
    unsigned long n = strtoul(value, &end, 10);
    u->driver.queue = (uint32_t)n;
    return (*value && !*end && *value != '-' && n > 0 && n <= 1000000) || cli_usage(&command_build, "--queue is a number of spikes from 1 to 1000000, not '%s'", value);
}

static void pass_on(BuildUser *u, const char *name, const char *value) {
    Arena *a = &u->driver.arena;
    vec_push(a, &u->driver.run, arena_printf(a, "--%s", name));
    vec_push(a, &u->driver.run, arena_strndup(a, value, strlen(value)));
}

static bool option(void *user, const Option *o, const char *value) {
    BuildUser *u = user;
    if (!strcmp(o->name, "debug")) { u->driver.debug = true; return true; }
    if (!strcmp(o->name, "output")) { u->out = value; return true; }
    if (!strcmp(o->name, "list-targets")) { u->list = true; return true; }
    if (!strcmp(o->name, "report")) { u->report = true; return true; }
    if (!strcmp(o->name, "emit")) return emit_option(u, value);
    if (!strcmp(o->name, "precision")) u->wide = !strcmp(value, "double");
    if (!strcmp(o->name, "arithmetic")) u->fused = !strcmp(value, "fma");
    if (!strcmp(o->name, "prefix")) return prefix_option(u, value);
    if (!strcmp(o->name, "queue")) return queue_option(u, value);
    if (!strcmp(o->name, "weights") && !cli_weights(&command_build, u->weights = value)) return false;
    if (!strcmp(o->name, "seed") || !strcmp(o->name, "weights") || !strcmp(o->name, "data") || !strcmp(o->name, "experiment")) pass_on(u, o->name, value);
    return !strcmp(o->name, "seed") || !strcmp(o->name, "weights") || cli_driver_option(&u->driver, &command_build, o, value);
}

static bool word(void *user, const char *w) { return cli_driver_file(&((BuildUser *)user)->driver, &command_build, w); }

static const char *base_name(Arena *a, const char *file) {
    const char *slash = strrchr(file, '/'), *base = slash ? slash + 1 : file, *dot = strrchr(base, '.');
    return arena_strndup(a, base, dot && dot > base ? (size_t)(dot - base) : strlen(base));
}

// Where nothing was said: the file's own name with the kind's ending, in the current folder.
static const char *default_output(Arena *a, const char *file, EmitKind kind, bool image) {
    const char *slash = strrchr(file, '/'), *base = slash ? slash + 1 : file, *dot = strrchr(base, '.'), *ending = "";
    for (int i = 0; i < NKINDS; i++)
        if (kinds[i].kind == kind) ending = kinds[i].ending;
    if (image) ending = ".elf";
    int n = (int)(dot && dot > base ? dot - base : (long)strlen(base));
    return arena_printf(a, "%.*s%s", n, base, *ending ? ending : dot ? "" : ".out");
}

static bool write_header(BuildUser *u, Compiled *c, const char *object, uint32_t stack, const char **error) {
    Arena *a = &u->driver.arena;
    size_t n = strlen(object);
    const char *path = arena_printf(a, "%.*s.h", (int)(n > 2 && !strcmp(object + n - 2, ".o") ? n - 2 : n), object);
    StrBuf text = {0};
    embed_header(&text, u->driver.prefix ? u->driver.prefix : "net", u->driver.path, &c->report, stack);
    FILE *out = fopen(path, "w");
    bool ok = out && fwrite(text.s, 1, text.n, out) == text.n;
    if (out) ok = fclose(out) == 0 && ok;
    sb_free(&text);
    if (!ok) *error = arena_printf(a, "cannot write '%s'", path);
    return ok;
}

static int failed(const char *error) {
    fprintf(stderr, "snnc build: %s\n", error);
    return EXIT_FAILED;
}

static int emit_embedded(BuildUser *u, Compiled *c, const char *out) {
    bool image = u->emit == EMIT_EXE, ok;
    const char *error = NULL;
    TargetSizes sizes;
    if (!target_sizes(c->target, c->module, &sizes, &error)) return failed(error);
    if (!build_memory(&u->driver.arena, target_kind(c->target), &c->report, &sizes, image, u->report)) return EXIT_FAILED;
    if (u->report) build_deviation(&u->driver, target_kind(c->target));
    if (image) ok = target_image(c->target, c->module, out, &error);
    else ok = target_object(c->target, c->module, out, &error) && (!u->header || write_header(u, c, out, sizes.stack, &error));
    return ok ? EXIT_FINE : failed(error);
}

static int emit_folder(BuildUser *u, Compiled *c) {
    Arena *a = &u->driver.arena;
    const char *error = NULL, *name = base_name(a, u->driver.path);
    bool ok = wasm32_write(c->target, c->module, c->nets, &(WebOptions){name, u->page}, u->out ? u->out : arena_printf(a, "%s-web", name), &error);
    return ok ? EXIT_FINE : failed(error);
}

static int emit(BuildUser *u, Compiled *c) {
    bool embedded = target_kind(c->target)->embedded, image = embedded && u->emit == EMIT_EXE;
    const char *error = NULL, *out = u->out ? u->out : default_output(&u->driver.arena, u->driver.path, u->emit, image);
    if (u->page || u->module) return emit_folder(u, c);
    if (embedded && (image || u->emit == EMIT_OBJECT)) return emit_embedded(u, c, out);
    return target_emit(c->target, c->module, u->emit, out, &error) ? EXIT_FINE : failed(error);
}

static int list_targets(void) {
    for (int i = 0; target_kinds[i]; i++) printf("  %-14s %s\n", target_kinds[i]->name, target_kinds[i]->help);
    return EXIT_FINE;
}

static int consider_web(BuildUser *u, bool web) {
    if (!web && (u->page || u->module)) return cli_usage(&command_build, "pages and modules are for --target wasm32"), EXIT_USAGE;
    if (!web) return 0;
    u->page |= !u->emit_given;
    if (u->emit_given && !u->page && !u->module && u->emit == EMIT_EXE) return cli_usage(&command_build, "the target wasm32 makes no program: --emit page, module, obj, asm or llvm"), EXIT_USAGE;
    if ((u->page || u->module) && u->out && !strcmp(u->out, "-")) return cli_usage(&command_build, "a page or module is a folder, not standard output"), EXIT_USAGE;
    return 0;
}

static bool same_file(const char *a, const char *b) {
    struct stat x, y;
    return !stat(a, &x) && !stat(b, &y) && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

// What the words and options say together.
static int consider(BuildUser *u) {
    if (!u->driver.path) return cli_usage(&command_build, "which file?"), EXIT_USAGE;
    if (!u->out && !strcmp(u->driver.path, "-")) return cli_usage(&command_build, "a program from standard input has no name: say -o OUT"), EXIT_USAGE;
    if (u->out && same_file(u->out, u->driver.path)) return cli_usage(&command_build, "'%s' is the program's own text", u->out), EXIT_USAGE;
    const TargetKind *kind = target_find(u->driver.target ? u->driver.target : "host");
    bool embedded = kind && kind->embedded;
    if (embedded && u->wide) return cli_usage(&command_build, "small machines compute in float or fixed, not in double: --precision float, or fixed"), EXIT_USAGE;
    if (kind && kind->plain && u->fused) return cli_usage(&command_build, "the target '%s' has no fused multiply-add: leave --arithmetic fma away", kind->name), EXIT_USAGE;
    u->driver.stimulus = embedded && u->emit != EMIT_OBJECT;
    if (kind && !embedded && u->header) return cli_usage(&command_build, "the header belongs to the code for small machines; the target '%s' is none", kind->name), EXIT_USAGE;
    if (kind && !embedded && u->driver.prefix) return cli_usage(&command_build, "--prefix belongs to the code for small machines; the target '%s' is none", kind->name), EXIT_USAGE;
    if (kind && !embedded && u->weights) return cli_usage(&command_build, "--weights belongs to the code for small machines; a program takes it when it runs"), EXIT_USAGE;
    if (embedded && u->emit == EMIT_EXE && !kind->board) return cli_usage(&command_build, "the target '%s' has no board to make an image for: use --emit obj,header", kind->name), EXIT_USAGE;
    if (embedded && u->driver.debug) return cli_usage(&command_build, "code for small machines carries no lines of the .snn files (-g)"), EXIT_USAGE;
    return consider_web(u, kind == &target_wasm32);
}

static int build_main(int argc, char **argv) {
    BuildUser u = {.driver = cli_driver_defaults(), .emit = EMIT_EXE};
    int rc = cli_options(&command_build, argc, argv, &u, option, word);
    if (!rc && u.list) { arena_free(&u.driver.arena); return list_targets(); }
    if (!rc) rc = consider(&u);
    if (!rc && u.driver.net.fixed && u.driver.stop_after > STAGE_NET && (rc = cli_calibrate(&u.driver, &command_build, &u.driver.run)) < 0) rc = 0;
    if (!rc) {
        Compiled c;
        rc = cli_compile(&u.driver, &command_build, &c);
        if (rc < 0) rc = emit(&u, &c);
        driver_free(&c);
    }
    arena_free(&u.driver.arena);
    return rc < 0 ? EXIT_FINE : rc;
}

const Command command_build = {"build", "[OPTIONS] FILE", "make a program, an object, firmware, assembly or LLVM text",
                               "The program takes the run-time options of 'snnc run' and lists its parameters with --help. A target with a board gets an image that runs the\n"
                               "experiment there and prints the spikes.", options, build_main};
