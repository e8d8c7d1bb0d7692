"""The pictures that move, on a page of their own in a real browser: by keyboard, without motion, without scripts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page

from autograder.tests.browser import browser, playwright
from autograder.tests.moving_site import WORDS, build
from autograder.tests.site import served
from book.pictures import NAMES, NOTE

__all__ = ["browser", "playwright"]  # fixtures
DRAWN = ".moving-drawing svg"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The website with all four pictures on its first page."""
    folder = tmp_path_factory.mktemp("moving")
    done = build(folder, "\n\n".join(f"```{{moving}} {name}\n{WORDS}\n```" for name in NAMES))
    assert done.returncode == 0, done.stderr
    (folder / "html" / "favicon.ico").touch()  # browsers ask for it
    return folder / "html"


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    """Where the website is served, on this machine alone."""
    with served(folder) as address:
        yield address


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A telephone whose reader wants no motion."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, reduced_motion="reduce")
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext, address: str) -> Iterator[Page]:
    """The page with the pictures; at the end it has written no error and asked nobody else for anything."""
    page, wrong = context.new_page(), list[str]()
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", lambda request: None if request.url.startswith(address) else wrong.append(request.url))
    page.goto(f"{address}/index.html")
    page.wait_for_selector("figure.moving[data-live] >> nth=3")
    yield page
    assert wrong == []


def _figure(page: Page, name: str) -> Locator:
    return page.locator(f'figure.moving[data-moving="{name}"]')


def _press(control: Locator) -> None:
    """Uses the control by keyboard alone, so that its value changes."""
    control.focus()
    kind = control.get_attribute("type")
    if kind == "range":
        high = control.evaluate("input => Number(input.value) === Number(input.max)")
        control.press("ArrowLeft" if high else "ArrowRight")
    elif kind == "text":
        control.press("End")
        control.press("Backspace")
    else:
        control.press("Space")


@pytest.mark.parametrize("name", NAMES)
def test_each_control_changes_the_drawing_by_keyboard(page: Page, name: str) -> None:
    """And what is said in words, once the reader has stopped."""
    figure = _figure(page, name)
    controls = figure.locator(".moving-controls :is(input, button):visible").all()
    assert len(controls) >= 3
    for control in controls:
        drawn, said = figure.locator(DRAWN).inner_html(), figure.locator("[role=status]").inner_text()
        _press(control)
        assert figure.locator(DRAWN).inner_html() != drawn, control.evaluate("input => input.parentElement.textContent")
        assert figure.locator("[role=status]").inner_text() == said  # not on each frame
        page.wait_for_timeout(600)
        assert figure.locator("[role=status]").inner_text() != said
        assert control.evaluate("input => input === document.activeElement")


@pytest.mark.parametrize("name", NAMES)
def test_a_picture_fits_a_telephone_and_a_finger(page: Page, name: str) -> None:
    """Nothing sticks out at 390 pixels, labels have 12 pixels, targets 24, and all have names."""
    figure = _figure(page, name)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    scale = figure.locator(DRAWN).evaluate("svg => svg.getBoundingClientRect().width / svg.viewBox.baseVal.width")
    for text in figure.locator(f"{DRAWN} text").all():
        assert text.evaluate("text => parseFloat(getComputedStyle(text).fontSize)") * scale >= 12
        left, right = text.evaluate("text => [text.getBoundingClientRect().left, text.getBoundingClientRect().right]")
        assert left >= 0 and right <= 390, text.inner_html()
    for control in figure.locator(":is(input, button):visible").all():
        box = control.bounding_box()
        assert box is not None and box["height"] >= 24 and box["width"] >= 24
    inputs = "inputs => inputs.every(input => input.labels.length && input.labels[0].textContent)"
    assert figure.locator("input").evaluate_all(inputs)
    described = figure.locator(DRAWN).get_attribute("aria-describedby")
    assert figure.locator(f"#{described}").inner_text() == WORDS
    assert len(figure.locator(DRAWN).get_attribute("aria-label") or "") > 40


@pytest.mark.parametrize("name", NAMES)
def test_without_motion_there_is_nothing_to_play(page: Page, name: str) -> None:
    """With it, Play moves the picture and Pause holds it; a wish for less motion stops it at once."""
    figure = _figure(page, name)
    assert not figure.get_by_role("button", name="Play").is_visible()
    _lengthen(figure, name)
    page.emulate_media(reduced_motion="no-preference")
    play = figure.locator(".moving-play").element_handle()
    figure.get_by_role("button", name="Play").press("Enter")
    drawn = figure.locator(DRAWN).inner_html()
    page.wait_for_function(
        "([svg, drawn]) => document.querySelector(svg).innerHTML !== drawn", arg=[_path(name), drawn]
    )
    figure.get_by_role("button", name="Pause").press("Enter")
    held = figure.locator(DRAWN).inner_html()
    page.wait_for_timeout(300)
    assert figure.locator(DRAWN).inner_html() == held
    figure.get_by_role("button", name="Play").press("Enter")
    page.emulate_media(reduced_motion="reduce")
    said = page.wait_for_function("play => play.hidden && play.textContent", arg=play)
    assert said.json_value() == "Play"


def _lengthen(figure: Locator, name: str) -> None:
    """So that what plays does not end before the test has paused it."""
    if name == "word":
        figure.get_by_role("textbox").fill("recurrence")
    if name == "unroll":
        figure.get_by_role("slider", name="Steps T").press("End")


def _path(name: str) -> str:
    return f'figure[data-moving="{name}"] {DRAWN}'


def _shows_stills(page: Page) -> None:
    """Every figure has its still picture, the sentence and the description, and nothing that does not work."""
    for name in NAMES:
        figure = _figure(page, name)
        assert figure.locator(".moving-still svg").is_visible() and NOTE in figure.inner_text()
        assert WORDS in figure.inner_text() and figure.locator("input, button").count() == 0


def test_without_scripts_the_still_picture_stays(browser: Browser, address: str, folder: Path) -> None:
    """Scripts are off; or the page is a file, of which Chromium loads no module; or the module is missing."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/index.html")
    _shows_stills(page)
    context.close()
    page = browser.new_page()
    page.goto((folder / "index.html").as_uri())
    _shows_stills(page)
    page.route("**/moving/stage.js", lambda route: route.abort())
    page.goto(f"{address}/index.html")
    page.wait_for_timeout(500)
    _shows_stills(page)
    page.close()


def test_on_paper_the_still_picture_comes_back(page: Page) -> None:
    """And the controls go."""
    page.emulate_media(media="print")
    for name in NAMES:
        assert _figure(page, name).locator(".moving-still svg").is_visible()
        assert not _figure(page, name).locator(".moving-stage").is_visible()


def test_pages_without_a_picture_load_nothing_of_it(folder: Path) -> None:
    """Neither a module nor the style."""
    assert "moving/" in (folder / "index.html").read_text() and "moving" not in (folder / "plain.html").read_text()
