"""The third journey: a model leaves as one file, comes back, gets a name, and goes for good."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from model.runs.run import DEMO_ROOT
from model.runs.store import list_runs
from tests.browser.server import PAGES

pytestmark = pytest.mark.browser

TITLES = {"read": "Read one text", "train": "Train", "compare": "Compare", "trust": "Trust", "models": "Models"}
DEMO = next(run for run in list_runs(DEMO_ROOT) if run.spec["preset"] == "lstm").title
NAME = "Mine & <b>yours</b> *now*"


def card(page: Page, title: str, *, demo: bool) -> Locator:
    """The card of the run with this title, among the demo runs or among one's own."""
    cards = page.locator("[class*=st-key-card-2]").filter(has=page.get_by_text(title, exact=True))
    badge = page.get_by_text("demo", exact=True)
    return cards.filter(has=badge) if demo else cards.filter(has_not=badge)


def choose(page: Page, run: Locator, action: str) -> None:
    """Open a run's menu and choose from it."""
    run.get_by_role("button", name="More").click()
    page.get_by_role("menuitem", name=action).or_(page.get_by_role("option", name=action)).click()


def offer(page: Page, name: str, content: bytes) -> None:
    """Upload a file as a bundle."""
    uploader = page.get_by_test_id("stFileUploaderDropzoneInput")
    if not uploader.is_visible():
        page.get_by_text("Upload a bundle").click()
    uploader.set_input_files(files=[{"name": name, "mimeType": "application/zip", "buffer": content}])
    expect(page.get_by_test_id("stFileChip")).to_be_visible()
    page.get_by_role("button", name="Add it to the models").click()


@pytest.mark.parametrize("name", PAGES)
def test_every_page_opens_by_its_address(visit: Callable[..., Page], name: str) -> None:
    page = visit(PAGES[name])
    expect(page.get_by_role("heading", name=TITLES[name], level=1)).to_be_visible()
    expect(page).to_have_title(re.compile("Attention Lab|" + name.title()))
    expect(page.get_by_test_id("stAlertContentError")).to_have_count(0)


def test_a_model_leaves_comes_back_and_goes(visit: Callable[..., Page], tmp_path: Path) -> None:
    page = visit("/models")
    expect(card(page, DEMO, demo=True)).to_be_visible()
    choose(page, card(page, DEMO, demo=True), "Download bundle")
    with page.expect_download() as download:
        page.get_by_role("dialog").get_by_test_id("stDownloadButton").get_by_role("button").click()
    path = tmp_path / download.value.suggested_filename
    download.value.save_as(path)
    assert path.suffix == ".zip"
    with zipfile.ZipFile(path) as bundle:
        assert any(name.endswith("model.safetensors") for name in bundle.namelist())
    page.get_by_role("dialog").get_by_role("button", name="Close").click()
    expect(page.get_by_role("dialog")).to_have_count(0)

    offer(page, path.name, path.read_bytes())
    expect(page.get_by_test_id("stAlertContentSuccess")).to_contain_text(f"Added: {DEMO}")
    mine = card(page, DEMO, demo=False)
    accuracy = card(page, DEMO, demo=True).get_by_test_id("stMetricValue").inner_text()
    expect(mine.get_by_test_id("stMetricValue")).to_have_text(accuracy)

    choose(page, mine, "Rename")
    page.get_by_role("dialog").get_by_label("Title").fill(NAME)
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    mine = card(page, NAME, demo=False)  # as typed: no markup, no Markdown
    expect(mine).to_be_visible()
    expect(card(page, DEMO, demo=False)).to_have_count(0)

    choose(page, mine, "Delete")
    page.get_by_role("dialog").get_by_role("button", name="Keep it").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(mine).to_be_visible()
    choose(page, mine, "Delete")
    expect(page.get_by_role("dialog")).to_contain_text(NAME)
    page.get_by_role("dialog").get_by_role("button", name="Delete it").click()
    expect(mine).to_have_count(0)
    expect(card(page, DEMO, demo=True)).to_be_visible()


@pytest.mark.parametrize("content", [b"garbage", b"PK\x03\x04" + bytes(400)])
def test_garbage_is_refused_in_a_sentence(visit: Callable[..., Page], content: bytes) -> None:
    page = visit("/models")
    before = page.locator("[class*=st-key-card-2]").count()
    offer(page, "model.zip", content)
    expect(page.get_by_test_id("stAlertContentError")).to_have_count(1)
    expect(page.get_by_test_id("stAlertContentError")).to_contain_text("bundle")
    assert page.locator("[class*=st-key-card-2]").count() == before


def test_a_model_is_found_and_opened(visit: Callable[..., Page]) -> None:
    page = visit("/models")
    page.get_by_role("textbox", name="Search").fill("chinese bilstm")
    page.get_by_role("textbox", name="Search").press("Enter")
    expect(page.locator("[class*=st-key-card-2]")).to_have_count(1)
    page.get_by_role("link", name="Read").last.click()
    expect(page.locator(".st-key-card-strip-0 .tok").first).to_be_visible()
    page.wait_for_url(re.compile(r"[?&]run=\d{8}-"))
