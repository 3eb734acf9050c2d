// SPDX-License-Identifier: MIT
// Arm Cortex-M55 with Helium: vectors of four numbers. The board is Arm's MPS3 with image AN547.
#include "internal.h"

static const Board an547 = {"mps3-an547", "embedded/boards/mps3-an547.ld", "qemu-system-arm -M mps3-an547", 512 << 10, 512 << 10};
const TargetKind target_cortex_m55 = {"cortex-m55", "Arm Cortex-M55 with Helium (board: mps3-an547, 512 KB flash, 512 KB RAM)", "thumbv8.1m.main-none-eabihf", "cortex-m55",
                                      .initialise = init_arm, .features = "", .embedded = true, .flush_fpscr = true, .helium = true, .vector_bytes = 16, .helpers = "thumbv8.1m", .events = "thumbv8.1m", .board = &an547};
