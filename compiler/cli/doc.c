// SPDX-License-Identifier: MIT
// snnc doc [NAME | FILE]: the library from its /// comments. Without a name the list, one line a model; with a name (or a file) each
// declaration's comment and what can be set: parameters with defaults, ports, states. With --html DIR pages instead: the whole library with
// an index, or the one name or file.
#include "doc_html.h"
#include "support/embed.h"
#include "syntax/mathml.h"
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct DocUser { const char *name, *html; } DocUser;

static const Option options[] = {{"html", 0, "DIR", "write pages there instead, with the equations typeset"}, {0}};

static bool option(void *user, const Option *o, const char *value) {
    DocUser *u = user;
    (void)o;
    u->html = value;
    return true;
}

static bool word(void *user, const char *w) {
    DocUser *u = user;
    if (u->name) return cli_usage(&command_doc, "one name at a time: '%s' or '%s'?", u->name, w);
    u->name = w;
    return true;
}

static bool is_library(const EmbeddedFile *f) {
    size_t n = f->path ? strlen(f->path) : 0;
    return n > 4 && !strncmp(f->path, "stdlib/", 7) && !strcmp(f->path + n - 4, ".snn");
}

static const char *base_name(const char *path, int *n) {
    const char *slash = strrchr(path, '/'), *b = slash ? slash + 1 : path, *dot = strrchr(b, '.');
    *n = (int)(dot ? dot - b : (long)strlen(b));
    return b;
}

// What a library file is about in a sentence: the first /// line of the declaration that the file is named after, which helpers may
// precede. `length` is 0 when there is none.
static const char *summary(const EmbeddedFile *f, int *length) {
    int n;
    const char *name = base_name(f->path, &n), *begin = NULL;
    *length = 0;
    for (const char *p = (const char *)f->data; *p; p += strcspn(p, "\n"), p += *p == '\n') {
        size_t word = strcspn(p, " \n");
        const char *next = p + word + (p[word] == ' ');
        if (!strncmp(p, "///", 3)) { if (!begin) begin = p + 3 + strspn(p + 3, " "); }
        else if (!strncmp(next, name, (size_t)n) && strcspn(next, " ({\n") == (size_t)n) break;
        else begin = NULL;
    }
    if (begin) *length = (int)strcspn(begin, "\n");
    return begin;
}

static void print_summary(const EmbeddedFile *f) {
    int n, length;
    const char *name = base_name(f->path, &n), *text = summary(f, &length);
    printf("    %-24.*s%s%.*s\n", n, name, length ? " " : "", length, text ? text : "");
}

static int list(void) {
    char folder[128] = "";
    printf("The library. 'snnc doc NAME' shows one of them.\n");
    for (size_t i = 0; i < embedded_count; i++) {
        const EmbeddedFile *f = &embedded_files[i];
        if (!is_library(f)) continue;
        const char *slash = strrchr(f->path, '/');
        int n = (int)(slash - f->path);
        if (strncmp(folder, f->path, (size_t)n) || folder[n]) {
            snprintf(folder, sizeof folder, "%.*s", n, f->path);
            printf("\n%s\n", n > 7 ? folder + 7 : folder);
        }
        print_summary(f);
    }
    return EXIT_FINE;
}

static void print_span(const Source *s, Span at, const char *indent) {
    printf("%s", indent);
    for (uint32_t i = 0; i < at.len; i++) {
        char ch = s->text[at.pos + i];
        putchar(ch);
        if (ch == '\n') printf("%s", indent);
    }
    printf("\n");
}

static void print_doc(const char *doc, const char *indent) {
    for (const char *p = doc; p && *p;) {
        size_t n = strcspn(p, "\n");
        printf("%s%.*s\n", n ? indent : "", (int)n, p);
        p += n + (p[n] == '\n');
    }
}

static void print_model(const Source *s, const AstModel *m) {
    static const char *const what[] = {"neuron", "synapse", "plasticity", "encoder", "decoder"};
    printf("%s %s\n", what[m->what], m->name);
    print_doc(m->base.doc, "    ");
    printf("\n");
    for (uint32_t i = 0; i < m->members.n; i++) {
        const Ast *a = m->members.at[i];
        bool shown = a->kind == AST_ParamDecl || a->kind == AST_Input || a->kind == AST_State || a->kind == AST_Weight || a->kind == AST_Output;
        if (!shown) continue;
        print_doc(a->doc, "    // ");
        print_span(s, a->span, "    ");
    }
    printf("\n");
}

static int print_file(Sources *sources, uint32_t file) {
    Diags diags = {.src = sources};
    Arena arena = {0};
    AstFile *ast = parse_file(&arena, &diags, file);
    const Source *s = sources->file.at[file];
    diag_show(&diags, stderr, isatty(STDERR_FILENO));
    for (uint32_t i = 0; ast && i < ast->items.n; i++) {
        Ast *a = ast->items.at[i];
        const char *what = a->kind == AST_Circuit ? (AST_AS(Circuit, a)->is_network ? "network" : "circuit") : a->kind == AST_Experiment ? "experiment" : NULL;
        if (a->kind == AST_Model) print_model(s, AST_AS(Model, a));
        else if (what) {
            printf("%s %s\n", what, a->kind == AST_Circuit ? AST_AS(Circuit, a)->name : AST_AS(Experiment, a)->name);
            print_doc(a->doc, "    ");
            printf("\n");
        }
    }
    int rc = diags.errors ? EXIT_ERRORS : EXIT_FINE;
    arena_free(&arena);
    diags_free(&diags);
    return rc;
}

// A library file by its model's name ("NAME") or by folder and name ("neuron.NAME", "neuron/NAME").
static const EmbeddedFile *find(const char *name, Sym *names, size_t *count) {
    const char *p = strpbrk(name, "./");
    const char *last = p ? p + 1 : name;
    for (size_t i = 0; i < embedded_count; i++) {
        const EmbeddedFile *f = &embedded_files[i];
        if (!is_library(f)) continue;
        int n;
        const char *b = base_name(f->path, &n);
        if (*count < 512) names[(*count)++] = sym_n(b, (size_t)n);
        bool folder = !p || (!strncmp(f->path + 7, name, (size_t)(p - name)) && f->path[7 + (p - name)] == '/');
        if (folder && strlen(last) == (size_t)n && !strncmp(b, last, (size_t)n)) return f;
    }
    return NULL;
}

// Adds the file of that name to `sources`; -1: said why there is none. `path` is where its page belongs.
static int open_named(Sources *sources, const char *name, char *path, size_t room) {
    size_t n = strlen(name), count = 0;
    Sym names[512];
    int file;
    if (n > 4 && !strcmp(name + n - 4, ".snn")) {
        const char *base = base_name(name, &file);
        snprintf(path, room, "%.*s", file, base);
        file = source_load(sources, name, name);
        if (file < 0) fprintf(stderr, "snnc doc: cannot read '%s': %s\n", name, strerror(errno));
        return file;
    }
    const EmbeddedFile *f = find(name, names, &count);
    if (f) {
        snprintf(path, room, "%.*s", (int)strlen(f->path) - 11, f->path + 7);
        return source_add(sources, f->path, (const char *)f->data, f->size);
    }
    Sym near = nearest_name(sym(name), names, count);
    cli_usage(&command_doc, near ? "the library has no '%s'; did you mean '%s'?" : "the library has no '%s'", name, near);
    return -1;
}

static int show(const char *name) {
    Sources sources = {0};
    char path[512];
    int file = open_named(&sources, name, path, sizeof path), rc = EXIT_USAGE;
    if (file >= 0) rc = print_file(&sources, (uint32_t)file);
    sources_free(&sources);
    return rc;
}

// Pages ------------------------------------------------------------------------------------------------------------------------------

static bool make_folder(const char *path) {
    char part[4096];
    for (size_t i = 1; i <= strlen(path) && i < sizeof part; i++) {
        if (path[i] != '/' && path[i]) continue;
        snprintf(part, sizeof part, "%.*s", (int)i, path);
        if (mkdir(part, 0777) && errno != EEXIST) {
            fprintf(stderr, "snnc doc: cannot make the folder '%s': %s\n", part, strerror(errno));
            return false;
        }
    }
    return true;
}

static int page(Sources *sources, uint32_t file, const char *dir, const char *path) {
    Diags diags = {.src = sources};
    Arena arena = {0};
    StrBuf out = {0};
    char target[4096];
    int n, rc = EXIT_ERRORS;
    const char *slash = strrchr(path, '/'), *title = base_name(path, &n);
    AstFile *ast = parse_file(&arena, &diags, file);
    diag_show(&diags, stderr, isatty(STDERR_FILENO));
    if (ast && !diags.errors) {
        snprintf(target, sizeof target, "%s/%.*s", dir, slash ? (int)(slash - path) : 0, path);
        bool good = make_folder(target);
        doc_html_open(&out, title, slash ? "../" : "");
        doc_html_file(&out, sources->file.at[file], ast, title);
        doc_html_close(&out);
        snprintf(target, sizeof target, "%s/%s.html", dir, path);
        rc = good && doc_html_write(target, &out) ? EXIT_FINE : EXIT_FAILED;
    }
    sb_free(&out);
    arena_free(&arena);
    diags_free(&diags);
    return rc;
}

static int page_named(const char *name, const char *dir) {
    Sources sources = {0};
    char path[512];
    int file = open_named(&sources, name, path, sizeof path), rc = EXIT_USAGE;
    if (file >= 0) rc = page(&sources, (uint32_t)file, dir, path);
    sources_free(&sources);
    return rc;
}

static void index_entry(StrBuf *out, const EmbeddedFile *f) {
    int n, length;
    const char *name = base_name(f->path, &n), *doc = summary(f, &length);
    sb_printf(out, "<tr><td><a href=\"%.*s.html\">%.*s</a></td><td>", (int)strlen(f->path) - 11, f->path + 7, n, name);
    if (doc) mathml_text(out, doc, (size_t)length);
    sb_puts(out, "</td></tr>\n");
}

static bool index_page(const char *dir) {
    StrBuf out = {0};
    char folder[128] = "", target[4096];
    doc_html_open(&out, "The library", "");
    sb_puts(&out, "<h1>The library</h1>\n<p>Each of these is a file of the library, written in the language itself; <code>import FOLDER.NAME</code> brings one in.</p>\n");
    for (size_t i = 0; i < embedded_count; i++) {
        const EmbeddedFile *f = &embedded_files[i];
        if (!is_library(f)) continue;
        int n = (int)(strrchr(f->path, '/') - f->path) - 7;
        if (strncmp(folder, f->path + 7, (size_t)n) || folder[n]) {
            if (*folder) sb_puts(&out, "</table>\n");
            snprintf(folder, sizeof folder, "%.*s", n, f->path + 7);
            sb_printf(&out, "<h2 id=\"%s\">%s</h2>\n<table>\n", folder, folder);
        }
        index_entry(&out, f);
    }
    sb_puts(&out, *folder ? "</table>\n" : "");
    doc_html_close(&out);
    snprintf(target, sizeof target, "%s/index.html", dir);
    bool good = doc_html_write(target, &out);
    sb_free(&out);
    return good;
}

static bool style_sheet(const char *dir) {
    const EmbeddedFile *f = embedded_find("docs/site/style.css");
    StrBuf text = {f ? (char *)f->data : "", f ? f->size : 0, 0};
    char target[4096];
    snprintf(target, sizeof target, "%s/style.css", dir);
    return doc_html_write(target, &text);
}

static int pages(const DocUser *u) {
    int rc = make_folder(u->html) && style_sheet(u->html) ? EXIT_FINE : EXIT_FAILED;
    if (!rc && u->name) return page_named(u->name, u->html);
    if (!rc && !index_page(u->html)) rc = EXIT_FAILED;
    for (size_t i = 0; !rc && i < embedded_count; i++) {
        char name[512];
        const EmbeddedFile *f = &embedded_files[i];
        if (!is_library(f)) continue;
        snprintf(name, sizeof name, "%.*s", (int)strlen(f->path) - 11, f->path + 7);
        rc = page_named(name, u->html);
    }
    return rc;
}

static int doc_main(int argc, char **argv) {
    DocUser u = {0};
    int rc = cli_options(&command_doc, argc, argv, &u, option, word);
    if (!rc) rc = u.html ? pages(&u) : u.name ? show(u.name) : list();
    return rc < 0 ? EXIT_FINE : rc;
}

const Command command_doc = {"doc", "[NAME | FILE.snn]", "show the library, or what a model or file says of itself", NULL, options, doc_main};
