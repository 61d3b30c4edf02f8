"""Attention Lab: small text classifiers and language models whose attention can be read, compared and questioned."""

__version__ = "0.6.0"


def __getattr__(name):
    # Lazy, because the estimator imports torch and scikit-learn (two seconds) and a page's first paint needs neither.
    if name in ("AttentionClassifier", "load_run"):
        from model import estimator as room
    elif name in ("LanguageModel", "load_language_run"):
        from model import language_model as room
    else:
        raise AttributeError(f"module 'model' has no attribute {name!r}")
    return getattr(room, name)
