"""The embedding's optimiser against dense Adam: how far apart the tables are in the end, and how long a step takes.

Both get the very gradients of one training, so that what differs is the optimiser and nothing else.
"""

from __future__ import annotations

from functools import partial
from itertools import islice

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from model.training.batches import training_batches
from model.training.optimizer import one_cycle
from model.training.row_adam import RowAdam
from tests.benchmarks.clock import timed
from tests.benchmarks.corpora import Corpora, load_documents
from tests.benchmarks.networks import BENCHES, Bench
from tests.benchmarks.table import Goal, Row

STEPS = 200


def measure(corpora: Corpora, *, quick: bool) -> list[Row]:
    """Largest difference of a weight after 200 steps of network a, and milliseconds a step, on every data set."""
    bench = BENCHES["a"].sized(batch=32) if quick else BENCHES["a"]
    rows = []
    for corpus in islice(corpora, 1) if quick else corpora:
        gap, ours, dense = compare(bench, corpora, corpus.name)
        where = f"{corpus.words:,} words of {corpus.title}"
        rows += [
            Row("optimiser", f"embedding optimiser, largest difference from dense Adam after {STEPS} steps, {where}",
                "weight", (gap,), goals=(Goal(1e-5),)),
            Row("optimiser", f"embedding optimiser, a step, {where}", "ms", (1000 * ours / STEPS,),
                (1000 * dense / STEPS,)),
        ]  # fmt: skip
    return rows


def compare(bench: Bench, corpora: Corpora, name: str) -> tuple[float, float, float]:
    """Largest difference of a weight in the end, and the processor seconds of ours and of torch.optim.Adam."""
    corpus, documents = load_documents(corpora.folder, name)
    network = bench.build(words=corpus.words, classes=corpus.classes).train()
    table = network.embedding.weight
    rows, whole = RowAdam(table.detach().clone()), torch.optim.Adam([table])
    others = torch.optim.Adam([weight for weight in network.parameters() if weight is not table], fused=True)
    seconds = {"ours": 0.0, "dense": 0.0}
    generator = np.random.default_rng(13)
    batches: list[np.ndarray] = []
    for step in range(STEPS):
        batches = batches or training_batches(documents.lengths, bench.batch, generator)
        index = batches.pop()
        rate = bench.learning_rate * one_cycle(step / STEPS)
        ids, gradient = _gradient(network, *documents.batch(index), documents.labels[torch.from_numpy(index)])
        for optimizer in (whole, others):
            optimizer.param_groups[0]["lr"] = rate
        others.step()
        others.zero_grad()
        seconds["dense"] += timed(partial(_dense_step, whole, table, ids, gradient))[1]
        seconds["ours"] += timed(partial(_row_step, rows, ids, gradient, rate))[1]
    seconds["ours"] += timed(rows.flush)[1]
    return float((rows.weight - table.detach()).abs().max()), seconds["ours"], seconds["dense"]


def _gradient(network, ids: Tensor, mask: Tensor | None, labels: Tensor) -> tuple[Tensor, Tensor]:
    """The ids that were read, and the loss's gradient by their embeddings, (B, T, E)."""
    ids = network.drop_words(ids)
    embeddings = network.embed(ids).detach().requires_grad_()
    F.cross_entropy(network.classify_embedded(embeddings, mask).logits, labels).backward()
    return ids, embeddings.grad


def _dense_step(optimizer: torch.optim.Optimizer, table: Tensor, ids: Tensor, gradient: Tensor) -> None:
    """Look up, take the gradient and update, with a gradient as large as the table; padding is never trained."""
    optimizer.zero_grad()
    F.embedding(ids, table, padding_idx=0).backward(gradient)
    optimizer.step()


def _row_step(optimizer: RowAdam, ids: Tensor, gradient: Tensor, rate: float) -> None:
    optimizer.lookup(ids).backward(gradient)
    optimizer.step(rate)
