"""A duel from the button to the sentence: small generated texts, every training live, all faces of what it found."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.server import SETTLED

pytestmark = pytest.mark.browser

READ_MS, TRAINED_MS = 60_000, 240_000
FACES = {"Where they differ": "texts", "How attention grew": "growth", "Is it stable?": "stability"}


def _number(page: Page, name: str, value: int) -> None:
    box = page.get_by_role("spinbutton", name=name)
    box.fill(str(value))
    box.press("Enter")


def _set_up(page: Page) -> None:
    """Two seeds of four sides on 300 generated texts, small and short."""
    _number(page, "Texts", 300)
    expect(page.locator(".st-key-card-data")).to_contain_text("300 texts in 2 classes", timeout=READ_MS)
    _number(page, "Seeds", 1)
    expect(page.get_by_text("One seed cannot tell a difference")).to_be_visible()
    _number(page, "Seeds", 2)
    page.get_by_text("Settings, the same for all sides").click()
    for name, value in (("Epochs", 2), ("Hidden size", 16)):
        _number(page, name, value)
    expect(page.locator(".st-key-card-sides")).to_contain_text("the reference", timeout=READ_MS)
    expect(page.locator(".st-key-card-start")).to_contain_text("8 trainings: 4 sides × 2 seeds.", timeout=READ_MS)


def test_from_the_button_to_the_sentence(visit: Callable[..., Page]) -> None:
    page = visit("/compare")
    page.get_by_role("button", name="New duel").click()
    page.get_by_test_id("stButtonGroup").get_by_text("Generated", exact=True).click()
    _set_up(page)
    start = page.get_by_role("button", name="Start the duel")
    expect(start).to_be_enabled(timeout=READ_MS)
    start.click()
    page.wait_for_url(re.compile(r"/compare\?(.*&)?duel="))
    duel = page.locator(".st-key-card-duel")
    expect(duel).to_contain_text(re.compile(r"\d of 8 trainings done"), timeout=READ_MS)
    expect(duel.get_by_role("row")).to_have_count(5)
    expect(duel.get_by_role("button", name="Cancel")).to_be_visible()
    address = page.url
    page.reload()  # a new session: the duel goes on, and the address brings it back
    page.locator(SETTLED).wait_for()
    assert page.url == address

    verdict = page.locator(".st-key-card-verdict")
    verdict.wait_for(timeout=TRAINED_MS)
    page.locator(SETTLED).wait_for()
    expect(verdict.get_by_role("heading")).to_contain_text(re.compile(r"95 % interval −?\+?\d+\.\d+ to "))
    expect(page.get_by_text("4 sides, 2 seeds each")).to_be_visible()
    chart = page.locator(".st-key-card-accuracy .js-plotly-plot")
    for name in ("LSTM", "BiLSTM + additive attention, uniform weights", "TF-IDF + logistic regression"):
        expect(chart.locator("svg").get_by_text(name, exact=True)).to_be_visible()
    for card in ("learning", "differences", "slices", "confusion-difference", "cost", "take"):
        expect(page.locator(f".st-key-card-{card}")).to_be_visible()
    _other_figures_and_faces(page)


def _other_figures_and_faces(page: Page) -> None:
    page.get_by_test_id("stButtonGroup").get_by_text("Loss", exact=True).click()
    expect(page.locator(".st-key-card-accuracy")).to_contain_text("Loss, every seed")
    assert "metric=loss" in page.url
    page.get_by_role("button", name="Make the report").click()
    page.get_by_role("button", name="Report", exact=True).wait_for(timeout=TRAINED_MS)
    with page.expect_download() as download:
        page.get_by_role("button", name="Report", exact=True).click()
    report = download.value.path().read_text(encoding="utf-8")
    assert download.value.suggested_filename == "comparison.html"
    assert report.startswith("<!doctype html>") and "uniform weights" in report and "TF-IDF" in report
    for title, name in FACES.items():
        page.get_by_test_id("stButtonGroup").get_by_text(title, exact=True).click()
        page.wait_for_url(re.compile(rf"[?&]view={name}"))
        page.locator(SETTLED).wait_for()
        expect(page.locator(".st-key-card-verdict")).to_be_visible()
        expect(page.get_by_test_id("stException")).to_have_count(0)
