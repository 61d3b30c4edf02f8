"""What the JSON of a language model's run may hold; what it shares with a classifier's stands in `shapes`."""

from __future__ import annotations

import re

from model.runs import shapes

KIND = "language-model"

_BY_SPLIT = {"train": int, "validation": int, "test": int}
CORPUS_REPORT = {
    "characters": _BY_SPLIT,
    "lines": _BY_SPLIT,
    "encoding": (str, None),  # None where the text was no file
    "rows": int,
    "dropped": {str: int},
}
SPEC = {
    **{key: shape for key, shape in shapes.SPEC.items() if key != "probe?"},
    "kind": re.compile(KIND),
    "data": {**shapes.SPEC["data"], "report": CORPUS_REPORT},
}
METRICS = {
    "loss": float,  # nats per token
    "perplexity": float,
    "bits_per_token": float,
    "bits_per_character": float,
    "tokens": int,  # those predicted: all but the first
    "unknown": float,  # share of them
}
_COPIED = {"places": int, "right": float, "largest": (float, None), "weight": (float, None)}  # shares of places
REPORT = {
    "kind": re.compile(KIND),
    "preset": str,
    "seed": int,
    "unit": str,
    "parameters": int,
    "parameters_without_embeddings": int,
    "device": str,
    "precision?": str,  # older runs lack it: they were trained in float32
    "epochs": int,
    "best_epoch": int,
    "seconds": float,
    "tokens_per_second": float,
    "vocabulary": int,
    "validation": METRICS,
    "test": METRICS,
    "baselines": {"unigram": METRICS, "kneser_ney": METRICS},
    "data": CORPUS_REPORT,
    "ended": shapes.ENDED,
    "copying?": {**_COPIED, "by_k": [{**_COPIED, "k": int}]},  # of generated text: was it repeated from k words back?
}

_EVENT = {"kind": str, "t": float}
_LOSS = {"loss": float, "perplexity": (float, None)}  # null where so bad a loss has no finite one
_CHECKED = {**_LOSS, "tokens": int}
EVENTS = {
    "boot": {**_EVENT, "device": str, "precision?": str, "epochs": int, "tokens": int, "resumed_after": int},
    "progress": {
        **_EVENT,
        "epoch": int,
        "share": float,
        **_LOSS,
        "tokens_per_second": float,
        "learning_rate": float,
    },
    "epoch": {
        **_EVENT,
        "epoch": int,
        "train": _LOSS,
        "validation": _CHECKED,
        "learning_rate": float,
        "tokens_per_second": float,
        "seconds": float,
        "averaging": bool,  # whether the weights that were checked are an average
        "share?": float,  # of the training text, in an epoch that was stopped
    },
    "improved": {**_EVENT, "epoch": int, "validation": _CHECKED},
    "early_stop": {**_EVENT, "epoch": int, "best_epoch": int},
    "done": {
        **_EVENT,
        "epochs": int,
        "best_epoch": int,
        "validation": _CHECKED,
        "seconds": float,
        "tokens_per_second": float,
        "ended": shapes.ENDED,
    },
}
MODEL_FORMAT = "attention-lab language model 1"
MODEL = {"format": re.compile(MODEL_FORMAT), "settings": {str: (bool, float, str, None)}, "versions": {str: str}}
