"""What a model attended to: tokens, arrays, pages. What heads of the sample do is known by construction
(tools/sample_model.cpp): 0.0 looks one back, 0.3 attends to all alike."""
import html.parser
import os
import pathlib
import shutil
import sys
import tempfile
import types
import unittest
from unittest import mock

from support import PROMPT, SAMPLE, without

import attnx
from attnx import _attention

try:
    import numpy
except ImportError:
    numpy = None

needs_numpy = unittest.skipIf(numpy is None, "SKIPPED: no NumPy here")


class Frame(html.parser.HTMLParser):
    """Every element of some HTML, and its text."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.text = [], ""
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.text += data


class Tokens(unittest.TestCase):
    def test_are_those_of_the_text_and_those_generated(self):
        seen = attnx.attend(SAMPLE, PROMPT, generate=2)
        told = attnx.ask("tokenize", SAMPLE, prompt=PROMPT)["tokens"]
        self.assertEqual([token[:2] for token in seen.tokens[:13]], [(each["id"], each["piece"]) for each in told])
        self.assertEqual([token.generated for token in seen.tokens], [False] * 13 + [True] * 2)

    def test_may_be_given_as_ids(self):
        ids = [token.id for token in attnx.attend(SAMPLE, PROMPT).tokens]
        self.assertEqual([token.id for token in attnx.attend(SAMPLE, iter(ids)).tokens], ids)

    def test_come_with_layers_heads_windows_and_metrics(self):
        seen = attnx.attend(SAMPLE, PROMPT, heads="1.0,3.2")
        self.assertEqual((seen.layers, seen.heads, seen.windows), ([1, 3], [[0], [2]], [None, 16]))
        self.assertEqual([(each["layer"], each["head"]) for each in seen.answer["heads"]], [(1, 0), (3, 2)])
        self.assertEqual(repr(seen), "<attnx.Attention: 13 tokens, 2 layers, 2 heads>")

    def test_need_no_numpy_and_leave_no_files(self):
        with tempfile.TemporaryDirectory() as folder, mock.patch.object(tempfile, "tempdir", folder), without("numpy"):
            seen = attnx.attend(SAMPLE, PROMPT)
            self.assertEqual((len(seen.tokens), os.listdir(folder)), (13, []))
            with self.assertRaisesRegex(ImportError, "pip install numpy"):
                seen.weights

    def test_options_that_this_module_sets_are_refused(self):
        for ask in (lambda: attnx.attend(SAMPLE, PROMPT, output="x.npy"), lambda: attnx.attend(SAMPLE, PROMPT).page(output="x")):
            with self.assertRaises(TypeError):
                ask()


@needs_numpy
class Weights(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.seen = attnx.attend(SAMPLE, PROMPT)
        cls.weights = cls.seen.weights

    def test_are_one_array_of_rows_that_sum_to_one(self):
        self.assertEqual((self.weights.shape, self.weights.dtype), ((4, 4, 13, 13), numpy.float32))
        numpy.testing.assert_allclose(self.weights.sum(axis=3), 1, atol=1e-5)
        self.assertEqual(numpy.triu(self.weights, 1).max(), 0, "nothing looks ahead")

    def test_are_of_the_heads_that_their_places_say(self):
        self.assertGreater(numpy.diagonal(self.weights[0, 0], -1).min(), 0.99, "head 0.0 looks one back")
        row = self.weights[0, 3, 9, :10]
        numpy.testing.assert_allclose(row, 0.1, rtol=1e-5, err_msg="head 0.3 attends to all alike")

    def test_are_those_of_json(self):
        layers = attnx.ask("attend", SAMPLE, prompt=PROMPT)["layers"]
        numpy.testing.assert_array_equal(self.weights, numpy.array([each["weights"] for each in layers], dtype="f4"))

    def test_of_chosen_heads_are_alone(self):
        some = attnx.attend(SAMPLE, PROMPT, layers=[1, 3], heads=2)
        numpy.testing.assert_array_equal(some.weights, self.weights[[1, 3]][:, [2]])

    def test_are_the_caller_s_to_change(self):
        seen = attnx.attend(SAMPLE, PROMPT)
        seen.weights[0] = 0
        self.assertIs(seen.weights, seen.weights)
        self.assertEqual(attnx.attend(SAMPLE, PROMPT).weights[0].sum(), self.weights[0].sum())

    def test_go_to_bertviz_as_a_tensor_of_one_batch_for_each_layer(self):
        torch = types.SimpleNamespace(from_numpy=lambda array: array)
        with mock.patch.dict(sys.modules, torch=torch):
            layers, tokens = self.seen.to_bertviz()
        self.assertEqual([layer.shape for layer in layers], [(1, 4, 13, 13)] * 4)
        numpy.testing.assert_array_equal(numpy.concatenate(layers), self.weights)
        self.assertEqual(tokens, [token.piece for token in self.seen.tokens])

    def test_do_not_go_to_bertviz_without_torch(self):
        with without("torch"), self.assertRaisesRegex(ImportError, "pip install torch"):
            self.seen.to_bertviz()


class Page(unittest.TestCase):
    def test_is_shown_in_a_frame_that_reaches_nothing_and_holds_all_of_it(self):
        seen = attnx.attend(SAMPLE, PROMPT)
        (tag, attributes), = Frame(seen._repr_html_()).elements
        self.assertEqual((tag, attributes["sandbox"]), ("iframe", "allow-scripts allow-downloads"))
        self.assertEqual(attributes["srcdoc"], seen.page())
        self.assertIn("data-view", attributes["srcdoc"])

    def test_is_of_the_heads_that_were_looked_at(self):
        seen = attnx.attend(SAMPLE, PROMPT, heads="1.0", norms=True)
        page = seen.page(probes=0)
        self.assertIn('data-rows="1.0.0"', page)
        self.assertNotIn('data-rows="0.0.0"', page)

    def test_is_asked_with_every_option_that_both_commands_have(self):
        def options(command):
            return {spelling[2:].replace("-", "_") for option in attnx.ask("help", command)["options"]
                    for spelling in option["spellings"] if spelling.startswith("--")}

        of_every_command = options("check") & options("kv-cost")
        both = (options("attend") & options("view")) - of_every_command - {"prompt", "output"}
        self.assertEqual(both, set(_attention._OF_VIEW))

    def test_that_cannot_be_made_is_a_line_that_says_why(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(shutil.copy(SAMPLE, pathlib.Path(folder, "<script>alert(1)<b>.gguf")))
            seen = attnx.attend(path, PROMPT)
            path.unlink()
            shown = Frame(seen._repr_html_())
        self.assertEqual([tag for tag, _ in shown.elements], ["p"])
        self.assertIn("<script>alert(1)<b>.gguf", shown.text)
        self.assertIn("[cannot-open]", shown.text)


if __name__ == "__main__":
    unittest.main()
