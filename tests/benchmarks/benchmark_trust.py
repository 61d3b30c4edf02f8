"""How long all trust tests of one model take: 1,000 AG News test texts in under 10 minutes on two cores.

    python -m tests.benchmarks.benchmark_trust [--texts 1000] [--run RUN_DIR] [--no-adversary]

All tests of `model.studies.trust` with attention, saliency, input x gradient, integrated gradients and leave-one-out,
and the tables and verdicts from them; no retraining and no randomised copies. The model is that of a run, or one
trained here on ag_news/train_subset.csv.gz: bilstm-additive at defaults, without pretrained vectors, seed 13. All is
on one thread, so that other processes count for little in the processor time. Returns 1 where more time has passed
than the goal allows.
"""

import argparse
import sys
import time
from pathlib import Path

import torch

from model import AttentionClassifier, load_run
from model.compare.trust_tables import summary
from model.compare.verdict import verdicts
from model.data.datasets import resolve
from model.studies.trust import trust

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"
GOAL = 600  # seconds for 1,000 texts


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--texts", type=int, default=1000)
    parser.add_argument("--run", type=Path)
    parser.add_argument("--adversary", action=argparse.BooleanOptionalAction, default=True)
    options = parser.parse_args()
    folder = DATA / "ag_news"
    if not folder.is_dir():
        sys.exit(f"skipped: {folder} not found; the benchmark reads AG News there")
    torch.set_num_threads(1)
    data = resolve(
        folder / "train_subset.csv.gz",
        text_columns=["text"],
        label_column="label",
        test=folder / "test.csv",
        test_text_columns=["title", "description"],
    )
    if options.run:
        classifier = load_run(options.run)
    else:
        start = time.process_time()
        classifier = AttentionClassifier("bilstm-additive", seed=13, vectors="none")
        classifier.fit(*data.train, validation=data.validation)
        print(f"trained in {time.process_time() - start:.0f} s of processor time", flush=True)
    start, used = time.perf_counter(), time.process_time()
    for progress in trust(classifier, data.test, limit=options.texts, adversary=options.adversary):
        if progress.done and progress.done % 100 == 0:
            print(f"{progress.done:,} texts after {time.perf_counter() - start:.0f} s", flush=True)
    found = verdicts(summary(progress.records, labels=classifier.classes_.tolist()))
    passed, used = time.perf_counter() - start, time.process_time() - used
    texts, tokens = len(progress.records), sum(record["tokens"] for record in progress.records)
    goal = GOAL * texts / 1000
    print(f"{texts:,} texts of {tokens / texts:.0f} tokens: {passed:.0f} s passed, {used:.0f} s of processor time")
    print(f"that is {1000 * used / texts:.0f} ms of processor time a text; the goal for them is {goal:.0f} s")
    for verdict in found:
        print(f"{verdict.outcome:>9}  {verdict.test}: {verdict.sentence}")
    return int(passed > goal)


if __name__ == "__main__":
    sys.exit(main())
