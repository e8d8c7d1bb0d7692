"""A JupyterHub for one class, to start from: a copy of this folder is your hub's folder, such as /srv/hub.

    jupyterhub_config.py    this file: who may log in, and what their programs are told
    everybody/              nbgrader's settings for all: the course's name, and where the exchange is
    students/               what students' JupyterLab leaves out
    unrolled/               you make it: what students get, by `python -m autograder release --bundle /srv/hub`
    exchange/               nbgrader makes it: here assignments, submissions and feedback change hands

Everybody needs an account on this computer, students and teachers alike: it is their accounts that keep them from
reading and from changing each other's work.
"""

from pathlib import Path

c = get_config()  # type: ignore[name-defined]  # noqa: F821 (JupyterHub provides it)

HUB = Path(__file__).resolve().parent
TEACHERS = {"teacher"}

# Whoever has an account on this computer may log in. For some of them only: allowed_users = {"ada", "ben"} instead.
c.Authenticator.allow_all = True

# Other computers reach it through a web server with HTTPS, which passes everything on to this address.
c.JupyterHub.bind_url = "http://127.0.0.1:8000"


def settings(spawner):  # type: ignore[no-untyped-def]
    """Where the programs of a user find their settings, the first folder first."""
    folders = [HUB / "everybody"] if spawner.user.name in TEACHERS else [HUB / "students", HUB / "everybody"]
    return ":".join(map(str, folders))


c.Spawner.environment = {
    "PYTHONPATH": str(HUB / "unrolled"),  # `from autograder import check` works wherever a notebook lies
    "JUPYTER_CONFIG_PATH": settings,
    "OMP_NUM_THREADS": "1",  # many people share the cores
}
c.Spawner.default_url = "/lab"
