"""In how many test texts does attention, at the defaults, rank the word first that decides the label?

python -m tests.benchmarks.benchmark_keyword [--data diagnostic:keyword:2000] [--seeds 3]
"""

import argparse

from model import AttentionClassifier
from model.data.datasets import resolve
from model.data.splits import Dataset
from model.networks.presets import PRESETS


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default="diagnostic:keyword:2000")
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    data = resolve(options.data)
    for preset in (name for name, preset in PRESETS.items() if preset.pooling not in ("last", "mean")):
        for seed in range(13, 13 + options.seeds):
            classifier = AttentionClassifier(preset, seed=seed).fit(*data.train, validation=data.validation)
            accuracy, first = classifier.score(*data.test), ranked_first(classifier, data)
            print(f"{preset}, seed {seed}: accuracy {accuracy:.3f}, deciding word first in {first:.1%}", flush=True)


def ranked_first(classifier: AttentionClassifier, data: Dataset) -> float:
    """Share of the test texts whose token of most weight stands within a rationale."""
    found = 0
    attention = classifier.attention(data.test.texts)
    for text, weights, spans in zip(data.test.texts, attention, data.rationales["test"], strict=True):
        token = classifier.tokenize(text)[int(weights.argmax())]
        found += any(start <= token.start and token.end <= end for start, end in spans)
    return found / len(attention)


if __name__ == "__main__":
    main()
