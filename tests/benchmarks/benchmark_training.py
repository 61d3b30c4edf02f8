"""Documents a second and accuracy of our training against a plain loop, in one run, seed by seed.

    python -m tests.benchmarks.benchmark_training [DATA] [--test FILE] [--seeds 3] [--epochs 5]

The plain loop is the one of most lessons: random batches of 16, each padded to its longest text, torch.optim.Adam at
its default learning rate of 1e-3, float32, the last state read at the text's own end. Both sides train the same
network (LSTM, embedding 64, hidden 32, no pretrained vectors) on the same texts with one thread for as many epochs,
keep the weights of their best epoch on validation, and are scored once on the same test texts. Ours has batches of
128, a one-cycle learning rate with its peak at 4e-3, and the default regularisation. Rates are documents per second
of processor time, validation after each epoch included: other processes count for less that way. Sides alternate. The
interval is a t interval over the seeds' paired differences.
"""

import argparse
import copy
import time

import numpy as np
import torch
import torch.nn.functional as F
from scipy import stats

from model.data.datasets import resolve
from model.networks.classifiers import TextClassifier
from model.text.segmentation import segment_keys
from model.text.vocabulary import Vocabulary
from model.training.batches import Documents
from model.training.inference import logits
from model.training.loop import fit
from model.training.settings import Settings

BATCH = 16


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", nargs="?", default="rotten-tomatoes")
    parser.add_argument("--test")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=5)
    options = parser.parse_args()
    torch.set_num_threads(1)
    dataset = resolve(options.data, test=options.test)
    vocabulary = Vocabulary.fit_keys(segment_keys(dataset.train.texts), min_frequency=2)
    parts = {}
    for name in ("train", "validation", "test"):
        split = getattr(dataset, name)
        ids = vocabulary.encode(split.texts, max_tokens=400)
        parts[name] = Documents(ids, np.searchsorted(dataset.classes, split.labels))
    print(f"{dataset.name}: {len(parts['train'])} train, {len(parts['test'])} test, vocabulary {len(vocabulary)}")

    ratios, differences = [], []
    for seed in range(13, 13 + options.seeds):
        settings = Settings(
            preset="lstm", hidden_size=32, batch_size=128, learning_rate=4e-3, epochs=options.epochs, seed=seed
        )
        rates, accuracies = {}, {}
        for side, train in (("plain", train_plain), ("ours", train_ours)):
            torch.manual_seed(seed)
            sizes = {"vocabulary_size": len(vocabulary), "classes": len(dataset.classes), "embedding_size": 64}
            network = TextClassifier(settings.architecture(**sizes))
            rates[side] = train(network, parts["train"], parts["validation"], settings)
            accuracies[side] = _accuracy(network, parts["test"])
        ratios.append(rates["ours"] / rates["plain"])
        differences.append(accuracies["ours"] - accuracies["plain"])
        print(
            f"seed {seed}: plain {rates['plain']:,.0f} documents/s, accuracy {accuracies['plain']:.4f};"
            f" ours {rates['ours']:,.0f} documents/s, accuracy {accuracies['ours']:.4f}; ratio {ratios[-1]:.2f}"
        )
    mean = float(np.mean(differences))
    print(f"ratio: mean {np.mean(ratios):.2f}, lowest {min(ratios):.2f}")
    if len(differences) > 1:
        half = stats.t.ppf(0.975, len(differences) - 1) * stats.sem(differences)
        print(f"accuracy, ours minus plain: {mean:+.4f}, 95 % interval {mean - half:+.4f} to {mean + half:+.4f}")


def train_ours(network: TextClassifier, train: Documents, validation: Documents, settings: Settings) -> float:
    """Documents a second of processor time of `model.training.loop.fit`, validation included."""
    started = time.process_time()
    *_, done = fit(network, train, validation, settings)
    return done["epochs"] * len(train) / (time.process_time() - started)


def train_plain(network: TextClassifier, train: Documents, validation: Documents, settings: Settings) -> float:
    """The same of the plain loop, without dropout; the network ends with its best epoch's weights."""
    network.embedding_dropout.rate = network.dropout.p = 0.0
    optimizer = torch.optim.Adam(network.parameters())
    generator = np.random.default_rng(settings.seed)
    best, best_accuracy = None, -1.0
    started = time.process_time()
    for _ in range(settings.epochs):
        network.train()
        order = generator.permutation(len(train))
        for start in range(0, len(order), BATCH):
            index = order[start : start + BATCH]
            ids, mask = train.batch(index)
            optimizer.zero_grad()
            output = network.classify_embedded(network.embed(ids), mask)
            F.cross_entropy(output.logits, train.labels[torch.from_numpy(index)]).backward()
            optimizer.step()
        accuracy = _accuracy(network, validation)
        if accuracy > best_accuracy:
            best, best_accuracy = copy.deepcopy(network.state_dict()), accuracy
    rate = settings.epochs * len(train) / (time.process_time() - started)
    network.load_state_dict(best)
    return rate


def _accuracy(network: TextClassifier, documents: Documents) -> float:
    return float((logits(network, documents).argmax(1) == documents.labels.numpy()).mean())


if __name__ == "__main__":
    main()
