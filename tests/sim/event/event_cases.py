# SPDX-License-Identifier: MIT
"""Independent cases for the event engine (a neuron each, 250 ms): leaky neurons with delta, exponential and alpha currents, random inputs from four sources each (two of
them inhibitory), some with a drive above or below threshold; and grazing cases, single inputs whose peak lies 1e-12 to 1e-6 of
the threshold's distance above or below it. All times are multiples of 2^-16 ms, dt is 1/8 ms: numbers that both sides have exactly.

and a few neurons for 30 s, so that a thousand spikes follow one another, each from where the one before left it.

    tests/sim/event/make_reference.py  computes the spikes at 50 digits (mpmath) -> reference.npz, long.npz
    tests/sim/event/check.py           runs the program below on events and compares
"""
import math
import random

C, G_L, E_L, V_TH, V_R, T_REF = 200.0, 10.0, -70.0, -50.0, -60.0, 2.0
DT, UNIT = 0.125, 2.0**-16
DRIVEN, END = 300.0, 3072.0                 # the drives end; the run ends
DELAYS = [0.0, 0.3125, 1.5, 2.0 + 2**-9]
# name, synapse, its time constant, membrane time constant, neurons, weights of the four sources, duration in ms
RANDOM = [
    ("D", "delta", 0, 20.0, 480, [2.5, 4.0, -2.0, 1.0], 250),
    ("E5", "exp", 5.0, 20.0, 288, [110.0, 180.0, -90.0, 60.0], 250),
    ("E10", "exp", 10.0, 20.0, 192, [70.0, 110.0, -60.0, 40.0], 250),
    ("E20", "exp", 20.0, 20.0, 192, [45.0, 70.0, -35.0, 25.0], 250),
    ("E21", "exp", 20.25, 20.0, 192, [45.0, 70.0, -35.0, 25.0], 250),
    ("E40", "exp", 40.0, 20.0, 144, [25.0, 45.0, -20.0, 15.0], 250),
    ("A5", "alpha", 5.0, 20.0, 240, [50.0, 85.0, -40.0, 30.0], 250),
    ("A20", "alpha", 20.0, 20.0, 144, [15.0, 25.0, -12.0, 9.0], 250),
    ("A30", "alpha", 30.0, 20.0, 144, [11.0, 18.0, -9.0, 6.0], 250),
]
LONG, LONG_END = [("L" + name, synapse, tau, tau_m, 4, weights, 30000) for name, synapse, tau, tau_m, _, weights, _ in RANDOM if name in ("D", "E5", "E10", "E20", "A5")], 30720.0
GRAZING = [("GD", "delta", 0, 20.0), ("GE", "exp", 5.0, 20.0), ("GE20", "exp", 20.0, 20.0), ("GA", "alpha", 5.0, 20.0), ("GA20", "alpha", 20.0, 20.0)]
GRAZES = [s * 10.0**k for k in range(-12, -5) for s in (1, -1)]
GRAZE_AT = [16.0 + 1024.0 * k for k in range(3)]


def drive(i):
    """pA: below threshold, far below, above."""
    return [150.0, 0.0, 220.0, 190.0][i % 4]


def inputs(name, n, duration):
    """For each of the four sources: (time in units of UNIT, neuron), ascending."""
    r = random.Random(name)
    out = []
    for source in range(4):
        rate = [0.05, 0.02, 0.05, 0.1][source]
        events = []
        for i in range(n):
            t = 0.0
            while True:
                t += r.expovariate(rate)
                if t >= duration:
                    break
                events.append((math.floor(t / UNIT) | 1, i))
        out.append(sorted(events))
    return out


def peak(synapse, tau, tau_m):
    """Largest V - E_L in mV after a unit weight, in doubles: only sets the weights of grazing cases."""
    if synapse == "delta":
        return 1.0
    if synapse == "exp":
        if tau == tau_m:
            return tau_m / C * math.exp(-1)
        a, b = 1 / tau, 1 / tau_m
        t = math.log(a / b) / (a - b)
        return (math.exp(-b * t) - math.exp(-a * t)) / (C * (a - b))
    best, t = 0.0, 0.0                      # the alpha function: climbed by halving steps, from the closed form of V
    a, b = 1 / tau, 1 / tau_m

    def v(t):
        if a == b:
            return math.e / (tau * C) * t * t / 2 * math.exp(-a * t)
        k = b - a
        return math.e / (tau * C) * (math.exp(-a * t) * (t / k - 1 / k**2) + math.exp(-b * t) / k**2)
    lo, hi = 0.0, 20 * max(tau, tau_m)
    for _ in range(200):
        p, q = lo + (hi - lo) / 3, hi - (hi - lo) / 3
        if v(p) < v(q):
            lo = p
        else:
            hi = q
    best = v((lo + hi) / 2)
    return best


def graze_weight(synapse, tau, tau_m, i):
    return (V_TH - E_L) * (1 + GRAZES[i]) / peak(synapse, tau, tau_m)


SYNAPSE = {"delta": "Delta", "exp": "ExpCurrent", "alpha": "AlphaCurrent"}


def program(random=RANDOM, grazing=GRAZING, driven=DRIVEN, end=END):
    """The .snn text and the files of input spikes by name."""
    net, setup, files = [], [], {}
    for name, synapse, tau, tau_m, n, weights, duration in random:
        unit = "mV" if synapse == "delta" else "pA"
        args = f"(tau = {tau!r} ms)" if tau else ""
        net.append(f"    population {name} : LIF[{n}](C = {C!r} pF, g_L = {C / tau_m!r} nS)")
        for k, events in enumerate(inputs(name, n, duration)):
            net.append(f"    population S{name}_{k} : SpikeSource[{n}]")
            net.append(f"    connect S{name}_{k} -> {name} by one_to_one via {SYNAPSE[synapse]}{args} weight {weights[k]!r} {unit} delay {DELAYS[k]!r} ms")
            files[f"{name}_{k}.csv"] = "time_ms,index\n" + "".join(f"{t * UNIT!r},{i}\n" for t, i in events)
            setup.append(f'    emit net.S{name}_{k} from "{name}_{k}.csv"')
        level = " else ".join(f"if index % 4 == {k} then {drive(k)!r} pA" for k in range(4)) + " else 0 pA"
        setup.append(f"    drive net.{name}.I = {level} for {driven!r} ms")
        setup.append(f"    record net.{name}.spikes")
    for name, synapse, tau, tau_m in grazing:
        n = len(GRAZES)
        unit = "mV" if synapse == "delta" else "pA"
        args = f"(tau = {tau!r} ms)" if tau else ""
        w = ", ".join(f"{graze_weight(synapse, tau, tau_m, i)!r} {unit}" for i in range(n))
        net.append(f"    const W{name} : {unit}[{n}] = [{w}]")
        net.append(f"    population {name} : LIF[{n}](C = {C!r} pF, g_L = {C / tau_m!r} nS), S{name} : SpikeSource[{n}]")
        net.append(f"    connect S{name} -> {name} by one_to_one via {SYNAPSE[synapse]}{args} weight W{name}")
        setup.append(f"    emit net.S{name} at [{', '.join(f'{t!r} ms' for t in GRAZE_AT)}]")
        setup.append(f"    record net.{name}.spikes")
    text = "import neuron.LIF\nimport source.SpikeSource\nimport synapse\n\nnetwork N {\n" + "\n".join(net) + "\n}\n\n"
    text += f"experiment e {{\n    use N as net\n    engine event\n    dt {DT!r} ms\n" + "\n".join(setup) + f"\n    run {end!r} ms\n}}\n"
    return text, files


def long_program():
    return program(LONG, [], LONG_END, LONG_END)
