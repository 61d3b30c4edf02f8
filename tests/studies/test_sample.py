"""A sample stands for all of the data: first texts, true counts, and the cost of reading everything."""

import pytest

from model.data.dataset import dataset_hash
from model.data.datasets import load_builtin
from model.data.splits import Dataset, Split, save_dataset
from model.errors import DataError
from model.studies import sample as room
from model.studies.sample import Sample


@pytest.fixture
def entry(tmp_path):
    """A function that keeps a data set of so many training texts and says what a spec says of it."""

    def keep(rows, *, labels=("no", "yes"), length=3):
        texts = {name: [f"{name} {place} " + "w " * length for place in range(count)]
                 for name, count in (("train", rows), ("validation", rows // 10), ("test", rows // 10))}  # fmt: skip
        splits = {name: Split(column, [labels[place % len(labels)] for place in range(len(column))])
                  for name, column in texts.items()}  # fmt: skip
        report = {name: len(column) for name, column in texts.items()} | {"classes": dict.fromkeys(labels, 1)}
        dataset = Dataset(name="own", **splits, classes=sorted(labels), report=report, sha256=dataset_hash(splits))
        save_dataset(dataset, tmp_path / "data" / "0")
        return {"name": "own", "sha256": dataset.sha256, "folder": "data/0", "report": report}

    return keep


def test_small_data_is_read_whole(entry, tmp_path):
    sample = Sample.read(tmp_path, entry(300))
    assert (sample.train_count, sample.validation_count, sample.test_count) == (300, 30, 30)
    assert (len(sample.train.texts), sample.factor, sample.documents) == (300, 1.0, 360)
    assert sample.validation.texts[0].startswith("validation 0")
    assert sample.seconds > 0 and sample.classes == ["no", "yes"]


def test_large_data_is_its_first_texts(entry, tmp_path, monkeypatch):
    monkeypatch.setattr(room, "READ_WHOLE", 1000)
    monkeypatch.setattr(room, "_TEXTS", 400)
    monkeypatch.setattr(room, "_OTHERS", 50)
    sample = Sample.read(tmp_path, entry(5000))
    assert (sample.train_count, sample.factor, sample.documents) == (5000, 12.5, 6000)
    assert sample.train.texts[0].startswith("train 100 ") and sample.train.texts[-1].startswith("train 499 ")
    assert len(sample.validation.texts) == 50 and not set(sample.validation.texts) & set(sample.train.texts)


def test_the_cost_of_reading_is_that_of_all_rows(entry, tmp_path, monkeypatch):
    data = entry(19_000, length=60)
    whole = Sample.read(tmp_path, data)
    monkeypatch.setattr(room, "READ_WHOLE", 1000)
    part = Sample.read(tmp_path, data)
    assert 0 < part.megabytes < 20 * max(whole.megabytes, 5)
    assert part.seconds == pytest.approx(whole.seconds, rel=3)  # and not by the 2.5 times that were read less
    assert part.train_count == whole.train_count


def test_long_texts_are_fewer(entry, tmp_path, monkeypatch):
    monkeypatch.setattr(room, "_CHARACTERS", 5000)
    monkeypatch.setattr(room, "_FEWEST", 3)
    sample = Sample.read(tmp_path, entry(300, length=500))
    assert len(sample.train.texts) == 5 and sample.factor == 60


def test_built_in_data_goes_by_name(tmp_path):
    dataset = load_builtin("diagnostic:keyword:200")
    data = {"name": dataset.name, "sha256": dataset.sha256, "folder": None, "report": dataset.report}
    assert Sample.read(tmp_path, data).train == dataset.train


def test_what_cannot_be_measured_says_why(entry, tmp_path, monkeypatch):
    with pytest.raises(DataError, match="all of the class 'no'"):
        Sample.read(tmp_path, entry(100, labels=("no",)))
    with pytest.raises(DataError, match=r"no data\.json"):
        Sample.read(tmp_path, {**entry(100), "folder": "data/1"})
    data = entry(100)
    monkeypatch.setattr(room, "READ_WHOLE", 10)
    (tmp_path / "data" / "0" / "data.parquet").write_bytes(b"PAR1")
    with pytest.raises(DataError, match="cannot be read"):
        Sample.read(tmp_path, data)
