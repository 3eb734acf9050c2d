# SPDX-License-Identifier: MIT
"""The twenty panels of examples/izhikevich20: each spikes when the algorithm of the figure's program does (written here anew from its equations),
and shows the behaviour that it is named for. Parameters: E. Izhikevich, IEEE Trans. Neural Netw. 15 (2004), figure 1 and the program that draws it."""
import os
import numpy as np
from sim import results

FILE = "examples/izhikevich20/izhikevich20.snn"


def pulse(value, *spans, base=0.0):
    return lambda t: value if any(a < t < b for a, b in spans) else base


# name: a, b, c, d, V(0), step, duration, current, and what differs from 5, 140, u - V_u = 0, leak 1, u(0) = b V(0)
PANELS = {
    "tonic_spiking": (.02, .2, -65, 6, -70, .25, 100, lambda t: 14 * (t > 10)),
    "phasic_spiking": (.02, .25, -65, 6, -64, .25, 200, lambda t: 0.5 * (t > 20)),
    "tonic_bursting": (.02, .2, -50, 2, -70, .25, 220, lambda t: 15 * (t > 22)),
    "phasic_bursting": (.02, .25, -55, .05, -64, .2, 200, lambda t: 0.6 * (t > 20.1)),
    "mixed_mode": (.02, .2, -55, 4, -70, .25, 160, lambda t: 10 * (t > 16)),
    "adaptation": (.01, .2, -65, 8, -70, .25, 85, lambda t: 30 * (t > 8.5)),
    "class_1": (.02, -.1, -55, 6, -60, .25, 300, lambda t: 0.075 * (t - 30) * (t > 30), dict(p1=4.1, p0=108)),
    "class_2": (.2, .26, -65, 0, -64, .25, 300, lambda t: -0.5 + 0.015 * (t - 30) * (t > 30)),
    "latency": (.02, .2, -65, 6, -70, .2, 100, pulse(7.04, (10.1, 12.9))),
    "oscillations": (.05, .26, -60, 0, -62, .25, 200, pulse(2, (20, 25))),
    "resonator": (.1, .26, -60, -1, -62, .25, 400, pulse(.65, (40, 44), (60, 64), (280, 284), (320, 324))),
    "integrator": (.02, -.1, -55, 6, -60, .25, 100, pulse(9, (100 / 11, 100 / 11 + 2), (100 / 11 + 5, 100 / 11 + 7), (70, 72), (80, 82)), dict(p1=4.1, p0=108)),
    "rebound_spike": (.03, .25, -60, 4, -64, .2, 200, pulse(-15, (20.1, 24.9))),
    "rebound_burst": (.03, .25, -52, 0, -64, .2, 200, pulse(-15, (20.1, 24.9))),
    "threshold_variability": (.03, .25, -60, 4, -64, .25, 100, lambda t: 1 if 10 < t < 15 or 80 < t < 85 else -6 if 70 < t < 75 else 0),
    "bistability": (.1, .26, -60, 0, -61, .25, 300, pulse(1.24, (37.5, 42.5), (216, 221), base=.24)),
    "afterpotential": (1, .2, -60, -21, -70, .1, 50, lambda t: 20 if abs(t - 10) < .99 else 0),
    "accommodation": (.02, 1, -55, 4, -65, .5, 400, lambda t: t / 25 if t < 200 else 0 if t < 300 else (t - 300) / 12.5 * 4 if t < 312.5 else 0, dict(vu=-65, leak=0, u=-16)),
    "inhibition_spiking": (-.02, -1, -60, 8, -63.8, .5, 350, lambda t: 80 if t < 50 or t > 250 else 75),
    "inhibition_bursting": (-.026, -1, -45, -2, -63.8, .5, 350, lambda t: 80 if t < 50 or t > 250 else 75),
}


def reference(a, b, c, d, v, step, duration, current, other=None):
    """(spike times, V after each step and before its reset)"""
    other = other or {}
    p1, p0, vu, leak = other.get("p1", 5), other.get("p0", 140), other.get("vu", 0), other.get("leak", 1)
    u, times, trace = other.get("u", b * v), [], []
    for k in range(round(duration / step)):
        v += step * (0.04 * v * v + p1 * v + p0 - u + current(k * step))
        u += step * a * (b * (v - vu) - leak * u)
        trace.append(min(v, 30))
        if v > 30:
            times.append((k + 1) * step)
            v, u = c, u + d
    return np.array(times), np.array(trace)


def turns(x):
    return int(np.count_nonzero(np.diff(np.sign(np.diff(x)))))


def falls(x, by):
    return x[-1] < by * x[0] and np.all(np.diff(x) < 1e-9)


def behaviour(name, t, v, step):
    """Does the train t (ms) and the membrane v show what the panel is named for?"""
    isi = np.diff(t)
    at = lambda ms: int(round(ms / step))  # noqa: E731
    bursts = 1 + int(np.count_nonzero(isi > 15)) if len(t) else 0
    inside = bool(len(t)) and t[0] > 50 and t[-1] < 290
    return {
        "tonic_spiking": lambda: len(t) >= 4 and np.ptp(isi[-2:]) <= 2 * step,
        "phasic_spiking": lambda: len(t) == 1,
        "tonic_bursting": lambda: bursts >= 3 and len(t) > 3 * bursts,
        "phasic_bursting": lambda: bursts == 1 and len(t) > 3,
        "mixed_mode": lambda: isi[0] < 6 and isi[1] < 6 and isi[-1] > 25,
        "adaptation": lambda: np.all(np.diff(isi[:4]) > 0) and isi[-1] > 5 * isi[0],
        "class_1": lambda: len(t) > 5 and falls(isi, 0.4),                       # begins slowly, and quickens continuously
        "class_2": lambda: len(t) > 5 and isi[0] < 25 and isi[-1] > 0.5 * isi[0],  # begins at a rate that then hardly changes
        "latency": lambda: len(t) == 1 and t[0] - 13 > 10,
        "oscillations": lambda: len(t) == 1 and turns(v[at(35):]) >= 4,
        "resonator": lambda: len(t) == 1 and 320 < t[0] < 345,
        "integrator": lambda: len(t) == 1 and 14 < t[0] < 25,
        "rebound_spike": lambda: len(t) == 1 and t[0] > 25,
        "rebound_burst": lambda: bursts == 1 and len(t) >= 4 and t[0] > 25,
        "threshold_variability": lambda: len(t) == 1 and t[0] > 80,
        "bistability": lambda: len(t) >= 4 and 37.5 < t[0] and t[-1] < 216 and np.ptp(isi) <= 2 * step,
        "afterpotential": lambda: len(t) == 1 and v[at(t[0] + 1):at(t[0] + 8)].max() > -55 and v[-1] < -65,
        "accommodation": lambda: len(t) == 1 and 300 < t[0] < 315,
        "inhibition_spiking": lambda: inside and len(t) >= 3 and bursts == len(t),
        "inhibition_bursting": lambda: inside and bursts >= 2 and len(t) >= 3 * bursts,
    }[name]()


def check(env):
    def one(name):
        out = os.path.join(env.folder("behaviour-" + name), "out")
        code, text, err, s = env.simulate(FILE, "--experiment", name, out=out)
        if not env.check(f"{name}: runs", code == 0 and s and s.get("complete"), text + err):
            return
        t, _ = results.spikes(out, "P")
        want, trace = reference(*PANELS[name])
        good = len(t) == len(want) and np.abs(t - want).max(initial=0) < 1e-6
        env.check(f"{name}: spikes of the figure's algorithm", good, f"{len(t)} spikes {t[:6]} instead of {len(want)} {want[:6]}")
        _, v = results.report(out, "P", "trace")
        n = min(len(v), len(trace))
        env.check(f"{name}: the behaviour", n > len(trace) - 3 and bool(behaviour(name, t, trace, PANELS[name][5])), f"spikes {t}")
        # Close orbits part by rounding; before the first spike they have not.
        quiet = round((want[0] if len(want) else 20) / PANELS[name][5]) - 4
        off = len(trace) - n
        env.check(f"{name}: membrane", np.abs(v[1:quiet, 0] - trace[off + 1:quiet + off]).max() < 1e-6 or np.abs(v[1:quiet, 0] - trace[off:quiet - 1 + off]).max() < 1e-6, "V differs before the first spike")
    env.each(sorted(PANELS), one)
