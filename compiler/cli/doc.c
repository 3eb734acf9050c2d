// SPDX-License-Identifier: MIT
// snnc doc [NAME | FILE]: the library from its /// comments. Without a name the list, one line a model; with a name (or a file) each
// declaration's comment and what can be set: parameters with defaults, ports, states.
#include "cli.h"
#include "support/embed.h"
#include <errno.h>
#include <unistd.h>

typedef struct DocUser { const char *name; } DocUser;

static const Option options[] = {{0}};

static bool option(void *user, const Option *o, const char *value) {
    (void)user, (void)o, (void)value;
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

// The first /// line of a file: what the model is, in a sentence.
static void print_summary(const EmbeddedFile *f) {
    const char *p = strstr((const char *)f->data, "///");
    int n;
    const char *name = base_name(f->path, &n);
    printf("    %-24.*s", n, name);
    if (p) {
        for (p += 3; *p == ' '; p++) {}
        printf(" %.*s", (int)strcspn(p, "\n"), p);
    }
    printf("\n");
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

static int show(const char *name) {
    Sources sources = {0};
    size_t n = strlen(name), count = 0;
    Sym names[512];
    int file = -1, rc = EXIT_USAGE;
    if (n > 4 && !strcmp(name + n - 4, ".snn")) {
        file = source_load(&sources, name, name);
        if (file < 0) fprintf(stderr, "snnc doc: cannot read '%s': %s\n", name, strerror(errno));
    } else {
        const EmbeddedFile *f = find(name, names, &count);
        if (f) file = source_add(&sources, f->path, (const char *)f->data, f->size);
        Sym near = f ? NULL : nearest_name(sym(name), names, count);
        if (!f) cli_usage(&command_doc, near ? "the library has no '%s'; did you mean '%s'?" : "the library has no '%s'", name, near);
    }
    if (file >= 0) rc = print_file(&sources, (uint32_t)file);
    sources_free(&sources);
    return rc;
}

static int doc_main(int argc, char **argv) {
    DocUser u = {0};
    int rc = cli_options(&command_doc, argc, argv, &u, option, word);
    if (!rc) rc = u.name ? show(u.name) : list();
    return rc < 0 ? EXIT_FINE : rc;
}

const Command command_doc = {"doc", "[NAME | FILE.snn]", "show the library, or what a model or file says of itself", NULL, options, doc_main};
