"""A trained classifier on disk: vocabulary.json and model.safetensors, which says what it is in its own head."""

from __future__ import annotations

import json
import platform
from pathlib import Path
from typing import Any, NamedTuple

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch.overrides import TorchFunctionMode

import model
from model.errors import ModelError, SettingsError
from model.networks.build import build_network
from model.networks.classifiers import TextClassifier
from model.text.vocabulary import Vocabulary
from model.training.device import choose_device
from model.training.settings import Settings

FORMAT = "attention-lab 1"


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
    tensors = {name: value.cpu().contiguous() for name, value in saved.network.state_dict().items()}
    if half_embeddings:
        tensors["embedding.weight"] = tensors["embedding.weight"].half()
    metadata = {
        "format": FORMAT,
        "settings": saved.settings.to_dict(),
        "classes": saved.classes,
        "vectors": saved.vectors,
        "versions": versions(),
    }
    save_file(tensors, folder / "model.safetensors", metadata={name: json.dumps(v) for name, v in metadata.items()})


def load_model(folder: str | Path, *, device: str = "auto") -> SavedModel:
    """What `save_model` wrote, its network in eval mode on `device`.

    Raises ModelError where a file is missing, malformed, or not of the shapes that its settings imply.
    """
    path = Path(folder) / "model.safetensors"
    if not path.is_file():
        raise ModelError(f"there is no model in {folder}: model.safetensors is missing")
    try:
        with safe_open(path, framework="pt") as file:
            metadata = {name: json.loads(value) for name, value in (file.metadata() or {}).items()}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - it is no mapping
        if metadata.get("format") != FORMAT:
            raise ModelError(f"{path} is of format {metadata.get('format')!r}; this version reads {FORMAT!r}")
        classes, vectors = metadata["classes"], metadata.get("vectors")
        settings = Settings.from_dict({**metadata["settings"], "device": device})
        tensors["embedding.weight"] = tensors["embedding.weight"].float()
        size = tensors["embedding.weight"].shape[1]
    except (SafetensorError, ValueError, KeyError, TypeError, IndexError, SettingsError) as error:
        raise ModelError(f"{path} cannot be read as a model ({error}); save it again") from error
    vocabulary = Vocabulary.load(Path(folder) / "vocabulary.json")
    architecture = settings.architecture(
        vocabulary_size=len(vocabulary),
        classes=len(classes),
        embedding_size=size,
        sentence_ends=vocabulary.sentence_ends(),
        closing_marks=vocabulary.closing_marks(),
    )
    with _Uninitialised():  # names and shapes are compared before anything is filled
        network = build_network(architecture)
    _check_shapes(network, tensors, path)
    network.load_state_dict(tensors, assign=True)
    return SavedModel(settings, classes, vectors, vocabulary, network.to(choose_device(device)).eval())


def versions() -> dict[str, str]:
    """What computed: the versions that are saved beside every result."""
    return {
        "attention_lab": model.__version__,
        "python": platform.python_version(),
        "torch": str(torch.__version__),
    }


class _Uninitialised(TorchFunctionMode):
    """Leaves new parameters as the system gives them: memory that is never written to is never taken.

    The device "meta" would say it more plainly, but the first operation on it imports torch._dynamo, which takes a
    second of a page's first visit.
    """

    def __torch_function__(self, function, types, args=(), kwargs=None):
        drawing = function in (torch.Tensor.normal_, torch.Tensor.uniform_)
        if drawing or getattr(function, "__module__", None) == "torch.nn.init":
            return args[0] if args else kwargs["tensor"]
        return function(*args, **(kwargs or {}))


def _check_shapes(network: TextClassifier, tensors: dict[str, torch.Tensor], path: Path) -> None:
    wanted = {name: tuple(value.shape) for name, value in network.state_dict().items()}
    found = {name: tuple(value.shape) for name, value in tensors.items()}
    if wanted != found:
        name = min(name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name))
        raise ModelError(
            f"{path} does not fit its settings: {name} is {found.get(name)}, expected {wanted.get(name)}"
        )
