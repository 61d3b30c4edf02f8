"""What the Next word page shows, in a browser: bars, the map by mouse and keyboard, and writing that is stopped."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from urllib.parse import quote

import pytest
from playwright.sync_api import Locator, Page, expect

from model.runs.run import Run
from tests.browser.axe import serious
from tests.browser.server import SETTLED, Server, running_app
from tests.pages.language_models import language_models

pytestmark = pytest.mark.browser

TEXT = "apple river stone apple river"
HOSTILE = "<script>alert(1)</script> <img src=x onerror=alert(1)> apple"
BUSY_MS = 60_000
LONG = " ".join(["apple river stone candle"] * 60)
FACES = {
    "next": ".st-key-card-next-1 .tok",
    "text": ".st-key-card-map .rows div",
    "generate": ".st-key-card-writing button",
}


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, list[Run]]]:
    """The app with two small language models in its library, one with attention and one without."""
    root = tmp_path_factory.mktemp("language-models")
    runs = language_models(root, "repeat:3000", presets=("lstm-attention-lm", "lstm-lm"))
    with running_app(root) as server:
        server.wait_until_warm()
        yield server, runs


@pytest.fixture
def open_face(page: Page, library: tuple[Server, list[Run]]) -> Callable[..., Page]:
    """Open a face of the page with a text, on the models of these tests."""
    server, (attending, plain) = library

    def open_face(face: str, text: str = TEXT, more: str = "") -> Page:
        models = f"run={attending.id}&beside={plain.id}"
        page.goto(f"{server.url}/next_word?face={face}&{models}&text={quote(text)}{more}")
        page.locator(SETTLED).wait_for(timeout=BUSY_MS)
        page.locator(FACES[face]).last.wait_for()
        expect(page.get_by_text("being computed…")).to_have_count(0)
        return page

    return open_face


def rows(page: Page) -> Locator:
    """The predicted words of the map."""
    return page.locator(".st-key-card-map .rows div")


def looked_at(page: Page) -> Locator:
    """What the strip beside the map says it shows."""
    return page.locator(".st-key-card-map").get_by_text(re.compile("^Looked back at for"))


def test_a_click_on_a_word_shows_its_prediction_and_on_a_bar_explains_it(open_face: Callable[..., Page]) -> None:
    page = open_face("next")
    expect(page.get_by_text("the word after the text")).to_be_visible()
    page.locator(".st-key-card-next-0 .tok").nth(3).click()
    expect(page.get_by_text("“apple”, word 4 of 5")).to_be_visible()
    page.wait_for_url(re.compile(r"at=18"))
    chosen = page.locator(".st-key-card-next-0 [role=radio][aria-checked=true]")
    expect(chosen).to_contain_text("apple")
    other = page.locator(".st-key-card-next-0 [role=radio][aria-checked=false]").first
    word = other.locator(".word").inner_text().split("\n")[0]
    other.click()
    expect(page.locator(".st-key-card-next-rows h2")).to_have_text(f"Why “{word}”?")
    expect(chosen).to_contain_text(word)
    page.reload()
    expect(page.locator(".st-key-card-next-rows h2")).to_have_text(f"Why “{word}”?")
    expect(page.get_by_text("“apple”, word 4 of 5")).to_be_visible()


def test_bars_by_keyboard(open_face: Callable[..., Page]) -> None:
    page = open_face("next")
    bars = page.locator(".st-key-card-next-0 [role=radio]")
    bars.first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(bars.nth(2)).to_be_focused()
    page.keyboard.press("Enter")
    expect(bars.nth(2)).to_have_attribute("aria-checked", "true")
    page.locator(SETTLED).wait_for()
    expect(bars.nth(2)).to_be_focused()


def test_the_map_by_mouse(open_face: Callable[..., Page]) -> None:
    page = open_face("text")
    expect(rows(page)).to_have_text([*TEXT.split(), "the next word"])
    rows(page).nth(4).click()
    expect(looked_at(page)).to_have_text("Looked back at for river:")
    expect(rows(page).nth(4)).to_have_attribute("aria-selected", "true")
    field = page.locator(".st-key-card-map .field")
    cell = field.bounding_box()["height"] / 6
    field.hover(position={"x": 1.5 * cell, "y": 3.5 * cell})
    tip = page.locator(".st-key-card-map .box:has(.sheet) > .tip")
    expect(tip).to_contain_text(re.compile(r"“apple”, word 4: .* bits.*\nweight \d\.\d{3} on “river”, 2 words back"))
    field.hover(position={"x": 2.5 * cell, "y": 3.5 * cell})
    expect(tip).to_contain_text("“stone” was just read: its state asks, and is not weighed")
    field.hover(position={"x": 4.5 * cell, "y": 3.5 * cell})
    expect(tip).to_contain_text("“river” comes later: it cannot be seen")
    field.click(position={"x": 1.5 * cell, "y": 5.5 * cell})
    expect(looked_at(page)).to_have_text("Looked back at for the next word:")


def test_the_map_by_keyboard(open_face: Callable[..., Page]) -> None:
    page = open_face("text")
    rows(page).first.focus()
    for _ in range(3):
        page.keyboard.press("ArrowDown")
    expect(rows(page).nth(3)).to_be_focused()
    expect(rows(page).nth(3)).to_have_attribute("aria-label", re.compile(r"“apple”, word 4: .*looked most at"))
    page.keyboard.press("ArrowRight")
    say = page.locator(".st-key-card-map .say")
    expect(say).to_have_text(re.compile(r"weight \d\.\d{3} on “river”, 2 words back"))
    page.keyboard.press("ArrowLeft")
    expect(say).to_have_text(re.compile(r"on “apple”, 3 words back"))
    page.keyboard.press("Enter")
    expect(looked_at(page)).to_have_text("Looked back at for apple:")
    expect(rows(page).nth(3)).to_be_focused()
    page.keyboard.press("End")
    page.keyboard.press(" ")
    expect(looked_at(page)).to_have_text("Looked back at for the next word:")
    # One tab stop for all rows, where the keys left off.
    assert page.locator(".st-key-card-map .rows [tabindex='0']").count() == 1


def test_a_long_map_scrolls_inside_its_card_and_turns_its_pages(open_face: Callable[..., Page]) -> None:
    page = open_face("text", LONG)
    expect(rows(page)).to_have_count(100)
    page.get_by_role("button", name="Later").click()
    expect(rows(page).first).to_have_text("apple")
    expect(page.get_by_text("Words 101 to 200 of 240")).to_be_visible()
    expect(page.locator(".st-key-card-map .cols span").first).to_have_text("before")
    page.wait_for_url(re.compile("from=100"))


@pytest.mark.parametrize("face", FACES)
def test_typed_markup_is_shown_and_never_run(open_face: Callable[..., Page], face: str) -> None:
    page = open_face(face, HOSTILE)
    assert page.locator(".stApp img[src=x]").count() == 0
    expect(page.locator(".text").first).to_contain_text("<script>alert(1)</script>")


def test_writing_streams_is_stopped_and_goes_on(open_face: Callable[..., Page]) -> None:
    page = open_face("generate")
    written = page.locator(".st-key-card-written-0 .tok")
    page.get_by_role("button", name="Write").click()
    expect(written).to_have_count(50, timeout=BUSY_MS)
    page = open_face("generate", more="&tokens=1500")
    written.first.wait_for()
    page.get_by_role("button", name="Stop").click()
    go_on = page.get_by_role("button", name="Go on")
    expect(go_on).to_be_visible(timeout=BUSY_MS)
    expect(page.get_by_role("button", name="Stop")).to_have_count(0)
    page.locator(SETTLED).wait_for()
    written.first.wait_for()
    there = written.all_text_contents()
    assert 0 < len(there) < 1500
    go_on.click()
    expect(written).to_have_count(len(there) + 50, timeout=BUSY_MS)
    assert written.all_text_contents()[: len(there)] == there
    page.reload()
    expect(written).to_have_count(len(there) + 50, timeout=BUSY_MS)
    assert written.all_text_contents()[: len(there)] == there


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("face", "more"), [("next", "&at=18"), ("text", "&at=18"), ("generate", "&tokens=20")])
def test_nothing_serious(page: Page, open_face: Callable[..., Page], face: str, more: str, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)
    open_face(face, more=more)
    page.locator(".tok").first.wait_for()
    assert serious(page) == []


@pytest.mark.parametrize("text", [TEXT, LONG, "ספר שולחן כיסא ספר", "春天来了天气"])
@pytest.mark.parametrize("face", FACES)
def test_a_phone_scrolls_down_only(page: Page, open_face: Callable[..., Page], face: str, text: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    open_face(face, text)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.get_by_test_id("stMain").evaluate("e => e.scrollWidth") <= 390


def test_the_map_of_a_text_from_right_to_left_is_mirrored(open_face: Callable[..., Page]) -> None:
    page = open_face("text", "ספר שולחן כיסא ספר")
    assert page.locator(".st-key-card-map .sheet").get_attribute("dir") == "rtl"
    field, first = page.locator(".st-key-card-map .field"), page.locator(".st-key-card-map .cols span").first
    assert field.bounding_box()["x"] < rows(page).first.bounding_box()["x"]
    assert first.bounding_box()["x"] > page.locator(".st-key-card-map .cols span").last.bounding_box()["x"]
