"""What is one side, what it is called, and which sides are asked about."""

from types import SimpleNamespace

import pytest

from model.studies.sides import control_of, differing, pairs_of, reference_of, sides_of, twin
from model.training.settings import Settings

SIZES = {"lstm": 33_000, "bilstm": 66_000, "bilstm-additive": 83_000}


def run(preset, seed=13, *, created="2026-11-21", parameters=None, **options):
    settings = Settings(preset=preset, seed=seed, **options).to_dict()
    spec = {"preset": preset, "seed": seed, "settings": settings, "created": created}
    report = {"parameters_without_embeddings": parameters or SIZES.get(preset, 50_000)}
    return SimpleNamespace(id=f"{created}-{preset}-{seed}", spec=spec, report=report)


def sides(*runs):
    return {side.key: side for side in sides_of(runs)}


def pairs(*runs):
    return [(pair.first.key, pair.second.key, pair.kind) for pair in pairs_of(sides_of(runs))]


def test_runs_that_differ_by_their_seed_are_one_side_in_the_order_of_seeds():
    (side,) = sides_of([run("lstm", 15), run("lstm", 13), run("lstm", 14, device="cpu", threads=2)])
    assert side.seeds == (13, 14, 15) and side.key == "lstm" and side.name == "LSTM"
    assert side.plain and not side.attends and not side.control


def test_a_training_done_twice_is_no_second_seed():
    (side,) = sides_of([run("lstm", created="2026-11-22"), run("lstm", created="2026-11-21")])
    assert [each.id for each in side.runs] == ["2026-11-22-lstm-13"]


def test_an_option_that_older_runs_lack_is_at_its_default():
    old = run("lstm", 14)
    del old.spec["settings"]["word_dropout"]
    (side,) = sides_of([run("lstm"), old])
    assert side.seeds == (13, 14)
    assert differing(sides_of([old, run("bilstm-additive")])) == {}


def test_plain_sides_first_then_controls_then_by_name():
    found = sides_of([
        run("han"), run("bilstm-additive"), run("bilstm-additive", attention_weights="uniform"), run("lstm"),
        run("bilstm"),
    ])  # fmt: skip
    assert [side.key for side in found] == ["bilstm", "lstm", "bilstm-additive:uniform", "bilstm-additive", "han"]
    assert [side.name for side in found][2:4] == [
        "BiLSTM + additive attention, uniform weights", "BiLSTM + additive attention",
    ]  # fmt: skip
    assert [side.control for side in found] == [False, False, True, False, False]
    assert [side.attends for side in found] == [False, False, False, True, True]


def test_uniform_weights_mean_nothing_to_a_plain_network():
    (side,) = sides_of([run("lstm", attention_weights="uniform")])
    assert side.plain and not side.control and side.key == "lstm"


def test_sides_of_one_name_say_what_differs():
    found = sides(
        run("lstm", dropout=0.25), run("lstm", patience=None, dropout=0.25), run("lstm", vectors="/home/me/mine.vec"),
        run("bilstm"),
    )  # fmt: skip
    assert sorted(side.name for side in found.values()) == [
        "BiLSTM",
        "LSTM (dropout 0.25, vectors auto, patience 4)",
        "LSTM (dropout 0.25, vectors auto, patience by default)",
        "LSTM (dropout 0.5, vectors mine.vec, patience 4)",
    ]
    assert set(found) == {"bilstm", "lstm", "lstm-2", "lstm-3"}


def test_a_preset_of_a_newer_version_is_a_plain_side_of_its_own_name():
    made = run("lstm")
    made.spec["preset"] = "lstm-magic"
    assert [side.name for side in sides_of([made])] == ["lstm-magic"]
    assert pairs(made, run("lstm-additive"))[0] == ("lstm-magic", "lstm-additive", "attention")


@pytest.mark.parametrize(
    ("preset", "plain"),
    [
        ("lstm-additive", "lstm"),
        ("lstm-dot", "lstm"),
        ("bilstm-multihead", "bilstm"),
        ("bilstm-feedforward-stacked", "bilstm"),
        ("han", None),  # its encoder is a bidirectional GRU, which no preset has alone
    ],
)
def test_a_twin_has_the_same_encoder(preset, plain):
    found = sides(run("lstm"), run("gru"), run("bilstm"), run("bilstm-2layer"), run(preset))
    other = twin(found[preset], list(found.values()))
    assert (other and other.key) == plain


def test_a_twin_has_as_many_layers():
    found = sides(run("bilstm"), run("bilstm-2layer"), run("bilstm-additive", layers=2))
    assert twin(found["bilstm-additive"], list(found.values())).key == "bilstm-2layer"


def test_of_several_twins_the_one_that_differs_least():
    for dropout in (0.2, 0.5):
        found = sides(run("bilstm"), run("bilstm", dropout=0.2), run("bilstm-additive", dropout=dropout))
        assert twin(found["bilstm-additive"], list(found.values())).settings["dropout"] == dropout
    matched = sides(
        run("bilstm", parameters=66_000), run("bilstm", hidden_size=72, parameters=82_000), run("bilstm-additive")
    )
    assert twin(matched["bilstm-additive"], list(matched.values())).settings["hidden_size"] == 72


def test_each_attention_is_asked_about_its_twin_and_its_control():
    uniform = run("bilstm-additive", attention_weights="uniform")
    assert pairs(run("bilstm"), run("bilstm-additive"), uniform) == [
        ("bilstm", "bilstm-additive", "attention"),
        ("bilstm-additive:uniform", "bilstm-additive", "control"),
        ("bilstm", "bilstm-additive:uniform", "averaging"),
    ]


def test_the_control_of_another_preset_is_no_control():
    found = sides(run("lstm-additive"), run("bilstm-additive", attention_weights="uniform"))
    assert control_of(found["lstm-additive"], list(found.values())) is None
    assert pairs(*(side.runs[0] for side in found.values())) == [
        ("bilstm-additive:uniform", "lstm-additive", "other")
    ]


def test_a_side_that_is_left_over_meets_the_first_that_attends():
    assert pairs(run("lstm"), run("bilstm"), run("bilstm-additive"), run("bilstm-dot")) == [
        ("bilstm", "bilstm-additive", "attention"),
        ("bilstm", "bilstm-dot", "attention"),
        ("lstm", "bilstm-additive", "other"),
    ]
    assert pairs(run("lstm"), run("gru"), run("bilstm")) == [("bilstm", "gru", "other"), ("bilstm", "lstm", "other")]
    assert pairs(run("bilstm-dot"), run("bilstm-additive")) == [("bilstm-additive", "bilstm-dot", "other")]


def test_without_a_twin_the_nearest_plain_side_direction_first():
    assert pairs(run("gru"), run("bilstm"), run("han"))[0] == ("bilstm", "han", "attention")
    assert pairs(run("gru"), run("lstm"), run("han"))[0] == ("gru", "han", "attention")


def test_nothing_is_asked_twice_or_of_one_side():
    assert pairs(run("lstm")) == [] and pairs(run("lstm"), run("lstm", 14)) == []
    both = sides(run("lstm", dropout=0.1), run("lstm", dropout=0.2), run("bilstm-dot"))
    found = pairs_of(list(both.values()))
    assert len({frozenset((pair.first.key, pair.second.key)) for pair in found}) == len(found) == 2


def test_options_that_differ_are_those_that_names_do_not_tell():
    found = sides_of([run("lstm", 13, hidden_size=70, device="cpu"), run("lstm-additive", 14, dropout=0.1)])
    assert differing(found) == {
        "hidden_size": {"lstm": 70, "lstm-additive": 64}, "dropout": {"lstm": 0.5, "lstm-additive": 0.1},
    }  # fmt: skip


def test_the_reference_attends_where_one_does():
    assert reference_of(sides_of([run("lstm"), run("lstm-dot"), run("bilstm-dot")])).key == "bilstm-dot"
    assert reference_of(sides_of([run("lstm"), run("gru")])).key == "gru"


def test_seeds_pair_up_only_where_they_are_the_same():
    first, second, third = sides_of([run("bilstm"), run("gru", 14), run("lstm")])
    assert first.paired_with(third) and not first.paired_with(second)
