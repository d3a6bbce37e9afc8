"""Long work yields its items unchanged, reports now and then, and times its stages."""

from __future__ import annotations

import time

import pytest

from indexer import progress
from indexer.progress import Clock, Display, Line, Stopwatch

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
        "Reading: 1 of 4, one in 12 s, 36 s left",
        "Reading: 3 of 4, 0.1/s, 8 s left",
    ]


def test_slow_work_before_the_first_item(capsys: Capture) -> None:
    assert list(progress.track("a", 1, "Reading", clock(0, 20))) == ["a"]
    assert capsys.readouterr().err == "Reading: 0 of 1\n"


def test_a_bar_on_a_terminal(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    assert list(progress.track(range(3), 3, "Reading")) == [0, 1, 2]
    assert "3/3" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("done", "left", "seconds", "said"),
    [
        (0, 5, 10, ""),
        (1, 5, 10, ", 0.1/s, 50 s left"),
        (1, 5, 40, ", one in 40 s, 3 min left"),
        (19, 2, 10, ", 1.9/s, 1 s left"),
        (1000, 36_000, 10, ", 100/s, 6 min left"),
        (1000, 1_200_000, 10, ", 100/s, 3 h 20 min left"),
        (1000, 0, 10, ", 100/s, 0 s left"),
    ],
)
def test_rate_and_time_left(done: int, left: float, seconds: float, said: str) -> None:
    assert progress.pace(done, left, seconds) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.2, "0 s"),
        (99.4, "99 s"),
        (100, "2 min"),
        (5900, "98 min"),
        (6000, "1 h 40 min"),
        (7170, "2 h 0 min"),
        (90_000, "25 h 0 min"),
    ],
)
def test_lengths_of_time(seconds: float, said: str) -> None:
    assert progress.duration(seconds) == said


def lines_of(display: Display, capsys: Capture, expected: int) -> list[str]:
    """What a display has written, once it has written so much or a few seconds have passed."""
    written: list[str] = []
    deadline = time.monotonic() + 10
    while len(written) < expected and time.monotonic() < deadline:
        time.sleep(0.005)
        written += capsys.readouterr().err.splitlines()
    return written


def test_a_display_writes_a_line_whenever_something_has_changed(capsys: Capture) -> None:
    shown = iter(["un", "un", "deux", "deux", "trois", *["trois"] * 10_000])
    with Display(lambda: Line(next(shown)), interval=0.01) as display:
        assert lines_of(display, capsys, 3) == ["un", "deux", "trois"]
    assert capsys.readouterr() == ("", "")


def test_a_display_of_short_work_is_silent(capsys: Capture) -> None:
    with Display(lambda: Line("Reading")) as display:
        display.changed()
    assert capsys.readouterr() == ("", "")


def test_a_display_shows_the_next_step_of_long_work_at_once(capsys: Capture) -> None:
    with Display(lambda: Line("Publishing"), interval=10, clock=clock(0, 9, 11)) as display:
        display.changed()
        assert capsys.readouterr().err == ""
        display.changed()
        assert capsys.readouterr().err == "Publishing\n"


def test_a_display_on_a_terminal_is_a_line_that_goes(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    lines = iter([Line("Loading"), Line("Embedding: 5 of 10 texts", 0.5)])
    with Display(lambda: next(lines, Line("Publishing"))) as display:
        display.changed()
        display.changed()
    said = capsys.readouterr().err
    assert "Loading" in said and "Embedding: 5 of 10 texts |" in said and "| 50%" in said
    assert "\n" not in said


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
