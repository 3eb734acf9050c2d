# SPDX-License-Identifier: MIT
"""The unit and language tests once more with everything built under the address and undefined-behaviour sanitizers."""
import os
from suites import lang, unit

FLAGS = "-O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined,fuzzer-no-link -fno-sanitize=function -fno-sanitize-recover=all"


def build(env, *targets):
    where = os.path.join(env.build, "asan")
    code, out, err = env.run("make", "-k", "-j2", f"BUILD={where}", "CC=clang-19", f"OPT={FLAGS}", *targets, timeout=900)
    if code:
        env.failed("build", (out + err)[-3000:])
    return where


def run(env):
    env.build = build(env, "all", "unit-tests")
    os.environ.setdefault("ASAN_OPTIONS", "detect_leaks=1:abort_on_error=0:exitcode=99")
    os.environ.setdefault("LSAN_OPTIONS", "suppressions=tests/suites/leaks.txt:print_suppressions=0")
    unit.run(env)
    lang.run(env)
