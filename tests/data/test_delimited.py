import pytest

from model.data.containers import open_source
from model.data.delimited import find_dialect, read_delimited
from model.data.encodings import Encoding
from model.errors import DataError

UTF8 = Encoding("utf-8")
ROWS = "".join(f"a plain text number {i},{'pos' if i % 2 else 'neg'}\n" for i in range(30))


def rows(text: str, *, one_column=False, name="table.csv"):
    source = open_source(text.encode(), name=name)
    dialect = find_dialect(source, UTF8, one_column=one_column)
    return dialect, list(read_delimited(source, UTF8, dialect))


@pytest.mark.parametrize("separator", [",", "\t", ";", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_separators_and_line_ends_are_found(separator, end):
    text = "text,label\n" + ROWS
    dialect, read = rows(text.replace(",", separator).replace("\n", end))
    assert (dialect.separator, dialect.width) == (separator, 2)
    assert read[:2] == [["text", "label"], ["a plain text number 0", "neg"]]
    assert len(read) == 31


def test_quoted_separators_quotes_and_line_ends_belong_to_the_text():
    dialect, read = rows('text,label\n"one, ""two""\nthree",1\n"four",0\nfive,0\n')
    assert dialect.quoting == "doubled"
    assert read == [["text", "label"], ['one, "two"\nthree', "1"], ["four", "0"], ["five", "0"]]


def test_a_file_that_never_meant_to_quote_keeps_its_quotation_marks():
    dialect, read = rows('"unclosed\t1\nfoo\t0\n"bar" he said\t1\nqux "x" y\t0\n')
    assert dialect.quoting == "none"
    assert read == [['"unclosed', "1"], ["foo", "0"], ['"bar" he said', "1"], ['qux "x" y', "0"]]


def test_quotation_marks_that_would_swallow_the_separator_are_not_quoting():
    dialect, read = rows('"one\t1\ntwo\t0"\n' * 10)
    assert dialect.quoting == "none"
    assert read[:2] == [['"one', "1"], ["two", '0"']]


def test_an_unquoted_mark_far_below_the_sample_swallows_nothing():
    text = ROWS.replace(",", "\t") * 600 + '"once\tpos\n' + ROWS.replace(",", "\t") * 50
    dialect, read = rows(text)
    assert dialect.quoting == "none"
    assert len(read) == 30 * 650 + 1


def test_escaped_quotation_marks_are_read():
    dialect, read = rows('text,label\n"he said \\"hi, you\\", ok",1\n"b, c",0\n"d",1\n')
    assert dialect.quoting == "escaped"
    assert read[1] == ['he said "hi, you", ok', "1"]


def test_quoting_with_slips_is_still_better_than_none():
    dialect, read = rows('text,label\n"a, b",1\n"c, "d" e",0\n"f, g",1\n"h, i",0\n"j, k",0\n')
    assert dialect.quoting == "loose"
    assert [row[-1] for row in read[1:]] == ["1", "0", "1", "0", "0"]


def test_a_file_cut_in_a_quoted_text_keeps_the_rows_before():
    _, read = rows('text,label\n"a, b",1\n"c, d",0\n"e, f",1\n"g, h')
    assert read[:4] == [["text", "label"], ["a, b", "1"], ["c, d", "0"], ["e, f", "1"]]


def test_a_quotation_mark_that_stays_open_is_named_with_its_line():
    slip = '"c, "d" e",0\n' * 5
    text = "text,label\n" + slip + '"a, b",1\n' * 200 + '"open,1\n' + "x\n" * 1200 + '"a, b",1\n' * 3
    with pytest.raises(DataError, match=r"opened in line 207 does not close for 1,2\d\d lines"):
        rows(text)


def test_excels_first_line_names_the_separator():
    dialect, read = rows("sep=;\ntext;label\na, b;1\nc, d;0\n")
    assert dialect.skip == 1
    assert read == [["text", "label"], ["a, b", "1"], ["c, d", "0"]]


def test_blank_lines_are_no_rows():
    assert rows("text,label\n\na,1\n   \nb,0\n\n")[1] == [["text", "label"], ["a", "1"], ["b", "0"]]


def test_prose_is_no_table_and_the_best_try_is_told():
    prose = "It was the best of times,\nit was the worst of times;\nwe had everything before us\nand nothing\n"
    with pytest.raises(DataError, match="comma gives 25% of its rows 2 columns"):
        rows(prose)
    with pytest.raises(DataError, match="no comma, tab, semicolon or bar"):
        rows("one\ntwo\nthree\n")


@pytest.mark.parametrize("name", ["texts.txt", "texts.csv"])
def test_a_list_of_texts_has_one_column(name):
    dialect, read = rows("Great, really\nfine\n\nno, no, no\n", one_column=True, name=name)
    assert dialect.separator is None
    assert read == [["Great, really"], ["fine"], ["no, no, no"]]


def test_a_list_of_quoted_texts_has_one_column():
    assert rows('text\n"a, b"\n"c\nd"\n', one_column=True)[1] == [["text"], ["a, b"], ["c\nd"]]


def test_lines_of_a_txt_are_not_torn_at_their_commas():
    assert rows("Great, really\nNo, not\n", one_column=True, name="texts.txt")[0].separator is None
    assert rows("Great, really\nNo, not\n", one_column=True, name="texts.csv")[0].separator == ","


def test_texts_longer_than_the_csv_modules_own_limit_are_read():
    long = "word " * 40_000
    assert rows(f'text,label\n"{long}",1\nb,0\n')[1][1] == [long, "1"]
