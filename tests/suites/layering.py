# SPDX-License-Identifier: MIT
"""The house's rules that a program can check: includes run in one direction, LLVM stays in gen and target, no model of the library is
named in compiler or runtime, every source has its licence line, every message has a program that provokes it."""
import os
import re
from suites.common import find

LAYERS = ["support", "source", "syntax", "sema", "net", "gen", "target", "driver", "cli"]
ASIDE = {"connect": "net"}        # folders that stand on the level of another


def layer(path):
    """Number of the layer of compiler/<folder>/... or compiler/driver.*; None for what has none."""
    part = path.split("/")[0].split(".")[0]
    part = ASIDE.get(part, part)
    return LAYERS.index(part) if part in LAYERS else None


def sources():
    return [p for ending in (".c", ".h", ".def", ".l", ".y") for top in ("compiler", "runtime") for p in find(top, ending)]


def text_of(path):
    with open(path, encoding="utf-8", errors="replace") as f:
        return f.read()


def check_includes(env, path, text):
    wrong = []
    own = path.split("/", 1)[1]
    for inc in re.findall(r'^\s*#\s*include\s+[<"]([^>"]+)[>"]', text, re.M):
        if inc.startswith("llvm-c/") and not path.startswith(("compiler/gen/", "compiler/target/")):
            wrong.append(f"{inc}: only gen/ and target/ speak LLVM")
        if path.startswith("runtime/"):
            if os.path.exists(os.path.join("compiler", inc)) and not os.path.exists(os.path.join("runtime", inc)) and "/" in inc:
                wrong.append(f"{inc}: the runtime includes nothing of the compiler")
        elif layer(own) is not None and "/" in inc and os.path.exists(os.path.join("compiler", inc)):
            if layer(inc) is not None and layer(inc) > layer(own):
                wrong.append(f"{inc} belongs to a later stage")
    env.check(f"{path}: includes", not wrong, "\n".join(wrong))


def check_licence(env):
    files = sources() + [p for top in ("tests", "examples", "stdlib") for e in (".c", ".h", ".py", ".sh", ".snn") for p in find(top, e)] + ["Makefile", "tests/run", ".ci/run"]
    bad = []
    for p in files:
        if p.startswith("tests/lang/") or p.startswith("tests/golden/"):
            continue
        head = text_of(p).splitlines()[:2]
        if not any("SPDX-License-Identifier: MIT" in line for line in head):
            bad.append(p)
    env.check("licence lines", not bad, "\n".join(bad))


def check_models(env):
    names = [os.path.splitext(os.path.basename(p))[0] for p in find("stdlib", ".snn")]
    names = [n for n in names if n not in ("Count", "Delta", "Poisson", "Latency")]     # words of mathematics and of prose
    bad = []
    if names:
        word = re.compile(r"\b(" + "|".join(map(re.escape, names)) + r")\b")
        for p in sources():
            for number, line in enumerate(text_of(p).splitlines(), 1):
                m = word.search(line)
                if m:
                    bad.append(f"{p}:{number}: {m.group(1)}")
    env.check("no model of the library is named", not bad, "\n".join(bad))


def check_messages(env):
    table = re.findall(r'^\s*DIAG\("([EW]\d+)",\s*(\w+)', text_of("compiler/source/diag.def"), re.M)
    provoked = set()
    for p in find("tests/lang", ".snn"):
        provoked |= set(re.findall(r"//\s*(?:error|warning):\s*[\d.]+:[\d*]+:\s*([EW]\d+)", text_of(p)))
    provoked |= set(re.findall(r"[EW]\d{4}", text_of("tests/suites/cli.py") + text_of("tests/suites/embedded.py")))     # what no program's text can provoke
    codes = [c for c, _ in table]
    twice = sorted({c for c in codes if codes.count(c) > 1})
    env.check("codes of messages are unique", not twice, " ".join(twice))
    for code, name in table:
        env.check(f"message {code} ({name})", code in provoked, "no program in tests/lang provokes it")


def run(env):
    for p in sources():
        check_includes(env, p, text_of(p))
    check_licence(env)
    check_models(env)
    check_messages(env)
