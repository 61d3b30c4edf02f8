"""On CUDA: the data stays there, the recurrence has its precision, and the trained model says the same on the CPU."""

import numpy as np
import pytest
import torch

from model import AttentionClassifier
from model.data.datasets import resolve
from model.training.device import recurrence_dtype

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs CUDA")


@pytest.mark.parametrize("preset", ["lstm", "bilstm-additive", "bilstm-dot", "bilstm-feedforward-stacked"])
def test_trains_on_cuda_and_predicts_the_same_on_the_cpu(preset, tmp_path):
    data = resolve("diagnostic:keyword:1000")
    classifier = AttentionClassifier(preset, vectors="none", epochs=6, learning_rate=5e-3, device="cuda")
    events = list(classifier.training_events(*data.train, validation=data.validation))
    precision = "float32" if recurrence_dtype("auto", torch.device("cuda")) is None else "bfloat16"
    assert (events[0]["device"], events[0]["precision"]) == ("cuda", precision)
    assert classifier.network_.embedding.weight.device.type == "cuda"
    assert classifier.score(*data.test) >= 0.95
    classifier.save(tmp_path)
    on_cpu = AttentionClassifier.load(tmp_path, device="cpu")
    assert np.abs(on_cpu.logits(data.test.texts) - classifier.logits(data.test.texts)).max() < 1e-3
    explanation = classifier.explain(data.test.texts[0], methods=("integrated_gradients",))
    assert explanation.attributions["integrated_gradients"].convergence_delta < 0.01


def test_a_killed_training_goes_on(tmp_path):
    data = resolve("diagnostic:keyword:500")
    path = tmp_path / "checkpoint.safetensors"
    options = {"vectors": "none", "epochs": 4, "device": "cuda"}
    for event in AttentionClassifier("lstm", **options).training_events(*data.train, checkpoint=path):
        if event["kind"] == "epoch" and event["epoch"] == 2:
            break
    events = list(AttentionClassifier("lstm", **options).training_events(*data.train, checkpoint=path))
    assert events[0]["resumed_after"] == 2
    assert events[-1]["epochs"] == 4
