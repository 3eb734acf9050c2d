# SPDX-License-Identifier: MIT
"""Linear systems in 60 decimal digits: exp(A t) x by scaled Taylor series. Independent of every floating-point library."""
from decimal import Decimal, getcontext

getcontext().prec = 60


def matmul(a, b):
    return [[sum(a[i][k] * b[k][j] for k in range(len(b))) for j in range(len(b[0]))] for i in range(len(a))]


def expm(a):
    n, halvings = len(a), 0
    norm = max(sum(abs(x) for x in row) for row in a)
    while norm > Decimal("0.01"):
        norm, halvings = norm / 2, halvings + 1
    scale = Decimal(2) ** halvings
    term = [[Decimal(int(i == j)) for j in range(n)] for i in range(n)]
    total = [row[:] for row in term]
    for k in range(1, 40):
        term = [[x / (scale * k) for x in row] for row in matmul(term, a)]
        total = [[x + y for x, y in zip(r, s)] for r, s in zip(total, term)]
    for _ in range(halvings):
        total = matmul(total, total)
    return total


def trajectory(a, x, dt, steps):
    """x at t = dt, 2 dt, ..., steps dt for x' = A x; a list of lists of Decimal."""
    p = expm([[Decimal(v) * Decimal(dt) for v in row] for row in a])
    x, out = [[Decimal(v)] for v in x], []
    for _ in range(steps):
        x = matmul(p, x)
        out.append([v[0] for v in x])
    return out
