"""docs/python.md and the notebook: what they show is what the module does."""
import contextlib
import doctest
import importlib.util
import io
import json
import os
import pathlib
import re
import shutil
import tempfile
import unittest
from unittest import mock

from support import ROOT, SAMPLE

import attnx


@unittest.skipIf(importlib.util.find_spec("numpy") is None, "SKIPPED: no NumPy here")
class Documents(unittest.TestCase):
    """In a folder with the sample in it."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        shutil.copy(SAMPLE, pathlib.Path(folder.name, "sample.gguf"))
        environment = mock.patch.dict(os.environ, ATTNX_PROGRAM=attnx.program(), ATTNX_MODEL="sample.gguf")
        environment.start()
        self.addCleanup(environment.stop)
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(folder.name)

    def test_show_what_happens(self):
        text = (ROOT / "docs/python.md").read_text(encoding="utf-8")
        blocks = re.findall(r"^```pycon\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
        self.assertGreaterEqual(len(blocks), 3)
        shown = doctest.DocTestParser().get_doctest("\n".join(blocks), {}, "docs/python.md", None, 0)
        said = []
        doctest.DocTestRunner(verbose=False).run(shown, out=said.append)
        self.assertEqual("".join(said), "")

    def test_the_notebook_runs_from_its_first_cell_to_its_last(self):
        cells = json.loads((ROOT / "python/examples/attention.ipynb").read_text(encoding="utf-8"))["cells"]
        known = {}
        for cell in cells:
            if cell["cell_type"] == "code":
                self.assertEqual(cell["outputs"], [], "what a run showed is not kept")
                with contextlib.redirect_stdout(io.StringIO()):
                    exec("".join(cell["source"]), known)  # noqa: S102
        self.assertEqual(len(known["seen"].tokens), 13)


if __name__ == "__main__":
    unittest.main()
