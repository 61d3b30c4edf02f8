"""An experiment: whole steps of training recorded as CUDA graphs, one for each width of a batch."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F

from model.networks.classifiers import TextClassifier
from model.training.batches import Documents
from model.training.settings import Settings

WIDTHS = 8  # batches are padded to a multiple of so many tokens: fewer graphs, some padding
_WARM_UP = 3  # steps before recording, in which libraries make what they need


class GraphedTraining:
    """Epochs of the same updates as `ClassifierTrainer`'s, without schedule; off CUDA each step runs as it is.

    Every batch has the same number of texts; those left over sit an epoch out. All of a batch's texts are masked, as
    a graph cannot ask whether one is padded.
    """

    def __init__(self, network: TextClassifier, train: Documents, settings: Settings) -> None:
        self.network, self.train, self.settings = network.train(), train, settings
        self.device = network.embedding.weight.device
        cuda = self.device.type == "cuda"
        rate = torch.tensor(settings.learning_rate, device=self.device) if cuda else settings.learning_rate
        self.weights = list(network.parameters())
        self.optimizer = torch.optim.Adam(self.weights, lr=rate, fused=True, capturable=cuda)
        size = settings.batch_size
        self._rows = torch.zeros(size, dtype=torch.int64, device=self.device)  # what a graph reads
        self.totals = torch.zeros(3, dtype=torch.float64, device=self.device)  # and where it adds up
        self._graphs: dict[int, torch.cuda.CUDAGraph] = {}

    def prepare(self) -> None:
        """Record a graph for each width that the texts have."""
        if self.device.type != "cuda":
            return
        lengths = np.sort(self.train.lengths)[:: self.settings.batch_size]
        for width in sorted({_width(length) for length in [*lengths, self.train.lengths.max()]}, reverse=True):
            self._record(width)
        self.totals.zero_()

    def epoch(self, generator: np.random.Generator) -> tuple[float, float, float]:
        """Every batch once; summed loss, correct and number of its texts."""
        size, lengths = self.settings.batch_size, self.train.lengths
        order = generator.permutation(len(lengths))
        order = order[np.argsort(lengths[order], kind="stable")][len(order) % size :].reshape(-1, size)
        order = order[generator.permutation(len(order))]
        widths = [_width(length) for length in lengths[order].max(axis=1)]
        rows = torch.from_numpy(order)
        rows = rows.pin_memory().to(self.device, non_blocking=True) if self.device.type == "cuda" else rows
        self.totals.zero_()
        for batch, width in zip(rows, widths, strict=True):
            self._rows.copy_(batch)
            graph = self._graphs.get(width)
            self._step(width) if graph is None else graph.replay()
        return tuple(self.totals.tolist())

    def _record(self, width: int) -> None:
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(_WARM_UP):
                self._step(width)
        torch.cuda.current_stream().wait_stream(stream)
        graph = torch.cuda.CUDAGraph()
        pool = next(iter(self._graphs.values())).pool() if self._graphs else None
        self.optimizer.zero_grad(set_to_none=True)
        with torch.cuda.graph(graph, pool=pool):
            self._step(width)
        self._graphs[width] = graph

    def _step(self, width: int) -> None:
        steps = torch.arange(width, device=self.device)
        starts, lengths = self.train._starts[self._rows], self.train._lengths[self._rows]
        ids, mask = self.train._padded(starts, lengths, steps)
        labels = self.train.labels[self._rows]
        logits = self.network.classify_embedded(self.network.embed(self.network.drop_words(ids)), mask).logits
        F.cross_entropy(logits, labels, label_smoothing=self.settings.label_smoothing).backward()
        torch.nn.utils.clip_grad_norm_(self.weights, self.settings.clip)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        with torch.no_grad():
            self.totals[0] += F.cross_entropy(logits, labels, reduction="sum")
            self.totals[1] += (logits.argmax(1) == labels).sum()
            self.totals[2] += len(labels)


def _width(length: int) -> int:
    return -(-int(length) // WIDTHS) * WIDTHS
