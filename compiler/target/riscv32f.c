// SPDX-License-Identifier: MIT
// 32-bit RISC-V with single-precision floating point (rv32imafc), on QEMU's `virt`.
#include "internal.h"

static const Board virt = {"virt", "embedded/boards/virt.ld", "qemu-system-riscv32 -M virt -bios none", 4 << 20, 4 << 20};
const TargetKind target_riscv32f = {"riscv32f", "RISC-V rv32imafc with FPU (board: QEMU virt)", "riscv32-unknown-none-elf", "generic-rv32", .initialise = init_riscv,
                                    .features = "+m,+a,+c,+f", .abi = "ilp32f", .embedded = true, .keeps_subnormals = true, .vector_bytes = 4, .helpers = "rv32imafc", .events = "rv32imafc", .board = &virt};
