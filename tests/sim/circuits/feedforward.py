# SPDX-License-Identifier: MIT
"""Feed-forward inhibition: the window in which two volleys add up, and the jitter of spikes."""
import numpy as np


def window(env, t):
    got = t.run(env, "feedforward", "window", 1)
    if got:
        wide = []
        for inhibition in (0, 1):
            gap, fires = t.by(got[1], "gap", "fires", inhibition=inhibition)
            wide.append(np.trapezoid(fires, gap) if hasattr(np, "trapezoid") else np.trapz(fires, gap))
            t.claim(env, f"two volleys together make cells fire (inhibition {inhibition})", fires[0] > 0.9, f"{fires[0]:.2f} of them")
        t.claim(env, "the window of integration shrinks", wide[1] < wide[0] / 3 and wide[1] < 5, f"{wide[1]:.1f} ms with feed-forward inhibition, more than {wide[0]:.1f} ms without")


def jitter(env, t):
    got = t.run(env, "feedforward", "jitter", 1)
    if got:
        a = got[1]
        (x, j0), (_, j1) = (t.by(a, "width", "jitter", inhibition=k) for k in (0, 1))
        (_, f0), (_, f1) = (t.by(a, "width", "fires", inhibition=k) for k in (0, 1))
        # 3 x 200 cells, of which at least 45 % fire: the standard error of a jitter is about 1/sqrt(2*270) = 4 %
        t.claim(env, "spikes are less jittered, when about as many cells fire", (j1 < 0.7 * j0).all() and np.abs(f1 - f0).max() < 0.25,
                ", ".join(f"volley {w:g} ms: {b:.2f} instead of {c:.2f} ms" for w, b, c in zip(x, j1, j0)))


def check(env, t):
    window(env, t)
    jitter(env, t)
