"""Why a layer is missing: each cause is read from a system made up for it, and comes with the command that mends it."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from autograder.judge import causes
from autograder.judge.causes import OPEN_DOCKER, OPEN_KUBERNETES, OPEN_PODMAN, System

FILTERED = {"/proc/self/status": "Name:\tpython\nSeccomp:\t2\n"}
APPARMOR = {"/proc/sys/kernel/apparmor_restrict_unprivileged_userns": "1\n"}
LOAD = "sudo apparmor_parser -r /etc/apparmor.d/bwrap-userns-restrict"


def made(root: Path, files: dict[str, str], platform: str = "linux", **environment: str) -> System:
    """A system with these files."""
    for path, text in files.items():
        (root / path.lstrip("/")).parent.mkdir(parents=True, exist_ok=True)
        (root / path.lstrip("/")).write_text(text)
    return System(root, platform, environment)


NAMESPACES = {
    "ubuntu 24.04": (APPARMOR, {}, "AppArmor", f"sudo apt-get install bubblewrap apparmor-profiles && sudo cp "
                     f"/usr/share/apparmor/extra-profiles/bwrap-userns-restrict /etc/apparmor.d/ && {LOAD}"),
    "ubuntu with the profile, not loaded": (
        {**APPARMOR, "/etc/apparmor.d/bwrap-userns-restrict": "", "/usr/bin/bwrap": ""}, {}, "AppArmor", LOAD),
    "ubuntu with the profile, without the program": (
        {**APPARMOR, "/etc/apparmor.d/bwrap-userns-restrict": ""}, {}, "AppArmor",
        f"sudo apt-get install bubblewrap && {LOAD}"),
    "no namespaces": ({"/proc/sys/user/max_user_namespaces": "0\n"}, {}, "no user namespaces",
                      "sudo sysctl -w user.max_user_namespaces=15000"),
    "old debian": ({"/proc/sys/kernel/unprivileged_userns_clone": "0\n"}, {}, "root alone",
                   "sudo sysctl -w kernel.unprivileged_userns_clone=1"),
    "docker": ({**FILTERED, "/.dockerenv": ""}, {}, "Docker: its seccomp profile refuses", OPEN_DOCKER),
    "docker by its groups": ({**FILTERED, "/proc/1/cgroup": "1:cpu:/docker/1f\n"}, {}, "of Docker", OPEN_DOCKER),
    "podman": ({"/run/.containerenv": ""}, {}, "Podman: its settings refuses", OPEN_PODMAN),
    "kubernetes": (FILTERED, {"KUBERNETES_SERVICE_HOST": "10.0.0.1"}, "of Kubernetes", OPEN_KUBERNETES),
}  # fmt: skip


@pytest.mark.parametrize("kind", NAMESPACES)
def test_why_bubblewrap_gets_no_namespaces(kind: str, tmp_path: Path) -> None:
    """The cause in words, and the command for exactly this system."""
    files, environment, why, mend = NAMESPACES[kind]
    cause = causes.namespaces(made(tmp_path, files, **environment))
    assert cause and why in cause.why and cause.mend.endswith(mend) and "\n" not in cause.why + cause.mend


def test_a_container_says_that_inner_will_do(tmp_path: Path) -> None:
    """Nobody has to open a container to grade in it."""
    cause = causes.namespaces(made(tmp_path, {"/.dockerenv": ""}))
    assert cause and "the level is inner" in cause.why and cause.mend.startswith("nothing, if inner will do")


def test_where_nothing_is_to_be_seen_no_cause_is_made_up(tmp_path: Path) -> None:
    """Settings that allow everything are no cause."""
    files = {"/proc/sys/user/max_user_namespaces": "96365\n", "/proc/sys/kernel/unprivileged_userns_clone": "1\n"}
    files |= {"/proc/sys/kernel/apparmor_restrict_unprivileged_userns": "0\n", "/proc/1/cgroup": "0::/init.scope\n"}
    system = made(tmp_path, files)
    assert causes.namespaces(system) is None and causes.container(system) == "" and causes.name(system) == "Linux"


PLATFORMS = {
    "darwin": ("darwin", "", "macOS", "podman machine init"),
    "windows": ("win32", "", "Windows", "wsl --install"),
    "wsl 1": ("linux", "Linux version 4.4.0-19041-Microsoft", "Linux", "wsl --set-version DISTRIBUTION 2"),
    "gvisor": ("linux", "Linux version 4.4.0 gVisor", "Linux", "outside of gVisor"),
}


@pytest.mark.parametrize("kind", PLATFORMS)
def test_systems_that_cannot_isolate(kind: str, tmp_path: Path) -> None:
    """Each with where to go instead."""
    platform, version, name, mend = PLATFORMS[kind]
    system = made(tmp_path, {"/proc/version": version}, platform)
    cause = causes.platform(system)
    assert cause and mend in cause.mend and causes.name(system) == name


def test_wsl_2_is_a_linux_like_others(tmp_path: Path) -> None:
    """Its kernel has every layer."""
    system = made(tmp_path, {"/proc/version": "Linux version 6.6.87.2-microsoft-standard-WSL2"})
    assert causes.platform(system) is None and causes.name(system) == "WSL 2"


LANDLOCK = {
    "off": (-errno.EOPNOTSUPP, {}, "switched off", "lsm="),
    "too old": (-errno.ENOSYS, {}, "the kernel has no Landlock", "5.13"),
    "an old profile": (-errno.EPERM, {}, "container's seccomp profile", "Docker 23"),
    "in a container": (-errno.ENOSYS, {"/.dockerenv": ""}, "the kernel of its host", "Docker 23"),
}


@pytest.mark.parametrize("kind", LANDLOCK)
def test_why_there_is_no_landlock(kind: str, tmp_path: Path) -> None:
    """From the kernel's own answer."""
    answer, files, why, mend = LANDLOCK[kind]
    cause = causes.landlock(made(tmp_path, files), answer)
    assert cause and why in cause.why and mend in cause.mend


def test_what_is_here_is_no_cause(tmp_path: Path) -> None:
    """This kernel has Landlock and seccomp; one without seccomp is told so."""
    assert causes.ask_landlock() > 0 and causes.landlock(System(), causes.ask_landlock()) is None
    assert causes.seccomp(System()) is None
    without = causes.seccomp(made(tmp_path, {"/proc/self/status": "Name:\tpython\n"}))
    assert without and "no seccomp" in without.why


def test_the_system_looked_at_is_this_one() -> None:
    """By default, and with its own environment."""
    system = System()
    assert system.read("/proc/self/status").startswith("Name:") and system.environment is os.environ
