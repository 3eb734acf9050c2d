# SPDX-License-Identifier: MIT
"""The example networks against Brian2: rate, CV of inter-spike intervals and mean pairwise correlation over several seeds are equivalent
(two one-sided Welch tests at 5 %, margins in cases.py) to Brian2's runs in reference.csv."""
import csv
import os
import re
import sys
import numpy as np
from sim import results, stats

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
from cases import CASES, MARGINS, RUNS  # noqa: E402


def program(case):
    """The example with its running time changed and all spikes recorded."""
    with open(case["file"]) as f:
        text = f.read()
    text = re.sub(r"\n    record [^\n]*", "", text)
    text = re.sub(r"fixed_indegree\([^)]*\)", "pairwise_bernoulli(0.1)", text)     # as the Brian2 program connects
    return re.sub(r"\n    run 1 s", f"\n    record net.E.spikes, net.I.spikes\n    run {case['seconds']} s", text)


def one(out, case):
    (te, ie), (ti, ii) = results.spikes(out, "E"), results.spikes(out, "I")
    n_e = case["n"] * 4 // 5
    t, i = np.concatenate([te, ti]), np.concatenate([ie, ii + n_e])
    if t.size == 0 or t.max() < 0.99 * case["seconds"] * 1000:
        return None                                # died out, as some realisations do everywhere
    return stats.of_spikes(t, i, case["n"], case["start"], case["seconds"] * 1000)


def network(env, kind, reference):
    case, found, seed = CASES[kind], [], 1
    text = program(case)
    runs = case.get("runs", RUNS)
    while len(found) < runs and seed < 3 * runs:
        out = results.run(env, f"{kind}-{seed}", text, "--seed", str(seed))
        if not out:
            return
        s = one(out, case)
        if s:
            found.append(s)
        seed += 1
    for key, column in (("rate", "rate_hz"), ("cv", "cv_isi"), ("corr", "correlation")):
        ours, theirs = [s[key] for s in found], [float(r[column]) for r in reference]
        margin = MARGINS[key] * (np.mean(theirs) if key == "rate" else 1)
        p = stats.tost(ours, theirs, margin)
        shown = f"{np.mean(ours):.4f} (sd {np.std(ours, ddof=1):.4f}) here, {np.mean(theirs):.4f} (sd {np.std(theirs, ddof=1):.4f}) in Brian2, margin {margin:.4f}, p {p:.4f}"
        env.check(f"{kind} {key} equivalent to Brian2", p < 0.05, shown)
        print(f"     {kind:<7} {key:<5} {shown}", flush=True)


def check(env):
    with open(os.path.join(HERE, "reference.csv")) as f:
        rows = list(csv.DictReader(f))
    for kind in CASES:
        network(env, kind, [r for r in rows if r["network"] == kind])
