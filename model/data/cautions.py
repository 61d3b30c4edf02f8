"""What to be careful of in a data set: each with its numbers, what it does to a result, and the mend."""

from typing import Any

from model.data.sample import Sample


def cautions(profile: dict[str, Any], sample: Sample) -> list[dict[str, Any]]:
    """Warnings {"kind", "about", "effect", "mend"}, the gravest first."""
    return []
