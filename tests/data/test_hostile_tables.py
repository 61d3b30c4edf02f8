"""Bytes damaged at random: every reader either reads or raises one plain DataError, in bounded time."""

import gzip
import random
import time

import pytest

from model.data.splits import make_dataset
from model.data.tables import guess_columns, iterate_texts, read_frame, read_table
from model.errors import DataError

from .test_tables import written, zipped


def damaged(data: bytes, chance: random.Random) -> bytes:
    hit = bytearray(data)
    for _ in range(chance.choice([1, 2, 5, 20, 100])):
        place = chance.randrange(len(hit))
        kind = chance.randrange(4)
        if kind == 0:
            hit[place] = chance.randrange(256)
        elif kind == 1 and len(hit) > 50:
            del hit[place : place + chance.randrange(1, 20)]
        elif kind == 2:
            hit[place:place] = chance.choice([b'"', b"\n", b",", b"\0", b"{", b"\xff\xfe", b"9" * 50])
        else:
            hit[place] ^= 1 << chance.randrange(8)
    return bytes(hit[: chance.randrange(len(hit)) + 1] if chance.random() < 0.1 else hit)


@pytest.mark.parametrize("form", ["csv", "tsv", "jsonl", "json", "parquet", "xlsx"])
@pytest.mark.parametrize("count", [60, pytest.param(2000, marks=pytest.mark.slow)])
def test_damaged_tables_raise_nothing_but_data_errors(form, count):
    whole = written(form)
    packed = [whole, gzip.compress(whole), zipped(whole, f"a.{form}")]
    chance = random.Random(form)
    refused = 0
    for number in range(count):
        data = damaged(packed[number % 3], chance)
        start = time.process_time()
        for read in (
            lambda data: make_dataset(read_table(data, name="t"), name="t"),
            lambda data: list(iterate_texts(data, name="t")),
            lambda data: guess_columns(read_frame(data, name="t", rows=50, labelled=False)),
        ):
            try:
                read(data)
            except DataError as error:
                refused += 1
                assert "\n" not in str(error)
        assert time.process_time() - start < 5
    assert 0 < refused < 3 * count + 1
