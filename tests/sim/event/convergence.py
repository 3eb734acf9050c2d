#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The clock engine's spikes approach the event engine's as the step shrinks, at first order: a feed-forward network, which is not chaotic.

    convergence.py BUILD [PICTURE.svg]     prints step and median distance of spike times, and draws them"""
import math
import os
import subprocess
import sys
import tempfile

import h5py
import numpy as np

PROGRAM = """import neuron.LIF
import synapse
network N {{
    population A : LIF[20], B : LIF[20], C : LIF[20]
    connect A -> B by all_to_all via ExpCurrent weight 12 pA + 0.5 pA*pre.index delay 1.6 ms
    connect B -> C by all_to_all via AlphaCurrent(tau = 3 ms) weight 9 pA delay 3.2 ms
    connect A -> C by one_to_one via ExpCurrent(tau = 8 ms) weight -30 pA delay 1.6 ms
}}
experiment e {{
    use N as net
    dt {dt} ms
    drive net.A.I = 230 pA + 5 pA*index
    drive net.B.I = 120 pA + 2 pA*index
    drive net.C.I = 110 pA + 3 pA*index
    record net.A.spikes, net.B.spikes, net.C.spikes
    run 192 ms
}}
"""
STEPS = [0.4, 0.2, 0.1, 0.05, 0.025]


def spikes(build, dt, engine):
    with tempfile.TemporaryDirectory() as tmp:
        path = os.path.join(tmp, "p.snn")
        with open(path, "w") as f:
            f.write(PROGRAM.format(dt=dt))
        subprocess.run([os.path.join(build, "bin/snnc"), "run", "-q", "--engine", engine, "-o", os.path.join(tmp, "out"), path], check=True, stdout=subprocess.DEVNULL)
        f = h5py.File(os.path.join(tmp, "out/spikes.h5"))["spikes"]
        return {(p, i): np.sort(f[p]["timestamps"][:][f[p]["node_ids"][:] == i]) for p in "ABC" for i in range(20)}


def distances(build):
    """Median distance of the spikes that both engines have, for each step; the share of neurons with equally many."""
    exact, out = spikes(build, 0.1, "event"), []
    for dt in STEPS:
        clock = spikes(build, dt, "clock")
        same = [k for k in exact if len(exact[k]) == len(clock[k])]
        out.append((dt, np.median(np.concatenate([np.abs(clock[k] - exact[k]) for k in same])), len(same) / len(exact)))
    return out


def order(points):
    x, y = np.log([p[0] for p in points]), np.log([p[1] for p in points])
    return np.polyfit(x, y, 1)[0]


def picture(points):
    w, h, left, bottom, top = 420, 300, 70, 45, 15
    lo, hi = math.floor(math.log10(min(p[1] for p in points))), math.ceil(math.log10(max(p[1] for p in points)))

    def x(d):
        return left + (math.log(d) - math.log(STEPS[-1])) / (math.log(STEPS[0]) - math.log(STEPS[-1])) * (w - left - 20)

    def y(v):
        return h - bottom - (math.log10(v) - lo) / (hi - lo) * (h - bottom - top)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {w} {h}" font-family="sans-serif" font-size="12"><rect width="{w}" height="{h}" fill="white"/>']
    for d in range(lo, hi + 1):
        out.append(f'<line x1="{left}" y1="{y(10.0**d):.1f}" x2="{w - 20}" y2="{y(10.0**d):.1f}" stroke="#ddd"/><text x="{left - 8}" y="{y(10.0**d) + 4:.1f}" text-anchor="end">{10.0**d:g} ms</text>')
    first = points[0][1] / points[0][0]
    out.append(f'<line x1="{x(STEPS[-1]):.1f}" y1="{y(first * STEPS[-1]):.1f}" x2="{x(STEPS[0]):.1f}" y2="{y(first * STEPS[0]):.1f}" stroke="#999" stroke-dasharray="5 4"/>')
    out.append(f'<polyline fill="none" stroke="#1b6ca8" stroke-width="2" points="{" ".join(f"{x(p[0]):.1f},{y(p[1]):.1f}" for p in points)}"/>')
    for p in points:
        out.append(f'<circle cx="{x(p[0]):.1f}" cy="{y(p[1]):.1f}" r="3" fill="#1b6ca8"/><text x="{x(p[0]):.1f}" y="{h - bottom + 18}" text-anchor="middle">{p[0]:g}</text>')
    out.append(f'<text x="{(left + w) / 2}" y="{h - 8}" text-anchor="middle">step of the clock engine (ms); dashed: first order</text>')
    return "\n".join(out + ["</svg>\n"])


if __name__ == "__main__":
    found = distances(sys.argv[1])
    for p in found:
        print(f"dt {p[0]:g} ms: {p[1]:.3g} ms, equally many spikes in {p[2]:.0%} of the neurons")
    print(f"order {order(found):.2f}")
    if len(sys.argv) > 2:
        with open(sys.argv[2], "w") as f:
            f.write(picture(found))
