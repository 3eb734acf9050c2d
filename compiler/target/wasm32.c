// SPDX-License-Identifier: MIT
// WebAssembly with 32-bit memory, for browsers and Node. It has neither fused multiply-add nor flushing of subnormal numbers: the driver takes the
// profile `plain`, and the generator flushes what it stores.
#include "internal.h"

const TargetKind target_wasm32 = {"wasm32", "WebAssembly: a module for browsers and Node, with a page", "wasm32-unknown-unknown", "simd128", .initialise = init_webassembly};
