"""The second journey: a table of one's own, one button, live curves, and both models on the same test texts."""

from __future__ import annotations

import csv
import io
import random
import re
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser.server import SETTLED

pytestmark = pytest.mark.browser

GOOD, BAD = ("lovely", "superb", "moving", "fresh"), ("dreary", "clumsy", "hollow", "stale")
FILLER = "the a film scene actor story and with some very long short second first music end it was of in".split()
READING = "The texts are still being read"
READ_MS, ESTIMATED_MS, TRAINED_MS = 30_000, 60_000, 120_000


def table(rows: int = 300, *, words: int = 30, seed: int = 7) -> bytes:
    """A CSV of two classes, told apart by one word in each text."""
    chance = random.Random(seed)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["review", "mood"])
    for row in range(rows):
        text = chance.choices(FILLER, k=words)
        text[chance.randrange(words)] = chance.choice((GOOD, BAD)[row % 2])
        writer.writerow([" ".join(text), ("glad", "sad")[row % 2]])
    return out.getvalue().encode()


def upload(page: Page, name: str, content: bytes) -> None:
    """Choose a file of one's own on the Train page."""
    page.get_by_test_id("stButtonGroup").get_by_text("Upload", exact=True).click()
    page.locator(".st-key-card-data").get_by_test_id("stFileUploaderDropzoneInput").set_input_files(
        files=[{"name": name, "mimeType": "text/csv", "buffer": content}]
    )


def ids(page: Page) -> list[str]:
    """The runs that the address names."""
    return parse_qs(urlsplit(page.url).query)["runs"][0].split(",")


def start(page: Page) -> list[str]:
    """Press the one button; return the ids of the runs it made."""
    page.get_by_role("button", name="Train", exact=True).click()
    page.wait_for_url(re.compile(r"[?&]runs="), timeout=READ_MS)  # it may wait for the texts
    return ids(page)


def job(page: Page, run_id: str):
    """The card of one training."""
    return page.locator(f".st-key-card-job-{run_id}")


def test_from_a_table_to_two_accuracies(visit: Callable[..., Page]) -> None:
    page = visit("/train")
    upload(page, "moods.csv", table())
    data = page.locator(".st-key-card-data")
    expect(data).to_contain_text("300 texts in 2 classes: 240 to train, 30 to validate", timeout=READ_MS)
    expect(data.locator("[data-testid=stVegaLiteChart] svg")).to_have_count(2)
    expect(page.get_by_text("2 trainings on one and the same split.")).to_be_visible()
    expect(page.locator(".st-key-card-start")).to_contain_text("At most about", timeout=ESTIMATED_MS)

    runs = start(page)
    assert len(runs) == 2
    for run_id, name in zip(runs, ("LSTM, seed 13", "BiLSTM + additive attention, seed 13"), strict=True):
        expect(job(page, run_id)).to_contain_text(name)
        expect(job(page, run_id)).to_contain_text("moods.csv")
    for curve in ("accuracy", "loss"):
        drawing = page.locator(f".st-key-card-curve-{curve} [data-testid=stVegaLiteChart]")
        drawing.locator("svg .mark-line path").first.wait_for(timeout=60_000)
    expect(job(page, runs[1]).get_by_role("button", name="Cancel")).to_be_visible()  # so the curves were live

    page.reload()  # a new session: what it shows comes from the address and from disk
    page.locator(SETTLED).wait_for()
    assert ids(page) == runs
    for run_id in runs:
        expect(job(page, run_id)).to_be_visible()

    compare = page.get_by_role("button", name="Compare them")
    compare.wait_for(timeout=TRAINED_MS)
    expect(page.locator(".st-key-card-result")).to_contain_text(
        re.compile(r"Of 30 test texts, .* gets \d+\.\d % right")
    )
    forming = page.locator(".st-key-card-forming")
    expect(forming.get_by_role("option").first).to_be_visible()
    expect(forming).to_contain_text("× uniform")
    for run_id in runs:
        expect(job(page, run_id)).to_contain_text(re.compile(r"test accuracy \d+\.\d %"))
    compare.click()
    _both_are_compared(page, runs)


def _both_are_compared(page: Page, runs: list[str]) -> None:
    page.wait_for_url(re.compile(r"/compare\?"))
    page.locator(SETTLED).wait_for()
    assert set(ids(page)) == set(runs)
    expect(page.get_by_text("moods.csv · 30 test texts · 2 sides, 1 seed each · one split")).to_be_visible()
    verdict = page.locator(".st-key-card-verdict")
    expect(verdict).to_contain_text(re.compile(r"\(95 % interval [+−]?\d+\.\d+ to [+−]?\d+\.\d+\)"))
    expect(verdict).to_contain_text(re.compile(r"TF-IDF \+ logistic regression, at \d+\.\d %"))
    accuracies = page.locator(".st-key-card-accuracy .js-plotly-plot")
    for name in ("LSTM", "BiLSTM + additive attention", "Most frequent class", "TF-IDF + logistic regression"):
        expect(accuracies.locator("svg").get_by_text(name, exact=True)).to_be_visible()
    assert len(re.findall(r"\d+\.\d\s%", " ".join(accuracies.locator("svg").all_text_contents()))) >= 4
    for card in ("learning", "differences", "slices", "confusion-first", "confusion-difference", "cost", "take"):
        expect(page.locator(f".st-key-card-{card}")).to_be_visible()


def test_a_training_is_stopped_with_its_best_and_belongs_to_who_began_it(visit: Callable[..., Page]) -> None:
    page = visit("/train?data=Generated&task=diagnostic:keyword")
    page.get_by_text("LSTM", exact=True).first.click()  # one of the two is enough
    expect(page.get_by_text("1 training on one and the same split.")).to_be_visible()
    page.get_by_role("spinbutton", name="Texts").fill("8000")
    page.get_by_role("spinbutton", name="Texts").press("Enter")
    expect(page.get_by_text(re.compile(f"{READING}|^8,000 texts in")).first).to_be_visible()
    (run_id,) = start(page)  # most likely while they are read
    stop = job(page, run_id).get_by_role("button", name="Stop")
    stop.wait_for(timeout=60_000)
    stranger = page.context.browser.new_context()
    other = stranger.new_page()
    other.goto(page.url)
    expect(job(other, run_id)).to_contain_text("somebody else's training", timeout=30_000)
    expect(job(other, run_id).get_by_role("button", name="Cancel")).to_have_count(0)
    stranger.close()
    stop.click()
    expect(job(page, run_id)).to_contain_text("stopped by hand after", timeout=60_000)
    expect(page.locator(".st-key-card-result")).to_contain_text("% right")


def test_trainings_are_cancelled_waiting_or_running(visit: Callable[..., Page]) -> None:
    page = visit("/train?data=Generated&task=diagnostic:keyword")
    page.get_by_role("spinbutton", name="Texts").fill("8000")  # long enough that none ends before it is cancelled
    page.get_by_role("spinbutton", name="Seeds").fill("3")
    page.get_by_role("spinbutton", name="Seeds").press("Enter")
    expect(page.get_by_text("6 trainings on one and the same split.")).to_be_visible()
    expect(page.get_by_text(READING)).to_have_count(0, timeout=READ_MS)  # what comes after would move the button
    runs = start(page)
    assert len(runs) == 6
    for run_id in (runs[-1], *runs[1:-1], runs[0]):
        if run_id == runs[-1]:
            expect(job(page, run_id)).to_contain_text("in the queue")
        if run_id == runs[0]:
            expect(job(page, run_id)).to_contain_text("training", timeout=60_000)
        job(page, run_id).get_by_role("button", name="Cancel").click()
        expect(job(page, run_id)).to_contain_text("cancelled")
        expect(job(page, run_id).get_by_role("button", name="Resume")).to_be_visible()
    page.reload()
    for run_id in runs:
        expect(job(page, run_id)).to_contain_text("cancelled")


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("page.csv", b"<!DOCTYPE html><html><body><p>Sign in to download</p></body></html>", "a web page"),
        ("one.csv", b"text,label\n" + b"".join(b"text number %d,same\n" % i for i in range(60)), "two classes"),
        ("book.xlsx", bytes(range(256)) * 20, "not a table"),
    ],
)
def test_a_file_that_is_no_table_is_one_sentence(
    visit: Callable[..., Page], name: str, content: bytes, says: str
) -> None:
    page = visit("/train")
    upload(page, name, content)
    error = page.get_by_test_id("stAlertContentError").get_by_test_id("stMarkdownContainer")
    expect(error).to_have_count(1, timeout=20_000)
    expect(error).to_contain_text(says)
    assert error.inner_text().startswith(name) and "\n" not in error.inner_text().strip()
    assert "Traceback" not in page.locator("body").inner_text()
    expect(page.get_by_role("button", name="Train", exact=True)).to_be_disabled()
