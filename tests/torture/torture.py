"""make torture: harm the service in every way, and print one table of what came of it."""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from bench import machine
from bench.plan import some_of
from models.errors import RepereError
from tests.torture.faults import Record
from tests.torture.trials import FULL, PARTS, QUICK, Part, Row

COUNTS = ("tried", "right", "refused", "wrong")
WIDTH = 170
"""Characters of a line of the table."""


def main(arguments: list[str] | None = None, parts: Mapping[str, Part] = PARTS) -> int:
    """Do every part that is wanted; return the exit code, 1 when one went wrong or could not be done."""
    options = _parser(parts).parse_args(arguments)
    plan = QUICK if options.quick else FULL
    if options.minutes:
        plan = replace(plan, seconds=options.minutes * 60)
    if options.cases:
        plan = replace(plan, contract=options.cases)
    host = machine.describe()
    print(machine.in_words(host), flush=True)
    print(f"seed {options.seed}", flush=True)
    rows: dict[str, list[Row]] = {}
    seconds: dict[str, float] = {}
    failure = ""

    def save() -> None:
        # After each row, so that an hour is not lost to what fails at its end.
        options.out.parent.mkdir(parents=True, exist_ok=True)
        content = {
            "machine": asdict(host),
            "seed": options.seed,
            "plan": asdict(plan),
            "seconds": seconds,
            "rows": {name: [asdict(row) for row in part] for name, part in rows.items()},
        }
        text = json.dumps(content, ensure_ascii=False, indent=1)
        options.out.write_text(text + "\n", encoding="utf-8")

    with tempfile.TemporaryDirectory() as scratch:
        for name in options.only:
            print(f"{name}…", file=sys.stderr, flush=True)
            begun = time.monotonic()
            rows[name] = []
            try:
                for row in parts[name](plan, Path(scratch), random.Random(f"{options.seed} {name}")):
                    rows[name].append(row)
                    save()
            except (RepereError, OSError, RuntimeError) as error:
                failure += f"{name} could not be done to its end: {error}\n"
            seconds[name] = round(time.monotonic() - begun, 1)
            save()
    show(rows, Console(width=WIDTH))
    print(f"{sum(seconds.values()):.0f} s; kept in {options.out}")
    print(failure, end="", file=sys.stderr)
    return 1 if failure or any(row.failed for part in rows.values() for row in part) else 0


def show(found: Mapping[str, Sequence[Row]], console: Console) -> None:
    """Print the rows as one table, the service's counts beside the baseline's where it has any."""
    table = Table("case", box=SIMPLE, pad_edge=False)
    for name in COUNTS:
        table.add_column(name, justify="right")
    for name in COUNTS:
        table.add_column(f"plain\n{name}", justify="right")
    table.add_column("remark", overflow="fold")
    for rows in found.values():
        for row in rows:
            remark = _remark(row.ours) + (f"\nplain: {_remark(row.plain)}" if row.plain else "")
            table.add_row(row.ours.case, *_counts(row.ours), *_counts(row.plain), remark)
        table.add_section()
    console.print(table)


def _remark(each: Record) -> str:
    met = f"{each.struck} met at work" if each.struck != each.tried else ""
    return "; ".join(filter(None, (met, each.note)))


def _counts(each: Record | None) -> list[str]:
    return [str(getattr(each, name)) if each else "" for name in COUNTS]


def _parser(parts: Mapping[str, Part]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.torture.torture", description=__doc__)
    some = f"some of {','.join(parts)}"
    parser.add_argument("--only", type=partial(some_of, parts), default=list(parts), help=some)
    parser.add_argument("--quick", action="store_true", help="little of everything, with the stand-in model")
    parser.add_argument("--minutes", type=float, help="of the soak")
    parser.add_argument("--cases", type=int, help="requests of the contract")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**31))
    parser.add_argument("--out", type=Path, default=Path("runs/torture.json"))
    return parser


if __name__ == "__main__":
    sys.exit(main())
