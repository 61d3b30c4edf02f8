"""Random generators that belong to the whole process, and stay as they were while Captum draws from them."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch

_LOCK = threading.Lock()


@contextmanager
def shared_generators_kept(device: torch.device) -> Iterator[None]:
    """Leave the generators of numpy and torch (for the processor and `device`) as they were; one thread at a time.

    This is courtesy, not correctness: no value may depend on what is drawn inside, for other threads draw as well.
    """
    with _LOCK, torch.random.fork_rng([device] if device.type == "cuda" else []):
        state = np.random.get_state()
        try:
            yield
        finally:
            np.random.set_state(state)
