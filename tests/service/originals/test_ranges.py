"""Which bytes a Range header asks for."""

from __future__ import annotations

import pytest

from service.originals.ranges import Unsatisfiable, asked


@pytest.mark.parametrize(
    ("header", "size", "part"),
    [
        ("bytes=0-4", 10, range(0, 5)),
        ("bytes=5-", 10, range(5, 10)),
        ("bytes=5-100", 10, range(5, 10)),
        ("bytes=-3", 10, range(7, 10)),
        ("bytes=-30", 10, range(0, 10)),
        ("Bytes= 0-0 ", 10, range(0, 1)),
        (None, 10, None),
        ("", 10, None),
        ("bytes=-", 10, None),
        ("bytes=4-2", 10, None),
        ("bytes=0-1,3-4", 10, None),
        ("lines=0-1", 10, None),
        ("bytes=a-b", 10, None),
        ("bytes=" + "9" * 5000 + "-", 10, None),
        ("bytes=٣-٤", 10, None),
    ],
)
def test_a_range(header: str | None, size: int, part: range | None) -> None:
    assert asked(header, size) == part


@pytest.mark.parametrize(("header", "size"), [("bytes=10-", 10), ("bytes=-0", 10), ("bytes=-5", 0)])
def test_what_a_file_does_not_hold(header: str, size: int) -> None:
    with pytest.raises(Unsatisfiable):
        asked(header, size)
