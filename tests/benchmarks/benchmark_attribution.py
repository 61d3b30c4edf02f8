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
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from captum import attr
from torch import Tensor

from model import load_run
from model.data.datasets import load_builtin
from model.explain.attribution import METHODS, Attribution, attribute, attribute_many, convergence_delta
from model.explain.gradients import SHAP_POINTS, SHAP_REPEATS
from model.explain.network import baseline_logits, run
from model.explain.perturbations import SAMPLES_PER_TOKEN
from model.networks.classifiers import TextClassifier

DEMO = Path(__file__).resolve().parents[2] / "assets" / "models" / "20261121-061426-7ea6b6"
# Seconds for one text of 200 tokens with network b (BiLSTM with attention, embedding 100, hidden 128), and how many
# times faster than the plain call.
GOALS = {"saliency": (0.008, 1.0), "integrated_gradients": (0.12, 2.5), "leave_one_out": (0.15, 3.5)}
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
    targets = [int(run(network, ids).logits.argmax()) for ids in texts]
    for method in METHODS:  # the first call of each pays for imports
        attribute(network, texts[0][:5], method=method, target=0)

    print(f"{classifier.preset}, {options.tokens} tokens, {len(texts)} texts, {options.plain} for the plain call")
    print(f"{'':21} {'wall':>8} {'processor':>10} {'plain':>9} {'ratio':>6}   delta: median, largest   error  plain")
    walls = {}
    for method in METHODS:
        rows, plain_rows = [], []
        for number, (ids, target) in enumerate(zip(texts, targets, strict=True)):
            start = time.process_time()
            result = attribute(network, ids, method=method, target=target)
            rows.append(
                (result.seconds, time.process_time() - start, result.convergence_delta, result.sampling_error)
            )
            if number < options.plain:
                start = time.process_time()
                values = PLAIN[method](
                    network, torch.from_numpy(ids).long()[None], target
                ).detach()  # (1, T, E) or (T,)
                seconds = time.process_time() - start
                change = float(run(network, ids).logits[0, target] - baseline_logits(network, ids)[target])
                plain_rows.append((seconds, convergence_delta(float(values.sum()), change)))
        walls[method] = _print_row(method, rows, plain_rows)
    quick = sum(walls[method] for method in QUICK)
    print(f"quick ones together {quick:.0f} ms, all {sum(walls.values()):.0f} ms (wall)")


def single_text(network: TextClassifier, texts: Sequence[np.ndarray], *, plain: int = 3) -> list[dict[str, Any]]:
    """Saliency, integrated gradients and leave one out of each text, ids (T,), and the plain call on the first ones.

    Rows {"name", "ours_seconds" and "plain_seconds" (of processor time, one for each text), "goal" (seconds), "extra"
    {"goal_ratio", and self-checks}}. Both sides run in turn; threads and memory are the caller's business.
    """
    targets = _predicted(network, texts)
    return [_measured(network, texts, targets, method, plain) for method in GOALS]


def short_texts(network: TextClassifier, texts: Sequence[np.ndarray], *, plain: int = 8) -> list[dict[str, Any]]:
    """Integrated gradients and leave one out of all texts together, beside the plain call on some spread evenly.

    Rows as those of `single_text`, but "ours_seconds" has one number, for all texts. "extra" has "texts",
    "plain_seconds_for_all", the mean times the number of texts, and self-checks.
    """
    targets = _predicted(network, texts)
    some = sorted(set(np.linspace(0, len(texts) - 1, plain).astype(int).tolist()))
    rows = []
    for method in ("integrated_gradients", "leave_one_out"):
        attribute_many(network, texts[:2], method=method, targets=targets[:2])
        first = _plain_call(network, texts, targets, method, some[::2])
        start = time.process_time()
        found = attribute_many(network, texts, method=method, targets=targets)
        seconds = time.process_time() - start
        again = _plain_call(network, texts, targets, method, some[1::2])
        calls = first + again
        plain_seconds = [call[0] for call in calls]
        extra = {"texts": len(texts), "plain_seconds_for_all": float(np.mean(plain_seconds)) * len(texts)}
        extra |= _checks(
            method, found, [(*call, found[place]) for call, place in zip(calls, some[::2] + some[1::2], strict=True)]
        )
        rows.append(
            {"name": method, "ours_seconds": [seconds], "plain_seconds": plain_seconds, "goal": 3.0, "extra": extra}
        )
    return rows


def _predicted(network: TextClassifier, texts: Sequence[np.ndarray]) -> list[int]:
    return [int(run(network, ids).logits.argmax()) for ids in texts]


def _measured(
    network: TextClassifier, texts: Sequence[np.ndarray], targets: list[int], method: str, plain: int
) -> dict[str, Any]:
    seconds, found, calls = [], [], []
    for place in (0, *range(len(texts))):  # the first one twice: it pays for imports
        start = time.process_time()
        result = attribute(network, texts[place], method=method, target=targets[place])
        seconds.append(time.process_time() - start)
        found.append(result)
        if place < plain:
            calls += _plain_call(network, texts, targets, method, [place])
    seconds, found, calls = seconds[1:], found[1:], calls[1:]
    goal, ratio = GOALS[method]
    extra = {"goal_ratio": ratio}
    extra |= _checks(method, found, [(*call, own) for call, own in zip(calls, found, strict=False)])
    plain_seconds = [call[0] for call in calls]
    return {"name": method, "ours_seconds": seconds, "plain_seconds": plain_seconds, "goal": goal, "extra": extra}


def _plain_call(
    network: TextClassifier, texts: Sequence[np.ndarray], targets: list[int], method: str, places: Sequence[int]
) -> list[tuple[float, float, np.ndarray]]:
    """Seconds, convergence delta and values of the plain call on some of the texts."""
    calls = []
    for place in places:
        ids, target = texts[place], targets[place]
        start = time.process_time()
        values = PLAIN[method](network, torch.from_numpy(np.asarray(ids)).long()[None], target).detach()
        seconds = time.process_time() - start
        change = float(run(network, ids).logits[0, target] - baseline_logits(network, ids)[target])
        calls.append((seconds, convergence_delta(float(values.sum()), change), values.numpy()))
    return calls


def _checks(method: str, found: Sequence[Attribution], calls: Sequence[tuple]) -> dict[str, float]:
    """What shows that the values are right: against the change of the logit, or against those of the plain call."""
    if method == "leave_one_out":
        return {"largest_difference": max(float(np.abs(own.values - values).max()) for _, _, values, own in calls)}
    if found[0].convergence_delta is None:
        return {}
    deltas = np.array([attribution.convergence_delta for attribution in found])
    plain_deltas = np.array([delta for _, delta, _, _ in calls])
    return {
        "share_under_1_percent": float((deltas < 0.01).mean()),
        "median_delta": float(np.median(deltas)),
        "plain_share_under_1_percent": float((plain_deltas < 0.01).mean()),
        "plain_median_delta": float(np.median(plain_deltas)),
    }


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
