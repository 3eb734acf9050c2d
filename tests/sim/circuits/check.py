# SPDX-License-Identifier: MIT
"""What the library's circuits are said to do, measured by the experiments of their examples: one function a claim, over stated seeds."""
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import dynamics  # noqa: E402
import excitation  # noqa: E402
import feedback  # noqa: E402
import feedforward  # noqa: E402
import lateral  # noqa: E402
import table  # noqa: E402

TOPICS = (excitation, feedforward, feedback, lateral, dynamics)


def check(env):
    for topic in TOPICS:
        topic.check(env, table)
