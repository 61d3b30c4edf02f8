import pytest

from model.data.languages import language_name, languages, scripts

ENGLISH = "The film was long, but nobody in the room wanted it to end before the music did."
GERMAN = "Der Film war lang, aber niemand im Saal wollte, dass er vor der Musik zu Ende ging."
CHINESE = "这部电影很长，但是房间里没有人希望它在音乐结束之前结束。"


def test_scripts_are_counted_by_letters():
    assert scripts(["ab, 12!", "яж", "日本"]) == {"Latin": 1 / 3, "Cyrillic": 1 / 3, "Han": 1 / 3}
    assert scripts(["Ａｂ", "ｶな", "ª²"]) == pytest.approx({"Latin": 3 / 5, "Katakana": 1 / 5, "Hiragana": 1 / 5})
    assert scripts(["12 ...", ""]) == {}


def test_languages_of_texts_long_enough_to_tell():
    assert languages([ENGLISH] * 3 + [GERMAN]) == {"en": 0.75, "de": 0.25}
    assert languages([CHINESE, "ok", "12"]) == {"zh": 1.0}
    assert languages(["ok", "x" * 19, ""]) is None


def test_what_is_no_language_is_not_sure():
    assert languages(["qz7x kk9 zzqp wv xkcdq jjjq zxzx vvvq qwrtp"]) == {"und": 1.0}
    assert (language_name("und"), language_name("en"), language_name("zxy")) == ("not sure", "English", "zxy")
