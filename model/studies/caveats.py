"""What a person should know before trusting a run's figures: one plain sentence each, the gravest first."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from model.runs.run import Run
from model.studies.result import accuracy_interval, between, percent

# Each bound is where a reader would draw another conclusion; below it the sentence would be noise.
WIDE = 0.04  # half the width of the accuracy's interval
MANY_LEFT_OUT = 0.01  # share of the rows
STILL_FALLING = 0.01  # fall of the validation loss in the last epoch, as a share of it
OVERFITTED = 0.1  # accuracy on the training texts minus that on validation
FEW_KNOWN = 0.6  # share of the training tokens that pretrained vectors know
UNEVEN, HIDDEN = 0.7, 0.05  # share of the largest class; accuracy minus macro F1


def caveats(run: Run) -> list[str]:
    """Sentences on what is doubtful about a finished run, each with its numbers; none before it is finished.

    Plain text that may hold labels and names of files: to show it as Markdown or HTML, escape it.
    """
    report = run.report
    if report is None:
        return []
    epochs = [event for event in run.events()[0] if event["kind"] == "epoch"]
    sentences = [
        *_against_baselines(run, report),
        *_classes(report),
        *_ending(run, report, epochs),
        *_small_test(run, report),
        *_memorised(report, epochs),
        *_left_out(report["data"]),
        *_vectors(run.spec["settings"], report["vectors"]),
    ]
    return sentences


def _against_baselines(run: Run, report: dict[str, Any]) -> list[str]:
    accuracy = accuracy_interval(run)
    majority = report["baselines"]["majority"]["accuracy"]
    words = report["baselines"]["tfidf_logistic_regression"]["accuracy"]
    if accuracy.low <= majority:
        return [
            f"It may have learned nothing: always answering the most frequent class gets {percent(majority)} right,"
            f" and the model {percent(accuracy.estimate)} (95 % interval {between(accuracy)})."
        ]
    if words > accuracy.high:
        return [
            f"TF-IDF with logistic regression, which reads no order, does better: {percent(words)} of the same texts"
            f" against {percent(accuracy.estimate)}."
        ]
    if words >= accuracy.low:
        return [
            f"It cannot be told from TF-IDF with logistic regression, which gets {percent(words)} of the same texts"
            f" right: the model's 95 % interval is {between(accuracy)}."
        ]
    return []


def _classes(report: dict[str, Any]) -> list[str]:
    never = [str(label) for label in report.get("never_predicted") or []]
    if never:
        more = f" and {len(never) - 5} more" if len(never) > 5 else ""
        verb = "them" if len(never) > 1 else "it"
        return [
            f"It never answers {', '.join(map(repr, never[:5]))}{more}: give more texts of {verb}, or set"
            " class_weights to balanced."
        ]
    majority, test = report["baselines"]["majority"]["accuracy"], report["test"]
    if majority >= UNEVEN and test["accuracy"] - test["macro_f1"] > HIDDEN:
        return [
            f"One class makes up {percent(majority)} of the test texts, so accuracy flatters: the mean F1 over the"
            f" classes is {test['macro_f1']:.2f}."
        ]
    return []


def _ending(run: Run, report: dict[str, Any], epochs: list[dict[str, Any]]) -> list[str]:
    planned, done = run.spec["settings"]["epochs"], report["epochs"]
    if report.get("ended") == "stopped":
        share = epochs[0].get("share", 1.0) if len(epochs) == 1 else 1.0
        if share < 1.0:
            return [
                f"It was stopped within its first epoch of {planned}, after {percent(share)} of the training texts:"
                " it has not seen the others."
            ]
        rate = run.spec["settings"]["schedule"] == "one-cycle"
        also = ", before its learning rate had come down" if rate else ""
        return [f"It was stopped by hand after {done} of {planned} epochs{also}; the best of these was kept."]
    if report["best_epoch"] < done or done < planned:
        return []
    if done == 1:
        return ["It saw each training text only once: more epochs may help."]
    losses = [event["validation"]["loss"] for event in epochs[-2:]]
    if len(losses) == 2 and losses[0] - losses[1] < STILL_FALLING * losses[0]:
        return []  # the last of them is the best one by a hair, as a learning rate that falls to zero has it
    return [
        f"Its last epoch was its best (number {done} of {planned}) and the validation loss was still falling:"
        " more epochs may help."
    ]


def _small_test(run: Run, report: dict[str, Any]) -> list[str]:
    accuracy = accuracy_interval(run)
    half = (accuracy.high - accuracy.low) / 2
    if half <= WIDE:
        return []
    return [
        f"With {report['test']['documents']:,} test texts its accuracy is known to about ±{100 * half:.0f} points"
        f" only (95 % interval {between(accuracy)})."
    ]


def _memorised(report: dict[str, Any], epochs: list[dict[str, Any]]) -> list[str]:
    best = next((event for event in epochs if event["epoch"] == report["best_epoch"]), None)
    if best is None or best["train"]["accuracy"] - report["validation"]["accuracy"] <= OVERFITTED:
        return []
    return [
        f"It knows its training texts better than others: {percent(best['train']['accuracy'])} against"
        f" {percent(report['validation']['accuracy'])} in validation; more texts or more dropout may help."
    ]


def _left_out(data: dict[str, Any]) -> list[str]:
    reasons = {
        "duplicates": data["duplicates"],
        "also in the test split": data["leaked_into_test"],
        **data["dropped"],
    }
    reasons = {reason: count for reason, count in reasons.items() if count}
    gone = sum(reasons.values())
    if gone <= MANY_LEFT_OUT * data["rows"]:
        return []
    listed = ", ".join(f"{count:,} {reason}" for reason, count in sorted(reasons.items(), key=lambda item: -item[1]))
    return [
        f"{gone:,} of {data['rows']:,} rows ({percent(gone / data['rows'])}) were left out of the data: {listed}."
    ]


def _vectors(settings: dict[str, Any], vectors: dict[str, Any] | None) -> list[str]:
    if vectors is None:
        return []
    found = []
    if vectors["tokens"] < FEW_KNOWN:
        fate = "stayed as they were drawn at random" if settings["freeze_vectors"] else "began at random"
        found.append(
            f"The pretrained vectors know only {percent(vectors['tokens'])} of the training words; the others {fate}."
        )
    if settings["vectors"] not in ("auto", "none", "glove"):
        found.append(f"Training it again needs the file of vectors {Path(settings['vectors']).name!r} as well.")
    return found
