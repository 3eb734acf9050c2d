# SPDX-License-Identifier: MIT
"""Unit tests: the cmocka programs of tests/unit, one a module. Their tests are counted from what they print."""
import os
import re
from suites.common import find


def run_program(env, source):
    name = os.path.splitext(os.path.basename(source))[0]
    program = os.path.join(env.build, "tests", "unit", name)
    code, out, err = env.run(program, timeout=600)
    text = out + err
    total = sum(int(n) for n in re.findall(r"\[==========\].*?(\d+) test\(s\) run", text))
    failures = sum(int(n) for n in re.findall(r"\[  FAILED  \].*?(\d+) test\(s\), listed below", text))
    if code == 0 and total and not failures:
        env.passed(total)
        return
    bad = max(failures, 1)
    lines = [l for l in text.splitlines() if not re.match(r"\[(       OK| RUN      |==========)", l)]
    env.passed(max(total - bad, 0))
    env.failed(name, f"exit code {code}\n" + "\n".join(lines[-25:]), bad)


def run(env):
    env.each([s for s in find("tests/unit", ".c") if os.path.basename(s).startswith("test_")], lambda s: run_program(env, s))
