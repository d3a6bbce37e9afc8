"""Call a function in a fresh process, so that its memory, its threads and its imports are its own."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import ParamSpec, TypeVar

from bench.errors import BenchError

P = ParamSpec("P")
T = TypeVar("T")


def alone(function: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
    """function(*arguments), computed in a process that starts for it and ends with it.

    Raises what the function raises, and BenchError when the process was killed.
    """
    try:
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
            return pool.submit(function, *arguments, **named).result()
    except BrokenProcessPool as error:
        raise BenchError(
            f"The process that ran {function.__name__} ended before its time; the system may have killed it"
            " for want of memory. Free some, or give smaller sizes with SIZES=."
        ) from error
