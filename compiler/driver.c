// SPDX-License-Identifier: MIT
// The pipeline as one list of calls: driver_compile below. Each stage builds a new structure and never writes into the former one;
// messages are collected and shown once, at the end.
#include "driver.h"
#include <errno.h>
#include <time.h>

const char *const stage_names[STAGE_ALL] = {"tokens", "ast", "model", "net", "llvm", "asm"};

static bool dumps(const DriverOptions *o, Stage s) { return o->dump >> s & 1; }

double driver_clock(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

void driver_pass_settings(const DriverOptions *o, const Model *m, Arena *a, ArgVec *out) {
    for (uint32_t i = 0; i < o->set.n; i++) {
        const char *s = o->set.at[i];
        Sym name = sym_n(s, strcspn(s, "="));
        bool used = false;
        for (uint32_t k = 0; k < m->set_used.n; k++) used = used || m->set_used.at[k] == name;
        if (used) continue;
        vec_push(a, out, arena_printf(a, "--set"));
        vec_push(a, out, arena_strndup(a, s, strlen(s)));
    }
}

// Tokens and tree of the named file alone (the checker loads it again, with all it imports).
static DriverResult dump_syntax(const DriverOptions *o) {
    Sources sources = {0};
    Diags diags = {.src = &sources};
    Arena arena = {0};
    int file = source_load(&sources, o->path, o->path);
    if (file < 0) diag(&diags, (Span){0}, D_CANNOT_READ, o->path, strerror(errno));
    if (file >= 0 && dumps(o, STAGE_TOKENS)) tokens_print(&diags, (uint32_t)file, stdout);
    if (file >= 0 && (dumps(o, STAGE_AST) || o->stop_after == STAGE_AST)) {
        AstFile *ast = parse_file(&arena, &diags, (uint32_t)file);
        if (ast && dumps(o, STAGE_AST)) ast_print(&ast->base, stdout);
    }
    bool stop = o->stop_after <= STAGE_AST, failed = diags.errors > 0;
    if (stop || file < 0) diag_show(&diags, stderr, o->color);
    arena_free(&arena);
    diags_free(&diags);
    sources_free(&sources);
    return file < 0 || (stop && failed) ? DRIVER_ERRORS : stop ? DRIVER_STOPPED : DRIVER_DONE;
}

// Which text a program was made from: FNV-1a over all files and settings.
static const char *source_hash(DriverOptions *o, Compiled *c) {
    uint64_t h = 0xCBF29CE484222325u;
    for (uint32_t i = 0; i < c->sources.file.n; i++)
        for (size_t k = 0; k < c->sources.file.at[i]->size; k++) h = (h ^ (unsigned char)c->sources.file.at[i]->text[k]) * 0x100000001B3u;
    for (uint32_t i = 0; i < o->set.n; i++)
        for (const char *p = o->set.at[i]; *p; p++) h = (h ^ (unsigned char)*p) * 0x100000001B3u;
    return arena_printf(&c->arena, "%016llx", (unsigned long long)h);
}

static DriverResult front_stages(DriverOptions *o, Compiled *c) {
    c->model = sema_check(&c->diags, &c->sources, o->path, &o->sema);
    if (!c->model) return DRIVER_ERRORS;
    if (dumps(o, STAGE_MODEL)) model_print(c->model, stdout);
    if (o->stop_after == STAGE_MODEL) return DRIVER_STOPPED;

    const TargetKind *kind = target_find(o->target ? o->target : "host");
    if (kind) target_check(kind, c->model, &c->diags);
    if (c->diags.errors) return DRIVER_ERRORS;
    if (kind && kind->embedded && !driver_embedded_check(o, c)) return DRIVER_ERRORS;
    c->nets = net_build(&c->diags, c->model, &o->net);
    if (!c->nets) return DRIVER_ERRORS;
    for (uint32_t i = 0; i < c->nets->nets.n; i++) net_verify(c->nets->nets.at[i]);
    for (uint32_t i = 0; o->seen && o->net.fixed && i < c->nets->nets.n; i++) net_fixed(c->nets->nets.at[i], &o->seen[i], o->net.short_products);
    for (uint32_t i = 0; dumps(o, STAGE_NET) && i < c->nets->nets.n; i++) net_print(c->nets->nets.at[i], stdout);
    return o->stop_after == STAGE_NET ? DRIVER_STOPPED : DRIVER_DONE;
}

static void show_module(DriverOptions *o, Compiled *c) {
    fflush(stdout);
    if (dumps(o, STAGE_LLVM)) target_emit(c->target, c->module, EMIT_LLVM, "-", &c->trouble);
    if (o->stop_after != STAGE_LLVM && dumps(o, STAGE_ASM)) target_emit(c->target, c->module, EMIT_ASM, "-", &c->trouble);
}

// Runs the experiment on this machine, in the small machine's arithmetic, and notes the network.
static bool carry_over(DriverOptions *o, Compiled *c, const GenOptions *options) {
    GenOptions g = *options;
    Target *host = target_open(&c->arena, "host", NULL, &c->trouble);
    if (!host) return false;
    target_configure(host, &g);
    GenModule *m = gen_module(c->nets, &g);
    target_optimise(host, m);
    Jit *jit = NULL;
    const SnnProgram *program = target_jit(host, m, &jit, &c->trouble);
    ArgVec args = {0};
    vec_push(&c->arena, &args, arena_printf(&c->arena, "snnc build"));
    vec_push(&c->arena, &args, arena_printf(&c->arena, "--quiet"));
    for (uint32_t i = 0; i < o->run.n; i++) vec_push(&c->arena, &args, o->run.at[i]);
    driver_pass_settings(o, c->model, &c->arena, &args);
    uint32_t n = args.n;
    vec_push(&c->arena, &args, NULL);
    bool ok = program && capture_run(&c->arena, c->nets, program, (int)n, args.at, o->sema.experiment, NULL, &c->image, &c->trouble);
    target_jit_close(jit);
    gen_free(m);
    target_close(host);
    return ok;
}

static DriverResult embedded_stages(DriverOptions *o, Compiled *c, const TargetKind *kind) {
    GenOptions g = {.real_bits = 32, .plain = o->plain || kind->plain, .version = SNNC_VERSION, .source_hash = source_hash(o, c)};
    for (uint32_t i = 0; i < c->nets->nets.n; i++)             // what is carried over is kept, whatever the machine does
        for (uint32_t p = 0; p < c->nets->nets.at[i]->projs.n; p++) {
            NetProj *q = &c->nets->nets.at[i]->projs.at[p];
            q->drawn = q->procedural;
            q->procedural = false;
        }
    if (!carry_over(o, c, &g)) return DRIVER_FAILED;
    c->target = target_open(&c->arena, o->target, o->cpu, &c->trouble);
    if (!c->target) return DRIVER_REFUSED;
    target_configure(c->target, &g);
    EmbedOptions e = {.prefix = o->prefix ? o->prefix : "net", .stimulus = o->stimulus, .flush_fpscr = kind->flush_fpscr, .helium = kind->helium, .soft_float = kind->soft_float, .rows = kind->helpers != NULL, .events = kind->events, .queue = o->queue};
    c->module = gen_embed(c->nets, &c->image, &g, &e, &c->report);
    if ((c->trouble = c->report.trouble)) return DRIVER_FAILED;
    target_optimise(c->target, c->module);
    show_module(o, c);
    return o->stop_after == STAGE_LLVM || o->stop_after == STAGE_ASM ? DRIVER_STOPPED : DRIVER_DONE;
}

static DriverResult back_stages(DriverOptions *o, Compiled *c) {
    const TargetKind *kind = o->target ? target_find(o->target) : NULL;
    if (kind && kind->embedded) return embedded_stages(o, c, kind);
    GenOptions g = {.real_bits = o->net.single_precision || o->net.fixed ? 32 : 64, .plain = o->plain || (kind && kind->plain), .debug = o->debug, .version = SNNC_VERSION, .source_hash = source_hash(o, c)};
    c->target = target_open(&c->arena, o->target ? o->target : "host", o->cpu, &c->trouble);
    if (!c->target) return DRIVER_REFUSED;
    target_configure(c->target, &g);
    c->module = gen_module(c->nets, &g);
    target_optimise(c->target, c->module);
    show_module(o, c);
    return o->stop_after == STAGE_LLVM || o->stop_after == STAGE_ASM ? DRIVER_STOPPED : DRIVER_DONE;
}

DriverResult driver_compile(DriverOptions *o, Compiled *c) {
    double start = driver_clock();
    *c = (Compiled){0};
    c->diags.src = &c->sources;
    o->sema.set = o->set.at;
    o->sema.nset = o->set.n;
    const TargetKind *kind = o->target ? target_find(o->target) : NULL;
    if (kind && kind->embedded) {
        o->net.single_precision = true;
    }
    DriverResult r = DRIVER_DONE;
    if (o->dump & (1u << STAGE_TOKENS | 1u << STAGE_AST) || o->stop_after <= STAGE_AST) r = dump_syntax(o);
    if (r == DRIVER_DONE) {
        r = front_stages(o, c);
        diag_show(&c->diags, stderr, o->color);
    }
    if (r == DRIVER_DONE) r = back_stages(o, c);
    c->seconds = driver_clock() - start;
    return r;
}

void driver_free(Compiled *c) {
    if (c->module) gen_free(c->module);
    if (c->target) target_close(c->target);
    if (c->nets) net_free(c->nets);
    if (c->model) model_free(c->model);
    diags_free(&c->diags);
    sources_free(&c->sources);
    arena_free(&c->arena);
}
