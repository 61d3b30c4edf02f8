"""Tables written as JSON lines or as one JSON document."""

import itertools
import json
from collections.abc import Iterable, Iterator

from model.data.containers import Source
from model.data.encodings import Encoding, lines, open_text
from model.data.sheets import Sheet, cell_text, names_of
from model.errors import DataError

_LINES_ENDINGS = (".jsonl", ".ndjson")
_ENDINGS = (".json", *_LINES_ENDINGS)
_MAX_DOCUMENT = 1 << 28  # characters; one document can only be parsed whole
_EXAMPLE = '{"text": …, "label": …}'


def json_form(source: Source, encoding: Encoding) -> str | None:
    """Tell from how a text begins whether it is "jsonl", "json" or neither (None)."""
    with open_text(source, encoding) as stream:
        head = stream.read(1 << 20).lstrip("\ufeff \t\r\n")
    if not head.startswith(("{", "[")):
        return None
    first, _, rest = head.partition("\n")
    name = source.inner_name.lower()
    is_object = isinstance(_parsed(first), dict)
    if name.endswith(_LINES_ENDINGS) or (is_object and rest.strip()):
        return "jsonl"
    # In a CSV, a text may begin with a bracket: "[deleted],1".
    return "json" if is_object or name.endswith(_ENDINGS) or head[1:].lstrip()[:1] in ("{", "[", '"') else None


def read_json_lines(source: Source, encoding: Encoding) -> Sheet:
    """Read an object per line; columns are the keys of the first thousand, and other lines are malformed."""
    columns: dict[str, None] = {}
    for row in itertools.islice(_objects(source, encoding), 1000):
        columns.update(dict.fromkeys(row if isinstance(row, dict) else ()))
    if not columns:
        raise DataError(f"{source.name} is not JSON lines: no line is an object such as {_EXAMPLE}.")
    return Sheet(
        names_of(list(columns), source.name),
        "jsonl",
        encoding.label,
        (_cells(row, columns) for row in _objects(source, encoding)),
    )


def read_json(source: Source, encoding: Encoding) -> Sheet:
    """Read one document: a list of objects, such a list under a key, a list per column, or what pandas writes."""
    with open_text(source, encoding) as stream:
        text = stream.read(_MAX_DOCUMENT + 1)
    if len(text) > _MAX_DOCUMENT:
        raise DataError(f"{source.name} is too large for one JSON document; save it as JSON lines (.jsonl).")
    try:
        records = _records(_load(text))
    except ValueError as error:
        raise DataError(f"{source.name} is not JSON: {error}; mend it, or save the table as .csv.") from None
    except RecursionError:
        raise DataError(f"{source.name} is nested too deeply for a table; save the table as .csv.") from None
    columns = dict.fromkeys(key for row in records[:1000] if isinstance(row, dict) for key in row)
    if not columns:
        raise DataError(
            f"{source.name} holds no table: expected a list of objects such as {_EXAMPLE}, or a list per column."
        )
    rows = (_cells(row, columns) for row in records)
    return Sheet(names_of(list(columns), source.name), "json", encoding.label, rows)


def _cells(row, columns: Iterable[str]) -> list[str] | None:
    return [cell_text(row.get(column)) for column in columns] if isinstance(row, dict) else None


def _load(text: str):
    # Numbers stay as typed: 1 and 1.0 are different labels.
    return json.loads(text, parse_int=str, parse_float=str, parse_constant=lambda _: None)


def _parsed(text: str):
    try:
        return _load(text)
    except (ValueError, RecursionError):
        return None


def _objects(source: Source, encoding: Encoding) -> Iterator:
    with open_text(source, encoding) as stream:
        for line in lines(stream, source.name):
            if line.strip():
                yield _parsed(line)


def _records(document) -> list:
    if isinstance(document, list):
        return document
    if not isinstance(document, dict):
        return []
    names, data = document.get("columns"), document.get("data")
    if isinstance(names, list) and isinstance(data, list):  # pandas, orient="split"
        rows = (row if isinstance(row, list) else [] for row in data)
        return [dict(zip(map(cell_text, names), row, strict=False)) for row in rows]
    for value in document.values():
        if isinstance(value, list) and any(isinstance(row, dict) for row in value):
            return value
    lists = {key: value for key, value in document.items() if isinstance(value, list)}
    if lists and len(set(map(len, lists.values()))) == 1:
        return [dict(zip(lists, row, strict=True)) for row in zip(*lists.values(), strict=True)]
    columns = {key: value for key, value in document.items() if isinstance(value, dict)}
    indices = dict.fromkeys(index for column in columns.values() for index in column)  # pandas, orient="columns"
    return [{key: column.get(index) for key, column in columns.items()} for index in indices]
