# SPDX-License-Identifier: MIT
"""Spike rules on events against closed forms: times of timed rules, of conditions beside levels, of several rules in one neuron, to 64 units in the last place;
what moves, withdraws or swallows a spike that was to come; and the same bits for any number of threads, run and build."""
import math
import os
import subprocess
import tempfile

import h5py
import numpy as np

ULPS = 64 * 2.0**-52

RULES = """import source
import synapse
encoder Twice {
    param a = 3.217 ms, b = 7.1 ms
    input x in 0..1
    spike once at a*x when x > 0
    spike late at b*x + k*0.313 ms for k in 0:3 when k != 1
}
encoder Moved {
    input x in 0..1
    spike once at 20 ms*x
}
encoder Rests {
    param t_ref = 1.15 ms
    input x in 0..1
    spike at k*0.5 ms for k in 0:8 when x > 0 { refractory t_ref }
}
neuron Gate {
    param tau = 10 ms
    input I
    input event open
    state V = 0, closed = 1
    V' = (I - V)/tau
    on open(w) { closed -= w }
    spike when V >= 1 and closed == 0 { V = 0; closed = 1 }
}
neuron Two {
    param tau = 10 ms
    input I
    state V = 0
    V' = (I - V)/tau
    spike up when V > 1 { V -= 0.5 }
    spike down when V < -1 { V += 0.5 }
}
neuron Ties {
    param tau = 10 ms
    input I
    state V = 0, first = 0
    V' = (I - V)/tau
    spike early when V >= 1 and first == 0 { first = 1 }
    spike late when V >= 1 and first == 1 { V = 0; first = 0; refractory 1.25 ms hold V }
}
network N {
    population A : Twice[3], M : Moved[2], R : Rests, G : Gate, S : SpikeSource, W : Two[2], T : Ties
    connect S -> G by one_to_one weight 1 into open delay 0.07 ms
}
experiment e {
    use N as net
    engine event
    record net.A.spikes, net.A.late, net.M.spikes, net.R.spikes, net.G.spikes, net.W.spikes, net.W.down, net.T.spikes, net.T.late
    drive net.G.I = 2
    drive net.W[0].I = 3
    drive net.W[1].I = -3
    drive net.T.I = 2.5
    emit net.S at [1.3 ms, 20.4 ms]
    run 0.3 ms
    present [0.7, 1, 0] to net.A for 10 ms
    present 0.99 to net.A for 7 ms                         // ends before the second and third of `late`
    present [0.25, 0.5] to net.M for 4 ms
    drive net.M[0].x = 0.5 for 15 ms                       // later: nothing presented, 10 ms
    drive net.M[1].x = 0.1 for 15 ms                       // 2 ms are over: none
    run 16 ms
    present 1 to net.R for 5 ms
    run 20 ms
}
"""

SHARED = """import encoder
import decoder
import neuron.LIF
import synapse
network N {
    population L : Latency[300], B : Burst[300], P : PhaseBits[300], S : StepForward[50], V : LIF[200], D : BurstValue[300]
    connect (L, B, P) -> V by pairwise_bernoulli(0.2) via ExpCurrent weight 90 pA delay 0.37 ms
    connect S.down -> V by all_to_all via ExpCurrent weight -20 pA delay 0.2 ms
    connect B -> D by one_to_one delay 0.13 ms
}
experiment e {
    use N as net
    engine event
    record net.L.spikes, net.B.spikes, net.P.spikes, net.V.spikes, net.S.up, net.S.down
    record net.D.x every 5 ms
    drive net.S.x = 0.9*sin(2*pi*50 Hz*t + index)
    let x = linspace(0, 1, 300)
    for k in 0:4 {
        present x^(1 + k) to net.L for 7.3 ms
        present x^(1 + k) to net.B for 20 ms
        present x^(1 + k) to net.P for 4 ms
    }
    print sum = sum(values(net.D.x))
}
"""


def check(env):
    rules(env)
    same_bits(env)


def run(env, tmp, text, *options):
    path, out = os.path.join(tmp, "p.snn"), os.path.join(tmp, "out" + "".join(options))
    with open(path, "w") as f:
        f.write(text)
    subprocess.run([os.path.join(env.build, "bin/snnc"), "run", "-q", *options, "-o", out, path], check=True, stdout=subprocess.DEVNULL)
    return out


def trains(out):
    with h5py.File(os.path.join(out, "spikes.h5")) as f:
        return {name: (g["node_ids"][:], g["steps"][:] * 0.1 + g["offsets"][:]) for name, g in f["spikes"].items()}


def same(env, name, got, want):
    got, want = sorted(got), sorted(want)
    worst = max((abs(a - b) / max(b, 1) for a, b in zip(got, want)), default=0)
    env.passed() if len(got) == len(want) and worst <= ULPS else env.failed(f"event rules: {name}", f"{got}, not {want}")


def climb(level, begin, end, tau=10.0):
    return tau * math.log((end - begin) / (end - level))


def train_of(start, first, interval, end):
    t, times = start + first, []
    while t < end:
        times.append(t)
        t += interval
    return times


def rules(env):
    with tempfile.TemporaryDirectory() as tmp:
        found = trains(run(env, tmp, RULES))

    def of(port, i=0):
        ids, t = found[port]
        return list(t[ids == i])
    begin, again, end = 0.3, 10.3, 62.3
    for i, x in enumerate((0.7, 1.0)):
        same(env, f"once, {x}", of("A", i), [begin + 3.217 * x, again + 3.217 * 0.99])
        same(env, f"several, {x}", of("A.late", i), [begin + 7.1 * x, begin + 7.1 * x + 0.626])
    same(env, "once, silent at 0", of("A", 2), [again + 3.217 * 0.99])
    presented = 17.3                                         # M: 5 and 10 ms were to come; 4 ms later drives of 10 and 2 ms, and at their end T = 0, which is over
    same(env, "moved by a drive", of("M", 0), [presented + 10])
    same(env, "over before it came", of("M", 1), [])
    shown = 37.3
    same(env, "swallowed in a refractory time", of("R"), [shown, shown + 1.5, shown + 3])
    same(env, "a condition that opens", of("G"), [climb(1, 0, 2), 20.47])
    for i, port in enumerate(("W", "W.down")):
        same(env, port, of(port, i), train_of(0, climb(1, 0, 3), climb(1, 0.5, 3), end))
        same(env, port + ", the other", of(port, 1 - i), [])
    both = train_of(0, climb(1, 0, 2.5), climb(1, 0, 2.5) + 1.25, end)
    same(env, "the earlier rule", of("T"), both)
    same(env, "the later rule", of("T.late"), both)


def everything(out):
    with h5py.File(os.path.join(out, "spikes.h5")) as f:
        spikes = {name: [g[k][:].tobytes() for k in ("node_ids", "steps", "offsets")] for name, g in f["spikes"].items()}
    with open(os.path.join(out, "summary.json")) as f:
        text = f.read()
    return spikes, text[text.index('"sum"'):][:60]


def same_bits(env):
    with tempfile.TemporaryDirectory() as tmp:
        one = everything(run(env, tmp, SHARED))
        enough = sum(len(v[0]) for v in one[0].values()) > 8 * 10000
        for threads in ("2", "3"):
            other = everything(run(env, tmp, SHARED, "-j", threads))
            env.passed() if enough and one == other else env.failed(f"event rules: {threads} threads", "they give other bits than one")
        subprocess.run([os.path.join(env.build, "bin/snnc"), "build", "-o", os.path.join(tmp, "p"), os.path.join(tmp, "p.snn")], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        subprocess.run([os.path.join(tmp, "p"), "-q", "-j", "2", "-o", os.path.join(tmp, "built")], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        env.passed() if everything(os.path.join(tmp, "built")) == one else env.failed("event rules: build", "a built program gives other bits than run")
