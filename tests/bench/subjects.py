# SPDX-License-Identifier: MIT
"""The programs that the benchmarks run: Brian2 (C++ standalone), the program written by hand (yardstick.c), snnc. Each has once(), which
runs it and returns the seconds of its simulation loop alone."""
import json
import os
import re
import statistics
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def run(argv, **kw):
    r = subprocess.run([str(a) for a in argv], capture_output=True, text=True, **kw)
    if r.returncode:
        sys.exit(f"{' '.join(str(a) for a in argv)}: exit code {r.returncode}\n{r.stdout[-2000:]}{r.stderr[-2000:]}")
    return r


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


def compile_yardsticks(build):
    os.makedirs(os.path.join(build, "bench"), exist_ok=True)
    for real in ("double", "float"):
        run([os.environ.get("CC", "cc"), "-std=gnu17", "-O3", "-march=native", "-mprefer-vector-width=512", "-ffp-contract=fast", "-fno-math-errno", f"-DREAL={real}",
             "-o", os.path.join(build, "bench/yardstick-" + real), "tests/bench/yardstick.c", "-lm"])


class Yardstick:
    def __init__(self, build, kind, n, seconds, real="double"):
        self.argv = [os.path.join(build, "bench/yardstick-" + real), kind, n, seconds, 1]

    def once(self):
        return float(run(self.argv).stdout.split()[0])


class Snnc:
    """A .snn file, its experiment cut to `seconds` and without recordings."""

    def __init__(self, build, path, seconds, tmp, options=(), settings=()):
        name = os.path.splitext(os.path.basename(path))[0]
        with open(path) as f:
            text = re.sub(r"\n    record [^\n]*", "", f.read())
        self.file = os.path.join(tmp, f"{name}-{seconds}.snn")
        with open(self.file, "w") as f:
            f.write(re.sub(r"\n    run 1 s", f"\n    run {seconds:.6f} s", text))
        self.out = os.path.join(tmp, f"{name}-out")
        self.argv = [os.path.join(build, "bin/snnc"), "run", self.file, "--out", self.out, "--quiet", *options] + [w for s in settings for w in ("--set", s)]
        self.ready, self.summaries = [], []

    def once(self):
        start = time.time()
        run(self.argv)
        wall = time.time() - start
        with open(os.path.join(self.out, "summary.json")) as f:
            s = json.load(f)
        self.summaries.append(s)
        self.ready.append(wall - s["seconds"]["simulate"])
        return s["seconds"]["simulate"]

    @property
    def last(self):
        return self.summaries[-1]


class Web:
    """The same file as a module for WebAssembly in Node. Half a second of the network's time goes before the measurement: engines compile a function
    once quickly and, when it is hot, once well."""
    SCRIPT = ("import { load } from './index.js'; const net = await load({ build: false }); net.reset({ seed: 1 }); net.run(500); net.takeSpikes();"
              "const t = performance.now(); net.run(Number(process.argv[2])*1000); console.log((performance.now() - t)/1000);")

    def __init__(self, build, path, seconds, tmp, options=(), settings=()):
        self.seconds, self.folder = seconds, os.path.join(tmp, "web-" + "-".join([os.path.basename(path), *options]))
        with open(path) as f:
            text = re.sub(r"\n    record [^\n]*", "", f.read())
        file = os.path.join(tmp, os.path.basename(path))
        with open(file, "w") as f:
            f.write(text)
        run([os.path.join(build, "bin/snnc"), "build", file, "--target", "wasm32", "--emit", "module", "-o", self.folder, *options] + [w for s in settings for w in ("--set", s)])
        with open(os.path.join(self.folder, "bench.mjs"), "w") as f:
            f.write(self.SCRIPT)

    def once(self):
        return float(run(["node", os.path.join(self.folder, "bench.mjs"), self.seconds]).stdout)


def in_turn(subjects, rounds):
    """Runs all of them in turn; name -> (median, smallest, largest)."""
    times = {name: [] for name in subjects}
    for _ in range(rounds):
        for name, s in subjects.items():
            times[name].append(s.once())
    return {name: (statistics.median(t), min(t), max(t)) for name, t in times.items()}
