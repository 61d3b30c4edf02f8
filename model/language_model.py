"""LanguageModel: trained on one text, it says of any other what comes next, and what it looked back at."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

from model.compare.language_metrics import language_metrics
from model.errors import DataError, ModelError, SettingsError
from model.explain.explanation import text_seed
from model.explain.figures import explain_ids, predict_ids
from model.explain.next_explanation import NextExplanation
from model.explain.next_word import NextWord, ReadIds, read_ids, sample, state_after
from model.networks.language_models import LanguageNetwork, State
from model.runs.language_file import SavedLanguageModel, load_language_model, save_language_model
from model.text.language import LINE_END, LanguageVocabulary
from model.text.running import RunningText
from model.text.vocabulary import PAD, UNK, Token, Tokenized
from model.training.device import PrivateRandomness, choose_device, cpu_threads
from model.training.language_inference import token_losses
from model.training.language_loop import fit_language_model
from model.training.language_settings import LanguageSettings
from model.training.loop import Event

MOST_TOKENS = 2000  # of a text that is read at once: the last ones, on which the next token depends most
CANDIDATES = 5  # likeliest tokens that are told of each prediction


@dataclass(frozen=True, kw_only=True)
class TextReading(ReadIds):
    """A text with what was predicted at each of its T tokens.

    `tokens` are at most the last 2,000; `truncated_at` is the offset of the first of them where others were left
    out before it, else None.
    """

    text: str
    tokens: list[Token]
    truncated_at: int | None
    ids: np.ndarray


class Generated(NamedTuple):
    """One token that was drawn: `text` to append to what was written so far, and how probable the token was."""

    text: str
    token: str
    probability: float


class LanguageModel:
    """A recurrent language model, with attention over earlier states or without, on words or characters.

    A text that is read, explained or gone on with begins a line, where the training text had line ends: its first
    state is the one after a line end, at which nothing can look back. Losses are those of a stream from zeros.
    After fitting: `vocabulary_`, `network_`, `history_` (one event an epoch). Unfitted use raises ModelError.
    """

    def __init__(self, settings: LanguageSettings | None = None) -> None:
        self.settings = settings or LanguageSettings()

    # -- training ----------------------------------------------------------------------------------------------

    def fit(self, train: str, validation: str) -> LanguageModel:
        """Train on one text, and keep the epoch that predicts the other best."""
        for _ in self.training_events(train, validation):
            pass
        return self

    def training_events(
        self,
        train: str,
        validation: str,
        *,
        checkpoint: Path | None = None,
        enough: Callable[[], bool] = lambda: False,
    ) -> Iterator[Event]:
        """`fit`, one event at a time (see `fit_language_model`), going on from `checkpoint` if it exists."""
        settings = self.settings
        with cpu_threads(settings.threads):
            self.vocabulary_ = LanguageVocabulary.fit(
                train,
                unit=settings.unit,
                min_frequency=settings.meant.min_frequency,
                max_size=settings.max_vocabulary,
            )
            if len(self.vocabulary_) == len((PAD, UNK)):
                raise DataError(
                    f"no token of the training text occurs {settings.meant.min_frequency} times, so none would be"
                    " known; lower min_frequency, or take a longer text"
                )
            with PrivateRandomness(settings.seed, torch.device("cpu")):  # the same start on every device
                self.network_ = LanguageNetwork(settings.architecture(vocabulary_size=len(self.vocabulary_)))
            self.network_.to(choose_device(settings.device))
            self.history_: list[Event] = []
            for event in fit_language_model(
                self.network_,
                self.vocabulary_.encode(train),
                self.vocabulary_.encode(validation),
                settings,
                checkpoint=checkpoint,
                enough=enough,
            ):
                if event["kind"] == "boot":
                    self.history_ += event["history"]
                self.history_ += [event] if event["kind"] == "epoch" else []
                yield event

    # -- scoring -----------------------------------------------------------------------------------------------

    def token_losses(self, text: str) -> tuple[np.ndarray, np.ndarray]:
        """Ids (N,) of a text of any length, and the loss in nats (N-1,) of every token but the first."""
        self._check_fitted()
        ids = self.vocabulary_.encode(text)
        return ids, token_losses(self.network_, ids)

    def metrics(self, text: str) -> dict[str, Any]:
        """Perplexity and its kin over a text read as one stream (see `language_metrics`). Raises DataError."""
        return language_metrics(*self.token_losses(text), characters=len(text))

    # -- reading -----------------------------------------------------------------------------------------------

    def read(self, text: str) -> TextReading:
        """What was predicted at every token of a text but the first, and after it; nothing of an empty text."""
        tokens, ids, truncated_at = self._tokenize(text)
        found = read_ids(self.network_, ids, most=CANDIDATES, start=self._start())
        return TextReading(text=text, tokens=tokens, truncated_at=truncated_at, ids=ids, **vars(found))

    def next_tokens(self, text: str, *, most: int = CANDIDATES) -> list[tuple[str, float]]:
        """The tokens likeliest to follow a text, as they are shown, with their probabilities."""
        return list(self._likeliest(self._tokenize(text).ids, most).values())

    def explain(
        self,
        text: str,
        methods: Sequence[str] = ("integrated_gradients",),
        *,
        target: str | None = None,
        position: int | None = None,
    ) -> NextExplanation:
        """Explain by its earlier tokens one token's prediction.

        position: which of the tokens that `read` gives; None: the one after the text. target: the token whose logit
        is explained; by default the one at the position, after the text the likeliest.
        Raises SettingsError for a position or method that is none, ModelError for a target outside the vocabulary.
        """
        tokens, ids, truncated_at = self._tokenize(text)
        if position is not None and not 0 <= position < len(ids):
            raise SettingsError(f"position is {position}; the text's {len(ids)} tokens have 0 to {len(ids) - 1}")
        before = ids[:position]
        likeliest = self._likeliest(before, CANDIDATES)
        if target is not None:
            column = self.token_id(target)
        else:
            column = next(iter(likeliest)) if position is None else int(ids[position])
        figures = explain_ids(self.next_word(), before, methods=methods, seed=text_seed(text), target=column)
        return NextExplanation(
            text=text,
            labels=[self.vocabulary_.shown(word) for word in range(len(self.vocabulary_))],
            tokens=tokens[:position],
            truncated_at=truncated_at,
            figures=figures,
            position=position,
            likeliest=dict(likeliest.values()),
        )

    def next_word(self) -> NextWord:
        """The next token as a class to be explained, of texts that begin where `read` begins them."""
        self._check_fitted()
        return NextWord(self.network_, self._start())

    def token_id(self, token: str) -> int:
        """The id of one token of the vocabulary, as typed or as shown. Raises ModelError if it is none."""
        self._check_fitted()
        ids = self.vocabulary_.encode(token)
        if len(ids) == 1 and ids[0] != UNK:
            return int(ids[0])
        for word in range(UNK + 1, len(self.vocabulary_)):
            if self.vocabulary_.shown(word) == token:
                return word
        raise ModelError(
            f"{token!r} is no {self.settings.unit.removesuffix('s')} of the model's vocabulary; name one that is"
        )

    # -- writing -----------------------------------------------------------------------------------------------

    def generate(
        self, text: str, *, tokens: int = 50, temperature: float = 1.0, top_k: int | None = None, seed: int = 13
    ) -> Iterator[Generated]:
        """Go on with a text, one token at a time; the same seed writes the same.

        temperature: 0 takes the likeliest token, 1 the model's own probabilities. top_k: draw from so many of the
        likeliest alone. Raises SettingsError, with the first token, for a number that makes no sense.
        """
        if tokens < 1:
            raise SettingsError(f"there are {tokens} tokens to write; give a number of at least 1")
        ids, words = self._tokenize(text).ids, self.vocabulary_.words
        writer = RunningText(self.settings.unit)
        for word in ids:
            writer.add(words[word])
        drawn = sample(self.network_, ids, temperature=temperature, top_k=top_k, seed=seed, start=self._start())
        for place, (word, probability) in enumerate(islice(drawn, tokens)):
            piece = writer.add(words[word])
            if place == 0 and text[-1:].isspace():
                piece = piece.removeprefix(" ")
            yield Generated(piece, self.vocabulary_.shown(word), probability)

    # -- saving ------------------------------------------------------------------------------------------------

    def save(self, folder: str | Path, *, half_embeddings: bool = False) -> None:
        """Write vocabulary.json and model.safetensors; the embeddings in half precision if asked (half the size)."""
        self._check_fitted()
        saved = SavedLanguageModel(self.settings, self.vocabulary_, self.network_)
        save_language_model(folder, saved, half_embeddings=half_embeddings)

    @classmethod
    def load(cls, folder: str | Path, *, device: str = "auto") -> LanguageModel:
        """The model that `save` wrote. Raises ModelError where a file is missing, malformed or misshapen."""
        saved = load_language_model(folder, device=device)
        model = cls(saved.settings)
        model.vocabulary_, model.network_, model.history_ = saved.vocabulary, saved.network, []
        return model

    # -- inside ------------------------------------------------------------------------------------------------

    def _check_fitted(self) -> None:
        if not hasattr(self, "network_"):
            raise ModelError("this language model has learned nothing yet; call fit, or load one that was saved")

    def _tokenize(self, text: str) -> Tokenized:
        self._check_fitted()
        return self.vocabulary_.tokenize(text, max_tokens=MOST_TOKENS)

    def _start(self) -> State | None:
        """The state after a line end, where the training text had any: one that types a text begins a line.

        From zeros, in which training seldom is, a model may say nothing of use until the first line has ended.
        """
        line_end = self.vocabulary_.encode(LINE_END)
        return None if UNK in line_end else state_after(self.network_, line_end)

    def _likeliest(self, ids: np.ndarray, most: int) -> dict[int, tuple[str, float]]:
        """The ids likeliest to follow ids (T,), each as it is shown and with its probability; PAD and UNK never."""
        probabilities = predict_ids(self.next_word(), ids).probabilities
        order = [int(word) for word in np.argsort(-probabilities, kind="stable") if word > UNK][:most]
        return {word: (self.vocabulary_.shown(word), float(probabilities[word])) for word in order}


def load_language_run(path: str | Path, *, device: str = "auto") -> LanguageModel:
    """The trained model of a run folder. Raises ModelError if there is none (yet)."""
    return LanguageModel.load(path, device=device)
