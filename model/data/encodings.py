"""Which characters a text file's bytes stand for."""

import codecs
import io
import re
from collections.abc import Iterator
from typing import NamedTuple

import charset_normalizer

from model.data.containers import Source
from model.errors import DataError

_CHUNK = 1 << 20
_SAMPLE = 1 << 18
_MARKS = {  # byte order marks; UTF-32 first, since UTF-16's is its beginning
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
# A third of all characters in running Chinese; other scripts' bytes, taken for GB18030, hardly ever give them.
_COMMON_HAN = frozenset(
    "，。、！？的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自很好没太房店书"
)
_HIRAGANA = frozenset(map(chr, range(0x3041, 0x3094)))
# codec, its commonest characters, their least share among the non-ASCII ones. Japanese first: its EUC bytes are
# hiragana in GB18030 too.
_SPELLED = (("cp932", _HIRAGANA, 0.25), ("euc_jp", _HIRAGANA, 0.25), ("gb18030", _COMMON_HAN, 0.15))
_WESTERN = frozenset("àáâãäåæçèéêëìíîïñòóôõöøùúûüÿœßÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜŒ¿¡«»“”‘’„‚–—…•€£§°©®™ºª·´½\xa0")
_OTHERS = [  # what charset-normalizer may choose from: encodings that data sets are found in
    *("big5", "gb18030", "cp932", "euc_jp", "cp949", "cp1250", "iso8859_2", "cp1251", "koi8_r", "cp1253"),
    *("cp1254", "cp1255", "cp1256", "cp1257", "cp1258", "cp874"),
]


class Encoding(NamedTuple):
    """A codec's name, and how many of the sampled characters were damaged beyond it."""

    name: str
    damaged: int = 0

    @property
    def label(self) -> str:
        """The name for people, with a word on damage."""
        return f"{self.name}, with damaged characters" if self.damaged else self.name


def find_encoding(source: Source) -> Encoding:
    """Return the encoding of a text source: by its mark, else UTF-8 if all of it is, else by what it spells.

    Reads the whole source once, in bounded memory. Raises DataError for bytes that are no text.
    """
    with source.open() as stream:
        head = stream.read(1 << 16)
    for mark, name in _MARKS.items():
        if head.startswith(mark):
            return Encoding(name)
    if b"\0" in head:
        return Encoding(_without_mark(head, source))
    if _is_utf8(source):
        return Encoding("utf-8")
    sample = _telling_lines(source)
    replaced = sample.decode("utf-8", "replace")
    damaged = replaced.count("\ufffd")
    whole = sum(character > "\x7f" for character in replaced) - damaged
    if whole >= 20 * damaged:  # UTF-8 in all but a few places: reading it as anything else would spoil it all
        return Encoding("utf-8", damaged)
    return Encoding(_legacy(sample))


def open_text(source: Source, encoding: Encoding) -> io.TextIOWrapper:
    """Open a source as text with its line ends as they are; damaged characters become U+FFFD."""
    return io.TextIOWrapper(source.open(), encoding=encoding.name, errors="replace", newline="")


def lines(stream: io.TextIOWrapper, name: str, *, limit: int = 1 << 24) -> Iterator[str]:
    """Yield lines with their ends; raises DataError for one of more than `limit` characters."""
    while line := stream.readline(limit):
        if len(line) == limit:
            raise DataError(f"{name} is not a table: it has a line of more than {limit:,} characters.")
        yield line


def _without_mark(head: bytes, source: Source) -> str:
    even, odd = head[0::2].count(0), head[1::2].count(0)
    guess = "utf-16-le" if odd > even else "utf-16-be"
    text = head[: len(head) // 2 * 2].decode(guess, "replace")
    # In UTF-16 the zero bytes stand on one side, and decoding leaves separators but no zero or control character.
    one_sided = min(even, odd) * 20 <= max(even, odd)
    if not (one_sided and re.search("[\t\r\n,;|]", text)) or re.search("[\0-\x08\x0e-\x1f]", text):
        raise _binary(source)
    return guess


def _binary(source: Source) -> DataError:
    wanted = source.wanted
    return DataError(f"{source.name} is not {wanted.what}: it holds zero bytes, as binary files do; {wanted.save}.")


def _is_utf8(source: Source) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    with source.open() as stream:
        while chunk := stream.read(_CHUNK):
            if b"\0" in chunk:
                raise _binary(source)
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError:
                return False
    return not decoder.getstate()[0]  # bytes left over: the last character is cut


def _telling_lines(source: Source) -> bytes:
    found, size = [], 0
    with source.open() as stream:
        while size < _SAMPLE and (chunk := stream.read(_CHUNK)):
            for line in chunk.splitlines(keepends=True):
                if not line.isascii() and size < _SAMPLE:
                    found.append(line)
                    size += len(line)
    return b"".join(found)[: 2 * _SAMPLE]


def _legacy(sample: bytes) -> str:
    for name, common, least in _SPELLED:
        spelled = [character for character in sample.decode(name, "replace") if character > "\x7f"]
        if sum(character in common for character in spelled) >= least * len(spelled):
            return name
    text = sample.decode("cp1252", "replace")
    marked = [character for character in text if character > "\x7f"]
    accented = sum(map(str.isalpha, marked))
    # Accented letters are few among plain ones; in Greek or Cyrillic nearly every letter is beyond ASCII.
    if all(character in _WESTERN for character in marked) and accented < 0.3 * sum(map(str.isalpha, text)) + 1:
        return "cp1252" if re.search(rb"[\x80-\x9f]", sample) else "latin-1"
    best = charset_normalizer.from_bytes(sample, cp_isolation=_OTHERS).best()
    return best.encoding if best else "latin-1"
