# SPDX-License-Identifier: MIT
"""The command line: exit codes, wrong use, files that are written or not, same bits from run, build and any number of threads."""
import filecmp
import json
import math
import os
import shutil

GOOD = """network Small {
    population P : LIF[20]
    connect P -> P by pairwise_bernoulli(0.2) via ExpCurrent weight 20 pA delay 1 ms
}
experiment short {
    use Small as net
    record net.P.spikes
    drive net.P.I = 400 pA
    run 100 ms
    print rate = rate(net.P)
}
"""


def usage(env):
    cases = [([], "SUBCOMMAND"), (["rnu", "x"], "did you mean 'run'"), (["run"], "which file"), (["run", "a.snn", "b.snn"], "one file"),
             (["run", "--thread", "2", "x.snn"], "did you mean '--threads'"), (["run", "x.snn", "--set"], "needs a value"),
             (["run", "x.snn", "--set", "tau"], "NAME=VALUE"), (["run", "x.snn", "--precision", "half"], "double, float or fixed"),
             (["run", "x.snn", "--dump=nets"], "--dump knows"), (["run", "x.snn", "--stop-after", "x"], "--stop-after knows"),
             (["build", "x.snn", "--emit", "pdf"], "--emit is"), (["build", "x.snn", "--emit", "page"], "are for --target wasm32"),
             (["build", "x.snn", "--target", "wasm32", "--emit", "exe"], "makes no program"), (["build", "x.snn", "--target", "wasm32", "-o", "-"], "is a folder"), (["build", "x.snn", "--target", "cortex-m4", "--precision", "double"], "float or fixed"), (["build", "x.snn", "--target", "wasm32", "--arithmetic", "fma"], "no fused"), (["check"], "which file"), (["fmt"], "which file"), (["plot"], "which folder"), (["compare", "x"], "which two folders"),
             (["plot", "/nonexistent"], "/nonexistent"), (["doc", "LFI"], "did you mean 'LIF'"), (["x.snn"], "to run a file"),
             (["run", "x.snn", "--quiet=yes"], "takes no value"), (["run", "x.snn", "-Z"], "no option '-Z'"), (["run", "x.snn", "--engine", "x"], "--engine is")]
    for argv, part in cases:
        code, out, err = env.compile(*argv)
        env.check("usage: snnc " + " ".join(argv), code == 2 and part in err, f"exit code {code}\n{err}")
    for argv in (["--help"], ["help"], ["--version"], ["help", "run"], ["doc"], ["doc", "LIF"]) + tuple([c, "--help"] for c in ("run", "build", "check", "explain", "fmt", "plot", "compare", "doc")):
        code, out, err = env.compile(*argv)
        env.check("help: snnc " + " ".join(argv), code == 0 and out and not err, f"exit code {code}\n{err}")


def web(env):
    folder = env.folder("web")
    for name, statement in [("data", 'data d = csv("x.csv")'), ("save", 'save weights "w.npy"'), ("table", 'emit net.P from "x.csv"')]:
        path = os.path.join(folder, name + ".snn")
        with open(path, "w") as f:
            f.write(GOOD.replace("    run 100 ms\n", f"    {statement}\n    run 100 ms\n"))
        code, _, err = env.compile("build", path, "--target", "wasm32", "-o", os.path.join(folder, "out"))
        env.check(f"wasm32 refuses files: {name}", code == 1 and "E0810" in err and f"{name}.snn:9:5" in err and not os.path.exists(os.path.join(folder, "out")), f"exit code {code}\n{err}")


def files(env):
    folder = env.folder("files")
    good, bad, out = os.path.join(folder, "good.snn"), os.path.join(folder, "bad.snn"), os.path.join(folder, "out")
    with open(good, "w") as f:
        f.write(GOOD)
    with open(bad, "w") as f:
        f.write(GOOD.replace("20 pA", "20 mV"))
    for name, argv, want in [("a missing file (E0001)", ["run", os.path.join(folder, "no.snn"), "--out", out], 1), ("a file with errors", ["run", bad, "--out", out], 1),
                             ("an unknown parameter", ["run", good, "--out", out, "--set", "nothing=1"], 2), ("a threads number that is none", ["run", good, "--out", out, "--threads", "x"], 2)]:
        code, _, err = env.compile(*argv)
        env.check(name, code == want and not os.path.exists(out) and err, f"exit code {code}, folder written: {os.path.exists(out)}\n{err}")
    code, _, err = env.compile("run", good, "--experiment", "shrot", "--out", out)
    env.check("an unknown experiment", code == 1 and "E0604" in err and "did you mean 'short'" in err and not os.path.exists(out), f"exit code {code}\n{err}")
    code, _, err = env.compile("run", good, "--out", "/proc/nowhere/x")
    env.check("a folder that cannot be written", code == 2 and err, f"exit code {code}\n{err}")
    return good


def same_bits(env, good):
    spikes = []
    program = os.path.join(env.tmp, "good")
    code, _, err = env.compile("build", good, "-o", program)
    env.check("build", code == 0, err)
    runs = [("run", [env.snnc, "run", good]), ("run again", [env.snnc, "run", good]), ("two threads", [env.snnc, "run", good, "--threads", "2"]),
            ("build", [program]), ("other processor", [env.snnc, "run", good, "--cpu", "x86-64-v3"])]
    for name, argv in runs:
        out = env.folder("same " + name)
        code, _, err = env.run(*argv, "--out", out, "--quiet")
        spikes.append(os.path.join(out, "spikes.h5"))
        same = code == 0 and os.path.exists(spikes[0]) and os.path.exists(spikes[-1]) and filecmp.cmp(spikes[0], spikes[-1], shallow=False)
        env.check(f"same spikes: {name}", same, f"exit code {code}\n{err}")
    code, out, err = env.run(program, "--help")
    env.check("the program's --help", code == 0 and "--seed" in out, err)


def kinds(env, good):
    """What build emits, and the lines of .snn files that a debugger sees in it."""
    for kind, start in [("obj", b"\x7fELF"), ("asm", b"\t"), ("llvm", b"; ModuleID")]:
        out = os.path.join(env.tmp, "out." + kind)
        code, _, err = env.compile("build", good, "--emit", kind, "-o", out)
        env.check("emit " + kind, code == 0 and open(out, "rb").read(20).startswith(start), err)
    out = os.path.join(env.tmp, "arm.o")
    code, _, err = env.compile("build", good, "--target", "aarch64", "--emit", "obj", "-o", out)
    env.check("object for another machine", code == 0 and open(out, "rb").read(20)[18] == 183, err)
    code, text, err = env.compile("build", good, "-g", "--emit", "llvm", "-o", "-")
    run_line = GOOD[:GOOD.index("run 100")].count("\n") + 1
    env.check("lines for a debugger", code == 0 and f"DILocation(line: {run_line}," in text and 'DISubprogram(name: "Small.P.step"' in text, err)
    code, text, err = env.compile("build", good, "--emit", "llvm", "-o", "-")
    env.check("no lines when not asked for", code == 0 and "DILocation" not in text, err)
    program = os.path.join(env.tmp, "debugged")
    code, _, err = env.compile("build", good, "-g", "-o", program)
    if env.check("build -g", code == 0, err) and shutil.which("gdb"):
        code, text, err = env.run("gdb", "-nx", "-batch", "-ex", f"break good.snn:{run_line}", "-ex", "run -q", "-ex", "next", program)
        env.check("gdb stops at a line", f"good.snn:{run_line}" in text and "print rate = rate(net.P)" in text, text + err)


def few_bits(env):
    """Weights rounded to few levels: at most 2^bits - 1 of them, the largest stays, errors at most half a level."""
    snn, found = os.path.join(env.tmp, "bits.snn"), {}
    with open(snn, "w") as f:
        f.write('network N { population A : PoissonSource[50](rate = 1 Hz), B : LIF[40]\n connect A -> B by pairwise_bernoulli(0.5) via ExpCurrent weight uniform(-20 pA, 90 pA) as w }\n'
                'experiment e { use N as net\n run 1 ms\n print weights = weights(net.B) }\n')
    for bits in (None, 8, 3):
        out = env.folder(f"bits{bits}")
        code, _, err = env.compile("run", snn, "-q", "--out", out, *(["--weights", bits] if bits else []))
        r = json.load(open(os.path.join(out, "summary.json")))["results"]["weights"] if code == 0 else {"values": []}
        found[bits] = r["values"] if isinstance(r, dict) else r
        env.check(f"run --weights {bits}", code == 0 and found[bits], err)
    for bits in (8, 3):
        step = max(abs(w) for w in found[bits]) / (2 ** (bits - 1) - 1)
        env.check(f"{bits} bits: the largest stays", abs(step*(2 ** (bits - 1) - 1) / max(abs(w) for w in found[None]) - 1) < 1e-7, str(step))
        worst = max((abs(a - b) for a, b in zip(found[None], found[bits])), default=1e9)
        env.check(f"{bits} bits: levels", len({round(w / step) for w in found[bits]}) <= 2 ** bits - 1 and all(abs(w / step - round(w / step)) < 1e-9 for w in found[bits]), str(found[bits][:5]))
        env.check(f"{bits} bits: at most half a level away", worst <= step / 2 * (1 + 1e-6), f"{worst}, a level is {step}")


    with open(snn, "w") as f:
        f.write('network N { population A : PoissonSource[30](rate = 1 Hz), B : LIF[3]\n connect A -> B by all_to_all via ExpCurrent weight (1 + 4*post.index)*uniform(-20 pA, 90 pA) as w }\n'
                'experiment e { use N as net\n run 1 ms\n print weights = weights(net.B) }\n')
    for option in ("8,target", "8,target,pow2", "6,pow2", "32"):
        out = env.folder("bits" + option.replace(",", "-"))
        code, _, err = env.compile("run", snn, "-q", "--out", out, "--weights", option)
        w = json.load(open(os.path.join(out, "summary.json")))["results"]["weights"] if code == 0 else []
        found[option] = w["values"] if isinstance(w, dict) else w
        env.check(f"run --weights {option}", code == 0 and len(found[option]) == 90, err)
    for option in ("8,target", "8,target,pow2", "6,pow2"):
        scales, top = set(), 2 ** (int(option[0]) - 1) - 1
        for j in range(3):
            drawn, w = found["32"][j::3], found[option][j::3]
            group = found["32"] if "target" not in option else drawn
            s = max(abs(x) for x in group) / top
            s = 2.0 ** math.ceil(math.log2(s)) if "pow2" in option else s
            scales.add(s)
            env.check(f"{option}: levels of target {j}", all(abs(a - s*round(b / s)) < 1e-6*s*top for a, b in zip(w, drawn)), f"{w[:3]} for {drawn[:3]}, a level is {s}")
        env.check(f"{option}: scales", (len(scales) > 1) == ("target" in option), str(scales))


def compared(env, good):
    """Two precisions of one file side by side."""
    out = env.folder("compared")
    code, text, err = env.compile("run", good, "--precision", "float", "--compare", "double", "--out", out, "-q")
    figures = json.load(open(os.path.join(out, "compare.json"))) if code == 0 else {}
    p = figures.get("populations", {}).get("P", {})
    env.check("run --compare", code == 0 and "float against double" in text and p.get("within_one_step", 0) > 0.9, f"exit code {code}\n{text}{err}")
    env.check("both runs are kept", os.path.exists(os.path.join(out, "spikes.h5")) and os.path.exists(os.path.join(out, "compared/spikes.h5")), "")
    env.check("results side by side", "rate" in figures.get("results", {}) and figures["results"]["rate"]["reference"] > 0, str(figures.get("results")))
    code, text, err = env.compile("compare", os.path.join(out, "compared"), os.path.join(out, "compared"))
    env.check("a run is the same as itself", code == 0 and "100.0000 %" in text and "all the same" in text, text + err)
    code, text, err = env.compile("compare", out, env.folder("empty"))
    env.check("compare with an empty folder", code == 2 and "no summary.json" in err, f"exit code {code}\n{err}")
    code, text, err = env.compile("run", good, "--compare", "half")
    env.check("compare with an unknown precision", code == 2 and "double, float or fixed" in err, f"exit code {code}\n{err}")


def odd_uses(env, good):
    """What is not in the manual's order: standard input, a full disk behind standard output, unknown processors, values out of range."""
    for argv, part in [(["run", good, "--threads", "100000"], "at most 1024"), (["run", good, "--seed", "18446744073709551616"], "at most 18446744073709551615"),
                       (["run", good, "--seed", "x"], "a whole number, not 'x'"), (["run", good, "--resume"], "goes with --out"), (["run", good, "--cpu", "pentium9"], "no processor 'pentium9'"),
                       (["run", good, "--cpu", "i686"], "no processor 'i686'"), (["doc", "lif"], "did you mean 'LIF'"), (["build", good, "-o", good], "own text"), (["fmt", "-w", "-"], "written back"),
                       (["run", good, "--set", "P.t_ref=-1ms", "--set", "P.C=x"], "P.C"), (["build", "-"], "say -o")]:
        code, _, err = env.compile(*argv)
        env.check("odd use: snnc " + " ".join(argv), code == 2 and part in err and open(good).read() == GOOD, f"exit code {code}\n{err}")
    for argv, stdin in [(["run", "-q", "-"], GOOD), (["fmt", "-"], GOOD), (["run", "-q", "--compare", "float", "-"], GOOD)]:
        code, out, err = env.compile(*argv, stdin=stdin.encode())
        env.check("standard input: snnc " + " ".join(argv), code == 0 and ("rate = " in out or out == stdin), f"exit code {code}\n{out}{err}")
    for argv in (["run", "-q", good], ["doc"]):
        with open("/dev/full", "w") as full:
            code, _, err = env.compile(*argv, stdout=full)
        env.check("a full disk behind standard output: snnc " + " ".join(argv), code == 3 and "standard output" in err, f"exit code {code}\n{err}")
    out = env.folder("drawn")
    env.compile("run", "-q", good, "--out", out)
    code, _, err = env.compile("plot", out, "-o", "/nonexistent/x.png")
    env.check("a picture that cannot be written", code == 3 and "No such file" in err, f"exit code {code}\n{err}")
    code, text, err = env.compile("plot", out, "--show", "rates")
    env.check("a picture of one part", code == 0 and text.strip() == os.path.join(out, "rates.png") and sorted(os.listdir(out)) == ["rates.png", "spikes.h5", "summary.json"], text + err)
    code, _, err = env.compile("run", "-q", good, "--cpu", "haswell")
    env.check("a processor by LLVM's name", code == 0, err)


def long_loop(env):
    """A loop that makes 400 MB of arrays does not keep them."""
    snn, out = os.path.join(env.tmp, "loop.snn"), env.folder("loop")
    with open(snn, "w") as f:
        f.write("network N { population P : LIF[1] }\nexperiment e { use N as net\n run 1 ms\n let total = 0\n for i in 0:500 { total += mean(linspace(0, 2, 100000)) }\n print total = total }\n")
    code, text, err = env.compile("run", snn, "-q", "--out", out)
    peak = json.load(open(os.path.join(out, "summary.json")))["peak_rss_bytes"] if code == 0 else 0
    env.check("memory of a long loop", code == 0 and "total = 500" in text and 0 < peak < 150e6, f"{peak} bytes\n{text}{err}")


def run(env):
    usage(env)
    web(env)
    good = files(env)
    odd_uses(env, good)
    same_bits(env, good)
    kinds(env, good)
    compared(env, good)
    few_bits(env)
    long_loop(env)
