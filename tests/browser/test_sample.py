"""The page of the sample model: what it draws, reads out and answers to. Layer 1, head 0 is an induction head."""
import json
import os
import re
import tempfile

import page as pages
from page import BrowserTest, Page, PROMPT, SAMPLE, attended, attnx, variable

VIRIDIS_0 = [0x44, 0x01, 0x54]


class SamplePage(BrowserTest):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.path = os.path.join(cls.folder.name, "sample page.html")
        cls.exact = os.path.join(cls.folder.name, "exact.html")
        attnx("view", SAMPLE, "-p", PROMPT, "-o", cls.path)
        attnx("view", SAMPLE, "-p", PROMPT, "--exact", "-o", cls.exact)
        cls.answer = attended(SAMPLE, "-p", PROMPT)
        cls.weights = {(layer["layer"], head): layer["weights"][at]
                       for layer in cls.answer["layers"] for at, head in enumerate(layer["heads"])}
        cls.count = len(cls.answer["tokens"])

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def mean(self, layer, query, key):
        heads = [weights[query][key] for (each, _), weights in self.weights.items() if each == layer]
        return sum(heads) / len(heads)

    def test_every_view_is_drawn_in_light_and_dark_without_a_complaint(self):
        for dark in (False, True):
            with Page(self.path, dark=dark) as page:
                views = page.js("[...document.querySelectorAll('[role=tab]')].map(tab => tab.id.slice(4))")
                self.assertGreaterEqual(len(views), 6)
                for view in views:
                    page.click("#tab-" + view)
                    page.js("new Promise(done => setTimeout(done, 150))")
                    self.assertEqual(page.js("[...document.querySelectorAll('.view')].filter(view => !view.hidden).map(view => view.id)"), ["view-" + view])
                    # Something of more than one colour on each canvas, or rows in a table.
                    drawn = page.js(f"""[...document.querySelectorAll('#view-{view} canvas:not(.over)')].map(canvas => {{
                        const {{width, height}} = canvas, data = new Uint32Array(canvas.getContext('2d').getImageData(0, 0, width, height).data.buffer);
                        return new Set(data).size; }})""")
                    rows = page.js(f"document.querySelectorAll('#view-{view} tbody tr').length")
                    self.assertTrue(all(colours > 1 for colours in drawn) and (drawn or rows == 16), (view, drawn, rows))
                self.check(page)

    def test_known_cells_of_the_induction_head_are_lit_and_masked_cells_empty(self):
        with Page(self.path, "#L1H0&scale=linear") as page:
            masked, weights = variable(page, "--masked"), self.weights[1, 0]
            # "sat" (10) looks for what followed "sat" (3): "on" (4).
            self.assertGreater(weights[10][4], 0.9)
            red, green, _ = page.colour(10, 4)
            self.assertTrue(red > 200 and green > 200, "as bright as viridis is near 1")
            self.assertEqual(page.colour(10, 5), VIRIDIS_0)
            for query, key in ((4, 10), (0, 1), (11, 12)):
                self.assertEqual(page.colour(query, key), masked)
            self.check(page)

    def test_what_lies_before_a_window_is_empty_and_read_out_as_masked(self):
        path = os.path.join(self.folder.name, "window.html")
        attnx("view", SAMPLE, "-p", " ".join([PROMPT] * 2), "-o", path)
        with Page(path, "#L2H0") as page:  # a window of 16
            self.assertEqual(page.colour(20, 4), variable(page, "--masked"))
            self.assertNotEqual(page.colour(20, 5), variable(page, "--masked"))
            page.browser.move(*page.cell(20, 4))
            self.assertIn("masked", page.reading())
            page.browser.move(*page.cell(20, 5))
            self.assertIn("of 16", page.reading())
            self.assertIn("window 16", page.text("#view-map .bar"))
            self.check(page)

    def test_the_numbers_under_the_pointer_are_those_of_attend(self):
        number = re.compile(r"(?:≈ )?([0-9.e-]+)  rank (\d+) of (\d+)")
        for path, shown in ((self.path, False), (self.exact, True)):
            with Page(path, "#L1H0") as page:
                for query, key in ((10, 4), (5, 2), (12, 6), (12, 12), (3, 0), (9, 3)):
                    page.browser.move(*page.cell(query, key))
                    text = page.reading()
                    weight = self.weights[1, 0][query][key]
                    found = number.search(text)
                    self.assertIn(f"L1H0  query {query} ", text)
                    self.assertIn(f"key {key} ", text)
                    if shown:
                        self.assertEqual(float(found[1]), weight, text)
                    else:
                        # Its error, and half of the last digit shown.
                        self.assertIn("≈", text)
                        digit = 0.00005 if weight >= 0.0005 else 0.06 * max(weight, 1e-9)
                        self.assertLessEqual(abs(float(found[1]) - weight), 2e-5 + digit, text)
                    row = self.weights[1, 0][query][:query + 1]
                    if shown:
                        self.assertEqual(int(found[2]), 1 + sum(other > weight for other in row), text)
                    self.assertEqual(int(found[3]), query + 1)
                page.js("location.hash = '#L1'")
                page.browser.settle()
                page.browser.move(*page.cell(10, 4))
                self.assertAlmostEqual(float(number.search(page.reading())[1]), self.mean(1, 10, 4), delta=1e-4)
                self.check(page)

    def test_keys_do_what_the_help_says(self):
        with Page(self.path, "#L1H0") as page:
            def state(name):
                return page.js(f"attnx.state.{name}")
            for key, name, value in (("ArrowRight", "head", 1), ("ArrowLeft", "head", 0), ("ArrowLeft", "head", "mean"), ("ArrowDown", "layer", 2),
                                     ("ArrowUp", "layer", 1), ("ArrowRight", "head", 0), ("m", "head", "mean"), (".", "token", 0), (".", "token", 1), (",", "token", 0),
                                     ("r", "direction", "in"), ("s", "first", False), ("s", "first", True), ("l", "scale", "log"), ("t", "threshold", 0.15),
                                     ("T", "threshold", 0.1), ("Escape", "token", None), ("2", "panel", "lines"), ("g", "panel", "graph"), ("o", "panel", "rollout"), ("n", "panel", "states"),
                                     ("c", "panel", "classes"), ("1", "panel", "map"), ("d", "theme", "light")):
                page.browser.key(key)
                self.assertEqual(state(name), value, key)
            page.browser.key("?")
            self.assertTrue(page.js("document.getElementById('keys').open"))
            self.assertIn("layer before", page.text("#keys"))
            page.click("#keys button")
            self.assertFalse(page.js("document.getElementById('keys').open"))
            page.browser.key("/")
            for letter in "mat":
                page.browser.key(letter)
            self.assertEqual(page.js("document.querySelectorAll('.tokens .found').length"), 1)
            self.assertEqual(state("head"), "mean", "letters in a field are letters")
            page.browser.key("Enter")
            page.browser.settle()
            self.check(page)

    def test_clicks_choose_tokens_heads_and_views(self):
        with Page(self.path, "#L1H0") as page:
            page.click("#token-10")
            self.assertEqual(page.js("attnx.state.token"), 10)
            # Where it attends is lit: "on" (4) above all others.
            shares = page.js("[...document.querySelectorAll('.tokens .token')].map(token => Number(/([0-9.]+)%/.exec(token.style.backgroundColor)?.[1] ?? 0))")
            self.assertEqual(max(range(self.count), key=lambda i: shares[i]), 4, shares)
            self.assertIn("·on", page.text("#right ol li"))
            page.click("[data-direction=in]")
            page.click("#token-4")
            self.assertEqual(page.js("[attnx.state.token, attnx.state.direction]"), [4, "in"])
            # A cell chooses its query, with Shift its key.
            page.browser.click(*page.cell(9, 3))
            self.assertEqual(page.js("[attnx.state.token, attnx.state.direction]"), [9, "out"])
            page.browser.click(*page.cell(9, 3), shift=True)
            self.assertEqual(page.js("[attnx.state.token, attnx.state.direction]"), [3, "in"])
            # Layers × heads: row 2, column 3.
            left, top, width, height = map(float, page.js("document.querySelector('#left canvas').dataset.cell").split())
            box = page.box("#left canvas")
            page.browser.click(box["x"] + left + 3.5 * width, box["y"] + top + 2.5 * height)
            self.assertEqual(page.js("[attnx.state.layer, attnx.state.head]"), [2, 3])
            page.click("#tab-table")
            page.click("tr[data-head=L3H1]")
            self.assertEqual(page.js("[attnx.state.layer, attnx.state.head]"), [3, 1])
            self.check(page)

    def test_heads_are_in_the_order_of_any_metric(self):
        with Page(self.path, "#L1H0&view=table") as page:
            metrics = page.js("attnx.model.metrics.map(metric => metric.id)")
            self.assertEqual(len(metrics), len(page.js("[...document.querySelectorAll('#left select option')].map(option => option.value)")))
            for at, metric in enumerate(metrics):
                values = {f"L{head['layer']}H{head['head']}": head[metric] if head[metric] is None else float(f"{head[metric]:.4g}")
                          for head in self.answer["heads"]}  # as the page has them
                if all(value is None for value in values.values()): continue  # what the text has nothing of
                page.click(f"#view-table th:nth-child({at + 3}) button")
                table = page.js("[...document.querySelectorAll('#view-table tbody tr')].map(row => row.dataset.head)")
                ranked = page.js("[...document.querySelectorAll('#left .rank button')].map(row => row.dataset.head)")
                for order in (table, ranked):
                    self.assertEqual(len(order), 16)
                    ranks = [float("-inf") if values[head] is None else values[head] for head in order]  # null: last
                    self.assertEqual(ranks, sorted(ranks, reverse=True), (metric, order))
            self.check(page)

    def test_lines_are_those_above_the_threshold(self):
        with Page(self.path, "#L1H0&view=lines&threshold=0.25") as page:
            wanted = sum(weight >= 0.25 for row in self.weights[1, 0] for weight in row)
            self.assertEqual(page.text("#view-lines .bar span"), f"{wanted} lines")
            page.js("const s = document.getElementById('threshold'); s.value = '0.9'; s.dispatchEvent(new Event('input'))")
            page.browser.settle()
            self.assertEqual(page.text("#view-lines .bar span"), f"{sum(weight >= 0.9 for row in self.weights[1, 0] for weight in row)} lines")
            # A token at the left: its strongest line is read out.
            row, left, _ = map(float, page.js("document.querySelector('#view-lines .stage canvas').dataset.rows").split())
            box = page.box("#view-lines .stage")
            page.browser.move(box["x"] + left - 20, box["y"] + 4 + 10.5 * row)
            self.assertIn("query 10 ", page.reading())
            self.assertIn("key 4 ", page.reading())
            self.check(page)

    def test_the_address_says_what_is_seen(self):
        with Page(self.path, "#L2H1&token=7&direction=in&view=lines&metric=distance&scale=log&colours=ink&first=hidden&threshold=0.3&theme=dark&measure=k&class=sink") as page:
            self.assertEqual(page.js("JSON.stringify(attnx.state)"), json.dumps(
                {"layer": 2, "head": 1, "token": 7, "direction": "in", "panel": "lines", "metric": "distance", "scale": "log", "colours": "ink",
                 "first": False, "threshold": 0.3, "theme": "dark", "measure": "k", "class": "sink"}, separators=(",", ":")))
            self.assertEqual(page.js("document.documentElement.dataset.theme"), "dark")
            page.browser.key("ArrowRight")
            self.assertTrue(page.js("location.hash").startswith("#L2H2&token=7&direction=in&view=lines"))
            # What is nowhere is left out, whatever it says.
            page.js("location.hash = '#L99H1&token=1e9&view=<b>&metric=constructor&scale=x&threshold=NaN&colours=__proto__&measure=toString&class=constructor'")
            page.browser.settle()
            self.assertEqual(page.js("[attnx.state.layer, attnx.state.head, attnx.state.token, attnx.state.panel, attnx.state.scale, attnx.state.measure, attnx.state.class]"),
                             [3, "mean", None, "map", "sqrt", "norm", None])
            self.check(page)

    def test_heads_that_share_keys_are_together(self):
        with Page(self.path, "#L1H0&view=heads") as page:
            groups = page.js("[...document.querySelectorAll('#view-heads .group')].map(group => [...group.querySelectorAll('.thumb')].map(thumb => thumb.dataset.head))")
            self.assertEqual(groups, [["L1H0", "L1H1"], ["L1H2", "L1H3"]])
            self.check(page)

    def test_without_programs_there_are_a_picture_and_a_table(self):
        with Page(self.path) as page:
            page.browser.call("Emulation.setScriptExecutionDisabled", value=True)
            page.browser.open_plain(self.path)
            many = page.browser.find_all
            self.assertEqual(len(many(".plain svg path")) > 3, True)
            self.assertEqual(len(many(".plain tbody tr")), 20 + 8 + 4)  # layers and heads, classes, lengths by layer
            [svg] = many(".plain svg")
            self.assertGreater(page.browser.call("DOM.getBoxModel", nodeId=svg)["model"]["width"], 50)
            [header] = many("#top")
            with self.assertRaises(RuntimeError):  # what programs would fill takes no room
                page.browser.call("DOM.getBoxModel", nodeId=header)

    def test_paper_has_the_page_in_light_colours(self):
        with Page(self.path, "#L1H0&theme=dark") as page:
            page.js("dispatchEvent(new Event('beforeprint'))")
            self.assertEqual(page.js("document.documentElement.dataset.theme"), "light")
            page.js("dispatchEvent(new Event('afterprint'))")
            self.assertEqual(page.js("document.documentElement.dataset.theme"), "dark")
            self.assertGreater(len(page.browser.call("Page.printToPDF")["data"]), 10000)
            # Of a picture under another one Chromium prints nothing.
            page.browser.call("Emulation.setEmulatedMedia", media="print")
            for view in ("map", "lines", "graph", "rollout", "states", "classes"):
                page.js(f"attnx.set({{panel: '{view}'}})")
                page.browser.settle()
                shown = page.js(f"[...document.querySelectorAll('#view-{view} .stage canvas')].map(canvas => canvas.checkVisibility())")
                self.assertEqual(shown, [True, False], view)
            page.browser.call("Emulation.setEmulatedMedia", media="")
            self.check(page)


if __name__ == "__main__":
    pages.main()
