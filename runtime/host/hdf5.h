// SPDX-License-Identifier: MIT
// From logs to SONATA HDF5 files.
#ifndef SNN_HOST_HDF5_H
#define SNN_HOST_HDF5_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Converts all logs of dir/.log into dir[/folder]/spikes.h5 and report_<population>_<variable>.h5 and removes them. True when nothing is left.
// *found (may be NULL) is the number of logs seen.
bool hdf5_convert(const char *dir, int64_t *found, char *err, size_t errlen);
#endif
