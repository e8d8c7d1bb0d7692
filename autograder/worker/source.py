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
RECURRENT_WORD = re.compile(r"rnn|lstm|gru", re.IGNORECASE)
WORD = re.compile(r"[A-Za-z_\x80-\U0010ffff][\w\x80-\U0010ffff]*")  # marks and dots inside of names, too
NEWLINE = re.compile(r"\r\n|\r|\n")  # as Python counts lines
RECURRENT = re.compile(r"^torch\.(?:.*\.)?(?:(?:RNN|LSTM|GRU)\w*|(?:\w*_)?(?:rnn|lstm|gru)(?:_\w+)?)$")
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
NO_NAMES = (ast.expr_context, ast.operator, ast.unaryop, ast.cmpop, ast.boolop, ast.Constant)
AUTOMATIC = re.compile(r"^(?:torch|jax|autograd|tensorflow|tinygrad)(?:\.|$)")


@dataclass
class Cell:
    """One cell made ready: ``code`` is None where nothing is to run; ``problem`` is a syntax error in one line."""

    name: str
    tree: ast.Module | None = None
    code: CodeType | None = None
    problem: str = ""
    note: str = ""
    text: str = ""


def prepare(number: int, source: str) -> Cell:
    """Compile what counts of a cell: everything at its top level besides bare expressions and magics."""
    cell = Cell(f"{CELL} {number}>", text=source)
    if OTHER_LANGUAGE.match(source):
        cell.note = "it is not Python, and was left out"
        return cell
    try:
        cell.tree = _parse(cell, source)
        _leave_out_bare_calls(cell, cell.tree)
        cell.code = compile(cell.tree, cell.name, "exec")
    except SyntaxError as error:
        where = f"line {error.lineno}: " if error.lineno else ""
        cell.problem = f"{where}a syntax error, {error.msg}; nothing of it ran"
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
        cell.text = python
        cell.note = "lines that start with % or ! were left out"
        return tree


def forbidden(cells: Sequence[Cell], exercise: str, library: str) -> str:
    """The first call that breaks the rules of an exercise, spelled as a dotted name; "" when there is none."""
    return Names(cells).forbidden(exercise, library)


class Names:
    """What a learner's names stand for: the dotted path of an import, or the nodes that may define them."""

    def __init__(self, cells: Sequence[Cell]) -> None:
        self.aliases: dict[str, str] = {}
        self.definitions: dict[str, list[ast.AST]] = {}
        self.used: dict[int, list[tuple[str, str]]] = {}  # what a node uses, by its id: exercises share definitions
        self.words: dict[int, set[str]] = {}
        self.lines: list[str] = []  # of the cell that is being noted
        for cell in cells:
            self.lines = NEWLINE.split(cell.text)
            with contextlib.suppress(RecursionError):  # a thousand branches deep: the cell still runs
                for statement in cell.tree.body if cell.tree else []:
                    self.note(statement)

    def forbidden(self, exercise: str, library: str) -> str:
        """The first call that breaks the rules of an exercise, spelled as a dotted name; "" when there is none.

        Follows the names that the exercise's definition uses through the learner's own definitions.
        A policy, not a boundary: what is spelled to escape it is found by what runs, see `watch`.
        """
        rule = AUTOMATIC if library == "numpy" else RECURRENT
        if rule.match(self.aliases.get(exercise, "")):  # imported under the exercise's own name
            return self.aliases[exercise]
        if self._cannot_match(exercise, library):
            return ""
        seen: set[str] = set()
        todo = [exercise]
        while todo:
            name = todo.pop()
            for node in self.definitions.get(name, []) if name not in seen else []:
                if id(node) not in self.used:
                    self.used[id(node)] = list(dict.fromkeys(_dotted_names(node, self.aliases)))
                for first, used in self.used[id(node)]:
                    if rule.match(used):
                        return used
                    todo.append(first)
            seen.add(name)
        return ""

    def _cannot_match(self, exercise: str, library: str) -> bool:
        """Is no word of all that an exercise may use one that a forbidden name has? Most need no more than this."""
        words: set[str] = set()
        todo = {exercise}
        while todo:
            nodes = self.definitions.get(todo.pop(), [])
            new = set().union(*(self.words[id(node)] for node in nodes)) - words
            words |= new
            todo |= new & self.definitions.keys()
        if not all(map(str.isascii, words)):  # Python takes other letters for these
            return False
        paths = [*words, *(self.aliases[word] for word in words & self.aliases.keys())]  # an import inside hides one
        if library == "numpy":
            return not any(map(AUTOMATIC.match, paths))
        return not any(map(RECURRENT_WORD.search, paths))

    def note(self, node: ast.AST, certain: bool = True) -> None:
        """Record what a statement binds; what is ``certain`` takes the place of what the name was before."""
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            for name, path in _imported(node):
                self.aliases[name] = path
                if certain:
                    self.definitions.pop(name, None)
        elif isinstance(node, DEFINITIONS):
            self._define(node.name, node, certain)
        elif isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign)):
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                whole = certain and isinstance(node, ast.Assign) and isinstance(target, (ast.Name, ast.Tuple))
                for name in (each.id for each in ast.walk(target) if isinstance(each, ast.Name)):
                    self._define(name, node, whole)
        else:  # if, try, with, for: whatever they bind inside
            for child in ast.iter_child_nodes(node):
                self.note(child, False)

    def _define(self, name: str, node: ast.stmt, certain: bool) -> None:
        before = [] if certain else self.definitions.get(name, [])
        self.definitions[name] = [*before, node]
        self.words[id(node)] = _words(node, self.lines)
        if certain:
            self.aliases.pop(name, None)


def _words(node: ast.stmt, lines: Sequence[str]) -> set[str]:
    """Every name in the lines of a statement, its decorators included, and more."""
    first = min(each.lineno for each in [node, *getattr(node, "decorator_list", [])])
    return set(WORD.findall("\n".join(lines[first - 1 : node.end_lineno])))


def _imported(node: ast.Import | ast.ImportFrom) -> Iterator[tuple[str, str]]:
    """The names that an import binds, each with its dotted path: `import a.b` binds a, `import a.b as c` c to a.b."""
    for each in node.names:
        if isinstance(node, ast.ImportFrom):
            yield each.asname or each.name, f"{node.module}.{each.name}"
        else:
            first = each.name.split(".")[0]
            yield each.asname or first, each.name if each.asname else first


def _dotted_names(node: ast.AST, aliases: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Every name used below ``node`` that is not local there: itself, and with its attributes, aliases resolved.

    Annotations aside: they are never called.
    """
    aliases = dict(aliases)
    todo: list[tuple[ast.AST, frozenset[str]]] = [(node, frozenset())]
    while todo:
        here, local = todo.pop()
        if isinstance(here, (ast.Import, ast.ImportFrom)):
            aliases.update(_imported(here))
        parts: list[str] = []
        inner: ast.AST = here
        while isinstance(inner, ast.Attribute):
            parts.append(inner.attr)
            inner = inner.value
        if isinstance(inner, ast.Name):
            if inner.id not in local:
                yield inner.id, ".".join([aliases.get(inner.id, inner.id), *reversed(parts)])
            continue
        todo.extend(reversed(list(_below(here, local))))


def _below(node: ast.AST, local: frozenset[str]) -> Iterator[tuple[ast.AST, frozenset[str]]]:
    """The children of a node, each with the names that are local there; annotations left out."""
    left_out = getattr(node, "annotation", None), getattr(node, "returns", None)
    body = getattr(node, "body", None) if isinstance(node, FUNCTIONS) else []
    within = {id(each) for each in (body if isinstance(body, list) else [body])}  # of a lambda, one expression
    inside = local | _bound(node) if within else local
    for child in ast.iter_child_nodes(node):  # decorators and defaults are evaluated outside
        if not isinstance(child, NO_NAMES) and child not in left_out:
            yield child, inside if id(child) in within else local


def _bound(function: ast.AST) -> set[str]:
    """The names that are local to a function: its arguments, and what it assigns or defines."""
    nodes = list(ast.walk(function))
    names = {node.arg for node in nodes if isinstance(node, ast.arg)}
    names |= {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    names |= {node.name for node in nodes if isinstance(node, DEFINITIONS) and node is not function}
    return names - {name for node in nodes if isinstance(node, ast.Global) for name in node.names}
