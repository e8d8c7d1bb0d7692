"""A real JupyterHub on this computer: its programs, its settings, and an end to all that it started."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import psutil

from autograder.tests import npm
from autograder.tests.people import environment, missing

HERE = Path(__file__).parent
PASSWORD = "the same for all"
PATIENCE = 180  # seconds until a server must have started, on a computer with much else to do

# What differs from a hub for a class: all are one account here, known by names that no system has to have heard of.
SETTINGS = """\
load_subconfig({config!r})
c.JupyterHub.authenticator_class = "dummy"
c.DummyAuthenticator.password = {password!r}
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = {home!r}
c.Spawner.args = ["--allow-root"]
c.Spawner.start_timeout = c.Spawner.http_timeout = {patience}
c.Spawner.environment = {{**c.Spawner.environment, **{names!r}}}
c.Spawner.environment["NSS_WRAPPER_PASSWD"] = lambda spawner: {home!r}.format(username=spawner.user.name) + ".passwd"
c.Spawner.environment["NSS_WRAPPER_GROUP"] = lambda spawner: {home!r}.format(username=spawner.user.name) + ".group"
c.JupyterHub.bind_url = "http://127.0.0.1:{ports[0]}"
c.JupyterHub.hub_port = {ports[1]}
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{ports[2]}"
c.ConfigurableHTTPProxy.command = [{proxy!r}]
"""


@dataclass
class Hub:
    """A hub that runs: ``home`` has a folder for each who may log in."""

    address: str
    home: Path
    log: Path


@contextmanager
def running(srv: Path, people: Sequence[str]) -> Iterator[Hub]:
    """A hub whose folder is ``srv``, for these people; when it fails, what it wrote to its log is printed."""
    if not find_spec("jupyterhub"):
        missing("no jupyterhub here; to install it: .venv/bin/pip install -r requirements.txt")
    home, log = srv.parent / "home", srv.parent / "hub.log"
    for name in people:
        (home / name).mkdir(parents=True, exist_ok=True)
        environment(name, home / name)
    ports = _ports(3)
    names = {key: environment(people[0], home / people[0])[key] for key in ("LD_PRELOAD", "LANG")}
    config = SETTINGS.format(
        config=str(srv / "jupyterhub_config.py"), password=PASSWORD, home=f"{home}/{{username}}", patience=PATIENCE,
        names=names, ports=ports, proxy=str(proxy()),
    )  # fmt: skip
    (srv.parent / "config.py").write_text(config)
    address = f"http://127.0.0.1:{ports[0]}"
    with _started([sys.executable, "-m", "jupyterhub", "--config=config.py"], srv.parent, log) as process:
        try:
            _wait_for(f"{address}/hub/health", process)
            yield Hub(address, home, log)
        except BaseException:
            print(log.read_text(encoding="utf-8", errors="replace")[-20_000:])
            raise


@contextmanager
def _started(command: list[str], folder: Path, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A program that runs until the block ends; then neither it nor anything that it started is left."""
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)))
    clean = {"PATH": path, "HOME": str(folder), "LANG": "C.UTF-8"}
    with log.open("wb") as file:
        process = subprocess.Popen(command, cwd=folder, env=clean, stdin=subprocess.DEVNULL, stdout=file, stderr=file)
    try:
        yield process
    finally:
        process.terminate()  # it then stops everybody's server
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for one in _left(folder):  # what a hub that crashed has left behind
            one.kill()


def _left(folder: Path) -> Iterator[psutil.Process]:
    """Programs whose home is in a folder of ours: those that we started, or that these started."""
    for one in psutil.process_iter():
        with suppress(psutil.Error):
            if Path(one.environ().get("HOME", "/")).is_relative_to(folder):
                yield one


def _wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + PATIENCE
    while True:
        try:
            with urlopen(address, timeout=10):
                return
        except (URLError, OSError):
            assert process.poll() is None, "the hub ended"
            assert time.monotonic() < until, "the hub does not answer"
            time.sleep(0.2)


def _ports(count: int) -> list[int]:
    """Ports that nobody uses."""
    with ExitStack() as stack:
        held = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in held:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in held]


def proxy() -> Path:
    """The hub's proxy, a program for Node: what the lock file beside this module says, installed once."""
    return npm.installed(HERE) / ".bin" / "configurable-http-proxy"
