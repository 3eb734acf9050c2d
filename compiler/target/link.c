// SPDX-License-Identifier: MIT
// A program from an object: spawns the system's C compiler driver as linker, with the runtime library that lies beside the
// compiler (bin/../lib) or in its installed place (bin/../lib/snnc).
#include "target.h"
#include <limits.h>
#include <spawn.h>
#include <stdlib.h>
#include <unistd.h>

extern char **environ;

const char *link_library(Arena *a, const char *name) {
    char exe[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);
    if (n < 0) return NULL;
    exe[n] = 0;
    char *slash = strrchr(exe, '/');
    if (slash) *slash = 0;
    static const char *const place[] = {"../lib", "../lib/snnc", "../../lib"};
    for (size_t i = 0; i < sizeof place / sizeof *place; i++) {
        const char *path = arena_printf(a, "%s/%s/%s", exe, place[i], name);
        if (!access(path, R_OK)) return path;
    }
    return NULL;
}

bool link_spawn(Arena *a, char **argv, const char *what, const char **error) {
    pid_t pid;
    int status = posix_spawnp(&pid, argv[0], NULL, NULL, argv, environ);
    if (status) { *error = arena_printf(a, "cannot start '%s': %s", argv[0], strerror(status)); return false; }
    if (child_wait(pid) == 0) return true;
    *error = arena_printf(a, "'%s' could not link %s", argv[0], what);
    return false;
}

bool link_executable(Arena *a, const char *object, const char *path, const char **error) {
    const char *library = link_library(a, "libsnnrt.a"), *cc = getenv("CC");
    if (!library) { *error = "the runtime library libsnnrt.a is not where the compiler's installation has it"; return false; }
    VEC(char *) v = {0};
    const char *const head[] = {cc && *cc && !strchr(cc, ' ') ? cc : "cc", "-o", path, object, library};
    for (size_t i = 0; i < sizeof head / sizeof *head; i++) vec_push(a, &v, arena_strndup(a, head[i], strlen(head[i])));
    char *libs = arena_strndup(a, SNNC_RT_LIBS, strlen(SNNC_RT_LIBS)), *save = NULL;
    for (char *w = strtok_r(libs, " ", &save); w; w = strtok_r(NULL, " ", &save)) vec_push(a, &v, w);
    vec_push(a, &v, NULL);
    return link_spawn(a, v.at, "the program", error);
}
