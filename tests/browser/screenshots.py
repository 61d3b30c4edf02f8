"""Pictures of the app: `python -m tests.browser.screenshots` for the README, `--all DIR` to look at every page."""

from __future__ import annotations

import argparse
import io
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page

from model.data.datasets import load_builtin
from model.studies.duel import DuelPlan, run_duel
from tests.browser.server import CONTEXT, PAGES, ROOT, SETTLED, Server, app_in_chromium

FOLDER = ROOT / "assets" / "screenshots"
DESK, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
LARGEST = 200_000  # bytes of a picture in the repository
TRAINING_MS = 600_000
DUEL = DuelPlan(presets=("bilstm", "bilstm-additive", "bilstm-additive:uniform"), seeds=5)


def main() -> None:
    """Take the pictures, from a server and a library of runs that exist for them alone."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--all", type=Path, metavar="DIR", help="every page in both themes and widths, whole, to DIR")
    folder = parser.parse_args().all
    with tempfile.TemporaryDirectory() as runs, app_in_chromium(Path(runs)) as (server, browser):
        if folder:
            _everything(browser, server, folder)
        else:
            _for_the_readme(browser, server)
    with tempfile.TemporaryDirectory() as runs:
        run_duel(Path(runs), load_builtin("imdb-short"), DUEL)
        with app_in_chromium(Path(runs)) as (server, browser):
            _compare(browser, server, folder)


def _for_the_readme(browser: Browser, server: Server) -> None:
    for scheme, name, path in (
        ("light", "read", "/"),
        ("dark", "read-dark", "/"),
    ):
        page = _open(browser, server.url + path, DESK, scheme)
        _keep(page.screenshot(), FOLDER / f"{name}.png")
        page.context.close()
    page = _open(browser, f"{server.url}/trust?limit=50", DESK, "light")
    page.get_by_role("button", name="Run the tests").click()
    page.get_by_text("What may be claimed").wait_for(timeout=TRAINING_MS)
    page.set_viewport_size({"width": 1440, "height": 1300})
    _let_it_rest(page)
    _keep(page.screenshot(), FOLDER / "trust.png")
    page = _open(browser, f"{server.url}/train", {"width": 1440, "height": 1450}, "light")
    page.get_by_text("At most about").wait_for(timeout=TRAINING_MS)
    _keep(page.screenshot(), FOLDER / "train.png")
    _next_word(browser, server)
    page = _train(browser, server)
    page.locator(".st-key-card-forming").wait_for(timeout=TRAINING_MS)
    page.set_viewport_size({"width": 1440, "height": 1500})
    _let_it_rest(page)
    _keep(page.screenshot(), FOLDER / "training.png")


def _next_word(browser: Browser, server: Server) -> None:
    """The Next word page with the demo models: one prediction, and a whole text."""
    for name, face, height in (("next-word", "next", 1250), ("map", "text", 1350)):
        size = {"width": 1440, "height": height}
        page = _open(browser, f"{server.url}/next_word?face={face}", size, "light")
        _keep(page.screenshot(), FOLDER / f"{name}.png")
        page.context.close()


def _compare(browser: Browser, server: Server, folder: Path | None) -> None:
    """The Compare page with a duel: for the README, or each of its faces in both themes and widths."""
    if folder is None:
        for name, face, height in (("compare", "overview", 1500), ("differences", "texts", 1200)):
            size = {"width": 1440, "height": height}
            page = _open(browser, f"{server.url}/compare?view={face}", size, "light")
            _keep(page.screenshot(), FOLDER / f"{name}.png")
            page.context.close()
        return
    for face in ("overview", "texts", "growth", "stability", "audit"):
        _whole(browser, f"{server.url}/compare?view={face}", folder / f"compare-{face}")


def _everything(browser: Browser, server: Server, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    addresses = {name: server.url + path for name, path in PAGES.items()}
    for name in (*addresses, "training"):  # last, since the library changes with it
        if name == "training":
            page = _train(browser, server)
            addresses[name] = page.url
            page.context.close()
        _whole(browser, addresses[name], folder / name)


def _whole(browser: Browser, address: str, path: Path) -> None:
    """A page from its top to its end, in both themes and widths."""
    for size in (DESK, PHONE):
        for scheme in ("light", "dark"):
            page = _open(browser, address, size, scheme)
            height = page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight")
            page.set_viewport_size({"width": size["width"], "height": max(size["height"], height)})
            _let_it_rest(page)
            page.screenshot(path=path.with_name(f"{path.name}-{size['width']}-{scheme}.png"))
            page.context.close()


def _open(browser: Browser, address: str, size: dict[str, int], scheme: str) -> Page:
    context = browser.new_context(**{**CONTEXT, "viewport": size, "color_scheme": scheme})
    page = context.new_page()
    page.goto(address)
    _let_it_rest(page)
    return page


def _let_it_rest(page: Page) -> None:
    """Wait until the script is over, what it asked for later is there, and charts have drawn themselves."""
    page.locator(SETTLED).wait_for(timeout=60_000)
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(1_500)
    page.get_by_text("being computed…").first.wait_for(state="detached", timeout=60_000)
    page.locator(SETTLED).wait_for(timeout=60_000)


def _train(browser: Browser, server: Server) -> Page:
    """Train what the Train page proposes, on the built-in reviews, and stay on its page."""
    page = _open(browser, f"{server.url}/train", DESK, "light")
    page.get_by_role("button", name="Train", exact=True).click()
    page.mouse.move(0, 0)  # a chart under the pointer shows its toolbar
    page.get_by_role("button", name="Compare them").wait_for(timeout=TRAINING_MS)
    _let_it_rest(page)
    return page


def _keep(picture: bytes, path: Path) -> None:
    """Write a PNG of at most LARGEST bytes: as it is if it fits, else with as many colours as fit."""
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    for colours in (None, 256, 128, 64):
        kept = image if colours is None else image.quantize(colours, dither=Image.Dither.NONE)
        out = io.BytesIO()
        kept.save(out, "PNG", optimize=True)
        if out.tell() <= LARGEST:
            break
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(out.getvalue())
    print(f"{path.relative_to(ROOT)}: {out.tell() / 1000:.0f} kB, {colours or 'all'} colours")


if __name__ == "__main__":
    main()
