# SPDX-License-Identifier: MIT
"""The Hodgkin-Huxley cell against scipy's table: the error of V shrinks with the order of the method, seen at three step sizes."""
import csv
import math
import os
import numpy as np
from sim import results

HERE = os.path.dirname(os.path.abspath(__file__))
EXPERIMENT = """
network One {{ population P : Cell[1] }}
experiment convergence {{
    use One as net
    dt {dt} ms
    record net.P.V every 1 ms
    drive net.P.I = 1000 pA
    run 12 ms
}}
"""


def error(env, method, dt, reference):
    with open("stdlib/neuron/HH.snn") as f:
        model = f.read().replace("neuron HH {", "neuron Cell {")
    if method != "expeuler":
        model = model.replace("    spike when", f"    solve V, m, h, n by {method}\n    spike when")
    out = results.run(env, f"hh-{method}-{dt}", model + EXPERIMENT.format(dt=dt))
    if not out:
        return None
    times, v = results.report(out, "P", "V")
    want = np.array([reference[round(t)] for t in times])
    return np.abs(v[:, 0] - want).max()


def check(env):
    with open(os.path.join(HERE, "reference.csv")) as f:
        reference = {round(float(row["t_ms"])): float(row["V_mV"]) for row in csv.DictReader(f)}
    for method, order, steps in (("expeuler", 1, (0.01, 0.005, 0.0025)), ("euler", 1, (0.005, 0.0025, 0.00125)), ("rk2", 2, (0.02, 0.01, 0.005)), ("rk4", 4, (0.05, 0.025, 0.0125))):
        e = [error(env, method, dt, reference) for dt in steps]
        if None in e:
            continue
        seen = [math.log2(e[0] / e[1]), math.log2(e[1] / e[2])]
        env.check(f"hh {method}: order {order}", all(abs(s - order) < 0.25 * order for s in seen) and e[2] < 3, f"errors {e} mV, orders {seen}")
