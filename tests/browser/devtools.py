"""Chromium through its DevTools protocol: Python's standard library and nothing else."""
import base64
import contextlib
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile
import time


def find_chromium():
    named = os.environ.get("ATTNX_CHROMIUM")
    return named or next(filter(None, map(shutil.which, ["chromium", "chromium-browser", "google-chrome"])), None)


class WebSocket:
    """A client, RFC 6455: masked frames out, whole messages in."""

    def __init__(self, url):
        host, port, path = re.fullmatch(r"ws://([^:/]+):(\d+)(/.*)", url).groups()
        self.socket = socket.create_connection((host, int(port)), timeout=60)
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall((f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                             f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n").encode())
        self.buffer = b""
        while b"\r\n\r\n" not in self.buffer:
            self.buffer += self.socket.recv(4096)
        head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        assert b" 101 " in head.split(b"\r\n")[0], head

    def send(self, text):
        data = text.encode()
        size = len(data)
        head = bytes([0x81]) + (bytes([0x80 | size]) if size < 126 else b"\xfe" + size.to_bytes(2, "big") if size < 65536
                                else b"\xff" + size.to_bytes(8, "big"))
        mask = os.urandom(4)
        repeated = mask * (size // 4 + 1)
        masked = (int.from_bytes(data, "big") ^ int.from_bytes(repeated[:size], "big")).to_bytes(size, "big")
        self.socket.sendall(head + mask + masked)

    def _take(self, size):
        while len(self.buffer) < size:
            more = self.socket.recv(1 << 16)
            if not more:
                raise ConnectionError("Chromium has gone away")
            self.buffer += more
        taken, self.buffer = self.buffer[:size], self.buffer[size:]
        return taken

    def receive(self, timeout):
        self.socket.settimeout(timeout)
        message = b""
        while True:
            first, second = self._take(2)
            size = second & 0x7F
            if size == 126:
                size = int.from_bytes(self._take(2), "big")
            elif size == 127:
                size = int.from_bytes(self._take(8), "big")
            data = self._take(size)
            if first & 0x0F in (0, 1, 2):
                message += data
                if first & 0x80:
                    return message.decode()


class Browser:
    """One headless Chromium without a network, with one page."""

    def __init__(self, width=1280, height=800, dark=False, program=None, ratio=1):
        self.folder = tempfile.mkdtemp(prefix="attnx-browser-")
        arguments = [program or find_chromium(), "--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0",
                     "--no-first-run", "--disable-extensions", "--disable-background-networking", "--disable-dev-shm-usage",
                     "--force-color-profile=srgb", f"--user-data-dir={self.folder}", f"--window-size={width},{height}",
                     # Whatever the page asked of a network would fail; that it asks nothing is seen in `requests`.
                     "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", "about:blank"]
        self.process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        for line in self.process.stderr:
            found = re.search(r"DevTools listening on (ws://\S+)", line)
            if found:
                break
        else:
            raise RuntimeError("Chromium did not start")
        self.web_socket = WebSocket(found.group(1))
        self.next_id, self.session, self.requests, self.problems = 0, None, [], []
        target = next(each for each in self.call("Target.getTargets")["targetInfos"] if each["type"] == "page")
        self.session = self.call("Target.attachToTarget", targetId=target["targetId"], flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(domain + ".enable")
        self.call("Network.emulateNetworkConditions", offline=True, latency=0, downloadThroughput=0, uploadThroughput=0)
        self.resize(width, height, ratio)
        self.prefer(dark)

    def close(self):
        try:
            session, self.session = self.session, None
            self.call("Browser.close")
        except (OSError, ConnectionError):
            pass
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stderr.close()
        self.web_socket.socket.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _event(self, message):
        method, given = message.get("method"), message.get("params", {})
        if method == "Network.requestWillBeSent":
            self.requests.append(given["request"]["url"])
        elif method == "Runtime.exceptionThrown":
            self.problems.append(given["exceptionDetails"].get("exception", {}).get("description", str(given)))
        elif method == "Runtime.consoleAPICalled" and "willReadFrequently" not in str(given["args"]) and given["type"] in ("error", "warning", "assert"):
            self.problems.append(str(given["args"]))
        elif method == "Log.entryAdded" and given["entry"]["level"] in ("error", "warning"):
            if "willReadFrequently" not in given["entry"]["text"]:  # tests look at pixels, pages do not
                self.problems.append(given["entry"]["text"])
        elif method == "Page.javascriptDialogOpening":
            self.problems.append("a dialog: " + given["message"])

    def call(self, method, **parameters):
        self.next_id += 1
        wanted = self.next_id
        message = {"id": wanted, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        self.web_socket.send(json.dumps(message))
        while True:
            answer = json.loads(self.web_socket.receive(120))
            if answer.get("id") == wanted:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]
            self._event(answer)

    def resize(self, width, height, ratio=1):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=ratio, mobile=False)

    def prefer(self, dark):
        self.call("Emulation.setEmulatedMedia", features=[
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"},
            {"name": "prefers-reduced-motion", "value": "reduce"}])  # colours are what they are at once

    def open(self, path, fragment=""):
        self.call("Page.navigate", url="about:blank")
        self._until("location.protocol === 'about:'")
        self.requests.clear()
        self.problems.clear()
        self.call("Page.navigate", url=pathlib.Path(path).absolute().as_uri() + fragment)
        self._until("location.protocol === 'file:' && document.readyState === 'complete' && 'ready' in document.documentElement.dataset")
        self.settle()

    @contextlib.contextmanager
    def frame(self):
        """What evaluates in the one frame of the page that has a process of its own, when its page is there."""
        until = time.time() + 120
        while True:
            frames = [each for each in self.call("Target.getTargets")["targetInfos"] if each["type"] == "iframe"]
            if frames or time.time() > until:
                break
            time.sleep(0.05)
        page, self.session = self.session, self.call("Target.attachToTarget", targetId=frames[0]["targetId"], flatten=True)["sessionId"]
        try:
            for domain in ("Runtime", "Log", "Network"):
                self.call(domain + ".enable")
            self._until("document.readyState === 'complete' && 'ready' in document.documentElement.dataset")
            yield self.evaluate
        finally:
            self.session = page

    def open_plain(self, path):
        """A page whose programs are not run, so that none can say when it is there."""
        self.requests.clear()
        self.problems.clear()
        self.call("Page.navigate", url=pathlib.Path(path).absolute().as_uri())
        until = time.time() + 120
        while time.time() < until:
            try:
                if self.find_all("main.plain table") and self.find_all("body > script:not([type])"):
                    return
            except RuntimeError:  # between two pages
                pass
            time.sleep(0.05)
        raise TimeoutError(path)

    def find_all(self, selector):
        document = self.call("DOM.getDocument")["root"]["nodeId"]
        return self.call("DOM.querySelectorAll", nodeId=document, selector=selector)["nodeIds"]

    def _until(self, condition):
        until = time.time() + 120
        while time.time() < until:
            try:
                if self.evaluate(condition):
                    return
            except RuntimeError:  # between two pages
                pass
            time.sleep(0.01)
        raise TimeoutError(condition)

    def evaluate(self, expression):
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(answer["exceptionDetails"].get("exception", {}).get("description", str(answer)))
        return answer["result"].get("value")

    def settle(self):
        """Two frames, after which every change is drawn."""
        self.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def mouse(self, kind, x, y, **more):
        self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, **more)

    def move(self, x, y):
        self.mouse("mouseMoved", x, y)
        self.settle()

    def click(self, x, y, shift=False):
        modifiers = 8 if shift else 0
        self.mouse("mouseMoved", x, y)
        self.mouse("mousePressed", x, y, button="left", clickCount=1, modifiers=modifiers)
        self.mouse("mouseReleased", x, y, button="left", clickCount=1, modifiers=modifiers)
        self.settle()

    def key(self, key):
        self.call("Input.dispatchKeyEvent", type="keyDown", key=key, **({"text": key} if len(key) == 1 else {}))
        self.call("Input.dispatchKeyEvent", type="keyUp", key=key)
        self.settle()

    def screenshot(self, path):
        with open(path, "wb") as file:
            file.write(base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"]))
