"""Compare: runs on the same test texts side by side, with no claim that the figures do not carry."""

from __future__ import annotations

import numpy as np
import streamlit as st

from model.runs.run import Run
from pages.components import address, caches, layout, run_picker, session, words
from pages.components.groups import Group, groups_of
from pages.components.verdict import p_value, verdict

EXAMPLES = 5  # texts shown of those fixed, and of those broken
_MODE_BAR = {"displaylogo": False, "modeBarButtonsToRemove": ["select2d", "lasso2d", "autoScale2d"]}


def main() -> None:
    """The whole page."""
    layout.heading("Compare", "The same test texts, with attention and without it: how sure is the difference?")
    runs = session.finished_runs()
    if not runs:
        with layout.card("empty"):
            st.markdown(
                "**There is nothing to compare yet.** Train two models on the same texts, with attention and without."
            )
            st.page_link("train.py", label="Train them", icon=":material/play_arrow:")
        return
    chosen = _chosen(runs)
    if len(chosen) < 2:
        st.info("Choose two runs or more.")
    elif _one_split(chosen):
        _comparison(groups_of(chosen))


def _chosen(runs: list[Run]) -> list[Run]:
    by_id = {run.id: run for run in runs}
    for run_id in address.run_ids(st.query_params.get("runs")):
        if run_id not in by_id:
            with session.problems_shown():
                session.run_of(run_id)
                st.warning(f"Run {words.literal(run_id)} is not finished, so it is left out.")
    address.take_runs(list(by_id), default=_opening(runs))
    chosen = st.multiselect(
        "Runs",
        list(by_id),
        format_func=lambda run_id: run_picker.label(by_id[run_id]),
        key=session.COMPARED,
        placeholder="Choose two or more",
        persist_state="session",
    )
    address.keep_runs(chosen)
    return [by_id[run_id] for run_id in chosen]


def _opening(runs: list[Run]) -> list[str]:
    """What the page opens with: a network with attention and one without, on the same data, with all their seeds."""
    pair = [run for run in run_picker.pair(runs) if run]
    same = [run for run in runs if run.spec["data"]["sha256"] == pair[0].spec["data"]["sha256"]]
    return [run.id for group in groups_of(same) for run in group.runs if any(one in group.runs for one in pair)]


def _one_split(runs: list[Run]) -> bool:
    """Whether all runs were tested on the same texts; if not, say so and offer those that were."""
    by_data: dict[str, list[Run]] = {}
    for run in runs:
        by_data.setdefault(run.spec["data"]["sha256"], []).append(run)
    if len(by_data) == 1:
        return True
    names = words.listed([words.literal(same[0].spec["data"]["name"]) for same in by_data.values()])
    st.error(
        f"These runs were tested on different texts ({names}), so their accuracies say nothing about each other."
        " Choose runs on one data set."
    )
    for same in by_data.values():
        if len(same) > 1:
            st.button(
                f"Only the {len(same)} on {same[0].spec['data']['name']}",
                key=f"only-{same[0].id}",
                on_click=session.compare_only,
                args=([run.id for run in same],),
            )
    return False


def _comparison(groups: list[Group]) -> None:
    first, second = _pair(groups)
    report = first.runs[0].report
    data = first.runs[0].spec["data"]
    seeds = sum(len(group.runs) for group in groups)
    st.caption(
        f"{words.literal(data['name'])} · {words.count(report['test']['documents'])} test texts · one split ·"
        f" {seeds} trainings"
    )
    if first is not second:
        verdict(first, second)
    left, right = st.columns([1.35, 1])
    with left, layout.card("accuracy"):
        layout.card_title("Accuracy, every run", "dot: a run · tick and band: mean and 95 % interval")
        _accuracies(groups)
    with right, layout.card("learning"):
        layout.card_title("Learning curves")
        _learning(groups)
    _confusions([first, second] if first is not second else [first])
    with layout.card("cost"):
        layout.card_title("Cost")
        _cost(groups)
    if first is not second:
        _examples(first, second)


def _pair(groups: list[Group]) -> tuple[Group, Group]:
    """The two groups that the verdict is about: without attention against with it, unless chosen otherwise."""
    names = [group.name for group in groups]
    if len(groups) == 1:
        return groups[0], groups[0]
    plain = next((place for place, group in enumerate(groups) if not group.attends), 0)
    attending = next((place for place, group in enumerate(groups) if group.attends and place != plain), 1 - plain)
    if len(groups) == 2:
        return groups[plain], groups[attending]
    left, right = st.columns(2)
    first = left.selectbox("Compare", names, index=plain, key="first-group")
    second = right.selectbox("with", [name for name in names if name != first], key="second-group", index=None)
    second = second or next(name for name in (names[attending], *names) if name != first)
    return groups[names.index(first)], groups[names.index(second)]


# -- drawings ----------------------------------------------------------------------------------------------------


def _colours(groups: list[Group]) -> dict[str, str]:
    from pages.components import charts

    attending = [group.name for group in groups if group.attends]
    extra = iter([colour for colour in charts.COLOURS if colour not in (charts.PLAIN, charts.ATTENTION)] * 9)
    return {
        group.name: charts.PLAIN
        if not group.attends and group is groups[0]
        else charts.ATTENTION
        if attending and group.name == attending[0]
        else next(extra)
        for group in groups
    }


def _accuracies(groups: list[Group]) -> None:
    from model.compare.significance import wilson_interval
    from pages.components import charts

    report = groups[0].runs[0].report
    texts = report["test"]["documents"]
    colours = _colours(groups)
    lines = [
        charts.Scored(group.name, group.accuracies, group.mean, group.interval()[1:3], colours[group.name])
        for group in groups
    ]
    for name, key in (("most frequent class", "majority"), ("TF-IDF + log. regression", "tfidf_logistic_regression")):
        accuracy = report["baselines"][key]["accuracy"]
        interval = wilson_interval(round(accuracy * texts), texts)[1:3]
        line = charts.Scored(name, [accuracy], accuracy, interval, charts.REFERENCE)
        lines = [line, *lines] if key == "majority" else [*lines, line]
    st.plotly_chart(charts.accuracy_chart(lines), key="accuracy-chart", config=_MODE_BAR)
    st.caption("One run: Wilson interval over the test texts. Several: t interval over seeds and texts.")


def _learning(groups: list[Group]) -> None:
    from pages.components import charts

    histories = {
        group.name: [[event for event in session.events_of(run) if event["kind"] == "epoch"] for run in group.runs]
        for group in groups
    }
    st.plotly_chart(charts.learning_curves(histories, _colours(groups)), key="learning-chart", config=_MODE_BAR)


def _confusions(groups: list[Group]) -> None:
    from pages.components import charts

    for number, (column, group) in enumerate(zip(st.columns(len(groups)), groups, strict=True)):
        with column, layout.card(f"confusion-{number}"):
            layout.card_title(
                words.literal(group.name),
                "texts" if len(group.runs) == 1 else f"texts, mean of {len(group.runs)} seeds",
            )
            labels, counts = group.confusion()
            figure = charts.confusion(counts, labels, colour=_colours(groups)[group.name])
            st.plotly_chart(figure, key=f"confusion-chart-{number}", config=_MODE_BAR)


def _cost(groups: list[Group]) -> None:
    def mean(group: Group, name: str) -> float:
        return float(np.mean([run.report[name] for run in group.runs]))

    lines = [
        f"| mean of the seeds | {' | '.join(words.literal(group.name) for group in groups)} |",
        "| :-- |" + " --: |" * len(groups),
    ]
    for title, name, shown in (
        ("parameters", "parameters", words.count),
        ("without embeddings", "parameters_without_embeddings", words.count),
        ("training", "seconds", words.duration),
        ("documents a second", "documents_per_second", words.count),
        ("epochs", "epochs", "{:.3g}".format),
    ):
        lines.append(f"| {title} | {' | '.join(shown(mean(group, name)) for group in groups)} |")
    st.markdown("\n".join(lines))
    st.caption("Means over the seeds, as each machine measured itself while training.")


# -- texts -------------------------------------------------------------------------------------------------------


def _examples(first: Group, second: Group) -> None:
    from model.compare.significance import mcnemar_exact

    before, after = first.usually_correct(), second.usually_correct()
    p = mcnemar_exact(before, after).p_value
    seeds = " (most seeds of each)" if max(len(first.runs), len(second.runs)) > 1 else ""
    st.caption(
        f"Texts on which the two differ{seeds}. If both were equally good, a difference in their numbers as large as"
        f" this would come by chance with p {p_value(p)} (exact McNemar test)."
    )
    with session.problems_shown():
        test = caches.dataset(first.runs[0]).test
        left, right = st.columns(2)
        for place, name, found in (
            (left, "Fixed", np.flatnonzero(~before & after)),
            (right, "Broken", np.flatnonzero(before & ~after)),
        ):
            with place, layout.card(name.lower()):
                aside = "wrong with the first, right with the second" if name == "Fixed" else "the other way round"
                layout.card_title(f"{name} · {words.count(len(found))} texts", aside)
                if not len(found):
                    st.markdown("None.")
                for index in found[:EXAMPLES].tolist():
                    _example(test.texts[index], test.labels[index], index, first, second)


def _example(text: str, label: str, index: int, first: Group, second: Group) -> None:
    shown = text if len(text) <= 220 else text[:220].rsplit(" ", 1)[0] + " …"
    st.markdown(words.literal(shown))
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f"label {words.literal(label)}", width="content")
        st.page_link(
            "read.py",
            label="Read it",
            icon=":material/visibility:",
            query_params={"run": second.runs[0].id, "beside": first.runs[0].id, "example": str(index)},
        )


main()
