# SPDX-License-Identifier: MIT
"""Independent cases for the closed forms beyond leaky neurons: two states that read each other (real, nearly equal and complex rates), resonators with edges, quadratic
slopes, and time constants of each neuron. Random inputs at multiples of 2^-16 ms, dt 1/8 ms; and single inputs whose peak lies 1e-12 to 1e-6 of the threshold above or below it.

    tests/sim/event/make_forms.py  computes the spikes at 50 digits (mpmath) -> forms.npz, with the weights of the grazing inputs
    tests/sim/event/check.py       runs the program below on events and compares
"""
import math
import random

DT, UNIT, END = 0.125, 2.0**-16, 400.0
GRAZES = [s * 10.0**k for k in range(-12, -5) for s in (1, -1)]
GRAZE_AT = 16.0
SOURCES = 3

MODELS = """
neuron Adapting {
    param a = 4 nS, tau_w = 144 ms, b = 30 pA
    input I : pA
    state V = -70 mV, w : pA = 0, s : pA = 0
    V' = (-10 nS*(V + 70 mV) - w + s + I)/200 pF
    w' = (a*(V + 70 mV) - w)/tau_w
    s' = -s/(5 ms)
    spike when V >= -50 mV {
        V = -60 mV
        w += b
        refractory 2 ms hold V
    }
}
neuron Swinging {
    param damping = 0.1 ms^-1, omega = 1 ms^-1
    input I : 1/ms
    state x = 0, y = 0, s : 1/ms = 0
    x' = -damping*x - omega*y + s + I
    y' = omega*x - damping*y
    s' = -s/(3 ms)
    spike when y crosses 1 rising {
        x = 0
        y = 1
    }
}
neuron Onset {
    input I : pA
    state V = -65 mV
    V' = (0.04 mV^-1*(V + 65 mV)*(V + 50 mV) + 0.1 GOhm*I)/(10 ms)
    spike when V >= 30 mV { V = -75 mV }
}
neuron Own {
    param tau = 10 ms
    input I : mV
    state V = 0 mV, s : mV = 0 mV
    V' = (-V + s + I)/tau
    s' = -s/(5 ms)
    spike when V >= 15 mV { V = 5 mV }
}
synapse IntoS { weight w : pA  on pre { post.s += w } }
synapse IntoV { weight w : mV  on pre { post.V += w } }
synapse IntoRate { weight w : 1/ms  on pre { post.s += w } }
synapse IntoX { weight w : 1  on pre { post.x += w } }
synapse IntoY { weight w : 1  on pre { post.y += w } }
synapse IntoOwn { weight w : mV  on pre { post.s += w } }
"""

# name, model with parameters, neurons, duration, rates of the sources (1/ms), (synapse, unit, weight) of each, drive of neuron i
CASES = [
    ("AR", "Adapting", {"a": 4.0, "tau_w": 144.0}, 40, 250, [0.06, 0.04, 0.03], [("IntoS", "pA", 130.0), ("IntoS", "pA", -80.0), ("IntoV", "mV", 3.0)], ("pA", [150.0, 0.0, 260.0, 220.0])),
    ("AN", "Adapting", {"a": 8.0000001, "tau_w": 100.0}, 40, 250, [0.06, 0.04, 0.03], [("IntoS", "pA", 130.0), ("IntoS", "pA", -80.0), ("IntoV", "mV", 3.0)], ("pA", [150.0, 0.0, 300.0, 220.0])),
    ("AC", "Adapting", {"a": 40.0, "tau_w": 100.0}, 40, 250, [0.08, 0.04, 0.05], [("IntoS", "pA", 160.0), ("IntoS", "pA", -80.0), ("IntoV", "mV", 4.0)], ("pA", [150.0, 0.0, 400.0, 320.0])),
    ("SW", "Swinging", {"damping": 0.1, "omega": 1.0}, 40, 150, [0.1, 0.08, 0.1], [("IntoX", "", 0.5), ("IntoY", "", 0.3), ("IntoRate", "ms^-1", 0.35)], ("ms^-1", [0.0, 0.5, 0.8, -0.4])),
    ("SL", "Swinging", {"damping": 0.02, "omega": 0.7}, 20, 150, [0.1, 0.05, 0.1], [("IntoX", "", 0.3), ("IntoY", "", -0.3), ("IntoRate", "ms^-1", 0.1)], ("ms^-1", [0.0, 0.2, 0.6, -0.4])),
    ("QI", "Onset", {}, 60, 250, [0.08, 0.04, 0.04], [("IntoV", "mV", 4.0), ("IntoV", "mV", -3.0), ("IntoV", "mV", 7.0)], ("pA", [0.0, 15.0, 60.0, -40.0])),
    ("OW", "Own", {"tau": [5.125 + 0.75 * i for i in range(60)]}, 60, 250, [0.06, 0.04, 0.03], [("IntoOwn", "mV", 14.0), ("IntoOwn", "mV", -8.0), ("IntoOwn", "mV", 7.0)], ("mV", [8.0, 0.0, 16.5, 13.0])),
]
SIZE = {"Adapting": 50.0, "Swinging": 1.0, "Onset": 200.0, "Own": 15.0}   # of what is rounded: the level; of the quadratic slope also its products, near whose zeros a little counts for much
UNITS = {"a": "nS", "tau_w": "ms", "damping": "ms^-1", "omega": "ms^-1", "tau": "ms"}
# single inputs: case whose model and parameters are taken, synapse and its unit
GRAZING = [("GR", "AR", "IntoS", "pA"), ("GC", "AC", "IntoS", "pA"), ("GS", "SW", "IntoRate", "ms^-1"), ("GL", "SL", "IntoX", "")]


def inputs(name, n, duration, rates):
    """For each source: (time in units of UNIT, neuron), ascending."""
    r = random.Random(name)
    out = []
    for rate in rates:
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


def quantity(value, unit):
    return f"{value!r} {unit}".strip()


def population(name, model, params, n, lines):
    plain = ", ".join(f"{k} = {quantity(v, UNITS[k])}" for k, v in params.items() if not isinstance(v, list))
    lines.append(f"    population {name} : {model}[{n}]" + (f"({plain})" if plain else ""))
    for k, v in params.items():
        if isinstance(v, list):
            lines.append(f"    const {name}_{k} : {UNITS[k]}[{n}] = [{', '.join(quantity(x, UNITS[k]) for x in v)}]")
            lines.append(f"    {name}.{k} = {name}_{k}[index]")


def program(weights):
    """The .snn text and the files of input spikes; weights: of the grazing inputs, by name."""
    net, setup, files = [], [], {}
    for name, model, params, n, duration, rates, synapses, (unit, drives) in CASES:
        population(name, model, params, n, net)
        for k, events in enumerate(inputs(name, n, duration, rates)):
            synapse, wunit, weight = synapses[k]
            net.append(f"    population S{name}_{k} : SpikeSource[{n}]")
            net.append(f"    connect S{name}_{k} -> {name} by one_to_one via {synapse} weight {quantity(weight, wunit)}")
            files[f"{name}_{k}.csv"] = "time_ms,index\n" + "".join(f"{t * UNIT!r},{i}\n" for t, i in events)
            setup.append(f'    emit net.S{name}_{k} from "{name}_{k}.csv"')
        level = " else ".join(f"if index % 4 == {k} then {quantity(d, unit)}" for k, d in enumerate(drives)) + f" else {quantity(0.0, unit)}"
        setup.append(f"    drive net.{name}.I = {level}")
        setup.append(f"    record net.{name}.spikes")
    for name, of, synapse, unit in GRAZING:
        _, model, params = next(c for c in CASES if c[0] == of)[:3]
        n = len(GRAZES)
        population(name, model, params, n, net)
        net.append(f"    const W{name} : {unit or 1}[{n}] = [{', '.join(quantity(float(w), unit) for w in weights[name])}]")
        net.append(f"    population S{name} : SpikeSource[{n}]")
        net.append(f"    connect S{name} -> {name} by one_to_one via {synapse} weight W{name}")
        setup.append(f"    emit net.S{name} at [{GRAZE_AT!r} ms]")
        setup.append(f"    record net.{name}.spikes")
    text = "import source.SpikeSource\n" + MODELS + "network N {\n" + "\n".join(net) + "\n}\n\n"
    text += f"experiment e {{\n    use N as net\n    engine event\n    dt {DT!r} ms\n" + "\n".join(setup) + f"\n    run {END!r} ms\n}}\n"
    return text, files


def size(name):
    """Of the level of a population."""
    of = next((g[1] for g in GRAZING if g[0] == name), name)
    return SIZE[next(c[1] for c in CASES if c[0] == of)]
