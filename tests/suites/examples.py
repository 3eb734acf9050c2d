# SPDX-License-Identifier: MIT
"""Every example runs: examples/NAME/NAME.snn with the options of its `// test: OPTIONS` lines (shorter runs where it has such), and
its results lie where its `// expect NAME in LO..HI [UNIT]` lines say. The library's models run their own `// expect` lines the same way."""
import os
import re
import shlex
from suites.common import find, result


def one(env, path):
    with open(path) as f:
        text = f.read()
    runs = re.findall(r"^//[ \t]*test:[ \t]*(.*)$", text, re.M) or [""]
    for options in runs:
        code, out, err, s = env.simulate(path, *shlex.split(options), "--data", "/usr/share/datasets/fashion-mnist", timeout=600)
        if not env.check(f"{path} {options}", code == 0 and s and s.get("complete") is True, f"exit code {code}\n{err}"):
            continue
        for name, lo, hi, unit in re.findall(r"^//\s*expect (\S+) in (\S+?)\.\.(\S+)(?: (\S+))?\s*$", text, re.M):
            value, has = result(s, name)
            good = isinstance(value, (int, float)) and float(lo) <= value <= float(hi)
            env.check(f"{path}: {name}", good, f"{value} {has or ''} is not in {lo}..{hi} {unit}\n{out}")


def run(env):
    env.each([p for p in find("examples", ".snn")], lambda p: one(env, p), workers=1)
