#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Spikes of form_cases.py at 50 digits: forms.npz holds, by population, neuron, spike time as a double and the remainder, |V'| there; and the weights of the grazing inputs.

Linear systems are taken apart into eigenvectors at 50 digits. Crossings are found by steps that cannot pass one: with |f''| <= M for all times ahead, f(t + s) stays on its side
up to the root of f + f' s +- M s^2/2; near a crossing these steps converge to it. Takes minutes; writes beside itself."""
import os
import sys

import numpy as np
from mpmath import mp, mpf, exp, sqrt, matrix, eig, lu_solve, expm, atan, atanh, tan, tanh, findroot

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import form_cases as cases  # noqa: E402

mp.dps = 50
ZERO = mpf(10)**-42


class Linear:
    """x' = A x + b; f = w x + level; spikes when f reaches 0 (edge: from below)."""

    def __init__(self, a, b, w, level, x, reset, held=None, t_ref=0, edge=False):
        self.a, self.b, self.w, self.level, self.x = a, b, w, level, x
        self.reset, self.held, self.t_ref, self.edge = reset, held, mpf(t_ref), edge
        self.n = len(x)
        values, self.vectors = eig(a)
        self.values = list(values)
        self.rest = lu_solve(a, -b)
        self.t, self.until, self.spikes, self.above = mpf(0), mpf(-1), [], False

    def take_apart(self):
        start = matrix([self.x[i] - self.rest[i] for i in range(self.n)])
        share = lu_solve(self.vectors, start)
        self.parts = [[self.vectors[i, k] * share[k] for k in range(self.n)] for i in range(self.n)]
        self.c = [sum(self.w[i] * self.parts[i][k] for i in range(self.n)) for k in range(self.n)]
        self.c0 = self.level + sum(self.w[i] * self.rest[i] for i in range(self.n))

    def look(self, s):
        """f, f' and a bound on |f''| from s on."""
        e = [self.c[k] * exp(self.values[k] * s) for k in range(self.n)]
        f = self.c0 + sum(e).real
        d = sum(e[k] * self.values[k] for k in range(self.n)).real
        m = sum(abs(e[k]) * abs(self.values[k])**2 for k in range(self.n))
        return f, d, m

    def crossing(self, end, rises):
        """The first s in [0, end] at which f passes 0 upwards (downwards), from below (above) it; None."""
        s, sign = mpf(0), 1 if rises else -1
        while True:
            f, d, m = self.look(s)
            f, d = f * sign, d * sign
            if f > -ZERO and d > 0:
                return s
            f = min(f, mpf(0))
            step = (sqrt(d * d - 2 * m * f) - d) / m if m > 0 else end
            if f == 0 and d <= 0:
                step = -2 * d / m if d < 0 else mpf(10)**-20
            s += step
            if s > end:
                return None

    def state(self, s):
        e = [exp(self.values[k] * s) for k in range(self.n)]
        return [self.rest[i] + sum(self.parts[i][k] * e[k] for k in range(self.n)).real for i in range(self.n)]

    def rest_until(self, t):
        """While some states are held."""
        m = matrix(self.n + 1, self.n + 1)
        for i in range(self.n):
            if i in (self.held or []):
                continue
            for j in range(self.n):
                m[i, j] = self.a[i, j]
            m[i, self.n] = self.b[i]
        z = expm(m * (t - self.t)) * matrix(list(self.x) + [1])
        self.x = [z[i] for i in range(self.n)]
        self.t = t

    def fire(self, slope):
        self.spikes.append((self.t, abs(slope)))
        self.reset(self)
        self.until = self.t + self.t_ref
        self.above = self.edge and self.value() >= 0

    def value(self):
        return self.level + sum(self.w[i] * self.x[i] for i in range(self.n))

    def advance(self, t):
        while self.t < t:
            if self.t < self.until:
                self.rest_until(min(t, self.until))
                continue
            self.take_apart()
            s = self.crossing(t - self.t, not self.above)
            if s is None:
                self.x = self.state(t - self.t)
                self.t = t
                return
            slope = self.look(s)[1]
            self.x = self.state(s)
            self.t += s
            if self.above:
                self.above = False
            else:
                self.fire(slope)

    def arrive(self, t, i, w):
        self.advance(t)
        if self.t < self.until and i in (self.held or []):
            return
        below = not self.above
        self.x[i] += w
        if self.t < self.until:
            return
        if self.value() >= 0 and below:
            self.fire(mpf(1))
        elif self.edge:
            self.above = self.value() >= 0


class Quadratic:
    """V' = c2 (V - p)(V - q) + c0. Where the slope is small a rounding of V costs most time: the smallest slope since the last spike, at an event
    or where it turns, stands for |V'|."""

    def __init__(self, current):
        self.c2, self.m = mpf(0.04) / 10, mpf(-57.5)
        self.d = -self.c2 * mpf(7.5)**2 + mpf(0.1) * current / 10
        self.v, self.t, self.spikes = mpf(-65), mpf(0), []
        self.least = abs(self.slope())

    def slope(self):
        return self.c2 * (self.v - self.m)**2 + self.d

    def move(self, s):
        u, k = self.v - self.m, sqrt(abs(self.c2 * self.d))
        z = tan(k * s) / k if self.d > 0 else tanh(k * s) / k
        self.v = self.m + (u + self.d * z) / (1 - self.c2 * u * z)
        if u * (self.v - self.m) < 0:
            self.least = min(self.least, abs(self.d))

    def first(self):
        u, w, k = self.v - self.m, mpf(30) - self.m, sqrt(abs(self.c2 * self.d))
        if self.d > 0:
            return (atan(self.c2 * w / k) - atan(self.c2 * u / k)) / k
        if u <= k / self.c2:
            return None
        return (atanh(k / (self.c2 * u)) - atanh(k / (self.c2 * w))) / k

    def fire(self, least):
        self.spikes.append((self.t, least))
        self.v = mpf(-75)
        self.least = abs(self.slope())

    def advance(self, t):
        while self.t < t:
            s = self.first()
            if s is None or self.t + s > t:
                self.move(t - self.t)
                self.t = t
                return
            self.t += s
            self.fire(min(self.least, self.d) if self.v < self.m else self.least)

    def arrive(self, t, _, w):
        self.advance(t)
        self.least = min(self.least, abs(self.slope()))
        self.v += w
        self.least = min(self.least, abs(self.slope()))
        if self.v >= 30:
            self.fire(mpf(1))


def adapting(params, current):
    a, tau = mpf(params["a"]), mpf(params["tau_w"])
    m = matrix([[mpf(-10) / 200, mpf(-1) / 200, mpf(1) / 200], [a / tau, -1 / tau, 0], [0, 0, mpf(-1) / 5]])
    b = matrix([mpf(-10) * 70 / 200 + mpf(current) / 200, a * 70 / tau, 0])

    def reset(c):
        c.x[0] = mpf(-60)
        c.x[1] += 30
    return Linear(m, b, [1, 0, 0], mpf(50), [mpf(-70), mpf(0), mpf(0)], reset, held=[0], t_ref=2)


def swinging(params, current):
    damping, omega = mpf(params["damping"]), mpf(params["omega"])
    m = matrix([[-damping, -omega, 1], [omega, -damping, 0], [0, 0, mpf(-1) / 3]])

    def reset(c):
        c.x[0], c.x[1] = mpf(0), mpf(1)
    return Linear(m, matrix([mpf(current), 0, 0]), [0, 1, 0], mpf(-1), [mpf(0), mpf(0), mpf(0)], reset, edge=True)


def own(tau, current):
    m = matrix([[-1 / mpf(tau), 1 / mpf(tau)], [0, mpf(-1) / 5]])

    def reset(c):
        c.x[0] = mpf(5)
    return Linear(m, matrix([mpf(current) / mpf(tau), 0]), [1, 0], mpf(-15), [mpf(0), mpf(0)], reset)


def cell(model, params, i, current):
    if model == "Adapting":
        return adapting(params, current)
    if model == "Swinging":
        return swinging(params, current)
    return Quadratic(mpf(current)) if model == "Onset" else own(params["tau"][i], current)


STATE = {"IntoS": 2, "IntoV": 0, "IntoRate": 2, "IntoX": 0, "IntoY": 1, "IntoOwn": 1}


def rows(i, c):
    return [(i, float(t), float(t - mpf(float(t))), float(v)) for t, v in c.spikes]


def peak(model, params, synapse):
    """The largest rise of the level after a unit input at rest."""
    c = cell(model, params, 0, 0)
    c.x = [c.rest[i] for i in range(c.n)]
    base = c.value()
    c.x[STATE[synapse]] += 1
    c.take_apart()
    grid = [mpf(k) / 20 for k in range(1, 3000)]
    best = max(grid, key=lambda s: c.look(s)[0])
    t = findroot(lambda s: c.look(s)[1], best)
    return base, c.look(t)[0] - base


def main():
    out = {}
    for name, model, params, n, duration, rates, synapses, (_, drives) in cases.CASES:
        by_neuron = [[] for _ in range(n)]
        for k, events in enumerate(cases.inputs(name, n, duration, rates)):
            for t, i in events:
                by_neuron[i].append((t * cases.UNIT, k))
        found = []
        for i in range(n):
            c = cell(model, params, i, drives[i % 4])
            for t, k in sorted(by_neuron[i]):
                c.arrive(mpf(t), STATE[synapses[k][0]], mpf(synapses[k][2]))
            c.advance(mpf(cases.END))
            found += rows(i, c)
        out[name] = np.array(found)
        print(name, len(found), flush=True)
    for name, of, synapse, _ in cases.GRAZING:
        _, model, params = next(c for c in cases.CASES if c[0] == of)[:3]
        base, rise = peak(model, params, synapse)
        weights = [float(-base / rise * (1 + mpf(g))) for g in cases.GRAZES]
        found = []
        for i, w in enumerate(weights):
            c = cell(model, params, 0, 0)
            c.arrive(mpf(cases.GRAZE_AT), STATE[synapse], mpf(w))
            c.advance(mpf(cases.END))
            found += rows(i, c)
        out[name], out["weights_" + name] = np.array(found), np.array(weights)
        print(name, len(found), flush=True)
    np.savez_compressed(os.path.join(os.path.dirname(os.path.abspath(__file__)), "forms.npz"), **out)


main()
