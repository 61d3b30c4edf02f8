"""Milliseconds and self-checks of every attribution method, and how much longer Captum's plain call takes.

    python -m tests.benchmarks.benchmark_attribution [--run assets/models/ID] [--tokens 200] [--texts 10] [--plain 2]

The texts are the first of IMDB's test split with enough tokens, cut to `--tokens`; one thread; the predicted class.
The plain call is Captum on embeddings with a zero baseline and its defaults (one perturbation at a time, 50 steps of
integrated gradients at once), with as many samples as ours where it samples (for gradient SHAP, as ours before it
halves a part of the path); for leave one out, one deletion at a time. Both run in turn on the first `--plain` texts.
Times are medians over the texts, of the wall clock and of processor time, which other processes disturb less; the
ratio is of the medians of processor time over the texts that both ran. Self-checks: median and largest convergence
delta, median sampling error; the last column is the plain call's largest delta on its texts.
"""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from captum import attr
from torch import Tensor

from model import load_run
from model.data.datasets import load_builtin
from model.explain.attribution import METHODS, attribute, convergence_delta
from model.explain.gradients import SHAP_POINTS, SHAP_REPEATS
from model.explain.network import baseline_logits, run
from model.explain.perturbations import SAMPLES_PER_TOKEN
from model.networks.classifiers import TextClassifier
from tests.benchmarks.clock import timed

DEMO = Path(__file__).resolve().parents[2] / "assets" / "models" / "20261121-061426-7ea6b6"
QUICK = ("saliency", "input_x_gradient", "integrated_gradients", "leave_one_out")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", default=DEMO)
    parser.add_argument("--tokens", type=int, default=200)
    parser.add_argument("--texts", type=int, default=10)
    parser.add_argument("--plain", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(1)
    classifier = load_run(options.run)
    network = classifier.network_.eval()
    encoded = classifier.vocabulary_.encode(load_builtin("imdb").test.texts, max_tokens=options.tokens)
    texts = [ids for ids in encoded if len(ids) == options.tokens][: options.texts]
    targets = [predicted(network, ids) for ids in texts]
    for method in METHODS:  # the first call of each pays for imports
        attribute(network, texts[0][:5], method=method, target=0)

    print(f"{classifier.preset}, {options.tokens} tokens, {len(texts)} texts, {options.plain} for the plain call")
    print(f"{'':21} {'wall':>8} {'processor':>10} {'plain':>9} {'ratio':>6}   delta: median, largest   error  plain")
    walls = {}
    for method in METHODS:
        rows, plain_rows = [], []
        for number, (ids, target) in enumerate(zip(texts, targets, strict=True)):
            result, used = timed(
                lambda ids=ids, way=method, at=target: attribute(network, ids, method=way, target=at)
            )
            rows.append((result.seconds, used, result.convergence_delta, result.sampling_error))
            if number < options.plain:
                plain_rows.append(plain_call(network, ids, target, method)[:2])
        walls[method] = _print_row(method, rows, plain_rows)
    quick = sum(walls[method] for method in QUICK)
    print(f"quick ones together {quick:.0f} ms, all {sum(walls.values()):.0f} ms (wall)")


def predicted(network: TextClassifier, ids: np.ndarray) -> int:
    """The class of most probability."""
    return int(run(network, ids).logits.argmax())


class PlainCall(NamedTuple):
    """Its seconds of processor time, its convergence delta, and its values (1, T, E) or (T,)."""

    seconds: float
    delta: float
    values: np.ndarray


def plain_call(network: TextClassifier, ids: np.ndarray, target: int, method: str) -> PlainCall:
    """The plain call on a text, ids (T,)."""
    row = torch.from_numpy(np.asarray(ids)).long()[None]
    values, seconds = timed(lambda: PLAIN[method](network, row, target).detach())
    change = float(run(network, ids).logits[0, target] - baseline_logits(network, ids)[target])
    return PlainCall(seconds, convergence_delta(float(values.sum()), change), values.numpy())


def _print_row(method: str, rows: list[tuple], plain_rows: list[tuple]) -> float:
    """Print a line of the table; return the median wall clock in ms."""
    seconds, processor, deltas, errors = zip(*rows, strict=True)
    plain_seconds, plain_deltas = zip(*plain_rows, strict=True)
    ratio = np.median(plain_seconds) / np.median(processor[: len(plain_rows)])
    delta = error = plain_delta = ""
    if deltas[0] is not None:
        delta = f"{np.median(deltas):.2%}, {max(deltas):.2%}"
        plain_delta = f"{max(plain_deltas):.2%}"
    if errors[0] is not None:
        error = f"{np.median(errors):.0%}"
    wall = 1000 * float(np.median(seconds))
    print(
        f"{method:21} {wall:5.0f} ms {1000 * np.median(processor):7.0f} ms {1000 * np.median(plain_seconds):6.0f} ms"
        f" {ratio:6.1f}   {delta:>22} {error:>7} {plain_delta:>7}"
    )
    return wall


def _embeddings(network: TextClassifier, ids: Tensor) -> Tensor:
    return network.embed(ids).detach().requires_grad_()


def _gradients(explainer: type, **options) -> Callable[[TextClassifier, Tensor, int], Tensor]:
    def plain(network: TextClassifier, ids: Tensor, target: int) -> Tensor:
        attribution = explainer(lambda embeddings: network.classify_embedded(embeddings).logits)
        return attribution.attribute(_embeddings(network, ids), target=target, **options)

    return plain


def _perturbations(explainer: type, samples: Callable[[int], int] | None) -> Callable:
    def plain(network: TextClassifier, ids: Tensor, target: int) -> Tensor:
        embeddings = _embeddings(network, ids).detach()
        tokens = ids.shape[1]
        attribution = explainer(lambda embeddings: network.classify_embedded(embeddings).logits)
        mask = torch.arange(tokens)[None, :, None].expand_as(embeddings).contiguous()  # a feature per token
        options = {} if samples is None else {"n_samples": samples(tokens)}
        values = attribution.attribute(embeddings, target=target, feature_mask=mask, **options)
        return values[0, :, 0]  # the same for all of a token's columns

    return plain


def _shapley_samples(tokens: int) -> int:
    return METHODS["shapley_sampling"].repeats(tokens)


def _regression_samples(tokens: int) -> int:
    return METHODS["kernel_shap"].repeats(tokens) * SAMPLES_PER_TOKEN * tokens


def _delete_one_by_one(network: TextClassifier, ids: Tensor, target: int) -> Tensor:
    row = ids[0]
    with torch.no_grad():
        shorter = [torch.cat([row[:place], row[place + 1 :]])[None] for place in range(len(row))]
        logits = [network.classify_embedded(network.embed(ids)).logits[0, target] for ids in shorter]
        return network.classify_embedded(network.embed(ids)).logits[0, target] - torch.stack(logits)


PLAIN = {
    "saliency": _gradients(attr.Saliency, abs=False),
    "input_x_gradient": _gradients(attr.InputXGradient),
    "integrated_gradients": _gradients(attr.IntegratedGradients),
    "gradient_shap": lambda network, ids, target: _gradients(
        attr.GradientShap, baselines=torch.zeros_like(_embeddings(network, ids)), n_samples=SHAP_POINTS * SHAP_REPEATS
    )(network, ids, target),
    "feature_ablation": _perturbations(attr.FeatureAblation, None),
    "shapley_sampling": _perturbations(attr.ShapleyValueSampling, _shapley_samples),
    "kernel_shap": _perturbations(attr.KernelShap, _regression_samples),
    "lime": _perturbations(attr.Lime, _regression_samples),
    "leave_one_out": _delete_one_by_one,
}


if __name__ == "__main__":
    main()
