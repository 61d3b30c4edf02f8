"""The rule on arrays against the same rule written row by row, on random tables."""

import random
from collections import Counter, defaultdict

import numpy as np
import pytest

from model.data.dataset import SPLIT_NAMES, text_hash
from model.data.partition import _numbered, hash_words, partition
from model.errors import DataError


def by_hand(rows):
    """Splits {name: [(text, label)]}, dropped, duplicates, leaked: each step as it is said in make_dataset."""
    parts = defaultdict(list)
    for text, label, split in rows:
        parts[split].append((text, label))
    dropped, duplicates, leaked = Counter(), 0, 0
    for split, members in parts.items():
        different = list(dict.fromkeys(members))
        labels = Counter(text for text, _ in different)
        parts[split] = [row for row in different if labels[row[0]] == 1]
        duplicates += len(members) - len(different)
        dropped["conflicting labels"] += len(different) - len(parts[split])
    for other in ("test", "validation"):
        texts = {text for text, _ in parts.get(other, ())}
        for split in ("train", "validation"):
            if split in parts and split != other and not (other == "validation" and split == "test"):
                kept = [row for row in parts[split] if row[0] not in texts]
                if other == "test":
                    leaked += len(parts[split]) - len(kept)
                else:
                    dropped["also in validation"] += len(parts[split]) - len(kept)
                parts[split] = kept
    missing = [split for split in ("test", "validation") if split not in parts]
    train = sorted(parts["train"], key=lambda row: text_hash(row[0]))
    for label in {label for _, label in train}:
        members = [row for row in train if row[1] == label]
        share = max(1, (len(members) + 5) // 10)
        for place, split in enumerate(missing):
            parts[split] = parts.get(split, []) + members[place * share : (place + 1) * share]
    taken = {row for split in missing for row in parts[split]}
    parts["train"] = [row for row in train if row not in taken]
    ordered = {split: sorted(parts[split], key=lambda row: text_hash(row[0])) for split in SPLIT_NAMES}
    return ordered, {reason: count for reason, count in dropped.items() if count}, duplicates, leaked


def on_arrays(rows, title="t"):
    names = sorted({label for _, label, _ in rows})
    found = partition(
        hash_words(b"".join(text_hash(text) for text, _, _ in rows)),
        np.array([names.index(label) for _, label, _ in rows]),
        np.array([SPLIT_NAMES.index(split) for _, _, split in rows]),
        names=names,
        title=title,
    )
    return {split: [rows[i][:2] for i in found.places[split]] for split in SPLIT_NAMES}, found


def random_rows(seed):
    chance = random.Random(seed)
    splits = chance.choice([["train"], ["train", "test"], ["train", "validation"], list(SPLIT_NAMES)])
    weights = [8, 1, 1][: len(splits)]
    texts = chance.choice([30, 200])  # few different texts: many duplicates, conflicts and leaks
    wrong = chance.choice([0, 0.02, 0.2])
    labels = "abc"[: chance.choice([2, 3])]
    rows = []
    for _ in range(chance.choice([60, 400])):
        number = chance.randrange(texts)
        label = chance.choice(labels) if chance.random() < wrong else labels[number % len(labels)]
        rows.append((f"text {number}", label, chance.choices(splits, weights)[0]))
    return rows


@pytest.mark.parametrize("seed", range(150))
def test_the_rule_on_arrays_is_the_rule(seed):
    rows = random_rows(seed)
    try:
        splits, found = on_arrays(rows)
    except DataError:
        ordered, *_ = by_hand(rows)
        train = Counter(label for _, label in ordered["train"])
        assert len(train) < 2 or min(train.values()) < 3 or not all(ordered.values()) or len(rows) < 100
        return
    ordered, dropped, duplicates, leaked = by_hand(rows)
    assert splits == ordered
    assert (found.dropped, found.duplicates, found.leaked_into_test) == (dropped, duplicates, leaked)
    assert len(found.conflicting) == dropped.get("conflicting labels", 0)
    left_out = sum(dropped.values()) + duplicates + leaked
    assert left_out + sum(map(len, splits.values())) == len(rows)


def test_most_random_tables_can_be_split():
    split = 0
    for seed in range(150):
        try:
            on_arrays(random_rows(seed))
            split += 1
        except DataError:
            continue
    assert split > 90


def test_hashes_are_compared_as_bytes_are():
    digests = [text_hash(str(i)) for i in range(1000)]
    words = hash_words(b"".join(digests))
    assert np.lexsort(words.T[::-1]).tolist() == sorted(range(1000), key=digests.__getitem__)


def test_the_last_of_equal_rows_stands_for_all():
    rows = [(f"text {i % 20}", "ab"[i % 2], "train") for i in range(60)]
    _, found = on_arrays(rows)
    assert sorted(place for places in found.places.values() for place in places) == list(range(40, 60))


@pytest.mark.parametrize("seed", range(20))
def test_texts_that_agree_in_the_first_words_of_their_hash_are_told_apart(seed):
    chance = np.random.default_rng(seed)
    hashes = chance.integers(0, 3, (60, 4)).astype(np.uint64)
    distinct = sorted(set(map(tuple, hashes.tolist())))
    assert _numbered(hashes).tolist() == [distinct.index(tuple(row)) for row in hashes.tolist()]
