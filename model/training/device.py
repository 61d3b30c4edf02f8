"""Which device computes, in which precision, with how many threads."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import torch

from model.errors import SettingsError

# As in malloc.h: no block is mapped by itself; the heap is not cut before it has 2 GiB free; it grows by 64 MiB.
_MALLOC = ((-4, 0), (-1, 2**31 - 1), (-2, 64 << 20))


def choose_device(name: str) -> torch.device:
    """The device of that name; "auto" is CUDA, then MPS, then the CPU. Raises SettingsError if it is absent."""
    present = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if name == "auto":
        return torch.device(next(kind for kind, there in present.items() if there))
    if not present.get(name, False):
        there = ", ".join(kind for kind, is_there in present.items() if is_there)
        raise SettingsError(f"device {name!r} is not on this machine; choose auto or one of {there}")
    return torch.device(name)


def recurrence_dtype(precision: str, device: torch.device) -> torch.dtype | None:
    """Autocast type of the recurrence in training, or None for float32.

    "auto" takes bfloat16 on processors with a matrix unit for it (AMX: 2 to 2.6 times faster at hidden size 128); one
    that only emulates it is four times slower with it than without. Not on CUDA: there autocast turns a recurrent
    layer to float16 whatever type it is told (torch's AutocastRNN.cpp), whose range small gradients fall below;
    float32 multiplies in TF32 inside cuDNN.
    """
    if precision == "float32":
        return None
    if precision == "bfloat16":
        return torch.bfloat16
    has_matrix_unit = device.type == "cpu" and torch.cpu._is_amx_tile_supported()
    return torch.bfloat16 if has_matrix_unit else None


@cache
def keep_memory() -> bool:
    """Have the C library keep the memory of freed tensors for the next ones; whether it could be told so.

    By default glibc gives every large block back to the kernel, which clears each page of it at the next step again:
    that took 30 to 37 % of the training time with texts of 400 tokens, 2 % with 46 (tests/benchmarks/NOTES.md). For
    the whole process, and for good; other C libraries are left alone.
    """
    tell = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    return tell is not None and all([tell(option, value) for option, value in _MALLOC])


@contextmanager
def cpu_threads(count: int) -> Iterator[None]:
    """Compute with so many CPU threads, and give the caller's number back."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


class PrivateRandomness:
    """A stretch of computing on random numbers of its own: `with` it, and the caller's stay as they were.

    Re-entered, it goes on where it left off, so that a loop which pauses draws the same numbers as one that does not.
    """

    def __init__(self, seed: int, device: torch.device) -> None:
        self._cuda = device if device.type == "cuda" else None
        outer = self._state()
        torch.manual_seed(seed)
        self._inner = self._state()
        self._restore(outer)

    def __enter__(self) -> None:
        self._outer = self._state()
        self._restore(self._inner)

    def __exit__(self, *_: object) -> None:
        self._inner = self._state()
        self._restore(self._outer)

    def _state(self) -> tuple[torch.Tensor, torch.Tensor | None]:
        return torch.get_rng_state(), torch.cuda.get_rng_state(self._cuda) if self._cuda else None

    def _restore(self, state: tuple[torch.Tensor, torch.Tensor | None]) -> None:
        torch.set_rng_state(state[0])
        if self._cuda:
            torch.cuda.set_rng_state(state[1], self._cuda)
