"""A small YAML file, read strictly: every value is text with its line, no key counts twice, none is passed over."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NoReturn

import yaml

from autograder.classroom.folder import ClassroomError
from autograder.classroom.rebuild import line

MOST = 200_000  # bytes: some thousand lines


@dataclass(frozen=True)
class Value:
    """One value and where it stands; ``name`` has the keys that lead to it, with dots between."""

    path: Path
    name: str
    node: Any

    def wrong(self, what: str) -> NoReturn:
        """ClassroomError, one line: file, line, key, and ``what`` is wrong with it and to be done."""
        place = f"{self.path}, line {self.node.start_mark.line + 1}"
        raise ClassroomError(line(": ".join(filter(None, (place, self.name, what))), 500), 2)

    @property
    def text(self) -> str:
        """What is written there, as it stands: YAML would make a number of the student 0012, and of yes a truth."""
        if self.is_table:
            self.wrong("one value belongs here, and no table")
        return str(self.node.value).strip() or self.wrong("nothing is written here; write a value, or remove the line")

    @property
    def is_table(self) -> bool:
        return not isinstance(self.node, yaml.ScalarNode)

    def table(self, kind: str, known: Collection[str] = ()) -> dict[str, Value]:
        """The values by key, none where nothing is written; with ``known``, other keys are wrong."""
        if isinstance(self.node, yaml.ScalarNode) and self.node.value in ("", "~", "null"):
            return {}
        if not isinstance(self.node, yaml.MappingNode):
            self.wrong(f"a table belongs here, lines such as '{kind}: value'")
        found: dict[str, Value] = {}
        for key, node in self.node.value:
            here = Value(self.path, self.name, key)
            if not isinstance(key, yaml.ScalarNode) or not key.value.strip():
                here.wrong(f"the name of a {kind} belongs before the colon")
            name = key.value.strip()
            if name in found:
                here.wrong(f"{name!r} stands there twice; keep one")
            if known and name not in known:
                here.wrong(f"{name!r} is no {kind}; {nearest(name, known)}")
            found[name] = Value(self.path, f"{self.name}.{name}".strip("."), node)
        return found


def nearest(name: str, known: Collection[str]) -> str:
    """What was perhaps meant, else everything that there is."""
    small = {one.casefold(): one for one in known}
    near = get_close_matches(name.casefold(), small, 1, 0.5)
    return f"the nearest is {small[near[0]]}" if near else f"there are: {', '.join(list(known)[:8])}"


def read(path: Path) -> Value | None:
    """The whole file as one value, None where it is empty; ClassroomError, one line, where it cannot be read."""
    data = _data(path)
    try:
        node = yaml.compose(data.decode("utf-8-sig"), _Loader)
    except UnicodeDecodeError:
        raise ClassroomError(f"{path}: not UTF-8; save it in that encoding", 2) from None
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        place = f"{path}, line {mark.line + 1}" if mark else str(path)
        reason = getattr(error, "problem", None) or getattr(error, "reason", None) or "tables in tables without end"
        raise ClassroomError(line(f"{place}: no table that can be read ({reason}); correct it there", 500), 2) from None
    return Value(path, "", node) if node else None


def _data(path: Path) -> bytes:
    try:
        if not path.is_file():  # to read a pipe would wait for ever
            raise ClassroomError(f"{path}: not a file; put the table there, or remove it", 2)
        with path.open("rb") as file:
            data = file.read(MOST + 1)
    except OSError as error:
        raise ClassroomError(f"{path}: cannot be read ({error.strerror}); give yourself the right to", 2) from error
    if len(data) > MOST:
        raise ClassroomError(f"{path}: larger than {MOST // 1000} kB; keep only the table there", 2)
    return data


class _Loader(yaml.BaseLoader):
    """Makes nothing but text, and follows no alias: a few lines of them can mean a billion."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise yaml.composer.ComposerError(
                None, None, "*name repeats another part; write it out", self.peek_event().start_mark
            )
        return super().compose_node(parent, index)
