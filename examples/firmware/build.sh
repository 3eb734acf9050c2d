#!/bin/sh
# SPDX-License-Identifier: MIT
# Each network to an object and a header, the firmware around it, one image each. Any compiler for the board will do in place of clang.
set -e
cd "$(dirname "$0")"
SNNC=${SNNC:-snnc} OUT=${OUT:-.} CLANG=${CLANG:-clang-19} LLD=${LLD:-ld.lld-19}

compile() { "$CLANG" --target=thumbv7em-none-eabihf -mcpu=cortex-m4 -std=c99 -Wall -Wextra -Werror -Os -ffreestanding -ffunction-sections -fdata-sections -I"$OUT" -c "$1" -o "$2"; }

compile board.c "$OUT/board.o"
for name in reflex stroke; do
    "$SNNC" build --target cortex-m4 --emit obj,header --prefix "$name" "$name.snn" -o "$OUT/$name.o"
    compile "$name.c" "$OUT/$name.main.o"
    "$LLD" --gc-sections -T board.ld "$OUT/$name.main.o" "$OUT/board.o" "$OUT/$name.o" -o "$OUT/$name.elf"
done
