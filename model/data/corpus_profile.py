"""What there is to know of a text before a language model is trained on it, as one JSON-able record."""

from typing import Any

from model.data.corpus import Corpus
from model.data.corpus_storage import KIND
from model.text.language import iterate_pieces

SAMPLE = 600  # characters
_COUNTED = 1_000_000  # characters whose words are counted; more would take seconds


def corpus_profile(corpus: Corpus) -> dict[str, Any]:
    """{"kind", "name", "sha256", "report", "tokens": {unit: {split: count}}, "sample"}.

    Words are counted at the beginning of the training part and estimated from there; characters are exact. The
    sample is the beginning of the text.
    """
    counted = corpus.train[:_COUNTED]
    share = sum(map(len, iterate_pieces(counted, "words"))) / len(counted)
    characters = corpus.report["characters"]
    return {
        "kind": KIND,
        "name": corpus.name,
        "sha256": corpus.sha256,
        "report": corpus.report,
        "tokens": {
            "words": {split: round(share * count) for split, count in characters.items()},
            "characters": dict(characters),
        },
        "sample": corpus.train.lstrip()[:SAMPLE],
    }
