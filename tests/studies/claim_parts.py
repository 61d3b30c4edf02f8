"""Parts of a comparison's document made by hand, for the sentences on them."""

FAIR = {"differing": {}}
NAMES = {
    "bilstm": "BiLSTM",
    "lstm": "LSTM",
    "bilstm-additive": "BiLSTM + additive attention",
    "bilstm-additive:uniform": "BiLSTM + additive attention, uniform weights",
}


def figure(estimate, low, high, covers="texts and seeds"):
    return {"estimate": estimate, "low": low, "high": high, "covers": covers}


def side(key, *, parameters=100_000, accuracy=(0.85, 0.83, 0.87), seeds=5, **changes):
    return {
        "key": key,
        "name": NAMES.get(key, key),
        "preset": key.removesuffix(":uniform"),
        "seeds": list(range(13, 13 + seeds)),
        "hidden_size": 64,
        "parameters_without_embeddings": parameters,
        "metrics": {"accuracy": figure(*accuracy)},
        **changes,
    }


def pair(first, second, found, *, kind="attention", paired=True, mcnemar=()):
    return {
        "first": first,
        "second": second,
        "kind": kind,
        "paired": paired,
        "differences": {"accuracy": found},
        "mcnemar": [{"seed": 13, "fixed": 1, "broken": 1, "p_value": p} for p in mcnemar],
    }


PLAIN, ATTENDING, CONTROL = side("bilstm"), side("bilstm-additive"), side("bilstm-additive:uniform")
