"""The weights of a trained network on disk: safetensors that say in their own head, as JSON, what they are."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch.overrides import TorchFunctionMode

from model.errors import ModelError, SettingsError

NAME = "model.safetensors"
# A vector for each word, read or predicted: what may be kept in half precision, of whatever network.
HALVED = {"embedding.weight", "output_weight"}


def write_weights(
    folder: Path, network: torch.nn.Module, head: dict[str, Any], *, half_embeddings: bool = False
) -> None:
    """Write the network's tensors with `head`, a JSON value under each name, into `folder`."""
    tensors = {name: value.cpu().contiguous() for name, value in network.state_dict().items()}
    if half_embeddings:
        tensors |= {name: tensors[name].half() for name in HALVED & tensors.keys()}
    save_file(tensors, folder / NAME, metadata={name: json.dumps(value) for name, value in head.items()})


def read_weights(folder: Path, *, wanted: str) -> tuple[dict[str, Any], dict[str, torch.Tensor]]:
    """The head and the tensors, in float32, of the weights in `folder`, which must be of the format `wanted`.

    Raises ModelError where the file is missing, malformed or of another format.
    """
    path = folder / NAME
    if not path.is_file():
        raise ModelError(f"there is no model in {folder}: {NAME} is missing")
    with malformed(path):
        with safe_open(path, framework="pt") as file:
            head = {name: json.loads(value) for name, value in (file.metadata() or {}).items()}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - it is no mapping
        if head.get("format") != wanted:
            raise ModelError(
                f"{path} is of format {head.get('format')!r}, not {wanted!r}: load_run reads classifiers,"
                " load_language_run language models"
            )
        tensors |= {name: tensors[name].float() for name in HALVED & tensors.keys()}
    return head, tensors


@contextmanager
def malformed(path: Path) -> Iterator[None]:
    """Turn what reading the file at `path` can raise into a ModelError that says so."""
    try:
        yield
    except (SafetensorError, ValueError, KeyError, TypeError, IndexError, SettingsError) as error:
        raise ModelError(f"{path} cannot be read as a model ({error}); save it again") from error


def filled(build: Callable[[], torch.nn.Module], tensors: dict[str, torch.Tensor], folder: Path) -> torch.nn.Module:
    """The network that `build` makes, with these tensors. Raises ModelError unless it has just these, in shape."""
    with _Uninitialised():  # names and shapes are compared before anything is filled
        network = build()
    _check_shapes(network, tensors, folder / NAME)
    network.load_state_dict(tensors, assign=True)
    return network


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


def _check_shapes(network: torch.nn.Module, tensors: dict[str, torch.Tensor], path: Path) -> None:
    wanted = {name: tuple(value.shape) for name, value in network.state_dict().items()}
    found = {name: tuple(value.shape) for name, value in tensors.items()}
    if wanted != found:
        name = min(name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name))
        raise ModelError(
            f"{path} does not fit its settings: {name} is {found.get(name)}, expected {wanted.get(name)}"
        )
