"""A million rows from a generated file to a data set and to a training's first event: time, memory, progress.

python tests/benchmarks/benchmark_million_rows.py [rows] [csv|jsonl|parquet|xlsx|csv.gz]
"""

from __future__ import annotations

import csv
import gzip
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

CLASSES = ("world", "sports", "business", "science")
COMMON = "the of and to in a is that for on it with as was at by from".split()
VOCABULARY, WORDS = 60_000, 28


def texts(rows: int, seed: int = 13):
    """Texts and labels: words drawn as languages draw them (Zipf), a few of which go with the label."""
    chance = random.Random(seed)
    syllables = [
        a + b for a in "b ch d f g k l m n p r s t v w z".split() for b in "a e i o u ay ing or un est".split()
    ]
    words = ["".join(chance.choices(syllables, k=chance.choice((1, 2, 2, 3)))) for _ in range(VOCABULARY)]
    pools = [[chance.choice(words) for _ in range(300)] for _ in CLASSES]
    for _ in range(rows):
        label = chance.randrange(len(CLASSES))
        drawn = [words[int(VOCABULARY ** chance.random()) - 1] for _ in range(chance.randrange(WORDS // 2, WORDS))]
        drawn += chance.choices(COMMON, k=6) + chance.choices(pools[label], k=2)
        chance.shuffle(drawn)
        yield " ".join(drawn).capitalize() + ".", CLASSES[label]


def write(path: Path, rows: int) -> None:
    """Write the table in the format that its name ends in."""
    if path.suffix in (".csv", ".gz"):
        with gzip.open(path, "wt", 1) if path.suffix == ".gz" else open(path, "w", newline="") as file:
            csv.writer(file).writerow(("text", "label"))
            csv.writer(file).writerows(texts(rows))
    elif path.suffix == ".jsonl":
        with open(path, "w") as file:
            file.writelines(json.dumps({"text": text, "label": label}) + "\n" for text, label in texts(rows))
    elif path.suffix == ".json":
        with open(path, "w") as file:
            json.dump([{"text": text, "label": label} for text, label in texts(rows)], file)
    elif path.suffix == ".parquet":
        import pandas as pd

        pd.DataFrame(texts(rows), columns=["text", "label"]).to_parquet(path, row_group_size=rows)
    else:
        import openpyxl

        book = openpyxl.Workbook(write_only=True)
        sheet = book.create_sheet()
        for row in (("text", "label"), *texts(rows)):
            sheet.append(row)
        book.save(path)


def ingest(root: Path, path: Path) -> dict:
    """Upload the file, have it read by its own process, and watch: seconds, peak memory, longest silence."""
    from model.runs import data_process, intake

    start = time.monotonic()
    with open(path, "rb") as file:
        upload = intake.receive(root, name=path.name, owner=None, chunks=iter(lambda: file.read(1 << 20), b""))
    received = time.monotonic() - start
    upload.begin()
    pid = data_process.process_of(upload.folder).pid
    start = last = time.monotonic()
    share, silence, preview, stages = -1.0, 0.0, None, {}
    while (status := upload.status)["state"] not in ("ready", "refused"):
        now = time.monotonic()
        if status["share"] > share:
            silence, last, share = max(silence, now - last), now, status["share"]
        stages.setdefault(status["message"], round(now - start, 1))
        if preview is None and upload.preview:
            preview = now - start
        peak = _peak(pid) or (0, 0)
        time.sleep(0.05)
    print(f"received in {received:.1f} s; preview after {preview and round(preview, 2)} s; {status}")
    print(f"stages began at {stages}")
    print(f"read in {time.monotonic() - start:.1f} s; peak {peak[0]:,} MB resident, {peak[1]:,} MB of addresses")
    print(f"longest time without more share: {silence:.1f} s")
    if status["state"] == "refused":
        raise SystemExit(1)
    profile = upload.profile
    print({key: profile[key] for key in ("rows", "kept", "duplicates", "lengths", "unknown", "languages", "glove")})
    print([warning["about"] for warning in profile["warnings"]])
    return intake.data_entry(root, upload)


def _peak(pid: int) -> tuple[int, int] | None:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return None
    found = {
        line.split(":")[0]: int(line.split()[1]) // 1024 for line in lines if line.startswith(("VmHWM", "VmPeak"))
    }
    return (found["VmHWM"], found["VmPeak"]) if len(found) == 2 else None


def load(folder: Path) -> None:
    """In this process: load the data set and report its time and peak memory."""
    from model.data.storage import load_dataset

    start, before = time.monotonic(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    dataset = load_dataset(folder)
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    count = len(dataset.train.texts)
    print(f"load_dataset: {count:,} training texts in {time.monotonic() - start:.1f} s; {before} -> {after} MB")


def train(root: Path, entry: dict) -> None:
    """In this process: what a training's worker does until the first word of progress; the data is there in numbers.

    The first run on the data makes the numbers, and later ones find them. Pages of a file that processes share are
    told apart from memory that each has for itself.
    """
    from model.estimator import AttentionClassifier
    from model.runs.store import create_run
    from model.runs.tokens import tokens_of
    from model.training.settings import Settings

    settings = Settings(preset="bilstm-additive", device="cpu").to_dict()
    run = create_run(root, data=entry, settings=settings, versions={})
    start, before = time.monotonic(), _resident()
    data = tokens_of(run)
    taken = time.monotonic() - start
    print(f"tokens_of: {len(data.ids):,} tokens, {len(data.keys):,} words in {taken:.1f} s", flush=True)
    print(f"  resident {before} -> {_resident()}; peak {_peak(os.getpid())[0]:,} MB")
    for event in AttentionClassifier(**settings).training_events_tokenized(data):
        print(f"{event['kind']} after {time.monotonic() - start:.1f} s, resident {_resident()}", flush=True)
        if event["kind"] == "progress":
            break
    print(f"peak {_peak(os.getpid())[0]:,} MB resident")


def _resident() -> str:
    """Memory of this process now: its own, and that of files, which it shares."""
    lines = Path("/proc/self/status").read_text().splitlines()
    found = {line.split(":")[0]: int(line.split()[1]) // 1024 for line in lines if line.startswith("Rss")}
    return f"{found['RssAnon']:,} MB + {found['RssFile']:,} MB of files"


def main() -> None:
    """Everything in turn, each part in a process of its own."""
    if len(sys.argv) == 3 and sys.argv[1] in ("load", "train"):
        root = Path(sys.argv[2])
        entry = json.loads((root / "entry.json").read_text())
        load(root / entry["folder"]) if sys.argv[1] == "load" else train(root, entry)
        return
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    form = sys.argv[2] if len(sys.argv) > 2 else "csv"
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCHMARK_FOLDER")) as folder:
        path = Path(folder) / f"million.{form}"
        write(path, rows)
        print(f"{rows:,} rows, {path.stat().st_size / 1e6:.0f} MB of {form}", flush=True)
        entry = ingest(Path(folder), path)
        (Path(folder) / "entry.json").write_text(json.dumps(entry))
        for part in ("load", "train", "train"):
            subprocess.run([sys.executable, __file__, part, folder], check=True)


if __name__ == "__main__":
    main()
