// SPDX-License-Identifier: MIT
// Files that ride inside the binary: stdlib/*.snn and runtime bitcode, made by embed.sh.
#ifndef SNNC_EMBED_H
#define SNNC_EMBED_H
#include <stddef.h>
typedef struct EmbeddedFile { const char *path; const unsigned char *data; size_t size; } EmbeddedFile;   // path: "stdlib/neuron/NAME.snn", "core/vmath.bc"
extern const EmbeddedFile embedded_files[];
extern const size_t embedded_count;
const EmbeddedFile *embedded_find(const char *path);      // NULL when absent
#endif
