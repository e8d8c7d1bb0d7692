"""The book's data are the files that their notice describes."""

from __future__ import annotations

import hashlib
import re

from autograder import paths

FOLDER = paths.ROOT / "book" / "data"


def test_the_notices_describe_the_files_that_are_there() -> None:
    """Each file has its SHA-256, a licence and a source in the notice of its folder; the sum is right."""
    described = {}
    for notice in FOLDER.rglob("LICENCE*.md"):
        for section in re.split(r"^##? ", notice.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
            rows = dict(re.findall(r"^\| (\w+) \| (.+) \|$", section, re.MULTILINE))
            if rows:
                assert {"file", "what", "source", "licence", "sha256"} <= set(rows), section
                described[notice.parent / rows["file"].split("`")[1]] = rows["sha256"].strip("`")
    for path, digest in described.items():
        assert hashlib.sha256(path.read_bytes()).hexdigest() == digest, path
    assert {path for path in FOLDER.rglob("*") if path.suffix in {".txt", ".csv", ".dat", ".npz"}} == set(described)
