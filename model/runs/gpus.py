"""Which GPUs a job could use, found without the seconds that importing torch takes."""

from __future__ import annotations

import importlib.metadata
import os
from pathlib import Path
from typing import Any

DEVICES = Path("/dev")


def visible_gpus() -> list[str]:
    """Names of this process's GPUs as CUDA_VISIBLE_DEVICES has them; none where torch is built without CUDA."""
    try:
        if importlib.metadata.version("torch").endswith("+cpu"):
            return []
    except importlib.metadata.PackageNotFoundError:
        return []
    chosen = os.environ.get("CUDA_VISIBLE_DEVICES")
    if chosen is None:
        # CUDA counts from 0 whatever the numbers of the devices: a container may hold only /dev/nvidia3.
        return [str(place) for place, _ in enumerate(DEVICES.glob("nvidia[0-9]*"))]
    names = []
    for name in chosen.split(","):
        if not name.strip() or name.strip() == "-1":
            break  # as CUDA reads it: nothing after a name that is none
        names.append(name.strip())
    return names


def wants_gpu(settings: dict[str, Any]) -> bool:
    """Whether a training of these settings goes to a GPU where there is one."""
    return settings.get("device", "auto") in ("auto", "cuda")
