"""Finished runs of language models without a training: everything that a library, a bundle and a page look at."""

import numpy as np
import pandas as pd
import torch

from model.data.corpora import make_corpus, save_corpus
from model.networks.language_models import LanguageNetwork
from model.runs.kinds import LANGUAGE_MODEL
from model.runs.language_file import SavedLanguageModel, save_language_model
from model.runs.store import create_run, keep_data
from model.text.language import LanguageVocabulary
from model.training.language_settings import LanguageSettings

VERSIONS = {"attention_lab": "0.1.0", "python": "3.11", "torch": "2.13.0"}
TEXT = "".join(f"the cat number {number} sat on mat {number % 7}, and the dog did not\n" for number in range(60))


def language_corpus(text=TEXT, *, name="cats.txt"):
    """A small text in its three parts."""
    return make_corpus(text, name=name)


def language_run(root, corpus=None, *, title="", owner=None, **options):
    """A queued run of a small language model below `root`, on a corpus that is kept beside it."""
    corpus = corpus or language_corpus()
    folder = keep_data(root, corpus.sha256, lambda draft: save_corpus(corpus, draft))
    data = {"name": corpus.name, "sha256": corpus.sha256, "folder": folder, "report": corpus.report}
    options = {"preset": "lstm-attention-lm", "hidden_size": 4, "embedding_size": 6, "epochs": 2, **options}
    settings = LanguageSettings(**options).to_dict()
    return create_run(
        root, kind=LANGUAGE_MODEL, data=data, settings=settings, versions=VERSIONS, title=title, owner=owner
    )


def finish_language(run, corpus=None, *, perplexity=None, half_embeddings=False):
    """Give a run everything that a training leaves, with weights as they start."""
    corpus = corpus or language_corpus()
    settings = LanguageSettings.from_dict(run.spec["settings"])
    vocabulary = LanguageVocabulary.fit(corpus.train, unit=settings.unit, min_frequency=1)
    torch.manual_seed(settings.seed)
    network = LanguageNetwork(settings.architecture(vocabulary_size=len(vocabulary)))
    save_language_model(
        run.folder, SavedLanguageModel(settings, vocabulary, network), half_embeddings=half_embeddings
    )
    ids = vocabulary.encode(corpus.test)[1:]
    loss = np.log(perplexity or len(vocabulary))
    run.save_predictions(pd.DataFrame({"id": ids, "loss": np.full(len(ids), loss, np.float32)}))
    metrics = {
        "loss": loss, "perplexity": np.exp(loss), "bits_per_token": loss / np.log(2), "bits_per_character": 1.5,
        "tokens": len(ids), "unknown": 0.01,
    }  # fmt: skip
    metrics = {name: value.item() if hasattr(value, "item") else value for name, value in metrics.items()}
    checked = {name: metrics[name] for name in ("loss", "perplexity", "tokens")}
    run.save_report({
        "kind": LANGUAGE_MODEL, "preset": settings.preset, "seed": settings.seed, "unit": settings.unit,
        "parameters": 1000, "parameters_without_embeddings": 500, "device": "cpu", "epochs": 2, "best_epoch": 1,
        "seconds": 1.5, "tokens_per_second": 5000.0, "vocabulary": len(vocabulary), "validation": metrics,
        "test": metrics, "baselines": {"unigram": metrics, "kneser_ney": metrics}, "data": corpus.report,
        "ended": "epochs",
    })  # fmt: skip
    run.append_event({"kind": "boot", "device": "cpu", "epochs": 2, "tokens": 500, "resumed_after": 0})
    run.append_event({
        "kind": "epoch", "epoch": 1, "train": {"loss": loss.item(), "perplexity": None}, "validation": checked,
        "learning_rate": 0.002, "tokens_per_second": 5000.0, "seconds": 0.1, "averaging": False,
    })  # fmt: skip
    run.append_event({"kind": "improved", "epoch": 1, "validation": checked})
    run.set_state("done")
