import io
import json
import shutil
import stat
import struct
import zipfile

import pandas as pd
import pytest

from model.data import datasets
from model.data.storage import load_dataset
from model.errors import RunError
from model.runs import archive
from model.runs.bundle import bundle, unbundle
from model.runs.run import Run
from model.runs.store import list_runs

# -- the good ones ---------------------------------------------------------------------------------------------------


def test_a_run_comes_back_as_it_was(packed, root, dataset):
    content, origin = packed
    run = unbundle(content, root)
    assert run.id == origin.id and run.state["state"] == "done" and run.title == "My run"
    assert run.spec == {**origin.spec, "owner": None}
    assert run.report == origin.report and run.events() == origin.events()
    pd.testing.assert_frame_equal(run.predictions(), origin.predictions())
    for name in ("model.safetensors", "vocabulary.json", "meta.json"):
        assert (run.folder / name).read_bytes() == (origin.folder / name).read_bytes()
    assert load_dataset(run.data_folder) == dataset
    assert {path.name for path in root.iterdir()} == {run.id, "data", "store.lock"}
    assert [item.id for item in list_runs(root)] == [run.id]


def test_the_same_run_gives_the_same_bytes_also_after_a_journey(packed, root, tmp_path):
    content, origin = packed
    assert bundle(origin.folder, tmp_path / "again.zip").read_bytes() == content
    assert bundle(unbundle(content, root).folder, tmp_path / "back.zip").read_bytes() == content


def test_it_is_read_from_a_path_bytes_or_an_open_file(packed, root, tmp_path):
    content, _ = packed
    (tmp_path / "run.zip").write_bytes(content)
    for source in (tmp_path / "run.zip", str(tmp_path / "run.zip"), content, io.BytesIO(content)):
        assert unbundle(source, root).state["state"] == "done"
    ids = [run.id for run in list_runs(root)]
    assert len(set(ids)) == 4, "an id that is taken is not taken over"
    assert all(run.spec["id"] == run.id for run in list_runs(root))
    assert len(list((root / "data").iterdir())) == 1, "the data is kept once"


def test_a_bundle_packed_again_by_hand_is_read(packed, root):
    content, _ = packed
    packed_again = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(packed_again, "w", 8) as target:
        for name in reversed(source.namelist()):
            target.writestr(name, source.read(name))
    assert unbundle(packed_again, root).title == "My run"


def test_built_in_data_goes_by_name(packed, root, tmp_path, monkeypatch):
    _, origin = packed
    entry = type("Entry", (), {"sha256": origin.spec["data"]["sha256"]})
    monkeypatch.setitem(datasets.DATASETS, "reviews.csv", entry)
    path = bundle(origin.folder, tmp_path / "named.zip")
    with zipfile.ZipFile(path) as file:
        assert not any(name.startswith("data/") for name in file.namelist())
    run = unbundle(path, root)
    assert run.data_folder is None and run.spec["data"]["sha256"] == origin.spec["data"]["sha256"]
    entry.sha256 = "0" * 64
    with zipfile.ZipFile(bundle(origin.folder, path)) as file:
        assert "data/data.parquet" in file.namelist(), "it is another file of that name"


@pytest.mark.parametrize(
    ("break_it", "message"),
    [
        (
            lambda run: (run.folder / "state.json").write_text('{"state": "running"}'),
            "is failed; only a finished",
        ),
        (lambda run: (run.folder / "report.json").unlink(), r"report\.json is missing; train it again"),
        (lambda run: shutil.rmtree(run.data_folder), r"data\.json is missing"),
        (lambda run: (run.folder / "spec.json").unlink(), r"no readable spec\.json"),
    ],
)
def test_what_cannot_be_bundled_says_why_and_writes_nothing(packed, tmp_path, break_it, message):
    origin = packed[1]
    shutil.copytree(origin.folder.parent, tmp_path / "copy")
    run = Run(tmp_path / "copy" / origin.id)
    break_it(run)
    with pytest.raises(RunError, match=message):
        bundle(run.folder, tmp_path / "out.zip")
    assert not (tmp_path / "out.zip").exists()


# -- the hostile ones ------------------------------------------------------------------------------------------------


def zipped(entries):
    """A zip file of (ZipInfo or name, content) pairs, as they are."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as file:
        for info, content in entries:
            file.writestr(info, content)
    return target.getvalue()


def entry(name, **attributes):
    info = zipfile.ZipInfo(name)
    for attribute, value in attributes.items():
        setattr(info, attribute, value)
    return info


def raw(content, *, name="spec.json", flag=None, size=None):
    """Forge an entry in the directory: its flags, or the size it claims to unfold to."""
    content = bytearray(content)
    place = content.rfind(b"PK\x01\x02", 0, content.rfind(name.encode()))
    if flag is not None:
        struct.pack_into("<H", content, place + 8, flag)
    if size is not None:
        struct.pack_into("<L", content, place + 24, size)
    return bytes(content)


ZIPS = {
    "not a zip": (lambda c: b"hello", "is not a zip file"),
    "empty": (lambda c: b"", "is not a zip file"),
    "a pickle": (lambda c: b"\x80\x04\x95" + b"x" * 100, "is not a zip file"),
    "cut short": (lambda c: c[:-100], "is not a zip file"),
    "with a tail": (lambda c: c + b"#!/bin/sh", "is not a zip file, or something stands behind its end"),
    "with a head": (lambda c: b"MZ" + c, "not where they should be"),
    "with a comment": (lambda c: c[:-2] + b"\x01\x00!", "is not a zip file, or something"),
    "zip64": (lambda c: c[:-22] + b"PK\x06\x07" + b"\0" * 16 + c[-22:], "of a kind that no bundle is"),
    "2,000 entries": (lambda c: zipped((f"f{n}", b"") for n in range(2000)), "it has 2000 entries"),
    "no entry": (lambda c: zipped([]), r"no manifest\.json"),
    "no manifest": (lambda c: zipped([("spec.json", b"{}")]), r"no manifest\.json"),
    "traversal": (lambda c: zipped([("../../evil.json", b"{}")]), r"it holds '\.\./\.\./evil\.json', which no"),
    "absolute": (lambda c: zipped([("/etc/cron.d/x", b"")]), "it holds '/etc/cron.d/x'"),
    "backslashes": (lambda c: zipped([("..\\spec.json", b"")]), "which no bundle has"),
    "a pickled model": (lambda c: zipped([("model.pkl", b"")]), r"it holds 'model\.pkl'"),
    "a hidden name": (lambda c: zipped([("worker.log", b"")]), r"it holds 'worker\.log'"),
    "a folder": (lambda c: zipped([("data/", b"")]), "it holds 'data/'"),
    "a link": (
        lambda c: zipped([(entry("spec.json", external_attr=(stat.S_IFLNK | 0o777) << 16), b"/etc/passwd")]),
        r"spec\.json is a link or a folder",
    ),
    "a device": (
        lambda c: zipped([(entry("spec.json", external_attr=(stat.S_IFCHR | 0o666) << 16), b"")]),
        "is a link or a folder",
    ),
    "lzma": (lambda c: zipped([(entry("spec.json", compress_type=14), b"{}")]), "compressed by method 14"),
    "encrypted": (lambda c: raw(c, flag=1), r"spec\.json is encrypted; pack it without a password"),
    "a bomb": (
        lambda c: zipped([(entry("events.jsonl", compress_type=8), b"\0" * 20_000_000)]),
        r"events\.jsonl would grow from \d+ to 20000000 bytes, as zip bombs do",
    ),
    "too large": (lambda c: zipped([("state.json", b" " * 70_000)]), r"state\.json has 70000 bytes; at most 65536"),
    "absurd claim": (lambda c: raw(c, size=0xFFFFFFF0), r"spec\.json has 4294967280 bytes; at most"),
    "smaller claim": (lambda c: raw(c, size=100), r"spec\.json has 100 bytes; manifest\.json says"),
    "a flipped bit": (
        lambda c: (lambda p: c[:p] + bytes([c[p] ^ 1]) + c[p + 1 :])(c.find(b"PAR1") + 50),
        "the zip file is damaged",
    ),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("name", ZIPS)
def test_zip_files_that_no_bundle_is(packed, refused, name):
    forge, message = ZIPS[name]
    refused(forge(packed[0]), message)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_twice_and_a_name_cut_at_nul(packed, refused):
    refused(zipped([("spec.json", b"{}"), ("spec.json", b"{}")]), r"it holds spec\.json twice")
    refused(packed[0].replace(b"meta.json", b"meta\0json"), "which no bundle has|damaged")


def test_a_bomb_that_lies_about_its_size_is_stopped_while_unpacking(refused):
    manifest = {"format": archive.FORMAT, "version": 1, "files": {"events.jsonl": {"sha256": "0" * 64, "bytes": 9}}}
    bomb = entry("events.jsonl", compress_type=8), b"\0" * 10_000_000
    content = zipped([("manifest.json", json.dumps(manifest)), bomb])
    refused(raw(content, name="events.jsonl", size=9), "the zip file is damaged")


def test_manifests_that_do_not_fit(packed, members, pack, refused):
    content, _ = packed
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        manifest = json.loads(file.read("manifest.json"))

    def with_manifest(**changes):
        return zipped([("manifest.json", json.dumps({**manifest, **changes})), *members.items()])

    files = manifest["files"]
    wrong = {**files, "report.json": {**files["report.json"], "sha256": "0" * 64}}
    refused(with_manifest(files=wrong), r"report\.json is damaged: its sha256 is not the one in manifest")
    refused(with_manifest(version=2), "version 2; this program reads 'attention-lab bundle', version 1")
    refused(with_manifest(format="other"), "it is 'other', version 1")
    refused(with_manifest(author="me"), r"manifest\.json has the unknown key 'author'")
    refused(with_manifest(files={**files, "more.json": files["spec.json"]}), r"'more\.json' is in manifest")
    refused(with_manifest(files=dict(list(files.items())[1:])), "is in the zip file only")
    refused(with_manifest(files={**files, "spec.json": {"sha256": "0" * 64}}), r"has no 'bytes'")
    for name in ("spec.json", "report.json", "model.safetensors", "events.jsonl", "predictions.parquet"):
        rest = {key: value for key, value in members.items() if key != name}
        refused(pack(rest), f"it has no {name}")


def test_a_disk_that_fills_up_leaves_nothing(packed, refused, monkeypatch):
    def full(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(archive, "_unpack", full)
    refused(packed[0], "no space left on the disk")


def test_a_path_that_is_not_there(root):
    with pytest.raises(RunError, match=r"/nowhere/x\.zip cannot be read \(No such file or directory\)"):
        unbundle("/nowhere/x.zip", root)
