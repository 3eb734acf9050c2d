// SPDX-License-Identifier: MIT
// C prototypes are written out beside the functions; this header names the letters of abi.def for whoever reads that table.
#ifndef SNN_ABI_H
#define SNN_ABI_H
#include "snn_program.h"
#endif
