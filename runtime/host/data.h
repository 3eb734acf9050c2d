// SPDX-License-Identifier: MIT
// Data sets of experiments: items of equal length, each with a label if there is a file of labels. Values stay in the file's own
// type in memory and become numbers when they are read, so that 60,000 images cost a byte a pixel.
#ifndef SNN_HOST_DATA_H
#define SNN_HOST_DATA_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum { DATA_U8, DATA_I8, DATA_I16, DATA_U16, DATA_I32, DATA_U32, DATA_I64, DATA_U64, DATA_F32, DATA_F64 } DataType;
typedef struct DataSet {
    char *path; DataType type; bool swap;           // swap: the file's byte order is the other one
    unsigned char *bytes; size_t nbytes, at;        // values begin at bytes + at
    int64_t count, length;                          // items, values an item
    int64_t stride, skip;                           // values between items; values before the first of each (columns of labels)
    double *label;                                  // per item, or NULL
    double scale;
    double interval;                                // ms between items, 0: not known
    struct DataSet *next;
} DataSet;

// kind: "idx" (a: values, b: labels or NULL), "csv", "raw", "npy", "sound"; b may name a file of labels for csv, raw and npy too: a table of one column.
// options: "key=number,key=number". raw: bytes (a value; 1), signed, float, big (byte order), skip (bytes before the first), length (values an
// item; all). csv: label (column of the label, from 1; negative: from the end). Returns NULL and a message that names the file, what was expected and what was found.
DataSet *data_open(const char *kind, const char *a, const char *b, const char *options, char *err, size_t errlen);
void data_read(const DataSet *d, int64_t item, int64_t lo, int64_t n, double *out);
void data_free(DataSet *d);

// Shared by the formats: a file as a whole (unpacked if its name ends in .gz), options, sizes of types.
unsigned char *data_file(const char *path, size_t *n, char *err, size_t errlen);
bool data_option(const char *options, const char *key, char out[64]);
int64_t data_number(const char *options, const char *key, int64_t otherwise);
size_t data_size(DataType t);
DataSet *data_idx(const char *a, const char *b, char *err, size_t errlen);      // data_idx.c
DataSet *data_npy(const char *a, char *err, size_t errlen);                     // data_npy.c
DataSet *data_csv(const char *a, const char *options, char *err, size_t errlen);// data_csv.c
DataSet *data_sound(const char *a, char *err, size_t errlen);                   // data_sound.c
DataSet *data_new(const char *path);
struct SnnX;
void data_x_release(struct SnnX *x);            // data_x.c: what the experiment opened (the files themselves stay in memory)
#endif
