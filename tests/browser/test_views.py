"""Views of more than one head's weights: graph, rollout, states, classes. What they show is what other commands answer."""
import math
import os
import re
import tempfile

import page as pages
from page import BrowserTest, Page, SAMPLE, answered, attended, attnx, variable

# Of more than 32 tokens, so that the text tells what heads do.
TEXT = ("the cat sat on the mat. the dog ran to the red sun, and the cat was in the sea of tea. "
        "she is a key, it is one of two.")
VIRIDIS_0, VIRIDIS_1 = [0x44, 0x01, 0x54], [0xFD, 0xE7, 0x25]


def rounded(value):
    return float(f"{value:.4g}")


class ViewsPage(BrowserTest):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.path = os.path.join(cls.folder.name, "views.html")
        attnx("view", SAMPLE, "-p", TEXT, "-o", cls.path)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def test_rollouts_are_those_of_attend(self):
        answer = attended(SAMPLE, "-p", TEXT, "--rollout")["rollout"]
        number = re.compile(r"≈ ([0-9.e-]+)  rank \d+ of (\d+)")
        self.assertEqual(len(answer), 4)
        for each in answer:
            with Page(self.path, f"#L{each['layer']}&view=rollout&scale=linear") as page:
                self.assertEqual(page.text("#view-rollout h2"), f"Rollout after L{each['layer']}")
                shown = page.js("[...attnx.seen().map].map(value => Number.isNaN(value) ? null : value)")
                count = len(each["matrix"])
                for token, row in enumerate(each["matrix"]):
                    self.assertTrue(all(value is None for value in shown[token * count + token + 1:(token + 1) * count]), "what comes later")
                    for key in range(token + 1):
                        self.assertAlmostEqual(shown[token * count + key], row[key], delta=1e-4)
                query, key = count - 1, 0
                page.browser.move(*page.cell(query, key, "rollout"))
                found = number.search(page.reading())
                self.assertIn(f"Rollout after L{each['layer']}  query {query} ", page.reading())
                self.assertAlmostEqual(float(found[1]), each["matrix"][query][key], delta=1.5e-4)
                self.assertEqual(int(found[2]), count)
                self.assertEqual(page.colour(0, 0, "rollout"), VIRIDIS_1)  # the first token comes from itself
                self.assertEqual(page.colour(3, 9, "rollout"), variable(page, "--masked"))
                self.check(page)

    def test_text_and_token_follow_the_rollout(self):
        with Page(self.path, "#L3&view=rollout&token=9") as page:
            self.assertIn("Rollout after L3", page.text("#right"))
            self.assertEqual(page.text("#right > h2"), "came from")
            page.click("#tab-map")
            self.assertEqual(page.text("#right > h2"), "attends to")

    def test_a_page_of_some_layers_or_heads_has_the_views_that_it_can_draw(self):
        path = os.path.join(self.folder.name, "some.html")
        for more, wanted, absent in ((["--layers", "1-3"], ["graph", "states", "classes"], "rollout"), (["--heads", "0,2"], ["graph", "states", "classes"], "rollout"),
                                     (["--layers", "0,1,3"], ["rollout"], "none"), (["--probes", "0"], ["rollout", "states"], "classes")):
            attnx("view", SAMPLE, "-p", TEXT, "-o", path, *more)
            with Page(path) as page:
                views = page.js("[...document.querySelectorAll('[role=tab]')].map(tab => tab.id.slice(4))")
                self.assertEqual([view for view in wanted if view not in views], [], more)
                self.assertNotIn(absent, views)
                for view in wanted:
                    page.click("#tab-" + view)
                if "rollout" in wanted and more[0] == "--layers":
                    self.assertIn("not known after L3", page.text("#view-rollout .bar"))
                    self.assertIn("Rollout after L1", page.text("#view-rollout h2"))
                self.check(page)

    def test_the_graph_has_the_lines_of_the_head_and_its_tokens_in_a_circle(self):
        answer = attended(SAMPLE, "-p", TEXT)
        for layer, head in ((1, 0), (2, 1)):  # the other sees a window
            weights = answer["layers"][layer]["weights"][head]
            with Page(self.path, f"#L{layer}H{head}&view=graph&threshold=0.2") as page:
                wanted = sum(weight >= 0.2 for row in weights for weight in row)
                self.assertEqual(page.text("#view-graph .bar span"), f"{wanted} line{'' if wanted == 1 else 's'}")
                self.check(page)
        weights = answer["layers"][1]["weights"][0]
        with Page(self.path, "#L1H0&view=graph&threshold=0.2") as page:
            x, y, radius = map(float, page.js("document.querySelector('#view-graph .stage canvas').dataset.circle").split())
            box, count = page.box("#view-graph .stage canvas"), len(weights)

            def place(index):
                turn = -math.pi / 2 + 2 * math.pi * (index + 0.5) / (count + 1)
                return box["x"] + x + radius * math.cos(turn), box["y"] + y + radius * math.sin(turn)

            self.assertEqual(page.pixel("#view-graph .stage canvas", *place(0)), variable(page, "--ink"))
            # The strongest line of a token that has one, read out under the pointer.
            query = max(range(2, count), key=lambda i: max(weights[i][1:i]))
            key = max(range(query + 1), key=lambda k: weights[query][k])
            page.browser.move(*place(query))
            self.assertIn(f"L1H0  query {query} ", page.reading())
            self.assertIn(f"key {key} ", page.reading())
            page.browser.click(*place(query))
            self.assertEqual(page.js("attnx.state.token"), query)
            page.js("const s = document.getElementById('graph-threshold'); s.value = '0.9'; s.dispatchEvent(new Event('input'))")
            page.browser.settle()
            self.assertEqual(page.js("[attnx.state.threshold, location.hash.includes('threshold=0.9')]"), [0.9, True])
            self.check(page)

    def test_states_are_those_of_states(self):
        answer = answered("states", SAMPLE, "-p", TEXT)
        rows = {"norm": ("hidden", "norm"), "max": ("hidden", "max"), "q": ("kv", "q_norm"), "k": ("kv", "k_norm"), "v": ("kv", "v_norm")}
        for measure, (table, name) in rows.items():
            with Page(self.path, f"#L1&view=states&measure={measure}") as page:
                values = [each[name] for each in answer[table]]
                low, high = min(map(min, values)), max(map(max, values))
                for row, token in ((0, 0), (1, 5), (3, 17), (len(values) - 1, len(values[0]) - 1)):
                    left, top, width, height = page.box_of(row, token, "states")
                    page.browser.move(left + width / 2, top + height / 2)
                    self.assertEqual(float(page.text("#reading b")), rounded(values[row][token]))
                    self.assertIn(f"token {token} ", page.reading())
                for wanted, colour in ((low, VIRIDIS_0), (high, VIRIDIS_1)):
                    row = next(i for i, each in enumerate(values) if wanted in each)
                    left, top, width, height = page.box_of(row, values[row].index(wanted), "states")
                    self.assertEqual(page.pixel("#view-states .stage canvas", left + width / 2, top + height / 2), colour, (measure, wanted))
                self.assertIn("No number is massive", page.text("#view-states"))
                self.check(page)
        with Page(self.path, "#L1&view=states") as page:
            left, top, width, height = page.box_of(3, 7, "states")  # below the embedding: layer 2
            page.browser.click(left + width / 2, top + height / 2)
            self.assertEqual(page.js("[attnx.state.layer, attnx.state.token]"), [2, 7])
            page.js("const s = document.querySelector('#view-states select'); s.value = 'k'; s.dispatchEvent(new Event('change'))")
            page.browser.settle()
            self.assertIn("measure=k", page.js("location.hash"))

    def test_classes_are_those_of_heads(self):
        answer = answered("heads", SAMPLE, "-p", TEXT)
        with Page(self.path, "#L1H1&view=classes") as page:
            note = page.text("#view-classes > p")
            self.assertIn("induction, duplicate: told by 3 probes of 50 random tokens, twice", note)
            self.assertRegex(note, "sink, previous.*told by this text")
            classes = page.js("attnx.data('heads').result.classes")
            tints = {row["id"]: variable(page, f"--class-{at}") for at, row in enumerate(classes)}
            self.assertEqual(len({tuple(tint) for tint in tints.values()}), 8)
            for head in answer["heads"]:
                left, top, width, height = page.box_of(head["layer"], head["head"], "classes")
                page.browser.move(left + width / 2, top + height / 2)
                self.assertTrue(page.reading().startswith(f"L{head['layer']}H{head['head']}  {', '.join(head['classes']) or 'none'}"), page.reading())
                of = head["text"] if any(row["told_by"] == "text" for row in classes) else head["probe"]
                for row in classes:
                    score = {"text": of, "probes": head["probe"]}[row["told_by"]][row["metric"]]
                    self.assertIn(f"{row['id']} {score:.2f}", page.reading())
                tint = tints[head["classes"][0]] if head["classes"] else variable(page, "--masked")
                self.assertEqual(page.pixel("#view-classes .stage canvas", left + 2, top + 2), tint, head["classes"])
            # Layer 1, head 0 was built to be an induction head.
            self.assertIn("induction", next(head for head in answer["heads"] if head["layer"] == 1 and head["head"] == 0)["classes"])
            left, top, width, height = page.box_of(1, 0, "classes")
            page.browser.click(left + width / 2, top + height / 2)
            self.assertEqual(page.js("[attnx.state.layer, attnx.state.head]"), [1, 0])
            # One class by its scores.
            page.click("[data-class=induction] .swatch")
            self.assertEqual(page.js("[attnx.state.class, location.hash.includes('class=induction')]"), ["induction", True])
            red, green, _ = page.pixel("#view-classes .stage canvas", left + width / 2 - 3, top + 4)
            self.assertTrue(red > 200 and green > 200, "its score is near 1")
            self.check(page)

    def test_too_few_tokens_tell_by_probes_alone(self):
        path = os.path.join(self.folder.name, "short.html")
        attnx("view", SAMPLE, "-p", "the cat sat", "-n", "2", "-o", path)
        with Page(path, "#view=classes") as page:
            self.assertIn("delimiter: not told, the text is too short", page.text("#view-classes > p"))
            self.check(page)


if __name__ == "__main__":
    pages.main()
