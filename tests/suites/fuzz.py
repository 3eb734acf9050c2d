# SPDX-License-Identifier: MIT
"""A short run of each fuzz target (tests/fuzz/fuzz_*.c) from the corpus of all programs in the tree: nothing may crash."""
import os
import shutil
from suites import sanitizers
from suites.common import find

SECONDS = int(os.environ.get("FUZZ_SECONDS", "30"))


def run(env):
    targets = [os.path.splitext(os.path.basename(p))[0] for p in find("tests/fuzz", ".c")]
    where = sanitizers.build(env, "fuzz-targets")
    corpus = env.folder("corpus")
    for i, p in enumerate(find("tests/lang", ".snn") + find("stdlib", ".snn") + find("examples", ".snn") + find("tests/golden", ".snn")):
        shutil.copy(p, os.path.join(corpus, f"{i}.snn"))

    def one(name):
        code, out, err = env.run(os.path.join(where, "tests", "fuzz", name), f"-max_total_time={SECONDS}", "-timeout=10", "-rss_limit_mb=2500", "-max_len=4000",
                                 f"-artifact_prefix={env.tmp}/", corpus, timeout=SECONDS + 120)
        env.check(name, code == 0, err[-3000:])
    env.each(targets, one)
