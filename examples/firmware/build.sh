#!/bin/sh
# SPDX-License-Identifier: MIT
# The network to an object and a header, the firmware around it, one image. Any compiler for the board will do in place of clang.
set -e
cd "$(dirname "$0")"
SNNC=${SNNC:-snnc} OUT=${OUT:-.} CLANG=${CLANG:-clang-19} LLD=${LLD:-ld.lld-19}
"$SNNC" build --target cortex-m4 --emit obj,header --prefix reflex reflex.snn -o "$OUT/reflex.o"
"$CLANG" --target=thumbv7em-none-eabihf -mcpu=cortex-m4 -std=c99 -Wall -Wextra -Os -ffreestanding -I"$OUT" -c main.c -o "$OUT/main.o"
"$LLD" --gc-sections -T board.ld "$OUT/main.o" "$OUT/reflex.o" -o "$OUT/firmware.elf"
