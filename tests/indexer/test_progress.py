"""Long work yields its items unchanged, reports now and then, and times its stages."""

from __future__ import annotations

import pytest

from indexer import progress
from indexer.progress import Clock, Stopwatch

Capture = pytest.CaptureFixture[str]


def test_items_pass_through_in_silence(capsys: Capture) -> None:
    assert list(progress.track(["a", "b"], 2, "Reading")) == ["a", "b"]
    assert capsys.readouterr() == ("", "")


def clock(*seconds: float) -> Clock:
    """A clock that shows these seconds, one after the other."""
    return iter(seconds).__next__


def test_a_line_now_and_then(capsys: Capture) -> None:
    assert list(progress.track("abcd", 4, "Reading", clock(0, 6, 12, 18, 24))) == list("abcd")
    assert capsys.readouterr().err.splitlines() == [
        "Reading: 1 of 4, 0.1/s, 36 s left",
        "Reading: 3 of 4, 0.1/s, 8 s left",
    ]


def test_slow_work_before_the_first_item(capsys: Capture) -> None:
    assert list(progress.track("a", 1, "Reading", clock(0, 20))) == ["a"]
    assert capsys.readouterr().err == "Reading: 0 of 1, 0.0/s\n"


def test_a_bar_on_a_terminal(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    assert list(progress.track(range(3), 3, "Reading")) == [0, 1, 2]
    assert "3/3" in capsys.readouterr().err


def test_bytes_are_told_now_and_then(capsys: Capture) -> None:
    with progress.track_bytes(8_000_000, "Saving", clock(0, 6, 12)) as advance:
        for _ in range(2):
            advance(2_000_000)
    assert capsys.readouterr().err == "Saving: 4 of 8 MB, 0.3 MB/s, 12 s left\n"


def test_a_bar_of_bytes_on_a_terminal(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    with progress.track_bytes(4_000_000, "Saving") as advance:
        advance(4_000_000)
    assert "4.00M/4.00M" in capsys.readouterr().err


def test_the_seconds_of_a_stage_are_added_up_even_when_it_fails() -> None:
    stopwatch = Stopwatch(clock(0, 1, 10, 12, 20, 24))
    with stopwatch.time("read"):
        pass
    with stopwatch.time("words"):
        pass
    with pytest.raises(ZeroDivisionError), stopwatch.time("read"):
        raise ZeroDivisionError
    assert stopwatch.seconds == {"read": 5, "words": 2}
