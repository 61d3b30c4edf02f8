"""A training that can be killed: everything to go on from the last epoch, in one file replaced atomically."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from model.errors import ModelError


def save_checkpoint(path: Path, *, tensors: dict[str, dict[str, Tensor]], state: dict[str, Any]) -> None:
    """Write groups of named tensors and a JSON state; the old file stays whole until the new one is on disk."""
    flat = {
        f"{group}/{name}": value.contiguous() for group, members in tensors.items() for name, value in members.items()
    }
    draft = path.with_name(path.name + ".tmp")
    save_file(flat, draft, metadata={"state": json.dumps(state)})
    with open(draft, "rb") as file:
        os.fsync(file.fileno())
    os.replace(draft, path)


def load_checkpoint(path: Path) -> tuple[dict[str, dict[str, Tensor]], dict[str, Any]]:
    """The groups of tensors and the state of `save_checkpoint()`. Raises ModelError for a file that is neither."""
    groups: dict[str, dict[str, Tensor]] = {}
    try:
        with safe_open(path, framework="pt") as file:
            state = json.loads(file.metadata()["state"])
            for key in file.keys():  # noqa: SIM118 - safe_open is no mapping
                group, name = key.split("/", 1)
                groups.setdefault(group, {})[name] = file.get_tensor(key)
    except (SafetensorError, KeyError, ValueError, TypeError) as error:
        raise ModelError(f"checkpoint {path} cannot be read ({error}); delete it to train from the start") from error
    return groups, state
