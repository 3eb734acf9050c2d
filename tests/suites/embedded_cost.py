# SPDX-License-Identifier: MIT
"""What a network costs on a small machine: instructions for a neuron and step, and for a synaptic event, counted exactly by a QEMU plugin, beside the
hand-written loop of tests/bench/embedded_ref.c; flash and RAM beside the network's own code and tables."""
import importlib.util
import os
import re

# target, options, hand-written loop's flags -> most instructions a neuron-step, an event (None: no bound)
LIMITS = [("cortex-m4", (), (), 20, 9), ("cortex-m55", (), (), 9, 9),
          ("cortex-m3", ("--precision", "fixed", "--arithmetic", "long"), ("-DFIXED",), 22, None),
          ("cortex-m0", ("--precision", "fixed", "--arithmetic", "short"), ("-DFIXED", "-DSHORT"), 26, None),
          ("riscv32", ("--precision", "fixed", "--arithmetic", "long"), ("-DFIXED",), 19, None)]
FLASH, RAM, OVER = 3 * 1024, 256, 1.10


def bench():
    spec = importlib.util.spec_from_file_location("bench_embedded", "tests/bench/embedded.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def costs(env):
    b, folder = bench(), env.folder("costs")
    code, out, err = env.run("cc", "-O2", "-shared", "-fPIC", "-o", os.path.join(folder, "count.so"), "tests/bench/count.c")
    if not env.check("plugin that counts", code == 0, out + err):
        return

    def one(case):
        target, options, flags, most, most_event = case
        own = env.folder(f"costs-{target}")
        os.symlink(os.path.join(folder, "count.so"), os.path.join(own, "count.so"))
        step, event, spikes, report = b.generated(env.build, own, target, options)
        hand = b.by_hand(own, target, flags)
        env.check(f"{target}: a neuron and step", spikes > 500 and 5 < step <= min(most, OVER * hand), f"{step:.2f} instructions, at most {most}; by hand {hand:.2f}; {spikes} spikes")
        if most_event:
            env.check(f"{target}: a synaptic event", 3 < event <= most_event, f"{event:.2f} instructions, at most {most_event}")
        if target.startswith("cortex"):
            image = os.path.join(own, f"{target}.elf")
            flash, ram = b.overhead(image), b.ram_beside(image) + int(re.search(r"stack at most (\d+) B", report)[1])
            env.check(f"{target}: flash and RAM beside the network", 200 < flash <= FLASH and ram <= RAM, f"{flash} B of flash, {ram} B of RAM, stack included")
    env.each(LIMITS, one)
