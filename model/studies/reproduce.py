"""Trains a model of Attention Lab once more, with the same texts and settings, and says whether it is the same.

    python reproduce.py RUN.zip                  with the model's bundle, which brings the texts
    python reproduce.py                          where the texts are built in or generated
    python reproduce.py RUN.zip --vectors FILE   where its word vectors came from a file

Run it in the folder of Attention Lab, with its requirements installed. It ends with 0 if every weight is equal to the
last bit, 1 if not, and 2 if it could not try. Other versions, another processor or another device round differently:
then look at how far the figures are apart. To try something else, change SETTINGS.
"""

import argparse
import hashlib
import os
import sys
import tempfile
from pathlib import Path

# -- what was trained -------------------------------------------------------------------------------------------

TITLE = ""
DATA = {"name": "", "sha256": ""}
SETTINGS = {}
VECTORS = None
STOPPED_AFTER = None
HALF_EMBEDDINGS = False
EXPECTED = {"weights": "", "predictions": "", "test": {}, "epochs": 0, "best_epoch": 0}
VERSIONS = {}

# -- how it is trained again ------------------------------------------------------------------------------------


def main() -> int:
    """Get the texts, train, compare, say so."""
    sys.path.insert(0, os.getcwd())
    try:
        from model.errors import LabError
    except ImportError:
        print(f"Attention Lab is not in {os.getcwd()}: run this in its folder.", file=sys.stderr)
        return 2
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("bundle", nargs="?", help="the model's bundle (.zip)")
    parser.add_argument("--vectors", help="the file of word vectors, where one was used")
    options = parser.parse_args()
    try:
        dataset = read_texts(options.bundle)
        if dataset.sha256 != DATA["sha256"]:
            print(f"NOT THE SAME: these texts have the hash {dataset.sha256}, not {DATA['sha256']}.")
            return 1
        classifier = train(dataset, settings_with(options.vectors))
        return compare(classifier, dataset)
    except LabError as error:
        print(f"This cannot be tried: {error}", file=sys.stderr)
        return 2


def read_texts(bundle: str | None):
    """The data set in the bundle, or the one that the name stands for."""
    from model.data.datasets import is_builtin, load_builtin
    from model.errors import DataError
    from model.runs.bundle import unbundle
    from model.runs.texts import dataset_of

    if bundle:
        with tempfile.TemporaryDirectory() as folder:
            return dataset_of(unbundle(bundle, Path(folder)))
    if not is_builtin(DATA["name"]):
        raise DataError(f"the texts {DATA['name']!r} are in the bundle: python {sys.argv[0]} RUN.zip")
    return load_builtin(DATA["name"])


def settings_with(vectors: str | None) -> dict:
    """SETTINGS, with the file of vectors where there is one."""
    from model.errors import DataError

    if VECTORS is None:
        return SETTINGS
    if vectors is None:
        raise DataError(f"its word vectors came from the file {VECTORS['name']!r}; give it with --vectors FILE")
    if VECTORS["sha256"]:
        with open(vectors, "rb") as file:
            if not hashlib.file_digest(file, "sha256").hexdigest().startswith(VECTORS["sha256"]):
                raise DataError(f"{vectors} is not the file of vectors that was used: its hash is another one")
    return {**SETTINGS, "vectors": vectors}


def train(dataset, settings: dict):
    """The classifier, trained on the same texts in the same order, to the same moment."""
    from model import AttentionClassifier
    from model.training import trainer

    if isinstance(STOPPED_AFTER, float):  # within its first epoch: ask after every batch, not twice a second
        trainer.PROGRESS_SECONDS = 0.0
    done = 0.0  # epochs
    classifier = AttentionClassifier(**settings)
    events = classifier.training_events(
        dataset.train.texts,
        dataset.train.labels,
        validation=(dataset.validation.texts, dataset.validation.labels),
        enough=lambda: STOPPED_AFTER is not None and done >= STOPPED_AFTER,
    )
    for event in events:
        if event["kind"] == "progress":
            done = event["epoch"] - 1 + event["share"]
        elif event["kind"] == "epoch":
            done = event["epoch"]
            loss, accuracy = event["validation"]["loss"], event["validation"]["accuracy"]
            print(f"epoch {event['epoch']}: validation loss {loss:.4f}, accuracy {accuracy:.4f}", flush=True)
    if HALF_EMBEDDINGS:  # as it was saved, and then scored
        weight = classifier.network_.embedding.weight
        weight.data = weight.data.half().float()
    return classifier


def compare(classifier, dataset) -> int:
    """Say whether the model is the same, and if not how far it is from it."""
    import numpy as np

    from model.compare.metrics import classification_metrics
    from model.runs.model_file import versions

    weights = {name: value.cpu().numpy() for name, value in classifier.network_.state_dict().items()}
    probabilities = classifier.predict_proba(dataset.test.texts)
    predictions = [str(label) for label in classifier.classes_[probabilities.argmax(1)]]
    scores = classification_metrics(probabilities, np.searchsorted(classifier.classes_, dataset.test.labels))
    for name, was in EXPECTED["test"].items():
        print(f"test {name}: {scores[name]:.6g}, then {was:.6g}")
    if digest_of_weights(weights) == EXPECTED["weights"]:
        print(f"THE SAME: all {sum(value.size for value in weights.values()):,} weights are equal to the last bit.")
        return 0
    if hashlib.sha256("\n".join(predictions).encode()).hexdigest() == EXPECTED["predictions"]:
        print("NOT THE SAME weights, but the same prediction for every test text.")
    else:
        print("NOT THE SAME: the weights differ, and so do some predictions.")
    epochs = len(classifier.history_)
    if epochs != EXPECTED["epochs"]:
        print(f"It was trained for {epochs} epochs, then for {EXPECTED['epochs']}.")
    for name, version in versions().items():
        if version != VERSIONS.get(name):
            print(f"{name} is {version}, then {VERSIONS.get(name)}.")
    return 1


def digest_of_weights(weights: dict) -> str:
    """SHA-256 over the names and the float32 values of all weights, in the order of their names."""
    import numpy as np

    digest = hashlib.sha256()
    for name in sorted(weights):
        digest.update(name.encode() + b"\n" + np.ascontiguousarray(weights[name], "<f4").tobytes())
    return digest.hexdigest()


if __name__ == "__main__":
    sys.exit(main())
