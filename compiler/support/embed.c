// SPDX-License-Identifier: MIT
#include "embed.h"
#include <string.h>

const EmbeddedFile *embedded_find(const char *path) {
    for (size_t i = 0; i < embedded_count; i++)
        if (!strcmp(embedded_files[i].path, path)) return &embedded_files[i];
    return NULL;
}
