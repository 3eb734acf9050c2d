# SPDX-License-Identifier: MIT
"""The leaky neuron under constant current: V on the grid against the closed form (1e-13), spikes stamped at the first grid time at or
after the exact crossing, refractory periods exact in steps. Also the perfect integrator: its spike count is exact."""
import math
import numpy as np
from sim import results

PROGRAM = """network One {{ population P : LIF[1](C = {C} pF, t_ref = {ref} ms) }}
experiment closed {{
    use One as net
    dt {dt} ms
    record net.P.spikes
    record net.P.V every {dt} ms
    drive net.P.I = {I} pA
    run 300 ms
}}
"""


def expected(C, I, dt, ref, steps):
    """V after every step and the steps of the spikes, each stretch from its start by the closed form."""
    tau, end, hold = C / 10, -70 + I / 10, round(ref / dt)
    v, stamps, start, k0 = np.empty(steps + 1), [], -70.0, 0
    for k in range(steps + 1):
        if k <= k0:
            v[k] = start
            continue
        v[k] = end + (start - end) * math.exp(-(k - k0) * dt / tau)
        if v[k] >= -50:
            crossing = k0 * dt + tau * math.log((start - end) / (-50 - end))
            assert (k - 1) * dt < crossing + 1e-9 and crossing <= k * dt + 1e-9
            stamps.append(k)
            v[k], start, k0 = -60, -60.0, k + hold
    return v, stamps


def leaky(env, C, I, dt, ref):
    name = f"lif C={C} I={I} dt={dt} t_ref={ref}"
    out = results.run(env, f"lif-{C}-{I}-{dt}-{ref}", PROGRAM.format(C=C, I=I, dt=dt, ref=ref))
    if not out:
        return
    steps = round(300 / dt)
    v, stamps = expected(C, I, dt, ref, steps)
    times, data = results.report(out, "P", "V")
    at = np.round(times / dt).astype(int)
    good = at <= steps
    error = np.abs(data[good, 0] / v[at[good]] - 1).max()
    env.check(f"{name}: V", len(times) >= steps and error < 1e-13, f"largest relative error {error:.2e}, {len(times)} samples")
    t, _ = results.spikes(out, "P")
    env.check(f"{name}: spikes", list(np.round(t / dt).astype(int)) == stamps, f"{list(t)[:5]} instead of {[k * dt for k in stamps][:5]}")


def perfect(env):
    out = results.run(env, "pif", PROGRAM.replace("LIF[1](C = {C} pF, t_ref = {ref} ms)", "PIF[1]").format(dt=0.125, I=160))
    if out:
        t, _ = results.spikes(out, "P")          # 160 pA / 200 pF = 0.8 mV/ms: 10 mV in 12.5 ms, exact in binary up to 0.8
        env.check("pif: regular spikes", len(t) == 24 and np.abs(np.diff(t) - 12.5).max() < 0.126, f"{len(t)} spikes: {t[:4]}")


def check(env):
    for case in ((200, 300, 0.1, 2), (200, 300, 0.05, 2), (137, 251.7, 0.1, 0.7), (200, 1500, 0.1, 0), (100, 205, 1.0, 3)):
        leaky(env, *case)
    perfect(env)
