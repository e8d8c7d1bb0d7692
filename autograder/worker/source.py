"""A learner's cells as code: magics and bare calls left out, definitions kept, forbidden calls found by reading."""

from __future__ import annotations

import ast
import contextlib
import linecache
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import CodeType

from autograder.worker.calls import CELL

MAGIC = re.compile(r"^(\s*)[%!].*$", re.MULTILINE)
OTHER_LANGUAGE = re.compile(r"\A\s*%%(?!time|timeit|capture|prun)\w+")
RECURRENT = re.compile(r"^torch\.(?:.*\.)?(?:(?:RNN|LSTM|GRU)\w*|(?:\w*_)?(?:rnn|lstm|gru)(?:_\w+)?)$")
AUTOMATIC = re.compile(r"^(?:torch|jax|autograd|tensorflow|tinygrad)(?:\.|$)")


@dataclass
class Cell:
    """One cell made ready: ``code`` is None where nothing is to run; ``problem`` is a syntax error in one line."""

    name: str
    tree: ast.Module | None = None
    code: CodeType | None = None
    problem: str = ""
    note: str = ""


def prepare(number: int, source: str) -> Cell:
    """Compile what counts of a cell: everything at its top level besides bare expressions and magics."""
    cell = Cell(f"{CELL} {number}>")
    if OTHER_LANGUAGE.match(source):
        cell.note = "it is not Python, and was left out"
        return cell
    try:
        cell.tree = _parse(cell, source)
        _leave_out_bare_calls(cell, cell.tree)
        cell.code = compile(cell.tree, cell.name, "exec")
    except SyntaxError as error:
        cell.problem = f"line {error.lineno}: a syntax error, {error.msg}; nothing of this cell ran"
    except (ValueError, RecursionError, MemoryError, OverflowError) as error:
        cell.problem = f"it cannot be compiled ({type(error).__name__})"
    linecache.cache[cell.name] = (len(source), None, source.splitlines(keepends=True), cell.name)
    return cell


def _leave_out_bare_calls(cell: Cell, tree: ast.Module) -> None:
    bare = [node for node in tree.body if isinstance(node, ast.Expr)]
    tree.body = [node for node in tree.body if not isinstance(node, ast.Expr)]
    lines = [str(node.lineno) for node in bare if not isinstance(node.value, ast.Constant)]
    if lines and tree.body:  # a cell of nothing but trials needs no note
        lines = [*lines[:3], "..."] if len(lines) > 4 else lines
        what = f"what only calls or shows something was left out (line {', '.join(lines)})"
        cell.note = f"{cell.note}; {what}" if cell.note else what


def _parse(cell: Cell, source: str) -> ast.Module:
    try:
        return ast.parse(source)
    except SyntaxError:
        python = MAGIC.sub(r"\1pass", source)
        if python == source:
            raise
        tree = ast.parse(python)
        cell.note = "lines that start with % or ! were left out"
        return tree


def forbidden(cells: Sequence[Cell], exercise: str, library: str) -> str:
    """The first call that breaks the rules of an exercise, spelled as a dotted name; "" when there is none.

    Follows the names that the exercise's definition uses through the learner's own definitions.
    A policy, not a boundary: what is spelled to escape it is found by the operators that run.
    """
    rule = AUTOMATIC if library == "numpy" else RECURRENT
    aliases: dict[str, str] = {}
    definitions: dict[str, list[ast.AST]] = {}
    for cell in cells:
        with contextlib.suppress(RecursionError):  # a thousand branches deep: the cell still runs
            for statement in cell.tree.body if cell.tree else []:
                _note(statement, aliases, definitions)
    seen: set[str] = set()
    todo = [exercise]
    while todo:
        name = todo.pop()
        for node in definitions.get(name, []) if name not in seen else []:
            local = dict(aliases)
            for used in _dotted_names(node, local):
                if rule.match(used):
                    return used
                todo.append(used.split(".")[0])
        seen.add(name)
    return ""


def _note(node: ast.AST, aliases: dict[str, str], definitions: dict[str, list[ast.AST]]) -> None:
    """Record what a statement binds: the dotted path of an import, or the node that defines a name."""
    if isinstance(node, ast.Import):
        for imported in node.names:  # `import a.b` binds a, `import a.b as c` binds c to a.b
            first = imported.name.split(".")[0]
            aliases[imported.asname or first] = imported.name if imported.asname else first
    elif isinstance(node, ast.ImportFrom):
        aliases.update({a.asname or a.name: f"{node.module}.{a.name}" for a in node.names})
    elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        definitions[node.name] = [node]  # the last definition is the one that is called
    elif isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign)):
        for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
            for name in ast.walk(target):
                if isinstance(name, ast.Name):
                    definitions.setdefault(name.id, []).append(node)
    else:  # if, try, with, for: whatever they bind inside
        for child in ast.iter_child_nodes(node):
            _note(child, aliases, definitions)


def _dotted_names(node: ast.AST, aliases: dict[str, str]) -> Iterator[str]:
    """Every name that is used below ``node``, with the attributes behind it, aliases resolved; annotations aside."""
    todo = [node]
    while todo:
        here = todo.pop()
        if isinstance(here, (ast.Import, ast.ImportFrom)):
            _note(here, aliases, {})
        parts: list[str] = []
        inner: ast.AST = here
        while isinstance(inner, ast.Attribute):
            parts.append(inner.attr)
            inner = inner.value
        if isinstance(inner, ast.Name):
            yield ".".join([aliases.get(inner.id, inner.id), *reversed(parts)])
            continue
        annotations = [getattr(here, "annotation", None), getattr(here, "returns", None)]
        todo.extend(child for child in reversed(list(ast.iter_child_nodes(here))) if child not in annotations)
