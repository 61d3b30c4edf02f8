"""Language models from the browser: a text of one's own in, live perplexity, and a model that is read with."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.server import SETTLED
from tests.browser.test_train_compare import ids, job

pytestmark = pytest.mark.browser

READ_MS, TRAINED_MS = 30_000, 120_000
SUBJECTS, VERBS, THINGS = (
    "the cat|a dog|my aunt".split("|"),
    "sees|likes|finds".split("|"),
    "milk|rain|bread".split("|"),
)
CHINESE = "今天天气很好。我们去公园散步。她在家里看书。他说明天会下雨。"


def english(sentences: int = 500, *, seed: int = 5) -> bytes:
    """A text of so many short sentences, one a line."""
    chance = random.Random(seed)
    return "".join(
        f"{chance.choice(SUBJECTS).capitalize()} {chance.choice(VERBS)} {chance.choice(THINGS)}.\n"
        for _ in range(sentences)
    ).encode()


def chinese(sentences: int = 400, *, seed: int = 5) -> bytes:
    """A Chinese text, in the encoding that many are saved in."""
    chance = random.Random(seed)
    return "\n".join(chance.choice(CHINESE.split("。")[:-1]) + "。" for _ in range(sentences)).encode("gb18030")


def upload(page: Page, name: str, content: bytes) -> None:
    """Choose a text of one's own."""
    page.get_by_test_id("stButtonGroup").get_by_text("Upload", exact=True).click()
    page.locator(".st-key-card-data").get_by_test_id("stFileUploaderDropzoneInput").set_input_files(
        files=[{"name": name, "mimeType": "text/plain", "buffer": content}]
    )


def make_tiny(page: Page) -> None:
    """Set the options of a training that takes a moment."""
    page.get_by_text("Settings", exact=True).click()
    for label, value in {"Hidden size": 12, "Epochs": 4}.items():
        field = page.get_by_role("spinbutton", name=label, exact=True)
        field.fill(str(value))
        field.press("Enter")
        expect(page.get_by_text(re.compile(rf"Changed: .*{label} {value}\b"))).to_be_visible(timeout=READ_MS)


def start(page: Page) -> list[str]:
    """Press the one button; return the ids of the runs it made."""
    button = page.get_by_role("button", name="Train", exact=True)
    expect(button).to_be_enabled(timeout=READ_MS)
    button.click()
    page.wait_for_url(re.compile(r"[?&]runs="))
    return ids(page)


def test_from_a_text_to_two_perplexities_and_to_what_comes_next(visit: Callable[..., Page]) -> None:
    page = visit("/next_word?new=1")
    upload(page, "cats.txt", english())
    expect(page.locator(".st-key-card-data")).to_contain_text(
        re.compile(r"[\d,]+ characters: [\d,]+ to train"), timeout=READ_MS
    )
    make_tiny(page)
    expect(page.get_by_text("2 trainings on one and the same text.")).to_be_visible()
    runs = start(page)
    assert len(runs) == 2
    for run_id, name in zip(runs, ("LSTM language model, seed 13", "LSTM language model + attention"), strict=True):
        expect(job(page, run_id)).to_contain_text(name)
    page.locator(".st-key-card-curve-perplexity svg .mark-line path").first.wait_for(timeout=60_000)

    stranger = page.context.browser.new_context()
    other = stranger.new_page()
    other.goto(page.url)  # what it shows comes from the address and from disk
    for run_id in runs:
        expect(job(other, run_id)).to_be_visible(timeout=30_000)
    other.locator(".st-key-card-curve-perplexity svg .mark-line path").first.wait_for(timeout=30_000)
    stranger.close()

    result = page.locator(".st-key-card-result")
    result.wait_for(timeout=TRAINED_MS)
    page.reload()
    page.locator(SETTLED).wait_for()
    result.wait_for()
    for name in ("LSTM language model, seed 13", "LSTM language model + attention, seed 13", "Kneser–Ney"):
        expect(result.get_by_role("row").filter(has_text=name)).to_contain_text(re.compile(r"\d+\.\d+"))
    expect(page.get_by_role("button", name="Compare them")).to_be_visible()
    job(page, runs[1]).get_by_role("link", name="Next word").click()
    model = page.get_by_role("combobox", name="Model", exact=True)
    expect(model).to_have_value(re.compile("lstm-attention-lm on cats.txt, seed 13 · perplexity"), timeout=30_000)
    page.locator(SETTLED).wait_for()
    assert "runs" not in page.url


def test_chinese_by_characters(visit: Callable[..., Page]) -> None:
    page = visit("/next_word?new=1")
    upload(page, "天气.txt", chinese())
    expect(page.locator(".st-key-card-data")).to_contain_text("encoding: gb18030", timeout=READ_MS)
    page.get_by_test_id("stButtonGroup").get_by_text("Characters", exact=True).click()
    page.get_by_text("LSTM language model", exact=True).first.click()  # the one with attention is enough
    make_tiny(page)
    expect(page.get_by_text(re.compile(r"characters to learn from, in \d+ steps of 5 × 35"))).to_be_visible()
    (run_id,) = start(page)
    page.locator(".st-key-card-result").wait_for(timeout=TRAINED_MS)
    expect(page.locator(".st-key-card-result")).to_contain_text(re.compile(r"\d+ characters, 0\.0 % of them unknown"))
    expect(job(page, run_id)).to_contain_text(re.compile(r"test perplexity \d"))


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [("short.txt", b"Too short to learn from.", "characters"), ("music.txt", bytes(range(256)) * 40, "music.txt")],
)
def test_what_is_no_text_to_learn_from_is_one_sentence(
    visit: Callable[..., Page], name: str, content: bytes, says: str
) -> None:
    page = visit("/next_word?new=1")
    upload(page, name, content)
    error = page.get_by_test_id("stAlertContentError").get_by_test_id("stMarkdownContainer")
    expect(error).to_have_count(1, timeout=READ_MS)
    expect(error).to_contain_text(says)
    assert error.inner_text().startswith(name) and "\n" not in error.inner_text().strip()
    expect(page.get_by_role("button", name="Train", exact=True)).to_be_disabled()
