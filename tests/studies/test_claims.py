"""No sentence claims more than its interval allows: every branch, by figures made by hand."""

import re

import pytest

from model.studies.claim_words import apart, listed
from model.studies.claims import differences_beside, headline, pair_notes, pair_sentence, parameters_gap

FAIR = {"differing": {}}
NAMES = {
    "bilstm": "BiLSTM",
    "lstm": "LSTM",
    "bilstm-additive": "BiLSTM + additive attention",
    "bilstm-additive:uniform": "BiLSTM + additive attention, uniform weights",
}


def figure(estimate, low, high, covers="texts and seeds"):
    return {"estimate": estimate, "low": low, "high": high, "covers": covers}


def side(key, *, parameters=100_000, accuracy=(0.85, 0.83, 0.87), seeds=5, **changes):
    return {
        "key": key,
        "name": NAMES.get(key, key),
        "preset": key.removesuffix(":uniform"),
        "seeds": list(range(13, 13 + seeds)),
        "hidden_size": 64,
        "parameters_without_embeddings": parameters,
        "metrics": {"accuracy": figure(*accuracy)},
        **changes,
    }


def pair(first, second, found, *, kind="attention", paired=True, mcnemar=()):
    return {
        "first": first,
        "second": second,
        "kind": kind,
        "paired": paired,
        "differences": {"accuracy": found},
        "mcnemar": [{"seed": 13, "fixed": 1, "broken": 1, "p_value": p} for p in mcnemar],
    }


PLAIN, ATTENDING, CONTROL = side("bilstm"), side("bilstm-additive"), side("bilstm-additive:uniform")


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


# -- the headline ------------------------------------------------------------------------------------------------

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


@pytest.mark.parametrize("ends", [(0.24, 0.22, 0.25), (0.28, 0.24, 0.32)])
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
