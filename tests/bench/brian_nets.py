# SPDX-License-Identifier: MIT
"""The benchmark networks in Brian2 (C++ standalone): brian_nets.py NET N SECONDS SEED FOLDER builds the
program FOLDER/main, which leaves the seconds of its simulation loop in results/last_run_info.txt. Prints one JSON line: seconds from the start
of the script until the program is ready to run."""
import json
import sys
import tempfile
import time

START = time.time()
import brian2 as b  # noqa: E402
from brian2 import Hz, Mohm, mV, ms, msiemens, nS, pF, siemens, usiemens  # noqa: E402,F401

CUBA = """dv/dt = (ge + gi - (v - El))/(20*ms) : volt (unless refractory)
dge/dt = -ge/(5*ms) : volt
dgi/dt = -gi/(10*ms) : volt"""
COBA = """dv/dt = (ge*(0*mV - v) + gi*(-80*mV - v) - (v + 60*mV))/(20*ms) : volt (unless refractory)
dge/dt = -ge/(5*ms) : 1
dgi/dt = -gi/(10*ms) : 1"""
COBAHH = """dv/dt = (gl*(El - v) + ge*(Ee - v) + gi*(Ei - v) - gna*m**3*h*(v - ENa) - gk*n**4*(v - EK))/C : volt
dm/dt = am*(1 - m) - bm*m : 1
dn/dt = an*(1 - n) - bn*n : 1
dh/dt = ah*(1 - h) - bh*h : 1
dge/dt = -ge/(5*ms) : siemens
dgi/dt = -gi/(10*ms) : siemens
am = 0.32*(mV**-1)*4*mV/exprel((13*mV - v + VT)/(4*mV))/ms : Hz
bm = 0.28*(mV**-1)*5*mV/exprel((v - VT - 40*mV)/(5*mV))/ms : Hz
ah = 0.128*exp((17*mV - v + VT)/(18*mV))/ms : Hz
bh = 4/(1 + exp((40*mV - v + VT)/(5*mV)))/ms : Hz
an = 0.032*(mV**-1)*5*mV/exprel((15*mV - v + VT)/(5*mV))/ms : Hz
bn = 0.5*exp((10*mV - v + VT)/(40*mV))/ms : Hz"""


def halves(group, n):
    return group[:4 * n // 5], group[4 * n // 5:]


def pairs(group, n, e, i):
    out = []
    for part, on_pre in zip(halves(group, n), (e, i)):
        s = b.Synapses(part, group, on_pre=on_pre)
        s.connect(p=80.0 / n)
        out.append(s)
    return out


def cuba(n):
    g = b.NeuronGroup(n, CUBA, threshold="v > -50*mV", reset="v = -60*mV", refractory=5*ms, method="exact", namespace={"El": -49*mV})
    g.v = "-60*mV + rand()*10*mV"
    return g, pairs(g, n, "ge += 1.62*mV", "gi += -9*mV")


def coba(n):
    g = b.NeuronGroup(n, COBA, threshold="v > -50*mV", reset="v = -60*mV", refractory=5*ms, method="exponential_euler")
    g.v, g.ge, g.gi = "-65*mV + randn()*5*mV", "4 + randn()*1.5", "20 + randn()*12"
    return g, pairs(g, n, "ge += 0.6", "gi += 6.7")


def cobahh(n):
    names = {"C": 200*pF, "gl": 10*nS, "El": -60*mV, "EK": -90*mV, "ENa": 50*mV, "gna": 20000*nS, "gk": 6000*nS, "VT": -63*mV, "Ee": 0*mV, "Ei": -80*mV}
    g = b.NeuronGroup(n, COBAHH, threshold="v > -20*mV", refractory=3*ms, method="exponential_euler", namespace=names)
    g.v, g.ge, g.gi = "-65*mV + randn()*5*mV", "(4 + randn()*1.5)*10*nS", "(20 + randn()*12)*10*nS"
    return g, pairs(g, n, "ge += 6*nS", "gi += 67*nS")


def brunel(n):
    g = b.NeuronGroup(n, "dv/dt = -v/(20*ms) : volt (unless refractory)", threshold="v > 20*mV", reset="v = 0*mV", refractory=2*ms, method="exact")
    out = []
    for part, on_pre in zip(halves(g, n), ("v_post += 0.1*mV", "v_post += -0.5*mV")):
        s = b.Synapses(part, g, on_pre=on_pre, delay=1.5*ms)
        s.connect(p=0.1)
        out.append(s)
    return g, out + [b.PoissonInput(g, "v", 1000, 20*Hz, weight=0.1*mV)]


def stdp(n):
    inputs = b.PoissonGroup(n, rates=15*Hz)
    g = b.NeuronGroup(n, """dv/dt = (ge*(0*mV - v) - 74*mV - v)/(10*ms) : volt
dge/dt = -ge/(5*ms) : 1""", threshold="v > -54*mV", reset="v = -60*mV", method="euler")
    s = b.Synapses(inputs, g, """w : 1
dApre/dt = -Apre/(20*ms) : 1 (event-driven)
dApost/dt = -Apost/(20*ms) : 1 (event-driven)""", on_pre="""ge_post += w
Apre += 1e-4
w = clip(w + Apost, 0, 0.01)""", on_post="""Apost -= 1.05e-4
w = clip(w + Apre, 0, 0.01)""")
    s.connect()
    s.w = "rand()*0.01"
    return g, [inputs, s]


KINDS = {"stdp": stdp, "cuba": cuba, "coba": coba, "cobahh": cobahh, "brunel": brunel}


def build(kind, n, seconds, seed, record, folder=None):
    """Builds the program; run it with b.device.run. Seed None: every run draws anew, connections included."""
    folder = folder or tempfile.mkdtemp(prefix="brian-")
    b.set_device("cpp_standalone", directory=folder, build_on_run=False)
    b.prefs.devices.cpp_standalone.extra_make_args_unix = ["-j1"]
    b.defaultclock.dt = 0.1*ms
    if seed is not None:
        b.seed(seed)
    group, others = KINDS[kind](n)
    spikes = b.SpikeMonitor(group, record=record)
    b.Network(group, *others, spikes).run(seconds * b.second)
    b.device.build(directory=folder, compile=True, run=False, debug=False)
    return spikes, folder


def run(folder):
    b.device.run(directory=folder, with_output=False, run_args=[])


def main():
    kind, n, seconds, seed, folder = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4]), sys.argv[5]
    build(kind, n, seconds, seed, False, folder)
    print(json.dumps({"ready": time.time() - START, "version": b.__version__}))


if __name__ == "__main__":
    main()
