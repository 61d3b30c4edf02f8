"""Train the demo runs that come with the code: python -m model.studies.demo"""

import shutil
import tempfile
from pathlib import Path

from model.data.datasets import load_builtin
from model.runs.run import DEMO_ROOT
from model.studies.training import execute, prepare
from model.training.settings import Settings

DEMOS = {"imdb-short": ("lstm", "bilstm-additive"), "chinese-reviews": ("bilstm-additive",)}
LARGEST = 5_000_000  # bytes a run
_KEPT = ("spec.json", "state.json", "events.jsonl", "vocabulary.json", "model.safetensors", "predictions.parquet")


def main() -> None:
    """Put a run for each data set and preset, at defaults and with seed 13, in the place of the present ones."""
    with tempfile.TemporaryDirectory() as folder:
        made = []
        for name, presets in DEMOS.items():
            runs = prepare(Path(folder), load_builtin(name), presets=presets, seeds=1, settings=Settings())
            for run in runs:
                report = execute(run, half_embeddings=True)
                size = sum((run.folder / file).stat().st_size for file in (*_KEPT, "report.json"))
                accuracy = report["test"]["accuracy"]
                print(f"{name} {run.spec['preset']}: test accuracy {accuracy:.4f}, {size / 1e6:.1f} MB")
                if size > LARGEST:
                    raise SystemExit(f"{name} {run.spec['preset']} takes {size:,} bytes; {LARGEST:,} are allowed")
                made.append(run)
        shutil.rmtree(DEMO_ROOT, ignore_errors=True)
        for run in made:
            target = DEMO_ROOT / run.id
            target.mkdir(parents=True)
            for file in (*_KEPT, "report.json"):
                shutil.copyfile(run.folder / file, target / file)


if __name__ == "__main__":
    main()
