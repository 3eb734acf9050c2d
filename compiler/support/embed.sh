#!/bin/sh
# SPDX-License-Identifier: MIT
# Writes a C file that includes the given files by the assembler's .incbin, with a table of their names and sizes.
echo '#include "support/embed.h"'
n=0
for f in "$@"; do
    printf '__asm__(".section .rodata\\n.balign 16\\nsnnc_file%d:\\n.incbin \\"%s\\"\\n.byte 0\\n.previous\\n");\n' $n "$f"
    printf 'extern const unsigned char snnc_file%d[];\n' $n
    n=$((n + 1))
done
echo 'const EmbeddedFile embedded_files[] = {'
n=0
for f in "$@"; do
    printf '    {"%s", snnc_file%d, %d},\n' "$(echo "$f" | sed -e 's|^.*/web/uplot/|uplot/|' -e 's|^.*runtime/||')" $n "$(wc -c < "$f")"
    n=$((n + 1))
done
echo '    {0, 0, 0}};'
echo "const size_t embedded_count = $n;"
