"""No sentence on language models claims more than its interval allows: every branch, by figures made by hand."""

import pytest

from model.studies.language_claims import headline, pair_notes, pair_sentence, value, where_sentence

PLAIN, ATTENDING = "lstm-lm", "lstm-attention-lm"
NAMES = {PLAIN: "LSTM language model", ATTENDING: "LSTM language model + attention"}
FAIR = {"differing": {}}


def figure(estimate, low, high, covers="texts and seeds"):
    return {"estimate": estimate, "low": low, "high": high, "covers": covers if low is not None else None}


def side(preset, *, parameters=1_000_000, perplexity=(100.0, 90.0, 110.0), seeds=3):
    return {
        "key": preset,
        "name": NAMES[preset],
        "preset": preset,
        "attends": preset == ATTENDING,
        "seeds": list(range(13, 13 + seeds)),
        "parameters_without_embeddings": parameters,
        "perplexity": figure(*perplexity),
    }


def pair(change, *, kind="attention", paired=True, seeds=(-0.04, -0.05, -0.03)):
    text = [None, None] if change["low"] is None else [-0.045, -0.035]
    return {
        "first": PLAIN, "second": ATTENDING, "kind": kind, "paired": paired,
        "change": {**change, "seeds": list(seeds), "text": text},
    }  # fmt: skip


def said(change, *, first=None, second=None, protocol=FAIR, **options):
    return pair_sentence(pair(change, **options), first or side(PLAIN), second or side(ATTENDING), protocol=protocol)


# -- the sentence ------------------------------------------------------------------------------------------------


def test_attention_lowers_perplexity_where_the_interval_is_below_zero():
    assert said(figure(-0.041, -0.052, -0.03)) == (
        "Attention lowers perplexity by 4.1 % here (95 % interval −5.2 to −3.0 %): LSTM language model + attention"
        " against LSTM language model."
    )


def test_attention_raises_perplexity_where_the_interval_is_above_zero():
    assert said(figure(0.041, 0.03, 0.052)).startswith("Attention raises perplexity by 4.1 % here (95 % interval 3.0")


@pytest.mark.parametrize("ends", [(-0.01, 0.002), (-0.01, 0.0), (0.0, 0.01)])
def test_an_interval_that_holds_zero_tells_nothing_apart(ends):
    sentence = said(figure(-0.004, *ends))
    assert sentence.startswith("This text and these seeds cannot tell LSTM language model + attention from LSTM")
    assert not any(word in sentence for word in ("lowers", "raises", "less", "more", "lower", "higher"))


def test_one_training_is_no_kind_of_network():
    sentence = said(figure(-0.041, -0.052, -0.03, "texts"))
    assert sentence.startswith(
        "On this text the trained LSTM language model + attention has 4.1 % less perplexity than"
    )
    assert sentence.endswith("another training may come out otherwise.")
    assert "cannot tell the trained LSTM language model + attention" in said(figure(0.01, -0.052, 0.03, "texts"))


def test_a_short_text_claims_nothing():
    sentence = said(figure(-0.9, None, None))
    assert sentence == (
        "The test text is too short to tell LSTM language model + attention from LSTM language model: −90.0 %"
        " perplexity, and no interval."
    )


def test_it_is_not_put_down_to_attention_where_something_else_differs():
    bigger = side(ATTENDING, parameters=1_100_000)
    options = {"differing": {"layers": {PLAIN: 1, ATTENDING: 2}}}
    for other in ({"second": bigger}, {"protocol": options}, {"kind": "other"}):
        sentence = said(figure(-0.041, -0.052, -0.03), **other)
        assert sentence.startswith("LSTM language model + attention has 4.1 % less perplexity here than LSTM"), other


def test_options_of_attention_are_no_difference_from_a_model_without():
    window = {"differing": {"window": {PLAIN: 50, ATTENDING: 100}}}
    assert said(figure(-0.041, -0.052, -0.03), protocol=window).startswith("Attention lowers")
    other = {**side(ATTENDING), "key": "other"}
    both = {"differing": {"window": {"other": 50, ATTENDING: 100}}}
    assert said(figure(-0.041, -0.052, -0.03), first=other, protocol=both).startswith(
        "LSTM language model + attention"
    )


# -- the notes ---------------------------------------------------------------------------------------------------


def test_notes_say_what_the_interval_covers_and_what_each_seed_says():
    found = pair_notes(pair(figure(-0.041, -0.052, -0.03)), side(PLAIN), side(ATTENDING), protocol=FAIR)
    assert found[0] == (
        "The interval covers other stretches of text like this and the chance in each training: 3 seeds a side,"
        " paired. Over the text alone, for these trained models as they are, it is −4.5 to −3.5 %."
    )
    assert found[1] == "Seed by seed: −4.0 %, −5.0 % and −3.0 %."
    assert "matched within 5 %" in found[2] and len(found) == 3


def test_notes_of_one_seed_ask_for_more():
    one = [side(preset, seeds=1) for preset in (PLAIN, ATTENDING)]
    found = pair_notes(pair(figure(-0.041, -0.052, -0.03, "texts"), seeds=[-0.041]), *one, protocol=FAIR)
    assert "not the chance in each training" in found[0] and "Seed by seed" not in " ".join(found)


def test_notes_of_unequal_seeds_and_options():
    sides = side(PLAIN, seeds=2), side(ATTENDING)
    protocol = {"differing": {"dropout": {PLAIN: 0.1, ATTENDING: 0.2}}}
    found = pair_notes(pair(figure(-0.041, -0.052, -0.03), paired=False), *sides, protocol=protocol)
    assert "2 and 3 seeds, not paired" in found[0] and "Two are few" in found[0]
    assert found[-1] == "They also differ in dropout (0.1 against 0.2)."


# -- where, and the whole ----------------------------------------------------------------------------------------


def test_where_names_what_is_claimed_and_what_is_not():
    rows = [
        {"title": "a", "change": figure(-0.12, -0.2, -0.04)},
        {"title": "b", "change": figure(-0.3, None, None)},
        {"title": "c", "change": figure(0.08, 0.01, 0.15)},
        {"title": "d", "change": figure(-0.01, -0.05, 0.03)},
    ]
    assert where_sentence(rows) == (
        "Perplexity is lower on “a” (−12.0 %), higher on “c” (+8.0 %). On “b” and “d” no difference can be claimed."
    )
    assert where_sentence(rows[1:2]) == "On “b” no difference can be claimed."
    assert where_sentence(rows[:1]) == "Perplexity is lower on “a” (−12.0 %)."


def document(sides, pairs, *, counted=180.0, unknown=0.0, left_out=()):
    return {
        "sides": sides, "pairs": pairs, "baselines": {"kneser_ney": {"perplexity": counted}},
        "data": {"unknown": unknown, "unit": "words"}, "left_out": list(left_out),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("counted", "where"),
    [
        (180.0, "above both intervals."),
        (50.0, "below both intervals."),
        (100.0, "inside both intervals."),
        (
            115.0,
            "above the interval of LSTM language model and inside the interval of LSTM language model + attention.",
        ),
    ],
)
def test_counting_stands_beside_every_claim(counted, where):
    sides = [side(PLAIN), side(ATTENDING, perplexity=(105.0, 92.0, 120.0))]
    found = pair(figure(-0.041, -0.052, -0.03)) | {"sentence": "Said.", "notes": ["A note."]}
    result = headline(document(sides, [found], counted=counted))
    assert result["pair"] == 0
    assert result["sentence"] == f"Said. Kneser-Ney n-grams have {value(counted)} on the same tokens, {where}"
    assert result["notes"][0] == "A note." and "without correction" in result["notes"][1]


def test_one_side_has_its_figure_and_its_interval():
    found = headline(document([side(ATTENDING)], [], unknown=0.031, left_out=["run-1"]))
    assert found["pair"] is None
    assert found["sentence"].startswith(
        "LSTM language model + attention has perplexity 100.0 (95 % interval 90.00 to 110.0). Kneser-Ney"
    )
    assert found["notes"][0].startswith("3.1 % of the tokens are not in the vocabulary")
    assert found["notes"][1].endswith("run-1.")
    short = headline(document([side(ATTENDING, perplexity=(100.0, None, None))], []))
    assert short["sentence"] == (
        "LSTM language model + attention has perplexity 100.0. Kneser-Ney n-grams have 180.0 on the same tokens."
    )


def test_perplexities_have_four_digits():
    assert [value(each) for each in (1.5, 45.678, 123.45, 1234.5)] == ["1.500", "45.68", "123.5", "1,234"]
