"""RowAdam is Adam: the same table as dense Adam, at any learning-rate schedule, across flushes and reloads."""

import pytest
import torch
import torch.nn.functional as F

from model.training.row_adam import RowAdam

ROWS, COLUMNS, STEPS = 300, 8, 500


def _ids(generator: torch.Generator) -> torch.Tensor:
    return 1 + ((torch.rand(4, 5, generator=generator) ** 3) * (ROWS - 1)).long()  # few rows often, many rarely


def _rate(step: int) -> float:
    return 1e-2 * (1 - step / STEPS)


def _train_dense(table: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    weight = torch.nn.Parameter(table.clone())
    optimizer = torch.optim.Adam([weight], lr=1e-2)
    generator = torch.Generator().manual_seed(1)
    for step in range(STEPS):
        ids = _ids(generator)
        optimizer.param_groups[0]["lr"] = _rate(step)
        optimizer.zero_grad()
        ((F.embedding(ids, weight) - target[ids]) ** 2).sum().backward()
        optimizer.step()
    return weight.detach()


def _train_rows(table: torch.Tensor, target: torch.Tensor, *, flush_every: int = 0, reload_at: int = -1):
    weight = table.clone()
    optimizer = RowAdam(weight)
    generator = torch.Generator().manual_seed(1)
    for step in range(STEPS):
        ids = _ids(generator)
        ((optimizer.lookup(ids) - target[ids]) ** 2).sum().backward()
        optimizer.step(_rate(step))
        if flush_every and step % flush_every == 0:
            optimizer.flush()
        if step == reload_at:
            optimizer.flush()
            state = {name: value.clone() for name, value in optimizer.state().items()}
            optimizer = RowAdam(weight)
            optimizer.load_state(state)
    optimizer.flush()
    return weight


@pytest.fixture(scope="module")
def tables():
    generator = torch.Generator().manual_seed(0)
    table, target = torch.randn(ROWS, COLUMNS, generator=generator), torch.randn(ROWS, COLUMNS, generator=generator)
    return table, target, _train_dense(table, target)


@pytest.mark.parametrize("options", [{}, {"flush_every": 37}, {"reload_at": 250}])
def test_equals_dense_adam(tables, options):
    table, target, dense = tables
    rows = _train_rows(table, target, **options)
    moved = (dense - table).norm()
    assert moved > 1
    assert (rows - dense).norm() / moved < 1e-5


def test_a_row_that_was_absent_is_paid_what_it_is_owed(tables):
    table, target, dense = tables
    weight = table.clone()
    optimizer = RowAdam(weight)
    generator = torch.Generator().manual_seed(1)
    for step in range(STEPS):  # the same without any catching up: "lazy" Adam
        ids = _ids(generator)
        ((optimizer.lookup(ids) - target[ids]) ** 2).sum().backward()
        optimizer.step(_rate(step))
        optimizer._last.fill_(optimizer.step_count)
    assert (weight - dense).norm() / (dense - table).norm() > 1e-2


def test_padding_is_never_trained():
    weight = torch.zeros(3, 2)
    optimizer = RowAdam(weight)
    (optimizer.lookup(torch.tensor([[0, 2]])) - 1.0).square().sum().backward()
    optimizer.step(0.1)
    optimizer.flush()
    assert weight[0].tolist() == [0, 0]
    assert weight[2].tolist() == pytest.approx([0.1, 0.1])  # Adam's first step is the learning rate, by sign
