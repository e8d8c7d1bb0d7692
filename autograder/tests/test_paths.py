"""How a path that somebody typed is shown and used: without detours, and never another place."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.paths import straight


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two folders side by side; we are in the first."""
    (tmp_path / "unrolled").mkdir()
    (tmp_path / "autumn" / "submitted").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "unrolled")
    return tmp_path


@pytest.mark.parametrize("name", ["submitted", "later", "later/still"])
def test_a_folder_beside_is_named_without_a_detour(place: Path, name: str) -> None:
    """Whether it is there or is still to be made."""
    assert straight(Path("../autumn") / name) == place / "autumn" / name


def test_a_detour_through_a_link_is_kept_where_it_leads_elsewhere(place: Path) -> None:
    """``link/..`` is the folder above the link's target."""
    (place / "elsewhere" / "below").mkdir(parents=True)
    (place / "elsewhere" / "submitted").mkdir()
    (place / "unrolled" / "link").symlink_to(place / "elsewhere" / "below")
    for name in ("submitted", "later"):
        found = straight(Path("link") / ".." / name)
        assert found.parent.samefile(place / "elsewhere") and found.name == name


def test_a_link_stays_a_link(place: Path) -> None:
    """What lies beside it lies beside the link, and not beside what it leads to."""
    (place / "unrolled" / "submitted").symlink_to(place / "autumn" / "submitted")
    assert straight(Path("submitted")) == place / "unrolled" / "submitted"


def test_the_top_and_what_is_not_there(place: Path) -> None:
    """The root, and a way up through nothing, end too."""
    assert straight(Path("/")) == Path("/")
    assert straight(Path("/../..")) == Path("/") or straight(Path("/../..")).samefile("/")
    assert straight(Path("missing/..")).name == ".."
