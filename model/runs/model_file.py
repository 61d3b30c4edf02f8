"""A trained classifier on disk: vocabulary.json and model.safetensors, which says what it is in its own head."""

from __future__ import annotations

import platform
from pathlib import Path
from typing import Any, NamedTuple

import torch

import model
from model.networks.build import build_network
from model.networks.classifiers import TextClassifier
from model.runs import shapes
from model.runs.weights import NAME, filled, malformed, read_weights, write_weights
from model.text.vocabulary import Vocabulary
from model.training.device import choose_device
from model.training.settings import Settings


class SavedModel(NamedTuple):
    """All that a trained classifier is: classes (C,) in the order of the logits, vectors as `vectors_` has them."""

    settings: Settings
    classes: list[str | int]
    vectors: dict[str, Any] | None
    vocabulary: Vocabulary
    network: TextClassifier


def save_model(folder: str | Path, saved: SavedModel, *, half_embeddings: bool = False) -> None:
    """Write both files; the embeddings in half precision if asked, which halves the size."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    saved.vocabulary.save(folder / "vocabulary.json")
    head = {
        "format": shapes.MODEL_FORMAT,
        "settings": saved.settings.to_dict(),
        "classes": saved.classes,
        "vectors": saved.vectors,
        "versions": versions(),
    }
    write_weights(folder, saved.network, head, half_embeddings=half_embeddings)


def load_model(folder: str | Path, *, device: str = "auto") -> SavedModel:
    """What `save_model` wrote, its network in eval mode on `device`.

    Raises ModelError where a file is missing, malformed, or not of the shapes that its settings imply.
    """
    folder = Path(folder)
    head, tensors = read_weights(folder, wanted=shapes.MODEL_FORMAT)
    with malformed(folder / NAME):
        classes, vectors = head["classes"], head.get("vectors")
        settings = Settings.from_dict({**head["settings"], "device": device})
        size = tensors["embedding.weight"].shape[1]
    vocabulary = Vocabulary.load(folder / "vocabulary.json")
    architecture = settings.architecture(
        vocabulary_size=len(vocabulary),
        classes=len(classes),
        embedding_size=size,
        sentence_ends=vocabulary.sentence_ends(),
        closing_marks=vocabulary.closing_marks(),
    )
    network = filled(lambda: build_network(architecture), tensors, folder)
    return SavedModel(settings, classes, vectors, vocabulary, network.to(choose_device(device)).eval())


def versions() -> dict[str, str]:
    """What computed: the versions that are saved beside every result."""
    return {
        "attention_lab": model.__version__,
        "python": platform.python_version(),
        "torch": str(torch.__version__),
    }
