"""How long a person waits, and what each page costs: `python -m tests.browser.measure`; no test rests on it.

Two tables: the waits that matter most, in seconds, then every page's first visit and common wishes, as
`measure_pages` explains. `--json` prints all of it as one object, `--pages read` measures the pages of that name
alone, and `--runs 200` does so with a library of so many.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from model.data.datasets import load_builtin
from model.text.segmentation import segment
from tests.browser import measure_pages
from tests.browser.server import CONTEXT, LAUNCH, SETTLED, running_app

STARTS, PASTES, CHANGES, WORDS = 3, 50, 20, 200

# Starts with the key that sends the text. Each figure is taken in the frame in which the thing is first there:
# the words in colour, their saliency row, and all rows.
CLOCK = """([first, count]) => {
  const inside = (card) => [...document.querySelectorAll(`.st-key-card-${card} *`)]
    .map((e) => e.shadowRoot).filter(Boolean);
  const all = (card, what) => inside(card).flatMap((root) => [...root.querySelectorAll(what)]);
  const coloured = () => {
    const tokens = all("strip-0", ".tok");
    return tokens.length === count && tokens[0].textContent === first
      && tokens.some((e) => Number(e.style.getPropertyValue("--a")) > 0.5);
  };
  const drawn = () => {
    const sheet = all("rows", ".sheet")[0];
    if (!sheet || !(sheet.getAttribute("aria-valuetext") ?? "").startsWith(`“${first}”`)) return [];
    return [...sheet.querySelectorAll(".row[data-row]")].map((e) =>
      [e.querySelector(".name").textContent, !!e.querySelector("svg")]);
  };
  window.recoloured = new Promise((resolve, reject) => {
    setTimeout(() => reject(new Error("the new text was never drawn")), 60_000);
    document.querySelector("textarea").addEventListener("keydown", () => {
      const start = performance.now(), found = {};
      const look = () => {
        const now = (performance.now() - start) / 1000, rows = drawn();
        if (coloured()) found.words ??= now;
        if (rows.some(([name, there]) => name === "Saliency" && there)) found.saliency ??= now;
        if (rows.length && rows.every(([, there]) => there)) found.rows ??= now;
        if (Object.keys(found).length === 3) resolve(found); else requestAnimationFrame(look);
      };
      look();
    }, { once: true, capture: true });
  });
}"""


# Starts with the press on a control; ends in the frame in which the first strip is coloured otherwise.
CHANGE = """() => {
  const root = () => [...document.querySelectorAll(".st-key-card-strip-0 *")].map((e) => e.shadowRoot).find(Boolean);
  const colours = () => [...root().querySelectorAll(".tok")].map((e) => e.className + e.style.cssText).join();
  const before = colours();
  window.changed = new Promise((resolve, reject) => {
    setTimeout(() => reject(new Error("the colours never changed")), 60_000);
    const start = (event) => {
      const from = performance.now();
      const look = () => colours() !== before
        ? resolve((performance.now() - from) / 1000) : requestAnimationFrame(look);
      look();
    };
    document.addEventListener("pointerdown", start, { once: true, capture: true });
    document.addEventListener("keydown", start, { once: true, capture: true });
  });
}"""


def main() -> None:
    """Measure, and print medians, 95th percentiles, and the worst of the waits, and the costs of the pages."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="one JSON object in the place of tables")
    parser.add_argument(
        "--pages", metavar="NAME", help="only the costs of the pages that this regular expression finds"
    )
    parser.add_argument("--runs", type=int, default=0, help="finished runs in the library beside the demo runs")
    asked = parser.parse_args()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**LAUNCH)
        waits = _waits(browser) if asked.pages is None else {}
        costs = _costs(browser, asked.pages or "", asked.runs)
        browser.close()
    if asked.json:
        print(json.dumps({"waits": waits, "pages": {name: cost._asdict() for name, cost in costs.items()}}, indent=1))
        return
    for name, wait in waits.items():
        print(f"{name.replace('_', ' '):40}" + " ".join(f"{key} {value:.3f} s" for key, value in wait.items()))
    print(measure_pages.table(costs))


def _costs(browser: Browser, pages: str, runs: int) -> dict[str, measure_pages.Cost]:
    with tempfile.TemporaryDirectory() as folder:
        library, times = Path(folder, "runs"), Path(folder, "times.jsonl")
        measure_pages.fill(library, runs)
        with running_app(library, times=times) as server:
            server.wait_until_warm()
            return measure_pages.measure(browser, server, times, pages=pages)


def _waits(browser: Browser) -> dict[str, dict[str, float]]:
    starts = [_start(browser) for _ in range(STARTS + 1)][1:]  # the first one warms the disk
    pastes, rows, slides = _pastes(browser)
    return {
        "server_start_to_first_page": _summary([page for page, _ in starts]),
        "server_start_to_coloured_words": _summary([words for _, words in starts]),
        **{
            f"paste_of_{WORDS}_words_to_{what}": _summary([paste[what] for paste in pastes])
            for what in ("words", "saliency", "rows")
        },
        "other_colouring": _summary(rows),
        "slider_moved": _summary(slides),
    }


def _summary(seconds: list[float]) -> dict[str, float]:
    p95 = statistics.quantiles(seconds, n=20, method="inclusive")[-1]
    return {"median": round(statistics.median(seconds), 3), "p95": round(p95, 3), "worst": round(max(seconds), 3)}


def _start(browser: Browser) -> tuple[float, float]:
    """Seconds from the start of a fresh server to a page that can be used, and to words in colour on it."""
    with tempfile.TemporaryDirectory() as runs:
        page = browser.new_context(**CONTEXT).new_page()  # before the clock: a person's browser is open
        with running_app(Path(runs)) as server:
            page.goto(server.url)
            page.get_by_role("heading", name="Read one text").wait_for()
            usable = time.perf_counter() - server.started
            page.locator(".st-key-card-strip-0 .tok[style*='--a: 1.000']").first.wait_for()
            coloured = time.perf_counter() - server.started
        page.context.close()
    return usable, coloured


def _pastes(browser: Browser) -> tuple[list[dict[str, float]], list[float], list[float]]:
    """Seconds of each paste, of each change of the colouring, and of each move of a slider."""
    with tempfile.TemporaryDirectory() as runs, running_app(Path(runs)) as server:
        server.wait_until_warm()
        page = browser.new_context(**CONTEXT).new_page()
        page.goto(server.url)
        page.locator(".st-key-card-strip-0 .tok").first.wait_for()
        pastes = [_paste(page, first, text) for first, text in _texts()]
        colourings = page.locator("[class*='st-key-row'] button")
        rows = [_change(page, lambda n=n: colourings.nth(1 - n % 2).click()) for n in range(CHANGES)]
        page.get_by_role("button", name="View").click()
        page.get_by_role("group", name="Lift small values").locator("input").focus()
        keys = ["ArrowRight", "ArrowLeft"]
        return pastes, rows, [_change(page, lambda n=n: page.keyboard.press(keys[n % 2])) for n in range(CHANGES)]


def _change(page: Page, act: Callable[[], None]) -> float:
    page.locator(SETTLED).wait_for()
    page.wait_for_timeout(300)
    page.evaluate(CHANGE)
    act()
    return page.evaluate("window.changed")


def _texts() -> Iterator[tuple[str, str]]:
    """PASTES texts of WORDS tokens that nobody pasted before, each with its first token."""
    words = segment(" ".join(load_builtin("imdb-short").test.texts)).keys
    for number in range(PASTES):
        first = f"attempt{number}"
        part = words[number * WORDS :][: WORDS - 1]
        yield first, " ".join([first, *part])


def _paste(page: Page, first: str, text: str) -> dict[str, float]:
    page.locator(SETTLED).wait_for()
    page.wait_for_timeout(500)
    page.evaluate(CLOCK, [first, len(segment(text).keys)])
    box = page.get_by_role("textbox", name="Text", exact=True)
    # As a paste does: the text is there at once, and no key has been pressed yet.
    box.fill(text)
    box.press("Control+Enter")
    return page.evaluate("window.recoloured")


if __name__ == "__main__":
    main()
