"""The strip's and the rows' own scripts, alone in a browser."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.reading import MINE, paste
from tests.browser.server import ROOT

pytestmark = pytest.mark.browser

# What a component is given, by its script; `since` and the text differ from call to call.
STRIP = {"kind": "weight", "values": [1.0], "scale": 1.0, "gamma": 1.0, "lane": None, "note": ""}
ROWS = {"rows": [], "direction": "ltr", "ask": "", "selected": None}
COMMON = {"gaps": [""], "tail": "", "cut": "", "cut_more": 0, "unknown": [], "label": "words", "group": "alone"}
PARTS = (
    "<div class='box'><div class='text'></div><div class='legend'></div><div class='list'></div>"
    "<div class='sheet'></div><div class='tip' hidden></div></div>"
)
# Draws one after another; what is there after the first call is named, so that what of it is still there can be told.
CALL = """async ([script, calls, named]) => {
  const address = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
  const draw = (await import(address)).default;
  const parentElement = document.body;
  for (const [number, data] of calls.entries()) {
    await Promise.resolve(draw({ data, parentElement, setStateValue() {} }));
    if (!number && named) [...document.querySelectorAll(named)].forEach((node, i) => (node.known = i));
  }
  return named ? [...document.querySelectorAll(named)].map((node) => node.known ?? null) : [];
}"""


def kept(page: Page, script: str, calls: list[dict], named: str = "") -> list[int | None]:
    """Draw `calls` in turn; the places after the first of what `named` finds in the end, None for a new node."""
    page.goto("about:blank")
    page.set_content(PARTS)
    dated = [{"since": float(number), **data} for number, data in enumerate(calls)]
    return page.evaluate(CALL, [(ROOT / "assets" / f"{script}.js").read_text("utf-8"), dated, named])


@pytest.mark.parametrize(("name", "shown"), [("strip", ".tok"), ("rows", ".words span")])
@pytest.mark.parametrize("order", [[1, 2, 3], [2, 3, 1], [3, 1, 2], [3, 2, 1]])
def test_the_latest_data_stays_whatever_came_last(page: Page, name: str, shown: str, order: list[int]) -> None:
    calls = [
        {**COMMON, **(STRIP if name == "strip" else ROWS), "tokens": [f"word{number}"], "since": float(number)}
        | {"text_signature": str(number), "signature": str(number)}
        for number in order
    ]
    kept(page, f"token_strip/{name}", calls)
    assert page.locator(shown).all_text_contents() == ["word3"]


def strip_of(text: str, values: list[float] | None = None, **more: object) -> dict:
    """What a strip is given for the words of a text."""
    tokens = text.split()
    spaces = [" " * bool(i) for i in range(len(tokens))]
    values = values or [1 / (i + 1) for i in range(len(tokens))]
    return {**COMMON, **STRIP, "tokens": tokens, "gaps": spaces, "values": values, "text_signature": text, **more}


def looks(page: Page) -> list[tuple[str, str]]:
    """How each token of the strip looks: its classes, and the strength of its colour."""
    return [tuple(found) for found in page.locator(".tok").evaluate_all(
        "all => all.map((e) => [e.className, e.style.getPropertyValue('--a').trim()])"
    )]  # fmt: skip


def test_other_values_recolour_the_nodes_that_are_there(page: Page) -> None:
    other = {"kind": "signed", "scale": 2.0, "gamma": 0.5, "lane": [0, 1, -1], "lane_scale": 1, "lane_name": "l"}
    calls = [strip_of("one two three"), strip_of("one two three", [-2.0, 0.5, 0.0], target="t", **other)]
    assert kept(page, "token_strip/strip", calls, ".tok") == [0, 1, 2]
    # (2 / 2) ** 0.5 and (0.5 / 2) ** 0.5
    assert looks(page) == [("tok neg", "1.000"), ("tok up", "0.500"), ("tok down", "0.000")]
    assert kept(page, "token_strip/strip", calls[::-1], ".tok") == [0, 1, 2]
    assert looks(page) == [("tok", "1.000"), ("tok", "0.500"), ("tok", "0.333")]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("a b c d", "a b x c d", [0, 1, None, 2, 3]),
        ("a b c d", "a c d", [0, 2, 3]),
        ("a b c", "a b c d e", [0, 1, 2, None, None]),
        ("a b c d", "b c d", [None, 2, 3]),  # the space before b is gone
        ("a b c", "b c", [None, None]),  # with less than half in common all is made anew
        ("a a a", "a a", [0, 1]),
        ("a b", "x y z", [None, None, None]),
        ("a b", "", []),
        ("", "a b", [None, None]),
    ],
)
def test_another_text_makes_only_what_differs(page: Page, before: str, after: str, expected: list) -> None:
    calls = [strip_of(before, tail="!"), strip_of(after, tail="?", cut=" more", selected=0 if after else None)]
    assert kept(page, "token_strip/strip", calls, ".tok") == expected
    assert page.locator(".text").text_content() == f"{after}?cut here: the rest is not read more"
    places = page.locator(".tok").evaluate_all("all => all.map((e) => [e.dataset.i, e.tabIndex, e.ariaSelected])")
    wanted = [[str(i), -1 if i else 0, "false" if i else "true"] for i in range(len(after.split()))]
    assert places == wanted


def test_sentences_come_and_go(page: Page) -> None:
    sentences = strip_of("a b c", sentences=[[0, 2, 0.75], [2, 3, 0.25]])
    plain = strip_of("a b c")
    kept(page, "token_strip/strip", [plain, sentences])
    assert page.locator(".sentence").all_text_contents() == ["a b ", "c"]
    kept(page, "token_strip/strip", [sentences, plain])
    assert page.locator(".sentence").count() == 0
    assert page.locator(".text").text_content() == "a b c"


def rows_of(*values: list[float] | None, tokens: str = "a b", figures: str = "") -> dict:
    """What the rows are given: one for each of the values."""
    row = {"kind": "signed", "waiting": "being computed…", "flaw": "", "uniform": None}
    rows = [{**row, "name": f"row {i}", "values": each, "figures": f"{figures}{i}"} for i, each in enumerate(values)]
    signature = f"{values}{tokens}{figures}"
    common = {**COMMON, **ROWS, "tokens": tokens.split(), "text_signature": tokens}
    return {**common, "rows": rows, "signature": signature}


def test_rows_that_say_the_same_stay(page: Page) -> None:
    calls = [rows_of([1, 2], [3, -4], None), rows_of([1, 2], [3, -4], [5, 6], figures="new ")]
    assert kept(page, "token_strip/rows", calls, ".row[data-row]") == [0, 1, None]
    assert page.locator(".row[data-row] .figures").all_text_contents() == ["new 0", "new 1", "new 2"]
    assert page.locator(".row[data-row] svg").count() == 3
    calls = [rows_of([1, 2], [3, 4]), rows_of([3, 4])]  # another row of that name
    assert kept(page, "token_strip/rows", calls, ".row[data-row]") == [None]
    calls = [rows_of([1, 2]), rows_of([1, 2], tokens="a c")]
    assert kept(page, "token_strip/rows", calls, ".sheet > *") == [None, 1, 2]
    assert page.locator(".words span").all_text_contents() == ["a", "c"]


def test_bars_that_say_the_same_stay(page: Page) -> None:
    def bars(*shares: float, chosen: int = 0) -> dict:
        items = [
            {"word": f"w{i}", "share": s, "number": f"{s}", "note": "", "real": False} for i, s in enumerate(shares)
        ]
        return {"items": items, "label": "bars", "of": "text", "chosen": chosen}

    assert kept(page, "next_word/bars", [bars(1, 0.5, 0.2), bars(1, 0.4, 0.2, chosen=2)], ".item") == [0, None, 2]
    assert page.locator("[aria-checked=true]").text_content() == "w20.2"
    assert kept(page, "next_word/bars", [bars(1, 0.5), bars(1)], ".item") == [0]


CHANGED = """(before) => {
  const roots = [...document.querySelectorAll(".st-key-card-strip-0 *")].map((e) => e.shadowRoot).filter(Boolean);
  const all = roots.flatMap((root) => [...root.querySelectorAll(".tok")]);
  const now = all.map((e) => [e.className, e.style.getPropertyValue("--a").trim()]);
  return JSON.stringify(now) !== JSON.stringify(before.slice(0, now.length));
}"""


def choose(page: Page, box: str, option: str) -> None:
    """Take an entry of a select box."""
    page.get_by_role("combobox", name=box, exact=True).click()
    page.get_by_role("option", name=option, exact=True).click()


def lift(page: Page) -> None:
    """Move the slider that lifts small values."""
    page.get_by_role("button", name="View").click()
    page.get_by_role("group", name="Lift small values").locator("input").focus()
    page.keyboard.press("ArrowRight")


def test_on_the_page_words_keep_their_nodes(visit: Callable[..., Page]) -> None:
    page = visit()
    paste(page, MINE)
    tokens = page.locator(".st-key-card-strip-0 .tok, .st-key-card-strip-1 .tok")
    tokens.evaluate_all("all => all.forEach((e) => (e.known = true))")
    buttons = page.get_by_test_id("stButtonGroup")
    for act in (
        lambda: buttons.get_by_text("Saliency", exact=True).click(),
        lambda: choose(page, "Explain", "negative"),
        lambda: choose(page, "Explain", "positive"),
        lambda: lift(page),
    ):
        before = looks(page)
        act()
        page.wait_for_function(CHANGED, arg=before)
        assert tokens.evaluate_all("all => all.every((e) => e.known)")
    paste(page, MINE.replace("dull", "bright"))
    expect(tokens.nth(1)).to_have_text("bright")
    fresh = tokens.evaluate_all("all => all.filter((e) => !e.known).map((e) => e.textContent)")
    assert fresh == ["bright", "bright"]
