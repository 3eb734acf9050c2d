#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Writes vmath_table.h: arguments and values (as hi + lo, about 106 bits) of the elementary functions, computed in 60 digits.
#   python3 tests/unit/vmath_table.py > tests/unit/vmath_table.h
import random
from mpmath import mp, mpf, exp, expm1, log, log1p, sin, cos, tan, tanh, atan, atan2, pi

mp.dps = 400       # arguments up to 1e300 are reduced by pi in here
random.seed(20)
U = random.uniform


def signed(lo, hi):
    """Magnitudes spread evenly over the binary orders lo..hi."""
    return random.choice((-1, 1)) * U(1, 2) * 2.0 ** random.randint(lo, hi)


def near_multiple(k):
    """A double next to a multiple of pi/2: where argument reduction cancels most."""
    return float(k * pi / 2)


ANGLES = [lambda: U(-4, 4), lambda: U(-1e5, 1e5), lambda: signed(-30, 1000), lambda: near_multiple(random.randint(1, 60)),
          lambda: near_multiple(random.randint(1, 600000)), lambda: near_multiple(random.randint(10 ** 6, 10 ** 12))]
FUNCTIONS = [
    ("exp", exp, [lambda: U(-1, 1), lambda: U(-708, 709), lambda: signed(-60, 5)]),
    ("expm1", expm1, [lambda: U(-2, 2), lambda: U(-40, 709), lambda: signed(-60, 5)]),
    ("exprel", lambda x: expm1(x) / x, [lambda: U(-2, 2), lambda: U(-40, 715), lambda: signed(-60, 5)]),
    ("exprelinv", lambda x: x / expm1(x), [lambda: U(-2, 2), lambda: U(-40, 700), lambda: signed(-60, 5)]),
    ("log", log, [lambda: U(0.5, 2), lambda: abs(signed(-1073, 1023)), lambda: 1 + signed(-50, -4)]),
    ("log1p", log1p, [lambda: U(-1, 1), lambda: abs(signed(-60, 1000)), lambda: signed(-60, -2)]),
    ("sin", sin, ANGLES), ("cos", cos, ANGLES), ("tan", tan, ANGLES),
    ("tanh", tanh, [lambda: U(-1, 1), lambda: U(-20, 20), lambda: signed(-60, 4)]),
    ("atan", atan, [lambda: U(-1, 1), lambda: U(-5, 5), lambda: signed(-60, 60)]),
]
PAIRS = [
    ("atan2", lambda y, x: atan2(y, x), [lambda: (U(-2, 2), U(-2, 2)), lambda: (signed(-200, 200), signed(-200, 200))]),
    ("pow", lambda x, y: x ** y, [lambda: (U(0, 10), U(-30, 30)), lambda: (U(0.9, 1.1), U(-3000, 3000)),
                                  lambda: (abs(signed(-1000, 1000)), U(-0.7, 0.7)), lambda: (U(0, 2), random.randint(-8, 8) / 2)]),
]


def value(v):
    hi = float(v)
    return f"{hi.hex()}, {float(v - mpf(hi)).hex()}"


def rows(name, f, draws, n):
    for k in range(n):
        a = draws[k % len(draws)]()
        x, y = a if isinstance(a, tuple) else (a, 0.0)
        v = f(mpf(x), mpf(y)) if isinstance(a, tuple) else f(mpf(x))
        if abs(v) > mpf(2) ** -1020 and abs(v) < mpf(2) ** 1023:
            print(f"    {{VM_{name}, {x.hex()}, {y.hex()}, {value(v)}}},")


print("// SPDX-License-Identifier: MIT\n// Written by vmath_table.py.")
print("enum { " + ", ".join("VM_" + f[0] for f in FUNCTIONS + PAIRS) + " };")
print("static const struct { int fn; double x, y, hi, lo; } vmath_table[] = {")
for f in FUNCTIONS + PAIRS:
    rows(*f, 240)
print("};")
