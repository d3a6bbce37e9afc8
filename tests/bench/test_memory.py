"""What a process holds in memory."""

from __future__ import annotations

import os
import sys

import pytest

from bench import memory
from bench.errors import BenchError
from bench.memory import Memory

STATUS = """Name:	python
VmHWM:	    4000 kB
VmRSS:	    3000 kB
RssAnon:	    1000 kB
RssFile:	    2000 kB
Threads:	1
"""


def test_lines_of_the_system_are_read() -> None:
    found = memory.parse(STATUS)
    assert found == Memory(1.024, 2.048, 4.096)
    assert found.resident == pytest.approx(3.072)


@pytest.mark.skipif(sys.platform != "linux", reason="told by Linux")
def test_what_a_process_takes_is_seen() -> None:
    before = memory.of_process(os.getpid())
    taken = bytearray(os.urandom(1000) * 50_000)
    after = memory.of_process()
    assert after.anon - before.anon > 40 and after.peak >= after.resident - 1
    assert len(taken) == 50_000_000


def test_where_nothing_is_told_it_is_said() -> None:
    with pytest.raises(BenchError, match="Measure on Linux"):
        memory.of_process("no such process")
