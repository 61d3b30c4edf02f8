"""The first journey: a sentence coloured without a click, then texts of one's own, friendly and not."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from model.data.datasets import load_builtin
from model.runs.run import DEMO_ROOT
from model.runs.store import list_runs
from tests.browser.reading import HOSTILE, MINE, box, paste, shades, shown, strip
from tests.browser.server import SETTLED

pytestmark = pytest.mark.browser


def row(page: Page, name: str) -> Locator:
    """One method's line of bars."""
    return page.locator(".st-key-card-rows .row").filter(has=page.locator(".name", has_text=name))


def demo(data: str) -> str:
    """The id of the demo run on a data set."""
    return next(run.id for run in list_runs(DEMO_ROOT) if run.spec["data"]["name"] == data)


def test_opens_with_a_coloured_sentence(visit: Callable[..., Page]) -> None:
    page = visit()
    expect(strip(page).get_by_role("heading")).to_have_text("BiLSTM + additive attention")
    for number in (0, 1):
        strip(page, number).locator(".tok").first.wait_for()
    assert strip(page).locator(".tok").count() >= 12
    assert len(set(shades(page))) >= 4
    assert shown(page) == box(page).input_value() == shown(page, 1)
    assert shown(page) in load_builtin("imdb-short").test.texts

    expect(strip(page, 1).get_by_role("heading")).to_have_text("LSTM")
    expect(strip(page, 1)).to_contain_text(re.compile(r"(positive|negative) [01]\.\d\d"))
    side = [strip(page, number).bounding_box() for number in (0, 1)]
    assert side[0]["y"] == side[1]["y"] and side[0]["x"] + side[0]["width"] <= side[1]["x"]


def test_integrated_gradients_stand_under_the_words(visit: Callable[..., Page]) -> None:
    page = visit()
    strip(page).locator(".tok").first.wait_for()
    count = strip(page).locator(".tok").count()
    bars = row(page, "Integrated gradients").locator("svg")
    expect(bars).to_have_attribute("viewBox", f"0 0 {count} 2")
    assert bars.locator(".slot").get_attribute("d").count("M") == count
    words = page.locator(".st-key-card-rows .words span")
    assert words.all_text_contents() == strip(page).locator(".tok").all_text_contents()

    lines = [row(page, name).locator("svg").bounding_box() for name in ("Attention", "Integrated gradients")]
    header = page.locator(".st-key-card-rows .words").bounding_box()
    for line in lines:
        assert line["y"] > header["y"] and abs(line["x"] - header["x"]) < 1
        assert abs(line["width"] - header["width"]) < 1
    last = words.last.bounding_box()  # and every column, when the last one ends where the row ends
    assert abs(last["x"] + last["width"] - lines[1]["x"] - lines[1]["width"]) < 1

    # The same values stand as bars right under the words of the strip itself.
    assert strip(page).locator(".tok.up, .tok.down").count() >= 3


def test_a_pasted_text_recolours(visit: Callable[..., Page]) -> None:
    page = visit()
    strip(page).locator(".tok").first.wait_for()
    before = shades(page)
    paste(page, MINE)
    expect(strip(page).locator(".tok").first).to_have_text("A")
    assert shown(page) == shown(page, 1) == MINE
    assert "".join(strip(page).locator(".tok").all_text_contents()) == MINE.replace(" ", "")
    assert shades(page) != before and len(set(shades(page))) >= 4
    expect(row(page, "Leave one out").locator("svg")).to_be_visible()
    page.reload()
    page.locator(SETTLED).wait_for()
    expect(strip(page).locator(".text")).to_have_text(MINE)


def test_values_are_told_on_hover_and_on_focus(visit: Callable[..., Page]) -> None:
    page = visit()
    paste(page, MINE)
    tokens = strip(page).locator(".tok")
    count = tokens.count()
    tip = strip(page).locator(".tip")
    ranks, total = [], 0.0
    for place in range(count):
        tokens.nth(place).hover()
        expect(tip).to_be_visible()
        found = re.match(r"(\d\.\d{3}) · (\d+\.\d) × uniform · rank (\d+) of (\d+)\n", tip.inner_text() + "\n")
        assert found, tip.inner_text()
        assert abs(float(found[1]) * count - float(found[2])) < 0.06
        assert int(found[4]) == count
        ranks.append(int(found[3]))
        total += float(found[1])
    assert sorted(ranks) == list(range(1, count + 1))
    assert total == pytest.approx(1.0, abs=0.001 * count)
    page.mouse.move(1, 1)
    expect(tip).to_be_hidden()
    tokens.first.focus()
    expect(tip).to_contain_text("× uniform · rank")


def test_arrow_keys_move_and_enter_picks(visit: Callable[..., Page]) -> None:
    page = visit()
    paste(page, MINE)
    count = strip(page).locator(".tok").count()
    focused = strip(page).locator(".tok:focus")
    strip(page).locator(".tok[tabindex='0']").focus()
    for key, place in (("ArrowRight", 1), ("ArrowRight", 2), ("ArrowLeft", 1), ("End", count - 1), ("Home", 0)):
        page.keyboard.press(key)
        expect(focused).to_have_attribute("data-i", str(place))
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(page.locator(".st-key-card-token")).to_contain_text("“dull”")
    expect(page.locator(".st-key-card-token")).to_contain_text(f"word 2 of {count}")
    for number in (0, 1):
        expect(strip(page, number).locator(".tok[aria-selected=true]")).to_have_text("dull")


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_appear_as_typed(visit: Callable[..., Page], text: str) -> None:
    page = visit()
    markup = "img[src='x'], svg[onload], a[href^='javascript'], .text *:not(.list, .tok)"
    scripts = page.locator("script").count()
    paste(page, text)
    assert shown(page) == shown(page, 1) == text
    expect(row(page, "Leave one out").locator("svg")).to_be_visible()
    # Picked words stand in a heading and in tooltips, too; the page fixture fails on any dialog.
    tokens = strip(page).locator(".tok")
    for place in range(min(6, tokens.count())):
        tokens.nth(place).hover()
    tokens.nth(1).click()
    expect(page.locator(".st-key-card-token")).to_contain_text(f"“{tokens.nth(1).text_content()}”")
    assert page.locator(markup).count() == 0
    assert page.locator("script").count() == scripts


@pytest.mark.parametrize("text", ["", " \n\t "])
def test_a_text_without_words_is_a_warning(visit: Callable[..., Page], text: str) -> None:
    page = visit()
    box(page).fill(text)
    box(page).press("Control+Enter")
    expect(page.get_by_test_id("stAlert")).to_have_text(re.compile("There is no word in this text"))
    expect(strip(page).locator(".tok")).to_have_count(0)
    expect(strip(page, 1)).to_contain_text(re.compile(r"(positive|negative) [01]\.\d\d"))
    paste(page, MINE)
    expect(page.get_by_test_id("stAlert")).to_have_count(0)


def test_chinese_is_read_in_words(visit: Callable[..., Page]) -> None:
    page = visit(f"/?run={demo('chinese-reviews')}")
    text = "酒店的房间很干净，服务员也非常热情，下次还会再来。"
    paste(page, text)
    assert shown(page) == text
    words = strip(page).locator(".tok").all_text_contents()
    assert {"酒店", "房间", "干净", "服务员"} <= set(words)
    assert page.locator(".st-key-card-rows .words span").all_text_contents() == words
    assert len(set(shades(page))) >= 3


def test_two_thousand_words(visit: Callable[..., Page]) -> None:
    page = visit()
    text = " ".join(("good", "bad", "film", "plot", "quite")[i % 5] for i in range(2000))
    paste(page, text)
    tokens = strip(page).locator(".tok").count()
    assert tokens in (400, 2000)  # a model reads no more than its max_tokens, and the page says where that is
    marks = strip(page).locator(".mark").all_text_contents()
    assert ("cut here: the rest is not read" in marks) == (tokens < 2000)
    # What is not read is drawn in part, and the rest of it counted.
    more = sum(int(number.replace(",", "")) for mark in marks for number in re.findall(r"[\d,]+", mark))
    assert text.startswith(shown(page)) and len(shown(page)) + more == len(text)
    last = row(page, "Leave one out").locator("svg")
    expect(last).to_have_attribute("viewBox", f"0 0 {tokens} 2", timeout=60_000)


def test_a_phone_scrolls_down_only(visit: Callable[..., Page]) -> None:
    # Other pages, and their states: test_accessibility.
    page = visit()
    page.set_viewport_size({"width": 390, "height": 844})
    paste(page, f"{MINE} {'unbreakable' * 30}")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.get_by_test_id("stMain").evaluate("e => e.scrollWidth") <= 390


def test_a_text_sent_in_the_moment_of_a_pick_is_read(visit: Callable[..., Page]) -> None:
    # Streamlit's browser side puts both wishes into one, for the fragment that was picked in; the text must not wait.
    page = visit()
    strip(page).locator(".tok").first.wait_for()
    page.locator(SETTLED).wait_for()
    box(page).fill(MINE)
    strip(page).locator(".tok").first.evaluate(
        """token => {
            token.click();
            const keys = {key: "Enter", code: "Enter", keyCode: 13, ctrlKey: true, bubbles: true};
            document.querySelector("textarea").dispatchEvent(new KeyboardEvent("keydown", keys));
        }"""
    )
    for number in (0, 1):
        expect(strip(page, number).locator(".text")).to_contain_text("wonderful")
