# SPDX-License-Identifier: MIT
"""Measures the event engine, beside the clock engine at 0.1 ms on the same networks, one thread. Medians of the rounds; the time of an event is taken from the
difference of two run lengths, so that what a run costs once does not count.

    events.py [--build DIR] [--rounds N] [--prefix COMMAND] [--write]

--write puts the table and the picture into docs/ (engines.md between its marks, img/engines.svg). --prefix: before each run, as in "chrt -f 10"."""
import json
import math
import os
import shlex
import statistics
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
HEAD = "import neuron.LIF\nimport source.PoissonSource\nimport synapse\n"
CURRENTS = """    connect P[0:{m}] -> P by fixed_outdegree({k}) via ExpCurrent(tau = 5 ms) weight {w} pA delay 1.5 ms
    connect P[{m}:{n}] -> P by fixed_outdegree({k}) via ExpCurrent(tau = 10 ms) weight -{w} pA delay 1.5 ms
"""
RECURRENT = HEAD + """network N(rate = 1 Hz) {{
    population P : LIF[{n}], S : PoissonSource[{n}](rate = rate)
    connect S -> P by one_to_one via Delta weight 25 mV
{synapses}}}
experiment e {{ use N as net  run {seconds} s }}
"""
PENDING = HEAD + """network N {{
    population P : LIF[{n}]
    P.V ~ uniform(-60 mV, -50 mV)
}}
experiment e {{ use N as net  drive net.P.I = 230 pA + 40 pA*index/size  run {seconds} s }}
"""


def synapses(kind, n, k):
    if kind == "delta":
        return f"    connect P -> P by fixed_outdegree({k}) via Delta weight {2 / k!r} mV delay 1.5 ms\n"
    return CURRENTS.format(m=int(0.8 * n), n=n, k=k, w=100 / k)


class Bench:
    def __init__(self, build, rounds, prefix):
        self.snnc, self.rounds, self.prefix = os.path.join(build, "bin/snnc"), rounds, shlex.split(prefix)
        self.tmp = tempfile.TemporaryDirectory()

    def run(self, text, engine, *options):
        path, out = os.path.join(self.tmp.name, "p.snn"), os.path.join(self.tmp.name, "out")
        with open(path, "w") as f:
            f.write(text)
        subprocess.run(self.prefix + [self.snnc, "run", "-q", "--engine", engine, "-o", out, *options, path], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        with open(os.path.join(out, "summary.json")) as f:
            s = json.load(f)
        return s["seconds"]["simulate"], s["synaptic_events"], sum(p["spikes"] for p in s["populations"].values())

    def median(self, *a):
        runs = [self.run(*a) for _ in range(self.rounds)]
        return statistics.median(r[0] for r in runs), runs[0][1], runs[0][2]

    def marginal(self, text, lengths, count, *options):
        """Seconds for each further event (count 1: synaptic events, 2: spikes)."""
        short, long = (self.median(text(s), "event", *options) for s in lengths)
        return (long[0] - short[0]) / (long[count] - short[count])


def measure(b):
    rows, times = [], {}
    n, k = 100000, 100
    for kind in ("delta", "exponential"):
        costs = []
        for rate, lengths in ((0.01, (1, 41)), (0.1, (1, 9)), (1, (0.2, 1.2)), (10, (0.1, 0.25))):
            def text(seconds, kind=kind):
                return RECURRENT.format(n=n, synapses=synapses(kind, n, k), seconds=seconds)
            cost = b.marginal(text, lengths, 1, "--set", f"rate={rate}Hz")
            event = b.median(text(1 if rate < 10 else 0.2), "event", "--set", f"rate={rate}Hz")[0] * (1 if rate < 10 else 5)
            clock = b.median(text(1 if rate < 10 else 0.2), "clock", "--set", f"rate={rate}Hz")[0] * (1 if rate < 10 else 5)
            costs.append(cost)
            times[kind, rate] = event, clock
            rows.append([f"{n} neurons, {k} synapses each, {kind}, {rate:g} Hz", f"{cost * 1e9:.0f} ns an event", f"{event:.3f} s", f"{clock:.3f} s", f"{clock / event:.1f}"])
            print(*rows[-1], sep="  ", flush=True)
        print(f"{kind}: cost of an event differs by {max(costs) / min(costs):.2f}", flush=True)
    for kind in ("delta", "exponential"):
        def text(seconds, kind=kind):
            return RECURRENT.format(n=10000, synapses=synapses(kind, 10000, 1000), seconds=seconds)
        cost = b.marginal(text, (0.2, 1), 1, "--set", "rate=1Hz")
        rows.append([f"10000 neurons, 1000 synapses each, {kind}, 1 Hz", f"{cost * 1e9:.0f} ns an event, {1e-6 / cost:.0f} million a second", "", "", ""])
        print(*rows[-1], sep="  ", flush=True)
    pending = {}
    for n, lengths in ((1000, (1, 9)), (1000000, (0.02, 0.05))):
        pending[n] = b.marginal(lambda s, n=n: PENDING.format(n=n, seconds=s), lengths, 2)
        rows.append([f"{n} pending spikes", f"{pending[n] * 1e9:.0f} ns a spike", "", "", ""])
        print(*rows[-1], sep="  ", flush=True)
    print(f"a million pending: {pending[1000000] / pending[1000]:.2f} times a thousand", flush=True)
    silent = [b.median(RECURRENT.format(n=100000, synapses=synapses("delta", 100000, 100), seconds=s), "event", "--set", "rate=0Hz")[0] for s in (1, 100000)]
    rows.append(["100000 silent neurons", f"1 s: {silent[0]:.3f} s, 100000 s: {silent[1]:.3f} s", "", "", ""])
    print(*rows[-1], sep="  ", flush=True)
    return rows, times


COLORS = {("event", "delta"): "#1b6ca8", ("event", "exponential"): "#d1495b", ("clock", "delta"): "#7fb2d9", ("clock", "exponential"): "#e8a0a8"}


def picture(times):
    """Time of a biological second against the mean rate, both axes logarithmic."""
    w, h, left, bottom, right, top = 560, 340, 70, 50, 150, 20
    rates = sorted({r for _, r in times})
    values = [t for pair in times.values() for t in pair]
    lo, hi = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))

    def x(r):
        return left + (math.log10(r) - math.log10(rates[0])) / (math.log10(rates[-1]) - math.log10(rates[0])) * (w - left - right)

    def y(t):
        return h - bottom - (math.log10(t) - lo) / (hi - lo) * (h - bottom - top)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {w} {h}" font-family="sans-serif" font-size="12"><rect width="{w}" height="{h}" fill="white"/>']
    for d in range(lo, hi + 1):
        out.append(f'<line x1="{left}" y1="{y(10.0**d):.1f}" x2="{w - right}" y2="{y(10.0**d):.1f}" stroke="#ddd"/><text x="{left - 8}" y="{y(10.0**d) + 4:.1f}" text-anchor="end">{10.0**d:g} s</text>')
    for r in rates:
        out.append(f'<text x="{x(r):.1f}" y="{h - bottom + 18}" text-anchor="middle">{r:g} Hz</text>')
    out.append(f'<text x="{(left + w - right) / 2}" y="{h - 10}" text-anchor="middle">mean rate</text>')
    for kind in ("delta", "exponential"):
        for i, engine in enumerate(("event", "clock")):
            pts = [(x(r), y(times[kind, r][i])) for r in rates]
            c = COLORS[engine, kind]
            out.append(f'<polyline fill="none" stroke="{c}" stroke-width="2" points="{" ".join(f"{a:.1f},{b:.1f}" for a, b in pts)}"/>')
            out += [f'<circle cx="{a:.1f}" cy="{b:.1f}" r="3" fill="{c}"/>' for a, b in pts]
            out.append(f'<text x="{w - right + 8}" y="{pts[-1][1] + (4 if engine == "event" else 16):.1f}" fill="{c}">{engine}, {kind}</text>')
    return "\n".join(out + ["</svg>\n"])


def write(rows, times):
    head = ["network", "event engine", "a second, events", "a second, clock", "ratio"]
    lines = ["| " + " | ".join(head) + " |", "| " + " | ".join("---" for _ in head) + " |"] + ["| " + " | ".join(r) + " |" for r in rows]
    path = os.path.join(ROOT, "docs/engines.md")
    with open(path) as f:
        before, rest = f.read().split("<!-- measured -->\n", 1)
    after = rest.split("<!-- end -->", 1)[1]
    with open(path, "w") as f:
        f.write(before + "<!-- measured -->\n" + "\n".join(lines) + "\n<!-- end -->" + after)
    with open(os.path.join(ROOT, "docs/img/engines.svg"), "w") as f:
        f.write(picture(times))


def main(argv):
    def value(name, default):
        return argv[argv.index(name) + 1] if name in argv else default
    rows, times = measure(Bench(value("--build", "build"), int(value("--rounds", "3")), value("--prefix", "")))
    if "--write" in argv:
        write(rows, times)


main(sys.argv[1:])
