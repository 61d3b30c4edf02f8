"""The script that trains a run again: run as a person would, and with something changed each time."""

import ast
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from model.data.splits import make_dataset
from model.data.tables import read_table
from model.errors import RunError, Stopped
from model.runs.bundle import bundle
from model.runs.store import rename_run
from model.studies.script import script
from model.studies.training import execute, prepare
from model.training import trainer
from model.training.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
SMALL = {"hidden_size": 4, "embedding_size": 4, "vectors": "none", "epochs": 2}
HOSTILE = 'x"""; raise SystemExit(7) #\n\\\u2028\u202e{TITLE} 电影 <b>'


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    path = tmp_path_factory.mktemp("table") / "'); raise SystemExit(8) #.csv"
    lines = [f'{word} film number {number},"{label}"' for number in range(30) for word, label in SIDES]
    path.write_text("text,label\n" + "\n".join(lines), encoding="utf-8")
    return path


SIDES = (("good", "'''); raise SystemExit(9)"), ("bad", "<script>"))


@pytest.fixture(scope="module")
def uploaded(table, tmp_path_factory):
    """A run on a person's own table, whose names are as bad as can be."""
    dataset = make_dataset(read_table(table), name=table.name)
    (run,) = prepare(
        tmp_path_factory.mktemp("uploaded"), dataset, presets=["lstm"], seeds=1, settings=Settings(**SMALL)
    )
    execute(run)
    rename_run(run, title=HOSTILE, notes=HOSTILE)
    return run


def reproduce(source: str, folder: Path, *arguments: str | Path, cwd: Path = ROOT) -> subprocess.CompletedProcess:
    """Run the script in a process of its own, in the folder of the code."""
    path = folder / "reproduce.py"
    path.write_text(source, encoding="utf-8")
    return subprocess.run(
        [sys.executable, "-W", "error", str(path), *map(str, arguments)],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=200,
        env={"PATH": "/usr/bin:/bin", "HOME": str(folder), "OMP_NUM_THREADS": "1"},
    )


@pytest.fixture
def rehearse(monkeypatch, capsys):
    """As `reproduce`, in this process: without the seconds that a process takes to start."""

    def rehearsed(source: str, folder: Path, *arguments: str | Path) -> subprocess.CompletedProcess:
        path = folder / "reproduce.py"
        path.write_text(source, encoding="utf-8")
        monkeypatch.chdir(ROOT)
        monkeypatch.setattr(sys, "argv", [str(path), *map(str, arguments)])
        monkeypatch.setattr(sys, "path", list(sys.path))
        code = runpy.run_path(str(path))["main"]()
        return subprocess.CompletedProcess([], code, *capsys.readouterr())

    return rehearsed


def test_uploaded_data_comes_with_the_bundle_and_gives_the_same_model(uploaded, tmp_path):
    packed = bundle(uploaded.folder, tmp_path / "run.zip")
    done = reproduce(script(uploaded), tmp_path, packed)
    assert (done.returncode, done.stderr) == (0, "")
    assert re.search(r"THE SAME: all [\d,]+ weights are equal to the last bit", done.stdout)
    accuracy = uploaded.report["test"]["accuracy"]
    assert f"test accuracy: {accuracy:.6g}, then {accuracy:.6g}" in done.stdout


def test_generated_data_goes_by_its_name(run, tmp_path):
    done = reproduce(script(run), tmp_path)
    assert done.returncode == 0 and "THE SAME: all" in done.stdout, done


def test_other_settings_are_not_the_same(run, tmp_path):
    source = script(run)
    changed = source.replace("'epochs': 1,\n    'batch_size'", "'epochs': 2,\n    'batch_size'")
    assert changed != source
    done = reproduce(changed, tmp_path)
    assert done.returncode == 1 and "NOT THE SAME" in done.stdout, done
    assert "It was trained for 2 epochs, then for 1." in done.stdout


def test_other_texts_are_not_the_same(uploaded, run, tmp_path, rehearse):
    packed = bundle(uploaded.folder, tmp_path / "other.zip")
    done = rehearse(script(run), tmp_path, packed)
    assert done.returncode == 1 and "NOT THE SAME: these texts have the hash" in done.stdout, done


def test_what_cannot_be_tried_is_said_in_a_sentence(uploaded, tmp_path):
    source = script(uploaded)
    for arguments, cwd, reason in (
        ([], ROOT, "are in the bundle"),
        ([tmp_path / "nowhere.zip"], ROOT, "nowhere.zip cannot be read"),
        ([], tmp_path, "run this in its folder"),
    ):
        done = reproduce(source, tmp_path, *arguments, cwd=cwd)
        assert done.returncode == 2 and reason in done.stderr and "Traceback" not in done.stderr, done


def test_vectors_from_a_file_are_asked_for_and_checked(dataset, tmp_path, rehearse):
    import hashlib

    words = sorted({word for text in dataset.train.texts for word in text.lower().split()})
    content = "".join(f"{word} {place / 100} 0.5 -0.25\n" for place, word in enumerate(words)).encode()
    sha16 = hashlib.sha256(content).hexdigest()[:16]
    path = tmp_path / "vectors" / sha16 / "mine.vec"
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    settings = Settings(**{**SMALL, "vectors": str(path), "embedding_size": None})
    (run,) = prepare(tmp_path / "runs", dataset, presets=["lstm"], seeds=1, settings=settings)
    execute(run)
    source = script(run)
    assert str(tmp_path) not in source  # where the server keeps its files is nobody's business
    assert "give it with --vectors" in rehearse(source, tmp_path).stderr
    (tmp_path / "other.vec").write_bytes(content + b"more 1 2 3\n")
    assert "its hash is another one" in rehearse(source, tmp_path, "--vectors", tmp_path / "other.vec").stderr
    done = rehearse(source, tmp_path, "--vectors", path)
    assert done.returncode == 0 and "THE SAME: all" in done.stdout, done


def test_a_stopped_training_stops_at_the_same_epoch(dataset, tmp_path, rehearse):
    settings = Settings(**{**SMALL, "epochs": 5, "patience": None})
    (run,) = prepare(tmp_path / "runs", dataset, presets=["lstm"], seeds=1, settings=settings)
    execute(run, enough=lambda: any(event["kind"] == "epoch" and event["epoch"] == 2 for event in run.events()[0]))
    assert (run.report["ended"], run.report["epochs"]) == ("stopped", 2)
    done = rehearse(script(run), tmp_path)
    assert done.returncode == 0 and "THE SAME: all" in done.stdout and "epoch 3" not in done.stdout, done


def test_a_training_that_was_interrupted_and_resumed_is_the_same_too(dataset, tmp_path, rehearse):
    settings = Settings(**{**SMALL, "epochs": 3})
    (run,) = prepare(tmp_path / "runs", dataset, presets=["lstm"], seeds=1, settings=settings)
    with pytest.raises(Stopped):
        execute(
            run, stop=lambda: "interrupted" if any(event["kind"] == "epoch" for event in run.events()[0]) else None
        )
    execute(run)
    assert [event["resumed_after"] for event in run.events()[0] if event["kind"] == "boot"] == [0, 1]
    done = rehearse(script(run), tmp_path)
    assert done.returncode == 0 and "THE SAME: all" in done.stdout, done


def test_a_training_stopped_in_its_first_epoch_stops_at_the_same_batch(dataset, tmp_path, rehearse, monkeypatch):
    monkeypatch.setattr(trainer, "PROGRESS_SECONDS", 0.0)
    (run,) = prepare(
        tmp_path / "runs", dataset, presets=["lstm"], seeds=1, settings=Settings(**{**SMALL, "batch_size": 4})
    )
    execute(run, enough=lambda: sum(event["kind"] == "progress" for event in run.events()[0]) == 3)
    assert run.report["ended"] == "stopped"
    monkeypatch.setattr(trainer, "PROGRESS_SECONDS", 0.5)
    source = script(run)
    assert re.search(r"\nSTOPPED_AFTER = 0\.\d+\n", source)
    done = rehearse(source, tmp_path)
    assert done.returncode == 0 and "THE SAME: all" in done.stdout, done


def test_a_model_saved_in_half_precision_is_compared_so(dataset, tmp_path, rehearse):
    (run,) = prepare(tmp_path / "runs", dataset, presets=["lstm"], seeds=1, settings=Settings(**SMALL))
    execute(run, half_embeddings=True)
    done = rehearse(script(run), tmp_path)
    assert done.returncode == 0 and "THE SAME: all" in done.stdout, done


def test_names_stand_in_the_script_as_literals_only(uploaded, table):
    source = script(uploaded)
    constants = {
        node.targets[0].id: ast.literal_eval(node.value)
        for node in ast.parse(source).body
        if isinstance(node, ast.Assign)
    }
    assert constants["TITLE"] == uploaded.title and constants["DATA"]["name"] == table.name
    assert constants["SETTINGS"].keys() == Settings().to_dict().keys()
    assert not re.search("[\u2028\u202e]", source)
    clean = ast.dump(ast.parse((ROOT / "model/studies/reproduce.py").read_text(encoding="utf-8")))
    calls = [ast.dump(tree).count("Call(") for tree in (ast.parse(source),)]
    assert calls == [clean.count("Call(")]


def test_a_run_that_is_not_finished_has_no_script(dataset, tmp_path):
    (run,) = prepare(tmp_path, dataset, presets=["lstm"], seeds=1, settings=Settings(**SMALL))
    with pytest.raises(RunError, match="is queued; only a finished run"):
        script(run)
