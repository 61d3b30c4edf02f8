"""The app on a free port with a library of its own, and Chromium to look at it: for tests, pictures and clocks."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
PAGES = {
    "read": "/",
    "train": "/train",
    "compare": "/compare",
    "trust": "/trust",
    "next word": "/next_word",
    "models": "/models",
}
START_SECONDS = 60.0

# Debian's Chromium where there is one, else the one that `playwright install chromium` brought.
LAUNCH: dict[str, Any] = {
    "executable_path": shutil.which("chromium"),
    "args": [
        "--no-sandbox",  # containers run tests as root
        "--disable-gpu",
        "--disable-dev-shm-usage",  # containers have little of it
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
    ],
}
CONTEXT: dict[str, Any] = {
    "viewport": {"width": 1440, "height": 900},
    "color_scheme": "light",
    "reduced_motion": "reduce",
    "locale": "en-GB",
    "timezone_id": "UTC",
}
SETTLED = "[data-testid=stApp][data-test-script-state=notRunning]"


class Server(NamedTuple):
    """A running app: its address, the folder of its runs, and when its process was started (time.perf_counter)."""

    url: str
    runs: Path
    started: float

    @property
    def warm(self) -> bool:
        """Whether the heavy libraries and the models of the first page are in memory."""
        with urllib.request.urlopen(f"{self.url}/api/ready", timeout=5) as answer:
            return b'"warm":true' in answer.read().replace(b" ", b"")

    def wait_until_warm(self) -> None:
        """Return when nothing heavy runs in the background any more."""
        _until(lambda: self.warm, "the app never finished warming up")


@contextlib.contextmanager
def running_app(runs: Path, *, wait: bool = True, times: Path | None = None) -> Iterator[Server]:
    """Run `streamlit run app.py` with `runs` as its library; with `wait`, from when it answers.

    `times`: a file to which the seconds of every script run are added, see `timed_app`.
    """
    port = _free_port()
    command = [sys.executable, "-m", "tests.browser.timed_app" if times else "streamlit", "run", str(ROOT / "app.py")]
    options = {"port": port, "address": "127.0.0.1", "headless": "true", "fileWatcherType": "none"}
    environment = {**os.environ, "ATTENTION_LAB_RUNS": str(runs), "OMP_NUM_THREADS": "1"}
    if times:
        environment["ATTENTION_LAB_SCRIPT_TIMES"] = str(times)
    with tempfile.TemporaryFile("w+") as log:
        started = time.perf_counter()
        process = subprocess.Popen(
            [*command, *(f"--server.{name}={value}" for name, value in options.items())],
            cwd=ROOT,
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            if wait:
                _until(lambda: _answers(port, process, log), "the app never answered")
            yield Server(f"http://127.0.0.1:{port}", runs, started)
        finally:
            process.terminate()
            try:
                process.wait(15)  # workers save where they are before they end
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@contextlib.contextmanager
def app_in_chromium(runs: Path) -> Iterator[tuple[Server, Browser]]:
    """The app with `runs` as its library, warm, and a browser to drive it."""
    with running_app(runs) as server, sync_playwright() as playwright:
        server.wait_until_warm()
        browser = playwright.chromium.launch(**LAUNCH)
        yield server, browser
        browser.close()


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def _answers(port: int, process: subprocess.Popen, log: Any) -> bool:
    if process.poll() is not None:
        log.seek(0)
        raise RuntimeError(f"the app ended with exit code {process.returncode}:\n{log.read()}")
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=1).close()
    except (urllib.error.URLError, OSError):
        return False
    return True


def _until(done: Any, otherwise: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not done():
        if time.monotonic() > deadline:
            raise RuntimeError(f"{otherwise} within {START_SECONDS:.0f} s")
        time.sleep(0.05)
