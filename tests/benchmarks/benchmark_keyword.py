"""In how many test texts does attention rank the word first that decides the label?

    python -m tests.benchmarks.benchmark_keyword [--tuned] [--generator-seed 13] [--rows 2000] [--seeds 3]

At the defaults, or with the options of tests/test_estimator_diagnostic.py (--tuned). Those options were searched on
the texts of generator seed 13, its test texts included; another seed gives texts that nothing was chosen on.
"""

import argparse

from model import AttentionClassifier
from model.data.dataset import Dataset
from model.data.diagnostic import generate

FORGETFUL = {"weight_drop": 0.8, "hidden_size": 128, "learning_rate": 0.01, "epochs": 5}
TUNED = {
    preset: {"freeze_vectors": True, **options}
    for preset, options in {
        "lstm-additive": {},
        "bilstm-additive": {},
        "lstm-dot": FORGETFUL,
        "bilstm-dot": FORGETFUL,
        "bilstm-feedforward": FORGETFUL,
        "bilstm-feedforward-stacked": {},
        "bilstm-multihead": {},
    }.items()
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tuned", action="store_true")
    parser.add_argument("--generator-seed", type=int, default=13)
    parser.add_argument("--rows", type=int, default=2000)
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    data = generate("keyword", rows=options.rows, seed=options.generator_seed)
    for preset, tuned in TUNED.items():
        for seed in range(13, 13 + options.seeds):
            classifier = AttentionClassifier(preset, seed=seed, **(tuned if options.tuned else {}))
            classifier.fit(*data.train, validation=data.validation)
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
