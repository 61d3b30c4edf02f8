"""axe on every page in both themes, and every page on a phone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import TRANSITIONS_OVER, serious
from tests.browser.server import PAGES

pytestmark = pytest.mark.browser

# More than one face: the Read page's other modes, its card of other weights, Compare's views and its form.
ADDRESSES = {
    **PAGES,
    "read, other weights": "/?if=the+attention&of-word=in+training",
    "read, numbers": "/?rows-as=numbers&rows=attention,lime",
    "read, guess": "/?mode=guess",
    "read, many": "/?mode=many",
    "compare, texts": "/compare?view=texts",
    "compare, growth": "/compare?view=growth",
    "compare, stability": "/compare?view=stability",
    "compare, audit": "/compare?view=audit",
    "new duel": "/compare?new=1",
    "new language model": "/next_word?new=1",
}
# What is drawn by JavaScript, after the script that sent it is over.
LATE = {
    "read": [".st-key-card-strip-1 .tok", ".st-key-card-rows .sheet[aria-label]"],
    "train": [".st-key-train button"],
    "compare": [".js-plotly-plot .main-svg"],
    "trust": [".st-key-card-tests button"],
    "next word": [".st-key-card-empty button, .st-key-card-next-0 .tok"],
    "models": ["[class*=st-key-card-2]"],
    "read, other weights": [".st-key-card-what-if .tok"],
    "read, numbers": ["[data-testid=stDataFrame]"],
    "read, guess": [".st-key-card-guess .tok"],
    "read, many": [".st-key-card-many textarea"],
    "compare, texts": [".st-key-card-take h2"],
    "compare, growth": [".st-key-card-take h2"],
    "compare, stability": [".st-key-card-take h2"],
    "compare, audit": [".st-key-card-take h2"],
    "new duel": [".st-key-card-start button"],
    "new language model": [".st-key-card-start button"],
}


def settled(visit: Callable[..., Page], name: str) -> Page:
    """A page with all that it shows later."""
    page = visit(ADDRESSES[name])
    for late in LATE[name]:
        page.locator(late).last.wait_for()
    expect(page.get_by_text("being computed…")).to_have_count(0)
    page.evaluate(TRANSITIONS_OVER)
    return page


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ADDRESSES)
def test_nothing_serious(page: Page, visit: Callable[..., Page], name: str, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)
    settled(visit, name)
    assert serious(page) == []


@pytest.mark.parametrize("name", ADDRESSES)
def test_a_phone_scrolls_down_only(page: Page, visit: Callable[..., Page], name: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    settled(visit, name)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.get_by_test_id("stMain").evaluate("e => e.scrollWidth") <= 390
