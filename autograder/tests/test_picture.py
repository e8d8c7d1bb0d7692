"""Pictures of what differs: bounded, legible without colour, and only where there is something to see."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from autograder import notebook, picture
from autograder.checks import CheckFailed
from autograder.checks.compare import STATE, STATES
from autograder.feedback import exercise_html
from autograder.tests.test_feedback import Balanced, failed


def drawn(expected: Any, returned: Any, axes: tuple[str, ...] = (), what: str = "a state") -> str:
    return picture.of(CheckFailed("wrong", expected, returned, what, axes))


def changed(shape: tuple[int, ...], *places: tuple[int, ...], value: float = 7.0) -> tuple[np.ndarray, np.ndarray]:
    expected = np.linspace(-0.9, 0.9, int(np.prod(shape))).reshape(shape)
    returned = expected.copy()
    for place in places:
        returned[place] = value
    return expected, returned


def test_differing_entries_have_a_border_and_a_sign() -> None:
    """An entry that differs is bordered in both matrices and signed in the returned one; its number stands there."""
    html = drawn(*changed((3, 2), (1, 1)), STATE)
    assert html.count("2px solid currentColor") == 2 and html.count(">≠7<") == 1
    assert html.count("<td") == 12 and "example \\ unit" in html
    assert "1 of 6 entries differ, the first at example 1, unit 1" in html


def test_one_example_of_three_axes() -> None:
    """Of (B, T, H) the example with the earliest wrong step is shown, as (step, unit)."""
    html = drawn(*changed((3, 4, 2), (0, 3, 0), (2, 1, 1)), STATES)
    assert "a state, example 2 of 3: 2 of 24 entries differ, the first at example 2, step 1, unit 1" in html
    assert html.count("<td") == 16 and "step \\ unit" in html


def test_big_matrices_are_cropped() -> None:
    """At most twelve rows and columns are shown, those around the first difference, and a note says which."""
    html = drawn(*changed((40, 900), (33, 700)))
    assert html.count("<td") == 2 * 144 and "rows 27 to 38 of 40, columns 694 to 705 of 900" in html
    assert "2px solid currentColor" in html and len(html) < 80_000


def test_one_scale_for_both() -> None:
    """The strongest shade is the largest number of either, and what is not finite is hatched, in whatever colours."""
    html = drawn(*changed((3, 2), (0, 0), value=9.0), STATE)
    assert "±9" in html and "rgba(0,114,178,0.55)" in html
    for value, text in ((np.nan, "nan"), (np.inf, "inf")):
        html = drawn(*changed((3, 2), (0, 0), value=value), STATE)
        assert f"≠{text}" in html and "repeating-linear-gradient" in html


def test_shapes_are_drawn_to_scale() -> None:
    """Of two shapes the lengths of the sides are in proportion, the axes named, and the shapes said in words."""
    html = drawn(np.ones((3, 9)), np.ones((9, 3)), STATE)
    sides = [tuple(map(float, found)) for found in re.findall(r'width="([\d.]+)" height="([\d.]+)" fill', html)]
    (wide, low), (narrow, high) = sides
    assert wide == pytest.approx(3 * low, rel=0.01) and (wide, low) == (high, narrow)
    for part in ("unit: 9", "example: 3", "axis 0: 9", "shape (3, 9) expected, (9, 3) returned"):
        assert part in html
    assert drawn(np.ones((3, 5, 9)), np.ones((3, 9)), STATES).count("<rect") == 4


@pytest.mark.parametrize(
    ("expected", "returned"),
    [
        (np.ones((3, 3)), None),
        (np.ones((3, 3)), [1]),
        (1.0, 2.0),
        (np.ones(3), np.zeros(3)),
        (np.ones((1, 2)), np.zeros((1, 2))),
        (np.ones((3, 3)), np.ones((3, 3), np.float32)),
        (np.ones((2, 2, 2, 2)), np.zeros((2, 2, 2, 2))),
        (np.ones((0, 3)), np.ones((3, 0))),
        (None, np.ones((3, 3))),
    ],
)
def test_no_picture(expected: Any, returned: Any) -> None:
    """Where text says as much, or nothing can be drawn, there is no picture."""
    assert drawn(expected, returned) == ""


def test_picture_fits_any_page() -> None:
    """The tags are balanced, names are escaped, no script is used, and text and lines have the page's own colours."""
    evil = "<script>alert(1)</script>"
    for html in (drawn(*changed((3, 2), (1, 1)), (evil, evil), evil), drawn(np.ones((2, 3)), np.ones(3), (evil, evil))):
        tags = Balanced(html).tags
        assert "script" not in tags and not re.search(r"(?:color|background):\s*#", html)
        assert 'role="img" aria-label="' in html


def test_picture_stands_below_the_example() -> None:
    """In a notebook it stands in the feedback once, below the example that is shown in full."""
    html = exercise_html(failed(), {"small": "<i>picture</i>", "big": "<i>other</i>"})
    assert html.index("</table>", html.index("Small ones")) < html.index("<i>picture</i>") and "other" not in html
    assert "picture" not in exercise_html(failed())


def test_check_hands_over_a_picture(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """`check` shows the picture of a matrix that differs."""
    shown: list[dict[str, str]] = []
    monkeypatch.setattr(notebook, "show", lambda verdict, pictures, exercise: shown.append(pictures))

    def rnn_forward(x, h0, Wx, Wh, b):
        return np.zeros((len(x), x.shape[1], len(b)))

    with pytest.raises(CheckFailed):
        notebook.check_answer(rnn_forward)
    assert any("step \\ unit" in each for each in shown[0].values())
