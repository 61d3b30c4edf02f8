"""The last card of a comparison's report: what was done, so that others can judge it and do it again."""

from collections.abc import Mapping
from typing import Any

from model.explain.export_words import name_of
from model.reports.compare_words import Document, notes, number, section, sides_by_key
from model.reports.parts import table

_MOST_CLASSES = 30  # named; more are counted
_INTERVALS = (
    "Intervals, 95 %: of several seeds a t interval with seeds and texts as crossed random effects, so that it holds "
    "for other seeds and other texts; of one seed over texts alone (Wilson’s for accuracy). The bootstrap resamples "
    "texts and holds these trained models fixed."
)


def protocol_card(document: Document) -> str:
    """Data, split, seeds, updates, choice of the checkpoint, and every option that is not the same for all."""
    protocol, sides = document["protocol"], sides_by_key(document)
    seeds = ", ".join(map(str, protocol["seeds"]))
    each = "every side was trained with each of them" if protocol["paired"] else "not the same for all sides"
    trained = (
        f"Training: at most {protocol['epochs']} epochs in batches of {protocol['batch_size']}, "
        f"{number(protocol['updates'])} updates; of each training the checkpoint with the {protocol['selection']}. "
        "The test texts choose nothing."
    )
    lines = [*_data(document["data"]), f"Seeds: {seeds}; {each}.", trained, _INTERVALS]
    return section("Protocol", "", notes(lines), _differing(protocol["differing"], sides), id="protocol")


def _data(data: Mapping[str, Any]) -> list[str]:
    rows = ", ".join(f"{number(data[split])} {split}" for split in ("train", "validation", "test"))
    names = [name_of(label) for label in data["classes"][:_MOST_CLASSES]]
    more = len(data["classes"]) - len(names)
    return [
        f"Data: {name_of(data['name'])}; texts: {rows}, the same for every side. Fingerprint: {data['sha256'][:16]}.",
        f"Classes: {', '.join(names)}{f' and {more} more' if more else ''}.",
    ]


def _differing(options: Mapping[str, Mapping[str, Any]], sides: Mapping[str, Mapping[str, Any]]) -> str:
    if not options:
        return ""
    rows = [
        [side["title"], *(name_of(values.get(key, "")) for values in options.values())] for key, side in sides.items()
    ]
    header = ["Side", *(name_of(option.replace("_", " ")) for option in options)]
    return table(header, rows, title="Options that are not the same for all sides")
