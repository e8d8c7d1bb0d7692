"""Unrolled's autograder: ``from autograder import check`` in a notebook, ``python -m autograder`` in a terminal."""

from autograder.checks import CheckFailed

__all__ = ["CheckFailed", "check"]


def check(answer: object) -> None:
    """Check one answer where it is written: ``check(rnn_step)``.

    Shows what holds and what does not, with the smallest failing input;
    raises CheckFailed, in one line, when a check fails.
    """
    from autograder.notebook import check_answer  # late: numpy and the solutions load with the first call

    check_answer(answer)
