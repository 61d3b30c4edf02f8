"""One text under one language model: what was predicted where, and one of these predictions explained."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from model.networks.preset_words import preset_title
from model.runs.run import Run
from pages.components import caches
from pages.components.reading import ATTENTION, QUICK, Reading, Seen
from pages.components.token_strip import Pieces, pieces

if TYPE_CHECKING:
    import numpy as np

    from model.language_model import LanguageModel, TextReading
    from model.text.vocabulary import Token

METHODS = (ATTENTION, *QUICK, "integrated_gradients", "leave_one_out")
CONTEXT = 120  # words before a place that attributions read: with thousands they would take minutes
LONG = 250  # words of a text that is shown whole with each prediction
_BEFORE, _AFTER = 100, 40  # words shown around the place, of a longer one
SELF = "What is weighed are the states after earlier words. The word just read is not among them: its state asks."


class WholeText:
    """A text as one model read it; places are those of its tokens, and `end` is the one after the text."""

    def __init__(self, run: Run, text: str) -> None:
        self.run, self.text = run, text
        self.read: TextReading = caches.texts_read().recall((run.id, text), lambda: self.model.read(text))

    @property
    def model(self) -> LanguageModel:
        """The model itself."""
        return caches.language_model(self.run)

    @property
    def tokens(self) -> list[Token]:
        """The tokens that were read: of a very long text, the last ones."""
        return self.read.tokens

    @property
    def end(self) -> int:
        """The place after the text, whose word nobody has written."""
        return len(self.read.tokens)

    @property
    def unit(self) -> str:
        """What is predicted: "word" or "character"."""
        return self.model.settings.unit.removesuffix("s")

    @property
    def attends(self) -> bool:
        """Whether there are attention weights."""
        return self.read.weights is not None

    def parts(self, first: int = 0, stop: int | None = None) -> Pieces:
        """The tokens from `first` to `stop` for a strip; line ends can be seen and clicked."""
        tokens = self.tokens[first:stop]
        if not tokens:
            return pieces("", [])
        start, end = tokens[0].start, tokens[-1].end
        moved = [token._replace(start=token.start - start, end=token.end - start) for token in tokens]
        parts = pieces(self.text[start:end], moved)
        return parts._replace(tokens=[seen(token) for token in parts.tokens])

    def around(self, place: int) -> tuple[int, int]:
        """First token and the one after the last that are shown with a prediction: of a long text a part."""
        if self.end <= LONG:
            return 0, self.end
        return max(0, place - _BEFORE), min(self.end, place + _AFTER)

    def place_of(self, offset: int | None) -> int:
        """The place of the token at an offset in the text; the end for None, and for an offset behind the text.

        Models that cut a text otherwise agree on offsets, not on places. The first token is not predicted.
        """
        if offset is None:
            return self.end
        found = next((place for place, token in enumerate(self.tokens) if token.end > offset), self.end)
        return max(1, found)

    def name_at(self, place: int) -> str:
        """What stands at a place, as it is shown alone; what follows the text is the next word."""
        if place >= self.end:
            return f"the next {self.unit}"
        from model.text.language import shown

        token = self.tokens[place].text
        return shown("\n") if not token.strip("\r\n\v\f\x85\u2028\u2029") else shown(token)

    def reach(self, place: int) -> int:
        """How many earlier states the prediction of a place could be attended from."""
        window = self.model.settings.window
        return max(0, place - 1 if window is None else min(place - 1, window))

    def likeliest(self, place: int) -> list[tuple[str, float]]:
        """The likeliest words at a place with their probabilities, as they are shown; none at the very first."""
        found = zip(self.read.top_ids[place].tolist(), self.read.top_probabilities[place].tolist(), strict=True)
        return [(self.model.vocabulary_.shown(word), probability) for word, probability in found if word >= 0]

    def known_at(self, place: int) -> str | None:
        """The word that was written at a place, as the model knows it; None after the text and for an unknown one."""
        from model.text.vocabulary import UNK

        known = place < self.end and self.read.ids[place] != UNK
        return self.model.vocabulary_.shown(int(self.read.ids[place])) if known else None

    @property
    def labels(self) -> dict[str, int]:
        """The ids of all words that can be predicted, by how they are shown."""
        vocabulary = self.model.vocabulary_
        return caches.texts_read().recall(
            (self.run.id, "labels"), lambda: {vocabulary.shown(i): i for i in range(2, len(vocabulary))}
        )


class NextReading(Reading):
    """The prediction of one place explained by the words before it, as `Reading` explains a label of a text."""

    def __init__(self, whole: WholeText, place: int, word: str) -> None:
        self.whole, self.place, self.word = whole, place, word
        self.start = max(0, place - CONTEXT)  # of the words that are read
        super().__init__(whole.run, whole.text)
        self.target = whole.labels[word]

    @property
    def label(self) -> str:
        """The word that is explained."""
        return self.word

    @property
    def methods(self) -> list[str]:
        """What its words can be coloured by."""
        return [method for method in super().methods if method in METHODS]

    @property
    def network(self) -> Any:
        """The network as the methods ask it: of all that follows a text it says the next word."""
        return self.whole.model.next_word()

    def over_text(self, method: str) -> np.ndarray | None:
        """A method's values over the whole text, 0 where it did not read; None while they are to come."""
        import numpy as np

        if method == ATTENTION and self.whole.attends:
            return self.whole.read.weights[self.place]
        values = self.values(method)
        if values is None:
            return None
        everywhere = np.zeros(self.whole.end, np.float32)
        everywhere[self.start : self.place] = values
        return everywhere

    def _see(self) -> Seen:
        from model.explain.figures import predict_ids
        from model.explain.network import baseline_logits
        from model.text.vocabulary import Tokenized

        whole = self.whole
        ids, tokens = (part[self.start : self.place] for part in (whole.read.ids, whole.tokens))
        begin = time.perf_counter()
        prediction = predict_ids(self.network, ids)
        seconds = time.perf_counter() - begin
        return Seen(
            tokenized=Tokenized(tokens, ids, None),
            parts=whole.parts(self.start, self.place),
            prediction=prediction,
            baseline_logits=baseline_logits(self.network, ids),
            labels=[],  # there are as many as words in the vocabulary; `label` is the one that counts
            seconds=seconds,
        )

    def _key(self, part: str) -> tuple:
        known = (self.run.id, self.text, self.place, part)
        return known if part == "seen" else (*known, self.word)


def names_of(runs: Sequence[Run]) -> dict[str, str]:
    """What to call these runs side by side, by id: their networks, and more where two have the same."""
    for name in (lambda run: preset_title(run.spec["preset"]), lambda run: run.title):
        names = {run.id: name(run) for run in runs}
        if len(set(names.values())) == len(runs):
            return names
    return {run.id: f"{run.title} ({run.id})" for run in runs}


def predicted(reach: int, back: int, weight: float) -> str:
    """What the weight of a word so far back means, where `reach` earlier states could be seen."""
    if back < 1:
        return "predicted here" if back == 0 else "comes later: not seen"
    if back == 1:
        return "just read: its state asks, and is not weighed"
    if back > reach + 1:
        return f"{back} back: outside the window of {reach}"
    return f"{weight:.3f} · {weight * reach:.1f} × uniform over {reach} states · {back} back"


def seen(token: str) -> str:
    """A token in its text: a line end has a sign before it, without which it could be neither seen nor clicked."""
    return token if token.strip("\r\n\v\f\x85\u2028\u2029") else f"⏎{token}"
