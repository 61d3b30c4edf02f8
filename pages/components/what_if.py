"""The card that questions a prediction: other words, or other attention weights, beside the original."""

from __future__ import annotations

from pages.components import choices, evidence, layout, other_weights, other_words
from pages.components.reading import Reading

WORDS, WEIGHTS = "the words", "the attention"


def what_if(reading: Reading, method: str) -> None:
    """Draw the card; the original above it stays as it is."""
    place = evidence.place_of(reading)
    options = [WORDS] + ([WEIGHTS] if reading.weights is not None else [])
    layout.card_title("What if", "the text above stays as it is")
    if choices.one_of("Change", options, name="if", default=WORDS) == WORDS:
        other_words.other_words(reading, place, method)
    else:
        other_weights.other_weights(reading, place)
