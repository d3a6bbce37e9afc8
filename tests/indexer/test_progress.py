"""The progress of long work: the items untouched, and now and then a line."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from indexer import progress

Capture = pytest.CaptureFixture[str]


def test_items_pass_through_in_silence(capsys: Capture) -> None:
    assert list(progress.track(["a", "b"], 2, "Reading")) == ["a", "b"]
    assert capsys.readouterr() == ("", "")


def test_a_line_now_and_then(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    clock: Iterator[float] = iter([0.0, 6.0, 12.0, 18.0, 24.0])
    monkeypatch.setattr("indexer.progress.time.monotonic", lambda: next(clock))
    assert list(progress.track("abcd", 4, "Reading")) == list("abcd")
    assert capsys.readouterr().err.splitlines() == [
        "Reading: 1 of 4, 0.1/s, 36 s left",
        "Reading: 3 of 4, 0.1/s, 8 s left",
    ]


def test_slow_work_before_the_first_item(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    clock: Iterator[float] = iter([0.0, 20.0])
    monkeypatch.setattr("indexer.progress.time.monotonic", lambda: next(clock))
    assert list(progress.track("a", 1, "Reading")) == ["a"]
    assert capsys.readouterr().err == "Reading: 0 of 1, 0.0/s\n"


def test_a_bar_on_a_terminal(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    assert list(progress.track(range(3), 3, "Reading")) == [0, 1, 2]
    assert "3/3" in capsys.readouterr().err


def test_bytes_are_told_now_and_then(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    clock: Iterator[float] = iter([0.0, 6.0, 12.0])
    monkeypatch.setattr("indexer.progress.time.monotonic", lambda: next(clock))
    with progress.measured(8_000_000, "Saving") as advance:
        for _ in range(2):
            advance(2_000_000)
    assert capsys.readouterr().err == "Saving: 4 of 8 MB, 0.3 MB/s, 12 s left\n"


def test_a_bar_of_bytes_on_a_terminal(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    with progress.measured(4_000_000, "Saving") as advance:
        advance(4_000_000)
    assert "4.00M/4.00M" in capsys.readouterr().err
