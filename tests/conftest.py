"""What tests of several rooms share."""

import pytest


@pytest.fixture
def queues():
    """A list for the queues that a test opens; they are closed at its end."""
    opened = []
    yield opened
    for queue in opened:
        queue.close()
