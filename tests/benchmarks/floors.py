"""The most that the machine could reach: the matrix products of a step of training and nothing besides."""

from __future__ import annotations

import functools
import statistics
import time

import torch

from tests.benchmarks.corpora import Corpora
from tests.benchmarks.machine import has_matrix_unit
from tests.benchmarks.networks import BENCHES, Bench, flop_per_token, products
from tests.benchmarks.table import Row

LONG_ENOUGH = 0.01  # seconds of one measurement of one shape


def measure(corpora: Corpora, *, quick: bool) -> list[Row]:
    """Documents a second of matrix products alone, for both networks, in every precision the machine is made for."""
    rows = []
    for bench in BENCHES.values():
        for corpus in corpora:
            tokens = round(corpus.mean_tokens)
            for dtype in precisions():
                rates = [rate(bench, tokens, dtype, turn) for turn in range(1 if quick else 5)]
                flop = flop_per_token(bench)
                speed = statistics.median(rates) * tokens * flop / 1e9
                what = (
                    f"floor {bench.name}, {corpus.title} ({tokens} tokens), {_name(dtype)}: {flop / 1e3:,.0f} kFLOP a"
                    f" token at {speed:.0f} GFLOP/s"
                )
                rows.append(Row("floors", what, "documents/s", tuple(rates), higher=True))
    return rows


def precisions() -> list[torch.dtype]:
    """float32, and bfloat16 where the processor has a unit for it."""
    return [torch.float32, torch.bfloat16] if has_matrix_unit() else [torch.float32]


@functools.cache
def rate(bench: Bench, tokens: int, dtype: torch.dtype, turn: int = 0) -> float:
    """Documents of so many tokens a second that the matrix products of a step let through; `turn` asks once more."""
    seconds = sum(
        product.times * _seconds(product.rows, product.inner, product.columns, dtype, turn)
        for product in products(bench, tokens=tokens)
    )
    return bench.batch / seconds


@functools.cache
def _seconds(rows: int, inner: int, columns: int, dtype: torch.dtype, turn: int) -> float:
    """Processor seconds of a product: the median of three measurements."""
    left, right = torch.randn(rows, inner).to(dtype), torch.randn(inner, columns).to(dtype)
    out = torch.empty(rows, columns, dtype=dtype)
    torch.mm(left, right, out=out)
    count = 1
    while _run(left, right, out, count) < LONG_ENOUGH:
        count *= 2
    return statistics.median(_run(left, right, out, count) for _ in range(3)) / count


def _run(left: torch.Tensor, right: torch.Tensor, out: torch.Tensor, count: int) -> float:
    started = time.process_time()
    for _ in range(count):
        torch.mm(left, right, out=out)
    return time.process_time() - started


def _name(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")
