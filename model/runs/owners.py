"""Whose a training is: a visitor is known by the hash of a random cookie, and changes nobody else's."""

from __future__ import annotations

import enum
import hashlib
import re
from typing import TYPE_CHECKING

from model.errors import RunError

if TYPE_CHECKING:
    from model.runs.run import Run

COOKIE = "attention_lab_visitor"
WELL_FORMED = re.compile(r"[A-Za-z0-9_-]{43}")  # what secrets.token_urlsafe(32) gives: 256 random bits


class Keeper(enum.Enum):
    """Who keeps the server: the shell, and whatever the server does by itself."""

    KEEPER = "keeper"


KEEPER = Keeper.KEEPER
By = str | None | Keeper  # an owner's hash; None for a visitor without a cookie


def owner_of(cookie: str | None) -> str | None:
    """The owner that this visitor's cookie stands for (SHA-256, 64 hexadecimal digits); None without a proper one.

    Only the hash is ever stored: whoever reads the runs on the disk cannot pass for their owners.
    """
    if not isinstance(cookie, str) or not WELL_FORMED.fullmatch(cookie):
        return None
    return hashlib.sha256(f"attention-lab visitor {cookie}".encode()).hexdigest()


def owns(by: By, owner: str | None) -> bool:
    """Whether what `owner` began is for `by` to change: their own, or nobody's; all of it for the keeper."""
    return by is KEEPER or owner is None or owner == by


def may_change(run: Run, by: By) -> bool:
    """Whether `by` may cancel, stop, resume, rename or delete a run: their own, or one that is nobody's.

    Nobody's are the runs made at the shell, brought in as a bundle by it, or made by visitors without cookies. The
    demo runs are never changed, by the keeper neither.
    """
    return not run.read_only and owns(by, run.spec["owner"])


def check_may_change(run: Run, by: By, what: str) -> None:
    """Raise RunError unless `by` may change the run; `what` says what was to be done to it, such as "deleted"."""
    if run.read_only:
        raise RunError(f"run {run.id} comes with Attention Lab and cannot be {what}; train your own to change it")
    if not may_change(run, by):
        raise RunError(
            f"run {run.id} is somebody else's and can only be {what} in the browser that started it; train your own"
            " to change it"
        )
