# SPDX-License-Identifier: MIT
"""Feed-forward excitation: signal-to-noise ratio against convergence, propagation of rates, volleys in a synfire chain."""
import numpy as np
from sim import results

SEEDS = (1, 2, 3)


def convergence(env, t):
    """Read-outs of independent and of correlated trains (f = 40 Hz, tau = 20 ms, rho = 0.1) against Campbell's theorem."""
    all_ = t.seeds(env, "convergence", "snr", SEEDS)
    if not all_:
        return
    n, f_tau, rho = all_[0]["n"], 2 * 0.04 * 20, 0.1
    m, e = t.se([t.slope(n, a["independent"]) for a in all_])
    t.claim(env, "SNR of a linear read-out of independent inputs rises like n^0.5", abs(m - 0.5) < 0.05, f"slope {m:.3f} (s.e. {e:.3f}), n = 1..256")
    snr = np.mean([a["independent"] for a in all_], axis=0)
    ratio = snr / np.sqrt(f_tau * n)
    t.claim(env, "its size is sqrt(2 f tau n)", np.abs(ratio - 1).max() < 0.1, f"measured/theory {ratio.min():.3f}..{ratio.max():.3f}")
    snr = np.mean([a["correlated"] for a in all_], axis=0)
    ratio = snr / np.sqrt(f_tau * n / (1 + (n - 1) * rho))
    top = snr.max() / np.sqrt(f_tau / rho)
    # 600 independent samples: the standard error of a ratio of mean and standard deviation is below sqrt(0.5/600 + 1/(600*16)) = 3 %
    t.claim(env, "correlated inputs: sqrt(n/(1 + (n - 1) rho))", np.abs(ratio - 1).max() < 0.12, f"measured/theory {ratio.min():.3f}..{ratio.max():.3f}")
    t.claim(env, "and no more than the ceiling 1/sqrt(rho)", 0.85 < top < 1.09, f"largest/ceiling {top:.3f}")
    many = n >= 8
    for column, lo, hi in (("LIF_counts", 0.3, 0.5), ("LIF_intervals", 0.4, 0.5)):
        m, e = t.se([t.slope(n[many], a[column][many]) for a in all_])
        t.claim(env, f"what a spiking neuron keeps ({column})", lo < m - 2 * e and m + 2 * e < hi + 0.05, f"slope {m:.3f} (s.e. {e:.3f}), n = 8..256")


def propagation(env, t):
    all_ = t.seeds(env, "propagation", "rates", SEEDS)
    if not all_:
        return
    noisy = [a["noise"] > 0 for a in all_]
    r = [np.corrcoef(a["input"][k], a["layer_5"][k])[0, 1] for a, k in zip(all_, noisy)]
    last = [a["layer_5"][k] for a, k in zip(all_, noisy)]
    t.claim(env, "with noise the rate arrives in layer 5", min(r) > 0.9 and all((np.diff(x[::2]) > 0).all() for x in last),
            f"correlation of input and output {min(r):.3f}..{max(r):.3f}, monotone")
    with_, without = [a["synchrony"][k].max() for a, k in zip(all_, noisy)], [np.nanmin(a["synchrony"][~k]) for a, k in zip(all_, noisy)]
    t.claim(env, "without noise the layers synchronise", max(with_) < 0.1 and min(without) > 0.4,
            f"correlation of neurons at most {max(with_):.3f} with, at least {min(without):.3f} without")
    dead, wild = [a["layer_5"][~k][0] for a, k in zip(all_, noisy)], [a["layer_5"][~k][-1] / a["layer_1"][~k][-1] for a, k in zip(all_, noisy)]
    t.claim(env, "and rates die or run away", max(dead) == 0 and min(wild) > 1.2, f"{max(dead):.1f} Hz at 20 Hz, layer 5/layer 1 at least {min(wild):.2f} at 80 Hz")


def synfire(env, t):
    got = t.run(env, "synfire", "plane", 1)
    if got:
        a = got[1]
        strong = a["last"][((a["a"] >= 80) & (a["width"] <= 1)) | ((a["a"] == 100) & (a["width"] <= 2))]
        weak, wide = a["last"][a["a"] == 40], a["last"][(a["a"] <= 60) & (a["width"] >= 4)]
        t.claim(env, "strong and tight volleys survive ten groups", strong.min() > 0.8, f"share of the last group {strong.min():.2f}..{strong.max():.2f}, {len(strong)} runs")
        t.claim(env, "weak ones die", weak.max() < 0.2, f"at most {weak.max():.2f}, {len(weak)} runs")
        t.claim(env, "wide ones die", wide.max() < 0.2, f"at most {wide.max():.2f}, {len(wide)} runs")
    widths = []
    for seed in SEEDS:
        got = t.run(env, "synfire", "volleys", seed)
        if not got:
            return
        x, _ = results.spikes(got[0], "chain.g10.P")
        x = x[(x > 20) & (x < 100)]
        widths.append(np.std(x[np.abs(x - np.median(x)) < 5]))
    t.claim(env, "a surviving volley is sharpened", max(widths) < 0.8, f"1 ms at the entrance, {min(widths):.2f}..{max(widths):.2f} ms in group 10")


def check(env, t):
    convergence(env, t)
    propagation(env, t)
    synfire(env, t)
