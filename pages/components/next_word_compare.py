"""Language models side by side: what may be said of their perplexities, and on which words attention helps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from model.runs.kinds import LANGUAGE_MODEL
from model.runs.run import Run
from pages.components import (
    address,
    caches,
    choices,
    compare_choice,
    fragments,
    layout,
    next_word_compare_back,
    run_picker,
    session,
    words,
)
from pages.components.verdict import claim

SLICES = {
    "distance": "By distance",
    "frequency": "By frequency",
    "names": "Names",
    "unknown": "Unknown",
}
_ABOUT = {
    "distance": "How many tokens ago the same {unit} last stood in the test text; unknown {unit}s are left out.",
    "frequency": "How often the {unit} is in the training text; unknown {unit}s are left out.",
    "names": "Words with a capital inside a sentence, as far as they are known; of German that is every noun.",
    "unknown": "All {unit}s outside the vocabulary are one token to a model, and it only has to expect that one.",
}
_COMPARED = "compare"  # in the address; the widget adds "-chosen"
_OUTSIDE = ("face", f"{_COMPARED}-chosen")
_MODE_BAR = {"displaylogo": False, "modeBarButtonsToRemove": ["select2d", "lasso2d", "autoScale2d"]}

Document = dict[str, Any]


def draw(runs: list[Run]) -> None:
    """Draw the choice among finished language models, and the comparison of those chosen."""
    chosen = _choice(runs)
    if not chosen:
        st.info("Choose a model or more.")
        return
    with session.problems_shown():
        with st.spinner("Comparing…", show_time=False):
            document = caches.language_comparison(chosen)
        st.caption(_about(document))
        claim(document)
        left, right = st.columns([1.3, 1])
        with left, layout.card("perplexity", fill=True):
            _perplexities(document)
        with right, layout.card("cost", fill=True):
            _cost(document)
        if document["pairs"]:
            fragments.alone(_pair, document, chosen, outside=_OUTSIDE)
        next_word_compare_back.draw(document, chosen)


def _choice(runs: list[Run]) -> list[Run]:
    by_id = {run.id: run for run in runs}
    named = address.run_ids(st.query_params.get(_COMPARED))
    run_picker.explain_absent(named, runs, "yet; it is left out.", kind=LANGUAGE_MODEL)
    opening = compare_choice.opening(runs, shared=_shared)
    with layout.card("choice"):
        layout.card_title("What is compared")
        address.take_list(_COMPARED, by_id, opening)
        chosen = st.multiselect(
            "Models",
            list(by_id),
            format_func=lambda run_id: run_picker.label(by_id[run_id]),
            key=f"{_COMPARED}-chosen",
            placeholder="Choose two or more",
            persist_state="session",
        )
        compare_choice.whole_sides(runs, chosen, key=f"{_COMPARED}-chosen", shared=_shared)
        address.keep_list(_COMPARED, opening)
    return [by_id[run_id] for run_id in chosen]


def _shared(run: Run) -> tuple[Any, ...]:
    """What must be the same for two perplexities to be compared: the text, and the words it is made of."""
    settings = run.spec["settings"]
    return run.spec["data"]["sha256"], *(settings[name] for name in ("unit", "min_frequency", "max_vocabulary"))


def _about(document: Document) -> str:
    data, seeds = document["data"], [len(side["seeds"]) for side in document["sides"]]
    sides = f"{len(seeds)} {'sides' if len(seeds) > 1 else 'side'}"
    each = f"{seeds[0]} seed{'s' if seeds[0] > 1 else ''} each" if len(set(seeds)) == 1 else f"{sum(seeds)} trainings"
    return " · ".join(
        [
            words.literal(data["name"]),
            f"{words.count(data['test'])} {data['unit']} of test text in one stream",
            f"vocabulary of {words.count(data['vocabulary'])}",
            f"{sides}, {each}",
            f"at most {document['protocol']['epochs']} epochs, the best on validation",
        ]
    )


# -- all sides ---------------------------------------------------------------------------------------------------


def _perplexities(document: Document) -> None:
    from pages.components import next_word_compare_charts as drawings

    layout.card_title("Perplexity, every seed", "dot: a seed · tick and band: mean and 95 % interval")
    st.plotly_chart(drawings.perplexities(document), key="perplexity-chart", config=_MODE_BAR)
    figures = [side["perplexity"] for side in document["sides"]]
    said = "Lower is better: among so many equally likely words the model would be as much at a loss."
    if figures[0]["low"] is None:
        said += " The test text is too short for intervals."
    else:
        seeds = " and other seeds, where there are several" if any(len(each["seeds"]) > 1 for each in figures) else ""
        said += f" The intervals cover other stretches of text{seeds}."
        if len(figures) > 1:
            said += " Whether a page is hard is common to all models, so their difference is surer than these look."
    st.caption(said)


def _cost(document: Document) -> None:
    layout.card_title("Cost", "means over the seeds")
    columns = (
        ("bits a character", lambda side: f"{side['bits_per_character']:.3f}"),
        ("parameters", lambda side: words.count(side["parameters"])),
        ("without embeddings", lambda side: words.count(side["parameters_without_embeddings"])),
        ("training", lambda side: words.duration(side["cost"]["seconds"])),
        ("tokens a second", lambda side: words.count(side["cost"]["tokens_per_second"])),
        ("epochs (best)", lambda side: f"{side['cost']['epochs']:.3g} ({side['cost']['best_epoch']:.3g})"),
    )
    names = [words.literal(side["name"]) for side in document["sides"]]
    lines = [f"| | {' | '.join(names)} |", "| :-- |" + " --: |" * len(names)]
    lines += [f"| {title} | {' | '.join(shown(side) for side in document['sides'])} |" for title, shown in columns]
    st.markdown("\n".join(lines))
    st.caption("As each machine measured itself while training.")


# -- two sides ---------------------------------------------------------------------------------------------------


def _pair(document: Document, runs: Sequence[Run]) -> None:
    """Where the difference between two sides lies; another kind of word draws this again, and nothing else."""
    from pages.components import next_word_compare_charts as drawings

    with layout.card("where"):
        unit = document["data"]["unit"].removesuffix("s")
        layout.card_title("Where the difference lies", f"change of perplexity on kinds of {unit}s")
        pair = _chosen_pair(document, runs)
        titles = {name: title for name, title in SLICES.items() if pair["slices"].get(name)}
        kind = choices.one_of("Kinds", titles, name="slices", default="distance", titles=titles)
        if pair["change"]["low"] is not None:
            st.plotly_chart(drawings.changes(pair, kind, document), key="changes-chart", config=_MODE_BAR)
        st.markdown(words.literal(pair["where"][kind]))
        st.markdown("\n".join(_table(pair, kind, document)))
        rows = pair["slices"][kind]
        notes = [
            _ABOUT[kind].format(unit=unit),
            "Left of zero the second side is better; beside each: how many tokens.",
        ]
        notes += sorted({f"{row['note'][:1].upper()}{row['note'][1:]}." for row in rows if row["note"]})
        if (sure := sum(row["note"] is None for row in rows)) > 1:
            notes.append(f"{sure} intervals without correction: of twenty one leaves out the truth by chance.")
        st.caption(" ".join(notes))


def _chosen_pair(document: Document, runs: Sequence[Run]) -> Document:
    first, second = compare_choice.pair(caches.language_predictions(runs).sides, document)
    pair = caches.language_pair(runs, first.key, second.key)
    if pair["sentence"] != document["pairs"][document["headline"]["pair"]]["sentence"]:
        st.markdown(f"**{words.literal(pair['sentence'])}**")
        st.caption(" ".join(words.literal(note) for note in pair["notes"]))
    return pair


def _table(pair: Document, kind: str, document: Document) -> list[str]:
    from model.studies.language_claims import value

    names = {side["key"]: words.literal(side["name"]) for side in document["sides"]}
    sides = f"{names[pair['first']]} | {names[pair['second']]}"
    lines = [
        f"| {document['data']['unit']} | tokens | {sides} | change (95 % interval) |",
        "| :-- |" + " --: |" * 4,
    ]
    for row in pair["slices"][kind]:
        first, second = (value(row[side]["estimate"]) for side in ("first", "second"))
        change = row["change"]
        ends = "" if change["low"] is None else f" ({_percent(change['low'])} to {_percent(change['high'])})"
        lines.append(
            f"| {words.literal(row['title'])} | {words.count(row['tokens'])} | {first} | {second}"
            f" | {_percent(change['estimate'])}\u00a0%{ends} |"
        )
    return lines


def _percent(share: float) -> str:
    return words.signed(100 * share, 1)
