// SPDX-License-Identifier: MIT
// Where the files that a program names are looked for: as given when absolute, else beside the .snn file, else in --data.
#ifndef SNN_HOST_FILES_H
#define SNN_HOST_FILES_H
#include <stddef.h>
#include <stdbool.h>
void files_base(const char *snn_file, const char *data_dir);    // once, before anything is opened; data_dir may be NULL
void files_find(const char *name, char *out, size_t size);      // the first place where it exists, or where it was expected
bool files_remove_folder(const char *path);                      // with all that is in it; false: something is left
#endif
