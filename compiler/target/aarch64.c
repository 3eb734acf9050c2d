// SPDX-License-Identifier: MIT
// 64-bit Arm with Linux: objects and assembly; programs where `cc` links for that machine.
#include "target.h"

const TargetKind target_aarch64 = {"aarch64", "64-bit Arm, Linux (objects)", "aarch64-linux-gnu", "generic", false};
const TargetKind *const target_kinds[] = {&target_host, &target_aarch64, &target_wasm32, NULL};
