// SPDX-License-Identifier: MIT
// The few things we do with HDF5 files. All return false or a negative id on failure.
#ifndef SNN_HOST_HDF5_FILE_H
#define SNN_HOST_HDF5_FILE_H
#include <hdf5.h>
#include <stdbool.h>

bool hdf5_lazy_load(char *err, size_t errlen);  // hdf5_lazy.c: before anything else; false and a message when the library is not there
hid_t hdf5_file_create(const char *path);       // errno tells the cause of a failure; one file at a time in a thread
bool hdf5_file_failed(void);                    // a write has failed since the file was created
bool hdf5_file_close(hid_t f);                  // false when any write failed (errno: why): remove the file
bool hdf5_file_text(hid_t at, const char *name, const char *value);                   // attribute
hid_t hdf5_file_group(hid_t at, const char *name);
hid_t hdf5_file_dataset(hid_t at, const char *name, hid_t type, int rank /* 1 or 2 */, const hsize_t *dims, const hsize_t *chunk /* or NULL */);
bool hdf5_file_part(hid_t d, hid_t type, int rank, const hsize_t *start, const hsize_t *count, const void *p);
bool hdf5_file_vector(hid_t at, const char *name, hid_t type, hsize_t n, const void *p, const char *units /* or NULL */);
#endif
