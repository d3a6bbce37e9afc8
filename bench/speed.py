"""make bench: measure speed and memory beside a plain baseline, print them, keep them, draw them."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

from bench import answering, building, encoding, figures, filters, machine, material, plot, scale, searching
from bench.datasets import Dataset
from bench.figures import Measured
from bench.options import some_of
from bench.plan import FULL, QUICK, Plan
from models.errors import RepereError

PARTS: Mapping[str, Callable[[Dataset, Plan, Path], Measured]] = {
    "encoding": lambda data, plan, _: encoding.measure(data, plan),
    "http": answering.measure,
    "build": building.measure,
    "filters": filters.measure,
    "scale": scale.measure,
}


def main(arguments: list[str] | None = None) -> int:
    """Measure every part that is wanted; the exit code, 1 when something failed."""
    options = _parser().parse_args(arguments)
    plan = QUICK if options.quick else FULL
    if options.sizes:
        plan = replace(plan, sizes=tuple(sorted(options.sizes)))
    told = machine.describe()
    print(machine.in_words(told), flush=True)
    if warning := machine.busy(told):
        print(warning, file=sys.stderr, flush=True)
    found: dict[str, Measured] = {}
    failure = None
    try:
        data = material.first(material.load(options.dataset), plan.articles)
        for name in options.only:
            print(f"Measuring {name}…", file=sys.stderr, flush=True)
            with tempfile.TemporaryDirectory() as scratch:
                found[name] = PARTS[name](data, plan, Path(scratch))
            # After each part, so that hours are not lost to what fails at the end.
            _keep(options.out, asdict(told), data.name, plan, found)
    except (RepereError, OSError) as error:  # a disk may well be full after a million passages
        failure = str(error)
    rows = [figure for each in found.values() for figure in each.figures]
    print(figures.table(rows))
    if found:
        print(f"\nKept in {options.out}.json" + (f", drawn in {options.out}.png" if "scale" in found else ""))
    faults = [fault for each in found.values() for fault in each.faults] + ([failure] if failure else [])
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.speed", description=__doc__)
    parser.add_argument("dataset", nargs="?", default="", help="a BEIR folder; none: a corpus made here")
    some = f"some of {','.join(PARTS)}"
    parser.add_argument("--only", type=partial(some_of, PARTS), default=list(PARTS), help=some)
    parser.add_argument("--quick", action="store_true", help="little of everything, in a minute or two")
    parser.add_argument("--sizes", type=_sizes, default=(), help="passages for scale: 10000,100000,1000000")
    parser.add_argument("--out", type=Path, default=Path("runs/bench"), help="without .json and .png")
    return parser


def _sizes(text: str) -> list[int]:
    sizes = [int(each) for each in text.replace("_", "").split(",")]
    if min(sizes) < searching.DEPTH:
        raise argparse.ArgumentTypeError(f"{min(sizes)} passages are too few, give {searching.DEPTH} or more")
    return sizes


def _keep(out: Path, told: dict[str, Any], name: str, plan: Plan, found: Mapping[str, Measured]) -> None:
    """What was measured so far as JSON, and drawn where there is something to draw."""
    out.parent.mkdir(parents=True, exist_ok=True)
    said = {
        "machine": told,
        "dataset": name,
        "plan": asdict(plan),
        "figures": [
            asdict(figure) | {"ratio": figure.ratio} for each in found.values() for figure in each.figures
        ],
        "faults": [fault for each in found.values() for fault in each.faults],
        "detail": {part: each.detail for part, each in found.items()},
    }
    text = json.dumps(said, ensure_ascii=False, indent=1)
    Path(f"{out}.json").write_text(text + "\n", encoding="utf-8")
    if "scale" in found:
        plot.draw(found["scale"].detail, plot.caption(told), Path(f"{out}.png"))


if __name__ == "__main__":
    sys.exit(main())
