"""Which GPUs a job could use and how many may share one, found without the seconds that importing torch takes."""

from __future__ import annotations

import importlib.metadata
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

DEVICES = Path("/dev")

# Trainings of small networks leave a GPU idle while they prepare its next piece of work: several fill the gaps. They
# take turns on it, so that ever more of them gain ever less.
MOST_ON_A_GPU = 4
SHARE = 6 << 30  # bytes of its memory for each: CUDA and torch take some 600 MB before there is any text

_BYTES_PER_STATE = 128  # of a hidden state in training: gates, cells and gradients of both directions, in float32
_LONGEST = 400  # tokens, where settings tell no length


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


def jobs_per_gpu(gpus: Sequence[str]) -> int:
    """How many trainings may share each of these GPUs: at most 4, 6 GiB for each; 1 where that is unknown."""
    if not gpus or any(name.startswith("MIG-") for name in gpus):  # a part of a GPU, of a size not told
        return 1
    command = ["nvidia-smi", "--query-gpu=memory.total", "--format=csv,noheader,nounits"]  # MiB, a line for each
    try:
        told = subprocess.run(command, capture_output=True, text=True, check=True, timeout=20).stdout.split()
        smallest = min(map(int, told), default=0) << 20
    except (OSError, subprocess.SubprocessError, ValueError):
        return 1
    return max(1, min(MOST_ON_A_GPU, smallest // SHARE))


def needs_whole_gpu(settings: dict[str, Any]) -> bool:
    """Whether a training of these settings could need more memory than its share of a GPU; a rough, high guess."""
    tokens = settings.get("max_tokens") or settings.get("segment") or _LONGEST
    states = settings.get("batch_size", 1) * tokens * settings.get("hidden_size", 1) * (settings.get("layers") or 2)
    return states * _BYTES_PER_STATE > SHARE // 2
