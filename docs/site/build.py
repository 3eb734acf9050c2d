#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Builds the documentation as a folder of pages that need nothing else: docs/site/build.py --snnc build/bin/snnc build/docs

    README.md               index.html
    docs/NAME.md            NAME.html
    examples/NAME/README.md examples/NAME/index.html, with its pictures and its .snn files as text
    snnc doc --html         library/FOLDER/NAME.html, with the examples that use the model and their pictures

Markdown goes through markdown-it (CommonMark with tables). Every link of the result is then followed (check.py): a page, a picture or a
place in a page that is missing ends the build with exit code 1.
"""
import argparse
import html
import os
import re
import shutil
import subprocess
import sys

from markdown_it import MarkdownIt

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import check  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
# The order of the reading; pages that are not named here follow by name under the last heading.
ORDER = [("Learn", ["tutorial", "examples", "models", "library", "codes"]),
         ("Look up", ["language", "cli", "runtime", "engines", "embedded", "web"]),
         ("Understand", ["internals", "adding", "performance", "CHANGELOG"])]
NAMES = {"CHANGELOG": "Changes", "cli": "Command line", "runtime": "Results and data", "examples": "Examples", "models": "Models"}
KEYWORDS = ("import neuron synapse plasticity encoder decoder fn circuit network experiment param const state weight input output port let kernel solve spike on step "
            "drive refractory emit population connect use dt seed record run discard present print yield sweep repeat set reset save load data if then else while for "
            "and or not true false in by where via delay axonal dendritic plastic into at every from to of as scale hold when with rate once crosses event").split()


class Site:
    def __init__(self, out, snnc):
        self.out, self.snnc = out, snnc
        self.md = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
        self.pages = {}       # of Markdown: site path -> (title, source path)

    def path(self, *parts):
        return os.path.join(self.out, *parts)


def slug(text):
    """The name of a heading, as the common hosts of Markdown make it."""
    return re.sub(r"[^\w\- ]", "", text.strip().lower()).replace(" ", "-")


def site_path(source):
    """Where a file of the repository stands in the site; None: it has no place there."""
    if source == "README.md":
        return "index.html"
    if source.rstrip("/") == "examples":
        return "examples/index.html"
    m = re.fullmatch(r"examples/([^/]+)(?:/(?:README\.md)?)?", source)
    if m and os.path.isdir(os.path.join(ROOT, "examples", m[1])):
        return f"examples/{m[1]}/index.html"
    if source.startswith("examples/"):
        return source
    m = re.fullmatch(r"docs/([^/]+)\.md", source)
    if m:
        return f"{m[1]}.html"
    return source[5:] if source.startswith("docs/") else None


def relative(target, page):
    return os.path.relpath(target, os.path.dirname(page) or ".")


def relink(url, source, page):
    """A link of the Markdown file `source`, for the page made of it."""
    if re.match(r"[a-z]+:", url) or url.startswith("#"):
        return url
    path, _, anchor = url.partition("#")
    at = os.path.normpath(os.path.join(os.path.dirname(source), path))
    target = site_path(at)
    if target is None:
        return url
    return relative(target, page) + (f"#{anchor}" if anchor else "")


def highlight(code):
    """Keywords, comments and numbers of .snn text."""
    def mark(m):
        text = html.escape(m[0], quote=False)
        if m[0].startswith("//"):
            return f'<span class="c">{text}</span>'
        if m[0] in KEYWORDS:
            return f'<span class="k">{text}</span>'
        return f'<span class="n">{text}</span>' if m[0][0].isdigit() else text
    return re.sub(r'//[^\n]*|"[^"\n]*"|[A-Za-z_]\w*|\d+(?:\.\d+)?(?:[eE][-+]?\d+)?|[&<>]', mark, code)


def render(site, source, page):
    """The Markdown file as (title, body, second-level headings)."""
    with open(os.path.join(ROOT, source), encoding="utf-8") as f:
        tokens = site.md.parse(f.read())
    title, sections, used = os.path.basename(source), [], {}
    for i, t in enumerate(tokens):
        if t.type == "heading_open":
            text = "".join(c.content for c in tokens[i + 1].children)
            name = slug(text)
            used[name] = used.get(name, -1) + 1
            name += f"-{used[name]}" if used[name] else ""
            t.attrSet("id", name)
            if t.tag == "h1":
                title = text
            if t.tag == "h2":
                sections.append((name, text))
        for c in t.children or []:
            for attr in ("href", "src"):
                if c.attrGet(attr):
                    c.attrSet(attr, relink(c.attrGet(attr), source, page))
    body = site.md.renderer.render(tokens, site.md.options, {})
    body = re.sub(r'<pre><code class="language-snn">(.*?)</code></pre>', lambda m: f"<pre><code>{highlight(html.unescape(m[1]))}</code></pre>", body, flags=re.S)
    body = re.sub(r"<table>.*?</table>", lambda m: f'<div class="scroll">{m[0]}</div>', body, flags=re.S)
    body = re.sub(r'<(h[23]) id="([^"]*)">(.*?)</\1>', r'<\1 id="\2">\3<a class="here" href="#\2" aria-label="link to this section">#</a></\1>', body)
    return title, body, sections


def navigation(site, page, sections):
    known = {os.path.splitext(p)[0]: p for p in site.pages if "/" not in p and p != "index.html"}
    known |= {"examples": "examples/index.html", "models": "library/index.html"}
    groups = [(title, [n for n in names if n in known]) for title, names in ORDER]
    named = {n for _, names in ORDER for n in names}
    groups[-1][1].extend(sorted(n for n in known if n not in named))
    lines = [f'<header><nav><a class="name" href="{relative("index.html", page)}">snnc</a>']
    for title, names in groups:
        lines.append(f'<div class="group">{title}</div>')
        for n in names:
            here = page == known[n] or (known[n].endswith("/index.html") and page.startswith(os.path.dirname(known[n]) + "/"))
            text = NAMES.get(n) or site.pages[known[n]][0].split(":")[0]
            lines.append(f'<a href="{relative(known[n], page)}"{" aria-current=page" if here else ""}>{html.escape(text)}</a>')
            if here and sections:
                lines.append('<div class="sections">' + "".join(f'<a href="#{a}">{html.escape(t)}</a>' for a, t in sections) + "</div>")
    return "\n".join(lines) + "</nav></header>"


def write_page(site, page, title, body, sections):
    os.makedirs(os.path.dirname(site.path(page)), exist_ok=True)
    with open(site.path(page), "w", encoding="utf-8") as f:
        f.write(f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<meta name="viewport" content="width=device-width, initial-scale=1">\n'
                f'<title>{html.escape(title)} - snnc</title>\n<link rel="icon" href="data:,">\n<link rel="stylesheet" href="{relative("style.css", page)}">\n</head>\n<body>\n'
                f"{navigation(site, page, sections)}\n<main>\n{body}\n</main>\n</body>\n</html>\n")


def examples(site):
    """Folders with a README, as {name: (title, first sentence, picture or None, texts of the .snn files)}."""
    found = {}
    base = os.path.join(ROOT, "examples")
    for name in sorted(os.listdir(base)):
        readme = os.path.join(base, name, "README.md")
        if not os.path.exists(readme):
            continue
        with open(readme, encoding="utf-8") as f:
            text = f.read()
        picture = re.search(r"!\[[^\]]*\]\(([^)]+)\)", text)
        first = re.search(r"^# .*?\n\s*\n(.*?)(?:\n\s*\n|\Z)", text, re.S)
        programs = {}
        for p in sorted(os.listdir(os.path.join(base, name))):
            if p.endswith(".snn"):
                with open(os.path.join(base, name, p), encoding="utf-8") as f:
                    programs[p] = f.read()
        found[name] = {"title": text.splitlines()[0].lstrip("# "), "about": first[1] if first else "", "picture": picture[1] if picture else None, "programs": programs}
    return found


def copy_linked(site, name):
    """The files beside an example: pictures and programs."""
    base = os.path.join(ROOT, "examples", name)
    for p in sorted(os.listdir(base)):
        if p.endswith((".png", ".svg", ".snn", ".csv", ".sh", ".py")):
            os.makedirs(site.path("examples", name), exist_ok=True)
            shutil.copyfile(os.path.join(base, p), site.path("examples", name, p))


def example_pages(site, found):
    for name, e in found.items():
        page = f"examples/{name}/index.html"
        title, body, sections = render(site, f"examples/{name}/README.md", page)
        for p, text in e["programs"].items():
            anchor = slug(p)
            body += f'\n<h2 id="{anchor}">{p}</h2>\n<pre><code>{highlight(text)}</code></pre>'
            sections.append((anchor, p))
        copy_linked(site, name)
        write_page(site, page, title, body, [])
    cards = []
    for name, e in found.items():
        image = f'<img src="{name}/{e["picture"]}" alt="" loading="lazy">' if e["picture"] else ""
        what = e["title"].split(":", 1)[-1].strip()
        cards.append(f'<li><a href="{name}/index.html">{image}<b>{html.escape(name)}</b><p>{html.escape(what)}</p></a></li>')
    write_page(site, "examples/index.html", "Examples", "<h1>Examples</h1>\n<p>Each runs with one command and draws its picture.</p>\n"
               f'<ul class="cards">{"".join(cards)}</ul>', [])


def library_pages(site, found):
    """The compiler writes the pages; here they get the site's head and the examples of each model."""
    for folder, _, names in os.walk(site.path("library")):
        for n in sorted(names):
            if not n.endswith(".html"):
                continue
            page = os.path.relpath(os.path.join(folder, n), site.out)
            with open(site.path(page), encoding="utf-8") as f:
                text = f.read()
            body = re.search(r"<main>\n(.*)</main>", text, re.S)[1]
            title = re.search(r"<title>(.*?)</title>", text)[1]
            body = re.sub(r"<pre><code>(.*?)</code></pre>", lambda m: f"<pre><code>{highlight(html.unescape(m[1]))}</code></pre>", body, flags=re.S)
            body = re.sub(r"<table>.*?</table>", lambda m: f'<div class="scroll">{m[0]}</div>', body, flags=re.S)
            if n != "index.html":
                body += uses(site, page, os.path.splitext(n)[0], found)
            write_page(site, page, title, body, [])
    os.remove(site.path("library", "style.css"))


def uses(site, page, model, found):
    """What shows a model at work: the picture of the first example that uses it, links to the others."""
    word = re.compile(rf"(?<![\w.]){re.escape(model)}\b(?!\s*:)")
    own = [(n, e) for n, e in found.items() if any(word.search(re.sub(r"//.*", "", t)) for t in e["programs"].values())]
    own.sort(key=lambda item: (item[0].lower() != model.lower(), item[1]["picture"] is None))
    if not own:
        return ""
    name, e = own[0]
    at = relative(f"examples/{name}/index.html", page)
    lines = ['<h2 id="examples">Examples</h2>']
    if e["picture"]:
        lines.append(f'<figure><a href="{at}"><img src="{relative(f"examples/{name}/" + e["picture"], page)}" alt="{html.escape(name)}"></a>'
                     f'<figcaption><a href="{at}">{html.escape(e["title"])}</a></figcaption></figure>')
    others = own[1:] if e["picture"] else own
    if others:
        links = ", ".join(f'<a href="{relative(f"examples/{n}/index.html", page)}">{n}</a>' for n, _ in others)
        lines.append(f"<p>{'Also used' if e['picture'] else 'Used'} in {links}.</p>")
    return "\n".join(lines)


def build(out, snnc):
    site = Site(out, snnc)
    shutil.rmtree(out, ignore_errors=True)
    os.makedirs(out)
    shutil.copyfile(os.path.join(ROOT, "docs/site/style.css"), site.path("style.css"))
    if os.path.isdir(os.path.join(ROOT, "docs/img")):
        shutil.copytree(os.path.join(ROOT, "docs/img"), site.path("img"))
    subprocess.run([snnc, "doc", "--html", site.path("library")], check=True)
    found = examples(site)
    sources = ["README.md"] + sorted("docs/" + n for n in os.listdir(os.path.join(ROOT, "docs")) if n.endswith(".md"))
    rendered = {}
    for source in sources:
        page = site_path(source)
        rendered[page] = render(site, source, page)
        site.pages[page] = (rendered[page][0], source)
    for page, (title, body, sections) in rendered.items():
        write_page(site, page, title, body, sections)
    library_pages(site, found)
    example_pages(site, found)
    return site


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--snnc", default=os.path.join(ROOT, "build/bin/snnc"))
    p.add_argument("out")
    a = p.parse_args()
    build(a.out, os.path.abspath(a.snnc))
    pages, links, wrong = check.check(a.out)
    for w in wrong:
        print(f"docs: {w}", file=sys.stderr)
    print(f"{a.out}: {pages} pages, {links} links, {len(wrong)} broken")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
