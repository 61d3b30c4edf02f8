"""The last card of a comparison's report: what was done, so that others can judge it and do it again."""

from collections.abc import Mapping
from typing import Any

from model.explain.export_words import name_of
from model.studies.compare_report_words import Document, notes, number, section, sides_by_key
from model.studies.report_parts import table


def protocol_card(document: Document) -> str:
    """Data, split, seeds, updates, choice of the checkpoint, and every option that is not the same for all."""
    data, protocol, sides = document["data"], document["protocol"], sides_by_key(document)
    seeds = ", ".join(map(str, protocol["seeds"]))
    lines = [
        f"Data: {name_of(data['name'])}; {number(data['train'])} training, {number(data['validation'])} validation and "
        f"{number(data['test'])} test texts, the same for every side. Fingerprint of the split: {data['sha256'][:16]}.",
        f"Classes: {', '.join(name_of(label) for label in data['classes'][:30])}.",
        f"Seeds: {seeds}" + ("; each side was trained with each of them." if protocol["paired"] else "; not the same for all sides, so "
                             "differences are not paired."),
        f"Training: at most {protocol['epochs']} epochs in batches of {protocol['batch_size']}, {number(protocol['updates'])} updates; "
        f"of each training the checkpoint with the {protocol['selection']}. The test texts choose nothing.",
        "Intervals, 95 %: of several seeds a t interval with seeds and texts as crossed random effects, so that it holds for other seeds and other "
        "texts; of one seed over texts alone (Wilson for accuracy). The bootstrap resamples texts and holds these trained models fixed.",
    ]  # fmt: skip
    return section("Protocol", "", notes(lines), _differing(protocol["differing"], sides), id="protocol")


def _differing(options: Mapping[str, Mapping[str, Any]], sides: Mapping[str, Mapping[str, Any]]) -> str:
    rows = [
        [side["title"], *(name_of(values.get(key, "")) for values in options.values())] for key, side in sides.items()
    ]
    header = ["Side", *(name_of(option.replace("_", " ")) for option in options)]
    return table(header, rows, title="Options that are not the same for all sides") if options else ""
