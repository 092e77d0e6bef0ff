"""The frame that a notebook shows (python/attnx): the page runs in it, and neither reaches the other."""
import os
import pathlib
import sys
import tempfile
import unittest

import page as pages
from page import ATTNX, Page, PROMPT, SAMPLE

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "python"))
os.environ["ATTNX_PROGRAM"] = ATTNX


class NotebookFrame(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        import attnx

        cls.folder = tempfile.TemporaryDirectory()
        cls.path = os.path.join(cls.folder.name, "notebook.html")
        shown = attnx.attend(SAMPLE, PROMPT)._repr_html_()
        pathlib.Path(cls.path).write_text(
            f'<!DOCTYPE html><html data-ready="0"><meta charset="utf-8"><title>Notebook</title><h1>Cell</h1>{shown}</html>', encoding="utf-8")

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def test_shows_the_page_whole_and_without_a_complaint(self):
        with Page(self.path) as page, page.browser.frame() as frame:
            self.assertEqual(frame("document.querySelector('#title').textContent"), "attnx sample")
            self.assertGreater(frame("document.querySelectorAll('#tabs [role=tab]').length"), 5)
            self.assertTrue(frame("document.querySelector('#view-map .stage canvas').getBoundingClientRect().width > 100"))
            frame("document.querySelector('#tab-graph').click()")
            page.browser.settle()
            self.assertEqual(frame("document.querySelector('#tab-graph').getAttribute('aria-selected')"), "true")
            self.assertEqual(page.browser.problems, [])
            self.assertEqual([url for url in page.browser.requests if not url.startswith(("data:", "blob:", "about:", "file:"))], [])

    def test_has_an_origin_of_its_own(self):
        with Page(self.path) as page, page.browser.frame() as frame:
            self.assertEqual(frame("self.origin"), "null")
            self.assertTrue(frame("(() => { try { return !parent.document; } catch { return true; } })()"))
        self.assertIsNone(page.js("document.querySelector('iframe').contentDocument"))


if __name__ == "__main__":
    pages.main()
