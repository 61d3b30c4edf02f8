"""Questions put to a prediction, in the browser: other words and weights, a guess, many texts, files to keep."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.reading import HOSTILE, MINE, box, paste, shades, shown, strip
from tests.browser.server import SETTLED

pytestmark = pytest.mark.browser

ODD = [
    *HOSTILE,
    "</script><script>alert(2)</script>",
    "]]><svg onload=alert(3)>",
    "\u202egnp.exe\u202c ok",
    "\\input{/etc/passwd} $x$ 100% _a_ #1 ~",
]


RUNNING = "document.scripts.length + document.querySelectorAll('img, iframe, a, [onload], [onerror]').length"


def pick(page: Page, word: str) -> None:
    strip(page).locator(".tok", has_text=word).first.click()
    expect(page.locator(".st-key-card-token")).to_contain_text(f"“{word}”")


def edited(page: Page):
    return page.locator(".st-key-card-what-if .text")


def test_a_word_is_typed_over_and_another_deleted(visit: Callable[..., Page]) -> None:
    page = visit()
    paste(page, MINE)
    pick(page, "dull")
    field = page.get_by_label("Instead of “dull”")
    field.fill("splendid")
    field.press("Enter")
    expect(edited(page)).to_contain_text("A splendid first hour, and then")
    pick(page, "wonderful")
    page.get_by_role("button", name="Delete it").click()
    expect(edited(page)).to_contain_text("a truly ending that")
    expect(page.locator(".st-key-card-what-if table")).to_contain_text("as it is")
    assert shown(page) == MINE
    page.get_by_role("button", name="Read this text instead").click()
    expect(strip(page).locator(".text")).to_contain_text("A splendid first hour")
    expect(box(page)).to_have_value(MINE.replace("dull", "splendid").replace(" wonderful", ""))


def test_weights_are_moved_by_keyboard_and_the_original_stays(visit: Callable[..., Page]) -> None:
    page = visit("/?if=the+attention")
    paste(page, MINE)
    before = shades(page)
    pick(page, "hour")
    changed = page.locator(".st-key-card-what-if .tok", has_text="hour")
    expect(changed).to_have_attribute("aria-selected", "true")  # before that the slider is still another word's
    slider = page.locator(".st-key-card-what-if").get_by_role("slider")
    slider.focus()
    slider.press("End")
    expect(changed).to_have_attribute("style", re.compile(r"--a: 1\.000"))
    expect(page.locator(".st-key-card-what-if")).to_contain_text("of the weight moved")
    assert shades(page) == before
    changes = page.locator(".st-key-weights")
    for name in ("all alike", "shuffled", "another text's", "as different as possible, same answer"):
        changes.get_by_text(name, exact=True).click()
        page.locator(SETTLED).wait_for()
        expect(page.locator(".st-key-card-what-if")).to_contain_text("Jensen-Shannon")
    changes.get_by_text("just enough for another answer").click()
    expect(page.locator(".st-key-card-what-if")).to_contain_text("prediction")


def test_guess_first_by_keyboard_alone(visit: Callable[..., Page]) -> None:
    page = visit("/?mode=guess")
    page.locator(".st-key-card-guess .tok").first.wait_for()
    expect(page.get_by_text("label positive")).to_have_count(0)
    page.locator(".st-key-card-guess .tok[tabindex='0']").focus()
    for key in ("ArrowRight", "ArrowRight", "Enter", "ArrowRight", "Enter"):
        page.keyboard.press(key)
    expect(page.locator(".st-key-card-guess .tok[aria-selected=true]")).to_have_count(2)
    expect(page.locator(".st-key-card-guess")).to_contain_text("2 of 49 words marked")
    page.get_by_role("button", name="Reveal").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".st-key-card-guess")).to_contain_text("Your words and the model's")
    expect(page.locator(".st-key-card-guess .tok.marked")).to_have_count(2)


def test_many_texts_and_back_to_one(visit: Callable[..., Page]) -> None:
    page = visit("/?mode=many")
    page.get_by_role("textbox", name="Texts").fill(f"{MINE}\nDreadful.\n<img src=x onerror=alert(1)>")
    page.get_by_role("button", name="Predict them").click()
    expect(page.get_by_text("3 texts").first).to_be_visible()
    expect(page.get_by_test_id("stDataFrame")).to_be_visible()


@pytest.mark.parametrize("text", ODD)
def test_files_taken_along_hold_the_text_and_run_nothing(
    visit: Callable[..., Page], text: str, tmp_path: Path
) -> None:
    page = visit()
    paste(page, text)
    page.get_by_role("button", name="Export").click()
    files = {}
    for name in ("HTML", "SVG", "CSV", "JSON", "LaTeX"):
        with page.expect_download() as download:
            page.get_by_role("button", name=name, exact=True).click()
        files[name] = tmp_path / download.value.suggested_filename
        download.value.save_as(files[name])
    documents = json.loads(files["JSON"].read_text("utf-8"))
    assert [document["text"] for document in documents] == [text] * 2
    tokens = [token["text"] for token in documents[0]["tokens"]]
    rows = list(csv.reader(io.StringIO(files["CSV"].read_text("utf-8-sig"))))
    assert len(rows) == 1 + len(tokens)
    assert "begin" not in tokens and files["LaTeX"].read_text("utf-8").count("\\input") == 0
    for name, root in (("HTML", "body"), ("SVG", "svg")):
        page.goto(files[name].as_uri())  # the page fixture fails on any dialog and any complaint
        assert page.evaluate(RUNNING) == 0
        words = page.locator(root).first.text_content()
        assert all(token in words for token in tokens)
