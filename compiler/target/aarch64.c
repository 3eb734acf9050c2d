// SPDX-License-Identifier: MIT
// 64-bit Arm with Linux: objects and assembly; programs where `cc` links for that machine.
#include "internal.h"

const TargetKind target_aarch64 = {"aarch64", "64-bit Arm, Linux (objects of whole programs)", "aarch64-linux-gnu", "generic", false, .initialise = init_aarch64};
