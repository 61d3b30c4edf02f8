"""The report of a comparison in a browser, from disk and without any network: read, pointed at, typed into."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from model.reports.compare import report
from tests.browser.server import CONTEXT
from tests.reports.compare_documents import hostile, tiny_document

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return tiny_document(tmp_path_factory.mktemp("runs"))


@pytest.fixture(scope="module")
def file(document: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("report") / "report.html"
    file.write_text(report(document), encoding="utf-8")
    return file


@pytest.fixture
def opened(page: Page, file: Path) -> Page:
    """The report, opened from disk with no network."""
    page.context.set_offline(True)
    page.goto(file.as_uri())
    return page


def names(document: dict[str, Any]) -> list[str]:
    return [side["name"] for side in document["sides"]]


def tip(page: Page) -> Any:
    return page.locator("#tip")


def test_pointing_at_a_mark_says_its_number(opened: Page, document: dict[str, Any]) -> None:
    side = document["sides"][-1]
    seed = f"{side['name']}, seed 13: {100 * side['metrics']['accuracy']['seeds'][0]:.1f}\u00a0%"
    expect(tip(opened)).to_be_hidden()
    opened.locator(f'#sides .panel:visible [data-tip="{seed}"]').hover(force=True)
    expect(tip(opened)).to_be_visible()
    assert tip(opened).inner_text().startswith(side["name"])
    opened.mouse.move(2, 2)
    expect(tip(opened)).to_be_hidden()
    opened.locator("#learning .curve .dot:visible").last.hover(force=True)
    expect(tip(opened)).to_contain_text(re.compile(r"epoch \d: [\d.]+\s%"))


def test_a_tap_says_it_too_and_the_tip_stays_inside(browser: Browser, file: Path) -> None:
    phone = {**CONTEXT, "viewport": {"width": 390, "height": 844}, "has_touch": True}
    with browser.new_context(**phone, offline=True) as context:
        page = context.new_page()
        page.goto(file.as_uri())
        mark = page.locator("#sides .dot:visible").nth(1)
        mark.scroll_into_view_if_needed()
        box = mark.bounding_box()
        page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        expect(tip(page)).to_be_visible()
        shown = tip(page).bounding_box()
        assert shown["x"] >= 0 and shown["x"] + shown["width"] <= 390


def test_arrows_walk_through_a_chart_and_are_spoken(opened: Page) -> None:
    chart = opened.locator("#learning .plot:visible")
    chart.focus()
    opened.keyboard.press("ArrowRight")
    first = tip(opened).inner_text()
    assert re.search(r"epoch 1: ", first)
    assert opened.locator("#told").inner_text() == first
    opened.keyboard.press("ArrowRight")
    expect(tip(opened)).to_contain_text("epoch 2: ")
    opened.keyboard.press("ArrowLeft")
    expect(tip(opened)).to_have_text(first)
    opened.keyboard.press("Escape")
    expect(tip(opened)).to_be_hidden()


def test_a_legend_takes_a_side_out_of_every_chart(opened: Page, document: dict[str, Any]) -> None:
    name = names(document)[0]
    row = opened.locator("#sides .strip:visible", has_text=name).first
    curve = opened.locator('#learning .panel:visible .curve[data-side="0"]')
    cell = opened.locator("#figures tr", has_text=name).first
    expect(curve).to_be_visible()
    button = opened.locator("#sides").get_by_role("button", name=name, exact=True)
    button.click()
    expect(button).to_have_attribute("aria-pressed", "false")
    for gone in (curve, cell, opened.locator('#sides .panel:visible .strip[data-side="0"]')):
        expect(gone).to_be_hidden()
    same = opened.locator("#learning").get_by_role("button", name=name, exact=True)
    expect(same).to_have_attribute("aria-pressed", "false")
    same.focus()
    opened.keyboard.press("Space")
    expect(button).to_have_attribute("aria-pressed", "true")
    expect(curve).to_be_visible()
    expect(row).to_be_visible()


def test_one_metric_at_a_time_by_mouse_and_by_arrow(opened: Page) -> None:
    panels = opened.locator("#sides .panel:visible")
    expect(panels).to_have_count(1)
    expect(panels).to_have_attribute("data-value", "accuracy")
    opened.locator("#sides").get_by_role("radio", name="Loss").click()
    expect(panels).to_have_attribute("data-value", "loss")
    expect(opened.locator("#differences .panel:visible")).to_have_attribute("data-value", "loss")
    expect(opened.locator("#differences").get_by_role("radio", name="Loss")).to_be_checked()
    opened.locator("#differences").get_by_role("radio", name="Loss").focus()
    opened.keyboard.press("ArrowRight")
    expect(panels).to_have_attribute("data-value", "expected_calibration_error")


def test_one_pair_at_a_time(opened: Page, document: dict[str, Any]) -> None:
    panels = opened.locator("#pairs .panel:visible")
    expect(panels).to_have_count(1)
    choice = opened.locator("#pairs select")
    choice.focus()
    opened.keyboard.press("ArrowDown")
    expect(panels).to_have_attribute("data-value", "1")
    shown = opened.locator("#pairs .panel:visible .claim").inner_text()
    assert shown.replace("\u00a0", " ") == document["pairs"][1]["sentence"]


def test_texts_are_filtered_and_sorted(opened: Page, document: dict[str, Any]) -> None:
    rows = document["texts"]["rows"]
    shown = opened.locator(".example:visible")
    found = opened.locator("#found")
    expect(found).to_have_text(f"{len(rows)} texts")
    expect(shown).to_have_count(min(6, len(rows)))
    cell = rows[-1]["cell"]
    opened.get_by_label("Cell", exact=True).select_option(cell)
    of_cell = [row for row in rows if row["cell"] == cell]
    assert shown.evaluate_all("all => all.map(one => one.dataset.cell)") == [cell] * min(6, len(of_cell))
    opened.get_by_label("Cell", exact=True).select_option("")
    word = max(re.findall(r"\w+", rows[0]["text"]), key=len)
    opened.get_by_label("Words", exact=True).click()
    opened.keyboard.type(word.upper())
    having = sum(word.lower() in row["text"].lower() for row in rows)
    expect(found).to_have_text(re.compile(rf"^{having} (of {len(rows)} )?texts$"))
    opened.get_by_label("Words", exact=True).fill("no text has this word")
    expect(found).to_have_text(f"0 of {len(rows)} texts")
    expect(opened.get_by_text("No text of the sample fits.")).to_be_visible()
    opened.get_by_label("Words", exact=True).fill("")
    opened.get_by_label("Sort by", exact=True).select_option("change")
    changes = shown.evaluate_all("all => all.map(one => Math.abs(one.dataset.change))")
    assert changes == sorted(changes, reverse=True) and len(changes) == min(6, len(rows))


def test_more_texts_are_shown_on_demand(opened: Page, document: dict[str, Any]) -> None:
    rows = len(document["texts"]["rows"])
    assert rows > 6
    opened.get_by_role("button", name=re.compile("^Show .* more$")).click()
    expect(opened.locator(".example:visible")).to_have_count(min(12, rows))


def test_the_scrubber_colours_the_words_of_each_epoch(opened: Page, document: dict[str, Any]) -> None:
    one = next(each for each in document["growth"] if each["side"] == "bilstm-additive")
    largest = max(weight for epoch in one["epochs"] for weight in epoch["outputs"][0]["weights"])
    words = opened.locator("#growth .panel:visible .text i")
    scrubber = opened.get_by_label("Epoch", exact=True)

    def expected(epoch: int) -> list[float]:
        return [round(100 * weight / largest) / 100 for weight in one["epochs"][epoch]["outputs"][0]["weights"]]

    def shades() -> list[float]:
        return words.evaluate_all("all => all.map(one => Number(one.style.getPropertyValue('--a')))")

    assert shades() == pytest.approx(expected(3), abs=0.011)
    scrubber.focus()
    opened.keyboard.press("Home")
    expect(opened.locator("output[for=epoch]")).to_have_text("before training")
    assert shades() == pytest.approx(expected(0), abs=0.011)
    expect(opened.locator("#growth .steps:visible li:visible").first).to_contain_text("before training")
    opened.keyboard.press("ArrowRight")
    expect(scrubber).to_have_attribute("aria-valuetext", "after epoch 1")
    assert shades() == pytest.approx(expected(1), abs=0.011)
    box = scrubber.bounding_box()
    opened.mouse.click(box["x"] + box["width"] - 3, box["y"] + box["height"] / 2)
    expect(opened.locator("output[for=epoch]")).to_have_text("after epoch 3")
    words.first.hover()
    expect(tip(opened)).to_contain_text("weight 0.")


def test_the_seeds_of_a_text(opened: Page, document: dict[str, Any]) -> None:
    record = next(each for each in document["stability"]["examples"] if each["tokens"])
    largest = max(max(row) for row in record["weights"])
    opened.locator("#stability").get_by_role("radio", name="seed 14").click()
    shades = opened.locator("#stability .panel:visible .text i").evaluate_all(
        "all => all.map(one => Number(one.style.getPropertyValue('--a')))"
    )
    assert shades == pytest.approx([weight / largest for weight in record["weights"][1]], abs=0.011)
    expect(opened.locator("#stability .steps:visible li:visible")).to_contain_text("seed 14:")


def test_without_scripts_everything_is_there(browser: Browser, file: Path, document: dict[str, Any]) -> None:
    with browser.new_context(**CONTEXT, java_script_enabled=False, offline=True) as context:
        page = context.new_page()
        page.goto(file.as_uri())
        expect(page.locator("#sides .panel:visible")).to_have_count(4)
        expect(page.locator("#pairs .panel:visible")).to_have_count(len(document["pairs"]))
        expect(page.locator(".example:visible")).to_have_count(len(document["texts"]["rows"]))
        expect(page.locator(".needs-script:visible")).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_nothing_is_in_anybodys_way(opened: Page, scheme: str, width: int) -> None:
    opened.emulate_media(color_scheme=scheme)
    opened.set_viewport_size({"width": width, "height": 900})
    assert opened.evaluate("document.documentElement.scrollWidth") <= width
    found = Axe().run(opened, options={"resultTypes": ["violations"]}).response["violations"]
    told = [f"{each['id']} ({each['impact']}): {node['html'][:160]} {node['failureSummary'][:200]}"
            for each in found for node in each["nodes"]]  # fmt: skip
    assert told == []


def test_nothing_runs_out_of_names_and_texts(page: Page, document: dict[str, Any], tmp_path: Path) -> None:
    file = tmp_path / "hostile.html"
    file.write_text(report(hostile(document)), encoding="utf-8")
    page.goto(file.as_uri())
    assert page.locator("script").count() == 1 and page.locator("img").count() == 0
    page.locator("#sides .dot:visible").nth(1).hover(force=True)
    expect(tip(page)).to_contain_text("<script>")  # as text; a dialog would fail this test


ANOTHER_SCRIPT = """() => new Promise((done) => {
    document.addEventListener("securitypolicyviolation", (event) => done(event.violatedDirective));
    const script = document.createElement("script");
    script.textContent = "window.ran = true";
    document.body.append(script);
    setTimeout(() => done(window.ran ? "it ran" : "nothing"), 500);
})"""


def test_no_script_but_its_own_would_run(browser: Browser, file: Path) -> None:
    with browser.new_context(**CONTEXT, offline=True) as context:  # the refusal is an error in the console
        page = context.new_page()
        page.goto(file.as_uri())
        assert page.evaluate(ANOTHER_SCRIPT).startswith("script-src")
