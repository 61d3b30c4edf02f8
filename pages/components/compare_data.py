"""What more data is worth: a duel's sides trained on parts of the same texts, beside those trained on all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from model.studies.sides import Side, sides_of
from pages.components import caches, choices, fragments, layout, session, words

if TYPE_CHECKING:
    from model.studies.duel import Duel

METRICS = {"accuracy": "accuracy", "macro_f1": "macro F1"}
_QUIET = {"displayModeBar": False}


def draw(duel: Duel) -> None:
    """Draw the accuracy of every side of a duel against the number of training texts, and the differences."""
    with session.problems_shown():
        with st.spinner("Reading what was predicted…", show_time=True):
            figures = _figures(duel)
        if figures is None:
            st.info(
                "There is nothing to hold against the trainings on all texts yet: a part of them counts once every"
                " side was trained on it."
                if duel.plan.shares
                else "This duel was trained on all texts alone. A new duel with parts of the training texts shows"
                " here what more data is worth."
            )
            return
        names = {side.key: side for side in sides_of([run for run in duel.runs() if run.state["state"] == "done"])}
        fragments.alone(_faces, figures, names, outside=fragments.COMPARE)


def _figures(duel: Duel) -> dict[str, Any] | None:
    from model.studies.shares import share_figures

    shares = (*duel.plan.shares, 1.0)
    done = tuple(run.id for share in shares for run in duel.runs(share) if run.state["state"] == "done")
    return caches.readings().recall(("shares", duel.id, done), lambda: share_figures(duel))


def _faces(figures: dict[str, Any], sides: dict[str, Side]) -> None:
    """The charts and the table by one metric; another metric or pair draws this again, and nothing else."""
    from pages.components import compare_drawings

    with layout.card("sizes"):
        layout.card_title("What more data is worth", "the same validation and test texts for all")
        metric = choices.one_of("Measure", METRICS, name="size-metric", default="accuracy", titles=METRICS)
        st.plotly_chart(
            compare_drawings.by_size(figures["train"], _lines(figures, sides, metric), title=f"{METRICS[metric]}, %"),
            key="size-chart",
            config=_QUIET,
        )
        st.markdown("\n".join(_side_lines(figures, sides, metric)))
        st.caption(
            f"Lines and brackets: 95 % interval over {_covered(figures, metric)}. Parts are nested, with the"
            " classes as in the whole, and trained for at most as many updates."
        )
    with layout.card("size-differences"):
        layout.card_title("Does the difference depend on the data?", "what the side named first gains")
        pairs = {f"{pair['first']}|{pair['second']}": pair for pair in figures["pairs"]}
        if not pairs:
            st.markdown("There are no two sides to compare.")
            return
        titles = {key: f"{sides[p['second']].name} against {sides[p['first']].name}" for key, p in pairs.items()}
        chosen = choices.one_of_list("Pair", titles, name="size-pair", default=next(iter(titles)), titles=titles)
        found = [each[metric] for each in pairs[chosen]["differences"]]
        line = compare_drawings.Sized(titles[chosen], *_scaled(found), _looks(sides)[pairs[chosen]["second"]].colour)
        st.plotly_chart(
            compare_drawings.by_size(figures["train"], [line], title=f"points of {METRICS[metric]}", zero=True),
            key="size-difference-chart",
            config=_QUIET,
        )
        st.markdown("\n".join(_difference_lines(figures, found, metric)))
        st.caption(_in_words(found))


def _lines(figures: Mapping[str, Any], sides: Mapping[str, Side], metric: str) -> list[Any]:
    from pages.components.compare_drawings import Sized

    looks = _looks(sides)
    return [
        Sized(sides[key].name, *_scaled([row["metrics"][metric] for row in rows]), *looks[key])
        for key, rows in figures["sides"].items()
    ]


def _looks(sides: Mapping[str, Side]) -> dict[str, Any]:
    from pages.components.compare_charts import looks

    return looks([{"key": side.key, "attends": side.attends, "control": side.control} for side in sides.values()])


def _scaled(found: Sequence[Mapping[str, float]]) -> tuple[list[float], list[float], list[float]]:
    """Estimates, lower and upper ends in percent."""
    return tuple([100 * each[name] for each in found] for name in ("estimate", "low", "high"))  # type: ignore


def _head(figures: Mapping[str, Any]) -> list[str]:
    columns = [
        f"{words.count(train)} ({words.percent(share, 0)})"
        for train, share in zip(figures["train"], figures["shares"], strict=True)
    ]
    return [f"| training texts | {' | '.join(columns)} |", f"| :-- |{' --: |' * len(columns)}"]


def _side_lines(figures: Mapping[str, Any], sides: Mapping[str, Side], metric: str) -> list[str]:
    lines = _head(figures)
    for key, rows in figures["sides"].items():
        found = [row["metrics"][metric] for row in rows]
        cells = [
            f"{words.percent(each['estimate'])} ({100 * each['low']:.1f} to {100 * each['high']:.1f})"
            for each in found
        ]
        lines.append(f"| {words.literal(sides[key].name)} | {' | '.join(cells)} |")
    return lines


def _difference_lines(figures: Mapping[str, Any], found: Sequence[Mapping[str, float]], metric: str) -> list[str]:
    cells = [
        f"{words.signed(100 * each['estimate'], 1)} ({words.signed(100 * each['low'], 1)} to"
        f" {words.signed(100 * each['high'], 1)})"
        for each in found
    ]
    return [*_head(figures), f"| points of {METRICS[metric]} | {' | '.join(cells)} |"]


def _covered(figures: Mapping[str, Any], metric: str) -> str:
    covers = {row["metrics"][metric]["covers"] for rows in figures["sides"].values() for row in rows}
    return words.listed(sorted(covers)) if len(covers) == 1 else "texts, and over seeds where there are several"


def _in_words(found: Sequence[Mapping[str, float]]) -> str:
    """Whether the intervals exclude no difference; how the shares differ from each other is not tested here."""
    sure = sum(each["low"] > 0 or each["high"] < 0 for each in found)
    told = (
        "No interval excludes 0: these texts cannot tell the two apart at any size."
        if not sure
        else f"{'Every interval excludes' if sure == len(found) else f'{sure} of {len(found)} intervals exclude'} 0."
    )
    return f"{told} Intervals that overlap do not show that the difference stays the same with more data."
