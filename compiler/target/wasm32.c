// SPDX-License-Identifier: MIT
// WebAssembly with 32-bit memory, for browsers and Node: the object, the runtime and a C library become one module by wasm-ld; snn.js is its host
// side. It has neither fused multiply-add nor flushing of subnormal numbers: the profile is `plain`, and the generator flushes what it stores.
//
//   DIR/NAME.wasm  index.js  index.d.ts  package.json      what npm and bundlers take
//   DIR/index.html LICENSE.uplot                           a page with all of it inside, for a double click
#include "internal.h"
#include "support/embed.h"
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

const TargetKind target_wasm32 = {"wasm32", "WebAssembly: a module for browsers and Node, with a page", "wasm32-unknown-unknown", "simd128", .initialise = init_webassembly, .plain = true};

// What needs files -----------------------------------------------------------------------------------------------------------------

static void refuse(Diags *d, Span at, const char *what) {
    Diag *m = diag(d, at, D_TARGET_FILE, "wasm32", what);
    diag_help(d, m, "'snnc run' and programs of this machine have them");
}

static void check_statements(const XVec *body, Diags *d) {
    for (uint32_t i = 0; i < body->n; i++) {
        const XStmt *s = body->at[i];
        if (s->kind == X_DATA) refuse(d, s->span, "a data set needs");
        if (s->kind == X_SAVE || s->kind == X_LOAD) refuse(d, s->span, s->kind == X_SAVE ? "`save` needs" : "`load` needs");
        if (s->kind == X_EMIT && s->text) refuse(d, s->span, "spikes from a table need");
        check_statements(&s->body, d);
        check_statements(&s->otherwise, d);
    }
}

void target_check(const TargetKind *k, const Model *m, Diags *d) {
    if (k != &target_wasm32) return;
    for (uint32_t i = 0; i < m->experiments.n; i++) check_statements(&m->experiments.at[i]->body, d);
    for (uint32_t i = 0; i < m->networks.n; i++)
        for (uint32_t j = 0; j < m->networks.at[i]->projs.n; j++)
            if (m->networks.at[i]->projs.at[j]->file) refuse(d, m->networks.at[i]->projs.at[j]->span, "a table of connections needs");
}

// The module -----------------------------------------------------------------------------------------------------------------------

static const char *linker(void) {
    static const char *const names[] = {"wasm-ld-19", "wasm-ld"};
    const char *path = getenv("PATH");
    for (size_t i = 0; path && i < 2; i++)
        for (const char *p = path; *p;) {
            char file[4096];
            size_t n = strcspn(p, ":");
            snprintf(file, sizeof file, "%.*s/%s", (int)n, p, names[i]);
            if (!access(file, X_OK)) return names[i];
            p += n + (p[n] == ':');
        }
    return names[0];
}

static bool link_module(Arena *a, const char *object, const char *path, const char **error) {
    const char *runtime = link_library(a, "wasm32/libsnnrt.a"), *libc = link_library(a, "wasm32/libc.a"), *builtins = link_library(a, "wasm32/libbuiltins.a");
    if (!runtime || !libc || !builtins) {
        *error = "this snnc was built without the C library for WebAssembly (Debian: wasi-libc, libclang-rt-19-dev-wasm32), so it makes objects only (--emit obj)";
        return false;
    }
    const char *const words[] = {linker(), "--no-entry", "--gc-sections", "--strip-all", "--stack-first", "-z", "stack-size=1048576", "--max-memory=4294967296",
                                 "--export=__stack_pointer", "--export-if-defined=__wasm_call_ctors", "-o", path, object, "--whole-archive", runtime, "--no-whole-archive", libc, builtins};
    VEC(char *) v = {0};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) vec_push(a, &v, arena_strndup(a, words[i], strlen(words[i])));
    vec_push(a, &v, NULL);
    return link_spawn(a, v.at, "the module", error);
}

static bool read_file(const char *path, StrBuf *out) {
    FILE *f = fopen(path, "rb");
    char part[4096];
    if (!f) return false;
    for (size_t n; (n = fread(part, 1, sizeof part, f)) > 0;)
        for (size_t i = 0; i < n; i++) sb_putc(out, part[i]);
    bool good = !ferror(f);
    fclose(f);
    return good;
}

static bool module_bytes(Target *t, GenModule *m, StrBuf *out, const char **error) {
    char object[] = "/tmp/snncXXXXXX.o", module[] = "/tmp/snncXXXXXX.wasm";
    int fd = mkstemps(object, 2), fd2 = mkstemps(module, 5);
    if (fd >= 0) close(fd);
    if (fd2 >= 0) close(fd2);
    bool good = fd >= 0 && fd2 >= 0;
    if (!good) *error = "cannot make a temporary file in /tmp";
    good = good && target_emit(t, m, EMIT_OBJECT, object, error) && link_module(t->arena, object, module, error);
    if (good && !read_file(module, out)) good = false, *error = "the linked module cannot be read";
    if (fd >= 0) unlink(object);
    if (fd2 >= 0) unlink(module);
    return good;
}

// The texts beside it --------------------------------------------------------------------------------------------------------------

typedef struct Folder { Arena *arena; const char *dir, *name; const char **error; } Folder;

static void base64(StrBuf *out, const StrBuf *in) {
    static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *s = (const unsigned char *)in->s;
    for (size_t i = 0; i < in->n; i += 3) {
        size_t left = in->n - i;
        uint32_t v = (uint32_t)s[i] << 16 | (left > 1 ? (uint32_t)s[i + 1] << 8 : 0) | (left > 2 ? s[i + 2] : 0);
        for (int k = 0; k < 4; k++) sb_putc(out, (size_t)k > left ? '=' : digit[v >> (18 - 6 * k) & 63]);
    }
}

static bool write_file(const Folder *f, const char *name, const char *data, size_t n) {
    const char *path = arena_printf(f->arena, "%s/%s", f->dir, name), *temporary = arena_printf(f->arena, "%s.tmp", path);
    FILE *out = fopen(temporary, "wb");
    bool good = out && fwrite(data, 1, n, out) == n;
    if (out && fclose(out)) good = false;
    good = good && !rename(temporary, path);
    if (good) return true;
    *f->error = arena_printf(f->arena, "cannot write '%s': %s", path, strerror(errno));
    if (out) unlink(temporary);
    return false;
}

// Copies `text` and puts something in the place of marks: each pair is a mark and what takes its place.
typedef struct Mark { const char *mark, *text; size_t n; } Mark;

static void fill(StrBuf *out, const char *text, size_t n, const Mark *marks, size_t nmarks) {
    for (size_t i = 0; i < n;) {
        size_t k = 0;
        while (k < nmarks && (n - i < strlen(marks[k].mark) || memcmp(text + i, marks[k].mark, strlen(marks[k].mark)))) k++;
        if (k == nmarks) {
            sb_putc(out, text[i++]);
            continue;
        }
        for (size_t j = 0; j < marks[k].n; j++) sb_putc(out, marks[k].text[j]);
        i += strlen(marks[k].mark);
    }
}

static const EmbeddedFile *part(const char *path) {
    const EmbeddedFile *f = embedded_find(path);
    if (!f) fatal("the compiler has no %s inside", path);
    return f;
}

// The names that a network gives to what is connected from outside, for each network by its number.
static const char *ports(Arena *a, const NetProgram *nets) {
    StrBuf b = {0};
    sb_putc(&b, '[');
    for (uint32_t i = 0; i < nets->nets.n; i++) {
        const Net *net = nets->nets.at[i];
        sb_puts(&b, i ? ", {" : "{");
        for (uint32_t k = 0; k < net->model->externs.n; k++) {
            const Extern *x = &net->model->externs.at[k];
            int f = !x->var ? -1 : x->output || x->var->kind == VAR_VALUE_INPUT ? net_field(net, x->pop, x->var) : net_drive_field(net, x->pop, x->var);
            sb_printf(&b, "%s '%s': { output: %s, population: %d, first: %u, size: %u", k ? "," : "", x->name, x->output ? "true" : "false", net_pop_index(net, x->pop), x->lo, x->hi - x->lo);
            if (x->var) sb_printf(&b, ", field: %d", f);
            sb_puts(&b, " }");
        }
        sb_puts(&b, net->model->externs.n ? " }" : "}");
    }
    sb_putc(&b, ']');
    const char *text = arena_strndup(a, b.s, b.n);
    sb_free(&b);
    return text;
}

static bool write_host_side(const Folder *f, const NetProgram *nets) {
    const EmbeddedFile *js = part("wasm/snn.js");
    const char *module = arena_printf(f->arena, "./%s.wasm", f->name);
    StrBuf out = {0};
    const char *names = ports(f->arena, nets);
    fill(&out, (const char *)js->data, js->size, (Mark[]){{"__WASM__", module, strlen(module)}, {"__PORTS__", names, strlen(names)}}, 2);
    bool good = write_file(f, "index.js", out.s, out.n);
    sb_free(&out);
    return good;
}

static void name_type(StrBuf *out, const char *type, PtrMap *names) {
    sb_printf(out, "export type %s =", type);
    for (uint32_t i = 0; i < names->n; i++) sb_printf(out, "%s'%s'", i ? " | " : " ", (const char *)names->key[i]);
    sb_puts(out, names->n ? ";\n" : " never;\n");
}

static bool write_types(const Folder *f, const NetProgram *nets) {
    const EmbeddedFile *types = part("wasm/snn.d.ts");
    PtrMap params = {0}, pops = {0}, fields = {0}, externs = {0};
    StrBuf out = {0};
    for (uint32_t i = 0; i < nets->nets.n; i++) {
        const Net *net = nets->nets.at[i];
        for (uint32_t j = 0; j < net->params.n; j++) map_put(f->arena, &params, sym(net->params.at[j].path), (void *)1);
        for (uint32_t j = 0; j < net->model->externs.n; j++) map_put(f->arena, &externs, net->model->externs.at[j].name, (void *)1);
        for (uint32_t j = 0; j < net->pops.n; j++) map_put(f->arena, &pops, net->pops.at[j].path, (void *)1);
        for (uint32_t j = 0; j < net->fields.n; j++) {       // as web.c calls them
            const Field *field = &net->fields.at[j];
            if (field->owner != OWNER_POP) continue;
            bool own = !strstr(field->name, "->");
            map_put(f->arena, &fields, sym(arena_printf(f->arena, "%s%s%s", own ? net->pops.at[field->index].path : "", own ? "." : "", field->name)), (void *)1);
        }
    }
    for (size_t i = 0; i < types->size; i++) sb_putc(&out, (char)types->data[i]);
    name_type(&out, "ParamName", &params);
    name_type(&out, "PopulationName", &pops);
    name_type(&out, "FieldName", &fields);
    name_type(&out, "PortName", &externs);
    bool good = write_file(f, "index.d.ts", out.s, out.n);
    sb_free(&out);
    return good;
}

static bool write_package(const Folder *f) {
    StrBuf out = {0};
    sb_puts(&out, "{\n  \"name\": \"snn-");
    for (const char *p = f->name; *p; p++) sb_putc(&out, isalnum((unsigned char)*p) ? (char)tolower((unsigned char)*p) : '-');
    sb_printf(&out, "\",\n  \"version\": \"1.0.0\",\n  \"description\": \"The spiking network %s, compiled by snnc %s\",\n  \"type\": \"module\",\n", f->name, SNNC_VERSION);
    sb_printf(&out, "  \"exports\": {\n    \".\": { \"types\": \"./index.d.ts\", \"default\": \"./index.js\" },\n    \"./%s.wasm\": \"./%s.wasm\"\n  },\n", f->name, f->name);
    sb_printf(&out, "  \"types\": \"./index.d.ts\",\n  \"files\": [\"index.js\", \"index.d.ts\", \"%s.wasm\"],\n  \"engines\": { \"node\": \">=18\" }\n}\n", f->name);
    bool good = write_file(f, "package.json", out.s, out.n);
    sb_free(&out);
    return good;
}

// One file with everything inside: a browser loads nothing beside a page that was opened from a disk.
static bool write_page(const Folder *f, const NetProgram *nets, const StrBuf *module) {
    const EmbeddedFile *html = part("wasm/page.html"), *css = part("wasm/page.css"), *js = part("wasm/page.js"), *host = part("wasm/snn.js");
    const EmbeddedFile *plot = part("uplot/uPlot.iife.min.js"), *plotstyle = part("uplot/uPlot.min.css"), *licence = part("uplot/LICENSE");
    StrBuf out = {0}, bytes = {0}, own = {0};
    base64(&bytes, module);
    const char *names = ports(f->arena, nets);
    fill(&own, (const char *)host->data, host->size, (Mark[]){{"export { load, Network };", "", 0}, {"__PORTS__", names, strlen(names)}}, 2);
    const Mark marks[] = {{"@TITLE@", f->name, strlen(f->name)}, {"@PLOTSTYLE@", (const char *)plotstyle->data, plotstyle->size}, {"@STYLE@", (const char *)css->data, css->size},
                          {"@PLOT@", (const char *)plot->data, plot->size}, {"@GLUE@", own.s, own.n}, {"@PAGE@", (const char *)js->data, js->size}, {"@MODULE@", bytes.s, bytes.n}};
    fill(&out, (const char *)html->data, html->size, marks, sizeof marks / sizeof *marks);
    bool good = write_file(f, "index.html", out.s, out.n) && write_file(f, "LICENSE.uplot", (const char *)licence->data, licence->size);
    sb_free(&out);
    sb_free(&bytes);
    sb_free(&own);
    return good;
}

bool wasm32_write(Target *t, GenModule *m, const NetProgram *nets, const WebOptions *o, const char *dir, const char **error) {
    StrBuf module = {0};
    Folder f = {t->arena, dir, o->name, error};
    if (o->page && !embedded_find("uplot/uPlot.iife.min.js")) {
        *error = "this snnc was built without npm, so it has no plotting library for the page: --emit module writes everything else";
        return false;
    }
    bool good = module_bytes(t, m, &module, error);
    if (good && mkdir(dir, 0777) && errno != EEXIST) good = false, *error = arena_printf(t->arena, "cannot make the folder '%s': %s", dir, strerror(errno));
    good = good && write_file(&f, arena_printf(t->arena, "%s.wasm", o->name), module.s, module.n) && write_host_side(&f, nets) && write_types(&f, nets) && write_package(&f)
        && (!o->page || write_page(&f, nets, &module));
    sb_free(&module);
    return good;
}
