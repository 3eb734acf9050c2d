# SPDX-License-Identifier: MIT
"""Lateral inhibition: edges of a picture of clothes, overlap and discriminability of similar pictures; winner-take-all and k winners."""
import gzip
import numpy as np
from sim import results

IMAGES = "/usr/share/datasets/fashion-mnist/t10k-images-idx3-ubyte.gz"


def neighbours(x):
    """The 8 neighbours of each pixel, [8, rows, columns]; beyond the border the pixel's own value."""
    p = np.pad(x, 1, mode="edge")
    h, w = x.shape
    return np.array([p[1 + a:1 + a + h, 1 + b:1 + b + w] for a in (-1, 0, 1) for b in (-1, 0, 1) if a or b])


def eroded(mask, times):
    for _ in range(times):
        mask = mask & neighbours(mask).all(axis=0)
    return mask


def edges(env, t):
    """Responses on either side of an edge over those of surfaces of the same brightness: 1 when the sheet only copies the picture."""
    with gzip.open(IMAGES) as f:
        image = np.frombuffer(f.read()[16:], np.uint8).reshape(-1, 28, 28)[1] / 255
    around = neighbours(image)
    bright, dark = (image > 0.7) & (image < 0.95), image < 0.02
    inside = eroded(image > 0.65, 2) & bright
    rim = bright & (around < 0.3).any(axis=0)
    shadow = dark & (around > 0.6).any(axis=0)
    far = eroded(dark, 3)
    for seed in (1, 2):
        got = t.run(env, "lateral", "edges", seed)
        if not got:
            return
        r = {}
        for name in ("direct", "lateral"):
            _, i = results.spikes(got[0], name + ".P")
            x = np.bincount(i, minlength=784).reshape(28, 28)
            r[name] = x[rim].mean() / x[inside].mean(), x[shadow].mean() / max(x[far].mean(), 1), x.sum() / 784
        d, l = r["direct"], r["lateral"]
        # rates are of 1 s: the means have standard errors below 1 %
        t.claim(env, "lateral inhibition raises the bright side of an edge", abs(d[0] - 1) < 0.1 and l[0] > 1.1 and l[0] / d[0] > 1.15,
                f"response over that of surfaces {d[0]:.2f} direct, {l[0]:.2f} lateral ({rim.sum()} and {inside.sum()} pixels)")
        t.claim(env, "and lowers its dark side", abs(d[1] - 1) < 0.15 and l[1] < 0.4, f"{d[1]:.2f} direct, {l[1]:.2f} lateral ({shadow.sum()} and {far.sum()} pixels)")
        t.claim(env, "at similar mean rates", abs(d[2] / l[2] - 1) < 0.1, f"{d[2]:.1f} and {l[2]:.1f} Hz")


def similar(env, t):
    got = t.run(env, "lateral", "similar", 1)
    if not got:
        return
    a, gains = got[1], []
    for pair in (0, 1, 2):
        m = {c: [np.mean(a[c][(a["pair"] == pair) & (a["J"] == J)]) for J in (0, 4000)] for c in ("rate", "overlap", "d_prime")}
        # an estimate of d' from 2 x 12 trials of each picture has a relative standard error of about 1/sqrt(2*46) = 10 %
        t.claim(env, f"pair {pair}: the overlap of responses is at least halved", m["overlap"][1] < 0.5 * m["overlap"][0] and abs(m["rate"][1] / m["rate"][0] - 1) < 0.1,
                f"{m['overlap'][0]:.2f} to {m['overlap'][1]:.2f}, at {m['rate'][0]:.1f} and {m['rate'][1]:.1f} Hz")
        t.claim(env, f"pair {pair}: d' does not fall", m["d_prime"][1] > 0.75 * m["d_prime"][0], f"{m['d_prime'][0]:.0f} to {m['d_prime'][1]:.0f}")
        gains.append(np.log(m["d_prime"][1] / m["d_prime"][0]))
    # the logarithm of a ratio has the standard error 0.14, the mean of three 0.08
    t.claim(env, "over the three pairs d' rises", np.mean(gains) > 0.16, f"by a factor of {np.exp(np.mean(gains)):.2f}")


def winners(env, t):
    got = t.run(env, "winners", "order", 1)
    if got:
        a = got[1]
        for k in (1, 2, 3, 5, 8):
            x, r = t.by(a, "input", "rate", k=k)
            won = r > 0.5 * r.max()
            right = r[-k:].sum() / r.sum()
            t.claim(env, f"k = {k}: the k strongest inputs win", won.sum() == k and won[-k:].all() and right > 0.85, f"{won.sum()} winners with {100 * right:.0f} % of the spikes")


def check(env, t):
    edges(env, t)
    similar(env, t)
    winners(env, t)
