"""512 tokens stay fluid. Prints what it measured."""
import os
import statistics
import tempfile
import time

import page as pages
from page import BrowserTest, Page, SAMPLE, attnx

TOKENS = 512


class LargePage(BrowserTest):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.path = os.path.join(cls.folder.name, "large.html")
        ids = [1] + [261 + (7 * i * i + 3 * i) % 60 for i in range(TOKENS - 1)]
        attnx("view", SAMPLE, "--tokens", ",".join(map(str, ids)), "-o", cls.path)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def test_the_first_paint_comes_within_a_second(self):
        with Page(self.path) as page:
            times = []
            for _ in range(3):
                page.browser.open(self.path)
                page.js("new Promise(done => setTimeout(done, 200))")
                times.append(page.js("performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? Infinity"))
            ready = page.js("Number(document.documentElement.dataset.ready)")
            print(f"\n{os.path.getsize(self.path)} bytes, {TOKENS} tokens: first paint {min(times):.0f} ms, all drawn {ready} ms", flush=True)
            self.assertLess(min(times), 1000)
            self.check(page)

    def test_the_pointer_is_followed_within_a_frame(self):
        measure = """(async () => {
            const stage = document.querySelector('SELECTOR'), box = stage.getBoundingClientRect(), times = [];
            for (let i = 0; i < 120; ++i) {
                const x = box.x + BEGIN + (i * 37) % (box.width - BEGIN - 20), y = box.y + box.height * (0.3 + 0.6 * i / 120);
                const begin = performance.now();
                stage.dispatchEvent(new MouseEvent('mousemove', {clientX: x, clientY: y, bubbles: true}));
                document.body.offsetHeight;
                times.push(performance.now() - begin);
                await new Promise(requestAnimationFrame);
            }
            return times; })()"""
        with Page(self.path, "#L1H0&token=400") as page:
            for view, begin in (("map", 110), ("lines", 5), ("graph", 5), ("rollout", 110), ("states", 40), ("classes", 5)):
                page.click("#tab-" + view)
                times = page.js(measure.replace("SELECTOR", f"#view-{view} .stage").replace("BEGIN", str(begin)))
                times.sort()
                print(f"\n{view}, {TOKENS} tokens: the pointer takes {statistics.median(times):.2f} ms in the middle, {times[int(0.95 * len(times))]:.2f} ms at 95 %", flush=True)
                self.assertLess(statistics.median(times), 16)
                self.check(page)

    def test_a_view_is_drawn_within_half_a_second(self):
        with Page(self.path, "#L1H0&token=400&threshold=0.02") as page:
            for view in page.js("[...document.querySelectorAll('[role=tab]')].map(tab => tab.id.slice(4))"):
                times = page.js(f"""(async () => {{ const times = []; for (let i = 0; i < 4; ++i) {{
                    const begin = performance.now(); document.getElementById('tab-{view}').click();
                    await new Promise(requestAnimationFrame); await new Promise(requestAnimationFrame); times.push(performance.now() - begin);
                    document.getElementById('tab-{'map' if view != 'map' else 'table'}').click(); await new Promise(requestAnimationFrame); await new Promise(requestAnimationFrame);
                    }} return times; }})()""")
                print(f"\n{view}, {TOKENS} tokens: drawn in {times[0]:.0f} ms the first time, in {min(times[1:]):.0f} ms again", flush=True)
                self.assertLess(min(times[1:]), 500, view)  # whatever else the machine does
            self.check(page)

    def test_maps_are_pooled_and_can_be_looked_into(self):
        with Page(self.path, "#L1H0", width=900, height=600) as page:
            cell = lambda: float(page.js("document.querySelector('#view-map .stage canvas').dataset.cell").split()[2])
            small = cell()
            self.assertLess(small, 1)
            page.js("document.getElementById('views').scrollIntoView()")
            x, y = page.cell(300, 200)
            page.browser.mouse("mouseWheel", x, y, deltaX=0, deltaY=-100)
            until = time.time() + 20
            while cell() == small and time.time() < until:
                time.sleep(0.05)
            self.assertAlmostEqual(cell(), 1.25 * small, delta=0.02)
            page.browser.key("+")
            self.assertAlmostEqual(cell(), 1.25 * 1.25 * small, delta=0.03)
            page.browser.key("0")
            self.assertEqual(cell(), small)
            self.check(page)


if __name__ == "__main__":
    pages.main()
