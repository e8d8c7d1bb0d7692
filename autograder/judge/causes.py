"""Why a part of the isolation is missing on this system, and the command that mends it.

Whether a part works is found by trying it (`parts`, `selftest`); this only names the reason, where it can be seen.
"""

from __future__ import annotations

import ctypes
import errno
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

LANDLOCK_CREATE_RULESET = 444  # the same number on every architecture
PROFILE = "bwrap-userns-restrict"  # AppArmor's profile for /usr/bin/bwrap
CONTAINERS = {"kubepods": "Kubernetes", "docker": "Docker", "containerd": "containerd", "libpod": "Podman"}
INNER = "so the level is inner: Landlock, seccomp and resource limits hold without it"
OPEN_DOCKER = (
    "docker run --security-opt seccomp=unconfined --security-opt apparmor=unconfined "
    "--security-opt systempaths=unconfined IMAGE"
)
OPEN_PODMAN = (
    "podman run --security-opt seccomp=unconfined --security-opt label=disable --security-opt unmask=ALL IMAGE"
)
OPEN_KUBERNETES = (
    "in the Pod's spec: hostUsers: false; and in the container's securityContext: "
    "{seccompProfile: {type: Unconfined}, appArmorProfile: {type: Unconfined}, procMount: Unmasked}"
)


@dataclass(frozen=True)
class Cause:
    """Why something does not work, and the command or the step that mends it."""

    why: str
    mend: str


@dataclass(frozen=True)
class System:
    """What is looked at: files below ``root``, the platform, the environment, and how Landlock answers."""

    root: Path = Path("/")
    platform: str = sys.platform
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)

    def read(self, path: str) -> str:
        """The text of a file, without the space around it; "" where there is none."""
        try:
            return (self.root / path.lstrip("/")).read_text(errors="replace").strip()
        except OSError:
            return ""

    def has(self, path: str) -> bool:
        """Is there such a file?"""
        return (self.root / path.lstrip("/")).exists()


def platform(system: System) -> Cause | None:
    """The system as a whole: None where it is a Linux that can have every layer."""
    if system.platform == "darwin":
        why = "macOS has no namespaces, no Landlock and no seccomp, so the level is none, and a class is not graded"
        return Cause(why, "grade in a Linux virtual machine or container, such as: podman machine init --now")
    if system.platform == "win32":
        why = "Windows has no namespaces, no Landlock and no seccomp, so the level is none, and a class is not graded"
        return Cause(why, "wsl --install  (then run everything in WSL 2)")
    version = system.read("/proc/version")
    if "Microsoft" in version and "WSL2" not in version:
        return Cause("this is WSL 1, which has no Linux kernel of its own", "wsl --set-version DISTRIBUTION 2")
    if "gVisor" in version:
        why = "this is a gVisor sandbox, whose kernel has no Landlock"
        return Cause(why, "run the grader outside of gVisor, which would isolate the grader and not the learners")
    return None


def name(system: System) -> str:
    """What the system is, in a word or two."""
    if system.platform != "linux":
        return {"darwin": "macOS", "win32": "Windows"}.get(system.platform, system.platform)
    inside = container(system)
    kernel = "WSL 2" if "microsoft" in system.read("/proc/version") else "Linux"
    return f"{kernel}, in a container ({inside})" if inside else kernel


def container(system: System) -> str:
    """What runs this container: "Docker", "Kubernetes", ...; "" outside of one."""
    if "KUBERNETES_SERVICE_HOST" in system.environment:
        return "Kubernetes"
    if system.has("/.dockerenv"):
        return "Docker"
    if system.has("/run/.containerenv"):
        return "Podman"
    groups = system.read("/proc/1/cgroup")
    return next((runs for word, runs in CONTAINERS.items() if word in groups), "")


def namespaces(system: System) -> Cause | None:
    """Why bubblewrap gets no namespaces; None where no reason is to be seen."""
    return next(_namespaces(system), None)


def _namespaces(system: System) -> Iterator[Cause]:
    if system.read("/proc/sys/user/max_user_namespaces") == "0":
        yield Cause("the system allows no user namespaces", "sudo sysctl -w user.max_user_namespaces=15000")
    if system.read("/proc/sys/kernel/unprivileged_userns_clone") == "0":
        why = "the system allows user namespaces to root alone"
        yield Cause(why, "sudo sysctl -w kernel.unprivileged_userns_clone=1")
    if inside := container(system):
        opened = {"Kubernetes": OPEN_KUBERNETES, "Podman": OPEN_PODMAN}.get(inside, OPEN_DOCKER)
        filtered = "its seccomp profile" if _filtered(system) else "its settings"
        why = f"this is a container of {inside}: {filtered} refuses namespaces and mounts, {INNER}"
        yield Cause(why, f"nothing, if inner will do; for boxed: {opened}")
    if system.read("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == "1":
        why = "AppArmor refuses user namespaces to programs that have no profile (Ubuntu since 23.10)"
        yield Cause(why, _load_profile(system))


def _filtered(system: System) -> bool:
    """Does a seccomp filter lie on this process already?"""
    return "Seccomp:\t2" in system.read("/proc/self/status")


def _load_profile(system: System) -> str:
    """The commands that give AppArmor a profile for the system's bubblewrap; a second one for it would break both."""
    installed = f"/etc/apparmor.d/{PROFILE}"
    load = f"sudo apparmor_parser -r {installed}"
    if system.has(installed):
        return load if system.has("/usr/bin/bwrap") else f"sudo apt-get install bubblewrap && {load}"
    copy = f"sudo cp /usr/share/apparmor/extra-profiles/{PROFILE} /etc/apparmor.d/"
    return f"sudo apt-get install bubblewrap apparmor-profiles && {copy} && {load}"


def landlock(system: System, answer: int) -> Cause | None:
    """Why there is no Landlock, from the kernel's ``answer``: its ABI, or an errno below zero."""
    if answer > 0:
        return None
    if -answer == errno.EOPNOTSUPP:
        why = "the kernel has Landlock, and it is switched off at boot"
        return Cause(why, "add landlock to lsm= on the kernel's command line (in /etc/default/grub), and boot again")
    if -answer == errno.EPERM or container(system):
        why = "the container's seccomp profile or the kernel of its host has no Landlock"
        return Cause(why, "a newer container runtime (Docker 23, containerd 1.6.2) on a kernel of 5.13 or newer")
    return Cause("the kernel has no Landlock", "use a kernel of 5.13 or newer, with CONFIG_SECURITY_LANDLOCK")


def ask_landlock() -> int:
    """Landlock's ABI as the kernel says it, or an errno below zero."""
    if sys.platform != "linux":
        return -errno.ENOSYS
    libc = ctypes.CDLL(None, use_errno=True)
    abi: int = libc.syscall(LANDLOCK_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint(1))
    return abi if abi > 0 else -ctypes.get_errno()


def seccomp(system: System) -> Cause | None:
    """Why there is no seccomp: None where the kernel has it."""
    if "Seccomp:" in system.read("/proc/self/status"):
        return None
    return Cause("the kernel has no seccomp", "use a kernel with CONFIG_SECCOMP_FILTER, as every distribution has")
