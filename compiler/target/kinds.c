// SPDX-License-Identifier: MIT
// The list of targets, in the order in which --list-targets shows them.
#include "target.h"

const TargetKind *const target_kinds[] = {&target_host, &target_aarch64, &target_wasm32, &target_cortex_m0, &target_cortex_m3, &target_cortex_m4, &target_cortex_m55,
                                          &target_riscv32, &target_riscv32f, &target_x86_64, &target_arm64, NULL};

const TargetKind *target_find(const char *name) {
    for (int i = 0; target_kinds[i]; i++)
        if (!strcmp(target_kinds[i]->name, name)) return target_kinds[i];
    return NULL;
}
