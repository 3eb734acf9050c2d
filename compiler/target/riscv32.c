// SPDX-License-Identifier: MIT
// 32-bit RISC-V with multiplication (rv32imac), without floating point. The board is QEMU's `virt`, whose memory is
// all RAM: the image's constants lie in its first half.
#include "internal.h"

static const Board virt = {"virt", "embedded/boards/virt.ld", "qemu-system-riscv32 -M virt -bios none", 4 << 20, 4 << 20};
const TargetKind target_riscv32 = {"riscv32", "RISC-V rv32imac, no FPU (board: QEMU virt)", "riscv32-unknown-none-elf", "generic-rv32", .initialise = init_riscv,
                                   .features = "+m,+a,+c", .abi = "ilp32", .embedded = true, .plain = true, .soft_float = true, .vector_bytes = 4, .helpers = "rv32imac", .events = "rv32imac", .board = &virt};
