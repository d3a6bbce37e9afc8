"""The picture, and the arithmetic of its labels."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bench import plot


@pytest.mark.parametrize(
    ("heights", "expected"),
    [
        ([0.2, 0.8], [0.2, 0.8]),
        ([0.5, 0.5], [0.45, 0.55]),
        ([0.54, 0.5], [0.57, 0.47]),
        ([0.5], [0.5]),
    ],
)
def test_labels_move_apart_as_little_as_need_be(heights: list[float], expected: list[float]) -> None:
    assert plot.apart(heights, 0.1) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("low", "high", "expected"), [(0.6, 1.3, (0.5, 2)), (1, 1, (1, 1)), (0.03, 700, (0.02, 1000))]
)
def test_scales_end_at_round_numbers(low: float, high: float, expected: tuple[float, float]) -> None:
    assert plot.round_bounds(low, high) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("count", "said"), [(500, "500"), (1000, "1 k"), (100_000, "100 k"), (2_500_000, "2.5 M")]
)
def test_numbers_of_passages_are_short(count: int, said: str) -> None:
    assert plot.short(count) == said


def size(passages: int, value: float) -> dict[str, Any]:
    latency = {"p50": value, "p95": 2 * value, "p99": 3 * value}
    memory = {"anon": 100 * value, "file": 50 * value, "peak": 200 * value}
    side = {
        "written": value,
        "bytes": 1000,
        "opened": {"seconds": value, "search": latency, "after": memory},
        "served": {"ready": value, "asked": {"latency": latency}, "memory": memory},
    }
    return {"passages": passages, "recall": 0.99, "ours": side, "baseline": side}


@pytest.mark.parametrize("count", [1, 3], ids=["one size", "three sizes"])
def test_what_was_measured_is_drawn_beside_it(tmp_path: Path, count: int) -> None:
    sizes = [size(10 ** (3 + n), 1.5 * 10**n) for n in range(count)]
    machine = {"cpu": "Some CPU", "cores": 2, "ram_gb": 16.0, "date": "2026-01-02T03:04:05+00:00"}
    said = {"machine": machine, "detail": {"scale": sizes}}
    (tmp_path / "bench.json").write_text(json.dumps(said), encoding="utf-8")
    assert plot.main([str(tmp_path / "bench.json")]) == 0
    drawn = (tmp_path / "bench.png").read_bytes()
    assert drawn.startswith(b"\x89PNG") and len(drawn) > 20_000


def test_without_a_file_the_command_says_what_it_needs(capsys: pytest.CaptureFixture[str]) -> None:
    assert plot.main([]) == 2
    assert "python -m bench.plot FILE" in capsys.readouterr().err
