# SPDX-License-Identifier: MIT
"""Weights after a run with pair STDP against a sequential replay of the recorded spikes in double precision: equal delays (traces per
source), delays that differ, and a target that is a part of a population."""
import math
import os
import numpy as np
from sim import results

PROGRAM = """network Plastic {{
    population In : PoissonSource[40](rate = 40 Hz)
    population P : LIF[10]
    connect In -> P by all_to_all via ExpCurrent weight 20 pA + 1 pA*((7*pre.index + 13*post.index) % 11) delay {delay} plastic STDP(w_max = 40 pA)
}}
experiment learn {{
    use Plastic as net
    dt 0.1 ms
    record net.In.spikes, net.P.spikes
    drive net.P.I = 150 pA
    run 2 s
    save weights "weights.npy"
}}
"""


def replay(pre, post, w):
    """Events of one synapse in order, pre before post at equal times; times in steps."""
    x = y = 0.0
    last, events = 0, sorted([(s, 0) for s in pre] + [(s, 1) for s in post])
    for step, kind in events:
        f = math.exp(-(step - last) * 0.1 / 20)
        x, y, last = x * f, y * f, step
        if kind == 0:
            x += 1
            w = max(w - 0.0105 * 40 * y, 0)
        else:
            y += 1
            w = min(w + 0.01 * 40 * x, 40)
    return w


def one(env, name, delay, steps):
    out = results.run(env, f"stdp-{name}", PROGRAM.format(delay=delay))
    if not out:
        return
    found = [os.path.join(base, f) for base, _, fs in os.walk(os.path.dirname(out)) for f in fs if f == "weights.npy"]
    if not env.check(f"stdp {name}: weights are saved", bool(found), os.listdir(out)):
        return
    weights = np.load(found[0]).reshape(-1)
    (tp, ip), (tq, iq) = results.spikes(out, "In"), results.spikes(out, "P")
    sp, sq = np.round(tp * 10).astype(int), np.round(tq * 10).astype(int)
    # A spike stamped at the end or whose arrival lies at or beyond the end of the run has not acted yet.
    pre = {i: [s for s in sp[ip == i]] for i in range(40)}
    post = {j: [s for s in sq[iq == j] if s < 20000] for j in range(10)}
    order = sorted(range(400), key=lambda k: (k // 10, steps(k // 10, k % 10), k % 10))
    want = [replay([s + steps(k // 10, k % 10) for s in pre[k // 10] if s + steps(k // 10, k % 10) < 20000], post[k % 10], 20 + (7 * (k // 10) + 13 * (k % 10)) % 11) for k in order]
    good = len(weights) == 400 and np.abs(weights - want).max() < 1e-10 and len(tq) > 100
    env.check(f"stdp {name}: weights", good, f"{len(weights)} weights, largest difference {np.abs(weights[:400] - want).max() if len(weights) == 400 else '-'}, {len(tq)} spikes")


def check(env):
    one(env, "equal delays", "1 ms", lambda i, j: 10)
    one(env, "no delay", "0 ms", lambda i, j: 0)
    one(env, "different delays", "1 ms + 0.1 ms*((3*pre.index + post.index) % 20)", lambda i, j: 10 + (3 * i + j) % 20)
