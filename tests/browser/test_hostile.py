"""A model whose tokens, name and path are markup, programs and control characters: they are texts, and nothing else."""
import json
import os
import tempfile

import page as pages
from gguf import rewrite
from page import BrowserTest, Page, SAMPLE, attnx

PIECES = {
    261: b"</script><img src=x onerror=alert(1)>",
    262: b"<!--<script>",
    263: b"\x1b[31mred\x1b[0m\x07",
    264: "\u202eright to left\u2066\u200f".encode(),
    265: b"\xed\xa0\x80lone\xff",
    266: b"\"><svg onload=alert(2)>'`${alert(3)}`",
    267: b"</noscript></title></style><iframe src=javascript:alert(4)>",
    268: "\u2028\u2029]]>&lt;b&gt;&amp;".encode(),
    269: b"\\u003c/script\\u003e\\",
    270: b"x\x00y" + b"w" * 300,
}
TOKENS = list(PIECES) + [0xED + 3, 0xA0 + 3, 0x80 + 3]


class HostilePage(BrowserTest):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        model = os.path.join(cls.folder.name, "<img src=x onerror=alert(5)>'\"&.gguf")

        def change(key, value):
            if key == "tokenizer.ggml.tokens":
                kind, pieces = value
                return kind, [PIECES.get(at, piece) for at, piece in enumerate(pieces)]
            return b"</title><script>alert(6)</script>\x1b]0;x\x07" if key == "general.name" else value

        rewrite(SAMPLE, model, change)
        cls.path = os.path.join(cls.folder.name, "<b>page & more.html")
        cls.answer = json.loads(attnx("view", model, "--json", "--lens", "--ablate", "--tokens", ",".join(map(str, TOKENS)), "-o", cls.path))
        cls.tokenised = json.loads(attnx("attend", model, "--json", "--tokens", ",".join(map(str, TOKENS))))

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def test_texts_are_texts_in_every_view(self):
        with Page(self.path) as page:
            before = page.js("document.querySelectorAll('*').length")
            for view in page.js("[...document.querySelectorAll('[role=tab]')].map(tab => tab.id)"):
                page.click("#" + view)
                page.click("#token-3")
                page.click("#token-0")
                page.browser.key(".")
                page.js("new Promise(done => setTimeout(done, 100))")
                box = page.box("#views")
                for part in range(1, 8):  # whatever is read out
                    page.browser.move(box["x"] + box["width"] * part / 8, box["y"] + box["height"] * part / 8)
                self.assertEqual(page.js("document.querySelectorAll('img, iframe, svg, object, embed, link, b:not(#reading b)').length"), 0)
                self.assertEqual(page.js("document.querySelectorAll('script:not([type])').length"), 1)
                self.assertEqual(page.js("document.querySelectorAll('body > *:not(header, main, footer, p, dialog, script, noscript)').length"), 0)
            self.assertLess(page.js("document.querySelectorAll('*').length"), before + 3000)
            self.check(page)

    def test_what_a_token_is_can_be_read(self):
        with Page(self.path) as page:
            shown = page.js("[...document.querySelectorAll('.tokens .token')].map(token => token.textContent)")
            vocabulary = self.tokenised["result"]["tokens"][0]["piece"]
            if not vocabulary.startswith("#"):  # a vocabulary that does not load has ids in the place of pieces
                self.assertEqual(shown[0].replace("·", " "), PIECES[261].decode())
            everything = "".join(shown) + page.text("h1") + page.js("document.title")
            for character in "\x1b\x07\x00\u202e\u2066\u200f\ud800\u2028":
                self.assertNotIn(character, everything)
            self.assertIn("<script>alert(6)</script>", page.text("h1"))
            page.click("#token-0")
            self.assertIn("Token 0", page.text("#right h2"))
            self.check(page)

    def test_without_programs_nothing_acts_either(self):
        with Page(self.path) as page:
            page.browser.call("Emulation.setScriptExecutionDisabled", value=True)
            page.browser.open_plain(self.path)
            many = page.browser.find_all
            self.assertEqual(len(many("main.plain table")), 7)
            for selector in ("img", "iframe", "svg svg", "script script", "b"):
                self.assertEqual(many(selector), [], selector)
            self.check(page)

    def test_a_program_that_gets_in_is_not_run(self):
        # The page allows its own program by its hash: one that somebody adds to the file stays text.
        with open(self.path, encoding="utf-8") as file:
            text = file.read()
        broken = os.path.join(self.folder.name, "broken.html")
        with open(broken, "w", encoding="utf-8") as file:
            file.write(text.replace("</head>", "<script>window.ran = true</script></head>").replace("<body>", "<body><img src='data:,' onerror='window.ran = true'>"))
        with Page(broken) as page:
            self.assertIsNone(page.js("window.ran"))
            self.assertTrue(any("Content Security Policy" in problem for problem in page.browser.problems), page.browser.problems)
            self.assertEqual(page.js("document.querySelectorAll('[role=tab]').length") > 0, True)


if __name__ == "__main__":
    pages.main()
