"""An epoch on a GPU, where there is one; see benchmark_gpu."""

from __future__ import annotations

import torch

from tests.benchmarks import benchmark_gpu
from tests.benchmarks.corpora import Corpora
from tests.benchmarks.table import Row


def measure(corpora: Corpora, *, quick: bool) -> list[Row]:
    """The rows of `benchmark_gpu`, which makes texts of its own."""
    del corpora
    if not torch.cuda.is_available():
        return [Row("gpu", "an epoch on a GPU", "s", (), note="there is no GPU here")]
    return benchmark_gpu.measure(quick=quick)
