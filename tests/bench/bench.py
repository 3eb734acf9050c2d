# SPDX-License-Identifier: MIT
"""Measures the benchmark networks: Brian2 (C++ standalone, the time of its simulation loop alone), a program written by hand in C
(yardstick.c), and snnc, run in turn, medians of five. Prints what it finds and writes docs/performance.md.

    bench.py [--build DIR] [--rounds N] [--only SECTION] [--full]

SECTION is networks, float, plastic, threads, scaling, profile, web, million or microcircuit; --full adds the microcircuit at full scale (4 GB, some minutes)."""
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from subjects import ROOT, Brian, Snnc, Web, Yardstick, compile_yardsticks, in_turn, run  # noqa: E402

CASES = [("cuba", 4000, 10.0), ("coba", 4000, 10.0), ("cobahh", 4000, 1.0), ("brunel", 12500, 1.0), ("cuba", 64000, 2.0), ("coba", 64000, 2.0)]


def example(kind):
    return f"examples/{kind}/{kind}.snn"


def size(kind, n):
    return [] if kind == "brunel" else [f"N={n}"]


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "| " + " | ".join("---" for _ in head) + " |"]
    return lines + ["| " + " | ".join(str(c) for c in r) + " |" for r in rows] + [""]


def spread(t):
    return f"{t[0]:.3f} s ({t[1]:.3f}-{t[2]:.3f})"


class Bench:
    def __init__(self, build, rounds, tmp):
        self.build, self.rounds, self.tmp, self.version = build, rounds, tmp, "?"

    def snnc(self, path, seconds, options=(), settings=()):
        folder = tempfile.mkdtemp(dir=self.tmp)
        return Snnc(self.build, path, seconds, folder, options, settings)

    def say(self, text):
        print(text, flush=True)

    def networks(self):
        """Double precision, one thread, beside Brian2 and the program by hand."""
        rows, start = [], []
        for kind, n, seconds in CASES:
            s = {"Brian2": Brian(kind, n, seconds, self.tmp), "by hand": Yardstick(self.build, kind, n, seconds), "snnc": self.snnc(example(kind), seconds, settings=size(kind, n))}
            t = in_turn(s, self.rounds)
            self.version = s["Brian2"].version
            rows.append([kind, n, f"{seconds:g} s", spread(t["Brian2"]), spread(t["by hand"]), spread(t["snnc"]), f"{t['Brian2'][0] / t['snnc'][0]:.1f}", f"{t['snnc'][0] / t['by hand'][0]:.2f}"])
            start.append([kind, n, f"{s['Brian2'].ready:.1f} s", f"{statistics.median(s['snnc'].ready):.2f} s", f"{s['snnc'].last['peak_rss_bytes'] / 1e6:.0f} MB"])
            self.say("  ".join(str(c) for c in rows[-1]))
        return (["## Networks, double precision, one thread", ""]
                + table(["network", "neurons", "simulated", "Brian2", "by hand", "snnc", "times faster than Brian2", "time against by hand"], rows)
                + ["Wall time from the command until the simulation begins (Brian2: until its program is compiled), and memory:", ""]
                + table(["network", "neurons", "Brian2", "snnc", "snnc's memory"], start))

    def float(self):
        """Single precision beside the program by hand in single precision."""
        rows = []
        for kind, n, seconds in CASES:
            s = {"by hand": Yardstick(self.build, kind, n, seconds, "float"), "snnc": self.snnc(example(kind), seconds, ("--precision", "float"), size(kind, n))}
            t = in_turn(s, self.rounds)
            rows.append([kind, n, f"{seconds:g} s", spread(t["by hand"]), spread(t["snnc"]), f"{t['snnc'][0] / t['by hand'][0]:.2f}"])
            self.say("float  " + "  ".join(str(c) for c in rows[-1]))
        return ["## Single precision, one thread", ""] + table(["network", "neurons", "simulated", "by hand", "snnc", "time against by hand"], rows)

    def plastic(self):
        """A million plastic synapses."""
        s = {"Brian2": Brian("stdp", 1000, 10.0, self.tmp), "snnc": self.snnc("tests/bench/networks/stdp.snn", 10.0), "snnc float": self.snnc("tests/bench/networks/stdp.snn", 10.0, ("--precision", "float"))}
        t = in_turn(s, self.rounds)
        updates = s["snnc"].last["plastic_updates"]
        rows = [[name, spread(v), f"{updates / v[0] / 1e6:.0f} million/s"] for name, v in t.items()]
        self.say("\n".join("plastic  " + "  ".join(r) for r in rows))
        return (["## Plasticity", "", f"1000 Poisson inputs on 1000 cells, all to all, pair STDP on every synapse, 10 s: {updates / 1e6:.0f} million plastic updates "
                 "(snnc's count; the rate of the cells depends a little on the draws).", ""] + table(["", "step loop", "updates"], rows))

    def threads(self):
        """One and two threads."""
        rows = []
        for kind, n, seconds in [("cuba", 64000, 2.0), ("coba", 64000, 2.0), ("brunel", 12500, 1.0)]:
            t = in_turn({k: self.snnc(example(kind), seconds, ("--threads", k), size(kind, n)) for k in (1, 2)}, self.rounds)
            rows.append([kind, n, spread(t[1]), spread(t[2]), f"{t[1][0] / t[2][0]:.2f}"])
            self.say("threads  " + "  ".join(str(c) for c in rows[-1]))
        return ["## Threads", ""] + table(["network", "neurons", "one thread", "two threads", "speed-up"], rows)

    def scaling(self):
        """Cost of a neuron-step and of an event against size, fan-out and threads."""
        lines, path = [], "tests/bench/networks/scaling.snn"
        for threads in (1, 2):
            rows = []
            for n in (4000, 16000, 64000, 256000):
                steps = max(1000, min(10000, int(4e7 / n)))
                def cost(k):
                    s = self.snnc(path, steps * 1e-4, ("--threads", threads), (f"N={n}", f"K={k}"))
                    return statistics.median(s.once() for _ in range(5)), s.last
                bare, last = cost(1)
                row = [n, f"{1e9 * bare / n / steps:.2f} ns"]
                for k in (10, 100, 1000, 10000):
                    if k > n or n * k > 100e6:
                        row.append("-")
                        continue
                    t, last = cost(k)
                    enough = t > 1.2 * bare                   # else the difference is noise
                    row.append(f"{1e9 * (t - bare) / max(last['synaptic_events'], 1):.2f} ns" if enough else "too few")
                rows.append(row)
                self.say(f"scaling, {threads} thread(s)  " + "  ".join(str(c) for c in row))
            lines += [f"{['', 'One thread', 'Two threads'][threads]}: a neuron-step, then an event at 10 to 10000 synapses a neuron (time beyond that without synapses):", ""]
            lines += table(["neurons", "neuron-step", "event, 10", "event, 100", "event, 1000", "event, 10000"], rows)
        return ["## Scaling", "", "Leaky neurons that fire 13 times a second by themselves, exponential current synapses too weak to matter, delay 1.5 ms.", ""] + lines

    def profile(self):
        """Where the instructions go."""
        rows = []
        for kind, settings in [("cuba", []), ("coba", []), ("cobahh", []), ("brunel", ["scale=0.2"])]:
            s = self.snnc(example(kind), 0.1)
            exe = s.file[:-4]
            run([os.path.join(self.build, "bin/snnc"), "build", s.file, "--cpu", "x86-64-v3", "-o", exe] + [w for x in settings for w in ("--set", x)])
            run(["valgrind", "--tool=callgrind", f"--callgrind-out-file={exe}.cg", exe, "-q"])
            text = run(["callgrind_annotate", "--auto=no", "--threshold=100", exe + ".cg"]).stdout
            share = {"update": 0, "delivery": 0, "construction": 0, "rest": 0}
            for line in text.splitlines():
                m = re.match(r"\s*([\d,]+) .*?([^/\s]*):(\S+)", line)
                if m:
                    share[part(line, m.group(3))] += int(m.group(1).replace(",", ""))
            total = sum(share.values())
            rows.append([kind] + [f"{100 * v / total:.0f} %" for v in share.values()])
            self.say("profile  " + "  ".join(rows[-1]))
        return ["## Where the instructions go", "", "Shares of a program built for x86-64-v3, 0.1 s simulated (callgrind).", ""] + table(["network", "update", "delivery", "construction", "rest"], rows)

    def web(self):
        """WebAssembly in Node beside code for x86-64-v2 (128 bits, no fused multiply-add), which has the same bits."""
        rows = []
        for kind, seconds in [("cuba", 2.0), ("coba", 2.0), ("cobahh", 0.3)]:
            s = {"native": self.snnc(example(kind), seconds, ("--arithmetic", "plain", "--cpu", "x86-64-v2")), "wasm": Web(self.build, example(kind), seconds, self.tmp),
                 "scalar": Web(self.build, example(kind), seconds, self.tmp, ("--cpu", "generic"))}
            t = in_turn(s, self.rounds)
            rows.append([kind, f"{seconds:g} s", spread(t["native"]), spread(t["wasm"]), spread(t["scalar"]), f"{t['native'][0] / t['wasm'][0]:.2f}"])
            self.say("web  " + "  ".join(str(c) for c in rows[-1]))
        return (["## WebAssembly", "", "Node beside code of the same bits for x86-64-v2 (profile plain), 4000 neurons, one thread.", ""]
                + table(["network", "simulated", "x86-64-v2", "WebAssembly, SIMD128", "WebAssembly, scalar", "speed against x86-64-v2"], rows))

    def microcircuit(self):
        """The cortical microcircuit at full scale."""
        rows = []
        for threads in (1, 2):
            s = self.snnc("examples/microcircuit/microcircuit.snn", 1.0, ("--precision", "float", "--threads", threads), ("scale=1",))
            t = s.once()
            last = s.last
            rows.append([threads, f"{last['seconds']['construct']:.1f} s", f"{t / last['biological_seconds']:.2f} s", f"{last['synapses'] / 1e6:.0f} million", f"{last['peak_rss_bytes'] / 1e9:.2f} GB"])
            self.say("microcircuit  " + "  ".join(str(c) for c in rows[-1]))
        return ["## Cortical microcircuit, full scale, single precision", ""] + table(["threads", "construction", "a biological second", "synapses", "memory"], rows)

    def million(self):
        """A million neurons with synapses that are not kept."""
        s = self.snnc("tests/bench/networks/million.snn", 1.0, ("--precision", "float"))
        t = s.once()
        last = s.last
        row = [f"{last['results']['rate']:.2f} Hz", f"{last['synapses'] / 1e9:.2f} thousand million", f"{last['synaptic_events'] / 1e9:.2f} thousand million", f"{t:.1f} s", f"{last['peak_rss_bytes'] / 1e6:.0f} MB"]
        self.say("million  " + "  ".join(row))
        return ["## A million neurons, a thousand procedural synapses each, single precision", ""] + table(["rate", "synapses", "events", "a biological second", "memory"], [row])


def part(line, function):
    if re.search(r"(deliver|\.pieces)(\.body)?$|\.post(\.body)?$", function):
        return "delivery"
    if re.search(r"\.(step|draw)(\.body)?$|^snn__many_", function):
        return "update"
    return "construction" if "/connect/" in line or re.search(r"\.init(\.body)?$", function) else "rest"


def processor():
    with open("/proc/cpuinfo") as f:
        names = re.findall(r"model name\s*: (.*)", f.read())
    return names[0] if names else platform.processor()


def write(bench, sections):
    lines = ["# Performance", "", f"Made by `make bench`: medians of {bench.rounds} (smallest and largest in brackets), the programs in turn, the step loop alone, dt 0.1 ms.",
             f"Machine: {processor()}, {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f} at the end. Brian2 {bench.version} C++ standalone with its default flags (-O3 -ffast-math -march=native);",
             "by hand: `tests/bench/yardstick.c`, explicit 64-byte vectors, gcc -O3 -march=native. Where other programs run on the machine, `chrt -f 10 make bench`",
             "keeps them from the processor that measures.", ""]
    with open("docs/performance.md", "w") as f:
        f.write("\n".join(lines + [line for s in sections for line in s]).rstrip() + "\n")
    print("written: docs/performance.md")


def main(argv):
    build, rounds, only, full = "build", 5, [], False
    words = iter(argv)
    for w in words:
        if w == "--build":
            build = next(words)
        elif w == "--rounds":
            rounds = int(next(words))
        elif w == "--only":
            only.append(next(words))
        elif w == "--full":
            full = True
        else:
            sys.exit(__doc__)
    os.chdir(ROOT)
    compile_yardsticks(build)
    names = only or ["networks", "float", "plastic", "threads", "scaling", "profile", "web", "million"] + (["microcircuit"] if full else [])
    with tempfile.TemporaryDirectory(prefix="snnc-bench-") as tmp:
        bench = Bench(os.path.abspath(build), rounds, tmp)
        sections = [getattr(bench, name)() for name in names]
    if only:
        print("\n".join(line for s in sections for line in s))
    else:
        write(bench, sections)


main(sys.argv[1:])
