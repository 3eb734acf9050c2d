# SPDX-License-Identifier: MIT
"""The library and the examples are laid out as `snnc fmt` does it, and formatting what it wrote changes nothing."""
import os
from suites.common import find


def one(env, path):
    code, once, err = env.compile("fmt", path)
    with open(path) as f:
        text = f.read()
    if not env.check(path, code == 0 and once == text, err or f"not formatted: snnc fmt -w {path}"):
        return
    again = os.path.join(env.folder(path), os.path.basename(path))
    with open(again, "w") as f:
        f.write(once)
    code, twice, err = env.compile("fmt", again)
    env.check(path + " (twice)", code == 0 and twice == once, err or "formatting twice changes something")


def run(env):
    env.each(find("stdlib", ".snn") + find("examples", ".snn"), lambda p: one(env, p))
