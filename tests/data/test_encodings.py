import pytest

from model.data.containers import open_source
from model.data.encodings import find_encoding, lines, open_text
from model.errors import DataError

CHINESE = "标签,文本\n" + "好,酒店位置很好，房间也干净\n差,服务态度很差，不会再来了\n" * 3
FRENCH = "texte;avis\nUn très bon film, émouvant et drôle;positif\nUn scénario décevant à côté;négatif\n"
TYPED = "text,label\nIt’s “great” – really…,1\nDon’t,0\n"
RUSSIAN = "текст,оценка\n" + "Очень хороший фильм,1\nПлохой фильм и скучно,0\n" * 5
JAPANESE = "文,ラベル\n" + "とても良い映画でした。感動しました,1\nつまらない映画だった,0\n" * 5


def decoded(data: bytes) -> tuple[str, str]:
    source = open_source(data, name="table.csv")
    encoding = find_encoding(source)
    with open_text(source, encoding) as stream:
        return encoding.name, stream.read()


@pytest.mark.parametrize("text", [CHINESE, FRENCH, TYPED, RUSSIAN])
@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_unicode_is_found_with_and_without_a_mark(text, codec):
    name, read = decoded(text.encode(codec))
    assert (name, read) == (codec, text)


@pytest.mark.parametrize(
    ("text", "codec"),
    [
        (CHINESE, "gb18030"),
        ("很好,1\n太差了,0\n", "gb18030"),
        (FRENCH, "latin-1"),
        ("label,text\n1,café\n0,thé\n", "latin-1"),
        (TYPED, "cp1252"),
        (RUSSIAN, "cp1251"),
        (JAPANESE, "cp932"),
        (JAPANESE, "euc_jp"),
    ],
)
def test_older_encodings_are_found_by_what_they_spell(text, codec):
    assert decoded(text.encode(codec)) == (codec, text)


def test_a_few_damaged_characters_do_not_turn_utf8_into_another_encoding():
    data = bytearray(CHINESE.encode() * 5)
    data[data.index("酒".encode())] = 0xFF
    source = open_source(bytes(data), name="table.csv")
    encoding = find_encoding(source)
    assert encoding.label == "utf-8, with damaged characters"
    with open_text(source, encoding) as stream:
        text = stream.read()
    assert text.count("\ufffd") == 3  # the three bytes of one character
    assert text.count("位置很好") == 15


def test_a_file_cut_inside_its_last_character_is_still_utf8():
    source = open_source((CHINESE + "酒").encode()[:-1], name="table.csv")
    assert find_encoding(source).label == "utf-8, with damaged characters"


def test_a_character_across_two_chunks_is_whole():
    text = "a" * ((1 << 20) - 1) + "酒\n"
    assert decoded(text.encode()) == ("utf-8", text)


@pytest.mark.parametrize("data", [b"text,label\nfoo\0bar,1\n", bytes(range(256)) * 40, b"x" * (1 << 17) + b"\0"])
def test_zero_bytes_mean_binary_data(data):
    with pytest.raises(DataError, match="zero bytes"):
        decoded(data)


def test_line_ends_stay_and_a_line_without_end_is_refused():
    source = open_source(b"a\r\nb\rc\nd", name="table.csv")
    with open_text(source, find_encoding(source)) as stream:
        assert list(lines(stream, "table.csv")) == ["a\r\n", "b\r", "c\n", "d"]
    source = open_source(b"a" * 100, name="table.csv")
    with open_text(source, find_encoding(source)) as stream, pytest.raises(DataError, match="more than 50 char"):
        list(lines(stream, "table.csv", limit=50))
