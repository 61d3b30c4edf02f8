"""What is brought into memory before the first visit is what the first visit needs."""

from pages.components.warm import warm_up


def test_the_first_visit_finds_every_row_of_the_first_model_computed(root, visit, drawn):
    warm_up()
    test = visit()
    assert all(row["values"] for row in drawn(test, "rows")["rows"])
    assert drawn(test, "strip-1")["values"]
    assert drawn(test, "rows")["ask"] == ""


def test_without_a_model_there_is_nothing_to_warm_but_the_libraries(empty_root):
    warm_up()
