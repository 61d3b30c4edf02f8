"""Drawings of the Compare page's further faces, their numbers as they go in."""

import numpy as np
import pytest

from pages.components.compare_drawings import Sized, Times, by_size, course, entropies, spread, times


def test_a_bar_is_the_mean_and_its_line_goes_from_the_lowest_seed_to_the_highest():
    values = np.array([[0.1, 0.9], [0.2, 0.8], [0.6, 0.4]])  # three seeds, two tokens
    figure = spread(["<b>", "two"], values, flipping=[1], seeds=[13, 14, 15], uniform=True)
    bar = figure.data[0]
    assert list(bar.y) == pytest.approx([0.3, 0.7])
    assert list(bar.error_y.array) == pytest.approx([0.3, 0.2])
    assert list(bar.error_y.arrayminus) == pytest.approx([0.2, 0.3])
    assert [list(dots.y) for dots in figure.data[1:]] == [[0.1, 0.9], [0.2, 0.8], [0.6, 0.4]]
    assert list(figure.layout.xaxis.ticktext) == ["&lt;b&gt;", "↕ two"]
    assert bar.marker.color[0] != bar.marker.color[1]
    assert figure.layout.shapes[0].y0 == 0.5  # even weights


def test_small_deviations_from_even_weights_look_small():
    rows = [Times("first", 1.01, 0.99, 1.03, 0.1, 30), Times("rare", 0.98, None, None, 0.01, 3)]
    low, high = times(rows).layout.xaxis.range
    assert low < 0.8 and high > 1.2
    low, high = times([Times("first", 3.0, 2.5, 3.5, 0.1, 30)]).layout.xaxis.range
    assert low < 0.8 and high > 3.5


def test_only_what_has_an_interval_has_a_band():
    rows = [Times("first", 1.5, 1.2, 1.8, 0.1, 30), Times("rare", 0.5, None, None, 0.01, 3)]
    bands = [trace for trace in times(rows).data if trace.mode == "lines"]
    assert [list(band.x) for band in bands] == [[1.2, 1.8]]


def test_a_course_marks_the_epoch_kept_and_the_one_shown():
    figure = course([0, 1, 2], [0.5, 0.7, 0.9], [1.0, 0.8, None], about="pos", best=1, now=2)
    probability, entropy = figure.data
    assert list(probability.y) == [0.5, 0.7, 0.9] and list(entropy.y) == [1.0, 0.8, None]
    assert probability.marker.size[2] > probability.marker.size[1]
    assert figure.layout.shapes[0].x0 == 1
    assert len(course([0, 1], [0.5, 0.6], [None, None], about="pos", best=1, now=0).data) == 1


def test_entropies_stand_in_their_bins():
    bins = [{"low": 0.0, "high": 0.5, "texts": 3}, {"low": 0.5, "high": 1.0, "texts": 4}]
    figure = entropies(bins, 0.6)
    assert list(figure.data[0].x) == [0.25, 0.75] and list(figure.data[0].y) == [3, 4]
    assert figure.layout.shapes[0].x0 == 0.6


def test_sizes_have_their_intervals_and_hide_none():
    lines = [
        Sized("a", [50.0, 60.0], [45.0, 58.0], [56.0, 63.0], "#111"),
        Sized("b", [51, 61], [50, 60], [52, 62], "#222"),
    ]
    figure = by_size([100, 1000], lines, title="accuracy, %", zero=True)
    first, second = figure.data
    assert list(first.error_y.array) == [6.0, 3.0] and list(first.error_y.arrayminus) == [5.0, 2.0]
    assert first.x[0] < 100 < second.x[0]  # beside each other
    assert list(figure.layout.xaxis.tickvals) == [100, 1000]
    assert figure.layout.shapes[0].y0 == 0
    assert figure.layout.showlegend and not by_size([100, 1000], lines[:1], title="").layout.showlegend
