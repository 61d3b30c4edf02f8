"""The faces of a comparison behind its first one, as people use them: texts, growth, stability and audit."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from model.data.diagnostic import generate
from model.runs.run import Run
from model.studies.training import execute, prepare
from model.training.settings import Settings
from tests.browser.axe import serious
from tests.browser.server import SETTLED, Server, running_app

pytestmark = pytest.mark.browser

SMALL = Settings(vectors="none", hidden_size=8, embedding_size=8, epochs=3, dropout=0.0, embedding_dropout=0.0)
LATE = {
    "texts": "[class*=st-key-card-text-] .tok",
    "growth": ".st-key-card-grown-2 .js-plotly-plot .main-svg",
    "stability": ".st-key-card-one-text .js-plotly-plot .main-svg",
    "audit": ".st-key-card-audit button",
}


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, list[Run]]]:
    """The app with two seeds each of a plain network and of one with attention, trained on generated texts."""
    root = tmp_path_factory.mktemp("faces")
    runs = prepare(root, generate("keyword", rows=300), presets=["lstm", "lstm-additive"], seeds=2, settings=SMALL)
    for run in runs:
        execute(run)
    with running_app(root) as server:
        server.wait_until_warm()
        yield server, runs


@pytest.fixture
def face(page: Page, library: tuple[Server, list[Run]]) -> Callable[..., Page]:
    """Open a face of the comparison of all these runs."""
    server, runs = library

    def face(name: str, more: str = "") -> Page:
        page.goto(f"{server.url}/compare?runs={','.join(run.id for run in runs)}&view={name}{more}")
        page.locator(SETTLED).wait_for(timeout=60_000)
        page.locator(LATE[name]).last.wait_for(timeout=60_000)
        return page

    return face


@pytest.mark.parametrize("name", LATE)
def test_nothing_serious_and_nothing_wider_than_a_phone(face: Callable[..., Page], name: str) -> None:
    typed = "&seeds-text=typed&seeds-typed=" + "+".join(["the", "tape"] * 30)
    cell = _largest_cell(face) if name == "texts" else ""
    page = face(name, typed + cell)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.locator(LATE[name]).last.wait_for()  # charts are drawn anew in the other colours
        page.wait_for_timeout(500)
        assert serious(page) == []
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_function("document.querySelector('[data-testid=stMain]').scrollWidth <= 390")


def _largest_cell(face: Callable[..., Page]) -> str:
    """An address part for the cell that has texts for sure."""
    page = face("growth")
    page.get_by_test_id("stButtonGroup").get_by_text("Where they differ").click()
    pills = page.locator(".st-key-cell").get_by_role("radio").or_(page.locator(".st-key-cell button"))
    pills.first.wait_for()
    counts = [int(re.sub(r"\D", "", text) or 0) for text in pills.all_inner_texts()]
    return "&cell=" + ("fixed", "broken", "both-wrong", "both-right")[counts.index(max(counts))]


def test_a_text_leads_to_its_words(face: Callable[..., Page]) -> None:
    page = face("texts", _largest_cell(face))
    cards = page.locator("[class*=st-key-card-text-]")
    expect(cards).to_have_count(5)
    expect(cards.first.locator(".legend")).to_have_count(2)  # both sides have their colours
    page.get_by_role("button", name="5 more").click()
    expect(cards).to_have_count(10)
    words = cards.first.locator(".tok").all_inner_texts()
    cards.first.get_by_role("link", name=re.compile("Read text")).click()
    strip = page.locator(".st-key-card-strip-0 .tok")
    strip.first.wait_for()
    assert strip.all_inner_texts() == words[: len(words) // 2]  # the same text, of which there were two strips


def test_a_click_elsewhere_right_after_typing_is_not_lost(face: Callable[..., Page]) -> None:
    page = face("texts", _largest_cell(face))
    page.get_by_label("With the words").fill("the")
    page.get_by_test_id("stButtonGroup").get_by_text("Is it stable?").click()
    expect(page.locator(".st-key-card-one-text")).to_be_visible()
    expect(page.locator("[class*=st-key-card-text-]")).to_have_count(0)


def test_arrow_keys_move_through_the_epochs(face: Callable[..., Page]) -> None:
    page = face("growth", "&epoch=3")
    text = page.locator(".st-key-card-grown-0")
    slider = page.locator(".st-key-card-scrubber input")
    slider.focus()
    seen = [text.locator("div.legend").inner_text()]
    for _ in range(3):
        slider.press("ArrowLeft")
        expect(text.locator("div.legend")).not_to_have_text(seen[-1])
        seen.append(text.locator("div.legend").inner_text())
    expect(slider).to_have_attribute("aria-valuetext", "before training")
    expect(slider).to_be_focused()


def test_the_seeds_are_compared_by_the_clock(face: Callable[..., Page]) -> None:
    page = face("stability", "&texts=20")
    page.get_by_role("button", name="Compare the seeds").click()
    expect(page.get_by_text("How alike the seeds are")).to_be_visible(timeout=90_000)
    expect(page.get_by_text("20 test texts")).to_be_visible()
    expect(page.get_by_role("button", name="Compare the seeds")).to_be_visible()
    chart = page.locator(".st-key-card-one-text .js-plotly-plot")
    page.locator(".st-key-card-one-text").get_by_text("Leave one out", exact=True).click()
    expect(page.get_by_text("Height: Leave one out")).to_be_visible()
    expect(chart).to_be_visible()
    expect(page.get_by_text("How alike the seeds are")).to_be_visible()  # the rest of the page stays


def test_an_audit_runs_by_the_clock(face: Callable[..., Page]) -> None:
    page = face("audit", "&effects=100")
    page.get_by_role("button", name="Audit the weights").click()
    expect(page.get_by_text("What the weights say")).to_be_visible(timeout=90_000)
    page.locator("[class*=st-key-audit-chart] .main-svg").first.wait_for()
    page.get_by_text("by effect", exact=True).click()
    expect(page).to_have_url(re.compile("audit-order=effect"))
    expect(page.get_by_text("Shortcut candidates", exact=True)).to_be_visible()
