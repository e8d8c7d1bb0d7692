"""The practice pages as readers use them, in Chromium and in Firefox, with the network cut off.

The steps are programs for Node, in ``page/steps``: each is a function there, named as here. Pictures of what they see
are kept in the folder that ``PAGE_PICTURES`` names.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from autograder import paths
from autograder.tests.page.book import small_book
from autograder.tests.page.drive import BROWSERS, lines

__all__ = ["small_book"]  # a fixture

HANDED_IN = "the_notebook_to_hand_in_comes_at_a_press"
STEPS = (  # in this order: the first ones start Python for those that follow
    "the_network_is_cut_off",
    "another_host_would_be_noticed",
    "a_page_without_live_cells_loads_nothing_of_them",
    "nothing_of_python_is_asked_for_before_a_press",
    "idle_it_is_for_everyone",
    "by_keyboard_alone_from_the_start_to_a_pass",
    "the_first_check_says_what_it_loads_which_is_less_than_9_5_MB",
    "the_starter_is_not_written_yet",
    "a_known_mistake_is_named",
    "failed_it_is_for_everyone",
    "the_right_answer_passes_and_the_start_page_counts_it",
    "a_second_check_is_quick",
    "an_answer_calls_another_answer_of_the_page",
    "without_one_recording_the_others_are_checked",
    "passed_it_is_for_everyone",
    "a_syntax_error_has_its_line",
    "run_shows_what_is_printed_and_the_last_value",
    "run_shows_the_learners_own_lines_of_a_traceback",
    "exit_and_input_are_told_what_to_do_instead",
    "what_a_learner_prints_is_no_markup",
    "two_presses_are_one",
    "an_endless_loop_is_given_up_after_five_seconds_and_the_page_stays_alive",
    "prints_without_end_are_cut_short",
    "an_array_that_is_too_large_ends_with_a_sentence",
    "a_list_that_grows_for_ever_ends_with_a_sentence",
    "a_function_that_calls_itself_for_ever_is_told_so",
    "stop_ends_an_endless_loop",
    "stop_ends_what_python_cannot_interrupt",
    "a_press_beside_a_busy_python_is_told_so_until_it_is_through",
    "code_that_ends_python_is_told_so",
    "a_reload_keeps_what_was_written",
    "reset_brings_the_starter_and_takes_it_back",
    "a_second_reset_loses_nothing",
    "what_is_forgotten_elsewhere_stays_in_the_editor",
    "the_theme_can_be_switched_while_the_editor_is_open",
    "what_another_tab_keeps_is_taken_and_said",
    "what_two_tabs_write_at_once_is_the_readers_choice",
    "a_second_page_and_back",
    "a_live_cell_of_a_chapter_runs",
    "a_browser_that_keeps_nothing_is_said_and_work_goes_on",
    "a_browser_that_is_full_is_said",
    HANDED_IN,
    "hints_open_one_after_the_other",
    "fingers_find_every_button_on_a_telephone",
    "a_missing_editor_is_said",
    "a_missing_worker_is_said",
    "a_missing_part_of_python_is_said",
    "a_damaged_numpy_is_said",
    "a_damaged_grader_is_said",
    "a_missing_recording_is_said",
    "a_damaged_recording_is_said",
    "once_all_is_well_the_next_press_passes",
    "a_website_that_was_renewed_is_to_be_loaded_anew",
    "a_page_opened_as_a_file_says_why_it_cannot",
    "without_scripts_the_page_says_so_and_shows_the_code",
)
Came = Callable[[str], dict[str, dict[str, Any]]]


@pytest.fixture(scope="session")
def came(small_book: Path) -> Came:
    """What came of the steps in a browser, by their names: all are taken once, by whichever process asks first."""

    def of(kind: str) -> dict[str, dict[str, Any]]:
        folder = small_book.parent / kind
        with FileLock(f"{folder}.lock"):
            if not (folder / "steps.json").exists():
                (folder / "steps.json").write_text(json.dumps(_taken(kind, small_book, folder)), encoding="utf-8")
        found: dict[str, dict[str, Any]] = json.loads((folder / "steps.json").read_text(encoding="utf-8"))
        return found

    return of


def _taken(kind: str, site: Path, folder: Path) -> dict[str, dict[str, Any]]:
    """What came of each step; where the browser ended in between, why those after it were not taken."""
    found: dict[str, dict[str, Any]] = {}
    try:
        for line in lines("run.mjs", kind, site, folder, *STEPS, PICTURES=os.environ.get("PAGE_PICTURES", "")):
            found[line["step"]] = line
    except AssertionError as error:
        found = {step: {"why": f"not taken: {error}"} for step in STEPS} | found
    return found


@pytest.mark.parametrize("kind", BROWSERS)
@pytest.mark.parametrize("step", STEPS)
def test_a_reader_finds_that(came: Came, kind: str, step: str) -> None:
    """The step was taken in this browser, and nothing was otherwise than it claims."""
    line = came(kind)[step]
    assert "why" not in line, line["why"]


@pytest.mark.parametrize("kind", BROWSERS)
def test_the_notebook_from_the_page_is_worth_what_was_solved_in_it(came: Came, kind: str) -> None:
    """Read back by the command that grades notebooks: the two answers have their points, the rest is not written."""
    line = came(kind)[HANDED_IN]
    command = [sys.executable, "-m", "autograder", "check", "--json", line["measured"]["notebook"]]
    done = subprocess.run(command, cwd=paths.ROOT, capture_output=True, text=True)
    found = {one["name"]: one["score"] for one in json.loads(done.stdout)["exercises"]}
    assert {name: score for name, score in found.items() if score} == {"rnn_step": 4, "readout": 4}
