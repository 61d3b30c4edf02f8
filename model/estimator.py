"""AttentionClassifier: scikit-learn's fit and predict, with attention and explanations; and loading it again."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from model.data.given import given_splits, given_texts
from model.data.tokenized import Label, TokenizedData
from model.data.tokenizing import tokenize_splits
from model.errors import ModelError
from model.explain.explanation import Explanation, text_seed
from model.explain.figures import explain_ids
from model.explain.network import softmax
from model.networks.build import build_network
from model.runs.model_file import SavedModel, load_model, save_model
from model.text.numbering import FIRST
from model.text.vectors import coverage
from model.text.vocabulary import Token
from model.training.batches import Documents
from model.training.device import PrivateRandomness, choose_device, cpu_threads
from model.training.inference import logits as logits_of
from model.training.inference import outputs
from model.training.loop import Event, fit
from model.training.settings import Settings
from model.training.word_vectors import columns_of, pretrained_vectors

_PIECE = 8192  # texts whose ids are in memory at a time, sorted by length among themselves
_DEFAULT = Settings()


class AttentionClassifier(ClassifierMixin, BaseEstimator):
    """A recurrent text classifier, with attention or without, on any texts.

    The constructor only stores; `model.training.settings.Settings` says what each option means and checks it in
    `fit`. After fitting: `classes_` (C,), `vocabulary_`, `network_`, `history_` (one event an epoch), `vectors_`
    (the pretrained vectors' source and coverage, or None). Unfitted use raises NotFittedError.
    """

    def __init__(
        self,
        preset: str = _DEFAULT.preset,
        *,
        seed: int = _DEFAULT.seed,
        device: str = _DEFAULT.device,
        layers: int | None = _DEFAULT.layers,
        hidden_size: int = _DEFAULT.hidden_size,
        embedding_size: int | None = _DEFAULT.embedding_size,
        dropout: float = _DEFAULT.dropout,
        embedding_dropout: float = _DEFAULT.embedding_dropout,
        locked_dropout: float = _DEFAULT.locked_dropout,
        weight_drop: float = _DEFAULT.weight_drop,
        word_dropout: float = _DEFAULT.word_dropout,
        input_normalization: bool = _DEFAULT.input_normalization,
        position_bias: bool = _DEFAULT.position_bias,
        heads: int = _DEFAULT.heads,
        attention_weights: str = _DEFAULT.attention_weights,
        vectors: str = _DEFAULT.vectors,
        freeze_vectors: bool = _DEFAULT.freeze_vectors,
        min_frequency: int = _DEFAULT.min_frequency,
        max_vocabulary: int | None = _DEFAULT.max_vocabulary,
        max_tokens: int = _DEFAULT.max_tokens,
        epochs: int = _DEFAULT.epochs,
        batch_size: int = _DEFAULT.batch_size,
        optimizer: str = _DEFAULT.optimizer,
        learning_rate: float = _DEFAULT.learning_rate,
        weight_decay: float = _DEFAULT.weight_decay,
        label_smoothing: float = _DEFAULT.label_smoothing,
        schedule: str = _DEFAULT.schedule,
        clip: float | None = _DEFAULT.clip,
        patience: int | None = _DEFAULT.patience,
        class_weights: str = _DEFAULT.class_weights,
        precision: str = _DEFAULT.precision,
        threads: int = _DEFAULT.threads,
    ) -> None:
        for name, value in locals().items():
            if name not in ("self", "__class__"):
                setattr(self, name, value)

    @property
    def settings(self) -> Settings:
        """The options as one checked, frozen object. Raises SettingsError."""
        return Settings.from_dict(self.get_params())

    # -- training ----------------------------------------------------------------------------------------------

    def fit(
        self,
        texts: Sequence[str],
        labels: Sequence[Label],
        validation: tuple[Sequence[str], Sequence[Label]] | None = None,
    ) -> AttentionClassifier:
        """Train on N texts and labels; without `validation`, a stratified tenth of them is held out for it."""
        for _ in self.training_events(texts, labels, validation=validation):
            pass
        return self

    def training_events(
        self,
        texts: Sequence[str],
        labels: Sequence[Label],
        *,
        validation: tuple[Sequence[str], Sequence[Label]] | None = None,
        checkpoint: Path | None = None,
        enough: Callable[[], bool] = lambda: False,
        probe: Sequence[str] = (),
    ) -> Iterator[Event]:
        """`fit`, one event at a time (see `model.training.loop.fit`), going on from `checkpoint` if it exists.

        `enough` ends the training early, with its best so far. With `probe` texts, the boot event also has
        "probe_texts": [{"text", "tokens": [[start, end, known]]}] and "classes", and epochs have their outputs.
        """
        data = tokenize_splits(*given_splits(texts, labels, validation))
        yield from self.training_events_tokenized(data, checkpoint=checkpoint, enough=enough, probe=probe)

    def training_events_tokenized(
        self,
        data: TokenizedData,
        *,
        checkpoint: Path | None = None,
        enough: Callable[[], bool] = lambda: False,
        probe: Sequence[str] = (),
    ) -> Iterator[Event]:
        """`training_events` on the splits "train" and "validation" of texts that are numbers already."""
        settings = self.settings
        self.classes_ = np.asarray(data.classes)
        with cpu_threads(settings.threads):
            self.vocabulary_ = data.vocabulary(min_frequency=settings.min_frequency, max_size=settings.max_vocabulary)
            self._build(settings)
            events = fit(
                self.network_,
                self._split(data, "train"),
                self._split(data, "validation"),
                settings,
                checkpoint=checkpoint,
                enough=enough,
                probe=self._encode(given_texts(probe)) if probe else None,
            )
            self.history_: list[Event] = []
            for event in events:
                if event["kind"] == "boot":
                    self.history_ += event["history"]
                    event |= self._probed(probe) if probe else {}
                self.history_ += [event] if event["kind"] == "epoch" else []
                yield event

    def _probed(self, texts: Sequence[str]) -> Event:
        tokens = [[[token.start, token.end, token.known] for token in self.tokenize(text)] for text in texts]
        return {
            "probe_texts": [{"text": text, "tokens": row} for text, row in zip(texts, tokens, strict=True)],
            "classes": self.classes_.tolist(),
        }

    def _build(self, settings: Settings) -> None:
        device = choose_device(settings.device)
        pretrained = pretrained_vectors(settings, self.vocabulary_)
        architecture = settings.architecture(
            vocabulary_size=len(self.vocabulary_),
            classes=len(self.classes_),
            embedding_size=columns_of(settings, pretrained),
            sentence_ends=self.vocabulary_.sentence_ends(),
            closing_marks=self.vocabulary_.closing_marks(),
        )
        with PrivateRandomness(settings.seed, torch.device("cpu")):  # the same start on every device
            self.network_ = build_network(architecture)
        self.vectors_ = None
        if pretrained:
            self.network_.embedding.weight.data.copy_(torch.from_numpy(pretrained.matrix))
            self.vectors_ = {"source": pretrained.source, **coverage(pretrained.found, self.vocabulary_)._asdict()}
        self.network_.to(device)

    # -- predicting --------------------------------------------------------------------------------------------

    def logits(self, texts: Sequence[str]) -> np.ndarray:
        """Logits (N, C), columns as `classes_`; an empty text has those of an empty sequence."""
        check_is_fitted(self, "network_")
        texts = given_texts(texts)
        rows = self.vocabulary_.iterate_ids(texts, max_tokens=self.settings.max_tokens)
        result = np.zeros((len(texts), len(self.classes_)), np.float32)
        for start in range(0, len(texts), _PIECE):
            piece = self._documents(list(islice(rows, _PIECE)))
            result[start : start + len(piece)] = logits_of(self.network_, piece)
        return result

    def predict_proba(self, texts: Sequence[str]) -> np.ndarray:
        """Probabilities (N, C), columns as `classes_`."""
        return softmax(self.logits(texts))

    def probabilities(self, data: TokenizedData, split: str) -> np.ndarray:
        """`predict_proba` of a split of the data that gave this classifier its vocabulary. Raises ModelError."""
        check_is_fitted(self, "network_")
        return softmax(logits_of(self.network_, self._split(data, split)))

    def predict(self, texts: Sequence[str]) -> np.ndarray:
        """The likeliest label of each text, (N,)."""
        places = self.logits(texts).argmax(axis=1)
        return self.classes_[places]

    def decision_function(self, texts: Sequence[str]) -> np.ndarray:
        """Logits (N, C); with two classes (N,), the second's logit minus the first's."""
        logits = self.logits(texts)
        return logits[:, 1] - logits[:, 0] if logits.shape[1] == 2 else logits

    def attention(self, texts: Sequence[str]) -> list[np.ndarray] | None:
        """Attention weights of each text, (T,) each; None for a network without attention."""
        check_is_fitted(self, "network_")
        documents = self._encode(given_texts(texts))
        weights: list[np.ndarray] = [np.zeros(0, np.float32)] * len(documents)
        for index, output in outputs(self.network_, documents):
            if output.attention is None:
                return None
            for row, place in zip(output.attention.weights.cpu().numpy(), index, strict=True):
                weights[place] = row[: documents.lengths[place]]
        return weights

    def tokenize(self, text: str) -> list[Token]:
        """The tokens that the network reads, with their spans in the text as typed."""
        check_is_fitted(self, "vocabulary_")
        return self.vocabulary_.tokenize(text, max_tokens=self.settings.max_tokens).tokens

    def explain(
        self, text: str, methods: Sequence[str] = ("integrated_gradients",), target: Label | None = None
    ) -> Explanation:
        """Everything about one prediction: attention, attributions to the target's logit, and how far they agree.

        `methods` are names of `model.explain.attribution.METHODS`; `target` is a label, by default the predicted
        one. Warns of a text without tokens, whose explanation is empty. Raises SettingsError, ModelError.
        """
        check_is_fitted(self, "network_")
        tokenized = self.vocabulary_.tokenize(*given_texts([text]), max_tokens=self.settings.max_tokens)
        if not tokenized.tokens:
            warnings.warn("the text has no tokens: its prediction is that of an empty sequence", stacklevel=2)
        figures = explain_ids(
            self.network_,
            tokenized.ids,
            methods=methods,
            seed=text_seed(text),
            target=None if target is None else self.class_index(target),
        )
        return Explanation(
            text=text,
            labels=self.classes_.tolist(),
            tokens=tokenized.tokens,
            truncated_at=tokenized.truncated_at,
            figures=figures,
        )

    def class_index(self, label: Label) -> int:
        """The column of a label. Raises ModelError for one that the classifier does not know."""
        labels = self.classes_.tolist()
        if label not in labels:
            raise ModelError(f"there is no class {label!r}; the classes are {', '.join(map(repr, labels[:20]))}")
        return labels.index(label)

    # -- saving ------------------------------------------------------------------------------------------------

    def save(self, folder: str | Path, *, half_embeddings: bool = False) -> None:
        """Write vocabulary.json and model.safetensors; the embeddings in half precision if asked (half the size)."""
        check_is_fitted(self, "network_")
        saved = SavedModel(self.settings, self.classes_.tolist(), self.vectors_, self.vocabulary_, self.network_)
        save_model(folder, saved, half_embeddings=half_embeddings)

    @classmethod
    def load(cls, folder: str | Path, *, device: str = "auto") -> AttentionClassifier:
        """The classifier that `save` wrote. Raises ModelError where a file is missing, malformed or misshapen."""
        saved = load_model(folder, device=device)
        classifier = cls(**saved.settings.to_dict())
        classifier.classes_ = np.asarray(saved.classes)
        classifier.vectors_, classifier.history_ = saved.vectors, []
        classifier.vocabulary_, classifier.network_ = saved.vocabulary, saved.network
        return classifier

    # -- inside ------------------------------------------------------------------------------------------------

    def _encode(self, texts: Sequence[str]) -> Documents:
        return self._documents(self.vocabulary_.encode(texts, max_tokens=self.settings.max_tokens))

    def _documents(self, sequences: list[np.ndarray]) -> Documents:
        return Documents(sequences, device=self.network_.embedding.weight.device)

    def _split(self, data: TokenizedData, split: str) -> Documents:
        words = self.vocabulary_.words
        if words[FIRST:] != data.keys[: len(words) - FIRST]:
            raise ModelError("these texts are ids in another vocabulary than this classifier's; train it on them")
        starts, lengths, labels = data.spans(split, max_tokens=self.settings.max_tokens)
        device = self.network_.embedding.weight.device
        return Documents.of_flat(data.ids, starts, lengths, labels, words=len(words), device=device)


def load_run(path: str | Path, *, device: str = "auto") -> AttentionClassifier:
    """The trained classifier of a run folder. Raises ModelError if there is none (yet)."""
    return AttentionClassifier.load(path, device=device)
