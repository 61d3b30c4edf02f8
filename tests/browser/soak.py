"""Five people, fifty trainings at once: `python -m tests.browser.soak`, by hand; ends in 1 unless all went well.

Five browsers each press Train for ten small trainings. All must end, in a fair order, with every event told once.
Meanwhile a sixth browser uses other pages: their median answer during the trainings is compared with that while the
trainings are held still, in turns, so that whatever else the machine does weighs on both alike.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Page

from model.runs.finding import list_runs
from model.runs.run import Run
from tests.browser.server import CONTEXT, SETTLED, Server, app_in_chromium
from tests.browser.soak_answers import Visitor, compared, use_pages

TEXTS, EPOCHS = 400, 2  # of each training; the texts are generated


def main() -> int:
    """Run it, print what was found, and return 0 if all is as it should be."""
    options = _options()
    with tempfile.TemporaryDirectory() as folder, app_in_chromium(Path(folder)) as (server, browser):
        people = [browser.new_context(**CONTEXT).new_page() for _ in range(options.people)]
        for page in people:
            _fill_in(page, server, options.seeds)
        visitor = Visitor(browser, server)
        begun = time.monotonic()
        wanted = _press_train(people)
        starts = Starts(server.runs)
        print(f"{len(wanted)} trainings of {len(people)} people are queued after {time.monotonic() - begun:.1f} s")
        if options.close:
            for page in people:
                page.context.close()
        busy, idle = use_pages(visitor, server.runs, len(wanted), seconds=options.minutes * 60)
        starts.close()
        print(f"all ended after {(time.monotonic() - begun) / 60:.1f} minutes")
        problems = [*_trainings(server.runs, wanted), *starts.unfair(), *compared(busy, idle)]
    for problem in problems:
        print(f"NOT RIGHT: {problem}")
    return 1 if problems else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=5)
    parser.add_argument("--seeds", type=int, default=5, help="two networks are trained once per seed")
    parser.add_argument("--minutes", type=float, default=30.0, help="how long all may take")
    parser.add_argument(
        "--close", action="store_true", help="close the five browsers once their trainings are queued"
    )
    return parser.parse_args()


# -- five people -------------------------------------------------------------------------------------------------


def _fill_in(page: Page, server: Server, seeds: int) -> None:
    page.set_default_timeout(120_000)
    page.goto(f"{server.url}/train?data=Generated&task=diagnostic:keyword")
    page.locator(SETTLED).wait_for()
    page.get_by_text("Settings", exact=True).click()
    for label, value in (("Texts", TEXTS), ("Seeds", seeds), ("Epochs", EPOCHS)):
        box = page.get_by_label(label, exact=True)
        box.fill(str(value))
        box.press("Enter")
        page.locator(SETTLED).wait_for()
    page.get_by_text(f"{2 * seeds} trainings on one and the same split.").wait_for()


def _press_train(people: list[Page]) -> dict[str, int]:
    """Press all buttons, one right after the other; the number of the person by run id."""
    for page in people:
        page.get_by_role("button", name="Train", exact=True).click(no_wait_after=True)
    wanted = {}
    for person, page in enumerate(people):
        page.wait_for_url(re.compile(r"[?&]runs="))
        wanted |= dict.fromkeys(parse_qs(urlsplit(page.url).query)["runs"][0].split(","), person)
    return wanted


def _trainings(root: Path, wanted: dict[str, int]) -> list[str]:
    """What is wrong with the runs: their number, owners, ends, events."""
    runs = {run.id: run for run in list_runs(root)}
    problems = [] if runs.keys() == wanted.keys() else [f"{len(runs)} runs are there, {len(wanted)} were asked for"]
    owners: dict[int, set[str | None]] = {}
    for run_id, run in runs.items():
        owners.setdefault(wanted.get(run_id, -1), set()).add(run.spec["owner"])
        problems += [f"{run_id}: {problem}" for problem in _events(run)]
    if len({owner for found in owners.values() for owner in found}) != len(owners) or any(
        len(found) != 1 or None in found for found in owners.values()
    ):
        problems.append(f"the owners are {owners}")
    print(f"{sum(run.state['state'] == 'done' for run in runs.values())} of {len(runs)} are done")
    return problems


def _events(run: Run) -> list[str]:
    state, report = run.state, run.report
    if state["state"] != "done" or report is None:
        return [f"{state['state']}: {state['message']}"]
    events = run.events()[0]
    kinds = Counter(event["kind"] for event in events)
    epochs = [event["epoch"] for event in events if event["kind"] == "epoch"]
    problems = []
    if events[0]["kind"] != "boot" or events[-1]["kind"] != "done" or kinds["boot"] != 1 or kinds["done"] != 1:
        problems.append(f"it began and ended as {dict(kinds)}")
    if epochs != list(range(1, report["epochs"] + 1)):
        problems.append(f"it told of the epochs {epochs}")
    if [event["t"] for event in events] != sorted(event["t"] for event in events):
        problems.append("its events are not in the order of their times")
    return problems


# -- the order of starts -----------------------------------------------------------------------------------------


class Starts:
    """Watches the states on the disk, and notes whose job started when."""

    def __init__(self, root: Path) -> None:
        self._waiting = {run.id: run for run in list_runs(root) if run.state["state"] == "queued"}
        self._owners = [run.spec["owner"] for run in self._waiting.values()]
        self._found: list[tuple[float, str, str]] = []  # when, whose, which
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Watch no longer."""
        self._done.set()
        self._thread.join()

    def unfair(self) -> list[str]:
        """What is wrong with the order, counted from when everybody was in the queue."""
        left, started, worst = Counter(self._owners), Counter(), 0
        problems = []
        for _, owner, run_id in sorted(self._found):
            started[owner] += 1
            left[owner] -= 1
            behind = min((started[other] for other in left if left[other] > 0), default=started[owner])
            ahead = max(started.values()) - behind
            worst = max(worst, ahead)
            if ahead > 1:
                problems.append(f"{run_id} was start {started[owner]} of its owner, when another had {behind}")
        print(f"{len(self._found)} starts while all waited: nobody was more than {worst} start(s) behind another")
        return problems + (["some starts were not seen"] if sum(left.values()) else [])

    def _watch(self) -> None:
        while self._waiting and not self._done.wait(0.05):
            for run in list(self._waiting.values()):
                state = run.state
                if state["state"] != "queued":
                    self._found.append((state["since"], run.spec["owner"], run.id))
                    del self._waiting[run.id]


if __name__ == "__main__":
    sys.exit(main())
