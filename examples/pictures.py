#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Draws the pictures of the examples anew: examples/pictures.py [--build DIR] [NAME ...].

The commands are those that the README of an example tells its reader to type: the one that writes a picture of the README, either by its name
(`snnc plot out/x -o examples/NAME/P.png`) or into a folder of its name (`snnc plot out/P`), and those that fill the folder which it draws
(`--out out/P`). They run in DIR/pictures.
"""
import os
import re
import shlex
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def commands(readme):
    """Lines of code of a README, without their comments; a line that ends with a backslash goes on."""
    lines, fenced = [], False
    for line in readme.replace("\\\n", " ").splitlines():
        if line.startswith("```"):
            fenced = not fenced
        elif fenced or line.startswith("    "):
            lines += [part.strip() for part in re.sub(r"\s+#.*", "", line).split("&&")]
    return [c for c in lines if c]


def pictures(readme):
    return [p for p in re.findall(r"!\[[^\]]*\]\(([^)]+)\)", readme) if "/" not in p]


def after(words, *options):
    """The values of an option in a command."""
    return [words[i + 1] for i, w in enumerate(words[:-1]) if w in options]


def recipe(name, readme):
    """The commands to run, in order; the pictures to copy, as (from, to); the pictures that none of the commands makes."""
    every = [(c, shlex.split(c)) for c in commands(readme)]
    draw, copy, missing = [], [], []
    for p in pictures(readme):
        target, folder = f"examples/{name}/{p}", "out/" + os.path.splitext(p)[0]
        named = [x for x in every if target in x[1]]
        plots = [x for x in every if x[1][:2] == ["snnc", "plot"] and folder in x[1] and not after(x[1], "-o", "--output")]
        draw += named or plots[:1]
        if not named and plots:
            part = (after(plots[0][1], "--show") or ["plot"])[0]                  # one part alone gives the picture its name
            copy.append((f"{folder}/{'plot' if ',' in part else part}.png", target))
        elif not named:
            missing.append(target)
    read = {x.rstrip("/") for _, w in draw for x in w}
    fill = [x for x in every if read & {o.rstrip("/") for o in after(x[1], "--out", "-o")} and x not in draw]
    return list(dict.fromkeys(c for c, w in every if (c, w) in fill or (c, w) in draw)), copy, missing


def run(name, build):
    with open(os.path.join(ROOT, "examples", name, "README.md"), encoding="utf-8") as f:
        todo, copy, missing = recipe(name, f.read())
    work = os.path.join(build, "pictures")
    os.makedirs(os.path.join(work, "out"), exist_ok=True)
    link = os.path.join(work, "examples")
    if not os.path.islink(link):
        os.symlink(os.path.join(ROOT, "examples"), link)
    env = {**os.environ, "PATH": os.path.join(build, "bin") + ":" + os.environ["PATH"]}
    for c in todo:
        print(f"{name}: {c}", flush=True)
        r = subprocess.run(c, shell=True, cwd=work, env=env, stdout=subprocess.DEVNULL)
        if r.returncode:
            print(f"{name}: exit code {r.returncode}", file=sys.stderr)
            return False
    for a, b in copy:
        shutil.copyfile(os.path.join(work, a), os.path.join(work, b))
    for p in missing:
        print(f"{name}: no command of the README writes {p}", file=sys.stderr)
    return not missing


def main(argv):
    build, names = os.path.join(ROOT, "build"), []
    words = iter(argv)
    for w in words:
        if w == "--build":
            build = os.path.abspath(next(words))
        else:
            names.append(w)
    every = sorted(n for n in os.listdir(os.path.join(ROOT, "examples")) if os.path.exists(os.path.join(ROOT, "examples", n, "README.md")))
    good = [run(n, build) for n in names or every]
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
