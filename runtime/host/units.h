// SPDX-License-Identifier: MIT
// Quantities on the command line: a number and a unit such as 3ms, "0.1 mV/ms", -70.
#ifndef SNN_HOST_UNITS_H
#define SNN_HOST_UNITS_H
#include <stdbool.h>
#include <stdint.h>
// value in coherent units; key as SnnParam.dim_key; bare: no unit was given. NULL, or what is wrong.
const char *units_quantity(const char *text, double *value, int64_t *key, bool *bare);
#endif
