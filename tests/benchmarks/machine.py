"""What a measurement rests on: the machine, its libraries, and how busy it was."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch

from model.runs.launch import available_cores


def facts(*, threads: int) -> dict[str, Any]:
    """Everything about the machine that a figure depends on, JSON-able."""
    flags = _cpu_info("flags").split()
    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else None
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "cpu": _cpu_info("model name") or platform.processor() or platform.machine(),
        "cores": available_cores(),
        "threads": threads,
        "avx512": "avx512f" in flags,
        "avx512_bf16": "avx512_bf16" in flags,
        "amx_bf16": has_matrix_unit(),
        "gpu": gpu,
        "system": platform.platform(terse=True),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "load_before": load(),
    }


def load() -> list[float]:
    """Processes that wanted a core, on average over the last 1, 5 and 15 minutes; empty where nobody counts."""
    return [round(value, 2) for value in os.getloadavg()] if hasattr(os, "getloadavg") else []


def has_matrix_unit() -> bool:
    """Whether the processor multiplies bfloat16 matrices in a unit of its own (AMX)."""
    return bool(torch.cpu._is_amx_tile_supported())


def in_words(machine: dict[str, Any]) -> str:
    """The machine in a line."""
    unit = "with" if machine["amx_bf16"] else "without"
    gpu = f", {machine['gpu']}" if machine["gpu"] else ""
    waiting = ", ".join(map(str, machine["load_before"]))
    return (
        f"{machine['cpu']}, {machine['cores']} cores, {machine['threads']} in use, {unit} a matrix unit (AMX){gpu};"
        f" torch {machine['torch']}, Python {machine['python']}; {machine['date']}; load {waiting}"
    )


def _cpu_info(field: str) -> str:
    """What Linux says of the first processor; empty elsewhere."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    return next((line.split(":", 1)[1].strip() for line in lines if line.split(":")[0].strip() == field), "")
