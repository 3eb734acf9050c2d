// SPDX-License-Identifier: MIT
// What an experiment prints and yields. Each running experiment (also each run of a sweep) has its own Results; a sweep joins those of
// its runs in their order, so that the table does not depend on threads.
#ifndef SNN_HOST_RESULTS_H
#define SNN_HOST_RESULTS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

typedef struct ResultColumn { char *name, *unit; double *value; int64_t n, cap; bool is_array; } ResultColumn;   // value: in `unit`
typedef struct Results {
    FILE *out;                                  // where `print` goes; NULL: kept in text until joined
    char *text; size_t ntext, captext;
    ResultColumn *printed; int64_t nprinted;    // by name, all values printed
    ResultColumn *column; int64_t ncolumns, nrows;   // table of yields; a column may be shorter (rest: NaN)
    bool line_open;
} Results;
void results_init(Results *r, FILE *out);
void results_free(Results *r);
void results_join(Results *into, Results *from);       // appends; `from` stays to be freed
void results_text(Results *r, const char *text);
ResultColumn *results_column(ResultColumn **at, int64_t *n, const char *name, const char *unit);   // finds or adds
void results_add(ResultColumn *c, double v);
bool yield_csv(const Results *r, const char *path, char *err, size_t errlen);   // true and no file when nothing was yielded
void yield_table(const Results *r, FILE *out);         // aligned, with units
// Rows that a kill must not lose: appended to dir/.log/yields as they come (key: order among them), made into dir/NAME.csv by yield_recover.
// Both return false and a message on failure. `first` is the first row of r to append.
bool yield_keep(const Results *r, const char *dir, const char *name, int64_t key, int64_t first, char *err, size_t errlen);
bool yield_recover(const char *dir, char *err, size_t errlen);
void yield_forget(const char *dir);                    // the table itself has been written
// print.c and yield.c: one value, the end of a line or row. Values in coherent units; shown = value / scale.
void print_value(Results *r, const char *name, double value, const char *unit, double scale);
void print_array(Results *r, const char *name, const double *v, int64_t n, const char *unit, double scale);
void print_text(Results *r, const char *text);
void print_end(Results *r);
void yield_value(Results *r, const char *name, double value, const char *unit, double scale);
void yield_end(Results *r);
void results_number(char out[32], double v);             // shortest decimal text that reads back as v
#endif
