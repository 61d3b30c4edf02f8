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


def pytest_make_parametrize_id(val, argname):
    """Bytes can hold the time and random numbers; a test has one name in all processes that run tests."""
    return argname if isinstance(val, bytes) else None
