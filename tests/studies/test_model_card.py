"""The model card: its figures by hand, and text from anybody that stays text."""

import numpy as np
import pytest
from sklearn.metrics import f1_score

from model.data.splits import make_dataset
from model.data.tables import read_table
from model.errors import RunError
from model.runs.store import rename_run
from model.studies import model_card as room
from model.studies.model_card import escaped, model_card
from model.studies.training import execute, prepare
from model.training.settings import Settings

SMALL = {"hidden_size": 4, "embedding_size": 4, "vectors": "none", "epochs": 1}
BAD = "|a|<img src=x onerror=alert(1)>![x](http://evil.example/x.png)"


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    """A run whose table, labels, title and notes are markup."""
    folder = tmp_path_factory.mktemp("hostile")
    path = folder / "# [click](javascript:alert(1)) <b>.csv"
    lines = [
        f'{word} number {number},"{label}"' for number in range(30) for word, label in (("yes", BAD), ("no", "b"))
    ]
    path.write_text("text,label\n" + "\n".join(lines), encoding="utf-8")
    dataset = make_dataset(read_table(path), name=path.name)
    (run,) = prepare(folder / "runs", dataset, presets=["lstm"], seeds=1, settings=Settings(**SMALL))
    execute(run)
    rename_run(
        run, title="<script>alert(1)</script> *bold* 电影", notes="# heading\n- [x](http://a.b)\n\n1. www.a.com"
    )
    return run


def test_every_section_is_there_with_its_figures(run):
    card = model_card(run)
    for section in ("Model", "Data", "Results on the test split", "Each class", "Caveats", "Settings", "Load it"):
        assert f"\n## {section}" in card
    report, data = run.report, run.spec["data"]
    words = report["baselines"]["tfidf_logistic_regression"]["accuracy"]
    for fact in (
        f"| SHA-256 | `{data['sha256']}` |",
        f"| Weights | {report['parameters']:,}, of which",
        f"{data['report']['train']:,} train",
        f"| This model | {100 * report['test']['accuracy']:.1f} % |",
        f"| TF-IDF + logistic regression | {100 * words:.1f} % |",
        f"torch {run.spec['versions']['torch']}",
        f"python reproduce.py {run.id}.zip",
        "| hidden_size | **4** |",
        "| batch_size | 48 |",
    ):
        assert fact in card, fact


def test_the_same_run_gives_the_same_card(run):
    assert model_card(run) == model_card(run)


def test_markup_from_people_stays_text(hostile):
    card = model_card(hostile)
    assert "# \\<script\\>alert(1)\\</script\\> \\*bold\\* 电影\n" in card
    assert "\n> \\# heading\n> \\- \\[x\\](http:\u2060//a.b)\n>\n> 1\\. www\u2060.a.com\n" in card
    unescaped = card.replace("\\<", "").replace("\\[", "").replace("\\|", "")
    for markup in ("<img", "<script", "<b>", "![", "](javascript", "http://"):
        assert markup not in unescaped or markup == "](javascript"
    table = card.split("## Each class")[1].split("##")[0].strip().splitlines()
    assert len({line.replace("\\|", "").count("|") for line in table}) == 1  # a label opens no column of its own


def test_escaping_leaves_plain_text_alone():
    for text in ("snake_case 2.13.0+cpu (a, b) #3 x=1", "电影 很好", "20261121-101213-4f9c02", "50 %"):
        assert escaped(text) == text
    assert escaped("_a_ __b__") == r"\_a\_ \_\_b\_\_"
    assert escaped("a\nb\u202ec\x00") == "a b c"
    assert escaped("12. a") == r"12\. a" and escaped("+ a") == r"\+ a" and escaped("= a") == r"\= a"


def test_macro_f1_is_bootstrapped_over_texts():
    labels = np.repeat([0, 1, 2], [60, 30, 10])
    predicted = labels.copy()
    predicted[::7] = 0
    probabilities = np.eye(3)[predicted]
    interval = room._macro_f1(probabilities, labels)
    random = np.random.default_rng(0)
    drawn = [random.integers(0, 100, 100) for _ in range(1000)]
    scores = [f1_score(labels[rows], predicted[rows], average="macro") for rows in drawn]
    low, high = np.quantile(scores, [0.025, 0.975])
    assert interval.low == pytest.approx(low, abs=0.02) and interval.high == pytest.approx(high, abs=0.02)


def test_a_class_that_is_never_predicted_has_no_precision():
    table = room._classes(["a", "b"], np.array([[0.9, 0.1]] * 4), np.array([0, 0, 0, 1]))
    assert "| a | 3 | 75.0 % | 100.0 % | 43.9 to 100.0 % | 0.857 |" in table
    assert "| b | 1 | never predicted | 0.0 % |" in table


def test_a_thousand_classes_are_cut_and_quick():
    labels = np.arange(1000) % 1000
    table = room._classes([str(name) for name in range(1000)], np.eye(1000), labels)
    assert "950 more classes" in table and table.count("\n| ") == 51
    assert room._macro_f1(np.eye(1000), labels).high <= 1


def test_an_unfinished_run_has_no_card(dataset, tmp_path):
    (run,) = prepare(tmp_path, dataset, presets=["lstm"], seeds=1, settings=Settings(**SMALL))
    with pytest.raises(RunError, match="only a finished run has a model card"):
        model_card(run)
