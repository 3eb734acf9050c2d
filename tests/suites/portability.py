# SPDX-License-Identifier: MIT
"""The same spikes on other processors: the x86-64 levels with SSE, AVX2 and AVX-512, and 64-bit Arm under emulation. With the profile
`fma` a processor without fused multiply-add computes it in software, so all results are compared bit for bit; the profile `plain` rounds
after each product, differs from `fma`, and is compared between processors in the same way."""
import filecmp
import glob
import os

STEPS = 600                     # of 0.1 ms
CASES = [("coba", []), ("cobahh", ["--set", "N=400"]), ("cuba", ["--set", "N=1000"]), ("song", [])]
LEVELS = ["x86-64-v2", "x86-64-v3", "x86-64-v4", "generic"]
CC = ["clang-19", "-std=c17", "-D_GNU_SOURCE", "-O2", "-ffp-contract=off", "-fno-math-errno", "-Iruntime/include", "-Iruntime", "-pthread"]


def core(env, name, flags):
    """The core of the runtime and the little program around it, compiled once for a processor."""
    folder = env.folder("core-" + name)
    sources = [p for p in glob.glob("runtime/core/**/*.c", recursive=True) if not p.endswith(".bc.c")]
    sources += ["runtime/host/memory.c", "runtime/host/thread.c", "tests/portability/core_run.c"]
    code, _, err = env.run(*CC, *flags, "-c", *[os.path.abspath(s) for s in sources], f"-I{os.path.abspath('runtime')}", f"-I{os.path.abspath('runtime/include')}", cwd=folder)
    return sorted(glob.glob(folder + "/*.o")) if env.check(f"the core compiles for {name}", code == 0, err) else None


def program(env, parts, flags, snn, options, out):
    code, _, err = env.compile("build", snn, "--emit", "obj", "-o", out + ".o", *options)
    if code == 0:           # the experiment stays out: what it calls is not linked
        code, _, err = env.run("clang-19", *flags, "-static", "-fuse-ld=lld", "-Wl,--gc-sections,--unresolved-symbols=ignore-all", "-o", out, out + ".o", *parts, "-lm", "-lpthread")
    return code == 0, err


def arm(env):
    native, foreign = core(env, "this machine", []), core(env, "aarch64", ["--target=aarch64-linux-gnu"])
    if not native or not foreign:
        return

    def one(case):
        name, options = case
        for precision, profile in (("double", "fma"), ("double", "plain"), ("float", "fma"), ("fixed", "long"), ("fixed", "short")):
            if (name, profile) == ("cobahh", "short"):
                continue            # 16-bit factors are too coarse for these gates
            bits, what = 64 if precision == "double" else 32, f"{name}, {precision}, {profile}"
            flags = options + ["--precision", precision, "--arithmetic", profile]
            here, there = (os.path.join(env.tmp, f"{name}-{precision}-{profile}-{m}") for m in ("here", "arm"))
            ok, err = program(env, native, [], os.path.join(env.tmp, name + ".snn"), flags, here)
            ok2, err2 = program(env, foreign, ["--target=aarch64-linux-gnu"], os.path.join(env.tmp, name + ".snn"), flags + ["--target", "aarch64"], there)
            if not env.check(f"programs of {what}", ok and ok2, err + err2):
                continue
            a = env.run(here, STEPS, 3, 1, bits)
            b = env.run("qemu-aarch64", there, STEPS, 3, 2, bits)
            env.check(f"64-bit Arm, two threads: {what}", a[0] == b[0] == 0 and a[1].count("\n") > 30 and a[1] == b[1], f"{a[1].count(chr(10))} and {b[1].count(chr(10))} spikes\n{a[2]}{b[2]}")

    env.each(CASES, one)


def levels(env):
    def one(case):
        name, options = case
        for precision in ("double", "float", "fixed"):
            found = {}
            for cpu in ["native"] + LEVELS:
                out = env.folder(f"level-{name}-{precision}-{cpu}")
                code, _, err = env.compile("run", os.path.join(env.tmp, name + ".snn"), *options, "--precision", precision, "--cpu", cpu, "--out", out, "-q")
                found[cpu] = os.path.join(out, "spikes.h5")
                env.check(f"{name}, {precision}, {cpu}", code == 0 and os.path.exists(found[cpu]) and filecmp.cmp(found["native"], found[cpu], shallow=False), err)

    for name, _ in CASES:
        shorten(env, name)
    env.each(CASES, one)


def shorten(env, name):
    """A copy of an example that runs for the steps of this test."""
    import re
    with open(f"examples/{name}/{name}.snn") as f:
        text = re.sub(r"(?m)^    run .*$", f"    run {STEPS / 10} ms", f.read())
    with open(os.path.join(env.tmp, name + ".snn"), "w") as f:
        f.write(text)


def run(env):
    levels(env)
    arm(env)
