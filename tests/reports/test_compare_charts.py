"""The charts of a report, by hand: axes, strips and maps."""

import re

import pytest

from model.reports.charts import spanning
from model.reports.compare_charts import Strip, strip_chart, weight_map


@pytest.mark.parametrize(
    ("values", "ticks"),
    [
        ([78.2, 88.4], [78, 80, 82, 84, 86, 88, 90]),
        ([-0.9, 5.1], [-2, 0, 2, 4, 6]),
        ([0.31, 0.352], [0.31, 0.32, 0.33, 0.34, 0.35, 0.36]),
        ([0.0, 0.0], [-0.01, -0.005, 0.0, 0.005, 0.01]),
    ],
)
def test_axes_span_their_values_in_round_steps(values, ticks):
    axis = spanning("x", values)
    assert axis.ticks == pytest.approx(ticks)
    assert axis.low <= min(values) and axis.high >= max(values)


def test_a_strip_stands_where_its_numbers_are():
    axis = spanning("x", [80.0, 90.0])  # 80 to 90 in steps of two
    strip = Strip("LSTM", "", "n0", 85.0, (82.0, 88.0), [(81.0, "seed 13: 81.0 %")], ("85.0 %", "82.0 to 88.0"))
    far = Strip("majority", "", "base", 50.0, None, [(50.0, "")], ("50.0 %", ""))
    chart = strip_chart([strip, far], axis=axis, word=str)
    assert 'class="mean mark" x1="50.00%"' in chart
    assert 'class="reach" x="20.00%" width="60.00%"' in chart
    assert 'cx="10.00%"' in chart
    assert "◂ 50.0 %" in chart and chart.count('class="mean mark"') == 1


def test_dots_that_would_touch_have_lanes_of_their_own():
    axis = spanning("x", [0.0, 10.0])
    dots = [(5.0, "a"), (5.1, "b"), (5.15, "c"), (9.0, "d")]
    chart = strip_chart([Strip("x", "", "n0", 5.0, None, dots, ("5", ""))], axis=axis, word=str)
    assert re.findall(r'cy="(\d+)%"', chart) == ["50", "28", "72", "50"]


def test_a_map_is_darkest_at_its_scale():
    chart = weight_map([[0.0, 0.5], [1.0, 0.25]], scale=1.0, about="", ends=("a", "b"), words=["x", "y"])
    assert 'class="h8" d="M0 1h1v1h-1z"' in chart
    assert 'class="h4" d="M1 0h1v1h-1z"' in chart
    assert 'class="h2" d="M1 1h1v1h-1z"' in chart
    assert chart.count("<path") == 3  # a weight of zero has no cell
