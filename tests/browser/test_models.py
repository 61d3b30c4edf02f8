"""The third journey: a model leaves as one file, comes back, gets a name, goes, and is had back."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from model.runs.run import DEMO_ROOT
from model.runs.store import list_runs
from tests.browser.server import CONTEXT, PAGES, Server

pytestmark = pytest.mark.browser

TITLES = {
    "read": "Read one text",
    "train": "Train",
    "compare": "Compare",
    "trust": "Trust",
    "next word": "Next word",
    "models": "Models",
}
DEMO = next(run for run in list_runs(DEMO_ROOT) if run.spec["preset"] == "lstm").title
NAME = "Mine & <b>yours</b> *now*"
TAGS = ["for the paper", "第一批 *odd*"]


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


def right(run: Locator) -> str:
    """What a card says of the accuracy."""
    return run.locator("[class*=st-key-result]").inner_text()


def take(page: Page, run: Locator, button: str, folder: Path) -> Path:
    """Download one of the files that a run can be taken along as."""
    choose(page, run, "Take along")
    dialog = page.get_by_role("dialog")
    with page.expect_download() as download:
        dialog.get_by_role("button", name=button, exact=True).click()
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    dialog.get_by_role("button", name="Close").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    return path


def bring_in(page: Page, path: Path) -> Locator:
    """Upload a demo run's bundle, and return the card of the copy, which is one's own."""
    offer(page, path.name, path.read_bytes())
    expect(page.get_by_test_id("stAlertContentSuccess")).to_contain_text(f"Added: {DEMO}")
    return card(page, DEMO, demo=False)


def test_a_model_leaves_comes_back_and_goes(visit: Callable[..., Page], tmp_path: Path) -> None:
    page = visit("/models")
    expect(card(page, DEMO, demo=True)).to_be_visible()
    path = take(page, card(page, DEMO, demo=True), "Bundle", tmp_path)
    assert path.suffix == ".zip"
    with zipfile.ZipFile(path) as bundle:
        assert any(name.endswith("model.safetensors") for name in bundle.namelist())
    mine = bring_in(page, path)
    expect(mine).to_have_count(1)
    assert right(mine) == right(card(page, DEMO, demo=True))

    choose(page, mine, "Name, tags, notes")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name", exact=True).fill(NAME)
    tags = dialog.get_by_role("combobox", name="Tags")
    for tag in TAGS:
        tags.fill(tag)
        tags.press("Enter")
    dialog.get_by_label("Notes").fill("Read it *twice*.")
    dialog.get_by_role("button", name="Save").click()
    mine = card(page, NAME, demo=False)  # as typed: no markup, no Markdown
    expect(mine).to_be_visible()
    expect(mine).to_contain_text("Read it *twice*.")
    for tag in TAGS:
        expect(mine.get_by_text(tag, exact=True)).to_be_visible()
    expect(card(page, DEMO, demo=False)).to_have_count(0)

    page.get_by_test_id("stButtonGroup").get_by_text(TAGS[1], exact=True).click()  # by its tag alone
    expect(card(page, DEMO, demo=True)).to_have_count(0)
    expect(mine).to_be_visible()
    page.get_by_test_id("stButtonGroup").get_by_text(TAGS[1], exact=True).click()
    expect(card(page, DEMO, demo=True)).to_be_visible()

    choose(page, mine, "Delete")
    expect(mine).to_have_count(0)
    undo = page.locator(".st-key-card-undo")
    expect(undo).to_contain_text(f"Deleted “{NAME}”.")
    undo.get_by_role("button", name="Undo").click()
    expect(mine).to_be_visible()
    expect(undo).to_have_count(0)
    expect(mine.get_by_text(TAGS[0], exact=True)).to_be_visible()

    choose(page, mine, "Delete")
    expect(mine).to_have_count(0)
    page.reload()  # the way back outlives the visit
    page.get_by_text(re.compile("^Recently deleted: 1")).click()
    page.get_by_role("button", name="Bring back").click()
    expect(mine).to_be_visible()
    choose(page, mine, "Delete")
    page.get_by_text(re.compile("^Recently deleted: 1")).click()
    page.get_by_role("button", name="Empty now").click()
    page.get_by_role("button", name="Remove for good").click()
    expect(page.get_by_text(re.compile("^Recently deleted"))).to_have_count(0)
    expect(mine).to_have_count(0)
    expect(card(page, DEMO, demo=True)).to_be_visible()


def test_card_and_script_are_taken_along(visit: Callable[..., Page], tmp_path: Path) -> None:
    page = visit("/models")
    source = take(page, card(page, DEMO, demo=True), "Script", tmp_path).read_text(encoding="utf-8")
    compile(source, "reproduce.py", "exec")
    assert "SETTINGS = {" in source
    text = take(page, card(page, DEMO, demo=True), "Model card", tmp_path).read_text(encoding="utf-8")
    assert text.startswith(f"# {DEMO}") and "## Caveats" in text


def test_only_the_browser_that_brought_a_model_may_change_it(
    visit: Callable[..., Page], browser: Browser, server: Server, tmp_path: Path
) -> None:
    page = visit("/models")
    mine = bring_in(page, take(page, card(page, DEMO, demo=True), "Bundle", tmp_path))
    with closing(browser.new_context(**CONTEXT)) as context:
        other = context.new_page()
        other.goto(f"{server.url}/models")
        theirs = card(other, DEMO, demo=False)
        expect(theirs.get_by_text("somebody else’s")).to_be_visible()
        theirs.get_by_role("button", name="More").click()
        expect(other.get_by_text("Take along")).to_be_visible()
        expect(other.get_by_text("Delete", exact=True)).to_have_count(0)
    expect(mine.get_by_text("somebody else’s")).to_have_count(0)
    choose(page, mine, "Delete")
    expect(mine).to_have_count(0)


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
