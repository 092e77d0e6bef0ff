"""Who cannot see colours, use a mouse or see at all. Rules that apply here are written out: names, roles, references,
focus, headings, contrast. axe-core, which is not part of this repository (npm pack axe-core), is asked too where ATTNX_AXE
names its axe.min.js."""
import os
import tempfile
import unittest

import page as pages
from page import BrowserTest, Page, PROMPT, SAMPLE, attnx

RULES = """(() => {
  const problems = [];
  const shown = (element) => element.checkVisibility({visibilityProperty: true});
  const nameOf = (element) => (element.getAttribute('aria-label') || (element.getAttribute('aria-labelledby') || '').split(' ').filter(Boolean)
    .map((id) => document.getElementById(id)?.textContent ?? '').join(' ') || [...(element.labels ?? [])].map((label) => label.textContent).join(' ') || element.textContent || element.title || '').trim();
  const say = (rule, element) => problems.push(rule + ': ' + element.outerHTML.slice(0, 120));

  if (!document.documentElement.lang) problems.push('the page has no language');
  if (!document.title) problems.push('the page has no title');
  const ids = [...document.querySelectorAll('[id]')].map((element) => element.id);
  for (const id of new Set(ids)) if (ids.filter((each) => each === id).length > 1) problems.push('id twice: ' + id);
  for (const element of document.querySelectorAll('button, select, input, a[href], [role=tab], [role=option], [role=listbox], [role=img], [role=tabpanel], dialog[open], aside, section, nav'))
    if (shown(element) && !nameOf(element)) say('no name', element);
  for (const attribute of ['aria-labelledby', 'aria-controls', 'aria-activedescendant'])
    for (const element of document.querySelectorAll(`[${attribute}]`))
      for (const id of element.getAttribute(attribute).split(' ').filter(Boolean)) if (!document.getElementById(id)) say(attribute + ' of nothing', element);
  for (const canvas of document.querySelectorAll('canvas')) {
    const named = canvas.getAttribute('role') === 'img' && canvas.getAttribute('aria-label');
    if (shown(canvas) && !named && canvas.getAttribute('aria-hidden') !== 'true' && !canvas.closest('[aria-label]:is(button), .legend')) say('a picture without words', canvas);
  }
  for (const option of document.querySelectorAll('[role=option]')) if (!option.closest('[role=listbox]')) say('an option of nothing', option);
  const tabs = [...document.querySelectorAll('[role=tab]')];
  if (tabs.filter((tab) => tab.getAttribute('aria-selected') === 'true').length !== 1) problems.push('not one tab is selected');
  if (tabs.filter((tab) => tab.tabIndex === 0).length !== 1) problems.push('not one tab is reached by Tab');
  for (const table of document.querySelectorAll('table')) for (const cell of table.querySelectorAll('th')) if (!cell.scope) say('no scope', cell);
  for (const element of document.querySelectorAll('[tabindex]')) if (element.tabIndex > 0) say('an order of its own', element);
  let level = 0;
  for (const heading of [...document.querySelectorAll('h1, h2, h3')].filter(shown)) {
    const next = Number(heading.tagName[1]);
    if (next > level + 1) say('a heading is skipped before', heading);
    level = next;
  }
  if (document.querySelectorAll('main').length !== 1) problems.push('not one main part');

  // Contrast of texts with what lies behind them: 4.5, or 3 where they are large or bold and not small.
  const context = document.createElement('canvas').getContext('2d', {willReadFrequently: true}), colours = new Map();
  function parse(text) {
    if (!colours.has(text)) {
      context.clearRect(0, 0, 1, 1);
      context.fillStyle = text;
      context.fillRect(0, 0, 1, 1);
      colours.set(text, [...context.getImageData(0, 0, 1, 1).data]);
    }
    return colours.get(text);
  }
  const over = (top, below) => { const a = top[3] / 255; return [0, 1, 2].map((i) => top[i] * a + below[i] * (1 - a)); };
  const light = (colour) => { const [r, g, b] = colour.map((value) => { const part = value / 255; return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4; }); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  function behind(element) {
    const layers = [];
    for (let at = element; at; at = at.parentElement) layers.push(getComputedStyle(at).backgroundColor);
    let colour = [255, 255, 255];
    for (const layer of layers.reverse()) colour = over(parse(layer), colour);
    return colour;
  }
  function faded(element) { let opacity = 1; for (let at = element; at; at = at.parentElement) opacity *= Number(getComputedStyle(at).opacity); return opacity; }
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const seen = new Set();
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || seen.has(element) || !shown(element) || element.closest('script, noscript, .unseen, option')) continue;
    seen.add(element);
    const style = getComputedStyle(element), below = behind(element);
    const ink = over([...parse(style.color).slice(0, 3), 255 * faded(element)], below);
    const [a, b] = [light(ink), light(below)].sort((x, y) => y - x);
    const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && Number(style.fontWeight) >= 700);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < (large ? 3 : 4.5)) say('contrast ' + ratio.toFixed(2), element);
  }
  return [...new Set(problems)];
})()"""


class AccessiblePage(BrowserTest):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.path = os.path.join(cls.folder.name, "page.html")
        attnx("view", SAMPLE, "-p", PROMPT, "-n", "3", "-o", cls.path)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def test_names_roles_and_contrast_hold_in_every_view_light_and_dark(self):
        for dark in (False, True):
            with Page(self.path, "#L1H0&token=10", dark=dark) as page:
                for view in page.js("[...document.querySelectorAll('[role=tab]')].map(tab => tab.id)"):
                    page.click("#" + view)
                    self.assertEqual(page.js(RULES), [], (view, "dark" if dark else "light"))
                page.browser.key("?")
                self.assertEqual(page.js(RULES), [], "the help")
                self.check(page)

    @unittest.skipUnless(os.environ.get("ATTNX_AXE"), "SKIPPED: ATTNX_AXE does not name an axe.min.js")
    def test_axe_finds_nothing_serious(self):
        with open(os.environ["ATTNX_AXE"], encoding="utf-8") as file:
            axe = file.read()
        for dark in (False, True):
            with Page(self.path, "#L1H0&token=10", dark=dark) as page:
                page.js(axe + ";0")
                for view in page.js("[...document.querySelectorAll('[role=tab]')].map(tab => tab.id)"):
                    page.click("#" + view)
                    found = page.js("axe.run().then(({violations}) => violations.filter(({impact}) => ['serious', 'critical'].includes(impact))"
                                    ".map(({id, impact, nodes}) => `${impact} ${id}: ${nodes[0].html.slice(0, 160)} ${nodes[0].failureSummary}`))")
                    self.assertEqual(found, [], (view, "dark" if dark else "light"))

    def test_the_rules_find_what_is_wrong(self):
        with Page(self.path) as page:
            page.js("""document.getElementById('views').append(...['<button></button>', '<canvas role="img"></canvas>', '<p style="x">faint</p>', '<span aria-labelledby="nothing">x</span>']
                .map(html => new DOMParser().parseFromString(html, 'text/html').body.firstChild));
                const faint = [...document.querySelectorAll('#views > p')].at(-1); faint.style.color = '#bbb'; faint.style.position = 'relative';""")
            found = " ".join(page.js(RULES))
            for rule in ("no name: <button>", "a picture without words", "contrast ", "aria-labelledby of nothing"):
                self.assertIn(rule, found)

    def test_all_is_reached_and_used_by_the_keyboard_alone(self):
        with Page(self.path, "#L1H0") as page:
            reached = []
            for _ in range(60):
                page.browser.call("Input.dispatchKeyEvent", type="keyDown", key="Tab", code="Tab", windowsVirtualKeyCode=9)
                page.browser.call("Input.dispatchKeyEvent", type="keyUp", key="Tab", code="Tab", windowsVirtualKeyCode=9)
                reached.append(page.js("document.activeElement.id || document.activeElement.getAttribute('role') || document.activeElement.dataset.head || document.activeElement.tagName"))
            for wanted in ("scale", "colours", "first", "theme", "help", "listbox", "search", "tab-map", "L1H1"):
                self.assertIn(wanted, reached)
            page.js("document.querySelector('[role=listbox]').focus()")
            page.browser.key("ArrowRight")
            page.browser.key("ArrowRight")
            self.assertEqual(page.js("attnx.state.token"), 1)
            self.assertIn("token 1", page.text("#said"))
            page.js("document.getElementById('tab-map').focus()")
            page.browser.key("ArrowRight")
            self.assertEqual(page.js("[attnx.state.panel, document.activeElement.id]"), ["lines", "tab-lines"])


if __name__ == "__main__":
    pages.main()
