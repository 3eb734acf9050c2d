# SPDX-License-Identifier: MIT
"""Writes reference.csv: statistics of Brian2 runs (python3-brian, C++ standalone; every run draws its connections anew).
    python3 tests/sim/networks/make_reference.py [NET ...]      (with names: only what is missing of these)"""
import csv
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.dirname(HERE), os.path.join(HERE, "../../bench")]
TABLE = os.path.join(HERE, "reference.csv")


def one(kind):
    import brian_nets
    import numpy as np
    import stats
    from cases import CASES, RUNS
    c, made = CASES[kind], sum(line.startswith(kind + ",") for line in open(TABLE))
    runs = c.get("runs", RUNS)
    spikes, folder = brian_nets.build(kind, c["n"], c["seconds"], None, True)
    while made < runs:
        brian_nets.run(folder)
        t = np.asarray(spikes.t / brian_nets.ms)
        if t.size == 0 or t.max() < 0.99 * c["seconds"] * 1000:
            continue                               # this realisation of the network died out
        s = stats.of_spikes(t, np.asarray(spikes.i), c["n"], c["start"], c["seconds"] * 1000)
        with open(TABLE, "a", newline="") as f:
            csv.writer(f).writerow([kind, made, f"{s['rate']:.6f}", f"{s['cv']:.6f}", f"{s['corr']:.6f}"])
        made += 1


def main():
    if len(sys.argv) > 2 and sys.argv[1] == "--one":
        return one(sys.argv[2])
    from cases import CASES
    if not sys.argv[1:] or not os.path.exists(TABLE):
        with open(TABLE, "w", newline="") as f:
            csv.writer(f).writerow(["network", "run", "rate_hz", "cv_isi", "correlation"])
    for kind in sys.argv[1:] or CASES:
        subprocess.run([sys.executable, __file__, "--one", kind], check=True)


main()
