# SPDX-License-Identifier: MIT
"""The documentation as pages: it builds, every link of it leads somewhere, a browser opens the pages and has nothing to complain of, each
example's README says how its picture is made, and typeset equations mean what the text means (they are read back and evaluated)."""
import math
import os
import random
import re
import shutil
import sys
import xml.etree.ElementTree as ElementTree
from suites.common import find

NAMES = ["a", "b", "tau_m", "g_L", "x2", "eta"]
OPERATORS = {"−": "-", "⋅": "*", "×": "*", "\u2062": "*", "+": "+", "/": "/", "(": "(", ")": ")"}


def formula(rng, depth):
    """A random expression as text of the language."""
    if depth == 0:
        return rng.choice(NAMES + ["2", "0.5", "3"])
    kind = rng.choice("++--***///^^nef()")
    left = formula(rng, depth - 1)
    if kind in "+-*/":
        right = formula(rng, rng.randrange(depth))
        return f"({left}){kind}{right}" if rng.random() < 0.4 else f"{left}{kind}({right})" if rng.random() < 0.5 else f"{left}{kind}{right}"
    if kind == "^":
        return f"({left})^2" if rng.random() < 0.7 else f"2^({formula(rng, depth - 1)})"
    if kind == "n":
        return f"-({left})" if rng.random() < 0.5 else f"-{left}"
    return {"e": f"exp({left})", "f": f"abs({left})"}.get(kind, f"({left})")


def plain(e):
    """Text of an element, without its markup."""
    return "".join(e.itertext())


def read_back(e):
    """An element of MathML as a Python expression, with no bracket that is not on the page (a fraction, a root and an exponent have edges)."""
    tag, kids = e.tag, list(e)
    if tag in ("math", "mrow"):
        bars = [k for k in kids if k.tag == "mo" and k.text == "|"]
        if len(bars) == 2:
            return f"abs({''.join(map(read_back, kids[1:-1]))})"
        return "".join(map(read_back, kids))
    if tag in ("mn", "mi"):
        return {"ε": "eps", "η": "eta", "τ": "tau"}.get(e.text, e.text)
    if tag == "mo":
        return OPERATORS[e.text]
    if tag == "mspace":
        return ""
    if tag == "mfrac":
        return f"(({read_back(kids[0])})/({read_back(kids[1])}))"
    if tag == "msup":
        base, power = read_back(kids[0]), read_back(kids[1])
        return f"exp({power})" if base == "e" else f"{base}**({power})"
    if tag == "msub":
        sub = plain(kids[1])
        return read_back(kids[0]) + ("" if sub.isdigit() else "_") + sub
    raise ValueError(f"<{tag}> is not expected")


def value(text, names):
    try:
        v = eval(text, {"__builtins__": {}, "exp": math.exp, "abs": abs}, dict(names))  # noqa: S307 (text of our own making)
        return v if isinstance(v, (int, float)) and math.isfinite(v) else None
    except (OverflowError, ZeroDivisionError):
        return None


def typeset(env):
    rng = random.Random(5)
    texts = [formula(rng, 1 + i % 5) for i in range(300)]
    texts = [t for t in texts if "--" not in t]
    folder = env.folder("typeset")
    file = os.path.join(folder, "f.snn")
    with open(file, "w") as f:
        f.write("".join(f"fn f{i}({', '.join(NAMES)}) = {t}\n" for i, t in enumerate(texts)))
    code, _, err = env.compile("doc", "--html", folder, file)
    if not env.check("pages of a file", code == 0, err):
        return
    with open(os.path.join(folder, "f.html"), encoding="utf-8") as f:
        page = f.read()
    maths = re.findall(r'<div class="formula">(<math.*?</math>)</div>', page, re.S)
    env.check("one formula a function", len(maths) == len(texts), f"{len(maths)} of {len(texts)}")
    wrong, compared = [], 0
    for t, m in zip(texts, maths):
        back = read_back(ElementTree.fromstring(m))
        for _ in range(3):
            names = {n: rng.uniform(0.3, 2) for n in NAMES}
            want, got = value(t.replace("^", "**"), names), value(back, names)
            if want is None:
                continue
            compared += 1
            if got is None or abs(got - want) > 1e-9*max(1, abs(want)):
                wrong.append(f"{t}: typeset as {back}: {got} instead of {want}")
                break
    env.check("typeset formulas keep their meaning", not wrong and compared > 500, f"{compared} compared\n" + "\n".join(wrong))


def symbols(env):
    """What the walk over the tree makes of units, draws, branches, ports."""
    folder = env.folder("symbols")
    file = os.path.join(folder, "s.snn")
    with open(file, "w") as f:
        f.write("""neuron S {
    param r = 2.5e-3 uA/cm^2, tau_m = 20 ms in 1 ms..50 ms, U = 0.5
    input I : mV
    state V ~ normal(-65 mV, 1 mV), n = 0
    let f = if V < -50 mV then 0 else if V > 0 mV then 1 else sqrt(n)
    V' = -V/tau_m + I/tau_m
    spike burst when V >= -50 mV and n < 3 { V -= 2 mV + 1 mV; n += 1; refractory 2 ms hold V; if n > 2 { n = 0 } }
}
""")
    for argv, want in [(["--html", "/proc/no/such", file], 3), (["--html", folder, "NoSuchName"], 2), (["--html", folder, file + ".snn"], 2)]:
        code, _, err = env.compile("doc", *argv)
        env.check("refused: doc " + " ".join(argv[:2]), code == want and err, f"exit code {code}\n{err}")
    code, _, err = env.compile("doc", "--html", folder, file)
    with open(os.path.join(folder, "s.html"), encoding="utf-8") as f:
        page = f.read()
    for m in re.findall(r"<math.*?</math>", page, re.S):
        ElementTree.fromstring(m)
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", page))
    for part in ["2.5×10−3", "μA", "τm", "∈[1ms,50ms]", "∼ normal(−65mV,1mV)", "0if V&lt;−50mV", "otherwise", "dVdt=−Vτm+Iτm", "V≥−50mV∧n&lt;3", "V←V−(2mV+1mV)", "refractory for 2ms with V held", "n&gt;2"]:
        env.check(f"typeset: {part}", code == 0 and part in text, text)


def readmes(env):
    sys.path.insert(0, "examples")
    import pictures
    for path in find("examples", "README.md"):
        with open(path, encoding="utf-8") as f:
            text = f.read()
        name = path.split("/")[1]
        there = [p for p in pictures.pictures(text) if os.path.exists(os.path.join("examples", name, p))]
        env.check(f"{path}: its picture", there and len(there) == len(pictures.pictures(text)), "no picture, or one that is not there")
        _, _, missing = pictures.recipe(name, text)
        env.check(f"{path}: how its picture is made", not missing, f"no command writes {' '.join(missing)}")


def browse(env, folder):
    from suites.browser import PROGRAM, Browser
    if not env.check("a browser", PROGRAM, "install chromium"):
        return
    pages = find(folder, ".html")
    with Browser() as b:
        for p in pages:
            b.open("file://" + os.path.abspath(p))
            bad = list(b.errors)
            wide = b.value("document.documentElement.scrollWidth - window.innerWidth")
            if wide > 0:
                bad.append(f"{wide} pixels wider than the window")
            bad += b.value("[...document.images].filter(i => i.loading != 'lazy' && !i.naturalWidth).map(i => 'picture not shown: ' + i.src)")
            env.check(os.path.relpath(p, folder), not bad, "\n".join(bad))
        high = b.value("""['<mn>1</mn>', '<mfrac><mn>1</mn><mn>2</mn></mfrac>'].map(inner => {
            const m = document.createElement('div');
            m.innerHTML = `<math displaystyle="true">${inner}</math>`;
            document.querySelector('main').append(m);
            const h = m.firstChild.getBoundingClientRect().height;
            m.remove();
            return h })""")
        env.check("the browser typesets", high[1] > 1.7*high[0], f"a digit is {high[0]} pixels high, a fraction {high[1]}")


def run(env):
    folder = os.path.join(env.tmp, "site")
    code, out, err = env.run(sys.executable, "docs/site/build.py", "--snnc", env.snnc, folder)
    env.check("the site builds and its links work", code == 0 and re.search(r"\d\d+ pages, \d\d\d+ links, 0 broken", out), out + err)
    missing = os.path.join(folder, "library/index.html")
    if code == 0:
        browse(env, folder)
        shutil.move(missing, missing + ".away")
        sys.path.insert(0, "docs/site")
        import check
        env.check("a broken link is noticed", any("library" in w for w in check.check(folder)[2]), "none")
    typeset(env)
    symbols(env)
    readmes(env)
