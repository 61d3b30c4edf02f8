"""Whose a training is, in two browsers: the name in the cookie reaches the pages over the websocket."""

import pytest
from playwright.sync_api import Browser, Page, expect

from model.runs.owners import COOKIE, owner_of
from model.runs.store import create_run, delete_run
from model.training.settings import Settings
from tests.browser.server import SETTLED, Server

pytestmark = pytest.mark.browser

REPORT = {"rows": 0, "dropped": {}, "duplicates": 0, "leaked_into_test": 0, "classes": {}, "train": 0,
          "validation": 0, "test": 0}  # fmt: skip
DATA = {"name": "none", "sha256": "0" * 64, "folder": None, "report": REPORT}


@pytest.fixture
def make_run(server: Server):
    """A function that puts a training that failed into the server's library; all are removed at the end."""
    made = []

    def make(owner):
        made.append(create_run(server.runs, data=DATA, settings=Settings().to_dict(), versions={}, owner=owner))
        made[-1].set_state("failed", message="The moon was in the wrong phase.")
        return made[-1]

    yield make
    for run in made:
        delete_run(run, for_good=True)


def test_only_its_owner_is_offered_to_resume_a_training(
    visit, page: Page, server: Server, browser: Browser, make_run
):
    visit()
    [cookie] = [cookie for cookie in page.context.cookies() if cookie["name"] == COOKIE]
    assert cookie["httpOnly"] and cookie["sameSite"] == "Lax"
    assert COOKIE not in page.evaluate("document.cookie")
    run = make_run(owner_of(cookie["value"]))
    visit(f"/train?runs={run.id}")
    expect(page.get_by_text("wrong phase")).to_be_visible()
    expect(page.get_by_role("button", name="Resume")).to_be_visible()

    stranger = browser.new_context().new_page()
    stranger.goto(f"{server.url}/train?runs={run.id}")
    stranger.locator(SETTLED).wait_for(timeout=60_000)
    expect(stranger.get_by_text("wrong phase")).to_be_visible()
    expect(stranger.get_by_role("button", name="Resume")).to_have_count(0)
    stranger.context.close()
