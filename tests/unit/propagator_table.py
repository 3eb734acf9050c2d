#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Writes propagator_table.h: matrices and their exponentials in 60 digits, rounded to double.
#   python3 tests/unit/propagator_table.py > tests/unit/propagator_table.h
from mpmath import mp, mpf, matrix, expm

mp.dps = 80


def entry(name, rows, dt):
    n = len(rows)
    a = matrix(n, n)
    for i in range(n):
        for j in range(n):
            a[i, j] = mpf(rows[i][j]) * mpf(dt)
    # squaring by hand keeps all digits for stiff matrices
    mp.dps = 200
    norm, s = max(sum(abs(a[i, j]) for j in range(n)) for i in range(n)), 0
    while norm > mpf(1) / 16:
        norm, s = norm / 2, s + 1
    m = a / mpf(2) ** s
    p, term = mp.eye(n), mp.eye(n)
    for k in range(1, 120):
        term = term * m / k
        p = p + term
    for _ in range(s):
        p = p * p
    flat = lambda f: ", ".join(f(i, j) for i in range(n) for j in range(n))
    print(f'    {{"{name}", {n}, {float(dt).hex()}, {{{flat(lambda i, j: float(rows[i][j]).hex())}}},')
    print(f'     {{{flat(lambda i, j: float(p[i, j]).hex())}}}}},')
    mp.dps = 80


def psp(tau_s, tau_m):            # current with alpha-shaped synapse into a leaky membrane
    return [[-1 / tau_s, 0.0, 0.0], [1.0, -1 / tau_s, 0.0], [0.0, 1 / 250.0, -1 / tau_m]]


print("// SPDX-License-Identifier: MIT\n// Written by propagator_table.py.")
print("static const struct { const char *name; int n; double dt, a[64], p[64]; } propagator_table[] = {")
entry("decay", [[-1 / 10.0]], 0.1)
entry("decay to nothing", [[-1000.0]], 1.0)
entry("growth", [[0.3]], 2.0)
entry("tau_s = tau_m", psp(10.0, 10.0), 0.1)
entry("tau_s = tau_m (1 + 1e-9)", psp(10.0 * (1 + 1e-9), 10.0), 0.1)
entry("tau_s = tau_m (1 - 1e-9)", psp(10.0 * (1 - 1e-9), 10.0), 0.1)
entry("tau_s = tau_m (1 + 1e-15)", psp(10.0 * (1 + 1e-15), 10.0), 0.1)
entry("usual", psp(2.0, 20.0), 0.1)
entry("stiff", psp(1e-3, 200.0), 1.0)
entry("very stiff", [[-1e5, 0.0], [3.0, -1e-4]], 1.0)
entry("long step", psp(5.0, 20.0), 200.0)
entry("oscillating", [[0.0, 1.0], [-1.0, 0.0]], 0.7)
entry("damped oscillation", [[-0.05, 2.5], [-2.5, -0.05]], 3.0)
entry("resonator", [[-0.1, -0.8], [0.3, -0.02]], 0.5)
entry("chain", [[-0.5 if i == j else (0.25 if j == i - 1 else 0.0) for j in range(8)] for i in range(8)], 0.1)
entry("defective", [[-1.0, 1.0, 0.0], [0.0, -1.0, 1.0], [0.0, 0.0, -1.0]], 0.25)
entry("integrator", [[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [0.0, 0.0, 0.0]], 0.1)
entry("mixed scales", [[-0.5, 1e-6, 0.0, 0.0], [0.0, -100.0, 1e6, 0.0], [0.0, 0.0, -3.0, 0.0], [2.0, 0.0, 0.0, -0.01]], 0.05)
entry("full", [[-1.0, 0.5, 0.25], [0.125, -2.0, 0.75], [0.5, 0.5, -3.0]], 1.0)
entry("nothing", [[0.0, 0.0], [0.0, 0.0]], 0.1)
print("};")
