"""The headline of a comparison claims no more than its intervals allow: every branch, by figures made by hand."""

import pytest

from model.studies.claim_words import apart, listed
from model.studies.claims import pair_notes, pair_sentence
from model.studies.headline import headline
from tests.studies.claim_parts import ATTENDING, CONTROL, FAIR, PLAIN, figure, pair, side

GAIN, NOTHING, LOSS = (0.03, 0.01, 0.05), (0.003, -0.01, 0.016), (-0.03, -0.05, -0.01)


def whole(
    total=GAIN, averaging=NOTHING, learned=NOTHING, *, sides=None, tfidf=(0.80, 0.79, 0.81), protocol=FAIR, **data
):
    """A document of three sides: the total is the gain of attention, made of averaging and learned weights."""
    sides = sides or [PLAIN, CONTROL, ATTENDING]
    found = [
        pair("bilstm", "bilstm-additive", figure(*total), kind="attention"),
        pair("bilstm-additive:uniform", "bilstm-additive", figure(*learned), kind="control"),
        pair("bilstm", "bilstm-additive:uniform", figure(*averaging), kind="averaging"),
    ]
    by_key = {each["key"]: each for each in sides}
    pairs = [each for each in found if {each["first"], each["second"]} <= set(by_key)]
    for each in pairs:
        ends = by_key[each["first"]], by_key[each["second"]]
        each["sentence"] = pair_sentence(each, *ends, protocol=protocol)
        each["notes"] = pair_notes(each, *ends, protocol=protocol)
    return {
        "data": {"other": None, "seen_in_training": 0, **data},
        "protocol": protocol,
        "sides": sides,
        "pairs": pairs,
        "baselines": {
            "majority": {"accuracy": 0.25},
            "tfidf_logistic_regression": dict(zip(("accuracy", "low", "high"), tfidf, strict=True)),
        },
        "left_out": [],
    }


@pytest.mark.parametrize("ends", [(0.24, 0.22, 0.25), (0.28, 0.24, 0.32), (0.28, 0.25, 0.32)])
def test_sides_that_may_be_guessing_are_named(ends):
    plain, attending = side("bilstm", accuracy=ends), side("bilstm-additive", accuracy=ends)
    said = "surely better than the most frequent class"
    assert said not in headline(whole())["sentence"]
    one = headline(whole(sides=[plain, CONTROL, ATTENDING]))["sentence"]
    assert f" BiLSTM is not {said}, at 25.0 %." in one
    assert f" Neither is {said}, at 25.0 %." in headline(whole(sides=[plain, CONTROL, attending]))["sentence"]


def middle(document, shares=None):
    """What the headline says between its first and its last sentence."""
    sentence = headline(document, shares=shares and figure(*shares))["sentence"]
    return sentence.removeprefix(document["pairs"][0]["sentence"]).partition(" TF-IDF")[0].strip()


MOSTLY_AVERAGING, MOSTLY_LEARNING, OPEN = (0.02, 0.005, 0.04), (-0.02, -0.04, -0.005), (0.0, -0.02, 0.02)


def test_most_of_the_gain_is_averaging_only_where_the_interval_of_that_says_so():
    document = whole(averaging=(0.025, 0.01, 0.04))
    assert middle(document, MOSTLY_AVERAGING) == (
        "Frozen uniform attention gains 2.5 of them (95 % interval 1.0 to 4.0), so most of the gain is from averaging"
        " states, not from choosing words."
    )
    assert middle(document, OPEN).endswith(
        "; how much of the gain is from averaging states these texts and seeds do not settle."
    )
    # Uniform attention itself must be ahead of none.
    assert "most of the gain" not in middle(whole(averaging=NOTHING), MOSTLY_AVERAGING)


def test_most_of_the_gain_is_choosing_only_where_learned_weights_are_ahead_of_uniform_ones():
    document = whole(averaging=NOTHING, learned=GAIN)
    assert middle(document, MOSTLY_LEARNING) == (
        "Frozen uniform attention is at +0.3 points against BiLSTM (95 % interval −1.0 to +1.6), so most of the gain"
        " is from choosing words, not from averaging states."
    )
    assert "do not settle" in middle(whole(averaging=NOTHING, learned=NOTHING), MOSTLY_LEARNING)
    assert "do not settle" in middle(document, OPEN)


def test_uniform_weights_that_gain_more_than_attention_are_no_part_of_it():
    assert middle(whole(averaging=(0.04, 0.02, 0.06), learned=LOSS), MOSTLY_AVERAGING).startswith(
        "Frozen uniform attention gains 4.0 points (95 %"
    )
    assert middle(whole(averaging=LOSS, learned=GAIN), MOSTLY_LEARNING).startswith(
        "Frozen uniform attention is at −3.0 points against BiLSTM (95 % interval −5.0 to −1.0), so most"
    )


@pytest.mark.parametrize(
    ("learned", "words"),
    [
        (GAIN, "Learned weights are 3.0 points ahead of frozen uniform ones (95 % interval 1.0 to 5.0)."),
        (LOSS, "Learned weights are 3.0 points behind frozen uniform ones (95 % interval −5.0 to −1.0)."),
        (
            NOTHING,
            "Learned weights cannot be told from frozen uniform ones: +0.3 points (95 % interval −1.0 to +1.6).",
        ),
    ],
)
def test_without_a_gain_there_are_no_shares_of_it(learned, words):
    for total in (NOTHING, LOSS):
        assert middle(whole(total, learned=learned), MOSTLY_AVERAGING) == words
    assert middle(whole(learned=learned), None) == words  # seeds that are not the same, or one alone
    assert middle(whole(learned=learned, sides=[PLAIN, side("bilstm-additive:uniform"), ATTENDING]), None) == words


def test_shares_are_of_sides_that_differ_in_nothing_else():
    protocol = {"differing": {"dropout": {"bilstm": 0.5, "bilstm-additive": 0.5, "bilstm-additive:uniform": 0.3}}}
    assert middle(whole(averaging=(0.025, 0.01, 0.04), protocol=protocol), MOSTLY_AVERAGING).startswith(
        "Learned weights"
    )


def test_without_a_control_that_is_said():
    document = whole(sides=[PLAIN, ATTENDING])
    found = headline(document)
    assert middle(document) == ""
    assert any(
        "There is no control: bilstm-additive with attention_weights=uniform" in note for note in found["notes"]
    )
    assert not any("no control" in note for note in headline(whole())["notes"])


@pytest.mark.parametrize(
    ("tfidf", "words"),
    [
        ((0.90, 0.89, 0.91), "at 90.0 % (95 % interval 89.0 to 91.0 %), is ahead of both."),
        ((0.80, 0.79, 0.81), "is behind both."),
        ((0.85, 0.84, 0.86), "cannot be told from either."),
        ((0.869, 0.863, 0.88), "cannot be told from either."),  # by 1.9 points, and known to 2.1
        ((0.876, 0.868, 0.89), "is ahead of both."),  # by 2.6 points, and known to 2.2
    ],
)
def test_tfidf_is_ahead_only_where_the_intervals_are_apart(tfidf, words):
    assert headline(whole(tfidf=tfidf))["sentence"].endswith(words)


def test_how_far_two_figures_are_apart_by_hand():
    first, second = figure(0.50, 0.46, 0.53), figure(0.70, 0.66, 0.82)
    found = apart(first, second)  # (3, 4, 5): 0.70 - 0.66 below, 0.53 - 0.50 above; 0.12 and 0.04 the other way
    assert found["estimate"] == pytest.approx(0.20) and found["low"] == pytest.approx(0.15)
    assert found["high"] == pytest.approx(0.20 + (0.12**2 + 0.04**2) ** 0.5)
    assert apart(second, first)["low"] == pytest.approx(-found["high"])
    assert [listed(parts) for parts in (["a"], ["a", "b"], ["a", "b", "c"])] == ["a", "a and b", "a, b and c"]


def test_tfidf_against_each_side_of_its_own():
    sides = [side("bilstm", accuracy=(0.75, 0.74, 0.76)), ATTENDING]
    assert headline(whole(sides=sides, tfidf=(0.84, 0.83, 0.85)))["sentence"].endswith(
        ", is ahead of BiLSTM and cannot be told from BiLSTM + additive attention."
    )
    assert headline(whole(sides=sides, tfidf=(0.80, 0.79, 0.81)))["sentence"].endswith(
        ", is ahead of BiLSTM and is behind BiLSTM + additive attention."
    )


def test_a_single_side_has_its_accuracy_and_no_claim():
    found = headline(whole(sides=[PLAIN]))
    assert found["pair"] is None and found["notes"] == []
    assert found["sentence"] == (
        "BiLSTM gets 85.0 % right (95 % interval 83.0 to 87.0 %). TF-IDF + logistic regression, at 80.0 %"
        " (95 % interval 79.0 to 81.0 %), is behind it."
    )
    assert headline(whole(sides=[PLAIN], tfidf=(0.85, 0.84, 0.86)))["sentence"].endswith("cannot be told from it.")


def test_the_headline_is_about_attention_against_none():
    document = whole()
    document["pairs"].reverse()
    found = headline(document)
    assert found["pair"] == 2 and found["sentence"].startswith("Attention gains")
    document["pairs"] = document["pairs"][:1]  # averaging alone
    assert headline(document)["pair"] == 0


def test_several_pairs_other_texts_and_runs_left_out_are_told():
    assert any("The 3 pairs, and the parts of the texts" in note for note in headline(whole())["notes"])
    assert any("The parts of the texts" in note for note in headline(whole(sides=[PLAIN, ATTENDING]))["notes"])
    document = whole(other="reviews.csv", seen_in_training=12)
    document["left_out"] = ["a", "b"]
    found = headline(document)["notes"][-3:]
    assert found[0] == "The texts are those of reviews.csv, not the test split of the runs' own data."
    assert found[1] == "The runs were trained or selected on 12 of these texts."
    assert found[2] == "Left out, as a newer run has the same settings and seed: a and b."
    assert not any("trained or selected" in note for note in headline(whole(other="reviews.csv"))["notes"])
