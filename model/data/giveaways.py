"""Whether something in the texts gives the label away: its own name, or a word that one class has and no other."""

from collections import Counter, defaultdict
from typing import Any

from model.data.sample import MOST_OF_ONE, Sample
from model.text.segmentation import iterate_keys

_MOST_TEXTS = 8000
_LEAST_TEXTS = 20  # of a class
_HAS, _HAS_NOT = 0.9, 0.02  # share of a class's texts with a word, and of all other texts, for it to tell all


def giveaways(sample: Sample) -> dict[str, Any]:
    """{"named": share of texts that say their own class's name and no other's, "words": [{"word", "label", …}]}.

    Each word has the share of the class's texts ("inside") and of all others ("outside") in which it stands. Looks
    at a few thousand training texts.
    """
    train = sample.splits["train"]
    texts = [text[:MOST_OF_ONE] for text in train.texts[:_MOST_TEXTS]]
    labels = train.labels[: len(texts)]
    sizes = Counter(labels)
    found: dict[str, Counter[str]] = defaultdict(Counter)  # label -> word -> texts with it
    names = dict(zip(sizes, map(tuple, iterate_keys(sizes)), strict=True))
    named = 0
    for label, keys in zip(labels, iterate_keys(texts), strict=True):
        words = set(keys)
        found[label].update(words)
        said = [other for other, name in names.items() if _stands_in(name, keys, words)]
        named += said == [label]
    return {"named": named / max(len(labels), 1), "looked_at": len(labels), "words": _telling(found, sizes)}


def _stands_in(name: tuple[str, ...], keys: list[str], words: set[str]) -> bool:
    # One letter or digit stands anywhere: it says nothing.
    if not words.issuperset(name) or sum(map(len, name)) < 3:
        return False
    return len(name) == 1 or any(tuple(keys[i : i + len(name)]) == name for i in range(len(keys)))


def _telling(found: dict[str, Counter[str]], sizes: Counter[str]) -> list[dict[str, Any]]:
    everywhere = sum(found.values(), Counter())
    telling = []
    for label, words in found.items():
        rest = sizes.total() - sizes[label]
        if sizes[label] < _LEAST_TEXTS or not rest:
            continue
        for word, count in words.most_common(50):
            inside, outside = count / sizes[label], (everywhere[word] - count) / rest
            if inside >= _HAS and outside <= _HAS_NOT:
                telling.append({"word": word, "label": label, "inside": inside, "outside": outside})
                break
    return telling
