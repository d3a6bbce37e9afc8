"""Draw the samples of a soak as SVG: python -m tests.torture.plot runs/torture.json docs/images/soak.svg."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 860, 150
"""Size of one panel, in units of the drawing."""
LEFT, RIGHT, TOP, BOTTOM = 62, 150, 26, 22
"""Space around a panel's lines: for figures, names, title and minutes."""
COLOURS = ("#0b62a4", "#c2410c", "#15803d")

Samples = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Panel:
    """Lines that share one scale, which begins at 0."""

    title: str
    lines: Mapping[str, str]
    """Name beside the line → field of a sample."""
    per_second: bool = False
    """Whether the fields count what happened since the sample before."""


PANELS = (
    Panel("Memory, MB", {"resident": "resident", "its own": "anon", "client's own": "client"}),
    Panel("Descriptors and threads", {"descriptors": "descriptors", "threads": "threads"}),
    Panel("Latency of accepted requests, ms", {"p50": "p50", "p99": "p99"}),
    Panel("Requests a second", {"accepted": "accepted", "refused": "refused", "wrong": "wrong"}, True),
    Panel("Processes that want one of the machine's cores", {"load average": "busy"}),
)


def main(arguments: Sequence[str]) -> int:
    """Read the results of make torture, write the drawing, and return the exit code."""
    source, target = map(Path, arguments)
    rows = json.loads(source.read_text(encoding="utf-8"))["rows"]["soak"]
    target.write_text(drawing(rows[0]["samples"]), encoding="utf-8")
    return 0


def drawing(samples: Samples) -> str:
    """Return an SVG of at least two samples, one panel below the other over the same minutes."""
    height = HEIGHT * len(PANELS)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif"'
        ' font-size="11" fill="#333">',
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
    ]
    for number, panel in enumerate(PANELS):
        parts += [f'<g transform="translate(0 {number * HEIGHT})">', *_panel(panel, samples), "</g>"]
    return "\n".join([*parts, "</svg>", ""])


def _panel(panel: Panel, samples: Samples) -> list[str]:
    lines = {name: _values(samples, field, panel.per_second) for name, field in panel.lines.items()}
    most = ceiling(max((value for line in lines.values() for _, value in line), default=1.0))
    last = float(samples[-1]["second"])
    right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM

    def point(second: float, value: float) -> tuple[float, float]:
        return LEFT + second / last * (right - LEFT), bottom - value / most * (bottom - TOP)

    drawn = [f'<text x="{LEFT}" y="16" font-weight="bold">{escape(panel.title)}</text>']
    for value in (0.0, most / 2, most):
        y = point(0, value)[1]
        drawn += [
            f'<path d="M{LEFT} {y:.1f}H{right}" stroke="#ddd"/>',
            f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{value:g}</text>',
        ]
    for minute in range(0, int(last // 60) + 1, max(1, round(last / 360))):
        x = point(minute * 60, 0)[0]
        drawn.append(f'<text x="{x:.1f}" y="{bottom + 14}" text-anchor="middle">{minute} min</text>')
    for number, (name, line) in enumerate(lines.items()):
        points = " ".join(f"{x:.1f},{y:.1f}" for x, y in (point(*each) for each in line))
        colour = COLOURS[number]
        drawn += [
            f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.2"/>',
            f'<text x="{right + 8}" y="{TOP + 12 + 15 * number}" fill="{colour}">{escape(name)}</text>',
        ]
    return drawn


def _values(samples: Samples, field: str, per_second: bool) -> list[tuple[float, float]]:
    """Return (second, value) of each sample that has one."""
    if per_second:
        return [
            (after["second"], after[field] / (after["second"] - before["second"]))
            for before, after in pairwise(samples)
        ]
    return [(each["second"], each[field]) for each in samples if each[field] is not None]


def ceiling(value: float) -> float:
    """Return the least of 1, 2, 4, 6, 8, 10 times a power of ten that is not below a value above 0."""
    power = 1.0
    while power * 10 < value:
        power *= 10
    return next(power * step for step in (1, 2, 4, 6, 8, 10) if power * step >= value)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
