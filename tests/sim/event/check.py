# SPDX-License-Identifier: MIT
"""Spike times of the event engine against 50 digits: each within 64 ulp(V)/|V'| of its crossing, none missing, none extra; also where a spike
follows one that just grazed the threshold, whose own error, times the ratio of the slopes, becomes its error, and after a thousand others."""
import json
import os
import subprocess
import sys
import tempfile

import h5py
import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import event_cases as cases  # noqa: E402
import form_cases  # noqa: E402
import convergence  # noqa: E402


def check(env):
    reference = np.load(os.path.join(HERE, "reference.npz"))
    total = against(env, *cases.program(), {name: reference[name] for name in reference.files}, lambda name: 50.0)
    env.passed() if total >= 10000 else env.failed("event: number of spikes", f"only {total}")
    long = np.load(os.path.join(HERE, "long.npz"))
    total = against(env, *cases.long_program(), {name: long[name] for name in long.files}, lambda name: 50.0)
    env.passed() if total >= 10000 else env.failed("event: number of spikes, long runs", f"only {total}")
    forms = np.load(os.path.join(HERE, "forms.npz"))
    weights = {name[len("weights_"):]: forms[name] for name in forms.files if name.startswith("weights_")}
    total = against(env, *form_cases.program(weights), {name: forms[name] for name in forms.files if not name.startswith("weights_")}, form_cases.size)
    env.passed() if total >= 1000 else env.failed("event: number of spikes", f"only {total}")
    for start in (0, 1000000):
        intervals(env, start)
    same_bits(env)
    several_synapses(env)
    exact_delays(env)
    estimates(env)
    mixed_networks(env)
    found = convergence.distances(env.build)
    order = convergence.order(found)
    env.passed() if 0.8 < order < 1.2 else env.failed("event: convergence", f"the clock comes nearer with order {order:.2f}")


def against(env, text, files, reference, size):
    """The program's spikes beside the reference; the number of spikes."""
    with tempfile.TemporaryDirectory() as tmp:
        for name, data in files.items():
            with open(os.path.join(tmp, name), "w") as f:
                f.write(data)
        with open(os.path.join(tmp, "cases.snn"), "w") as f:
            f.write(text)
        subprocess.run([os.path.join(env.build, "bin/snnc"), "run", "-q", "-o", os.path.join(tmp, "out"), os.path.join(tmp, "cases.snn")], check=True)
        spikes = h5py.File(os.path.join(tmp, "out", "spikes.h5"))["spikes"]
        return sum(compare(env, name, reference[name], spikes[name], np.spacing(size(name))) for name in reference)


INTERVALS = """import neuron.LIF
network N {{ population P : LIF[3] }}
experiment e {{
    use N as net
    engine event
    run {start} s
    record net.P.spikes
    drive net.P.I = 220 pA + index*40 pA
    run 800 s
}}
"""


def intervals(env, start):
    """Constant current: t_ref + tau ln((E_L + R I - V_r)/(E_L + R I - V_th)) to 1e-12 over 10^5 spikes, also far from the beginning of time."""
    with tempfile.TemporaryDirectory() as tmp:
        spikes = run(env, tmp, INTERVALS.format(start=start))["P"]
        ids, steps, offsets = spikes["node_ids"][:], spikes["steps"][:], spikes["offsets"][:]
    worst = 0
    for i in range(3):
        mine = ids == i
        end = -70 + (220 + 40 * i) / 10
        want = 2 + 20 * np.log((end + 60) / (end + 50))
        got = np.diff(steps[mine]) * 0.1 + np.diff(offsets[mine])
        worst = max(worst, np.max(np.abs(got[1:] / want - 1)))
    name = f"event: intervals from t = {start} s"
    env.passed() if len(ids) > 1e5 and worst < 1e-12 else env.failed(name, f"{len(ids)} spikes, intervals off by {worst:.3g}")


MIXED = """import neuron.LIF
import synapse
import source.PoissonSource
import plasticity.STDP
network N {
    population A : LIF[200], B : LIF[200], S : PoissonSource[50](rate = 40 Hz)
    A.V ~ uniform(-70 mV, -50 mV)
    B.V ~ uniform(-70 mV, -50 mV)
    connect A -> (A, B) by pairwise_bernoulli(0.1) via ExpCurrent weight 15 pA delay uniform(0.5 ms, 3 ms)
    connect B -> (A, B) by pairwise_bernoulli(0.1) via ExpCurrent weight -60 pA delay 1.5 ms
    connect S -> A by pairwise_bernoulli(0.2) via ExpCurrent weight uniform(0 pA, 60 pA) delay 1 ms plastic STDP(w_max = 60 pA)
}
experiment e {
    use N as net
    engine event of net.S
    engine event of net.A
    record net.A.spikes, net.B.spikes
    record net.A[0:2].V every 10 ms
    drive net.A.I = 260 pA
    drive net.B.I = 260 pA
    run 500 ms
    print rate(net.A)
}
"""


# All on events: excitation and inhibition with delays of different lengths, several synapses of one pair, spikes from outside, a drive that ends.
LOOK_AHEAD = """import neuron.LIF
import synapse
import source.PoissonSource
network N {
    population P : LIF[400], Q : LIF[70], S : PoissonSource[400](rate = 20 Hz)
    connect S -> P by one_to_one via Delta weight 25 mV delay 0.02 ms
    connect P[0:320] -> P by fixed_outdegree(60) via ExpCurrent(tau = 5 ms) weight 40 pA delay 0.33 ms
    connect P[320:400] -> P by fixed_outdegree(60) via ExpCurrent(tau = 10 ms) weight -40 pA delay 1.5 ms
    connect P -> Q by fixed_outdegree(10) via Delta weight 0.4 mV delay uniform(0.5 ms, 3 ms)
    connect Q -> P by pairwise_bernoulli(0.1) via Delta weight 0.5 mV delay 0.05 ms
}
experiment e {
    use N as net
    engine event
    record net.P.spikes, net.Q.spikes
    record net.P[0:9].V every 5 ms
    emit net.P[399] at [1 ms, 1.25 ms]
    emit net.P[0] at [1 ms]
    drive net.Q.I = 160 pA for 30 ms
    run 100 ms
    emit net.Q[69] at [0 ms, 3.3 ms]
    run 50 ms
}
"""


def same_bits(env):
    """One, two and three threads, run and build: the same spikes and states, in a network of both engines that learns and in one all on events."""
    for name, text in (("both engines", MIXED), ("events alone", LOOK_AHEAD)):
        with tempfile.TemporaryDirectory() as tmp:
            a = everything(run(env, tmp, text)) + states(tmp, "out")
            for threads in ("2", "3"):
                b = everything(run(env, tmp, text, "-j", threads)) + states(tmp, "out-j" + threads)
                env.passed() if a == b and len(a) > 1000 else env.failed(f"event: {threads} threads, {name}", "they give other bits than one")
            snnc = os.path.join(env.build, "bin/snnc")
            subprocess.run([snnc, "build", "-o", os.path.join(tmp, "p"), os.path.join(tmp, "p.snn")], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            subprocess.run([os.path.join(tmp, "p"), "-q", "-j", "2", "-o", os.path.join(tmp, "built")], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            c = everything(h5py.File(os.path.join(tmp, "built", "spikes.h5"))["spikes"]) + states(tmp, "built")
        env.passed() if a == c else env.failed(f"event: build, {name}", "a built program gives other bits than run")


def states(tmp, out):
    """All samples, file by file."""
    found = []
    for name in sorted(os.listdir(os.path.join(tmp, out))):
        if name.startswith("report"):
            h5py.File(os.path.join(tmp, out, name)).visititems(lambda n, o: found.append(o[()].tobytes()) if isinstance(o, h5py.Dataset) and o.dtype.kind == "f" else None)
    return b"".join(found)


PAIRS = """import neuron.LIF
import synapse
network N {
    population A : LIF[2], B : LIF[3]
    connect A -> B by fixed_outdegree(40) via Delta weight 0.1 mV delay 1 ms
}
experiment e {
    use N as net
    emit net.A[0] at [1 ms, 3 ms]
    emit net.A[1] at [2 ms]
    record net.A.spikes
    record net.B.V every 1 ms
    run 20 ms
}
"""


DELAYS = """import neuron.LIF
import synapse
network N {
    population A : LIF[1], B : LIF[50]
    connect A -> B by all_to_all via Delta weight 25 mV delay 0.0137 ms + 0.0371 ms*post.index
}
experiment e {
    use N as net
    record net.B.spikes
    emit net.A[0] at [1.03 ms, 11.2345 ms]
    run 20 ms
}
"""


def exact_delays(env):
    """Delays that differ between synapses are no whole steps: each target spikes at the time of emission and its own delay."""
    with tempfile.TemporaryDirectory() as tmp:
        spikes = run(env, tmp, DELAYS, "--engine", "event")["B"]
        ids, times = spikes["node_ids"][:], spikes["steps"][:] * 0.1 + spikes["offsets"][:]
    want = np.array([[e + 0.0137 + 0.0371 * k for e in (1.03, 11.2345)] for k in range(50)])
    got = np.array([np.sort(times[ids == k]) for k in range(50)]) if len(ids) == 100 else np.zeros((50, 2))
    worst = np.max(np.abs(got - want))
    env.passed() if worst < 1e-13 else env.failed("event: delays of synapses", f"arrivals are off by {worst:.3g} ms")


ESTIMATED = """import neuron.LIF
import source.PoissonSource
import synapse
network N {{
    population S : PoissonSource[20000](rate = {rate} Hz), A : LIF[20000], Alone : LIF[5000](E_L = -49.9 mV)
    connect S -> A by one_to_one via Delta weight 25 mV delay 1 ms
    connect A -> A by fixed_outdegree(20) via ExpCurrent weight 5 pA delay 1.5 ms
}}
experiment e {{
    use N as net
    discard 200 ms
    run 2 s
}}
"""


def estimates(env):
    """What `explain` expects of a network is what it does, and `auto` follows the rate: all on events where spikes are rare, on the clock where they are not."""
    for rate in (0.1, 8):
        with tempfile.TemporaryDirectory() as tmp:
            path = os.path.join(tmp, "p.snn")
            with open(path, "w") as f:
                f.write(ESTIMATED.format(rate=rate))
            text = subprocess.run([os.path.join(env.build, "bin/snnc"), "explain", path], check=True, capture_output=True, text=True).stdout
            subprocess.run([os.path.join(env.build, "bin/snnc"), "run", "-q", "-o", os.path.join(tmp, "out"), path], check=True, stdout=subprocess.DEVNULL)
            with open(os.path.join(tmp, "out", "summary.json")) as f:
                done = json.load(f)["populations"]
        for name, n in (("S", 20000), ("A", 20000), ("Alone", 5000)):
            part = text.split(f"population {name}:")[1]
            expected, events = float(part.split("spikes and")[0].split("of ")[-1]), "events are cheaper" in part.split("memory")[0]
            found = done[name]["spikes"] / n / 2
            near = 0.75 < expected / found < 1.33
            env.passed() if near else env.failed(f"event: estimate of {name} at {rate} Hz", f"{expected} spikes a second are expected, {found:.3g} come")
            if name == "A":
                env.passed() if events == (rate < 1) else env.failed(f"event: engine of {name} at {rate} Hz", "events" if events else "clock")


def several_synapses(env):
    """Targets that several synapses of one source reach are moved once: grid times below threshold, so the clock is exact too."""
    with tempfile.TemporaryDirectory() as tmp:
        found = []
        for engine in ("clock", "event"):
            run(env, tmp, PAIRS, "--engine", engine)
            with h5py.File(os.path.join(tmp, "out--engine" + engine, "report_B_V.h5")) as f:
                found.append(f["report/B/data"][()])
    near = np.max(np.abs(found[0] - found[1]))
    env.passed() if near < 1e-12 and np.ptp(found[0]) > 1 else env.failed("event: several synapses of a pair", f"states differ by {near:.3g} mV")


BALANCED = """import neuron.LIF
import synapse
network N {{
    population A : LIF[400], B : LIF[400]
    A.V ~ uniform(-70 mV, -50 mV)
    B.V ~ uniform(-70 mV, -50 mV)
    connect A -> (A, B) by pairwise_bernoulli(0.1) via ExpCurrent weight 15 pA delay 1.5 ms
    connect B -> (A, B) by pairwise_bernoulli(0.1) via ExpCurrent weight -60 pA delay 1.5 ms
}}
experiment e {{
    use N as net
    {engine}
    drive net.A.I = 260 pA
    drive net.B.I = 260 pA
    discard 200 ms
    run 1 s
    print rate = rate(net.A) + rate(net.B), cv = cv_isi(net.A) + cv_isi(net.B), correlation = correlation(net.A, 5 ms) + correlation(net.B, 5 ms)
}}
"""


def mixed_networks(env):
    """Half of a balanced network on each engine: rate, irregularity and correlation as on either alone, over 5 seeds, within 4 standard errors of the difference and 2 %."""
    found = {}
    with tempfile.TemporaryDirectory() as tmp:
        for engine in ("engine clock", "engine event", "engine event of net.A"):
            rows = []
            for seed in range(1, 6):
                with open(os.path.join(tmp, "p.snn"), "w") as f:
                    f.write(BALANCED.format(engine=engine))
                out = os.path.join(tmp, "out")
                subprocess.run([os.path.join(env.build, "bin/snnc"), "run", "-q", "-s", str(seed), "-o", out, os.path.join(tmp, "p.snn")], check=True, stdout=subprocess.DEVNULL)
                with open(os.path.join(out, "summary.json")) as f:
                    results = json.load(f)["results"]
                rows.append([results[k]["value"] if isinstance(results[k], dict) else results[k] for k in ("rate", "cv", "correlation")])
            found[engine] = np.array(rows)
    half = found.pop("engine event of net.A")
    for engine, rows in found.items():
        for k, name in enumerate(("rate", "cv", "correlation")):
            a, b = half[:, k], rows[:, k]
            error = np.sqrt(a.var(ddof=1) / len(a) + b.var(ddof=1) / len(b))
            near = abs(a.mean() - b.mean()) <= 4 * error + 0.02 * abs(b.mean())
            env.passed() if near else env.failed(f"event: half and half beside {engine}, {name}", f"{a.mean():.4g} and {b.mean():.4g}, error {error:.2g}")
            if os.environ.get("SNNC_SHOW"):
                print(f"{engine} {name}: half {a.mean():.4g} pure {b.mean():.4g} standard error {error:.2g}")


def everything(spikes):
    return b"".join(spikes[p][d][:].tobytes() for p in sorted(spikes) for d in sorted(spikes[p]))


def run(env, tmp, text, *options):
    with open(os.path.join(tmp, "p.snn"), "w") as f:
        f.write(text)
    out = os.path.join(tmp, "out" + "".join(options).replace(" ", ""))
    subprocess.run([os.path.join(env.build, "bin/snnc"), "run", "-q", *options, "-o", out, os.path.join(tmp, "p.snn")], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return h5py.File(os.path.join(out, "spikes.h5"))["spikes"]


def compare(env, name, ref, got, ulp):
    ids, steps, offsets = got["node_ids"][:], got["steps"][:], got["offsets"][:]
    order = np.lexsort((offsets, steps, ids))
    ids, steps, offsets = ids[order], steps[order], offsets[order]
    ref = ref[np.lexsort((ref[:, 1], ref[:, 0]))] if len(ref) else ref
    if len(ids) != len(ref) or (ids != ref[:, 0]).any():
        env.failed(f"event: {name}", f"{len(ids)} spikes, {len(ref)} at 50 digits")
        return 0
    # step and offset as they are, so that the comparison is as fine as the recording
    late = (steps * cases.DT - ref[:, 1]) + offsets - ref[:, 2]
    error = np.abs(late) * ref[:, 3] / ulp
    worst = np.max(error)
    env.passed() if worst <= 64 else env.failed(f"event: {name}", f"a spike is off by {worst:.3g} ulp(V)/|V'|")
    if os.environ.get("SNNC_SHOW"):
        print(f"{name}: {len(ref)} spikes, median {np.median(error):.2g}, largest {worst:.3g} ulp")
    return len(ref)
