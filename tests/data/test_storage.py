import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from model.data.diagnostic import generate
from model.data.splits import load_dataset, make_dataset, save_dataset
from model.data.tables import read_table
from model.errors import DataError


@pytest.fixture(scope="module")
def dataset():
    rows = "".join(f'"naïve 好, ""{i}""\nnext line",{"pos" if i % 2 else "neg"}\n' for i in range(30))
    return make_dataset(read_table(("text,label\n" + rows + ",pos\n").encode(), name="t.csv"), name="näme.csv")


def test_what_is_saved_is_loaded(dataset, tmp_path):
    assert load_dataset(save_dataset(dataset, tmp_path / "new" / "folder")) == dataset
    assert sorted(path.name for path in (tmp_path / "new" / "folder").iterdir()) == ["data.json", "data.parquet"]


def test_rationales_are_saved_too(tmp_path):
    dataset = generate("order", rows=40, language="zh")
    loaded = load_dataset(save_dataset(dataset, tmp_path))
    assert loaded == dataset
    assert isinstance(loaded.rationales["test"][0][0], tuple)


def damage(folder, how):
    about = folder / "data.json"
    if how == "no json":
        about.unlink()
    elif how == "not json":
        about.write_text("{")
    elif how == "deep json":
        about.write_text("[" * 100_000)
    elif how == "field missing":
        about.write_text(json.dumps({"format": 1, "name": "n"}))
    elif how == "other format":
        about.write_text(about.read_text().replace('"format": 1', '"format": 99'))
    elif how == "no texts":
        (folder / "data.parquet").unlink()
    elif how == "not parquet":
        (folder / "data.parquet").write_bytes(b"PAR1nothingPAR1")
    elif how == "column missing":
        pq.write_table(pa.table({"text": ["a"], "split": ["train"]}), folder / "data.parquet")
    else:
        columns = pq.read_table(folder / "data.parquet").to_pydict()
        columns[how][0] += "x"
        pq.write_table(pa.table(columns), folder / "data.parquet")


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ("no json", "holds no data set"),
        ("not json", "is damaged"),
        ("deep json", "is damaged"),
        ("field missing", "lacks a field"),
        ("other format", "format 99"),
        ("no texts", "is damaged"),
        ("not parquet", "is damaged"),
        ("column missing", "is damaged"),
        ("text", "not those that were saved"),
        ("label", "not those that were saved"),
        ("split", "'trainx' is no split"),
    ],
)
def test_damage_is_noticed(dataset, tmp_path, how, words):
    save_dataset(dataset, tmp_path)
    damage(tmp_path, how)
    with pytest.raises(DataError, match=words):
        load_dataset(tmp_path)
