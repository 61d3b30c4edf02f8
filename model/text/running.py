"""Keys written as running text again, one behind the other: which of them have a space between them."""

import re
from collections.abc import Iterable

from model.text.segmentation import UNSPACED

_TIGHT_BEFORE = frozenset(
    ". , ; : ! ? ) ] } % ... .. !! ?? ?! !? » › ” ’ 's 'm 'd 're 've 'll n't - – — / \n".split(" ")
)
_TIGHT_AFTER = frozenset("( [ { $ £ € # @ « ‹ “ ‘ ¿ ¡ - – — / \n".split(" "))
_FULL_WIDTH = {",": "，", ":": "：", ";": "；", "!": "！", "?": "？", "(": "（", ")": "）", "...": "…", "'": "’"}
_UNSPACED_EDGE = re.compile(f"[{UNSPACED}\u3001-\u3003\u3008-\u301f\uff01-\uff5e…]")
_QUOTES = frozenset("“”‘’'")  # they belong to the script of what stands before them


class RunningText:
    """Writes keys as a person would, each by what stands before it: `add` gives the piece of text to append.

    As "words": no space before closing punctuation, behind opening brackets, inside contractions, numbers and
    compounds, or between words of a script without spaces, among which , : ; ! ? ( ) are written full-width. Straight
    double quotes open and close in turn. As "characters", keys are simply concatenated.
    """

    def __init__(self, unit: str):
        self._spaced = unit == "words"
        self._before = ["\n", "\n"]  # the last two keys; the beginning of a text is that of a line
        self._unspaced = False  # whether the last key was of a script without spaces
        self._quoted = False

    def add(self, key: str) -> str:
        """The text that this key appends."""
        if not self._spaced:
            return key
        written = _FULL_WIDTH.get(key, key) if self._unspaced else key
        tight = self._is_tight(written)
        if key == '"':
            self._quoted = not self._quoted
        elif key == "\n":
            self._quoted = False
        if key not in _QUOTES:
            self._unspaced = bool(_UNSPACED_EDGE.match(written[-1:]))
        self._before = [self._before[1], key]
        return written if tight else " " + written

    def _is_tight(self, written: str) -> bool:
        earlier, last = self._before
        if last in _TIGHT_AFTER or written in _TIGHT_BEFORE:
            return True
        if self._unspaced or _UNSPACED_EDGE.match(written):
            return True
        if '"' in (written, last):  # a closing one stands at its word, and a word at an opening one
            return self._quoted
        if "'" in (written, last):
            return written == "'" or (earlier.isalpha() and not earlier.endswith("s"))  # the boys' books
        return last in (".", ",", ":") and earlier.isdigit() and written.isdigit()


def join(keys: Iterable[str], unit: str) -> str:
    """Keys as running text; see `RunningText`."""
    return "".join(map(RunningText(unit).add, keys))
