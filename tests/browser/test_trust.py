"""The tests of one model, begun and read in a browser, and its report opened."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import serious

pytestmark = pytest.mark.browser

STUDY = "/trust?limit=50&methods=saliency,leave_one_out"


def test_from_the_button_to_the_report(visit: Callable[..., Page], tmp_path: Path) -> None:
    page = visit(STUDY)
    page.get_by_role("button", name="Run the tests").click()
    expect(page.get_by_text("Beginning…").or_(page.get_by_text("of 50 texts"))).to_be_visible()
    expect(page.get_by_text("of 50 texts")).to_be_visible(timeout=60_000)
    page.get_by_role("button", name="Stop and keep what there is").click()
    expect(page.get_by_text("What may be claimed")).to_be_visible(timeout=60_000)
    page.get_by_role("button", name="Run the tests").click()  # goes on where it stopped
    expect(page.get_by_text("50 test texts")).to_be_visible(timeout=120_000)
    expect(page.get_by_text("Held against:").first).to_be_visible()
    expect(page.locator(".js-plotly-plot .main-svg").first).to_be_visible()
    assert serious(page) == []

    with page.expect_download() as download:
        page.get_by_role("button", name="Report").click()
    report = tmp_path / "trust.html"
    download.value.save_as(report)
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.get_by_test_id("stMain").evaluate("e => e.scrollWidth") <= 390
    page.goto(report.as_uri())
    expect(page.get_by_text("50 texts").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
