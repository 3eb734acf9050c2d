# SPDX-License-Identifier: MIT
"""A headless Chromium, spoken to by its debugging protocol over a pipe: open a page, ask it for values, click, hear of errors, take a picture.

    with Browser() as b:
        b.open("file:///tmp/page.html")
        b.value("document.title"), b.errors, b.picture("page.png")
"""
import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
import time

PROGRAM = shutil.which("chromium") or shutil.which("chromium-browser")


class Browser:
    def __init__(self, width=1200, height=900, dark=False):
        self.profile = tempfile.mkdtemp(prefix="snnc-browser-")
        down, self.to = os.pipe()
        self.frm, up = os.pipe()
        flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-extensions", "--mute-audio",
                 "--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars", "--allow-file-access-from-files",
                 f"--user-data-dir={self.profile}", f"--window-size={width},{height}", "--remote-debugging-pipe", "about:blank"]

        def pipes():       # the protocol's pipe is at descriptors 3 (in) and 4 (out); first out of the way of these numbers
            a, b = os.dup(down), os.dup(up)
            high_a, high_b = max(a, 20), max(b, 21)
            os.dup2(a, high_a)
            os.dup2(b, high_b)
            os.dup2(high_a, 3)
            os.dup2(high_b, 4)
        self.process = subprocess.Popen([PROGRAM] + flags, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=pipes, close_fds=False)
        os.close(down)
        os.close(up)
        self.buffer, self.events, self.next, self.session, self.errors = b"", [], 1, None, []
        target = self.call("Target.createTarget", url="about:blank", newWindow=True, width=width, height=height)["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(domain + ".enable")
        if dark:
            self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark"}])

    def message(self, timeout):
        """The next message of the browser, None when there is none in time."""
        end = time.time() + timeout
        while b"\0" not in self.buffer:
            left = end - time.time()
            if left <= 0 or not select.select([self.frm], [], [], left)[0]:
                return None
            part = os.read(self.frm, 1 << 20)
            if not part:
                raise RuntimeError("the browser has ended")
            self.buffer += part
        text, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(text)

    def hear(self, m):
        """Keeps an event; errors of the page go into `errors`."""
        method, p = m.get("method", ""), m.get("params", {})
        if method == "Runtime.exceptionThrown":
            d = p["exceptionDetails"]
            self.errors.append(f"exception: {d.get('exception', {}).get('description') or d.get('text')}")
        elif method == "Runtime.consoleAPICalled" and p["type"] in ("error", "warning", "assert"):
            self.errors.append(f"console {p['type']}: " + " ".join(str(a.get("value", a.get("description", ""))) for a in p["args"]))
        elif method == "Log.entryAdded" and p["entry"]["level"] in ("error", "warning"):
            self.errors.append(f"log {p['entry']['level']}: {p['entry']['text']} {p['entry'].get('url', '')}")
        elif method == "Network.loadingFailed" and not p.get("canceled"):
            self.errors.append(f"not loaded: {p.get('errorText')}")
        elif method == "Network.requestWillBeSent" and not p["request"]["url"].startswith(("file:", "data:", "about:", "blob:", "http://127.0.0.1:")):
            self.errors.append(f"asks the net: {p['request']['url']}")
        self.events.append(method)

    def call(self, method, timeout=30, **params):
        number, self.next = self.next, self.next + 1
        m = {"id": number, "method": method, "params": params}
        if self.session:
            m["sessionId"] = self.session
        os.write(self.to, json.dumps(m).encode() + b"\0")
        end = time.time() + timeout
        while time.time() < end:
            answer = self.message(end - time.time())
            if answer is None:
                break
            if answer.get("id") != number:
                self.hear(answer)
            elif "error" in answer:
                raise RuntimeError(f"{method}: {answer['error'].get('message')}")
            else:
                return answer["result"]
        raise RuntimeError(f"{method}: no answer in {timeout} s")

    def open(self, url, timeout=30):
        """Opens a page and waits until it has loaded; errors start anew."""
        self.errors, self.events = [], []
        failed = self.call("Page.navigate", url=url).get("errorText")
        if failed:
            self.errors.append(f"{url}: {failed}")
            return
        end = time.time() + timeout
        while "Page.loadEventFired" not in self.events and time.time() < end:
            m = self.message(end - time.time())
            if m:
                self.hear(m)
        if "Page.loadEventFired" not in self.events:
            self.errors.append(f"{url}: not loaded in {timeout} s")

    def value(self, expression, timeout=30):
        """The value of a JavaScript expression; promises are waited for."""
        r = self.call("Runtime.evaluate", timeout=timeout, expression=expression, awaitPromise=True, returnByValue=True, userGesture=True)
        if "exceptionDetails" in r:
            d = r["exceptionDetails"]
            raise RuntimeError(d.get("exception", {}).get("description") or d["text"])
        return r["result"].get("value")

    def click(self, x, y):
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def picture(self, path, full=False):
        with open(path, "wb") as f:
            f.write(base64.b64decode(self.call("Page.captureScreenshot", format="png", captureBeyondViewport=full)["data"]))

    def close(self):
        self.session = None
        try:
            self.call("Browser.close", timeout=5)
        except (RuntimeError, OSError):
            pass
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        os.close(self.to)
        os.close(self.frm)
        shutil.rmtree(self.profile, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
