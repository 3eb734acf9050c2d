# SPDX-License-Identifier: MIT
"""Spike times of the event engine against 50 digits: each within 64 ulp(V)/|V'| of its crossing, none missing, none extra."""
import os
import subprocess
import sys
import tempfile

import h5py
import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)


def check(env):
    import cases
    reference = np.load(os.path.join(HERE, "reference.npz"))
    with tempfile.TemporaryDirectory() as tmp:
        text, files = cases.program()
        for name, data in files.items():
            with open(os.path.join(tmp, name), "w") as f:
                f.write(data)
        with open(os.path.join(tmp, "cases.snn"), "w") as f:
            f.write(text)
        subprocess.run([os.path.join(env.build, "bin/snnc"), "run", "-q", "-o", os.path.join(tmp, "out"), os.path.join(tmp, "cases.snn")], check=True)
        spikes = h5py.File(os.path.join(tmp, "out", "spikes.h5"))["spikes"]
        total = 0
        for name in reference.files:
            total += compare(env, cases, name, reference[name], spikes[name])
    env.passed() if total >= 10000 else env.failed("event: number of spikes", f"only {total}")


def compare(env, cases, name, ref, got):
    ids, steps, offsets = got["node_ids"][:], got["steps"][:], got["offsets"][:]
    order = np.lexsort((offsets, steps, ids))
    ids, steps, offsets = ids[order], steps[order], offsets[order]
    ref = ref[np.lexsort((ref[:, 1], ref[:, 0]))] if len(ref) else ref
    if len(ids) != len(ref) or (ids != ref[:, 0]).any():
        env.failed(f"event: {name}", f"{len(ids)} spikes, {len(ref)} at 50 digits")
        return 0
    # step and offset as they are, so that the comparison is as fine as the recording
    late = (steps * cases.DT - ref[:, 1]) + offsets - ref[:, 2]
    allowed = 64 * np.spacing(50.0) / ref[:, 3]
    worst = np.max(np.abs(late) / allowed) if len(ref) else 0
    env.passed() if worst <= 1 else env.failed(f"event: {name}", f"a spike is off by {worst * 64:.3g} ulp(V)/|V'|")
    if os.environ.get("SNNC_SHOW"):
        print(name, len(ref), f"{worst * 64:.3g} ulp")
    return len(ref)
