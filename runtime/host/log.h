// SPDX-License-Identifier: MIT
// Append-only logs of recorded spikes and samples. A log needs no clean close: a fixed header is followed by chunks that carry
// their own length and checksum, and a reader stops at the first chunk that is not whole. So whatever was flushed before a kill
// or a full disk can be turned into HDF5 later (host/hdf5.h).
//
// Bytes (little-endian): LogHeader, then chunks { u32 magic "SNCK", u32 payload bytes, u32 crc32 of the payload, u32 zero, payload }.
// A payload is a sequence of records { i64 step, u32 count, u32 flags, data padded to 8 bytes }:
//   spikes: data = count u32 neuron indices, then (flag 1) count doubles: offset from the step's time in ms;
//   report: data = count doubles, in coherent units. Of synapses: the first two records, of step LOG_ENDS, are source and target neurons.
#ifndef SNN_HOST_LOG_H
#define SNN_HOST_LOG_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LOG_SPIKES = 1, LOG_REPORT = 2 };
enum { LOG_OFFSETS = 1 };                       // record flag
#define LOG_ENDS INT64_MIN
enum { LOG_SINGLE = 1, LOG_SYNAPSES = 2 };      // traits: samples carry single precision; of the synapses of a projection
typedef struct LogHeader {
    char magic[8];                              // "SNNLOG1\n"
    uint32_t kind, bytes;                       // bytes: size of this header
    double dt, t0, unit_scale;                  // ms; time = t0 + step*dt; value shown = value / unit_scale
    int64_t n, lo, hi, every;                   // population size; recorded neurons [lo, hi); steps between samples
    char population[240], variable[112], unit[48];
    char folder[96];                            // sub-folder of the results folder, "" for the folder itself
    uint32_t traits, crc;                       // crc of everything before
} LogHeader;

typedef struct Log Log;
void log_header(LogHeader *h, uint32_t kind, const char *population, const char *variable);    // fills the constant parts, zeroes the rest
Log *log_create(const char *path, LogHeader *h, char *err, size_t errlen);                      // NULL and a message on failure
bool log_append(Log *g, int64_t step, uint32_t count, const uint32_t *ids, const double *values);  // spikes: ids, values = offsets or NULL; report: ids NULL
bool log_flush(Log *g);                         // hands the current chunk to the system
const char *log_error(const Log *g);            // NULL, or why writing stopped
const char *log_path(const Log *g);
bool log_end(Log *g);                           // flushes and closes the file; nothing can be appended any more. False if anything was lost
void log_free(Log *g);                          // ends and frees

typedef struct LogReader LogReader;
typedef struct LogRecord { int64_t step; uint32_t count; const uint32_t *ids; const double *values; } LogRecord;
LogReader *log_open(const char *path, LogHeader *h, char *err, size_t errlen);
bool log_next(LogReader *r, LogRecord *out);    // false at the end or at the first damaged chunk; pointers last until the next call
bool log_damaged(const LogReader *r);           // the end was not a chunk boundary
void log_rewind(LogReader *r);
void log_done(LogReader *r);
#endif
