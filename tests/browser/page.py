"""Pages made by attnx, and how a test points at what is in them."""
import atexit
import json
import os
import pathlib
import subprocess
import unittest

from devtools import Browser, find_chromium

ATTNX = os.environ.get("ATTNX", "attnx")
SAMPLE = os.environ.get("ATTNX_SAMPLE", "sample.gguf")
PROMPT = "the cat sat on the mat and the cat sat on the"


def attnx(*arguments):
    return subprocess.run([ATTNX, *arguments], check=True, capture_output=True, text=True).stdout


def answered(command, model, *arguments):
    return json.loads(attnx(command, model, "--json", *arguments))["result"]


def attended(model, *prompt):
    return answered("attend", model, *prompt)


def skip_without_browser():
    """Says so, and tells ctest, where there is no Chromium."""
    if find_chromium() is None:
        print("SKIPPED: no Chromium here (Debian: apt-get install chromium; ATTNX_CHROMIUM names another)")
        raise SystemExit(77)


class Page:
    """One page in the one browser there is."""

    shared = None

    def __init__(self, path, fragment="", width=1280, height=800, dark=False, ratio=1):
        if Page.shared is None:
            Page.shared = Browser()
            atexit.register(Page.shared.close)
        self.browser = Page.shared
        self.path = path
        self.browser.resize(width, height, ratio)
        self.browser.prefer(dark)
        self.browser.open(path, fragment)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.browser.call("Emulation.setScriptExecutionDisabled", value=False)

    def js(self, expression):
        return self.browser.evaluate(expression)

    def text(self, selector):
        return self.js(f"document.querySelector({json.dumps(selector)})?.textContent")

    def box(self, selector):
        return self.js(f"(() => {{ const b = document.querySelector({json.dumps(selector)}).getBoundingClientRect();"
                       " return {x: b.x, y: b.y, width: b.width, height: b.height}; })()")

    def click(self, selector, **more):
        self.js(f"document.querySelector({json.dumps(selector)}).scrollIntoView({{block: 'nearest'}})")
        box = self.box(selector)
        self.browser.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, **more)

    # Maps of queries and keys.
    def cell(self, query, key, view="map"):
        """Where the middle of a cell is, in the window."""
        canvas = f"#view-{view} .stage canvas"
        left, top, cell, q0, k0, _ = map(float, self.js(f"document.querySelector('{canvas}').dataset.cell").split())
        box = self.box(canvas)
        return box["x"] + left + (key - k0 + 0.5) * cell, box["y"] + top + (query - q0 + 0.5) * cell

    def colour(self, query, key, view="map"):
        """Of the middle of a cell, as [red, green, blue]."""
        return self.pixel(f"#view-{view} .stage canvas", *self.cell(query, key, view))

    def pixel(self, canvas, x, y):
        """Of a canvas, at a place in the window."""
        box = self.box(canvas)
        return self.js(f"""(() => {{ const ratio = devicePixelRatio;
            return [...document.querySelector('{canvas}').getContext('2d')
                .getImageData(Math.floor({x - box['x']} * ratio), Math.floor({y - box['y']} * ratio), 1, 1).data.slice(0, 3)]; }})()""")

    def box_of(self, row, column, view):
        """Where the box of a row and a column is that are not as high as wide, from its left upper corner."""
        canvas = f"#view-{view} .stage canvas"
        left, top, width, height = map(float, self.js(f"document.querySelector('{canvas}').dataset.cell").split())
        box = self.box(canvas)
        return box["x"] + left + column * width, box["y"] + top + row * height, width, height

    def reading(self):
        return self.text("#reading")


def variable(page, name):
    """A colour of the style as [red, green, blue]."""
    text = page.js(f"attnx.css('{name}')")
    return [int(text[at:at + 2], 16) for at in (1, 3, 5)]


class BrowserTest(unittest.TestCase):
    """What holds for every page: nothing is asked of any network, nothing goes wrong."""

    def check(self, page):
        self.assertEqual(page.browser.problems, [])
        files = [url for url in page.browser.requests if not url.startswith(("data:", "blob:"))]
        self.assertEqual(set(files), {pathlib.Path(page.path).absolute().as_uri()})


def main():
    skip_without_browser()
    unittest.main(verbosity=2)
