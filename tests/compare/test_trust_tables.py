import json
import math

import numpy as np
import pytest

from model.compare import trust_intervals
from model.compare.trust_records import Records, histogram
from model.compare.trust_tables import summary


def record(index=0, *, label="pos", **parts):
    """A record of five tokens and nothing measured but what is given."""
    blank = {
        "index": index,
        "label": label,
        "prediction": label,
        "probability": 0.9,
        "tokens": 5,
        "truncated": False,
        "agreement": {},
        "faithfulness": {},
        "random": [],
        "curves": {},
        "flips": {},
        "permutation": None,
        "uniform": None,
        "adversary": None,
        "flip_distance": None,
        "forced": {},
        "randomized": {},
        "plausibility": None,
        "undefined": {},
    }
    return blank | parts


def tables(records):
    found = summary(records, labels=["neg", "pos"])
    assert json.loads(json.dumps(found, allow_nan=False)) == found  # plain JSON, and no NaN
    return found


def test_no_records_and_one():
    empty = tables([])
    assert empty["texts"] == 0
    assert empty["methods"] == []
    assert empty["agreement"] is None
    assert empty["accuracy"]["share"] is None
    one = tables([record(agreement={"attention|leave_one_out": [0.4, 1.0]}, permutation=[0.1, 0.5])])
    assert one["agreement"]["attention|leave_one_out"]["tau"]["mean"] == 0.4
    assert one["agreement"]["attention|leave_one_out"]["tau"]["low"] is None
    assert one["permutation"]["median"]["median"] == 0.1
    assert one["adversary"] is None


def test_agreement_by_hand():
    taus = [1.0, 0.8, 0.2, None]  # of five tokens, only 1 and -1 are rare enough; of four none is
    records = [
        record(place, label="pos" if place % 2 else "neg", agreement={"attention|saliency": [tau, None]})
        for place, tau in enumerate(taus)
    ]
    records.append(record(4, tokens=4, agreement={"attention|saliency": [-1.0, 0.5]}))
    cell = tables(records)["agreement"]["attention|saliency"]
    assert cell["tau"]["mean"] == pytest.approx(0.25)
    assert (cell["tau"]["n"], cell["tau"]["undefined"]) == (4, 1)
    assert cell["significant"]["hits"] == 1
    assert (cell["significant"]["n"], cell["significant"]["too_short"]) == (3, 1)
    assert cell["overlap"]["n"] == 1
    assert cell["by_label"]["neg"]["mean"] == pytest.approx(0.6)
    assert sum(cell["histogram"]["neg"]) == 2
    assert sum(cell["histogram"]["pos"]) == 2
    assert [(row["from"], row["to"], row["n"]) for row in cell["by_length"]] == [(4, 5, 4)]


def test_lengths_fall_into_quarters():
    taus = {"attention|saliency": [0.5, None]}
    rows = tables([record(tokens=5 + place, agreement=taus) for place in range(8)])["agreement"]["attention|saliency"]
    assert [(row["from"], row["to"]) for row in rows["by_length"]] == [(5, 6), (7, 8), (9, 10), (11, 12)]


def test_the_yardstick_is_paired():
    pairs = [(0.2, 0.6), (0.4, 0.6), (None, 0.9), (0.1, None)]
    records = [
        record(agreement={"attention|leave_one_out": [own, None], "input_x_gradient|leave_one_out": [theirs, None]})
        for own, theirs in pairs
    ]
    found = tables(records)["yardstick"]
    assert found["method"] == "input_x_gradient"
    assert found["tau"]["mean"] == pytest.approx(0.7)  # over the three texts that have one
    assert found["difference"]["attention"]["mean"] == pytest.approx(-0.3)  # over the two that have both
    assert found["difference"]["attention"]["n"] == 2


def test_a_row_without_an_order_is_told_from_the_other():
    names = ["attention|saliency", "attention|leave_one_out", "saliency|leave_one_out"]
    taus = dict(zip(names, [[None, None], [None, None], [0.4, 1.0]], strict=True))
    blamed = record(
        agreement={"attention|leave_one_out": [None, None]},
        undefined={"agreement.attention|leave_one_out": "attention: all values are equal"},
    )
    short = record(tokens=1, agreement={name: [None, None] for name in names}, undefined={"agreement": "one token"})
    found = tables([record(agreement=taus), blamed, short])["unranked"]
    assert {name: (cell["hits"], cell["n"]) for name, cell in found.items()} == {
        "attention": (2, 2),
        "saliency": (0, 2),
        "leave_one_out": (0, 2),
    }


def test_faithfulness_by_hand():
    random = [[0.1, 0.3], [0.3, 0.1]]  # mean 0.2 and 0.2, best 0.3 and 0.1
    records = [
        record(faithfulness={"attention": [0.5, 0.05]}, random=random),  # beats both rankings on both measures
        record(faithfulness={"attention": [0.2, 0.2]}, random=random),  # beats one
        record(faithfulness={}, random=random, undefined={"faithfulness.attention": "all values are 0"}),
    ]
    found = tables(records)["faithfulness"]
    own = found["methods"]["attention"]
    assert own["comprehensiveness"]["mean"]["mean"] == pytest.approx(0.35)
    assert own["comprehensiveness"]["mean"]["undefined"] == 1
    assert own["comprehensiveness"]["over_random"]["mean"] == pytest.approx(0.15)
    assert own["comprehensiveness"]["over_best"]["mean"] == pytest.approx(0.05)
    assert own["sufficiency"]["over_random"]["mean"] == pytest.approx(0.075)  # lower is better
    assert own["sufficiency"]["over_best"]["mean"] == pytest.approx(-0.025)
    for measure in ("comprehensiveness", "sufficiency"):
        assert (own[measure]["beats_all"]["hits"], own[measure]["beats_all"]["n"]) == (1, 2)
    assert found["random"]["comprehensiveness"]["mean"]["mean"] == pytest.approx(0.2)
    assert found["random"]["sufficiency"]["best"]["mean"] == pytest.approx(0.1)


def test_nineteen_of_twenty_is_95_percent():
    random = [[place / 100, 0.5] for place in range(20)]  # 0.00 to 0.19
    records = [record(faithfulness={"attention": [value, 0.5]}, random=random) for value in (0.185, 0.175)]
    cell = tables(records)["faithfulness"]["methods"]["attention"]["comprehensiveness"]
    assert cell["beats_95"]["hits"] == 1
    assert cell["beats_all"]["hits"] == 0


def test_curves_and_the_area_over_them():
    kinds = {"deletion": [0.9, 0.5, 0.1], "insertion": [0.1, 0.7, 0.9]}
    found = tables([record(curves={"attention": kinds, "random": kinds}), record()])["curves"]
    assert [point["mean"] for point in found["attention"]["deletion"]["points"]] == [0.9, 0.5, 0.1]
    assert found["attention"]["deletion"]["area"]["mean"] == pytest.approx((0.0 + 0.4 + 0.8) / 3)
    assert found["attention"]["insertion"]["area"]["mean"] == pytest.approx((0.8 + 0.2 + 0.0) / 3)
    assert found["random"]["deletion"]["area"]["undefined"] == 1


def test_never_is_no_share_of_tokens():
    given = [(0.1, 0.4), (0.2, 0.1), (None, 0.5), (None, None)]
    records = [record(flips={"attention": own, "random": random}) for own, random in given]
    records += [record(flips={"random": 0.3}), record()]  # a row without an order, and a text of one token
    found = tables(records)["flips"]["attention"]
    assert (found["n"], found["undefined"]) == (4, 2)
    assert found["median"] is None  # half of them never change
    assert (found["never"]["hits"], found["never"]["n"]) == (2, 4)
    assert (found["sooner"]["hits"], found["sooner"]["n"]) == (1, 3)


def test_other_weights_by_hand():
    records = [
        record(0, label="pos", permutation=[0.02, 0.2], uniform=0.1, forced={"b": [0.1, True], "c": [0.3, False]}),
        record(1, label="neg", permutation=[0.08, 0.75], uniform=0.3, forced={"b": [0.2, False]}),
        record(2, label="neg", undefined={"permutation": "one token"}),
    ]
    found = tables(records)
    assert found["permutation"]["median"]["median"] == pytest.approx(0.05)
    assert (found["permutation"]["median"]["n"], found["permutation"]["median"]["undefined"]) == (2, 1)
    assert found["permutation"]["matters"]["hits"] == 1
    assert found["permutation"]["by_label"]["neg"]["median"] == 0.08
    assert [row["n"] for row in found["permutation"]["by_largest_weight"]] == [1, 0, 0, 1]
    assert found["uniform"]["mean"]["mean"] == pytest.approx(0.2)
    assert found["forced"]["runs"]["b"]["flips"]["hits"] == 1
    assert found["forced"]["runs"]["c"]["mean"]["n"] == 1
    assert found["forced"]["all"]["mean"]["mean"] == pytest.approx(0.2)  # of each text's mean over runs
    assert found["forced"]["over_permutation"]["mean"] == pytest.approx((0.18 + 0.12) / 2)
    assert found["undefined"] == {"permutation": {"one token": 1}}


def test_adversaries_that_are_found_and_that_are_ruled_out():
    given = [[0.6, 0.05, True], [0.5, 0.04, False], [0.1, 0.05, True], [0.2, 0.05, False]]
    found = tables([record(adversary=entry) for entry in given] + [record()])["adversary"]
    assert found["divergence"]["mean"] == pytest.approx(0.35)
    assert (found["far"]["hits"], found["far"]["n"]) == (2, 4)
    assert found["proven_near"]["hits"] == 1  # 0.2 was the best that was found, which proves nothing
    assert found["above_0.4"]["hits"] == 2
    assert found["exact"]["hits"] == 2


def test_texts_that_no_weights_flip():
    given = [[0.4, True], [0.2, False], [None, True], [None, False]]
    found = tables([record(flip_distance=entry) for entry in given] + [record()])["flip_distance"]
    assert [found[key]["hits"] for key in ("flips", "proven_never", "not_found")] == [2, 1, 1]
    assert found["distance"]["median"] == pytest.approx(0.3)
    assert found["flips"]["n"] == 4


def test_randomised_copies_and_marked_words():
    measures = dict.fromkeys(("f1", "iou", "auprc", "average_precision", "pointing"), 0.6)
    chance = dict.fromkeys(measures, 0.2)
    marked = {"rationales": {"attention": measures, "random": chance}}
    undefined = {"rationales": {"attention": dict.fromkeys(measures), "random": dict.fromkeys(measures)}}
    stages = {"head": {"attention": 1.0}, "all": {"attention": None}}
    records = [record(plausibility=marked, randomized=stages), record(plausibility=undefined), record()]
    found = tables(records)
    assert list(found["randomized"]) == ["head", "all"]
    assert found["randomized"]["head"]["attention"]["mean"] == 1.0
    assert found["randomized"]["all"]["attention"]["n"] == 0
    cell = found["plausibility"]["rationales"]["rows"]["attention"]["f1"]
    assert cell["mean"]["mean"] == 0.6
    assert (cell["mean"]["n"], cell["mean"]["undefined"]) == (1, 1)  # the third was not marked at all
    assert cell["over_random"]["mean"] == pytest.approx(0.4)
    assert "over_random" not in found["plausibility"]["rationales"]["rows"]["random"]["f1"]


def test_infidelity_and_sensitivity():
    assert tables([record()])["captum"] is None
    assert tables([record(infidelity={}, sensitivity={})])["captum"] is None
    given = [{"attention": 0.5, "saliency": 0.2}, {"attention": 0.7}, {}]
    found = tables([record(infidelity=rows, sensitivity={"saliency": 3.0}) for rows in given])["captum"]
    own = found["infidelity"]["attention"]
    assert (own["mean"], own["n"], own["undefined"]) == (pytest.approx(0.6), 2, 1)
    assert (own["low"], own["high"]) == (0, 1)  # Student's t with one degree of freedom, within the bounds
    assert found["infidelity"]["saliency"]["n"] == 1
    # All equal: at most a share 1 - 0.025^(1 / 3) of other texts differ, by 3 either way.
    moved, differ = found["sensitivity"]["saliency"], 3 * (1 - 0.025 ** (1 / 3))
    assert list(found["sensitivity"]) == ["saliency"]
    assert [moved[end] for end in ("low", "mean", "high")] == pytest.approx([3 - differ, 3, 3 + differ])


def test_numbers_that_are_not_finite_are_undefined():
    found = tables([record(uniform=math.nan), record(uniform=math.inf), record(uniform=0.5)])
    assert (found["uniform"]["mean"]["n"], found["uniform"]["mean"]["mean"]) == (1, 0.5)


def test_the_same_records_give_the_same_figures():
    rng = np.random.default_rng(1)
    records = [record(place, uniform=float(rng.random())) for place in range(40)]
    assert tables(records) == tables(records)
    assert summary(records, labels=[], seed=1)["uniform"]["mean"] != tables(records)["uniform"]["mean"]


def test_intervals_of_simulated_records_hold_the_truth(monkeypatch):
    monkeypatch.setattr(trust_intervals, "RESAMPLES", 500)  # tell 95 % from 90 % as surely, in half the time
    rng, rounds, held = np.random.default_rng(8), 300, np.zeros(4)
    for seed in range(rounds):
        records = []
        for place in range(40):
            agreement = {"attention|saliency": [None if place % 4 == 0 else float(rng.normal(0.3, 0.2)), None]}
            faithfulness = {"attention": [float(rng.gamma(2.0, 0.1)), 0.0]}
            changed = [float(rng.exponential(0.1)), 0.5]
            random = [[0.05, 0.0], [0.15, 0.0]]
            adversary = [0.6 if rng.random() < 0.7 else 0.1, 0.05, True]
            parts = {"faithfulness": faithfulness, "random": random, "permutation": changed, "adversary": adversary}
            records.append(record(place, agreement=agreement, **parts))
        found = summary(records, labels=[], seed=seed)
        gain = found["faithfulness"]["methods"]["attention"]["comprehensiveness"]["over_random"]
        truths = (
            (found["agreement"]["attention|saliency"]["tau"], 0.3),
            (gain, 0.1),
            (found["permutation"]["median"], 0.1 * math.log(2)),
            (found["adversary"]["far"], 0.7),
        )
        held += [figure["low"] <= truth <= figure["high"] for figure, truth in truths]
    assert (held / rounds >= 0.92).all(), held / rounds


def test_labels_are_those_given_first():
    records = Records([record(label="new"), record(label="pos")], labels=["pos", "neg"], seed=0)
    assert records.labels == ["pos", "neg", "new"]


def test_a_chart_has_at_most_500_points():
    found = tables([record(place, permutation=[0.1, 0.5]) for place in range(1200)])
    assert len(found["permutation"]["points"]) == 500


def test_bins_of_a_histogram():
    # A tau of 0.3 is no whole number of tenths above -1 in floating point, and belongs to the bin that begins there.
    counts = histogram(np.array([-1.0, 0.0, 0.05, 0.3, 1.0, np.nan]), low=-1.0, width=0.1, bins=20)
    assert {place: count for place, count in enumerate(counts) if count} == {0: 1, 10: 2, 13: 1, 19: 1}
