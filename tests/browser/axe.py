"""What axe finds wrong with a page of the app, as far as the page could mend it."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

# What Streamlit's own widgets do and no page can mend; each with where it comes from.
STREAMLITS_OWN: dict[str, str] = {}
# A colour in transition has a contrast that nobody reads.
TRANSITIONS_OVER = """() => Promise.allSettled(
    document.getAnimations().filter(a => a.effect.getComputedTiming().endTime < Infinity).map(a => a.finished)
).then(() => null)"""


def serious(page: Page) -> list[str]:
    """What is serious or critical, in words.

    A transition can begin after the last look for one: what is wrong is wrong a second later too.
    """
    page.evaluate(TRANSITIONS_OVER)
    found = _found(page)
    if found:
        page.wait_for_timeout(1000)
        found = _found(page)
    return found


def _found(page: Page) -> list[str]:
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [
        f"{violation['id']} ({violation['impact']}): {node['html'][:160]} {node['failureSummary'][:200]}"
        for violation in found
        if violation["impact"] in ("serious", "critical") and violation["id"] not in STREAMLITS_OWN
        for node in violation["nodes"]
    ]
