"""Weights of unknown origin: whether they are those of the network they claim to be, before any is loaded."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from safetensors import SafetensorError, safe_open

from model.errors import RunError
from model.runs import checks
from model.runs.strict import parse
from model.runs.weights import HALVED, NAME

if TYPE_CHECKING:
    import torch

_HEADER_BYTES = 1024 * 1024  # names and shapes of a few dozen tensors, and the settings


def read_head(folder: Path, shape: checks.Shape, settings: dict[str, Any]) -> dict[str, Any]:
    """What the weights say of themselves, which must have this shape and these settings. Raises RunError."""
    with open(folder / NAME, "rb") as file:
        length = int.from_bytes(file.read(8), "little")
    if length > _HEADER_BYTES:
        raise RunError(f"{NAME} has a header of {length} bytes; a model's is below {_HEADER_BYTES}")
    with _opened(folder) as file:
        strings = file.metadata() or {}
    head = {name: parse(value, f"{name} in {NAME}") for name, value in strings.items()}
    checks.check(head, shape, f"the head of {NAME}")
    if {**head["settings"], "device": settings["device"]} != settings:
        raise RunError(f"{NAME} was trained with other settings than spec.json says")
    return head


def check_tensors(folder: Path, build: Callable[[int], torch.nn.Module]) -> None:
    """Raise RunError unless the weights are finite and have the names and shapes of the network that `build` makes.

    build: makes it for the embedding size that the file shows. Nothing is allocated for a tensor before its name and
    shape have been found right.
    """
    import torch

    with _opened(folder) as file:
        slices = {name: file.get_slice(name) for name in file.keys()}  # noqa: SIM118 - safe_open is no mapping
        found = {name: (part.get_shape(), part.get_dtype()) for name, part in slices.items()}
        embedding = found.get("embedding.weight", ([], ""))[0]
        with torch.device("meta"):
            network = build(embedding[1] if len(embedding) == 2 else 0)
        wanted = {
            name: (list(value.shape), "F32" if value.is_floating_point() else "I64")
            for name, value in network.state_dict().items()
        }
        for name in HALVED & wanted.keys():
            if found.get(name) == (wanted[name][0], "F16"):  # half precision, to be small
                wanted[name] = found[name]
        if wanted != found:
            name = min(name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name))
            raise RunError(
                f"{NAME} does not fit its settings and vocabulary: {name[:80]} is {found.get(name, 'missing')},"
                f" expected {wanted.get(name, 'nothing of that name')}"
            )
        for name in found:
            if not np.isfinite(file.get_tensor(name)).all():
                raise RunError(f"{NAME} has numbers in {name} that are not finite")


@contextmanager
def _opened(folder: Path) -> Iterator[safe_open]:
    try:
        with safe_open(folder / NAME, framework="numpy") as file:
            yield file
    except SafetensorError as error:
        raise RunError(f"{NAME} cannot be read ({error})") from error
