"""The strip's and the rows' own scripts, alone in a browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.browser.server import ROOT

pytestmark = pytest.mark.browser

# What a component is given, by its script; `since` and the text differ from call to call.
STRIP = {"kind": "weight", "values": [1.0], "scale": 1.0, "gamma": 1.0, "lane": None, "note": ""}
ROWS = {"rows": [], "direction": "ltr", "ask": "", "selected": None}
COMMON = {"gaps": [""], "tail": "", "cut": "", "cut_more": 0, "unknown": [], "label": "words", "group": "alone"}
CALL = """async ([script, calls]) => {
  const address = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
  const draw = (await import(address)).default;
  const parentElement = document.body;
  for (const data of calls) await Promise.resolve(draw({ data, parentElement, setStateValue() {} }));
}"""


@pytest.mark.parametrize(("name", "shown"), [("strip", ".tok"), ("rows", ".words span")])
@pytest.mark.parametrize("order", [[1, 2, 3], [2, 3, 1], [3, 1, 2], [3, 2, 1]])
def test_the_latest_data_stays_whatever_came_last(page: Page, name: str, shown: str, order: list[int]) -> None:
    page.goto("about:blank")
    page.set_content(
        "<div class='box'><div class='text'></div><div class='legend'></div><div class='sheet'></div>"
        "<div class='tip' hidden></div></div>"
    )
    calls = [
        {**COMMON, **(STRIP if name == "strip" else ROWS), "tokens": [f"word{number}"], "since": float(number)}
        | {"text_signature": str(number), "signature": str(number)}
        for number in order
    ]
    page.evaluate(CALL, [(ROOT / "assets" / "token_strip" / f"{name}.js").read_text("utf-8"), calls])
    assert page.locator(shown).all_text_contents() == ["word3"]
