"""What a bundle's events tell of probed texts must be of these texts."""

import copy
import json

import pytest

from model.errors import RunError
from model.runs import checks, shapes
from model.runs.bundle import unbundle
from model.runs.probes import check_probes

TEXTS = ["fine film", "poor"]
OUTPUTS = [
    {"probabilities": [0.25, 0.75], "weights": [0.4, 0.6]},
    {"probabilities": [1.0, 0.0], "weights": None},
]


@pytest.fixture
def probed(members):
    """The members of a bundle whose training was probed, as JSON: spec, and events."""
    spec = {**json.loads(members["spec.json"]), "probe": TEXTS}
    events = [json.loads(line) for line in members["events.jsonl"].splitlines()]
    boot = events[0]
    boot["probe"] = copy.deepcopy(OUTPUTS)
    boot["classes"] = ["bad", "good"]
    boot["probe_texts"] = [
        {"text": TEXTS[0], "tokens": [[0, 4, True], [5, 9, False]]},
        {"text": TEXTS[1], "tokens": [[0, 4, True]]},
    ]
    epoch = {"kind": "epoch", "t": 1.0, "epoch": 1, "train": {"loss": 0.7, "accuracy": 0.5}, "share": 0.5,
             "validation": events[1]["validation"], "learning_rate": 0.001, "documents_per_second": 9.0,
             "seconds": 1.0, "probe": copy.deepcopy(OUTPUTS)}  # fmt: skip
    return spec, [boot, epoch, *events[1:]]


def _packed(members, spec, events):
    lines = "".join(json.dumps(event) + "\n" for event in events)
    return {**members, "spec.json": json.dumps(spec).encode(), "events.jsonl": lines.encode()}


def test_a_probed_run_travels(members, probed, pack, root):
    spec, events = probed
    report = {**json.loads(members["report.json"]), "ended": "stopped", "never_predicted": ["bad"]}
    packed = _packed({**members, "report.json": json.dumps(report).encode()}, spec, events)
    run = unbundle(pack(packed), root)
    assert run.spec["probe"] == TEXTS and run.events()[0] == events and run.report["ended"] == "stopped"


def test_an_older_run_that_knows_none_of_it_travels_too(members, pack, root):
    assert "probe" not in unbundle(pack(members), root).spec


def _tokens(*tokens):
    return lambda boot, epoch: boot["probe_texts"][0].update(tokens=list(tokens))


EVENTS = {  # name: (change of the boot and the epoch, message)
    "a text too many": (lambda boot, epoch: epoch["probe"].append(OUTPUTS[0]), "outputs for 3 probed texts"),
    "none at the start": (lambda boot, epoch: boot.pop("probe"), "not all that belongs to them"),
    "no classes": (lambda boot, epoch: boot.pop("classes"), "not all that belongs to them"),
    "other classes": (lambda boot, epoch: boot.update(classes=["bad", "ugly"]), "other probed texts or classes"),
    "another text": (lambda boot, epoch: boot["probe_texts"][0].update(text="<b>"), "other probed texts or classes"),
    "a weight too few": (lambda boot, epoch: epoch["probe"][0]["weights"].pop(), "1 weights for a text of 2 tokens"),
    "a class too many": (lambda boot, epoch: epoch["probe"][1]["probabilities"].append(0.0), "3 probabilities"),
    "a weight above 1": (lambda boot, epoch: epoch["probe"][0].update(weights=[2, 0]), "outside 0 to 1"),
    "a weight below 0": (lambda boot, epoch: boot["probe"][0].update(weights=[-0.5, 0.5]), "outside 0 to 1"),
    "weights in words": (lambda boot, epoch: epoch["probe"][0].update(weights=["0.4", 0.6]), "is '0.4', not float"),
    "an unknown key": (lambda boot, epoch: epoch["probe"][0].update(script="x"), "the unknown key 'script'"),
    "probes of nothing": (lambda boot, epoch: epoch.update(probe="all"), "not a list"),
    "a token behind the end": (_tokens([0, 4, True], [5, 90, True]), r"the token \[5, 90, True\]"),
    "a token twice": (_tokens([0, 4, True], [0, 4, True]), r"the token \[0, 4, True\]"),
    "an empty token": (_tokens([0, 4, True], [5, 5, True]), r"the token \[5, 5, True\]"),
    "a token of two": (_tokens([0, 4], [5, 9, True]), r"the token \[0, 4\]"),
    "a number for a truth": (_tokens([0, 4, 1], [5, 9, True]), r"the token \[0, 4, 1\]"),
    "a share in words": (lambda boot, epoch: epoch.update(share="half"), "is 'half', not float"),
}  # fmt: skip


@pytest.mark.parametrize("name", EVENTS)
def test_a_malformed_probe_is_refused(members, probed, pack, refused, name):
    change, message = EVENTS[name]
    spec, (boot, epoch, *rest) = probed
    change(boot, epoch)
    refused(pack(_packed(members, spec, [boot, epoch, *rest])), message)


@pytest.mark.parametrize(
    "texts", [[], ["x"] * 13, ["x" * 2001], [""], "text", [1], ["\ud800"], None], ids=lambda value: repr(value)[:9]
)
def test_texts_that_cannot_be_probed_are_refused(members, probed, pack, refused, texts):
    spec, events = probed
    refused(pack(_packed(members, {**spec, "probe": texts}, events)), r"spec\.json\.probe is .*, not list of 1 to 12")


def test_outputs_of_a_run_that_probes_nothing_are_refused(members, probed, pack, refused):
    spec, events = probed
    del spec["probe"]
    refused(pack(_packed(members, spec, events)), "probed texts")
    for key in ("probe", "probe_texts", "classes"):
        del events[0][key]
    refused(pack(_packed(members, spec, events)), "outputs for 2 probed texts; there are 0")


def test_a_training_that_went_on_has_two_boots(probed):
    spec, (boot, epoch, *rest) = probed
    check_probes([boot, epoch, boot, epoch, *rest], spec)
    other = copy.deepcopy(boot)
    other["probe_texts"][1]["text"] = "good"
    with pytest.raises(RunError, match="line 3, tells of other probed texts"):
        check_probes([boot, epoch, other, epoch], spec)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("ended", "bored", r"report\.json\.ended is 'bored'"),
        ("never_predicted", ["ugly"], "names the class 'ugly', which its data has not"),
        ("never_predicted", "bad", "not a list"),
    ],
)
def test_a_report_that_says_what_cannot_be(members, pack, refused, key, value, message):
    report = {**json.loads(members["report.json"]), key: value}
    refused(pack({**members, "report.json": json.dumps(report).encode()}), message)


def test_ends_have_a_shape():
    done = {"kind": "done", "t": 0, "epochs": 1, "best_epoch": 1, "seconds": 1, "documents_per_second": 1,
            "validation": {"accuracy": 1, "macro_f1": 1, "loss": 0, "documents": 1}}  # fmt: skip
    for ended in ("epochs", "early stop", "stopped"):
        checks.check({**done, "ended": ended}, shapes.EVENTS["done"], "done")
    checks.check(done, shapes.EVENTS["done"], "done")
