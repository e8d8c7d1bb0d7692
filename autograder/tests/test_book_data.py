"""The book's data are the files that their notice describes."""

from __future__ import annotations

import hashlib
import re

from autograder import paths

FOLDER = paths.ROOT / "book" / "data"


def test_the_notice_describes_the_files_that_are_there() -> None:
    """Each file has a section with its SHA-256, a licence and a source, and the sum is that of the file."""
    sections = (FOLDER / "LICENCES.md").read_text(encoding="utf-8").split("\n## ")[1:]
    described = {}
    for section in sections:
        rows = dict(re.findall(r"^\| (\w+) \| (.+) \|$", section, re.MULTILINE))
        assert {"file", "what", "source", "licence", "sha256"} <= set(rows), section
        described[rows["file"].split("`")[1]] = rows["sha256"].strip("`")
    for name, digest in described.items():
        assert hashlib.sha256((FOLDER / name).read_bytes()).hexdigest() == digest, name
    data = {
        path.relative_to(FOLDER).as_posix()
        for path in FOLDER.rglob("*")
        if path.suffix in {".txt", ".csv", ".dat", ".npz"}
    }
    assert data == set(described)
