"""A part of labelled texts set aside, the same part whatever their order."""

from collections import defaultdict
from collections.abc import Sequence

from model.data.splits import text_hash
from model.errors import DataError


def holdout(texts: Sequence[str], labels: Sequence[object], *, share: float) -> tuple[list[int], list[int]]:
    """Places to keep and places to set aside: a share of each class, by the hash of the text, at least one text.

    A class of one text stays whole. Both lists are ascending. Copies of a text stay on one side. Raises DataError
    where no text can be set aside.
    """
    classes: dict[object, dict[bytes, list[int]]] = defaultdict(lambda: defaultdict(list))
    for place, (text, label) in enumerate(zip(texts, labels, strict=True)):
        classes[label][text_hash(text)].append(place)
    aside: list[int] = []
    for members in classes.values():
        wanted = max(1, round(share * sum(map(len, members.values()))))
        taken = 0
        for digest in sorted(members)[:-1]:  # the last stays, so that no class vanishes from training
            if taken >= wanted:
                break
            aside += members[digest]
            taken += len(members[digest])
    if not aside:
        raise DataError(
            f"{len(texts)} texts are too few to set some aside for validation; give more, or a validation set"
        )
    set_aside = set(aside)
    return [place for place in range(len(texts)) if place not in set_aside], sorted(aside)
