"""What tests of the Read page share: the strip, the text box, and texts that try to run something."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.server import SETTLED

MINE = "A dull first hour, and then a truly wonderful ending that I will not forget."
HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "a </span><svg onload=alert(1)> b",
    "**bold** [link](javascript:alert(1)) ![i](x) :red[red] $x^2$ `code` &lt;b&gt;",
]
# Everything typed is on the page: tokens, the gaps between them, and what the model does not read.
TEXT_AS_SHOWN = (
    "e => { const c = e.cloneNode(true); c.querySelectorAll('.mark').forEach(m => m.remove()); return c.textContent }"
)


def strip(page: Page, number: int = 0) -> Locator:
    """The card of the first or the second model."""
    return page.locator(f".st-key-card-strip-{number}")


def shown(page: Page, number: int = 0) -> str:
    """The text as a strip shows it."""
    return strip(page, number).locator(".text").evaluate(TEXT_AS_SHOWN)


def shades(page: Page, number: int = 0) -> list[str]:
    """The grounds of the tokens, as painted."""
    return (
        strip(page, number).locator(".tok").evaluate_all("all => all.map(e => getComputedStyle(e).backgroundColor)")
    )


def box(page: Page) -> Locator:
    """Where a text is typed."""
    return page.get_by_role("textbox", name="Text", exact=True)


def paste(page: Page, text: str) -> None:
    """Put a text of one's own in the place of what is there, and wait until both strips show it."""
    box(page).fill(text)
    box(page).press("Control+Enter")
    for number in range(page.locator("[class*=st-key-card-strip]").count()):
        expect(strip(page, number).locator(".text").first).to_have_text(
            re.compile(rf"^\s*{re.escape(text.split()[0])}" if text.strip() else "^$")
        )
    page.locator(SETTLED).wait_for()
