# SPDX-License-Identifier: MIT
"""Writes reference.csv: the Hodgkin-Huxley cell of stdlib/neuron/HH.snn under 1000 pA from rest, integrated by scipy's DOP853 to 1e-12."""
import csv
import os
import numpy as np
from scipy.integrate import solve_ivp


def linear_exp(x, k):
    y = x / k
    return k * (1 + y / 2) if abs(y) < 1e-9 else x / -np.expm1(-y)


def slope(t, s):
    v, m, h, n = s
    am, bm = 0.1 * linear_exp(v + 40, 10), 4 * np.exp(-(v + 65) / 18)
    ah, bh = 0.07 * np.exp(-(v + 65) / 20), 1 / (1 + np.exp(-(v + 35) / 10))
    an, bn = 0.01 * linear_exp(v + 55, 10), 0.125 * np.exp(-(v + 65) / 80)
    current = 1000 - 12000 * m**3 * h * (v - 50) - 3600 * n**4 * (v + 77) - 30 * (v + 54.387)
    return [current / 100, am * (1 - m) - bm * m, ah * (1 - h) - bh * h, an * (1 - n) - bn * n]


times = np.arange(0, 13) * 1.0
r = solve_ivp(slope, (0, 12), [-65, 0.0529324853, 0.5961207535, 0.3176769141], method="DOP853", rtol=1e-12, atol=1e-13, t_eval=times)
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "reference.csv"), "w", newline="") as f:
    w = csv.writer(f)
    w.writerow(["t_ms", "V_mV", "m", "h", "n"])
    for k, t in enumerate(times):
        w.writerow([t] + [f"{x:.13g}" for x in r.y[:, k]])
