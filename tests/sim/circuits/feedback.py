# SPDX-License-Identifier: MIT
"""Feedback inhibition: rhythm, speed of the response, saturation and dispersion of rates, against the same cells with the loop open."""
import numpy as np


def rhythm(env, t):
    got = t.run(env, "feedback", "gamma", 1)
    if got:
        a = got[1]
        taus = np.unique(a["tau_i"])
        stats = [t.se(a["frequency"][a["tau_i"] == x]) for x in taus]
        at8 = stats[list(taus).index(8)]
        t.claim(env, "E-I loop: gamma rhythm at tau_i = 8 ms inside 30..80 Hz", 30 < at8[0] - 3 * at8[1] and at8[0] + 3 * at8[1] < 80,
                f"{at8[0]:.1f} Hz (s.e. {at8[1]:.1f})")
        falls = [(m - n, 2 * np.hypot(e, f)) for (m, e), (n, f) in zip(stats, stats[1:])]
        t.claim(env, "its frequency falls with tau_i", all(d > e for d, e in falls), ", ".join(f"{x:g} ms {m:.1f} Hz" for x, (m, _) in zip(taus, stats)))
    for seed in (1, 2):
        got = t.run(env, "feedback", "rhythm", seed)
        if got:
            apart, together, r0, r1 = (t.number(got[2], k) for k in ("apart", "together", "open", "closed"))
            t.claim(env, "the loop synchronises at equal rates", together > 0.2 and abs(apart) < 0.02 and abs(r0 / r1 - 1) < 0.1,
                    f"correlation {apart:.3f} open, {together:.3f} closed, at {r0:.1f} and {r1:.1f} Hz")


def response(env, t):
    got = t.run(env, "feedback", "step", 1)
    if got:
        half = []
        for loop in (0, 1):
            time, rate = t.by(got[1], "time", "rate", loop=loop)
            half.append(time[np.argmax(rate > 27)])      # half of the 54 Hz at which both end
        t.claim(env, "the loop quickens the response", half[0] > 2 * half[1], f"half of the final rate after {half[1]:g} ms with it, {half[0]:g} ms without")


def gain(env, t):
    for seed in (1, 2):
        got = t.run(env, "feedback", "gain", seed)
        if not got:
            return
        keep, spread = [], []
        for loop in (0, 1):
            x, r = t.by(got[1], "input", "rate", loop=loop)
            gains = np.diff(r) / np.diff(x)
            keep.append(gains[-2:].mean() / gains[0])
            x, d = t.by(got[1], "input", "dispersion", loop=loop)
            spread.append(d[x >= 3000].mean())
        t.claim(env, "the loop keeps rates from saturating", keep[0] < 0.15 and keep[1] > 0.5, f"gain at 4..6 nA over gain at 0.5..1 nA: {keep[0]:.2f} open, {keep[1]:.2f} closed")
        t.claim(env, "and from becoming equal", spread[1] > 4 * spread[0], f"dispersion of rates {spread[0]:.3f} open, {spread[1]:.3f} closed, of inputs 0.2")


def check(env, t):
    rhythm(env, t)
    response(env, t)
    gain(env, t)
