"""The pages of doctor, pick and train in a real browser: a person chooses by keyboard and takes a table away, which the
command then carries out."""

import os
import pathlib
import shutil
import subprocess
import urllib.parse

import browser
from graft import PROGRAM, graft

SAMPLE = (pathlib.Path(__file__).parent / "../Fixtures/sample").resolve()
# Where screenshots go, for a person to look at.
SHOTS = os.environ.get("GRAFT_SCREENSHOTS")
NO_BROWSER = "skipped: there is no Chromium (Debian's package chromium)"


def shoot(page, name):
    if SHOTS:
        page.shoot(f"{SHOTS}/{name}.png")


def press(page, *keys):
    for key in keys:
        page.press(key, text=key if len(key) == 1 else None)


def keep_download(page):
    """Files that the page saves end in `saved`, as text."""
    page.evaluate("window.saved='';HTMLAnchorElement.prototype.click=function(){window.saved=this.href}")


def saved(page):
    return urllib.parse.unquote(page.evaluate("window.saved").split(",", 1)[1])


def check(page):
    errors, addresses = page.problems()
    assert not errors, errors
    assert all(address.startswith(("file:", "data:")) for address in addresses), addresses
    # Nothing is wider than the window.
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def data(folder):
    """The sample with a copy and a picture in the wrong class."""
    train = pathlib.Path(folder, "train")
    shutil.copytree(SAMPLE / "train", train)
    shutil.copy(train / "pizza/000.jpg", train / "pizza/copy.jpg")
    shutil.move(train / "sushi/003.jpg", train / "pizza/wrong.jpg")
    return train


def test_doctor_page(folder):
    if not browser.program():
        return NO_BROWSER
    train, html = data(folder), f"{folder}/doctor.html"
    done = subprocess.run([PROGRAM, "doctor", train, "--html", html], capture_output=True, text=True)
    assert done.returncode == 1, done.stderr
    with browser.opened(f"file://{html}") as page:
        keep_download(page)
        shoot(page, "doctor")
        def choose(name, key):
            page.evaluate(f"[...document.querySelectorAll('figure[data-path]')].find(c => c.dataset.path.endsWith('{name}')).focus()")
            press(page, key)
        choose("pizza/copy.jpg", "k")
        choose("pizza/wrong.jpg", "r")
        assert page.evaluate("document.querySelector(\"figure[data-path$='wrong.jpg']\").dataset.action") == "move"
        page.evaluate("document.querySelector('[data-do=save]').click()")
        plan = pathlib.Path(folder, "fixes.csv")
        plan.write_text(saved(page), newline="")
        check(page)
    done = graft("doctor", train, "--apply", plan, "--output", f"{folder}/clean", "--json")
    assert done["moved"] == 1 and done["unused"] == 0, done
    assert pathlib.Path(folder, "clean/sushi/wrong.jpg").exists()
    assert pathlib.Path(folder, "clean/pizza/copy.jpg").exists()


def test_label_sheet(folder):
    if not browser.program():
        return NO_BROWSER
    photos, html = pathlib.Path(folder, "photos"), f"{folder}/label.html"
    photos.mkdir()
    for index, path in enumerate(sorted((SAMPLE / "test").glob("*/*.jpg"))[:6]):
        shutil.copy(path, photos / f"{index}, 'a' & b.jpg")
    configuration = pathlib.Path(folder, "food.yaml")
    configuration.write_text(f'{{"data": {{"train": "{SAMPLE}/train"}}}}')
    model = graft("train", configuration, "--output", f"{folder}/run", "--json")["model"]
    graft("pick", model, photos, "--count", "4", "--html", html)
    with browser.opened(f"file://{html}") as page:
        keep_download(page)
        press(page, "2", "ArrowRight", "1", "ArrowLeft", "Backspace", "3")
        assert page.evaluate("document.getElementById('count').textContent") == "2 of 4"
        shoot(page, "label")
        page.evaluate("document.getElementById('save').click()")
        labels = pathlib.Path(folder, "labels.csv")
        labels.write_text(saved(page), newline="")
        check(page)
    assert graft("pick", model, photos, "--apply", labels, "--output", f"{folder}/new", "--json")["copied"] == 2
    assert sorted(path.name for path in pathlib.Path(folder, "new").iterdir()) == ["steak", "sushi"]


def test_report_tabs(folder):
    if not browser.program():
        return NO_BROWSER
    configuration = pathlib.Path(folder, "food.yaml")
    configuration.write_text(
        f'{{"data": {{"train": "{data(folder)}", "test": "{SAMPLE}/test"}}, "train": {{"none_of_these": "10%"}}}}')
    graft("train", configuration, "--output", f"{folder}/run", "--json")
    for size, dark in [((1280, 900), False), ((390, 844), True)]:
        with browser.opened(f"file://{folder}/run/report.html", size, dark=dark) as page:
            names = page.evaluate("[...document.querySelectorAll('.tabs>nav>label')].map(l => l.firstChild.data.trim())")
            assert names == ["Data", "Result", "Mistakes", "Calibration", "Strangers", "Curve"], names
            assert page.evaluate("document.querySelectorAll('.panel:nth-of-type(2)')[0].checkVisibility()")
            for index, name in enumerate(names):
                page.evaluate(f"document.getElementById('tab-{index}').click()")
                shown = page.evaluate("[...document.querySelectorAll('.panel')].map(p => p.checkVisibility())")
                assert [place for place, one in enumerate(shown) if one] == [index], (name, shown)
                assert len(page.evaluate(f"document.querySelectorAll('.panel')[{index}].innerText")) > 80, name
                shoot(page, f"report-{name.lower()}{'-dark' if dark else ''}")
            # The arrow keys go from tab to tab.
            page.evaluate("document.getElementById('tab-0').focus()")
            page.press("ArrowRight", number=39)
            assert page.evaluate("document.getElementById('tab-1').checked")
            check(page)
