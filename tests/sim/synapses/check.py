# SPDX-License-Identifier: MIT
"""One spike through each current synapse into a leaky neuron without threshold: V against the exact solution of the linear system (60
digits), also where time constants coincide or differ by 1e-9. Conductances against a fine integration by scipy."""
import numpy as np
from decimal import Decimal
from scipy.integrate import solve_ivp
from sim import exact, results

PROGRAM = """network Pair {{
    population S : SpikeSource[1]
    population P : LIF[1](V_th = 1000 mV)
    connect S -> P by one_to_one via {synapse} weight {weight}
}}
experiment response {{
    use Pair as net
    dt {dt} ms
    record net.P.V every {every} ms
    emit net.S[0] at [1 ms]
    run 41 ms
}}
"""
C, G, EL = Decimal(200), Decimal(10), -70.0


def number(x):
    return Decimal(repr(float(x)))


def peak_factor(rise, decay):
    """k such that the cascade's peak is 1: exp(r/exprel(log r)), r = rise/decay."""
    r = rise / decay
    log_r = r.ln()
    exprel = (r - 1) / log_r if log_r else Decimal(1)
    return (r / exprel).exp()


def system(kind, taus):
    """(A, x at the arrival) with x[0] = V - E_L; weight 100."""
    leak = -G / C
    if kind == "ExpCurrent":
        return [[leak, 1 / C], [0, -1 / taus[0]]], [0, 100]
    if kind == "AlphaCurrent":
        return [[leak, 1 / C, 0], [0, -1 / taus[0], Decimal(1).exp() / taus[0]], [0, 0, -1 / taus[0]]], [0, 0, 100]
    return [[leak, 1 / C, 0], [0, -1 / taus[1], peak_factor(*taus) / taus[0]], [0, 0, -1 / taus[0]]], [0, 0, 100]


def linear(env, kind, names, taus):
    shown = ", ".join(f"{n} = {t!r} ms" for n, t in zip(names, taus))
    name = f"{kind}({shown})"
    out = results.run(env, f"{kind}-{'-'.join(map(str, taus))}", PROGRAM.format(synapse=name, weight="100 pA", dt=0.1, every=0.1))
    if not out:
        return
    times, v = results.report(out, "P", "V")
    a, x = system(kind, [number(t) for t in taus])
    want = [float(s[0]) for s in exact.trajectory(a, x, "0.1", 400)]
    got = [v[k, 0] - EL for k in range(len(times)) if 10 < round(times[k] * 10) <= 410]
    worst = max(abs(g - w) for g, w in zip(got, want)) / max(want)
    env.check(name, len(got) >= 399 and worst < 2e-14 * 70 / max(want), f"largest error relative to the peak {worst:.2e}")


def conductance(env, name, slope, start, weight):
    """slope(V, s) -> derivatives of (V, s...); agreement at a small step."""
    out = results.run(env, name.split("(")[0], PROGRAM.format(synapse=name, weight=weight, dt=0.005, every=1))
    if not out:
        return
    times, v = results.report(out, "P", "V")
    r = solve_ivp(slope, (0, 40), [EL, *start], rtol=1e-10, atol=1e-12, t_eval=np.arange(1, 41) * 1.0)
    want = dict(zip(np.arange(2, 42), r.y[0]))
    worst = max(abs(v[k, 0] - want[round(t)]) for k, t in enumerate(times) if round(t) in want)
    span = r.y[0].max() - EL
    env.check(name, worst < 2e-3 * span, f"largest error {worst:.2e} mV of {span:.2f} mV")


def check(env):
    for tau in (5.0, 20.0, 20 * (1 + 1e-9), 20 * (1 - 1e-9), 2.0):
        linear(env, "ExpCurrent", ["tau"], [tau])
        linear(env, "AlphaCurrent", ["tau"], [tau])
    for taus in ((0.5, 5.0), (5.0, 5.0), (5.0, 5 * (1 + 1e-9)), (5.0, 20.0), (20.0, 20.0), (20.0, 20 * (1 - 1e-9)), (1.0, 8.0)):
        linear(env, "DoubleExpCurrent", ["tau_rise", "tau_decay"], taus)
    leak = lambda v: -10 * (v + 70)  # noqa: E731
    conductance(env, "ExpConductance(tau = 5 ms)", lambda t, s: [(leak(s[0]) + s[1] * -s[0]) / 200, -s[1] / 5], [10], "10 nS")
    conductance(env, "AlphaConductance(tau = 5 ms)", lambda t, s: [(leak(s[0]) + s[1] * -s[0]) / 200, (np.e * s[2] - s[1]) / 5, -s[2] / 5], [0, 10], "10 nS")
    k = float(peak_factor(Decimal(1), Decimal(8)))
    conductance(env, "DoubleExpConductance(tau_rise = 1 ms, tau_decay = 8 ms)", lambda t, s: [(leak(s[0]) + s[1] * -s[0]) / 200, k * s[2] - s[1] / 8, -s[2]], [0, 10], "10 nS")
    k = float(peak_factor(Decimal(2), Decimal(100)))
    block = lambda v: 1 / (1 + np.exp(-0.062 * v) / 3.57)  # noqa: E731
    conductance(env, "NMDA", lambda t, s: [(leak(s[0]) + s[1] * block(s[0]) * -s[0]) / 200, k * s[2] / 2 - s[1] / 100, -s[2] / 2], [0, 10], "10 nS")
    short_term(env)


def short_term(env):
    """Tsodyks and Markram: the heights of a train's responses against the recursion of the paper."""
    program = """network Pair {
    population S : SpikeSource[1]
    population P : Sum[1]
    connect S -> P by one_to_one via TsodyksMarkram(U = 0.2, tau_f = 600 ms, tau_d = 300 ms, tau = 1 ms) weight 100 pA
}
neuron Sum { input I : pA  state Q : pA*ms = 0 pA*ms  Q' = I  }
experiment train {
    use Pair as net
    dt 0.1 ms
    record net.P.Q every 25 ms
    emit net.S[0] at [1 ms, 26 ms, 51 ms, 76 ms, 101 ms, 126 ms]
    run 150 ms
}
"""
    out = results.run(env, "tsodyks", program)
    if not out:
        return
    times, q = results.report(out, "P", "Q")
    at = {round(t): v for t, v in zip(times, q[:, 0])}
    u, x, want = 0.0, 1.0, []
    for k in range(6):
        if k:
            u, x = u * np.exp(-25 / 600), 1 - (1 - x) * np.exp(-25 / 300)
        u += 0.2 * (1 - u)
        want.append(100 * u * x * (1 - np.exp(-24 / 1)))
        x -= u * x
    got = [at[25 * (k + 1)] - at[25 * k] for k in range(6)]
    env.check("TsodyksMarkram: heights of a train", np.allclose(got, want, rtol=1e-9), f"{got}\n{want}")
