# SPDX-License-Identifier: MIT
"""The cortical microcircuit at full size: python3 tests/bench/microcircuit.py [--build DIR] [--seeds N] [--seconds S] [--threads N] [--scale X].
Runs examples/microcircuit with several seeds in single precision, prints time of construction, seconds a biological second, memory, and mean rates beside
those of two runs at full size that come with NEST's example of the network (Potjans_2014/network_params.py), in its older and its newer versions."""
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile

OLDER = {"E23": 0.971, "I23": 2.868, "E4": 4.746, "I4": 5.396, "E5": 8.142, "I5": 9.078, "E6": 0.991, "I6": 7.523}
NEWER = {"E23": 0.903, "I23": 2.965, "E4": 4.414, "I4": 5.876, "E5": 7.569, "I5": 8.633, "E6": 1.105, "I6": 7.829}
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def options(argv):
    o = {"build": "build", "seeds": "5", "seconds": "10", "threads": "1", "scale": "1"}
    for name, value in zip(argv[::2], argv[1::2]):
        o[name.lstrip("-")] = value
    return o


def run(o, seed, tmp):
    with open(os.path.join(ROOT, "examples/microcircuit/microcircuit.snn")) as f:
        text = re.sub(r"\n    record [^\n]*", "", re.sub(r"\n    run 1 s", f"\n    run {o['seconds']} s", f.read()))
    path, out = os.path.join(tmp, "microcircuit.snn"), os.path.join(tmp, "out")
    with open(path, "w") as f:
        f.write(text)
    subprocess.run([os.path.join(o["build"], "bin/snnc"), "run", path, "--precision", "float", "--seed", str(seed), "--threads", o["threads"], "--set", f"scale={o['scale']}",
                    "--out", out, "--quiet"], check=True, stdout=subprocess.DEVNULL)
    with open(os.path.join(out, "summary.json")) as f:
        return json.load(f)


def main(argv):
    o = options(argv)
    with tempfile.TemporaryDirectory(prefix="snnc-bench-") as tmp:
        runs = [run(o, seed, tmp) for seed in range(1, int(o["seeds"]) + 1)]
    seconds = float(o["seconds"]) + 0.5
    median = lambda f: statistics.median(f(s) for s in runs)
    print(f"constructed in {median(lambda s: s['seconds']['construct']):.2f} s, {median(lambda s: s['seconds']['simulate']) / seconds:.2f} s a biological second, "
          f"{max(s['peak_rss_bytes'] for s in runs) / 1e9:.2f} GB; medians of {len(runs)} seeds, {o['threads']} threads")
    for name in NEWER:
        rates = [s["populations"][name]["rate_hz"] for s in runs]
        mean = statistics.mean(rates)
        beside = "  ".join(f"{what} {expected[name]:6.3f} {100 * (mean / expected[name] - 1):+5.1f} %" for what, expected in (("newer", NEWER), ("older", OLDER)))
        print(f"{name:4} {mean:7.3f} Hz  {beside}  seeds {min(rates):.3f}..{max(rates):.3f}")
    for name in sorted(n for n in runs[0]["results"] if n.startswith(("cv_", "sync_"))):
        print(f"{name:9} {median(lambda s: s['results'][name]):.3f}")


main(sys.argv[1:])
