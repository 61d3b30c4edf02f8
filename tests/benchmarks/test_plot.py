"""The picture shows every point that was measured where it belongs, and none besides."""

import xml.etree.ElementTree as ElementTree

import pytest

from tests.benchmarks.plot import PANELS, LogAxis, draw, ticks
from tests.benchmarks.results import Results
from tests.benchmarks.table import Row

MACHINE = {"cpu": "A <fast> processor", "torch": "2.13", "date": "2026-11-21T00:00:00+00:00"}
SVG = "{http://www.w3.org/2000/svg}"


def results(curves=PANELS):
    rows = []
    for curve in curves:
        for x in (100, 25, 400):
            ours, plain = (8.0 * x, 10.0 * x), (1.0 * x,) if x < 400 else ()
            rows.append(Row("curves", "w", "documents/s", ours, plain, higher=True, curve=curve, x=x))
    return Results(MACHINE, rows=[*rows, Row("training", "w", "s", (1.0,))])


def test_a_logarithmic_axis():
    axis = LogAxis(1, 100, 0, 50)
    assert axis.place(10) == pytest.approx(25) and axis.place(1) == 0 and axis.place(100) == pytest.approx(50)


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(0.9, 12, [1, 2, 5, 10]), (1, 1000, [1, 10, 100, 1000]), (30, 45, [])],
)
def test_ticks_are_round_and_few(low, high, expected):
    assert ticks(low, high) == pytest.approx(expected)


def test_every_measured_point_is_drawn_once_in_order():
    drawing = ElementTree.fromstring(draw(results()))
    circles = drawing.findall(f"{SVG}circle")
    assert len(circles) == 4 * (3 + 2)  # plain was not measured at 400
    ours = [(float(circle.get("cx")), float(circle.get("cy"))) for circle in circles[:3]]
    assert ours == sorted(ours) and [y for _, y in ours] == sorted((y for _, y in ours), reverse=True)
    words = [text.text for text in drawing.findall(f"{SVG}text")]
    assert words.count("ours") == words.count("plain loop") == 4
    assert any("A <fast> processor" in text for text in words)


def test_nothing_leaves_the_picture():
    drawing = ElementTree.fromstring(draw(results()))
    _, _, width, height = map(float, drawing.get("viewBox").split())
    for circle in drawing.findall(f"{SVG}circle"):
        assert 0 < float(circle.get("cx")) < width and 0 < float(circle.get("cy")) < height


def test_a_curve_that_was_not_measured_is_not_made_up():
    with pytest.raises(ValueError, match="no curve 'rows' was measured"):
        draw(results([curve for curve in PANELS if curve != "rows"]))
