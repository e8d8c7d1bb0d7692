"""The report on a class: who counts, item analysis against SciPy, misconceptions that are known, and bad input."""

from __future__ import annotations

import csv
import io
import json
import random
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from bs4 import BeautifulSoup
from rich.console import Console
from scipy import stats

from autograder import course, paths
from autograder.classroom import journal, pseudonyms
from autograder.classroom.folder import ClassroomError
from autograder.classroom.grade import grade
from autograder.classroom.report import report
from autograder.classroom.report.beliefs import held
from autograder.classroom.report.gather import ClassResults, gather
from autograder.classroom.report.items import FEW, analyse, discrimination
from autograder.course import CourseError, Exercise, sections
from autograder.judge import implementations
from autograder.judge.diagnosis import Diagnoser
from autograder.judge.run import judge_exercise
from autograder.judge.verdict import NOT_RUN, CheckVerdict, Diagnosis, ExerciseVerdict, Status, Verdict
from autograder.tests.course_folder import WRONG, book, gradebook, submitted
from autograder.tests.fake_judge import CHAPTER, FULL, RIGHT, FakeJudge, hand_in

__all__ = ["gradebook", "submitted"]  # fixtures
pytestmark = pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")  # nbgrader's own queries
EXERCISES = course.load(CHAPTER).exercises
FIRST = EXERCISES[0]


class Prepared(FakeJudge):
    """Gives each student the verdict that was prepared for them, and else what the fake judge says."""

    def __init__(self) -> None:
        super().__init__()
        self.changes: dict[str, Callable[[Verdict], object]] = {}

    def verdict(self, path: Path, chapter: str | None = None, student: str | None = None) -> Verdict:
        found = super().verdict(path, chapter, student)
        self.changes.get(student or "", lambda verdict: None)(found)
        found.score = sum(one.score for one in found.exercises)
        return found


@pytest.fixture
def judge() -> Prepared:
    return Prepared()


@pytest.fixture
def graded(submitted: Path, judge: Prepared) -> Callable[..., None]:
    """Grade what lies in ``submitted``."""

    def graded(**options: object) -> None:
        grade(CHAPTER, submitted, 2, console=Console(quiet=True), open_judge=judge, **options)  # type: ignore[arg-type]

    return graded


def replaced(verdict: ExerciseVerdict) -> Callable[[Verdict], object]:
    """Put the verdict on one exercise into the verdict on all."""

    def replace(found: Verdict) -> None:
        found.exercises[:] = [verdict if one.name == verdict.name else one for one in found.exercises]

    return replace


def soup(submitted: Path, name: str = CHAPTER) -> BeautifulSoup:
    return BeautifulSoup((submitted.parent / "reports" / f"{name}.html").read_text(encoding="utf-8"), "html.parser")


def words(page: BeautifulSoup, part: str = "main") -> str:
    return " ".join(page.select_one(part).text.split())  # type: ignore[union-attr]


def rows(submitted: Path, name: str = CHAPTER) -> list[dict[str, str]]:
    text = (submitted.parent / "reports" / f"{name}.csv").read_text(encoding="utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def mixed(submitted: Path, size: int = 30) -> dict[str, set[str]]:
    """A class in which the strong get nearly all right and the weak half; who got what wrong."""
    rng = random.Random(5)
    wrong = {}
    for number in range(size):
        chance = number / size
        wrong[f"s{number:02}"] = {one.name for one in EXERCISES if rng.random() < chance}
        answers = {name: WRONG[name] if name in wrong[f"s{number:02}"] else RIGHT[name] for name in RIGHT}
        hand_in(submitted, f"s{number:02}", answers)
    return wrong


def test_difficulty_and_discrimination_are_those_of_scipy(submitted: Path, graded: Callable[..., None]) -> None:
    """Share of points, corrected item-total correlation and Fisher's interval, each computed a second time."""
    wrong = mixed(submitted)
    graded()
    items = analyse(gather(CHAPTER, submitted))
    earned = np.array([[1 / 3 if one.name in each else 1.0 for one in EXERCISES] for each in wrong.values()])
    points = np.array([one.points for one in EXERCISES])
    for number, item in enumerate(items):
        rest = earned @ points - earned[:, number] * points[number]
        right = stats.pearsonr(earned[:, number], rest)
        interval = right.confidence_interval(0.95)
        assert item.share == pytest.approx(earned[:, number].mean())
        assert item.discrimination.value == pytest.approx(right.statistic)
        assert (item.discrimination.low, item.discrimination.high) == pytest.approx(tuple(interval), abs=1e-6)
        (check,) = item.checks  # the one check of the fake judge passes where the exercise is right
        assert check.share == pytest.approx((earned[:, number] == 1).mean())
        assert check.discrimination.value == pytest.approx(right.statistic)
        assert item.statuses == {
            "passed": sum(item.name not in each for each in wrong.values()),
            "failed": sum(item.name in each for each in wrong.values()),
        }


@pytest.mark.parametrize(
    "item, rest, said",
    [
        ([0, 1] * 4, range(8), "fewer than"),
        ([1] * FEW, range(FEW), "all earned the same"),
        ([0, 1] * 5, [3] * FEW, "all earned the same elsewhere"),
        (range(FEW), range(FEW), "tells well"),
        (range(FEW), range(FEW, 0, -1), "wrong way round"),
        ([0, 1] * 6, [1, 0, 0, 1, 2, 0, 0, 1, 1, 0, 0, 1], "may be chance"),  # -0.18, and its interval holds 0
        ([0, 1] * 6, [0, 1, 1, 0, 0, 1, 0, 1, 1, 0, 0, 2], "may be chance"),  # 0.5, and so does this one's
    ],
)
def test_discrimination_says_nothing_where_there_is_nothing_to_say(item: object, rest: object, said: str) -> None:
    """Too few students, or no differences: words in place of a number; else the interval has the say."""
    found = discrimination(np.array(item, float), np.array(rest, float))
    assert said in found.words
    assert (found.value is None) == said.startswith(("fewer", "all"))


def test_seven_of_thirty_hold_a_misconception(submitted: Path, judge: Prepared, graded: Callable[..., None]) -> None:
    """The judge's own diagnosis of a known mistake, held by seven of thirty: the report says seven, who, and where to
    read; another mistake that two ids stand for is one belief."""
    diagnose = Diagnoser(CHAPTER)
    mutants = {m.id: m for m in implementations.mutants(CHAPTER) if m.of == FIRST.name}
    twins = ("tanh_of_two_parts", "tanh_of_two_parts_and_bias")
    for number in range(30):
        name = f"s{number:02}"
        hand_in(submitted, name, RIGHT)
        mutant = "previous_state_ignored" if number < 7 else twins[number % 2] if number < 12 else ""
        if mutant:
            verdict = judge_exercise(
                FIRST, mutants[mutant].link, implementations.reference(CHAPTER), 3, diagnose=diagnose
            )
            assert [each.id for each in verdict.diagnosis] == [f"mutant:{mutant}"]
            judge.changes[name] = replaced(verdict)
    graded()
    report(CHAPTER, submitted)

    first, second = held(gather(CHAPTER, submitted))
    assert (first.exercise, first.ids) == (FIRST.name, ("mutant:previous_state_ignored",))
    assert first.students == tuple(f"s{number:02}" for number in range(7))
    assert second.ids == tuple(sorted(f"mutant:{each}" for each in twins)) and len(second.students) == 5
    page = soup(submitted)
    row = page.select_one("#misconceptions ~ table tbody tr")
    assert row is not None and row.td is not None and row.td.text == "7 (23 %)"
    assert "the previous state is never used" in row.text and "Your" not in row.text
    section = sections.of(FIRST)
    assert section is not None
    assert row.select_one("a")["href"] == sections.url(section)  # type: ignore[index]
    assert f"{section.title}, which 12 of 30 need" in words(page)
    believing = [each["student"] for each in rows(submitted) if "previous_state_ignored" in each["misconceptions"]]
    assert believing == [f"s{number:02}" for number in range(7)]


def test_points_are_those_of_the_gradebook(submitted: Path, graded: Callable[..., None]) -> None:
    """A teacher's own score counts in the exercise, and a penalty in the total; extra credit in the total alone."""
    for name in ("ann", "ben", "eve"):
        hand_in(submitted, name, RIGHT)
    graded()
    with book(submitted) as opened:
        grade_cell = opened.find_grade(f"check_{FIRST.name}", CHAPTER, CHAPTER, "ben")
        grade_cell.manual_score = 1.0
        notebook = opened.find_submission_notebook(CHAPTER, CHAPTER, "eve")
        notebook.late_submission_penalty = 5.0
        opened.find_grade(f"check_{FIRST.name}", CHAPTER, CHAPTER, "eve").extra_credit = 2.0
        opened.db.commit()
    report(CHAPTER, submitted)
    found = {one.student: one.points for one in gather(CHAPTER, submitted).results}
    assert found["ben"].final == pytest.approx(FULL - FIRST.points + 1)
    assert found["eve"].final == pytest.approx(FULL + 2 - 5)
    assert analyse(gather(CHAPTER, submitted))[0].share == pytest.approx((2 * FIRST.points + 1) / (3 * FIRST.points))
    points = {(each["student"], each["exercise"]): float(each["points"]) for each in rows(submitted)}
    assert points["ben", FIRST.name] == 1.0 and points["eve", FIRST.name] == FIRST.points


def named(found: ClassResults) -> set[str]:
    return {one.student for one in found.results}


def test_the_last_verdict_under_the_latest_checks_counts(
    submitted: Path, judge: Prepared, graded: Callable[..., None]
) -> None:
    """Who was judged under older checks only is counted apart; of several files, the one that lies there counts."""
    for name in ("ann", "ben", "eve", "old"):
        hand_in(submitted, name, WRONG)
    graded()
    judge.checks = "checks-2"
    (submitted / "old").rename(submitted.parent / "away")
    hand_in(submitted, "ann", RIGHT)
    graded()
    hand_in(submitted, "ann", WRONG)
    graded()
    hand_in(submitted, "ann", RIGHT)
    hand_in(submitted, "ben", RIGHT)
    hand_in(submitted, "new", RIGHT)
    found = gather(CHAPTER, submitted)
    assert (named(found), found.outdated, found.changed, found.ungraded) == (
        {"ann", "ben", "eve"}, ["old"], ["ben"], ["new"],
    )  # fmt: skip
    by = {one.student: one.verdict.exercises[0].status for one in found.results}
    assert by == {"ann": "passed", "ben": "failed", "eve": "failed"}
    report(CHAPTER, submitted)
    said = words(soup(submitted))
    assert "1 student has a verdict under older checks only" in said and "old" in said
    assert "Handed in again since they were graded; this page is about the graded file," in said and ": ben." in said
    assert set(found.answers) == {"ann", "eve"}  # what is compared is what was graded


def test_who_is_missing_is_said(submitted: Path, graded: Callable[..., None]) -> None:
    """Names of the gradebook and of roster.csv, without those who handed in."""
    hand_in(submitted, "ann", RIGHT)
    (submitted.parent / "roster.csv").write_text("id,first_name\nann,Ann\nzoe,Zoe\n")
    graded()
    with book(submitted) as opened:
        opened.add_student("max")
    report(CHAPTER, submitted)
    assert gather(CHAPTER, submitted).absent == ["max", "zoe"]
    assert "1 of 3 students on the roster handed in" in words(soup(submitted))
    assert "Who handed in nothing (2)max, zoe" in words(soup(submitted)).replace("(2) ", "(2)")


def test_a_folder_without_a_file_is_nothing_that_was_handed_in(submitted: Path, graded: Callable[..., None]) -> None:
    """Whether it is on the roster or not; who handed in a link in place of a file did hand in."""
    for name in ("ann", "ben", "empty"):
        hand_in(submitted, name, RIGHT if name == "ann" else None)
    (submitted / "ben" / CHAPTER / f"{CHAPTER}.ipynb").symlink_to(submitted / "ann" / CHAPTER / f"{CHAPTER}.ipynb")
    graded()
    found = gather(CHAPTER, submitted)
    assert (named(found), found.absent, found.ungraded) == ({"ann", "ben"}, ["empty"], [])
    report(CHAPTER, submitted)
    assert "2 of 3 students on the roster handed in" in words(soup(submitted))
    assert "Not readable (1 student)" in words(soup(submitted))


def test_damaged_lines_are_counted_and_change_nothing(submitted: Path, graded: Callable[..., None]) -> None:
    """Halves of lines, other JSON, and numbers that are none are passed over, and the page says how many."""
    hand_in(submitted, "ann", RIGHT)
    graded()
    path = submitted.parent / "verdicts" / f"{CHAPTER}.jsonl"
    (good,) = path.read_bytes().splitlines(keepends=True)
    odd = json.loads(good)
    odd["exercises"][0]["score"] = "many"
    other = {**json.loads(good), "chapter": "ch04_lstm"}
    bad = [good[:100] + b"\n", b"\xff\xfe\n", b"[]\n", b"{}\n", json.dumps(odd).encode() + b"\n",
           json.dumps(other).encode() + b"\n"]  # fmt: skip
    path.write_bytes(b"".join([*bad, good, good[:50]]))
    report(CHAPTER, submitted)
    found = gather(CHAPTER, submitted)
    assert (named(found), found.damaged) == ({"ann"}, 6)
    assert "6 lines of the journal" in words(soup(submitted))


def test_a_report_is_the_same_when_it_is_made_again(submitted: Path, graded: Callable[..., None]) -> None:
    """Byte for byte, and the gradebook and the journal are not touched."""
    mixed(submitted, 12)
    graded()
    kept = {path: path.read_bytes() for path in submitted.parent.rglob("*") if path.is_file()}
    made = report(CHAPTER, submitted)
    before = made.page.read_bytes(), made.table.read_bytes()
    report(CHAPTER, submitted)
    assert (made.page.read_bytes(), made.table.read_bytes()) == before
    assert {path: path.read_bytes() for path in kept} == kept


def test_anonymise_leaves_no_name_and_no_word_of_a_student(
    submitted: Path, judge: Prepared, graded: Callable[..., None]
) -> None:
    """Neither on the page nor in the table, absent students included; each has the name of the whole course."""
    names = ["annabella", "benedict", "clementine", "dorothea", "evangeline", "ferdinand", "gwendolyn", "hieronymus"]
    said = "my name is annabella and this is my work"
    for name in names:
        hand_in(submitted, name, {**RIGHT, FIRST.name: f"# {said}\n{RIGHT[FIRST.name]}"})

    def tells(verdict: Verdict) -> None:
        verdict.notes.append(said)
        verdict.exercises[1].status, verdict.exercises[1].message = "forbidden", said
        writes = "Your code writes into `annabella_made_this`: what a function is given belongs to the caller."
        verdict.exercises[2].diagnosis.append(Diagnosis("relation:argument_modified", writes, "in 3 of 4 calls"))

    judge.changes |= {"annabella": tells, "benedict": tells}
    (submitted.parent / "roster.csv").write_text("id\nzacharias\n")
    graded()
    plain, made = report(CHAPTER, submitted), report(CHAPTER, submitted, anonymise=True)
    assert said in plain.page.read_text(encoding="utf-8")
    assert "annabella_made_this" in words(soup(submitted), ".lead")
    assert "Code that writes into an argument" in words(soup(submitted, f"{CHAPTER}-anonymous"), ".lead")
    for path in (made.page, made.table):
        text = path.read_text(encoding="utf-8")
        assert not [name for name in [*names, "zacharias", "my name"] if name in text]
        assert "annabella" in (plain.page if path == made.page else plain.table).read_text(encoding="utf-8")
    other = pseudonyms.names(submitted.parent, names)
    assert {each["student"] for each in rows(submitted, f"{CHAPTER}-anonymous")} == set(other.values())
    shown = [each["student"] for each in rows(submitted, f"{CHAPTER}-anonymous")]
    assert shown == sorted(shown)  # the order tells nothing


def test_no_cell_of_the_table_is_a_formula(submitted: Path, graded: Callable[..., None]) -> None:
    """A folder named like a formula is a text in the spreadsheet, and a line break in it makes no line."""
    for name in ("=1+1", "@SUM(A1)", "-2", "+3", 'a"b,c'):
        hand_in(submitted, name, RIGHT)
    graded()
    report(CHAPTER, submitted)
    found = rows(submitted)
    assert len(found) == 5 * len(EXERCISES)
    assert {each["student"] for each in found} == {"'=1+1", "'@SUM(A1)", "-2", "'+3", 'a"b,c'}  # -2 is a number


def test_the_table_has_whole_names_and_the_page_short_ones(submitted: Path, graded: Callable[..., None]) -> None:
    """Two long names that begin alike, or differ in blanks, are two students in the table."""
    names = {"a" * 200, "a" * 199 + "b", "ann b", "ann  b"}
    for name in names:
        hand_in(submitted, name, RIGHT)
    graded()
    report(CHAPTER, submitted)
    assert {each["student"] for each in rows(submitted)} == names
    assert "a" * 81 not in words(soup(submitted)) and "a" * 70 in words(soup(submitted))


def test_nobody_else_can_read_it(submitted: Path, graded: Callable[..., None]) -> None:
    """Names, points and code of a class are its teacher's alone, where the file was open to all before, too."""
    hand_in(submitted, "ann", RIGHT)
    graded()
    for anonymise in (False, True):
        made = report(CHAPTER, submitted, anonymise)
        made.page.chmod(0o644)
        made = report(CHAPTER, submitted, anonymise)
        assert [path.stat().st_mode & 0o777 for path in (made.page, made.table)] == [0o600, 0o600]


def test_who_wrote_nothing_is_in_no_correlation(submitted: Path, graded: Callable[..., None]) -> None:
    """One blank notebook beside twenty right ones would make every exercise tell well; it counts in the share."""
    for number in range(20):
        hand_in(submitted, f"s{number:02}", {**RIGHT, FIRST.name: WRONG[FIRST.name]} if number < 9 else RIGHT)
    hand_in(submitted, "blank", {})
    graded()
    first, second, *_ = analyse(gather(CHAPTER, submitted))
    assert (first.discrimination.words, second.discrimination.words) == (
        "all earned the same elsewhere",
        "all earned the same",
    )
    assert second.share == pytest.approx(20 / 21) and second.statuses == {"passed": 20, "missing": 1}
    report(CHAPTER, submitted)
    assert "not in the correlation: 1 student." in words(soup(submitted))


def test_a_check_that_did_not_run_did_not_fail(submitted: Path, judge: Prepared, graded: Callable[..., None]) -> None:
    """Where nothing was written, it is forbidden, or a call before took too long, the share leaves the answer out."""

    def unlike(status: Status, *checks: CheckVerdict) -> Callable[[Verdict], object]:
        return replaced(ExerciseVerdict(FIRST.name, status, 0.0, FIRST.points, "", list(checks)))

    def check(name: str, message: str = "") -> CheckVerdict:
        return CheckVerdict(name, f"It is {name}.", not message, 1.0, message)

    judge.changes = {
        "right": unlike("passed", check("a"), check("b")),
        "wrong": unlike("failed", check("a"), check("b", "the entry at (0, 0) differs")),
        "slow": unlike("timeout", check("a", "took longer than 5 s"), check("b", f"{NOT_RUN} after a call")),
        "typo": unlike("missing", check("a", "it is not defined"), check("b", "it is not defined")),
        "ready": unlike("forbidden", check("a"), check("b", NOT_RUN)),
    }  # fmt: skip
    for name in judge.changes:
        hand_in(submitted, name, RIGHT)
    graded()
    found = {each.name: each for each in analyse(gather(CHAPTER, submitted))[0].checks}
    assert {name: (each.share, each.students) for name, each in found.items()} == {
        "a": (pytest.approx(2 / 3), 3), "b": (0.5, 2)
    }  # fmt: skip


def test_a_mistake_of_one_does_not_begin_the_page(
    submitted: Path, judge: Prepared, graded: Callable[..., None]
) -> None:
    """Where most failed an exercise and one student made a mistake with a name, the page begins with the exercise."""

    def believing(exercise: Exercise) -> Callable[[Verdict], object]:
        odd = Diagnosis("relation:odd", "The result is odd.", "in all 3 calls")
        return replaced(ExerciseVerdict(exercise.name, "failed", 0.0, exercise.points, "", [], [odd]))

    for number in range(6):
        hand_in(submitted, f"s{number}", WRONG if number else RIGHT)
    judge.changes = {"s1": believing(FIRST)}
    graded()
    report(CHAPTER, submitted)
    said = words(soup(submitted), ".lead")
    assert f"hardest was {FIRST.name}" in said and "odd" not in said
    judge.changes["s2"] = believing(FIRST)
    graded(regrade="all")
    report(CHAPTER, submitted)
    assert f"made by 2 students in {FIRST.name}: The result is odd." in words(soup(submitted), ".lead")


def test_what_is_strange_is_told(submitted: Path, judge: Prepared, graded: Callable[..., None]) -> None:
    """Each kind under its heading, with the student; what nobody did is not there; the longest come first."""

    def slow(verdict: Verdict) -> None:
        verdict.seconds = 77.0
        verdict.exercises[0].status, verdict.exercises[0].message = "timeout", "took longer than 5 s"

    def ended(verdict: Verdict) -> None:
        verdict.exercises[1].status = "error"
        verdict.exercises[1].message = "your code ended the process (it ended by itself)"

    def refused(verdict: Verdict) -> None:
        verdict.exercises[2].status = "failed"
        verdict.exercises[2].checks[0].passed = False
        verdict.exercises[2].checks[0].message = "PermissionError in your line 3 (Operation not permitted)"

    judge.changes = {"slow": slow, "ended": ended, "refused": refused}
    for name in ("slow", "ended", "refused", "calm"):
        hand_in(submitted, name, RIGHT)
    hand_in(submitted, "torn", "{")
    graded()
    report(CHAPTER, submitted)
    page = soup(submitted)
    headings = {heading.text: heading for heading in page.select("#strange ~ h3")}
    told = {name: headings[name].find_next("ul").text for name in headings if not name.startswith("The checks")}  # type: ignore[union-attr]
    assert set(told) == {
        f"{kind} (1 student)" for kind in ("Not readable", "Out of time", "Ended their own process", "Met a refusal")
    }
    assert "slow" in told["Out of time (1 student)"] and EXERCISES[0].name in told["Out of time (1 student)"]
    assert "refused" in told["Met a refusal (1 student)"] and "torn" in told["Not readable (1 student)"]
    assert re.search(r"judged in: slow 77\.0 s", words(page))


def test_conditions_are_told_with_how_many(submitted: Path, judge: Prepared, graded: Callable[..., None]) -> None:
    """Isolation, what was not shut off, device, seed and checks: each combination with its count."""

    def weaker(verdict: Verdict) -> None:
        verdict.isolation, verdict.holes, verdict.device = "inner", ["the network is open"], "cuda"

    judge.changes["ben"] = weaker
    for name in ("ann", "ben", "eve"):
        hand_in(submitted, name, RIGHT)
    graded()
    report(CHAPTER, submitted)
    table = [[cell.text for cell in row.select("td")] for row in soup(submitted).select("#conditions ~ table tbody tr")]
    assert table == [
        ["2", "boxed", "nothing", "cpu", "7", "checks-1"],
        ["1", "inner", "the network is open", "cuda", "7", "checks-1"],
    ]


def test_few_students_get_no_correlation(submitted: Path, graded: Callable[..., None]) -> None:
    """A class of nine has words in place of every number, and the page says why; a class of one has a page, too."""
    mixed(submitted, 9)
    graded()
    report(CHAPTER, submitted)
    assert {item.discrimination.value for item in analyse(gather(CHAPTER, submitted))} == {None}
    assert "with fewer than 10, such a number would be chance" in words(soup(submitted))
    assert "No pair of students" in words(soup(submitted))
    for number in range(1, 9):
        path = submitted / f"s{number:02}"
        path.rename(submitted.parent / path.name)
    journal_path = submitted.parent / "verdicts" / f"{CHAPTER}.jsonl"
    (only,) = [verdict for verdict in journal.read(journal_path) if verdict.student == "s00"]
    journal_path.write_bytes(journal.line(only))
    report(CHAPTER, submitted)
    assert "With fewer than 8 students to compare" in words(soup(submitted))


def no_journal(folder: Path) -> None:
    (folder / "verdicts" / f"{CHAPTER}.jsonl").unlink()


def empty_journal(folder: Path) -> None:
    (folder / "verdicts" / f"{CHAPTER}.jsonl").write_bytes(b"{}\nnothing\n")


def folder_for_a_journal(folder: Path) -> None:
    no_journal(folder)
    (folder / "verdicts" / f"{CHAPTER}.jsonl").mkdir()


def no_gradebook(folder: Path) -> None:
    (folder / "gradebook.db").unlink()


def no_database(folder: Path) -> None:
    (folder / "gradebook.db").write_text("a diary")


def odd_roster(folder: Path) -> None:
    (folder / "roster.csv").write_text("id\nann\nann\n")


def file_in_the_way(folder: Path) -> None:
    (folder / "reports").write_text("mine")


def page_in_the_way(folder: Path) -> None:
    (folder / "reports" / f"{CHAPTER}.html").mkdir(parents=True)


BAD = {
    no_journal: "has not been graded here; run  python -m autograder grade",
    empty_journal: "no verdict in it, and 2 damaged lines; run  python -m",
    folder_for_a_journal: "cannot be read (Is a directory)",
    no_gradebook: "there is no gradebook; grade first",
    no_database: "cannot be used (file is not a database)",
    odd_roster: "'ann' stands there 2 times; keep one",
    file_in_the_way: "/reports: is in the way of the report; move it",
    page_in_the_way: f"/reports/{CHAPTER}.html: is in the way of the report; move it",
}


@pytest.mark.parametrize("spoil", BAD, ids=lambda spoil: spoil.__name__)
def test_bad_input_is_one_line(submitted: Path, graded: Callable[..., None], spoil: Callable[[Path], None]) -> None:
    """What is missing or broken, where, and what to do; nothing is left half-written, and no gradebook is made."""
    hand_in(submitted, "ann", RIGHT)
    graded()
    spoil(submitted.parent)
    there = {path for path in submitted.parent.rglob("*") if path.name != "course.lock"}
    with pytest.raises(ClassroomError) as raised:
        report(CHAPTER, submitted)
    assert BAD[spoil] in str(raised.value) and "\n" not in str(raised.value)
    new = {path for path in submitted.parent.rglob("*") if path.name != "course.lock"} - there
    assert not [path for path in new if path.suffix in (".html", ".csv", ".db", ".part")]


def test_an_unknown_chapter_or_folder_is_one_line(tmp_path: Path) -> None:
    """Also one that would lead out of the folder."""
    for name in ("ch99", "../ch02_recurrence"):
        with pytest.raises(CourseError, match="no such chapter; there are: ch00_start"):
            report(name, tmp_path)
    with pytest.raises(ClassroomError, match="no such folder"):
        report(CHAPTER, tmp_path / "nowhere")


def test_the_command_says_where_the_report_is(submitted: Path, graded: Callable[..., None]) -> None:
    """Two lines and status 0; one line and status 2 where nothing has been graded."""
    hand_in(submitted, "ann", RIGHT)
    graded()

    def run(chapter: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "autograder", "report", chapter, "--submitted", str(submitted)]
        return subprocess.run(command, cwd=paths.ROOT, capture_output=True, text=True, timeout=120)

    done = run(CHAPTER)
    assert done.returncode == 0, done.stderr
    made = submitted.parent / "reports" / f"{CHAPTER}.html"
    assert done.stdout.splitlines()[0] == f"report on 1 student: {made}" and made.is_file()
    done = run("ch04_lstm")
    assert done.returncode == 2 and "has not been graded here" in done.stderr and done.stdout == ""


def test_links_lead_to_the_website_that_the_class_reads(
    submitted: Path, judge: Prepared, graded: Callable[..., None]
) -> None:
    """The address that ``course.yml`` names; elsewhere than in links, no address is on the page."""
    (submitted.parent / "course.yml").write_text("site: https://rnn.example.org/notes/\n")
    believed = ExerciseVerdict(FIRST.name, "failed", 0.0, FIRST.points, "", [], [Diagnosis("mutant:x", "Odd.", "")])
    judge.changes["ann"] = replaced(believed)
    hand_in(submitted, "ann", RIGHT)
    graded()
    report(CHAPTER, submitted)
    section = sections.of(FIRST)
    assert section is not None
    found = {link["href"] for link in soup(submitted).select("a")}
    assert found == {f"https://rnn.example.org/notes/{section.page}"}
