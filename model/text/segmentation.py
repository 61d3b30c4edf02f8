"""Words with exact offsets into the text as typed, whatever the script, and the form they are looked up by."""

import re
import unicodedata
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from functools import cache
from itertools import chain
from typing import NamedTuple

from tokenizers import Regex
from tokenizers.pre_tokenizers import Split

# Scripts written without spaces. Blocks instead of \p{Han}, so that Python's `re` and the tokenizers' engine agree;
# escapes, because several of these characters turn into others when a file is normalised.
_HAN = (
    "\u2e80-\u2fdf\u3005\u3007\u3021-\u3029\u3038-\u303b\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
_HIRAGANA = "\u3041-\u3096\u309d-\u309f"
_KATAKANA = "\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\uff66-\uff9f"
_FLAG_LETTER = "\U0001f1e6-\U0001f1ff"
UNSPACED = _HAN + _HIRAGANA + _KATAKANA
# A word goes on through combining marks, joiners (Persian, Indic scripts) and soft hyphens.
_WORD = rf"[\p{{L}}\p{{Nd}}&&[^{UNSPACED}]][\p{{L}}\p{{M}}\p{{Nd}}\x{{200c}}\x{{200d}}\x{{ad}}&&[^{UNSPACED}]]*"
_ENDS = r"(?![\p{L}\p{M}\p{Nd}])"
# English contractions are cut as in the Penn Treebank, and so as GloVe 6B was: do|n't, it|'s. Every other apostrophe
# and hyphen is a token of its own. Measured on the 25,000 IMDB reviews, words fitted on one half of them: GloVe holds
# 96.0 % of the words and 99.7 % of the tokens, and 98.8 % of the other half's tokens are known. Kept whole, don't and
# it's are missing from GloVe (90.6 %, 98.0 %); kept whole, state-of-the-art and its kind are rare (94.0 %, 99.4 %;
# 98.5 % known). Cut at every apostrophe the figures are the same, but the negation ends up in a token "t".
_NOT = rf"[nN]['’][tT]{_ENDS}"
_ALTERNATIVES = (
    rf"[a-zA-Z]+(?={_NOT})",
    _NOT,
    rf"['’](?:[sSmMdD]|[rRvV][eE]|[lL][lL]){_ENDS}",
    _WORD,
    rf"(?:[{_HAN}](?!\p{{M}}))++",  # a run of Han, cut into words below
    rf"[{_HAN}]\p{{M}}+",
    rf"[{_HIRAGANA}][{_HIRAGANA}\x{{30fc}}\p{{M}}]*",
    rf"[{_KATAKANA}][{_KATAKANA}\p{{M}}]*",
    r"\.\.\.",  # because NFKC writes … so, and GloVe has it
    rf"[{_FLAG_LETTER}]{{1,2}}[\p{{M}}\x{{200d}}]*",  # \X counts such letters back to the first: quadratic
    # Anything else that can be seen: one grapheme cluster, so an emoji keeps its skin tone, joiners and selectors.
    # Spaces, controls and invisible characters (zero-width, byte order mark, directions) only separate. A visible
    # format character stands alone: a cluster it opens would swallow a space.
    r"(?![\p{Z}\p{Cc}\p{Default_Ignorable_Code_Point}])(?:\p{Cf}\p{M}*|\X)",
)
# pre_tokenize_str works on the calling thread alone: TOKENIZERS_PARALLELISM plays no part, and jobs keep their cores.
_SPLITTER = Split(Regex("|".join(_ALTERNATIVES)), behavior="removed", invert=True)
# The same cuts in ASCII, where Python's own engine is ten times as fast: no call into another language.
_ASCII_ENDS = "(?![a-zA-Z0-9])"
_ASCII = re.compile(
    "|".join(
        (
            rf"[a-zA-Z]+(?=[nN]'[tT]{_ASCII_ENDS})",
            rf"[nN]'[tT]{_ASCII_ENDS}",
            rf"'(?:[sSmMdD]|[rRvV][eE]|[lL][lL]){_ASCII_ENDS}",
            r"[a-zA-Z0-9]+",
            r"\.\.\.",
            r"[!-~]",
        )
    )
)
_HAN_RUN = re.compile(f"[{_HAN}]{{2,}}")
_SURROGATES = re.compile("[\ud800-\udfff]")
_FOLDED = str.maketrans({"\u00ad": None, "’": "'"})  # a hint for hyphenation; GloVe's n't and 's have a straight '

_LONGEST_CHUNK = 40
_MOST_CHUNKS = 1 << 18


class Segmentation(NamedTuple):
    """The tokens of one text: look-up keys, and spans [start, end) in code points of the text as typed."""

    keys: list[str]
    spans: list[tuple[int, int]]


def look_up_key(word: str) -> str:
    """The form a word is looked up by: NFKC and lower case, no white space, a straight apostrophe, no soft hyphen."""
    if word.isascii():
        return word.lower()
    key = unicodedata.normalize("NFKC", word).lower().translate(_FOLDED)
    return "".join(key.split())  # NFKC puts a space before a lone accent


def segment(text: str) -> Segmentation:
    """Cuts a text into tokens.

    Spans are ordered, never overlap and cover every visible character; text[start:end] is the token as typed. What
    cannot be seen (spaces, controls, zero-width characters) separates tokens, save joiners inside a word or an emoji.
    A lone surrogate, which no encoding can hold, is a token with the key "\\ufffd". No text raises.
    """
    keys, spans = [], []
    for piece, (start, end) in _pieces(text):
        if piece[0] >= "\u2e80" and _HAN_RUN.fullmatch(piece):
            for word in _chinese_words()(piece):
                end = start + len(word)
                keys.append(look_up_key(word))
                spans.append((start, end))
                start = end
        else:
            keys.append(look_up_key(piece))
            spans.append((start, end))
    return Segmentation(keys, spans)


def iterate_keys(texts: Iterable[str]) -> Iterator[list[str]]:
    """The keys of each text in turn, as `segment` gives them, fast, in bounded memory; equal keys share a string."""
    if isinstance(texts, str):
        raise TypeError("texts is one str; give a sequence of them, such as [text]")
    strings: dict[str, str] = {}

    def shared(key: str) -> str:
        if len(strings) > _MOST_CHUNKS:
            strings.clear()
        return strings.setdefault(key, key)

    keys = KeyValues(shared)
    for text in texts:
        yield list(keys.of(text))


def segment_keys(texts: Sequence[str]) -> list[list[str]]:
    """The keys of many texts, the same as `segment(text).keys` for each; equal keys share one string."""
    return list(iterate_keys(texts))


class KeyValues:
    """A value for each key of a text, such as its id, fast and in bounded memory.

    `value_of` is asked when a chunk between white space is first met, and must give equal keys equal values.
    """

    def __init__(self, value_of: Callable[[str], Hashable]) -> None:
        self._chunks = _Chunks(value_of)

    def of(self, text: str) -> Iterator[Hashable]:
        """The values of the keys that `segment(text)` gives, in their order."""
        return chain.from_iterable(map(self._chunks.__getitem__, text.split()))


class _Chunks(dict):
    """The values of each chunk between white space, cut when first met: no token reaches across white space."""

    def __init__(self, value_of):
        self._value_of = value_of

    def __missing__(self, chunk):
        values = tuple(map(self._value_of, _keys_of(chunk)))  # the collector soon lets go of a tuple of str
        if len(chunk) <= _LONGEST_CHUNK and len(self) < _MOST_CHUNKS:  # longer ones hardly ever come back
            self[chunk] = values
        return values


def _keys_of(chunk):
    if not chunk.isascii():
        return segment(chunk).keys
    lowered = chunk.lower()
    return [lowered] if lowered.isalnum() else _ASCII.findall(lowered)


def _pieces(text):
    if text.isascii():
        return [(match[0], match.span()) for match in _ASCII.finditer(text)]
    try:
        return _SPLITTER.pre_tokenize_str(text)
    except UnicodeEncodeError:  # one character for one, so the offsets hold
        return _SPLITTER.pre_tokenize_str(_SURROGATES.sub("\ufffd", text))


@cache
def _chinese_words():
    import rjieba  # here, because its dictionary takes 0.1 s that most texts never need

    return rjieba.cut
