"""Whole files that attacks hand in: each function writes one into a folder, and returns its path."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from autograder.tests.attacks import Attack
from autograder.tests.attacks.world import World

ZEROS = "import numpy as np\n\n\ndef rnn_step(x, h_prev, Wx, Wh, b):\n    return 0 * h_prev"


def _cells(attack: Attack, source: str = ZEROS, **marks: Any) -> list[dict[str, Any]]:
    """Code cells: a wrong answer with these marks, and right answers to other exercises."""
    sources = [source, *(other.source for other in attack.others())]
    cells = [{"cell_type": "code", "metadata": {}, "outputs": [], "source": each} for each in sources]
    return [{**cells[0], **marks}, *cells[1:]]


def _notebook(folder: Path, cells: list[dict[str, Any]], **marks: Any) -> Path:
    return _file(folder, json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells, **marks}))


def _file(folder: Path, content: str | bytes) -> Path:
    path = folder / "ch02_recurrence.ipynb"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def skipped_cell(world: World, folder: Path, attack: Attack) -> Path:
    return _notebook(folder, _cells(attack, metadata={"tags": ["skip-execution", "raises-exception"]}))


def forged_output(world: World, folder: Path, attack: Attack) -> Path:
    output = {"output_type": "execute_result", "data": {"text/plain": "4.0"}, "metadata": {}, "execution_count": 1}
    marks = {"nbgrader": {"grade_id": "check_rnn_step", "grade": True, "points": 400, "schema_version": 3}}
    check = {"cell_type": "code", "metadata": marks, "outputs": [output], "source": "4.0"}
    return _notebook(folder, [*_cells(attack), check])


def forged_metadata(world: World, folder: Path, attack: Attack) -> Path:
    stamp = {"autograder": {"score": 200, "seed": "0", "notebook_sha256": "", "checks_sha256": ""}}
    return _notebook(folder, _cells(attack), metadata=stamp)


def duplicate_ids(world: World, folder: Path, attack: Attack) -> Path:
    cells = [{**cell, "id": "same"} for cell in _cells(attack)]
    return _notebook(folder, [*cells, {**cells[0], "metadata": {"nbgrader": {"grade_id": "rnn_step"}}}])


def future_schema(world: World, folder: Path, attack: Attack) -> Path:
    return _notebook(folder, _cells(attack), nbformat=99, nbformat_minor="new")


def old_schema(world: World, folder: Path, attack: Attack) -> Path:
    cells = [{"cell_type": "code", "input": cell["source"], "outputs": []} for cell in _cells(attack)]
    return _file(folder, json.dumps({"nbformat": 3, "worksheets": [{"cells": cells}]}))


def empty(world: World, folder: Path, attack: Attack) -> Path:
    return _file(folder, "")


def sixty_megabytes(world: World, folder: Path, attack: Attack) -> Path:
    output = {"output_type": "stream", "name": "stdout", "text": "x" * 60 * 2**20}
    return _notebook(folder, _cells(attack, outputs=[output]))


def not_utf8(world: World, folder: Path, attack: Attack) -> Path:
    return _file(folder, b'{"cells": "\xff\xfe"}')


def utf16(world: World, folder: Path, attack: Attack) -> Path:
    return _file(folder, '{"cells": []}'.encode("utf-16"))


def nested(world: World, folder: Path, attack: Attack) -> Path:
    return _file(folder, "[" * 10**6)


def huge_number(world: World, folder: Path, attack: Attack) -> Path:
    return _file(folder, f'{{"cells": {"9" * 10**6}}}')


def many_cells(world: World, folder: Path, attack: Attack) -> Path:
    return _notebook(folder, _cells(attack) * 400)


def link_to_a_classmate(world: World, folder: Path, attack: Attack) -> Path:
    path = folder / "ch02_recurrence.ipynb"
    path.symlink_to(world.aims["classmate"])
    return path


def pipe(world: World, folder: Path, attack: Attack) -> Path:
    path = folder / "ch02_recurrence.ipynb"
    os.mkfifo(path)
    return path


def hard_link(world: World, folder: Path, attack: Attack) -> Path:
    path = folder / "ch02_recurrence.ipynb"
    path.hardlink_to(world.aims["key"])
    return path


def endless_device(world: World, folder: Path, attack: Attack) -> Path:
    path = folder / "ch02_recurrence.ipynb"
    path.symlink_to("/dev/zero")
    return path


def folder_in_its_place(world: World, folder: Path, attack: Attack) -> Path:
    path = folder / "ch02_recurrence.ipynb"
    path.mkdir()
    return path


def marked_order(world: World, folder: Path, attack: Attack) -> Path:
    text = _notebook(folder, _cells(attack)).read_bytes()
    return _file(folder, b"\xef\xbb\xbf" + text)


def null_bytes(world: World, folder: Path, attack: Attack) -> Path:
    return _notebook(folder, _cells(attack, f"{ZEROS}\n# \0 and the rest\nrnn_forward = None"))


def same_key_twice(world: World, folder: Path, attack: Attack) -> Path:
    cells = json.dumps(_cells(attack))
    return _file(folder, f'{{"nbformat": 4, "cells": [], "cells": {cells}, "metadata": {{}}, "metadata": 1}}')


def no_numbers(world: World, folder: Path, attack: Attack) -> Path:
    text = json.dumps(_cells(attack, metadata={"nbgrader": {"grade_id": "rnn_step", "points": float("inf")}}))
    return _file(folder, f'{{"nbformat": NaN, "nbformat_minor": -Infinity, "metadata": {{}}, "cells": {text}}}')


def of_other_kinds(world: World, folder: Path, attack: Attack) -> Path:
    odd = [None, 7, [], {"cell_type": 3, "source": {}}, {"metadata": [], "source": [1, None]}, {"source": "\ud800"}]
    return _notebook(folder, [*odd, *_cells(attack, metadata=[{}])])  # type: ignore[list-item]


def answer_as_text(world: World, folder: Path, attack: Attack) -> Path:
    marks = {"nbgrader": {"grade_id": "rnn_step", "solution": True}}
    return _notebook(folder, _cells(attack, cell_type="raw", metadata=marks))


def magics(world: World, folder: Path, attack: Attack) -> Path:
    lines = [
        "!touch @temp@/@mark@",
        "%cd /",
        "%load_ext autoreload",
        "%%bash",
        "?rnn_step",
        "get_ipython().system('id')",
    ]
    sources = [world.aim(line) for line in lines]
    extra = [{"cell_type": "code", "metadata": {}, "outputs": [], "source": each} for each in sources]
    return _notebook(folder, [*extra, *_cells(attack)])


def widgets_and_attachments(world: World, folder: Path, attack: Attack) -> Path:
    state = {"widgets": {"application/vnd.jupyter.widget-state+json": {"state": {"a": {"model_module": "../../x"}}}}}
    text = {"cell_type": "markdown", "metadata": {}, "source": "![](attachment:../../gradebook.db)"}
    attached = {**text, "attachments": {"../../gradebook.db": {"text/plain": "x"}}}
    return _notebook(folder, [attached, *_cells(attack)], metadata=state)


def turned_text(world: World, folder: Path, attack: Attack) -> Path:
    raises = "def rnn_step(x, h_prev, Wx, Wh, b):\n    raise ValueError('\\x1b[2J\\u202e\\x07 full marks \\x9b1m')"
    return _notebook(folder, _cells(attack, raises))
