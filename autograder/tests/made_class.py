"""Made classes for the comparison of answers: who worked alone, and who copied from whom, is known.

A student begins each exercise with one of the styles there are (solution, accepted answers, known mistakes), prefers
some ways to write the same thing, changes the rest at random, and chooses own names, comments and layout.
"""

from __future__ import annotations

import ast
import random
from collections.abc import Iterable
from functools import cache

from autograder.judge import implementations
from autograder.tests.bench.classes import right_answers

WORDS = "a acc aux batch cur d data e g grad h hid i inp j k last left m new now old out p part prev q r res right s "
WORDS += "seq state step t tmp total u v val vec w weight x y z zero"
REMARKS = ["now the state", "add it up", "TODO: faster?", "as in the lecture", "shape (B, H)", "why?", "see above"]

Answers = dict[str, str]


@cache
def styles(chapter: str, mistakes: bool = True) -> dict[str, list[str]]:
    """What students begin with, by exercise."""
    found = {name: list(sources) for name, sources in right_answers(chapter).items()}
    for mutant in implementations.mutants(chapter) if mistakes else ():
        found[mutant.of].append(mutant.source)
    return found


def plain_student(rng: random.Random, chapter: str) -> Answers:
    """One style for each exercise, in a layout of their own, and nothing else of their own."""
    return {name: disguised(rng.choice(sources), rng) for name, sources in styles(chapter).items()}


def student(rng: random.Random, chapter: str, school: int | None = None) -> Answers:
    """One with habits and changes of their own; those of one ``school`` prefer the same styles and ways to write."""
    taste = random.Random(school) if school is not None else rng
    habits = {name: taste.random() for name in WAYS}
    made = {}
    for name, sources in styles(chapter).items():
        favourite = taste.choice(sources)
        source = favourite if school is not None and rng.random() < 0.7 else rng.choice(sources)
        made[name] = disguised(rewritten(source, rng, habits), rng)
    return made


def copied(answers: Answers, rng: random.Random, exercises: Iterable[str] | None = None) -> Answers:
    """The same work in other names, comments and layout: all of it, or some exercises."""
    return {name: disguised(answers[name], rng) for name in (exercises or answers)}


def rewritten(source: str, rng: random.Random, habits: dict[str, float]) -> str:
    """The same in other words: each way to write is taken as often as the student's habit has it."""
    tree = ast.parse(source)
    for name, way in WAYS.items():
        tree = way(rng, habits[name]).visit(tree)
    return ast.unparse(ast.fix_missing_locations(tree))


class Way(ast.NodeTransformer):
    """A way to write the same thing, taken with a chance."""

    def __init__(self, rng: random.Random, chance: float) -> None:
        self.rng, self.chance = rng, chance

    def taken(self) -> bool:
        return self.rng.random() < self.chance


class Products(Way):
    """``a @ b`` as a call."""

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.op, ast.MatMult) and self.taken():
            call = ast.parse(self.rng.choice(["np.dot()", "np.matmul()"]), mode="eval").body
            assert isinstance(call, ast.Call)
            call.args = [node.left, node.right]
            return call
        return node


class Turned(Way):
    """``b + a`` for ``a + b``."""

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.op, ast.Add | ast.Mult) and self.taken():
            node.left, node.right = node.right, node.left
        return node


class Lengths(Way):
    """``len(x)`` for ``x.shape[0]``."""

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        self.generic_visit(node)
        match node:
            case ast.Subscript(ast.Attribute(value, "shape"), ast.Constant(0)) if self.taken():
                return ast.Call(ast.Name("len", ast.Load()), [value], [])
        return node


class Named(Way):
    """What is returned, or a part of a sum, gets a name first."""

    def visit_Return(self, node: ast.Return) -> ast.AST | list[ast.stmt]:
        if node.value is None or isinstance(node.value, ast.Name) or not self.taken():
            return node
        before: list[ast.stmt] = []
        match node.value:
            case ast.Call(args=[ast.BinOp() as inner, *_]) if self.rng.random() < 0.5:
                node.value.args[0] = ast.Name("inner", ast.Load())
                before.append(ast.Assign([ast.Name("inner", ast.Store())], inner))
        before.append(ast.Assign([ast.Name("outcome", ast.Store())], node.value))
        return [*before, ast.Return(ast.Name("outcome", ast.Load()))]


class Checked(Way):
    """Lines that change nothing."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        self.generic_visit(node)
        names = [argument.arg for argument in node.args.args if argument.arg != "self"]
        while names and self.taken() and self.rng.random() < 0.6:
            lines = ["assert {0} is not None", "{0}_size = np.size({0})", "{0}_rows = len({0})", "print({0})",
                     "{0} = np.asarray({0})", "if {0} is None: return None", "{0}_copy = np.array({0}, copy=True)",
                     "del_me = {0}"]  # fmt: skip
            line = self.rng.choice(lines).format(self.rng.choice(names))
            node.body[0:0] = ast.parse(line).body
        return node


class Typed(Way):
    """Types that are the usual ones anyway."""

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        match node:
            case ast.Call(ast.Attribute(attr="zeros" | "ones" | "empty"), [_], []) if self.taken():
                node.keywords = [
                    ast.keyword("dtype", ast.parse(self.rng.choice(["float", "np.float64"])).body[0].value)
                ]  # type: ignore[attr-defined]
        return node


class Stepwise(Way):
    """``z += a`` for ``z = z + a``, and the other way round."""

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.AST:
        if isinstance(node.target, ast.Name) and self.taken():
            return ast.Assign([node.target], ast.BinOp(ast.Name(node.target.id, ast.Load()), node.op, node.value))
        return node


class Methods(Way):
    """``x.sum(axis=0)`` for ``np.sum(x, axis=0)``."""

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        match node:
            case ast.Call(ast.Attribute(ast.Name("np"), "sum" | "mean" | "max" as name), [first, *rest]) if (
                self.taken()
            ):
                return ast.Call(ast.Attribute(first, name, ast.Load()), rest, node.keywords)
        return node


WAYS: dict[str, type[Way]] = {
    way.__name__: way for way in (Products, Turned, Lengths, Named, Checked, Typed, Stepwise, Methods)
}


class _Renamed(ast.NodeTransformer):
    def __init__(self, names: dict[str, str]) -> None:
        self.names = names

    def visit_Name(self, node: ast.Name) -> ast.AST:
        node.id = self.names.get(node.id, node.id)
        return node

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.arg = self.names.get(node.arg, node.arg)
        return node


def disguised(source: str, rng: random.Random) -> str:
    """The same code with other names for its variables, other comments and another layout."""
    tree = ast.parse(source)
    stored = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    words = rng.sample(WORDS.split(), min(len(stored), 40))
    names = dict(zip(sorted(stored), (f"{word}{rng.choice(['', '_', '2'])}" for word in words), strict=False))
    lines = ast.unparse(_Renamed(names).visit(tree)).splitlines()
    laid_out = []
    for line in lines:
        indent = line[: len(line) - len(line.lstrip())]
        if rng.random() < 0.2:
            laid_out.append(f"{indent}# {rng.choice(REMARKS)}")
        laid_out.append(line + "  # ok" * (rng.random() < 0.1))
    return "\n".join(laid_out)
