"""data.json says that a folder is whole: it is there as a whole, or not at all."""

import pytest

from model.data.about import read_about, write_about
from model.errors import DataError


def test_what_is_written_is_read(tmp_path):
    about = {"format": 3, "name": "电影", "more": [1]}
    write_about(tmp_path, about)
    assert read_about(tmp_path, {"format": int, "name": str}, version=3, what="data set") == about
    assert [path.name for path in tmp_path.iterdir()] == ["data.json"]


def test_a_crash_leaves_no_half_of_it(tmp_path, monkeypatch):
    def crash(*args):
        raise OSError("crash")

    monkeypatch.setattr("model.data.about.os.replace", crash)
    with pytest.raises(OSError, match="crash"):
        write_about(tmp_path, {"format": 1})
    assert not (tmp_path / "data.json").exists()
    with pytest.raises(DataError, match="holds no text"):
        read_about(tmp_path, {}, version=1, what="text")
