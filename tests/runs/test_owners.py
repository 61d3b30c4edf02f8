"""Whose a training is, and who may change it."""

import secrets

import pytest

from model.errors import RunError
from model.runs import run as room
from model.runs.owners import KEEPER, check_may_change, may_change, owner_of
from model.runs.run import Run
from model.runs.store import rename_run

ME, OTHER = owner_of("a" * 43), owner_of("b" * 43)


def test_an_owner_is_the_hash_of_a_proper_cookie():
    cookie = secrets.token_urlsafe(32)
    assert owner_of(cookie) == owner_of(cookie) != owner_of(secrets.token_urlsafe(32))
    assert len(owner_of(cookie)) == 64 and cookie not in owner_of(cookie)
    # printf 'attention-lab visitor %s' aaa…a | sha256sum
    assert ME == "0bc77e23acec4b75c41a597d6e54f638e9e78f42beec1e8ad3697ae69069a3f6"


@pytest.mark.parametrize("cookie", [None, "", "a" * 42, "a" * 44, "a" * 42 + "=", "a" * 42 + "\n", "é" * 43, 7])
def test_what_is_no_proper_cookie_is_nobody(cookie):
    assert owner_of(cookie) is None


def test_ones_own_nobodys_and_anothers(make_run):
    mine, nobodys, theirs = make_run(owner=ME), make_run(), make_run(owner=OTHER)
    assert [may_change(run, ME) for run in (mine, nobodys, theirs)] == [True, True, False]
    assert [may_change(run, None) for run in (mine, nobodys, theirs)] == [False, True, False]
    assert [may_change(run, KEEPER) for run in (mine, nobodys, theirs)] == [True, True, True]
    check_may_change(mine, ME, "deleted")
    with pytest.raises(RunError, match="is somebody else's and can only be deleted in the browser that started it"):
        check_may_change(theirs, ME, "deleted")
    with pytest.raises(RunError, match="somebody else's"):
        rename_run(theirs, notes="x", by=ME)
    rename_run(theirs, notes="x", by=OTHER)


def test_nobody_changes_a_demo_run(make_run, root, monkeypatch):
    made = make_run(owner=ME)
    monkeypatch.setattr(room, "DEMO_ROOT", root)
    demo = Run(made.folder)
    assert not may_change(demo, ME) and not may_change(demo, KEEPER)
    with pytest.raises(RunError, match="comes with Attention Lab and cannot be deleted"):
        check_may_change(demo, KEEPER, "deleted")
