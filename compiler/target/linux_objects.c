// SPDX-License-Identifier: MIT
// The code for small machines as an object for Linux, to be called from a program in C: 64-bit x86 and Arm.
#include "internal.h"

const TargetKind target_x86_64 = {"linux-x86-64", "object and header for a C program, x86-64 Linux", "x86_64-linux-gnu", "x86-64", .initialise = init_x86,
                                  .features = "", .embedded = true, .plain = true, .vector_bytes = 4, .events = "x86_64"};
const TargetKind target_arm64 = {"linux-aarch64", "object and header for a C program, 64-bit Arm Linux", "aarch64-linux-gnu", "generic", .initialise = init_aarch64,
                                 .features = "", .embedded = true, .vector_bytes = 4, .events = "aarch64"};
