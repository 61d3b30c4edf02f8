"""What if the text said something else: tokens replaced or deleted, beside the original."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import streamlit as st

from model.explain.rows import TITLES, in_sentence
from pages.components import caches, evidence, read_state, words
from pages.components.reading import ATTENTION, DEFAULT_ROWS, Reading
from pages.components.token_strip import Pieces, token_strip

if TYPE_CHECKING:
    from model.text.vocabulary import Tokenized

LONGEST = 200  # characters of a replacement


class Edited(NamedTuple):
    """A text after some of its tokens were replaced or deleted."""

    ids: list[int]
    parts: Pieces

    @property
    def text(self) -> str:
        """The text as it would be typed."""
        joined = "".join(gap + token for gap, token in zip(self.parts.gaps, self.parts.tokens, strict=True))
        return joined + self.parts.tail


def edited(parts: Pieces, ids: Sequence[int], edits: Mapping[int, tuple[str, Tokenized]]) -> Edited:
    """Put other tokens, or none, in the place of some: nothing around them is cut into tokens again.

    `edits` goes by place: the replacement as typed and its tokens. A deleted token takes the gap before it along.
    """
    new_ids: list[int] = []
    tokens, gaps, unknown = [], [], []
    for place, (token, gap) in enumerate(zip(parts.tokens, parts.gaps, strict=True)):
        if place not in edits:
            pieces = [(gap, token, ids[place], place not in parts.unknown)]
        else:
            typed, found = edits[place]
            ends = [0, *(t.end for t in found.tokens)]
            pieces = [
                (typed[ends[i] : t.start] if i else gap, typed[t.start : t.end], int(found.ids[i]), t.known)
                for i, t in enumerate(found.tokens)
            ]
        for before, shown, token_id, known in pieces:
            if not known:
                unknown.append(len(tokens))
            tokens.append(shown)
            gaps.append(before if tokens[:-1] or place == 0 else "")
            new_ids.append(int(token_id))
    return Edited(new_ids, Pieces(tokens, gaps, parts.tail, "", unknown))


def other_words(reading: Reading, place: int, method: str) -> None:
    """Draw what changes the words, and the changed text, coloured by `method` where that is quick enough."""
    parts = reading.seen.parts
    edits = read_state.edits(parts.signature)
    shown = edits.get(place, parts.tokens[place])[:LONGEST]
    word = words.literal(parts.tokens[place][:40])
    with st.container(horizontal=True, vertical_alignment="bottom"):
        typed = st.text_input(
            f"Instead of “{word}” (click any word above)",
            value=shown,
            key=f"instead-{parts.signature}-{place}-{hash(shown)}",
            max_chars=LONGEST,
            width=320,
        )
        if typed != shown:
            edits[place] = typed
        st.button("Delete it", key="edit-delete", on_click=edits.update, args=({place: ""},))
        st.button("Put it back", key="edit-back", on_click=edits.pop, args=(place, None), disabled=place not in edits)
        st.button("Put all back", key="edit-all-back", on_click=edits.clear, disabled=not edits)
    if not edits:
        st.caption("Delete the word or type another over it: the new text's prediction and colours appear here.")
        return
    vocabulary = caches.classifier(reading.run).vocabulary_
    new = edited(parts, reading.seen.tokenized.ids, {i: (t, vocabulary.tokenize(t)) for i, t in edits.items()})
    _changed_text(reading, new, method)


def _changed_text(reading: Reading, new: Edited, method: str) -> None:
    from model.explain.attribution import attribute
    from model.explain.figures import predict_ids

    key = f"edited {new.ids}"
    prediction = reading.remember(key, lambda: predict_ids(reading.network, new.ids))
    if method not in DEFAULT_ROWS:  # the others take too long for a word typed
        method = ATTENTION if prediction.attention is not None else "integrated_gradients"
    if method == ATTENTION:
        values = prediction.attention.weights
    else:
        values = reading.remember(
            f"{method} of {key}",
            lambda: attribute(reading.network, new.ids, method=method, target=reading.target).values,
        )
    left, right = st.columns([3, 2], gap="medium")
    with left:
        token_strip(
            new.parts,
            key="strip-edited",
            label=f"The changed text, by {in_sentence(TITLES[method])}",
            on_select=read_state.keep_pick,
            values=values,
            kind=words.kind(method),
            target=reading.label,
            sentences=None if prediction.attention is None else prediction.attention.sentences,
            note=f"by {in_sentence(TITLES[method])}",
        )
        if st.button("Read this text instead", key="read-edited", on_click=read_state.read_text, args=(new.text,)):
            st.rerun()
    with right:
        evidence.before_and_after(reading, prediction.probabilities)
