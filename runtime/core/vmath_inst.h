// SPDX-License-Identifier: MIT
// One exported instance of everything, then forgets VM_W.
#include "core/vmath.h"
#include "core/vmath32.h"
#include "core/vdraw.h"
#if VM_W > 1
#include "core/vahead.h"
#include "core/vmany.h"
#endif
#include "core/vmath_export.h"
#undef VM_W
