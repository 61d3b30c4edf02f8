"""Which runs a page opens with."""

from types import SimpleNamespace

from pages.components.run_picker import pair


def _run(preset, data="a", *, demo=False):
    return SimpleNamespace(spec={"preset": preset, "data": {"sha256": data}}, read_only=demo)


def test_a_network_that_attends_and_one_that_does_not_on_the_same_data():
    lonely, attending, plain = _run("lstm-dot", "b"), _run("bilstm-additive"), _run("lstm")
    assert pair([lonely, attending, plain]) == (attending, plain)


def test_demo_runs_come_first_then_the_newest():
    newest, older = _run("bilstm-additive"), _run("lstm-dot")
    plain, demos = _run("gru"), (_run("bilstm-dot", "d", demo=True), _run("lstm", "d", demo=True))
    assert pair([newest, older, plain]) == (newest, plain)
    assert pair([newest, older, plain, *demos]) == demos


def test_alone_is_better_than_nothing():
    assert pair([_run("lstm")])[1] is None
    attending = _run("bilstm-additive", "a")
    assert pair([_run("lstm", "b"), attending]) == (attending, None)
