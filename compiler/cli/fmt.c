// SPDX-License-Identifier: MIT
// snnc fmt [-w] FILE...: one canonical layout, comments kept. Formatting twice changes nothing.
#include "cli.h"
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct FmtUser { bool write, check; VEC(const char *) file; Arena arena; } FmtUser;

static const Option options[] = {
    {"write", 'w', NULL, "write the result back to the file"},
    {"check", 'c', NULL, "only say which files would change; exit 1 when one would"},
    {0}};

static bool option(void *user, const Option *o, const char *value) {
    FmtUser *u = user;
    (void)value;
    *(o->letter == 'w' ? &u->write : &u->check) = true;
    return true;
}

static bool word(void *user, const char *w) {
    FmtUser *u = user;
    if (u->write && !strcmp(w, "-")) return cli_usage(&command_fmt, "standard input cannot be written back: leave -w away");
    vec_push(&u->arena, &u->file, w);
    return true;
}

// A new file takes the place of the old one when it is whole, so that a full disk costs nobody a program. Links are followed.
static bool write_back(const char *path, const char *text, size_t n) {
    char *real = realpath(path, NULL);
    Arena arena = {0};
    struct stat old;
    const char *part = arena_printf(&arena, "%s.part", real ? real : path);
    FILE *f = real && !stat(real, &old) ? fopen(part, "w") : NULL;
    bool ok = f && fwrite(text, 1, n, f) == n && !fchmod(fileno(f), old.st_mode & 07777);
    if (f && fclose(f)) ok = false;
    if (ok) ok = !rename(part, real);
    if (!ok) fprintf(stderr, "snnc fmt: cannot write '%s': %s\n", path, strerror(errno));
    if (!ok && f) unlink(part);
    arena_free(&arena);
    free(real);
    return ok;
}

static int format_one(const FmtUser *u, const char *path) {
    Sources sources = {0};
    Diags diags = {.src = &sources};
    Arena arena = {0};
    int rc = EXIT_FINE, file = source_load(&sources, path, path);
    if (file < 0) {
        fprintf(stderr, "snnc fmt: cannot read '%s': %s\n", path, strerror(errno));
        rc = EXIT_ERRORS;
    } else {
        char *text = format_file(&arena, &diags, (uint32_t)file);
        const Source *s = sources.file.at[file];
        size_t n = text ? strlen(text) : 0;
        bool same = text && n == s->size && !memcmp(text, s->text, n);
        if (!text) rc = EXIT_ERRORS;
        else if (u->check) { if (!same) { printf("%s\n", path); rc = EXIT_ERRORS; } }
        else if (!u->write) fwrite(text, 1, n, stdout);
        else if (!same && !write_back(path, text, n)) rc = EXIT_ERRORS;
        if (!text) diag_show(&diags, stderr, isatty(STDERR_FILENO));
    }
    arena_free(&arena);
    diags_free(&diags);
    sources_free(&sources);
    return rc;
}

static int fmt_main(int argc, char **argv) {
    FmtUser u = {0};
    int rc = cli_options(&command_fmt, argc, argv, &u, option, word);
    if (!rc && !u.file.n) rc = (cli_usage(&command_fmt, "which file?"), EXIT_USAGE);
    if (!rc)
        for (uint32_t i = 0; i < u.file.n; i++)
            if (format_one(&u, u.file.at[i])) rc = EXIT_ERRORS;
    arena_free(&u.arena);
    return rc < 0 ? EXIT_FINE : rc;
}

const Command command_fmt = {"fmt", "[-w | --check] FILE...", "lay a file out in the one canonical way, comments kept", "Without -w the result goes to standard output.", options, fmt_main};
