"""No sentence on a pair claims more than its interval allows: every branch, by figures made by hand."""

import re

import pytest

from model.studies.claims import differences_beside, pair_notes, pair_sentence, parameters_gap
from tests.studies.claim_parts import ATTENDING, CONTROL, FAIR, PLAIN, figure, pair, side


def said(found, *, first=PLAIN, second=ATTENDING, kind="attention", protocol=FAIR):
    return pair_sentence(pair(first["key"], second["key"], found, kind=kind), first, second, protocol=protocol)


# -- one pair ----------------------------------------------------------------------------------------------------


def test_a_gain_is_claimed_where_the_interval_is_above_zero():
    assert said(figure(0.029, 0.008, 0.051)) == (
        "Attention gains 2.9 points of accuracy here (95 % interval 0.8 to 5.1): BiLSTM + additive attention against"
        " BiLSTM."
    )


def test_a_loss_is_claimed_where_the_interval_is_below_zero():
    assert said(figure(-0.029, -0.051, -0.008)).startswith(
        "Attention loses 2.9 points of accuracy here (95 % interval −5.1 to −0.8):"
    )


@pytest.mark.parametrize("ends", [(-0.009, 0.015), (0.0, 0.006), (-0.006, 0.0), (-1.0, 1.0)])
def test_an_interval_that_holds_zero_tells_nothing_apart(ends):
    sentence = said(figure(0.003, *ends))
    assert sentence.startswith(
        "These texts and seeds cannot tell BiLSTM + additive attention from BiLSTM: +0.3 points"
    )
    assert not re.search("gain|lose|better|worse|more|less", sentence)


def test_an_interval_that_rounds_to_zero_shows_that_it_leaves_it_out():
    assert "0.020 to 5.1" not in said(figure(0.029, 0.0002, 0.051))
    assert "(95 % interval 0.02 to 5.10)" in said(figure(0.029, 0.0002, 0.051))
    assert "(95 % interval −5.100 to −0.003)" in said(figure(-0.029, -0.051, -0.00003))


def test_a_difference_of_nothing_has_no_sign():
    assert ": 0.0 points of accuracy (95 % interval −0.1 to +0.1)" in said(figure(-0.0001, -0.001, 0.001))


@pytest.mark.parametrize(
    ("kind", "start"),
    [
        ("control", "Learning the weights gains 2.9"),
        ("averaging", "Uniform attention gains 2.9"),
        ("other", "BiLSTM +"),
    ],
)
def test_what_gains_depends_on_the_pair(kind, start):
    assert said(figure(0.029, 0.008, 0.051), kind=kind).startswith(start)


@pytest.mark.parametrize(
    "second",
    [
        side("bilstm-additive", parameters=105_100),  # 5.1 % more
        side("bilstm-additive", parameters=94_900),
        side("lstm-additive"),  # reads one way
        side("bilstm-2layer"),
        side("han"),  # another cell
    ],
    ids=["larger", "smaller", "direction", "layers", "cell"],
)
def test_nothing_is_put_down_to_attention_where_something_else_differs(second):
    sentence = said(figure(0.029, 0.008, 0.051), second=second)
    assert sentence.startswith(f"{second['name']} is 2.9 points more accurate here than BiLSTM (95 % interval 0.8")
    assert "less accurate" in said(figure(-0.029, -0.051, -0.008), second=second)


def test_nor_where_an_option_differs():
    protocol = {"differing": {"dropout": {"bilstm": 0.3, "bilstm-additive": 0.5}}}
    assert "Attention" not in said(figure(0.029, 0.008, 0.051), protocol=protocol)
    elsewhere = {"differing": {"dropout": {"lstm": 0.3, "bilstm": 0.5, "bilstm-additive": 0.5}}}
    assert "Attention gains" in said(figure(0.029, 0.008, 0.051), protocol=elsewhere)


def test_a_size_that_was_matched_is_no_difference():
    protocol = {"differing": {"hidden_size": {"bilstm": 72, "bilstm-additive": 64}}}
    assert "Attention gains" in said(figure(0.029, 0.008, 0.051), protocol=protocol)


def test_learned_weights_may_have_parameters_of_their_own():
    more = side("bilstm-additive", parameters=120_000)
    assert said(figure(0.029, 0.008, 0.051), first=CONTROL, second=more, kind="control").startswith("Learning")


def test_one_seed_speaks_of_trained_models():
    sentence = said(figure(0.029, 0.008, 0.051, covers="texts"))
    assert sentence == (
        "On these texts the trained BiLSTM + additive attention is 2.9 points more accurate than the trained BiLSTM"
        " (95 % interval 0.8 to 5.1); another training may come out otherwise."
    )
    assert "less accurate" in said(figure(-0.029, -0.051, -0.008, covers="texts"))
    assert said(figure(0.003, -0.009, 0.015, covers="texts")).startswith(
        "These texts cannot tell the trained BiLSTM + additive attention from the trained BiLSTM: +0.3 points"
    )


# -- its notes ---------------------------------------------------------------------------------------------------


def notes(found=None, *, first=PLAIN, second=ATTENDING, protocol=FAIR, **options):
    found = found or figure(0.029, 0.008, 0.051)
    return pair_notes(pair(first["key"], second["key"], found, **options), first, second, protocol=protocol)


def test_the_notes_say_what_the_interval_covers():
    assert notes()[0].endswith("the chance in each training: 5 a side, paired by seed.")
    other = side("bilstm-additive", seeds=3)
    assert notes(second=other, paired=False)[0].endswith("5 and 3, not paired, as their seeds are not the same.")
    assert "not the chance in each training" in notes(figure(0.029, 0.008, 0.051, covers="texts"))[0]
    two = [side(key, seeds=2) for key in ("bilstm", "bilstm-additive")]
    assert notes(first=two[0], second=two[1])[0].endswith("one in eight such intervals misses.")


def test_the_notes_say_what_mcnemar_compares():
    assert not any("McNemar" in note for note in notes())
    (note,) = [note for note in notes(mcnemar=[0.04, 0.05, 0.2]) if "McNemar" in note]
    assert note == (
        "McNemar's exact test compares two trained models, not two kinds of network: p is below 0.05 in 1 of 3 seeds."
    )
    assert any("1 of 1 seed." in note for note in notes(mcnemar=[0.01]))


def test_the_notes_say_whether_sizes_match():
    assert (
        "100,000 and 105,000 (+5.0 %), matched within 5 %."
        in notes(second=side("bilstm-additive", parameters=105_000))[1]
    )
    unlike = side("bilstm-additive", parameters=87_300)
    assert "(−12.7 %); they are not matched within 5 %" in notes(second=unlike)[1]
    assert parameters_gap(PLAIN, unlike) == pytest.approx(-0.127)
    assert notes(first=CONTROL, kind="control", second=side("bilstm-additive", parameters=112_700))[1].endswith(
        "(+12.7 %), the attention's own."
    )
    assert (
        "not matched"
        in notes(first=side("bilstm-additive:uniform", hidden_size=32, parameters=50_000), kind="control")[1]
    )


def test_the_notes_name_everything_else_that_differs():
    protocol = {"differing": {"layers": {"lstm": None, "bilstm-2layer": 3}, "learning_rate": {"lstm": 0.002}}}
    found = differences_beside(side("lstm"), side("bilstm-2layer"), protocol=protocol)
    assert found == [
        "direction (one reads both ways)",
        "layers (1 against 2)",
        "layers (default against 3)",
        "learning rate (0.002 against default)",
    ]
    assert notes(first=side("lstm"))[-1] == "They also differ in direction (one reads both ways)."
    assert (
        notes(first=side("gru"))[-1]
        == "They also differ in direction (one reads both ways) and cell (gru against lstm)."
    )
    vectors = {"differing": {"vectors": {"bilstm": "/home/somebody/mine.vec", "bilstm-additive": "none"}}}
    assert notes(protocol=vectors)[-1] == "They also differ in vectors (mine.vec against none)."
    assert not any("differ in" in note for note in notes())
    assert differences_beside(side("tomorrow"), side("lstm"), protocol=FAIR) == []
