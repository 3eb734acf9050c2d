#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Instructions per neuron-step and per synaptic event on small machines, counted exactly by a QEMU plugin (count.c), beside a hand-written loop
(embedded_ref.c, clang -O2); flash and RAM that the network itself does not account for. Prints a table in Markdown.

    tests/bench/embedded.py [--build BUILD] [TARGET ...]
"""
import os
import re
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
N, STEPS = 256, 1000
ARM, RISCV = "qemu-system-arm", "qemu-system-riscv32"
MACHINES = {        # target -> (QEMU, clang's flags, folder of start.o)
    "cortex-m0": ([ARM, "-M", "microbit"], "--target=thumbv6m-none-eabi -mcpu=cortex-m0", "thumbv6m", "microbit"),
    "cortex-m3": ([ARM, "-M", "mps2-an385"], "--target=thumbv7m-none-eabi -mcpu=cortex-m3", "thumbv7m", "mps2-an385"),
    "cortex-m4": ([ARM, "-M", "mps2-an386"], "--target=thumbv7em-none-eabihf -mcpu=cortex-m4", "thumbv7em", "mps2-an386"),
    "cortex-m55": ([ARM, "-M", "mps3-an547"], "--target=thumbv8.1m.main-none-eabihf -mcpu=cortex-m55 -mfloat-abi=hard", "thumbv8.1m", "mps3-an547"),
    "riscv32": ([RISCV, "-M", "virt", "-bios", "none"], "--target=riscv32-unknown-elf -march=rv32imac -mabi=ilp32", "rv32imac", "virt"),
    "riscv32f": ([RISCV, "-M", "virt", "-bios", "none"], "--target=riscv32-unknown-elf -march=rv32imafc -mabi=ilp32f", "rv32imafc", "virt")}

# The input of each neuron comes from the experiment, so it is an array that the step reads.
NETWORK = """network Bench {
    population P : LIF[256]
    connect P -> P by fixed_outdegree(26) via ExpCurrent(tau = 3 ms) weight 7.5 pA delay 1 ms
}
experiment main {
    use Bench as net
    dt 0.1 ms
    net.P.V ~ uniform(-70 mV, -50 mV)
    record net.P.spikes
    drive net.P.I = 210 pA + 10 pA*index/256
    run 100 ms
}
"""


def run(*argv):
    r = subprocess.run([str(a) for a in argv], capture_output=True, text=True, timeout=300)
    if r.returncode:
        sys.exit(f"{' '.join(map(str, argv))}: {r.stderr}")
    return r.stdout + r.stderr


def symbols(image):
    """name -> (address, size) of the functions of an image."""
    found = {}
    for line in run("llvm-nm-19", "--print-size", image).splitlines():
        w = line.split(maxsplit=3)
        if len(w) == 4 and w[2] in "tTW":
            found[w[3]] = (int(w[0], 16) & ~1, int(w[1], 16))
    return found


def count(folder, target, image, names):
    """Instructions in each of the named functions, and the text that the image printed."""
    known, log = symbols(image), os.path.join(folder, "plugin.log")
    ranges = [f"r{i}={known[n][0]:x}-{known[n][0] + known[n][1]:x}" for i, n in enumerate(names)]
    text = run(*MACHINES[target][0], "-nographic", "-monitor", "none", "-serial", "none", "-semihosting-config", "enable=on,target=native", "-d", "plugin",
               "-D", log, "-plugin", ",".join([os.path.join(folder, "count.so")] + ranges), "-kernel", image)
    with open(log) as f:
        counts = dict(line.split() for line in f)
    return [int(counts[f"r{i}"]) for i in range(len(names))], text


def generated(build, folder, target, options=()):
    """(per neuron-step, per event, spikes, flash and RAM beside the network) of the generated code."""
    source, image = os.path.join(folder, "bench.snn"), os.path.join(folder, f"{target}.elf")
    with open(source, "w") as f:
        f.write(NETWORK)
    report = run(os.path.join(build, "bin", "snnc"), "build", "--target", target, "--report", *options, source, "-o", image)
    soft = [n for n in symbols(image) if re.match(r"__aeabi_[fd]|__(add|sub|mul|div|eq|ne|lt|le|gt|ge|float|fix)\w*[sd]f", n)]
    (step, deliver, *helpers), text = count(folder, target, image, ["P.step", "P->P.deliver"] + soft)
    spikes = sum(len(line.split()) == 3 for line in text.splitlines())
    return (step + sum(helpers) if soft else step) / (N * STEPS), deliver / (spikes * 26), spikes, report


def overhead(image):
    """Flash of an image beside the network: start-up code and helpers."""
    own = ("P.", "P->P", "net_")
    return sum(size for name, (_, size) in symbols(image).items() if not name.startswith(own)) + 64


def ram_beside(image):
    """Variables of an image beside the network's state."""
    total = 0
    for line in run("llvm-nm-19", "--print-size", image).splitlines():
        w = line.split(maxsplit=3)
        total += int(w[1], 16) if len(w) == 4 and w[2] in "bBdD" and w[3] != "board.state" else 0
    return total


def by_hand(folder, target, flags=()):
    _, clang, isa, board = MACHINES[target]
    image = os.path.join(folder, f"{target}-ref.elf")
    start, source = os.path.join(folder, "start.c"), os.path.join(ROOT, "tests", "bench", "embedded_ref.c")
    with open(start, "w") as f:          # the runtime's start-up file, with another thing to run
        f.write('#include "embedded/start.c"\nint main(void);\nstatic void nothing(void *s) { (void)s; }\nstatic void all(void *s) { (void)s; main(); }\n'
                'static char none[64];\nconst SnnBoard snn_board = {1, 0, 0, none, 0, 0, nothing, all};\n')
    objects = []
    for c, extra in ((start, "-Os"), (source, "-O2"), (os.path.join(ROOT, "runtime/embedded/help.c"), "-Os")):
        objects.append(os.path.join(folder, os.path.basename(c) + ".o"))
        run("clang-19", *clang.split(), "-std=c17", "-ffreestanding", "-ffunction-sections", "-ffp-contract=fast", extra, *flags, "-I", os.path.join(ROOT, "runtime"), "-c", c, "-o", objects[-1])
    boards = os.path.join(ROOT, "runtime/embedded/boards")
    run("ld.lld-19", "--gc-sections", "-L", boards, "-T", os.path.join(boards, f"{board}.ld"), *objects, "-o", image)
    soft = [n for n in symbols(image) if re.match(r"__aeabi_[fd]|__(add|sub|mul|div|eq|ne|lt|le|gt|ge|float|fix)\w*[sd]f", n)]
    (step, deliver, *helpers), _ = count(folder, target, image, ["ref_step", "ref_deliver"] + soft)
    return (step + sum(helpers)) / (N * STEPS)


def main(argv):
    build = os.path.join(ROOT, "build")
    if argv[:1] == ["--build"]:
        build, argv = argv[1], argv[2:]
    with tempfile.TemporaryDirectory() as folder:
        run("cc", "-O2", "-shared", "-fPIC", "-o", os.path.join(folder, "count.so"), os.path.join(ROOT, "tests/bench/count.c"))
        print("| target | per neuron-step | by hand | per event | flash beside the network |\n|---|---|---|---|---|")
        for target in argv or MACHINES:
            # Cores without FPU also in fixed point; without a long multiply in products of 32 bits.
            ways = [("", (), ())]
            if target in ("cortex-m0", "cortex-m3", "riscv32"):
                short = target == "cortex-m0"
                ways.append((" fixed", ("--precision", "fixed", "--arithmetic", "short" if short else "long"), ("-DFIXED", "-DSHORT") if short else ("-DFIXED",)))
            for name, options, flags in ways:
                step, event, spikes, _ = generated(build, folder, target, options)
                hand = by_hand(folder, target, flags)
                print(f"| {target}{name} | {step:.1f} | {hand:.1f} | {event:.1f} ({spikes} spikes) | {overhead(os.path.join(folder, target + '.elf'))} B |", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
