"""Logits of texts whole and without each of their tokens in turn: exact, and what deletions share is read once.

Before the deleted token a layer that reads forward has the states of the whole text, and behind it one that reads
backward has. Deletions at neighbouring places run together in a block, from the state before the block's first place.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from model.explain.network import TOKENS_AT_ONCE, Network, as_row, evaluating
from model.networks.classifiers import EncodedTexts, TextClassifier
from model.networks.encoders import Encoded, EncoderLayer, Reader, Reading, run_recurrent

# Measured on one core at 200 tokens with hidden size 128: smaller blocks pay for starting, larger ones share less.
DELETIONS_AT_ONCE, FEWEST_AT_ONCE, STATES_AT_ONCE = 32, 8, 8000
SHARED_FROM = 64  # tokens: shorter texts share too little


def deleted_logits(network: Network, ids: Sequence[int]) -> np.ndarray:
    """Logits (1 + T, C) of one text, ids (T,), whole and without each of its tokens; in eval mode, no gradients."""
    with evaluating(network) as device, torch.inference_mode():
        return deletions(network, as_row(ids, device))[0].cpu().numpy()


def deletions(network: Network, ids: Tensor) -> Tensor:
    """Logits (N, 1 + T, C) of texts of one length, ids (N, T): whole, then without each of their tokens in turn.

    The network must be in eval mode. Memory is that of about 8,000 states, or of 8 texts, whatever N is.
    """
    if ids.shape[1] >= SHARED_FROM and _shares(network):
        return torch.stack([torch.cat(list(_from_blocks(network, row.unsqueeze(0)))) for row in ids])
    return _one_by_one(network, ids)


def _shares(network: Network) -> bool:
    """Whether states on one side of a deleted token are those of the whole text.

    In a stack that reads both ways they are not: from the second layer on every state knows the whole text. Nor in a
    hierarchical network, whose sentences a deletion may change.
    """
    if not isinstance(network, TextClassifier) or network.architecture.pooling == "hierarchical":
        return False
    return network.architecture.layers == 1 or not network.architecture.bidirectional


def _one_by_one(network: Network, ids: Tensor) -> Tensor:
    """Every list of T - 1 tokens is run as a text of its own."""
    texts, tokens = ids.shape
    whole = network.classify_embedded(network.embed(ids), sentences=network.sentences(ids)).logits  # (N, C)
    places = torch.arange(tokens - 1, device=ids.device)
    logits = []
    for each in torch.arange(texts * tokens, device=ids.device).split(max(1, TOKENS_AT_ONCE // max(tokens, 1))):
        text, deleted = each // tokens, each % tokens
        kept = ids[text.unsqueeze(1), _without(places, deleted)]  # (B, T - 1)
        logits.append(network.classify_embedded(network.embed(kept), sentences=network.sentences(kept)).logits)
    return torch.cat([whole.unsqueeze(1), torch.cat(logits).unflatten(0, (texts, tokens))], 1)


class _Whole(NamedTuple):
    """What a reader made of the whole text: its input (1, T, E), its states (1, T, H), and for each block what it
    remembered before it came there, None for nothing."""

    sequence: Tensor
    reading: Reading
    before: list[Any]


def _from_blocks(network: TextClassifier, ids: Tensor) -> Iterator[Tensor]:
    """Logits (1, C) of one text, ids (1, T), then (B, C) of the deletions of each block of its places."""
    tokens = ids.shape[1]
    block = min(DELETIONS_AT_ONCE, max(FEWEST_AT_ONCE, STATES_AT_ONCE // tokens))
    edges = [*range(0, tokens, block), tokens]
    embeddings = network.embed(ids)  # (1, T, E)
    if network.input_normalization is not None:
        embeddings = network.input_normalization(embeddings, None)
    wholes = _read_whole(network.encoder.layers, embeddings, edges)
    yield _concluded(network, [whole.reading for own in wholes for whole in own])
    for number, (start, stop) in enumerate(pairwise(edges)):
        yield _concluded(network, _read_block(network.encoder.layers, wholes, number, start, stop))


def _concluded(network: TextClassifier, readings: list[Reading]) -> Tensor:
    """Logits (B, C) by what the readers of all layers made of B texts of one length."""
    top = readings[-len(network.encoder.layers[-1].readers()) :]
    states = torch.cat([reading.states for reading in top], -1)  # (B, T, S)
    last = torch.cat([reading.last for reading in top], -1)  # (B, S)
    return network.conclude(EncodedTexts(Encoded(states, last, tuple(readings)), None, None)).logits


def _read_whole(layers: Sequence[EncoderLayer], sequence: Tensor, edges: list[int]) -> list[list[_Whole]]:
    """What each reader of each layer made of the whole text (1, T, E), by block."""
    wholes = []
    for layer in layers:
        wholes.append([_read_by_block(name, reader, sequence, edges) for name, reader in layer.readers()])
        sequence = torch.cat([whole.reading.states for whole in wholes[-1]], -1)
    return wholes


def _read_by_block(name: str, reader: Reader, sequence: Tensor, edges: list[int]) -> _Whole:
    turn = (lambda tensor: tensor.flip(1)) if reader.backward else (lambda tensor: tensor)
    sizes = [stop - start for start, stop in pairwise(edges)]
    states, before, state = [], [], None
    for part in turn(sequence).split(sizes[::-1] if reader.backward else sizes, dim=1):
        before.append(state)
        part_states, state = run_recurrent(reader.rnn, part, state)
        states.append(part_states)
    reading = _reading(name, reader, turn(torch.cat(states, 1)))
    return _Whole(sequence, reading, before[::-1] if reader.backward else before)


def _reading(name: str, reader: Reader, states: Tensor) -> Reading:
    """States (B, T, H) in the order of the text, and the one that was read last."""
    return Reading(name, reader.backward, states, states[:, 0 if reader.backward else -1])


def _read_block(
    layers: Sequence[EncoderLayer], wholes: list[list[_Whole]], number: int, start: int, stop: int
) -> list[Reading]:
    """What the readers make of the text without one of the places from `start` to `stop`, a row for each."""
    deleted = torch.arange(start, stop, device=wholes[0][0].sequence.device)
    readings, below = [], None
    for layer, own in zip(layers, wholes, strict=True):
        current = []
        for (name, reader), whole in zip(layer.readers(), own, strict=True):
            changed = _changed(whole.sequence, deleted, backward=reader.backward) if below is None else below
            states = _read_on(reader, changed, whole.before[number])
            same = whole.reading.states[:, stop:] if reader.backward else whole.reading.states[:, :start]
            parts = [same.expand(len(deleted), -1, -1), states]
            current.append(_reading(name, reader, torch.cat(parts[::-1] if reader.backward else parts, 1)))
        readings += current
        below = states  # of the only reader, where there is a layer above
    return readings


def _changed(sequence: Tensor, deleted: Tensor, *, backward: bool) -> Tensor:
    """What a reader still has to read of (1, T, E) without each of the deleted places: (B, changed, E)."""
    first, after = int(deleted[0]), int(deleted[-1]) + 1
    span = (0, after - 1) if backward else (first, sequence.shape[1] - 1)
    return sequence[0, _without(torch.arange(*span, device=deleted.device), deleted)]


def _read_on(reader: Reader, sequence: Tensor, before: Any) -> Tensor:
    """States (B, T, H), in the order of the text, of what a reader reads with one memory for all rows."""
    rows, tokens, _ = sequence.shape
    if tokens == 0:
        return sequence.new_zeros(rows, 0, reader.rnn.hidden_size)
    if before is not None:
        parts = before if isinstance(before, tuple) else (before,)  # an LSTM also has a cell
        spread = [part.expand(-1, rows, -1).contiguous() for part in parts]
        before = tuple(spread) if isinstance(before, tuple) else spread[0]
    if not reader.backward:
        return run_recurrent(reader.rnn, sequence, before)[0]
    return run_recurrent(reader.rnn, sequence.flip(1), before)[0].flip(1)


def _without(places: Tensor, deleted: Tensor) -> Tensor:
    """Places (W,) that are stepped over each deleted one: (B, W)."""
    return places + (places >= deleted.unsqueeze(1))
