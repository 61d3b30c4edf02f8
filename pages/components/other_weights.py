"""What if the attention had fallen elsewhere: other weights on the same words, and what the model would then say."""

from __future__ import annotations

import hashlib
import math
from typing import TYPE_CHECKING, NamedTuple

import streamlit as st

from model.errors import LabError
from pages.components import caches, choices, evidence, read_state, session, words
from pages.components.reading import Reading
from pages.components.token_strip import token_strip

if TYPE_CHECKING:
    import numpy as np

    from model.explain.interventions import EncodedText

BY_HAND, ALIKE, SHUFFLED, BORROWED, DIFFERENT, FLIP = (
    "by hand",
    "all alike",
    "shuffled",
    "another text's",
    "as different as possible, same answer",
    "just enough for another answer",
)
CHANGES = (BY_HAND, ALIKE, SHUFFLED, BORROWED, DIFFERENT, FLIP)
SHUFFLES = 100
_STEP = 0.01  # of a slider
EPSILON = 0.05  # how far the probabilities may move and still count as the same answer (Jain & Wallace 2019)


class Change(NamedTuple):
    """Attention weights (K, T) in place of the model's own, None where there are none, and what to say of them."""

    weights: np.ndarray | None
    remark: str


def other_weights(reading: Reading, place: int) -> None:
    """Draw what changes the weights, the text under them, and what the model says with them."""
    chosen = choices.one_of("Weights", CHANGES, name="weights", default=BY_HAND, draw=st.pills)
    text = reading.encoded
    if text.rigid:
        st.markdown("With so few words there is no other place for the weight.")
        return
    change = _by_hand(reading, text, place) if chosen == BY_HAND else _CHANGES[chosen](reading, text)
    if change.remark:
        st.markdown(change.remark)
    if change.weights is None:
        return
    left, right = st.columns([3, 2], gap="medium")
    weights = change.weights.mean(0)  # (T,)
    with left:
        token_strip(
            reading.seen.parts,
            key="strip-weights",
            label="The text under other attention weights",
            on_select=read_state.keep_pick,
            selected=read_state.pick(reading.seen.parts.signature),
            values=weights,
            scale=float(max(weights.max(), reading.weights.max())),
            sentences=_sentences(reading, weights),
            note="same scale as above",
        )
    with right:
        key = ("weights", hashlib.blake2s(change.weights.tobytes()).hexdigest())
        evidence.before_and_after(reading, reading.remember(key, lambda: _probabilities(text, change.weights)))
        st.caption(_distance(text, change.weights))


# -- the changes, one function each ------------------------------------------------------------------------------


def _by_hand(reading: Reading, text: EncodedText, place: int) -> Change:
    from model.explain.interventions import with_weights

    signature = f"{reading.seen.parts.signature}-{reading.run.id}"
    edits = read_state.weight_edits(signature)
    word = words.literal(reading.seen.parts.tokens[place][:40])
    with st.container(horizontal=True, vertical_alignment="bottom"):
        _slider(f"Weight of “{word}” (click any word above)", [place], text, edits, key=signature)
        sentence = next(((a, b) for a, b, _ in reading.sentences or () if a <= place < b), None)
        if sentence is not None:
            _slider("Weight of its sentence", list(range(*sentence)), text, edits, key=signature)
        st.button("Set it to 0", key="weight-zero", on_click=edits.update, args=({place: 0.0},))
        st.button("Put all back", key="weight-all-back", on_click=edits.clear, disabled=not edits)
    now = with_weights(text.own, edits, allowed=text.allowed)
    return Change(now, "" if edits else "Move a weight: the other words share the rest as they did before.")


def _slider(label: str, places: list[int], text: EncodedText, edits: dict[int, float], *, key: str) -> None:
    """Set the weight that some tokens have together; among themselves they share it as before."""
    from model.explain.interventions import with_weights

    now = with_weights(text.own, edits, allowed=text.allowed).mean(0)  # (T,)
    most = 1.0 - sum(value for place, value in edits.items() if place not in places)
    if most < _STEP:
        st.caption("The words set by hand have all the weight.", width="content")
        return
    shown = min(float(now[places].sum()), most)
    value = st.slider(label, 0.0, most, shown, _STEP, key=f"weight-{key}-{places}-{sorted(edits.items())}", width=320)
    if value != shown:
        shares = [float(now[i]) / shown if shown > 0 else 1.0 / len(places) for i in places]
        edits.update({i: min(value, most) * share for i, share in zip(places, shares, strict=True)})


def _alike(reading: Reading, text: EncodedText) -> Change:
    from model.explain.interventions import uniform_weights

    return Change(uniform_weights(text.own, allowed=text.allowed), "Every word counts the same.")


def _shuffled(reading: Reading, text: EncodedText) -> Change:
    import numpy as np

    from model.explain.interventions import shuffled_weights

    turn = session.turn("shuffle")
    st.button("Shuffle again", key="shuffle-again", on_click=session.next_turn, args=("shuffle",))

    def shuffle() -> tuple[np.ndarray, np.ndarray]:
        weights = [shuffled_weights(text.own, seed=seed, allowed=text.allowed) for seed in range(SHUFFLES)]
        return np.stack(weights), _softmax(text.logits(np.stack(weights)))  # (N, K, T), (N, C)

    all_weights, probabilities = reading.remember("shuffles", shuffle)
    low, middle, high = np.percentile(probabilities[:, reading.target], (5, 50, 95))
    flips = int((probabilities.argmax(1) != reading.seen.prediction.best).sum())
    return Change(
        all_weights[turn % SHUFFLES],
        f"Over {SHUFFLES} shuffles the probability of **{words.literal(reading.label)}** has its median at"
        f" {middle:.2f} (5th to 95th percentile: {low:.2f} to {high:.2f}), against {_own(reading):.2f} as it is, and"
        f" {flips} of them change the prediction.",
    )


def _borrowed(reading: Reading, text: EncodedText) -> Change:
    from model.explain.interventions import borrowed_weights, own_weights

    turn = session.turn("borrow")
    st.button("Another text", key="borrow-again", on_click=session.next_turn, args=("borrow",))
    try:
        texts = caches.dataset(reading.run).test.texts
    except LabError as error:
        return Change(None, f"There are no other texts to take weights from: {error}")
    start = int(reading.seed % len(texts))
    other = next((t for i in range(len(texts)) if (t := texts[(start + turn + i) % len(texts)]) != reading.text), "")
    classifier = caches.classifier(reading.run)
    ids = classifier.vocabulary_.tokenize(other, max_tokens=classifier.settings.max_tokens).ids
    if not len(ids):
        return Change(None, "That text has no words; take another one.")
    weights = borrowed_weights(text.own, own_weights(reading.network, ids), allowed=text.allowed)
    shown = other if len(other) <= 160 else f"{other[:160]}…"
    return Change(weights, f"The weights of this test text, stretched over yours: “{words.literal(shown)}”")


def _different(reading: Reading, text: EncodedText) -> Change:
    from model.explain.adversary import adversary

    found = reading.remember(
        "adversary", lambda: adversary(reading.network, reading.seen.tokenized.ids, epsilon=EPSILON)
    )
    kind = "No weights differ more" if found.exact else "The most different weights that were found"
    return Change(
        found.weights,
        f"{kind} (Jensen-Shannon divergence **{found.divergence:.2f}** of at most {math.log(2):.2f}) while no"
        f" probability moves by more than {EPSILON:.2f}; here they move by {found.total_variation:.3f}"
        " (Jain & Wallace 2019). The farther such weights can go, the less the answer hangs on the attention.",
    )


def _flip(reading: Reading, text: EncodedText) -> Change:
    from model.explain.flip import smallest_flip

    found = reading.remember("flip", lambda: smallest_flip(reading.network, reading.seen.tokenized.ids))
    if found.weights is None:
        sure = "No attention weights whatever change" if found.exact else "No weights were found that change"
        return Change(None, f"{sure} this prediction: it does not hang on where attention falls.")
    least = "is the least that makes" if found.exact else "is the least found that makes"
    label = words.literal(reading.seen.labels[found.label])
    return Change(found.weights, f"Moving **{words.percent(found.distance)}** of the weight {least} it **{label}**.")


_CHANGES = {ALIKE: _alike, SHUFFLED: _shuffled, BORROWED: _borrowed, DIFFERENT: _different, FLIP: _flip}


# -- figures -----------------------------------------------------------------------------------------------------


def _own(reading: Reading) -> float:
    return float(reading.seen.prediction.probabilities[reading.target])


def _softmax(logits: np.ndarray) -> np.ndarray:
    from model.explain.network import softmax

    return softmax(logits)


def _probabilities(text: EncodedText, weights: np.ndarray) -> np.ndarray:
    return _softmax(text.logits(weights[None]))[0]


def _sentences(reading: Reading, weights: np.ndarray) -> list[tuple[int, int, float]] | None:
    if reading.sentences is None:
        return None
    return [(start, end, float(weights[start:end].sum())) for start, end, _ in reading.sentences]


def _distance(text: EncodedText, weights: np.ndarray) -> str:
    from model.explain.interventions import jensen_shannon, total_variation

    moved = float(total_variation(text.own, weights).mean())
    divergence = float(jensen_shannon(text.own, weights).mean())
    return (
        f"{words.percent(moved)} of the weight moved; Jensen-Shannon divergence {divergence:.2f} of {math.log(2):.2f}"
    )
