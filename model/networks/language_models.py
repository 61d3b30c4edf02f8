"""Language models: read tokens, say after each one which comes next, with or without attention to earlier ones."""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from model.networks.causal_attention import CausalAttention
from model.networks.classifiers import PAD
from model.networks.encoders import recurrent_layer, run_recurrent
from model.networks.language_presets import LanguageArchitecture
from model.networks.regularization import LockedDropout

_IMPOSSIBLE = -1e4  # as a logit: a probability of exactly 0, and so a gradient of exactly 0


class State(NamedTuple):
    """Where B streams stand: (h, c), each (1, B, H), of every layer, and the past (B, M, H) of each attending one."""

    recurrent: tuple[tuple[Tensor, Tensor], ...]
    past: tuple[Tensor, ...]

    def detached(self) -> "State":
        """The same state without its history: gradients end here (truncated back-propagation)."""
        recurrent = tuple((hidden.detach(), cell.detach()) for hidden, cell in self.recurrent)
        return State(recurrent, tuple(past.detach() for past in self.past))


class LanguageAttention(NamedTuple):
    """What each step of a segment looked back at, for each attending layer: weights (B, S, M + S), and its name.

    Row s is the step after reading token s, which predicts token s + 1; column c is the token at position c - M of
    the segment. Rows sum to 1, or are zeros where nothing stood before.
    """

    layers: tuple[Tensor, ...]
    names: tuple[str, ...]

    @property
    def weights(self) -> Tensor:
        """Mean over the attending layers, (B, S, M + S)."""
        return self.layers[0] if len(self.layers) == 1 else self.per_layer.mean(1)

    @property
    def per_layer(self) -> Tensor:
        """All layers' weights, (B, L, S, M + S)."""
        return torch.stack(self.layers, dim=1)


class Read(NamedTuple):
    """Features (B, S, F) to decode, the attention that made them, None without, and the state after the segment."""

    features: Tensor
    attention: LanguageAttention | None
    state: State


class LanguageOutput(NamedTuple):
    """Logits (B, S, V) of the token after each one, the attention, None without, and the state after the segment."""

    logits: Tensor
    attention: LanguageAttention | None
    state: State


class LanguageNetwork(nn.Module):
    """A stacked LSTM that predicts the next token, with or without causal attention over its earlier states.

    ids (B, S) -> embed -> (B, S, E) -> read, from a state -> features (B, S, F) -> decode -> logits (B, S, V).
    Cutting a stream into other segments changes nothing. With attention the features are tanh(W [states; contexts])
    of the attending layers (Luong et al. 2015, equation 5), with embedding_size columns: the softmax costs the same
    with and without. PAD has the zero vector and is never predicted. `rnn_autocast` (a torch.dtype, None for off) is
    the precision of the recurrence in training.
    """

    def __init__(self, architecture: LanguageArchitecture):
        super().__init__()
        a = architecture
        self.architecture = a
        self.rnn_autocast: torch.dtype | None = None
        self.embedding = nn.Embedding(a.vocabulary_size, a.embedding_size, padding_idx=PAD)
        self.layers = nn.ModuleList(recurrent_layer("lstm", *sizes) for sizes in a.layer_sizes)
        self.attention = nn.ModuleList(
            CausalAttention(a.hidden_size, score=a.score, window=a.window) for _ in a.attending_layers
        )
        self.names = tuple(f"layer {layer + 1}" for layer in a.attending_layers)
        last = a.layer_sizes[-1][1]
        self.combine = None
        if a.attention or last != a.embedding_size:
            columns = 2 * a.hidden_size * len(a.attending_layers) if a.attention else last
            self.combine = nn.Linear(columns, a.embedding_size)
        self.locked_dropout = LockedDropout(a.locked_dropout)
        self.dropout = LockedDropout(a.dropout)
        self.output_weight = None
        if not a.tied:
            self.output_weight = nn.Parameter(torch.empty(a.vocabulary_size, a.embedding_size).uniform_(-0.1, 0.1))
        self.output_bias = nn.Parameter(torch.zeros(a.vocabulary_size))
        with torch.no_grad():
            self.embedding.weight.normal_(0.0, 0.1)
            self.embedding.weight[PAD] = 0.0
            self.output_bias[PAD] = _IMPOSSIBLE

    def embed(self, ids: Tensor) -> Tensor:
        """Look up ids (B, S), int64, and return embeddings (B, S, E); in training, whole words are dropped."""
        rate = self.architecture.embedding_dropout
        embeddings = self.embedding(ids)
        if not self.training or rate == 0.0:
            return embeddings
        kept = embeddings.new_empty(self.architecture.vocabulary_size).bernoulli_(1.0 - rate).div_(1.0 - rate)
        return embeddings * kept[ids].unsqueeze(-1)  # one draw per word: dropped everywhere or nowhere

    def initial_state(self, batch: int) -> State:
        """The state of `batch` streams before their first token: zeros, and no past."""
        zeros = self.output_bias.new_zeros
        recurrent = tuple((zeros(1, batch, size), zeros(1, batch, size)) for _, size in self.architecture.layer_sizes)
        past = zeros(batch, 0, self.architecture.hidden_size)
        return State(recurrent, tuple(past for _ in self.attention))

    def read(self, embeddings: Tensor, state: State) -> Read:
        """Read a segment (B, S, E) of B streams from where they stand."""
        states, recurrent = self._run_layers(embeddings, state.recurrent)
        if not self.attention:
            return Read(self._features(states[-1]), None, State(recurrent, ()))
        attending = [states[layer] for layer in self.architecture.attending_layers]
        made = [attend(*pair) for attend, *pair in zip(self.attention, attending, state.past, strict=True)]
        features = self._features(_side_by_side(attending, [context for context, _, _ in made]))
        attention = LanguageAttention(tuple(weights for _, weights, _ in made), self.names)
        return Read(features, attention, State(recurrent, tuple(past for _, _, past in made)))

    def read_last(
        self, embeddings: Tensor, lengths: Tensor | None = None, *, state: State | None = None
    ) -> tuple[Tensor, LanguageAttention | None]:
        """Features (B, 1, F) and attention (weights (B, 1, T)) after the last real token of whole texts (B, T, E).

        The same as `read` from a `state` without a past, None for the initial one, at a fraction of its cost. Lengths
        (B,) counts the real tokens, which come first, None: all are real. A text without any is where `state` is.
        """
        batch, tokens, _ = embeddings.shape
        recurrent = (self.initial_state(batch) if state is None else state).recurrent
        states, _ = self._run_layers(embeddings, recurrent)
        if lengths is None:
            lengths = torch.full((batch,), tokens, device=embeddings.device)
        row, end = torch.arange(batch, device=embeddings.device), (lengths - 1).clamp(min=0)

        def last(layer: int) -> Tensor:
            start, _ = recurrent[layer]  # (1, B, H)
            if tokens == 0:
                return start.transpose(0, 1)
            return torch.where((lengths == 0).unsqueeze(1), start[0], states[layer][row, end]).unsqueeze(1)

        if not self.attention:
            return self._features(last(-1)), None
        attending = [states[layer] for layer in self.architecture.attending_layers]
        queries = [last(layer) for layer in self.architecture.attending_layers]  # (B, 1, H) each
        made = [
            attend.attend(query, keys, end.unsqueeze(1))
            for attend, query, keys in zip(self.attention, queries, attending, strict=True)
        ]
        features = self._features(_side_by_side(queries, [context for context, _ in made]))
        return features, LanguageAttention(tuple(weights for _, weights in made), self.names)

    @property
    def decoder(self) -> tuple[Tensor, Tensor]:
        """Weight (V, F) and bias (V,) that make logits of features."""
        return self.embedding.weight if self.output_weight is None else self.output_weight, self.output_bias

    def decode(self, features: Tensor) -> Tensor:
        """Logits (..., V) of features (..., F)."""
        return F.linear(features, *self.decoder)

    def forward(self, ids: Tensor, state: State | None = None) -> LanguageOutput:
        """Predict the token after each of ids (B, S), which follow what made `state`, None for nothing."""
        read = self.read(self.embed(ids), self.initial_state(len(ids)) if state is None else state)
        return LanguageOutput(self.decode(read.features), read.attention, read.state)

    def _run_layers(
        self, sequence: Tensor, recurrent: tuple[tuple[Tensor, Tensor], ...]
    ) -> tuple[list[Tensor], tuple[tuple[Tensor, Tensor], ...]]:
        """States (B, S, H) of every layer, and where each layer ended."""
        sizes = self.architecture.layer_sizes
        if sequence.shape[1] == 0:  # which an LSTM refuses to read
            return [sequence.new_zeros(len(sequence), 0, size) for _, size in sizes], recurrent
        all_states, ends = [], []
        for layer, start in zip(self.layers, recurrent, strict=True):
            sequence, end = run_recurrent(
                layer,
                self.locked_dropout(sequence),
                start,
                weight_drop=self.architecture.weight_drop,
                autocast=self.rnn_autocast if self.training else None,
            )
            all_states.append(sequence)
            ends.append(end)
        return all_states, tuple(ends)

    def _features(self, states: Tensor) -> Tensor:
        features = states if self.combine is None else torch.tanh(self.combine(states))
        return self.dropout(features)  # (B, S, F)


def _side_by_side(states: list[Tensor], contexts: list[Tensor]) -> Tensor:
    """States and contexts (B, S, H) of L layers as (B, S, 2 H L)."""
    return torch.cat([part for pair in zip(states, contexts, strict=True) for part in pair], dim=-1)
