// SPDX-License-Identifier: MIT
// Arm Cortex-M3: no floating point, 64-bit products. The board is Arm's MPS2 with image AN385.
#include "internal.h"

static const Board an385 = {"mps2-an385", "embedded/boards/mps2-an385.ld", "qemu-system-arm -M mps2-an385", 4 << 20, 4 << 20};
const TargetKind target_cortex_m3 = {"cortex-m3", "Arm Cortex-M3, no FPU (board: mps2-an385, 4 MB flash, 4 MB RAM)", "thumbv7m-none-eabi", "cortex-m3", .initialise = init_arm,
                                     .features = "", .embedded = true, .plain = true, .soft_float = true, .vector_bytes = 4, .helpers = "thumbv7m", .events = "thumbv7m", .board = &an385};
