"""The card on one word: what every method says of it, what the model takes it for, and where it learned it."""

from __future__ import annotations

from typing import Any

import streamlit as st

from model.errors import LabError
from model.explain.rows import TITLES
from pages.components import caches, choices, evidence, layout, read_state, words
from pages.components.reading import ATTENTION, Reading
from pages.components.token_strip import flaw_of

FIGURES, NEAREST, TRAINING = "its figures", "its nearest words", "in training"
EXAMPLES = 5
_AROUND = 60  # characters of a training text on either side of the word


def one_word(reading: Reading, methods: list[str]) -> None:
    """Draw the card for the word that was picked, or for the strongest one."""
    parts = reading.seen.parts
    place = evidence.place_of(reading)
    picked = read_state.pick(parts.signature) is not None
    aside = f"word {place + 1} of {len(parts.tokens)}" if picked else "the strongest word; click another one above"
    layout.card_title(f"“{words.literal(parts.tokens[place][:60])}”", aside)
    token = reading.seen.tokenized.tokens[place]
    st.markdown(
        f"Seen {words.count(reading.frequency(token.text))} times in training."
        if token.known
        else "Unknown: too rare in training, so the model reads a stand-in for unknown words."
    )
    shown = choices.one_of("Of this word", [FIGURES, NEAREST, TRAINING], name="of-word", default=FIGURES)
    if shown == NEAREST:
        _nearest(reading, place)
    elif shown == TRAINING:
        _training(reading, token.text)
    else:
        st.markdown(_figures(reading, methods, place))


def _figures(reading: Reading, methods: list[str], place: int) -> str:
    lines = ["| method | value | rank by size |", "| :-- | --: | --: |"]
    for method in methods:
        values = reading.values(method)
        if values is None or flaw_of(values):
            lines.append(f"| {TITLES[method]} | {'…' if values is None else '–'} | |")
            continue
        rank = 1 + int((abs(values) > abs(values[place])).sum())
        value = float(values[place])
        uniform = f"{value:.3f} = {value * len(values):.1f} × uniform"
        figure = uniform if method == ATTENTION else words.signed(value, 3)
        lines.append(f"| {TITLES[method]} | {figure} | {rank} of {len(values)} |")
    return "\n".join(lines)


def _nearest(reading: Reading, place: int) -> None:
    from model.explain.neighbours import nearest_words

    classifier = caches.classifier(reading.run)
    matrix = classifier.network_.embedding.weight.detach().cpu().numpy()
    found = nearest_words(matrix, int(reading.seen.tokenized.ids[place]))
    if not found:
        st.markdown("The model has no place of its own for this word, and so no words near it.")
        return
    lines = ["| word | cosine | seen in training |", "| :-- | --: | --: |"]
    for word_id, cosine in found:
        word = classifier.vocabulary_.words[word_id]
        seen = words.count(classifier.vocabulary_.frequency(word))
        lines.append(f"| {words.literal(word[:40])} | {cosine:.2f} | {seen} |")
    st.markdown("\n".join(lines))
    st.caption("By the cosine of their embeddings: words that this model reads nearly alike.")


def _training(reading: Reading, word: str) -> None:
    from model.data.concordance import concordance

    try:
        train = caches.dataset(reading.run).train
    except LabError as error:
        st.markdown(f"The training texts are not at hand: {words.literal(str(error))}")
        return
    found: Any = caches.readings().recall(
        ("concordance", reading.run.spec["data"]["sha256"], word),
        lambda: concordance(word, train.texts, train.labels, limit=EXAMPLES),
    )
    if not found.texts:
        st.markdown("It stands in no training text.")
        return
    shares = [
        f"{words.percent(count / found.texts, 0)} {words.literal(str(label))}"
        for label, count in sorted(found.per_label.items(), key=lambda item: -item[1])[:4]
    ]
    st.markdown(f"In {words.count(found.texts)} of {words.count(len(train.texts))} texts: {', '.join(shares)}.")
    for example in found.examples:
        text = train.texts[example.text]
        before = ("…" if example.start > _AROUND else "") + text[max(0, example.start - _AROUND) : example.start]
        after = text[example.end : example.end + _AROUND] + ("…" if len(text) > example.end + _AROUND else "")
        here = words.literal(text[example.start : example.end])
        line = f"{words.literal(before)}:blue-background[{here}]{words.literal(after)}"
        st.markdown(f"{line} — {words.literal(str(example.label))}")
