// SPDX-License-Identifier: MIT
// The walks of small machines (runtime/embedded) on this one: what a table holds is compared with what they would give.
#include "embedded/rows.c"
