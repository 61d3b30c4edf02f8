"""What an address says of the runs compared."""

from pages.components.address import run_ids


def test_ids_in_an_address():
    assert run_ids(None) == [] and run_ids("") == []
    assert run_ids("a,b,a,,c") == ["a", "b", "c"]
