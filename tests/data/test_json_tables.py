import json

import pytest

from model.data import json_tables
from model.data.containers import open_source
from model.data.encodings import find_encoding
from model.data.tables import read_table
from model.errors import DataError

PAIRS = [("good film", "1"), ("bad film", "0"), ("fine", "1")]
RECORDS = [{"text": text, "label": int(label)} for text, label in PAIRS]


def pairs(data: str, name="table.json"):
    table = read_table(data.encode(), name=name)
    return list(zip(table.texts, table.labels, strict=True))


@pytest.mark.parametrize(
    "document",
    [
        RECORDS,
        {"version": 2, "rows": RECORDS},
        {"text": [text for text, _ in PAIRS], "label": [int(label) for _, label in PAIRS]},
        {"columns": ["text", "label"], "index": [0, 1, 2], "data": [list(row.values()) for row in RECORDS]},
        {key: {str(i): row[key] for i, row in enumerate(RECORDS)} for key in ("text", "label")},
    ],
)
@pytest.mark.parametrize("indent", [None, 2])
def test_every_common_shape_of_a_table_in_json_is_read(document, indent):
    assert pairs(json.dumps(document, indent=indent)) == PAIRS
    assert pairs(json.dumps(document, indent=indent), "wrong.csv") == PAIRS


def test_json_lines_are_read_and_broken_ones_counted():
    data = "\n".join(json.dumps(row) for row in RECORDS) + '\n\n{"text": "cut\n[1, 2]\n'
    for name in ("table.jsonl", "table.json", "table.txt"):
        table = read_table(data.encode(), name=name)
        assert (table.format, table.rows, table.dropped) == ("jsonl", 5, {"malformed": 2})
        assert table.texts == [text for text, _ in PAIRS]


def test_numbers_stay_as_typed():
    data = '{"text": "a", "label": 1}\n{"text": "b", "label": 1.0}\n{"text": "c", "label": "1"}\n'
    assert read_table(data.encode(), name="t.jsonl").labels == ["1", "1.0", "1"]


def test_other_values_become_what_a_person_would_type():
    data = '{"text": ["two", "words"], "label": true}\n{"text": "b", "label": null}\n{"text": "c", "label": NaN}\n'
    table = read_table(data.encode(), name="t.jsonl")
    assert (table.texts, table.labels, table.dropped) == (["two words"], ["true"], {"no label": 2})


def test_half_a_surrogate_pair_is_replaced():
    data = b'{"text": "a \\ud83d b", "label": 1}\n{"text": "\\ud83d\\ude00", "label": 2}\n'
    assert read_table(data, name="t.jsonl").texts == ["a \ufffd b", "😀"]


def test_a_text_that_begins_with_a_bracket_does_not_make_json():
    table = read_table(b"text,label\n[deleted],1\nfoo,0\n", name="t.csv")
    assert table.format == "csv"
    assert read_table(b"[deleted] foo,1\n[removed] bar,0\n", name="t.csv").texts == ["[deleted] foo", "[removed] bar"]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ('{"text": "a", ', "is not JSON"),
        ("[1, 2, 3]", "no table"),
        ("{}", "no table"),
        ("[" * 200_000, "nested too deeply"),
        ('{"rows": ' * 100_000, "is not JSON|nested too deeply"),
    ],
)
def test_json_that_is_no_table_is_refused(data, words):
    with pytest.raises(DataError, match=words):
        pairs(data)


def test_deep_lines_and_long_numbers_are_only_malformed_or_strings():
    data = '{"a": ' * 50_000 + "\n" + '{"text": "a", "label": ' + "9" * 6000 + "}\n"
    table = read_table(data.encode(), name="t.jsonl")
    assert table.dropped == {"malformed": 1}
    assert table.labels == ["9" * 6000]


def items(document, tmp_path, monkeypatch, chunk):
    monkeypatch.setattr(json_tables, "_CHUNK", chunk)
    path = tmp_path / "t.json"
    path.write_text(document)
    source = open_source(path)
    return list(json_tables._listed(source, find_encoding(source)))


@pytest.mark.parametrize("chunk", [1, 2, 7, 64, 1 << 20])
def test_a_list_is_read_an_item_at_a_time(chunk, tmp_path, monkeypatch):
    rows = [{"text": f'a "b" ]}},{{ {i} é 好 😀', "label": i, "more": [1, {"x": [2.5]}]} for i in range(30)]
    for document in (json.dumps(rows), json.dumps(rows, indent=2, ensure_ascii=False), " [ ] ", "[12, 3.5 ,null]"):
        expected = json.loads(document, parse_int=str, parse_float=str)
        assert items(document, tmp_path, monkeypatch, chunk) == expected


@pytest.mark.parametrize("chunk", [1, 1 << 20])
@pytest.mark.parametrize(
    "document", ["[", "[1", "[1,", "[1,]", "[1 2]", '[{"a": 1}', '[{"a": }]', "[1] 2", "[1]]", "[,1]", '["a]']
)
def test_a_list_that_is_broken_says_so(document, chunk, tmp_path, monkeypatch):
    with pytest.raises(DataError, match="is not JSON"):
        items(document, tmp_path, monkeypatch, chunk)


def test_an_item_without_end_is_refused_before_it_fills_the_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(json_tables, "_MAX_ITEM", 5000)
    with pytest.raises(DataError, match="a row of more than 5,000 characters"):
        items('[{"text": "' + "x" * 20_000, tmp_path, monkeypatch, 1000)
