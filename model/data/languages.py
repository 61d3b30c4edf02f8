"""Which scripts and which languages some texts are in."""

import unicodedata
from collections import Counter
from collections.abc import Sequence
from functools import cache

CONFIDENT = 0.8  # least probability at which a language is said of a text
_LEAST_LETTERS = 20  # of a text to be asked for its language: of shorter ones nobody can tell
_MOST_TEXTS, _MOST_CHARACTERS = 1000, 400
_SCRIPTS = {"CJK": "Han", "IDEOGRAPHIC": "Han", "KATAKANA-HIRAGANA": "Katakana", "SUPERSCRIPT": "Latin"}
_NAMES = dict(
    pair.split(":")
    for pair in (
        "af:Afrikaans am:Amharic ar:Arabic az:Azerbaijani be:Belarusian bg:Bulgarian bn:Bengali br:Breton bs:Bosnian "
        "ca:Catalan cs:Czech cy:Welsh da:Danish de:German el:Greek en:English eo:Esperanto es:Spanish et:Estonian "
        "eu:Basque fa:Persian fi:Finnish fo:Faroese fr:French fy:Frisian ga:Irish gd:Gaelic gl:Galician gu:Gujarati "
        "ha:Hausa he:Hebrew hi:Hindi hr:Croatian hu:Hungarian hy:Armenian id:Indonesian ig:Igbo is:Icelandic "
        "it:Italian ja:Japanese jv:Javanese ka:Georgian kk:Kazakh km:Khmer kn:Kannada ko:Korean ku:Kurdish ky:Kyrgyz "
        "la:Latin lb:Luxembourgish lo:Lao lt:Lithuanian lv:Latvian mg:Malagasy mk:Macedonian ml:Malayalam "
        "mn:Mongolian mr:Marathi ms:Malay mt:Maltese my:Burmese ne:Nepali nl:Dutch nn:Nynorsk no:Norwegian "
        "oc:Occitan or:Odia pa:Punjabi pl:Polish ps:Pashto pt:Portuguese ro:Romanian ru:Russian rw:Kinyarwanda "
        "sd:Sindhi si:Sinhala sk:Slovak sl:Slovenian so:Somali sq:Albanian sr:Serbian sv:Swedish sw:Swahili "
        "ta:Tamil te:Telugu tg:Tajik th:Thai tk:Turkmen tl:Tagalog tr:Turkish tt:Tatar ug:Uyghur uk:Ukrainian "
        "ur:Urdu uz:Uzbek vi:Vietnamese wuu:Wu xh:Xhosa yo:Yoruba yue:Cantonese zh:Chinese zu:Zulu"
    ).split()
)


def scripts(texts: Sequence[str]) -> dict[str, float]:
    """Share of each script among the letters of some texts, the commonest first: {"Latin": 0.98, …}."""
    letters: Counter[str] = Counter()
    for text in texts:
        letters.update(text)
    found: Counter[str] = Counter()
    for letter, count in letters.items():
        if letter.isalpha():
            found[_script(letter)] += count
    return {script: count / found.total() for script, count in found.most_common()}


def languages(texts: Sequence[str]) -> dict[str, float] | None:
    """Share of each language (ISO 639 code), the commonest first, among the texts that are long enough to tell.

    Looks at a thousand texts at most, by py3langid (Lui & Baldwin 2012, retrained); a text that it is unsure of
    counts as "und". None where no text is long enough, or py3langid is not installed.
    """
    asked = [text[:_MOST_CHARACTERS] for text in texts[: 2 * _MOST_TEXTS] if _letters(text) >= _LEAST_LETTERS]
    identifier = _identifier()
    if identifier is None or not asked:
        return None
    found = Counter(identifier.classify(text)[0] for text in asked[:_MOST_TEXTS])
    found["und"] += found.pop("zxx", 0)  # its word for what is no language
    return {code: count / found.total() for code, count in found.most_common() if count}


def language_name(code: str) -> str:
    """A language's English name; the code itself where it is a rare one."""
    return "not sure" if code == "und" else _NAMES.get(code, code)


def _letters(text: str) -> int:
    # A Chinese letter says as much as three of an alphabet.
    return sum(3 if letter >= "\u2e80" else 1 for letter in text[:_MOST_CHARACTERS] if letter.isalpha())


@cache
def _script(letter: str) -> str:
    first, *rest = unicodedata.name(letter, "OTHER").split(" ")
    if first in ("FULLWIDTH", "HALFWIDTH", "MODIFIER", "MATHEMATICAL", "CIRCLED", "SQUARED", "FEMININE", "MASCULINE"):
        first = rest[0] if rest and rest[0] in ("KATAKANA", "HANGUL") else "LATIN"
    return _SCRIPTS.get(first, first.capitalize())


@cache
def _identifier():
    try:
        from py3langid.langid import MODEL_FILE, LanguageIdentifier
    except ImportError:
        return None
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True, min_confidence=CONFIDENT)
