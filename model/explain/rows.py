"""What all who show a row of values share: its method's name, and whether it says anything. No torch here."""

import numpy as np

TITLES = {
    "attention": "Attention",
    "saliency": "Saliency",
    "input_x_gradient": "Input × gradient",
    "integrated_gradients": "Integrated gradients",
    "gradient_shap": "Gradient SHAP",
    "feature_ablation": "Feature ablation",
    "shapley_sampling": "Shapley sampling",
    "kernel_shap": "Kernel SHAP",
    "lime": "LIME",
    "leave_one_out": "Leave one out",
}
FLAWS = {
    "nan": "not a number: this method has no answer here",
    "zero": "all zero: this method sees no effect of any word",
}


def in_sentence(title: str) -> str:
    """A title inside a sentence: "Leave one out" without its capital, "LIME" and "Shapley sampling" with theirs."""
    return title[0].lower() + title[1:] if title[1:2].islower() and not title.startswith("Shapley") else title


def problem(values: np.ndarray) -> str | None:
    """What is wrong with a row (T,): "nan" where a value is not finite, "zero" where all are 0, None for neither."""
    if not np.isfinite(values).all():
        return "nan"
    return "zero" if len(values) > 0 and not values.any() else None
