import errno
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from model.errors import RunError
from model.runs import files, run
from model.runs.run import REPOSITORY, Run
from model.runs.store import create_run, delete_run, find_run, keep_data, list_runs, rename_run, runs_root


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_a_new_run_is_whole_and_its_spec_is_what_was_asked(make_run, root):
    made = make_run(preset="lstm", seed=17, hidden_size=32)
    assert re.fullmatch(r"\d{8}-\d{6}-[0-9a-f]{6}", made.id)
    assert made.spec["id"] == made.id
    assert (made.spec["preset"], made.spec["seed"], made.spec["settings"]["hidden_size"]) == ("lstm", 17, 32)
    assert made.title == "lstm on reviews.csv, seed 17"
    assert made.state["state"] == "queued"
    assert (made.data_folder / "texts").read_text() == "some texts"
    assert made.report is None and made.predictions() is None and made.events() == ([], 0)
    assert names(root) == {"data", made.id, "store.lock"}


def test_a_run_that_cannot_be_written_whole_leaves_nothing(make_run, root, monkeypatch):
    make_run()
    before = names(root)

    def full(handle):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(RunError, match=r"no space left on the disk .* free some and try again"):
        make_run()
    assert names(root) == before


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_an_unwritable_root_is_named(make_run, root):
    root.mkdir()
    root.chmod(0o500)
    with pytest.raises(RunError, match=f"{root}.* cannot be written"):
        make_run()


def test_a_root_that_is_a_file_is_named(make_run, root):
    root.write_text("")
    with pytest.raises(RunError, match="cannot be written"):
        make_run()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sha256": "abc"}, r"data\.sha256 is 'abc'"),
        ({"folder": "../../etc"}, r"data\.folder is '\.\./\.\./etc'"),
        ({"folder": "data/0123456789abcdef"}, "is not in .* any more; choose it again"),
        ({"rows": 3}, "unknown key 'rows'"),
        ({"name": 5}, r"data\.name is 5, not str"),
    ],
)
def test_data_that_is_not_there_or_malformed_makes_no_run(make_run, root, change, message):
    made = make_run()
    with pytest.raises(RunError, match=message):
        create_run(
            root,
            data={**made.spec["data"], **change},
            settings=made.spec["settings"],
            versions=made.spec["versions"],
        )
    assert len(list_runs(root)) == 1


def test_a_title_is_changed_beside_the_frozen_spec(make_run):
    made = make_run()
    spec = (made.folder / "spec.json").read_bytes()
    rename_run(made, title="  The\nbest \x1b[31m one ")
    rename_run(made, notes="Line 1\nLine 2")
    assert made.meta == {"title": "The best [31m one", "notes": "Line 1\nLine 2", "tags": []}
    assert (made.folder / "spec.json").read_bytes() == spec
    rename_run(made, title=" ")
    assert made.title == made.spec["title"] and made.meta["notes"] == "Line 1\nLine 2"
    with pytest.raises(RunError, match="notes"):
        rename_run(made, notes="x" * 10_001)


# -- finding and listing --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "hostile",
    ["..", "../runs", "", "/etc/passwd", "data", "20261121-101213-4f9c0", "20261121-101213-4f9c02\n",
     "20261121-101213-4f9c02/..", "20261121-101213-4F9C02", "20261121-101213-4f9c02\x00",
     "２0261121-101213-4f9c02", None, 7],
)  # fmt: skip
def test_an_id_from_an_url_that_is_no_id_is_refused(root, hostile):
    with pytest.raises(RunError, match="is no run id"):
        find_run(hostile, root)


def test_runs_are_found_by_id_in_any_root(make_run, root, tmp_path, monkeypatch):
    made = make_run(where=tmp_path / "second")
    assert find_run(made.id, root, tmp_path / "second").folder == made.folder
    monkeypatch.setenv("ATTENTION_LAB_RUNS", str(tmp_path / "second"))
    assert runs_root() == tmp_path / "second"
    assert find_run(made.id, runs_root()).folder == made.folder
    with pytest.raises(RunError, match=f"there is no run {made.id}"):
        find_run(made.id, root)
    with pytest.raises(RunError, match=r"is not a run: it has no readable spec\.json"):
        Run(tmp_path)


def test_the_list_is_newest_first_and_survives_what_is_no_run(make_run, root, tmp_path):
    made = [make_run(seed=seed) for seed in range(5)]
    other = make_run(where=tmp_path / "demo")
    good = made[0].spec
    for name, content in {
        "20250101-000000-000001": None,
        "20250101-000000-000002": "{",
        "20250101-000000-000003": "[" * 5000,
        "20250101-000000-000004": json.dumps({**good, "created": "yesterday"}),
        "20250101-000000-000005": json.dumps({**good, "seed": "13"}),
        "20250101-000000-000006": json.dumps({key: value for key, value in good.items() if key != "data"}),
        "20250101-000000-000007": json.dumps({**good, "data": {**good["data"], "folder": "../../../etc"}}),
        "notes": json.dumps(good),
    }.items():
        (root / name).mkdir()
        if content:
            (root / name / "spec.json").write_text(content)
    (root / "20250101-000000-000008").write_text("a file")
    (root / "20250101-000000-000009").symlink_to(made[0].folder)
    assert [item.id for item in list_runs(root, tmp_path / "demo", tmp_path / "absent")] == [
        item.id for item in [other, *reversed(made)]
    ]


def test_a_spec_of_a_later_version_is_still_listed(make_run, root):
    made = make_run()
    spec = {**made.spec, "colour": "blue"}
    (made.folder / "spec.json").write_text(json.dumps(spec))
    assert list_runs(root)[0].spec["colour"] == "blue"


def test_three_hundred_runs_are_listed_in_a_moment(make_run, root):
    made = make_run()
    text = (made.folder / "spec.json").read_text()
    for number in range(300):
        folder = root / f"20250101-000000-{number:06x}"
        folder.mkdir()
        (folder / "spec.json").write_text(text)
    started = time.perf_counter()
    assert len(list_runs(root)) == 301
    assert time.perf_counter() - started < 1.0


def test_data_half_written_is_not_kept(root):
    def fail(draft):
        (draft / "texts").write_text("half")
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(RunError, match="no space left"):
        keep_data(root, "a" * 64, fail)
    assert not list((root / "data").iterdir())
    assert keep_data(root, "a" * 64, lambda draft: (draft / "texts").write_text("all")) == "data/" + "a" * 16
    keep_data(root, "a" * 64, lambda draft: pytest.fail("it is there already"))


def test_tags_are_cleaned_and_kept_beside_title_and_notes(make_run):
    made = make_run()
    rename_run(made, notes="N", tags=[" two\nwords ", "", "Draft", "draft", "汉语", "Two words"])
    assert made.meta == {"title": made.spec["title"], "notes": "N", "tags": ["two words", "Draft", "汉语"]}
    rename_run(made, title="T")
    assert made.meta == {"title": "T", "notes": "N", "tags": ["two words", "Draft", "汉语"]}
    with pytest.raises(RunError, match="is 41 characters long; 40 are the most"):
        rename_run(made, tags=["x" * 41])
    with pytest.raises(RunError, match="21 tags are too many; a run may have 20"):
        rename_run(made, tags=[str(number) for number in range(21)])
    rename_run(made, tags=[])
    assert made.meta["tags"] == []
    (made.folder / "meta.json").write_text(json.dumps({"tags": [str(number) for number in range(30)]}))
    assert len(made.meta["tags"]) == 20 and made.title == made.spec["title"]
    (made.folder / "meta.json").write_text(json.dumps({"title": "T", "tags": ["a\tb"]}))
    assert made.meta == {"title": made.spec["title"], "notes": "", "tags": []}, "damaged: as if nobody had named it"


def test_demo_runs_are_read_only(make_run, root, monkeypatch):
    made = make_run()
    monkeypatch.setattr(run, "DEMO_ROOT", root)
    demo = Run(made.folder)
    assert demo.read_only
    for change in (delete_run, lambda item: rename_run(item, title="mine")):
        with pytest.raises(RunError, match="comes with Attention Lab and cannot be"):
            change(demo)
    assert demo.folder.exists()


def test_the_store_needs_neither_torch_nor_pandas(tmp_path):
    code = (
        "import sys, model.runs.store, model.runs.jobs; print([m for m in ('torch', 'pandas') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
