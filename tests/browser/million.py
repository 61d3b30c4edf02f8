"""A table of a million rows through a real browser: `python -m tests.browser.million [ROWS]`, run by hand.

Uploads a generated CSV on the Train page, follows its progress, starts a training on it, and waits until that tells
its first loss. Prints times, and the most memory that the server and its processes held.
"""

from __future__ import annotations

import re
import sys
import tempfile
import threading
import time
from pathlib import Path

from playwright.sync_api import Page

from tests.benchmarks.benchmark_million_rows import write
from tests.browser.server import CONTEXT, SETTLED, app_in_chromium

KINDS = {  # by a part of their command
    "server": "streamlit",
    "reading": "model.data_worker",
    "estimate": "model.calibrate",
    "training": "model.worker",
}
WAIT_MS = 200_000


class Memory(threading.Thread):
    """Most resident megabytes of each kind of process, and of all together but the training."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.peaks = dict.fromkeys([*KINDS, "server and reading"], 0.0)
        self.start()

    def run(self) -> None:
        while True:
            now = dict.fromkeys(KINDS, 0.0)
            for folder in Path("/proc").glob("[0-9]*"):
                try:
                    command = (folder / "cmdline").read_bytes().decode(errors="replace")
                    found = re.search(r"VmRSS:\s+(\d+)", (folder / "status").read_text())
                except OSError:
                    continue
                kind = next((kind for kind, part in KINDS.items() if part in command), None)
                if kind and found:
                    now[kind] += int(found[1]) / 1024
            now["server and reading"] = now["server"] + now["reading"]
            self.peaks = {kind: max(self.peaks[kind], megabytes) for kind, megabytes in now.items()}
            time.sleep(0.1)


def main() -> None:
    """Upload, look, train."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "million.csv"
        write(path, rows)
        with app_in_chromium(Path(scratch) / "runs") as (server, browser):
            memory = Memory()
            page = browser.new_page(**CONTEXT)
            page.goto(f"{server.url}/train?data=Upload")
            page.locator(SETTLED).wait_for()
            print(f"{rows:,} rows, {path.stat().st_size / 1e6:.0f} MB")
            _read(page, path)
            _train(page)
            print("most memory, MB:", ", ".join(f"{kind} {size:.0f}" for kind, size in memory.peaks.items()))


def _read(page: Page, path: Path) -> None:
    began = time.monotonic()
    page.locator(".st-key-card-data [data-testid=stFileUploaderDropzoneInput]").set_input_files(path)
    page.get_by_text(path.name, exact=True).wait_for(timeout=WAIT_MS)
    page.wait_for_url(re.compile("upload="), timeout=WAIT_MS)
    print(f"received after {time.monotonic() - began:.1f} s")
    page.get_by_test_id("stDataFrame").first.wait_for(timeout=WAIT_MS)
    print(f"previewed after {time.monotonic() - began:.1f} s")
    told, changed, longest = "", time.monotonic(), 0.0
    ready = page.get_by_text(re.compile(r"texts in \d+ classes"))
    while not ready.is_visible():
        bars = page.locator(".st-key-card-data [data-testid=stProgress]").all_inner_texts()  # it goes at any moment
        now = bars[0] if bars else told
        if now != told:
            longest = max(longest, time.monotonic() - changed)
            told, changed = now, time.monotonic()
        time.sleep(0.1)
    print(f"read and checked after {time.monotonic() - began:.1f} s; longest without news {longest:.1f} s")


def _train(page: Page) -> None:
    page.get_by_text("BiLSTM + additive attention", exact=True).click()  # the plain LSTM alone
    page.locator(SETTLED).wait_for()
    started = time.monotonic()
    page.get_by_role("button", name="Train", exact=True).click()
    page.wait_for_url(re.compile("runs="), timeout=WAIT_MS)
    print(f"queued after {time.monotonic() - started:.1f} s")
    page.get_by_text(re.compile(r"epoch 1 of \d+ · loss")).wait_for(timeout=WAIT_MS)
    print(f"first loss after {time.monotonic() - started:.1f} s")


if __name__ == "__main__":
    main()
