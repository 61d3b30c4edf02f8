"""From a pasted text to its colours in the browser: `python -m tests.browser.measure`, which takes minutes."""

from __future__ import annotations

import json
import subprocess
import sys

from tests.benchmarks.corpora import ROOT, Corpora
from tests.benchmarks.table import Goal, Row

WAITS = {  # as tests.browser.measure calls them: goals of the 95th percentile, in milliseconds
    "paste_of_200_words_to_words": (Goal(400),),
    "paste_of_200_words_to_saliency": (),
    "paste_of_200_words_to_rows": (),
}


def measure(corpora: Corpora, *, quick: bool) -> list[Row]:
    """The 95th percentile of each wait, as the browser's clock saw it."""
    del corpora, quick
    command = [sys.executable, "-m", "tests.browser.measure", "--json"]
    done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    waits = json.loads(done.stdout)["waits"]
    return [
        Row("page", f"{name.replace('_', ' ')}, 95th percentile", "ms", (1000 * waits[name]["p95"],), goals=goals)
        for name, goals in WAITS.items()
    ]
