"""The draws of a check are made once a run, and nobody can tell."""

from __future__ import annotations

import zlib
from itertools import count

import numpy as np
import pytest

from autograder.judge import draws
from autograder.judge.draws import Draws

SEEDS = count(1)
STEPS = [
    lambda rng: rng.normal(size=(2, 3)),
    lambda rng: rng.choice([-1.0, 1.0], size=4),
    lambda rng: rng.uniform(0.5, 1.5),
    lambda rng: rng.permutation(np.arange(6)),  # made of an array
    lambda rng: rng.integers(0, 9, size=3),
]


def drawn(rng, steps=STEPS):
    """What the steps draw, as lists."""
    return [np.asarray(step(rng)).tolist() for step in steps]


@pytest.fixture
def seed():
    """One that no other test has drawn from."""
    return next(SEEDS)


def expected(seed, steps=STEPS):
    """What numpy's own generator gives."""
    return drawn(np.random.default_rng([seed, zlib.crc32(b"test_it")]), steps)


@pytest.mark.parametrize("lengths", [[5, 5, 5], [1, 3, 5, 2, 5], [4, 5, 3, 5]])
def test_draws_are_the_generators(seed, lengths):
    """However far a submission gets, and the ones before it got, it is given numpy's numbers for this seed."""
    for length in lengths:
        assert drawn(Draws(seed, "test_it"), STEPS[:length]) == expected(seed, STEPS[:length])


def test_draws_in_another_order(seed):
    """A check that asks for something else than before is given what a generator in this state would give."""
    drawn(Draws(seed, "test_it"))
    other = [STEPS[0], STEPS[2], STEPS[1], STEPS[4]]
    assert drawn(Draws(seed, "test_it"), other) == expected(seed, other)
    assert drawn(Draws(seed, "test_it")) == expected(seed)


def test_draws_are_made_once(seed, monkeypatch):
    """The second submission's draws come from memory."""
    first = drawn(Draws(seed, "test_it"), STEPS[:3])
    monkeypatch.setattr(draws, "_call", None)
    assert drawn(Draws(seed, "test_it"), STEPS[:3]) == first


def test_draws_may_be_written_into(seed):
    """A check may change what it has drawn: the next submission's is as it was."""
    for _ in range(3):
        array = Draws(seed, "test_it").normal(size=4)
        assert array.tolist() == expected(seed, [lambda rng: rng.normal(size=4)])[0]
        array[:] = 0


def test_draws_that_change_an_array(seed):
    """`shuffle` gives nothing back, and shuffles every time."""
    for _ in range(3):
        rng, deck = Draws(seed, "test_it"), list(range(20))
        rng.shuffle(deck)
        assert deck != list(range(20))
