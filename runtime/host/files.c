// SPDX-License-Identifier: MIT
#include "host/files.h"
#include "core/port.h"
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char beside[4096] = ".", data[4096];

void files_base(const char *snn_file, const char *data_dir) {
    const char *slash = snn_file ? strrchr(snn_file, '/') : NULL;
    if (slash) snprintf(beside, sizeof beside, "%.*s", (int)(slash == snn_file ? 1 : slash - snn_file), snn_file);
    else strcpy(beside, ".");
    snprintf(data, sizeof data, "%s", data_dir ? data_dir : "");
}
void files_find(const char *name, char *out, size_t size) {
    if (name[0] == '/') { snprintf(out, size, "%s", name); return; }
    snprintf(out, size, "%s/%s", beside, name);
    if (access(out, F_OK) == 0 || !data[0]) return;
    char other[8300];
    snprintf(other, sizeof other, "%s/%s", data, name);
    if (access(other, F_OK) == 0) snprintf(out, size, "%s", other);
}
FILE *port_open(const char *name) {
    char path[8300];
    files_find(name, path, sizeof path);
    return fopen(path, "r");
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at) {
    (void)st, (void)kind, (void)at;
    return remove(path);
}
bool files_remove_folder(const char *path) { return nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS) == 0; }
