"""make bench: measure speed and memory beside a plain baseline, print the figures and keep them as JSON."""

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

from bench import answering, building, encoding, figures, filters, machine, material, scale
from bench.datasets import Dataset
from bench.figures import Measured
from bench.plan import FULL, QUICK, Plan, sizes, some_of
from models.errors import RepereError

Part = Callable[[Dataset, Plan, Path], Measured]
"""Measures one thing on a dataset, with a scratch folder of its own."""

PARTS: Mapping[str, Part] = {
    "encoding": encoding.measure,
    "http": answering.measure,
    "build": building.measure,
    "filters": filters.measure,
    "scale": scale.measure,
    "workers": answering.measure_workers,
}


def main(arguments: list[str] | None = None, parts: Mapping[str, Part] = PARTS) -> int:
    """Measure the parts that are wanted; return the exit code, 1 when something failed."""
    options = _parser(parts).parse_args(arguments)
    plan = QUICK if options.quick else FULL
    if options.sizes:
        plan = replace(plan, sizes=tuple(sorted(options.sizes)))
    host = machine.describe()
    print(machine.in_words(host), flush=True)
    if warning := machine.busy(host):
        print(warning, file=sys.stderr, flush=True)
    results: dict[str, Measured] = {}
    failures = []
    try:
        data = material.first(material.load(options.dataset), plan.articles)
        for name in options.only:
            print(f"Measuring {name}…", file=sys.stderr, flush=True)
            with tempfile.TemporaryDirectory() as scratch:
                results[name] = parts[name](data, plan, Path(scratch))
            # After each part, so that hours are not lost to what fails at the end.
            _save(options.out, asdict(host), data.name, plan, results)
    except (RepereError, OSError) as error:  # a disk may well be full after a million passages
        failures.append(str(error))
    print(figures.table([figure for result in results.values() for figure in result.figures]))
    if results:
        print(f"\nKept in {options.out}.json")
    faults = [fault for result in results.values() for fault in result.faults] + failures
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


def _parser(parts: Mapping[str, Part]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.speed", description=__doc__)
    parser.add_argument("dataset", nargs="?", default="", help="a BEIR folder; none: a corpus made here")
    some = f"some of {','.join(parts)}"
    parser.add_argument("--only", type=partial(some_of, parts), default=list(parts), help=some)
    parser.add_argument("--quick", action="store_true", help="little of everything, in a minute or two")
    parser.add_argument("--sizes", type=sizes, default=(), help="passages for scale: 10000,100000,1000000")
    parser.add_argument("--out", type=Path, default=Path("runs/bench"), help="without .json")
    return parser


def _save(out: Path, host: dict[str, Any], dataset: str, plan: Plan, results: Mapping[str, Measured]) -> None:
    """Write what was measured so far as JSON."""
    out.parent.mkdir(parents=True, exist_ok=True)
    rows = [figure for result in results.values() for figure in result.figures]
    content = {
        "machine": host,
        "dataset": dataset,
        "plan": asdict(plan),
        "figures": [asdict(figure) | {"ratio": figure.ratio} for figure in rows],
        "faults": [fault for result in results.values() for fault in result.faults],
        "detail": {part: result.detail for part, result in results.items()},
    }
    text = json.dumps(content, ensure_ascii=False, indent=1)
    Path(f"{out}.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
