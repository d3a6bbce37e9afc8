"""The folder beside Qdrant: what is counted, and a comparison of each kind from beginning to end."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bench import material, plan, scale, stores
from bench.stores import Alike, Hits, alike

A: Hits = [(7, 0.5), (3, 0.4), (9, 0.3), (1, 0.2)]


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (A, Alike(1.0, 1.0, 0.0)),
        ([(7, 0.5), (9, 0.3), (1, 0.2), (4, 0.1)], Alike(0.25, 0.75, 0.0)),  # one lacks, three move up
        ([(3, 0.5), (7, 0.4), (9, 0.3), (1, 0.2)], Alike(0.5, 1.0, 0.1)),
        (A[:2], Alike(0.5, 0.5, 0.0)),
        ([], Alike(0.0, 0.0, 0.0)),
    ],
)
def test_places_and_hits_that_both_have(other: Hits, expected: Alike) -> None:
    found = alike([A], [other])
    assert (found.places, found.ten) == (expected.places, expected.ten)
    assert found.score == pytest.approx(expected.score)
    assert alike([A, A], [A, other]).places == (1 + expected.places) / 2
    assert alike([A, []], [other, []]) == found and alike([[]], [[]]).places == 1


@pytest.mark.slow
def test_both_stores_are_compared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """On little of the seeds: one store's hits are the other's."""
    monkeypatch.setattr(stores, "FULL", plan.QUICK)
    real, asked = scale.encode(material.made_up(12), plan.QUICK)
    monkeypatch.setattr(scale, "encode", lambda *_: (real, asked))
    monkeypatch.setattr(stores, "alone", lambda function, *given: function(*given))
    stores.speed(replace(material.made_up(12), name="seeds"), [300])
    printed = capsys.readouterr().out
    assert "Loaded 300 passages" in printed and "MB of its own" in printed
    rows = [line for line in printed.splitlines() if line.startswith("|")]
    assert len(rows) == len(stores.FILTERS)
    assert all("| 100.0% |" in row for row in rows), rows
