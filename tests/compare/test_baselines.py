import csv
import gzip
import html
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from model.compare.baselines import majority, tfidf_logistic_regression
from model.compare.metrics import classification_metrics
from model.errors import DataError
from model.text.segmentation import segment_keys

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"


def sentences(count, *, seed, pairs=False):
    """Texts of filler words with a word, or an order of two words, that gives their class away."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 3, count)
    signs = ["yes", "no", "maybe"] if not pairs else ["not bad", "bad not", "bad bad not not"]
    texts = []
    for label in labels:
        filler = [f"w{number}" for number in rng.integers(0, 30, rng.integers(2, 9))]
        texts.append([*filler, *signs[label].split()])
    return texts, labels


def test_majority_predicts_the_shares():
    probabilities = majority(np.array([2, 0, 2, 2]), 4, documents=3)
    assert probabilities.tolist() == [[0.25, 0, 0.75, 0]] * 3
    result = classification_metrics(probabilities, np.array([2, 2, 0]))
    assert result["accuracy"] == pytest.approx(2 / 3)
    assert result["loss"] == pytest.approx(-(2 * np.log(0.75) + np.log(0.25)) / 3)
    with pytest.raises(DataError, match="no training labels"):
        majority(np.zeros(0, int), 2, documents=1)


def test_tfidf_learns_a_word_and_says_how_it_chose():
    train, validation, test = (sentences(count, seed=seed) for seed, count in enumerate((400, 80, 100)))
    result = tfidf_logistic_regression(*train, *validation, test[0])
    assert result.probabilities.shape == (100, 3)
    assert classification_metrics(result.probabilities, test[1])["accuracy"] == 1.0
    assert [(row["ngrams"], row["C"]) for row in result.candidates] == [
        (ngrams, strength) for ngrams in ([1, 1], [1, 2]) for strength in (1, 5, 10)
    ]
    assert result.choice in result.candidates
    best = max(row["validation_accuracy"] for row in result.candidates)
    ties = [row for row in result.candidates if row["validation_accuracy"] == best]
    assert result.choice == min(ties, key=lambda row: row["validation_loss"])


def test_pairs_are_chosen_where_order_decides():
    train, validation, test = (sentences(count, seed=seed, pairs=True) for seed, count in enumerate((600, 150, 200)))
    result = tfidf_logistic_regression(*train, *validation, test[0])
    assert result.choice["ngrams"] == [1, 2]
    assert classification_metrics(result.probabilities, test[1])["accuracy"] > 0.95


def test_terms_and_weights_are_those_of_the_formula():
    # Training alone decides terms: 2 texts hold a (a x 3 and a x 1), 1 holds b. Sublinear: 1 + ln 3 and 1.
    from model.compare.baselines import _tfidf

    train, test = _tfidf(1, [["a", "a", "a", "b"], ["a"]], [["b", "stranger"]])
    idf_a, idf_b = np.log(3 / 3) + 1, np.log(3 / 2) + 1  # scikit-learn's smoothed idf
    row = np.array([(1 + np.log(3)) * idf_a, idf_b])
    assert train.toarray() == pytest.approx(np.array([row / np.linalg.norm(row), [1, 0]]))
    assert test.toarray() == pytest.approx(np.array([[0, 1]]))


def test_odd_tables_have_answers():
    train = [["good"], ["bad"], [], ["good", "bad"]], np.array([1, 0, 1, 0])
    result = tfidf_logistic_regression(*train, *train, [[], ["stranger"]], classes=4)
    assert result.probabilities.shape == (2, 4)
    assert (result.probabilities[:, 2:] == 0).all()  # never seen in training
    assert result.probabilities.sum(axis=1) == pytest.approx([1, 1])
    assert tfidf_logistic_regression(*train, *train, []).probabilities.shape == (0, 2)


def test_what_cannot_be_learned_is_refused():
    for keys, labels in (([[], []], [0, 1]), ([["a"], ["b"]], [1, 1])):
        with pytest.raises(DataError, match="words, from at least two classes"):
            tfidf_logistic_regression(keys, np.array(labels), keys, np.array(labels), [])
    with pytest.raises(DataError, match="validation texts to choose on"):
        tfidf_logistic_regression([["a"], ["b"]], np.array([0, 1]), [], np.zeros(0, int), [])


def test_importing_does_not_import_scikit_learn():
    code = "import sys, model.compare.baselines, model.compare.significance; sys.exit('sklearn' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.skipif(not (DATA / "sst2").is_dir(), reason="needs the data that lies beside the project")
def test_sst2_reaches_the_published_figure():
    splits = []
    for name in ("train", "dev", "test"):
        with open(DATA / "sst2" / f"{name}.tsv", encoding="utf-8") as file:
            rows = [line.rstrip("\n").split("\t") for line in file]
        splits.append((segment_keys([text for text, _ in rows]), np.array([int(label) for _, label in rows])))
    train, validation, test = splits
    result = tfidf_logistic_regression(*train, *validation, test[0])
    assert classification_metrics(result.probabilities, test[1])["accuracy"] > 0.80


@pytest.mark.slow
@pytest.mark.skipif(not (DATA / "ag_news").is_dir(), reason="needs the data that lies beside the project")
def test_ag_news_reaches_the_published_figure():
    with gzip.open(DATA / "ag_news" / "train_subset.csv.gz", "rt", encoding="utf-8") as file:
        train = [(row["text"], int(row["label"])) for row in csv.DictReader(file)]
    with open(DATA / "ag_news" / "test.csv", encoding="utf-8") as file:
        test = [(f"{row['title']}. {row['description']}", int(row["label"])) for row in csv.DictReader(file)]
    keys = segment_keys([html.unescape(text) for text, _ in train + test])
    labels = np.array([label for _, label in train + test])
    order = np.random.default_rng(0).permutation(len(train))
    fit, validation, scored = order[2000:], order[:2000], np.arange(len(train), len(labels))
    parts = [([keys[index] for index in part], labels[part]) for part in (fit, validation, scored)]
    result = tfidf_logistic_regression(*parts[0], *parts[1], parts[2][0])
    assert classification_metrics(result.probabilities, parts[2][1])["accuracy"] > 0.89
