# SPDX-License-Identifier: MIT
"""What docs/codes.md says of the codes on images, over the table that examples/codes makes: errors against their formulae, computed here
from the pixels themselves, and who is quickest, most frugal, most robust. Errors at a window T come from 2 images of 784 pixels, seed 1."""
import csv
import gzip
import os
import numpy as np

DATA = "/usr/share/datasets/fashion-mnist"


def pixels(n):
    with gzip.open(f"{DATA}/t10k-images-idx3-ubyte.gz") as f:
        return np.frombuffer(f.read()[16:16 + 784 * n], np.uint8).reshape(n, 784) / 255


def table(env, experiment, *options):
    out = env.folder("codes-" + experiment)
    code, text, err, s = env.simulate("examples/codes/codes.snn", "-e", experiment, "--seed", "1", *options, "--data", DATA, out=out, timeout=300)
    if not env.check(f"codes {experiment}", code == 0 and s and s.get("complete"), f"exit code {code}\n{text}{err}"):
        return None
    with open(os.path.join(out, experiment + ".csv")) as f:
        rows = list(csv.reader(f))
    return {head.split(" (")[0]: np.array([float(r[k]) for r in rows[1:]]) for k, head in enumerate(rows[0])}


def near(env, name, got, want, share):
    env.check(f"codes: {name}", abs(got - want) <= share * want, f"{got:.5g}, expected {want:.5g} +- {100 * share:g} %")


def formulae(env, t):
    """Root mean square errors that follow from the code and the disturbance."""
    x = pixels(2)

    def error(code, T, way):
        return float(t[code][(t["T"] == T) & (t["way"] == way)][0])

    for T in (6.4, 12.8, 25.6, 51.2):                            # variance of a count is its mean: x/(r_max T), 1 kHz
        near(env, f"Poisson, {T} ms", error("poisson", T, 0), np.sqrt(x.mean() / T), 0.15)
    for T in (12.8, 25.6, 51.2):                                 # a time that is off by normal(0, sd), in those that fire
        near(env, f"latency, jitter, {T} ms", error("latency", T, 1), 0.5 / (T - 0.1) * np.sqrt((x > 0).mean()), 0.12)
    for way, p in ((3, 0.1), (4, 0.3)):
        near(env, f"latency, {p} lost", error("latency", 25.6, way), np.sqrt(p * (x ** 2).mean()), 0.12)
        n = np.round(16 * x)                                     # binomial loss of n spikes and the rounding to sixteenths
        near(env, f"count, {p} lost", error("number", 25.6, way), np.sqrt(np.mean(((1 - p) * n / 16 - x) ** 2 + p * (1 - p) * n / 256)), 0.12)
        weight = 2.0 ** -np.arange(1, 9) * 256 / 255             # of the bits
        bit = (np.round(255 * x)[..., None].astype(int) >> np.arange(7, -1, -1)) & 1
        lost = p * (1 - p) * (bit * weight ** 2).sum(-1) + (p * (bit * weight).sum(-1)) ** 2
        near(env, f"bits, {p} lost", error("bits", 25.6, way), np.sqrt(lost.mean()), 0.12)
    codes = [c for c in t if c not in ("T", "way")]
    for way in (1, 2, 3, 4):
        best = min(codes, key=lambda c: error(c, 25.6, way))
        env.check(f"codes: receptive fields bear disturbance {way} best", best == "fields", best)


def decisions(env, t):
    mean = {k: np.array([t[k][t["code"] == c].mean() for c in range(11)]) for k in t}
    x = pixels(10)
    for c, name in ((3, "latency"), (7, "bits"), (8, "oscillation")):
        env.check(f"codes: {name} is exact", t["error"][t["code"] == c].max() < 1e-12, str(mean["error"][c]))
    env.check("codes: rank order keeps the order", mean["rank_correlation"][6] > 0.9995, str(mean["rank_correlation"][6]))
    near(env, "one spike for each pixel that is not black", mean["spikes_per_pixel"][3], (x > 0).mean(), 1e-9)
    near(env, "a spike for each bit", mean["spikes_per_pixel"][7], np.unpackbits(np.round(255 * x).astype(np.uint8)).sum() / x.size, 1e-9)
    known = mean["known_from"]
    env.check("codes: rates know the image at once", known[0] <= 3.2 and known[1] <= 3.2, str(known))
    env.check("codes: the count knows it last", known.argmax() == 2, str(known))
    env.check("codes: logarithmic times know it before linear ones", known[4] < 0.6 * known[3], str(known))


def without_library(env):
    """A sound where libsndfile cannot be loaded: a message that names the package, exit code 3; other programs do not notice."""
    broken = env.folder("codes-no-sound")
    open(os.path.join(broken, "libsndfile.so.1"), "w").close()
    for name, code, text in (("sound", 3, "Debian: libsndfile1"), ("series", 0, "")):
        got, out, err = env.compile("run", "--quiet", f"tests/lang/coding/{name}.snn", env={"LD_LIBRARY_PATH": broken})
        env.check(f"codes: {name} without libsndfile", got == code and text in err, f"exit code {got}\n{err}")


def check(env):
    without_library(env)
    t = table(env, "disturb", "--set", "Result.images=2")
    if t:
        formulae(env, t)
    t = table(env, "decide")
    if t:
        decisions(env, t)
