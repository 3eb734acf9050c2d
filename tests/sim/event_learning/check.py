# SPDX-License-Identifier: MIT
"""What the event engine does beside spikes: weights that learn against a replay of the spikes at their exact times, also with threads, built and in single precision; samples of
states against the closed form; changes between runs; runs that follow each other; what a killed run leaves; and random networks beside the clock engine with a fine step."""
import glob
import math
import os
import random
import signal
import subprocess
import time
import h5py
import numpy as np
from sim import results

LEARNS = """network Learns {{
    population In : PoissonSource[30](rate = 40 Hz), P : LIF[10]
    connect In -> P by all_to_all via ExpCurrent weight 20 pA + 1 pA*((7*pre.index + 13*post.index) % 11) delay {delay} plastic STDP(w_max = 40 pA)
}}
experiment learn {{
    use Learns as net
    engine event
    dt 0.1 ms
    record net.In.spikes, net.P.spikes
    drive net.P.I = 160 pA
    run 1 s
    drive net.P.I = 150 pA
    run 500 ms
    save weights "weights.npy"
}}
"""


def trains(out, population, n):
    with h5py.File(os.path.join(out, "spikes.h5")) as f:
        g = f["spikes"][population]
        ids, times = g["node_ids"][:], g["steps"][:] * 0.1 + g["offsets"][:]
    return [np.sort(times[ids == k]) for k in range(n)]


def replay(pre, post, w):
    """Events of one synapse in order, in ms."""
    x = y = last = 0.0
    for t, kind in sorted([(t, 0) for t in pre] + [(t, 1) for t in post]):
        f = math.exp(-(t - last) / 20)
        x, y, last = x * f, y * f, t
        if kind == 0:
            x += 1
            w = max(w - 0.0105 * 40 * y, 0)
        else:
            y += 1
            w = min(w + 0.01 * 40 * x, 40)
    return w


def arrived(times):
    return times[times < 1500]


def saved(out):
    found = glob.glob(os.path.join(os.path.dirname(out), "**", "weights.npy"), recursive=True)
    newest = max(found, key=os.path.getmtime) if found else None
    return np.load(newest).reshape(-1) if newest else np.zeros(0)


def weights(env, name, delay, ms):
    text = LEARNS.format(delay=delay)
    out = results.run(env, f"learning-{name}", text)
    if not out:
        return
    found, pre, post = saved(out), trains(out, "In", 30), trains(out, "P", 10)
    want = np.array([replay(arrived(pre[k // 10] + ms), post[k % 10], 20 + (7 * (k // 10) + 13 * (k % 10)) % 11) for k in range(300)])
    want = want if len(found) == 300 else np.zeros(len(found))
    moved = len(found) == 300 and np.abs(want - [20 + (7 * (k // 10) + 13 * (k % 10)) % 11 for k in range(300)]).max()
    env.check(f"events {name}: weights", len(found) == 300 and np.abs(found - want).max() < 1e-9 and moved > 1 and sum(map(len, post)) > 100, f"{len(found)} weights, off by {np.abs(found - want).max() if len(found) else '-'}, moved by {moved}")
    for options in (("-j", "2"), ("-j", "3")):
        again = results.run(env, f"learning-{name}{options[1]}", text, *options)
        env.check(f"events {name}: {options[1]} threads", bool(again) and saved(again).tobytes() == found.tobytes() and all((a == b).all() for a, b in zip(trains(again, "P", 10), post) if len(a) == len(b)), "other bits than one thread")


def built(env):
    """A built program learns the same; single precision has weights of its own, near to a replay of its own spikes."""
    text = LEARNS.format(delay="1.37 ms")
    out = results.run(env, "learning-built", text)
    single = results.run(env, "learning-single", text, "--precision", "float")
    if not out or not single:
        return
    program, folder = os.path.join(os.path.dirname(out), "p"), os.path.join(os.path.dirname(out), "b")
    code, _, err = env.compile("build", os.path.join(os.path.dirname(out), "learning-built.snn"), "-o", program)
    want = saved(out)
    if env.check("events: build of synapses that learn", code == 0, err):
        code, _, err = env.run(program, "-q", "-o", folder)
        env.check("events: weights of a built program", code == 0 and saved(folder).tobytes() == want.tobytes(), err)
    pre, post = trains(single, "In", 30), trains(single, "P", 10)
    want = np.array([replay(arrived(pre[k // 10] + 1.37), post[k % 10], 20 + (7 * (k // 10) + 13 * (k % 10)) % 11) for k in range(300)])
    got = saved(single)
    env.check("events: weights in single precision", len(got) == 300 and np.abs(got - want).max() < 2e-3, f"{len(got)} weights, off by {np.abs(got - want).max() if len(got) == 300 else '-'}")


SAMPLES = """network N {
    population P : LIF[4](V_th = 100 mV), S : PoissonSource[1](rate = 0 Hz)
    connect S -> P by all_to_all via ExpCurrent(tau = 5 ms) weight 40 pA*(1 + post.index) delay 0.37 ms
}
experiment e {
    use N as net
    engine event
    dt 0.1 ms
    emit net.S[0] at [3.033 ms, 11.71 ms]
    record net.P.V every 0.1 ms
    run 25 ms
    run 15 ms
}
"""


def samples(env):
    out = results.run(env, "learning-samples", SAMPLES)
    if not out:
        return
    times, data = results.report(out, "P", "V")
    unit = 20 * 5 / (20 - 5) / 200                       # of a current of 1 pA that decays with 5 ms, through 200 pF and 20 ms
    want = np.full((len(times), 4), -70.0)
    for t in (3.033 + 0.37, 11.71 + 0.37):
        s = np.maximum(times - t, 0)[:, None]
        want += 40 * np.arange(1, 5) * unit * (np.exp(-s / 20) - np.exp(-s / 5))
    worst = np.abs(data - want).max() if data.shape == want.shape else np.inf
    env.check("events: samples of a state", len(times) >= 400 and worst < 1e-11 and np.ptp(want) > 1, f"{data.shape} samples, off by {worst}")


CHANGES = """network N(i = 0 pA) {
    population P : LIF[3]
}
experiment e {
    use N as net
    engine event
    dt 0.1 ms
    record net.P.spikes
    drive net.P.I = 300 pA
    run 100.3 ms
    set net.P.V_th = -52 mV
    net.P[1].V = -70 mV
    run 100 ms
    set net.P.g_L = 8 nS
    run 100 ms
}
"""


def changes(env):
    """Threshold, state and leak set between runs: the closed form of each interval."""
    out = results.run(env, "learning-changes", CHANGES)
    if not out:
        return
    got = trains(out, "P", 3)

    def follow(cut):
        v, t, free, spikes, g, theta = -70.0, 0.0, 0.0, [], 10.0, -50.0
        for end in (100.3, 200.3, 300.3):
            while t < end:
                t = max(t, min(free, end))
                if t >= end:
                    break
                rest, tau = -70 + 300 / g, 200 / g
                hit = t + tau * math.log((rest - v) / (rest - theta)) if theta > v else t
                if hit >= end:
                    v, t = rest + (v - rest) * math.exp(-(end - t) / tau), end
                else:
                    spikes.append(hit)
                    t, v, free = hit, -60.0, hit + 2
            if end == 100.3:
                theta, v = -52.0, -70.0 if cut else v
            if end == 200.3:
                g = 8.0
        return np.array(spikes)
    for k in range(3):
        want = follow(k == 1)
        good = len(want) == len(got[k]) and len(want) > 12 and np.abs(want - got[k]).max() < 1e-10
        env.check(f"events: changes between runs, neuron {k}", good, f"{got[k]}\n{want}")


NETWORK = """network N {{
    population P : LIF[120], S : PoissonSource[60](rate = 50 Hz)
    P.V ~ uniform(-70 mV, -50 mV)
    connect S -> P by pairwise_bernoulli(0.2) via Delta weight 1.2 mV delay 0.7 ms
    connect P -> P by pairwise_bernoulli(0.1) via ExpCurrent weight 25 pA delay 1.33 ms
}}
experiment e {{
    use N as net
    engine event
    dt 0.1 ms
    record net.P.spikes
    drive net.P.I = 180 pA
    {runs}
}}
"""


def pieces(env):
    """Runs that follow each other are one run."""
    one = results.run(env, "learning-whole", NETWORK.format(runs="run 150 ms"))
    many = results.run(env, "learning-pieces", NETWORK.format(runs="run 20 ms\n    run 0.1 ms\n    run 79.9 ms\n    run 50 ms"))
    if one and many:
        a, b = trains(one, "P", 120), trains(many, "P", 120)
        good = all(len(x) == len(y) and (not len(x) or np.abs(x - y).max() < 1e-9) for x, y in zip(a, b))
        env.check("events: runs that follow each other", good and sum(map(len, a)) > 300, f"{sum(map(len, a))} and {sum(map(len, b))} spikes")


def killed(env):
    """Stopped by a signal in the middle of a run: exit code 3 (SIGINT), and results that can be read (both; after SIGKILL by the next run into the folder)."""
    folder = env.folder("sim-learning-killed")
    path = os.path.join(folder, "p.snn")
    with open(path, "w") as f:
        f.write(NETWORK.format(runs="run 100000 s"))
    for sig in (signal.SIGINT, signal.SIGKILL):
        out = os.path.join(folder, "out" + sig.name)
        p = subprocess.Popen([env.snnc, "run", "-q", "-o", out, path], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.time() + 30
        while time.time() < end and not sum(os.path.getsize(x) for x in glob.glob(os.path.join(out, "**", "*"), recursive=True) if os.path.isfile(x)) > 4096:
            time.sleep(0.05)
        time.sleep(0.2)
        p.send_signal(sig)
        code = p.wait(timeout=30)
        if sig == signal.SIGKILL:                        # what it left is turned into a file when somebody asks for it
            env.run(env.snnc, "plot", out, "-o", os.path.join(folder, "plots"))
        files = glob.glob(os.path.join(out, "**", "spikes.h5"), recursive=True)
        n = len(h5py.File(files[0])["spikes/P/timestamps"]) if files else 0
        env.check(f"events: {sig.name}", code == (3 if sig == signal.SIGINT else -9) and n > 100, f"exit code {code}, {n} spikes in {os.listdir(out)}")


def random_network(r):
    """A network whose spikes do not decide much about others, so that a small error stays small."""
    kinds = [("ExpCurrent(tau = {:.2f} ms)", 30), ("AlphaCurrent(tau = {:.2f} ms)", 20), ("Delta", 0.8)]
    lines = [f"    population A : LIF[8](g_L = {r.uniform(8, 12):.3f} nS, t_ref = {r.uniform(0.5, 3):.3f} ms), B : LIF[8](V_th = {r.uniform(-54, -48):.3f} mV, C = {r.uniform(150, 250):.2f} pF)"]
    for a, b in (("A", "A"), ("A", "B"), ("B", "A"), ("B", "B")):
        kind, w = r.choice(kinds)
        unit = "mV" if kind == "Delta" else "pA"
        lines.append(f"    connect {a} -> {b} by pairwise_bernoulli({r.uniform(0.1, 0.5):.2f}) via {kind.format(r.uniform(2, 15))} weight {r.choice((1, -1)) * w * r.uniform(0.3, 1):.3f} {unit} delay {r.randint(5, 40) / 10} ms")
    drives = [f"    drive net.{p}.I = {r.uniform(230, 320):.3f} pA + {r.uniform(1, 4):.3f} pA*index" for p in "AB"]
    return "network N {\n" + "\n".join(lines) + "\n}\nexperiment e {\n    use N as net\n    dt %s ms\n    record net.A.spikes, net.B.spikes\n" + "\n".join(drives) + "\n    run 60 ms\n}\n"


def beside_clock(env):
    """Random networks: the clock engine's spikes come to those on events in proportion to its step."""
    r = random.Random(20)
    for k in range(4):
        text = random_network(r)
        exact = results.run(env, f"learning-random{k}", text % "0.1", "--engine", "event")
        far = []
        for dt in ("0.02", "0.005"):
            clock = results.run(env, f"learning-random{k}-{dt}", text % dt, "--engine", "clock")
            if not exact or not clock:
                return
            d = []
            for p in "AB":
                (ta, ia), (tb, ib) = results.spikes(exact, p), results.spikes(clock, p)
                for n in range(8):
                    x, y = np.sort(ta[ia == n]), np.sort(tb[ib == n])
                    m = min(len(x), len(y))
                    d += [abs(len(x) - len(y)) > 1 and np.inf or 0] + list(np.abs(x[:m] - y[:m]))
            far.append(np.array(d))
        env.check(f"events beside the clock, random network {k}", len(far[0]) > 24 and far[1].max() < 0.1 and np.median(far[1]) < 0.02 and far[1].sum() < 0.5 * far[0].sum(), f"{len(far[0])} spikes, sums {far[0].sum()}, {far[1].sum()}, medians {np.median(far[0])}, {np.median(far[1])}; largest {far[0].max()}, {far[1].max()}")


def check(env):
    weights(env, "equal delays", "1.37 ms", 1.37)
    weights(env, "no delay", "0 ms", 0)
    built(env)
    samples(env)
    changes(env)
    pieces(env)
    killed(env)
    beside_clock(env)
