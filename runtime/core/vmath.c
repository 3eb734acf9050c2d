// SPDX-License-Identifier: MIT
// Scalar instances for the runtime, the compiler and the tests; the same bits as every vector version.
#define VM_W 1
#define VM_PLAIN 0
#include "core/vmath_inst.h"
#undef VM_PLAIN
#define VM_W 1
#define VM_PLAIN 1
#include "core/vmath_inst.h"
