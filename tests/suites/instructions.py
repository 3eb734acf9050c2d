# SPDX-License-Identifier: MIT
"""Instructions of the generated code, counted by callgrind (exactly repeatable, unlike time) in programs built for x86-64-v3: for one
neuron over one step (all that the step loop does but delivery), and for one delivered event. The table tests/bench/instructions.csv holds what they were; 5 % more is a failure,
`tests/run --update instructions` writes it anew."""
import csv
import os
import re

TABLE = "tests/bench/instructions.csv"
CASES = [("coba", 500, []), ("cuba", 500, []), ("cobahh", 200, []), ("brunel", 300, ["--set", "scale=0.2"]), ("song", 1000, [])]
SLACK = 1.05


def program(env, name, steps, options):
    with open(f"examples/{name}/{name}.snn") as f:
        text = re.sub(r"(?m)^    run .*$", f"    run {steps / 10} ms", f.read(), count=1)
    text = re.sub(r"(?m)^    (run [0-9.]+ s|discard .*|record .*|save .*)\n", "", text)
    snn, out = (os.path.join(env.tmp, name + ending) for ending in (".snn", ""))
    with open(snn, "w") as f:
        f.write(text)
    code, _, err = env.compile("build", snn, "--cpu", "x86-64-v3", *options, "-o", out)
    return out if env.check(f"{name} builds", code == 0, err) else None


def counted(env, exe):
    """Instructions by function."""
    record = exe + ".callgrind"
    code, _, err = env.run("valgrind", "--tool=callgrind", "--toggle-collect=inst_step_job", f"--callgrind-out-file={record}", exe, "-q", "--out", exe + "-out", timeout=300)
    if code:
        return None, err
    code, text, err = env.run("callgrind_annotate", "--auto=no", "--threshold=100", record)
    counts = {}
    for line in text.splitlines():
        m = re.match(r"\s*([\d,]+) .*?:(\S+)", line)
        if m:
            counts[m.group(2)] = counts.get(m.group(2), 0) + int(m.group(1).replace(",", ""))
    return counts, err


def measure(env, case):
    from suites.common import summary
    name, steps, options = case
    exe = program(env, name, steps, options)
    counts, err = counted(env, exe) if exe else (None, "")
    if not env.check(f"{name} is counted", counts, err):
        return None
    s = summary(exe + "-out")
    neurons = sum(p["count"] for p in s["populations"].values())
    delivery = sum(n for f, n in counts.items() if f.endswith(("deliver", "deliver.body", ".pieces", ".pieces.body", ".post", ".post.body")))
    events = s["synaptic_events"] + s["plastic_updates"]
    return {"network": name, "neuron_step": (sum(counts.values()) - delivery) / (neurons * steps), "event": delivery / max(events, 1)}


def run(env):
    found = []
    env.each(CASES, lambda case: found.append(measure(env, case)))
    found = sorted([f for f in found if f], key=lambda f: f["network"])
    if env.update:
        with open(TABLE, "w") as f:
            f.write("network,neuron_step,event\n" + "".join(f"{r['network']},{r['neuron_step']:.2f},{r['event']:.2f}\n" for r in found))
    with open(TABLE) as f:
        known = {r["network"]: r for r in csv.DictReader(f)}
    for r in found:
        for what in ("neuron_step", "event"):
            env.check(f"{r['network']}, instructions a {what.replace('_', '-')}", r[what] <= float(known[r["network"]][what]) * SLACK + 0.01,
                      f"{r[what]:.2f}, was {known[r['network']][what]}: if the new code is meant, tests/run --update instructions")
