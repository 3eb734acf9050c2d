#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Spikes of the cases at 50 digits: reference.npz and long.npz hold, by population, neuron, spike time as a double and the remainder, |V'| there. Takes minutes; writes beside itself."""
import os
import sys

import numpy as np
from mpmath import mp, mpf, exp, log, sqrt

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import event_cases as cases  # noqa: E402

mp.dps = 50
TH, VR, EL = mpf(cases.V_TH), mpf(cases.V_R), mpf(cases.E_L)


class Cell:
    """V - E_L = u and the current I = i + x s (exponential: x = 0), between events in closed form."""

    def __init__(self, synapse, tau, tau_m, current):
        self.synapse, self.a, self.b = synapse, (1 / mpf(tau) if tau else None), 1 / mpf(tau_m)
        self.c = mpf(cases.C)
        self.d = mpf(current) / (self.c * self.b)                 # resting u
        self.u, self.i, self.x, self.t, self.until = mpf(0), mpf(0), mpf(0), mpf(0), mpf(-1)
        self.spikes = []

    def form(self):
        """u(s) = p e^(-b s) + (q + r s + h s^2) e^(-a s) + d (a = b: all in the second)."""
        j, k = self.i / self.c, (exp(1) * self.a * self.x / self.c if self.a else mpf(0))      # I/C = (j + k s) e^(-a s)
        if not self.a:
            return self.u - self.d, mpf(0), mpf(0), mpf(0)
        if self.a == self.b:
            return mpf(0), self.u - self.d, j, k / 2
        g = self.b - self.a
        r = k / g
        q = (j - r) / g
        return self.u - self.d - q, q, r, mpf(0)

    def value(self, f, s):
        p, q, r, h = f
        e = (q + r * s + h * s * s) * exp(-self.a * s) if self.a else mpf(0)
        return p * exp(-self.b * s) + e + self.d

    def slope(self, f, s):
        p, q, r, h = f
        e = (r + 2 * h * s - self.a * (q + r * s + h * s * s)) * exp(-self.a * s) if self.a else mpf(0)
        return -self.b * p * exp(-self.b * s) + e

    def flat(self, f, end):
        """Where u' = 0 in (0, end), ascending."""
        p, q, r, h = f
        if not self.a:
            return []
        if self.a == self.b:                                      # quadratic
            x, y, z = -self.a * h, 2 * h - self.a * r, r - self.a * q
            if x == 0:
                roots = [-z / y] if y else []
            else:
                w = y * y - 4 * x * z
                roots = [(-y - sqrt(w)) / (2 * x), (-y + sqrt(w)) / (2 * x)] if w >= 0 else []
        else:                                                     # (z + y s) e^(g s) = b p, whose left side turns once
            g, y, z = self.b - self.a, -self.a * r, r - self.a * q

            def left(s):
                return (z + y * s) * exp(g * s) - self.b * p
            if y == 0:
                roots = [log(self.b * p / z) / g] if z != 0 and self.b * p / z > 0 else []
            else:
                turn = -z / y - 1 / g
                cuts = [mpf(0)] + ([turn] if 0 < turn < end else []) + [end]
                roots = [bisect(left, lo, hi) for lo, hi in zip(cuts, cuts[1:]) if (left(lo) > 0) != (left(hi) > 0)]
        return sorted(s for s in roots if 0 < s < end)

    def first(self, f, end):
        """The first s in (0, end] at which the threshold is reached, or None."""
        level = TH - EL
        at = mpf(0)
        for cut in self.flat(f, end) + [end]:
            if self.value(f, cut) >= level:
                return newton(lambda s: self.value(f, s) - level, lambda s: self.slope(f, s), at, cut)
            at = cut
        return None

    def move(self, s, f):
        self.u = self.value(f, s)
        self.rest(s)

    def rest(self, s):
        if self.a:
            k = exp(-self.a * s)
            self.i = (self.i + exp(1) * self.a * self.x * s) * k
            self.x = self.x * k
        self.t += s

    def fire(self, slope):
        self.spikes.append((self.t, abs(slope)))
        self.u, self.until = VR - EL, self.t + cases.T_REF

    def advance(self, t):
        while self.t < t:
            if self.t < self.until:
                self.rest(min(t, self.until) - self.t)
                continue
            f = self.form()
            s = self.first(f, t - self.t)
            if s is None:
                self.move(t - self.t, f)
                self.t = t
            else:
                slope = self.slope(f, s)
                self.move(s, f)
                self.fire(slope)

    def arrive(self, t, w):
        self.advance(t)
        if self.synapse == "exp":
            self.i += w
        elif self.synapse == "alpha":
            self.x += w
        elif not self.t < self.until:
            self.u += w
            if self.u >= TH - EL:
                self.fire(mpf(1))                                 # at the time of the arrival, which both sides have exactly


def bisect(f, lo, hi):
    up = f(hi) > 0
    for _ in range(30):
        mid = (lo + hi) / 2
        lo, hi = (lo, mid) if (f(mid) > 0) == up else (mid, hi)
    for _ in range(160):                                          # then secants, kept inside
        mid = (lo + hi) / 2
        lo, hi = (lo, mid) if (f(mid) > 0) == up else (mid, hi)
        if hi - lo < mpf(10)**-42:
            break
    return (lo + hi) / 2


def newton(f, df, lo, hi):
    s = lo + (hi - lo) / 2
    for _ in range(400):
        v = f(s)
        if v >= 0:
            hi = s
        else:
            lo = s
        d = df(s)
        n = s - v / d if d != 0 else lo
        if not lo < n < hi:
            n = (lo + hi) / 2
        if abs(n - s) < mpf(10)**-44:
            return n
        s = n
    return s


def run(cell, events, driven, end):
    for t, w in events:
        cell.advance(mpf(t))
        cell.arrive(mpf(t), mpf(w))
    cell.advance(mpf(max(driven, cell.t)))
    cell.d = mpf(0)
    cell.advance(mpf(end))
    return [(float(t), float(t - mpf(float(t))), float(v)) for t, v in cell.spikes]


def random_cases(out, which, driven, end):
    for name, synapse, tau, tau_m, n, weights, duration in which:
        by_neuron = [[] for _ in range(n)]
        for k, events in enumerate(cases.inputs(name, n, duration)):
            for t, i in events:
                by_neuron[i].append((t * cases.UNIT + cases.DELAYS[k], k, weights[k]))
        rows = []
        for i in range(n):
            events = [(t, w) for t, _, w in sorted(by_neuron[i])]
            rows += [(i,) + s for s in run(Cell(synapse, tau, tau_m, cases.drive(i)), events, driven, end)]
        out[name] = np.array(rows)
        print(name, len(rows), flush=True)


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    out = {}
    random_cases(out, cases.LONG, cases.LONG_END, cases.LONG_END)
    np.savez_compressed(os.path.join(here, "long.npz"), **out)
    out = {}
    random_cases(out, cases.RANDOM, cases.DRIVEN, cases.END)
    for name, synapse, tau, tau_m in cases.GRAZING:
        rows = []
        for i in range(len(cases.GRAZES)):
            w = cases.graze_weight(synapse, tau, tau_m, i)
            rows += [(i,) + s for s in run(Cell(synapse, tau, tau_m, 0), [(t, w) for t in cases.GRAZE_AT], cases.DRIVEN, cases.END)]
        out[name] = np.array(rows).reshape(-1, 4)
        print(name, len(rows), flush=True)
    np.savez_compressed(os.path.join(here, "reference.npz"), **out)


main()
