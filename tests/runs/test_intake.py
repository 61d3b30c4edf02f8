"""Uploads from their first byte to data that runs share, through the real process."""

import os
import signal
import time

import pytest

from model.data.columns import Columns
from model.data.splits import load_dataset
from model.errors import RunError
from model.runs import data_process, files, intake
from model.runs.intake import Intake, data_entry, find_intake, of_builtin, receive

GOOD = "".join(f"the film number {i} was long,{'np'[i % 2]},{i}\n" for i in range(400))
TABLE = ("text,label,other\n" + GOOD).encode()


def received(root, data=TABLE, name="films.csv", owner="me"):
    return receive(root, name=name, owner=owner, chunks=[data[:1000], data[1000:]])


def settled(upload: Intake, columns=None, timeout=60):
    upload.begin(columns)
    deadline = time.monotonic() + timeout
    while (status := upload.status)["state"] not in ("ready", "refused"):
        assert time.monotonic() < deadline, status
        time.sleep(0.02)
    return status


def until(condition, timeout=20):
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_table_goes_all_the_way_to_shared_data(tmp_path):
    upload = received(tmp_path)
    assert upload.status == {"state": "waiting", "share": 0.0, "rows": 0, "message": ""}
    assert settled(upload) == {"state": "ready", "share": 1.0, "rows": 400, "message": ""}
    assert upload.preview["guessed"] == {"text": ["text"], "label": "label", "split": None}
    entry = data_entry(tmp_path, upload)
    assert entry["name"] == "films.csv"
    assert entry["folder"] == f"data/{entry['sha256'][:16]}"
    dataset = load_dataset(tmp_path / entry["folder"])
    assert (dataset.sha256, dataset.report) == (entry["sha256"], entry["report"])
    upload.remove()
    assert not upload.folder.exists()
    assert load_dataset(tmp_path / entry["folder"]) == dataset
    assert entry == data_entry(tmp_path, ready(tmp_path))


def ready(root):
    upload = received(root)
    assert settled(upload)["state"] == "ready"
    return upload


def test_another_session_sees_the_same_and_the_same_request_is_not_done_again(tmp_path):
    upload = ready(tmp_path)
    again = find_intake(tmp_path, upload.id)
    assert (again.name, again.owner, again.profile) == ("films.csv", "me", upload.profile)
    before = data_process.process_of(upload.folder).pid
    again.begin()
    assert again.status["state"] == "ready"
    assert data_process.process_of(upload.folder).pid == before


def test_other_columns_are_read_anew(tmp_path):
    upload = ready(tmp_path)
    first = upload.profile["sha256"]
    status = settled(upload, Columns(("text",), "other", None))
    assert status["state"] == "refused"
    assert "'other' is free text or an identifier" in status["message"]
    assert "--" not in status["message"]
    assert upload.profile is None
    assert not (upload.folder / "data").exists()
    with pytest.raises(RunError, match="is not read yet"):
        data_entry(tmp_path, upload)
    assert settled(upload, Columns(("text",), "label", None))["state"] == "ready"
    assert upload.profile["sha256"] == first
    assert settled(upload, Columns(("text", "other"), "label", None))["state"] == "ready"
    assert upload.profile["sha256"] != first


def test_other_columns_end_the_process_before(tmp_path):
    big = b"text,label,other\n" + b"".join(b"the film %d,%d,x\n" % (i, i % 2) for i in range(300_000))
    upload = received(tmp_path, big)
    upload.begin()
    first = data_process.process_of(upload.folder)
    until(lambda: upload.status["rows"] > 0)
    assert upload.status["state"] == "reading"
    upload.begin(Columns(("text", "other"), "label", None))
    assert first.wait(timeout=5) == -signal.SIGKILL
    upload.remove()
    assert not data_process.is_alive(upload.folder)
    assert not upload.folder.exists()


def test_what_is_no_table_is_refused_and_nothing_of_it_is_kept(tmp_path):
    upload = received(tmp_path, b"%PDF-1.4 and more")
    status = settled(upload)
    assert status["state"] == "refused"
    assert status["message"].startswith("films.csv is a PDF document, not a table of texts")
    kept = {path.name: path.stat().st_size for path in upload.folder.rglob("*")}
    records = {"about.json", "process.json", "request.json", "status.json"}
    assert set(kept) == records | {"begin.lock", "claim.lock", "worker.log"}
    assert all(size == 0 for name, size in kept.items() if name not in records)
    assert upload.preview is None
    upload.begin()  # the same again: it stays refused
    upload.begin(Columns(("text",), "label", None))  # nor do other columns help
    assert upload.status == status


def test_a_process_that_is_killed_is_a_refusal_with_a_reason(tmp_path):
    upload = received(tmp_path, TABLE * 300)
    upload.begin()
    os.kill(data_process.process_of(upload.folder).pid, signal.SIGSTOP)
    assert upload.status["state"] in ("waiting", "reading")
    (upload.folder / ".data.work").mkdir(exist_ok=True)
    os.kill(data_process.process_of(upload.folder).pid, signal.SIGKILL)
    until(lambda: upload.status["state"] == "refused")
    assert "ended from outside, or memory ran out" in upload.status["message"]
    assert not (upload.folder / ".data.work").exists()


def test_a_server_started_again_finds_the_process_of_the_one_before(tmp_path, monkeypatch):
    upload = received(tmp_path, TABLE + GOOD.encode() * 200)
    upload.begin()
    child = data_process.process_of(upload.folder)
    monkeypatch.setattr(data_process, "_children", {})
    assert data_process.is_alive(upload.folder)
    upload.begin()  # nothing new is started
    assert data_process.process_of(upload.folder) is None
    upload.remove()
    assert child.wait(timeout=5) == -signal.SIGKILL


def test_memory_is_bounded_and_the_message_says_so(tmp_path, monkeypatch):
    upload = received(tmp_path, b"[" + b"[]," * 500_000 + b"[]]", name="deep.json")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    (tmp_path / "sitecustomize.py").write_text(
        "import resource; resource.setrlimit(resource.RLIMIT_AS, (2**27, 2**27))"
    )
    status = settled(upload)
    assert status["state"] == "refused"
    assert "memory" in status["message"]


def chunks(*sizes):
    for size in sizes:
        yield b"x" * size


def test_too_large_and_empty_uploads_leave_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(intake, "MAX_FILE", 2 << 20)
    for sizes, words in (((), "is empty"), ((0, 0), "is empty"), ((1 << 20, 1 << 20, 1), "more than 2 MB")):
        with pytest.raises(RunError, match=words):
            receive(tmp_path, name="big.csv", owner=None, chunks=chunks(*sizes))
    assert [path.name for path in (tmp_path / "uploads").iterdir() if path.is_dir()] == []

    def broken():
        yield b"some"
        raise OSError(28, "No space left on device")

    with pytest.raises(RunError, match="no space left on the disk"):
        receive(tmp_path, name="big.csv", owner=None, chunks=broken())
    assert [path.name for path in (tmp_path / "uploads").iterdir() if path.is_dir()] == []


@pytest.mark.parametrize(
    "bad", ["", "../../etc", "0" * 15, "g" * 16, "0" * 16 + "/", "0" * 17, None, "0" * 16 + "\n"]
)
def test_an_id_from_an_address_is_checked(tmp_path, bad):
    (tmp_path / "uploads").mkdir()
    with pytest.raises(RunError, match="is no upload's id"):
        find_intake(tmp_path, bad)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd", "passwd"), ("C:\\data\\t.csv", "t.csv"), ("a\nb\x00\u202e.csv", "ab.csv"), ("", "table"),
        ("x" * 300 + ".csv", "x" * 116 + ".csv"), ("电影.csv", "电影.csv"),
    ],
)  # fmt: skip
def test_names_are_shown_without_folders_and_control_characters(tmp_path, name, shown):
    assert received(tmp_path, name=name).name == shown


def test_a_built_in_set_is_profiled_once_for_everybody(tmp_path):
    upload = of_builtin(tmp_path, "diagnostic:keyword:200")
    assert settled(upload)["state"] == "ready"
    again = of_builtin(tmp_path, "diagnostic:keyword:200")
    assert again.id == upload.id
    assert again.profile["splits"] == {"train": 160, "validation": 20, "test": 20}
    entry = data_entry(tmp_path, again)
    assert (entry["name"], entry["folder"]) == ("diagnostic:keyword:200", None)
    with pytest.raises(RunError, match="no built-in data set 'nothing'"):
        of_builtin(tmp_path, "nothing")


def test_ids_cannot_be_guessed_and_folders_are_the_servers_own(tmp_path):
    uploads = [received(tmp_path) for _ in range(5)]
    assert len({upload.id for upload in uploads}) == 5
    assert all(intake._ID.fullmatch(upload.id) for upload in uploads)
    assert uploads[0].folder.stat().st_mode & 0o077 == 0
    assert files.read_json(uploads[0].folder / "about.json")["owner"] == "me"
