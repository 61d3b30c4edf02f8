"""Side by side: the sides in one chart with their controls and baselines, and one pair of them closely."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from model.runs.run import Run
from pages.components import caches, choices, compare_choice, fragments, layout, session, words

if TYPE_CHECKING:
    from model.studies.sides import Side

MODE_BAR = {"displaylogo": False, "modeBarButtonsToRemove": ["select2d", "lasso2d", "autoScale2d"]}
METRICS = {
    "accuracy": "Accuracy",
    "macro_f1": "Macro F1",
    "loss": "Loss",
    "expected_calibration_error": "Calibration error",
}
_ABOUT = {
    "accuracy": "The share of the test texts whose label is predicted.",
    "macro_f1": "The harmonic mean of precision and recall of each class, averaged over the classes.",
    "loss": "Cross-entropy in nats: how surprised the model is by the label. Lower is better.",
    "expected_calibration_error": "How far the stated probability is from the share that is right, in ten bins. Lower"
    " is better; chance adds to it, more with fewer texts.",
}


def overview(runs: list[Run], sides: list[Side], document: dict[str, Any]) -> None:
    """Draw the face: all sides, then a pair of them. Another figure or another pair draws its own half alone."""
    fragments.alone(_all_sides, document, outside=fragments.COMPARED_RUNS)
    with layout.card("cost"):
        _cost(document)
    if len(sides) > 1:
        fragments.alone(_pair, runs, sides, document, outside=fragments.COMPARED_RUNS)


def _all_sides(document: dict[str, Any]) -> None:
    metric = choices.one_of("Figure", METRICS, name="metric", default="accuracy", titles=METRICS)
    left, right = st.columns([1.3, 1])
    with left, layout.card("accuracy", fill=True):
        _sides(document, metric)
    with right, layout.card("learning", fill=True):
        _learning(document, metric)


def _pair(runs: list[Run], sides: list[Side], document: dict[str, Any]) -> None:
    from pages.components.compare_pair import compare_pair

    with session.problems_shown():
        first, second = compare_choice.pair(sides, document)
        compare_pair(document, caches.pair(runs, first.key, second.key))


def _sides(document: dict[str, Any], metric: str) -> None:
    from model.reports.compare_words import SCALES
    from pages.components import compare_charts

    layout.card_title(f"{METRICS[metric]}, every seed", "dot: a seed · tick and band: mean and 95 % interval")
    figure = compare_charts.sides_chart(compare_charts.rows_of(document, metric), SCALES[metric])
    st.plotly_chart(figure, key="accuracy-chart", config=MODE_BAR)
    covers = {side["metrics"][metric]["covers"] for side in document["sides"]}
    intervals = (
        "The intervals cover other test texts alone: with one seed chance in training is not seen."
        if covers == {"texts"}
        else "The intervals cover other test texts and other seeds."
        if covers == {"texts and seeds"}
        else "The intervals cover other test texts, and other seeds where a side has several."
    )
    reference = next(side["name"] for side in document["sides"] if side["key"] == document["reference"])
    st.caption(
        f"{_ABOUT[metric]} {intervals} Parameters are those without embeddings, measured against"
        f" {words.literal(reference)}."
    )


def _learning(document: dict[str, Any], metric: str) -> None:
    from pages.components import compare_charts

    shown = "loss" if metric == "loss" else "accuracy"
    layout.card_title("Learning curves", f"{shown} on the validation texts")
    sides = [side for side in document["sides"] if side["curves"]]
    if not sides:
        st.markdown("These runs kept no record of their epochs.")
        return
    st.plotly_chart(compare_charts.learning_chart(sides, shown), key="learning-chart", config=MODE_BAR)
    if any(len(side["seeds"]) > 1 for side in sides):
        st.caption(
            "Line: mean of the seeds; band: lowest to highest. A seed that has stopped early keeps its last value."
        )


def _cost(document: dict[str, Any]) -> None:
    layout.card_title("Cost", "means over the seeds")
    columns = (
        ("parameters", lambda side: words.count(side["parameters"])),
        ("without embeddings", lambda side: words.count(side["parameters_without_embeddings"])),
        ("hidden size", lambda side: str(side["hidden_size"])),
        ("training", lambda side: words.duration(side["cost"]["seconds"])),
        ("texts a second", lambda side: words.count(side["cost"]["documents_per_second"])),
        ("one prediction", lambda side: _milliseconds(side["cost"]["milliseconds_per_prediction"])),
        ("epochs (best)", lambda side: f"{side['cost']['epochs']:.3g} ({side['cost']['best_epoch']:.3g})"),
    )
    lines = [
        f"| side | {' | '.join(title for title, _ in columns)} |",
        "| :-- |" + " --: |" * len(columns),
        *(
            f"| {words.literal(side['name'])} | {' | '.join(shown(side) for _, shown in columns)} |"
            for side in document["sides"]
        ),
    ]
    st.markdown("\n".join(lines))
    st.caption("As each machine measured itself while training; one prediction is one text by itself, words and all.")


def _milliseconds(value: float | None) -> str:
    return "not measured" if value is None else f"{value:.2g} ms" if value < 10 else f"{value:.0f} ms"
