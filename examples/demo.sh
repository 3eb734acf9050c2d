#!/bin/sh
# SPDX-License-Identifier: MIT
# The demonstration of `make demo`: real images (Fashion-MNIST as Debian packages it) become spike trains and drive a layer of neurons.
set -eu
build=${1:-build}
data=/usr/share/datasets/fashion-mnist
out=$build/demo
rm -rf "$out"
mkdir -p "$out"
echo "examples/fashion/fashion.snn: images of clothes as Poisson spike trains, seen by a layer of integrate-and-fire neurons"
echo
"$build/bin/snnc" run examples/fashion/fashion.snn --data "$data" --out "$out"
echo
picture=$("$build/bin/snnc" plot "$out" -o "$out/fashion.png" --from 0 --to 1500)
number() { sed -n "s/.*\"$1\"[ ]*: *\([-+.0-9eE]*\).*/\1/p" "$out/summary.json" | head -n 1; }
awk -v compile="$(number compile)" -v construct="$(number construct)" -v simulate="$(number simulate)" -v bio="$(number biological_seconds)" 'BEGIN {
    printf "compiled in %.2f s, built the network in %.3f s, simulated %.1f s of life in %.2f s (%.0f times faster than life)\n", compile, construct, bio, simulate, bio / simulate }'
echo "picture: $picture"
echo "results: $out (summary.json, spikes.h5, table of spikes for each image)"
