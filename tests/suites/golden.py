# SPDX-License-Identifier: MIT
"""Golden tests: for tests/golden/NAME.snn each NAME.STAGE is what --dump=STAGE prints. `make golden-update` rewrites those that exist."""
import difflib
import os
from suites.common import find

STAGES = ["tokens", "ast", "model", "net", "explain"]


def printed(env, source, stage):
    if stage == "explain":
        return env.compile("explain", source)
    return env.compile("check", f"--dump={stage}", f"--stop-after={stage}", source)


def one(env, golden):
    base, stage = os.path.splitext(golden)
    code, out, err = printed(env, base + ".snn", stage[1:])
    if code != 0:
        return env.failed(golden, f"exit code {code}\n{err}")
    if env.update:
        with open(golden, "w") as f:
            f.write(out)
        return env.passed()
    with open(golden) as f:
        want = f.read()
    diff = "\n".join(difflib.unified_diff(want.splitlines(), out.splitlines(), golden, "printed now", lineterm=""))
    env.check(golden, want == out, diff)


def run(env):
    env.each([g for s in STAGES for g in find("tests/golden", "." + s)], lambda g: one(env, g))
