# SPDX-License-Identifier: MIT
"""Runs an experiment of an example and reads its table; small statistics of repeats."""
import csv
import os
import numpy as np


def run(env, example, experiment, seed, *options):
    """The folder of results and the table (column -> array) of one run; None when it failed (and was counted)."""
    out = env.folder(f"circuits-{example}-{experiment}-{seed}-{'-'.join(o.replace('=', '') for o in options)}")
    code, text, err, s = env.simulate(f"examples/{example}/{example}.snn", "-e", experiment, "--seed", str(seed), *options,
                                      "--data", "/usr/share/datasets/fashion-mnist", out=out, timeout=300)
    if code != 0 or not s or not s.get("complete"):
        env.failed(f"{example} {experiment}", f"exit code {code}\n{text}{err}")
        return None
    return out, table(os.path.join(out, experiment + ".csv")), s


def table(path):
    """Columns by the name before their unit; what is not there is a nan."""
    if not os.path.exists(path):
        return {}
    with open(path) as f:
        rows = list(csv.reader(f))
    return {head.split(" (")[0]: np.array([float(r[k] or "nan") for r in rows[1:]]) for k, head in enumerate(rows[0])}


def number(s, name):
    v = s["results"][name]
    return v["value"] if isinstance(v, dict) else v


def seeds(env, example, experiment, numbers, *options):
    """Tables of several seeds; None when one failed."""
    found = [run(env, example, experiment, k, *options) for k in numbers]
    return None if any(f is None for f in found) else [f[1] for f in found]


def se(values):
    """Mean and standard error of independent repeats."""
    v = np.asarray(values, float)
    return v.mean(), v.std(ddof=1) / np.sqrt(len(v))


def by(t, key, column, **where):
    """Sorted distinct values of `key` and the mean of `column` at each, among rows with the given values."""
    keep = np.ones(len(t[key]), bool)
    for name, value in where.items():
        keep &= np.isclose(t[name], value)
    xs = np.unique(t[key][keep])
    return xs, np.array([t[column][keep & (t[key] == x)].mean() for x in xs])


def slope(x, y):
    return np.polyfit(np.log(x), np.log(y), 1)[0]


def claim(env, name, good, shown):
    env.check(name, bool(good), shown)
    print(f"     {name}: {shown}", flush=True)
