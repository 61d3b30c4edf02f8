"""Where two sides differ: the right texts in the right cells, and both sides' colours on them."""

import numpy as np
import pytest

from model import load_run
from model.explain.attribution import attribute
from model.explain.figures import predict_ids
from pages.components import caches

FIRST, SECOND = ("lstm 13", "lstm 14"), ("bilstm-additive 13", "bilstm-additive 14")


@pytest.fixture
def face(root, trained, visit):
    """The face of the two sides of two seeds each."""
    runs = ",".join(run.id for run in trained.values())
    return lambda **query: visit("compare", runs=runs, view="texts", **query)


@pytest.fixture
def right(trained):
    """For each side the number of seeds that are right on each test text, counted from the predictions on disk."""

    def count(names):
        tables = [trained[name].predictions().sort_values("index") for name in names]
        return np.sum([(table["label"] == table["prediction"]).to_numpy() for table in tables], axis=0)

    return count(FIRST), count(SECOND)


def shown(test):
    """The places of the texts on the face, in their order."""
    ids = [element.proto.id for element in test.get("bidi_component")]
    return [int(each.rsplit("-", 1)[1]) for each in ids if "-first-" in each]


def texts_of(trained):
    return caches.dataset(trained["lstm 13"]).test


def test_the_pills_count_the_texts_of_each_cell(face, right):
    first, second = (count > 1 for count in right)  # more than half of two seeds: both
    counts = [(~first & second).sum(), (first & ~second).sum(), (~first & ~second).sum(), (first & second).sum()]
    test = face()
    assert not test.exception and not test.error
    names = ("Fixed by attention", "Broken by attention", "Both wrong", "Both right")
    assert test.pills(key="cell").options == [f"{name} · {n}" for name, n in zip(names, counts, strict=True)]
    assert sum(counts) == 30


@pytest.mark.parametrize("cell", ["fixed", "broken", "both-wrong", "both-right"])
def test_each_cell_shows_its_texts_and_no_others(face, right, said, cell):
    first, second = (count > 1 for count in right)
    wanted = {
        "fixed": ~first & second,
        "broken": first & ~second,
        "both-wrong": ~first & ~second,
        "both-right": first & second,
    }[cell]
    test = face(cell=cell, order="order")
    assert not test.exception
    assert shown(test) == np.flatnonzero(wanted)[:5].tolist()
    if not wanted.any():
        assert "No text passes this filter" in said(test)


def test_all_texts_of_a_cell_come_five_at_a_time(face, right):
    counts = {name: n for name, n in zip(("both-wrong", "both-right"), _both(right), strict=True)}
    cell = max(counts, key=counts.get)
    assert counts[cell] > 10
    test = face(cell=cell)
    for expected in (5, 10):
        assert len(shown(test)) == expected
        next(button for button in test.button if button.label.endswith(" more")).click().run()
    while any(button.label.endswith(" more") for button in test.button):
        next(button for button in test.button if button.label.endswith(" more")).click().run()
    assert len(shown(test)) == counts[cell] == len(set(shown(test)))


def _both(right):
    first, second = (count > 1 for count in right)
    return int((~first & ~second).sum()), int((first & second).sum())


def _largest(right):
    return "both-right" if _both(right)[1] >= _both(right)[0] else "both-wrong"


def test_the_greatest_change_of_probability_comes_first(face, trained, right):
    label = texts_of(trained).labels

    def mean(names):
        tables = [trained[name].predictions().sort_values("index") for name in names]
        return [np.mean([table[f"p_{label[i]}"].iloc[i] for table in tables]) for i in range(30)]

    change = np.abs(np.subtract(mean(SECOND), mean(FIRST)))
    places = shown(face(cell=_largest(right)))
    assert [change[place] for place in places] == sorted((change[place] for place in places), reverse=True)
    every = np.sum([count > 1 for count in right], axis=0) == (2 if _largest(right) == "both-right" else 0)
    assert change[places[0]] == change[every].max()


def test_words_and_class_narrow_the_texts(face, trained, right, said):
    test_texts = texts_of(trained)
    cell = _largest(right)
    chosen = shown(face(cell=cell))[0]
    word, label = test_texts.texts[chosen].split()[0], test_texts.labels[chosen]
    place = sorted(set(test_texts.labels)).index(label)
    test = face(cell=cell, words=word.upper(), **{"class": f"class-{place}"})
    assert chosen in shown(test)
    assert all(
        word.casefold() in test_texts.texts[each].casefold() and test_texts.labels[each] == label
        for each in shown(test)
    )
    assert test.query_params["words"] == word.upper()
    test.text_input(key="words").set_value("no such word anywhere").run()
    assert shown(test) == [] and "No text passes this filter" in said(test)


def test_another_sample_is_another_order_of_the_same_texts(face, right):
    test = face(cell=_largest(right), order="sample")
    before = shown(test)
    again = shown(face(cell=_largest(right), order="sample"))
    assert before == again  # the same link, the same texts
    test.button(key="shuffle").click().run()
    assert shown(test) != before and len(shown(test)) == 5


def test_colours_are_the_means_of_the_seeds(face, trained, right, drawn):
    test = face(cell=_largest(right))
    place = shown(test)[0]
    text = texts_of(trained).texts[place]
    attending = [load_run(trained[name].folder) for name in SECOND]
    ids = [model.vocabulary_.tokenize(text, max_tokens=400).ids for model in attending]
    weights = np.mean(
        [predict_ids(m.network_, each).attention.weights for m, each in zip(attending, ids, strict=True)], axis=0
    )
    strip = drawn(test, f"second-{place}")
    assert strip["kind"] == "weight"
    assert strip["values"] == pytest.approx(weights, rel=1e-3)
    assert sum(strip["values"]) == pytest.approx(1, abs=0.01)
    plain = [load_run(trained[name].folder) for name in FIRST]
    said = np.mean([predict_ids(m.network_, each).probabilities for m, each in zip(plain, ids, strict=True)], axis=0)
    rows = [
        attribute(m.network_, each, method="leave_one_out", target=int(said.argmax())).values
        for m, each in zip(plain, ids, strict=True)
    ]
    strip = drawn(test, f"first-{place}")
    assert strip["kind"] == "signed" and strip["target"] == plain[0].classes_[said.argmax()]
    assert strip["values"] == pytest.approx(np.mean(rows, axis=0), rel=1e-3, abs=1e-4)
    assert "leave one out, mean of 2 seeds" in strip["note"]


def test_strips_of_one_text_light_up_together_and_of_two_do_not(face, right, drawn):
    test = face(cell=_largest(right))
    one, other = shown(test)[:2]
    assert drawn(test, f"first-{one}")["group"] == drawn(test, f"second-{one}")["group"]
    assert drawn(test, f"first-{one}")["group"] != drawn(test, f"first-{other}")["group"]


def test_each_text_says_how_many_seeds_are_right_and_leads_to_its_words(face, trained, right, said):
    test = face(cell=_largest(right))
    place = shown(test)[0]
    for count in (each[place] for each in right):
        mark = {2: "✓ right", 0: "✗ wrong"}.get(count)
        assert (mark or "") in said(test) and f"right with {count} of 2 seeds" in said(test)
    link = next(each for each in test.get("page_link") if each.proto.label == f"Read text {place + 1}")
    assert f"example={place}" in link.proto.query_string
    assert f"run={trained['bilstm-additive 13'].id}" in link.proto.query_string
    assert f"beside={trained['lstm 13'].id}" in link.proto.query_string


def test_a_second_look_computes_no_colours(face, right, monkeypatch):
    face(cell=_largest(right))
    monkeypatch.setattr("model.studies.differing.colours_of", None)  # would fail if it were called
    assert not face(cell=_largest(right)).exception


@pytest.mark.parametrize("name", ["cell", "class", "order", "words"])
def test_nonsense_in_an_address_is_let_lie(face, name):
    test = face(**{name: "<script>"})
    assert not test.exception


def test_it_opens_with_a_cell_that_has_texts(root, trained, visit):
    one = trained["lstm 13"].id
    test = visit("compare", runs=f"{one},{trained['bilstm-additive 13'].id}", view="texts")
    counts = [int(option.rsplit(" ", 1)[1]) for option in test.pills(key="cell").options]
    assert counts[("fixed", "broken", "both-wrong", "both-right").index(test.pills(key="cell").value)] > 0
    assert shown(test)


def test_colours_of_next_to_no_effect_are_pale(face, right, drawn):
    test = face(cell=_largest(right))
    for place in shown(test):
        strip = drawn(test, f"first-{place}")
        assert strip["scale"] == pytest.approx(max(0.05, np.abs(strip["values"]).max()), rel=1e-3)
