# SPDX-License-Identifier: MIT
"""Neurons of the library against closed forms and against programs that share nothing with them: spike response models summed arrival by
arrival, the adaptive threshold summed spike by spike, rates of the leaky neurons, hazards within their statistical error."""
import math
import numpy as np
from scipy import stats as st
from scipy.integrate import quad
from sim import results


def run(env, name, net, body, *options):
    return results.run(env, name, f"network One {{ {net} }}\nexperiment e {{ use One as net  {body} }}\n", *options)


# ---- leaky neurons: rate against current ----

def leaky_rates(env):
    """60 currents at once. Exact neurons: an interval is t_ref + tau log(...), rounded up to the grid. Euler: the recursion itself."""
    n, dt, T = 60, 0.1, 20000
    current = 205 + 15.0 * np.arange(n)
    out = run(env, "rates", f"population A : LIF[{n}], B : LIFTau[{n}], C : LIFEuler[{n}]",
              f"dt {dt} ms  record A.spikes, B.spikes, C.spikes  drive A.I = 205 pA + 15 pA*index  drive B.I = 205 pA + 15 pA*index  drive C.I = 205 pA + 15 pA*index  run {T} ms")
    if not out:
        return
    count = {p: np.bincount(results.spikes(out, p)[1], minlength=n) for p in "ABC"}
    end = -70 + current / 10
    steps = np.ceil(20 * np.log((end + 60) / (end + 50)) / dt - 1e-9)
    first = np.ceil(20 * np.log((end + 70) / (end + 50)) / dt - 1e-9)
    want = 1 + np.floor((T / dt - first) / (steps + round(2 / dt)))
    for p, model in (("A", "LIF"), ("B", "LIFTau")):
        env.check(f"{model}: f-I curve on the grid", np.array_equal(count[p], want), f"{count[p][:8]} instead of {want[:8]}")
    exact = 1000 / (2 + 20 * np.log((end + 60) / (end + 50)))                 # Hz
    error = np.abs(count["A"] * 1000 / T / exact - 1)
    bound = (dt + 1e-9) / (1000 / exact) + 1.5 / want                          # the grid adds at most a step to an interval
    env.check("LIF: f-I curve, closed form", np.all(error < bound), f"largest error {error.max()}")
    env.check("LIFEuler: f-I curve of the recursion", np.array_equal(count["C"], [euler_count(i, dt, T) for i in current]), f"{count['C'][:8]}")
    env.check("LIFEuler: differs from the exact neuron", np.any(count["C"] != count["A"]))


def euler_count(current, dt, T):
    v, hold, count = -70.0, 0, 0
    for _ in range(round(T / dt)):
        if hold:
            hold -= 1
            continue
        v += (-(v + 70) + 0.1 * current) * dt / 20
        if v >= -50:
            v, hold, count = -60.0, round(2 / dt), count + 1
    return count


def euler_numbers(env):
    """By hand: V = -70 mV, R I = 30 mV, tau 20 ms, dt 1 ms: V rises by 1.5, then by 1.425, then by 1.35375 mV."""
    out = run(env, "euler", "population P : LIFEuler", "dt 1 ms  record P.V  drive P.I = 300 pA  run 4 ms")
    if out:
        _, v = results.report(out, "P", "V")
        want = [-70, -68.5, -67.075, -65.72125]
        env.check("LIFEuler: the numbers of a pocket calculator", np.abs(v[:4, 0] - want).max() < 1e-12, f"{v[:4, 0]}")


# ---- spike response models ----

ARRIVALS = sorted({(round(1.3 + 0.9 * k + 0.37 * (k * k % 17), 1), 8 + 3 * (k * k % 5)) for k in range(60)})


def trains():
    times = [t for t, _ in ARRIVALS]
    return "  ".join(f"emit S[{i}] at {t} ms" for i, t in enumerate(times))


def response(times, potential, after, threshold, dt, T):
    """V and spikes of a response model, each step summed anew over all that arrived: potential(u, s, w), after(u, own spikes)."""
    v, spikes = np.full(round(T / dt) + 1, np.nan), []
    for k in range(1, len(v)):
        t = k * dt
        u = t - spikes[-1] if spikes else math.inf
        v[k] = sum(potential(u, t - a, w) for a, w in times if a < t - 1e-9) + after(u, [t - f for f in spikes])
        if v[k] >= threshold - 1e-12:
            spikes.append(t)
    return v, spikes


def response_case(env, name, model, ports, potential, after):
    dt, T, n = 0.1, 120, len(ARRIVALS)
    links = "\n".join(f"connect S[{i}] -> P by one_to_one weight {w} mV into {ports(i)}" for i, (_, w) in enumerate(ARRIVALS))
    out = run(env, name, f"population S : SpikeSource[{n}], P : {model}\n{links}", f"dt {dt} ms  record P.spikes, P.V  {trains()}  run {T} ms")
    if not out:
        return
    v, spikes = response([(a, (i, w)) for i, (a, w) in enumerate(ARRIVALS)], potential, after, -50, dt, T)
    t, _ = results.spikes(out, "P")
    times, got = results.report(out, "P", "V")
    at = np.round(times / dt).astype(int)
    here = (at > 0) & (at < len(v))
    error = np.abs(got[here, 0] - v[at[here]]).max()
    env.check(f"{name}: V against the sum over arrivals", error < 1e-9, f"largest difference {error} mV")
    env.check(f"{name}: spikes", len(t) == len(spikes) > 3 and np.abs(t - spikes).max() < 1e-6, f"{t[:6]} instead of {spikes[:6]}")


def response_models(env):
    h = lambda s: 5 / 15 * (math.exp(-s / 20) - math.exp(-s / 5))  # noqa: E731
    response_case(env, "SRM", "SRM(V_r = -80 mV)", lambda i: "arrivals",
                  lambda u, s, x: x[1] * (h(s) if s < u + 1e-9 else math.exp(-(s - u) / 5) * h(u)),
                  lambda u, own: -70 - 10 * math.exp(-u / 20))
    top = lambda a: 1 / (math.exp(-math.log(20 / a) * a / (20 - a)) - math.exp(-math.log(20 / a) * 20 / (20 - a)))  # noqa: E731
    eps = lambda s, a: top(a) * (math.exp(-s / 20) - math.exp(-s / a))  # noqa: E731
    response_case(env, "SRM0DoubleExp", "SRM0DoubleExp(eta_0 = 15 mV)", lambda i: "inh" if i % 4 == 3 else "exc",
                  lambda u, s, x: -x[1] * eps(s, 8) if x[0] % 4 == 3 else x[1] * eps(s, 2),
                  lambda u, own: -70 - 15 * sum(math.exp(-s / 20) for s in own))
    peak = max(eps(s, 2) for s in np.linspace(0, 20, 20001))
    env.check("SRM0DoubleExp: the weight is the height of the potential", abs(peak - 1) < 1e-6, f"{peak}")


# ---- adaptive threshold ----

MAT = {"regular": (37, 2, 19), "bursting": (1.7, 2, 26), "fast": (10, 0.002, 11), "chattering": (-0.5, 0.4, 26)}


def mat_spikes(a1, a2, omega, dt, T):
    v, spikes, decay = 0.0, [], math.exp(-dt / 5)
    for k in range(round(T / dt)):
        i = 600 + 300 * math.sin(2 * math.pi * k * dt / 50)                    # constant over a step, as in the program
        v = 0.05 * i + (v - 0.05 * i) * decay
        t = (k + 1) * dt
        theta = omega + sum(a1 * math.exp(-(t - f) / 10) + a2 * math.exp(-(t - f) / 200) for f in spikes)
        if v >= theta and (not spikes or t - spikes[-1] > 2 + dt / 2):
            spikes.append(t)
    return spikes


def adaptive_threshold(env):
    pops = ", ".join(f"{n} : MAT(alpha_1 = {a} mV, alpha_2 = {b} mV, omega = {o} mV)" for n, (a, b, o) in MAT.items())
    body = "  ".join(f"record {n}.spikes  drive {n}.I = 600 pA + 300 pA*sin(2*pi*t/50 ms)" for n in MAT)
    out = run(env, "mat", f"population {pops}", f"dt 0.1 ms  {body}  run 500 ms")
    if not out:
        return
    for name, p in MAT.items():
        t, _ = results.spikes(out, name)
        want = mat_spikes(*p, 0.1, 500)
        env.check(f"MAT {name}: spikes", len(t) == len(want) >= 5 and np.abs(t - want).max() < 1e-6, f"{len(t)}: {t[:6]} instead of {len(want)}: {want[:6]}")


def mat_adapts(env):
    """Under a constant current (the paper's figure 1): regular spiking slows down, fast spiking does not."""
    out = run(env, "mat-constant", "population R : MAT, F : MAT(alpha_1 = 10 mV, alpha_2 = 0.002 mV, omega = 11 mV)", "dt 0.01 ms  record R.spikes, F.spikes  drive R.I = 600 pA  drive F.I = 600 pA  run 500 ms")
    if not out:
        return
    r, f = (np.diff(results.spikes(out, p)[0]) for p in "RF")
    env.check("MAT: regular spiking adapts, fast spiking does not", len(r) > 5 and r[-1] > 1.2 * r[0] and abs(f[-1] / f[5] - 1) < 0.02, f"intervals {r[:3]} .. {r[-1]}, {f[:3]} .. {f[-1]}")


# ---- resonate-and-fire ----

def resonator(env):
    """Below threshold z is the sum of w exp((b + i omega) s); a second input counts by its phase."""
    out = run(env, "resonate", "population S : SpikeSource[2], P : ResonateFire, Q : ResonateFire, R : ResonateFire\n"
              "connect S -> P by all_to_all weight 0.8 into x\nconnect S[0] -> Q by all_to_all weight 0.8 into x  connect S[1] -> Q by all_to_all weight 0.8 into x delay 3.1 ms\n"
              "connect S[0] -> R by all_to_all weight 0.4 into x",
              "dt 0.1 ms  record P.spikes, Q.spikes, R.x, R.y, R.spikes  emit S[0] at 1 ms  emit S[1] at 7.3 ms  run 30 ms")
    if not out:
        return
    times, x = results.report(out, "R", "x")
    _, y = results.report(out, "R", "y")
    s = times - 1
    z = np.where(s > 1e-9, 0.4 * np.exp((-0.1 + 1j) * s), 0)
    error = max(np.abs(x[1:, 0] - z.real[1:]).max(), np.abs(y[1:, 0] - z.imag[1:]).max())
    env.check("ResonateFire: damped oscillation", error < 1e-12, f"largest difference {error}")
    count = {p: len(results.spikes(out, p)[0]) for p in "PQR"}
    env.check("ResonateFire: a period apart fires, half a period later does not", count["P"] >= 1 and count["Q"] == 0 and count["R"] == 0, f"{count}")


# ---- escape noise ----

def escape(env):
    """Held at a voltage, a neuron spikes in a step with probability 1 - exp(-exp((V - V_th)/Delta)/tau_0 dt): binomial counts, |z| < 4.5."""
    n, steps, dt = 500, 400, 0.5
    levels = [-60.0, -56.0, -53.0, -51.0, -50.0, -49.0, -47.0]
    pops = ", ".join(f"P{k} : EscapeLIF[{n}](E_L = {v} mV, V_r = {v} mV, t_ref = 0 ms)" for k, v in enumerate(levels))
    out = run(env, "hazard", f"population {pops}", f"dt {dt} ms  seed 12  " + "  ".join(f"record P{k}.spikes" for k in range(len(levels))) + f"  run {steps * dt} ms")
    if out:
        z = []
        for k, v in enumerate(levels):
            p = 1 - math.exp(-math.exp((v + 50) / 2) * dt)
            z.append((len(results.spikes(out, f"P{k}")[0]) - n * steps * p) / math.sqrt(n * steps * p * (1 - p)))
        env.check("EscapeLIF: probability of a spike in a step", max(map(abs, z)) < 4.5, f"z {z}")


def escape_intervals(env):
    """Intervals under a constant current against the survivor function exp(-integral of the hazard): Kolmogorov-Smirnov, p > 1e-3."""
    n, T, dt = 200, 3000, 0.05
    out = run(env, "survivor", f"population P : EscapeLIF[{n}]", f"dt {dt} ms  seed 3  record P.spikes  drive P.I = 180 pA  run {T} ms")
    if not out:
        return
    t, i = results.spikes(out, "P")
    order = np.lexsort((t, i))
    t, i = t[order], i[order]
    isi = np.diff(t)[np.diff(i) == 0]
    grid = np.arange(0, 400, 0.02)
    v = -52 + (-60 + 52) * np.exp(-grid / 20)
    hazard = np.exp((v + 50) / 2)
    cumulative = np.concatenate([[0], np.cumsum((hazard[1:] + hazard[:-1]) / 2 * 0.02)])
    cdf = lambda x: 1 - np.exp(-np.interp(np.asarray(x) - 2, grid, cumulative, left=0))  # noqa: E731
    rng = np.random.default_rng(1)
    sample = isi - dt * rng.random(len(isi))                                    # a spike lies somewhere in its step
    p = st.kstest(sample, cdf).pvalue
    mean = quad(lambda x: math.exp(-np.interp(x, grid, cumulative)), 0, 399, limit=400)[0] + 2
    z = (isi.mean() - dt / 2 - mean) / (isi.std() / math.sqrt(len(isi)))
    env.check("EscapeLIF: intervals", len(isi) > 5000 and p > 1e-3 and abs(z) < 4.5, f"{len(isi)} intervals, p {p}, mean {isi.mean()} for {mean}, z {z}")


def check(env):
    for case in (leaky_rates, euler_numbers, response_models, adaptive_threshold, mat_adapts, resonator, escape, escape_intervals):
        case(env)
