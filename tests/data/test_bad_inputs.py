"""Every hostile or broken input through the door that people use, and the one sentence that each gets.

BAD_INPUTS.md is made of what happens here; `ATTENTION_LAB_WRITE=1 pytest tests/data/test_bad_inputs.py` writes it.
"""

import gzip
import json
import os
import pickle
import re
import time
from pathlib import Path

import pytest

from model.errors import LabError
from model.runs import data_process
from model.runs.bundle import unbundle
from model.runs.intake import receive
from model.runs.vector_store import keep_vectors
from tests.data.bad_corpora import CORPORA
from tests.data.bad_tables import TABLES
from tests.runs.conftest import dataset, members, pack, packed  # noqa: F401
from tests.runs.test_bundle import ZIPS
from tests.runs.test_bundle_contents import JSON, MODELS

# What is refused for its columns is kept a while, to be read with others.
OTHER_COLUMNS = {
    *("a workbook of formulas without values", "one label for all", "a label for each row", "sentences for labels"),
    *("two labels for each text", "empty texts", "texts longer than any document", "a class of one text"),
    "a split that is none",
}
TABLE = Path(__file__).with_name("BAD_INPUTS.md")
SECONDS, MEGABYTES = 60, 1536  # at most for one input, on a busy machine
HEAD = """# Bad inputs, and what people are told

Made by `tests/data/test_bad_inputs.py`, which sends each of these through the door that people use and checks that
it is refused with this one sentence, in bounded time and memory, and that nothing of it stays on the disk. … stands
for a library's own words and for packed sizes, which differ between versions.
"""
AT_ONCE = 3


@pytest.fixture(scope="module")
def told():
    """Kind of input -> what it is -> message; written, or compared with what is written, when all are there."""
    return {"Tables": {}, "Texts for language models": {}, "Bundles and models": {}, "Word vectors": {}}


def one_sentence(message: str) -> str:
    assert message.strip() == message != ""
    assert len(message.splitlines()) == 1 and len(message) < 500, message
    assert not re.search(r"Traceback|Error\b.*Error\b|/tmp/|/root/|/home/|--[a-z]", message), message
    return message


def without_chance(message: str) -> str:
    """Without what differs from one time to the next: packed sizes, and the moment that a run was made."""
    message = re.sub(r"\d{8}-\d{6}-[0-9a-f]{6}|\d{4}-\d\d-\d\dT[\d:]+", "…", message)
    sizes = r"its [\d,]+ bytes|grow from [\d,]+ to|has a header of \d+"
    return re.sub(sizes, lambda size: re.sub(r"\d[\d,]*", "…", size[0]), message)


def without_library_words(message: str) -> str:
    message = re.sub(r"\(.*\)", "(…)", message)
    return re.sub(r"is not JSON: .*; mend", "is not JSON: (…); mend", message)


# -- tables ----------------------------------------------------------------------------------------------------------


def sent(root, what):
    name, make, _ = TABLES[what]
    data = make()
    upload = receive(root, name=name, owner="me", chunks=(data[i : i + 99_999] for i in range(0, len(data), 99_999)))
    upload.begin()
    return upload, time.monotonic()


def megabytes(pid: int) -> int:
    """The most memory that a process has had so far; 0 when it has ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) // 1024 for line in lines if line.startswith("VmHWM")), 0)


def refusal(what, upload, start) -> str:
    while (status := upload.status)["state"] != "refused":
        assert status["state"] != "ready", f"{what} was taken"
        assert time.monotonic() - start < SECONDS, status
        assert megabytes(data_process.process_of(upload.folder).pid) < MEGABYTES, what
        time.sleep(0.01)
    return status["message"]


def test_tables(tmp_path, told):
    waiting = list(TABLES)
    while waiting:
        some, waiting = waiting[:AT_ONCE], waiting[AT_ONCE:]
        for what, (upload, start) in [(what, sent(tmp_path, what)) for what in some]:
            message = one_sentence(refusal(what, upload, start))
            assert message.startswith((upload.name, f"{upload.name}:")), message
            message = without_chance(message)
            told["Tables"][what] = without_library_words(message) if TABLES[what][2] else message
            left = {path.name for path in upload.folder.iterdir()}
            assert not left & {"data", ".data.work", "profile.json"}, what
            assert ("source" in left) == ("preview.json" in left) == (what in OTHER_COLUMNS), what
            upload.remove()
    assert [path.name for path in (tmp_path / "uploads").iterdir()] == ["uploads.lock"]


def test_uploads_that_are_refused_at_the_door(tmp_path, told, monkeypatch):
    for what, chunks in {"an empty file": [], "more than 200 MB": (bytes(1 << 20) for _ in range(201))}.items():
        with pytest.raises(LabError) as caught:
            receive(tmp_path, name="t.csv", owner=None, chunks=chunks)
        told["Tables"][what] = one_sentence(str(caught.value))
    assert [path.name for path in (tmp_path / "uploads").iterdir()] in ([], ["uploads.lock"])


def test_texts_for_language_models(tmp_path, told):
    for what, (name, data, begins) in CORPORA.items():
        upload = receive(tmp_path, name=name, owner="me", chunks=[data], kind="corpus")
        upload.begin()
        message = one_sentence(refusal(what, upload, time.monotonic()))
        assert message.startswith(begins)
        message = without_library_words(message) if "damaged" in message or "JSON" in message else message
        told["Texts for language models"][what] = without_chance(message)
        left = {path.name for path in upload.folder.iterdir()}
        assert not left & {"source", "preview.json", "data", "profile.json"}, what
        upload.remove()


# -- bundles ---------------------------------------------------------------------------------------------------------


def bundles(packed, members, pack, folder):  # noqa: F811
    for what, (forge, _) in ZIPS.items():
        yield f"zip: {what}", forge(packed[0])
    for what, (file, change, _) in JSON.items():
        changed = change(members[file] if file.endswith("l") else json.loads(members[file]))
        changed = changed if isinstance(changed, bytes) else json.dumps(changed).encode()
        yield f"{file}: {what}", pack({**members, file: changed})
    for what, (forge, _) in MODELS.items():
        yield f"model.safetensors: {what}", pack({**members, "model.safetensors": forge(members, folder)})


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_bundles(tmp_path, told, packed, members, pack):  # noqa: F811
    root = tmp_path / "runs"
    for what, content in bundles(packed, members, pack, tmp_path):
        start = time.process_time()
        with pytest.raises(LabError) as caught:
            unbundle(content, root)
        assert time.process_time() - start < 10
        assert [path.name for path in root.iterdir() if path.name != "store.lock"] == [], what
        message = without_chance(one_sentence(str(caught.value)))
        cannot = re.search(r"zip file is damaged|cannot be read|is not JSON|not a vocabulary|entry", message)
        told["Bundles and models"][what] = without_library_words(message) if cannot else message


# -- vectors ---------------------------------------------------------------------------------------------------------

ROWS = "".join(f"word{i} 0.1 0.2 0.3\n" for i in range(300))
VECTORS = {
    "an empty file": ("v.txt", b""),
    "a zip archive": ("v.zip", b"PK\x03\x04" + bytes(99)),
    "a fastText model": ("v.bin", b"\xba\x16\x4f\x2f" + bytes(99)),
    "a pickle": ("v.bin", pickle.dumps({"word": [0.1]})),
    "a NumPy array": ("v.npy", b"\x93NUMPY\x01\0" + bytes(99)),
    "numbers that are not finite": ("v.txt", ("bad nan 0.2 0.3\n" + ROWS).encode()),
    "words for numbers": ("v.txt", (ROWS + "bad one two three\n").encode().replace(b"word7 0.1", b"word7 x.1")),
    "rows of several lengths": ("v.txt", ROWS.encode() + b"short 0.1 0.2\n" + ROWS.encode()),
    "a table": ("v.csv", b"text,label\n" + b"a film,p\n" * 99),
    "an absurd dimension": ("v.txt", b"2 1000000000\nword 0.1\n"),
    "a bomb": ("v.txt.gz", gzip.compress(b"a " + b"0 " * (20 << 20))),
}


def test_vectors(tmp_path, told):
    for what, (name, content) in VECTORS.items():
        start = time.process_time()
        with pytest.raises(LabError) as caught:
            keep_vectors(tmp_path, name=name, owner=None, chunks=[content])
        assert time.process_time() - start < 10
        told["Word vectors"][what] = without_chance(one_sentence(str(caught.value)))
        assert [path for path in tmp_path.rglob("*") if path.is_file() and not path.name.endswith(".lock")] == []


# -- the table -------------------------------------------------------------------------------------------------------


def test_the_table_of_all_messages(told):
    if not all(told.values()):
        pytest.skip("the table is made of all tests above")
    assert sum(map(len, told.values())) >= 100
    written = HEAD
    for kind, messages in told.items():
        written += f"\n## {kind}\n\n| input | what people are told |\n| --- | --- |\n"
        for what, message in messages.items():
            shown = message.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")
            written += f"| {what} | {shown} |\n"
    if os.environ.get("ATTENTION_LAB_WRITE"):
        TABLE.write_text(written, encoding="utf-8")
    assert TABLE.read_text(encoding="utf-8") == written, (
        "run it with ATTENTION_LAB_WRITE=1 and look at the difference"
    )
