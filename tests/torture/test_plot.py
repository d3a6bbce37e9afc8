"""The drawing of a soak: every line of every panel, at the height that its scale gives it."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.torture import plot
from tests.torture.samples import Sample

FIRST = Sample(5.0, 300.0, 200.0, 40, 20, 50.0, 90.0, 500, 10, 0, 100.0, 2.5)
SAMPLES = [
    asdict(each)
    for each in (FIRST, replace(FIRST, second=65.0, p50=None, p99=None), replace(FIRST, second=125.0))
]
SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize(("value", "expected"), [(0.2, 1), (1, 1), (3, 4), (10, 10), (11, 20), (950, 1000)])
def test_a_scale_ends_at_a_round_figure(value: float, expected: float) -> None:
    assert plot.ceiling(value) == expected


def test_every_line_is_drawn_over_the_same_minutes(tmp_path: Path) -> None:
    source, target = tmp_path / "torture.json", tmp_path / "soak.svg"
    source.write_text(json.dumps({"rows": {"soak": [{"samples": SAMPLES}]}}), encoding="utf-8")
    assert plot.main([str(source), str(target)]) == 0
    drawn = ElementTree.fromstring(target.read_text(encoding="utf-8"))
    lines = [each.attrib["points"].split() for each in drawn.iter(f"{SVG}polyline")]
    assert len(lines) == sum(len(panel.lines) for panel in plot.PANELS)
    right = plot.WIDTH - plot.RIGHT
    assert {points[-1].split(",")[0] for points in lines} == {f"{right:.1f}"}
    assert [len(points) for points in lines] == [3, 3, 3, 3, 3, 2, 2, 2, 2, 2, 3]  # a p50 is missing; rates
    bottom = plot.HEIGHT - plot.BOTTOM
    assert lines[1][0].endswith(f",{bottom - 0.5 * (bottom - plot.TOP):.1f}")  # 200 MB on a scale to 400
