"""The page of `graft serve` in a real browser: a person drops pictures, looks, sorts, filters and takes the table away."""

import json
import os
import pathlib
import re
import signal
import subprocess
import time

import browser
from graft import PROGRAM
from served import picture, served
from test_serving_operation import trained

SAMPLE = (pathlib.Path(__file__).parent / "../Fixtures/sample").resolve()
# Where screenshots go, for a person to look at.
SHOTS = os.environ.get("GRAFT_SCREENSHOTS")


def shoot(page, name):
    if SHOTS:
        page.shoot(f"{SHOTS}/{name}.png")


def status(page):
    return page.evaluate("document.getElementById('status').textContent")


def finished(page, count):
    page.wait(f"document.getElementById('status').textContent.startsWith('{count} of')"
              " && document.getElementById('progress').classList.contains('done')", seconds=120)


# Every text that is shown with the lowest contrast to what is behind it, of those below 4.5:1 (WCAG 2.2, 1.4.3).
FAINT = """(() => {
  const parts = (color) => {
    const numbers = color.match(/[\\d.]+/g).map(Number);
    return color.startsWith("color(") ? [...numbers.slice(0, 3).map((n) => n * 255), numbers[3] ?? 1] : [...numbers.slice(0, 3), numbers[3] ?? 1];
  };
  const light = (color) => parts(color).slice(0, 3).map((n) => n / 255)
    .map((n) => (n <= 0.04045 ? n / 12.92 : ((n + 0.055) / 1.055) ** 2.4)).reduce((sum, n, i) => sum + n * [0.2126, 0.7152, 0.0722][i], 0);
  const contrast = (a, b) => { const [x, y] = [light(a), light(b)].sort(); return (y + 0.05) / (x + 0.05); };
  const behind = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const color = getComputedStyle(at).backgroundColor;
      if (parts(color)[3] > 0) return color;
    }
    return "rgb(255, 255, 255)";
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode.data.trim(), parent = walker.currentNode.parentElement;
    if (!text || !parent.checkVisibility({ visibilityProperty: true }) || parent.closest("script, noscript, :disabled, option")) continue;
    const style = getComputedStyle(parent), color = parent.closest("svg") ? style.fill : style.color;
    const grounds = [behind(parent)];
    const bar = parent.closest(".bars li")?.querySelector(".bar");
    if (bar) grounds.push(getComputedStyle(bar).backgroundColor);
    const ratio = Math.min(...grounds.map((ground) => contrast(color, ground)));
    if (ratio < 4.5) found.push(`${ratio.toFixed(2)} ${text.slice(0, 40)}`);
  }
  return found;
})()"""


def check_accessible(page):
    """What can be told of a page without a person: contrast, names of what can be operated, no scrolling sideways."""
    faint = page.evaluate(FAINT)
    assert not faint, faint[:10]
    nameless = page.evaluate("""[...document.querySelectorAll('button, select, input, img, [role=img], summary')]
      .filter((e) => e.checkVisibility() && !e.getAttribute('aria-label') && !e.labels?.length && !e.textContent.trim()
        && e.getAttribute('alt') === null).map((e) => e.outerHTML.slice(0, 200))""")
    assert nameless == [], nameless
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "it scrolls sideways"


def set_value(page, identifier, value):
    page.evaluate(f"(() => {{ const o = document.getElementById('{identifier}'); o.value = {value!r};"
                  " o.dispatchEvent(new Event('change')); })()")


def check(page, address):
    errors, addresses = page.problems()
    assert not errors, errors
    for asked in addresses:
        assert asked.startswith((f"http://{address}/", "blob:", "data:", "about:")), f"another host is asked: {asked}"


def test_page(folder):
    if not browser.program():
        return "skipped: there is no Chromium (Debian's package chromium)"
    photos = sorted((SAMPLE / "test").glob("*/*.jpg"))[:6]
    broken = pathlib.Path(folder, "broken.jpg")
    broken.write_bytes(b"no picture")
    with served() as address, browser.opened(f"http://{address}/") as page:
        page.wait("document.getElementById('model').textContent.includes('1000 classes')")
        shoot(page, "empty")
        check_accessible(page)
        page.drop([*photos, broken])
        finished(page, len(photos))
        assert "1 could not be read" in status(page)
        cards = page.evaluate("document.querySelectorAll('graft-card').length")
        assert cards == len(photos) + 1
        # Bars with percentages as text.
        text = page.evaluate("document.querySelector('graft-card .bars').innerText")
        assert "%" in text, text
        page.wait("document.querySelectorAll('graft-card canvas').length >= 4")
        shoot(page, "answered")
        check_accessible(page)

        # Where it looks: every picture at once, or one class of one picture, by keyboard.
        page.evaluate("document.getElementById('look').focus()")
        page.press(" ", code="Space", number=32, text=" ")
        page.wait("document.querySelectorAll('graft-card .heat').length >= 4"
                  " && [...document.querySelectorAll('graft-card .heat')].every(i => i.complete && i.naturalWidth > 0)")
        first, second = page.evaluate("[...document.querySelectorAll('graft-card .bars')][0].innerText.match(/[^\\n]+(?=\\n)/g)"
                                      ".filter(t => !t.includes('%')).slice(0, 2)")
        assert page.evaluate("document.querySelector('graft-card .heat').alt") == f"where the model sees {first}"
        shoot(page, "maps")
        check_accessible(page)
        page.evaluate("document.querySelectorAll('graft-card .bars button')[1].focus()")
        page.press("Enter", number=13, text="\r")
        page.wait(f"document.querySelector('graft-card .heat')?.alt === 'where the model sees {second}'")
        assert page.evaluate("document.querySelectorAll('graft-card .bars button')[1].getAttribute('aria-pressed')") == "true"
        page.evaluate("document.getElementById('look').click()")
        page.wait("document.querySelectorAll('graft-card .heat').length === 0")

        # Most doubtful first.
        page.evaluate("(() => { const o = document.getElementById('order'); o.value = 'doubt';"
                      " o.dispatchEvent(new Event('change')); })()")
        margins = page.evaluate(
            "[...document.querySelectorAll('graft-card')].map(c => c.item.guesses)"
            ".filter(Boolean).map(g => g[0].probability - g[1].probability)")
        assert margins == sorted(margins), margins
        # One class only.
        name = page.evaluate("document.querySelector('#filter option:nth-child(2)').value")
        page.evaluate(f"(() => {{ const o = document.getElementById('filter'); o.value = {name!r};"
                      " o.dispatchEvent(new Event('change')); })()")
        shown = page.evaluate("[...document.querySelectorAll('#cards > li:not([hidden]) graft-card')]"
                              ".map(c => c.item.guesses[0].class)")
        assert shown and set(shown) == {name}, shown
        page.evaluate("(() => { const o = document.getElementById('filter'); o.value = '';"
                      " o.dispatchEvent(new Event('change')); })()")

        # The table.
        page.call("Browser.setDownloadBehavior", behavior="allow", downloadPath=folder)
        page.evaluate("document.getElementById('download').click()")
        table = pathlib.Path(folder, "answers.csv")
        page.wait("new Promise(r => setTimeout(() => r(true), 700))")
        lines = table.read_text().splitlines()
        assert lines[0].startswith("picture,class,probability") and len(lines) == len(photos) + 2, lines

        # By keyboard alone: skip link, then on to the buttons.
        page.evaluate("document.body.tabIndex = -1; document.body.focus(); scrollTo(0, 0)")
        reached = []
        for _ in range(14):
            page.press("Tab", number=9)
            reached.append(page.evaluate("document.activeElement.id || document.activeElement.className"))
        for wanted in ("skip", "choose", "choose-folder", "order", "filter", "look", "download", "clear"):
            assert wanted in reached, (wanted, reached)
        # The focus can be seen.
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
        page.evaluate("document.getElementById('clear').focus()")
        page.press("Enter", number=13, text="\r")
        page.wait("document.querySelectorAll('graft-card').length === 0")
        # The broken picture's answer is an error of the console's too; nothing else is.
        page.events = [e for e in page.events
                       if not (e.get("method") == "Log.entryAdded" and "/predict" in e["params"]["entry"].get("url", ""))]
        check(page, address)
    return f"{cards} pictures"


def test_many_pictures_in_the_dark(folder):
    if not browser.program():
        return "skipped: there is no Chromium (Debian's package chromium)"
    paths = []
    for number in range(200):
        path = pathlib.Path(folder, f"{number}.jpg")
        path.write_bytes(picture(number, (640, 480)))
        paths.append(path)
    with served() as address, browser.opened(f"http://{address}/", dark=True) as page:
        page.wait("document.getElementById('model').textContent.includes('1000 classes')")
        # How long the page was ever busy with itself: the longest gap between two ticks.
        page.evaluate("(() => { window.gap = 0; let last = performance.now(); setInterval(() => {"
                      " const now = performance.now(); window.gap = Math.max(window.gap, now - last); last = now; }, 10); })()")
        page.choose("#files", paths)
        finished(page, 200)
        gap = page.evaluate("Math.round(window.gap)")
        page.wait("document.querySelectorAll('graft-card canvas').length >= 4")
        shoot(page, "dark")
        check_accessible(page)
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(21, 24, 26)"
        check(page, address)
    return f"200 pictures, longest pause {gap} ms"


def test_token(folder):
    if not browser.program():
        return "skipped: there is no Chromium (Debian's package chromium)"
    with served("--token", "secret") as address, browser.opened(f"http://{address}/") as page:
        page.wait("document.getElementById('token').open")
        shoot(page, "token")
        page.evaluate("document.getElementById('token-text').value = 'secret'")
        page.evaluate("document.querySelector('#token button').click()")
        page.wait("document.getElementById('model').textContent.includes('1000 classes')")


def test_page_learns(folder):
    """A person corrects a picture, sees the answer change, takes it back by keyboard, and looks at what is mixed up."""
    if not browser.program():
        return "skipped: there is no Chromium (Debian's package chromium)"
    model, data = trained(folder)
    strange = pathlib.Path(folder, "strange.jpg")
    strange.write_bytes(picture(77))
    with served("--learn", data, models=[f"food={model}"]) as address, browser.opened(f"http://{address}/") as page:
        page.wait("document.querySelector('#learning h2')?.textContent === 'Teach it'")
        page.drop([strange])
        finished(page, 1)
        first = page.evaluate("document.querySelector('graft-card').item.guesses[0].class")
        other = next(name for name in ("pizza", "steak", "sushi") if name != first)
        page.evaluate(f"(() => {{ const s = document.querySelector('graft-card select'); s.value = {other!r};"
                      " s.dispatchEvent(new Event('change')); })()")
        limit = time.monotonic() + 60
        while not (kept := list((data / other).glob("graft-*.jpg"))) and time.monotonic() < limit:
            time.sleep(0.05)
        assert len(kept) == 1 and kept[0].read_bytes() == strange.read_bytes()
        page.wait("document.querySelector('#learning p.quiet').textContent.includes('1 correction ')")
        # What was learnt is in use, or waits for a word.
        page.evaluate("[...document.querySelectorAll('#learning button')].find(b => b.textContent.startsWith('Use the new')"
                      " && !b.disabled)?.click()")
        page.wait(f"document.querySelector('graft-card').item.guesses?.[0].class === {other!r}", seconds=30)
        shoot(page, "corrected")
        check_accessible(page)
        page.evaluate("[...document.querySelectorAll('#learning button')].find(b => b.textContent.includes('mixes')).click()")
        page.wait("document.querySelectorAll('#learning table td').length >= 9")
        page.evaluate("document.querySelector('#learning td button').click()")
        page.wait("document.querySelectorAll('#learning .shelf img').length > 0"
                  " && [...document.querySelectorAll('#learning .shelf img')].slice(0, 7).every(i => i.naturalWidth > 0)")
        shoot(page, "gallery")
        check_accessible(page)
        # By keyboard: back to the first button of the panel, and press it.
        page.evaluate("document.querySelector('#learning .row button').focus()")
        page.press("Enter", number=13, text="\r")
        page.wait("document.querySelector('#learning p.quiet').textContent.includes('0 corrections')", seconds=60)
        assert not kept[0].exists()
        check(page, address)


def test_page_corrects_many(folder):
    """Several pictures are chosen and are a new class, with one training."""
    if not browser.program():
        return "skipped: there is no Chromium (Debian's package chromium)"
    model, data = trained(folder)
    paths = []
    for number in range(5):
        path = pathlib.Path(folder, f"noise-{number}.png")
        path.write_bytes(picture(60 + number, kind="PNG"))
        paths.append(path)
    with served("--learn", data, models=[f"food={model}"]) as address, browser.opened(f"http://{address}/") as page:
        page.wait("document.querySelector('#learning h2')?.textContent === 'Teach it'")
        page.drop(paths)
        finished(page, 5)
        button = "[...document.querySelectorAll('#learning button')].find(b => b.textContent.startsWith('Choose all'))"
        page.evaluate(f"{button}.click()")
        assert page.evaluate("document.querySelectorAll('graft-card.chosen').length") == 5
        # One is not meant.
        page.evaluate("document.querySelector('graft-card .correct input').click()")
        page.wait("document.querySelector('#learning').innerText.includes('4 chosen.')")
        shoot(page, "chosen")
        page.evaluate("window.prompt = () => 'noise'")
        page.evaluate("(() => { const s = document.querySelector('#learning select'); s.value = '\\u0000new';"
                      " s.dispatchEvent(new Event('change')); })()")
        page.wait("document.getElementById('status').textContent.startsWith('4 pictures are kept as noise.')"
                  " || document.querySelector('#learning p.quiet').textContent.includes('4 corrections')", seconds=60)
        kept = list((data / "noise").glob("graft-*.png"))
        assert {path.read_bytes() for path in kept} == {path.read_bytes() for path in paths[1:]}
        page.wait("document.querySelectorAll('graft-card.chosen').length === 0")
        check(page, address)


def test_narrow(folder):
    """On a telephone."""
    if not browser.program():
        return "skipped: there is no Chromium (Debian's package chromium)"
    photos = sorted((SAMPLE / "test").glob("*/*.jpg"))[:3]
    with served() as address, browser.opened(f"http://{address}/", size=(390, 844)) as page:
        page.wait("document.getElementById('model').textContent.includes('1000 classes')")
        check_accessible(page)
        page.choose("#files", photos)
        finished(page, 3)
        page.wait("document.querySelectorAll('graft-card canvas').length >= 1")
        shoot(page, "narrow")
        check_accessible(page)


def test_watch(folder):
    """A training while it lasts: curves, the worst mistakes, the end."""
    if not browser.program():
        return "skipped: there is no Chromium (Debian's package chromium)"
    configuration = pathlib.Path(folder, "food.yaml")
    configuration.write_text(json.dumps({
        # Pictures are read again in every epoch: it lasts as long as a page needs to open.
        "data": {"train": str(SAMPLE / "train"), "test": str(SAMPLE / "test"), "augment": {"crop": True}},
        "train": {"epochs": 40, "optimizer": {"learning_rate": 0.0003}}}))
    child = subprocess.Popen(
        [PROGRAM, "train", configuration, "--output", f"{folder}/run", "--watch", "--watch-port", "0", "--json"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        for line in child.stderr:
            if found := re.search(r"watch it at http://([^/]+)/", line):
                address = found.group(1)
                break
        with browser.opened(f"http://{address}/") as page:
            page.wait("document.getElementById('status').textContent.startsWith('Epoch 2')", seconds=120)
            page.wait("document.querySelectorAll('#curves svg').length === 2"
                      " && document.querySelectorAll('#epochs tr').length >= 3")
            page.wait("!document.getElementById('mistakes').hidden"
                      " && [...document.querySelectorAll('#mistake-list img')].every(i => i.complete && i.naturalWidth > 0)")
            shoot(page, "watch")
            check_accessible(page)
            page.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark"}])
            check_accessible(page)
            shoot(page, "watch-dark")
            page.wait("document.getElementById('status').textContent.startsWith('Trained:')", seconds=120)
            result = json.load(child.stdout)
            right = f"{result['test']['correct']} of {result['test']['total']}"
            assert right in status(page), (right, status(page))
            check(page, address)
        assert child.wait(timeout=30) == 0
    finally:
        child.send_signal(signal.SIGKILL)
