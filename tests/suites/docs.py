# SPDX-License-Identifier: MIT
"""The manual's examples: fenced blocks of docs/*.md. ```snn must check without errors, ```snn fail must be refused, ```snn run
must also run, ```text and others are left alone."""
import os
import re
from suites.common import find


def blocks(path):
    with open(path, encoding="utf-8") as f:
        lines = f.read().splitlines()
    kind, start, body = None, 0, []
    for number, line in enumerate(lines, 1):
        fence = re.match(r"\s*```\s*(.*?)\s*$", line)
        if fence and kind is None:
            kind, start, body = fence.group(1) or "text", number, []
        elif fence:
            if kind.split()[0] == "snn":
                yield kind, start, "\n".join(body) + "\n"
            kind = None
        elif kind is not None:
            body.append(line)


def one(env, case):
    path, kind, line, text = case
    name = f"{path}:{line}"
    file = os.path.join(env.tmp, f"{os.path.basename(path)}-{line}.snn")
    with open(file, "w") as f:
        f.write(text)
    code, out, err = env.compile("check", file)
    if "fail" in kind.split():
        return env.check(name, code == 1, f"should be refused, exit code {code}")
    if code == 0 and "run" in kind.split():
        code, out, err, _ = env.simulate(file)
    env.check(name, code == 0, err)


def run(env):
    cases = [(p, *b) for p in find("docs", ".md") + ["README.md"] for b in blocks(p)]
    env.each(cases, lambda c: one(env, c))
