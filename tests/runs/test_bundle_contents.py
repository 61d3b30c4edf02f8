"""Bundles whose zip file is in order and whose contents are not."""

import io
import json
from functools import partial

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from safetensors.torch import load_file, save_file

from model.errors import RunError
from model.networks.build import build_network
from model.networks.presets import PRESETS
from model.runs.bundle import unbundle
from model.runs.contents import check_classifier
from model.runs.store import list_runs
from model.text.vocabulary import Vocabulary
from model.training.settings import Settings

# name: (file, change of its JSON value or its bytes, message)
JSON = {
    "unknown key": ("spec.json", lambda v: {**v, "on_load": "import os"}, "has the unknown key 'on_load'"),
    "missing key": ("spec.json", lambda v: {k: v[k] for k in v if k != "preset"}, r"spec\.json has no 'preset'"),
    "wrong type": ("spec.json", lambda v: {**v, "seed": "13"}, r"spec\.json\.seed is '13', not int"),
    "a truth for a number": ("spec.json", lambda v: {**v, "seed": True}, r"spec\.json\.seed is True, not int"),
    "a hostile id": ("spec.json", lambda v: {**v, "id": "../../x"}, r"spec\.json\.id is '\.\./\.\./x'"),
    "no date": ("spec.json", lambda v: {**v, "created": "now"}, r"spec\.json\.created is 'now', not timestamp"),
    "not an object": ("spec.json", lambda v: [v], r"spec\.json is .* not names and values"),
    "folder elsewhere": (
        "spec.json", lambda v: {**v, "data": {**v["data"], "folder": "data/../.."}}, r"spec\.json\.data\.folder is"),
    "another folder": (
        "spec.json", lambda v: {**v, "data": {**v["data"], "folder": "data/0123456789abcdef"}}, "not where its hash"),
    "other data": (
        "spec.json", lambda v: {**v, "data": {**v["data"], "name": "other.csv"}}, r"data\.json describes other data"),
    "unknown option": (
        "spec.json", lambda v: {**v, "settings": {**v["settings"], "shell": "sh"}}, "there is no option 'shell'"),
    "absurd size": (
        "spec.json", lambda v: {**v, "settings": {**v["settings"], "hidden_size": 10**9}}, "hidden_size is 1000"),
    "contradiction": ("spec.json", lambda v: {**v, "preset": "gru"}, "contradicts itself"),
    "other settings": (
        "spec.json", lambda v: {**v, "settings": {**v["settings"], "epochs": 3}}, "trained with other settings"),
    "half a letter": ("spec.json", lambda v: {**v, "title": "\ud800"}, r"spec\.json\.title is '\\ud800'"),
    "not finished": ("state.json", lambda v: {**v, "state": "running"}, "its run is running; only finished runs"),
    "unknown state": ("state.json", lambda v: {**v, "state": "<b>"}, r"state\.json\.state is '<b>'"),
    "a long title": ("meta.json", lambda v: {"title": "x" * 201}, r"meta\.json\.title is"),
    "no metric": (
        "report.json", lambda v: {**v, "test": {**v["test"], "accuracy": None}},
        r"report\.json\.test\.accuracy is None, not float"),
    "endless": ("report.json", lambda v: {**v, "seconds": 1e308}, r"report\.json\.seconds is 1e\+308"),
    "other report": ("report.json", lambda v: {**v, "seed": 99}, r"report\.json is of another run"),
    "deep": ("report.json", lambda v: b"[" * 100_000, r"report\.json is nested too deeply"),
    "no number": ("report.json", lambda v: b'{"seconds": NaN}', "NaN is no JSON number"),
    "twice": ("report.json", lambda v: b'{"seed": 1, "seed": 2}', "a key occurs twice"),
    "no JSON": ("report.json", lambda v: b"cos\nsystem\n(S'id'\ntR.", r"report\.json is not JSON"),
    "not UTF-8": ("report.json", lambda v: b'"\xff"', r"report\.json is not JSON"),
    "a huge number": ("report.json", lambda v: b"1" * 5000, r"report\.json is not JSON"),
    "another number of texts": (
        "report.json", lambda v: {**v, "test": {**v["test"], "documents": 99}}, r"predictions\.parquet has \d+ rows"),
    "unknown event": ("events.jsonl", lambda v: b'{"kind": "exec", "t": 1}\n', "an event of the unknown kind"),
    "no event": ("events.jsonl", lambda v: b"[]\n", "unknown kind"),
    "event of wrong type": (
        "events.jsonl", lambda v: v.replace(b'"epochs":2', b'"epochs":"2"').replace(b'"epochs": 2', b'"epochs": "2"'),
        r"events\.jsonl, line 1\.epochs is '2', not int"),
    "torn event": ("events.jsonl", lambda v: v[:-5], "ends in the middle of a line"),
    "no words": ("vocabulary.json", lambda v: {**v, "words": 5}, "words and counts must be two lists"),
    "deep words": ("vocabulary.json", lambda v: b"[" * 100_000, r"vocabulary\.json is not a vocabulary"),
    "fewer words": (
        "vocabulary.json", lambda v: {**v, "words": v["words"][:-1], "counts": v["counts"][:-1]},
        r"does not fit its settings and vocabulary: embedding\.weight is"),
    "data of wrong type": ("data/data.json", lambda v: {**v, "classes": "ab"}, r"data\.json\.classes is 'ab'"),
}  # fmt: skip


@pytest.mark.parametrize("name", JSON)
def test_json_that_no_page_could_trust(members, pack, refused, name):
    file, change, message = JSON[name]
    changed = change(members[file] if file.endswith("l") else json.loads(members[file]))
    members[file] = changed if isinstance(changed, bytes) else json.dumps(changed).encode()
    refused(pack(members), message)


@pytest.mark.parametrize("with_data", [True, False])
def test_data_goes_along_or_is_built_in(members, pack, refused, with_data):
    spec = json.loads(members["spec.json"])
    spec["data"] |= {"folder": None, "name": "imdb-short" if with_data else "/etc/passwd"}
    kept = {name: member for name, member in members.items() if with_data or not name.startswith("data/")}
    refused(pack({**kept, "spec.json": json.dumps(spec).encode()}), "is neither with it nor built in")


def model(members, tmp_path, *, half=False, metadata=None, **tensors):
    """The weights of a bundle with some tensors exchanged, or taken out by None."""
    path = tmp_path / "model.safetensors"
    path.write_bytes(members["model.safetensors"])
    with open(path, "rb") as file:
        head = json.loads(file.read(int.from_bytes(file.read(8), "little")))["__metadata__"]
    found = load_file(path)
    if half:
        found["embedding.weight"] = found["embedding.weight"].half()
    for name, value in tensors.items():
        found[name.replace("__", ".")] = value
    found = {name: value for name, value in found.items() if value is not None}
    save_file(found, path, metadata={**head, **(metadata or {})})
    return path.read_bytes()


MODELS = {
    "a pickle": (lambda m, t: b"\x80\x04cos\nsystem\n" + b"x" * 100, r"has a header of \d+ bytes|cannot be read"),
    "no tensors": (lambda m, t: b"\x02" + b"\0" * 7 + b"{}", "the head of model.safetensors has no|cannot be read"),
    "an endless header": (lambda m, t: (2**62).to_bytes(8, "little"), r"has a header of 4611686018427387904 bytes"),
    "a wrong shape": (partial(model, head__bias=torch.zeros(3)), r"head\.bias is \(\[3\], 'F32'\), expected \(\[2\]"),
    "a tensor too many": (partial(model, extra=torch.zeros(1)), r"extra is .* expected nothing of that name"),
    "a tensor too few": (partial(model, head__bias=None), r"head\.bias is missing"),
    "no embedding": (partial(model, embedding__weight=None), "embedding_size is 0"),
    "another type": (partial(model, head__bias=torch.zeros(2).double()), r"head\.bias is \(\[2\], 'F64'\)"),
    "no numbers": (partial(model, head__bias=torch.tensor([0.0, torch.nan])), r"numbers in head\.bias that are not"),
    "other classes": (partial(model, metadata={"classes": '["bad", "ugly"]'}), "its model knows the classes"),
    "unsorted classes": (partial(model, metadata={"classes": '["good", "bad"]'}), "they must be sorted"),
    "one class": (partial(model, metadata={"classes": '["bad"]'}), "two at least"),
    "unknown metadata": (partial(model, metadata={"code": '"import os"'}), "unknown key 'code'"),
    "metadata that is no JSON": (
        partial(model, metadata={"classes": "bad,good"}),
        "classes in model.safetensors is not",
    ),
}


@pytest.mark.parametrize("name", MODELS)
def test_weights_that_fit_no_network(members, pack, refused, tmp_path, name):
    forge, message = MODELS[name]
    refused(pack({**members, "model.safetensors": forge(members, tmp_path)}), message)


def test_embeddings_in_half_precision_are_a_model_too(members, pack, root, tmp_path):
    run = unbundle(pack({**members, "model.safetensors": model(members, tmp_path, half=True)}), root)
    assert load_file(run.folder / "model.safetensors")["embedding.weight"].dtype == torch.float16


@pytest.mark.parametrize("preset", PRESETS)
def test_the_weights_of_every_preset_are_known(preset, tmp_path):
    settings = Settings(preset=preset, hidden_size=4, input_normalization=True, weight_drop=0.5, max_tokens=9)
    Vocabulary.fit(["a b"], min_frequency=1).save(tmp_path / "vocabulary.json")
    network = build_network(settings.architecture(vocabulary_size=4, classes=2, embedding_size=3))
    metadata = {"format": "attention-lab 1", "settings": settings.to_dict(), "classes": ["a", "b"], "vectors": None,
                "versions": {}}  # fmt: skip
    metadata = {name: json.dumps(value) for name, value in metadata.items()}
    save_file(network.state_dict(), tmp_path / "model.safetensors", metadata=metadata)
    assert check_classifier(tmp_path, settings.to_dict()) == ["a", "b"]


def table(columns):
    target = io.BytesIO()
    pq.write_table(pa.table(columns), target)
    return target.getvalue()


def changed(frame, **columns):
    return table(
        {name: column for name, column in {**frame.to_dict("list"), **columns}.items() if column is not None}
    )


TABLES = {
    "no Parquet": (lambda f: b"PAR1" + b"x" * 100 + b"PAR1", "cannot be read"),
    "a column too many": (lambda f: changed(f, evil=[1] * len(f)), "and the columns"),
    "a column too few": (lambda f: changed(f, p_bad=None), "and the columns"),
    "rows missing": (lambda f: changed(f[:-1]), r"has \d+ rows and the columns"),
    "an unknown label": (
        lambda f: changed(f, label=["ugly"] * len(f)),
        r"has the label \['ugly'\], which is no class",
    ),
    "no label": (lambda f: changed(f, label=[None, *["bad"] * (len(f) - 1)]), "which is no class"),
    "a label of numbers": (lambda f: changed(f, label=[1] * len(f)), "cannot be read"),
    "no probability": (lambda f: changed(f, p_bad=[7.0] * len(f)), "in p_bad that are no probabilities"),
    "nan": (lambda f: changed(f, p_bad=[float("nan")] * len(f)), "in p_bad that are no probabilities"),
    "text for a number": (lambda f: changed(f, p_bad=["x"] * len(f)), "cannot be read"),
    "lists for numbers": (lambda f: changed(f, p_bad=[[1.0]] * len(f)), "cannot be read"),
    "another order": (lambda f: changed(f, index=list(range(len(f)))[::-1]), "in order"),
}


@pytest.mark.parametrize("name", TABLES)
def test_predictions_that_are_none(members, pack, refused, name):
    forge, message = TABLES[name]
    content = forge(pd.read_parquet(io.BytesIO(members["predictions.parquet"])))
    refused(pack({**members, "predictions.parquet": content}), message)


def test_notes_to_pandas_inside_predictions_are_left_behind(members, pack, root):
    frame = pd.read_parquet(io.BytesIO(members["predictions.parquet"]))
    target = io.BytesIO()
    frame.to_parquet(target)
    note = (
        pq.read_table(target)
        .schema.metadata[b"pandas"]
        .replace(b'"index_columns": [{', b'"index_columns": ["label", {')
    )
    sly = pa.table(frame.to_dict("list")).replace_schema_metadata({b"pandas": note})
    target = io.BytesIO()
    pq.write_table(sly, target)
    assert "label" not in pd.read_parquet(target).columns, "the note would have misled a page"
    run = unbundle(pack({**members, "predictions.parquet": target.getvalue()}), root)
    assert list(run.predictions().columns) == ["index", "label", "prediction", "p_bad", "p_good"]


DATA = {
    "other texts": (lambda f: changed(f, text=["other"] * len(f)), "its texts are not those that were saved"),
    "a column too many": (lambda f: changed(f, evil=[1] * len(f)), "and the columns"),
    "no text": (lambda f: changed(f, text=[None, *f["text"][1:]]), "has a text without a value"),
    "a long text": (lambda f: changed(f, text=["x" * 100_001] * len(f)), "more than 100000 characters"),
    "numbers": (lambda f: changed(f, text=[1] * len(f)), "cannot be read"),
    "no Parquet": (lambda f: b"PK", "cannot be read"),
}


@pytest.mark.parametrize("name", DATA)
def test_data_that_is_not_what_its_hash_says(members, pack, refused, name):
    forge, message = DATA[name]
    content = forge(pd.read_parquet(io.BytesIO(members["data/data.parquet"])))
    refused(pack({**members, "data/data.parquet": content}), message)


def test_a_small_file_that_unfolds_into_many_texts_is_stopped(members, pack, refused, monkeypatch):
    monkeypatch.setattr("model.runs.parquet.MOST_CHARACTERS", 10_000_000)
    rows = 200_000
    text = pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int32()), ["x" * 50_000])  # 10 GB of text
    content = table({"split": ["train"] * rows, "label": ["bad"] * rows, "text": text})
    assert len(content) < 1_000_000
    refused(pack({**members, "data/data.parquet": content}), "10000000 characters of text")


def test_data_of_another_person_cannot_be_overwritten(members, pack, root):
    first = unbundle(pack(members), root)
    before = (first.data_folder / "data.parquet").read_bytes()
    forged = changed(pd.read_parquet(io.BytesIO(members["data/data.parquet"])), text=["evil"] * 40)
    with pytest.raises(RunError):
        unbundle(pack({**members, "data/data.parquet": forged}), root)
    assert (first.data_folder / "data.parquet").read_bytes() == before and len(list_runs(root)) == 1
