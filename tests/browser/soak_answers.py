"""How long two pages take to answer while trainings run, and while these are held still; for the soak."""

from __future__ import annotations

import contextlib
import os
import signal
import statistics
import time
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, Page

from model.runs.finding import list_runs
from model.runs.run import ENDED
from tests.browser.server import CONTEXT, SETTLED, Server

ANSWERS_IN_A_ROW = 6  # before the trainings are held still, or let go on
GOAL = 1.5  # the median answer during trainings to that while they are held still

Seconds = dict[str, list[float]]  # of each answer, by what was asked

# From the key that sends it until what was typed stands on the page (in the first strip, or anywhere but the input).
ANSWER = """([typed, inside]) => {
  const strips = () => [...document.querySelectorAll(".st-key-card-strip-0 *")].map((e) => e.shadowRoot);
  const there = () => inside
    ? strips().filter(Boolean).some((root) => root.textContent.includes(typed))
    : document.querySelector("[data-testid=stMain]").textContent.includes(typed);
  window.answered = new Promise((resolve, reject) => {
    setTimeout(() => reject(new Error(`no answer to ${typed}`)), 60_000);
    document.addEventListener("keydown", () => {
      const begun = performance.now();
      const look = () => there() ? resolve((performance.now() - begun) / 1000) : requestAnimationFrame(look);
      look();
    }, { once: true, capture: true });
  });
}"""


class Visitor:
    """Uses two pages over and over, and notes how long each answer takes."""

    def __init__(self, browser: Browser, server: Server) -> None:
        context = browser.new_context(**CONTEXT)
        self._models, self._read = context.new_page(), context.new_page()
        self._turn = 0
        self._found: Seconds = {}
        for page, path in ((self._models, "/models"), (self._read, "/")):
            page.set_default_timeout(120_000)
            page.goto(server.url + path)
            page.locator(SETTLED).wait_for()
        self.answer()
        self.take()  # the first answers load what the later ones find there

    def answer(self) -> None:
        """Search among the models, then read another text."""
        self._turn += 1
        typed = f"nothing{self._turn}like"
        self._timed("models: search", self._models, ".st-key-search input", typed, "Enter", inside=False)
        self._timed("read: a text", self._read, "textarea", f"{typed} this film", "Control+Enter", inside=True)

    def take(self) -> Seconds:
        """The seconds found since the last call."""
        found, self._found = self._found, {}
        return found

    def _timed(self, name: str, page: Page, box: str, typed: str, key: str, *, inside: bool) -> None:
        page.bring_to_front()  # what is behind another is drawn once a second
        field = page.locator(box).first
        field.fill(typed)
        page.evaluate(ANSWER, [typed.split()[0], inside])
        field.press(key)
        self._found.setdefault(name, []).append(page.evaluate("window.answered"))


def use_pages(visitor: Visitor, root: Path, count: int, *, seconds: float) -> tuple[Seconds, Seconds]:
    """Use the pages until all trainings have ended; the answers' seconds while they ran, and while held still."""
    deadline = time.monotonic() + seconds
    busy: Seconds = {}
    idle: Seconds = {}
    while not ended(root, count):
        if time.monotonic() > deadline:
            print(f"NOT RIGHT: they had not all ended after {seconds / 60:.0f} minutes")
            break
        _answers(visitor, busy)
        with _held_still(root) as held:
            if held:
                _answers(visitor, idle)
    return busy, idle


def _answers(visitor: Visitor, found: Seconds) -> None:
    for _ in range(ANSWERS_IN_A_ROW):
        visitor.answer()
    for name, values in visitor.take().items():
        found.setdefault(name, []).extend(values)


@contextlib.contextmanager
def _held_still(root: Path) -> Iterator[bool]:
    """Stop the processes of all running trainings for a while; False, and nothing is stopped, if one is starting."""
    states = {run.id: run.state for run in list_runs(root)}
    workers = [(run_id, state["pid"]) for run_id, state in states.items() if state["state"] == "running"]
    workers = [(run_id, pid) for run_id, pid in workers if _trains(pid, run_id)]
    if not workers or any(state["state"] == "starting" for state in states.values()):
        yield False
        return
    for _, pid in workers:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield True
    finally:
        for run_id, pid in workers:
            if _trains(pid, run_id):
                os.kill(pid, signal.SIGCONT)


def _trains(pid: int, run_id: str) -> bool:
    with contextlib.suppress(OSError):
        return run_id.encode() in Path(f"/proc/{pid}/cmdline").read_bytes()
    return False


def compared(busy: Seconds, idle: Seconds) -> list[str]:
    problems = []
    for name, during in busy.items():
        if name not in idle:
            return ["the trainings were never held still: too few answers to compare"]
        ratio = statistics.median(during) / statistics.median(idle[name])
        print(
            f"{name}: median {1000 * statistics.median(during):.0f} ms of {len(during)} during trainings,"
            f" {1000 * statistics.median(idle[name]):.0f} ms of {len(idle[name])} while they were held still:"
            f" {ratio:.2f} times"
        )
        if ratio > GOAL:
            problems.append(f"{name} took {ratio:.2f} times as long during trainings; the goal is {GOAL}")
    return problems


def ended(root: Path, count: int) -> bool:
    """Whether so many trainings have ended."""
    return sum(run.state["state"] in ENDED for run in list_runs(root)) == count
