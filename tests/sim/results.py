# SPDX-License-Identifier: MIT
"""Reading a folder of results: spikes.h5 and report_*.h5."""
import glob
import os
import h5py
import numpy as np


def spikes(folder, population):
    """(times in ms, neuron numbers) of a population, sorted by time."""
    path = os.path.join(folder, "spikes.h5")
    if not os.path.exists(path):
        return np.zeros(0), np.zeros(0, int)
    with h5py.File(path) as f:
        g = f["spikes"].get(population)
        return (np.zeros(0), np.zeros(0, int)) if g is None else (g["timestamps"][:], g["node_ids"][:].astype(int))


def report(folder, population, variable):
    """(times in ms, data[time, neuron]) of a recorded variable, in the unit that the report names."""
    for path in glob.glob(os.path.join(folder, "report_*.h5")):
        if os.path.basename(path) == f"report_{population}_{variable}.h5":
            with h5py.File(path) as f:
                g = f["report"][population]
                first, _, step = g["mapping/time"][:]
                data = g["data"][:]
                return first + step * np.arange(len(data)), data
    raise FileNotFoundError(f"no report of {population}.{variable} in {os.listdir(folder)}")


def run(env, name, text, *options):
    """Writes a program, runs it, and returns its folder of results; None when it failed (and was counted)."""
    folder = env.folder("sim-" + name)
    path = os.path.join(folder, name + ".snn")
    with open(path, "w") as f:
        f.write(text)
    out = os.path.join(folder, "out")
    code, stdout, err, s = env.simulate(path, *options, out=out, timeout=300)
    if code != 0 or not s or not s.get("complete"):
        env.failed(name, f"exit code {code}\n{stdout}{err}")
        return None
    return out
