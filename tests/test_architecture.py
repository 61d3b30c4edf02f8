"""The arrows of the house: which room may import which."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

# From the ground up; a room imports its own floor or the floors below.
FLOORS = (
    ("errors",),
    ("text",),
    ("networks", "data"),
    ("explain",),
    ("compare",),
    ("training",),
    ("runs",),
    ("estimator", "language_model"),
    ("studies", "worker", "data_worker"),
    ("calibrate", "reports"),
    ("printing", "command_inputs", "arguments"),
    ("trust_printing", "compare_printing", "language_printing"),
    ("command_training",),
    ("commands", "trust_command", "compare_command", "language_command"),
    ("__main__",),
)
FLOOR = {room: height for height, rooms in enumerate(FLOORS) for room in rooms}
BARRED = {"model": {"streamlit", "plotly", "pages"}, "networks": {"model.text", "model.data"}}


def _imports(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def _room(parts: tuple[str, ...]) -> str:
    return parts[0].removesuffix(".py")


FILES = sorted((ROOT / "model").rglob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_go_down(path):
    room = _room(path.relative_to(ROOT / "model").parts)
    if room == "__init__":
        return
    assert room in FLOOR, f"{room} has no floor yet; give it one"
    for name in _imports(path):
        top, *rest = name.split(".")
        assert top not in BARRED["model"], f"{path} imports {name}"
        assert not any(name.startswith(barred) for barred in BARRED.get(room, ())), f"{path} imports {name}"
        if top == "model" and rest and rest[0] in FLOOR:
            assert FLOOR[rest[0]] <= FLOOR[room], f"{path} ({room}) imports {name}, which stands above it"


@pytest.mark.parametrize("path", sorted((ROOT / "model" / "explain").glob("*.py")), ids=lambda path: path.name)
def test_the_maths_of_explaining_knows_no_text(path):
    assert not any(name.startswith(("model.text", "model.data")) for name in _imports(path))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_is_unpickled(path):
    assert not _imports(path) & {"pickle", "joblib", "torch.load", "torch.save", "cloudpickle", "dill"}
    assert "allow_pickle=True" not in path.read_text(encoding="utf-8")
