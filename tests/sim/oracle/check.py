# SPDX-License-Identifier: MIT
"""Generated programs: optimised code against the interpreter, placed variables against bare ones (differ.h). Two halves at a time."""
import os
import re

PROGRAMS = int(os.environ.get("ORACLE_PROGRAMS", "2000"))
PARTS = 8


def check(env):
    oracle = os.path.join(env.build, "tests", "oracle")
    bounds = [PROGRAMS * k // PARTS for k in range(PARTS + 1)]

    def part(k):
        code, out, err = env.run(oracle, "--random", bounds[k], bounds[k + 1], timeout=900)
        wrong = [line for line in out.splitlines() if line.startswith("FAIL")]
        done = re.search(r"^(\d+) programs", out, re.M)
        for line in wrong:
            env.failed("oracle", line[5:])
        if code not in (0, 1) or not done:
            env.failed("oracle", f"programs {bounds[k]}..{bounds[k + 1]}: exit code {code}\n{err[-2000:]}")
        else:
            env.passed(bounds[k + 1] - bounds[k] - len(wrong))

    code, out, err = env.run(oracle, os.path.join("tests", "sim", "oracle", "library.snn"), timeout=300)
    env.check("oracle: models of the library", code == 0, out + err)
    code, out, err = env.run(oracle, "--ways", os.path.join("tests", "sim", "oracle", "totals.snn"), timeout=300)
    env.check("oracle: sums over sources", code == 0 and out.startswith("6 programs"), out + err)
    for name in ("latency", "rank", "burst", "series", "density", "contrast"):
        code, out, err = env.run(oracle, os.path.join("tests", "lang", "coding", name + ".snn"), timeout=300)
        env.check(f"oracle: codes, {name}", code == 0, out + err)
    env.each(range(PARTS), part, workers=2)
