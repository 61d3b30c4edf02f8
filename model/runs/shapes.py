"""What the JSON of a run may hold, as shapes for `checks.check`."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

RUN_ID = re.compile(r"[0-9]{8}-[0-9]{6}-[0-9a-f]{6}")
SHA256 = re.compile(r"[0-9a-f]{64}")
DATA_FOLDER = re.compile(r"data/[0-9a-f]{16}")
TEXT = re.compile(r".{0,1000}", re.DOTALL)
TITLE = re.compile(r"[^\x00-\x1f\x7f]{0,200}")
TAG = re.compile(r"[^\x00-\x1f\x7f]{1,40}")
NOTES = re.compile(r".{0,10000}", re.DOTALL)
PROBE_TEXT = re.compile(r".{1,2000}", re.DOTALL)


def timestamp(value: Any) -> datetime:
    """The moment meant by a spec's `created`, such as 2026-11-21T10:12:13.123456+00:00; ValueError otherwise."""
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError("no time zone")
    return moment


def list_of_1_to_12_texts_of_at_most_2000_characters(value: Any) -> None:
    """Check the texts that a training is probed with; ValueError unless they can be kept and shown."""
    if not isinstance(value, list) or not 1 <= len(value) <= 12:
        raise ValueError("not so many texts")
    for text in value:
        if not isinstance(text, str) or not 1 <= len(text) <= 2000:
            raise ValueError("no text, or too long")
        text.encode()  # half a surrogate pair raises a ValueError of its own: no page can be sent one


DATA_REPORT = {
    "rows": int,
    "dropped": {str: int},
    "duplicates": int,
    "leaked_into_test": int,
    "classes": {str: int},
    "train": int,
    "validation": int,
    "test": int,
}
SPEC = {
    "id": RUN_ID,
    "created": timestamp,
    "title": TITLE,
    "preset": str,
    "seed": int,
    "settings": {str: (bool, float, str, None)},
    "data": {"name": str, "sha256": SHA256, "folder": (DATA_FOLDER, None), "report": DATA_REPORT},
    "versions": {str: str},
    "owner": (str, None),
    "probe?": list_of_1_to_12_texts_of_at_most_2000_characters,
}
STATE = {
    "state": re.compile("queued|interrupted|starting|running|done|failed|cancelled"),
    "since": float,
    "pid": (int, None),
    "ticket": (int, None),
    "message": str,
}
META = {"title?": TITLE, "notes?": NOTES, "tags?": [TAG]}

ENDED = re.compile("epochs|early stop|stopped")
METRICS = {"accuracy": float, "macro_f1": float, "loss": float, "documents": int}
REPORT = {
    "preset": str,
    "seed": int,
    "parameters": int,
    "parameters_without_embeddings": int,
    "device": str,
    "precision": str,
    "epochs": int,
    "best_epoch": int,
    "seconds": float,
    "documents_per_second": float,
    "milliseconds_per_prediction?": float,  # older runs lack it
    "vectors": ({"source": str, "types": float, "tokens": float}, None),
    "vocabulary": int,
    "validation": METRICS,
    "test": METRICS,
    "baselines": {
        "majority": METRICS,
        "tfidf_logistic_regression": {**METRICS, "choice": {str: (float, str, [float])}},
    },
    "data": DATA_REPORT,
    "ended?": ENDED,
    "never_predicted?": [str],  # labels that no test text was given, by the epoch kept
}

_EVENT = {"kind": str, "t": float}
_PROBE = [{"probabilities": [float], "weights": ([float], None)}]  # by text: (C,) and (T,)
EVENTS = {
    "boot": {
        **_EVENT,
        "device": str,
        "precision": str,
        "epochs": int,
        "documents": int,
        "resumed_after": int,
        "probe?": _PROBE,
        "probe_texts?": [{"text": PROBE_TEXT, "tokens": [[(int, bool)]]}],  # a token: [start, end, known]
        "classes?": [str],
    },
    "progress": {
        **_EVENT,
        "epoch": int,
        "share": float,
        "loss": float,
        "accuracy": float,
        "documents_per_second": float,
        "learning_rate": float,
    },
    "epoch": {
        **_EVENT,
        "epoch": int,
        "train": {"loss": float, "accuracy": float},
        "validation": METRICS,
        "learning_rate": float,
        "documents_per_second": float,
        "seconds": float,
        "share?": float,  # of the training texts, in an epoch that was stopped
        "probe?": _PROBE,
    },
    "improved": {**_EVENT, "epoch": int, "validation": METRICS},
    "early_stop": {**_EVENT, "epoch": int, "best_epoch": int},
    "done": {
        **_EVENT,
        "epochs": int,
        "best_epoch": int,
        "validation": METRICS,
        "seconds": float,
        "documents_per_second": float,
        "ended?": ENDED,
    },
}
MODEL_FORMAT = "attention-lab 1"
MODEL = {
    "format": re.compile(MODEL_FORMAT),
    "settings": {str: (bool, float, str, None)},
    "classes": [str],
    "vectors": REPORT["vectors"],
    "versions": {str: str},
}
