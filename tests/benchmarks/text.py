"""Tokenising and predictions with tokenising; see benchmark_text."""

from __future__ import annotations

from tests.benchmarks import benchmark_text
from tests.benchmarks.corpora import Corpora
from tests.benchmarks.table import Row


def measure(corpora: Corpora, *, quick: bool) -> list[Row]:
    """The rows of `benchmark_text`, which reads texts of its own."""
    del corpora
    return benchmark_text.measure(quick=quick)
