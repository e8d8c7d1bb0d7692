"""What every error that a user can mend has in common."""

from __future__ import annotations


class UserError(Exception):
    """One line: what is wrong, where, what to do.

    ``status`` is the command's exit status: 1 the work, 2 the usage, 3 the environment.
    """

    status = 2
