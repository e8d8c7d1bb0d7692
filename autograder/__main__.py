"""The command line: ``python -m autograder COMMAND``.

Exit status: 0 done, 1 something was wrong with the work, 2 wrong usage, 3 the environment cannot do what was asked.
"""

from __future__ import annotations

import atexit
import gc
import importlib.util
import sys

import typer

from autograder.errors import UserError

gc.set_threshold(100_000, 20, 20)  # torch and nbgrader bring a million objects that stay: looking through them often,
atexit.register(gc.freeze)  # and once more at the end, would cost two seconds of each command
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
# jsonschema would load it, for a second, to check internationalised addresses; notebooks have none

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
for whose in ("learner", "teacher", "maker"):  # students have the first of them alone
    if importlib.util.find_spec(f"autograder.commands.{whose}"):
        app.add_typer(importlib.import_module(f"autograder.commands.{whose}").app)


def main() -> None:
    """Run a command; every error that is the user's to mend is one line."""
    try:
        app()
    except UserError as error:
        typer.echo(f"autograder: {error}", err=True)
        sys.exit(error.status)


if __name__ == "__main__":
    main()
