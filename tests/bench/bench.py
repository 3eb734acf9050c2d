# SPDX-License-Identifier: MIT
"""Measures the benchmark networks: Brian2 (C++ standalone, the time of its simulation loop alone), a program written by hand in C
(yardstick.c), and snnc; one thread each, run in turn, medians of five. Prints a table and writes docs/performance.md.

    bench.py [--build DIR] [--rounds N] [NET ...]"""
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CASES = [("cuba", 4000, 10.0), ("coba", 4000, 10.0), ("cobahh", 4000, 1.0), ("brunel", 12500, 1.0), ("cuba", 64000, 2.0), ("coba", 64000, 2.0)]
NEEDED = {"cuba": 2, "coba": 5, "cobahh": 5}


def run(argv, **kw):
    return subprocess.run([str(a) for a in argv], check=True, capture_output=True, text=True, **kw)


class Brian:
    def __init__(self, kind, n, seconds, tmp):
        self.folder = os.path.join(tmp, f"brian-{kind}-{n}")
        out = run([sys.executable, os.path.join(ROOT, "tests/bench/brian_nets.py"), kind, n, seconds, 1, self.folder])
        said = json.loads(out.stdout.strip().splitlines()[-1])
        self.ready, self.version = said["ready"], said["version"]

    def once(self):
        run([os.path.join(self.folder, "main")], cwd=self.folder)
        with open(os.path.join(self.folder, "results/last_run_info.txt")) as f:
            return float(f.read().split()[0])


class Yardstick:
    def __init__(self, build, kind, n, seconds):
        self.argv = [os.path.join(build, "bench/yardstick"), kind, n, seconds, 1]

    def once(self):
        return float(run(self.argv).stdout.split()[0])


class Snnc:
    def __init__(self, build, kind, n, seconds, tmp):
        self.out = os.path.join(tmp, f"snnc-{kind}-{n}")
        with open(f"examples/{kind}/{kind}.snn") as f:
            text = re.sub(r"\n    record [^\n]*", "", f.read())
        path = os.path.join(tmp, f"{kind}-{n}.snn")
        with open(path, "w") as f:
            f.write(re.sub(r"\n    run 1 s", f"\n    run {seconds} s", text))
        self.argv = [os.path.join(build, "bin/snnc"), "run", path, "--out", self.out, "--quiet", "--threads", 1] + ([] if kind == "brunel" else ["--set", f"N={n}"])
        self.ready, self.rss, self.rates = [], 0, {}

    def once(self):
        start = time.time()
        run(self.argv)
        wall = time.time() - start
        with open(os.path.join(self.out, "summary.json")) as f:
            s = json.load(f)
        self.ready.append(min(wall - s["seconds"]["simulate"], s["seconds"]["compile"] + s["seconds"]["construct"] + 0.02))
        self.rss, self.rates = s["peak_rss_bytes"], {p: v["rate_hz"] for p, v in s["populations"].items()}
        return s["seconds"]["simulate"]


def measure(build, kind, n, seconds, rounds, tmp):
    subjects = {"Brian2": Brian(kind, n, seconds, tmp), "by hand": Yardstick(build, kind, n, seconds), "snnc": Snnc(build, kind, n, seconds, tmp)}
    times = {name: [] for name in subjects}
    for _ in range(rounds):
        for name, s in subjects.items():
            times[name].append(s.once())
    median = {name: statistics.median(t) for name, t in times.items()}
    row = {"kind": kind, "n": n, "seconds": seconds, "median": median, "spread": {k: (min(t), max(t)) for k, t in times.items()},
           "ready": {"Brian2": subjects["Brian2"].ready, "snnc": statistics.median(subjects["snnc"].ready)}, "rss": subjects["snnc"].rss,
           "version": subjects["Brian2"].version, "rates": subjects["snnc"].rates}
    print(f"{kind} {n}, {seconds:g} s: Brian2 {median['Brian2']:.3f} s, by hand {median['by hand']:.3f} s, snnc {median['snnc']:.3f} s; "
          f"{median['Brian2'] / median['snnc']:.1f} times Brian2, {median['by hand'] / median['snnc']:.2f} times the hand-written program; "
          f"ready in {row['ready']['snnc']:.2f} s (Brian2 {row['ready']['Brian2']:.1f} s)", flush=True)
    return row


def processor():
    with open("/proc/cpuinfo") as f:
        names = re.findall(r"model name\s*: (.*)", f.read())
    return names[0] if names else platform.processor()


def write(rows, rounds):
    lines = ["# Performance", "", f"Made by `make bench` (medians of {rounds}, the three programs in turn, one thread each, double precision, dt 0.1 ms).",
             f"Machine: {processor()}, {os.cpu_count()} processors; Brian2 {rows[0]['version']} C++ standalone with its default flags (-O3 -ffast-math -march=native), its simulation",
             "loop alone; by hand: `tests/bench/yardstick.c`, gcc -O3 -march=native -ffast-math. Where other programs run on the machine, `chrt -f 10 make bench`",
             "keeps them from the processor that measures.", "",
             "| network | neurons | simulated | Brian2 | by hand | snnc | faster than Brian2 | against by hand | needed |",
             "| --- | --- | --- | --- | --- | --- | --- | --- | --- |"]
    for r in rows:
        m = r["median"]
        lines.append(f"| {r['kind']} | {r['n']} | {r['seconds']:g} s | {m['Brian2']:.3f} s | {m['by hand']:.3f} s | {m['snnc']:.3f} s | {m['Brian2'] / m['snnc']:.1f} | "
                     f"{m['by hand'] / m['snnc']:.2f} | {NEEDED.get(r['kind'], '-')} |")
    lines += ["", "Time from the command to the first simulated step, and memory:", "", "| network | neurons | Brian2 | snnc | snnc's memory |", "| --- | --- | --- | --- | --- |"]
    for r in rows:
        lines.append(f"| {r['kind']} | {r['n']} | {r['ready']['Brian2']:.1f} s | {r['ready']['snnc']:.2f} s | {r['rss'] / 1e6:.0f} MB |")
    lines += ["", "Smallest and largest of the single measurements:", "", "| network | neurons | Brian2 | by hand | snnc |", "| --- | --- | --- | --- | --- |"]
    for r in rows:
        lines.append(f"| {r['kind']} | {r['n']} | " + " | ".join(f"{lo:.3f}-{hi:.3f} s" for lo, hi in r["spread"].values()) + " |")
    with open("docs/performance.md", "w") as f:
        f.write("\n".join(lines) + "\n")


def main(argv):
    build, rounds, names = "build", 5, []
    words = iter(argv)
    for w in words:
        if w == "--build":
            build = next(words)
        elif w == "--rounds":
            rounds = int(next(words))
        else:
            names.append(w)
    os.chdir(ROOT)
    os.makedirs(os.path.join(build, "bench"), exist_ok=True)
    run([os.environ.get("CC", "cc"), "-std=gnu17", "-O3", "-march=native", "-ffast-math", "-o", os.path.join(build, "bench/yardstick"), "tests/bench/yardstick.c", "-lm"])
    with tempfile.TemporaryDirectory(prefix="snnc-bench-") as tmp:
        rows = [measure(os.path.abspath(build), *case, rounds, tmp) for case in CASES if not names or case[0] in names]
    if not names:
        write(rows, rounds)
        print("written: docs/performance.md")


main(sys.argv[1:])
