"""A model card: what was trained on what, how well it does and how surely, and how to load and train it again."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from model.compare.metrics import confusion_matrix, losses, per_class
from model.compare.significance import Interval, paired_difference, wilson_interval
from model.errors import RunError
from model.explain.export_words import unlinked
from model.runs.run import Run
from model.studies.caveats import caveats
from model.studies.result import accuracy_interval, between, percent
from model.training.settings import Settings

MOST_CLASSES = 50  # rows of the table of classes
RESAMPLES = 2000
_SEED = 13  # the same card at every visit


def model_card(run: Run) -> str:
    """The card of a finished run, as Markdown in UTF-8 (its sections after Mitchell et al. 2019, "Model Cards").

    Titles, notes, labels and names of files stand in it letter by letter: nothing in them becomes a link, an image or
    HTML. Raises RunError for a run that is not finished or lacks its predictions.
    """
    report = run.report
    if report is None:
        raise RunError(f"run {run.id} is {run.state['state']}; only a finished run has a model card")
    table = run.predictions()
    if table is None:
        raise RunError(f"run {run.id} has no predictions.parquet; train it again")
    columns = [name for name in table.columns if name.startswith("p_")]
    classes = [name.removeprefix("p_") for name in columns]
    probabilities = table[columns].to_numpy(dtype=np.float64)  # (N, C)
    labels = table["label"].map({name: place for place, name in enumerate(classes)}).to_numpy()
    parts = [
        f"# {escaped(run.title)}",
        _notes(run),
        "## Model\n\n" + _rows(("", ""), _model(run, report)),
        "## Data\n\n" + _rows(("", ""), _data(run)) + "\n\n" + _split_rule(run),
        "## Results on the test split\n\n" + _results(run, report, probabilities, labels),
        "## Each class\n\n" + _classes(classes, probabilities, labels),
        "## Caveats\n\n" + _caveats(run),
        "## Settings\n\n" + _settings(run),
        "## Load it, train it again\n\n" + _how_to(run),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def escaped(text: str) -> str:
    """Text from anybody, as Markdown that shows it letter by letter on one line: no link, image, HTML or mention."""
    text = re.sub(r"\s+", " ", "".join(letter if letter.isprintable() else " " for letter in text)).strip()
    # Only what has a meaning where it stands: a card is also read as plain text.
    text = re.sub(r"([\\`*\[\]<>&|~$]|(?<![^\W_])_|_(?![^\W_]))", r"\\\1", unlinked(text))
    return re.sub(r"^(\d+)(?=[.)])", r"\1\\", re.sub(r"^(?=[#+\-=])", r"\\", text))


# -- sections ----------------------------------------------------------------------------------------------------


def _notes(run: Run) -> str:
    paragraphs = [escaped(line) for line in run.meta["notes"].splitlines()]
    return "\n".join(f"> {line}" if line else ">" for line in paragraphs)


def _model(run: Run, report: dict[str, Any]) -> Iterable[tuple[str, str]]:
    vectors = report["vectors"]
    known = "began at random"
    if vectors:
        known = f"{escaped(vectors['source'])}, which know {percent(vectors['tokens'])} of the training words"
    ended = {"stopped": ", stopped by hand", "early stop": ", then stopped as validation got no better"}
    yield "Network", f"{escaped(run.spec['preset'])}, seed {run.spec['seed']}"
    yield (
        "Weights",
        f"{report['parameters']:,}, of which {report['parameters_without_embeddings']:,} are not word vectors",
    )
    yield "Vocabulary", f"{report['vocabulary']:,} words"
    yield "Word vectors", known
    yield (
        "Trained",
        f"{run.spec['created'][:10]}, {report['epochs']} of {run.spec['settings']['epochs']} epochs"
        f"{ended.get(report.get('ended'), '')}; kept: epoch {report['best_epoch']}, the best on validation",
    )
    yield "Computed on", f"{escaped(report['device'])} in {escaped(report['precision'])}, {report['seconds']:,.0f} s"
    yield "Versions", escaped(", ".join(f"{name} {version}" for name, version in run.spec["versions"].items()))
    yield "Run", escaped(run.id)


def _data(run: Run) -> Iterable[tuple[str, str]]:
    data, report = run.spec["data"], run.spec["data"]["report"]
    yield "Name", escaped(data["name"])
    yield "SHA-256", f"`{data['sha256']}`"  # of every split, label and text
    yield "Texts", f"{report['train']:,} train, {report['validation']:,} validation, {report['test']:,} test"
    yield "Rows read", f"{report['rows']:,}"
    out = {
        "duplicates": report["duplicates"],
        "also in the test split": report["leaked_into_test"],
        **report["dropped"],
    }
    out = {reason: count for reason, count in out.items() if count}
    yield "Left out", ", ".join(f"{count:,} {escaped(reason)}" for reason, count in out.items()) or "nothing"


def _split_rule(run: Run) -> str:
    where = "It goes by its name." if run.spec["data"]["folder"] is None else "The bundle holds all of it."
    return (
        "No text stands in two splits; where the data came without splits, each text's hash decided, never a seed."
        f" {where}"
    )


def _results(run: Run, report: dict[str, Any], probabilities: np.ndarray, labels: np.ndarray) -> str:
    test, baselines = report["test"], report["baselines"]
    f1, loss = _macro_f1(probabilities, labels), _loss(probabilities, labels)
    mine = *_figure(test["macro_f1"], f1), *_figure(test["loss"], loss)
    rows = [("This model", percent(test["accuracy"]), between(accuracy_interval(run)), *mine)]
    for title, name in (
        ("TF-IDF + logistic regression", "tfidf_logistic_regression"),
        ("Always the most frequent class", "majority"),
    ):
        found = baselines[name]
        interval = wilson_interval(round(found["accuracy"] * found["documents"]), found["documents"])
        figures = (
            percent(found["accuracy"]),
            between(interval),
            f"{found['macro_f1']:.3f}",
            "",
            f"{found['loss']:.3f}",
        )
        rows.append((title, *figures, ""))
    head = ("", "Accuracy", "95 % interval", "Macro F1", "95 % interval", "Loss (nats)", "95 % interval")
    return (
        _rows(head, rows)
        + f"\n\n{test['documents']:,} texts that training never saw. The intervals (Wilson for the accuracy,"
        " bootstrap over the texts for the others) are about this one trained model on other texts like"
        " these; another seed gives another model."
    )


def _classes(classes: Sequence[str], probabilities: np.ndarray, labels: np.ndarray) -> str:
    rows = []
    for name, found in zip(classes, per_class(probabilities, labels), strict=True):
        recall = found["recall"]
        interval = wilson_interval(round(recall * found["support"]), found["support"]) if found["support"] else None
        rows.append(
            (
                escaped(name),
                f"{found['support']:,}",
                "never predicted" if found["precision"] is None else percent(found["precision"]),
                "no texts" if recall is None else percent(recall),
                between(interval) if interval else "",
                "" if found["f1"] is None else f"{found['f1']:.3f}",
            )
        )
    more = f"\n\n{len(rows) - MOST_CLASSES} more classes." if len(rows) > MOST_CLASSES else ""
    return (
        _rows(("Class", "Test texts", "Precision", "Recall", "95 % interval", "F1"), rows[:MOST_CLASSES], right=True)
        + more
    )


def _caveats(run: Run) -> str:
    found = [escaped(sentence) for sentence in caveats(run)]
    found.append(
        "It knows texts like its training texts; what it does with others nobody has measured. Attention shows where"
        " it looks, which need not be why it answers as it does: the Trust page tests that."
    )
    return "\n".join(f"- {sentence}" for sentence in found)


def _settings(run: Run) -> str:
    default = Settings()
    rows = []
    for name, value in run.spec["settings"].items():
        changed = value != getattr(default, name, None)
        shown = Path(value).name if name == "vectors" else str(value)
        shown = shown.lower() if isinstance(value, bool | None) else shown  # as --set takes them
        rows.append((escaped(name), f"**{escaped(shown)}**" if changed else escaped(shown)))
    return _rows(("Option", "Value"), rows) + "\n\nBold: not the default."


def _how_to(run: Run) -> str:
    lines = [
        "```sh",
        f"python -m model unbundle {run.id}.zip",
        f"python -m model evaluate runs/{run.id} DATA",
        f"python reproduce.py {run.id}.zip        # trains it again and says whether it is the same",
        "```",
        "",
        "```python",
        "from model import load_run",
        f'classifier = load_run("runs/{run.id}")',
        'classifier.predict_proba(["A text."])    # (1, C), columns as classifier.classes_',
        "```",
    ]
    return "\n".join(lines)


# -- figures -----------------------------------------------------------------------------------------------------


def _macro_f1(probabilities: np.ndarray, labels: np.ndarray) -> Interval:
    """Percentile bootstrap over the texts: drawing N texts anew is drawing their cells of the confusion matrix."""
    counts = confusion_matrix(probabilities, labels)
    cells = np.flatnonzero(counts)
    rows, columns = np.unravel_index(cells, counts.shape)
    shares = counts.flat[cells] / counts.sum()
    drawn = np.random.default_rng(_SEED).multinomial(counts.sum(), shares, RESAMPLES)  # (R, cells)
    classes = len(counts)
    by_label, by_prediction, right = (np.zeros((RESAMPLES, classes)) for _ in range(3))
    for place, (row, column) in enumerate(zip(rows, columns, strict=True)):
        by_label[:, row] += drawn[:, place]
        by_prediction[:, column] += drawn[:, place]
        right[:, row] += drawn[:, place] if row == column else 0
    occur = by_label + by_prediction  # as in scikit-learn: a class counts where it is a label or a prediction
    scores = (2 * right / np.maximum(occur, 1)).sum(axis=1) / (occur > 0).sum(axis=1)
    return Interval(float(scores.mean()), *map(float, np.quantile(scores, [0.025, 0.975])))


def _loss(probabilities: np.ndarray, labels: np.ndarray) -> Interval:
    of_text = losses(probabilities, labels)
    bounds = float(of_text.min()), float(of_text.max())
    if bounds[0] == bounds[1]:
        return Interval(bounds[0], *bounds)
    return paired_difference(np.zeros(len(of_text)), of_text, seed=_SEED, resamples=RESAMPLES)


def _figure(value: float, interval: Interval) -> tuple[str, str]:
    return f"{value:.3f}", f"{interval.low:.3f} to {interval.high:.3f}"


def _rows(head: Sequence[str], rows: Iterable[Sequence[str]], *, right: bool = False) -> str:
    line = "| " + " | ".join(["---"] + (["---:"] if right or len(head) > 2 else ["---"]) * (len(head) - 1)) + " |"
    return "\n".join(["| " + " | ".join(head) + " |", line, *("| " + " | ".join(row) + " |" for row in rows)])
