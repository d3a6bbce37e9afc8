"""Draw how everything grows with the number of passages: python -m bench.plot runs/bench.json."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS = {"ours": "#0072B2", "baseline": "#D55E00"}
"""Of Okabe and Ito's palette, told apart by every eye and in grey."""
NAMES = {"ours": "Repère", "baseline": "plain baseline"}
GREY = "#666666"
BAND = 0.18
"""How much a band covers what is behind it."""
APART = 0.17
"""Least distance of two labels, as a share of a panel's height."""

Side = Mapping[str, Any]
Size = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Panel:
    """One of the small figures."""

    title: str
    reading: str
    """How the lines are read, where there is more to them than a value."""
    line: Callable[[Side], float]
    band: Callable[[Side], float] | None = None
    """The other edge of a band that begins at the line."""
    dots: Callable[[Side], float] | None = None
    """A second, dotted line."""


PANELS = (
    Panel(
        "Search without encoding, ms",
        "median, and up to 99 %; ours weighs words too",
        lambda side: side["opened"]["search"]["p50"],
        band=lambda side: side["opened"]["search"]["p99"],
    ),
    Panel(
        "Question to answer over HTTP, ms",
        "median, and up to 99 %; one client, new questions",
        lambda side: side["served"]["asked"]["latency"]["p50"],
        band=lambda side: side["served"]["asked"]["latency"]["p99"],
    ),
    Panel(
        "Memory of the service, GB",
        "line: its own; band: with mapped files",
        lambda side: side["served"]["memory"]["anon"] / 1000,
        band=lambda side: (side["served"]["memory"]["anon"] + side["served"]["memory"]["file"]) / 1000,
    ),
    Panel(
        "Start, s",
        "line: to the first answer; dots: opening the index",
        lambda side: side["served"]["ready"],
        dots=lambda side: side["opened"]["seconds"],
    ),
    Panel(
        "Writing the index, vectors given, s",
        "ours: words and sentences too",
        lambda side: side["written"],
    ),
)


def main(arguments: list[str]) -> int:
    """Draw what a run has measured, beside its JSON; the exit code."""
    if len(arguments) != 1:
        print("Give the JSON that 'make bench' has written: python -m bench.plot FILE", file=sys.stderr)
        return 2
    path = Path(arguments[0])
    said = json.loads(path.read_text(encoding="utf-8"))
    draw(said["detail"]["scale"], caption(said["machine"]), path.with_suffix(".png"))
    return 0


def caption(machine: Mapping[str, Any]) -> str:
    """The machine in one line."""
    return (
        f"{machine['cpu']}, {machine['cores']} cores, {machine['ram_gb']:g} GB; {machine['date'][:10]};"
        " baseline: sentence-transformers on torch fp32, exact FAISS index, FastAPI"
    )


def draw(sizes: Sequence[Size], note: str, path: Path) -> None:
    """One picture of all panels, as a PNG at path."""
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    room = ConstrainedLayoutEngine(w_pad=0.15, h_pad=0.15)
    figure = Figure(figsize=(12, 7), dpi=160, layout=room)
    axes = figure.subplots(2, 3).ravel()
    for axis, panel in zip(axes, PANELS, strict=False):
        _draw_panel(axis, panel, sizes)
    _draw_recall(axes[-1], sizes)
    figure.suptitle("How it grows with the number of passages", x=0.01, ha="left", fontsize=15, weight="bold")
    figure.supxlabel(note, x=0.01, ha="left", fontsize=8, color=GREY)
    figure.savefig(path)


def _draw_panel(axis: Axes, panel: Panel, sizes: Sequence[Size]) -> None:
    across = [each["passages"] for each in sizes]
    axis.set_yscale("log")
    ends = {}
    for name, colour in COLOURS.items():
        line = [panel.line(each[name]) for each in sizes]
        axis.plot(across, line, color=colour, marker="o", markersize=4, linewidth=2, clip_on=False)
        ends[name] = line[-1]
        if panel.band:
            edge = [panel.band(each[name]) for each in sizes]
            axis.fill_between(across, line, edge, color=colour, alpha=BAND, linewidth=0)
        if panel.dots:
            dots = [panel.dots(each[name]) for each in sizes]
            axis.plot(across, dots, color=colour, linestyle=":", linewidth=2)
    _dress(axis, panel.title, panel.reading, across)
    _label(axis, across[-1], ends)


def _draw_recall(axis: Axes, sizes: Sequence[Size]) -> None:
    across = [each["passages"] for each in sizes]
    found = [each["recall"] for each in sizes]
    axis.axhline(1, color=COLOURS["baseline"], linewidth=2)
    axis.plot(across, found, color=COLOURS["ours"], marker="o", markersize=4, linewidth=2)
    axis.set_ylim(min(0.9, *found) - 0.01, 1.01)
    _dress(axis, "Recall@10 of the vectors", "against exact search, which the baseline is", across)
    _label(axis, across[-1], {"ours": found[-1], "baseline": 1.0})


def _dress(axis: Axes, title: str, reading: str, across: Sequence[int]) -> None:
    """Title, scales and ticks; nothing that says nothing."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter, NullLocator

    axis.set_title(title, loc="left", fontsize=11, weight="bold", pad=20)
    told = axis.text(0, 1.03, reading, transform=axis.transAxes, fontsize=8.5, color=GREY)
    told.set_in_layout(False)  # it may reach beyond its panel, and must not make it narrower
    axis.set_xscale("log")
    axis.set_xticks(list(across), [short(each) for each in across])
    axis.xaxis.set_minor_locator(NullLocator())
    axis.set_xlim(across[0] / 1.25, across[-1] * 1.25)
    if axis.get_yscale() == "log":
        low, high = round_bounds(*axis.dataLim.intervaly)
        axis.set_ylim(low, high)
        axis.yaxis.set_major_locator(LogLocator(subs=(1,) if high > 500 * low else (1, 2, 5)))
        axis.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axis.yaxis.set_minor_formatter(NullFormatter())
        axis.yaxis.set_minor_locator(NullLocator())
    axis.spines[["top", "right", "left"]].set_visible(False)
    axis.tick_params(length=0, labelsize=8.5, labelcolor=GREY)
    axis.grid(axis="y", color="#e6e6e6", linewidth=0.8)
    axis.set_axisbelow(True)


def _label(axis: Axes, at: float, ends: Mapping[str, float]) -> None:
    """Each line's name and last value beside its end, in its colour, none upon another."""
    names = list(ends)
    points = [axis.transData.transform((at, ends[name]))[1] for name in names]
    heights = [float(axis.transAxes.inverted().transform((0, point))[1]) for point in points]
    for name, height in zip(names, apart(heights, APART), strict=True):
        axis.text(
            1.01,
            height,
            f"{NAMES[name]}\n{ends[name]:.3g}",
            transform=axis.transAxes,
            color=COLOURS[name],
            fontsize=9,
            va="center",
        )


def round_bounds(low: float, high: float) -> tuple[float, float]:
    """The nearest of … 0.5, 1, 2, 5, 10, 20 … at or below low, and at or above high; both above 0."""
    steps = [digit * 10.0**power for power in range(-9, 10) for digit in (1, 2, 5)]
    return max(step for step in steps if step <= low), min(step for step in steps if step >= high)


def apart(heights: Sequence[float], least: float) -> list[float]:
    """Heights in the same order, moved as little as need be so that neighbours are `least` apart."""
    order = sorted(range(len(heights)), key=lambda place: heights[place])
    moved = list(heights)
    for lower, upper in pairwise(order):
        lacking = least - (moved[upper] - moved[lower])
        if lacking > 0:
            moved[lower] -= lacking / 2
            moved[upper] += lacking / 2
    return moved


def short(count: int) -> str:
    """A number of passages as people say it: 10 k, 1 M."""
    for size, letter in (1_000_000, "M"), (1000, "k"):
        if count >= size:
            return f"{count / size:g} {letter}"
    return str(count)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
