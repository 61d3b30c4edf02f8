"""A trained language model on disk: vocabulary.json and model.safetensors, as a classifier has them."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from model.networks.language_models import LanguageNetwork
from model.runs import language_shapes
from model.runs.model_file import versions
from model.runs.weights import NAME, filled, malformed, read_weights, write_weights
from model.text.language import LanguageVocabulary
from model.training.device import choose_device
from model.training.language_settings import LanguageSettings


class SavedLanguageModel(NamedTuple):
    """All that a trained language model is; its unit stands in the settings."""

    settings: LanguageSettings
    vocabulary: LanguageVocabulary
    network: LanguageNetwork


def save_language_model(folder: str | Path, saved: SavedLanguageModel, *, half_embeddings: bool = False) -> None:
    """Write both files; the embeddings in half precision if asked, which makes them half as large."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    saved.vocabulary.save(folder / "vocabulary.json")
    head = {"format": language_shapes.MODEL_FORMAT, "settings": saved.settings.to_dict(), "versions": versions()}
    write_weights(folder, saved.network, head, half_embeddings=half_embeddings)


def load_language_model(folder: str | Path, *, device: str = "auto") -> SavedLanguageModel:
    """What `save_language_model` wrote, its network in eval mode on `device`.

    Raises ModelError where a file is missing, malformed, or not of the shapes that its settings imply.
    """
    folder = Path(folder)
    head, tensors = read_weights(folder, wanted=language_shapes.MODEL_FORMAT)
    with malformed(folder / NAME):
        settings = LanguageSettings.from_dict({**head["settings"], "device": device})
    vocabulary = LanguageVocabulary.load(folder / "vocabulary.json", unit=settings.unit)
    architecture = settings.architecture(vocabulary_size=len(vocabulary))
    network = filled(lambda: LanguageNetwork(architecture), tensors, folder)
    return SavedLanguageModel(settings, vocabulary, network.to(choose_device(device)).eval())
