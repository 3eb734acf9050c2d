# SPDX-License-Identifier: MIT
"""Follows every link of a folder of pages: links to pages, to places within them, pictures, style sheets, scripts. Nothing may come from
elsewhere but what a reader clicks on."""
import os
from html.parser import HTMLParser
from urllib.parse import unquote, urlsplit


class Page(HTMLParser):
    def __init__(self):
        super().__init__()
        self.places, self.links, self.twice = {""}, [], []

    def handle_starttag(self, tag, attrs):
        a = dict(attrs)
        for name in filter(None, (a.get("id"), a.get("name") if tag == "a" else None)):
            if name in self.places:
                self.twice.append(name)
            self.places.add(name)
        for attr in ("href", "src"):
            if a.get(attr) is not None:
                self.links.append((tag, a[attr]))


def read(path):
    page = Page()
    with open(path, encoding="utf-8") as f:
        page.feed(f.read())
    return page


def check(folder):
    """(pages, links followed, list of what is wrong)"""
    pages = {}
    for base, _, names in os.walk(folder):
        for n in names:
            if n.endswith(".html"):
                path = os.path.join(base, n)
                pages[os.path.normpath(path)] = read(path)
    wrong, links = [], 0
    for path, page in sorted(pages.items()):
        at = os.path.relpath(path, folder)
        wrong += [f"{at}: the place '{name}' is there twice" for name in page.twice]
        for tag, url in page.links:
            links += 1
            u = urlsplit(url)
            if u.scheme == "data":
                continue
            if u.scheme or u.netloc:
                if tag != "a" or u.scheme not in ("https", "http", "mailto"):
                    wrong.append(f"{at}: <{tag}> wants '{url}' from elsewhere")
                continue
            target = os.path.normpath(os.path.join(os.path.dirname(path), unquote(u.path))) if u.path else path
            if os.path.isabs(u.path) or not os.path.isfile(target) or os.path.relpath(target, folder).startswith(".."):
                wrong.append(f"{at}: <{tag}> leads to '{url}', which is not there")
            elif u.fragment and target in pages and unquote(u.fragment) not in pages[target].places:
                wrong.append(f"{at}: '{url}': that page has no such place")
    return len(pages), links, wrong
