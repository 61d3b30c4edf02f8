"""The table of Jain & Wallace (2019, "Attention is not Explanation", section 4.1) on SST-2 and AG News.

    python -m tests.benchmarks.benchmark_jain_wallace [--texts N] [--seeds 3] [--split test]

How far do rankings of a text's tokens by attention, by a gradient and by leaving one out agree? Theirs, mean Kendall
tau-b over the test texts, BiLSTM with tanh attention: attention with gradient 0.35 (SST-2) and 0.39 (AG News, World
against Business), attention with leave-one-out 0.29 and 0.37, gradient with leave-one-out 0.66 and 0.61.

The protocol, fixed before the first run; whatever comes stands:
- Model: bilstm-additive with all options at their defaults, seeds 13, 14 and 15. That is one layer of 64 units in
  each direction, additive (tanh) attention, GloVe 6B vectors of 50 dimensions trained further, words that occur
  twice or more in the training texts, texts cut after 400 tokens, dropout 0.5 and 0.3, word dropout 0.1, label
  smoothing 0.1, Adam with a one-cycle rate that peaks at 2e-3, batches of 48, at most 10 epochs, the epoch of least
  validation loss.
- Data: SST-2 as sst2/train.tsv, dev.tsv and test.tsv; AG News as the World and Business texts of
  ag_news/train_subset.csv.gz (a tenth of them, by hash, for validation) and ag_news/test.csv, title and description
  joined as they are in the training texts. All test texts are ranked; --texts N would take the first N in the order
  of their hashes, and --split validation leaves the test texts alone.
- A text counts where both rows have an order for every seed; the others are counted and left out. Means and their
  95 % intervals are over seeds and texts, as crossed random effects (`model.compare.significance.mean_interval`);
  sd is over the texts of a seed. By predicted class, as they report: the mean over the seeds. "Significant" is the
  share of texts with p <= 0.05 by SciPy's test, as theirs.
- Their measures, in the first rows, are the ones to compare (their algorithm 1). Gradient: |sum over the embedding
  of embedding x d p / d embedding|, which is the derivative to the one-hot word at that word; p is the probability
  of the predicted class, and the attention weights are held fixed, as their published code detaches them.
  Leave-one-out: total variation of the output when that token is deleted.
- This project's measures beside them: |input x gradient| and saliency (the norm of the gradient) of the predicted
  class's logit with the attention free to move, and the absolute change of that logit when the token is deleted.
  Input x gradient is the nearer to theirs; saliency does not ask which word the embedding belongs to.

What differs from theirs in any case: the training (theirs 128 units, 300-dimensional vectors, one sigmoid output,
no dropout, Adam at 1e-3, the epoch of best ROC AUC); the words (theirs spaCy's in lower case, any with a digit
"qqq"; ours lower case too, numbers as they are); begin and end marks around each text (theirs, not ranked; ours has
none); SST-2 texts of five tokens or fewer (theirs left out; ours in, where they have a tau); AG News (theirs the
descriptions alone of 60,000 training texts; ours titles too, of the World and Business texts among 20,388).
"""

import argparse
import dataclasses
import sys
from itertools import combinations
from pathlib import Path

import numpy as np
import torch
from scipy.stats import kendalltau as kendall_test

from model import AttentionClassifier
from model.compare.significance import mean_interval
from model.data.datasets import resolve
from model.data.splits import Dataset, Split, make_dataset
from model.data.tables import Table, read_table
from model.explain.agreement import kendall_tau
from model.explain.attribution import attribute
from model.explain.figures import predict_ids
from model.explain.interventions import total_variation
from model.explain.network import as_row, evaluating, shortened_logits, softmax

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"
WORLD, BUSINESS = "0", "2"
PAIRS = {  # title -> two rows
    "attention, gradient (their measures)": ("attention", "gradient"),
    "attention, leave-one-out (their measures)": ("attention", "variation"),
    "gradient, leave-one-out (their measures)": ("gradient", "variation"),
    "attention, input x gradient": ("attention", "input_x_gradient"),
    "attention, saliency": ("attention", "saliency"),
    "attention, leave_one_out": ("attention", "leave_one_out"),
    "input x gradient, leave_one_out": ("input_x_gradient", "leave_one_out"),
    "saliency, leave_one_out": ("saliency", "leave_one_out"),
}
PUBLISHED = {"SST-2": (0.35, 0.29, 0.66), "AG News, World / Business": (0.39, 0.37, 0.61)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--texts", type=int)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--split", choices=("validation", "test"), default="test")
    options = parser.parse_args()
    if options.seeds < 2:
        parser.error(f"--seeds {options.seeds}: an interval over seeds needs at least 2")
    missing = [name for name in ("sst2", "ag_news") if not (DATA / name).is_dir()]
    if missing:
        sys.exit(f"skipped: {' and '.join(missing)} not found in {DATA}; the table needs both data sets there")
    torch.set_num_threads(1)
    for name, dataset in (("SST-2", sst2()), ("AG News, World / Business", world_against_business())):
        split = getattr(dataset, options.split)
        print(
            f"\n{name}: {len(dataset.train.texts):,} train, {len(dataset.validation.texts):,} validation,"
            f" {len(split.texts):,} {options.split} texts, of which {len(split.texts[: options.texts]):,} are ranked",
            flush=True,
        )
        studies = [study(dataset, split, texts=options.texts, seed=seed) for seed in range(13, 13 + options.seeds)]
        print_table(studies, PUBLISHED[name], dataset.classes)


def sst2() -> Dataset:
    """The splits of SST-2 as they come."""
    folder = DATA / "sst2"
    return resolve(folder / "train.tsv", validation=folder / "dev.tsv", test=folder / "test.tsv")


def world_against_business() -> Dataset:
    """The texts of two of AG News' four classes."""
    train = read_table(DATA / "ag_news" / "train_subset.csv.gz", text_columns=["text"], label_column="label")
    test = read_table(DATA / "ag_news" / "test.csv", text_columns=["title", "description"], label_column="label")
    return make_dataset(_two_classes(train), name="AG News, World / Business", test=_two_classes(test))


def study(dataset: Dataset, split: Split, *, texts: int | None, seed: int) -> dict[str, np.ndarray]:
    """Train one seed; "prediction" (N,) and for each pair tau and p, (N, 2), NaN where undefined."""
    classifier = AttentionClassifier("bilstm-additive", seed=seed)
    classifier.fit(*dataset.train, validation=dataset.validation)
    sequences = classifier.vocabulary_.encode(split.texts[:texts], max_tokens=classifier.settings.max_tokens)
    results = {title: np.full((len(sequences), 2), np.nan) for title in PAIRS}
    results["prediction"] = np.zeros(len(sequences), int)
    for place, ids in enumerate(sequences):
        results["prediction"][place], rows = _rows(classifier.network_, ids)
        taus = {pair: _tau(rows[pair[0]], rows[pair[1]]) for pair in combinations(rows, 2)}
        for title, pair in PAIRS.items():
            results[title][place] = taus.get(pair) or taus[pair[::-1]]
    vectors = "none" if classifier.vectors_ is None else f"coverage {classifier.vectors_['tokens']:.1%}"
    accuracy = classifier.score(*split)
    print(f"seed {seed}: accuracy {accuracy:.4f}, {len(classifier.history_)} epochs, vectors {vectors}", flush=True)
    return results


def print_table(studies: list[dict[str, np.ndarray]], published: tuple[float, ...], classes: list[str]) -> None:
    """A table in Markdown: for each pair the mean with its interval, by predicted class, and the published mean."""
    heads = [f"predicted {label}: mean ± sd, significant" for label in classes]
    print("\n| pair | published | tau | 95 % interval | sd | significant | " + " | ".join(heads) + " | left out |")
    print("| --- |" + " --- |" * (6 + len(classes)))
    predictions = np.stack([study["prediction"] for study in studies])  # (S, N)
    seeds = []
    for place, title in enumerate(PAIRS):
        values = np.stack([study[title] for study in studies])  # (S, N, 2)
        taus, significant = values[..., 0], values[..., 1] <= 0.05  # (S, N)
        defined = np.isfinite(taus).all(axis=0)
        taus, significant, predicted = taus[:, defined], significant[:, defined], predictions[:, defined]
        mean = mean_interval(taus)
        by_class = [_class_cell(taus, significant, predicted == label) for label in range(len(classes))]
        known = f"{published[place]:.2f}" if place < len(published) else "–"
        print(
            f"| {title} | {known} | {mean.estimate:.3f} | {mean.low:.3f} to {mean.high:.3f} |"
            f" {taus.std(axis=1).mean():.2f} | {significant.mean():.2f} | {' | '.join(by_class)} |"
            f" {int((~defined).sum())} |"
        )
        seeds.append(f"{title}: " + ", ".join(f"{tau:.3f}" for tau in taus.mean(axis=1)))
    print("\nBy seed. " + "; ".join(seeds))


def _class_cell(taus: np.ndarray, significant: np.ndarray, mine: np.ndarray) -> str:
    """Mean over the seeds of what each has over the texts that it puts into a class; all (S, N)."""
    means = [tau[own].mean() for tau, own in zip(taus, mine, strict=True)]
    deviations = [tau[own].std() for tau, own in zip(taus, mine, strict=True)]
    shares = [hits[own].mean() for hits, own in zip(significant, mine, strict=True)]
    return f"{np.mean(means):.2f} ± {np.mean(deviations):.2f}, {np.mean(shares):.2f}"


def _rows(network: torch.nn.Module, ids: np.ndarray) -> tuple[int, dict[str, np.ndarray]]:
    """The predicted class and all rows (T,), none negative, of one text."""
    prediction = predict_ids(network, ids)
    rows = {"attention": prediction.attention.weights}
    rows["gradient"] = _gradient_at_fixed_attention(network, ids, prediction.best)
    tokens = np.arange(len(ids))
    without = shortened_logits(network, ids, [np.delete(tokens, place) for place in tokens]) if len(ids) else None
    probabilities = softmax(np.concatenate([prediction.logits[None], without])) if len(ids) else np.zeros((1, 2))
    rows["variation"] = total_variation(probabilities[0], probabilities[1:])
    for method in ("input_x_gradient", "saliency", "leave_one_out"):
        rows[method] = np.abs(attribute(network, ids, method=method, target=prediction.best).values)
    return prediction.best, rows


def _gradient_at_fixed_attention(network: torch.nn.Module, ids: np.ndarray, target: int) -> np.ndarray:
    """|embedding . d probability / d embedding|, (T,), in which the attention weights are constants."""
    with evaluating(network) as device, torch.enable_grad():
        embeddings = network.embed(as_row(ids, device)).detach().requires_grad_()  # (1, T, E)
        encoded = network.encode(embeddings)
        weights = network.conclude(encoded).attention.weights.detach().unsqueeze(1)  # (1, 1, T)
        probability = network.conclude(encoded, weights).logits.softmax(dim=1)[0, target]
        gradient = torch.autograd.grad(probability, embeddings)[0]
    return (gradient * embeddings.detach()).sum(-1)[0].abs().cpu().numpy()


def _tau(a: np.ndarray, b: np.ndarray) -> tuple[float, float]:
    tau = kendall_tau(a, b)
    return (np.nan, np.nan) if tau is None else (tau, float(kendall_test(a, b).pvalue))


def _two_classes(table: Table) -> Table:
    kept = [place for place, label in enumerate(table.labels) if label in (WORLD, BUSINESS)]
    return dataclasses.replace(
        table,
        texts=[table.texts[place] for place in kept],
        labels=["World" if table.labels[place] == WORLD else "Business" for place in kept],
        rows=len(kept),
        dropped={},
    )


if __name__ == "__main__":
    main()
