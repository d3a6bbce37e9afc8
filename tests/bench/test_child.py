"""A function called in a process of its own."""

from __future__ import annotations

import os
import signal

import pytest

from bench.child import alone
from bench.errors import BenchError
from models.errors import RepereError


def test_it_runs_in_another_process() -> None:
    assert alone(os.getpid) != os.getpid()
    assert alone(sorted, [3, 1, 2], reverse=True) == [3, 2, 1]


def refuse() -> None:
    raise RepereError("it cannot be done")


def be_killed() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def test_what_it_raises_is_raised_here() -> None:
    with pytest.raises(RepereError, match="it cannot be done"):
        alone(refuse)


def test_when_it_is_killed_that_is_said() -> None:
    with pytest.raises(BenchError, match="ran be_killed ended before its time"):
        alone(be_killed)
