# SPDX-License-Identifier: MIT
"""Statistics of spike trains, and the test of equivalence."""
import math
import numpy as np
from scipy import stats


def of_spikes(t, i, n, start, stop, cells=1000, width=5.0):
    """Rate (Hz), mean CV of the inter-spike intervals of neurons with at least 3 spikes, and mean pairwise correlation of the spike counts
    in bins of `width` ms over the first `cells` neurons that fired. Times in ms; only [start, stop) counts."""
    keep = (t >= start) & (t < stop)
    t, i = t[keep], i[keep].astype(int)
    order = np.lexsort((t, i))
    ts, ids = t[order], i[order]
    isi, same = np.diff(ts), np.diff(ids) == 0
    count = np.bincount(ids[1:][same], minlength=n)
    first = np.bincount(ids[1:][same], isi[same], minlength=n)
    second = np.bincount(ids[1:][same], isi[same] ** 2, minlength=n)
    many = count >= 2
    mean = first[many] / count[many]
    cv = np.sqrt(np.maximum(second[many] / count[many] - mean ** 2, 0)) / mean
    bins = int(round((stop - start) / width))
    chosen = i < cells
    z = np.zeros((cells, bins))
    np.add.at(z, (i[chosen], np.minimum(((t[chosen] - start) / width).astype(int), bins - 1)), 1)
    sd = z.std(axis=1)
    z = (z[sd > 0] - z[sd > 0].mean(axis=1, keepdims=True)) / sd[sd > 0][:, None]
    k = len(z)
    corr = (z.sum(axis=0).var() - k) / (k * (k - 1)) if k > 1 else math.nan
    return {"rate": len(t) / n / (stop - start) * 1000, "cv": float(cv.mean()) if len(cv) else math.nan, "corr": float(corr)}


def tost(a, b, margin):
    """Two one-sided Welch tests: p of "the means of a and b differ by at least margin"; below 0.05 they are equivalent."""
    a, b = np.asarray(a), np.asarray(b)
    d, va, vb = a.mean() - b.mean(), a.var(ddof=1) / len(a), b.var(ddof=1) / len(b)
    se = math.sqrt(va + vb) or 1e-300
    df = (va + vb) ** 2 / (va ** 2 / (len(a) - 1) + vb ** 2 / (len(b) - 1)) if va + vb > 0 else 1
    return max(stats.t.sf((d + margin) / se, df), stats.t.cdf((d - margin) / se, df))
