# SPDX-License-Identifier: MIT
"""Simulations against references: tests/sim/NAME/check.py has a function check(env) that runs snnc and compares with a table
that another program made (make_reference.py beside it)."""
import importlib.util
import os
from suites.common import find


def run(env):
    def one(path):
        spec = importlib.util.spec_from_file_location("sim_" + os.path.basename(os.path.dirname(path)), path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        module.check(env)
    env.each([p for p in find("tests/sim", ".py") if os.path.basename(p) == "check.py"], one, workers=2)
