# SPDX-License-Identifier: MIT
"""Fixed point against double precision with the same seed (so the same draws, connections and weights): a network without feedback, in
which a difference stays where it arose; and clamping instead of wrapping where a value leaves what the calibration saw."""
import json
import math
import os
from sim.results import report

HERE = os.path.dirname(os.path.abspath(__file__))
# experiment, products -> share of spikes within one step, largest error of the spike count
BOUNDS = {("fine", "long"): (0.995, 0.002), ("fine", "short"): (0.95, 0.005), ("coarse", "long"): (0.999, 0.002), ("coarse", "short"): (0.99, 0.005)}


def forward(env, experiment, products):
    share, error = BOUNDS[experiment, products]
    out = env.folder(f"fixed-{experiment}-{products}")
    code, _, err = env.compile("run", os.path.join(HERE, "feedforward.snn"), "-e", experiment, "--precision", "fixed", "--arithmetic", products, "--compare", "double", "--out", out, "-q")
    if not env.check(f"fixed {experiment} {products} runs", code == 0, err):
        return
    with open(os.path.join(out, "compare.json")) as f:
        p = json.load(f)["populations"]["cells"]
    env.check(f"fixed {experiment} {products}: spikes within a step", p["within_one_step"] >= share, f"{p['within_one_step']:.4f}, wanted {share}")
    env.check(f"fixed {experiment} {products}: spike count", abs(p["rate_deviation"]) <= error, f"{p['rate_deviation']:.4f}, wanted {error}")


def clamp(env):
    """The format of V was chosen for seed 1; with other seeds the current lies beyond it. V stays at the bound it reaches, 64 mV."""
    snn, program, beyond = os.path.join(HERE, "clamp.snn"), os.path.join(env.tmp, "clamp"), 0
    code, _, err = env.compile("build", snn, "--precision", "fixed", "-o", program)
    if not env.check("clamp builds", code == 0, err):
        return
    code, _, err = env.run(program, "--set", "tau=3ms")
    env.check("a fixed-point program keeps its parameters", code == 2 and "formats" in err, err)
    for seed in range(2, 8):
        out, exact = env.folder(f"clamp{seed}"), env.folder(f"exact{seed}")
        code, _, err = env.run(program, "--quiet", "--out", out, "--seed", seed)
        code2, _, err2 = env.compile("run", snn, "--quiet", "--out", exact, "--seed", seed)
        if not env.check(f"clamp runs with seed {seed}", code == code2 == 0, err + err2):
            continue
        v, wanted = report(out, "P", "V")[1].ravel(), report(exact, "P", "V")[1].ravel()
        if abs(wanted[-1]) > 64:
            beyond += 1
            env.check(f"V with seed {seed} stays at its bound", abs(v[-1] - math.copysign(64, wanted[-1])) < 1e-6 and all(v * wanted >= 0), str(v))
        else:
            env.check(f"V with seed {seed} is right", abs(v[-1] - wanted[-1]) < 1e-3, f"{v[-1]}, not {wanted[-1]}")
    env.check("some seeds lie beyond", beyond >= 2, str(beyond))


def changed(env):
    """C follows from the spikes before, so with another seed than that of the calibration its coefficients are other ones."""
    snn, program = os.path.join(HERE, "changed.snn"), os.path.join(env.tmp, "changed")
    code, _, err = env.compile("build", snn, "--precision", "fixed", "-o", program)
    if not env.check("changed builds", code == 0, err):
        return
    for seed in (2, 3):
        out, exact = env.folder(f"changed{seed}"), env.folder(f"changed-exact{seed}")
        code, _, err = env.run(program, "--quiet", "--out", out, "--seed", str(seed))
        code2, _, err2 = env.compile("run", snn, "--quiet", "--out", exact, "--seed", str(seed))
        code3, text, err3 = env.compile("compare", out, exact)
        row = next((line.split() for line in text.splitlines() if line.startswith("P ")), None)
        env.check(f"changed with seed {seed}", code == code2 == code3 == 0 and row and int(row[1]) > 500 and abs(int(row[1]) - int(row[2])) <= 0.005 * int(row[2]), err + err2 + err3 + text)


def check(env):
    for experiment, products in BOUNDS:
        forward(env, experiment, products)
    changed(env)
    clamp(env)
