"""Bundles of language models: they come back as they were, and whatever is not in order is refused."""

import io
import json
import zipfile
from functools import partial

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from safetensors.torch import load_file, save_file

from model.data.corpora import load_corpus
from model.networks.language_presets import LANGUAGE_PRESETS
from model.runs.bundle import bundle, unbundle
from model.runs.language_file import load_language_model
from model.runs.store import rename_run
from tests.runs.language_runs import TEXT, finish_language, language_corpus, language_run


@pytest.fixture(scope="module")
def origin(tmp_path_factory):
    """A finished run on a text of its own."""
    run = language_run(tmp_path_factory.mktemp("origin"), owner="somebody")
    finish_language(run)
    rename_run(run, title="My cats")
    return run


@pytest.fixture(scope="module")
def packed(origin):
    """Its bundle; the fixture `members` takes that apart."""
    return bundle(origin.folder, origin.folder.parent / "run.zip").read_bytes(), origin


# -- the good ones ---------------------------------------------------------------------------------------------------


def test_a_run_comes_back_as_it_was(packed, root, tmp_path):
    content, origin = packed
    run = unbundle(content, root)
    assert (run.id, run.kind, run.state["state"], run.title) == (origin.id, "language-model", "done", "My cats")
    assert run.spec == {**origin.spec, "owner": None}
    assert run.report == origin.report and run.events() == origin.events()
    pd.testing.assert_frame_equal(run.predictions(), origin.predictions())
    assert run.predictions().dtypes.to_dict() == {"id": np.int32, "loss": np.float32}
    for name in ("model.safetensors", "vocabulary.json"):
        assert (run.folder / name).read_bytes() == (origin.folder / name).read_bytes()
    assert load_corpus(run.data_folder) == language_corpus()
    assert bundle(run.folder, tmp_path / "again.zip").read_bytes() == content


@pytest.mark.parametrize("preset", LANGUAGE_PRESETS)
@pytest.mark.parametrize("unit", ["words", "characters"])
def test_every_preset_goes_through(preset, unit, root, tmp_path):
    run = language_run(tmp_path, preset=preset, unit=unit, attention_layers="all", attention_score="additive")
    finish_language(run, half_embeddings=True)
    back = unbundle(bundle(run.folder, tmp_path / "run.zip"), root)
    assert load_language_model(back.folder, device="cpu").settings.unit == unit


def test_a_built_in_text_goes_by_its_name(root, tmp_path, monkeypatch):
    corpus = language_corpus()
    run = language_run(tmp_path, corpus)
    finish_language(run)
    entry = type("Entry", (), {"sha256": corpus.sha256})
    monkeypatch.setattr("model.data.corpora.CORPORA", {corpus.name: entry})
    path = bundle(run.folder, tmp_path / "named.zip")
    with zipfile.ZipFile(path) as file:
        assert not any(name.startswith("data/") for name in file.namelist())
    assert unbundle(path, root).data_folder is None
    entry.sha256 = "0" * 64
    with zipfile.ZipFile(bundle(run.folder, path)) as file:
        assert "data/data.parquet" in file.namelist(), "it is another text of that name"


def test_what_was_copied_is_told(members, pack, root):
    copied = {**COPIED, "by_k": [{"k": 7, "places": 7, "right": 0.5, "largest": 1, "weight": 0.25}]}
    report = {**json.loads(members["report.json"]), "copying": copied}
    assert unbundle(pack({**members, "report.json": json.dumps(report).encode()}), root).report == report


# -- the hostile ones ------------------------------------------------------------------------------------------------


def changed(**values):
    return lambda value: {**value, **values}


def without(name):
    return lambda value: {key: value[key] for key in value if key != name}


def settings(**options):
    return lambda spec: {**spec, "settings": {**spec["settings"], **options}}


def scored(split, **figures):
    return lambda report: {**report, split: {**report[split], **figures}}


def event(number, **values):
    def change(lines):
        found = lines.splitlines()
        found[number] = json.dumps({**json.loads(found[number]), **values}).encode()
        return b"\n".join(found) + b"\n"

    return change


def words(change):
    return lambda vocabulary: {**vocabulary, "words": change(vocabulary["words"])}


COPIED = {"places": 7, "right": 0.5, "largest": None, "weight": None, "by_k": []}
# name: (file, change of its JSON value or its lines, message)
JSON = {
    "another kind": ("spec.json", changed(kind="oracle"), "of the unknown kind 'oracle'"),
    "a kind that is none": ("spec.json", changed(kind=["language-model"]), "of the unknown kind"),
    "a classifier after all": ("spec.json", without("kind"), r"spec\.json\.data\.report has the unknown key"),
    "a classifier in so many words": ("spec.json", changed(kind="classifier"), "has the unknown key 'kind'"),
    "probes": ("spec.json", changed(probe=["a text"]), "has the unknown key 'probe'"),
    "a classifier's preset": ("spec.json", changed(preset="lstm"), "contradicts itself"),
    "a classifier's option": ("spec.json", settings(heads=4), "there is no option 'heads'"),
    "no unit": ("spec.json", settings(unit="letters"), "unit is 'letters'"),
    "endless window": ("spec.json", settings(window=10**9), "window is 1000000000"),
    "other settings": ("spec.json", settings(epochs=9), "was trained with other settings"),
    "half the settings": (
        "spec.json", lambda v: {**v, "settings": {"preset": v["preset"], "seed": v["seed"]}}, "must be complete"),
    "another report of data": (
        "spec.json", lambda v: {**v, "data": {**v["data"], "report": {**v["data"]["report"], "rows": 7}}},
        r"data\.json describes other data"),
    "no perplexity": ("report.json", scored("test", perplexity=None), r"report\.json\.test\.perplexity is None"),
    "text for a number": ("report.json", scored("validation", loss="<b>"), r"report\.json\.validation\.loss is"),
    "a report of a classifier": ("report.json", without("unit"), "report.json has no 'unit'"),
    "another unit": ("report.json", changed(unit="characters"), "of a model of 'characters', spec.json of 'words'"),
    "another seed": ("report.json", changed(seed=99), r"report\.json is of another run"),
    "hostile figures": ("report.json", changed(copying={**COPIED, "right": "<b>"}), r"json\.copying\.right is"),
    "more figures": ("report.json", changed(copying={**COPIED, "left": 0.5}), "has the unknown key 'left'"),
    "more tokens": ("report.json", scored("test", tokens=10**9), r"has \d+ rows and the columns .*; 1000000000 and"),
    "an event of classifiers": ("events.jsonl", event(1, accuracy=0.5), "line 2 has the unknown key 'accuracy'"),
    "an event of wrong type": ("events.jsonl", event(1, averaging="yes"), "line 2.averaging is 'yes', not bool"),
    "fewer words": (
        "vocabulary.json", lambda v: {**v, "words": v["words"][:-1], "counts": v["counts"][:-1]},
        r"does not fit its settings and vocabulary: embedding\.weight is"),
    "half a letter": ("vocabulary.json", words(lambda w: [*w[:-1], "\ud800"]), "is none of the words of a text"),
    "a word without end": ("vocabulary.json", words(lambda w: [*w[:-1], "x" * 70_000]), "is none of the words"),
    "no description": ("data/data.json", without("sha256"), r"data\.json has no 'sha256'"),
    "a description with more": ("data/data.json", changed(classes=["a"]), r"data\.json has the unknown key"),
    "another name of the data": ("data/data.json", changed(name="other.txt"), r"data\.json describes other data"),
}  # fmt: skip


@pytest.mark.parametrize("name", JSON)
def test_json_that_no_page_could_trust(members, pack, refused, name):
    file, change, message = JSON[name]
    value = change(members[file] if file.endswith("l") else json.loads(members[file]))
    members[file] = value if isinstance(value, bytes) else json.dumps(value).encode()
    refused(pack(members), message)


def test_a_model_of_characters_knows_no_words(root, refused, tmp_path, pack):
    run = language_run(tmp_path / "letters", unit="characters")
    finish_language(run)
    with zipfile.ZipFile(bundle(run.folder, tmp_path / "run.zip")) as file:
        members = {name: file.read(name) for name in file.namelist() if name != "manifest.json"}
    vocabulary = words(lambda known: [*known[:-1], "two"])(json.loads(members["vocabulary.json"]))
    refused(
        pack({**members, "vocabulary.json": json.dumps(vocabulary).encode()}),
        "has 'two', which is none of the characters of a text",
    )


def weights(members, tmp_path, *, metadata=None, **tensors):
    """The weights of a bundle with some tensors exchanged, or taken out by None."""
    path = tmp_path / "model.safetensors"
    path.write_bytes(members["model.safetensors"])
    with open(path, "rb") as file:
        head = json.loads(file.read(int.from_bytes(file.read(8), "little")))["__metadata__"]
    found = load_file(path) | {name.replace("__", "."): value for name, value in tensors.items()}
    found = {name: value for name, value in found.items() if value is not None}
    save_file(found, path, metadata={**head, **(metadata or {})})
    return path.read_bytes()


def nan(members, tmp_path, *, name):
    tensor = load_file_of(members, tmp_path)[name]
    tensor.view(-1)[-1] = torch.nan
    return weights(members, tmp_path, **{name.replace(".", "__"): tensor})


def load_file_of(members, tmp_path):
    path = tmp_path / "before.safetensors"
    path.write_bytes(members["model.safetensors"])
    return load_file(path)


WEIGHTS = {
    "a pickle": (lambda m, t: b"\x80\x04cos\nsystem\n" + b"x" * 100, r"has a header of \d+ bytes|cannot be read"),
    "a classifier's": (partial(weights, metadata={"format": '"attention-lab 1"'}), "format is 'attention-lab 1'"),
    "with classes": (partial(weights, metadata={"classes": '["a", "b"]'}), "unknown key 'classes'"),
    "a wrong shape": (partial(weights, output_bias=torch.zeros(3)), r"output_bias is \(\[3\], 'F32'\), expected"),
    "a tensor too many": (partial(weights, extra=torch.zeros(1)), r"extra is .* expected nothing of that name"),
    "a tensor too few": (partial(weights, combine__weight=None), r"combine\.weight is missing"),
    "no embedding": (partial(weights, embedding__weight=None), r"embedding\.weight is missing"),
    "another type": (
        partial(weights, combine__bias=torch.zeros(6).double()), r"combine\.bias is \(\[6\], 'F64'\), expected"),
    "half where none is": (partial(weights, combine__bias=torch.zeros(6).half()), r"combine\.bias is \(\[6\], 'F16'"),
    "no numbers among the words": (partial(nan, name="embedding.weight"), r"numbers in embedding\.weight that are"),
    "no numbers in the decoder": (partial(nan, name="output_weight"), r"numbers in output_weight that are not"),
}  # fmt: skip


@pytest.mark.parametrize("name", WEIGHTS)
def test_weights_that_fit_no_network(members, pack, refused, tmp_path, name):
    forge, message = WEIGHTS[name]
    refused(pack({**members, "model.safetensors": forge(members, tmp_path)}), message)


def parquet(columns):
    target = io.BytesIO()
    pq.write_table(pa.table(columns), target)
    return target.getvalue()


def first(frame, column, value):
    return [value, *frame[column].tolist()[1:]]


TABLES = {
    "no Parquet": (lambda f: b"PAR1" + b"x" * 100 + b"PAR1", "cannot be read"),
    "a column too many": (lambda f: parquet({**f.to_dict("list"), "evil": [1] * len(f)}), "and the columns"),
    "a classifier's": (lambda f: parquet({"index": f["id"], "loss": f["loss"]}), "and the columns"),
    "rows missing": (lambda f: parquet(f[:-1].to_dict("list")), r"has \d+ rows and the columns"),
    "a word of no vocabulary": (lambda f: parquet({"id": first(f, "id", 10**6), "loss": f["loss"]}), "model's words"),
    "padding": (lambda f: parquet({"id": first(f, "id", 0), "loss": f["loss"]}), "model's words"),
    "a negative word": (lambda f: parquet({"id": first(f, "id", -1), "loss": f["loss"]}), "model's words"),
    "no word": (lambda f: parquet({"id": first(f, "id", None), "loss": f["loss"]}), "model's words"),
    "a word too large": (lambda f: parquet({"id": first(f, "id", 2**40), "loss": f["loss"]}), "cannot be read"),
    "words as text": (lambda f: parquet({"id": ["x"] * len(f), "loss": f["loss"]}), "cannot be read"),
    "nan": (lambda f: parquet({"id": f["id"], "loss": first(f, "loss", float("nan"))}), "losses that are none"),
    "endless": (lambda f: parquet({"id": f["id"], "loss": first(f, "loss", float("inf"))}), "losses that are none"),
    "less than nothing": (lambda f: parquet({"id": f["id"], "loss": first(f, "loss", -0.5)}), "losses that are none"),
    "no loss": (lambda f: parquet({"id": f["id"], "loss": first(f, "loss", None)}), "losses that are none"),
    "lists": (lambda f: parquet({"id": f["id"], "loss": [[1.0]] * len(f)}), "cannot be read"),
}


@pytest.mark.parametrize("name", TABLES)
def test_predictions_that_are_none(members, pack, refused, name):
    forge, message = TABLES[name]
    frame = pd.read_parquet(io.BytesIO(members["predictions.parquet"]))
    refused(pack({**members, "predictions.parquet": forge(frame)}), message)


PARTS = ["train", "validation", "test"]
DATA = {
    "other text": (lambda f: parquet({"split": PARTS, "text": first(f, "text", "other")}), "is not the one that was"),
    "a column too many": (lambda f: parquet({"split": PARTS, "text": f["text"], "evil": PARTS}), "and the columns"),
    "a row too many": (
        lambda f: parquet({"split": [*PARTS, "test"], "text": [*f["text"], "more"]}), "has 4 rows and the columns"),
    "another order": (
        lambda f: parquet({"split": PARTS[::-1], "text": f["text"][::-1]}), "has no row for train, or not where"),
    "no text": (lambda f: parquet({"split": PARTS, "text": first(f, "text", None)}), "has no row for train"),
    "numbers": (lambda f: parquet({"split": PARTS, "text": [1, 2, 3]}), "cannot be read"),
    "no Parquet": (lambda f: b"PK", "cannot be read"),
}  # fmt: skip


@pytest.mark.parametrize("name", DATA)
def test_a_text_that_is_not_what_its_hash_says(members, pack, refused, name):
    forge, message = DATA[name]
    frame = pd.read_parquet(io.BytesIO(members["data/data.parquet"]))
    refused(pack({**members, "data/data.parquet": forge(frame)}), message)


def test_a_small_file_that_unfolds_into_a_huge_text_is_stopped(members, pack, refused, monkeypatch):
    monkeypatch.setattr("model.runs.parquet.MOST_OF_CORPUS", 1_000_000)
    target = io.BytesIO()
    table = pa.table({"split": PARTS, "text": ["x" * 5_000_000, "y", "z"]})
    pq.write_table(table, target, compression="zstd")
    assert len(target.getvalue()) < 10_000
    refused(pack({**members, "data/data.parquet": target.getvalue()}), "more than 1000000 characters of text")


def test_lengths_of_the_parts_are_those_of_the_text(members, pack, refused):
    for name in ("spec.json", "data/data.json"):
        value = json.loads(members[name])
        report = (value["data"] if name == "spec.json" else value)["report"]
        report["characters"]["test"] = len(TEXT) * 2
        members[name] = json.dumps(value).encode()
    refused(pack(members), "splits of other lengths than data.json says")
