"""A corpus on disk comes back as it was, or not at all."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from model.data.corpus import make_corpus
from model.data.corpus_storage import load_corpus, save_corpus
from model.data.storage import load_dataset
from model.errors import DataError

CORPUS = make_corpus("我喜欢这部电影。\r It's good 😀\0\n" * 100, name="电影", encoding="gb18030")


def test_it_comes_back_as_it_was(tmp_path):
    folder = save_corpus(CORPUS, tmp_path / "new" / "folder")
    assert load_corpus(folder) == CORPUS
    assert {path.name for path in folder.iterdir()} == {"data.parquet", "data.json"}
    assert pq.read_table(folder / "data.parquet").column_names == ["split", "text"]


def changed(folder, **changes):
    about = json.loads((folder / "data.json").read_text(encoding="utf-8")) | changes
    (folder / "data.json").write_text(json.dumps(about), encoding="utf-8")


def rows(folder, splits, texts):
    pq.write_table(pa.table({"split": splits, "text": texts}), folder / "data.parquet")


SPLITS = ["train", "validation", "test"]
DAMAGE = {
    "no data.json": (lambda folder: (folder / "data.json").unlink(), "holds no text"),
    "no JSON": (lambda folder: (folder / "data.json").write_text("{"), "data.json"),
    "deep JSON": (lambda folder: (folder / "data.json").write_text("[" * 100_000), "data.json"),
    "a list": (lambda folder: (folder / "data.json").write_text("[]"), "lacks a field"),
    "a field": (lambda folder: changed(folder, report=None), "lacks a field"),
    "version": (lambda folder: changed(folder, format=2), "another version"),
    "kind": (lambda folder: changed(folder, kind="table"), "its kind is 'table', not 'corpus'"),
    "hash": (lambda folder: changed(folder, sha256="0" * 64), "not the one that was saved"),
    "no parquet": (lambda folder: (folder / "data.parquet").unlink(), "data.parquet"),
    "cut": (lambda folder: (folder / "data.parquet").write_bytes(b"PAR1"), "data.parquet"),
    "columns": (lambda folder: pq.write_table(pa.table({"text": ["a"]}), folder / "data.parquet"), "data.parquet"),
    "other text": (lambda folder: rows(folder, SPLITS, ["a", "b", "c"]), "not the one that was saved"),
    "order": (lambda folder: rows(folder, SPLITS[::-1], ["a", "b", "c"]), "other rows than"),
    "twice": (lambda folder: rows(folder, [*SPLITS, "test"], ["a", "b", "c", "d"]), "other rows than"),
    "null": (lambda folder: rows(folder, SPLITS, ["a", None, "c"]), "other rows than"),
    "numbers": (lambda folder: rows(folder, SPLITS, [1, 2, 3]), "other rows than"),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_damage_is_found(tmp_path, damage):
    harm, message = DAMAGE[damage]
    harm(save_corpus(CORPUS, tmp_path))
    with pytest.raises(DataError, match=message):
        load_corpus(tmp_path)


def test_a_table_is_no_corpus_nor_the_other_way_round(tmp_path):
    save_corpus(CORPUS, tmp_path)
    with pytest.raises(DataError):
        load_dataset(tmp_path)
