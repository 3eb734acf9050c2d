# SPDX-License-Identifier: MIT
"""Small machines: images run on QEMU's boards, and every spike is that of the host's run in the same arithmetic."""
import os
import shutil
import h5py

BOARDS = {      # target -> (QEMU's command, arithmetic)
    "cortex-m0": (["qemu-system-arm", "-M", "microbit"], "plain"), "cortex-m3": (["qemu-system-arm", "-M", "mps2-an385"], "plain"),
    "cortex-m4": (["qemu-system-arm", "-M", "mps2-an386"], "fma"), "cortex-m55": (["qemu-system-arm", "-M", "mps3-an547"], "fma"),
    "riscv32": (["qemu-system-riscv32", "-M", "virt", "-bios", "none"], "plain"), "riscv32f": (["qemu-system-riscv32", "-M", "virt", "-bios", "none"], "fma")}
PROGRAMS = ["sparse", "stdp", "changes"]


def host_spikes(env, name, arithmetic, *options):
    """{(population, neuron, step)} of snnc run."""
    out = os.path.join(env.folder("host"), f"{name}-{arithmetic}")
    code, _, err, summary = env.simulate(f"tests/embedded/{name}.snn", "--precision", "float", "--arithmetic", arithmetic, *options, out=out)
    if code or not summary:
        raise RuntimeError(f"the host's run of {name} failed: {err}")
    found = set()

    def visit(path, group):
        if isinstance(group, h5py.Group) and "node_ids" in group:
            found.update((path.split("/")[-1], int(i), round(t / summary["dt_ms"])) for i, t in zip(group["node_ids"][:], group["timestamps"][:]))
    with h5py.File(os.path.join(out, "spikes.h5")) as f:
        f.visititems(visit)
    return found


def board_run(env, target, image):
    """(exit code, spikes, text) of an image on its board."""
    command = BOARDS[target][0] + ["-nographic", "-monitor", "none", "-serial", "none", "-semihosting-config", "enable=on,target=native", "-kernel", image]
    code, out, err = env.run(*command, timeout=120)
    lines = [line.split() for line in (out + err).splitlines()]
    spikes = {(w[0], int(w[1]), int(w[2])) for w in lines if len(w) == 3 and w[1].isdigit() and w[2].isdigit()}
    return code, spikes, [" ".join(w) for w in lines if len(w) != 3]


def difference(host, board):
    first = sorted(host ^ board, key=lambda s: s[2])[:4]
    return f"{len(host)} spikes on the host, {len(board)} on the board, {len(host ^ board)} in one only, first {first}"


def images(env):
    folder = env.folder("images")
    host = {(name, a): host_spikes(env, name, a) for name in PROGRAMS for a in ("fma", "plain")}

    def one(case):
        name, target = case
        image = os.path.join(folder, f"{name}-{target}.elf")
        # No compiler of C or linker but lld is on the path.
        code, _, err = env.compile("build", "--target", target, f"tests/embedded/{name}.snn", "-o", image, env={"PATH": "/nonexistent"})
        if not env.check(f"build {name} for {target}", code == 0, err):
            return
        code, spikes, rest = board_run(env, target, image)
        want = host[name, BOARDS[target][1]]
        env.check(f"{name} on {target}", code == 0 and want and spikes == want, f"exit code {code}, {rest[-3:]}\n{difference(want, spikes)}")
    env.each([(name, target) for name in PROGRAMS for target in BOARDS], one)


def run(env):
    for command in ("qemu-system-arm", "qemu-system-riscv32"):
        if not shutil.which(command):
            env.failed(command, "it is not installed (make deps)")
            return
    images(env)
