"""One server for all these tests, and a page that fails its test when the browser had anything to complain of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.browser.server import CONTEXT, LAUNCH, SETTLED, Server, running_app

# A deep link such as /train makes Streamlit's own front end look for its server under /train/ first.
EXPECTED_404 = ("/_stcore/health", "/_stcore/host-config")


@pytest.fixture(scope="session")
def base_url() -> None:
    """Stands before pytest-playwright's own, which pytest warns of: its addresses are absolute here."""


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict) -> dict:
    """pytest-playwright's hook for how the browser starts."""
    return {**browser_type_launch_args, **LAUNCH}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict) -> dict:
    """pytest-playwright's hook for what the browser claims to be."""
    return {**browser_context_args, **CONTEXT}


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The app with an empty library of its own (and the demo runs), warm."""
    runs: Path = tmp_path_factory.mktemp("runs")
    with running_app(runs) as server:
        server.wait_until_warm()
        yield server


@pytest.fixture
def page(page: Page) -> Iterator[Page]:
    """A page that ends in an error if the browser reported one, a script ran a dialog, or the app a traceback."""
    complaints: list[str] = []

    def console(message) -> None:
        expected = message.location.get("url", "").endswith(EXPECTED_404) and "404" in message.text
        if message.type == "error" and not expected:
            complaints.append(f"console: {message.text} ({message.location.get('url')})")

    def dialog(box) -> None:
        complaints.append(f"dialog: {box.message}")
        box.dismiss()

    page.on("console", console)
    page.on("pageerror", lambda error: complaints.append(f"page: {error}"))
    page.on("dialog", dialog)
    page.set_default_timeout(20_000)
    yield page
    tracebacks = page.get_by_test_id("stException").all_inner_texts()
    assert complaints + tracebacks == []


@pytest.fixture
def visit(page: Page, server: Server) -> Callable[[str], Page]:
    """Open a path of the app and wait until its script has run."""

    def visit(path: str = "/") -> Page:
        page.goto(server.url + path)
        page.locator(SETTLED).wait_for(timeout=60_000)
        return page

    return visit
