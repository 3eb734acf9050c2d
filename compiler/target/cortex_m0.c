// SPDX-License-Identifier: MIT
// Arm Cortex-M0: no floating point, no division, 32-bit products only. The board is the BBC micro:bit.
#include "internal.h"

static const Board microbit = {"microbit", "embedded/boards/microbit.ld", "qemu-system-arm -M microbit", 256 << 10, 16 << 10};
const TargetKind target_cortex_m0 = {"cortex-m0", "Arm Cortex-M0, no FPU (board: microbit, 256 KB flash, 16 KB RAM)", "thumbv6m-none-eabi", "cortex-m0", .initialise = init_arm,
                                     .features = "", .embedded = true, .plain = true, .soft_float = true, .vector_bytes = 4, .helpers = "thumbv6m", .events = "thumbv6m", .board = &microbit};
