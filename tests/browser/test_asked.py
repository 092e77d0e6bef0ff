"""Panels that are on a page when they are asked for: lens, attribution, ablation. What they show is what the commands answer."""
import os
import tempfile

import page as pages
from page import BrowserTest, Page, SAMPLE, answered, attnx
from test_access import RULES

PROMPT = "the cat sat on the mat and the cat sat on the"
MIDDLE = "the cat sat on the mat. " * 12


def four(value):
    return float(f"{value:.4g}")


class AskedPage(BrowserTest):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.path = os.path.join(cls.folder.name, "asked.html")
        attnx("view", SAMPLE, "-p", PROMPT, "--lens", "--ablate", "-o", cls.path)
        cls.lens = answered("lens", SAMPLE, "-p", PROMPT)
        target = cls.lens["attribution"]["target"]["id"]
        cls.ablate = answered("ablate", SAMPLE, "-p", PROMPT, "--target", str(target))

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def test_the_lens_says_what_lens_says(self):
        with Page(self.path, "#L1H0&view=lens") as page:
            for row, token in ((0, 3), (1, 12), (3, 12), (2, 0)):
                top = self.lens["layers"][row]["positions"][token]["top"]
                left, y, width, height = page.box_of(row, token, "lens")
                page.browser.move(left + width / 2, y + height / 2)
                self.assertIn(f"layer {row}, token {token} ", page.reading())
                for guess in (guess for guess in top if guess["piece"].isprintable() and "\ufffd" not in guess["piece"]):  # others are spelled
                    self.assertIn(f"{guess['piece'].replace(' ', '·')} {100 * four(guess['probability']):.1f} %", page.reading())
                self.assertEqual(page.text("#reading b"), top[0]["piece"].replace(" ", "·"))
            # The colour of a cell is that of the probability.
            sure = max((guess["top"][0]["probability"], at, row["layer"]) for row in self.lens["layers"] for at, guess in enumerate(row["positions"]))
            left, y, width, height = page.box_of(sure[2], sure[1], "lens")
            wanted = page.js(f"attnx.colour.rgb({four(sure[0])})")
            self.assertEqual(page.pixel("#view-lens .stage canvas", left + 2, y + 2), wanted)
            page.browser.click(left + width / 2, y + height / 2)
            self.assertEqual(page.js("[attnx.state.layer, attnx.state.token]"), [sure[2], sure[1]])
            first = page.js("[...document.querySelectorAll('#view-lens tbody tr:first-child td')].map(td => td.textContent)")
            self.assertEqual(first[2], f"{100 * four(sure[0]):.1f} %")
            page.browser.key(",")
            self.assertIn(f"token {sure[1] - 1} ", page.text("#view-lens caption"))
            self.check(page)

    def test_attribution_is_that_of_lens(self):
        parts = self.lens["attribution"]
        with Page(self.path, "#L1H0&view=attribution") as page:
            for head in parts["heads"]:
                left, y, width, height = page.box_of(head["layer"], head["head"], "attribution")
                page.browser.move(left + width / 2, y + height / 2)
                self.assertTrue(page.reading().startswith(f"L{head['layer']}H{head['head']}  adds "), page.reading())
                self.assertAlmostEqual(float(page.text("#reading b")), head["value"], delta=6e-4 + abs(head["value"]) * 6e-4)
            most = max(parts["heads"], key=lambda head: abs(head["value"]))
            left, y, width, height = page.box_of(most["layer"], most["head"], "attribution")
            end = page.js("attnx.signed.css(%d)" % (1 if most["value"] > 0 else -1))
            self.assertEqual(page.pixel("#view-attribution .stage canvas", left + 2, y + 2), [int(end[at:at + 2], 16) for at in (1, 3, 5)])
            widest = 1 + max(head["head"] for head in parts["heads"])
            for row in parts["feed_forward"]:  # their bars, to the right of all heads
                left, y, width, height = page.box_of(row["layer"], widest, "attribution")
                page.browser.move(left + 60, y + height / 2)
                self.assertTrue(page.reading().startswith(f"feed-forward {row['layer']}  adds "), page.reading())
            rows = page.js("[...document.querySelectorAll('#view-attribution tbody tr')].map(row => [...row.cells].map(cell => cell.textContent))")
            self.assertEqual(rows[-1][0], "total")
            self.assertAlmostEqual(float(rows[-1][1]), parts["logit"], delta=1e-2)
            self.assertAlmostEqual(sum(float(row[1]) for row in rows[:-1]), parts["total"], delta=2e-2)
            page.js("[...document.querySelectorAll('#view-attribution tbody button')].find(b => b.textContent === 'L1H0').click()")
            page.browser.settle()
            self.assertEqual(page.js("[attnx.state.layer, attnx.state.head]"), [1, 0])
            self.check(page)

    def test_ablation_is_that_of_ablate(self):
        for effect in ("kl_mean", "kl_last", "loss_change", "target_logit_change"):
            with Page(self.path, f"#L1H0&view=ablation&effect={effect}") as page:
                self.assertEqual(page.js("document.querySelector('#view-ablation select').value"), effect)
                for head in self.ablate["heads"]:
                    left, y, width, height = page.box_of(head["layer"], head["head"], "ablation")
                    page.browser.move(left + width / 2, y + height / 2)
                    self.assertTrue(page.reading().startswith(f"without L{head['layer']}H{head['head']}"), page.reading())
                    self.assertAlmostEqual(float(page.text("#reading b")), head[effect], delta=6e-4 + abs(head[effect]) * 6e-4)
                most = max(self.ablate["heads"], key=lambda head: abs(head[effect]))
                first = page.js("document.querySelector('#view-ablation tbody button').textContent")
                self.assertEqual(first, f"L{most['layer']}H{most['head']}")
                self.check(page)

    def test_names_roles_and_contrast_hold_light_and_dark(self):
        for dark in (False, True):
            with Page(self.path, "#L1H0&token=10", dark=dark) as page:
                for key, view in (("e", "lens"), ("a", "attribution"), ("b", "ablation")):
                    page.browser.key(key)
                    self.assertEqual(page.js("attnx.state.panel"), view)
                    self.assertEqual(page.js(RULES), [], (view, dark))
                if os.environ.get("ATTNX_AXE"):
                    with open(os.environ["ATTNX_AXE"], encoding="utf-8") as file:
                        page.js(file.read() + ";0")
                    for view in ("lens", "attribution", "ablation"):
                        page.click("#tab-" + view)
                        found = page.js("axe.run().then(({violations}) => violations.filter(({impact}) => ['serious', 'critical'].includes(impact))"
                                        ".map(({id, impact, nodes}) => `${impact} ${id}: ${nodes[0].html.slice(0, 160)} ${nodes[0].failureSummary}`))")
                        self.assertEqual(found, [], (view, dark))
                self.check(page)

    def test_a_page_has_what_was_asked_for(self):
        path = os.path.join(self.folder.name, "some.html")
        for more, wanted in (([], []), (["--lens"], ["lens", "attribution"]), (["--ablate", "--layers", "1"], ["ablation"])):
            attnx("view", SAMPLE, "-p", PROMPT, "-o", path, *more)
            with Page(path) as page:
                views = page.js("[...document.querySelectorAll('[role=tab]')].map(tab => tab.id.slice(4))")
                self.assertEqual([view for view in views if view in ("lens", "attribution", "ablation")], wanted)
                for view in wanted:
                    page.click("#tab-" + view)
                self.assertEqual(page.js("typeof attnx.headMap"), "function" if wanted else "undefined")
                self.check(page)

    def test_many_and_generated_tokens_are_shown(self):
        path = os.path.join(self.folder.name, "many.html")
        attnx("view", SAMPLE, "-p", MIDDLE, "-n", "2", "--lens", "--layers", "0-1", "-o", path)
        with Page(path, "#view=lens") as page:
            count = page.js("attnx.model.count")
            self.assertEqual(page.js("attnx.data('lens').result.layers[0].tokens.length"), 5 * count)
            left, _, width, _ = page.box_of(0, count - 1, "lens")
            page.js("document.querySelector('#view-lens .stage').scrollLeft = 1e6")
            left, y, width, height = page.box_of(0, count - 1, "lens")
            page.browser.move(left + width / 2, y + height / 2)
            self.assertIn(f"layer 0, token {count - 1} ", page.reading())
            self.check(page)


if __name__ == "__main__":
    pages.main()
