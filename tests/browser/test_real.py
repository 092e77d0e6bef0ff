"""SmolLM2 and a text of 128 tokens: a page of 270 heads."""
import os
import sys
import tempfile

import page as pages
from page import BrowserTest, Page, answered, attended, attnx

FOLDER = os.environ.get("ATTNX_REAL_MODELS", "")
MODEL = os.path.join(FOLDER, "SmolLM2-135M-Instruct.Q4_1.gguf")
TEXT = ("The lighthouse keeper had not spoken to another person for three weeks when the boat appeared on the horizon. She watched it through the brass "
        "telescope her grandfather had left her, counting the oars. There were six of them, rising and falling together like the legs of some slow insect. "
        "By the time the boat reached the rocks, the keeper had already lit the stove, put the kettle on, and set out six cups. \"You are late,\" she said when "
        "the first of the rowers climbed the stairs. The rowers looked at each other. They had told nobody that they were coming, and the boat had no name at all then")


class RealPage(BrowserTest):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.path = os.path.join(cls.folder.name, "smollm2.html")
        attnx("view", MODEL, "-p", TEXT, "-o", cls.path)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def test_it_is_small_drawn_whole_and_right(self):
        self.assertLess(os.path.getsize(self.path), 8_000_000)
        answer = attended(MODEL, "-p", TEXT, "--layers", "10", "--heads", "1")
        with Page(self.path, "#L10H1", width=1440, height=900) as page:
            self.assertEqual(page.js("attnx.model.count"), 128)
            for view in page.js("[...document.querySelectorAll('[role=tab]')].map(tab => tab.id)"):
                page.click("#" + view)
                page.js("new Promise(done => setTimeout(done, 300))")
            page.click("#tab-map")
            for query, key in ((40, 39), (100, 0), (127, 126)):
                page.browser.move(*page.cell(query, key))
                weight = answer["layers"][0]["weights"][0][query][key]
                self.assertIn(f"L10H1  query {query} ", page.reading())
                self.assertAlmostEqual(float(page.text("#reading b")), weight, delta=1e-4)
            self.check(page)

    def test_rollout_massive_activations_and_classes_are_those_of_the_commands(self):
        rollout = attended(MODEL, "-p", TEXT, "--rollout", "--layers", "7")["rollout"][0]["matrix"]
        states, heads = answered("states", MODEL, "-p", TEXT), answered("heads", MODEL, "-p", TEXT)
        with Page(self.path, "#L7&view=rollout", width=1440, height=900) as page:
            shown = page.js("[...attnx.seen().map].map(value => Number.isNaN(value) ? null : value)")
            for token in (1, 50, 127):
                for key in range(token + 1):
                    self.assertAlmostEqual(shown[128 * token + key], rollout[token][key], delta=3e-4)
            page.click("#tab-states")
            rows = page.js("[...document.querySelectorAll('#view-states tbody tr')].map(row => [...row.cells].map(cell => cell.textContent))")
            self.assertGreater(len(rows), 0, "SmolLM2 has them at the first token")
            self.assertEqual([[int(layer), int(token.split()[0]), int(dimension)] for layer, token, dimension, *_ in rows],
                             [[each["layer"], each["token"], each["dimension"]] for each in states["massive"]])
            page.click("#tab-classes")
            counts = dict(text.split() for text in page.js("[...document.querySelectorAll('.chips button')].map(chip => chip.textContent.slice(1))"))
            for name, count in counts.items():
                self.assertEqual(int(count), sum(name in head["classes"] for head in heads["heads"]), name)
            self.check(page)


if __name__ == "__main__":
    if not os.path.exists(MODEL):
        print("SKIPPED: the real model is not here; .ci/fetch-models brings it, ATTNX_REAL_MODELS names the folder")
        sys.exit(77)
    pages.main()
