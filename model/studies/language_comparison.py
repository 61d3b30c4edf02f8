"""Language models on one test text, side by side as one plain JSON document: sides, pairs, and what may be said."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import permutations
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from model.compare.language_scores import change_figures, perplexity_figures, slice_rows
from model.data.corpus import Corpus
from model.errors import RunError
from model.networks.language_presets import LANGUAGE_PRESETS
from model.runs.kinds import LANGUAGE_MODEL
from model.runs.records import plain
from model.runs.run import Run
from model.runs.texts import corpus_of
from model.studies import language_claims
from model.studies.language_slices import TokenKinds, slices_of, token_kinds
from model.studies.predictions import check_comparable
from model.studies.side_entries import side_facts
from model.studies.sides import Pair, Side, differing, pairs_of, reference_of, side_of, sides_of
from model.text.language import LanguageVocabulary

Document = dict[str, Any]

BASELINES = {"kneser_ney": "Kneser-Ney n-grams", "unigram": "Frequencies alone"}
_COSTS = ("seconds", "tokens_per_second", "epochs", "best_epoch")


class LanguagePredictions(NamedTuple):
    """Sides, by their keys the losses (S, N - 1) in nats of one test text of N tokens, and what its tokens are."""

    sides: list[Side]
    losses: dict[str, np.ndarray]
    kinds: TokenKinds


def read_language_predictions(
    runs: Sequence[Run], *, corpus: Callable[[Run], Corpus] = corpus_of
) -> LanguagePredictions:
    """The losses that finished language models kept of one and the same test text, seed by seed.

    Raises RunError for runs that cannot stand beside one another: of other text, in other units, with other words.
    """
    strangers = [run.id for run in runs if run.kind != LANGUAGE_MODEL]
    if strangers:
        raise RunError(f"run {strangers[0]} is no language model; compare those with one another, on their own page")
    check_comparable(runs, figures="perplexities")
    vocabulary = _shared_vocabulary(runs)
    sides = sides_of(runs)
    text = corpus(runs[0]).test
    ids = vocabulary.encode(text)
    losses = {side.key: np.stack([_losses(run, ids) for run in side.runs]) for side in sides}
    return LanguagePredictions(sides, losses, token_kinds(text, ids, vocabulary))


def language_comparison(runs: Sequence[Run], *, corpus: Callable[[Run], Corpus] = corpus_of) -> Document:
    """Everything that finished language models on one text say about each other, from the losses that they kept.

    All intervals are 95 % ones, over segments of the test text and, where there are several, over seeds. Raises as
    `read_language_predictions`.
    """
    return language_comparison_of(read_language_predictions(runs, corpus=corpus), runs=[run.id for run in runs])


def language_comparison_of(found: LanguagePredictions, *, runs: Sequence[str] = ()) -> Document:
    """`language_comparison`, of losses that were read; `runs` are the ids of all runs that were asked for."""
    about = _about(found, found.sides)
    document = about | {
        "left_out": sorted(set(runs) - {run.id for side in found.sides for run in side.runs}),
        "pairs": [_pair(found, asked, about) for asked in language_pairs(found.sides)],
    }
    return plain(document | {"headline": language_claims.headline(document)})


def language_pair(found: LanguagePredictions, first: str, second: str) -> Document:
    """An entry of "pairs" for any two sides, by their keys. Raises RunError."""
    sides = side_of(found.sides, first), side_of(found.sides, second)
    kinds = {(each.first.key, each.second.key): each.kind for each in language_pairs(found.sides)}
    return plain(_pair(found, Pair(*sides, kinds.get((first, second), "other")), _about(found, sides)))


def language_pairs(sides: Sequence[Side]) -> list[Pair]:
    """`pairs_of`, and each regularized side against every one that is not and else has the same network."""
    found = pairs_of(sides)
    asked = {frozenset((pair.first.key, pair.second.key)) for pair in found}
    for first, second in permutations((side for side in sides if side.preset in LANGUAGE_PRESETS), 2):
        ours, theirs = (LANGUAGE_PRESETS[side.preset] for side in (first, second))
        alike = ours.attention == theirs.attention and theirs.regularized and not ours.regularized
        if alike and frozenset((first.key, second.key)) not in asked:
            found.append(Pair(first, second, "regularization"))
    return found


# ----------------------------------------------------------------------------------------------------------------


def _about(found: LanguagePredictions, sides: Sequence[Side]) -> Document:
    """What stands in a document beside its pairs."""
    run, reference = sides[0].runs[0], reference_of(found.sides)
    return {
        "data": {
            "name": run.spec["data"]["name"],
            "sha256": run.spec["data"]["sha256"],
            "unit": run.report["unit"],
            "test": len(found.kinds.known),
            "unknown": float(1 - found.kinds.known.mean()),
            "vocabulary": run.report["vocabulary"],
        },
        "protocol": {
            "epochs": max(side.settings["epochs"] for side in sides),
            "seeds": sorted({seed for side in sides for seed in side.seeds}),
            "differing": differing(sides),
        },
        "reference": reference.key,
        "sides": [_side_entry(side, found, reference) for side in sides],
        "baselines": {key: {"name": name} | run.report["baselines"][key] for key, name in BASELINES.items()},
    }


def _side_entry(side: Side, found: LanguagePredictions, reference: Side) -> Document:
    reports = [run.report for run in side.runs]
    return side_facts(side, reference) | {
        "perplexity": perplexity_figures(found.losses[side.key]),
        "bits_per_character": float(np.mean([report["test"]["bits_per_character"] for report in reports])),
        "cost": {name: float(np.mean([report[name] for report in reports])) for name in _COSTS},
        "copying": _mean_copying([report.get("copying") for report in reports]),
    }


def _mean_copying(found: Sequence[Document | None]) -> Document | None:
    """What several seeds say of `language_reading.copying`: means, and of "right" the lowest and highest seed too."""
    known = [each for each in found if each is not None]
    if not known or len(known) < len(found):
        return None

    def mean(rows: Sequence[Document]) -> Document:
        right = [row["right"] for row in rows]
        means = {
            name: None if rows[0][name] is None else float(np.mean([row[name] for row in rows]))
            for name in ("right", "largest", "weight")
        }
        return {"places": rows[0]["places"], **means, "low": min(right), "high": max(right)}

    by_k = [{"k": rows[0]["k"]} | mean(rows) for rows in zip(*(each["by_k"] for each in known), strict=True)]
    return mean(known) | {"by_k": by_k}


def _pair(found: LanguagePredictions, asked: Pair, about: Document) -> Document:
    first, second = (found.losses[side.key] for side in asked[:2])
    paired = asked.first.paired_with(asked.second)
    slices = {name: slice_rows(first, second, each, paired=paired) for name, each in slices_of(found.kinds).items()}
    entry = {
        "first": asked.first.key,
        "second": asked.second.key,
        "kind": asked.kind,
        "paired": paired,
        "change": change_figures(first, second, paired=paired),
        "slices": slices,
        "where": {name: language_claims.where_sentence(rows) for name, rows in slices.items()},
    }
    entries = {side["key"]: side for side in about["sides"]}
    sides = entries[asked.first.key], entries[asked.second.key]
    return entry | {
        "sentence": language_claims.pair_sentence(entry, *sides, protocol=about["protocol"]),
        "notes": language_claims.pair_notes(entry, *sides, protocol=about["protocol"]),
    }


def _shared_vocabulary(runs: Sequence[Run]) -> LanguageVocabulary:
    """The words that all runs know. Raises RunError where they are not the same: such losses cannot be compared."""
    units = {run.spec["settings"]["unit"]: run for run in runs}
    if len(units) > 1:
        first, second, *_ = units
        raise RunError(
            f"run {units[first].id} predicts {first} and run {units[second].id} {second}, so their perplexities say"
            " nothing about each other; compare runs of one unit (bits per character can be held against each other)"
        )
    vocabularies = [
        LanguageVocabulary.load(Path(run.folder) / "vocabulary.json", unit=next(iter(units))) for run in runs
    ]
    for run, vocabulary in zip(runs, vocabularies, strict=True):
        if vocabulary.words != vocabularies[0].words:
            raise RunError(
                f"runs {runs[0].id} and {run.id} do not know the same words ({len(vocabularies[0]):,} and"
                f" {len(vocabulary):,}), and fewer are easier to predict; train them with the same min_frequency and"
                " max_vocabulary"
            )
    return vocabularies[0]


def _losses(run: Run, ids: np.ndarray) -> np.ndarray:
    """The loss of every token but the first, (N - 1,). Raises RunError unless they are those of ids (N,)."""
    table = run.predictions()
    if table is None:
        raise RunError(f"run {run.id} has no predictions.parquet; train it again")
    if not np.array_equal(table["id"].to_numpy(), ids[1:]):
        raise RunError(f"the predictions of run {run.id} are about another text than its data's; train it again")
    return table["loss"].to_numpy(np.float32)
