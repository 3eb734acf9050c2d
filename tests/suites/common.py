# SPDX-License-Identifier: MIT
"""What the suites share: counting, running the compiler, reading its results."""
import json
import os
import shutil
import subprocess
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor


class Env:
    def __init__(self, suite, build, update):
        self.suite, self.build, self.update = suite, build, update
        self.npassed = self.nfailed = 0
        self.lock = threading.Lock()
        self.tmp = tempfile.mkdtemp(prefix=f"snnc-{suite}-")

    def passed(self, n=1):
        with self.lock:
            self.npassed += n

    def failed(self, name, why, n=1):
        with self.lock:
            self.nfailed += n
            print(f"FAIL {self.suite}: {name}")
            for line in str(why).rstrip().splitlines()[:30]:
                print(f"     {line}")

    def check(self, name, good, why=""):
        self.passed() if good else self.failed(name, why)
        return good

    def folder(self, name):
        path = os.path.join(self.tmp, name.replace("/", "_"))
        os.makedirs(path, exist_ok=True)
        return path

    def close(self):
        shutil.rmtree(self.tmp, ignore_errors=True)

    @property
    def snnc(self):
        return os.path.join(self.build, "bin", "snnc")

    def run(self, *argv, timeout=120, env=None, stdin=None, stdout=subprocess.PIPE, cwd=None):
        """Runs a program: (exit code, stdout, stderr). A signal gives a negative code, a time-out -1000."""
        try:
            r = subprocess.run([str(a) for a in argv], stdout=stdout, stderr=subprocess.PIPE, timeout=timeout, env={**os.environ, **(env or {})},
                               input=stdin, cwd=cwd)
            return r.returncode, (r.stdout or b"").decode("utf-8", "replace"), r.stderr.decode("utf-8", "replace")
        except subprocess.TimeoutExpired:
            return -1000, "", f"no end after {timeout} s"
        except OSError as e:
            return -1001, "", str(e)

    def compile(self, *argv, **kw):
        return self.run(self.snnc, *argv, **kw)

    def simulate(self, file, *options, out=None, **kw):
        """snnc run into a folder of its own: (exit code, stdout, stderr, summary or None)."""
        out = out or tempfile.mkdtemp(dir=self.tmp)
        code, text, err = self.compile("run", file, "--out", out, "--quiet", *options, **kw)
        return code, text, err, summary(out)

    def each(self, items, fn, workers=2):
        """Calls fn for every item, two at a time; a call that throws is a failure."""
        def guarded(item):
            try:
                fn(item)
            except Exception as e:
                self.failed(str(item), f"{type(e).__name__}: {e}")
        with ThreadPoolExecutor(workers) as pool:
            list(pool.map(guarded, items))


def summary(out):
    try:
        with open(os.path.join(out, "summary.json")) as f:
            return json.load(f)
    except (OSError, ValueError):
        return None


def result(s, name):
    """(value, unit) of a result of summary.json; value is a number or a list, None when it is not there."""
    v = (s or {}).get("results", {}).get(name)
    if isinstance(v, dict):
        return v.get("value", v.get("values")), v.get("unit")
    return v, None


def find(folder, ending):
    found = []
    for base, _, names in os.walk(folder):
        found += [os.path.join(base, n) for n in names if n.endswith(ending)]
    return sorted(found)
