"""Read a solution file (py:percent text) into a `Chapter`; every mistake in it is one line that names the place.

The markers, each on the header line of a cell:

    # %% [markdown] statement="rnn_step"                          the question, under a heading
    # %% [markdown] hints="rnn_step"                              a numbered list of three
    # %% exercise="rnn_step" points=4 minutes=5 difficulty=1 section="ch02-turn"
                                                                the answer; section is the label in book/ where it is
                                                                taught; library="torch" where it is not NumPy
    # %% active="ipynb" alt="..."                                 a demonstration; alt says what its picture shows
    # %%                                                          setup: imports that every answer may rely on

Inside an answer, ``### BEGIN SOLUTION`` and ``### END SOLUTION`` enclose what the learner has to write.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, NamedTuple

import jupytext
from jupytext.formats import JupytextFormatError

from autograder.course import sections
from autograder.course.chapter import Cell, Chapter, CourseError, Exercise, Kind

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
STUB = ("# YOUR CODE HERE", "raise NotImplementedError()")  # nbgrader's own; a test compares


class _Header(NamedTuple):
    """What the header line of a cell may say; the first parameter needed is the one that gives the kind away."""

    cell_type: str
    needed: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()


HEADERS: dict[Kind, _Header] = {
    "statement": _Header("markdown", ("statement",)),
    "hints": _Header("markdown", ("hints",)),
    "text": _Header("markdown"),
    "exercise": _Header("code", ("exercise", "points", "minutes", "difficulty", "section"), ("library",)),
    "demonstration": _Header("code", ("active",), ("alt",)),
    "setup": _Header("code"),
}


@dataclass(frozen=True)
class _Marked:
    """A cell with the parameters of its header, and the place that an error names."""

    cell: Cell
    header: dict[str, Any]
    file: str

    def error(self, what: str, line: int = 0) -> CourseError:
        return CourseError(f"{self.file}:{self.cell.line + line}: {what}")


def parse(text: str, slug: str, file: str = "") -> Chapter:
    """Read the text of ``solutions/<slug>.py``; its first mistake is one line, ``file:line: what; what to do``."""
    file = file or f"solutions/{slug}.py"
    marked = _read(text, file)
    parts: dict[tuple[Kind, str], _Marked] = {}
    for one in marked:
        if one.cell.name and (one.cell.kind, one.cell.name) in parts:
            raise one.error(f"second {one.cell.kind} cell of {one.cell.name}; keep one")
        parts[one.cell.kind, one.cell.name] = one
    for one in marked:
        if one.cell.kind in ("statement", "hints") and ("exercise", one.cell.name) not in parts:
            raise one.error(f'{one.cell.kind} of an unknown exercise; add a cell with exercise="{one.cell.name}"')
    exercises = tuple(_exercise(slug, one, parts) for one in marked if one.cell.kind == "exercise")
    if not exercises:
        raise CourseError(f'{file}: no exercise in it; begin a cell with exercise="NAME" points=4 minutes=5')
    return Chapter(slug, _title(marked, file), tuple(one.cell for one in marked), exercises)


def _read(text: str, file: str) -> list[_Marked]:
    try:
        cells = jupytext.reads(text, fmt="py:percent").cells
    except (JupytextFormatError, ValueError) as error:
        raise CourseError(f"{file}: not readable as py:percent text; {str(error).splitlines()[0]}") from error
    lines = [number for number, line in enumerate(text.splitlines(), 1) if re.match(r"# ?%%", line)]
    if len(lines) != len(cells):
        raise CourseError(f"{file}: text before the first cell; begin it with the line  # %% [markdown]")
    return [_mark(cell, line, file) for cell, line in zip(cells, lines, strict=True)]


def _mark(cell: Any, line: int, file: str) -> _Marked:
    """Refuse parameters that mean nothing: a misspelt one would be lost in silence."""
    header = {key: value for key, value in cell.metadata.items() if key != "lines_to_next_cell"}
    fitting = {kind: known for kind, known in HEADERS.items() if known.cell_type == cell.cell_type}
    kind, known = next(((k, h) for k, h in fitting.items() if not h.needed or h.needed[0] in header), (None, None))
    one = _Marked(Cell(kind or "text", cell.source.strip("\n"), line), header, file)
    if kind is None or known is None:
        raise one.error(f"cell of type {cell.cell_type}; use a code cell or [markdown]")
    if "incorrectly_encoded_metadata" in header:
        raise one.error('parameter that cannot be read; text stands in double quotes, as in exercise="rnn_step"')
    if unknown := sorted(set(header) - {*known.needed, *known.optional}):
        understood = ", ".join((*known.needed, *known.optional)) or "no parameter"
        raise one.error(f"unknown parameter {unknown[0]}; a {kind} cell takes {understood}")
    if missing := [key for key in known.needed if key not in header]:
        raise one.error(f"{kind} without {', '.join(missing)}; add it to the header of the cell")
    if kind != "exercise" and ("BEGIN SOLUTION" in cell.source or "END SOLUTION" in cell.source):
        raise one.error('solution markers outside an exercise; add exercise="NAME" to the cell or take them out')
    name = str(header[kind]) if kind in ("statement", "hints", "exercise") else ""
    return _Marked(Cell(kind, one.cell.source, line, name, str(header.get("alt", ""))), header, file)


def _exercise(slug: str, one: _Marked, parts: dict[tuple[Kind, str], _Marked]) -> Exercise:
    name, header = one.cell.name, one.header
    _number(one, "points", (int, float), "a number above 0")
    _number(one, "minutes", (int,), "a whole number above 0")
    _number(one, "difficulty", (int,), "1, 2 or 3", most=3)
    library = header.get("library", "numpy")
    if library not in ("numpy", "torch"):
        raise one.error(f'library of {name} is {library!r}; it has to be "numpy" or "torch"')
    _section(one)
    for kind in ("statement", "hints"):
        if (kind, name) not in parts:
            raise one.error(f'{name} has no {kind}; add a cell  # %% [markdown] {kind}="{name}"  before it')
    statement = parts["statement", name]
    if not re.match(r"#+ ", statement.cell.source):
        raise statement.error(f"statement of {name} has no heading; begin it with ## and a title")
    source, starter, region = _split(one)
    return Exercise(
        name=name,
        chapter=slug,
        points=float(header["points"]),
        minutes=header["minutes"],
        difficulty=header["difficulty"],
        library=library,
        statement=statement.cell.source,
        hints=_hints(parts["hints", name]),
        source=source,
        starter=starter,
        region=region,
        section=header["section"],
    )


def _section(one: _Marked) -> None:
    """A label of the book; any text will do where there is no book."""
    label, labels = one.header["section"], sections.known()
    if not isinstance(label, str) or (labels and label not in labels):
        near = get_close_matches(str(label), labels, n=1, cutoff=0.5)
        hint = f"did you mean {near[0]}?" if near else "write the label above a heading of book/*.md, without (...)="
        raise one.error(f"section of {one.cell.name} is {label!r}, which is no section of the book; {hint}")


def _number(one: _Marked, key: str, types: tuple[type[float], ...], wanted: str, most: float = 1000) -> None:
    value: Any = one.header[key]
    if isinstance(value, bool) or not isinstance(value, types) or not 0 < value <= most:
        raise one.error(f"{key} of {one.cell.name} is {value!r}; it has to be {wanted}")


def _hints(one: _Marked) -> tuple[str, str, str]:
    parts = re.split(r"^(\d+)\. ", one.cell.source, flags=re.MULTILINE)
    if parts[0].strip() or parts[1::2] != ["1", "2", "3"]:
        wanted = "write a list 1. 2. 3.: a question, a pointer, almost the answer"
        raise one.error(f"hints of {one.cell.name} are not three; {wanted}")
    first, second, third = (re.sub(r"\n {3}", "\n", part.strip()) for part in parts[2::2])  # no longer in a list
    return first, second, third


def _split(one: _Marked) -> tuple[str, str, tuple[str, ...]]:
    """The answer without markers, the starter, and the stripped lines of the solution."""
    source, starter, region = [], [], []
    inside, name = False, one.cell.name
    for line in one.cell.source.splitlines():
        if line.strip() in (BEGIN, END):
            if inside == (line.strip() == BEGIN):
                raise one.error(f"solution markers of {name} out of order; each BEGIN SOLUTION needs its END SOLUTION")
            inside = not inside
            if inside:
                starter += [line[: line.index("#")] + stub for stub in STUB]
        elif "BEGIN SOLUTION" in line or "END SOLUTION" in line:
            raise one.error(f"misspelt solution marker in {name}; write {BEGIN} and {END} on lines of their own")
        else:
            source.append(line)
            if not inside:
                starter.append(line)
            elif line.strip():
                region.append(line.strip())
    if inside or not region:
        raise one.error(f"{name} has no complete solution; enclose it in {BEGIN} and {END}")
    _defines(one, "\n".join(source))
    return "\n".join(source), "\n".join(starter), tuple(region)


def _defines(one: _Marked, source: str) -> None:
    name = one.cell.name
    try:
        body = ast.parse(source).body
    except SyntaxError as error:
        raise one.error(f"{name} is not valid Python; {error.msg}", error.lineno or 0) from error
    if name not in [node.name for node in body if isinstance(node, ast.FunctionDef | ast.ClassDef)]:
        raise one.error(f"cell defines no function or class {name}; give both the same name")


def _title(marked: list[_Marked], file: str) -> str:
    if not marked or marked[0].cell.kind != "text" or not (match := re.match(r"# (.+)", marked[0].cell.source)):
        raise CourseError(f"{file}: no title; begin the file with a markdown cell whose first line is # and the title")
    return match[1].strip()
