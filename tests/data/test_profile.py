import json
from collections import Counter

import pytest

from model.data import profile as module
from model.data import sample as sampling
from model.data.cautions import MAX_TOKENS
from model.data.diagnostic import generate
from model.data.ingest import ingest
from model.data.profile import profile_of
from model.data.splits import make_dataset
from model.data.tables import read_table
from model.training.settings import Settings


def rows_of(
    count, text=lambda i: f"the {i} film was {'good' if i % 2 else 'bad'} and long", label=lambda i: "np"[i % 2]
):
    return [(text(i), label(i)) for i in range(count)]


def profile(rows, tmp_path, *, head="text\tlabel", raw=None):
    path = tmp_path / "t.tsv"
    path.write_bytes(raw or "\n".join([head, *("\t".join(row) for row in rows)]).encode())
    return ingest(path, tmp_path / "data", name="t.tsv")


def kinds(found):
    return [warning["kind"] for warning in found["warnings"]]


def caution(found, kind):
    (warning,) = [warning for warning in found["warnings"] if warning["kind"] == kind]
    return warning


def test_the_figures_of_a_small_table_by_hand(tmp_path):
    rows = [*rows_of(100), ("the 0 film was bad and long", "n"), ("the 1 film was good and long", "n")]
    found = profile(rows, tmp_path)
    assert (found["rows"], found["kept"], found["duplicates"], found["conflicting"]) == (102, 99, 1, 2)
    assert found["splits"] == {"train": 79, "validation": 10, "test": 10}
    assert found["classes"]["n"] == {"train": 40, "validation": 5, "test": 5}
    assert found["conflicts"] == [{"text": "the 1 film was good and long", "labels": ["n", "p"]}]
    lengths = found["lengths"]
    assert lengths["bins"][-1] == [7, 8, 79]
    assert (lengths["median"], lengths["p95"], lengths["longest"], lengths["looked_at"]) == (7, 7, 7, 79)
    # Each text has one number of its own, which no other has: 1 token of 7 is unknown.
    assert found["unknown"]["test"] == found["unknown"]["once"] == pytest.approx(1 / 7, abs=1e-5)
    assert found["unknown"]["whole"]
    assert found["vocabulary"] == 7  # the film was good bad and long
    assert found["scripts"] == {"Latin": 1.0}
    assert len(found["samples"]) == 10
    assert {row["label"] for row in found["samples"][:2]} == {"n", "p"}
    assert json.loads(json.dumps(found)) == found


def test_a_data_set_in_memory_has_the_same_profile(tmp_path):
    rows = rows_of(300)
    streamed = profile(rows, tmp_path)
    held = profile_of(make_dataset(read_table(tmp_path / "t.tsv"), name="t.tsv"))
    only_streamed = {"columns", "encoding", "format"}
    assert {key: streamed[key] for key in streamed if key not in only_streamed} == {
        key: held[key] for key in held if key not in only_streamed
    }
    assert streamed["columns"] == {"all": ["text", "label"], "text": ["text"], "label": "label", "split": None}
    assert (streamed["encoding"], streamed["format"], held["columns"]) == ("utf-8", "tsv", None)


def test_of_many_texts_a_part_is_looked_at_and_it_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(sampling, "MOST_TEXTS", {"train": 50, "validation": 10, "test": 10})
    found = profile(rows_of(2000), tmp_path)
    assert found["lengths"]["looked_at"] == found["unknown"]["looked_at"] == 50
    assert not found["unknown"]["whole"]
    assert caution(found, "many_unknown")["about"].startswith("At most 14 %")


def test_histograms_count_every_text(tmp_path):
    found = profile(rows_of(400, text=lambda i: "word " * (1 + i * i % 977) + str(i)), tmp_path)["lengths"]
    assert sum(count for _, _, count in found["bins"]) == found["looked_at"]
    assert all(low < high for low, high, _ in found["bins"])
    assert [low for low, _, _ in found["bins"][1:]] == [high for _, high, _ in found["bins"][:-1]]
    assert found["bins"][-1][1] == found["longest"] + 1 or found["bins"][-1][1] > found["longest"]
    assert len(found["bins"]) <= 25


def test_a_clean_large_table_has_nothing_to_warn_of(tmp_path):
    words = "one two three four five six seven eight nine ten".split()
    found = profile(
        rows_of(14000, text=lambda i: " ".join(words[int(d)] for d in str(10000 + i)) + " again"), tmp_path
    )
    assert kinds(found) == []


def test_defaults_are_those_of_a_training_and_mends_are_its_options(tmp_path):
    assert Settings().max_tokens == MAX_TOKENS
    assert Settings().min_frequency == module.MIN_FREQUENCY
    rows = rows_of(90, label=lambda i: "p" if i % 9 else "n", text=lambda i: f"w{i} " * 500)
    found = profile(rows, tmp_path)
    assert kinds(found) == ["imbalance", "tiny_class", "few_texts", "small_test", "long_texts", "many_unknown"]
    for warning in found["warnings"]:
        assert warning["about"] and warning["effect"]
        if warning["mend"]:
            Settings.from_dict(warning["mend"].get("settings", {}))
    assert caution(found, "imbalance")["mend"]["settings"] == {"class_weights": "balanced"}
    assert caution(found, "long_texts")["mend"]["settings"] == {"max_tokens": 500}
    assert "100 % of the texts have more than 400 tokens" in caution(found, "long_texts")["about"]
    assert "'n' has 8" in caution(found, "tiny_class")["about"]


def test_the_small_test_says_how_well_accuracy_is_known(tmp_path):
    # 100 test texts: 1.96 * sqrt(0.85 * 0.15 / 100) = 7.0 points.
    assert (
        "100 texts: an accuracy of 85 % is known to ± 7 points"
        in caution(profile(rows_of(1000), tmp_path), "small_test")["about"]
    )


def test_leaks_repeats_and_conflicts_are_told(tmp_path):
    rows = [(f"text {i}", "ab"[i % 2], "train" if i < 80 else "test") for i in range(100)]
    rows += [("text 90", "a", "train"), ("text 3", "b", "train"), ("text 5", "a", "train")]
    found = profile(rows, tmp_path, head="text\tlabel\tsplit")
    assert caution(found, "leaked")["about"].startswith("1 text of training")
    assert caution(found, "duplicates")["about"].startswith("1 row (1.0 %)")
    assert caution(found, "conflicting")["about"].startswith("2 rows (2.0 %)")
    assert found["given_splits"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (lambda i: f"{'sports' if i % 2 else 'politics'} report number {i}", "In 100 % of the texts the name"),
        (lambda i: f"a report number {i}" + (" xid7" if i % 2 else ""), "“xid7” in 100 % of 'sports' and 0 %"),
    ],
)
def test_a_label_that_stands_in_the_text_is_told(text, words, tmp_path):
    found = profile(rows_of(400, text=text, label=lambda i: "sports" if i % 2 else "politics"), tmp_path)
    warnings = [warning["about"] for warning in found["warnings"] if warning["kind"] == "label_in_text"]
    assert any(words in about for about in warnings)


def test_a_label_that_stands_in_the_texts_of_others_too_gives_nothing_away(tmp_path):
    found = profile(
        rows_of(400, text=lambda i: f"sports or politics, number {i}", label=lambda i: ("sports", "politics")[i % 2]),
        tmp_path,
    )
    assert "label_in_text" not in kinds(found)


def test_words_seen_once_are_counted_apart_from_those_never_seen(tmp_path):
    rows = [(f"film w{i} was long", "ab"[i % 2], "train") for i in range(60)]
    rows += [(f"film w{i} was never{i}", "ab"[i % 2], "test") for i in range(30)]
    found = profile(rows, tmp_path, head="text\tlabel\tsplit")
    # Of 4 words, "never…" is unknown whatever the frequency; w… stands in training once, if not in validation.
    assert found["unknown"]["test"] == 0.5
    assert 0.25 <= found["unknown"]["once"] < 0.35


def test_planted_words_that_a_few_texts_have_are_no_giveaway(tmp_path):
    found = profile(rows_of(400, text=lambda i: f"a report number {i}" + (" xid7" if i % 4 == 1 else "")), tmp_path)
    assert "label_in_text" not in kinds(found)


def test_damaged_characters_and_single_words_are_told(tmp_path):
    raw = b"text\tlabel\n" + b"".join(
        b"caf\xc3\x83\xc2\xa9 %d was \xc3\xa2\xe2\x82\xac\xe2\x84\xa2s\t%d\n" % (i, i % 2) for i in range(99)
    )
    assert caution(profile(None, tmp_path, raw=raw), "damaged_characters")["about"].startswith("100 %")
    assert "damaged_characters" not in kinds(profile(rows_of(99, text=lambda i: f"café {i} was ’s"), tmp_path))
    assert caution(profile(rows_of(99, text=lambda i: f"word{i}"), tmp_path), "one_word_texts")["about"].startswith(
        "100 %"
    )


def test_languages_and_scripts_are_told(tmp_path):
    english, german = "the film was long but we liked it very much", "der Film war lang aber er hat uns sehr gefallen"
    mixed = profile(rows_of(200, text=lambda i: f"{english if i % 4 else german} {i}"), tmp_path)
    assert set(mixed["languages"]) >= {"en", "de"}
    assert mixed["language_names"]["de"] == "German"
    assert "English 7" in caution(mixed, "mixed_languages")["about"]
    thai = profile(rows_of(200, text=lambda i: f"ภาพยนตร์เรื่องนี้ยาวมากแต่เราชอบมาก {i}"), tmp_path)
    assert "Thai, which is written without spaces" in caution(thai, "other_script")["about"]
    chinese = profile(rows_of(200, text=lambda i: f"这部电影很长但是我们很喜欢它 {i}"), tmp_path)
    if chinese["glove"] is not None:
        assert "Han; GloVe's vectors know" in caution(chinese, "other_script")["about"]


def test_many_classes_are_told(tmp_path):
    found = profile(rows_of(900, label=lambda i: f"class {i % 40}"), tmp_path)
    assert "40 classes with 18 training texts each" in caution(found, "many_classes")["about"]
    assert "and 37 classes more are as small" in caution(found, "tiny_class")["about"]
    assert len({row["label"] for row in found["samples"]}) == 10


def test_generated_data_has_a_profile():
    found = profile_of(generate("keyword", rows=200))
    assert found["name"] == "diagnostic:keyword:200" or found["name"].startswith("diagnostic:keyword")
    assert Counter(row["split"] for row in found["samples"])["train"] == 10
