"""Recurrent encoders: embeddings in, one state per token out, and padding never changes a state.

A padded batch is not packed (packing is 2.5 times slower on a CPU). Reading forward, padding comes after every real
token and cannot reach it. Reading backward, each text is turned round within its own length first.
"""

from contextlib import nullcontext
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.func import functional_call

from model.networks.regularization import LockedDropout, drop_connections

CELLS = {"lstm": nn.LSTM, "gru": nn.GRU, "rnn": nn.RNN}


class Reading(NamedTuple):
    """What one layer in one direction made of a batch: states (B, T, H) in the order of the text, last (B, H)."""

    name: str
    backward: bool
    states: Tensor
    last: Tensor


class Encoded(NamedTuple):
    """States (B, T, S) and last states (B, S) of the top layer (S = H per direction); readings of all layers."""

    states: Tensor
    last: Tensor
    readings: tuple[Reading, ...]


def reverse(sequence: Tensor, lengths: Tensor | None) -> Tensor:
    """Turn each sequence of (B, T, E) round within its own length; padding stays where it is."""
    if lengths is None:
        return sequence.flip(1)
    batch, width, _ = sequence.shape
    position = torch.arange(width, device=sequence.device).expand(batch, width)  # (B, T)
    mirrored = lengths.unsqueeze(1) - 1 - position
    source = torch.where(mirrored >= 0, mirrored, position)  # (B, T)
    return sequence.gather(1, source.unsqueeze(-1).expand_as(sequence))


def recurrent_layer(cell: str, input_size: int, hidden_size: int) -> nn.RNNBase:
    """A new recurrent layer of (B, T, E); an LSTM starts with forget gates that remember."""
    rnn = CELLS[cell](input_size, hidden_size, batch_first=True)
    if cell == "lstm":  # remember by default: a forget gate that starts half shut loses the start of a text
        with torch.no_grad():
            rnn.bias_ih_l0[hidden_size : 2 * hidden_size] = 1.0
            rnn.bias_hh_l0[hidden_size : 2 * hidden_size] = 0.0
    return rnn


def run_recurrent(
    rnn: nn.RNNBase,
    sequence: Tensor,
    state: Any = None,
    *,
    weight_drop: float = 0.0,
    autocast: torch.dtype | None = None,
) -> tuple[Tensor, Any]:
    """What the layer returns for (B, T, E) and a state before it, None for zeros, in the precision of the sequence.

    In training, its recurrent weights are thinned by `weight_drop`, once for all steps. With `autocast` it computes
    in that precision.
    """
    weights = {}
    if rnn.training and weight_drop > 0.0:
        weights["weight_hh_l0"] = drop_connections(rnn.weight_hh_l0, rate=weight_drop)
    with torch.autocast(sequence.device.type, dtype=autocast) if autocast else nullcontext():
        states, last = functional_call(rnn, weights, (sequence, state)) if weights else rnn(sequence, state)
    if autocast is None:
        return states, last
    last = tuple(part.to(sequence.dtype) for part in last) if isinstance(last, tuple) else last.to(sequence.dtype)
    return states.to(sequence.dtype), last


class Reader(nn.Module):
    """One recurrent layer that reads in one direction; in training, `weight_drop` thins its recurrent weights."""

    def __init__(self, cell: str, input_size: int, hidden_size: int, *, backward: bool, weight_drop: float = 0.0):
        super().__init__()
        self.rnn = recurrent_layer(cell, input_size, hidden_size)
        self.backward = backward
        self.weight_drop = weight_drop

    def forward(
        self, sequence: Tensor, lengths: Tensor | None, autocast: torch.dtype | None = None
    ) -> tuple[Tensor, Tensor]:
        """Return states (B, T, H) in the order of the text and last states (B, H); zeros for an empty text."""
        batch, width, _ = sequence.shape
        if width == 0:
            hidden = self.rnn.hidden_size
            return sequence.new_zeros(batch, 0, hidden), sequence.new_zeros(batch, hidden)
        if self.backward:
            sequence = reverse(sequence, lengths)
        states, last = run_recurrent(self.rnn, sequence, weight_drop=self.weight_drop, autocast=autocast)
        last = last[0][0] if isinstance(last, tuple) else last[0]  # (B, H); an LSTM also returns its cell
        if lengths is not None:
            end = (lengths - 1).clamp(min=0)
            last = states[torch.arange(batch, device=states.device), end]  # (B, H)
            last = last.masked_fill((lengths == 0).unsqueeze(1), 0.0)
        return (reverse(states, lengths) if self.backward else states), last


class EncoderLayer(nn.Module):
    """A layer of an encoder: one reader, or one in each direction."""

    def __init__(
        self, cell: str, input_size: int, hidden_size: int, *, bidirectional: bool, weight_drop: float = 0.0
    ):
        super().__init__()
        self.forward_reader = Reader(cell, input_size, hidden_size, backward=False, weight_drop=weight_drop)
        self.backward_reader = None
        if bidirectional:
            self.backward_reader = Reader(cell, input_size, hidden_size, backward=True, weight_drop=weight_drop)

    def readers(self) -> list[tuple[str, Reader]]:
        """The layer's readers with the names of their directions, forward first."""
        if self.backward_reader is None:
            return [("forward", self.forward_reader)]
        return [("forward", self.forward_reader), ("backward", self.backward_reader)]


class Encoder(nn.Module):
    """A stack of recurrent layers, each reading the states of the one below.

    `dropout` acts between layers, `locked_dropout` on the states of each layer (the same columns at every token)
    before anything above uses them, `weight_drop` on the recurrent weights.
    """

    def __init__(
        self,
        cell: str,
        input_size: int,
        hidden_size: int,
        *,
        layers: int = 1,
        bidirectional: bool = False,
        dropout: float = 0.0,
        locked_dropout: float = 0.0,
        weight_drop: float = 0.0,
    ):
        super().__init__()
        self.size = hidden_size * (2 if bidirectional else 1)
        self.layers = nn.ModuleList(
            EncoderLayer(
                cell,
                input_size if layer == 0 else self.size,
                hidden_size,
                bidirectional=bidirectional,
                weight_drop=weight_drop,
            )
            for layer in range(layers)
        )
        self.dropout = nn.Dropout(dropout)
        self.locked_dropout = LockedDropout(locked_dropout)

    def forward(
        self, sequence: Tensor, lengths: Tensor | None = None, *, autocast: torch.dtype | None = None
    ) -> Encoded:
        """Encode embeddings (B, T, E); lengths (B,) counts the real tokens, which come first, None: all are real."""
        readings: list[Reading] = []
        for number, layer in enumerate(self.layers, start=1):
            if number > 1:
                sequence = self.dropout(sequence)
            current = []
            for direction, reader in layer.readers():
                states, last = reader(sequence, lengths, autocast)
                kept = self.locked_dropout.draw(states)  # (B, 1, H)
                if kept is not None:
                    states, last = states * kept, last * kept.squeeze(1)
                current.append(Reading(f"layer {number} {direction}", reader.backward, states, last))
            readings += current
            sequence = _side_by_side([reading.states for reading in current])
        return Encoded(sequence, _side_by_side([reading.last for reading in current]), tuple(readings))


def _side_by_side(parts: list[Tensor]) -> Tensor:
    return parts[0] if len(parts) == 1 else torch.cat(parts, dim=-1)  # a cat of one would copy it
