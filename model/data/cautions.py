"""What to be careful of in a data set: each with its numbers, what it does to a result, and the mend."""

import math
from collections.abc import Callable
from typing import Any

from model.data.caution_words import Warning, counted, per_cent, warning
from model.data.checks import shorten
from model.data.giveaways import giveaways
from model.data.sample import Sample

MAX_TOKENS = 400  # of a text that are read: the default of a training
_UNSPACED = {"Thai", "Lao", "Khmer", "Myanmar", "Tibetan"}  # written without spaces, and not cut into words here
_NAMED = 0.5  # share of texts that say their own class's name and no other's: with topics, a few do by nature
_LEAST_GLOVE = 0.6  # share of the training tokens at which a training takes GloVe by itself

Profile = dict[str, Any]


def cautions(profile: Profile, sample: Sample) -> list[Warning]:
    """Warnings {"kind", "about", "effect", "mend"}, those that spoil a result most first.

    `mend` is {"label", "settings": {option: value}} where options of a training help, {"label"} where only the
    person can do it, None where nothing need be done.
    """
    found = [check(profile) for check in _CHECKS[:2]]
    found += _given_away(sample)
    found += [check(profile) for check in _CHECKS[2:]]
    return [warning for warning in found if warning]


def _damaged(profile: Profile) -> Warning | None:
    if "damaged" not in (profile["encoding"] or "") and profile["damaged"] < 0.01:
        return None
    texts = f"{per_cent(profile['damaged'])} of the texts" if profile["damaged"] else "Some texts"
    return warning(
        "damaged_characters",
        f"{texts} hold characters that were damaged before they came here, such as � or â€™.",
        "Words with them are unknown to the network, and pretrained vectors lack them.",
        "Save the table as UTF-8 where it was made, and choose it again",
    )


def _leaked(profile: Profile) -> Warning | None:
    leaked, validation = profile["leaked_into_test"], profile["also_in_validation"]
    if not leaked + validation:
        return None
    return warning(
        "leaked",
        f"{counted(leaked + validation, 'text')} of training (or validation) stood in a later split as well and were "
        f"taken out: {leaked:,} that are in test, {validation:,} that are in validation.",
        "Left in, they would have made the test easier than new texts are; results published on this split may be "
        "too good for that reason.",
        None,
    )


def _given_away(sample: Sample) -> list[Warning]:
    found, warnings = giveaways(sample), []
    effect = "The network will learn to look for it and nothing else, and fail on texts that lack it."
    if found["named"] >= _NAMED:
        warnings.append(
            warning(
                "label_in_text",
                f"In {per_cent(found['named'])} of the texts the name of their class stands, and no other's.",
                effect,
                "Choose text columns without the label, or take its name out of the texts",
            )
        )
    if words := found["words"]:
        told = "; ".join(
            f"“{word['word'][:40]}” in {per_cent(word['inside'])} of {shorten(word['label'])} and "
            f"{per_cent(word['outside'])} of the others"
            for word in words[:3]
        )
        warnings.append(
            warning(
                "label_in_text",
                f"A single word tells the class: {told}.",
                effect,
                "If it is a tag, an id or a source's name, take it out of the texts",
            )
        )
    return warnings


def _conflicting(profile: Profile) -> Warning | None:
    rows, kept = profile["conflicting"], profile["kept"]
    if not rows:
        return None
    return warning(
        "conflicting",
        f"{counted(rows, 'row')} ({per_cent(rows / (rows + kept))}) belong to a text that stands under two labels; "
        "all of them were left out.",
        "If the same text was labelled in two ways, other labels are as doubtful, and no model can do better "
        "than the people who gave them agree.",
        "Look at the examples, decide their labels, and choose the file again",
    )


def _duplicates(profile: Profile) -> Warning | None:
    rows = profile["duplicates"]
    if not rows:
        return None
    return warning(
        "duplicates",
        f"{counted(rows, 'row')} ({per_cent(rows / profile['rows'])}) that repeat another one exactly were left out; "
        "one of each was kept.",
        "Left in, copies of one text would stand in training and in test, and the score would be too good.",
        None,
    )


def _imbalance(profile: Profile) -> Warning | None:
    sizes = _sizes(profile)
    most, least = max(sizes, key=sizes.get), min(sizes, key=sizes.get)
    share = sizes[most] / sum(sizes.values())
    if sizes[most] < 4 * sizes[least] and share < 0.8:
        return None
    return warning(
        "imbalance",
        f"{shorten(most)} has {sizes[most]:,} texts ({per_cent(share)}), {shorten(least)} only {sizes[least]:,}.",
        f"Always answering {shorten(most)} is right {per_cent(share)} of the time: look at macro F1, not at "
        "accuracy, and expect rare classes to be missed.",
        "Let errors on rare classes count more",
        class_weights="balanced",
    )


def _tiny_class(profile: Profile) -> Warning | None:
    tiny = {label: counts for label, counts in profile["classes"].items() if counts["train"] < 20}
    if not tiny:
        return None
    listed = ", ".join(f"{shorten(label)} has {counts['train']}" for label, counts in list(tiny.items())[:3])
    more = f" and {len(tiny) - 3} classes more are as small" if len(tiny) > 3 else ""
    return warning(
        "tiny_class",
        f"Few texts to learn from: {listed}{more}.",
        "The network will hardly ever answer so, and the few test texts of it say little about how well it does.",
        "Collect more texts of it, or merge it with a class that is like it",
    )


def _many_classes(profile: Profile) -> Warning | None:
    classes = len(profile["classes"])
    if classes <= 30:
        return None
    each = profile["splits"]["train"] / classes
    return warning(
        "many_classes",
        f"There are {classes} classes with {each:,.0f} training texts each on average.",
        "Accuracy of any model is lower than with few classes, and the tables by class are long.",
        "If several mean the same, merge them",
    )


def _few_texts(profile: Profile) -> Warning | None:
    texts = profile["splits"]["train"]
    if texts >= 1000:
        return None
    return warning(
        "few_texts",
        f"There are only {texts:,} texts to learn from.",
        "Networks learn words by seeing them; with so few, TF-IDF with logistic regression is often better, and "
        "another seed gives another result.",
        "Train several seeds, and keep an eye on the baselines",
    )


def _small_test(profile: Profile) -> Warning | None:
    texts = profile["splits"]["test"]
    points = 196 * math.sqrt(0.85 * 0.15 / texts)
    if points < 3:
        return None
    return warning(
        "small_test",
        f"The test split has {texts:,} texts: an accuracy of 85 % is known to ± {points:.0f} points (95 % interval).",
        "Smaller differences between two models may be chance.",
        "Compare several seeds, and believe the intervals on the Compare page",
    )


def _long_texts(profile: Profile) -> Warning | None:
    lengths = profile["lengths"]
    if lengths["cut"] < 0.01:
        return None
    wanted = min(2000, math.ceil(lengths["p99"] / 100) * 100)
    return warning(
        "long_texts",
        f"{per_cent(lengths['cut'])} of the texts have more than {MAX_TOKENS} tokens; the longest has "
        f"{lengths['longest']:,}.",
        f"What stands behind the first {MAX_TOKENS} tokens is not read. Reading more takes time in proportion.",
        f"Read {wanted:,} tokens of each text",
        max_tokens=wanted,
    )


def _many_unknown(profile: Profile) -> Warning | None:
    unknown, most = profile["unknown"], "" if profile["unknown"]["whole"] else "At most "
    if unknown["test"] < 0.08:
        return None
    return warning(
        "many_unknown",
        f"{most}{per_cent(unknown['test'])} of the words of the test texts are unknown: they stand in training less "
        f"than {unknown['min_frequency']} times.",
        "The network sees all of them as one and the same word. Pretrained vectors tell something of words that "
        "were seen only once.",
        f"Keep words seen once: then {per_cent(unknown['once'])} are unknown",
        min_frequency=1,
    )


def _mixed_languages(profile: Profile) -> Warning | None:
    names = profile["language_names"]
    found = [(code, share) for code, share in profile["languages"].items() if code != "und" and share >= 0.05]
    if len(found) < 2:
        return None
    told = ", ".join(f"{names[code]} {per_cent(share)}" for code, share in found[:4])
    return warning(
        "mixed_languages",
        f"The texts seem to be in several languages: {told}.",
        "Each language has to be learnt from its own texts, and GloVe's vectors know English only.",
        "If one language is enough, keep its rows alone",
    )


def _other_script(profile: Profile) -> Warning | None:
    script, share = next(iter(profile["scripts"].items()), ("Latin", 1.0))
    if script in _UNSPACED:
        return warning(
            "other_script",
            f"{per_cent(share)} of the letters are {script}, which is written without spaces between words.",
            "Here such text is cut at spaces and marks alone, so that a phrase counts as one word and most words are "
            "unknown.",
            "Put spaces between the words, with a tool for this language, and choose the file again",
        )
    if script in ("Latin", "Other") or (profile["glove"] is None or profile["glove"] >= _LEAST_GLOVE):
        return None
    return warning(
        "other_script",
        f"{per_cent(share)} of the letters are {script}; GloVe's vectors know "
        f"{per_cent(profile['glove'])} of the words.",
        "Training starts from random vectors: that works, and wants more texts.",
        "Give a file of vectors of this language if you have one",
    )


def _one_word(profile: Profile) -> Warning | None:
    lengths = profile["lengths"]
    if lengths["one_word"] < 0.05:
        return None
    return warning(
        "one_word_texts",
        f"{per_cent(lengths['one_word'])} of the texts have one word or none.",
        "Attention over one word is always 1, so that it explains nothing there.",
        "See that the right text column is chosen",
    )


_CHECKS: tuple[Callable[[Profile], Warning | None], ...] = (
    _damaged, _leaked, _conflicting, _duplicates, _imbalance, _tiny_class, _few_texts, _small_test, _one_word,
    _long_texts, _many_unknown, _mixed_languages, _other_script, _many_classes,
)  # fmt: skip


def _sizes(profile: Profile) -> dict[str, int]:
    return {label: sum(counts.values()) for label, counts in profile["classes"].items()}
