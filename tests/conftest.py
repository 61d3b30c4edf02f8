"""What tests of several rooms share."""

import os

import pytest

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is there: tests run beside one another, one on each core


@pytest.fixture
def queues():
    """A list for the queues that a test opens; they are closed at its end."""
    opened = []
    yield opened
    for queue in opened:
        queue.close()
