"""RowAdam is Adam: the same table as dense Adam, at any learning-rate schedule, across flushes and reloads."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from model.training.row_adam import RowAdam, _quotients

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


@pytest.mark.parametrize("room", [4, 400])  # steps that it has room for at first: it grows while rows are absent
@pytest.mark.parametrize("options", [{}, {"flush_every": 37}, {"reload_at": 250}])
def test_more_steps_than_it_had_room_for(tables, monkeypatch, room, options):
    table, target, dense = tables
    plain = RowAdam._owe_nothing
    monkeypatch.setattr(
        RowAdam, "_owe_nothing", lambda self, steps: plain(self, room if self.step_count == 0 else steps)
    )
    assert (_train_rows(table, target, **options) - dense).norm() / (dense - table).norm() < 1e-5


def test_it_goes_on_from_a_late_step():
    weight = torch.ones(3, 2)
    optimizer = RowAdam(weight)
    optimizer.load_state({"first": torch.zeros(3, 2), "second": torch.zeros(3, 2), "step": torch.tensor(5000)})
    for _ in range(2):
        optimizer.lookup(torch.tensor([[1, 2]])).sum().backward()
        optimizer.step(0.1)
    optimizer.flush()
    assert torch.isfinite(weight).all() and (weight[1:] < 1).all()


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


def test_gradients_far_below_epsilon_move_the_table_as_dense_adam_does():
    """As in a trained classifier, where most rows' gradients are around 1e-6, and those of early words 1e-11."""
    generator = torch.Generator().manual_seed(2)
    table, sizes = torch.randn(ROWS, COLUMNS, generator=generator), 10 ** torch.linspace(-12, 0, ROWS)[:, None]
    dense, rows = torch.nn.Parameter(table.clone()), RowAdam(table.clone())
    optimizer = torch.optim.Adam([dense])
    for step in range(200):
        ids, rate = _ids(generator), 4e-3 * min(1.0, (step + 1) / 30)
        gradient = (sizes * torch.randn(ROWS, COLUMNS, generator=generator))[ids]
        optimizer.param_groups[0]["lr"] = rate
        optimizer.zero_grad()
        for embeddings in (F.embedding(ids, dense), rows.lookup(ids)):
            (embeddings * gradient).sum().backward()
        optimizer.step()
        rows.step(rate)
    rows.flush()
    assert (dense - table).abs().max() > 0.05
    assert (rows.weight - dense).abs().max() < 1e-5


def test_quotients_stand_for_the_sums():
    # Two terms, w = g = 1 and w = g = 2, of which two points miss nothing: 1 / (q + e) + 2 / (q + 2 e) is
    # (3 q + 4 e) / (q^2 + 3 e q + 2 e^2). One term, w = 6 and g = 2. Nothing: nothing, whatever q is.
    eps = 0.1
    found = _quotients(np.array([[2.0, 3, 5, 9], [3, 6, 12, 24], [0, 0, 0, 0]]), eps)
    assert found[0] == pytest.approx([3, 4 * eps, 3 * eps, 2 * eps**2])
    assert found[1] == pytest.approx([6, 6 * 2 * eps, 2 * 2 * eps, (2 * eps) ** 2])
    assert found[2].tolist()[:2] == [0, 0] and found[2, 3] > 0


def test_padding_is_never_trained():
    weight = torch.zeros(3, 2)
    optimizer = RowAdam(weight)
    (optimizer.lookup(torch.tensor([[0, 2]])) - 1.0).square().sum().backward()
    optimizer.step(0.1)
    optimizer.flush()
    assert weight[0].tolist() == [0, 0]
    assert weight[2].tolist() == pytest.approx([0.1, 0.1])  # Adam's first step is the learning rate, by sign
