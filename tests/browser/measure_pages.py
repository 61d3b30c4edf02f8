"""What each page costs, on a first visit and for each common wish: time in browser and server, and what is sent.

`python -m tests.browser.measure` runs it. A row is the median of several: "settled" is the time from the press of a
key or the pointer to the last change of the page; "browser" and "script" are processor time, of the page's main
thread and of the server's script runs; "collect" is that of the garbage collections that Streamlit asks for after
them; then how many such "runs" there were, bytes over the websocket, elements sent, and nodes the browser made.
"""

from __future__ import annotations

import json
import re
import shutil
import statistics
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Browser, Page, WebSocket
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from model.runs.finding import list_runs
from model.runs.run import DEMO_ROOT
from tests.browser.measure_wishes import WISHES
from tests.browser.server import CONTEXT, SETTLED, Server

TIMES = 5
QUIET_MS = 500  # without a change, after which a page is called settled

# Every change of the document and of its shadow roots is seen, with its time and the elements that are new.
WATCH = """() => {
  const told = (window.told = { last: 0, nodes: 0, start: 0 });
  const watch = new MutationObserver((changes) => {
    for (const change of changes) {
      if (change.target.closest?.("[data-testid=stStatusWidget], [data-testid=stHeader]")) continue;
      if (change.type === "attributes" && change.attributeName === "data-test-script-state") continue;
      told.last = performance.now();
      const made = [...change.addedNodes].filter((node) => node.nodeType === 1);
      for (const node of made) told.nodes += 1 + node.querySelectorAll("*").length;
    }
  });
  const all = { subtree: true, childList: true, attributes: true, characterData: true };
  watch.observe(document, all);
  const attach = Element.prototype.attachShadow;
  Element.prototype.attachShadow = function (options) {
    const root = attach.call(this, options);
    watch.observe(root, all);
    return root;
  };
  const begin = () => {
    if (told.armed) Object.assign(told, { armed: false, start: performance.now(), last: 0, nodes: 0 });
  };
  for (const kind of ["pointerdown", "keydown"]) document.addEventListener(kind, begin, { capture: true });
}"""


class Cost(NamedTuple):
    """What one wish cost; times in seconds."""

    settled: float
    browser: float
    script: float
    collect: float
    runs: int
    bytes: int
    elements: int
    nodes: int
    objects: int


class Traffic:
    """What a page's websocket has brought since `begin`."""

    def __init__(self, page: Page) -> None:
        self.bytes = self.elements = 0
        page.on("websocket", self._watch)

    def begin(self) -> None:
        """Count from nothing."""
        self.bytes = self.elements = 0

    def _watch(self, socket: WebSocket) -> None:
        socket.on("framereceived", self._count)

    def _count(self, frame: str | bytes) -> None:
        if isinstance(frame, bytes):
            self.bytes += len(frame)
            message = ForwardMsg.FromString(frame)
            kinds = [one.WhichOneof("type") for one in (message, *getattr(message, "delta_list", ()))]
            self.elements += sum(kind in ("delta", "ref_hash") for kind in kinds)


class Visit:
    """One person's browser: what it is made to do, and what that costs."""

    def __init__(self, browser: Browser, server: Server, times: Path) -> None:
        self.page = browser.new_context(**CONTEXT).new_page()
        self.page.set_default_timeout(30_000)
        self.page.add_init_script(f"({WATCH})()")
        self.traffic = Traffic(self.page)
        self._tools = self.page.context.new_cdp_session(self.page)
        self._tools.send("Performance.enable", {"timeDomain": "threadTicks"})
        self._server, self._times = server, times

    def open(self, path: str) -> Cost:
        """Load an address as a new visitor does."""
        return self._cost(lambda: self.page.goto(self._server.url + path))

    def do(self, act: Callable[[Page], None]) -> Cost:
        """Do something that begins with a key or a press."""
        self.page.evaluate("told.armed = true")
        return self._cost(lambda: act(self.page))

    def watch(self, seconds: float) -> Cost:
        """Do nothing for so long."""
        self.page.evaluate("told.nodes = 0")
        return self._cost(lambda: self.page.wait_for_timeout(1000 * seconds))

    def close(self) -> None:
        """End the visit."""
        self.page.context.close()

    def _cost(self, act: Callable[[], object]) -> Cost:
        self.traffic.begin()
        before, busy = len(self._runs()), self._busy()
        act()
        self._rest()
        told = self.page.evaluate("told")
        runs = self._runs()[before:]
        return Cost(
            settled=max(0.0, told["last"] - told["start"]) / 1000,
            browser=self._busy() - busy,
            script=sum(run["script"] for run in runs),
            collect=sum(run["collect"] for run in runs),
            runs=len(runs),
            bytes=self.traffic.bytes,
            elements=self.traffic.elements,
            nodes=told["nodes"],
            objects=max((run["objects"] for run in runs), default=0),
        )

    def _busy(self) -> float:
        found = self._tools.send("Performance.getMetrics")["metrics"]
        return next(metric["value"] for metric in found if metric["name"] == "TaskDuration")

    def _runs(self) -> list[dict[str, float]]:
        return [json.loads(line) for line in self._times.read_text().splitlines()] if self._times.exists() else []

    def _rest(self) -> None:
        self.page.wait_for_timeout(150)  # in which what was pressed reaches the server
        while True:
            self.page.locator(SETTLED).wait_for()
            quiet = self.page.evaluate("performance.now() - told.last")
            if quiet >= QUIET_MS and self.page.locator(SETTLED).count():
                return
            self.page.wait_for_timeout(max(20.0, QUIET_MS - quiet))


def median(costs: list[Cost]) -> Cost:
    """The middle of each figure."""
    return Cost(*(statistics.median(figures) for figures in zip(*costs, strict=True)))


def measure(browser: Browser, server: Server, times: Path, *, pages: str = "") -> dict[str, Cost]:
    """The cost of every page's first visit and of every wish on it, by "page: wish"; `pages` finds their names."""
    costs: dict[str, Cost] = {}
    for name, (path, wishes) in WISHES.items():
        if not re.search(pages, name):
            continue
        first = []
        for number in range(TIMES):
            visit = Visit(browser, server, times)
            first.append(visit.open(path))
            if number < TIMES - 1:
                visit.close()
        costs[f"{name}: first visit"] = median(first)
        for wish, act in wishes.items():
            # The first time something may be computed or loaded that is remembered later.
            each = [visit.do(lambda page, n=n, act=act: act(page, n)) for n in range(TIMES + 1)][1:]
            costs[f"{name}: {wish}"] = median(each)
        if name == "train":
            costs["train: a second of two trainings"] = _training(visit)
        visit.close()
    return costs


def _training(visit: Visit) -> Cost:
    """What a page costs a second while it shows trainings, which end with the server."""
    visit.page.get_by_role("button", name="Train", exact=True).click()
    visit.page.locator(".st-key-card-curve-loss svg .mark-line path").first.wait_for(timeout=120_000)
    seconds = 6
    cost = visit.watch(seconds)
    return Cost(0.0, *(figure / seconds for figure in cost[1:]))


def table(costs: dict[str, Cost]) -> str:
    """The figures in columns: milliseconds, kilobytes, counts."""
    titles = ("settled", "browser", "script", "collect", "runs", "kB", "elements", "nodes")
    lines = [" " * 40 + "".join(f"{title:>9}" for title in titles)]
    for name, cost in costs.items():
        times = [1000 * value for value in (cost.settled, cost.browser, cost.script, cost.collect)]
        figures = [*times, cost.runs, cost.bytes / 1000, cost.elements, cost.nodes]
        lines.append(f"{name:40}" + "".join(f"{figure:9.0f}" for figure in figures))
    return "\n".join(lines)


def fill(root: Path, runs: int) -> None:
    """Have a library hold so many finished runs: copies of the demo models, each under an id of its own."""
    root.mkdir(parents=True)
    demos = list_runs(DEMO_ROOT)
    for number in range(runs):
        demo = demos[number % len(demos)]
        name = f"20261101-{number // 3600:02d}{number // 60 % 60:02d}{number % 60:02d}-{number:06x}"
        folder = root / name
        shutil.copytree(demo.folder, folder)
        (folder / "spec.json").write_text(json.dumps({**demo.spec, "id": name}))
