"""Tables, LaTeX and JSON: read back, they are what was typed; a spreadsheet and TeX run none of it."""

import csv
import io
import json
import math
import re

import pandas as pd
import pytest

from model.errors import DataError, SettingsError
from model.explain.export_tables import escape_latex, to_csv, to_json, to_latex
from model.explain.export_words import visible
from tests.explain.documents import HOSTILE, explained, without_attention

# Every command that a snippet may hold, those that stand for a character with it.
CHARACTERS = {
    "textbackslash": "\\", "textasciitilde": "~", "textasciicircum": "^", "textless": "<", "textgreater": ">",
    "textbar": "|",
}  # fmt: skip
LAYOUT = {
    "colorbox", "strut", "underline", "allowbreak", "par", "setlength", "fboxsep", "parindent", "raggedright",
    "smallskip", "footnotesize", "textcolor", "times", "begin", "end", "usepackage", "setmainfont", "setCJKmainfont",
}  # fmt: skip


def rows(source):
    assert source.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(source[1:], newline="")))


def typeset(source):
    """The words that TeX would set, by its own rules: comments, commands, groups, spaces."""
    source = re.sub(r"(?m)(?<!\\)%.*\n[ \t]*", "", source)
    text, depth, place = "", 0, 0
    parts = (
        r"\\par(?![a-z])\s*|\\[a-z]+\[HTML\]\{[0-9A-F]{6}\}|\\char(\d+)|\\([a-zA-Z]+) ?"
        r"|\\([{}$&#_%])|([{}])|([\\$&#_^~%])|([^\\])"
    )
    for match in re.finditer(parts, source, re.DOTALL):
        assert match.start() == place
        place = match.end()
        number, command, escaped, brace, forbidden, letter = match.groups()
        assert not forbidden, f"{forbidden} at {place}"
        depth += {"{": 1, "}": -1}.get(brace, 0)
        assert depth >= 0
        assert not command or command in CHARACTERS or command in LAYOUT
        text += chr(int(number)) if number else CHARACTERS.get(command, "") or escaped or letter or ""
        text += " " if match[0].startswith("\\par") else ""
    assert depth == 0 and place == len(source)
    return re.sub(r"\s+", " ", text)


def body(document, **options):
    """The text in a snippet, without its layout and caption."""
    source = to_latex(document, **options)
    start, end = source.index("\\raggedright\n") + len("\\raggedright\n"), source.rindex("\\par\n\\smallskip")
    typeset(source.replace("$-$", "-").replace("$\\times$", "x"))
    source = source[start:end].removeprefix("\\begin{RTL}\n").removesuffix("%\n\\end{RTL}")
    return typeset(source)


@pytest.mark.parametrize("name", HOSTILE)
def test_tables_hold_the_tokens_as_typed(name):
    text = HOSTILE[name]
    document = explained(text)
    document |= explained(text, **{f"={text}": [0.5] * len(document["tokens"])})
    source = to_csv(json.loads(json.dumps(document)))
    source.encode("utf-8")
    found = rows(source)
    assert [row["token"].removeprefix("'") for row in found] == [
        visible(token["text"]).removeprefix("'") for token in document["tokens"]
    ]
    for row in csv.reader(io.StringIO(source[1:], newline="")):
        for cell in row:
            assert len(cell) < 2 or cell[0] not in "=+-@\t\r\n＝＋－＠"


def test_a_row_a_token_with_every_number():
    document = explained(
        "not =1+1 film", weights=[0.5, 0.0, 0.25, 0.0, 0.0, 0.25], unknown=[5], lime=[0.1, -2, 0, 1, None, 3]
    )
    found = rows(to_csv(document))
    assert list(found[0]) == ["position", "token", "start", "end", "known", "attention", "lime"]
    assert list(found[5].values()) == ["5", "film", "9", "13", "false", "0.25", "3.0"]
    assert [row["lime"] for row in found] == ["0.1", "-2.0", "0.0", "1.0", "", "3.0"]
    frame = pd.read_csv(io.BytesIO(to_csv(document).encode("utf-8")))
    assert frame["attention"].sum() == 1 and frame["lime"].isna().sum() == 1 and frame["known"].sum() == 5


def test_what_a_spreadsheet_would_run_has_an_apostrophe():
    document = {**explained("=1+1"), "tokens": [{"text": "=1+1", "start": 0, "end": 4, "known": True}]}
    document["attention"]["weights"] = [1.0]
    assert rows(to_csv(document))[0]["token"] == "'=1+1"
    assert [row["token"] for row in rows(to_csv(explained("= + - @ a")))] == ["=", "+", "-", "@", "a"]


def test_several_documents_share_the_columns():
    found = rows(to_csv([explained("a b", lime=[1, 2]), without_attention(explained("c", saliency=[3]))]))
    assert [(row["text"], row["token"], row["attention"], row["lime"], row["saliency"]) for row in found] == [
        ("0", "a", repr(4 / 6), "1.0", ""), ("0", "b", repr(2 / 6), "2.0", ""), ("1", "c", "", "", "3.0"),
    ]  # fmt: skip
    assert rows(to_csv(explained(""))) == []


@pytest.mark.parametrize("name", HOSTILE)
def test_tex_sets_what_was_typed_and_no_command_of_it(name):
    text = HOSTILE[name]
    document = explained(text)
    document |= {"target": text, "prediction": text, "probabilities": {text: 0.75}}
    assert body(document).strip() == re.sub(r"\s+", " ", visible(text)).strip()
    source = to_latex(document)
    source.encode("utf-8")
    assert not re.search("[\u202a-\u202e\u2066-\u2069]", source)


def test_every_character_is_escaped_on_its_own():
    assert escape_latex("\\{}$&#_%^~") == (
        r"\textbackslash{}\{\}\$\&\#\_\%\textasciicircum{}\textasciitilde{}"
    )  # fmt: skip
    assert escape_latex("--?`") == "{-}{-}{?}{`}"
    assert escape_latex("a \n\t b") == "a b"
    everything = "".join(map(chr, [*range(0x20, 0x7F), *range(0xA1, 0x300), 0x4E2D, 0x202E]))
    assert typeset(escape_latex(everything)) == everything


def test_boxes_have_the_colours_of_the_picture():
    source = to_latex(explained("good film it", weights=[0.75, 0.25, 0.0]))
    assert "\\colorbox[HTML]{FAD391}{\\strut good} \n\\colorbox[HTML]{FEF0DA}{\\strut film} \nit" in source
    assert r"0 to 0.750 = 2.2 $\times$ uniform, uniform 0.333" in source
    source = to_latex(explained("good film", lime=[1.0, -1.0], target="a_b"), row="lime")
    assert r"\colorbox[HTML]{E69A9A}{\strut \underline{film}}" in source
    assert r"$-$1.00 to +1.00; blue for a\_b, red and underlined against it" in source


def test_the_preamble_that_a_script_needs_is_named():
    latin, chinese, arabic = (to_latex(explained(text)) for text in ("Voilà, “so”", "这家酒店", "هذا"))
    assert latin.startswith("% Needs in the preamble: \\usepackage{xcolor}\n{") and "xelatex" not in latin
    assert "xelatex" in chinese and "xeCJK" in chinese and "\\allowbreak{}" in chinese
    assert "xelatex" in arabic and "bidi" in arabic and "\\begin{RTL}" in arabic and "xeCJK" not in arabic


def test_a_flawed_row_is_named_and_the_rest_of_a_text_is_labelled():
    source = to_latex(explained("good film, unread", read=9, saliency=[0.0, 0.0]), row="saliency")
    assert "colorbox" not in source and "all zero" in source
    assert "\\textcolor[HTML]{5F6B7A}{[cut here: the rest is not read] {,} unread}" in source


def test_a_megabyte_stays_small():
    for text, read in (("x" * 1_000_000, None), ("a" + "\x00" * 1_000_000, None), ("a b " * 250_000, 4)):
        source = to_latex(explained(text, read=read))
        assert len(source) < 20_000 and "more characters" in source
        assert len(to_csv(explained(text, read=read))) < 20_000


def test_json_is_strict_and_can_always_be_written():
    document = explained("\ud800 é", lime=[math.nan, math.inf])
    source = to_json(document)
    source.encode("utf-8")
    read = json.loads(source)
    assert read["attributions"]["lime"]["values"] == [None, None]
    assert {**read, "attributions": {}} == {**document, "attributions": {}}
    assert "é" in source and json.loads(to_json([document]))[0] == read


def test_wrong_rows_and_documents_are_refused():
    with pytest.raises(SettingsError, match="no row 'lime'"):
        to_latex(explained("good"), row="lime")
    for export in (to_csv, to_latex):
        with pytest.raises(DataError, match="no saved explanation"):
            export({"text": "good"})
