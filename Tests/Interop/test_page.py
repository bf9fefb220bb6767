"""The page of `graft serve` in a real browser: a person drops pictures, looks, sorts, filters and takes the table away."""

import os
import pathlib
import time

import browser
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
        page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
        reached = []
        for _ in range(12):
            page.press("Tab", number=9)
            reached.append(page.evaluate("document.activeElement.id || document.activeElement.className"))
        for wanted in ("skip", "choose", "choose-folder", "order", "filter", "download", "clear"):
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
        page.wait("document.querySelector('#learning p.quiet').textContent.includes('1 corrections')")
        # What was learnt is in use, or waits for a word.
        page.evaluate("[...document.querySelectorAll('#learning button')].find(b => b.textContent.startsWith('Use the new')"
                      " && !b.disabled)?.click()")
        page.wait(f"document.querySelector('graft-card').item.guesses?.[0].class === {other!r}", seconds=30)
        shoot(page, "corrected")
        page.evaluate("[...document.querySelectorAll('#learning button')].find(b => b.textContent.includes('mixes')).click()")
        page.wait("document.querySelectorAll('#learning table td').length >= 9")
        page.evaluate("document.querySelector('#learning td button').click()")
        page.wait("document.querySelectorAll('#learning .shelf img').length > 0"
                  " && [...document.querySelectorAll('#learning .shelf img')].every(i => i.complete)")
        shoot(page, "gallery")
        # By keyboard: back to the first button of the panel, and press it.
        page.evaluate("document.querySelector('#learning .row button').focus()")
        page.press("Enter", number=13, text="\r")
        page.wait("document.querySelector('#learning p.quiet').textContent.includes('0 corrections')", seconds=60)
        assert not kept[0].exists()
        check(page, address)
