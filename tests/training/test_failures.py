"""What goes wrong is said in one sentence that ends with the way out."""

import dataclasses

import pytest
import torch

from model.errors import ModelError
from model.training.failures import memory_in_words
from model.training.settings import Settings


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"),
        RuntimeError("[enforce fail at alloc_cpu.cpp:124] . DefaultCPUAllocator: can't allocate memory: you tried"),
        RuntimeError("MPS backend out of memory"),
    ],
)
def test_out_of_memory_says_what_to_make_smaller(error):
    with pytest.raises(ModelError) as caught, memory_in_words(Settings(batch_size=48, max_tokens=400)):
        raise error
    text = str(caught.value)
    assert text.startswith("Out of memory with batch_size 48, max_tokens 400, hidden_size 64")
    assert text.endswith("first of all batch_size 24 or max_tokens 200") and "\n" not in text


def test_other_errors_pass():
    with pytest.raises(RuntimeError, match="shape"), memory_in_words(Settings()):
        raise RuntimeError("mat1 and mat2 have the wrong shape")


def test_a_real_allocation_that_is_too_large():
    with pytest.raises(ModelError, match="Out of memory"), memory_in_words(Settings()):
        torch.zeros(2**50)


@pytest.mark.parametrize(
    ("changes", "ways"),
    [
        ({}, "lower the learning rate (now 0.01, try 0.001) or lower clip (now 1)"),
        ({"clip": None}, "lower the learning rate (now 0.01, try 0.001) or set clip (now none, try 1)"),
        ({"precision": "bfloat16"}, "or set precision to float32"),
    ],
)
def test_a_loss_that_is_no_number(task, changes, ways):
    settings = dataclasses.replace(task.settings, **changes)
    network = task.network()
    with torch.no_grad():
        network.head.bias.fill_(float("nan"))
    with pytest.raises(ModelError) as caught:
        list(task.events(network, settings=settings))
    assert str(caught.value).startswith("the loss is no longer a number in epoch 1; ") and ways in str(caught.value)


def test_outputs_that_are_no_numbers_after_the_last_update(task, monkeypatch):
    monkeypatch.setattr(
        "model.training.classifier_trainer.logits", lambda network, documents: torch.full((100, 2), torch.nan).numpy()
    )
    with pytest.raises(ModelError, match="no longer a number in epoch 1; lower the learning rate"):
        list(task.events(task.network()))
