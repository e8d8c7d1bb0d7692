"""The doctor: what it finds here, what it says of systems that lack something, and how it is written down."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from rich.console import Console

from autograder import doctor
from autograder.doctor import Finding, advice, examine, table
from autograder.judge import box, causes, parts, selftest
from autograder.judge.causes import System
from autograder.tests.test_causes import APPARMOR, LOAD, made


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """No box is opened, and no process asks for a GPU."""
    monkeypatch.setattr(doctor, "_levels", lambda: iter(()))
    monkeypatch.setattr(doctor, "_gpu", lambda: Finding("GPU", "none", False))


def found(findings: list[Finding]) -> dict[str, Finding]:
    """By the name of what was looked at."""
    return {finding.what: finding for finding in findings}


def test_this_machine_has_every_layer() -> None:
    """Each part by itself, and the level by trying real escapes."""
    here = found(examine())
    for what in ("system", "bubblewrap", "seccomp", "libseccomp", "Landlock", "isolation"):
        assert here[what].ok, here[what]
    assert here["isolation"].found.startswith("boxed: ") and "isolation at its best" not in here
    assert "files" in here["Landlock"].found


def test_a_refused_bubblewrap_is_explained(quick: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What it said itself, why, and the command for this system; grading can go on, so it is not needed."""
    monkeypatch.setattr(parts, "bubblewrap_programs", lambda: ["/bin/false"])
    finding = found(examine(made(tmp_path, APPARMOR)))["bubblewrap"]
    assert not finding.ok and not finding.needed
    assert "/bin/false: exit status 1" in finding.found and "AppArmor" in finding.why and finding.mend.endswith(LOAD)


def test_a_refusal_without_a_cause_gives_the_programs_own_words(
    quick: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Nothing is made up: what the program said is all there is."""
    program = tmp_path / "bwrap"
    program.write_text("#!/bin/sh\necho 'bwrap: setting up uid map: Permission denied' >&2; exit 1\n")
    program.chmod(0o755)
    monkeypatch.setattr(parts, "bubblewrap_programs", lambda: [str(program)])
    finding = found(examine(made(tmp_path, {})))["bubblewrap"]
    assert "setting up uid map: Permission denied" in finding.why


def test_a_missing_bubblewrap_is_to_be_installed(quick: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the package manager that is here."""
    monkeypatch.setattr(parts, "bubblewrap_programs", lambda: [])
    monkeypatch.setattr(parts.shutil, "which", lambda tool: tool == "dnf")
    assert found(examine())["bubblewrap"].mend == "sudo dnf install bubblewrap"


def test_macos_is_refused(quick: None, tmp_path: Path) -> None:
    """The system itself is what is missing, and grading needs it."""
    system = found(examine(made(tmp_path, {}, "darwin")))["system"]
    assert system.found == "macOS" and not system.ok and system.needed and "the level is none" in system.why


def test_a_missing_landlock_has_its_reason(quick: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the kernel answers."""
    monkeypatch.setattr(causes, "ask_landlock", lambda: -95)
    finding = found(examine())["Landlock"]
    assert (finding.found, finding.ok) == ("missing", False) and "switched off at boot" in finding.why


def test_the_level_below_the_best_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    """A system that refuses bubblewrap is graded on at inner, and what that lacks is said."""
    monkeypatch.setattr(parts, "bubblewrap_programs", lambda: ["/bin/false"])
    levels = found(list(doctor._levels()))
    assert levels["isolation"].ok and levels["isolation"].found.startswith("inner: ")
    assert "same file tree" in levels["isolation at its best"].why


def test_no_level_is_a_need(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where neither level holds, each one's reason is there, and grading cannot begin."""
    monkeypatch.setattr(parts, "bubblewrap_programs", lambda: ["/bin/false"])
    monkeypatch.setitem(box.LAYERS, "inner", ["limits"])
    (level,) = doctor._levels()
    assert level.needed and not level.ok and level.found.startswith("none: ") and "make processes" in level.found


def test_a_gpu_whose_box_does_not_hold_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is a GPU, and why it is not used."""
    said = subprocess.CompletedProcess([], 0, "Some GPU\n", "")
    monkeypatch.setattr(doctor.subprocess, "run", lambda *args, **options: said)
    monkeypatch.setattr(selftest, "open_box", lambda device: (None, ["no context"]))
    finding = doctor._gpu()
    assert (finding.found, finding.ok, finding.why) == ("Some GPU", False, "no context")


def test_commands_stand_on_lines_of_their_own() -> None:
    """However narrow the terminal, they can be copied; what is fine has no line."""
    long = "sudo " + "x" * 200
    findings = [Finding("fine", "here", mend="nothing"), Finding("part", "missing", False, True, long, "a reason")]
    assert list(advice(findings)) == ["part: a reason", f"    {long}"]
    console = Console(width=60)
    with console.capture() as shown:
        console.print(table(findings))
    assert "✗" in shown.get() and "✓" in shown.get() and "sudo" not in shown.get()


def test_system_is_looked_at_by_default(quick: None) -> None:
    """Without one that is made up."""
    assert found(examine())["system"].found == causes.name(System())
