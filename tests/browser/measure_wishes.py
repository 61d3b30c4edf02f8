"""What people do on each page, for `measure_pages`: a wish is done several times, `number` says which it is."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page

from tests.browser.server import PAGES

Wish = Callable[[Page, int], object]

TEXT = "A dull first hour, and then a truly wonderful ending number {} that I will not forget."
WORDS = ("good", "bad", "film", "plot", "quite")
METHODS = ("Attention", "Saliency", "Leave one out")


def _paste(words: int) -> Wish:
    """A text that was not there before; 20 words are a sentence."""

    def paste(page: Page, number: int) -> None:
        text = " ".join(WORDS[i * (number + 1) % 7 % 5] for i in range(words - 1))
        box = page.get_by_role("textbox", name="Text", exact=True)
        box.fill(TEXT.format(number) if words == 20 else f"{number} {text}")
        box.press("Control+Enter")

    return paste


def _buttons(*options: str) -> Wish:
    """The next one of a row of buttons."""

    def press(page: Page, number: int) -> None:
        groups = page.get_by_test_id("stButtonGroup").filter(has=page.get_by_text(options[0], exact=True))
        groups.first.get_by_text(options[(number + 1) % len(options)], exact=True).click()

    return press


def _choose(label: str, places: int) -> Wish:
    """Another entry of a select box; the clock starts with the choice, not when the list opens."""

    def choose(page: Page, number: int) -> None:
        page.get_by_role("combobox", name=label, exact=True).click()
        entries = page.get_by_role("option")
        entries.first.wait_for()
        page.evaluate("told.armed = true")
        entries.nth((number + 1) % places).click()

    return choose


def _click(selector: str, *places: int) -> Wish:
    return lambda page, number: page.locator(selector).nth(places[number % len(places)]).click()


def _search(page: Page, number: int) -> None:
    box = page.get_by_placeholder("name, notes, tag")
    box.fill(("lstm", "attention")[number % 2])
    box.press("Enter")


def _seeds(page: Page, number: int) -> None:
    box = page.get_by_role("spinbutton", name="Seeds")
    box.fill(str(1 + number % 2))
    box.press("Enter")


def _lift(page: Page, number: int) -> None:
    slider = page.get_by_role("group", name="Lift small values").locator("input")
    if not slider.count():
        page.get_by_role("button", name="View").click()
        slider.focus()
        page.evaluate("told.armed = true")
    page.keyboard.press(("ArrowRight", "ArrowLeft")[number % 2])


READ: dict[str, Wish] = {
    "paste a sentence": _paste(20),
    "colour by another method": _buttons(*METHODS),
    "explain another label": _choose("Explain", 3),
    "pick a word": _click(".st-key-card-strip-0 .tok", 1, 3, 5),
    "rows as numbers": _buttons("bars", "numbers"),
    "another run beside it": _choose("Beside it", 2),
    "paste 200 words": _paste(200),
    "colour 200 words": _buttons(*METHODS),
    "paste 2,000 words": _paste(2000),
    "colour 2,000 words": _buttons(*METHODS),
    "pick one of 2,000 words": _click(".st-key-card-strip-0 .tok", 1, 3, 5),
    "lift small values": _lift,
}
TRAIN: dict[str, Wish] = {
    "choose a network": lambda page, _: page.get_by_text("LSTM", exact=True).first.click(),
    "more seeds": _seeds,
}
COMPARE: dict[str, Wish] = {
    "another figure": _buttons("Accuracy", "Loss"),
    "another face": _buttons("Side by side", "Where they differ"),
}
NEXT: dict[str, Wish] = {
    "paste a sentence": _paste(20),
    "pick a word": _click(".st-key-card-next-0 .tok", 3, 5, 7),
    "pick a bar": _click(".st-key-card-next-0 [role=radio]", 1, 2, 3),
    "colour by another method": _buttons(*METHODS),
}
MAP: dict[str, Wish] = {
    "paste a sentence": _paste(20),
    "pick a row": _click(".st-key-card-map .rows div", 3, 5, 7),
    "paste 200 words": _paste(200),
    "pick one of 200 rows": _click(".st-key-card-map .rows div", 3, 5, 7),
}
MODELS: dict[str, Wish] = {
    "tick a run": _click("[class*=st-key-compare-2] label", 0),
    "search": _search,
}
WISHES: dict[str, tuple[str, dict[str, Wish]]] = {
    "read": (PAGES["read"], READ),
    "compare": (PAGES["compare"], COMPARE),
    "trust": (PAGES["trust"], {"other test texts": _buttons("200", "500")}),
    "next word": (PAGES["next word"], NEXT),
    "next word, whole text": (PAGES["next word"] + "?face=text", MAP),
    "models": (PAGES["models"], MODELS),
    "train": (PAGES["train"], TRAIN),  # last: its trainings go on
}
