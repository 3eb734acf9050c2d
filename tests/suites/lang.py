# SPDX-License-Identifier: MIT
"""Language tests: tests/lang/<feature>/*.snn, programs that carry their expectations as comments.

    // ok                                  snnc check has nothing to say
    // error: LINE:COL: CODE: part         snnc check says this (LINE may be `.`: the line of the comment; COL may be `*`)
    // warning: LINE:COL: CODE: part       and nothing that is not expected
    // note: part     // help: part        somewhere in what it shows
    // run: OPTIONS                        snnc run with these options ($TMP: a scratch folder, $DIR: the folder of the test)
    // exit: N                             its exit code, 0 when not said
    // expect: text                        a part of its standard output; several in this order
    // stderr: text                        a part of its standard error
    // expect NAME in LO..HI [UNIT]        a result of summary.json

`check-options:` gives options to snnc check.
"""
import os
import re
import shlex
from suites.common import find, result

COMMENT = re.compile(r"\s*(ok|error:|warning:|note:|help:|run:|exit:|expect:|stderr:|expect\b|check-options:)\s?(.*?)\s*$")
PLACELESS = re.compile(r"^snnc: (error|warning)\[([EW]\d+)\]: (.*)$")
MESSAGE = re.compile(r"^(.*?):(\d+):(\d+): (error|warning)\[([EW]\d+)\]: (.*)$")


def read(path):
    want = {"ok": False, "message": [], "text": [], "run": None, "exit": 0, "expect": [], "stderr": [], "result": [], "check-options": []}
    with open(path, encoding="utf-8", errors="replace") as f:
        for number, line in enumerate(f, 1):
            if line.lstrip().startswith("///"):
                continue
            for comment in line.split("//")[1:]:             # a line may carry several
                m = COMMENT.match(comment)
                if not m:
                    continue
                kind, rest = m.group(1), m.group(2)
                if kind == "ok" and not rest:
                    want["ok"] = True
                elif kind in ("error:", "warning:"):
                    p = re.match(r"(\d+|\.):(\d+|\*): ([EW]\d+): ?(.*)", rest)
                    if not p:
                        raise ValueError(f"line {number}: expectation wants LINE:COL: CODE: text")
                    at = number if p.group(1) == "." else int(p.group(1))
                    want["message"].append((kind[:-1], at, p.group(2), p.group(3), p.group(4)))
                elif kind in ("note:", "help:"):
                    want["text"].append(f"{kind} {rest}")
                elif kind == "run:":
                    want["run"] = rest
                elif kind == "exit:":
                    want["exit"] = int(rest)
                elif kind == "expect:":
                    want["expect"].append(rest)
                elif kind == "stderr:":
                    want["stderr"].append(rest)
                elif kind == "check-options:":
                    want["check-options"] = shlex.split(rest)
                elif kind == "expect" and " in " in rest:
                    p = re.match(r"(\S+) in (\S+?)\.\.(\S+?)(?: (\S+))?$", rest)
                    if not p:
                        raise ValueError(f"line {number}: expectation wants NAME in LO..HI [UNIT]")
                    want["result"].append((p.group(1), float(p.group(2)), float(p.group(3)), p.group(4)))
    return want


def messages(path, text):
    """Messages whose place lies in the file itself."""
    found = []
    for line in text.splitlines():
        m, placeless = MESSAGE.match(line), PLACELESS.match(line)
        if placeless:                                        # of the command line; expected as 1:1
            found.append((placeless.group(1), 1, 1, placeless.group(2), placeless.group(3), True))
        if m:
            found.append((m.group(4), int(m.group(2)), int(m.group(3)), m.group(5), m.group(6), os.path.basename(m.group(1)) == os.path.basename(path)))
    return found


def fits(want, got):
    kind, line, column, code, part = want
    return got[0] == kind and got[3] == code and part in got[4] and (not got[5] or got[1] == line) and (column == "*" or not got[5] or got[2] == int(column))


def compare_messages(want, got):
    got, problems = list(got), []
    for w in want:
        hit = next((g for g in got if fits(w, g)), None)
        if hit:
            got.remove(hit)
        else:
            problems.append(f"not said: {w[0]}: {w[1]}:{w[2]}: {w[3]}: {w[4]}")
    return problems + [f"not expected: {g[1]}:{g[2]}: {g[0]}[{g[3]}]: {g[4]}" for g in got]


def run_checks(env, path, want):
    code, out, err = env.compile("check", *want["check-options"], path)
    problems = compare_messages(want["message"], messages(path, err))
    errors = any(w[0] == "error" for w in want["message"])
    if code != (1 if errors else 0):
        problems.append(f"exit code {code}")
    problems += [f"not shown: {t}" for t in want["text"] if t not in err]
    if problems:
        problems += ["--- it said", err]
    return problems


def run_program(env, path, want):
    tmp = env.folder(path)
    options = shlex.split(want["run"].replace("$TMP", tmp).replace("$DIR", os.path.dirname(path)))
    code, out, err, s = env.simulate(path, *options, **({} if "--out" not in options else {"out": tmp}))
    problems = [] if code == want["exit"] else [f"exit code {code} instead of {want['exit']}"]
    at = 0
    for text in want["expect"]:
        hit = out.find(text, at)
        if hit < 0:
            problems.append(f"not printed (in this order): {text}")
        else:
            at = hit + len(text)
    problems += [f"not on stderr: {t}" for t in want["stderr"] if t not in err]
    for name, lo, hi, unit in want["result"]:
        value, has = result(s, name)
        if not isinstance(value, (int, float)):
            problems.append(f"result {name} is {value!r}")
        elif not lo <= value <= hi or (unit and has and unit != has):
            problems.append(f"result {name} = {value} {has or ''} is not in {lo}..{hi} {unit or ''}")
    if problems:
        problems += ["--- stdout", out, "--- stderr", err]
    return problems


def run_file(env, path):
    want = read(path)
    if not (want["ok"] or want["message"] or want["run"] is not None):
        return env.failed(path, "the file expects nothing: no `// ok`, `// error:`, `// warning:` or `// run:`")
    problems = []
    if want["ok"] or want["message"]:
        problems += run_checks(env, path, want)
    if want["run"] is not None and not problems:
        problems += run_program(env, path, want)
    env.check(path, not problems, "\n".join(problems))


def run(env):
    # Files without expectations in a folder `parts` are imported by others.
    env.each([p for p in find("tests/lang", ".snn") if "/parts/" not in p], lambda p: run_file(env, p))
