"""What goes wrong in a training, in words: what happened, and what to change."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from model.errors import ModelError
from model.training.options import Options
from model.training.settings import Settings

_WORDS = ("out of memory", "can't allocate memory", "cannot allocate memory", "not enough memory")


def no_number(settings: Options, *, epoch: int, precision: str) -> ModelError:
    """The error of a training whose loss or outputs are no longer numbers."""
    ways = [f"lower the learning rate (now {settings.learning_rate:g}, try {settings.learning_rate / 10:g})"]
    ways.append("set clip (now none, try 1)" if settings.clip is None else f"lower clip (now {settings.clip:g})")
    if precision != "float32":
        ways.append("set precision to float32")
    return ModelError(f"the loss is no longer a number in epoch {epoch}; {' or '.join(ways)}")


@contextmanager
def memory_in_words(settings: Options) -> Iterator[None]:
    """Turn the end of the memory, of the machine or of a GPU, into a ModelError that says what to make smaller."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if not is_out_of_memory(error):
            raise
        length = "max_tokens" if isinstance(settings, Settings) else "segment"
        smaller = [f"{name} {max(1, getattr(settings, name) // 2)}" for name in ("batch_size", length)]
        raise ModelError(
            f"Out of memory with batch_size {settings.batch_size}, {length} {getattr(settings, length)}, hidden_size"
            f" {settings.hidden_size} and max_vocabulary {settings.max_vocabulary or 'none'}: choose a smaller"
            f" batch_size, {length}, hidden_size or max_vocabulary, first of all {' or '.join(smaller)}"
        ) from error


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error says that there was no memory left."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return any(words in str(error).lower() for words in _WORDS)
