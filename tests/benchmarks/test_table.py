"""Medians, spreads, ratios and goals by hand; and what the table and the file make of them."""

import math

import pytest

from tests.benchmarks.results import Results, load, save
from tests.benchmarks.table import Goal, Row, number, paired_interval, spread, table

RATE = Row(
    "training", "training a", "documents/s", (90.0, 100.0, 200.0), (10.0, 20.0, 25.0), higher=True, floor=400.0,
    goals=(Goal(8, of="ratio", at_most=False),),
)  # fmt: skip
TIME = Row("attribution", "saliency", "ms", (4.0, 8.0), (8.0, 8.0, 80.0), goals=(Goal(7), Goal(1, "ratio", False)))


def test_a_spread_is_median_lowest_and_highest():
    assert spread([5.0, 1.0, 3.0]) == (3.0, 1.0, 5.0)
    assert spread([1.0, 2.0]) == (1.5, 1.0, 2.0)
    assert spread([]) is None


def test_the_ratio_is_taken_turn_by_turn_and_says_how_many_times_better():
    assert RATE.ratio == (8.0, 5.0, 9.0)  # 90 / 10, 100 / 20, 200 / 25; that of the medians would be 5
    assert TIME.ratio == (1.5, 1.0, 2.0)  # 8 / 4, 8 / 8; a third turn had no partner
    assert Row("s", "w", "s", (1.0,)).ratio is None


def test_a_goal_is_of_the_median():
    assert RATE.met is True and TIME.met is True  # ratio 8 >= 8; 6 ms <= 7 and 1.5 >= 1
    assert Row("s", "w", "s", (1.0, 2.0), goals=(Goal(1.4),)).met is False
    assert Row("s", "w", "s", (1.0,), (1.0,), goals=(Goal(5), Goal(2, "ratio", False))).met is False
    assert Row("s", "w", "s", (1.0,)).met is None
    assert Row("s", "w", "s", (1.0,), goals=(Goal(2, "ratio", False),)).met is None  # no plain side was measured
    assert Row("s", "w", "s", (), goals=(Goal(2),)).met is None
    with pytest.raises(ValueError, match="not of 'theirs'"):
        Goal(1, of="theirs")


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (1234.5, "1,234"), (123.4, "123"), (12.34, "12.3"), (12.0, "12"), (0.01234, "0.0123"),
     (1.44e-6, "1.4e-06"), (1000, "1,000"), (-0.01, "-0.01"), (math.inf, "inf")],
)  # fmt: skip
def test_numbers_have_three_digits_that_count(value, text):
    assert number(value) == text


def test_the_table_says_what_was_measured_and_no_more():
    nothing = Row("gpu", "an epoch", "s", (), note="there is no GPU here", goals=(Goal(3),))
    missed = Row("gpu", "an epoch", "s", (4.0,), goals=(Goal(3),), device="cuda")
    lines = [
        [cell.strip() for cell in line.split("|")[1:-1]] for line in table([RATE, TIME, nothing, missed]).split("\n")
    ]
    assert len({len(line) for line in table([RATE, TIME]).split("\n")}) == 1
    assert lines[2] == [
        "training a", "documents/s", "100 (90–200)", "20 (10–25)", "8 (5–9)", "400, 25% reached", "≥ 8 x", "met"
    ]  # fmt: skip
    assert lines[3][6:] == ["≤ 7, ≥ 1 x", "met"]
    assert lines[4] == ["an epoch", "s", "there is no GPU here", "", "", "", "≤ 3", ""]
    assert lines[5] == ["an epoch (cuda)", "s", "4", "", "", "", "≤ 3", "missed"]


def test_a_floor_of_times_is_the_shortest():
    assert "| 3, 50% reached |" in table([Row("s", "w", "s", (6.0,), floor=3.0)])


def test_the_interval_of_pairs():
    mean, low, high = paired_interval([0.01, 0.02, 0.03])  # t(2) = 4.302653, error = 0.01 / sqrt(3)
    assert mean == pytest.approx(0.02)
    assert (low, high) == pytest.approx((0.02 - 0.0248414, 0.02 + 0.0248414), abs=1e-6)
    with pytest.raises(ValueError, match="two differences, here are 1"):
        paired_interval([0.1])


def test_what_is_saved_is_loaded(tmp_path):
    point = Row("curves", "25 tokens", "documents/s", (1.5,), (0.5,), higher=True, curve="length", x=25)
    results = Results({"cpu": "é", "load_before": [0.1]}, True, [RATE, TIME, point], {"floors": 1.5}, {"gpu": "no"})
    save(results, tmp_path / "r.json")
    assert load(tmp_path / "r.json") == results
    (tmp_path / "r.json").write_text('{"format": 99}')
    with pytest.raises(ValueError, match="format 1"):
        load(tmp_path / "r.json")
