"""Names for everything there is, numbers as people read them, and text as typed."""

import pytest

from model.explain.attribution import METHODS
from model.explain.rows import TITLES
from model.networks.preset_words import PRESET_WORDS
from model.networks.presets import PRESETS
from pages.components import words


def test_every_preset_and_every_method_has_its_words():
    assert set(PRESET_WORDS) == set(PRESETS)
    assert set(TITLES) == {"attention", *METHODS}
    for name, preset in PRESETS.items():
        assert PRESET_WORDS[name].attends == (preset.pooling not in ("last", "mean")), name


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("plain words", "plain words"),
        ("*bold* _it_", r"\*bold\* \_it\_"),
        ("![x](y)", r"\!\[x\]\(y\)"),
        (":red[x] :smile: $x$", r"\:red\[x\] \:smile\: \$x\$"),
        ("a\n# b", r"a \# b"),
        ("<img src=x>", r"\<img src=x\>"),
    ],
)
def test_typed_text_is_no_markdown(typed, shown):
    assert words.literal(typed) == shown


def test_an_address_in_a_title_is_no_link():
    assert "://" not in words.literal("see http://example.com")


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.0001, "1 ms"), (0.0304, "30 ms"), (1.44, "1.4 s"), (65, "65 s"), (600, "10 min"), (9000, "2.5 h")],
)
def test_durations(seconds, said):
    assert words.duration(seconds) == said


def test_numbers():
    assert words.percent(0.863) == "86.3 %"
    assert words.signed(-0.5) == "−0.50"
    assert words.points(0.029) == "+2.9 points"
    assert words.size(4_812_345) == "4.8 MB" and words.size(12) == "12 bytes"
    assert words.listed([]) == "" and words.listed(["a"]) == "a" and words.listed(["a", "b", "c"]) == "a, b and c"
