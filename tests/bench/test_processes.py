"""Functions called in processes of their own, and the memory that a process holds."""

from __future__ import annotations

import os
import signal
import time

import pytest

from bench import processes
from bench.processes import BenchError, Memory, alone
from models.errors import RepereError

STATUS = """Name:	python
VmHWM:	    4000 kB
VmRSS:	    3000 kB
RssAnon:	    1000 kB
RssFile:	    2000 kB
Threads:	1
"""


def test_a_function_runs_in_another_process() -> None:
    assert alone(os.getpid) != os.getpid()
    assert alone(sorted, [3, 1, 2], reverse=True) == [3, 2, 1]


def refuse() -> None:
    raise RepereError("it cannot be done")


def be_killed() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def test_what_it_raises_is_raised_here_and_its_death_is_reported() -> None:
    with pytest.raises(RepereError, match="it cannot be done"):
        alone(refuse)
    with pytest.raises(BenchError, match="ran be_killed ended before its time"):
        alone(be_killed)


def test_lines_of_the_system_are_read() -> None:
    memory = processes.parse_status(STATUS)
    assert memory == Memory(1.024, 2.048, 4.096)
    assert memory.resident == pytest.approx(3.072)


def test_what_a_process_takes_is_seen() -> None:
    before = processes.memory_of(os.getpid())
    taken = bytearray(os.urandom(1000) * 50_000)
    after = processes.memory_of()
    assert after.anon - before.anon > 40 and after.peak >= after.resident - 1
    assert len(taken) == 50_000_000
    assert processes.memory_of_family(os.getpid()).anon >= after.anon - 5


def test_the_cpu_that_a_process_takes_is_seen() -> None:
    before, began = processes.cpu_of_family(os.getpid()), time.process_time()
    while time.process_time() - began < 0.1:
        pass
    assert 0.08 <= processes.cpu_of_family(os.getpid()) - before <= 1


def test_where_nothing_is_known_it_is_said() -> None:
    with pytest.raises(BenchError, match="of process 999999999 cannot be read"):
        processes.cpu_of_family(999_999_999)
    with pytest.raises(BenchError, match="Measure on Linux"):
        processes.memory_of("no such process")
