# SPDX-License-Identifier: MIT
"""The library's neurons under constant current: times of the first spikes against scipy's integration with event detection (DOP853, 1e-10).
The clock engine finds spikes on the grid, so a spike may lie one step late; what is more is the method's error, which shrinks with the step."""
import numpy as np
from scipy.integrate import solve_ivp
from sim import results

PROGRAM = """network One {{ population P : {model} }}
experiment current {{
    use One as net
    dt {dt} ms
    record net.P.spikes
    drive net.P.I = {current}
    run {run} ms
}}
"""


def reference(slope, start, peak, reset, run, refractory=0.0):
    """Spike times of a system whose first variable spikes at `peak`; reset(state) gives the state after a spike, None: nothing is reset."""
    def crossing(t, s):
        return s[0] - peak
    crossing.terminal, crossing.direction = True, 1
    t, s, times = 0.0, np.array(start, float), []
    if reset is None:
        crossing.terminal = False
        return solve_ivp(slope, (0, run), s, method="DOP853", rtol=1e-10, atol=1e-10, events=crossing).t_events[0]
    while t < run:
        r = solve_ivp(slope, (t, run), s, method="DOP853", rtol=1e-10, atol=1e-10, events=crossing)
        if not len(r.t_events[0]):
            break
        t = r.t_events[0][0]
        times.append(t)
        s = reset(r.y_events[0][0])
        if refractory:                              # V is held, nothing else moves in these models
            t += refractory
    return np.array(times)


def qif(t, s):
    return [(0.04 * (s[0] + 65) * (s[0] + 50) + 0.1 * 300) / 10]


def eif(t, s):
    return [(-10 * (s[0] + 65) + 10 * 3.48 * np.exp((min(s[0], -30) + 59.9) / 3.48) + 150) / 100]


def adex(t, s):
    u = min(s[0], -20.0)
    return [(-30 * (s[0] + 70.6) + 30 * 2 * np.exp((u + 50.4) / 2) - s[1] + 800) / 281, (4 * (u + 70.6) - s[1]) / 144]


def izhikevich(t, s):
    return [0.04 * s[0] ** 2 + 5 * s[0] + 140 - s[1] + 10, 0.02 * (0.2 * s[0] - s[1])]


def traub(t, s):
    v, m, h, n = s
    u = v + 63
    frac = lambda x, k: k * (1 - x / k / 2) if abs(x) < 1e-7 else x / np.expm1(x / k)  # noqa: E731
    am, bm = 0.32 * frac(13 - u, 4), 0.28 * frac(u - 40, 5)
    ah, bh = 0.128 * np.exp((17 - u) / 18), 4 / (1 + np.exp((40 - u) / 5))
    an, bn = 0.032 * frac(15 - u, 5), 0.5 * np.exp((10 - u) / 40)
    current = 300 - 10 * (v + 60) - 20000 * m**3 * h * (v - 50) - 6000 * n**4 * (v + 90)
    return [current / 200, am * (1 - m) - bm * m, ah * (1 - h) - bh * h, an * (1 - n) - bn * n]


CASES = [
    ("QIF", "300 pA", 200, 0.01, qif, [-65], 30, lambda s: [-75], 0),
    ("EIF", "150 pA", 300, 0.01, eif, [-65], -30, lambda s: [-68], 1.7),
    ("AdEx(V_peak = -20 mV)", "800 pA", 300, 0.005, adex, [-70.6, 0], -20, lambda s: [-70.6, s[1] + 80.5], 0),
    ("Izhikevich", "10 mV/ms", 300, 0.01, izhikevich, [-65, -13], 30, lambda s: [-65, s[1] + 8], 0),
    ("TraubMiles", "300 pA", 100, 0.005, traub, [-60, 0.0268671, 0.9913095, 0.0604345], -20, None, 0),
]


def one(env, case):
    model, current, run, dt, slope, start, peak, reset, refractory = case
    out = results.run(env, model.split("(")[0], PROGRAM.format(model=model.replace("(", "[1](") if "(" in model else model + "[1]", current=current, run=run, dt=dt))
    if not out:
        return
    times, _ = results.spikes(out, "P")
    want = reference(slope, start, peak, reset, run, refractory)[:8]
    n = min(len(times), len(want))
    late = times[:n] - want[:n]
    # The grid adds at most a step to every interval, and so k steps by the k-th spike.
    good = n >= 3 and len(times) >= len(want) and all(-0.02 * (k + 1) - 2e-3 * want[k] < late[k] < (k + 1) * (dt + 2e-3) + 6e-3 * want[k] for k in range(n))
    env.check(f"{model}: spike times", good, f"here {times[:n]}\nscipy {want}\ndifference {late}")


def check(env):
    for case in CASES:
        one(env, case)
    kernels(env)
    discrete(env)


def kernels(env):
    """SRM0: the sum of kernels over arrivals, below threshold, against the formula."""
    out = results.run(env, "srm", """network One { population S : SpikeSource[1], P : SRM0[1]
    connect S -> P by one_to_one weight 6 mV into arrivals }
experiment e { use One as net  dt 0.1 ms  record net.P.V every 0.1 ms  emit net.S[0] at [2 ms, 5 ms, 9 ms]  run 40 ms }
""")
    if not out:
        return
    times, v = results.report(out, "P", "V")
    times, v = times[1:], v[1:]                     # the first sample lies before the first step
    eps = lambda s: np.where(s > 0, s / 5 * np.exp(1 - s / 5), 0)  # noqa: E731
    want = -70 + 6 * sum(eps(times - a) for a in (2, 5, 9))
    shift = [np.abs(v[:, 0] - (-70 + 6 * sum(eps(times - a - d) for a in (2, 5, 9)))).max() for d in (0, 0.1, -0.1)]
    env.check("SRM0: sum of kernels", min(shift) < 1e-9 and np.argmin(shift) == 0, f"largest difference {np.abs(v[:, 0] - want).max()}; shifted by one step {shift[1:]}")


def discrete(env):
    """DiscreteLIF against its recursion."""
    out = results.run(env, "discrete", """network One { population P : DiscreteLIF[1] }
experiment e { use One as net  dt 1 ms  record net.P.V every 1 ms  record net.P.spikes  drive net.P.I = 0.23  run 60 ms }
""")
    if not out:
        return
    times, v = results.report(out, "P", "V")
    state, spiked, want, stamps = 0.0, 0, [0.0], []
    for k in range(60):
        state = 0.9 * state + 0.23 - spiked
        spiked = int(state > 1)
        stamps += [k + 1] * spiked
        want.append(state)
    got = dict(zip(np.round(times).astype(int), v[:, 0]))
    spikes, _ = results.spikes(out, "P")
    good = all(abs(got[k] - want[k]) < 1e-12 for k in got if k <= 60) and list(np.round(spikes).astype(int)) == stamps
    env.check("DiscreteLIF: recursion", good, f"{list(spikes)[:6]} instead of {stamps[:6]}")
