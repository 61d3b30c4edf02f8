"""Tables written as JSON lines or as one JSON document."""

import itertools
import json
import re
from collections.abc import Iterable, Iterator
from typing import TextIO

from model.data.containers import Source
from model.data.encodings import Encoding, lines, open_text
from model.data.sheets import Sheet, cell_text, names_of
from model.errors import DataError

_LINES_ENDINGS = (".jsonl", ".ndjson")
_ENDINGS = (".json", *_LINES_ENDINGS)
_MAX_DOCUMENT = 1 << 26  # characters; what is no list can only be parsed whole, and takes up to 20 times the memory
_MAX_ITEM = 1 << 26  # characters
_CHUNK = 1 << 20
_BLANK = "\ufeff \t\r\n"
_SPACE = re.compile(r"[ \t\r\n]*")
# Numbers stay as typed: 1 and 1.0 are different labels.
_AS_TYPED = {"parse_int": str, "parse_float": str, "parse_constant": lambda _: None}
_EXAMPLE = '{"text": …, "label": …}'


def json_form(source: Source, encoding: Encoding) -> str | None:
    """Tell from how a text begins whether it is "jsonl", "json" or neither (None)."""
    with open_text(source, encoding) as stream:
        head = stream.read(1 << 20).lstrip(_BLANK)
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
    """Read one document: a list of objects, such a list under a key, a list per column, or what pandas writes.

    A list is read an object at a time; the other forms can only be parsed whole.
    """
    with open_text(source, encoding) as stream:
        is_list = _start(stream).startswith("[")
    records = _listed(source, encoding) if is_list else iter(_whole(source, encoding))
    first, broken = [], None
    try:
        first.extend(itertools.islice(records, 1000))
    except DataError as error:  # the rows before it can be shown
        broken = error
    columns = dict.fromkeys(key for row in first if isinstance(row, dict) for key in row)
    if broken and not columns:
        raise broken
    if not columns:
        raise DataError(
            f"{source.name} holds no table: expected a list of objects such as {_EXAMPLE}, or a list per column."
        )

    def rows() -> Iterator[list[str] | None]:
        yield from (_cells(row, columns) for row in first)
        if broken:
            raise broken
        yield from (_cells(row, columns) for row in records)

    return Sheet(names_of(list(columns), source.name), "json", encoding.label, rows())


def _whole(source: Source, encoding: Encoding) -> list:
    with open_text(source, encoding) as stream:
        text = stream.read(_MAX_DOCUMENT + 1)
    if len(text) > _MAX_DOCUMENT:
        raise DataError(f"{source.name} is too large for one JSON document; save it as JSON lines (.jsonl).")
    try:
        return _records(_load(text))
    except ValueError as error:
        raise _no_json(source, error) from None
    except RecursionError:
        raise _too_deep(source) from None


def _listed(source: Source, encoding: Encoding) -> Iterator:
    """The items of a list, with little more of the text in memory than one of them takes."""
    decoder = json.JSONDecoder(**_AS_TYPED)
    with open_text(source, encoding) as stream:
        text, place, first = _start(stream), 1, True
        while True:
            try:
                item, end = _item(decoder, text, place, first)
            except RecursionError:
                raise _too_deep(source) from None
            except ValueError as error:
                more = "" if _is_final(error, len(text)) else stream.read(max(_CHUNK, len(text) - place))
                if not more:
                    raise _no_json(source, error) from None
                text, place = text[place:] + more, 0
                if len(text) > _MAX_ITEM:
                    raise DataError(f"{source.name} has a row of more than {_MAX_ITEM:,} characters.") from None
                continue
            if end is None:
                break
            yield item
            place, first = end, False
        behind = text[_SPACE.match(text, place).end() + 1 :]
        if behind.strip() or any(map(str.strip, iter(lambda: stream.read(_CHUNK), ""))):
            raise _no_json(source, ValueError("something stands behind its end"))


def _start(stream: TextIO) -> str:
    while text := stream.read(_CHUNK):
        if text := text.lstrip(_BLANK):
            break
    return text


def _item(decoder: json.JSONDecoder, text: str, place: int, first: bool) -> tuple[object, int | None]:
    """The next item of a list and where it ends (None: there is none); ValueError where more text may be needed."""
    place = _SPACE.match(text, place).end()
    if text[place : place + 1] == "]":
        return None, None
    if not first:  # a comma, as was seen behind the item before
        place = _SPACE.match(text, place + 1).end()
    item, end = decoder.raw_decode(text, place)
    end = _SPACE.match(text, end).end()
    if text[end : end + 1] not in (",", "]"):  # or a number goes on
        raise json.JSONDecodeError("a comma is missing", text, end)
    return item, end


def _is_final(error: ValueError, length: int) -> bool:
    """Whether no further text would mend it: the text goes on behind the place where it is wrong."""
    if not isinstance(error, json.JSONDecodeError) or error.msg.startswith("Unterminated string"):
        return False
    return error.pos + 20 < length  # a word or an escape may be cut


def _no_json(source: Source, error: ValueError) -> DataError:
    reason = str(error)
    if isinstance(error, json.JSONDecodeError):
        reason = f"{error.msg}, near {error.doc[max(0, error.pos - 20) : error.pos + 20]!r}"
    return DataError(f"{source.name} is not JSON: {reason}; mend it, or save the table as .csv.")


def _too_deep(source: Source) -> DataError:
    return DataError(f"{source.name} is nested too deeply for a table; save the table as .csv.")


def _cells(row, columns: Iterable[str]) -> list[str] | None:
    return [cell_text(row.get(column)) for column in columns] if isinstance(row, dict) else None


def _load(text: str):
    return json.loads(text, **_AS_TYPED)


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
