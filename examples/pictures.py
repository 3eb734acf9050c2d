#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Draws the pictures of the examples anew: examples/pictures.py [--build DIR] [NAME ...].

The commands are those that the README of an example tells its reader to type: the one that writes a picture of the README
(`-o examples/NAME/NAME.png`), and those that fill the folder which it draws (`--out out/NAME`). They run in DIR/pictures.
"""
import os
import re
import shlex
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
    """The commands to run, in order, and the pictures that none of them makes."""
    all_commands = [(c, shlex.split(c)) for c in commands(readme)]
    wanted = {f"examples/{name}/{p}" for p in pictures(readme)}
    draw = [(c, w) for c, w in all_commands if wanted & set(w)]
    made = {x for _, w in draw for x in w} & wanted
    read = {x.rstrip("/") for _, w in draw for x in w}
    fill = [(c, w) for c, w in all_commands if read & {x.rstrip("/") for x in after(w, "--out", "-o")} and (c, w) not in draw]
    chosen = [c for c, w in all_commands if (c, w) in fill or (c, w) in draw]
    return list(dict.fromkeys(chosen)), sorted(wanted - made)


def run(name, build):
    with open(os.path.join(ROOT, "examples", name, "README.md"), encoding="utf-8") as f:
        todo, missing = recipe(name, f.read())
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
