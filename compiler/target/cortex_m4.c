// SPDX-License-Identifier: MIT
// Arm Cortex-M4 with its single-precision FPU. The board is Arm's MPS2 with image AN386.
#include "internal.h"

static const Board an386 = {"mps2-an386", "embedded/boards/mps2-an386.ld", "qemu-system-arm -M mps2-an386", 4 << 20, 4 << 20};
const TargetKind target_cortex_m4 = {"cortex-m4", "Arm Cortex-M4 with FPU (board: mps2-an386, 4 MB flash, 4 MB RAM)", "thumbv7em-none-eabihf", "cortex-m4", .initialise = init_arm,
                                     .features = "", .embedded = true, .flush_fpscr = true, .vector_bytes = 4, .helpers = "thumbv7em", .events = "thumbv7em", .board = &an386};
